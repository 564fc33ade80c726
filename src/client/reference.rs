//! The reference scope decoded from its records: organisation, calendars, elements, forms,
//! contracts, campaigns, and the short numbers.
//!
//! Decoded again whenever records change. A record of a newer contract that this app cannot decode
//! is skipped, so that an old app shows the rest.

use super::replica::{ReplicaError, ReplicaRecord};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::{Campaign, word_of};
use crate::domain::org::Org;
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::element::{Element, ElementCode};
use crate::domain::report::form::{Catalogue, Contract, Form};
use crate::domain::report::{ElementRange, FormRule, FormSchema, ReportKey};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, compute_unit_expectations};
use crate::domain::support::ids::{ContractId, ReportId, UnitId};
use crate::domain::target_rule;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Kinds of records of the reference scope.
pub(crate) const REFERENCE_KINDS: [RecordKind; 7] = [
    RecordKind::Unit,
    RecordKind::Element,
    RecordKind::Form,
    RecordKind::Contract,
    RecordKind::Calendar,
    RecordKind::Campaign,
    RecordKind::FieldOfWork,
];

/// The reference scope as domain values.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalReference {
    /// The organisation over time; empty until all its units are received.
    pub(crate) org: Org,
    /// Reporting calendars.
    pub(crate) calendars: Calendars,
    /// Elements, forms, contracts.
    pub(crate) catalogue: Catalogue,
    /// Campaigns.
    pub(crate) campaigns: Vec<Campaign>,
    /// Short numbers of units.
    pub(crate) unit_numbers: UnitNumbers,
    /// Short numbers of elements.
    pub(crate) element_numbers: ElementNumbers,
    form_schemas: BTreeMap<ContractId, FormSchema>,
}

impl LocalReference {
    /// Decodes the records that `load` returns for each kind.
    pub(crate) fn load(
        load: &mut dyn FnMut(i16) -> Result<Vec<ReplicaRecord>, ReplicaError>,
    ) -> Result<Self, ReplicaError> {
        let [units, elements, forms, contracts, calendars, campaigns, fields] =
            REFERENCE_KINDS.map(|kind| load(kind.number()));
        let mut reference = Self::default();
        let units = units?;
        if let Ok((facts, numbers)) =
            record::decode_org(units.iter().map(|unit| unit.bytes.as_slice()))
        {
            reference.org = Org::new(facts).unwrap_or_default();
            reference.unit_numbers = numbers;
        }
        for stored in elements? {
            if let Ok((number, element)) = record::decode_element(&stored.bytes) {
                reference.element_numbers.insert(element.code.clone(), number);
                reference.catalogue.elements.push(element);
            }
        }
        let (numbers, catalogue) = (&reference.element_numbers, &mut reference.catalogue);
        catalogue.fields =
            fields?.iter().filter_map(|one| record::decode_field(&one.bytes).ok()).collect();
        catalogue.forms =
            forms?.iter().filter_map(|one| record::decode_form(&one.bytes, numbers).ok()).collect();
        catalogue.contracts =
            contracts?.iter().filter_map(|one| record::decode_contract(&one.bytes).ok()).collect();
        reference.calendars =
            calendars?.iter().filter_map(|one| record::decode_calendar(&one.bytes).ok()).collect();
        let campaigns = campaigns?;
        reference.campaigns = campaigns
            .iter()
            .filter_map(|one| record::decode_campaign(&one.bytes, numbers).ok())
            .collect();
        reference.calendars =
            std::mem::take(&mut reference.calendars).with_campaigns(&reference.campaigns);
        reference.form_schemas = build_form_shapes(&reference);
        Ok(reference)
    }

    /// The form of a contract as the report rules need it.
    pub(crate) fn form_schema(&self, contract: ContractId) -> Option<&FormSchema> {
        self.form_schemas.get(&contract)
    }

    /// What is expected for exactly this key; `None` if the unit owes no such report, or the phone
    /// does not know it yet.
    pub(crate) fn expectation(&self, key: &ReportKey) -> Option<Expectation> {
        let owed = self.owed_around(key, key.period.start)?;
        owed.into_iter().find(|expected| expected.period == key.period)
    }

