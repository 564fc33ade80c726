//! Data-quality questions: asked at night before the standings, read and replied to by day.
//!
//! The unit is asked first; its superiors see the question with the reply, or after five working days. What is corrected before anybody else
//! has seen it leaves nothing behind. Knows no rule's arithmetic and no message.

use super::access::{Identity, still_valid};
use super::standing::entry_of;
use super::{App, AppError, Reference, Result};
use crate::domain::baseline::Baselines;
use crate::domain::campaign::Campaign;
use crate::domain::cell::ElementNo;
use crate::domain::element::ElementCode;
use crate::domain::ids::{FindingId, ReportId, UnitId};
use crate::domain::note;
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::quality::{Finding, FindingState, Looked, Reply, Revision, Sent, ask, look, near, sift};
use crate::domain::reason::Reason;
use crate::domain::report::Report;
use crate::domain::standing::Entry;
use crate::domain::time::Instant;
use crate::domain::workflow::State;
use crate::store::asof::Sending;
use crate::store::{ReadTx, WriteTx};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What a night asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Questions {
    /// New ones.
    pub asked: usize,
    /// Taken back, since the figures no longer raise them.
    pub withdrawn: usize,
    /// Shown to superiors from now on.
    pub shared: usize,
}

/// A finding with its revision.
pub type Filed = (Finding, i64);

impl App {
    /// Asks anew what the figures of every campaign raise, takes back what they no longer raise, and shows superiors what is due to them.
    pub fn ask_questions(&self, actor: &Actor, holds: impl Fn(&mut WriteTx) -> Result<bool>) -> Result<Questions> {
        let today = self.now().local_date();
        self.store().write("job.quality", self.now(), |tx| {
            if !holds(tx)? {
                return Err(AppError::LeaseLost);
            }
            let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            let permit: Permit<action::RunJob> = authorize(actor, &place, today)?;
            let reference = self.reference(tx)?;
            let known: BTreeMap<FindingId, Finding> = tx
                .findings(&reference.units, &reference.elements)?
                .into_iter()
                .map(|(finding, _)| (finding.id(), finding))
                .collect();
            let mut raised = BTreeMap::new();
            for campaign in reference.judged().filter(|campaign| campaign.measurement_window.start <= today) {
                raised.extend(raise(tx, &reference, campaign, &known, today)?);
            }
            settle(tx, &permit, &reference, &known, raised, today)
        })
    }

    /// The findings in sight, of one unit or of all, by unit number, then day.
    pub fn findings(&self, actor: &Actor, unit: Option<UnitId>) -> Result<Vec<Filed>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for (finding, revision) in tx.findings(&reference.units, &reference.elements)? {
                let wanted = unit.is_none_or(|unit| unit == finding.unit);
                if wanted && may_read(actor, &tx.unit_path(finding.unit)?, &finding, today) {
                    seen.push((finding, revision));
                }
            }
            seen.sort_by_key(|(one, _)| (reference.units.number(&one.unit), one.asked, one.window, one.id()));
            Ok(seen)
        })
    }

    /// The unit replies. `None`: the request id was used for something else.
    pub fn reply_finding(
        &self,
        who: &Identity,
        request: [u8; 16],
        id: FindingId,
        state: FindingState,
        text: &str,
    ) -> Result<Option<Filed>> {
        self.once_finding(who, request, "finding.reply", id, |tx, actor, place, finding| {
            let today = tx.now().local_date();
            let permit: Permit<action::ReplyFinding> = authorize(actor, place, today)?;
            if let Some(reason) = note::problem(text) {
                return Err(reason.into());
            }
            let reply = Reply { text: text.to_owned(), day: today };
            let replied = finding.replied(state, reply).ok_or(Reason::WorkflowForbids)?;
            let reference = self.reference(tx)?;
            let put = tx.put_finding(&permit, &replied, &reference.units, &reference.elements)?;
            Ok((replied, put.revision))
        })
    }

    /// A unit above takes the question up with the unit. `None`: the request id was used for something else.
    pub fn escalate_finding(&self, who: &Identity, request: [u8; 16], id: FindingId) -> Result<Option<Filed>> {
        self.once_finding(who, request, "finding.escalate", id, |tx, actor, place, finding| {
            let today = tx.now().local_date();
            let permit: Permit<action::EscalateFinding> = authorize(actor, place, today)?;
            let taken = finding.escalated(today).ok_or(Reason::WorkflowForbids)?;
            let reference = self.reference(tx)?;
            let put = tx.put_finding(&permit, &taken, &reference.units, &reference.elements)?;
            Ok((taken, put.revision))
        })
    }

    fn once_finding(
        &self,
        who: &Identity,
        request: [u8; 16],
        method: &'static str,
        id: FindingId,
        step: impl Fn(&mut WriteTx, &Actor, &UnitPath, Finding) -> Result<Filed>,
    ) -> Result<Option<Filed>> {
        self.store().write(method, self.now(), |tx| {
            let actor = still_valid(tx, who)?;
            let reference = self.reference(tx)?;
            let found = tx.finding(id, &reference.units, &reference.elements)?;
            let (finding, revision) = found.ok_or(Reason::NotFound)?;
            let place = tx.unit_path(finding.unit)?;
            if !may_read(&actor, &place, &finding, tx.now().local_date()) {
                return Err(Reason::NotFound.into());
            }
            if let Some((known, answer)) = tx.answered(actor.account, &request)? {
                return Ok((known == method && answer == id.0).then_some((finding, revision)));
            }
            let done = step(tx, &actor, &place, finding)?;
            tx.keep_answer(actor.account, &request, method, &id.0)?;
            Ok(Some(done))
        })
    }
}

