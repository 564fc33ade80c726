//! Steps on the organisation: import, and the daily changes of its structure.
//!
//! A change takes effect at local midnight in one named transaction: every record of a moved unit
//! leaves the scopes of its former ancestors and enters those of the new ones, and accounts of a
//! closed unit move to its successor.

use super::App;
use super::act::{ActEnd, ActRequest, Performer};
use super::error::{AppError, Result};
use super::reference::ReferenceSnapshot;
use crate::domain::access::permission::{Actor, Grant, Permit, Role, UnitPath, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::Participation;
use crate::domain::org::{Hierarchy, Org, OrgFacts};
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::UnitId;
use crate::store::WriteTx;
use crate::store::participation::participation_scopes;
use crate::store::report::{attachment_scopes, report_scopes};
use crate::store::write_tx::AuditContext;
use jiff::civil::Date;

/// Changes of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrgDayChanges {
    /// Units whose path differs from the day before.
    pub moved_units: usize,
    /// Records that changed scopes.
    pub moved_records: usize,
    /// Accounts that moved to a successor.
    pub moved_accounts: usize,
}

impl App {
    /// Imports the complete organisation: every unit with its versions, parents and lineage.
    /// Returns how many units changed.
    pub fn import_org(&self, actor: &Actor, facts: &OrgFacts) -> Result<usize> {
        let request = ActRequest::of_operator("org.import", false);
        let end = self.perform_org_import(Performer::Operator(actor), &request, facts)?;
        Ok(end.performed().unwrap_or_default())
    }

    /// [`App::import_org`] under a request.
    pub fn perform_org_import(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        facts: &OrgFacts,
    ) -> Result<ActEnd<usize>> {
        let org = Org::new(facts.clone()).map_err(|findings| {
            AppError::Violations(findings.into_iter().map(|finding| finding.violation).collect())
        })?;
        let end =
            self.perform(performer, request, |tx, actor| self.import_org_in(tx, actor, &org))?;
        if !request.validate_only {
            self.apply_org_day()?;
        }
        Ok(end)
    }

    fn import_org_in(&self, tx: &mut WriteTx, actor: &Actor, org: &Org) -> Result<usize> {
        let today = tx.now().local_date();
        if tx.setting("root_unit")?.is_none() {
            let root = find_root_unit(org, today).ok_or_else(AppError::no_organisation)?;
            tx.set_setting("root_unit", &root.0)?;
            move_initial_grants(tx, root, today)?;
        }
        let unit_path = self.root_unit_path(tx)?;
        // Before the first import the operator's own grant has no unit.
        let is_first_import = actor
            .grants
            .iter()
            .any(|grant| grant.role == Role::System && grant.unit == UnitId([0; 16]));
        let actor =
            if is_first_import { Actor::system_actor(unit_path.unit) } else { actor.clone() };
        let permit: Permit<action::ChangeOrg> = authorize(&actor, &unit_path, today)?;
        Ok(tx.put_org(&permit, org.facts())?)
    }

    /// Applies today's organisation to scopes and grants. Safe to run repeatedly.
    pub fn apply_org_day(&self) -> Result<OrgDayChanges> {
        let now = self.now();
        let today = now.local_date();
        self.store().write("org.apply_day", now, |tx| {
            let reference = self.reference(tx)?;
            let Some(root) = self.root_unit(tx)? else { return Ok(OrgDayChanges::default()) };
            let unit_path = UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() };
            let permit: Permit<action::ChangeOrg> =
                authorize(&Actor::system_actor(root), &unit_path, today)?;
            let mut applied = OrgDayChanges::default();
            for unit in reference.org.units() {
                let unit_path = unit_path_on(&reference.org, unit.id, today);
                let before = tx.unit_path(unit.id)?;
                if !tx.set_unit_path(&unit_path)? {
                    continue;
                }
                applied.moved_units += 1;
                applied.moved_records += move_records(tx, &permit, &unit_path, &reference, today)?;
                if before.acting_unit != unit_path.acting_unit {
                    applied.moved_accounts += move_accounts(tx, &permit, &unit_path, today)?;
                }
            }
            // The root may be merged into another authority; from that day its successor is the
            // root.
            let successor = unit_path_on(&reference.org, root, today).acting_unit;
            if successor != root {
                tx.set_setting("root_unit", &successor.0)?;
            }
            Ok::<_, AppError>(applied)
        })
    }
}

