//! Invalid input to unary rpcs: a typed error with every invalid field, a text in the caller's
//! language, and nothing written.

use super::report::{error_reason, nil_report_request, report_client};
use crate::harness::{TestClient, TestServer};
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{Campaign, CampaignStatus};
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::time::Timestamp;
use thidua::pb;
use thidua::pb::audit_service_client::AuditServiceClient;
use thidua::pb::campaign_service_client::CampaignServiceClient;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::quality_service_client::QualityServiceClient;
use thidua::pb::target_service_client::TargetServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";

struct InvalidSaveCase {
    name: &'static str,
    code: Code,
    reason: &'static str,
    fields: &'static [&'static str],
    change: fn(&mut pb::SaveCells),
}

const REPORTED: fn(i64) -> pb::CellValue =
    |value| pb::CellValue { status: pb::CellStatus::Reported.into(), value, ..Default::default() };

const CASES: &[InvalidSaveCase] = &[
    InvalidSaveCase {
        name: "an unknown element and a value out of range",
        code: Code::InvalidArgument,
        reason: "VALUE_OUT_OF_RANGE",
        fields: &["changes[0].mine", "changes[1].element"],
        change: |save| {
            save.changes.truncate(2);
            save.changes[0].mine = Some(REPORTED(-5));
            save.changes[1].element_number = 90_000;
        },
    },
    InvalidSaveCase {
        name: "another commune",
        code: Code::NotFound,
        reason: "NOT_FOUND",
        fields: &[],
        change: |save| save.unit_id = UnitId::from_code("com-29251-0").0.to_vec(),
    },
    InvalidSaveCase {
        name: "a unit that never was",
        code: Code::NotFound,
        reason: "NOT_FOUND",
        fields: &[],
        change: |save| save.unit_id = vec![9; 16],
    },
    InvalidSaveCase {
        name: "a period that nobody owes",
        code: Code::InvalidArgument,
        reason: "NOT_EXPECTED",
        fields: &[],
        change: |save| save.period.as_mut().unwrap().end_day += 1,
    },
    InvalidSaveCase {
        name: "a contract that is unknown",
        code: Code::InvalidArgument,
        reason: "NOT_EXPECTED",
        fields: &[],
        change: |save| save.contract_id = vec![9; 16],
    },
    InvalidSaveCase {
        name: "an id that is none and no period",
        code: Code::InvalidArgument,
        reason: "BAD_ID",
        fields: &["contract_id", "period"],
        change: |save| {
            save.contract_id = vec![1, 2];
            save.period = None;
        },
    },
    InvalidSaveCase {
        name: "a note that clears a terminal",
        code: Code::InvalidArgument,
        reason: "CONTROL_CHARACTER",
        fields: &["note"],
        change: |save| save.note = Some("a\u{1b}[2Jb".into()),
    },
    InvalidSaveCase {
        name: "a note that is written backwards",
        code: Code::InvalidArgument,
        reason: "CONTROL_CHARACTER",
        fields: &["note"],
        change: |save| save.note = Some("a\u{202e}b".into()),
    },
    InvalidSaveCase {
        name: "a note that is too long",
        code: Code::InvalidArgument,
        reason: "NOTE_TOO_LONG",
        fields: &["note"],
        change: |save| save.note = Some("a".repeat(501)),
    },
];

async fn expect_refusal(
    server: &TestServer,
    phone: &TestClient,
    request: u8,
    change: fn(&mut pb::SaveCells),
) -> Status {
    let mut message = nil_report_request(server, phone, request);
    change(message.save.as_mut().unwrap());
    report_client(phone).save_report(phone.request(message)).await.unwrap_err()
}

fn violated_fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations =
        details.bad_request().map(|case| case.field_violations.clone()).unwrap_or_default();
    assert!(violations.iter().all(|one| !one.description.is_empty()), "{violations:?}");
    violations.into_iter().map(|one| one.field).collect()
}

fn localized_message(status: &Status) -> String {
    status.get_error_details().localized_message().unwrap().message.clone()
}

#[tokio::test]
async fn every_mistake_is_named_with_its_field_in_vietnamese_and_english_and_nothing_is_written() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let before = server.app.store().read(|tx| tx.head()).unwrap().seq;
    for (at, case) in CASES.iter().enumerate() {
        phone.lang = "en";
        let english = expect_refusal(&server, &phone, at as u8, case.change).await;
        assert_eq!(
            (english.code(), error_reason(&english).as_str()),
            (case.code, case.reason),
            "{}: {english:?}",
            case.name
        );
        assert_eq!(violated_fields(&english), case.fields, "{}", case.name);
        phone.lang = "vi";
        let vietnamese = expect_refusal(&server, &phone, at as u8, case.change).await;
        assert_eq!(violated_fields(&vietnamese), case.fields, "{}", case.name);
        assert!(
            localized_message(&vietnamese) != localized_message(&english)
                && !localized_message(&vietnamese).is_empty(),
            "{}",
            case.name
        );
    }
    assert_eq!(server.app.store().read(|tx| tx.head()).unwrap().seq, before, "nothing was written");
    server.close().await;
}

