//! What a desk computes and reads: the catalogue, score sheets, rehearsals of the organisation, due
//! reports, silent devices and the morning report.

use super::jobs::{run_nightly_job, run_nightly_job_as};
use super::report::{error_reason, submit_nil_report};
use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use prost::Message as _;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::CampaignId;
use thidua::domain::support::time::{Timestamp, days_from_date};
use thidua::pb::catalogue_service_client::CatalogueServiceClient;
use thidua::pb::desk_service_client::DeskServiceClient;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::run_service_client::RunServiceClient;
use thidua::pb::scoring_service_client::ScoringServiceClient;
use thidua::pb::{self, Rpc};
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

const COMMUNE: &str = "com-29242-0";
const DISTRICT: &str = "dist-842";
const ROOT: &str = "prov-84";

/// Requests for the permission walk, about a unit where they name one. Nothing of them is written.
pub(super) fn build_desk_requests(unit: &str) -> Vec<(Rpc, Vec<u8>)> {
    let (campaign_code, unit_uid) = ("A".to_owned(), unit.to_owned());
    let scores = pb::EvaluateScoresRequest {
        campaign_code: campaign_code.clone(),
        plan: None,
        unit_uid: unit_uid.clone(),
    };
    let morning = pb::GetMorningReportRequest { campaign_code, unit_uid, ..Default::default() };
    let file = |name: &str| pb::TableFile { name: name.to_owned(), data: b"x".to_vec() };
    let rehearse = pb::RehearseOrganisationRequest {
        units: Some(file("units.csv")),
        parents: Some(file("parents.csv")),
        ..Default::default()
    };
    vec![
        (Rpc::EvaluateScores, scores.encode_to_vec()),
        (Rpc::GetMorningReport, morning.encode_to_vec()),
        (Rpc::RehearseOrganisation, rehearse.encode_to_vec()),
    ]
}

/// Lists about a unit, which tell a stranger nothing.
pub(super) fn build_desk_lists(unit: &str) -> [(Rpc, Vec<u8>); 2] {
    let unit_uid = unit.to_owned();
    let devices = pb::ListUnitDevicesRequest { unit_uid: unit_uid.clone(), ..Default::default() };
    let due = pb::ListDueReportsRequest { unit_uid, ..Default::default() };
    [(Rpc::ListUnitDevices, devices.encode_to_vec()), (Rpc::ListDueReports, due.encode_to_vec())]
}

/// The code of the only violation of a refusal.
fn violation(refused: &Status) -> String {
    let details = refused.get_error_details();
    let codes = details.error_info().and_then(|info| info.metadata.get("violations").cloned());
    codes.unwrap_or_default()
}

fn org_file(name: &str) -> Option<pb::TableFile> {
    let path = format!("{}/examples/tra-vinh/org/{name}", env!("CARGO_MANIFEST_DIR"));
    Some(pb::TableFile { name: name.to_owned(), data: std::fs::read(path).unwrap() })
}

