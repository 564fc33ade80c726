//! Files come in over gRPC in pieces and over plain HTTP in one body: a verdict for each row, every
//! change as old -> new, all or none, and the rights of the act before the file is read.

use super::exchange::System;
use super::report::error_reason;
use crate::harness::{TestClient, TestServer, send_http2};
use rust_xlsxwriter::Workbook;
use serde_json::Value;
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::exchange_service_client::ExchangeServiceClient;
use tonic::Code;

const PROVINCE: &str = "prov-84";
const COMMUNE: &str = "com-29242-0";
const OTHER: &str = "com-29245-0";
const CSV_PATH: &str = "/exchange/v1/reports";
const CSV_TYPE: &str = "text/csv; charset=utf-8";
const WORKBOOK_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn example_file(name: &str) -> Vec<u8> {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tra-vinh/");
    std::fs::read(format!("{examples}{name}")).unwrap()
}

fn options(kind: pb::ImportKind) -> pb::ImportOptions {
    pb::ImportOptions { kind: kind.into(), ..Default::default() }
}

/// Sends files, each in pieces of `piece` bytes.
async fn import(
    client: &TestClient,
    request_id: u8,
    options: pb::ImportOptions,
    (files, piece): (&[(&str, Vec<u8>)], usize),
) -> Result<pb::ImportFileResponse, tonic::Status> {
    let mut parts = vec![pb::ImportFileRequest {
        request_id: vec![request_id; 16],
        options: Some(options),
        piece: None,
    }];
    for (name, bytes) in files {
        parts.extend(bytes.chunks(piece).map(|data| pb::ImportFileRequest {
            piece: Some(pb::FilePiece { name: (*name).to_owned(), data: data.to_vec() }),
            ..Default::default()
        }));
    }
    let mut service = ExchangeServiceClient::new(client.channel.clone());
    let request = client.request(tokio_stream::iter(parts));
    service.import_file(request).await.map(tonic::Response::into_inner)
}

/// A week of a unit with one figure in every cell of the form.
fn week(elements: &[String], rows: &[(&str, &str)]) -> String {
    let mut text = format!("contract,unit,first_day,last_day,nil,note,{}\n", elements.join(","));
    for (unit, figure) in rows {
        let figures = vec![*figure; elements.len()].join(",");
        text.push_str(&format!("tuan-xa,{unit},19/08/2024,25/08/2024,,,{figures}\n"));
    }
    text
}

fn row_states(answer: &pb::ImportFileResponse) -> Vec<pb::RowState> {
    answer.rows.iter().map(pb::RowVerdict::state).collect()
}

#[tokio::test]
async fn a_reporters_file_is_tried_taken_found_unchanged_and_corrected_with_old_and_new_figures() {
    use pb::RowState::{Changed, Created, Unchanged};
    let server = TestServer::start().await;
    let elements = System::with_key(&server, &[PartnerCall::Reports]).await.elements;
    let reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let file = |figure| vec![("tuần 34.csv", week(&elements, &[(COMMUNE, figure)]).into_bytes())];
    let reports = pb::ImportOptions { submit: true, ..options(pb::ImportKind::Reports) };
    let asked = pb::ImportOptions { validate_only: true, ..reports.clone() };
    let asked = import(&reporter, 1, asked, (&file("3"), 7)).await.unwrap();
    assert_eq!((row_states(&asked), asked.applied), (vec![Created], false), "{asked:?}");
    let taken = import(&reporter, 2, reports.clone(), (&file("3"), 1000)).await.unwrap();
    assert_eq!((row_states(&taken), taken.applied), (vec![Created], true), "{taken:?}");
    let again = import(&reporter, 2, reports.clone(), (&file("3"), 7)).await.unwrap();
    assert_eq!((again.rows.len(), again.applied), (0, true), "the same request, once");
    let reused = import(&reporter, 2, reports.clone(), (&file("4"), 7)).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");
    let same = import(&reporter, 3, reports.clone(), (&file("3"), 7)).await.unwrap();
    assert_eq!(row_states(&same), [Unchanged], "{same:?}");
    let stranger = server.enrol_client(OTHER, Role::Reporter).await;
    let guess = import(&stranger, 5, reports.clone(), (&file("3"), 7)).await.unwrap();
    assert_eq!(row_states(&guess), [pb::RowState::Refused], "nobody guesses figures: {guess:?}");
    let corrected = import(&reporter, 4, reports, (&file("4"), 7)).await.unwrap();
    assert_eq!(row_states(&corrected), [Changed], "{corrected:?}");
    let change = &corrected.rows[0].changes[0];
    assert_eq!((change.old.as_str(), change.new.as_str()), ("3", "4"), "{change:?}");
    assert_eq!(corrected.rows[0].subject, format!("tuan-xa, {COMMUNE}, 2024-08-19"));
    server.close().await;
}

