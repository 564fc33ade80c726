//! Last year's figures in the form in which an office submits them: a row for each step (week or
//! month) and unit, consecutive steps without events in one row.
//!
//! The steps are those of the campaign one year earlier, with the same day and month, so that every
//! cut-off of this year has a base.

use super::Province;
use crate::domain::org::UnitKind;
use crate::domain::report::element::{Element, ElementKind};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus};
use crate::domain::support::ids::UnitId;
use jiff::ToSpan;

impl Province {
    /// Last year's figures by unit and element, with every day of the base window covered.
    #[must_use]
    pub fn baseline_rows(&self) -> Vec<BaselineRow> {
        let steps = self.base_steps();
        let day = self.campaign.base_window().last_day();
        let first = self.campaign.measurement_window.start;
        let mut rows = Vec::new();
        for unit in self.org.open_units_on(day) {
            let kind = self.org.kind_on(unit.id, day);
            let counted = self.catalogue.elements.iter().filter(|element| {
                self.plan.baseline_elements.contains(&element.code.as_str())
                    && Some(UnitKind::from(element.levels.on(first))) == kind
            });
            for element in counted {
                self.push_rows(unit.id, &unit.uid, element, &steps, &mut rows);
            }
        }
        rows
    }

    /// The steps of the campaign one year earlier; the last one ends with the base window.
    fn base_steps(&self) -> Vec<DateWindow> {
        let (base, first) = (self.campaign.base_window(), self.campaign.measurement_window.start);
        let bound = |step: i32| {
            let day = first.saturating_add(self.plan.step.span(step));
            day.saturating_sub(1.year()).min(base.end)
        };
        (0..53).filter_map(|step| DateWindow::new(bound(step), bound(step + 1))).collect()
    }

    fn push_rows(
        &self,
        unit: UnitId,
        uid: &str,
        element: &Element,
        steps: &[DateWindow],
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
            rows.extend(steps.iter().map(|step| {
                row(*step, self.ground_truth.stock_at_end_of(unit, &element.code, step.last_day()))
            }));
            return;
        }
        let first = rows.len();
        for step in steps {
            let value = self.ground_truth.flow_total(unit, &element.code, *step);
            match rows[first..].last_mut() {
                Some(last) if value == 0 && last.value == 0 => last.window.end = step.end,
                Some(_) | None => rows.push(row(*step, value)),
            }
        }
    }

    fn source(&self) -> String {
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC) {}", self.seed)
    }
}
