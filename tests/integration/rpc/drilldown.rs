//! From a figure down to the reports behind it, and who may see them.

use super::jobs::run_nightly_job;
use super::report::{report_client, submit_nil_report};
use crate::harness::{TestClient, TestServer, first_monday};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::domain::support::time::DAY_MICROS;
use thidua::pb;
use thidua::pb::standing_service_client::StandingServiceClient;

const COMMUNE: &str = "com-29242-0";
const DISTRICT: &str = "dist-842";

pub(super) async fn accept_report(
    server: &TestServer,
    commune: &TestClient,
    district: &TestClient,
) -> pb::Report {
    let sent = submit_nil_report(server, commune).await;
    let content_hash = sent.record.clone().unwrap().content_hash;
    let accept = pb::AcceptReport { report_id: sent.id.clone(), content_hash };
    let message = pb::AcceptReportRequest { request_id: vec![7; 16], accept: Some(accept) };
    report_client(district)
        .accept_report(district.request(message))
        .await
        .unwrap()
        .into_inner()
        .report
        .unwrap()
}

/// The reports behind the district's T1, in pages of three.
async fn list_standing_reports(
    phone: &TestClient,
    member: &str,
) -> (Vec<pb::StandingReport>, pb::ListStandingReportsResponse) {
    let mut standings = StandingServiceClient::new(phone.channel.clone());
    let request = pb::ListStandingsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        unit_id: UnitId::from_code(DISTRICT).0.to_vec(),
        target_code: "T1".into(),
        ..Default::default()
    };
    let page = standings.list_standings(phone.request(request)).await.unwrap().into_inner();
    let standing_id = page.standings[0].id.clone();
    let mut request = pb::ListStandingReportsRequest {
        standing_id,
        member_code: member.into(),
        page_size: 3,
        page_token: String::new(),
    };
    let mut all = Vec::new();
    loop {
        let page = standings
            .list_standing_reports(phone.request(request.clone()))
            .await
            .unwrap()
            .into_inner();
        all.extend(page.standing_reports.clone());
        if page.next_page_token.is_empty() {
            return (all, page);
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn behind_a_number_stand_single_reports_in_code_order_and_the_missing_ones_by_name() {
    let server = TestServer::start().await;
    // The grace of the first week is over: its reports count, and the others are missing.
    server.clock.set(first_monday().saturating_add_micros(3 * DAY_MICROS));
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let commune = server.enrol_client(COMMUNE, Role::Reporter).await;
    let district = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let report = accept_report(&server, &commune, &district).await;
    run_nightly_job(&admin).await;

    let (lines, page) = list_standing_reports(&district, "").await;
    let codes: Vec<&str> = lines.iter().map(|line| line.unit_code.as_str()).collect();
    assert!(codes.len() > 3 && codes.is_sorted(), "{codes:?}");
    assert_eq!((page.out_of_sight, page.cut_seq > 0), (0, true));
    let own = lines.iter().find(|line| line.report_id == report.id).unwrap();
    assert_eq!((own.unit_code.as_str(), own.support()), (COMMUNE, pb::ReportSupport::Accepted));
    let nil = pb::Addend { element_code: "so_offences".into(), figure: Some(0), counts: true };
    assert_eq!(own.addends, [nil], "nil is a figure: zero");
    for line in lines.iter().filter(|line| line.report_id != report.id) {
        assert_eq!(
            (line.support(), line.addends[0].figure),
            (pb::ReportSupport::Missing, None),
            "missing is not zero"
        );
    }

    let (own_lines, page) = list_standing_reports(&commune, "T1").await;
    assert_eq!(
        own_lines,
        std::slice::from_ref(own),
        "the district's number is published, other communes' reports are not"
    );
    assert_eq!((page.reports, page.out_of_sight as usize), (vec![report], lines.len() - 1));
    server.close().await;
}
