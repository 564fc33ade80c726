//! Data-quality findings through the rpcs: first visible to the unit, then to its superiors with
//! the unit's reply.

use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::Timestamp;
use thidua::jobs;
use thidua::pb;
use thidua::pb::quality_service_client::QualityServiceClient;
use tonic::Code;

const COMMUNE: &str = "com-29245-0";
const DISTRICT: &str = "dist-842";

fn set_day(server: &TestServer, month: i8, day: i8) {
    set_time(server, month, day, 9);
}

fn set_time(server: &TestServer, month: i8, day: i8, hour: i64) {
    server.clock.set(
        Timestamp::from_local_midnight(date(2024, month, day))
            .saturating_add_micros(hour * 3_600_000_000),
    );
}

/// Runs the quality job; no unit has reported, so every unit gets a finding.
async fn run_nightly_findings(server: &TestServer) -> String {
    let app = server.app.clone();
    let job = jobs::find_job("quality").unwrap();
    let done =
        tokio::task::spawn_blocking(move || job.run_now(&app, "test")).await.unwrap().unwrap();
    format!("{done:?}")
}

async fn list_findings(phone: &TestClient, unit: &str) -> Vec<pb::Finding> {
    let unit_id = thidua::domain::support::ids::UnitId::from_code(unit).0.to_vec();
    let request = pb::ListFindingsRequest { unit_id, ..Default::default() };
    let mut quality = QualityServiceClient::new(phone.channel.clone());
    quality.list_findings(phone.request(request)).await.unwrap().into_inner().findings
}

fn reply_request(
    finding: &pb::Finding,
    request: u8,
    state: pb::FindingState,
    text: &str,
) -> pb::ReplyFindingRequest {
    let (request_id, finding_id) = (vec![request; 16], finding.id.clone());
    pb::ReplyFindingRequest { request_id, finding_id, state: state.into(), text: text.into() }
}

/// The unit replies once, without personal data and before its superiors may; then the reviewer
/// escalates the finding.
async fn reply_and_escalate(own: &TestClient, reviewer: &TestClient, finding: &pb::Finding) {
    let mut quality = QualityServiceClient::new(own.channel.clone());
    let mut from_above = QualityServiceClient::new(reviewer.channel.clone());
    let early = from_above
        .reply_finding(reviewer.request(reply_request(
            finding,
            1,
            pb::FindingState::Explained,
            "?",
        )))
        .await;
    assert_eq!(
        early.unwrap_err().code(),
        Code::NotFound,
        "what is not seen cannot be answered for"
    );
    let personal = reply_request(finding, 2, pb::FindingState::Explained, "hỏi 0912 345 678");
    assert_eq!(
        quality.reply_finding(own.request(personal)).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let explanation =
        reply_request(finding, 3, pb::FindingState::Explained, "Mất sóng bốn tuần, sẽ gửi đủ");
    let answered =
        quality.reply_finding(own.request(explanation.clone())).await.unwrap().into_inner();
    assert_eq!(
        quality.reply_finding(own.request(explanation)).await.unwrap().into_inner(),
        answered,
        "once"
    );
    let again = reply_request(finding, 4, pb::FindingState::AcceptedRisk, "lại");
    assert_eq!(
        quality.reply_finding(own.request(again)).await.unwrap_err().code(),
        Code::FailedPrecondition
    );

    let seen = list_findings(reviewer, COMMUNE).await;
    assert_eq!(seen[0].record.as_ref().unwrap().reply, "Mất sóng bốn tuần, sẽ gửi đủ");
    let request =
        pb::EscalateFindingRequest { request_id: vec![5; 16], finding_id: seen[0].id.clone() };
    let escalated = from_above
        .escalate_finding(reviewer.request(request))
        .await
        .unwrap()
        .into_inner()
        .finding
        .unwrap();
    assert_eq!(escalated.record.unwrap().state(), pb::FindingState::Escalated);
}

#[tokio::test]
async fn a_question_goes_to_the_unit_first_and_to_its_superiors_with_the_reply_beside_it() {
    let server = TestServer::start().await;
    set_day(&server, 9, 30);
    let summary = run_nightly_findings(&server).await;
    assert!(summary.contains("questions asked"), "{summary}");
    set_time(&server, 9, 30, 10);
    assert!(
        run_nightly_findings(&server).await.contains("0 questions asked, 0 withdrawn"),
        "nobody is asked the same twice"
    );

    let (own, other) = (
        server.enrol_client(COMMUNE, Role::Reporter).await,
        server.enrol_client("com-29242-0", Role::Reporter).await,
    );
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let asked = list_findings(&own, COMMUNE).await;
    let record = asked[0].record.clone().unwrap();
    assert_eq!(
        (record.rule.as_str(), record.state(), record.evidence.as_slice()),
        ("D1", pb::FindingState::Open, &[4, 4][..])
    );
    assert!(asked[0].question.contains('?'), "it asks: {}", asked[0].question);
    assert!(
        list_findings(&reviewer, COMMUNE).await.is_empty()
            && list_findings(&other, COMMUNE).await.is_empty()
    );

    reply_and_escalate(&own, &reviewer, &asked[0]).await;
    server.close().await;
}

#[tokio::test]
async fn superiors_see_a_question_without_a_reply_after_five_working_days_and_not_before() {
    let server = TestServer::start().await;
    set_day(&server, 9, 30);
    run_nightly_findings(&server).await;
    set_day(&server, 10, 4);
    run_nightly_findings(&server).await;
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    assert!(
        list_findings(&reviewer, COMMUNE).await.is_empty(),
        "Monday to Friday are four working days"
    );
    set_day(&server, 10, 7);
    assert!(run_nightly_findings(&server).await.contains("shown to superiors"));
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    assert_eq!(list_findings(&reviewer, COMMUNE).await.len(), 1);
    server.close().await;
}
