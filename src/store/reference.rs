//! Short ids, the path of each unit today, settings, and the records of the reference scope.
//!
//! Does not depend on the tree or on dates: `app` computes the closure as of today, this module
//! stores it.

use super::backend::with_conn;
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{setting, short_id, unit_ancestor, unit_successor};
use super::write_rights::MovesRecords;
use super::write_tx::{AuditContext, WriteTx};
use crate::domain::access::permission::{Permit, UnitPath, action};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::campaign::Campaign;
use crate::domain::org::{HandoverState, OrgFacts, StockHandover};
use crate::domain::report::form::Catalogue;
use crate::domain::report::waiver::WaiverState;
use crate::domain::reporting::calendar::Calendar;
use crate::domain::support::ids::{ContractId, ReportId, UnitId, derive_id};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeSet;

impl ReadTx<'_> {
    /// The short number of a unit or element.
    pub fn short_id(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<Option<u32>> {
        let number: Option<i32> = short_id::table
            .find((kind.number(), &id[..]))
            .select(short_id::number)
            .first(self.conn()?)
            .optional()?;
        Ok(number.and_then(|number| u32::try_from(number).ok()))
    }

    /// The path of a unit today: the unit that acts for it, and its ancestors. A unit without a row
    /// acts for itself.
    pub fn unit_path(&mut self, unit: UnitId) -> Result<UnitPath> {
        let successor: Option<Vec<u8>> =
            with_conn!(self.settled_conn(), |conn| unit_successor::table
                .find(&unit.0[..])
                .select(unit_successor::successor)
                .first(conn)
                .optional())?;
        let above: Vec<Vec<u8>> = with_conn!(self.settled_conn(), |conn| unit_ancestor::table
            .filter(unit_ancestor::unit.eq(&unit.0[..]))
            .order(unit_ancestor::position)
            .select(unit_ancestor::ancestor)
            .load(conn))?;
        let above = above.iter().map(|id| to_byte_array(id).map(UnitId)).collect::<Result<_>>()?;
        let acting = successor.map_or(Ok(unit), |id| to_byte_array(&id).map(UnitId))?;
        Ok(UnitPath { unit, acting_unit: acting, ancestors: above })
    }

    /// The value of a setting.
    pub fn setting(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(setting::table
            .find(name)
            .select(setting::value)
            .first(self.settled_conn())
            .optional()?)
    }
}

impl WriteTx<'_> {
    /// The short number of a unit or element, assigned if it has none.
    pub(crate) fn ensure_short_id(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<u32> {
        if let Some(number) = self.short_id(kind, id)? {
            return Ok(number);
        }
        let highest: Option<i32> = short_id::table
            .filter(short_id::kind.eq(kind.number()))
            .select(diesel::dsl::max(short_id::number))
            .first(self.conn()?)?;
        let number = highest.unwrap_or(0) + 1;
        diesel::insert_into(short_id::table)
            .values((
                short_id::kind.eq(kind.number()),
                short_id::id.eq(&id[..]),
                short_id::number.eq(number),
            ))
            .execute(self.conn()?)?;
        Ok(u32::try_from(number).unwrap_or(0))
    }

    /// Stores the path of a unit from today on; false if it is unchanged.
    pub(crate) fn set_unit_path(&mut self, unit_path: &UnitPath) -> Result<bool> {
        if self.unit_path(unit_path.unit)? == *unit_path && self.has_unit_path(unit_path.unit)? {
            return Ok(false);
        }
        self.clear_unit_paths();
        let unit = &unit_path.unit.0[..];
        diesel::delete(unit_ancestor::table.filter(unit_ancestor::unit.eq(unit)))
            .execute(self.conn()?)?;
        diesel::delete(unit_successor::table.find(unit)).execute(self.conn()?)?;
        for (position, ancestor) in unit_path.ancestors.iter().enumerate() {
            diesel::insert_into(unit_ancestor::table)
                .values((
                    unit_ancestor::unit.eq(unit),
                    unit_ancestor::position.eq(position as i32),
                    unit_ancestor::ancestor.eq(&ancestor.0[..]),
                ))
                .execute(self.conn()?)?;
        }
        diesel::insert_into(unit_successor::table)
            .values((
                unit_successor::unit.eq(unit),
                unit_successor::successor.eq(&unit_path.acting_unit.0[..]),
            ))
            .execute(self.conn()?)?;
        Ok(true)
    }

    fn has_unit_path(&mut self, unit: UnitId) -> Result<bool> {
        let found: i64 = unit_successor::table
            .filter(unit_successor::unit.eq(&unit.0[..]))
            .count()
            .get_result(self.conn()?)?;
        Ok(found > 0)
    }

    /// Stores a setting.
    pub(crate) fn set_setting(&mut self, name: &str, value: &[u8]) -> Result<()> {
        diesel::delete(setting::table.find(name)).execute(self.conn()?)?;
        diesel::insert_into(setting::table)
            .values((setting::name.eq(name), setting::value.eq(value)))
            .execute(self.conn()?)?;
        self.clear_root_unit();
        Ok(())
    }
}

