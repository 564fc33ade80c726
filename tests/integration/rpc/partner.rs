//! Partner agencies: the scope of their keys, following runs, suppressed figures below five.

use super::jobs::run_nightly_job;
use crate::harness::{PARTNER_CA_FILE, TestClient, TestServer};
use std::time::Duration;
use thidua::app::partner::ServiceKeyRequest;
use thidua::auth::{self, GeneratedSecret};
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::report::element::CountingLevel;
use thidua::domain::support::ids::{AccountId, CampaignId, ServiceKeyId, UnitId};
use thidua::domain::support::time::DAY_MICROS;
use thidua::files::baseline;
use thidua::files::table::TableInput;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::partner_service_client::PartnerServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Request};

const COURT: &str = "toa-an";
/// What a key may read.
pub(crate) const READS: [PartnerCall; 2] = [PartnerCall::Runs, PartnerCall::Standings];

pub(crate) fn create_partner_account(server: &TestServer) -> AccountId {
    let account = AccountId::from_code(COURT);
    let today = server.app.now().local_date();
    let grant = Grant {
        role: Role::PartnerReader,
        unit: UnitId::from_code("prov-84"),
        from: today,
        to: today.saturating_add(jiff::Span::new().years(2)),
    };
    server.app.grant_role(&server.app.system_actor().unwrap(), account, COURT, &grant).unwrap();
    account
}

pub(crate) fn create_service_key(
    server: &TestServer,
    unit: &str,
    campaign: Option<&str>,
    reads: &[PartnerCall],
) -> (ServiceKeyId, GeneratedSecret) {
    let (id, secret, hash) = auth::generate_service_key().unwrap();
    let key_request = ServiceKeyRequest {
        account: AccountId::from_code(COURT),
        unit: UnitId::from_code(unit),
        campaign: campaign.map(CampaignId::from_code),
        allowed_calls: reads.to_vec(),
        contracts: Vec::new(),
        valid_days: 30,
    };
    server
        .app
        .issue_service_key(&server.app.system_actor().unwrap(), id, &hash, &key_request)
        .unwrap();
    (id, secret)
}

fn with_secret<M>(secret: &GeneratedSecret, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {}", secret.reveal()).parse().unwrap());
    request
}

fn follow_all_request() -> pb::FollowRunsRequest {
    pb::FollowRunsRequest { once: true, ..Default::default() }
}

pub(crate) async fn read_runs(
    client: &mut PartnerServiceClient<Channel>,
    secret: &GeneratedSecret,
    cursor: Vec<u8>,
) -> Vec<pb::FollowRunsResponse> {
    let rpc_request = pb::FollowRunsRequest { cursor, once: true, ..Default::default() };
    let mut stream =
        client.follow_runs(with_secret(secret, rpc_request)).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(received) = stream.message().await.unwrap() {
        found.push(received);
    }
    found
}

pub(crate) async fn read_standings(
    client: &mut PartnerServiceClient<Channel>,
    secret: &GeneratedSecret,
    run_id: Vec<u8>,
) -> Vec<pb::PublishedStanding> {
    let mut rpc_request =
        pb::ListRunStandingsRequest { run_id, page_size: 7, page_token: String::new() };
    let mut all = Vec::new();
    loop {
        let page = client
            .list_run_standings(with_secret(secret, rpc_request.clone()))
            .await
            .unwrap()
            .into_inner();
        all.extend(page.standings);
        if page.next_page_token.is_empty() {
            return all;
        }
        rpc_request.page_token = page.next_page_token;
    }
}

/// Imports the example's figures of the year before: many districts counted less than five of an
/// element.
pub(crate) fn import_baseline(server: &TestServer) {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/tra-vinh/baseline.csv"
    ))
    .unwrap();
    let level = |uid: &str| match uid.split('-').next().unwrap() {
        "com" => Some(CountingLevel::Commune),
        "dist" => Some(CountingLevel::District),
        "dep" => Some(CountingLevel::Department),
        _ => Some(CountingLevel::Province),
    };
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let rows = baseline::read_baselines(
        &TableInput::new("baseline.csv", &text),
        1,
        &reference.catalogue,
        level,
    )
    .unwrap()
    .into_rows()
    .unwrap();
    server.app.import_baselines(&server.app.system_actor().unwrap(), &rows).unwrap();
}

async fn server_with_run() -> (TestServer, TestClient) {
    let server = TestServer::start().await;
    import_baseline(&server);
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    run_nightly_job(&admin).await;
    (server, admin)
}

