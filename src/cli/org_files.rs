//! Reads the organisation from the tables units, parents and lineage of a directory.

use super::error::CliResult;
use super::files;
use crate::files::org::{OrgRead, OrgTables, empty_lineage, read_org_tables};
use crate::files::table::TableInput;
use std::path::Path;

/// The three tables of a directory, each with its name.
pub(super) struct OrgFiles {
    units: (String, Vec<u8>),
    parents: (String, Vec<u8>),
    lineage: (String, Vec<u8>),
}

impl OrgFiles {
    /// Reads the tables, each as .csv or else .xlsx; lineage may be absent: no unit has a
    /// successor.
    pub(super) fn read(dir: &Path) -> CliResult<Self> {
        let (units, parents) = (read_table(dir, "units")?, read_table(dir, "parents")?);
        let is_absent = ["lineage.csv", "lineage.xlsx"]
            .iter()
            .all(|name| dir.join(name).try_exists().is_ok_and(|exists| !exists));
        let lineage = if is_absent {
            ("lineage.csv".to_owned(), empty_lineage().into_bytes())
        } else {
            read_table(dir, "lineage")?
        };
        Ok(Self { units, parents, lineage })
    }

    /// Each table with its name.
    pub(super) fn named_bytes(&self) -> [(String, Vec<u8>); 3] {
        [self.units.clone(), self.parents.clone(), self.lineage.clone()]
    }

    pub(super) fn tables(&self) -> OrgTables<'_> {
        OrgTables {
            units: TableInput::new(&self.units.0, &self.units.1),
            parents: TableInput::new(&self.parents.0, &self.parents.1),
            lineage: TableInput::new(&self.lineage.0, &self.lineage.1),
        }
    }
}

/// The organisation of a directory.
pub(super) fn read_org_files(dir: &Path) -> CliResult<OrgRead> {
    Ok(read_org_tables(&OrgFiles::read(dir)?.tables())?)
}

/// The name of a table's file, and its bytes.
fn read_table(dir: &Path, table: &str) -> CliResult<(String, Vec<u8>)> {
    let workbook = dir.join(format!("{table}.xlsx"));
    let csv = dir.join(format!("{table}.csv"));
    let is_workbook = !csv.exists() && workbook.exists();
    let path = if is_workbook { workbook } else { csv };
    Ok((files::display_name(&path), files::read_bytes(&path)?))
}
