//! Roles of many accounts as one table: `account,role,unit`, and if wanted `from,to` (first and
//! last day).

use super::diagnostic::{FileDiagnostic, TextPosition, keep_first_of_each_cell};
use super::table::{Table, TableColumns, TableInput, TableRow, unknown_column};
use crate::domain::access::grant_batch::{BatchGrant, BatchGrantFault, find_batch_faults};
use crate::domain::access::permission::Role;
use crate::domain::org::Org;
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

const REQUIRED_COLUMNS: [&str; 3] = ["account", "role", "unit"];
const DAY_COLUMNS: [&str; 2] = ["from", "to"];

/// One line: a role of an account on a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLine {
    /// Line of the file, from 1.
    pub line: usize,
    /// Label of the account.
    pub account: String,
    /// The role; never SYSTEM.
    pub role: Role,
    /// The unit, open on the first day.
    pub unit: UnitId,
    /// First day, if the file says one.
    pub from: Option<Date>,
    /// Last day, if the file says one; not before the first.
    pub last: Option<Date>,
}

/// Reads the file, or returns every diagnostic with its line. `today` is the first day of lines
/// without one.
///
/// # Errors
/// The file is not such a CSV, or a line names no account, an unknown role, an unknown unit or one
/// that is closed, ends before it begins, or repeats another line's account, role and unit.
pub fn read_grants(
    input: &TableInput<'_>,
    org: &Org,
    today: Date,
) -> Result<Vec<GrantLine>, Vec<FileDiagnostic>> {
    let unknown = |name: &str| {
        let columns: Vec<&str> = REQUIRED_COLUMNS.into_iter().chain(DAY_COLUMNS).collect();
        Some(unknown_column(name, &columns))
    };
    let columns =
        TableColumns { required: &REQUIRED_COLUMNS, optional: &DAY_COLUMNS, other: &unknown };
    let table = Table::read(input, columns)?;
    let mut diagnostics = table.faults().to_vec();
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let Some(line) = read_line(row, org, &mut diagnostics) else { continue };
        lines.push(line);
        rows.push(row);
    }
    let batch: Vec<BatchGrant> = lines.iter().map(|line| line.in_batch(today)).collect();
    for (position, fault) in find_batch_faults(org, &batch) {
        let (Some(row), Some(line)) = (rows.get(position), lines.get(position)) else { continue };
        diagnostics.push(match fault {
            BatchGrantFault::EndsBefore(_) => row.bad_value("to", fault.message()),
            BatchGrantFault::UnitClosed(_) => row.bad_value("unit", fault.message()),
            BatchGrantFault::Repeats(earlier) => {
                let earlier = lines.get(earlier).map_or(0, |earlier| earlier.line);
                let what = format!("{}, {}, {}", line.account, line.role.code(), row.get("unit"));
                row.repeated("account", earlier, &what)
            }
        });
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.position);
    keep_first_of_each_cell(&mut diagnostics);
    if diagnostics.is_empty() { Ok(lines) } else { Err(diagnostics) }
}

impl GrantLine {
    fn in_batch(&self, today: Date) -> BatchGrant {
        let end = self.last.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX));
        BatchGrant {
            account: AccountId::from_code(&self.account),
            role: self.role,
            unit: self.unit,
            first: self.from.unwrap_or(today),
            end,
        }
    }
}

/// The diagnostic of a line for a rule that only the server can check.
#[must_use]
pub fn line_diagnostic(file: &str, line: usize, violation: Violation) -> FileDiagnostic {
    let position = TextPosition { line, column: 1 };
    FileDiagnostic { file: file.to_owned(), position, violation, cell: None }
}

fn read_line(
    row: TableRow<'_>,
    org: &Org,
    diagnostics: &mut Vec<FileDiagnostic>,
) -> Option<GrantLine> {
    let before = diagnostics.len();
    let account = row.require_text("account", diagnostics).to_owned();
    let role = Role::from_code(&row.get("role").to_uppercase()).filter(|role| role.is_grantable());
    if role.is_none() {
        let codes = Role::grantable_codes();
        diagnostics.push(row.bad_value("role", message!("grant-one-of-roles", codes)));
    }
    let from = row.day("from", diagnostics);
    let last = row.day("to", diagnostics);
    let unit = org.unit_by_uid(row.get("unit")).map(|unit| unit.id);
    if unit.is_none() {
        diagnostics.push(row.bad_value("unit", message!("handover-code-unit-declared")));
    }
    let (Some(role), Some(unit), true) = (role, unit, diagnostics.len() == before) else {
        return None;
    };
    Some(GrantLine { line: row.line_number(), account, role, unit, from, last })
}
