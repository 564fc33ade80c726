//! Short numbers, and where each unit hangs today: what the feed needs of the organisation.
//!
//! Knows no tree and no date: `app` computes the closure as of today and this file keeps it.

use super::backend::on;
use super::error::Result;
use super::read::{ReadTx, fixed};
use super::schema::{acting, hanging, number, setting};
use super::tx::{Audit, WriteTx};
use crate::domain::calendar::Calendar;
use crate::domain::campaign::Campaign;
use crate::domain::form::Catalogue;
use crate::domain::ids::{UnitId, derive};
use crate::domain::org::OrgFacts;
use crate::domain::permission::{Permit, UnitPath, action};
use crate::domain::scope::{RecordKind, Scope};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// The short number of a unit or element.
    pub fn number(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<Option<u32>> {
        let no: Option<i32> =
            number::table.find((kind.number(), &id[..])).select(number::no).first(self.conn()).optional()?;
        Ok(no.and_then(|no| u32::try_from(no).ok()))
    }

    /// All short numbers of a kind.
    pub fn numbers(&mut self, kind: RecordKind) -> Result<BTreeMap<[u8; 16], u32>> {
        let rows: Vec<(Vec<u8>, i32)> =
            number::table.filter(number::kind.eq(kind.number())).select((number::id, number::no)).load(self.conn())?;
        rows.into_iter().map(|(id, no)| Ok((fixed(&id)?, u32::try_from(no).unwrap_or(0)))).collect()
    }

    /// Where a unit stands today: who acts for it, and the units above. A unit that nobody registered acts for itself.
    pub fn unit_path(&mut self, unit: UnitId) -> Result<UnitPath> {
        let acts: Option<Vec<u8>> =
            on!(self.conn(), |conn| acting::table.find(&unit.0[..]).select(acting::heir).first(conn).optional())?;
        let above: Vec<Vec<u8>> = on!(self.conn(), |conn| hanging::table
            .filter(hanging::unit.eq(&unit.0[..]))
            .order(hanging::place)
            .select(hanging::ancestor)
            .load(conn))?;
        let above = above.iter().map(|id| fixed(id).map(UnitId)).collect::<Result<_>>()?;
        let acting = acts.map_or(Ok(unit), |id| fixed(&id).map(UnitId))?;
        Ok(UnitPath { unit, acting, above })
    }

    /// A fact about this authority.
    pub fn setting(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(setting::table.find(name).select(setting::value).first(self.conn()).optional()?)
    }
}

impl WriteTx<'_> {
    /// The short number of a unit or element, given now if it has none.
    pub(crate) fn number_for(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<u32> {
        if let Some(no) = self.number(kind, id)? {
            return Ok(no);
        }
        let highest: Option<i32> = number::table
            .filter(number::kind.eq(kind.number()))
            .select(diesel::dsl::max(number::no))
            .first(self.conn())?;
        let no = highest.unwrap_or(0) + 1;
        diesel::insert_into(number::table)
            .values((number::kind.eq(kind.number()), number::id.eq(&id[..]), number::no.eq(no)))
            .execute(self.conn())?;
        Ok(u32::try_from(no).unwrap_or(0))
    }

    /// Says where a unit stands from today on; true when that is new.
    pub(crate) fn hang(&mut self, place: &UnitPath) -> Result<bool> {
        if self.unit_path(place.unit)? == *place && self.is_hung(place.unit)? {
            return Ok(false);
        }
        self.forget_places();
        let unit = &place.unit.0[..];
        diesel::delete(hanging::table.filter(hanging::unit.eq(unit))).execute(self.conn())?;
        diesel::delete(acting::table.find(unit)).execute(self.conn())?;
        for (position, ancestor) in place.above.iter().enumerate() {
            diesel::insert_into(hanging::table)
                .values((
                    hanging::unit.eq(unit),
                    hanging::place.eq(position as i32),
                    hanging::ancestor.eq(&ancestor.0[..]),
                ))
                .execute(self.conn())?;
        }
        diesel::insert_into(acting::table)
            .values((acting::unit.eq(unit), acting::heir.eq(&place.acting.0[..])))
            .execute(self.conn())?;
        Ok(true)
    }

    fn is_hung(&mut self, unit: UnitId) -> Result<bool> {
        let found: i64 = acting::table.filter(acting::unit.eq(&unit.0[..])).count().get_result(self.conn())?;
        Ok(found > 0)
    }

    /// Keeps a fact about this authority.
    pub(crate) fn set_setting(&mut self, name: &str, value: &[u8]) -> Result<()> {
        diesel::delete(setting::table.find(name)).execute(self.conn())?;
        diesel::insert_into(setting::table)
            .values((setting::name.eq(name), setting::value.eq(value)))
            .execute(self.conn())?;
        Ok(())
    }
}

/// Everything in the reference scope, decoded.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The organisation.
    pub org: OrgFacts,
    /// Short numbers of units.
    pub units: UnitNumbers,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Short numbers of elements.
    pub elements: ElementNumbers,
    /// Reporting calendars.
    pub calendars: Vec<Calendar>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
}

