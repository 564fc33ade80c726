//! Reads the organisation from units.csv, parents.csv and lineage.csv.

use super::error::{CliError, CliResult};
use super::files;
use crate::domain::org::Org;
use crate::files::org::{OrgCsvTexts, empty_lineage, read_org};
use std::path::Path;

/// Reads the three files of a directory; lineage.csv may be absent: no unit has a successor.
pub(super) fn read_org_files(dir: &Path) -> CliResult<Org> {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| dir.join(name));
    let (units, parents) = (files::read_text(&units)?, files::read_text(&parents)?);
    let is_absent = lineage.try_exists().is_ok_and(|exists| !exists);
    let lineage = if is_absent { empty_lineage() } else { files::read_text(&lineage)? };
    read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).map_err(
        |mut faults| {
            faults
                .iter_mut()
                .for_each(|fault| fault.file = files::display_name(&dir.join(&fault.file)));
            CliError::from(faults)
        },
    )
}
