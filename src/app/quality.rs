//! Data-quality findings: raised by the nightly job before the standings, read and replied to by
//! day.
//!
//! The unit receives the question first. Its superiors receive it with the reply, or after five
//! working days. A question that is corrected before that is deleted without a trace.

use super::access::{CallerIdentity, revalidate_identity};
use super::standing::{to_report_entry, unknown_calendar_error};
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::campaign::Campaign;
use crate::domain::quality::{
    Finding, FindingReply, FindingState, FirstSubmission, LateRevision, QualityData,
    collect_quality_data, count_near_limit, run_rules, select_findings,
};
use crate::domain::report::Report;
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Contract;
use crate::domain::report::free_text;
use crate::domain::report::workflow::ReportState;
use crate::domain::standing::ReportEntry;
use crate::domain::standing::baseline::Baselines;
use crate::domain::support::ids::{ContractId, FindingId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, days_from_date};
use crate::store::history::SentRevision;
use crate::store::{ReadTx, WriteTx};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Counts of a nightly update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuestionCounts {
    /// New findings.
    pub raised: usize,
    /// Findings that were deleted because the figures no longer raise them.
    pub withdrawn: usize,
    /// Findings that superiors can see from now on.
    pub shared: usize,
}

/// A finding with its revision.
pub type StoredFinding = (Finding, i64);

impl App {
    /// Raises the findings of every campaign, withdraws those that the figures no longer raise, and
    /// shares those that are due with superiors.
    pub fn update_findings(
        &self,
        actor: &Actor,
        verify_lease: impl Fn(&mut WriteTx) -> Result<bool>,
    ) -> Result<QuestionCounts> {
        let today = self.now().local_date();
        self.store().write("job.quality", self.now(), |tx| {
            if !verify_lease(tx)? {
                return Err(AppError::LeaseLost);
            }
            let unit_path = self.root_unit_path(tx)?;
            let permit: Permit<action::RunJob> = authorize(actor, &unit_path, today)?;
            let reference = self.reference(tx)?;
            let existing: BTreeMap<FindingId, Finding> = tx
                .findings(&reference.unit_numbers, &reference.element_numbers)?
                .into_iter()
                .map(|(finding, _)| (finding.id(), finding))
                .collect();
            let mut raised = BTreeMap::new();
            let begun: Vec<&Campaign> = reference
                .judged_campaigns()
                .filter(|campaign| campaign.measurement_window.start <= today)
                .collect();
            for (number, campaign) in begun.iter().enumerate() {
                self.report_progress(number, begun.len());
                raised.extend(raise_findings(tx, &reference, campaign, &existing, today)?);
            }
            write_findings(tx, &permit, &reference, &existing, raised, today)
        })
    }

