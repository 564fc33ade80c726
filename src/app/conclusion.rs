//! Before and after a conclusion: a rehearsal on the data of today, the reports that it lacks, and
//! the way back.

use super::access::{CallerIdentity, revalidate_identity};
use super::award::{check_no_award, withdraw_proposed_award};
use super::phase_review::phase_grace_end;
use super::standing::{SENT_STATES, judge_reports, to_report_entry, unknown_calendar_error};
use super::waiver::check_second_person;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::completeness::{MissingReport, ReportsKnown, list_missing_reports};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::org::StructureView;
use crate::domain::report::Report;
use crate::domain::report::workflow::ReportState;
use crate::domain::reporting::expectation::compute_expectations;
use crate::domain::standing::{JudgementState, ReportEntry, Standing};
use crate::domain::support::ids::{CampaignId, ReportId, StandingId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::VerdictReason;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// What is rehearsed.
    RehearsedAct {
        /// The next night.
        Night = "NIGHT",
        /// The review of the next phase, once its last grace is over.
        Phase = "PHASE",
        /// The conclusion of the campaign.
        Conclusion = "CONCLUSION",
    }
}

/// What a night, the review of a phase or the conclusion would publish on the data of today.
#[derive(Debug, Clone)]
pub struct CampaignRehearsal {
    /// What is rehearsed.
    pub act: RehearsedAct,
    /// The day as of which it is judged.
    pub as_of: Date,
    /// The phase, if a phase is rehearsed.
    pub phase: Option<u8>,
    /// The standings that would be published, by unit and target.
    pub standings: Vec<Standing>,
    /// How many of them differ from the published ones.
    pub changed: usize,
    /// The reports that are due by then and not accepted, by reviewing unit.
    pub missing: Vec<MissingReport>,
    /// The verdicts that hang on missing reports.
    pub open_verdicts: Vec<OpenVerdict>,
}

/// A verdict that hangs on missing reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenVerdict {
    /// The unit.
    pub unit: UnitId,
    /// The phase; 0: the whole campaign.
    pub phase: u8,
    /// Code of the target.
    pub target: String,
    /// Number of expected reports that are not accepted.
    pub missing: u32,
    /// The state that would be published.
    pub state: JudgementState,
    /// Whether a conclusion without these reports leaves it undetermined for ever.
    pub stays_open: bool,
}

