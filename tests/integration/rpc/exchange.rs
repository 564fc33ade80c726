//! A system of an agency sends reports with a key: people review them, and nothing that a person
//! entered is overwritten.

use super::report::{error_reason, report_client, submit_nil_report};
use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use thidua::app::partner::ServiceKeyRequest;
use thidua::auth::{self, GeneratedSecret};
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::support::ids::{AccountId, UnitId};
use thidua::pb;
use thidua::pb::delivered_cell::Word;
use thidua::pb::exchange_service_client::ExchangeServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Request};

const SYSTEM: &str = "he-thong-tinh";
const DISTRICT: &str = "dist-842";
const COMMUNE: &str = "com-29242-0";
const OTHER: &str = "com-29245-0";
const ELSEWHERE: &str = "com-29266-0";
const FIRST_DAY: &str = "2024-08-19";

/// An agency's system with a key for the weekly reports of the district's communes.
pub(super) struct System {
    pub(super) secret: GeneratedSecret,
    client: ExchangeServiceClient<Channel>,
    pub(super) elements: Vec<String>,
    next_request: u8,
}

impl System {
    pub(super) async fn with_key(server: &TestServer, calls: &[PartnerCall]) -> Self {
        Self::with_key_for(server, calls, (DISTRICT, "tuan-xa")).await
    }

    /// With a key for the reports of this contract, whose form has the same code, below this unit.
    pub(super) async fn with_key_for(
        server: &TestServer,
        calls: &[PartnerCall],
        (unit, contract): (&str, &str),
    ) -> Self {
        let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
        let today = server.app.now().local_date();
        let key_unit = UnitId::from_code(unit);
        let above = reference.org.effective_ancestors(key_unit, today);
        let root = above.last().copied().unwrap_or(key_unit);
        let (account, actor) = (AccountId::from_code(SYSTEM), server.app.system_actor().unwrap());
        for role in [Role::PartnerWriter, Role::PartnerReader] {
            let grant = Grant { role, unit: root, from: date(2024, 1, 1), to: date(2030, 1, 1) };
            server.app.grant_role(&actor, account, SYSTEM, &grant).unwrap();
        }
        let (id, secret, hash) = auth::generate_service_key().unwrap();
        let sends = calls.contains(&PartnerCall::Reports);
        let request = ServiceKeyRequest {
            account,
            unit: key_unit,
            campaign: None,
            allowed_calls: calls.to_vec(),
            contracts: sends.then(|| contract.to_owned()).into_iter().collect(),
            valid_days: 30,
        };
        server.app.issue_service_key(&actor, id, &hash, &request).unwrap();
        let form = reference.catalogue.form(contract).unwrap();
        let elements = form.elements.iter().map(|code| code.as_str().to_owned()).collect();
        let channel = server.connect().await;
        let client = ExchangeServiceClient::new(channel);
        Self { secret, client, elements, next_request: 0 }
    }

    fn report(&self, unit: &str, figure: &str) -> pb::DeliveredReport {
        let cell = |element: &String| pb::DeliveredCell {
            element: element.clone(),
            word: Some(Word::Figure(figure.to_owned())),
        };
        pb::DeliveredReport {
            contract: "tuan-xa".into(),
            unit_uid: unit.into(),
            first_day: FIRST_DAY.into(),
            cells: self.elements.iter().map(cell).collect(),
            note: String::new(),
        }
    }

    async fn call(
        &mut self,
        message: pb::DeliverReportsRequest,
    ) -> Result<pb::DeliverReportsResponse, tonic::Status> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.secret.reveal()).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        self.client.deliver_reports(request).await.map(tonic::Response::into_inner)
    }

    async fn deliver(&mut self, reports: Vec<pb::DeliveredReport>) -> pb::DeliverReportsResponse {
        self.next_request += 1;
        let request_id = vec![self.next_request; 16];
        let message = pb::DeliverReportsRequest { request_id, reports, ..Default::default() };
        self.call(message).await.unwrap()
    }
}

fn states(response: &pb::DeliverReportsResponse) -> Vec<pb::DeliveryState> {
    response.verdicts.iter().map(pb::DeliveryVerdict::state).collect()
}

pub(super) async fn read_report(reviewer: &TestClient, report_id: &[u8]) -> pb::ReportRecord {
    let request = pb::GetReportRequest { report_id: report_id.to_vec() };
    let found = report_client(reviewer).get_report(reviewer.request(request)).await.unwrap();
    found.into_inner().report.unwrap().record.unwrap()
}

