//! Targets over given figures: the rpc returns what a nightly run would compute.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::target_service_client::TargetServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const T1: &str = "change(count(so_offences) vs same_window_prior_year, rel) <= -7%";

fn fraction(value: i64) -> Option<pb::Fraction> {
    Some(pb::Fraction { numerator: value, denominator: 1 })
}

fn offence_figure(now: i64, before: i64) -> pb::TargetFigure {
    pb::TargetFigure {
        element_code: "so_offences".into(),
        figure: fraction(now),
        baseline: fraction(before),
        ..Default::default()
    }
}

async fn evaluate_target(
    phone: &TestClient,
    message: pb::EvaluateTargetRequest,
) -> Result<pb::Evaluation, Status> {
    let answer = TargetServiceClient::new(phone.channel.clone())
        .evaluate_target(phone.request(message))
        .await?;
    Ok(answer.into_inner().evaluation.unwrap())
}

#[tokio::test]
async fn a_missing_report_leaves_undetermined_what_the_figures_alone_would_meet() {
    let server = TestServer::start().await;
    let phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let request = pb::EvaluateTargetRequest {
        target_text: T1.into(),
        figures: vec![offence_figure(418, 450)],
        missing: vec![pb::TargetMissing {
            element_code: "so_offences".into(),
            expected: Some(pb::Fraction { numerator: 2, denominator: 5 }),
        }],
        ..Default::default()
    };
    let result = evaluate_target(&phone, request.clone()).await.unwrap();
    assert_eq!(
        (result.verdict(), result.limit, result.display.as_str()),
        (pb::JudgementState::Undetermined, Some(418), "-7.11 %")
    );
    assert_eq!(result.value, Some(pb::Fraction { numerator: -16, denominator: 225 }));
    assert_eq!((result.interval_low, result.interval_high), (fraction(418), fraction(420)));
    assert_eq!(result.reasons, ["MISSING_REPORTS"]);
    assert!(
        result.text_en.contains("missing is not zero")
            && result.text_vi.starts_with("Chưa kết luận được")
    );
    let complete =
        evaluate_target(&phone, pb::EvaluateTargetRequest { missing: vec![], ..request })
            .await
            .unwrap();
    assert_eq!(complete.verdict(), pb::JudgementState::Met);
    server.close().await;
}

#[tokio::test]
async fn a_target_that_cannot_be_read_names_its_column_and_bad_figures_name_every_field() {
    let server = TestServer::start().await;
    let phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let unread =
        pb::EvaluateTargetRequest { target_text: "count(x) ≤ 5".into(), ..Default::default() };
    let unread = evaluate_target(&phone, unread).await.unwrap_err();
    assert_eq!(
        (unread.code(), error_reason(&unread).as_str()),
        (Code::InvalidArgument, "MALFORMED")
    );
    assert_eq!(unread.get_error_details().error_info().unwrap().metadata["column"], "10");
    let half =
        pb::TargetFigure { element_code: "X!".into(), figure: fraction(-1), ..Default::default() };
    let invalid = pb::EvaluateTargetRequest {
        target_text: T1.into(),
        figures: vec![offence_figure(1, 2), half, offence_figure(3, 4)],
        coverage: fraction(2),
        stage: 77,
        ..Default::default()
    };
    let invalid = evaluate_target(&phone, invalid).await.unwrap_err();
    let details = invalid.get_error_details();
    let mut fields: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "coverage",
            "figures[1].element_code",
            "figures[1].figure",
            "figures[2].element_code",
            "stage"
        ]
    );
    let mut client = TargetServiceClient::new(phone.channel.clone());
    let nobody = client.evaluate_target(pb::EvaluateTargetRequest::default()).await;
    assert_eq!(nobody.unwrap_err().code(), Code::Unauthenticated);
    server.close().await;
}
