//! The reference scope read from its records: organisation, calendars, elements, forms, contracts, campaigns, and the short numbers.
//!
//! Rebuilt from bytes whenever they change. A record that this app cannot read, of a newer contract, is left out and the rest goes on:
//! an old app still shows what it understands. Decides nothing.

use super::replica::{ReplicaError, Stored};
use crate::domain::calendar::Calendars;
use crate::domain::campaign::Campaign;
use crate::domain::cell::ElementNo;
use crate::domain::element::{Element, ElementCode};
use crate::domain::form::{Catalogue, Contract, Form};
use crate::domain::ids::{ContractId, UnitId};
use crate::domain::org::Org;
use crate::domain::report::{FormLine, FormRule, FormShape};
use crate::domain::scope::RecordKind;
use crate::domain::target;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Kinds of records that make up the reference.
pub(crate) const KINDS: [RecordKind; 6] = [
    RecordKind::Unit,
    RecordKind::Element,
    RecordKind::Form,
    RecordKind::Contract,
    RecordKind::Calendar,
    RecordKind::Campaign,
];

/// The reference scope as values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    /// The organisation in time; empty until all its units have come.
    pub(crate) org: Org,
    /// Reporting calendars.
    pub(crate) calendars: Calendars,
    /// Elements, forms, contracts.
    pub(crate) catalogue: Catalogue,
    /// Campaigns.
    pub(crate) campaigns: Vec<Campaign>,
    /// Short numbers of units.
    pub(crate) units: UnitNumbers,
    /// Short numbers of elements.
    pub(crate) elements: ElementNumbers,
    shapes: BTreeMap<ContractId, FormShape>,
}

impl Reference {
    /// Reads the records that `load` gives for each kind.
    pub(crate) fn load(load: &mut dyn FnMut(i16) -> Result<Vec<Stored>, ReplicaError>) -> Result<Self, ReplicaError> {
        let [units, elements, forms, contracts, calendars, campaigns] = KINDS.map(|kind| load(kind.number()));
        let mut reference = Self::default();
        let units = units?;
        if let Ok((facts, numbers)) = record::read_org(units.iter().map(|unit| unit.bytes.as_slice())) {
            reference.org = Org::new(facts).unwrap_or_default();
            reference.units = numbers;
        }
        for stored in elements? {
            if let Ok((number, element)) = record::read_element(&stored.bytes) {
                reference.elements.insert(element.code.clone(), number);
                reference.catalogue.elements.push(element);
            }
        }
        let (numbers, catalogue) = (&reference.elements, &mut reference.catalogue);
        catalogue.forms = forms?.iter().filter_map(|one| record::read_form(&one.bytes, numbers).ok()).collect();
        catalogue.contracts = contracts?.iter().filter_map(|one| record::read_contract(&one.bytes).ok()).collect();
        reference.calendars = calendars?.iter().filter_map(|one| record::read_calendar(&one.bytes).ok()).collect();
        let campaigns = campaigns?;
        reference.campaigns =
            campaigns.iter().filter_map(|one| record::read_campaign(&one.bytes, numbers).ok()).collect();
        reference.calendars = std::mem::take(&mut reference.calendars).with_campaigns(&reference.campaigns);
        reference.shapes = shapes(&reference.catalogue, &reference.elements);
        Ok(reference)
    }

    /// The form behind a contract as the rules of reports need it.
    pub(crate) fn shape(&self, contract: ContractId) -> Option<&FormShape> {
        self.shapes.get(&contract)
    }

    /// The contract with this id.
    pub(crate) fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.catalogue.contracts.iter().find(|contract| contract.id() == id)
    }

    /// The form behind a contract.
    pub(crate) fn form(&self, id: ContractId) -> Option<&Form> {
        self.contract(id).and_then(|contract| self.catalogue.form(&contract.form))
    }

    /// The element with this number.
    pub(crate) fn element(&self, number: ElementNo) -> Option<&Element> {
        self.elements.item(number.0).and_then(|code| self.catalogue.element(code))
    }

    /// The number of an element.
    pub(crate) fn element_no(&self, code: &ElementCode) -> Option<ElementNo> {
        self.elements.number(code).map(ElementNo)
    }

    /// The code by which files call a unit; its id in hexadecimal digits while the unit is unknown.
    pub(crate) fn uid(&self, unit: UnitId) -> String {
        self.org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
    }

    /// Who signs for a unit today; itself while the organisation is unknown.
    pub(crate) fn acts_for(&self, unit: UnitId, today: Date) -> UnitId {
        self.org.acts_for(unit, today).unwrap_or(unit)
    }
}

fn shapes(catalogue: &Catalogue, numbers: &ElementNumbers) -> BTreeMap<ContractId, FormShape> {
    let shape = |contract: &Contract| {
        let form = catalogue.form(&contract.form)?;
        let mut shape = FormShape::default();
        for code in &form.elements {
            let (element, number) = (catalogue.element(code)?, numbers.number(code)?);
            shape.lines.insert(ElementNo(number), FormLine { min: element.min, max: element.max });
        }
        shape.rules = form.rules.iter().map(|written| rule(written, numbers)).collect::<Option<_>>()?;
        Some((contract.id(), shape))
    };
    catalogue.contracts.iter().filter_map(shape).collect()
}

fn rule(rule: &target::Rule, numbers: &ElementNumbers) -> Option<FormRule> {
    let mut terms = Vec::new();
    for (side, expr) in [(1, &rule.left), (-1, &rule.right)] {
        for (sign, code) in expr.terms() {
            let sign = match sign {
                target::Sign::Plus => side,
                target::Sign::Minus => -side,
            };
            terms.push((sign, ElementNo(numbers.number(code)?)));
        }
    }
    Some(FormRule { terms, cmp: rule.cmp, text: rule.to_string() })
}

#[cfg(test)]
impl Reference {
    /// Lets a test give a form without making records of it.
    pub(crate) fn shapes_for_tests(&mut self, contract: ContractId, shape: FormShape) {
        self.shapes.insert(contract, shape);
    }
}
