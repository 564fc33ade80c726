//! Reads the organisation from the tables units, parents and lineage of a directory.

use super::error::CliResult;
use super::files;
use crate::files::org::{OrgRead, OrgTables, empty_lineage, read_org_tables};
use crate::files::table::TableInput;
use std::path::Path;

/// Reads the three tables of a directory, each as .csv or else .xlsx; lineage may be absent: no
/// unit has a successor.
pub(super) fn read_org_files(dir: &Path) -> CliResult<OrgRead> {
    let (units, parents) = (read_table(dir, "units")?, read_table(dir, "parents")?);
    let is_absent = ["lineage.csv", "lineage.xlsx"]
        .iter()
        .all(|name| dir.join(name).try_exists().is_ok_and(|exists| !exists));
    let lineage = if is_absent {
        ("lineage.csv".to_owned(), empty_lineage().into_bytes())
    } else {
        read_table(dir, "lineage")?
    };
    let tables = OrgTables {
        units: TableInput::new(&units.0, &units.1),
        parents: TableInput::new(&parents.0, &parents.1),
        lineage: TableInput::new(&lineage.0, &lineage.1),
    };
    Ok(read_org_tables(&tables)?)
}

/// The name of a table's file, and its bytes.
fn read_table(dir: &Path, table: &str) -> CliResult<(String, Vec<u8>)> {
    let workbook = dir.join(format!("{table}.xlsx"));
    let csv = dir.join(format!("{table}.csv"));
    let is_workbook = !csv.exists() && workbook.exists();
    let path = if is_workbook { workbook } else { csv };
    Ok((files::display_name(&path), files::read_bytes(&path)?))
}
