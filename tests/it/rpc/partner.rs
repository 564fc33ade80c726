//! Partner agencies: keys that open so much and no more, runs as they appear, figures under five hidden.

use super::night::run_the_night;
use crate::harness::{PARTNERS, Phone, Town};
use std::time::Duration;
use thidua::app::partner::KeyWish;
use thidua::auth::{self, Secret};
use thidua::domain::element::CountingLevel;
use thidua::domain::ids::{AccountId, CampaignId, KeyId, UnitId};
use thidua::domain::partner::Read;
use thidua::domain::permission::{Grant, Role};
use thidua::domain::time::DAY_MICROS;
use thidua::files::baseline;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::partner_service_client::PartnerServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Request};

const COURT: &str = "toa-an";

fn agency(town: &Town) -> AccountId {
    let account = AccountId::named(COURT);
    let today = town.app.now().local_date();
    let grant = Grant {
        role: Role::PartnerReader,
        unit: UnitId::named("prov-84"),
        from: today,
        to: today.saturating_add(jiff::Span::new().years(2)),
    };
    town.app.grant(&town.app.system().unwrap(), account, COURT, &grant).unwrap();
    account
}

fn key(town: &Town, unit: &str, campaign: Option<&str>, reads: &[Read]) -> (KeyId, Secret) {
    let (id, secret, hash) = auth::service_key().unwrap();
    let wish = KeyWish {
        account: AccountId::named(COURT),
        unit: UnitId::named(unit),
        campaign: campaign.map(CampaignId::named),
        reads: reads.to_vec(),
        days: 30,
    };
    town.app.issue_key(&town.app.system().unwrap(), id, &hash, wish).unwrap();
    (id, secret)
}

fn with<M>(secret: &Secret, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {}", secret.reveal()).parse().unwrap());
    request
}

fn all() -> pb::FollowRunsRequest {
    pb::FollowRunsRequest { once: true, ..Default::default() }
}

async fn runs(
    client: &mut PartnerServiceClient<Channel>,
    secret: &Secret,
    cursor: Vec<u8>,
) -> Vec<pb::FollowRunsResponse> {
    let ask = pb::FollowRunsRequest { cursor, once: true, ..Default::default() };
    let mut stream = client.follow_runs(with(secret, ask)).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(told) = stream.message().await.unwrap() {
        found.push(told);
    }
    found
}

async fn standings(
    client: &mut PartnerServiceClient<Channel>,
    secret: &Secret,
    run_id: Vec<u8>,
) -> Vec<pb::PublishedStanding> {
    let mut ask = pb::ListRunStandingsRequest { run_id, page_size: 7, page_token: String::new() };
    let mut all = Vec::new();
    loop {
        let page = client.list_run_standings(with(secret, ask.clone())).await.unwrap().into_inner();
        all.extend(page.standings);
        if page.next_page_token.is_empty() {
            return all;
        }
        ask.page_token = page.next_page_token;
    }
}

/// Last year's figures of the example: many a district counted less than five of something.
fn give_a_past(town: &Town) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tra-vinh/baseline.csv")).unwrap();
    let level = |uid: &str| match uid.split('-').next().unwrap() {
        "com" => Some(CountingLevel::Commune),
        "dist" => Some(CountingLevel::District),
        "dep" => Some(CountingLevel::Department),
        _ => Some(CountingLevel::Province),
    };
    let reference = town.app.store().read(|tx| town.app.reference(tx)).unwrap();
    let rows = baseline::read("baseline.csv", &text, 1, &reference.catalogue, level).unwrap().rows().unwrap();
    town.app.import_baselines(&town.app.system().unwrap(), &rows).unwrap();
}

async fn town_with_a_run() -> (Town, Phone) {
    let town = Town::open().await;
    give_a_past(&town);
    let admin = town.phone("prov-84", Role::Admin).await;
    run_the_night(&admin).await;
    (town, admin)
}

