//! Finds units and campaigns by the codes that arguments name.

use super::context::LocalApp;
use super::error::{CliError, CliResult};
use crate::app::{ReferenceSnapshot, reference};
use crate::domain::campaign::Campaign;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;

/// The unit with this code, or UNKNOWN_UNIT.
pub(super) fn find_unit_id(local_app: &LocalApp, code: &str) -> CliResult<UnitId> {
    local_app
        .load_reference()?
        .org
        .unit_by_uid(code)
        .map(|unit| unit.id)
        .ok_or_else(|| unknown_unit(code))
}

/// No unit has this code.
pub(super) fn unknown_unit(code: &str) -> CliError {
    CliError::new("UNKNOWN_UNIT", message!("lookup-there-no-unit-codes", code))
}

/// The campaign with this code, or the only campaign.
pub(super) fn find_campaign<'a>(
    reference: &'a ReferenceSnapshot,
    code: Option<&str>,
) -> CliResult<&'a Campaign> {
    find_by_code(&reference.campaigns, |campaign| &campaign.code, code)
}

/// The campaign with this code among all, or the only one.
pub(super) fn find_by_code<'a, T>(
    campaigns: &'a [T],
    code_of: impl Fn(&T) -> &str,
    code: Option<&str>,
) -> CliResult<&'a T> {
    let found = reference::find_by_code(campaigns, code_of, code);
    found.map_err(|unknown| CliError::new(unknown.code, unknown.message))
}
