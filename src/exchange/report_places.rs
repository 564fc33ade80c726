//! Where in a file of reports a refusal belongs: unit and column instead of the path inside a
//! command.

use crate::app::ReferenceSnapshot;
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::figure_text::format_cell;
use crate::domain::support::message::message;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::report_csv::{ReportCsvRow, StagedReports};

/// The file that is imported.
#[derive(Clone, Copy)]
pub(super) struct ReportFilePlaces<'a> {
    pub(super) staged: &'a StagedReports,
    pub(super) reference: &'a ReferenceSnapshot,
}

impl ReportFilePlaces<'_> {
    /// All findings of the refusal of a row. `changed` are the elements of its save, in its order.
    pub(super) fn find(
        &self,
        row: &ReportCsvRow,
        changed: &[ElementNumber],
        refusal: Refusal,
    ) -> Vec<FileDiagnostic> {
        let unit = &row.unit_uid;
        let finding = |column: Option<String>, why: RefusalReason| {
            let path = match &column {
                Some(column) => format!("{unit}: {column}"),
                None => unit.clone(),
            };
            let violation = Violation::error(why.code(), path, why.message());
            let mut found = self.staged.diagnostic(row.line, column.as_deref(), violation);
            found.set_understood(column.and_then(|column| self.understood(row, &column)));
            found
        };
        if refusal.field_errors.is_empty() {
            return vec![finding(None, refusal.reason)];
        }
        let problems = refusal.field_errors.into_iter();
        problems
            .map(|problem| finding(Some(self.column(changed, &problem.field)), problem.reason))
            .collect()
    }

    /// The finding of a row whose report an earlier row has under another text code of the unit.
    pub(super) fn repeated(&self, row: &ReportCsvRow, earlier: usize) -> FileDiagnostic {
        let (line, what) = (row.line, format!("{}, {}", row.contract, row.unit_uid));
        let text = message!("table-row-repeated", what, earlier, line);
        let violation = Violation::error("REPEATED_ROW", "unit", text);
        self.staged.diagnostic(line, Some("unit"), violation)
    }

    /// The value that a cell was read as.
    fn understood(&self, row: &ReportCsvRow, column: &str) -> Option<String> {
        let (code, value) = row.cells.iter().find(|(code, _)| code.as_str() == column)?;
        Some(format_cell(*value, self.reference.catalogue.element(code)?.scale))
    }

    /// The column of a path such as `changes[2].mine` or `cells[7]`; any other path as it is.
    fn column(&self, changed: &[ElementNumber], path: &str) -> String {
        let index = |list: &str| -> Option<usize> {
            path.strip_prefix(list)?.strip_prefix('[')?.split(']').next()?.parse().ok()
        };
        let changed = index("changes").and_then(|index| changed.get(index).copied());
        let cell = || Some(ElementNumber(u32::try_from(index("cells")?).ok()?));
        let element = changed.or_else(cell);
        let code = element.and_then(|element| self.reference.element_numbers.item(element.0));
        code.map_or_else(|| path.to_owned(), |code| code.as_str().to_owned())
    }
}