impl App {
    /// Judges the next night, phase or conclusion of a campaign on the data of today; writes
    /// nothing.
    ///
    /// # Errors
    /// NO_PHASE: no phase is left.
    pub fn rehearse_campaign(
        &self,
        actor: &Actor,
        code: &str,
        act: RehearsedAct,
    ) -> Result<CampaignRehearsal> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = self.root_unit_path(tx)?;
            let _: Permit<action::StepCampaign> = authorize(actor, &unit_path, today)?;
            let reference = self.reference(tx)?;
            let campaign = reference.campaigns.iter().find(|one| one.code == code);
            let campaign = campaign.ok_or(RefusalReason::NotFound)?;
            let (as_of, phase) = rehearsed_day(&reference, campaign, act, today)?;
            let judge = CampaignJudge::load(tx, &reference, campaign, as_of)?;
            let is_conclusion = act == RehearsedAct::Conclusion;
            let as_final = judge.standings(CampaignStatus::Concluded)?;
            let mut standings =
                if is_conclusion { as_final.clone() } else { judge.standings(campaign.status)? };
            standings.retain(|one| phase.is_none_or(|phase| one.phase == phase));
            let mut missing = missing_reports(tx, &reference, campaign, Some(as_of), today)?;
            let window = phase.and_then(|no| campaign.phases.iter().find(|one| one.no == no));
            missing.retain(|one| {
                window.is_none_or(|phase| {
                    one.key.period.is_within(phase.window.start, phase.window.end)
                })
            });
            let changed = count_changed(tx, &reference, campaign, &standings)?;
            let open_verdicts = find_open_verdicts(&standings, &as_final);
            Ok(CampaignRehearsal { act, as_of, phase, standings, changed, missing, open_verdicts })
        })
    }

    /// Asks to reopen a concluded campaign, or, as the second person, reopens it.
    pub fn reopen_campaign(
        &self,
        actor: &Actor,
        id: CampaignId,
        (reason, withdraw): (&str, bool),
    ) -> Result<Campaign> {
        self.store().write("campaign.reopen", self.now(), |tx| {
            self.reopen_campaign_in(tx, actor, id, (reason, withdraw))
        })
    }

    /// [`App::reopen_campaign`] under a request id. `None`: it was used for something else.
    pub fn reopen_campaign_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        id: CampaignId,
        (reason, withdraw): (&str, bool),
    ) -> Result<Option<Campaign>> {
        let method = if withdraw { "campaign.reopen_withdraw" } else { "campaign.reopen" };
        self.store().write(method, self.now(), |tx| {
            let actor = revalidate_identity(tx, identity)?;
            if let Some((existing, answer)) =
                tx.find_idempotent_response(actor.account, &request)?
            {
                let reference = self.reference(tx)?;
                let found = reference.campaign(id).cloned();
                return Ok(found.filter(|_| existing == method && answer == id.0));
            }
            let reopened = self.reopen_campaign_in(tx, &actor, id, (reason, withdraw))?;
            tx.insert_idempotent_response(actor.account, &request, method, &id.0)?;
            Ok(Some(reopened))
        })
    }

    fn reopen_campaign_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        id: CampaignId,
        (reason, withdraw): (&str, bool),
    ) -> Result<Campaign> {
        let today = tx.now().local_date();
        let permit: Permit<action::ReopenCampaign> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let campaign = reference.campaign(id).ok_or(RefusalReason::NotFound)?;
        if !withdraw {
            check_no_award(tx, campaign)?;
        }
        let next = if withdraw {
            campaign.withdraw_reopening()?
        } else if campaign.reopening.is_none() {
            campaign.ask_reopening(reason, today)?
        } else {
            let persons = tx.last_accounts_of_action(RecordKind::Campaign, permit.code())?;
            check_second_person(actor, persons.get(&id.0))?;
            let reopened = campaign.reopen(today)?;
            withdraw_proposed_award(tx, &permit, campaign)?;
            reopened
        };
        tx.put_campaign_reopening(&permit, &next, &reference.element_numbers)?;
        Ok(next)
    }
}

/// The day as of which an act is judged, and the phase if it is one.
fn rehearsed_day(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    act: RehearsedAct,
    today: Date,
) -> Result<(Date, Option<u8>)> {
    match act {
        RehearsedAct::Night => Ok((today, None)),
        RehearsedAct::Conclusion => {
            let contracts = reference.catalogue.contracts_with_codes(&campaign.contracts);
            let window = campaign.measurement_window;
            let expected =
                compute_expectations(&reference.org, &reference.calendars, &contracts, window)
                    .map_err(|unknown| unknown_calendar_error(&unknown))?;
            let last = expected.iter().map(|one| one.grace_end_day).max();
            Ok((last.unwrap_or(window.end).max(today), None))
        }
        RehearsedAct::Phase => {
            for phase in &campaign.phases {
                match phase_grace_end(reference, campaign, phase)? {
                    Some(day) if today < day => return Ok((day, Some(phase.no))),
                    Some(_) | None => {}
                }
            }
            Err(AppError::Violations(vec![Violation::error(
                "NO_PHASE",
                format!("campaign.{}", campaign.code),
                message!("conclusion-no-phase-left", today),
            )]))
        }
    }
}

/// The inputs of judging one campaign as of a day.
struct CampaignJudge<'a> {
    reference: &'a ReferenceSnapshot,
    campaign: &'a Campaign,
    as_of: Date,
    rows: Vec<crate::domain::standing::baseline::BaselineRow>,
    reports: Vec<Report>,
    definition: i64,
}

