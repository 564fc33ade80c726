//! Converts roles, and keys of partner agencies.

use super::field_violations::FieldViolations;
use super::values;
use crate::domain::access::partner::{PartnerCall, ServiceKey};
use crate::domain::access::permission::Role;
use crate::domain::org::DaySpan;
use crate::domain::support::limits::{ACCOUNT_LABEL, CODE};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use jiff::civil::Date;

/// A role to give, as a message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGrant {
    /// Label of the account.
    pub label: String,
    /// The role.
    pub role: Role,
    /// Code of the unit.
    pub unit_uid: String,
    /// First day; `None`: that of the role if it is held already, else today.
    pub from: Option<Date>,
    /// The day after the last; `Date::MAX`: until further notice.
    pub to: Date,
}

/// Converts the role at this position of a request.
pub fn grant_from_proto(
    position: usize,
    message: pb::RoleToGrant,
    violations: &mut FieldViolations,
) -> Option<NamedGrant> {
    let pb::RoleToGrant { account_label, role, unit_uid, days } = message;
    let field = |name| format!("grants[{position}].{name}");
    let label = violations
        .check_text(field("account_label"), account_label.trim(), ACCOUNT_LABEL)
        .filter(|label| !label.is_empty());
    if account_label.trim().is_empty() {
        violations.add(field("account_label"), RefusalReason::Malformed);
    }
    let role = violations.check(field("role"), values::role_from_proto(role));
    let unit_uid = violations.check_text(field("unit_uid"), &unit_uid, CODE);
    let days = values::span_from_proto(Some(days.unwrap_or_default()));
    let DaySpan { from, to } = violations.check(field("days"), days)?;
    let from = (from != Date::MIN).then_some(from);
    Some(NamedGrant { label: label?, role: role?, unit_uid: unit_uid?, from, to })
}

/// Converts a call that a key allows.
#[must_use]
pub fn partner_call_to_proto(call: PartnerCall) -> pb::PartnerCall {
    match call {
        PartnerCall::Runs => pb::PartnerCall::Runs,
        PartnerCall::Standings => pb::PartnerCall::Standings,
        PartnerCall::Reports => pb::PartnerCall::Reports,
    }
}

/// Converts a call that a key allows; the unspecified value and unknown values are MALFORMED.
pub fn partner_call_from_proto(number: i32) -> Result<PartnerCall, RefusalReason> {
    match pb::PartnerCall::try_from(number) {
        Ok(pb::PartnerCall::Runs) => Ok(PartnerCall::Runs),
        Ok(pb::PartnerCall::Standings) => Ok(PartnerCall::Standings),
        Ok(pb::PartnerCall::Reports) => Ok(PartnerCall::Reports),
        Ok(pb::PartnerCall::Unspecified) | Err(_) => Err(RefusalReason::Malformed),
    }
}

/// Converts a key, without its hash.
#[must_use]
pub fn service_key_to_proto(key: &ServiceKey) -> pb::ServiceKey {
    let ServiceKey {
        id,
        account,
        hash: _,
        unit,
        campaign,
        allowed_calls,
        contracts,
        issued_at,
        expires_at,
        revoked_at,
    } = key;
    pb::ServiceKey {
        id: id.0.to_vec(),
        account_id: account.0.to_vec(),
        unit_id: unit.0.to_vec(),
        campaign_id: campaign.map_or_else(Vec::new, |campaign| campaign.0.to_vec()),
        allowed_calls: allowed_calls
            .iter()
            .map(|call| partner_call_to_proto(*call).into())
            .collect(),
        issued_at: Some(values::timestamp_to_proto(*issued_at)),
        expires_at: Some(values::timestamp_to_proto(*expires_at)),
        revoked_at: revoked_at.map(values::timestamp_to_proto),
        contracts: contracts.clone(),
    }
}
