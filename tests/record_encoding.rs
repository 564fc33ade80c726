//! Encodes and decodes the records of the example province: the result equals the files.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the example has failed")]
#![cfg(feature = "server")]

use std::fs;
use thidua::domain::report::form::Catalogue;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::wire::record::{self, ElementNumbers, UnitNumbers};

fn read_example(name: &str) -> String {
    fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read_example_catalogue() -> Catalogue {
    let parts = ["elements.toml", "forms.toml"]
        .map(|name| catalogue::read_catalogue(name, &read_example(name)).unwrap());
    catalogue::merge_catalogues(parts.into())
}

fn number_elements(catalogue: &Catalogue) -> ElementNumbers {
    catalogue.elements.iter().map(|element| element.code.clone()).zip(1..).collect()
}

#[test]
fn both_campaigns_of_the_example_are_read_back_as_their_files_say() {
    let catalogue = read_example_catalogue();
    let numbers = number_elements(&catalogue);
    for name in ["campaign-a.toml", "campaign-b.toml"] {
        let campaign = campaign::read_campaign_file(name, &read_example(name)).unwrap().campaign;
        let bytes = record::encode_campaign(&campaign, &numbers).unwrap();
        assert_eq!(record::decode_campaign(&bytes, &numbers).unwrap(), campaign, "{name}");
        assert!(bytes.len() < 16_384, "{name}: {} bytes go to every phone", bytes.len());
    }
}

#[test]
fn the_catalogue_of_the_example_is_read_back_as_its_files_say() {
    let catalogue = read_example_catalogue();
    let numbers = number_elements(&catalogue);
    let elements: Vec<_> = catalogue
        .elements
        .iter()
        .zip(1..)
        .map(|(one, no)| record::encode_element(no, one))
        .collect();
    let forms: Vec<_> =
        catalogue.forms.iter().map(|one| record::encode_form(one, &numbers).unwrap()).collect();
    let contracts: Vec<_> = catalogue.contracts.iter().map(record::encode_contract).collect();
    let fields: Vec<_> = catalogue.fields.iter().map(record::encode_field).collect();
    assert!(!fields.is_empty());
    let read = record::decode_catalogue(
        fields.iter().map(Vec::as_slice),
        elements.iter().map(Vec::as_slice),
        forms.iter().map(Vec::as_slice),
        contracts.iter().map(Vec::as_slice),
    );
    assert_eq!(read.unwrap(), (catalogue, numbers));
}

#[test]
fn the_real_organisation_through_its_reforms_is_read_back_as_its_files_say() {
    let [units, parents, lineage] = ["units.csv", "parents.csv", "lineage.csv"]
        .map(|name| read_example(&format!("org/{name}")));
    let org =
        read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    let numbers: UnitNumbers = org.units().iter().map(|unit| unit.id).zip(1..).collect();
    let bytes: Vec<_> = org
        .units()
        .iter()
        .map(|unit| record::encode_unit(unit, org.facts(), &numbers).unwrap())
        .collect();
    let (mut facts, read_numbers) = record::decode_org(bytes.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(read_numbers, numbers);
    facts.edges.sort_by_key(|edge| (edge.hierarchy, edge.child, edge.days));
    let by_all = |line: &thidua::domain::org::UnitLineage| {
        (line.effective_day, line.from, line.to, line.basis.clone())
    };
    facts.lineage.sort_by_key(by_all);
    assert_eq!(&facts, org.facts());
}
