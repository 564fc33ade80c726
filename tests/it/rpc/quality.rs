//! Data-quality questions through the public door: the unit first, then its superiors with the reply beside the question.

use crate::harness::{Phone, Town};
use jiff::civil::date;
use thidua::domain::permission::Role;
use thidua::domain::time::Instant;
use thidua::jobs;
use thidua::pb;
use thidua::pb::quality_service_client::QualityServiceClient;
use tonic::Code;

const COMMUNE: &str = "com-29245-0";
const DISTRICT: &str = "dist-842";

fn turn(town: &Town, month: i8, day: i8) {
    turn_to(town, month, day, 9);
}

fn turn_to(town: &Town, month: i8, day: i8, hour: i64) {
    town.clock.set(Instant::local_midnight(date(2024, month, day)).plus_micros(hour * 3_600_000_000));
}

/// Asks what the figures raise; nobody has reported, so every unit owes reports.
async fn night(town: &Town) -> String {
    let app = town.app.clone();
    let job = jobs::find("quality").unwrap();
    let done = tokio::task::spawn_blocking(move || job.run_now(&app, "test")).await.unwrap().unwrap();
    format!("{done:?}")
}

async fn list(phone: &Phone, unit: &str) -> Vec<pb::Finding> {
    let unit_id = thidua::domain::ids::UnitId::named(unit).0.to_vec();
    let ask = pb::ListFindingsRequest { unit_id, ..Default::default() };
    let mut quality = QualityServiceClient::new(phone.channel.clone());
    quality.list_findings(phone.request(ask)).await.unwrap().into_inner().findings
}

fn reply(finding: &pb::Finding, request: u8, state: pb::FindingState, text: &str) -> pb::ReplyFindingRequest {
    let (request_id, finding_id) = (vec![request; 16], finding.id.clone());
    pb::ReplyFindingRequest { request_id, finding_id, state: state.into(), text: text.into() }
}

#[tokio::test]
async fn a_question_goes_to_the_unit_first_and_to_its_superiors_with_the_reply_beside_it() {
    let town = Town::open().await;
    turn(&town, 9, 30);
    let said = night(&town).await;
    assert!(said.contains("questions asked"), "{said}");
    turn_to(&town, 9, 30, 10);
    assert!(night(&town).await.contains("0 questions asked, 0 withdrawn"), "nobody is asked the same twice");

    let (own, other) = (town.phone(COMMUNE, Role::Reporter).await, town.phone("com-29242-0", Role::Reporter).await);
    let above = town.phone(DISTRICT, Role::Reviewer).await;
    let asked = list(&own, COMMUNE).await;
    let record = asked[0].record.clone().unwrap();
    assert_eq!(
        (record.rule.as_str(), record.state(), record.evidence.as_slice()),
        ("D1", pb::FindingState::Open, &[4, 4][..])
    );
    assert!(asked[0].question.contains('?'), "it asks: {}", asked[0].question);
    assert!(list(&above, COMMUNE).await.is_empty() && list(&other, COMMUNE).await.is_empty());

    let mut quality = QualityServiceClient::new(own.channel.clone());
    let mut from_above = QualityServiceClient::new(above.channel.clone());
    let early = from_above.reply_finding(above.request(reply(&asked[0], 1, pb::FindingState::Explained, "?"))).await;
    assert_eq!(early.unwrap_err().code(), Code::NotFound, "what is not seen cannot be answered for");
    let personal = reply(&asked[0], 2, pb::FindingState::Explained, "hỏi 0912 345 678");
    assert_eq!(quality.reply_finding(own.request(personal)).await.unwrap_err().code(), Code::InvalidArgument);
    let words = reply(&asked[0], 3, pb::FindingState::Explained, "Mất sóng bốn tuần, sẽ gửi đủ");
    let answered = quality.reply_finding(own.request(words.clone())).await.unwrap().into_inner();
    assert_eq!(quality.reply_finding(own.request(words)).await.unwrap().into_inner(), answered, "once");
    let again = reply(&asked[0], 4, pb::FindingState::AcceptedRisk, "lại");
    assert_eq!(quality.reply_finding(own.request(again)).await.unwrap_err().code(), Code::FailedPrecondition);

    let seen = list(&above, COMMUNE).await;
    assert_eq!(seen[0].record.as_ref().unwrap().reply, "Mất sóng bốn tuần, sẽ gửi đủ");
    let ask = pb::EscalateFindingRequest { request_id: vec![5; 16], finding_id: seen[0].id.clone() };
    let taken = from_above.escalate_finding(above.request(ask)).await.unwrap().into_inner().finding.unwrap();
    assert_eq!(taken.record.unwrap().state(), pb::FindingState::Escalated);
    town.close().await;
}

#[tokio::test]
async fn superiors_see_a_question_without_a_reply_after_five_working_days_and_not_before() {
    let town = Town::open().await;
    turn(&town, 9, 30);
    night(&town).await;
    turn(&town, 10, 4);
    night(&town).await;
    let above = town.phone(DISTRICT, Role::Reviewer).await;
    assert!(list(&above, COMMUNE).await.is_empty(), "Monday to Friday are four working days");
    turn(&town, 10, 7);
    assert!(night(&town).await.contains("shown to superiors"));
    let above = town.phone(DISTRICT, Role::Reviewer).await;
    assert_eq!(list(&above, COMMUNE).await.len(), 1);
    town.close().await;
}
