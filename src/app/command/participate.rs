//! The act of a unit in a campaign: authorise, apply the domain's rule, store. A pushed command, a
//! call and the operator's command line run the same step.

use super::context::{CommandContext, CommandEffect};
use crate::app::error::Result;
use crate::domain::access::permission::{
    Action, Permit, UnitPath, UnitRelation, action, authorize,
};
use crate::domain::campaign::{
    Launch, Participation, ParticipationAct, ParticipationContext, TakePart,
};
use crate::domain::report::command::Verdict;
use crate::domain::support::reason::{FieldErrors, RefusalReason};
use crate::store::WriteTx;
use jiff::civil::Date;

/// Performs an act.
pub(in crate::app) fn take_part(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    part: &TakePart,
) -> Result<CommandEffect> {
    let unit_path = tx.unit_path(part.unit)?;
    let today = tx.now().local_date();
    if part.act.is_decision_on_plan() {
        let permit: Permit<action::DecidePlan> = authorize(ctx.actor, &unit_path, today)?;
        if holds_role_at(ctx, &unit_path, today) {
            return Err(RefusalReason::OwnUnit.into());
        }
        return store_act(tx, ctx, (part, &unit_path), |tx, next| {
            Ok(tx.put_participation(&permit, next, &ctx.reference.unit_numbers)?.revision)
        });
    }
    let permit: Permit<action::TakePart> = authorize(ctx.actor, &unit_path, today)?;
    store_act(tx, ctx, (part, &unit_path), |tx, next| {
        Ok(tx.put_participation(&permit, next, &ctx.reference.unit_numbers)?.revision)
    })
}

fn store_act(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    (part, unit_path): (&TakePart, &UnitPath),
    put: impl Fn(&mut WriteTx, &Participation) -> Result<i64>,
) -> Result<CommandEffect> {
    let TakePart { campaign: id, unit, act } = part;
    let campaign = ctx.reference.campaign(*id).filter(|one| one.status.is_in_force());
    let campaign = campaign.ok_or(RefusalReason::NotFound)?;
    let owner = ctx.reference.org.unit_by_uid(&campaign.owner_uid);
    let owner = owner.ok_or(RefusalReason::NotExpected)?.id;
    // The owner may have been merged into another unit since.
    let acting_owner = tx.unit_path(owner)?.acting_unit;
    let is_within = |owner| unit_path.relation_to(owner) != UnitRelation::Other;
    if !is_within(owner) && !is_within(acting_owner) {
        return Err(RefusalReason::NotExpected.into());
    }
    if let ParticipationAct::RecordLaunch { launch: Some(launch), .. } = act {
        check_sites(ctx, launch)?;
    }
    let present = tx.participation(*id, *unit, &ctx.reference.unit_numbers)?;
    let present = present.map_or_else(|| Participation::new(*id, *unit), |(part, _)| part);
    let context = ParticipationContext { campaign, received: tx.now(), captured: ctx.captured };
    let next = present.apply(act, &context)?;
    let revision = put(tx, &next)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: part.record_id(), revision })
}

/// Whether the actor enters for the unit: then somebody else decides on its plan.
fn holds_role_at(ctx: &CommandContext, unit_path: &UnitPath, today: Date) -> bool {
    let enters = Action::TakePart.allowed();
    let mut grants = ctx.actor.active_grants_on(today);
    grants.any(|grant| enters.contains(&(grant.role, unit_path.relation_to(grant.unit))))
}

/// A launch is relayed to units of the organisation.
fn check_sites(ctx: &CommandContext, launch: &Launch) -> Result<()> {
    let mut errors = FieldErrors::default();
    for (at, site) in launch.sites.iter().enumerate() {
        if ctx.reference.org.unit_by_uid(site).is_none() {
            errors.add(format!("launch.sites[{at}]"), RefusalReason::NotFound);
        }
    }
    Ok(errors.into_result()?)
}
