//! Proposals to amend official figures: an edit that meets an accepted or locked report becomes one; a reviewer grants or refuses it.

use super::error::Result;
use super::report::{Asking, Effect, check_kept};
use crate::domain::command::{Save, Verdict};
use crate::domain::ids::{ProposalId, ReportId, derive};
use crate::domain::permission::{Permit, action, authorize};
use crate::domain::proposal::Proposal;
use crate::domain::reason::Reason;
use crate::domain::report::{ContentHash, Report};
use crate::store::WriteTx;

/// Keeps what an edit of official figures says, for a reviewer to decide. An edit that says what stands already is applied.
pub(super) fn keep(
    tx: &mut WriteTx,
    ask: &Asking,
    permit: &Permit<action::SaveReport>,
    present: (&Report, i64),
    save: &Save,
    reason: &str,
) -> Result<Effect> {
    let (report, revision) = present;
    check_kept(ask, &report.key, tx.now().local_date())?;
    let place = tx.unit_path(report.key.unit)?;
    let shape = ask.reference.shape(report.key.contract).ok_or(Reason::NotExpected)?;
    let id = report.key.id();
    let Some(proposal) = report.propose(save, place.acting, reason, shape)? else {
        return Ok(Effect { verdict: Verdict::Applied, record: id.0, revision });
    };
    let proposal_id = free_id(tx, ask, id)?;
    let put = tx.put_proposal(permit, proposal_id, &proposal, report, &ask.reference.units)?;
    tx.add_author(id, ask.actor.account)?;
    Ok(Effect { verdict: Verdict::Held, record: proposal_id.0, revision: put.revision })
}

/// Proposals of a report are numbered as they come: the id says nothing of who made it.
fn free_id(tx: &mut WriteTx, ask: &Asking, report: ReportId) -> Result<ProposalId> {
    let mut nth = 0u32;
    loop {
        let id = ProposalId(derive("proposal", &[&report.0, &nth.to_be_bytes()]));
        if tx.proposal(id, &ask.reference.units)?.is_none() {
            return Ok(id);
        }
        nth += 1;
    }
}

/// Proposes an amendment outright, with the reason.
pub(super) fn propose(tx: &mut WriteTx, ask: &Asking, save: &Save, reason: &str) -> Result<Effect> {
    let place = tx.unit_path(save.key.unit)?;
    let permit: Permit<action::SaveReport> = authorize(ask.actor, &place, tx.now().local_date())?;
    let filed = tx.report(save.key.id(), &ask.reference.units)?.ok_or(Reason::NotFound)?;
    keep(tx, ask, &permit, (&filed.report, filed.revision), save, reason)
}

/// Grants or refuses a proposal. Granting makes a new revision of the report; the one before can be read back for ever.
pub(super) fn settle(tx: &mut WriteTx, ask: &Asking, id: ProposalId, seen: ContentHash, grant: bool) -> Result<Effect> {
    let units = &ask.reference.units;
    let proposal = tx.proposal(id, units)?.ok_or(Reason::NotFound)?;
    let filed = tx.report(proposal.report, units)?.ok_or(Reason::NotFound)?;
    let place = tx.unit_path(filed.report.key.unit)?;
    let permit: Permit<action::SettleProposal> = authorize(ask.actor, &place, tx.now().local_date())?;
    check_kept(ask, &filed.report.key, tx.now().local_date())?;
    if proposal.settled.is_some() {
        return Err(Reason::ProposalSettled.into());
    }
    if tx.is_author(proposal.report, ask.actor.account)? {
        return Err(Reason::OwnReport.into());
    }
    let mut report = filed.report;
    let mut revision = 0;
    if grant {
        let shape = ask.reference.shape(report.key.contract).ok_or(Reason::NotExpected)?;
        report = report.amend(&proposal, seen, shape)?;
        revision = tx.put_report(&permit, &report, units)?.revision;
    } else if report.content_hash() != seen {
        return Err(Reason::ContentChanged.into());
    }
    let settled = Proposal { settled: Some(grant), ..proposal };
    let put = tx.put_proposal(&permit, id, &settled, &report, units)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: revision.max(put.revision) })
}