/// The unit itself always; who is above it once the question is shared.
pub(crate) fn may_read(actor: &Actor, place: &UnitPath, finding: &Finding, today: Date) -> bool {
    let own = UnitPath { above: Vec::new(), ..place.clone() };
    authorize::<action::ReadFinding>(actor, &own, today).is_ok()
        || (finding.shared && authorize::<action::ReadFinding>(actor, place, today).is_ok())
}

/// What the figures of one campaign raise: new questions, and those of before that still stand.
fn raise(
    tx: &mut ReadTx,
    reference: &Reference,
    campaign: &Campaign,
    known: &BTreeMap<FindingId, Finding>,
    today: Date,
) -> Result<BTreeMap<FindingId, Finding>> {
    let sendings = tx.sendings(&reference.units)?;
    let mut latest: BTreeMap<ReportId, &Report> = BTreeMap::new();
    sendings.iter().for_each(|sending| {
        latest.insert(sending.id, &sending.report);
    });
    let reports: Vec<Entry<'_>> = latest.into_values().map(entry_of).collect();
    let rows = tx.baselines()?;
    let baselines = Baselines::new(&rows);
    let input = reference.input(campaign, &baselines, &reports, today);
    let mut looked = look(&input).map_err(|unknown| damaged(&unknown))?;
    watch(reference, campaign, &sendings, &mut looked);
    if campaign.measurement_window.end <= today {
        let standings = tx.standings(campaign.id(), &reference.units, &reference.elements)?;
        looked.near = near(&standings, campaign.owner(), campaign.measurement_window);
    }
    let week = today.saturating_sub(7.days());
    let mut had: BTreeMap<UnitId, usize> = BTreeMap::new();
    for finding in known.values().filter(|finding| finding.asked > week) {
        *had.entry(finding.unit).or_default() += 1;
    }
    let mut asked = ask(&input, &looked);
    for one in asked.values_mut() {
        one.findings.retain(|new| !known.values().any(|old| old.repeats(new)));
    }
    let new = sift(asked, &had);
    let mut raised: BTreeMap<FindingId, Finding> = new.into_iter().map(|finding| (finding.id(), finding)).collect();
    let ends: BTreeSet<Date> =
        known.values().filter(|finding| may_go(finding)).map(|finding| finding.window.end).collect();
    for end in ends {
        let then = ask(&input, &looked.until(end));
        let still = then.into_values().flat_map(|one| one.findings).map(|finding| (finding.id(), finding));
        raised.extend(still.filter(|(id, _)| known.contains_key(id)));
    }
    Ok(raised)
}

/// Whether it goes without a trace once its figures no longer raise it.
fn may_go(finding: &Finding) -> bool {
    !finding.shared && finding.state == FindingState::Open
}

fn damaged(unknown: &crate::domain::expectation::UnknownCalendar) -> AppError {
    AppError::Store(crate::store::Error::Damaged(unknown.to_string()))
}

/// When and from where reports came, and what was changed in them after the deadline.
fn watch(reference: &Reference, campaign: &Campaign, sendings: &[Sending], looked: &mut Looked) {
    let contracts: Vec<_> = campaign.contracts.iter().filter_map(|code| reference.catalogue.contract(code)).collect();
    let mut before: Option<&Sending> = None;
    for sending in sendings {
        let report = &sending.report;
        let earlier = before.filter(|before| before.id == sending.id);
        before = Some(sending);
        if !contracts.iter().any(|contract| contract.id() == report.key.contract) {
            continue;
        }
        let Some(due) = reference.expectation(&report.key).map(|expected| Instant::local_midnight(expected.due)) else {
            continue;
        };
        let day = sending.at.local_date();
        match earlier {
            None => looked.sent.push(Sent {
                unit: report.key.unit,
                minutes_left: (due.0 - sending.at.0).div_euclid(60_000_000),
                day,
                device: sending.device,
                ahead: None,
            }),
            Some(earlier) if sending.at >= due && report.state == State::Submitted => {
                looked.revisions.extend(revised(&earlier.report, report, &reference.codes, day));
            }
            Some(_) => {}
        }
    }
}

fn revised(before: &Report, after: &Report, numbers: &BTreeMap<ElementNo, ElementCode>, day: Date) -> Vec<Revision> {
    let changed = |(number, cell): (&ElementNo, &crate::domain::cell::CellValue)| {
        let change = (before.cells.get(number)?.figure()?, cell.figure()?);
        let element = numbers.get(number)?.clone();
        (change.0 != change.1).then_some(Revision { unit: after.key.unit, element, change, day })
    };
    after.cells.iter().filter_map(changed).collect()
}

/// Writes new questions, takes back those that nothing raises any more and nobody else has seen, and shares what is due.
fn settle(
    tx: &mut WriteTx,
    permit: &Permit<action::RunJob>,
    reference: &Reference,
    known: &BTreeMap<FindingId, Finding>,
    raised: BTreeMap<FindingId, Finding>,
    today: Date,
) -> Result<Questions> {
    let mut told = Questions::default();
    for (id, finding) in known {
        if may_go(finding) && !raised.contains_key(id) {
            tx.drop_finding(permit, *id)?;
            told.withdrawn += 1;
        } else if !finding.shared && finding.is_for_superiors(today) {
            let shared = Finding { shared: true, ..finding.clone() };
            tx.put_finding(permit, &shared, &reference.units, &reference.elements)?;
            told.shared += 1;
        }
    }
    for (_, finding) in raised.into_iter().filter(|(id, _)| !known.contains_key(id)) {
        tx.put_finding(permit, &finding, &reference.units, &reference.elements)?;
        told.asked += 1;
    }
    Ok(told)
}