/// The reason and the field of a refused call.
fn refused_text<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, Vec<String>) {
    let refused = answer.unwrap_err();
    (error_reason(&refused), violated_fields(&refused))
}

#[tokio::test]
async fn no_rpc_takes_a_text_with_a_control_character_or_without_a_limit() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut org = OrgServiceClient::new(phone.channel.clone());
    let mut campaigns = CampaignServiceClient::new(phone.channel.clone());
    let mut quality = QualityServiceClient::new(phone.channel.clone());
    let mut audit = AuditServiceClient::new(phone.channel.clone());
    let mut targets = TargetServiceClient::new(phone.channel.clone());
    let long = "a".repeat(5000);
    for (text, reason) in [
        ("a\u{1b}]0;b\u{7}", "CONTROL_CHARACTER"),
        ("\u{2066}a", "CONTROL_CHARACTER"),
        (&long, "LONG"),
    ] {
        let expect = |answer: (String, Vec<String>), field: &str| {
            let too_long = ["TEXT_TOO_LONG", "NOTE_TOO_LONG"].contains(&answer.0.as_str());
            assert!(answer.0 == reason || reason == "LONG" && too_long, "{answer:?} {text:?}");
            assert_eq!(answer.1, [field]);
        };
        let unit = Some(pb::get_unit_request::Unit::Uid(text.to_owned()));
        let answer = org.get_unit(phone.request(pb::GetUnitRequest { unit })).await;
        expect(refused_text(answer), "uid");
        let campaign = Some(pb::get_campaign_request::Campaign::Code(text.to_owned()));
        let request = phone.request(pb::GetCampaignRequest { campaign });
        expect(refused_text(campaigns.get_campaign(request).await), "code");
        let request = phone.request(pb::ReplyFindingRequest {
            request_id: vec![1; 16],
            finding_id: vec![2; 16],
            state: pb::FindingState::Explained.into(),
            text: text.to_owned(),
        });
        expect(refused_text(quality.reply_finding(request).await), "text");
        let request = phone.request(pb::ListAuditEntriesRequest {
            purpose: text.to_owned(),
            ..Default::default()
        });
        expect(refused_text(audit.list_audit_entries(request).await), "purpose");
        let request = phone.request(pb::EvaluateTargetRequest {
            target_text: text.to_owned(),
            ..Default::default()
        });
        expect(refused_text(targets.evaluate_target(request).await), "target_text");
        let comment = pb::AddComment {
            report_id: vec![3; 16],
            comment_id: vec![4; 16],
            text: text.to_owned(),
        };
        let request = phone
            .request(pb::AddCommentRequest { request_id: vec![5; 16], comment: Some(comment) });
        expect(refused_text(report_client(&phone).add_comment(request).await), "text");
    }
    server.close().await;
}

#[tokio::test]
async fn a_note_typed_with_combining_marks_is_stored_composed() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut message = nil_report_request(&server, &phone, 1);
    message.save.as_mut().unwrap().note = Some("ma\u{301}t so\u{301}ng\nba nga\u{300}y".into());
    let saved = report_client(&phone).save_report(phone.request(message)).await.unwrap();
    let record = saved.into_inner().report.unwrap().record.unwrap();
    assert_eq!(record.note, "mát sóng ba ngày");
    server.close().await;
}

#[tokio::test]
async fn a_period_of_a_concluded_campaign_is_closed() {
    let server = TestServer::start().await;
    server.clock.set(Timestamp::from_local_midnight(jiff::civil::date(2025, 9, 1)));
    let system = server.app.system_actor().unwrap();
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let status = CampaignStatus::Concluded;
    let concluded = Campaign { status, ..reference.campaigns[0].clone() };
    server.app.apply_campaign(&system, &concluded).unwrap();
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let closed = expect_refusal(&server, &phone, 1, |_| ()).await;
    assert_eq!(
        (closed.code(), error_reason(&closed).as_str()),
        (Code::FailedPrecondition, "PERIOD_CLOSED")
    );
    server.close().await;
}

#[tokio::test]
async fn a_page_token_that_nobody_gave_is_refused() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    for token in ["zz", "00", "ffffffffff", "\u{1EA1}"] {
        let request = pb::ListReportsRequest { page_token: token.to_owned(), ..Default::default() };
        let case = report_client(&phone).list_reports(phone.request(request)).await.unwrap_err();
        assert_eq!(
            (case.code(), error_reason(&case).as_str()),
            (Code::InvalidArgument, "BAD_PAGE_TOKEN"),
            "{token}"
        );
    }
    let request = pb::GetReportRequest { report_id: vec![1] };
    let case = report_client(&phone).get_report(phone.request(request)).await.unwrap_err();
    assert_eq!(case.code(), Code::InvalidArgument);
    server.close().await;
}
