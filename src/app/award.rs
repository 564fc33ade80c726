//! Steps on the award of a concluded campaign: one person of the authority enters the decision or
//! asks to revoke it, a second one confirms.

use super::act::{ActEnd, ActRequest, Performer};
use super::waiver::check_second_person;
use super::{App, AppError, Result};
use crate::domain::access::permission::{ActionMarker, Actor, Permit, action, authorize};
use crate::domain::campaign::{Award, AwardEntry, AwardRequest, AwardStep, Campaign};
use crate::domain::support::ids::CampaignId;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use crate::store::WriteTx;

impl App {
    /// Takes a step on the award of a campaign.
    ///
    /// # Errors
    /// [`AppError::Violations`] with what to do instead; SECOND_PERSON for the person who began.
    pub fn step_award(
        &self,
        actor: &Actor,
        id: CampaignId,
        request: AwardRequest<'_>,
    ) -> Result<AwardEntry> {
        self.store()
            .write("campaign.award", self.now(), |tx| self.step_award_in(tx, actor, id, request))
    }

    /// [`App::step_award`] as an act.
    pub fn perform_award_step(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        id: CampaignId,
        step: AwardRequest<'_>,
    ) -> Result<ActEnd<AwardEntry>> {
        self.perform(performer, request, |tx, actor| self.step_award_in(tx, actor, id, step))
    }

    fn step_award_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        id: CampaignId,
        request: AwardRequest<'_>,
    ) -> Result<AwardEntry> {
        let today = tx.now().local_date();
        let permit: Permit<action::DecideAward> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let campaign = reference.campaign(id).ok_or(RefusalReason::NotFound)?;
        let newest = tx.newest_award_entry(id)?;
        let award = to_award(campaign, newest.as_ref());
        let entry = award.next_entry(request, today).map_err(to_app_error)?;
        if entry.step.needs_second_person() {
            check_second_person(actor, tx.account_of_newest_award_entry(id)?.as_ref())?;
        }
        tx.append_award_entry(&permit, id, &entry)?;
        Ok(entry)
    }

    /// The newest step on the award of a campaign, for a caller that may perform an action at the
    /// root.
    pub fn newest_award_entry<A: ActionMarker>(
        &self,
        actor: &Actor,
        id: CampaignId,
    ) -> Result<Option<AwardEntry>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = self.root_unit_path(tx)?;
            let _: Permit<A> = authorize(actor, &unit_path, today)?;
            Ok::<_, AppError>(tx.newest_award_entry(id)?)
        })
    }
}

/// Refuses to reopen a campaign while a decided award rests on it.
pub(super) fn check_no_award(tx: &mut WriteTx, campaign: &Campaign) -> Result<()> {
    let newest = tx.newest_award_entry(campaign.id())?;
    to_award(campaign, newest.as_ref()).check_reopening().map_err(to_app_error)
}

/// Takes back a decision that waits for its second person: it rested on figures that are open
/// again.
pub(super) fn withdraw_proposed_award(
    tx: &mut WriteTx,
    permit: &Permit<action::ReopenCampaign>,
    campaign: &Campaign,
) -> Result<()> {
    let newest = tx.newest_award_entry(campaign.id())?;
    if newest.as_ref().is_none_or(|newest| newest.step != AwardStep::Proposed) {
        return Ok(());
    }
    let (award, today) = (to_award(campaign, newest.as_ref()), tx.now().local_date());
    let entry = award.next_entry(AwardRequest::Withdraw, today).map_err(to_app_error)?;
    Ok(tx.append_award_entry(permit, campaign.id(), &entry)?)
}

fn to_award<'a>(campaign: &'a Campaign, newest: Option<&'a AwardEntry>) -> Award<'a> {
    Award { campaign: &campaign.code, status: campaign.status, newest }
}

fn to_app_error(violation: Violation) -> AppError {
    AppError::Violations(vec![violation])
}
