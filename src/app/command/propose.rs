//! Proposals to amend official figures: an edit of an accepted or locked report becomes a proposal;
//! a reviewer grants or refuses it.

use super::context::{CommandContext, CommandEffect, CommandReport};
use crate::app::error::Result;
use crate::domain::access::permission::{Permit, action, authorize};
use crate::domain::report::command::Verdict;
use crate::domain::report::proposal::Proposal;
use crate::domain::report::{ContentHash, SaveCells};
use crate::domain::support::ids::{ProposalId, ReportId, derive_id};
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use crate::store::report::StoredReport;
use crate::store::write_rights::WritesProposal;

/// Stores an edit of official figures as a proposal for a reviewer. An edit without a difference
/// counts as applied.
pub(super) fn store_proposal<A: WritesProposal>(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    permit: &Permit<A>,
    current: &StoredReport,
    save: &SaveCells,
    reason: &str,
) -> Result<CommandEffect> {
    let StoredReport { report, revision } = current;
    ctx.check_not_expired(&report.key, tx.now().local_date())?;
    let unit_path = tx.unit_path(report.key.unit)?;
    let shape = ctx.reference.form_schema(report.key.contract).ok_or(RefusalReason::NotExpected)?;
    let id = report.key.id();
    let Some(proposal) = report.build_proposal(save, unit_path.acting_unit, reason, shape)? else {
        return Ok(CommandEffect { verdict: Verdict::Applied, record: id.0, revision: *revision });
    };
    let proposal_id = next_proposal_id(tx, ctx, id)?;
    let put =
        tx.put_proposal(permit, proposal_id, &proposal, report, &ctx.reference.unit_numbers)?;
    tx.add_author(id, ctx.actor.account)?;
    Ok(CommandEffect { verdict: Verdict::Held, record: proposal_id.0, revision: put.revision })
}

/// The id is derived from the report and a count, so it does not identify the author.
fn next_proposal_id(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: ReportId,
) -> Result<ProposalId> {
    let mut nth = 0u32;
    loop {
        let id = ProposalId(derive_id("proposal", &[&report.0, &nth.to_be_bytes()]));
        if tx.proposal(id, &ctx.reference.unit_numbers)?.is_none() {
            return Ok(id);
        }
        nth += 1;
    }
}

/// Proposes an amendment explicitly, with the reason.
pub(super) fn propose_amendment(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    save: &SaveCells,
    reason: &str,
    report: CommandReport,
) -> Result<CommandEffect> {
    let unit_path = tx.unit_path(save.key.unit)?;
    let permit: Permit<action::SaveReport> =
        authorize(ctx.actor, &unit_path, tx.now().local_date())?;
    let stored = report.stored.ok_or(RefusalReason::NotFound)?;
    store_proposal(tx, ctx, &permit, &stored, save, reason)
}

/// Grants or refuses a proposal. Granting creates a new revision of the report; the previous one
/// remains readable.
pub(super) fn settle_proposal(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    id: ProposalId,
    seen: ContentHash,
    grant: bool,
) -> Result<CommandEffect> {
    let units = &ctx.reference.unit_numbers;
    let proposal = tx.proposal(id, units)?.ok_or(RefusalReason::NotFound)?;
    let stored = tx.report(proposal.report, units)?.ok_or(RefusalReason::NotFound)?;
    let unit_path = tx.unit_path(stored.report.key.unit)?;
    let permit: Permit<action::SettleProposal> =
        authorize(ctx.actor, &unit_path, tx.now().local_date())?;
    ctx.check_not_expired(&stored.report.key, tx.now().local_date())?;
    if proposal.settled.is_some() {
        return Err(RefusalReason::ProposalSettled.into());
    }
    if tx.is_author(proposal.report, ctx.actor.account)? {
        return Err(RefusalReason::OwnReport.into());
    }
    let mut report = stored.report;
    let mut revision = 0;
    if grant {
        let shape =
            ctx.reference.form_schema(report.key.contract).ok_or(RefusalReason::NotExpected)?;
        report = report.apply_proposal(&proposal, seen, shape)?;
        revision = tx.put_report(&permit, &report, units)?.revision;
    } else if report.content_hash() != seen {
        return Err(RefusalReason::ContentChanged.into());
    }
    let settled = Proposal { settled: Some(grant), ..proposal };
    let put = tx.put_proposal(&permit, id, &settled, &report, units)?;
    Ok(CommandEffect {
        verdict: Verdict::Applied,
        record: id.0,
        revision: revision.max(put.revision),
    })
}
