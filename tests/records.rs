//! The example province through the encoding of its records: what is read back is what the files say.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the example has failed")]
#![cfg(feature = "server")]

use std::fs;
use thidua::domain::form::Catalogue;
use thidua::files::org::{OrgTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::wire::record::{self, ElementNumbers, UnitNumbers};

fn example(name: &str) -> String {
    fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn catalogue_of_the_example() -> Catalogue {
    let parts = ["elements.toml", "forms.toml"].map(|name| catalogue::read(name, &example(name)).unwrap());
    catalogue::join(parts.into())
}

fn numbers(catalogue: &Catalogue) -> ElementNumbers {
    catalogue.elements.iter().map(|element| element.code.clone()).zip(1..).collect()
}

#[test]
fn both_campaigns_of_the_example_are_read_back_as_their_files_say() {
    let catalogue = catalogue_of_the_example();
    let numbers = numbers(&catalogue);
    for name in ["campaign-a.toml", "campaign-b.toml"] {
        let campaign = campaign::read(name, &example(name)).unwrap().campaign;
        let bytes = record::campaign(&campaign, &numbers).unwrap();
        assert_eq!(record::read_campaign(&bytes, &numbers).unwrap(), campaign, "{name}");
        assert!(bytes.len() < 16_384, "{name}: {} bytes go to every phone", bytes.len());
    }
}

#[test]
fn the_catalogue_of_the_example_is_read_back_as_its_files_say() {
    let catalogue = catalogue_of_the_example();
    let numbers = numbers(&catalogue);
    let elements: Vec<_> = catalogue.elements.iter().zip(1..).map(|(one, no)| record::element(no, one)).collect();
    let forms: Vec<_> = catalogue.forms.iter().map(|one| record::form(one, &numbers).unwrap()).collect();
    let contracts: Vec<_> = catalogue.contracts.iter().map(record::contract).collect();
    let read = record::read_catalogue(
        elements.iter().map(Vec::as_slice),
        forms.iter().map(Vec::as_slice),
        contracts.iter().map(Vec::as_slice),
    );
    assert_eq!(read.unwrap(), (catalogue, numbers));
}

#[test]
fn the_real_organisation_through_its_reforms_is_read_back_as_its_files_say() {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
    let org = read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    let numbers: UnitNumbers = org.units().iter().map(|unit| unit.id).zip(1..).collect();
    let bytes: Vec<_> = org.units().iter().map(|unit| record::unit(unit, org.facts(), &numbers).unwrap()).collect();
    let (mut facts, read_numbers) = record::read_org(bytes.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(read_numbers, numbers);
    facts.edges.sort_by_key(|edge| (edge.hierarchy, edge.child, edge.span));
    let by_all = |line: &thidua::domain::org::Lineage| (line.effective, line.from, line.to, line.basis.clone());
    facts.lineage.sort_by_key(by_all);
    assert_eq!(&facts, org.facts());
}
