//! Properties that hold for any external bytes: nothing panics, and what is decoded survives a
//! round trip.
//!
//! One function for each kind of input; the fuzzers under `fuzz/` call them with generated inputs,
//! `tests/corpus.rs` with those in `fuzz/corpus`.
#![allow(dead_code, reason = "each fuzzer calls one of them")]

#[path = "health_world.rs"]
mod health_world;

use health_world::HealthWorld;
use jiff::civil::date;
use prost::Message;
use std::sync::OnceLock;
use thidua::client::facade::Phone;
use thidua::domain::access::enrolment::{EnrolmentCode, Invite};
use thidua::domain::org::Org;
use thidua::domain::report::form::Catalogue;
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::time::Timestamp;
use thidua::domain::target_rule::{FormRuleExpr, Target};
use thidua::exchange::dhis2::{Dhis2Form, Dhis2Options, Register, read_data_value_set};
use thidua::files::table::{self, DecimalMark, TableInput};
use thidua::files::{
    baseline, campaign, campaign_writer, catalogue, grant, handover, org, report_csv,
};
use thidua::wire::values::timestamp_to_proto;
use thidua::{pb, wire};

/// The formula of a target or of a form's rule.
pub(crate) fn fuzz_grammar(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(target) = Target::parse(text) {
        let printed = target.to_string();
        assert_eq!(Target::parse(&printed).as_ref(), Ok(&target), "{printed}");
    }
    if let Ok(rule) = FormRuleExpr::parse(text) {
        let printed = rule.to_string();
        assert_eq!(FormRuleExpr::parse(&printed).as_ref(), Ok(&rule), "{printed}");
    }
}

/// A campaign file.
pub(crate) fn fuzz_campaign_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(read) = campaign::read_campaign_file("fuzz.toml", text) else { return };
    let _ = read.check(&Catalogue::default());
    let printed = campaign_writer::format_campaign(&read.campaign);
    let again = campaign::read_campaign_file("fuzz.toml", &printed)
        .unwrap_or_else(|faults| panic!("{faults:?} in\n{printed}"));
    assert_eq!(again.campaign, read.campaign, "{printed}");
}

/// A table: every reader of CSV. A workbook is left out, because its library panics on some damaged
/// files and the fuzzer ends at a panic that is caught.
pub(crate) fn fuzz_table(bytes: &[u8]) {
    if bytes.starts_with(b"PK") {
        return;
    }
    let catalogue = table_catalogue();
    for decimal_mark in [None, Some(DecimalMark::Point), Some(DecimalMark::Comma)] {
        let input = TableInput { decimal_mark, ..TableInput::new("fuzz.csv", bytes) };
        let _ = baseline::read_baselines(&input, 1, catalogue, |_| None);
        let _ = handover::read_handover(&input, &Org::default(), catalogue);
        let _ = table::read_rows(&input);
        let _ = grant::read_grants(&input, &Org::default(), date(2026, 1, 1));
        let _ =
            org::read_org_tables(&org::OrgTables { units: input, parents: input, lineage: input });
        let Ok(staged) = report_csv::stage_reports(&input, catalogue) else { continue };
        let Ok(rows) = staged.into_rows() else { continue };
        let codes: Vec<_> = catalogue.elements.iter().map(|element| element.code.clone()).collect();
        let marked: Vec<_> = rows.iter().map(|row| (row.clone(), Default::default())).collect();
        let printed = report_csv::report_table(&marked, &codes, catalogue).to_csv(true);
        let again = report_csv::stage_reports(&TableInput::new("fuzz.csv", &printed), catalogue)
            .and_then(report_csv::StagedReports::into_rows)
            .unwrap_or_else(|faults| panic!("{faults:?} in\n{printed}"));
        assert_eq!(
            again.iter().map(sorted_row).collect::<Vec<_>>(),
            rows.iter().map(sorted_row).collect::<Vec<_>>(),
            "{printed}"
        );
    }
}

