//! Reads the organisation from units.csv, parents.csv and lineage.csv.

use super::error::{CliError, CliResult};
use super::files;
use crate::domain::org::Org;
use crate::files::org::{OrgCsvTexts, read_org};
use std::path::Path;

/// Reads the three files of a directory.
pub(super) fn read_org_files(dir: &Path) -> CliResult<Org> {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| files::read_text(&dir.join(name)));
    let (units, parents, lineage) = (units?, parents?, lineage?);
    read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).map_err(
        |mut faults| {
            faults
                .iter_mut()
                .for_each(|fault| fault.file = files::display_name(&dir.join(&fault.file)));
            CliError::from(faults)
        },
    )
}