/// Reference data, decoded.
#[derive(Debug, Clone, Default)]
pub struct ReferenceData {
    /// The organisation.
    pub org: OrgFacts,
    /// Short numbers of units.
    pub unit_numbers: UnitNumbers,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Short numbers of elements.
    pub element_numbers: ElementNumbers,
    /// Reporting calendars.
    pub calendars: Vec<Calendar>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Reports with a signed waiver. Waivers are not of the reference scope, but enter every
    /// verdict with it.
    pub waived_reports: BTreeSet<ReportId>,
    /// Signed hand-overs of stocks, by day and id; not of the reference scope either.
    pub handovers: Vec<StockHandover>,
}

/// The kinds of records that enter verdicts besides reports: those of the reference scope, and what
/// two persons sign.
pub(super) const DEFINITION_KINDS: [RecordKind; 9] = [
    RecordKind::Unit,
    RecordKind::Element,
    RecordKind::Form,
    RecordKind::Contract,
    RecordKind::Calendar,
    RecordKind::Campaign,
    RecordKind::Waiver,
    RecordKind::FieldOfWork,
    RecordKind::Handover,
];

impl ReadTx<'_> {
    /// Reads all reference data, also drafts of campaigns and contracts that wait for one.
    pub fn reference_data(&mut self) -> Result<ReferenceData> {
        ReferenceData::from_records(&mut |kind| {
            Ok(self.records(kind)?.into_iter().map(|(_, stored)| stored.bytes).collect())
        })
    }

    /// Reads the reference data that is in force: what the reference scope holds.
    pub fn reference_data_in_force(&mut self) -> Result<ReferenceData> {
        let held = self.records_in_scope(Scope::REFERENCE)?;
        let mut in_force = ReferenceData::from_records(&mut |kind| {
            let all = self.records(kind)?.into_iter();
            let held = all.filter(|(id, _)| {
                matches!(kind, RecordKind::Waiver | RecordKind::Handover)
                    || held.contains(&(kind.number(), *id))
            });
            Ok(held.map(|(_, stored)| stored.bytes).collect())
        })?;
        in_force.campaigns.retain(|campaign| campaign.status.is_in_force());
        Ok(in_force)
    }
}

impl ReferenceData {
    /// Decodes the records that `load` returns for each kind.
    pub(super) fn from_records(
        load: &mut dyn FnMut(RecordKind) -> Result<Vec<Vec<u8>>>,
    ) -> Result<Self> {
        let units = load(RecordKind::Unit)?;
        let (org, units) = record::decode_org(units.iter().map(Vec::as_slice))?;
        let (elements, forms, contracts) =
            (load(RecordKind::Element)?, load(RecordKind::Form)?, load(RecordKind::Contract)?);
        let fields = load(RecordKind::FieldOfWork)?;
        let (catalogue, elements) = record::decode_catalogue(
            fields.iter().map(Vec::as_slice),
            elements.iter().map(Vec::as_slice),
            forms.iter().map(Vec::as_slice),
            contracts.iter().map(Vec::as_slice),
        )?;
        let calendars = load(RecordKind::Calendar)?;
        let calendars = calendars
            .iter()
            .map(|bytes| record::decode_calendar(bytes))
            .collect::<std::result::Result<_, _>>()?;
        let campaigns = load(RecordKind::Campaign)?;
        let campaigns = campaigns.iter().map(|bytes| record::decode_campaign(bytes, &elements));
        let campaigns = campaigns.collect::<std::result::Result<_, _>>()?;
        let mut waived_reports = BTreeSet::new();
        for bytes in load(RecordKind::Waiver)? {
            let waiver = record::decode_waiver(&bytes, &units)?;
            if waiver.state == WaiverState::Signed {
                waived_reports.insert(waiver.key.id());
            }
        }
        let handovers = load(RecordKind::Handover)?;
        let handovers =
            handovers.iter().map(|bytes| record::decode_handover(bytes, &units, &elements));
        let mut handovers: Vec<StockHandover> = handovers.collect::<std::result::Result<_, _>>()?;
        handovers.retain(|one| one.state == HandoverState::Signed);
        handovers.sort_by_key(|one| (one.effective_day, one.id()));
        Ok(Self {
            org,
            unit_numbers: units,
            catalogue,
            element_numbers: elements,
            calendars,
            campaigns,
            waived_reports,
            handovers,
        })
    }
}

