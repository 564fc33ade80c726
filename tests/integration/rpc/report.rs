//! Reports by unary calls: the same rules as in a push, tested once each.

use crate::harness::{TestClient, TestServer};
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::report_service_client::ReportServiceClient;
use thidua::wire::values;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";
const DISTRICT: &str = "dist-842";

pub(crate) fn report_client(phone: &TestClient) -> ReportServiceClient<Channel> {
    ReportServiceClient::new(phone.channel.clone())
}

pub(super) fn error_reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(String::new, |info| info.reason.clone())
}

/// A request that fills the whole form with nil.
pub(crate) fn nil_report_request(
    server: &TestServer,
    phone: &TestClient,
    request: u8,
) -> pb::SaveReportRequest {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap();
    let mut numbers: Vec<u32> =
        form.elements.iter().map(|code| reference.element_numbers.number(code).unwrap()).collect();
    numbers.sort_unstable();
    let nil = pb::CellValue { status: pb::CellStatus::Nil.into(), ..Default::default() };
    let changes = numbers.into_iter().map(|element_number| pb::CellChange {
        element_number,
        mine: Some(nil),
        base: None,
    });
    let key = phone.first_week_key();
    let save = pb::SaveCells {
        contract_id: key.contract.0.to_vec(),
        unit_id: key.unit.0.to_vec(),
        period: Some(values::period_to_proto(&key.period)),
        changes: changes.collect(),
        ..Default::default()
    };
    pb::SaveReportRequest {
        request_id: vec![request; 16],
        acting_unit_id: vec![],
        save: Some(save),
    }
}

pub(crate) async fn submit_nil_report(server: &TestServer, phone: &TestClient) -> pb::Report {
    let mut client = report_client(phone);
    client.save_report(phone.request(nil_report_request(server, phone, 1))).await.unwrap();
    let submit =
        pb::SubmitReport { report_id: phone.first_week_key().id().0.to_vec(), rules_version: 1 };
    let message = pb::SubmitReportRequest {
        request_id: vec![2; 16],
        acting_unit_id: vec![],
        submit: Some(submit),
    };
    client.submit_report(phone.request(message)).await.unwrap().into_inner().report.unwrap()
}

/// Returns the report; the response contains the question.
async fn return_with_question(district: &TestClient, sent: &pb::Report) {
    let question =
        pb::Question { code: "EXPLAIN".into(), text: "Tuần này có đợt cao điểm?".into() };
    let back = pb::ReturnReport {
        report_id: sent.id.clone(),
        content_hash: sent.record.as_ref().unwrap().content_hash.clone(),
        question: Some(question.clone()),
    };
    let message = pb::ReturnReportRequest { request_id: vec![3; 16], return_report: Some(back) };
    let returned = report_client(district)
        .return_report(district.request(message))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(returned.report.unwrap().record.unwrap().question, Some(question));
}

