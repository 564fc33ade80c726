//! Baselines: figures of the past that a change is measured against.
//!
//! Rows of figures and their sums over a window. Re-basing along a merger is in `org`. A missing
//! figure is never zero: without a baseline the result is [`BaselineValue::None`].

use crate::domain::report::element::{CountingLevel, Element, ElementCode, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use std::collections::BTreeMap;

string_enum! {
    /// Whether the figure may still be corrected.
    BaselineStatus {
        /// Sơ bộ.
        Preliminary = "PRELIMINARY",
        /// Chính thức.
        Final = "FINAL",
    }
}

/// One figure of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineRow {
    /// Uid of the unit that counted it.
    pub unit_uid: String,
    /// What was counted.
    pub element: ElementCode,
    /// The days over which it was counted; for a stock, the last of them is the day of the stock.
    pub window: DateWindow,
    /// The figure, scaled.
    pub value: i64,
    /// Where it comes from.
    pub source: String,
    /// Preliminary or final.
    pub status: BaselineStatus,
    /// Number of the import; a newer import of a unit's element replaces the older one entirely.
    pub version: u32,
}

impl BaselineRow {
    /// The id of the unit.
    #[must_use]
    pub fn unit_id(&self) -> UnitId {
        UnitId::from_code(&self.unit_uid)
    }
}

/// The baseline of a unit, an element and a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineValue {
    /// The figure, scaled, and whether all of it is final.
    Known {
        /// The figure.
        value: i64,
        /// Whether all rows that it is summed from are final.
        is_final: bool,
    },
    /// There are rows, but they leave days out or reach beyond the window.
    Partial,
    /// There are no rows.
    None,
}

impl BaselineValue {
    /// The figure, if it is known.
    #[must_use]
    pub fn value(self) -> Option<i64> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Partial | Self::None => None,
        }
    }
}

/// Baselines of many units, indexed by unit and element.
#[derive(Debug, Clone, Default)]
pub struct Baselines {
    figures: BTreeMap<(UnitId, ElementCode), Vec<BaselineFigure>>,
}

#[derive(Debug, Clone, Copy)]
struct BaselineFigure {
    window: DateWindow,
    value: i64,
    is_final: bool,
    version: u32,
}

impl Baselines {
    /// Takes rows in any order. Of several versions for one unit and element the highest is used.
    pub fn new<'a>(rows: impl IntoIterator<Item = &'a BaselineRow>) -> Self {
        let mut all: BTreeMap<(UnitId, ElementCode), Vec<BaselineFigure>> = BTreeMap::new();
        for row in rows {
            let figure = BaselineFigure {
                window: row.window,
                value: row.value,
                is_final: row.status == BaselineStatus::Final,
                version: row.version,
            };
            all.entry((row.unit_id(), row.element.clone())).or_default().push(figure);
        }
        for figures in all.values_mut() {
            let newest = figures.iter().map(|figure| figure.version).max();
            figures.retain(|figure| Some(figure.version) == newest);
            figures.sort_by_key(|figure| figure.window);
        }
        Self { figures: all }
    }

    /// The flow over `window`. Rows must cover every day of it, and only rows of zero may reach
    /// beyond it, since a zero over many days is a zero over each of them.
    #[must_use]
    pub fn flow_value(
        &self,
        unit: UnitId,
        element: &ElementCode,
        window: DateWindow,
    ) -> BaselineValue {
        let Some(figures) = self.figures(unit, element) else { return BaselineValue::None };
        let (mut value, mut is_final, mut covered) = (0, true, window.start);
        for figure in figures.iter().filter(|figure| figure.window.overlap_days(&window) > 0) {
            let inside = window.start <= figure.window.start && figure.window.end <= window.end;
            if figure.window.start > covered || (figure.value != 0 && !inside) {
                return BaselineValue::Partial;
            }
            covered = covered.max(figure.window.end);
            value += figure.value;
            is_final &= figure.is_final;
        }
        if covered < window.end {
            BaselineValue::Partial
        } else {
            BaselineValue::Known { value, is_final }
        }
    }

    /// The stock at the end of the last day of `window`; a row must end on exactly that day.
    #[must_use]
    pub fn stock_value(
        &self,
        unit: UnitId,
        element: &ElementCode,
        window: DateWindow,
    ) -> BaselineValue {
        let Some(figures) = self.figures(unit, element) else { return BaselineValue::None };
        match figures.iter().find(|figure| figure.window.end == window.end) {
            Some(figure) => BaselineValue::Known { value: figure.value, is_final: figure.is_final },
            None => BaselineValue::Partial,
        }
    }

    /// [`Self::stock_value`] for a stock, [`Self::flow_value`] for every other kind.
    #[must_use]
    pub fn value_of(&self, unit: UnitId, element: &Element, window: DateWindow) -> BaselineValue {
        match element.kind {
            ElementKind::Stock => self.stock_value(unit, &element.code, window),
            ElementKind::Flow | ElementKind::EventFlag => {
                self.flow_value(unit, &element.code, window)
            }
        }
    }

    fn figures(&self, unit: UnitId, element: &ElementCode) -> Option<&Vec<BaselineFigure>> {
        self.figures.get(&(unit, element.clone()))
    }
}

