//! Jobs, standings and the audit: what a nightly run publishes, and what is audited.

use super::report::error_reason;
use crate::harness::{PROBLEM_FILE, TestClient, TestServer};
use std::sync::{Arc, Barrier};
use thidua::app::job_run::{JobId, verify_job_lease};
use thidua::app::{App, AppError, JobProgress};
use thidua::domain::access::permission::{Actor, Role};
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::pb;
use thidua::pb::audit_service_client::AuditServiceClient;
use thidua::pb::job_service_client::JobServiceClient;
use thidua::pb::maintenance_service_client::MaintenanceServiceClient;
use thidua::pb::standing_service_client::StandingServiceClient;
use thidua::store::WriteTx;
use tonic::Code;

const DISTRICT: &str = "dist-842";

pub(crate) async fn run_nightly_job(admin: &TestClient) -> pb::JobRun {
    run_nightly_job_as(admin, 1).await
}

/// The same under a request id of its own: another number is another run.
pub(crate) async fn run_nightly_job_as(admin: &TestClient, request: u8) -> pb::JobRun {
    let mut jobs = JobServiceClient::new(admin.channel.clone());
    let request = pb::RunJobRequest { request_id: vec![request; 16], name: "aggregate".into() };
    let mut progress = jobs.run_job(admin.request(request)).await.unwrap().into_inner();
    let mut run = None;
    while let Some(step) = progress.message().await.unwrap() {
        run = step.run;
    }
    run.unwrap()
}

#[tokio::test]
async fn an_administrator_runs_the_nightly_job_and_a_district_reads_its_standings_in_unit_order() {
    let server = TestServer::start().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let district = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let first = run_nightly_job(&admin).await;
    assert_eq!(first.state(), pb::JobRunState::Done);
    assert_eq!(run_nightly_job(&admin).await, first, "the same request is one run");

    let mut standings = StandingServiceClient::new(district.channel.clone());
    let request = pb::ListStandingsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        unit_id: UnitId::from_code(DISTRICT).0.to_vec(),
        ..Default::default()
    };
    let page = standings.list_standings(district.request(request)).await.unwrap().into_inner();
    assert_eq!(page.latest_run.unwrap().number, 1);
    let codes: Vec<_> = page
        .standings
        .iter()
        .map(|one| one.record.clone().unwrap().judgement.unwrap().code)
        .collect();
    assert!(codes.contains(&"T1".to_owned()), "{codes:?}");

    let one = page.standings[0].clone();
    let request = pb::GetStandingRequest { standing_id: one.id.clone() };
    assert_eq!(
        standings.get_standing(district.request(request)).await.unwrap().into_inner().standing,
        Some(one)
    );
    server.close().await;
}