#[tokio::test]
async fn an_agency_follows_the_runs_and_reads_one_with_its_definitions_and_no_small_figure() {
    let (town, _admin) = town_with_a_run().await;
    agency(&town);
    let (_, secret) = key(&town, "prov-84", None, Read::ALL);
    let mut client = PartnerServiceClient::new(town.channel().await);
    let found = runs(&mut client, &secret, Vec::new()).await;
    assert_eq!(found.len(), 1);
    let run = found[0].run.clone().unwrap();
    assert_eq!((run.campaign_code.as_str(), run.number), ("A", 1));
    assert_eq!(runs(&mut client, &secret, found[0].cursor.clone()).await, [], "resumes behind what it has");

    let sheet =
        client.get_run(with(&secret, pb::GetRunRequest { run_id: run.run_id.clone() })).await.unwrap().into_inner();
    assert!(sheet.targets.iter().any(|target| target.code == "T1" && !target.formula.is_empty()));
    let codes: Vec<_> = sheet.elements.iter().map(|element| element.code.clone()).collect();

    let lines = standings(&mut client, &secret, run.run_id).await;
    assert!(lines.iter().all(|line| line.unit_code == "prov-84" || line.unit_code.starts_with("dist-")));
    assert!(lines.iter().all(|line| line.finality() == pb::Finality::Preliminary && line.definition_version > 0));
    assert!(lines.iter().all(|line| line.view() == pb::StandingView::AsWas));
    let target =
        |line: &pb::PublishedStanding| line.target_code.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned();
    let order: Vec<_> =
        lines.iter().map(|line| (line.unit_code != "prov-84", line.phase_number, target(line))).collect();
    let of_province: Vec<_> = order.iter().filter(|(below, ..)| !below).collect();
    assert!(of_province.len() > 2 && of_province.is_sorted(), "by phase, then target: {of_province:?}");
    let figures: Vec<_> = lines.iter().flat_map(|line| &line.figures).collect();
    assert!(figures.iter().all(|figure| codes.contains(&figure.element_code)));
    let cells =
        figures.iter().flat_map(|figure| [&figure.value, &figure.baseline_now, &figure.baseline_full]).flatten();
    assert!(cells.clone().any(|cell| cell.suppressed), "some district counts less than five of something");
    assert!(cells.clone().any(|cell| !cell.suppressed));
    assert!(cells.clone().all(|cell| cell.figure.is_none_or(|figure| figure >= 5)));
    assert!(cells.clone().all(|cell| cell.suppressed == cell.figure.is_none()));
    town.close().await;
}

#[tokio::test]
async fn a_key_opens_its_units_campaign_and_calls_and_no_other_service() {
    let (town, _admin) = town_with_a_run().await;
    agency(&town);
    let (narrow, secret) = key(&town, "dist-842", Some("A"), &[Read::Standings]);
    let (_, whole) = key(&town, "prov-84", None, Read::ALL);
    let mut client = PartnerServiceClient::new(town.channel().await);
    let run_id = runs(&mut client, &whole, Vec::new()).await[0].cursor.clone();

    let refused = client.follow_runs(with(&secret, all())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "it reads standings only");
    let part = standings(&mut client, &secret, run_id.clone()).await;
    assert!(!part.is_empty() && part.iter().all(|line| line.unit_code == "dist-842"));
    let same: Vec<_> = standings(&mut client, &whole, run_id.clone()).await;
    let same: Vec<_> = same.into_iter().filter(|line| line.unit_code == "dist-842").collect();
    assert_eq!(part, same, "who sees less sees the same holes");

    let mut org = OrgServiceClient::new(town.channel().await);
    let refused = org.list_units(with(&whole, pb::ListUnitsRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "a key opens partners' calls alone");

    let system = town.app.system().unwrap();
    let (id, _, hash) = auth::service_key().unwrap();
    let wish = |unit: &str, days| KeyWish {
        account: AccountId::named(COURT),
        unit: UnitId::named(unit),
        campaign: None,
        reads: Read::ALL.to_vec(),
        days,
    };
    let third = town.app.issue_key(&system, id, &hash, wish("prov-84", 30)).unwrap_err();
    assert!(format!("{third:?}").contains("KEYS_ALIVE"), "{third:?}");
    town.app.revoke_key(&system, narrow).unwrap();
    let long = town.app.issue_key(&system, id, &hash, wish("prov-84", 366)).unwrap_err();
    assert!(format!("{long:?}").contains("KEY_DAYS"), "{long:?}");
    town.app.issue_key(&system, id, &hash, wish("prov-84", 365)).unwrap();
    let refused = client.list_run_standings(with(&secret, pb::ListRunStandingsRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "revoked");
    town.close().await;
}

#[tokio::test]
async fn a_follower_hears_of_a_new_run_and_of_the_end_of_its_key() {
    let (town, admin) = town_with_a_run().await;
    agency(&town);
    let (id, secret) = key(&town, "prov-84", None, Read::ALL);
    let mut client = PartnerServiceClient::new(town.channel().await);
    let ask = pb::FollowRunsRequest::default();
    let mut stream = client.follow_runs(with(&secret, ask)).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().run.unwrap().number, 1);

    town.clock.set(town.app.now().plus_micros(DAY_MICROS));
    town.app.aggregate(&town.app.system().unwrap(), |_| Ok(true)).unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), stream.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(told.run.unwrap().number, 2);

    town.app.revoke_key(&town.app.system().unwrap(), id).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.message()).await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unauthenticated);
    drop(admin);
    town.close().await;
}