    /// The report that the unit owes under the same contract for the days right before this key's.
    pub(crate) fn previous_report_id(&self, key: &ReportKey) -> Option<ReportId> {
        let owed = self.owed_around(key, key.period.start.saturating_sub(1.day()))?;
        let before = owed.into_iter().find(|one| one.period.end == key.period.start)?;
        Some(before.report_key().id())
    }

    /// What the unit of `key` owes under its contract for the period of the calendar with `day`.
    fn owed_around(&self, key: &ReportKey, day: Date) -> Option<Vec<Expectation>> {
        let contract = self.contract(key.contract)?;
        let window = self.calendars.get(&contract.calendar)?.period_containing(day).window();
        let calendars = &self.calendars;
        compute_unit_expectations(&self.org, calendars, contract, key.unit, window).ok()
    }

    /// Whether a nil report leaves this element to be answered.
    pub(crate) fn is_word(&self, number: ElementNumber) -> bool {
        self.form_schemas.values().any(|shape| shape.is_word(number))
    }

    /// Whether the report of this key, first received on `day`, was submitted before the last day
    /// that the unit's reports of the period cover.
    pub(crate) fn is_early(&self, key: &ReportKey, day: Date) -> bool {
        self.expectation(key).is_some_and(|expected| expected.is_early(day))
    }

    /// The contract with this id.
    pub(crate) fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.catalogue.contracts.iter().find(|contract| contract.id() == id)
    }

    /// The form of a contract.
    pub(crate) fn form(&self, id: ContractId) -> Option<&Form> {
        self.contract(id).and_then(|contract| self.catalogue.form(&contract.form))
    }

    /// The element with this number.
    pub(crate) fn element(&self, number: ElementNumber) -> Option<&Element> {
        self.element_numbers.item(number.0).and_then(|code| self.catalogue.element(code))
    }

    /// The number of an element.
    pub(crate) fn element_number(&self, code: &ElementCode) -> Option<ElementNumber> {
        self.element_numbers.number(code).map(ElementNumber)
    }

    /// The unit's code in files; its id in hexadecimal digits while the unit is unknown.
    pub(crate) fn unit_uid(&self, unit: UnitId) -> String {
        self.org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
    }

    /// The unit that signs for `unit` today; `unit` itself while the organisation is unknown.
    pub(crate) fn acting_unit_of(&self, unit: UnitId, today: Date) -> UnitId {
        self.org.acting_unit(unit, today).unwrap_or(unit)
    }
}

fn build_form_shapes(reference: &LocalReference) -> BTreeMap<ContractId, FormSchema> {
    let LocalReference { catalogue, element_numbers: numbers, campaigns, .. } = reference;
    let shape = |contract: &Contract| {
        let form = catalogue.form(&contract.form)?;
        let mut shape = FormSchema::default();
        for code in &form.elements {
            let (element, number) =
                (catalogue.element(code)?, ElementNumber(numbers.number(code)?));
            shape.ranges.insert(number, ElementRange { min: element.min, max: element.max });
            shape.words.extend(word_of(element, campaigns).map(|word| (number, word)));
        }
        shape.rules = form
            .rules
            .iter()
            .map(|written| to_form_rule(written, numbers))
            .collect::<Option<_>>()?;
        Some((contract.id(), shape))
    };
    catalogue.contracts.iter().filter_map(shape).collect()
}

fn to_form_rule(rule: &target_rule::FormRuleExpr, numbers: &ElementNumbers) -> Option<FormRule> {
    let mut terms = Vec::new();
    for (side, expr) in [(1, &rule.left), (-1, &rule.right)] {
        for (sign, code) in expr.terms() {
            let sign = match sign {
                target_rule::TermSign::Plus => side,
                target_rule::TermSign::Minus => -side,
            };
            terms.push((sign, ElementNumber(numbers.number(code)?)));
        }
    }
    Some(FormRule { terms, comparator: rule.cmp, text: rule.to_string() })
}

#[cfg(test)]
impl LocalReference {
    /// Sets a form without records, for tests.
    pub(crate) fn set_shape_for_tests(&mut self, contract: ContractId, shape: FormSchema) {
        self.form_schemas.insert(contract, shape);
    }
}
