//! Data value sets in CSV: the columns have their meaning by position, and the header, which is
//! spelled differently in places, is not read.
//!
//! ```text
//!  dataelement, period, orgunit, categoryoptioncombo, attributeoptioncombo, value,
//!  storedby, lastupdated, comment, followup
//! ```

use super::message::{DataValue, DataValueSet};
use crate::domain::support::message::{Message, message};
use crate::files::diagnostic::FileDiagnostic;
use crate::files::table::{TableInput, read_rows};
use serde_json::Value;

/// Columns up to the value.
const COLUMNS_MIN: usize = 6;

/// The values below the header.
///
/// # Errors
/// It is no CSV, or a row ends before its value.
pub(super) fn read_values(bytes: &[u8]) -> Result<DataValueSet, Message> {
    let rows = read_rows(&TableInput::received("dataValueSets.csv", bytes)).map_err(to_message)?;
    let mut set = DataValueSet::default();
    for row in rows.into_iter().skip(1) {
        if row.cells.len() < COLUMNS_MIN {
            return Err(message!("dhis2-csv-row-short", line = row.number));
        }
        let cell = |index: usize| row.cells.get(index).filter(|cell| !cell.is_empty()).cloned();
        set.data_values.push(DataValue {
            data_set: None,
            data_element: cell(0),
            period: cell(1),
            org_unit: cell(2),
            value: cell(5).map(Value::String),
            comment: cell(8),
            divided_by: None,
        });
    }
    Ok(set)
}

fn to_message(faults: Vec<FileDiagnostic>) -> Message {
    let first = faults.into_iter().next();
    first.map_or_else(
        || message!("dhis2-csv-unreadable", line = 1, fault = ""),
        |one| {
            let line = one.position.line;
            message!("dhis2-csv-unreadable", line, fault => one.violation.message)
        },
    )
}