/// Lists the report's revisions in pages: four, the newest first.
async fn assert_every_revision_is_listed(district: &TestClient, accepted: &pb::Report) {
    let rpc_request = pb::ListRevisionsRequest {
        report_id: accepted.id.clone(),
        page_size: 2,
        page_token: String::new(),
    };
    let first = report_client(district)
        .list_revisions(district.request(rpc_request.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(&first.revisions[0], accepted);
    let rpc_request = pb::ListRevisionsRequest { page_token: first.next_page_token, ..rpc_request };
    let rest = report_client(district)
        .list_revisions(district.request(rpc_request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        first.revisions.len() + rest.revisions.len(),
        4,
        "S16: every sent revision, for ever"
    );
}

#[tokio::test]
async fn a_nil_report_goes_from_the_commune_to_the_district_and_is_returned_corrected_and_accepted()
{
    let server = TestServer::start().await;
    let commune = server.enrol_client(COMMUNE, Role::Reporter).await;
    let district = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let sent = submit_nil_report(&server, &commune).await;
    let record = sent.record.clone().unwrap();
    assert_eq!(
        (record.state(), record.nil, record.late),
        (pb::ReportState::Submitted, true, false)
    );

    let queue = pb::ListReportsRequest {
        states: vec![pb::ReportState::Submitted.into()],
        ..Default::default()
    };
    let queue =
        report_client(&district).list_reports(district.request(queue)).await.unwrap().into_inner();
    assert_eq!(queue.reports, std::slice::from_ref(&sent));

    return_with_question(&district, &sent).await;

    let again = pb::SubmitReportRequest {
        request_id: vec![4; 16],
        acting_unit_id: vec![],
        submit: Some(pb::SubmitReport { report_id: sent.id.clone(), rules_version: 1 }),
    };
    report_client(&commune).submit_report(commune.request(again)).await.unwrap();
    let accept = |hash: Vec<u8>, request| pb::AcceptReportRequest {
        request_id: vec![request; 16],
        accept: Some(pb::AcceptReport { report_id: sent.id.clone(), content_hash: hash }),
    };
    let other = report_client(&district)
        .accept_report(district.request(accept(vec![9; 32], 5)))
        .await
        .unwrap_err();
    assert_eq!(
        (other.code(), error_reason(&other).as_str()),
        (Code::Aborted, "CONTENT_CHANGED"),
        "S15"
    );
    let accepted = report_client(&district)
        .accept_report(district.request(accept(record.content_hash, 6)))
        .await
        .unwrap();
    let accepted = accepted.into_inner().report.unwrap();
    assert_eq!(accepted.record.as_ref().unwrap().state(), pb::ReportState::Accepted);

    assert_every_revision_is_listed(&district, &accepted).await;
    server.close().await;
}

#[tokio::test]
async fn a_request_made_twice_is_done_once_and_its_id_serves_nothing_else() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut client = report_client(&phone);
    let first = client
        .save_report(phone.request(nil_report_request(&server, &phone, 1)))
        .await
        .unwrap()
        .into_inner();
    let again = client
        .save_report(phone.request(nil_report_request(&server, &phone, 1)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let mut other = nil_report_request(&server, &phone, 1);
    other.save.as_mut().unwrap().changes.pop();
    let refused = client.save_report(phone.request(other)).await.unwrap_err();
    assert_eq!(
        (refused.code(), error_reason(&refused).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
    server.close().await;
}

#[tokio::test]
async fn another_commune_cannot_tell_a_report_from_one_that_never_was() {
    let server = TestServer::start().await;
    let commune = server.enrol_client(COMMUNE, Role::Reporter).await;
    let stranger = server.enrol_client("com-29245-0", Role::Reporter).await;
    let sent = submit_nil_report(&server, &commune).await;
    let rpc_request = |id: Vec<u8>| stranger.request(pb::GetReportRequest { report_id: id });
    let hidden =
        report_client(&stranger).get_report(rpc_request(sent.id.clone())).await.unwrap_err();
    let absent = report_client(&stranger).get_report(rpc_request(vec![7; 16])).await.unwrap_err();
    assert_eq!(
        (hidden.code(), hidden.message(), hidden.details()),
        (absent.code(), absent.message(), absent.details())
    );
    let list = report_client(&stranger)
        .list_reports(stranger.request(pb::ListReportsRequest::default()))
        .await
        .unwrap();
    assert_eq!(list.into_inner().reports, []);
    server.close().await;
}

#[tokio::test]
async fn a_malformed_save_names_every_field_in_the_callers_language() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    phone.lang = "vi";
    let message = pb::SaveReportRequest {
        request_id: vec![1],
        acting_unit_id: vec![2],
        save: Some(pb::SaveCells { contract_id: vec![3], ..Default::default() }),
    };
    let refused = report_client(&phone).save_report(phone.request(message)).await.unwrap_err();
    let details = refused.get_error_details();
    let fields: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(fields, ["request_id", "acting_unit_id"]);
    assert!(details.localized_message().unwrap().message.contains("16 byte"));
    server.close().await;
}

#[tokio::test]
async fn a_comment_is_stored_under_the_post_of_its_author_and_personal_data_is_refused() {
    let server = TestServer::start().await;
    let commune = server.enrol_client(COMMUNE, Role::Reporter).await;
    let district = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let sent = submit_nil_report(&server, &commune).await;
    let comment = |text: &str, request| pb::AddCommentRequest {
        request_id: vec![request; 16],
        comment: Some(pb::AddComment {
            report_id: sent.id.clone(),
            comment_id: vec![request; 16],
            text: text.to_owned(),
        }),
    };
    let stored = report_client(&district)
        .add_comment(district.request(comment("Cảm ơn đơn vị.", 1)))
        .await
        .unwrap();
    let record = stored.into_inner().comment.unwrap().record.unwrap();
    assert_eq!(record.role(), pb::Role::Reviewer);
    let refused = report_client(&district)
        .add_comment(district.request(comment("gọi 0912 345 678", 2)))
        .await
        .unwrap_err();
    assert_eq!(error_reason(&refused), "NOTE_PERSONAL_DATA");
    let view = report_client(&commune)
        .get_report(commune.request(pb::GetReportRequest { report_id: sent.id }))
        .await
        .unwrap();
    assert_eq!(view.into_inner().comments.len(), 1);
    server.close().await;
}