#[tokio::test]
async fn an_agency_follows_the_runs_and_reads_one_with_its_definitions_and_no_small_figure() {
    let (server, _admin) = server_with_run().await;
    create_partner_account(&server);
    let (_, secret) = create_service_key(&server, "prov-84", None, &READS);
    let mut client = PartnerServiceClient::new(server.connect().await);
    let found = read_runs(&mut client, &secret, Vec::new()).await;
    assert_eq!(found.len(), 1);
    let run = found[0].run.clone().unwrap();
    assert_eq!((run.campaign_code.as_str(), run.number), ("A", 1));
    assert_eq!(
        read_runs(&mut client, &secret, found[0].cursor.clone()).await,
        [],
        "resumes behind what it has"
    );

    let sheet = client
        .get_run(with_secret(&secret, pb::GetRunRequest { run_id: run.run_id.clone() }))
        .await
        .unwrap()
        .into_inner();
    assert!(sheet.targets.iter().any(|target| target.code == "T1" && !target.formula.is_empty()));
    let codes: Vec<_> = sheet.elements.iter().map(|element| element.code.clone()).collect();

    let lines = read_standings(&mut client, &secret, run.run_id).await;
    assert!(
        lines.iter().all(|line| line.unit_code == "prov-84" || line.unit_code.starts_with("dist-"))
    );
    assert!(
        lines.iter().all(|line| line.finality() == pb::Finality::Preliminary
            && line.definition_version > 0)
    );
    assert!(lines.iter().all(|line| line.view() == pb::StandingView::AsWas));
    let target = |line: &pb::PublishedStanding| {
        line.target_code.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned()
    };
    let order: Vec<_> = lines
        .iter()
        .map(|line| (line.unit_code != "prov-84", line.phase_number, target(line)))
        .collect();
    let of_province: Vec<_> = order.iter().filter(|(below, ..)| !below).collect();
    assert!(
        of_province.len() > 2 && of_province.is_sorted(),
        "by phase, then target: {of_province:?}"
    );
    let figures: Vec<_> = lines.iter().flat_map(|line| &line.figures).collect();
    assert!(figures.iter().all(|figure| codes.contains(&figure.element_code)));
    let cells = figures
        .iter()
        .flat_map(|figure| [&figure.value, &figure.baseline_now, &figure.baseline_full])
        .flatten();
    assert!(
        cells.clone().any(|cell| cell.suppressed),
        "some district counts less than five of something"
    );
    assert!(cells.clone().any(|cell| !cell.suppressed));
    assert!(cells.clone().all(|cell| cell.figure.is_none_or(|figure| figure >= 5)));
    assert!(cells.clone().all(|cell| cell.suppressed == cell.figure.is_none()));
    server.close().await;
}