/// The violations of each row, alone or against the rows before it. The rows may be used only if
/// every list is empty.
///
/// `level_of` returns the level at which a unit counts, `None` for an unknown unit.
pub fn check_rows(
    rows: &[BaselineRow],
    catalogue: &Catalogue,
    level_of: impl Fn(&str) -> Option<CountingLevel>,
) -> Vec<Vec<Violation>> {
    let mut seen: BTreeMap<(&str, &ElementCode), Vec<(DateWindow, usize)>> = BTreeMap::new();
    let mut verdicts = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let mut violations = Vec::new();
        let element = catalogue.element(&row.element);
        check_row(row, element, level_of(&row.unit_uid), &mut violations);
        let previous = seen.entry((&row.unit_uid, &row.element)).or_default();
        let stock = element.is_some_and(|element| element.kind == ElementKind::Stock);
        let overlaps = |window: &DateWindow| {
            if stock { window.end == row.window.end } else { window.overlap_days(&row.window) > 0 }
        };
        if let Some((window, other)) = previous.iter().find(|(window, _)| overlaps(window)) {
            violations.push(overlap_violation(*window, other + 1));
        }
        previous.push((row.window, index));
        verdicts.push(violations);
    }
    verdicts
}

fn check_row(
    row: &BaselineRow,
    element: Option<&Element>,
    level: Option<CountingLevel>,
    violations: &mut Vec<Violation>,
) {
    if level.is_none() {
        let uid = &row.unit_uid;
        violations.push(Violation::error(
            "UNKNOWN_UNIT",
            "unit",
            message!("baseline-there-no-unit-mend", uid),
        ));
    }
    let Some(element) = element else {
        let code = &row.element;
        violations.push(Violation::error(
            "UNKNOWN_ELEMENT",
            "element",
            message!("baseline-there-no-element-mend", code),
        ));
        return;
    };
    if let Some(level) = level.filter(|level| element.levels.all().all(|own| own != *level)) {
        let own = &element.levels;
        violations.push(Violation::error(
            "NOT_COUNTED_HERE",
            "unit",
            message!("baseline-element-counted-unit-enter", own, level),
        ));
    }
    if row.value < element.min {
        violations.push(Violation::error(
            "VALUE_OUT_OF_RANGE",
            "value",
            message!("baseline-value-below-look-again", min = lowest_text(element)),
        ));
    }
}

fn overlap_violation(window: DateWindow, row: usize) -> Violation {
    Violation::error(
        "ROWS_OVERLAP",
        "window",
        message!("baseline-shares-days-data-row", row, window),
    )
}

/// The least figure of an element, with its decimals.
fn lowest_text(element: &Element) -> String {
    Ratio::from_scaled(element.min, element.scale)
        .and_then(|lowest| lowest.format_shortest(element.scale))
        .unwrap_or_else(|| element.min.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Date, date};

    fn code(text: &str) -> ElementCode {
        ElementCode::new(text).unwrap()
    }

    fn row(element: &str, start: Date, end: Date, value: i64) -> BaselineRow {
        BaselineRow {
            unit_uid: "com-29242-0".into(),
            element: code(element),
            window: DateWindow::new(start, end).unwrap(),
            value,
            source: "test".into(),
            status: BaselineStatus::Final,
            version: 1,
        }
    }

    fn known(value: i64) -> BaselineValue {
        BaselineValue::Known { value, is_final: true }
    }

    #[test]
    fn weeks_add_up_to_any_window_they_tile_and_a_long_zero_serves_each_part_of_it() {
        let unit = UnitId::from_code("com-29242-0");
        let rows = [
            row("so_offences", date(2023, 8, 19), date(2023, 8, 26), 2),
            row("so_offences", date(2023, 8, 26), date(2023, 10, 1), 0),
            row("so_offences", date(2023, 10, 1), date(2023, 10, 8), 1),
        ];
        let base = Baselines::new(&rows);
        let over = |start, end| {
            base.flow_value(unit, &code("so_offences"), DateWindow::new(start, end).unwrap())
        };
        assert_eq!(over(date(2023, 8, 19), date(2023, 10, 8)), known(3));
        assert_eq!(over(date(2023, 8, 19), date(2023, 9, 16)), known(2));
        assert_eq!(over(date(2023, 9, 3), date(2023, 9, 10)), known(0));
        assert_eq!(
            over(date(2023, 8, 21), date(2023, 9, 10)),
            BaselineValue::Partial,
            "a counted week cannot be cut"
        );
        assert_eq!(
            over(date(2023, 8, 19), date(2023, 10, 9)),
            BaselineValue::Partial,
            "a day without a row is not a zero"
        );
        assert_eq!(base.flow_value(unit, &code("solved"), rows[0].window), BaselineValue::None);
    }

    #[test]
    fn a_stock_is_what_stood_on_the_last_day() {
        let unit = UnitId::from_code("com-29242-0");
        let rows = [
            row("suspended_cases", date(2023, 8, 19), date(2024, 1, 6), 70),
            row("suspended_cases", date(2023, 8, 19), date(2024, 8, 19), 60),
        ];
        let base = Baselines::new(&rows);
        assert_eq!(base.stock_value(unit, &code("suspended_cases"), rows[1].window), known(60));
        let other = DateWindow::new(date(2023, 8, 19), date(2024, 2, 1)).unwrap();
        assert_eq!(base.stock_value(unit, &code("suspended_cases"), other), BaselineValue::Partial);
    }

    #[test]
    fn a_newer_import_replaces_the_older_one_whole() {
        let old = row("so_offences", date(2023, 8, 19), date(2023, 8, 26), 2);
        let new = BaselineRow {
            version: 2,
            value: 5,
            status: BaselineStatus::Preliminary,
            ..old.clone()
        };
        let base = Baselines::new([&new, &old]);
        let answer = base.flow_value(old.unit_id(), &old.element, old.window);
        assert_eq!(answer, BaselineValue::Known { value: 5, is_final: false });
    }
}