/// The row without its line, whatever the order of its columns.
fn sorted_row(row: &report_csv::ReportCsvRow) -> report_csv::ReportCsvRow {
    let mut row = report_csv::ReportCsvRow { line: 0, ..row.clone() };
    row.cells.sort_by(|a, b| a.0.cmp(&b.0));
    row
}

/// A DHIS2 data value set, in each of its forms: what is read names only what is known.
pub(crate) fn fuzz_data_values(bytes: &[u8]) {
    let world = HealthWorld::get();
    let register = Register { reference: &world.reference, covers: &|_| true };
    for form in [Dhis2Form::Json, Dhis2Form::Csv, Dhis2Form::Xml, Dhis2Form::Adx] {
        let options = Dhis2Options::from_query(form, |_| None);
        let Ok((import, _)) = read_data_value_set((bytes, form), &options, register) else {
            continue;
        };
        for (report, indexes) in &import.reports {
            assert!(world.catalogue.contract(&report.contract).is_some());
            assert!(world.org.unit_by_uid(&report.unit_uid).is_some());
            assert!(report.cells.len() <= indexes.len() && indexes.len() <= import.value_count);
        }
    }
}

/// Two elements, one with decimals.
fn table_catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let element = |code: &str, scale: u8| {
            format!(
                "[[elements]]\ncode = \"{code}\"\nname_vi = \"{code}\"\nname_en = \"{code}\"\n\
                 unit_of_count = \"x\"\nkind = \"FLOW\"\nlevel = \"COMMUNE\"\nscale = {scale}\n\
                 max = 1000000\n"
            )
        };
        let text = element("a", 0) + &element("b", 3);
        catalogue::read_catalogue("elements.toml", &text).expect("two elements")
    })
}

/// A command that a phone pushes to the server.
pub(crate) fn fuzz_command(bytes: &[u8]) {
    let home = UnitId([7; 16]);
    let Ok(numbered) = wire::command::decode_command(bytes, home) else { return };
    let Ok(command) = numbered.command else { return };
    let encoded = wire::command::encode_command(numbered.number, &command);
    let again = wire::command::decode_command(&encoded, home).expect("what was read can be read");
    assert_eq!((again.number, again.command.as_ref()), (numbered.number, Ok(&command)));
}

/// A sync response as a phone receives it: frames, each after its length in two bytes.
pub(crate) fn fuzz_frames(bytes: &[u8]) {
    let phone = shared_phone();
    let _ = phone.build_sync_request(false);
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (frame, after) = after.split_at(length);
        let _ = phone.handle_sync_frame(frame.to_vec());
        rest = after;
    }
    let _ = phone.end_sync_call(None);
    let _ = phone.standings();
    let _ = phone.outbox_status();
}

/// An enrolled phone, shared by all inputs because phones live long.
fn shared_phone() -> &'static Phone {
    static PHONE: OnceLock<Phone> = OnceLock::new();
    PHONE.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("thidua-fuzz-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("a directory for the phone");
        let phone =
            Phone::open(dir.join("phone.db").display().to_string()).expect("a new phone opens");
        let addresses = vec!["https://127.0.0.1:1".to_owned()];
        let invitation =
            Invite { code: EnrolmentCode::new([1; 16]), ca_sha256: [0; 32], addresses }.to_string();
        let request = phone.build_enrol_request(invitation).expect("an invitation");
        let request = pb::EnrolRequest::decode(&*request).expect("a request");
        let session = pb::Session {
            account_id: vec![1; 16],
            unit_id: vec![7; 16],
            roles: vec![pb::Role::Reporter.into()],
            ..Default::default()
        };
        let answer = pb::EnrolResponse {
            device_id: request.device_id,
            certificate: Some(pb::DeviceCertificate { body: vec![1], signature: vec![1; 64] }),
            token: Some(pb::AccessToken {
                token: "tdt_1".to_owned(),
                expires_at: Some(timestamp_to_proto(Timestamp(i64::MAX / 2))),
            }),
            authority_public_key: vec![4; 65],
            session: Some(session),
            ..Default::default()
        };
        phone.handle_enrol_response(answer.encode_to_vec()).expect("let in");
        phone
    })
}
