//! Rules on the compiled protos that `buf lint` cannot check. The rules are in `contract/rules.rs`.
//! `buf breaking` checks whether released clients would break.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the contract has failed")]

#[path = "contract/rules.rs"]
mod rules;

use std::fs;
use std::path::Path;

use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};

/// The contract's own files as built into the binary.
fn contract_files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(thidua::pb::FILE_DESCRIPTOR_SET).unwrap();
    let ours: Vec<_> = set.file.into_iter().filter(|f| f.name().starts_with("thidua/")).collect();
    assert!(!ours.is_empty(), "the descriptors hold none of our files");
    ours
}

fn assert_no_violations(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}

#[test]
fn every_rpc_has_a_request_and_a_response_of_its_own() {
    assert_no_violations(&rules::find_shared_requests(&contract_files()));
}

#[test]
fn no_number_is_a_binary_fraction() {
    assert_no_violations(&rules::find_floats(&contract_files()));
}

#[test]
fn no_field_could_hold_a_citizens_personal_data() {
    assert_no_violations(&rules::find_personal_data(&contract_files()));
}

#[test]
fn no_message_joins_an_official_with_a_figure() {
    assert_no_violations(&rules::find_figures_beside_officials(&contract_files()));
}

#[test]
fn ids_are_bytes() {
    assert_no_violations(&rules::find_text_ids(&contract_files()));
}

#[test]
fn value_zero_of_every_enum_says_nothing() {
    assert_no_violations(&rules::find_bad_zero_values(&contract_files()));
}

#[test]
fn lists_come_in_pages_and_updates_carry_a_mask() {
    assert_no_violations(&rules::find_missing_pages_and_masks(&contract_files()));
}

#[test]
fn every_write_names_its_request_so_that_a_second_call_has_no_second_effect() {
    assert_no_violations(&rules::find_writes_without_request_id(&contract_files()));
}

#[test]
fn everything_is_versioned_and_no_file_is_too_long_to_read() {
    for file in contract_files() {
        assert_eq!(file.package(), "thidua.v1", "{}", file.name());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto").join(file.name());
        let lines = fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 300, "{} has {lines} lines, at most 300", file.name());
    }
}

#[test]
fn every_reason_names_its_metadata() {
    let file =
        contract_files().into_iter().find(|f| f.name().ends_with("/error_reason.proto")).unwrap();
    let comments = file.source_code_info.as_ref().unwrap();
    for at in 1..file.enum_type[0].value.len() {
        // The path of a top-level enum's value in descriptor.proto: enum_type = 5, value = 2.
        let path = [5, 0, 2, i32::try_from(at).unwrap()];
        let comment =
            comments.location.iter().find(|l| l.path == path).map_or("", |l| l.leading_comments());
        let name = file.enum_type[0].value[at].name();
        assert!(comment.contains("Metadata:"), "{name}: its comment names its metadata");
    }
}

// The rest of the file plants a fault for each rule and checks that it is caught.

fn field(name: &str, kind: Type, type_name: &str) -> FieldDescriptorProto {
    let type_name = (!type_name.is_empty()).then(|| format!(".thidua.v1.{type_name}"));
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        r#type: Some(kind.into()),
        type_name,
        ..Default::default()
    }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..Default::default() }
}

fn file(message_type: Vec<DescriptorProto>) -> [FileDescriptorProto; 1] {
    let (name, package) = (Some("planted.proto".to_owned()), Some("thidua.v1".to_owned()));
    [FileDescriptorProto { name, package, message_type, ..Default::default() }]
}

#[test]
fn planted_personal_data_is_caught_and_plain_words_pass() {
    let caught = [
        "full_name",
        "contact_phone",
        "home_address",
        "license_plate",
        "id_number",
        "birth_day",
        "suspect_count",
    ];
    for name in caught {
        let planted = file(vec![message("Report", vec![field(name, Type::String, "")])]);
        assert_eq!(rules::find_personal_data(&planted).len(), 1, "{name}");
    }
    for name in [
        "display_name",
        "element_number",
        "page_size",
        "server_addresses",
        "plateau",
        "platelet_count",
    ] {
        let fine = file(vec![message("Report", vec![field(name, Type::String, "")])]);
        assert_no_violations(&rules::find_personal_data(&fine));
    }
}

#[test]
fn a_figure_beside_a_device_is_caught_also_through_a_member() {
    let cell = message("Cell", vec![field("value", Type::Sint64, "")]);
    let sheet = message("Sheet", vec![field("cells", Type::Message, "Cell")]);
    let joined = |name| {
        message(
            name,
            vec![field("sheet", Type::Message, "Sheet"), field("device_id", Type::Bytes, "")],
        )
    };
    assert_eq!(
        rules::find_figures_beside_officials(&file(vec![
            cell.clone(),
            sheet.clone(),
            joined("Filed")
        ]))
        .len(),
        1
    );
    let scored = message(
        "Worker",
        vec![field("account_id", Type::Bytes, ""), field("score", Type::Sint64, "")],
    );
    assert_eq!(rules::find_figures_beside_officials(&file(vec![scored])).len(), 1);
    let of_a_unit = message(
        "Filed",
        vec![field("cell", Type::Message, "Cell"), field("unit_id", Type::Bytes, "")],
    );
    assert_no_violations(&rules::find_figures_beside_officials(&file(vec![
        cell, sheet, of_a_unit,
    ])));
}

#[test]
fn other_planted_faults_are_caught() {
    let double = file(vec![message(
        "M",
        vec![field("ratio", Type::Double, ""), field("unit_id", Type::String, "")],
    )]);
    assert_eq!(rules::find_floats(&double).len(), 1);
    assert_eq!(rules::find_text_ids(&double).len(), 1);
    let update =
        file(vec![message("UpdateUnitRequest", vec![]), message("ListUnitsRequest", vec![])]);
    assert_eq!(rules::find_missing_pages_and_masks(&update).len(), 2);

    let mut shared = file(vec![message("GetUnitRequest", vec![]), message("Unit", vec![])]);
    let method = MethodDescriptorProto {
        name: Some("GetUnit".to_owned()),
        input_type: Some(".thidua.v1.GetUnitRequest".to_owned()),
        output_type: Some(".thidua.v1.Unit".to_owned()),
        ..Default::default()
    };
    shared[0].service = vec![ServiceDescriptorProto { method: vec![method], ..Default::default() }];
    assert_eq!(rules::find_shared_requests(&shared).len(), 1);
    shared[0].service[0].method[0].name = Some("CloseUnit".to_owned());
    assert_eq!(rules::find_writes_without_request_id(&shared).len(), 1);

    let value = EnumValueDescriptorProto {
        name: Some("KIND_NONE".to_owned()),
        number: Some(0),
        ..Default::default()
    };
    shared[0].enum_type = vec![EnumDescriptorProto {
        name: Some("Kind".to_owned()),
        value: vec![value],
        ..Default::default()
    }];
    assert_eq!(rules::find_bad_zero_values(&shared).len(), 1);
}
