//! Last year's figures in the form in which an office submits them: a row for each week and unit,
//! consecutive weeks without events in one row.
//!
//! The weeks are those of the campaign one year earlier, with the same day and month, so that every
//! cut-off of this year has a base.

use super::Province;
use crate::domain::org::UnitKind;
use crate::domain::report::element::{Element, ElementKind};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus};
use crate::domain::support::ids::UnitId;
use jiff::ToSpan;

/// Elements that need a base: those of the comparing targets, and those printed beside them.
const BASELINE_ELEMENTS: [&str; 12] = [
    "so_offences",
    "reports_received",
    "solved",
    "vses_occurred",
    "suspended_cases",
    "suspended_matters",
    "ta_accidents",
    "ta_deaths",
    "ta_injured",
    "ta_collisions",
    "fire_all",
    "fire_es",
];

impl Province {
    /// Last year's figures by unit and element, with every day of the base window covered.
    #[must_use]
    pub fn baseline_rows(&self) -> Vec<BaselineRow> {
        let weeks = self.base_weeks();
        let day = self.campaign.base_window().last_day();
        let mut rows = Vec::new();
        for unit in self.org.open_units_on(day) {
            let kind = self.org.kind_on(unit.id, day);
            let counted = self.catalogue.elements.iter().filter(|element| {
                BASELINE_ELEMENTS.contains(&element.code.as_str())
                    && Some(UnitKind::from(element.level)) == kind
            });
            for element in counted {
                self.push_rows(unit.id, &unit.uid, element, &weeks, &mut rows);
            }
        }
        rows
    }

    /// The weeks of the campaign one year earlier; the last one ends with the base window.
    fn base_weeks(&self) -> Vec<DateWindow> {
        let (base, first) = (self.campaign.base_window(), self.campaign.measurement_window.start);
        let bound =
            |week: i32| first.saturating_add(week.weeks()).saturating_sub(1.year()).min(base.end);
        (0..53).filter_map(|week| DateWindow::new(bound(week), bound(week + 1))).collect()
    }

    fn push_rows(
        &self,
        unit: UnitId,
        uid: &str,
        element: &Element,
        weeks: &[DateWindow],
        rows: &mut Vec<BaselineRow>,
    ) {
        let row = |window, value| BaselineRow {
            unit_uid: uid.to_owned(),
            element: element.code.clone(),
            window,
            value,
            source: self.source(),
            status: BaselineStatus::Final,
            version: 1,
        };
        if element.kind == ElementKind::Stock {
            rows.extend(weeks.iter().map(|week| {
                row(*week, self.ground_truth.stock_at_end_of(unit, &element.code, week.last_day()))
            }));
            return;
        }
        let first = rows.len();
        for week in weeks {
            let value = self.ground_truth.flow_total(unit, &element.code, *week);
            match rows[first..].last_mut() {
                Some(last) if value == 0 && last.value == 0 => last.window.end = week.end,
                Some(_) | None => rows.push(row(*week, value)),
            }
        }
    }

    fn source(&self) -> String {
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC) {}", self.seed)
    }
}