#[tokio::test]
async fn an_unknown_cursor_begins_anew_and_a_reporter_is_no_partner() {
    let (town, _admin) = town_with_a_run().await;
    agency(&town);
    let (_, secret) = key(&town, "prov-84", None, Read::ALL);
    let mut client = PartnerServiceClient::new(town.channel().await);
    let again = runs(&mut client, &secret, vec![9; 16]).await;
    assert!(again.len() == 1 && again[0].restarted);
    let unknown = client.get_run(with(&secret, pb::GetRunRequest { run_id: vec![9; 16] })).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    let reporter = town.phone("com-29242-0", Role::Reporter).await;
    let mut own = PartnerServiceClient::new(reporter.channel.clone());
    let refused = own.follow_runs(reporter.request(all())).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::NotFound, unknown.message()), "as if there were nothing");
    let partner = town.phone("prov-84", Role::PartnerReader).await;
    let mut own = PartnerServiceClient::new(partner.channel.clone());
    assert!(own.follow_runs(partner.request(all())).await.is_ok(), "a device of a partner may, too");
    town.close().await;
}

/// An authority whose certificates the server knows its partners by.
fn partners() -> (rcgen::Issuer<'static, rcgen::KeyPair>, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    (rcgen::Issuer::new(params, key), pem)
}

#[tokio::test]
async fn a_certificate_that_names_a_key_opens_what_the_key_opens_and_ends_with_it() {
    let dir = Town::open().await.stop().await;
    let (issuer, pem) = partners();
    std::fs::write(dir.path().join(PARTNERS), pem).unwrap();
    let town = Town::beside(dir.path()).await;
    town.app.aggregate(&town.app.system().unwrap(), |_| Ok(true)).unwrap();
    agency(&town);
    let (id, _) = key(&town, "prov-84", None, &[Read::Runs]);

    let own = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![rcgen::SanType::URI(format!("thidua:key:{id}").try_into().unwrap())];
    let certificate = params.signed_by(&own, &issuer).unwrap();
    let mut client = PartnerServiceClient::new(town.certified_channel(&certificate, &own).await);
    let mut stream = client.follow_runs(all()).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().run.unwrap().number, 1);
    let ask = pb::ListRunStandingsRequest { run_id: vec![1; 16], ..Default::default() };
    assert_eq!(client.list_run_standings(ask).await.unwrap_err().code(), Code::PermissionDenied, "runs only");
    let mut org = OrgServiceClient::new(town.certified_channel(&certificate, &own).await);
    let refused = org.list_units(pb::ListUnitsRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "partners' calls alone");

    town.app.revoke_key(&town.app.system().unwrap(), id).unwrap();
    assert_eq!(client.follow_runs(all()).await.unwrap_err().code(), Code::Unauthenticated);
    let mut bare = PartnerServiceClient::new(town.channel().await);
    assert_eq!(bare.follow_runs(all()).await.unwrap_err().code(), Code::Unauthenticated, "no certificate, no key");
    town.close().await;
}
