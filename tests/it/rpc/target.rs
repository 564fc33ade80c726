//! Targets over given figures: what the rpc says is what the night would say.

use super::report::reason;
use crate::harness::{Phone, Town};
use thidua::domain::permission::Role;
use thidua::pb;
use thidua::pb::target_service_client::TargetServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const T1: &str = "change(count(so_offences) vs same_window_prior_year, rel) <= -7%";

fn whole(value: i64) -> Option<pb::Fraction> {
    Some(pb::Fraction { numerator: value, denominator: 1 })
}

fn offences(now: i64, before: i64) -> pb::TargetFigure {
    pb::TargetFigure {
        element_code: "so_offences".into(),
        figure: whole(now),
        baseline: whole(before),
        ..Default::default()
    }
}

async fn evaluate(phone: &Phone, message: pb::EvaluateTargetRequest) -> Result<pb::Evaluation, Status> {
    let answer = TargetServiceClient::new(phone.channel.clone()).evaluate_target(phone.request(message)).await?;
    Ok(answer.into_inner().evaluation.unwrap())
}

#[tokio::test]
async fn a_missing_report_leaves_undetermined_what_the_figures_alone_would_meet() {
    let town = Town::open().await;
    let phone = town.phone("com-29242-0", Role::Reporter).await;
    let ask = pb::EvaluateTargetRequest {
        target_text: T1.into(),
        figures: vec![offences(418, 450)],
        missing: vec![pb::TargetMissing {
            element_code: "so_offences".into(),
            expected: Some(pb::Fraction { numerator: 2, denominator: 5 }),
        }],
        ..Default::default()
    };
    let said = evaluate(&phone, ask.clone()).await.unwrap();
    assert_eq!(
        (said.verdict(), said.limit, said.display.as_str()),
        (pb::JudgementState::Undetermined, Some(418), "-7.11 %")
    );
    assert_eq!(said.value, Some(pb::Fraction { numerator: -16, denominator: 225 }));
    assert_eq!((said.interval_low, said.interval_high), (whole(418), whole(420)));
    assert_eq!(said.reasons, ["MISSING_REPORTS"]);
    assert!(said.text_en.contains("missing is not zero") && said.text_vi.starts_with("Chưa kết luận được"));
    let whole = evaluate(&phone, pb::EvaluateTargetRequest { missing: vec![], ..ask }).await.unwrap();
    assert_eq!(whole.verdict(), pb::JudgementState::Met);
    town.close().await;
}

#[tokio::test]
async fn a_target_that_cannot_be_read_names_its_column_and_bad_figures_name_every_field() {
    let town = Town::open().await;
    let phone = town.phone("com-29242-0", Role::Reporter).await;
    let unread = pb::EvaluateTargetRequest { target_text: "count(x) ≤ 5".into(), ..Default::default() };
    let unread = evaluate(&phone, unread).await.unwrap_err();
    assert_eq!((unread.code(), reason(&unread).as_str()), (Code::InvalidArgument, "MALFORMED"));
    assert_eq!(unread.get_error_details().error_info().unwrap().metadata["column"], "10");
    let half = pb::TargetFigure { element_code: "X!".into(), figure: whole(-1), ..Default::default() };
    let bad = pb::EvaluateTargetRequest {
        target_text: T1.into(),
        figures: vec![offences(1, 2), half, offences(3, 4)],
        coverage: whole(2),
        stage: 77,
        ..Default::default()
    };
    let bad = evaluate(&phone, bad).await.unwrap_err();
    let details = bad.get_error_details();
    let mut fields: Vec<_> =
        details.bad_request().unwrap().field_violations.iter().map(|one| one.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        ["coverage", "figures[1].element_code", "figures[1].figure", "figures[2].element_code", "stage"]
    );
    let mut client = TargetServiceClient::new(phone.channel.clone());
    let nobody = client.evaluate_target(pb::EvaluateTargetRequest::default()).await;
    assert_eq!(nobody.unwrap_err().code(), Code::Unauthenticated);
    town.close().await;
}