impl<'a> CampaignJudge<'a> {
    fn load(
        tx: &mut ReadTx,
        reference: &'a ReferenceSnapshot,
        campaign: &'a Campaign,
        as_of: Date,
    ) -> Result<Self> {
        let filed = tx.reports_in_states(&SENT_STATES, &reference.unit_numbers)?;
        let reports = filed.into_iter().map(|filed| filed.report).collect();
        let stored = tx.record(RecordKind::Campaign, &campaign.id().0)?;
        let definition = stored.map_or(0, |stored| stored.revision);
        Ok(Self { reference, campaign, as_of, rows: tx.baselines()?, reports, definition })
    }

    /// The standings of the campaign as if it had this status.
    fn standings(&self, status: CampaignStatus) -> Result<Vec<Standing>> {
        let campaign = Campaign { status, ..self.campaign.clone() };
        let entries: Vec<ReportEntry<'_>> = self.reports.iter().map(to_report_entry).collect();
        let as_of = (self.definition, 0, self.as_of, StructureView::AsWas);
        Ok(judge_reports(self.reference, &campaign, &self.rows, &entries, as_of)?.standings)
    }
}

/// The expected reports of a campaign that are not accepted: all, or those whose grace is over on
/// `until`.
pub(super) fn missing_reports(
    tx: &mut ReadTx,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    until: Option<Date>,
    today: Date,
) -> Result<Vec<MissingReport>> {
    let lines = tx.report_summaries(&ReportState::ALL, &[])?;
    let states: BTreeMap<ReportId, ReportState> =
        lines.into_iter().map(|line| (line.id, line.state)).collect();
    let held: BTreeSet<ReportId> = tx.reports_with_waiting_commands()?.into_iter().collect();
    let waived = &reference.waived_reports;
    let ReferenceSnapshot { org, calendars, catalogue, .. } = reference;
    let known = ReportsKnown { states: &states, held: &held, waived };
    let until = until.unwrap_or(Date::MAX);
    list_missing_reports(campaign, (org, calendars, catalogue), &known, (until, today))
        .map_err(|unknown| unknown_calendar_error(&unknown))
}

fn count_changed(
    tx: &mut ReadTx,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    standings: &[Standing],
) -> Result<usize> {
    let published =
        tx.standings(campaign.id(), &reference.unit_numbers, &reference.element_numbers)?;
    let published: BTreeMap<StandingId, Standing> =
        published.into_iter().map(|one| (one.id(), one)).collect();
    Ok(standings.iter().filter(|one| published.get(&one.id()) != Some(one)).count())
}

/// The standings that are undetermined because of missing reports, now or if the campaign were
/// concluded without them.
fn find_open_verdicts(standings: &[Standing], as_final: &[Standing]) -> Vec<OpenVerdict> {
    let finally: BTreeMap<StandingId, &Standing> =
        as_final.iter().map(|one| (one.id(), one)).collect();
    let verdict = |one: &Standing| {
        let stays_open = finally.get(&one.id()).is_some_and(|last| hangs_on_reports(last));
        (stays_open || hangs_on_reports(one)).then(|| OpenVerdict {
            unit: one.unit,
            phase: one.phase,
            target: one.judgement.code.clone(),
            missing: one.coverage.expected - one.coverage.accepted,
            state: one.judgement.state,
            stays_open,
        })
    };
    standings.iter().filter_map(verdict).collect()
}

fn hangs_on_reports(standing: &Standing) -> bool {
    let reasons = [VerdictReason::MissingReports, VerdictReason::LowCoverage];
    standing.judgement.state == JudgementState::Undetermined
        && reasons
            .iter()
            .any(|one| standing.judgement.reasons.iter().any(|code| code == one.as_str()))
}