    /// The visible findings of one unit or of all, by unit number, then day.
    pub fn visible_findings(
        &self,
        actor: &Actor,
        unit: Option<UnitId>,
    ) -> Result<Vec<StoredFinding>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for (finding, revision) in
                tx.findings(&reference.unit_numbers, &reference.element_numbers)?
            {
                let is_requested = unit.is_none_or(|unit| unit == finding.unit);
                if is_requested
                    && is_finding_readable(actor, &tx.unit_path(finding.unit)?, &finding, today)
                {
                    seen.push((finding, revision));
                }
            }
            seen.sort_by_key(|(one, _)| {
                (reference.unit_numbers.number(&one.unit), one.asked_day, one.window, one.id())
            });
            Ok(seen)
        })
    }

    /// Stores the reply of the unit. `None`: the request id was used for something else.
    pub fn reply_to_finding(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        id: FindingId,
        state: FindingState,
        text: &str,
    ) -> Result<Option<StoredFinding>> {
        self.run_idempotent_finding(
            identity,
            request,
            "finding.reply",
            id,
            |tx, actor, unit_path, finding| {
                let today = tx.now().local_date();
                let permit: Permit<action::ReplyFinding> = authorize(actor, unit_path, today)?;
                if let Some(reason) = free_text::check_free_text(text) {
                    return Err(reason.into());
                }
                let reply = FindingReply { text: text.to_owned(), day: today };
                let replied =
                    finding.with_reply(state, reply).ok_or(RefusalReason::WorkflowForbids)?;
                let reference = self.reference(tx)?;
                let put = tx.put_finding(
                    &permit,
                    &replied,
                    &reference.unit_numbers,
                    &reference.element_numbers,
                )?;
                Ok((replied, put.revision))
            },
        )
    }

    /// A superior unit escalates the finding. `None`: the request id was used for something else.
    pub fn escalate_finding(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        id: FindingId,
    ) -> Result<Option<StoredFinding>> {
        self.run_idempotent_finding(
            identity,
            request,
            "finding.escalate",
            id,
            |tx, actor, unit_path, finding| {
                let today = tx.now().local_date();
                let permit: Permit<action::EscalateFinding> = authorize(actor, unit_path, today)?;
                let taken = finding.with_escalation(today).ok_or(RefusalReason::WorkflowForbids)?;
                let reference = self.reference(tx)?;
                let put = tx.put_finding(
                    &permit,
                    &taken,
                    &reference.unit_numbers,
                    &reference.element_numbers,
                )?;
                Ok((taken, put.revision))
            },
        )
    }

    fn run_idempotent_finding(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        method: &'static str,
        id: FindingId,
        step: impl Fn(&mut WriteTx, &Actor, &UnitPath, Finding) -> Result<StoredFinding>,
    ) -> Result<Option<StoredFinding>> {
        self.store().write(method, self.now(), |tx| {
            let actor = revalidate_identity(tx, identity)?;
            let reference = self.reference(tx)?;
            let found = tx.finding(id, &reference.unit_numbers, &reference.element_numbers)?;
            let (finding, revision) = found.ok_or(RefusalReason::NotFound)?;
            let unit_path = tx.unit_path(finding.unit)?;
            if !is_finding_readable(&actor, &unit_path, &finding, tx.now().local_date()) {
                return Err(RefusalReason::NotFound.into());
            }
            if let Some((existing, answer)) =
                tx.find_idempotent_response(actor.account, &request)?
            {
                return Ok((existing == method && answer == id.0).then_some((finding, revision)));
            }
            let done = step(tx, &actor, &unit_path, finding)?;
            tx.insert_idempotent_response(actor.account, &request, method, &id.0)?;
            Ok(Some(done))
        })
    }
}

/// A finding is readable by its own unit always, and by units above once it is shared.
pub(crate) fn is_finding_readable(
    actor: &Actor,
    unit_path: &UnitPath,
    finding: &Finding,
    today: Date,
) -> bool {
    let own = UnitPath { ancestors: Vec::new(), ..unit_path.clone() };
    authorize::<action::ReadFinding>(actor, &own, today).is_ok()
        || (finding.shared && authorize::<action::ReadFinding>(actor, unit_path, today).is_ok())
}

/// The findings of one campaign: new ones, and present ones that are still raised.
fn raise_findings(
    tx: &mut ReadTx,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    existing: &BTreeMap<FindingId, Finding>,
    today: Date,
) -> Result<BTreeMap<FindingId, Finding>> {
    let sent_revisions = tx.all_sent_revisions(&reference.unit_numbers)?;
    let mut latest: BTreeMap<ReportId, &Report> = BTreeMap::new();
    sent_revisions.iter().for_each(|sent_revision| {
        latest.insert(sent_revision.id, &sent_revision.report);
    });
    let reports: Vec<ReportEntry<'_>> = latest.into_values().map(to_report_entry).collect();
    let rows = tx.baselines()?;
    let baselines = Baselines::new(&rows);
    let input = reference.standing_input(campaign, &baselines, &reports, today);
    let mut observations =
        collect_quality_data(&input).map_err(|unknown| unknown_calendar_error(&unknown))?;
    collect_submissions(reference, campaign, &sent_revisions, &mut observations);
    if campaign.measurement_window.end <= today {
        let standings =
            tx.standings(campaign.id(), &reference.unit_numbers, &reference.element_numbers)?;
        observations.near_limits =
            count_near_limit(&standings, campaign.owner_id(), campaign.measurement_window);
    }
    let week = today.saturating_sub(7.days());
    let mut asked_this_week: BTreeMap<UnitId, usize> = BTreeMap::new();
    for finding in existing.values().filter(|finding| finding.asked_day > week) {
        *asked_this_week.entry(finding.unit).or_default() += 1;
    }
    let mut asked = run_rules(&input, &observations);
    for one in asked.values_mut() {
        one.findings.retain(|new| !existing.values().any(|old| old.is_repeat_of(new)));
    }
    let new = select_findings(asked, &asked_this_week);
    let mut raised: BTreeMap<FindingId, Finding> =
        new.into_iter().map(|finding| (finding.id(), finding)).collect();
    let ends: BTreeSet<Date> = existing
        .values()
        .filter(|finding| is_withdrawable(finding))
        .map(|finding| finding.window.end)
        .collect();
    for end in ends {
        let then = run_rules(&input, &observations.truncated_to(end));
        let still =
            then.into_values().flat_map(|one| one.findings).map(|finding| (finding.id(), finding));
        raised.extend(still.filter(|(id, _)| existing.contains_key(id)));
    }
    Ok(raised)
}