#[tokio::test]
async fn each_refused_row_has_its_cell_and_the_others_are_taken_only_on_request() {
    let server = TestServer::start().await;
    let elements = System::with_key(&server, &[PartnerCall::Reports]).await.elements;
    let reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let rows = [(COMMUNE, "3"), (OTHER, "3"), (COMMUNE, "999999999"), ("nowhere", "1e3")];
    let mut lines: Vec<String> = week(&elements, &rows).lines().map(str::to_owned).collect();
    lines[3] = lines[3].replace("19/08/", "12/08/").replace("25/08/", "18/08/");
    let text = lines.join("\n");
    let files = [("week.csv", text.into_bytes())];
    let all = options(pb::ImportKind::Reports);
    let told = import(&reporter, 1, all.clone(), (&files, 4096)).await.unwrap();
    let counts = told.summary.unwrap();
    assert_eq!((counts.created, counts.refused, told.applied), (1, 3, false), "{told:?}");
    let codes: Vec<_> = told.findings.iter().map(|one| (one.line, one.code.as_str())).collect();
    assert!(codes.contains(&(3, "DENIED")), "{codes:?}");
    let cell = told.findings.iter().find(|one| one.line == 5).unwrap().cell.clone().unwrap();
    assert_eq!((cell.typed.as_str(), &cell.column_name), ("1e3", &elements[0]), "{told:?}");
    let partial = pb::ImportOptions { partial: true, ..all };
    let partly = import(&reporter, 2, partial.clone(), (&files, 4096)).await.unwrap();
    assert!(partly.applied, "{partly:?}");
    let again = import(&reporter, 3, partial, (&files, 4096)).await.unwrap();
    assert_eq!(again.summary.unwrap().unchanged, 1, "the good row was taken: {again:?}");
    server.close().await;
}

#[tokio::test]
async fn a_file_with_more_reports_than_a_call_takes_is_refused_at_the_first_row_too_many() {
    let server = TestServer::start().await;
    let elements = System::with_key(&server, &[PartnerCall::Reports]).await.elements;
    let reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let units: Vec<String> = (0..5001).map(|number| format!("unit-{number}")).collect();
    let rows: Vec<(&str, &str)> = units.iter().map(|unit| (unit.as_str(), "3")).collect();
    let files = [("week.csv", week(&elements, &rows).into_bytes())];
    let reports = options(pb::ImportKind::Reports);
    let told = import(&reporter, 1, reports, (&files, 1 << 20)).await.unwrap();
    let finding = (told.findings[0].code.as_str(), told.findings[0].line);
    assert_eq!((finding, told.applied), (("TOO_MANY_ROWS", 5002), false), "{told:?}");
    server.close().await;
}

#[tokio::test]
async fn who_may_not_perform_the_act_of_a_kind_learns_nothing_about_the_file() {
    use pb::ImportKind::{Baselines, Definitions, Grants, Organisation, Reports};
    let server = TestServer::start().await;
    let cases = [
        (Role::Reviewer, "dist-842", vec![Reports, Organisation, Baselines, Grants, Definitions]),
        (Role::Reporter, COMMUNE, vec![Organisation, Baselines, Grants, Definitions]),
        (Role::Admin, PROVINCE, vec![Reports, Organisation, Baselines, Definitions]),
        (Role::CampaignHead, PROVINCE, vec![Reports, Organisation, Baselines, Grants]),
        (
            Role::DataSteward,
            "dist-842",
            vec![Reports, Organisation, Baselines, Grants, Definitions],
        ),
    ];
    let garbage = |name: &'static str| (name, b"\xff\xfe not a table".to_vec());
    for (role, unit, kinds) in cases {
        let caller = server.enrol_client(unit, role).await;
        for kind in kinds {
            let files = [garbage("units.csv"), garbage("parents.csv")];
            let files = if kind == Organisation { &files[..] } else { &files[..1] };
            let refused = import(&caller, 1, options(kind), (files, 100)).await.unwrap_err();
            let code = refused.code();
            let is_kept_out = matches!(code, Code::PermissionDenied | Code::NotFound);
            assert!(is_kept_out, "{role:?} {kind:?}: {refused:?}");
        }
    }
    server.close().await;
}

