//! Waivers and reopening through the rpcs: two persons of the owner, told apart by their accounts.

use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{Campaign, CampaignStatus};
use thidua::domain::report::ReportKey;
use thidua::domain::reporting::period::Period;
use thidua::domain::support::ids::{CampaignId, ContractId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::pb;
use thidua::pb::conclusion_service_client::ConclusionServiceClient;
use thidua::pb::step_award_request::Act;
use tonic::Code;
use tonic::transport::Channel;

use super::report::error_reason;

const COMMUNE: &str = "com-29242-0";
const PROVINCE: &str = "prov-84";

fn service(phone: &TestClient) -> ConclusionServiceClient<Channel> {
    ConclusionServiceClient::new(phone.channel.clone())
}

fn missing_report(uid: &str) -> Vec<u8> {
    let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
    let (contract, unit) = (ContractId::from_code("tuan-xa"), UnitId::from_code(uid));
    ReportKey { contract, unit, period }.id().0.to_vec()
}

fn proposal(request: u8, report_id: Vec<u8>, reason: &str) -> pb::ProposeWaiverRequest {
    pb::ProposeWaiverRequest { request_id: vec![request; 16], report_id, reason: reason.into() }
}

async fn list_waivers(phone: &TestClient) -> Vec<pb::Waiver> {
    let request = phone.request(pb::ListWaiversRequest::default());
    service(phone).list_waivers(request).await.unwrap().into_inner().waivers
}

#[tokio::test]
async fn two_persons_waive_a_report_and_its_unit_can_read_why() {
    let server = TestServer::start().await;
    let day = Timestamp::from_local_midnight(date(2024, 9, 30));
    server.clock.set(day.saturating_add_micros(9 * 3_600_000_000));
    let lan = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let minh = server.enrol_client(PROVINCE, Role::Reviewer).await;
    let unit = server.enrol_client(COMMUNE, Role::Reporter).await;
    let stranger = server.enrol_client("com-29266-0", Role::Reporter).await;
    let report = missing_report(COMMUNE);

    for (report, reason, expected) in [
        (vec![7; 16], "ngập", "NOT_EXPECTED"),
        (vec![7; 3], "ngập", "BAD_ID"),
        (report.clone(), "", "MALFORMED"),
        (report.clone(), "hỏi 0912 345 678", "NOTE_PERSONAL_DATA"),
    ] {
        let request = lan.request(proposal(1, report, reason));
        let refused = service(&lan).propose_waiver(request).await.unwrap_err();
        assert_eq!(error_reason(&refused), expected);
    }
    let proposed = proposal(2, report.clone(), "đơn vị bị ngập");
    let waiver = service(&lan).propose_waiver(lan.request(proposed.clone())).await.unwrap();
    let waiver = waiver.into_inner().waiver.unwrap();
    let again = service(&lan).propose_waiver(lan.request(proposed)).await.unwrap().into_inner();
    assert_eq!(again.waiver.as_ref(), Some(&waiver), "the same request, the same answer");
    let reused = proposal(2, missing_report("com-29245-0"), "ngập");
    let reused = service(&lan).propose_waiver(lan.request(reused)).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");

    let sign = |request| pb::SettleWaiverRequest {
        request_id: vec![request; 16],
        waiver_id: waiver.id.clone(),
        sign: true,
    };
    let alone = service(&lan).settle_waiver(lan.request(sign(3))).await.unwrap_err();
    assert_eq!(
        (alone.code(), error_reason(&alone).as_str()),
        (Code::PermissionDenied, "SECOND_PERSON")
    );
    let signed = service(&minh).settle_waiver(minh.request(sign(4))).await.unwrap().into_inner();
    let signed = signed.waiver.unwrap();
    let record = signed.record.as_ref().unwrap();
    assert_eq!(record.state(), pb::WaiverState::Signed);
    assert_eq!((record.reason.as_str(), &record.report_id), ("đơn vị bị ngập", &report));
    let twice = service(&lan).settle_waiver(lan.request(sign(5))).await.unwrap_err();
    assert_eq!(error_reason(&twice), "WORKFLOW_FORBIDS");
    assert_eq!(list_waivers(&unit).await, [signed]);
    assert_eq!(list_waivers(&stranger).await, []);
    server.close().await;
}

fn conclude(server: &TestServer) {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let status = CampaignStatus::Concluded;
    let concluded = Campaign { status, ..reference.campaigns[0].clone() };
    server.app.apply_campaign(&server.app.system_actor().unwrap(), &concluded).unwrap();
}

#[tokio::test]
async fn a_concluded_campaign_is_reopened_by_the_second_person() {
    let server = TestServer::start().await;
    let lan = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let minh = server.enrol_client(PROVINCE, Role::UnitHead).await;
    let reopen = |request, reason: &str, withdraw| pb::ReopenCampaignRequest {
        request_id: vec![request; 16],
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        reason: reason.into(),
        withdraw,
    };
    let early = reopen(1, "số liệu sai", false);
    let early = service(&lan).reopen_campaign(lan.request(early)).await.unwrap_err();
    assert_eq!(error_reason(&early), "WORKFLOW_FORBIDS");
    conclude(&server);

    let steps = [
        (&lan, reopen(2, "số liệu sai", false), pb::CampaignStatus::Concluded, true),
        (&minh, reopen(3, "", true), pb::CampaignStatus::Concluded, false),
        (&minh, reopen(4, "số liệu sai", false), pb::CampaignStatus::Concluded, true),
        (&lan, reopen(5, "", false), pb::CampaignStatus::UnderReview, false),
    ];
    for (person, request, status, is_asked) in steps {
        let answer = service(person).reopen_campaign(person.request(request)).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!((answer.status(), answer.reopening.is_some()), (status, is_asked));
    }
    server.close().await;
}

#[tokio::test]
async fn two_persons_decide_an_award_by_rpc_and_a_reopening_is_refused_while_it_stands() {
    let server = TestServer::start().await;
    let lan = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let minh = server.enrol_client(PROVINCE, Role::UnitHead).await;
    let step = |request, act, validate_only| pb::StepAwardRequest {
        request_id: vec![request; 16],
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        act: Some(act),
        validate_only,
    };
    let decide = |reference: &str| {
        let reference = reference.to_owned();
        Act::Decide(pb::DecideAward { reference, day: None })
    };
    let revoke = |reason: &str| Act::Revoke(pb::RevokeAward { reason: reason.into() });
    let early = lan.request(step(1, decide("12/QĐ-UBND"), false));
    let early = service(&lan).step_award(early).await.unwrap_err();
    assert_eq!(early.code(), Code::FailedPrecondition, "it is not concluded");
    conclude(&server);

    let entered = [(true, 2), (false, 2), (false, 2)];
    for (validate_only, request) in entered {
        let request = lan.request(step(request, decide("12/QĐ-UBND"), validate_only));
        let entered = service(&lan).step_award(request).await.unwrap().into_inner();
        assert_eq!(entered.step(), pb::AwardStep::Proposed, "once");
    }
    let alone = lan.request(step(3, decide(""), false));
    let alone = service(&lan).step_award(alone).await.unwrap_err();
    assert_eq!(error_reason(&alone), "SECOND_PERSON");
    let control = minh.request(step(3, decide("12\u{7}"), false));
    let control = service(&minh).step_award(control).await.unwrap_err();
    assert_eq!(error_reason(&control), "CONTROL_CHARACTER");
    let acts = [
        (&minh, decide(""), pb::AwardStep::Decided),
        (&minh, revoke("QĐ 30 thu hồi"), pb::AwardStep::RevocationAsked),
        (&minh, Act::Withdraw(pb::WithdrawAward {}), pb::AwardStep::RevocationWithdrawn),
    ];
    for ((person, act, expected), request) in acts.into_iter().zip(4..) {
        let request = person.request(step(request, act, false));
        let entry = service(person).step_award(request).await.unwrap().into_inner();
        assert_eq!((entry.step(), entry.reference.as_str()), (expected, "12/QĐ-UBND"));
    }
    let reopen = pb::ReopenCampaignRequest {
        request_id: vec![9; 16],
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        reason: "số liệu sai".into(),
        withdraw: false,
    };
    let barred = service(&lan).reopen_campaign(lan.request(reopen)).await.unwrap_err();
    assert_eq!(barred.code(), Code::FailedPrecondition, "the decision stands");
    server.close().await;
}