/// The kinds of records that the reference scope is made of.
pub(super) const REFERENCE_KINDS: [RecordKind; 6] = [
    RecordKind::Unit,
    RecordKind::Element,
    RecordKind::Form,
    RecordKind::Contract,
    RecordKind::Calendar,
    RecordKind::Campaign,
];

impl ReadTx<'_> {
    /// Everything in the reference scope.
    pub fn facts(&mut self) -> Result<Facts> {
        Facts::from_records(&mut |kind| Ok(self.records(kind)?.into_iter().map(|(_, stored)| stored.bytes).collect()))
    }
}

impl Facts {
    /// Decodes the records that `load` gives for each kind.
    pub(super) fn from_records(load: &mut dyn FnMut(RecordKind) -> Result<Vec<Vec<u8>>>) -> Result<Self> {
        let units = load(RecordKind::Unit)?;
        let (org, units) = record::read_org(units.iter().map(Vec::as_slice))?;
        let (elements, forms, contracts) =
            (load(RecordKind::Element)?, load(RecordKind::Form)?, load(RecordKind::Contract)?);
        let (catalogue, elements) = record::read_catalogue(
            elements.iter().map(Vec::as_slice),
            forms.iter().map(Vec::as_slice),
            contracts.iter().map(Vec::as_slice),
        )?;
        let calendars = load(RecordKind::Calendar)?;
        let calendars =
            calendars.iter().map(|bytes| record::read_calendar(bytes)).collect::<std::result::Result<_, _>>()?;
        let campaigns = load(RecordKind::Campaign)?;
        let campaigns = campaigns.iter().map(|bytes| record::read_campaign(bytes, &elements));
        let campaigns = campaigns.collect::<std::result::Result<_, _>>()?;
        Ok(Self { org, units, catalogue, elements, calendars, campaigns })
    }
}

impl WriteTx<'_> {
    /// Puts the organisation into the reference scope, one record a unit; how many records changed.
    pub(crate) fn put_org(&mut self, permit: &Permit<action::ChangeOrg>, facts: &OrgFacts) -> Result<usize> {
        let mut numbers = UnitNumbers::default();
        for unit in &facts.units {
            numbers.insert(unit.id, self.number_for(RecordKind::Unit, &unit.id.0)?);
        }
        let mut changed = 0;
        for unit in &facts.units {
            let bytes = record::unit(unit, facts, &numbers)?;
            changed += self.put_reference(&Audit::from(permit), RecordKind::Unit, unit.id.0, &bytes)?;
        }
        Ok(changed)
    }

    /// Puts elements, forms, contracts and calendars into the reference scope; how many records changed.
    pub(crate) fn put_catalogue(
        &mut self,
        permit: &Permit<action::ApplyCampaign>,
        catalogue: &Catalogue,
        calendars: &[Calendar],
    ) -> Result<usize> {
        let audit = Audit::from(permit);
        let mut numbers = ElementNumbers::default();
        let mut changed = 0;
        for element in &catalogue.elements {
            let number = self.number_for(RecordKind::Element, &element.id().0)?;
            numbers.insert(element.code.clone(), number);
            let bytes = record::element(number, element);
            changed += self.put_reference(&audit, RecordKind::Element, element.id().0, &bytes)?;
        }
        for form in &catalogue.forms {
            let bytes = record::form(form, &numbers)?;
            changed += self.put_reference(&audit, RecordKind::Form, form.id().0, &bytes)?;
        }
        for contract in &catalogue.contracts {
            let bytes = record::contract(contract);
            changed += self.put_reference(&audit, RecordKind::Contract, contract.id().0, &bytes)?;
        }
        for calendar in calendars {
            let id = derive("calendar", &[calendar.code.as_bytes()]);
            changed += self.put_reference(&audit, RecordKind::Calendar, id, &record::calendar(calendar))?;
        }
        Ok(changed)
    }

    /// Puts a campaign into the reference scope; true when that changed it.
    pub(crate) fn put_campaign(
        &mut self,
        permit: &Permit<action::ApplyCampaign>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        let bytes = record::campaign(campaign, elements)?;
        Ok(self.put_reference(&Audit::from(permit), RecordKind::Campaign, campaign.id().0, &bytes)? > 0)
    }

    /// The same for a step of its life.
    pub(crate) fn put_stepped(
        &mut self,
        permit: &Permit<action::StepCampaign>,
        campaign: &Campaign,
        elements: &ElementNumbers,
    ) -> Result<bool> {
        let bytes = record::campaign(campaign, elements)?;
        Ok(self.put_reference(&Audit::from(permit), RecordKind::Campaign, campaign.id().0, &bytes)? > 0)
    }

    fn put_reference(&mut self, audit: &Audit, kind: RecordKind, id: [u8; 16], bytes: &[u8]) -> Result<usize> {
        Ok(usize::from(self.put_record(audit, kind, id, bytes, vec![Scope::REFERENCE])?.changed))
    }
}