#[tokio::test]
async fn a_commune_reads_no_other_communes_standings() {
    let server = TestServer::start().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    run_nightly_job(&admin).await;
    let commune = server.enrol_client("com-29242-0", Role::Reporter).await;
    let request = |unit: &str| pb::ListStandingsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        unit_id: UnitId::from_code(unit).0.to_vec(),
        ..Default::default()
    };
    let mut standings = StandingServiceClient::new(commune.channel.clone());
    let other = standings
        .list_standings(commune.request(request("com-29245-0")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(other.standings, []);
    let own = standings
        .list_standings(commune.request(request("com-29242-0")))
        .await
        .unwrap()
        .into_inner();
    assert!(!own.standings.is_empty());
    server.close().await;
}

#[tokio::test]
async fn a_reporter_runs_no_job_and_reads_no_audit_and_an_auditor_finds_the_chain_unbroken() {
    let server = TestServer::start().await;
    let reporter = server.enrol_client("com-29242-0", Role::Reporter).await;
    let mut jobs = JobServiceClient::new(reporter.channel.clone());
    let refused = jobs.list_jobs(reporter.request(pb::ListJobsRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "out of sight");

    let auditor = server.enrol_client("prov-84", Role::Auditor).await;
    let mut audit = AuditServiceClient::new(auditor.channel.clone());
    let found = audit
        .verify_audit(auditor.request(pb::VerifyAuditRequest::default()))
        .await
        .unwrap()
        .into_inner();
    assert!(found.unbroken && found.entries > 0);
    let request = |purpose: &str| pb::ListAuditEntriesRequest {
        page_size: 500,
        purpose: purpose.into(),
        ..Default::default()
    };
    let refused = audit.list_audit_entries(auditor.request(request(" "))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "a reason is asked for");
    let mut request = request("quarterly check");
    let mut actions = Vec::new();
    loop {
        let page =
            audit.list_audit_entries(auditor.request(request.clone())).await.unwrap().into_inner();
        actions.extend(page.entries.into_iter().map(|entry| entry.action));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(actions.iter().any(|action| action == "access.enrol"));
    assert!(
        actions.iter().any(|action| action == "audit.read: quarterly check"),
        "reading is written down with its reason"
    );
    let mut database = server.app.store().location().connect(true).unwrap();
    database.execute_sql("update record set revision = revision + 1 where kind = 6").unwrap();
    let found = audit
        .verify_audit(auditor.request(pb::VerifyAuditRequest::default()))
        .await
        .unwrap()
        .into_inner();
    assert!(!found.unbroken && found.first_broken > 0, "content that is not what was written");
    server.close().await;
}

#[tokio::test]
async fn a_run_that_is_under_way_is_cancelled_by_rpc_once_and_publishes_nothing() {
    let server = TestServer::start().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let cancel = async |request, validate_only| {
        let mut jobs = JobServiceClient::new(admin.channel.clone());
        let (request_id, name) = (vec![request; 16], "aggregate".into());
        let message = pb::CancelJobRequest { request_id, name, validate_only };
        let answer = jobs.cancel_job(admin.request(message)).await;
        answer.map(|answer| answer.into_inner().run.map(|run| run.state()))
    };
    let idle = cancel(1, false).await.unwrap_err();
    assert_eq!(error_reason(&idle), "WORKFLOW_FORBIDS");

    let (job, slot, app) = (JobId::Aggregate, server.app.now(), server.app.clone());
    let (running, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (has_begun, may_end) = (running.clone(), go_on.clone());
    let work = std::thread::spawn(move || {
        app.run_slot("node", job, slot, &|app, actor, fence| {
            has_begun.wait();
            may_end.wait();
            app.aggregate_campaigns(actor, |tx| verify_job_lease(tx, job, fence))
                .map(|_| String::new())
        })
    });
    running.wait();
    let cancelled = Some(pb::JobRunState::Cancelled);
    assert_eq!(cancel(2, true).await.unwrap(), cancelled, "only asked");
    assert_eq!(cancel(2, false).await.unwrap(), cancelled);
    assert_eq!(cancel(2, false).await.unwrap(), None, "by the call before");
    go_on.wait();
    assert!(matches!(work.join().unwrap(), Err(AppError::LeaseLost)));
    assert_eq!(server.app.run_manifests(CampaignId::from_code("A"), 1).unwrap(), []);
    server.close().await;
}

#[tokio::test]
async fn how_far_a_run_is_is_known_while_it_runs_and_not_after() {
    let server = TestServer::start().await;
    let (app, job) = (&server.app, JobId::Aggregate);
    let seen = std::cell::Cell::new(None);
    let work = |app: &App, actor: &Actor, _: i64| {
        let look = |_: &mut WriteTx| {
            seen.set(server.app.job_progress(job));
            Ok(true)
        };
        app.aggregate_campaigns(actor, look).map(|_| String::new())
    };
    app.run_slot("test", job, app.now(), &work).unwrap();
    assert_eq!(seen.get(), Some(JobProgress { done: 1, total: 1 }), "the campaign is judged");
    assert_eq!(app.job_progress(job), None);
    server.close().await;
}

#[tokio::test]
async fn an_administrator_of_the_root_hears_how_the_server_is_and_nobody_else() {
    let server = TestServer::start_with_backups().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    std::fs::write(server.server_dir().join(PROBLEM_FILE), "").unwrap();
    let request = || pb::GetServerHealthRequest {};
    let mut health = MaintenanceServiceClient::new(admin.channel.clone());
    let found = health.get_server_health(admin.request(request())).await.unwrap().into_inner();
    let codes: Vec<_> = found.problems.iter().map(|one| (&*one.code, one.urgency())).collect();
    assert_eq!(codes, [("CLOCK", pb::ProblemUrgency::Now)]);
    assert!(!found.problems[0].remedy.is_empty());
    assert_eq!(found.backups, []);

    server.app.create_backup(server.app.backup_dirs()).unwrap();
    let found = health.get_server_health(admin.request(request())).await.unwrap().into_inner();
    let places: Vec<_> = found.backups.iter().map(pb::Backup::place).collect();
    assert_eq!(places, [pb::BackupPlace::Primary, pb::BackupPlace::Secondary]);
    assert!(found.backups.iter().all(|one| one.size_bytes > 0 && one.made_at.is_some()));

    for (unit, role) in [(DISTRICT, Role::Admin), ("prov-84", Role::CampaignHead)] {
        let other = server.enrol_client(unit, role).await;
        let mut health = MaintenanceServiceClient::new(other.channel.clone());
        let refused = health.get_server_health(other.request(request())).await.unwrap_err();
        assert!([Code::NotFound, Code::PermissionDenied].contains(&refused.code()), "{unit}");
    }
    server.close().await;
}