/// Whether the finding is deleted once its figures no longer raise it.
fn is_withdrawable(finding: &Finding) -> bool {
    !finding.shared && finding.state == FindingState::Open
}

/// Collects the time and device of each first submission, and the changes after the deadline.
fn collect_submissions(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    sent_revisions: &[SentRevision],
    observations: &mut QualityData,
) {
    let contract_ids: BTreeSet<ContractId> = campaign
        .contracts
        .iter()
        .filter_map(|code| reference.catalogue.contract(code))
        .map(Contract::id)
        .collect();
    let mut before: Option<&SentRevision> = None;
    for sent_revision in sent_revisions {
        let report = &sent_revision.report;
        let earlier = before.filter(|before| before.id == sent_revision.id);
        before = Some(sent_revision);
        if !contract_ids.contains(&report.key.contract) {
            continue;
        }
        let Some(expected) = reference.expectation(&report.key) else { continue };
        let due = Timestamp::from_local_midnight(expected.due_day);
        let day = sent_revision.received_at.local_date();
        match earlier {
            None => observations.submissions.push(FirstSubmission {
                unit: report.key.unit,
                early_days: (days_from_date(expected.submit_from) - days_from_date(day))
                    .max(0)
                    .into(),
                minutes_remaining: (due.0 - sent_revision.received_at.0).div_euclid(60_000_000),
                day,
                device: sent_revision.device,
                clock_ahead_minutes: None,
            }),
            Some(earlier)
                if sent_revision.received_at >= due && report.state == ReportState::Submitted =>
            {
                observations.revisions.extend(diff_cells(
                    &earlier.report,
                    report,
                    &reference.element_codes,
                    day,
                ));
            }
            Some(_) => {}
        }
    }
}

fn diff_cells(
    before: &Report,
    after: &Report,
    numbers: &BTreeMap<ElementNumber, ElementCode>,
    day: Date,
) -> Vec<LateRevision> {
    let changed = |(number, cell): (&ElementNumber, &crate::domain::report::cell::CellValue)| {
        let change = (before.cells.get(number)?.figure()?, cell.figure()?);
        let element = numbers.get(number)?.clone();
        (change.0 != change.1).then_some(LateRevision {
            unit: after.key.unit,
            element,
            change,
            day,
        })
    };
    after.cells.iter().filter_map(changed).collect()
}

/// Writes new findings, deletes those that are no longer raised and not shared, and shares those
/// that are due.
fn write_findings(
    tx: &mut WriteTx,
    permit: &Permit<action::RunJob>,
    reference: &ReferenceSnapshot,
    existing: &BTreeMap<FindingId, Finding>,
    raised: BTreeMap<FindingId, Finding>,
    today: Date,
) -> Result<QuestionCounts> {
    let mut counts = QuestionCounts::default();
    for (id, finding) in existing {
        if is_withdrawable(finding) && !raised.contains_key(id) {
            tx.delete_finding(permit, *id)?;
            counts.withdrawn += 1;
        } else if !finding.shared && finding.is_visible_to_superiors(today) {
            let shared = Finding { shared: true, ..finding.clone() };
            tx.put_finding(permit, &shared, &reference.unit_numbers, &reference.element_numbers)?;
            counts.shared += 1;
        }
    }
    for (_, finding) in raised.into_iter().filter(|(id, _)| !existing.contains_key(id)) {
        tx.put_finding(permit, &finding, &reference.unit_numbers, &reference.element_numbers)?;
        counts.raised += 1;
    }
    Ok(counts)
}
