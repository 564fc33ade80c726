//! How units take part in campaigns: acts of callers who are online and of the operator, and lists.

use super::act::{ActEnd, ActRequest, Performer};
use super::command::{CommandContext, run_command};
use super::{App, Result};
use crate::domain::access::permission::{Actor, UnitRelation, action, authorize};
use crate::domain::campaign::{Participation, TakePart};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::domain::support::reason::RefusalReason;

/// How a unit takes part, with the record's revision.
pub type StoredParticipation = (Participation, i64);

/// Which parts a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParticipationFilter {
    /// In one campaign only.
    pub campaign: Option<CampaignId>,
    /// Of one unit and the units below it only.
    pub unit: Option<UnitId>,
}

impl App {
    /// Performs the act of a unit, or the decision on its plan, by the step of a pushed command.
    ///
    /// # Errors
    /// What the step refuses.
    pub fn perform_participation(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        part: &TakePart,
    ) -> Result<ActEnd<StoredParticipation>> {
        let body = CommandBody::TakePart(part.clone());
        let command = Command { captured_at: None, sync_mark: Vec::new(), body };
        self.perform(performer, request, |tx, actor| {
            let reference = self.reference(tx)?;
            run_command(tx, &CommandContext::without_outbox(actor, &reference), &command)?;
            let stored = tx.participation(part.campaign, part.unit, &reference.unit_numbers)?;
            stored.ok_or_else(|| RefusalReason::NotFound.into())
        })
    }

    /// How one unit takes part, for a caller who has just performed an act on it.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub fn participation(&self, campaign: CampaignId, unit: UnitId) -> Result<StoredParticipation> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let stored = tx.participation(campaign, unit, &reference.unit_numbers)?;
            stored.ok_or_else(|| RefusalReason::NotFound.into())
        })
    }

    /// How the units take part whose reports the caller may read, by unit number, then campaign.
    ///
    /// # Errors
    /// The database failed.
    pub fn visible_participations(
        &self,
        actor: &Actor,
        filter: ParticipationFilter,
    ) -> Result<Vec<StoredParticipation>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for (part, revision) in tx.participations(&reference.unit_numbers)? {
                if filter.campaign.is_some_and(|campaign| campaign != part.campaign) {
                    continue;
                }
                let unit_path = tx.unit_path(part.unit)?;
                let is_within = |unit| unit_path.relation_to(unit) != UnitRelation::Other;
                if filter.unit.is_none_or(is_within)
                    && authorize::<action::ReadReport>(actor, &unit_path, today).is_ok()
                {
                    seen.push((part, revision));
                }
            }
            seen.sort_by_key(|(part, _)| {
                (reference.unit_numbers.number(&part.unit), part.campaign)
            });
            Ok(seen)
        })
    }
}
