//! Roles of many accounts as one table: `account,role,unit`, and if wanted `from,to` (first and
//! last day).

use super::diagnostic::{FileDiagnostic, TextPosition, keep_first_of_each_cell};
use super::table::{Table, TableColumns, TableInput, TableRow, unknown_column};
use crate::domain::access::permission::Role;
use crate::domain::org::Org;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::collections::BTreeMap;

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
    let (mut lines, mut diagnostics) = (Vec::new(), table.faults().to_vec());
    let mut seen = BTreeMap::new();
    for row in table.rows() {
        let Some(line) = read_line(row, org, today, &mut diagnostics) else { continue };
        let key = (line.account.clone(), line.role, line.unit);
        let earlier = *seen.entry(key).or_insert(line.line);
        if earlier != line.line {
            let what = format!("{}, {}, {}", line.account, line.role.code(), row.get("unit"));
            diagnostics.push(row.repeated("account", earlier, &what));
        }
        lines.push(line);
    }
    keep_first_of_each_cell(&mut diagnostics);
    if diagnostics.is_empty() { Ok(lines) } else { Err(diagnostics) }
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
    today: Date,
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
    let first = from.unwrap_or(today);
    if last.is_some_and(|last| last < first) {
        diagnostics.push(row.bad_value("to", message!("grant-day-not-before", first)));
    }
    let unit = org.unit_by_uid(row.get("unit")).map(|unit| unit.id);
    match unit {
        None => diagnostics.push(row.bad_value("unit", message!("handover-code-unit-declared"))),
        Some(unit) if !org.is_open_on(unit, first) => {
            diagnostics.push(row.bad_value("unit", message!("grant-unit-open-on", first)));
        }
        Some(_) => {}
    }
    let (Some(role), Some(unit), true) = (role, unit, diagnostics.len() == before) else {
        return None;
    };
    Some(GrantLine { line: row.line_number(), account, role, unit, from, last })
}
