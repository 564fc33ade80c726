//! Published runs by rpc: listed, verified and compared, each with the right that it needs.

use super::drilldown::accept_report;
use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use thidua::app::runs::RunManifest;
use thidua::domain::access::permission::Role;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::standing::{ReportsDigest, SEMANTICS_VERSION, compute_input_digest_of_version};
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::domain::support::time::{Timestamp, date_from_days};
use thidua::pb;
use thidua::pb::run_service_client::RunServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

const PROVINCE: &str = "prov-84";

fn service(client: &TestClient) -> RunServiceClient<Channel> {
    RunServiceClient::new(client.channel.clone())
}

async fn list(client: &TestClient) -> Result<Vec<pb::PublishedRun>, Status> {
    let campaign_id = CampaignId::from_code("A").0.to_vec();
    let mut request = pb::ListRunsRequest { campaign_id, page_size: 1, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = service(client).list_runs(client.request(request.clone())).await?.into_inner();
        all.extend(page.runs);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

async fn verify(client: &TestClient, run_id: &[u8]) -> pb::VerifyRunResponse {
    let request = client.request(pb::VerifyRunRequest { run_id: run_id.to_vec() });
    service(client).verify_run(request).await.unwrap().into_inner()
}

/// All pages of a difference that definitions and baselines have no part in.
async fn read_diff(
    client: &TestClient,
    mut request: pb::DiffRunsRequest,
) -> (Vec<pb::StandingChange>, Vec<pb::ChangedReport>) {
    let (mut standings, mut reports) = (Vec::new(), Vec::new());
    loop {
        let page = service(client).diff_runs(client.request(request.clone())).await.unwrap();
        let page = page.into_inner();
        assert!(page.standings.len() + page.reports.len() <= request.page_size as usize);
        assert!(!page.definitions_changed && !page.baselines_changed);
        standings.extend(page.standings);
        reports.extend(page.reports);
        if page.next_page_token.is_empty() {
            let counted = (page.standing_count as usize, page.report_count as usize);
            assert_eq!((standings.len(), reports.len()), counted);
            return (standings, reports);
        }
        request.page_token = page.next_page_token;
    }
}

fn judge(server: &TestServer) -> Vec<RunManifest> {
    server.app.aggregate_campaigns(&server.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    server.app.run_manifests(CampaignId::from_code("A"), 9).unwrap()
}

/// The digest of a run's inputs as the first version of the rules computed it; nothing was sent.
fn digest_of_version_1(server: &TestServer, run: &RunManifest) -> String {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let baselines = Baselines::new(&[]);
    let as_of = date_from_days(run.as_of_day);
    let input = reference.standing_input(&reference.campaigns[0], &baselines, &[], as_of);
    let reports = ReportsDigest::from_reports(&[]);
    encode_hex(&compute_input_digest_of_version(1, &input, &[], &reports))
}

#[tokio::test]
async fn an_auditor_verifies_a_run_by_rpc_and_learns_of_other_rules_and_of_edited_bytes() {
    let server = TestServer::start().await;
    let auditor = server.enrol_client(PROVINCE, Role::Auditor).await;
    let reporter = server.enrol_client("com-29242-0", Role::Reporter).await;
    let run = judge(&server).remove(0);
    let listed = list(&auditor).await.unwrap();
    assert_eq!((listed.len(), &listed[0].run_id, listed[0].number), (1, &run.id, 1));
    assert_eq!(list(&reporter).await.unwrap_err().code(), Code::NotFound);

    let found = verify(&auditor, &run.id).await;
    assert_eq!(
        (found.verdict(), found.input_holds, found.output_holds),
        (pb::RunVerdict::Holds, true, true)
    );
    assert_eq!((found.run.as_ref(), found.differing.len()), (listed.first(), 0));

    let mut database = server.app.store().location().connect(true).unwrap();
    let older = digest_of_version_1(&server, &run);
    let to_older = format!("update run_manifest set semantics = 1, input_digest = x'{older}'");
    database.execute_sql(&to_older).unwrap();
    let found = verify(&auditor, &run.id).await;
    assert_eq!(found.verdict(), pb::RunVerdict::SemanticsChanged);
    let semantics = (found.run.unwrap().semantics_version, found.semantics_today);
    assert_eq!(semantics, (1, SEMANTICS_VERSION as u32));
    let edited = "update run_manifest set output_digest = input_digest";
    database.execute_sql(edited).unwrap();
    let found = verify(&auditor, &run.id).await;
    assert_eq!((found.verdict(), found.output_holds), (pb::RunVerdict::Differs, false));
    server.close().await;
}

#[tokio::test]
async fn the_head_of_a_campaign_reads_by_rpc_which_report_changed_which_standings() {
    let server = TestServer::start().await;
    // The first week is judged once its grace is over.
    server.clock.set(Timestamp::from_local_midnight(date(2024, 9, 2)));
    let [auditor, head] = [
        server.enrol_client(PROVINCE, Role::Auditor).await,
        server.enrol_client(PROVINCE, Role::CampaignHead).await,
    ];
    let commune = server.enrol_client("com-29242-0", Role::Reporter).await;
    let district = server.enrol_client("dist-842", Role::Reviewer).await;
    let before = judge(&server).remove(0);
    let report = accept_report(&server, &commune, &district).await;
    let after = judge(&server).remove(0);
    assert_eq!((before.number, after.number), (1, 2));

    let show = |unit: &str| pb::ListStandingsOfRunRequest {
        run_id: after.id.clone(),
        unit_id: if unit.is_empty() { Vec::new() } else { UnitId::from_code(unit).0.to_vec() },
        ..Default::default()
    };
    let denied = service(&auditor).list_standings_of_run(auditor.request(show(""))).await;
    assert_eq!(denied.unwrap_err().code(), Code::PermissionDenied, "it carries figures");
    for (unit, uid) in [("", PROVINCE), ("com-29242-0", "com-29242-0")] {
        let shown = service(&head).list_standings_of_run(head.request(show(unit))).await.unwrap();
        let shown = shown.into_inner().standings;
        let stored = server.app.run_standings(&after).unwrap().0;
        let expected = stored.iter().filter(|one| one.unit == UnitId::from_code(uid)).count();
        assert_eq!((shown.len(), expected > 0), (expected, true), "{uid}");
        assert!(shown.is_sorted_by_key(|one| one.phase_number));
    }

    let request = pb::DiffRunsRequest {
        before_run_id: before.id,
        after_run_id: after.id,
        page_size: 3,
        ..Default::default()
    };
    let refused = service(&auditor).diff_runs(auditor.request(request.clone())).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied, "it carries figures");
    let (standings, reports) = read_diff(&head, request).await;
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (&reports[0].report_id, reports[0].state()),
        (&report.id, pb::ReportState::Accepted)
    );
    let received = |side: &Option<pb::StandingRecord>| {
        side.as_ref().and_then(|one| one.coverage).map(|coverage| coverage.accepted)
    };
    let own = standings.iter().find(|one| one.unit_uid == "com-29242-0").unwrap();
    assert_eq!((received(&own.before), received(&own.after)), (Some(0), Some(1)));
    assert!(standings.is_sorted_by_key(|one| (one.unit_uid.clone(), one.target.clone())));
    server.close().await;
}
