//! Steps on the organisation: import it, and apply what a day changes of who hangs under whom.
//!
//! An effective change is applied at midnight, local time, as one named transaction: every record of a moved unit leaves the scopes of its old
//! ancestors and enters those of the new ones, and whoever worked for a closed unit works for its successor.

use super::App;
use super::error::{AppError, Result};
use super::reference::Reference;
use crate::domain::ids::UnitId;
use crate::domain::org::{Hierarchy, Org, OrgFacts};
use crate::domain::permission::{Actor, Grant, Permit, Role, UnitPath, action, authorize};
use crate::domain::scope::RecordKind;
use crate::domain::workflow::State;
use crate::store::WriteTx;
use crate::store::report::{beside_scopes, report_scopes};
use crate::store::tx::Audit;
use jiff::civil::Date;

/// What a day changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayApplied {
    /// Units that stand elsewhere than the day before.
    pub moved_units: usize,
    /// Records that changed scopes.
    pub moved_records: usize,
    /// Accounts that now work for a successor.
    pub moved_accounts: usize,
}

impl App {
    /// Imports the organisation as it is in the files: every unit with its versions, parents and lineage. Returns how many units changed.
    pub fn import_org(&self, actor: &Actor, facts: &OrgFacts) -> Result<usize> {
        let org = Org::new(facts.clone())
            .map_err(|findings| AppError::Broken(findings.into_iter().map(|finding| finding.broken).collect()))?;
        let today = self.now().local_date();
        let changed = self.store().write("org.import", self.now(), |tx| {
            if tx.setting("root_unit")?.is_none() {
                let root = root_of(&org, today).ok_or_else(AppError::no_organisation)?;
                tx.set_setting("root_unit", &root.0)?;
                found_authority(tx, root, today)?;
            }
            let root = self.root(tx)?.unwrap_or(UnitId([0; 16]));
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            // Before the first import there is no unit on which the operator's own grant could hold.
            let first = actor.grants.iter().any(|grant| grant.role == Role::System && grant.unit == UnitId([0; 16]));
            let actor = if first { Actor::system(root) } else { actor.clone() };
            let permit: Permit<action::ChangeOrg> = authorize(&actor, &place, today)?;
            Ok::<_, AppError>(tx.put_org(&permit, facts)?)
        })?;
        self.apply_day()?;
        Ok(changed)
    }

    /// Applies to scopes and grants what the organisation is today. Safe to run any number of times.
    pub fn apply_day(&self) -> Result<DayApplied> {
        let now = self.now();
        let today = now.local_date();
        self.store().write("org.apply_day", now, |tx| {
            let reference = self.reference(tx)?;
            let Some(root) = self.root(tx)? else { return Ok(DayApplied::default()) };
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            let permit: Permit<action::ChangeOrg> = authorize(&Actor::system(root), &place, today)?;
            let mut applied = DayApplied::default();
            for unit in reference.org.units() {
                let place = place_of(&reference.org, unit.id, today);
                let before = tx.unit_path(unit.id)?;
                if !tx.hang(&place)? {
                    continue;
                }
                applied.moved_units += 1;
                applied.moved_records += move_records(tx, &Audit::from(&permit), &place, &reference, today)?;
                if before.acting != place.acting {
                    applied.moved_accounts += move_accounts(tx, &permit, &place, today)?;
                }
            }
            // The authority itself may be merged into another: its successor answers for everything from that day on.
            let heir = place_of(&reference.org, root, today).acting;
            if heir != root {
                tx.set_setting("root_unit", &heir.0)?;
            }
            Ok::<_, AppError>(applied)
        })
    }
}

/// Where a unit stands on `today`, as scopes see it.
fn place_of(org: &Org, unit: UnitId, today: Date) -> UnitPath {
    let acting = org.acts_for(unit, today).unwrap_or(unit);
    let above = org.hangs_under(unit, today).into_iter().filter(|one| *one != unit && *one != acting).collect();
    UnitPath { unit, acting, above }
}

/// The open unit that hangs under nobody and has somebody under it: the authority itself.
fn root_of(org: &Org, today: Date) -> Option<UnitId> {
    org.units_on(today)
        .map(|unit| unit.id)
        .filter(|id| org.parent(*id, Hierarchy::Command, today).is_none())
        .max_by_key(|id| org.children(*id, Hierarchy::Command, today).len())
}

/// Whoever held a role on the authority before it had a unit (the first administrator) holds it on its root from now on.
fn found_authority(tx: &mut WriteTx, root: UnitId, today: Date) -> Result<()> {
    let nowhere = UnitId([0; 16]);
    let place = UnitPath { unit: nowhere, acting: nowhere, above: Vec::new() };
    let permit: Permit<action::ChangeOrg> = authorize(&Actor::system(nowhere), &place, today)?;
    for (account, grant) in tx.grants_on_unit(nowhere)? {
        tx.drop_grant(account, &grant)?;
        tx.put_grant(account, &Grant { unit: root, ..grant })?;
        tx.note_act(&Audit::from(&permit));
    }
    Ok(())
}

/// What was typed for a unit waits on the desk of whoever acts for it.
fn move_held(tx: &mut WriteTx, audit: &Audit, place: &UnitPath) -> Result<usize> {
    let waiting = tx.held_for(place.unit)?;
    for id in &waiting {
        tx.move_record(audit, RecordKind::Held, id.0, report_scopes(State::Draft, place))?;
    }
    Ok(waiting.len())
}

fn move_records(
    tx: &mut WriteTx,
    audit: &Audit,
    place: &UnitPath,
    reference: &Reference,
    today: Date,
) -> Result<usize> {
    let mut moved = move_held(tx, audit, place)?;
    for line in tx.report_lines(&State::ALL, &[place.unit])? {
        if reference.has_left_phones(line.contract, line.days(), today) {
            continue;
        }
        let scopes = report_scopes(line.state, place);
        tx.move_record(audit, RecordKind::Report, line.id.0, scopes)?;
        moved += 1;
        for (kind, id) in tx.beside(line.id)? {
            tx.move_record(audit, kind, id, beside_scopes(kind, line.state, place))?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Whoever worked for a unit that closed works for its successor from today on; whoever was to begin later begins there.
fn move_accounts(tx: &mut WriteTx, permit: &Permit<action::ChangeOrg>, place: &UnitPath, today: Date) -> Result<usize> {
    let mut moved = 0;
    for (account, grant) in tx.grants_on_unit(place.unit)? {
        if today >= grant.to {
            continue;
        }
        tx.drop_grant(account, &grant)?;
        if grant.from < today {
            tx.put_grant(account, &Grant { to: today, ..grant })?;
        }
        tx.put_grant(account, &Grant { unit: place.acting, from: grant.from.max(today), ..grant })?;
        tx.note_act(&Audit::from(permit));
        moved += 1;
    }
    Ok(moved)
}
