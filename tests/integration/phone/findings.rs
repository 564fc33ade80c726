//! Quality findings on phones.

use super::{COMMUNE, DISTRICT, PhoneApp, enrolled_app};
use crate::harness::TestServer;
use jiff::civil::date;
use prost::Message as _;
use thidua::client::facade::{CallStatus, ClientError, FindingState};
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::{Timestamp, days_from_date};
use thidua::i18n::Lang;
use thidua::jobs;
use thidua::pb;
use thidua::pb::quality_service_client::QualityServiceClient;
use tonic::Request;

/// Runs the quality job on this day; no unit has reported, so it opens a finding for every unit.
async fn run_nightly_findings(server: &TestServer, month: i8, day: i8) {
    server.clock.set(
        Timestamp::from_local_midnight(date(2024, month, day))
            .saturating_add_micros(9 * 3_600_000_000),
    );
    let app = server.app.clone();
    tokio::task::spawn_blocking(move || jobs::find_job("quality").unwrap().run_now(&app, "test"))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_on_the_phone_of_the_unit_first_and_on_its_superiors_after_five_working_days()
{
    let server = TestServer::start().await;
    run_nightly_findings(&server, 9, 30).await;
    let (own, above) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, DISTRICT, Role::Reviewer),
    );
    assert_eq!(above.findings().unwrap(), []);
    let findings = own.findings().unwrap();
    let [question] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(
        (question.rule.as_str(), question.state.as_str(), &question.reply),
        ("D1", "OPEN", &None)
    );
    assert_eq!(
        (question.unit.as_str(), question.asked_day),
        (COMMUNE, days_from_date(date(2024, 9, 30)))
    );
    assert!(
        Lang::all().all(|lang| question.question.text(lang).ends_with('?')),
        "it asks: {question:?}"
    );

    run_nightly_findings(&server, 10, 7).await;
    above.sync_once().unwrap();
    let shown = above.findings().unwrap();
    assert!(shown.contains(question), "the same question: {shown:?}");

    let (id, text) = (question.id.clone(), "Đã báo cáo bằng văn bản".to_owned());
    let reply =
        |phone: &PhoneApp| phone.reply_finding(id.clone(), FindingState::Explained, text.clone());
    let forbidden = reply(&above);
    assert!(matches!(forbidden, Err(ClientError::Refused { .. })), "{forbidden:?}");
    reply(&own).unwrap();
    own.sync_once().unwrap();
    let replied = own.findings().unwrap().into_iter().find(|one| one.id == id).unwrap();
    assert_eq!((replied.state, replied.reply), (FindingState::Explained, Some(text.clone())));
    let again = reply(&own).unwrap_err();
    let is_forbidden = |reason: &str| reason == "WORKFLOW_FORBIDS";
    assert!(matches!(&again, ClientError::Refused { reason, .. } if is_forbidden(reason)));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_carries_its_own_calls_replies_once_and_learns_why_another_reply_is_refused() {
    let server = TestServer::start().await;
    run_nightly_findings(&server, 9, 30).await;
    let own = enrolled_app(&server, COMMUNE, Role::Reporter);
    let id = own.findings().unwrap()[0].id.clone();
    let (words, state) = ("Đã báo cáo bằng văn bản".to_owned(), FindingState::Explained);
    let bytes = own.build_finding_reply(id.clone(), state, words.clone()).unwrap();
    let token = own.access_token().unwrap().token;
    let with_token = |bytes: &[u8]| {
        let mut request = Request::new(pb::ReplyFindingRequest::decode(bytes).unwrap());
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    };
    let mut quality = QualityServiceClient::new(server.connect().await);
    for _ in 0..2 {
        quality.reply_finding(with_token(&bytes)).await.unwrap();
    }
    own.sync_once().unwrap();
    assert_eq!(own.findings().unwrap()[0].reply, Some(words.clone()));

    let another = own.build_finding_reply(id, state, "Đã sửa".to_owned()).unwrap();
    let status = quality.reply_finding(with_token(&another)).await.unwrap_err();
    let why = own.explain_reply_failure(CallStatus {
        code: status.code().into(),
        text: status.message().to_owned(),
        details: status.details().to_vec(),
    });
    assert_eq!(why.code(), "WORKFLOW_FORBIDS");
    server.close().await;
}
