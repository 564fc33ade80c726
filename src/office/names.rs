//! The names behind the numbers of records: elements, contracts and units, as the calls list them.

use super::desk::DeskCaller;
use super::failure::PageFailure;
use crate::domain::support::ids::{ContractId, UnitId};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::catalogue_entry::Entry;
use crate::pb::catalogue_service_server::CatalogueService;
use crate::pb::org_service_server::OrgService;
use std::collections::BTreeMap;

/// Largest page of a list that is read whole.
pub(super) const LIST_PAGE_SIZE: i32 = 500;

/// The elements and contracts of the catalogue.
#[derive(Debug, Default)]
pub(super) struct CatalogueNames {
    elements: BTreeMap<u32, pb::ElementRecord>,
    contracts: BTreeMap<String, pb::ContractRecord>,
    forms: BTreeMap<String, pb::FormRecord>,
}

impl CatalogueNames {
    /// Reads the catalogue.
    pub(super) async fn load(desk: &DeskCaller) -> Result<Self, PageFailure> {
        let mut names = Self::default();
        let mut page_token = String::new();
        loop {
            let request = pb::ListCatalogueEntriesRequest {
                page_size: LIST_PAGE_SIZE,
                page_token,
                include_drafts: false,
            };
            let call =
                CatalogueService::list_catalogue_entries(desk.services(), desk.request(request));
            let listed = desk.ask(call).await?;
            listed.entries.into_iter().filter_map(|one| one.entry).for_each(|one| names.add(one));
            page_token = listed.next_page_token;
            if page_token.is_empty() {
                return Ok(names);
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Element(element) => {
                self.elements.insert(element.number, element);
            }
            Entry::Contract(contract) => {
                self.contracts.insert(contract.code.clone(), contract);
            }
            Entry::Form(form) => {
                self.forms.insert(form.code.clone(), form);
            }
            Entry::FieldOfWork(_) | Entry::Calendar(_) => {}
        }
    }

    pub(super) fn element(&self, number: u32) -> Option<&pb::ElementRecord> {
        self.elements.get(&number)
    }

    /// The forms by code.
    pub(super) fn forms(&self) -> impl Iterator<Item = &pb::FormRecord> {
        self.forms.values()
    }

    /// The contracts that ask for a form, by code.
    pub(super) fn contracts_of(&self, form: &pb::FormRecord) -> Vec<&pb::ContractRecord> {
        self.contracts.values().filter(|contract| contract.form == form.code).collect()
    }

    /// The name of the form of a contract with this id.
    pub(super) fn form_name(&self, contract_id: &[u8], lang: Lang) -> String {
        let is_meant =
            |one: &&pb::ContractRecord| ContractId::from_code(&one.code).0[..] == *contract_id;
        let Some(contract) = self.contracts.values().find(is_meant) else { return String::new() };
        let form = self.forms.get(&contract.form);
        form.map_or_else(
            || contract.code.clone(),
            |form| lang.pick(&form.name_vi, &form.name_en).clone(),
        )
    }
}

/// The units of the organisation by their short numbers.
#[derive(Debug, Default)]
pub(super) struct UnitNames(BTreeMap<u32, pb::UnitRecord>);

impl UnitNames {
    /// Reads all units, also those that are closed.
    pub(super) async fn load(desk: &DeskCaller) -> Result<Self, PageFailure> {
        let mut units = BTreeMap::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListUnitsRequest {
                page_size: LIST_PAGE_SIZE,
                page_token,
                ..Default::default()
            };
            let call = OrgService::list_units(desk.services(), desk.request(request));
            let listed = desk.ask(call).await?;
            let records = listed.units.into_iter().filter_map(|unit| unit.record);
            units.extend(records.map(|record| (record.number, record)));
            page_token = listed.next_page_token;
            if page_token.is_empty() {
                return Ok(Self(units));
            }
        }
    }

    /// The name of a unit on a day; if it did not exist then, its last one.
    pub(super) fn name_on(&self, number: u32, day: i32) -> &str {
        self.0.get(&number).map_or("", |record| version_name(record, day))
    }

    /// The units by their permanent codes.
    pub(super) fn in_code_order(&self) -> Vec<&pb::UnitRecord> {
        let mut units: Vec<&pb::UnitRecord> = self.0.values().collect();
        units.sort_by(|one, other| one.uid.cmp(&other.uid));
        units
    }

    /// The number of the unit with this id.
    pub(super) fn number_of(&self, id: &[u8]) -> Option<u32> {
        let is_meant = |one: &&pb::UnitRecord| UnitId::from_code(&one.uid).0[..] == *id;
        self.0.values().find(is_meant).map(|record| record.number)
    }

    /// The last name of a unit.
    pub(super) fn name_by_number(&self, number: u32) -> &str {
        self.name_on(number, i32::MAX)
    }

    /// The last name of the unit with this permanent code.
    pub(super) fn name_of(&self, uid: &str) -> &str {
        self.0
            .values()
            .find(|one| one.uid == uid)
            .map_or("", |record| version_name(record, i32::MAX))
    }
}

fn version_name(record: &pb::UnitRecord, day: i32) -> &str {
    let is_valid = |version: &&pb::UnitVersion| {
        let days = version.days.unwrap_or_default();
        days.start_day.is_none_or(|start| start <= day) && days.end_day.is_none_or(|end| day < end)
    };
    let version = record.versions.iter().find(is_valid).or(record.versions.last());
    version.map_or(record.uid.as_str(), |version| &version.name)
}