#[tokio::test]
async fn the_organisation_baselines_and_roles_of_the_example_come_in_by_their_stewards() {
    let server = TestServer::start().await;
    let steward = server.enrol_client(PROVINCE, Role::DataSteward).await;
    let tables = |units: Vec<u8>| {
        let file = |name: &'static str| (name, example_file(&format!("org/{name}")));
        vec![("units.csv", units), file("parents.csv"), file("lineage.csv")]
    };
    let units = example_file("org/units.csv");
    let org = options(pb::ImportKind::Organisation);
    let same = import(&steward, 1, org.clone(), (&tables(units.clone()), 60_000)).await.unwrap();
    let counts = same.summary.unwrap();
    assert!(same.applied && counts.unchanged > 100, "{counts:?}");
    assert_eq!((counts.created, counts.changed), (0, 0), "{:?}", same.rows.first());
    let changed = String::from_utf8(units).unwrap().replacen(",29512,", ",29999,", 1).into_bytes();
    let told = import(&steward, 2, org.clone(), (&tables(changed.clone()), 60_000)).await.unwrap();
    assert!(!told.applied && told.findings[0].message.contains("29512"), "{:?}", told.findings);
    let accepted = pb::ImportOptions { accept_code_changes: true, ..org };
    let done = import(&steward, 3, accepted, (&tables(changed), 60_000)).await.unwrap();
    assert!(done.applied && done.summary.unwrap().changed == 1, "{:?}", done.summary);
    let change = &done.rows[0].changes[0];
    assert_eq!((change.old.as_str(), change.new.as_str()), ("29512", "29999"), "{change:?}");

    let baselines = options(pb::ImportKind::Baselines);
    let head = "unit,element,first_day,last_day,value,source,status\n";
    let line = format!("{COMMUNE},so_offences,2019-08-19,2019-09-29,7,NGTK 2019,FINAL\n");
    let base = [("base.csv", format!("{head}{line}").into_bytes())];
    let taken = import(&steward, 4, baselines.clone(), (&base, 50)).await.unwrap();
    assert!(taken.applied && taken.summary.unwrap().created == 1, "{taken:?}");
    let base = [("base.csv", format!("{head}{line}").replace(",7,", ",x,").into_bytes())];
    let told = import(&steward, 5, baselines, (&base, 50)).await.unwrap();
    assert_eq!((told.applied, row_states(&told)), (false, vec![pb::RowState::Refused]));

    let admin = server.enrol_client(PROVINCE, Role::Admin).await;
    let grants = options(pb::ImportKind::Grants);
    let file = |unit: &str| {
        [("roles.csv", format!("account,role,unit\nxa-1,REPORTER,{unit}\n").into_bytes())]
    };
    let given = import(&admin, 6, grants.clone(), (&file(COMMUNE), 50)).await.unwrap();
    assert_eq!((given.applied, row_states(&given)), (true, vec![pb::RowState::Created]));
    let again = import(&admin, 7, grants.clone(), (&file(COMMUNE), 50)).await.unwrap();
    assert_eq!(row_states(&again), [pb::RowState::Unchanged], "{again:?}");
    let told = import(&admin, 8, grants, (&file("nowhere"), 50)).await.unwrap();
    assert_eq!((told.applied, told.findings[0].line), (false, 2), "{told:?}");
    server.close().await;
}

#[tokio::test]
async fn definitions_are_applied_from_pieces_and_a_file_beyond_the_limit_is_refused() {
    let server = TestServer::start().await;
    let head = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let text = String::from_utf8(example_file("campaign-a.toml")).unwrap();
    let text = text.replace("code = \"A\"", "code = \"Y\"");
    let definitions = options(pb::ImportKind::Definitions);
    let files = [("campaign-y.toml", text.into_bytes())];
    let done = import(&head, 1, definitions.clone(), (&files, 999)).await.unwrap();
    assert!(done.applied && done.changes[0].code == "Y", "{done:?}");
    let large = [("x.toml", vec![b'#'; 5 << 20])];
    let refused = import(&head, 2, definitions.clone(), (&large, 1 << 20)).await.unwrap_err();
    assert_eq!(error_reason(&refused), "LIMIT_EXCEEDED", "{refused:?}");
    let partial = pb::ImportOptions { partial: true, ..definitions };
    let refused = import(&head, 3, partial, (&files, 999)).await.unwrap_err();
    assert_eq!(error_reason(&refused), "MALFORMED", "{refused:?}");
    server.close().await;
}

