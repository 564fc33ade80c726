//! The reports that a campaign expects and that are not accepted, grouped by the unit that reviews
//! them.

use super::Campaign;
use crate::domain::org::Org;
use crate::domain::report::ReportKey;
use crate::domain::report::form::Catalogue;
use crate::domain::report::workflow::ReportState;
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{UnknownCalendar, compute_expectations};
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// Where a missing report is.
    MissingState {
        /// Nothing was sent.
        NotSent = "NOT_SENT",
        /// It waits for its reviewer.
        Waiting = "WAITING",
        /// It was sent back with a question.
        Returned = "RETURNED",
        /// A command of its unit is held.
        Held = "HELD",
    }
}

/// An expected report that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingReport {
    /// The report.
    pub key: ReportKey,
    /// Uid of the unit that reviews it; the unit's own where none is above it.
    pub reviewing_unit: String,
    /// Uid of the unit that owes it.
    pub unit: String,
    /// Code of its contract.
    pub contract: String,
    /// Where it is.
    pub state: MissingState,
    /// Whether two persons have waived it.
    pub waived: bool,
}

/// What is known of the reports of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct ReportsKnown<'a> {
    /// The state of every stored report.
    pub states: &'a BTreeMap<ReportId, ReportState>,
    /// Reports with held commands.
    pub held: &'a BTreeSet<ReportId>,
    /// Reports with a signed waiver.
    pub waived: &'a BTreeSet<ReportId>,
}

/// The reports of the campaign's measured days whose grace is over on `until` and that are not
/// accepted: by reviewing unit, unit, contract and period. Reviewing units are those of `today`.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn list_missing_reports(
    campaign: &Campaign,
    (org, calendars, catalogue): (&Org, &Calendars, &Catalogue),
    known: &ReportsKnown<'_>,
    (until, today): (Date, Date),
) -> Result<Vec<MissingReport>, UnknownCalendar> {
    let contracts = catalogue.contracts_with_codes(&campaign.contracts);
    let expected = compute_expectations(org, calendars, &contracts, campaign.measurement_window)?;
    let codes: BTreeMap<_, _> =
        contracts.iter().map(|contract| (contract.id(), contract.code.clone())).collect();
    let mut missing = Vec::new();
    for one in expected.iter().filter(|one| one.grace_end_day <= until) {
        let key = one.report_key();
        let (id, unit) = (key.id(), key.unit);
        let state = known.states.get(&id).copied();
        if state.is_some_and(ReportState::is_official) {
            continue;
        }
        missing.push(MissingReport {
            reviewing_unit: unit_uid(org, reviewing_unit(org, unit, today)),
            unit: unit_uid(org, unit),
            contract: codes.get(&key.contract).cloned().unwrap_or_default(),
            state: missing_state(state, known.held.contains(&id)),
            waived: known.waived.contains(&id),
            key,
        });
    }
    missing.sort_by(|one, other| order_of(one).cmp(&order_of(other)));
    Ok(missing)
}

fn order_of(one: &MissingReport) -> (&str, &str, &str, Date, u8) {
    let period = &one.key.period;
    (&one.reviewing_unit, &one.unit, &one.contract, period.start, period.cut)
}

/// The nearest unit above the unit that acts for this one; itself where none is.
#[must_use]
pub fn reviewing_unit(org: &Org, unit: UnitId, today: Date) -> UnitId {
    let acting = org.acting_unit(unit, today).unwrap_or(unit);
    let above = org.effective_ancestors(unit, today);
    above.into_iter().find(|one| *one != unit && *one != acting).unwrap_or(acting)
}

fn unit_uid(org: &Org, unit: UnitId) -> String {
    org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

fn missing_state(state: Option<ReportState>, held: bool) -> MissingState {
    match state {
        Some(ReportState::Submitted) => MissingState::Waiting,
        Some(ReportState::Returned) => MissingState::Returned,
        Some(ReportState::Draft | ReportState::Accepted | ReportState::Locked) | None if held => {
            MissingState::Held
        }
        Some(ReportState::Draft | ReportState::Accepted | ReportState::Locked) | None => {
            MissingState::NotSent
        }
    }
}

/// The refusal of a conclusion; `None` if every missing report is waived.
pub(super) fn missing_reports_violation(
    campaign: &str,
    missing: &[MissingReport],
) -> Option<Violation> {
    let open: Vec<&MissingReport> = missing.iter().filter(|one| !one.waived).collect();
    if open.is_empty() {
        return None;
    }
    let groups: Vec<String> = open
        .chunk_by(|one, next| one.reviewing_unit == next.reviewing_unit)
        .map(group_text)
        .collect();
    let (count, list) = (open.len(), groups.join("; "));
    Some(Violation::error(
        "MISSING_REPORTS",
        format!("campaign.{campaign}"),
        message!("lifecycle-missing-reports", count, list),
    ))
}

/// `dist-842: com-1 weekly week 2025-01-06..2025-01-13 NOT_SENT, com-2 ...`
fn group_text(group: &[&MissingReport]) -> String {
    let line = |one: &&MissingReport| {
        format!("{} {} {} {}", one.unit, one.contract, one.key.period, one.state)
    };
    let lines: Vec<String> = group.iter().map(line).collect();
    let reviewer = group.first().map_or("", |one| &one.reviewing_unit);
    format!("{reviewer}: {}", lines.join(", "))
}