/// The path of a unit on `today`, as scopes use it.
fn unit_path_on(org: &Org, unit: UnitId, today: Date) -> UnitPath {
    let acting = org.acting_unit(unit, today).unwrap_or(unit);
    let above = org
        .effective_ancestors(unit, today)
        .into_iter()
        .filter(|one| *one != unit && *one != acting)
        .collect();
    UnitPath { unit, acting_unit: acting, ancestors: above }
}

/// The open unit without a parent and with the most children: the root.
pub fn find_root_unit(org: &Org, today: Date) -> Option<UnitId> {
    org.open_units_on(today)
        .map(|unit| unit.id)
        .filter(|id| org.parent(*id, Hierarchy::Command, today).is_none())
        .max_by_key(|id| org.children(*id, Hierarchy::Command, today).len())
}

/// Moves grants from before the first import (the first administrator) to the root unit.
fn move_initial_grants(tx: &mut WriteTx, root: UnitId, today: Date) -> Result<()> {
    let no_unit = UnitId([0; 16]);
    let unit_path = UnitPath { unit: no_unit, acting_unit: no_unit, ancestors: Vec::new() };
    let permit: Permit<action::ChangeOrg> =
        authorize(&Actor::system_actor(no_unit), &unit_path, today)?;
    for (account, grant) in tx.grants_on_unit(no_unit)? {
        tx.revoke_grant(account, &grant)?;
        tx.put_grant(account, &Grant { unit: root, ..grant })?;
        tx.append_audit(&AuditContext::from(&permit));
    }
    Ok(())
}

/// Moves the held commands of a unit to the desk of its acting unit.
fn move_held_commands(
    tx: &mut WriteTx,
    permit: &Permit<action::ChangeOrg>,
    unit_path: &UnitPath,
) -> Result<usize> {
    let waiting = tx.held_ids_of_unit(unit_path.unit)?;
    for id in &waiting {
        tx.set_record_scopes(
            permit,
            RecordKind::Held,
            id.0,
            report_scopes(ReportState::Draft, unit_path),
        )?;
    }
    Ok(waiting.len())
}

/// Moves what a unit entered in campaigns to the scopes of its acting unit and the units above.
fn move_participations(
    tx: &mut WriteTx,
    permit: &Permit<action::ChangeOrg>,
    unit_path: &UnitPath,
    reference: &ReferenceSnapshot,
) -> Result<usize> {
    let mut moved = 0;
    for campaign in &reference.campaigns {
        let id = campaign.id();
        if tx.participation(id, unit_path.unit, &reference.unit_numbers)?.is_some() {
            let record_id = Participation::record_id(id, unit_path.unit);
            let scopes = participation_scopes(unit_path);
            tx.set_record_scopes(permit, RecordKind::Participation, record_id, scopes)?;
            moved += 1;
        }
    }
    Ok(moved)
}

fn move_records(
    tx: &mut WriteTx,
    permit: &Permit<action::ChangeOrg>,
    unit_path: &UnitPath,
    reference: &ReferenceSnapshot,
    today: Date,
) -> Result<usize> {
    let mut moved = move_held_commands(tx, permit, unit_path)?;
    moved += move_participations(tx, permit, unit_path, reference)?;
    for line in tx.report_summaries(&ReportState::ALL, &[unit_path.unit])? {
        if reference.is_expired_on_devices(line.contract, line.window(), today) {
            continue;
        }
        let scopes = report_scopes(line.state, unit_path);
        tx.set_record_scopes(permit, RecordKind::Report, line.id.0, scopes)?;
        moved += 1;
        for (kind, id) in tx.report_attachments(line.id)? {
            tx.set_record_scopes(permit, kind, id, attachment_scopes(kind, line.state, unit_path))?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Moves the grants of a closed unit to its successor from today; a grant that starts later starts
/// there.
fn move_accounts(
    tx: &mut WriteTx,
    permit: &Permit<action::ChangeOrg>,
    unit_path: &UnitPath,
    today: Date,
) -> Result<usize> {
    let mut moved = 0;
    for (account, grant) in tx.grants_on_unit(unit_path.unit)? {
        if today >= grant.to {
            continue;
        }
        tx.revoke_grant(account, &grant)?;
        if grant.from < today {
            tx.put_grant(account, &Grant { to: today, ..grant })?;
        }
        let next = Grant { unit: unit_path.acting_unit, from: grant.from.max(today), ..grant };
        let held = tx.grants(account)?;
        tx.put_grant(account, &next.joined_with(&held))?;
        tx.append_audit(&AuditContext::from(permit));
        moved += 1;
    }
    Ok(moved)
}
