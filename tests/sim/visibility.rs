//! Visibility and permissions in the model: roles on units, as of the day for which the hierarchy
//! was applied.

use super::model::{
    CallerContext, ModelProposal, ModelReport, ReferenceModel, WRITER_ROLES, require,
};
use jiff::civil::Date;
use std::collections::BTreeSet;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::campaign::Participation;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{AccountId, CampaignId, ReportId, UnitId};
use thidua::domain::support::reason::RefusalReason;

impl ReferenceModel {
    pub(super) fn acting_unit(&self, unit: UnitId) -> UnitId {
        self.reference.org.acting_unit(unit, self.day).unwrap_or(unit)
    }

    pub(super) fn ancestors(&self, unit: UnitId) -> Vec<UnitId> {
        let under = self.reference.org.effective_ancestors(unit, self.day);
        under.into_iter().filter(|one| *one != unit && *one != self.acting_unit(unit)).collect()
    }

    pub(super) fn grants_of(&self, account: AccountId, today: Date) -> Vec<Grant> {
        let all = self.grants.get(&account).cloned().unwrap_or_default();
        all.into_iter().filter(|grant| grant.from <= today && today < grant.to).collect()
    }

    /// Whether one of the roles is held on the unit itself (`own`) or above it; a hidden unit is
    /// NOT_FOUND.
    pub(super) fn require_role(
        &self,
        caller: CallerContext,
        unit: UnitId,
        roles: &[Role],
        own: bool,
    ) -> Result<(), RefusalReason> {
        let (acting, ancestors) = (self.acting_unit(unit), self.ancestors(unit));
        let mut is_visible = false;
        for grant in self.grants_of(caller.account, caller.today) {
            let (is_own, is_above) =
                (grant.unit == unit || grant.unit == acting, ancestors.contains(&grant.unit));
            is_visible |= is_own || is_above;
            if roles.contains(&grant.role) && if own { is_own } else { is_above && !is_own } {
                return Ok(());
            }
        }
        Err(if is_visible { RefusalReason::Denied } else { RefusalReason::NotFound })
    }

    pub(super) fn was_writer_for(&self, caller: CallerContext, unit: UnitId) -> bool {
        let ended = self.grants.get(&caller.account).cloned().unwrap_or_default().into_iter();
        let ended =
            ended.filter(|grant| grant.to <= caller.today).map(|grant| (grant.role, grant.unit));
        let former = self.former_roles.get(&caller.account).cloned().unwrap_or_default();
        let acting = self.acting_unit(unit);
        let wrote = |(role, of): (Role, UnitId)| {
            WRITER_ROLES.contains(&role) && (of == unit || of == acting)
        };
        ended.chain(former).any(wrote)
    }

    pub(super) fn visible_report(
        &self,
        caller: CallerContext,
        report: ReportId,
    ) -> Result<ModelReport, RefusalReason> {
        let stored = self.reports.get(&report).ok_or(RefusalReason::NotFound)?;
        let own = self.require_role(caller, stored.key.unit, &WRITER_ROLES, true).is_ok();
        let reviews = [true, false]
            .iter()
            .any(|own| self.require_role(caller, stored.key.unit, &[Role::Reviewer], *own).is_ok());
        require(own || (reviews && stored.state != ReportState::Draft), RefusalReason::NotFound)?;
        Ok(stored.clone())
    }

    /// Ids of the reports, and of their attachments, that an account holds after a sync.
    pub(crate) fn visible_ids(&self, account: AccountId, today: Date) -> BTreeSet<[u8; 16]> {
        let (mut works, mut desks) = (BTreeSet::new(), BTreeSet::new());
        for grant in self.grants_of(account, today) {
            works.insert(grant.unit);
            if WRITER_ROLES.contains(&grant.role) {
                desks.insert(grant.unit);
            }
        }
        let on_desk = |unit: UnitId| desks.contains(&self.acting_unit(unit));
        let is_shown = |stored: &ModelReport| {
            let unit = stored.key.unit;
            let mut units = vec![unit, self.acting_unit(unit)];
            units.extend(self.ancestors(unit));
            let sent = units.iter().any(|unit| works.contains(unit));
            if stored.state == ReportState::Draft { on_desk(unit) } else { sent }
        };
        let mut found: BTreeSet<[u8; 16]> = BTreeSet::new();
        found
            .extend(self.reports.iter().filter(|(_, stored)| is_shown(stored)).map(|(id, _)| id.0));
        found.extend(
            self.comments.iter().filter(|(_, of)| is_shown(&self.reports[of])).map(|(id, _)| id.0),
        );
        let desk = |report: &ReportId| on_desk(self.reports[report].key.unit);
        found
            .extend(self.conflicts.iter().filter(|(_, one)| desk(&one.report)).map(|(id, _)| id.0));
        let proposed =
            |one: &ModelProposal| desk(&one.report) || is_shown(&self.reports[&one.report]);
        found.extend(self.proposals.iter().filter(|(_, one)| proposed(one)).map(|(id, _)| id.0));
        let is_above = |unit: &UnitId| {
            let mut units = vec![*unit, self.acting_unit(*unit)];
            units.extend(self.ancestors(*unit));
            units.iter().any(|unit| works.contains(unit))
        };
        let campaign = CampaignId::from_code("A");
        let pledging = self.pledges.keys().filter(|unit| is_above(unit));
        found.extend(pledging.map(|unit| Participation::record_id(campaign, *unit)));
        found.extend(
            self.held_commands.iter().filter(|(_, one)| on_desk(one.unit)).map(|(id, _)| id.0),
        );
        found
    }
}