#[tokio::test]
async fn a_key_opens_its_units_campaign_and_calls_and_no_other_service() {
    let (server, _admin) = server_with_run().await;
    create_partner_account(&server);
    let (narrow, secret) =
        create_service_key(&server, "dist-842", Some("A"), &[PartnerCall::Standings]);
    let (_, whole) = create_service_key(&server, "prov-84", None, &READS);
    let mut client = PartnerServiceClient::new(server.connect().await);
    let run_id = read_runs(&mut client, &whole, Vec::new()).await[0].cursor.clone();

    let refused = client.follow_runs(with_secret(&secret, follow_all_request())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "it reads standings only");
    let part = read_standings(&mut client, &secret, run_id.clone()).await;
    assert!(!part.is_empty() && part.iter().all(|line| line.unit_code == "dist-842"));
    let same: Vec<_> = read_standings(&mut client, &whole, run_id.clone()).await;
    let same: Vec<_> = same.into_iter().filter(|line| line.unit_code == "dist-842").collect();
    assert_eq!(part, same, "who sees less sees the same holes");

    let mut org = OrgServiceClient::new(server.connect().await);
    let refused =
        org.list_units(with_secret(&whole, pb::ListUnitsRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "a key opens partners' calls alone");

    let system = server.app.system_actor().unwrap();
    let (id, _, hash) = auth::generate_service_key().unwrap();
    let key_request = |unit: &str, days| ServiceKeyRequest {
        account: AccountId::from_code(COURT),
        unit: UnitId::from_code(unit),
        campaign: None,
        allowed_calls: vec![PartnerCall::Runs, PartnerCall::Standings],
        contracts: Vec::new(),
        valid_days: days,
    };
    let third =
        server.app.issue_service_key(&system, id, &hash, &key_request("prov-84", 30)).unwrap_err();
    assert!(format!("{third:?}").contains("KEYS_ALIVE"), "{third:?}");
    server.app.revoke_service_key(&system, narrow).unwrap();
    let long =
        server.app.issue_service_key(&system, id, &hash, &key_request("prov-84", 366)).unwrap_err();
    assert!(format!("{long:?}").contains("KEY_DAYS"), "{long:?}");
    server.app.issue_service_key(&system, id, &hash, &key_request("prov-84", 365)).unwrap();
    let refused = client
        .list_run_standings(with_secret(&secret, pb::ListRunStandingsRequest::default()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "revoked");
    server.close().await;
}

#[tokio::test]
async fn a_follower_hears_of_a_new_run_and_of_the_end_of_its_key() {
    let (server, admin) = server_with_run().await;
    create_partner_account(&server);
    let (id, secret) = create_service_key(&server, "prov-84", None, &READS);
    let mut client = PartnerServiceClient::new(server.connect().await);
    let rpc_request = pb::FollowRunsRequest::default();
    let mut stream =
        client.follow_runs(with_secret(&secret, rpc_request)).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().run.unwrap().number, 1);

    server.clock.set(server.app.now().saturating_add_micros(DAY_MICROS));
    server.app.aggregate_campaigns(&server.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    let received = tokio::time::timeout(Duration::from_secs(10), stream.message())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(received.run.unwrap().number, 2);

    server.app.revoke_service_key(&server.app.system_actor().unwrap(), id).unwrap();
    let ended =
        tokio::time::timeout(Duration::from_secs(10), stream.message()).await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unauthenticated);
    drop(admin);
    server.close().await;
}

#[tokio::test]
async fn an_unknown_cursor_begins_anew_and_a_reporter_is_no_partner() {
    let (server, _admin) = server_with_run().await;
    create_partner_account(&server);
    let (_, secret) = create_service_key(&server, "prov-84", None, &READS);
    let mut client = PartnerServiceClient::new(server.connect().await);
    let again = read_runs(&mut client, &secret, vec![9; 16]).await;
    assert!(again.len() == 1 && again[0].restarted);
    let unknown = client
        .get_run(with_secret(&secret, pb::GetRunRequest { run_id: vec![9; 16] }))
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    let reporter = server.enrol_client("com-29242-0", Role::Reporter).await;
    let mut own = PartnerServiceClient::new(reporter.channel.clone());
    let refused = own.follow_runs(reporter.request(follow_all_request())).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::NotFound, unknown.message()),
        "as if there were nothing"
    );
    let partner = server.enrol_client("prov-84", Role::PartnerReader).await;
    let mut own = PartnerServiceClient::new(partner.channel.clone());
    assert!(
        own.follow_runs(partner.request(follow_all_request())).await.is_ok(),
        "a device of a partner may, too"
    );
    server.close().await;
}

/// A CA that the server accepts for partners' client certificates.
fn create_partner_ca() -> (rcgen::Issuer<'static, rcgen::KeyPair>, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    (rcgen::Issuer::new(params, key), pem)
}

#[tokio::test]
async fn a_certificate_that_names_a_key_opens_what_the_key_opens_and_ends_with_it() {
    let dir = TestServer::start().await.stop().await;
    let (issuer, pem) = create_partner_ca();
    std::fs::write(dir.path().join(PARTNER_CA_FILE), pem).unwrap();
    let server = TestServer::serve_dir(dir.path()).await;
    server.app.aggregate_campaigns(&server.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    create_partner_account(&server);
    let (id, _) = create_service_key(&server, "prov-84", None, &[PartnerCall::Runs]);

    let own = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names =
        vec![rcgen::SanType::URI(format!("thidua:key:{id}").try_into().unwrap())];
    let certificate = params.signed_by(&own, &issuer).unwrap();
    let mut client =
        PartnerServiceClient::new(server.connect_with_certificate(&certificate, &own).await);
    let mut stream = client.follow_runs(follow_all_request()).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().run.unwrap().number, 1);
    let rpc_request = pb::ListRunStandingsRequest { run_id: vec![1; 16], ..Default::default() };
    assert_eq!(
        client.list_run_standings(rpc_request).await.unwrap_err().code(),
        Code::PermissionDenied,
        "runs only"
    );
    let mut org = OrgServiceClient::new(server.connect_with_certificate(&certificate, &own).await);
    let refused = org.list_units(pb::ListUnitsRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "partners' calls alone");

    server.app.revoke_service_key(&server.app.system_actor().unwrap(), id).unwrap();
    assert_eq!(
        client.follow_runs(follow_all_request()).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let mut anonymous = PartnerServiceClient::new(server.connect().await);
    assert_eq!(
        anonymous.follow_runs(follow_all_request()).await.unwrap_err().code(),
        Code::Unauthenticated,
        "no certificate, no key"
    );
    server.close().await;
}
