//! The rehearsal of a change of the organisation from its files.

use crate::app::org_rehearsal::{OrgChangeRequest, RehearsedStocks};
use crate::app::{App, Result};
use crate::domain::access::permission::{Actor, action};
use crate::domain::rehearsal::RehearsalReport;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::handover::read_handover;
use crate::files::org::{OrgTables, read_org_tables};
use crate::files::table::TableInput;
use jiff::civil::Date;

/// The files of a change, and what is looked at.
#[derive(Debug, Clone, Copy)]
pub struct RehearsedFiles<'a> {
    /// The organisation as it is after the change.
    pub tables: OrgTables<'a>,
    /// The hand-over of stocks.
    pub handover: Option<TableInput<'a>>,
    /// The effective day; `None`: the next day of change.
    pub on: Option<Date>,
    /// The code of the campaign; `None`: the only one.
    pub campaign: Option<&'a str>,
}

/// Rehearses a change; `Err` lists what is wrong with the files.
///
/// # Errors
/// As [`App::rehearse_organisation`].
pub fn rehearse_files(
    app: &App,
    actor: &Actor,
    files: RehearsedFiles<'_>,
) -> Result<std::result::Result<RehearsalReport, Vec<FileDiagnostic>>> {
    let reference = app.reference_for::<action::ChangeOrg>(actor)?;
    let org = match read_org_tables(&files.tables) {
        Ok(read) => read.org,
        Err(faults) => return Ok(Err(faults)),
    };
    let mut stocks = RehearsedStocks::default();
    if let Some(input) = files.handover {
        match read_handover(&input, &org, &reference.catalogue) {
            Ok(read) => {
                (stocks.closing, stocks.lines, stocks.opening) =
                    (read.closing, read.lines, read.opening);
            }
            Err(faults) => return Ok(Err(faults)),
        }
    }
    let request = OrgChangeRequest { org: &org, on: files.on, campaign: files.campaign, stocks };
    app.rehearse_organisation(actor, request).map(Ok)
}
