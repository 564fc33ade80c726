//! Jobs, standings and the audit: what the night publishes, and what is written down of it.

use crate::harness::{Phone, Town};
use thidua::domain::ids::{CampaignId, UnitId};
use thidua::domain::permission::Role;
use thidua::pb;
use thidua::pb::audit_service_client::AuditServiceClient;
use thidua::pb::job_service_client::JobServiceClient;
use thidua::pb::standing_service_client::StandingServiceClient;
use tonic::Code;

const DISTRICT: &str = "dist-842";

pub(crate) async fn run_the_night(admin: &Phone) -> pb::JobRun {
    let mut jobs = JobServiceClient::new(admin.channel.clone());
    let ask = pb::RunJobRequest { request_id: vec![1; 16], name: "aggregate".into() };
    let mut progress = jobs.run_job(admin.request(ask)).await.unwrap().into_inner();
    let mut run = None;
    while let Some(step) = progress.message().await.unwrap() {
        run = step.run;
    }
    run.unwrap()
}

#[tokio::test]
async fn an_administrator_runs_the_night_and_a_district_reads_its_standings_in_unit_order() {
    let town = Town::open().await;
    let admin = town.phone("prov-84", Role::Admin).await;
    let district = town.phone(DISTRICT, Role::Reviewer).await;
    let first = run_the_night(&admin).await;
    assert_eq!(first.state(), pb::JobRunState::Done);
    assert_eq!(run_the_night(&admin).await, first, "the same request is one run");

    let mut standings = StandingServiceClient::new(district.channel.clone());
    let ask = pb::ListStandingsRequest {
        campaign_id: CampaignId::named("A").0.to_vec(),
        unit_id: UnitId::named(DISTRICT).0.to_vec(),
        ..Default::default()
    };
    let page = standings.list_standings(district.request(ask)).await.unwrap().into_inner();
    assert_eq!(page.latest_run.unwrap().number, 1);
    let codes: Vec<_> = page.standings.iter().map(|one| one.record.clone().unwrap().judgement.unwrap().code).collect();
    assert!(codes.contains(&"T1".to_owned()), "{codes:?}");

    let one = page.standings[0].clone();
    let ask = pb::GetStandingRequest { standing_id: one.id.clone() };
    assert_eq!(standings.get_standing(district.request(ask)).await.unwrap().into_inner().standing, Some(one));
    town.close().await;
}

#[tokio::test]
async fn a_commune_reads_no_other_communes_standings() {
    let town = Town::open().await;
    let admin = town.phone("prov-84", Role::Admin).await;
    run_the_night(&admin).await;
    let commune = town.phone("com-29242-0", Role::Reporter).await;
    let ask = |unit: &str| pb::ListStandingsRequest {
        campaign_id: CampaignId::named("A").0.to_vec(),
        unit_id: UnitId::named(unit).0.to_vec(),
        ..Default::default()
    };
    let mut standings = StandingServiceClient::new(commune.channel.clone());
    let other = standings.list_standings(commune.request(ask("com-29245-0"))).await.unwrap().into_inner();
    assert_eq!(other.standings, []);
    let own = standings.list_standings(commune.request(ask("com-29242-0"))).await.unwrap().into_inner();
    assert!(!own.standings.is_empty());
    town.close().await;
}

#[tokio::test]
async fn a_reporter_runs_no_job_and_reads_no_audit_and_an_auditor_finds_the_chain_unbroken() {
    let town = Town::open().await;
    let reporter = town.phone("com-29242-0", Role::Reporter).await;
    let mut jobs = JobServiceClient::new(reporter.channel.clone());
    let refused = jobs.list_jobs(reporter.request(pb::ListJobsRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "out of sight");

    let auditor = town.phone("prov-84", Role::Auditor).await;
    let mut audit = AuditServiceClient::new(auditor.channel.clone());
    let found = audit.verify_audit(auditor.request(pb::VerifyAuditRequest::default())).await.unwrap().into_inner();
    assert!(found.unbroken && found.entries > 0);
    let ask =
        |purpose: &str| pb::ListAuditEntriesRequest { page_size: 500, purpose: purpose.into(), ..Default::default() };
    let refused = audit.list_audit_entries(auditor.request(ask(" "))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "a reason is asked for");
    let mut ask = ask("quarterly check");
    let mut actions = Vec::new();
    loop {
        let page = audit.list_audit_entries(auditor.request(ask.clone())).await.unwrap().into_inner();
        actions.extend(page.entries.into_iter().map(|entry| entry.action));
        if page.next_page_token.is_empty() {
            break;
        }
        ask.page_token = page.next_page_token;
    }
    assert!(actions.iter().any(|action| action == "access.enrol"));
    assert!(
        actions.iter().any(|action| action == "audit.read: quarterly check"),
        "reading is written down with its reason"
    );
    town.close().await;
}