#[tokio::test]
async fn what_a_system_sends_is_reviewed_by_people_and_changes_only_by_a_proposal_afterwards() {
    use pb::DeliveryState::{Changed, Created, Proposed, Unchanged};
    let server = TestServer::start().await;
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let mut system = System::with_key(&server, &[PartnerCall::Reports]).await;

    let both = vec![system.report(COMMUNE, "3"), system.report(OTHER, "0")];
    let asked = pb::DeliverReportsRequest {
        request_id: vec![99; 16],
        reports: both.clone(),
        validate_only: true,
        partial: false,
    };
    let asked = system.call(asked).await.unwrap();
    assert_eq!((states(&asked), asked.applied), (vec![Created, Created], false));
    let sent = system.deliver(both.clone()).await;
    assert_eq!((states(&sent), sent.applied), (vec![Created, Created], true));
    let id = sent.verdicts[0].report_id.clone();
    let record = read_report(&reviewer, &id).await;
    assert_eq!((record.state(), record.source.as_str()), (pb::ReportState::Submitted, SYSTEM));

    let message = pb::DeliverReportsRequest {
        request_id: vec![1; 16],
        reports: both.clone(),
        ..Default::default()
    };
    let again = system.call(message).await.unwrap();
    assert_eq!((again.applied, again.verdicts.len()), (true, 0), "the same request, once");
    assert_eq!(states(&system.deliver(both).await), [Unchanged, Unchanged], "the same content");
    let corrected = system.deliver(vec![system.report(COMMUNE, "4")]).await;
    assert_eq!(states(&corrected), [Changed], "its own figures it may correct");

    let record = read_report(&reviewer, &id).await;
    let accept = pb::AcceptReport { report_id: id.clone(), content_hash: record.content_hash };
    let accept = pb::AcceptReportRequest { request_id: vec![7; 16], accept: Some(accept) };
    report_client(&reviewer).accept_report(reviewer.request(accept)).await.unwrap();
    let late = system.deliver(vec![system.report(COMMUNE, "5")]).await;
    assert_eq!((states(&late), late.summary.unwrap().held), (vec![Proposed], 1));
    let record = read_report(&reviewer, &id).await;
    assert!(record.cells.iter().all(|cell| cell.value == 4), "accepted stays accepted");
    server.close().await;
}

#[tokio::test]
async fn figures_that_a_person_entered_stand_until_the_head_of_the_unit_settles() {
    let server = TestServer::start().await;
    let author = server.enrol_client(COMMUNE, Role::Reporter).await;
    let by_person = submit_nil_report(&server, &author).await;
    let mut system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let sent = system.deliver(vec![system.report(COMMUNE, "3")]).await;
    assert_eq!(states(&sent), [pb::DeliveryState::Conflict]);
    let record = read_report(&author, &by_person.id).await;
    assert_eq!(record.cells, by_person.record.unwrap().cells);
    assert_eq!(record.source, "");
    server.close().await;
}

#[tokio::test]
async fn every_fault_of_every_report_is_named_and_nothing_is_taken_unless_asked() {
    use pb::DeliveryState::{Created, Refused};
    let server = TestServer::start().await;
    let mut system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let good = system.report(COMMUNE, "3");
    let mut wrong = system.report(OTHER, "1e3");
    wrong.cells[1].element = "no_such".into();
    wrong.first_day = "19/08/2024".into();
    let reports = vec![
        good.clone(),
        wrong,
        good.clone(),
        system.report(ELSEWHERE, "1"),
        pb::DeliveredReport { contract: "thang-huyen".into(), ..system.report(OTHER, "1") },
        pb::DeliveredReport { first_day: "2024-08-20".into(), ..system.report(OTHER, "1") },
    ];
    let told = system.deliver(reports.clone()).await;
    let expected = [Created, Refused, Refused, Refused, Refused, Refused];
    assert_eq!((states(&told), told.applied), (expected.to_vec(), false));
    let reasons: Vec<_> =
        told.verdicts.iter().skip(1).map(|one| one.reason().as_str_name()).collect();
    let ends = ["MALFORMED", "REPORT_TWICE", "NOT_FOUND", "DENIED", "NOT_EXPECTED"];
    assert!(reasons.iter().zip(ends).all(|(reason, end)| reason.ends_with(end)), "{reasons:?}");
    let fields: Vec<_> = told.verdicts[1].faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(&fields[..3], ["first_day", "cells[0].figure", "cells[1].element"], "{fields:?}");
    let message = pb::DeliverReportsRequest {
        request_id: vec![50; 16],
        reports,
        partial: true,
        ..Default::default()
    };
    let partly = system.call(message).await.unwrap();
    assert!(partly.applied);
    let again = system.deliver(vec![good]).await;
    assert_eq!(states(&again), [pb::DeliveryState::Unchanged], "the good one was taken");
    server.close().await;
}

#[tokio::test]
async fn a_key_that_only_reads_and_a_token_of_a_person_send_nothing() {
    let server = TestServer::start().await;
    let mut reader = System::with_key(&server, &[PartnerCall::Runs]).await;
    let reports = vec![reader.report(COMMUNE, "3")];
    let message =
        pb::DeliverReportsRequest { request_id: vec![1; 16], reports, ..Default::default() };
    let refused = reader.call(message.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), error_reason(&refused).as_str()),
        (Code::PermissionDenied, "DENIED")
    );
    let person = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut client = ExchangeServiceClient::new(person.channel.clone());
    let told = client.deliver_reports(person.request(message)).await.unwrap().into_inner();
    assert_eq!((states(&told), told.applied), (vec![pb::DeliveryState::Refused], false));
    server.close().await;
}
