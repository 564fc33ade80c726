//! Where in a file of reports a refusal belongs: unit and column instead of the path inside a
//! command.

use super::error::CliFinding;
use crate::app::ReferenceSnapshot;
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::support::message::message;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::files::report_csv::{ReportCsvRow, StagedReports};
use std::collections::BTreeSet;

/// Most units that a joined finding lists.
const UNITS_LISTED: usize = 5;

/// The file that is imported.
pub(super) struct ReportFilePlaces<'a> {
    pub(super) staged: &'a StagedReports,
    pub(super) reference: &'a ReferenceSnapshot,
}

impl ReportFilePlaces<'_> {
    /// All findings of the refusal of a line, or of one of its commands.
    pub(super) fn find(
        &self,
        row: &ReportCsvRow,
        command: Option<&Command>,
        refusal: Refusal,
    ) -> Vec<CliFinding> {
        let unit = &row.unit_uid;
        let finding = |column: Option<String>, why: RefusalReason| {
            let place = self.staged.place(row.line, column.as_deref());
            let path = column.map_or_else(|| unit.clone(), |column| format!("{unit}: {column}"));
            CliFinding::at(place, Violation::error(why.code(), path, why.message()))
        };
        if refusal.field_errors.is_empty() {
            // The unit is known by now: what the account does not see, it may not report for.
            let is_hidden = command.is_some() && refusal.reason == RefusalReason::NotFound;
            let reason = if is_hidden { RefusalReason::Denied } else { refusal.reason };
            return vec![finding(None, reason)];
        }
        let problems = refusal.field_errors.into_iter();
        problems
            .map(|problem| finding(Some(self.column(command, &problem.field)), problem.reason))
            .collect()
    }

    /// The finding of a line whose unit an earlier line names by another text code.
    pub(super) fn repeated(&self, row: &ReportCsvRow, earlier: usize) -> CliFinding {
        let (line, what) = (row.line, format!("{}, {}", row.contract, row.unit_uid));
        let text = message!("table-row-repeated", what, earlier, line);
        let place = self.staged.place(line, Some("unit"));
        CliFinding::at(place, Violation::error("REPEATED_ROW", "unit", text))
    }

    /// Many lines that the account may not send as one finding, which says how many and of which
    /// units; all others as they are.
    pub(super) fn join_denied(&self, findings: Vec<CliFinding>, account: &str) -> Vec<CliFinding> {
        let denied = RefusalReason::Denied.code();
        let (mut denied, mut rest): (Vec<CliFinding>, Vec<CliFinding>) =
            findings.into_iter().partition(|one| one.violation.code == denied);
        denied.dedup_by(|later, first| later.place == first.place);
        if denied.len() < 2 {
            rest.extend(denied);
            return rest;
        }
        let (lines, first) = (denied.len(), denied.swap_remove(0));
        let units: BTreeSet<String> = denied
            .into_iter()
            .map(|one| one.violation.path)
            .chain([first.violation.path])
            .collect();
        let mut listed: Vec<&str> = units.iter().map(String::as_str).take(UNITS_LISTED).collect();
        if units.len() > UNITS_LISTED {
            listed.push("...");
        }
        let (count, units) = (units.len(), listed.join(", "));
        let text = message!("report-import-denied", account, lines, count, units);
        let violation = Violation::error(first.violation.code, account, text);
        rest.extend(first.place.map(|place| CliFinding::at(place, violation)));
        rest
    }

    /// The column of a path such as `changes[2].mine` or `cells[7]`; any other path as it is.
    fn column(&self, command: Option<&Command>, path: &str) -> String {
        let index = |list: &str| -> Option<usize> {
            path.strip_prefix(list)?.strip_prefix('[')?.split(']').next()?.parse().ok()
        };
        let changed = index("changes").and_then(|index| {
            let CommandBody::SaveCells(save) = &command?.body else { return None };
            Some(save.changes.get(index)?.element)
        });
        let cell = || Some(ElementNumber(u32::try_from(index("cells")?).ok()?));
        let element = changed.or_else(cell);
        let code = element.and_then(|element| self.reference.element_numbers.item(element.0));
        code.map_or_else(|| path.to_owned(), |code| code.as_str().to_owned())
    }
}
