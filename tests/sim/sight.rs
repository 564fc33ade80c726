//! Who sees what, and who may do what, as the model knows it: roles on units, as of the day on which units were hung.
//!
//! Knows no command.

use super::model::{By, Model, Proposal, Sheet, WRITERS, is};
use jiff::civil::Date;
use std::collections::BTreeSet;
use thidua::domain::ids::{AccountId, ReportId, UnitId};
use thidua::domain::permission::{Grant, Role};
use thidua::domain::reason::Reason;
use thidua::domain::workflow::State;

impl Model {
    pub(super) fn acting(&self, unit: UnitId) -> UnitId {
        self.reference.org.acts_for(unit, self.day).unwrap_or(unit)
    }

    pub(super) fn above(&self, unit: UnitId) -> Vec<UnitId> {
        let under = self.reference.org.hangs_under(unit, self.day);
        under.into_iter().filter(|one| *one != unit && *one != self.acting(unit)).collect()
    }

    pub(super) fn grants_of(&self, account: AccountId, today: Date) -> Vec<Grant> {
        let all = self.grants.get(&account).cloned().unwrap_or_default();
        all.into_iter().filter(|grant| grant.from <= today && today < grant.to).collect()
    }

    /// Whether one of the roles is held on the unit itself (`own`) or above it; out of sight looks like nothing there.
    pub(super) fn may(&self, by: By, unit: UnitId, roles: &[Role], own: bool) -> Result<(), Reason> {
        let (acting, above) = (self.acting(unit), self.above(unit));
        let mut near = false;
        for grant in self.grants_of(by.account, by.today) {
            let (here, over) = (grant.unit == unit || grant.unit == acting, above.contains(&grant.unit));
            near |= here || over;
            if roles.contains(&grant.role) && if own { here } else { over && !here } {
                return Ok(());
            }
        }
        Err(if near { Reason::Denied } else { Reason::NotFound })
    }

    pub(super) fn once_wrote_for(&self, by: By, unit: UnitId) -> bool {
        let ended = self.grants.get(&by.account).cloned().unwrap_or_default().into_iter();
        let ended = ended.filter(|grant| grant.to <= by.today).map(|grant| (grant.role, grant.unit));
        let former = self.former.get(&by.account).cloned().unwrap_or_default();
        let acting = self.acting(unit);
        let wrote = |(role, of): (Role, UnitId)| WRITERS.contains(&role) && (of == unit || of == acting);
        ended.chain(former).any(wrote)
    }

    pub(super) fn seen(&self, by: By, report: ReportId) -> Result<Sheet, Reason> {
        let sheet = self.reports.get(&report).ok_or(Reason::NotFound)?;
        let own = self.may(by, sheet.key.unit, &WRITERS, true).is_ok();
        let reviews = [true, false].iter().any(|own| self.may(by, sheet.key.unit, &[Role::Reviewer], *own).is_ok());
        is(own || (reviews && sheet.state != State::Draft), Reason::NotFound)?;
        Ok(sheet.clone())
    }

    /// Ids of the reports, and of what stands beside them, that an account holds after a sync.
    pub(crate) fn in_sight(&self, account: AccountId, today: Date) -> BTreeSet<[u8; 16]> {
        let (mut works, mut desks) = (BTreeSet::new(), BTreeSet::new());
        for grant in self.grants_of(account, today) {
            works.insert(grant.unit);
            if WRITERS.contains(&grant.role) {
                desks.insert(grant.unit);
            }
        }
        let on_desk = |unit: UnitId| desks.contains(&self.acting(unit));
        let shown = |sheet: &Sheet| {
            let unit = sheet.key.unit;
            let mut places = vec![unit, self.acting(unit)];
            places.extend(self.above(unit));
            let sent = places.iter().any(|place| works.contains(place));
            if sheet.state == State::Draft { on_desk(unit) } else { sent }
        };
        let mut found: BTreeSet<[u8; 16]> = BTreeSet::new();
        found.extend(self.reports.iter().filter(|(_, sheet)| shown(sheet)).map(|(id, _)| id.0));
        found.extend(self.comments.iter().filter(|(_, of)| shown(&self.reports[of])).map(|(id, _)| id.0));
        let desk = |report: &ReportId| on_desk(self.reports[report].key.unit);
        found.extend(self.conflicts.iter().filter(|(_, one)| desk(&one.report)).map(|(id, _)| id.0));
        let proposed = |one: &Proposal| desk(&one.report) || shown(&self.reports[&one.report]);
        found.extend(self.proposals.iter().filter(|(_, one)| proposed(one)).map(|(id, _)| id.0));
        found.extend(self.held.iter().filter(|(_, one)| on_desk(one.unit)).map(|(id, _)| id.0));
        found
    }
}