#[tokio::test]
async fn the_catalogue_comes_in_pages_and_drafts_only_to_those_who_define_campaigns() {
    let server = TestServer::start().await;
    let reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut service = CatalogueServiceClient::new(reporter.channel.clone());
    let mut request = pb::ListCatalogueEntriesRequest { page_size: 7, ..Default::default() };
    let mut entries = Vec::new();
    loop {
        let page = service.list_catalogue_entries(reporter.request(request.clone())).await;
        let page = page.unwrap().into_inner();
        entries.extend(page.entries.into_iter().filter_map(|one| one.entry));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    use pb::catalogue_entry::Entry;
    let has = |is_meant: fn(&Entry) -> bool| entries.iter().any(is_meant);
    assert!(has(|one| matches!(one, Entry::Element(element) if element.code == "so_offences")));
    assert!(has(|one| matches!(one, Entry::Form(form) if !form.element_numbers.is_empty())));
    assert!(has(|one| matches!(one, Entry::Contract(contract) if contract.code == "tuan-xa")));
    assert!(has(|one| matches!(one, Entry::Calendar(calendar) if calendar.code == "week")));
    let drafts = pb::ListCatalogueEntriesRequest { include_drafts: true, ..Default::default() };
    let refused = service.list_catalogue_entries(reporter.request(drafts)).await.unwrap_err();
    assert!(["DENIED", "NOT_FOUND"].contains(&error_reason(&refused).as_str()), "{refused:?}");
    request.include_drafts = true;
    let other = service.list_catalogue_entries(reporter.request(request)).await.unwrap_err();
    assert_eq!(error_reason(&other), "BAD_PAGE_TOKEN");
    server.close().await;
}

async fn rehearse(
    steward: &TestClient,
    change: impl FnOnce(&mut pb::RehearseOrganisationRequest),
) -> Result<pb::RehearseOrganisationResponse, Status> {
    let mut request = pb::RehearseOrganisationRequest {
        units: org_file("units.csv"),
        parents: org_file("parents.csv"),
        lineage: org_file("lineage.csv"),
        effective_day: Some(days_from_date(date(2025, 7, 1))),
        ..Default::default()
    };
    change(&mut request);
    let mut service = OrgServiceClient::new(steward.channel.clone());
    let answer = service.rehearse_organisation(steward.request(request)).await;
    answer.map(Response::into_inner)
}

#[tokio::test]
async fn a_steward_rehearses_a_reform_from_files_and_is_told_what_is_wrong_with_them() {
    let server = TestServer::start().await;
    let steward = server.enrol_client(ROOT, Role::DataSteward).await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let answer = rehearse(&steward, |_| ()).await.unwrap();
    let rehearsal = answer.rehearsal.unwrap();
    assert!(rehearsal.reconciled && rehearsal.closing_units.len() > 50, "{rehearsal:?}");
    assert_eq!(rehearsal.effective_days, [days_from_date(date(2025, 7, 1))]);
    let earlier = rehearse(&steward, |request| {
        request.effective_day = Some(days_from_date(date(2025, 1, 1)));
    });
    let earlier = earlier.await.unwrap().rehearsal.unwrap();
    let commune = earlier.closing_units.iter().find(|one| one.unit.contains(COMMUNE));
    assert!(commune.is_none_or(|one| one.devices == 1), "its phone is counted: {commune:?}");

    let bad = rehearse(&steward, |request| {
        request.units = Some(pb::TableFile { name: "units.csv".into(), data: b"x,y\n".to_vec() });
    });
    let bad = bad.await.unwrap();
    assert!(bad.rehearsal.is_none() && bad.findings[0].file == "units.csv", "{bad:?}");
    let still = rehearse(&steward, |request| request.effective_day = Some(30_000)).await;
    assert_eq!(violation(&still.unwrap_err()), "NO_CHANGE");
    let unknown = rehearse(&steward, |request| request.campaign_code = "Z".into()).await;
    assert_eq!(violation(&unknown.unwrap_err()), "UNKNOWN_CAMPAIGN");
    let empty = rehearse(&steward, |request| request.parents = None).await.unwrap_err();
    assert_eq!(error_reason(&empty), "MALFORMED");
    let stranger = rehearse(&phone, |_| ()).await.unwrap_err();
    assert!(["DENIED", "NOT_FOUND"].contains(&error_reason(&stranger).as_str()));
    server.close().await;
}

async fn evaluate(
    client: &TestClient,
    request: pb::EvaluateScoresRequest,
) -> Result<pb::EvaluateScoresResponse, Status> {
    let mut service = ScoringServiceClient::new(client.channel.clone());
    service.evaluate_scores(client.request(request)).await.map(Response::into_inner)
}

#[tokio::test]
async fn score_sheets_wait_for_figures_name_the_faults_of_a_plan_and_rank_nobody() {
    let server = TestServer::start().await;
    let author = server.enrol_client(COMMUNE, Role::Reporter).await;
    submit_nil_report(&server, &author).await;
    // Weeks later reports are due, and are not there.
    server.clock.set(Timestamp::from_local_midnight(date(2024, 9, 30)));
    let steward = server.enrol_client(ROOT, Role::DataSteward).await;
    run_nightly_job(&steward).await;
    let head = server.enrol_client(ROOT, Role::CampaignHead).await;
    let request = pb::EvaluateScoresRequest { campaign_code: "A".into(), ..Default::default() };
    let all = evaluate(&head, request.clone()).await.unwrap();
    let units: Vec<&str> = all.sheets.iter().map(|one| one.unit_uid.as_str()).collect();
    assert!(units.contains(&DISTRICT) && units.is_sorted(), "in the order of codes: {units:?}");
    let sheet = &all.sheets[0];
    assert!(sheet.total.is_none() && !sheet.lines.is_empty(), "{sheet:?}");
    let plan = |text: &str| Some(pb::DefinitionFile { name: "p.toml".into(), text: text.into() });
    let leaf = "code = \"A\"\n[[leaves]]\ncode = \"T9\"\nkind = \"QUANT\"\nweight = \"60\"\n";
    let bad = pb::EvaluateScoresRequest { plan: plan(leaf), ..request.clone() };
    let bad = evaluate(&head, bad).await.unwrap();
    assert!(bad.sheets.is_empty() && bad.findings[0].code == "BAD_PLAN", "{bad:?}");
    let unknown = pb::EvaluateScoresRequest { campaign_code: "Z".into(), ..request.clone() };
    assert_eq!(violation(&evaluate(&head, unknown).await.unwrap_err()), "UNKNOWN_CAMPAIGN");
    let control = pb::EvaluateScoresRequest { campaign_code: "A\u{1b}".into(), ..request.clone() };
    assert_eq!(error_reason(&evaluate(&head, control).await.unwrap_err()), "CONTROL_CHARACTER");
    let huge = pb::DefinitionFile { name: "p.toml".into(), text: " ".repeat(1024 * 1024 + 1) };
    let huge = pb::EvaluateScoresRequest { plan: Some(huge), ..request.clone() };
    assert_eq!(error_reason(&evaluate(&head, huge).await.unwrap_err()), "LIMIT_EXCEEDED");
    let nowhere = pb::EvaluateScoresRequest { unit_uid: "khong-co".into(), ..request };
    assert_eq!(error_reason(&evaluate(&head, nowhere).await.unwrap_err()), "NOT_FOUND");
    server.close().await;
}

#[tokio::test]
async fn a_desk_reads_who_owes_what_where_phones_are_silent_and_the_morning_report() {
    let server = TestServer::start().await;
    let author = server.enrol_client(COMMUNE, Role::Reporter).await;
    submit_nil_report(&server, &author).await;
    let steward = server.enrol_client(ROOT, Role::DataSteward).await;
    run_nightly_job(&steward).await;
    let head = server.enrol_client(ROOT, Role::CampaignHead).await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    let mut desk = DeskServiceClient::new(head.channel.clone());
    let request = pb::ListDueReportsRequest { page_size: 500, ..Default::default() };
    let due = desk.list_due_reports(head.request(request)).await.unwrap().into_inner();
    assert!(due.reports.iter().all(|one| !one.unit_name.is_empty() && !one.contract.is_empty()));
    let request = pb::ListUnitDevicesRequest { page_size: 500, ..Default::default() };
    let mut devices = DeskServiceClient::new(admin.channel.clone());
    let fleet = devices.list_unit_devices(admin.request(request)).await.unwrap().into_inner();
    let own = fleet.units.iter().find(|one| one.unit_uid == COMMUNE).unwrap();
    assert_eq!((own.devices, own.last_contact()), (1, pb::LastContact::Today), "{own:?}");
    let request = |phase| pb::GetMorningReportRequest {
        campaign_code: "A".into(),
        phase,
        unit_uid: DISTRICT.into(),
        ..Default::default()
    };
    let morning = desk.get_morning_report(head.request(request(0))).await.unwrap().into_inner();
    assert!(morning.name.starts_with("thidua-A-0-dist-842-"), "{}", morning.name);
    assert!(morning.page.contains("<html") && morning.workbook.starts_with(b"PK"));
    let refused = desk.get_morning_report(head.request(request(9))).await.unwrap_err();
    assert_eq!(violation(&refused), "NO_PHASE");
    let request = pb::ListDueReportsRequest { page_size: -1, ..Default::default() };
    let refused = desk.list_due_reports(head.request(request)).await.unwrap_err();
    assert_eq!(error_reason(&refused), "MALFORMED");
    server.close().await;
}

#[tokio::test]
async fn the_morning_report_of_an_earlier_run_stays_as_it_was() {
    let server = TestServer::start().await;
    let mut steward = server.enrol_client(ROOT, Role::DataSteward).await;
    let mut head = server.enrol_client(ROOT, Role::CampaignHead).await;
    let mut desk = DeskServiceClient::new(head.channel.clone());
    let request = |run_id| pb::GetMorningReportRequest {
        campaign_code: "A".into(),
        unit_uid: COMMUNE.into(),
        run_id,
        ..Default::default()
    };
    run_nightly_job_as(&steward, 1).await;
    let first = desk.get_morning_report(head.request(request(Vec::new()))).await.unwrap();
    let of_campaign = pb::ListRunsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        ..Default::default()
    };
    let mut runs = RunServiceClient::new(head.channel.clone());
    let listed = runs.list_runs(head.request(of_campaign)).await.unwrap().into_inner();
    let run_id = listed.runs[0].run_id.clone();

    server.clock.set(Timestamp::from_local_midnight(date(2024, 9, 3)));
    let author = server.enrol_client(COMMUNE, Role::Reporter).await;
    submit_nil_report(&server, &author).await;
    steward.renew_token().await.unwrap();
    head.renew_token().await.unwrap();
    run_nightly_job_as(&steward, 2).await;
    let latest = desk.get_morning_report(head.request(request(Vec::new()))).await.unwrap();
    let earlier = desk.get_morning_report(head.request(request(run_id))).await.unwrap();
    assert_eq!(earlier.get_ref().page, first.get_ref().page);
    assert_ne!(latest.get_ref().page, first.get_ref().page);
    let unknown = desk.get_morning_report(head.request(request(vec![7; 16]))).await.unwrap_err();
    assert_eq!(error_reason(&unknown), "NOT_FOUND");
    server.close().await;
}