impl WriteTx<'_> {
    /// Writes the organisation into the reference scope, one record per unit; returns how many
    /// changed.
    pub(crate) fn put_org(
        &mut self,
        permit: &Permit<action::ChangeOrg>,
        facts: &OrgFacts,
    ) -> Result<usize> {
        self.verify_root_permit(permit)?;
        let mut numbers = UnitNumbers::default();
        for unit in &facts.units {
            numbers.insert(unit.id, self.ensure_short_id(RecordKind::Unit, &unit.id.0)?);
        }
        let mut changed = 0;
        for unit in &facts.units {
            let bytes = record::encode_unit(unit, facts, &numbers)?;
            changed += self.put_reference_record(
                &AuditContext::from(permit),
                RecordKind::Unit,
                unit.id.0,
                &bytes,
            )?;
        }
        Ok(changed)
    }

    /// Writes fields, elements, forms, contracts and calendars into the reference scope; returns
    /// how many changed. A contract whose code is in `waiting` enters the scope with its campaign,
    /// unless it is there already.
    pub(crate) fn put_catalogue(
        &mut self,
        permit: &Permit<action::ApplyCampaign>,
        catalogue: &Catalogue,
        calendars: &[Calendar],
        waiting: &BTreeSet<String>,
    ) -> Result<usize> {
        self.verify_root_permit(permit)?;
        let audit = AuditContext::from(permit);
        let mut numbers = ElementNumbers::default();
        let mut changed = 0;
        for field in &catalogue.fields {
            let (kind, bytes) = (RecordKind::FieldOfWork, record::encode_field(field));
            changed += self.put_reference_record(&audit, kind, field.id(), &bytes)?;
        }
        for element in &catalogue.elements {
            let number = self.ensure_short_id(RecordKind::Element, &element.id().0)?;
            numbers.insert(element.code.clone(), number);
            let bytes = record::encode_element(number, element);
            changed +=
                self.put_reference_record(&audit, RecordKind::Element, element.id().0, &bytes)?;
        }
        for form in &catalogue.forms {
            let bytes = record::encode_form(form, &numbers)?;
            changed += self.put_reference_record(&audit, RecordKind::Form, form.id().0, &bytes)?;
        }
        for contract in &catalogue.contracts {
            let (kind, id) = (RecordKind::Contract, contract.id().0);
            let is_waiting = waiting.contains(&contract.code) && !self.is_in_reference(kind, id)?;
            let scopes = if is_waiting { Vec::new() } else { vec![Scope::REFERENCE] };
            let bytes = record::encode_contract(contract);
            changed += usize::from(self.put_record(&audit, kind, id, &bytes, scopes)?.changed);
        }
        for calendar in calendars {
            let id = derive_id("calendar", &[calendar.code.as_bytes()]);
            changed += self.put_reference_record(
                &audit,
                RecordKind::Calendar,
                id,
                &record::encode_calendar(calendar),
            )?;
        }
        Ok(changed)
    }

    /// Writes a campaign, into the reference scope once it is in force; whether it changed.
    pub(crate) fn put_campaign(
        &mut self,
        permit: &Permit<action::ApplyCampaign>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        self.put_campaign_record(permit, campaign, elements)
    }

    /// Like [`WriteTx::put_campaign`], for a step of the campaign's lifecycle.
    pub(crate) fn put_campaign_status(
        &mut self,
        permit: &Permit<action::StepCampaign>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        self.put_campaign_record(permit, campaign, elements)
    }

    /// Like [`WriteTx::put_campaign`], for the request to reopen it and its reopening.
    pub(crate) fn put_campaign_reopening(
        &mut self,
        permit: &Permit<action::ReopenCampaign>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        self.put_campaign_record(permit, campaign, elements)
    }

    fn put_campaign_record<A: MovesRecords>(
        &mut self,
        permit: &Permit<A>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        self.verify_root_permit(permit)?;
        let (kind, id) = (RecordKind::Campaign, campaign.id().0);
        let is_in_force = campaign.status.is_in_force();
        let scopes = if is_in_force { vec![Scope::REFERENCE] } else { Vec::new() };
        let bytes = record::encode_campaign(campaign, elements)?;
        let put = self.put_record(&AuditContext::from(permit), kind, id, &bytes, scopes)?;
        if !is_in_force && !put.changed && self.is_in_reference(kind, id)? {
            // It was written before drafts were kept back.
            self.set_record_scopes(permit, kind, id, Vec::new())?;
        }
        for contract in campaign.contracts.iter().filter(|_| is_in_force) {
            let (kind, id) = (RecordKind::Contract, ContractId::from_code(contract).0);
            if !self.is_in_reference(kind, id)? {
                self.set_record_scopes(permit, kind, id, vec![Scope::REFERENCE])?;
            }
        }
        Ok(put.changed)
    }

    /// Whether the reference scope holds the record, with what this batch changes.
    fn is_in_reference(&mut self, kind: RecordKind, id: [u8; 16]) -> Result<bool> {
        if let Some(scopes) = self.pending_scopes(kind, &id) {
            return Ok(scopes.contains(&Scope::REFERENCE));
        }
        self.is_in_scope(Scope::REFERENCE, kind, &id)
    }

    fn put_reference_record(
        &mut self,
        audit: &AuditContext,
        kind: RecordKind,
        id: [u8; 16],
        bytes: &[u8],
    ) -> Result<usize> {
        Ok(usize::from(self.put_record(audit, kind, id, bytes, vec![Scope::REFERENCE])?.changed))
    }
}