/// Posts a body with the key of a system.
async fn post(
    server: &TestServer,
    system: &System,
    (path, content_type): (&str, &str),
    body: Vec<u8>,
) -> (u16, Value) {
    let authorization = format!("Bearer {}", system.secret.reveal());
    let headers = [
        ("content-type", content_type),
        ("accept-language", "en"),
        ("authorization", authorization.as_str()),
    ];
    let answer = send_http2(server.connect().await, "POST", path, &headers, body).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

fn workbook(text: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(text.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            match cell.parse::<f64>() {
                Ok(figure) => sheet.write_number(row, column, figure).unwrap(),
                Err(_) => sheet.write_string(row, column, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_key_posts_csv_and_a_workbook_of_the_same_week_and_reads_every_verdict_as_json() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let text = week(&system.elements, &[(COMMUNE, "3")]);
    let csv = (CSV_PATH, CSV_TYPE);
    let tried = format!("{CSV_PATH}?dryRun=true");
    let (status, told) = post(&server, &system, (&tried, CSV_TYPE), text.clone().into()).await;
    assert_eq!((status, &told["applied"]), (200, &Value::Bool(false)), "{told}");
    let (status, taken) = post(&server, &system, csv, text.clone().into()).await;
    assert_eq!((status, &taken["summary"]["created"]), (200, &1.into()), "{taken}");
    let book = (CSV_PATH, WORKBOOK_TYPE);
    let (status, same) = post(&server, &system, book, workbook(&text)).await;
    assert_eq!((status, &same["summary"]["unchanged"]), (200, &1.into()), "{same}");
    let four = week(&system.elements, &[(COMMUNE, "4")]);
    let (_, changed) = post(&server, &system, csv, four.into()).await;
    let change = &changed["rows"][0]["changes"][0];
    assert_eq!((&change["old"], &change["new"]), (&"3".into(), &"4".into()), "{changed}");

    let mixed = week(&system.elements, &[(OTHER, "5"), (COMMUNE, "x"), ("com-29266-0", "1")]);
    let (status, told) = post(&server, &system, csv, mixed.clone().into()).await;
    assert_eq!((status, &told["applied"]), (409, &Value::Bool(false)), "{told}");
    let finding = &told["findings"][0];
    assert_eq!((&finding["typed"], &finding["line"]), (&"x".into(), &3.into()), "{told}");
    let path = format!("{CSV_PATH}?partial=true");
    let (status, partly) = post(&server, &system, (&path, CSV_TYPE), mixed.into()).await;
    assert_eq!((status, &partly["applied"]), (409, &Value::Bool(true)), "{partly}");
    assert_eq!(partly["summary"]["created"], 1, "{partly}");
    for query in ["decimal=semicolon", "dry_run=true", "dryRun=yes"] {
        let path = format!("{CSV_PATH}?{query}");
        let (status, told) = post(&server, &system, (&path, CSV_TYPE), text.clone().into()).await;
        assert_eq!(status, 400, "{query}: {told}");
    }
    server.close().await;
}

#[tokio::test]
async fn a_small_workbook_that_would_fill_the_memory_is_refused() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..1100 {
        sheet.write_string(row, 999, "x").unwrap();
    }
    let body = book.save_to_buffer().unwrap();
    let (status, told) = post(&server, &system, (CSV_PATH, WORKBOOK_TYPE), body).await;
    assert_eq!((status, &told["findings"][0]["code"]), (409, &"FILE_TOO_LARGE".into()), "{told}");
    server.close().await;
}

#[tokio::test]
async fn figures_of_people_are_neither_overwritten_nor_told_to_a_system() {
    let server = TestServer::start().await;
    let author = server.enrol_client(COMMUNE, Role::Reporter).await;
    super::report::submit_nil_report(&server, &author).await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let text = week(&system.elements, &[(COMMUNE, "3")]);
    let (status, told) = post(&server, &system, (CSV_PATH, CSV_TYPE), text.into()).await;
    assert_eq!((status, &told["summary"]["held"]), (200, &1.into()), "{told}");
    assert_eq!(told["rows"][0]["changes"], Value::Array(Vec::new()), "{told}");
    server.close().await;
}

#[tokio::test]
async fn a_dhis2_csv_is_read_by_position_and_answered_as_its_json_is() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let mut text = "\"dataelement\",\"period\",\"orgunit\",\"catoptcombo\",\"attroptcombo\",\
                    \"value\",\"storedby\",\"lastupdated\",\"comment\",\"followup\"\n"
        .to_owned();
    for element in &system.elements {
        text.push_str(&format!("\"{element}\",\"2024W34\",\"{COMMUNE}\",,,\"3\",,,,false\n"));
    }
    let path = "/api/dataValueSets";
    let (status, unnamed) =
        post(&server, &system, (path, "application/csv"), text.clone().into()).await;
    assert_eq!(status, 409, "CSV names no data set: {unnamed}");
    let path = format!("{path}?dataSet=tuan-xa");
    let (status, done) =
        post(&server, &system, (&path, "application/csv"), text.clone().into()).await;
    let imported = &done["response"]["importCount"]["imported"];
    assert_eq!((status, imported), (200, &system.elements.len().into()), "{done}");
    let short = "dataelement,period,orgunit\na,2024W34,b\n";
    let (status, told) = post(&server, &system, (&path, "text/csv"), short.into()).await;
    assert_eq!((status, &told["status"]), (409, &"ERROR".into()), "{told}");
    server.close().await;
}
