//! Hand-overs of stocks by rpc: two persons of the authority, told apart by their accounts.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use jiff::civil::{Date, date};
use thidua::domain::access::permission::{Actor, Grant, Role};
use thidua::domain::org::HandoverLine;
use thidua::domain::report::element::ElementCode;
use thidua::domain::support::ids::{AccountId, HandoverId, UnitId};
use thidua::domain::support::time::days_from_date;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

const PROVINCE: &str = "prov-84";
const GIVER: &str = "dist-842";
const TAKER: &str = "dist-844";
const STOCK: &str = "suspended_cases";
const DAY: Date = date(2024, 9, 1);

fn service(client: &TestClient) -> OrgServiceClient<Channel> {
    OrgServiceClient::new(client.channel.clone())
}

/// A stock that a district gives.
pub(super) fn stock_to_hand_over(to: &str, amount: i64) -> pb::StockToHandOver {
    pb::StockToHandOver {
        from_unit_uid: GIVER.into(),
        to_unit_uid: to.into(),
        element_code: STOCK.into(),
        amount,
    }
}

/// Enters a hand-over as a person of the province.
pub(super) fn enter_handover(server: &TestServer) -> HandoverId {
    let (role, unit) = (Role::UnitHead, UnitId::from_code(PROVINCE));
    let grant = Grant { role, unit, from: Date::MIN, to: Date::MAX };
    let actor = Actor { account: AccountId::from_code("tp"), device: None, grants: vec![grant] };
    let [from, to] = [GIVER, TAKER].map(UnitId::from_code);
    let element = ElementCode::new(STOCK).unwrap();
    let lines = [HandoverLine { from, to, element, amount: 2 }];
    server.app.propose_handover(&actor, DAY, "BB 1", &lines).unwrap().id()
}

async fn list(client: &TestClient) -> Vec<pb::Handover> {
    let request = client.request(pb::ListHandoversRequest::default());
    service(client).list_handovers(request).await.unwrap().into_inner().handovers
}

#[tokio::test]
async fn one_person_enters_a_hand_over_by_rpc_and_a_second_one_signs_exactly_its_lines() {
    let server = TestServer::start().await;
    let lan = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let minh = server.enrol_client(PROVINCE, Role::UnitHead).await;
    let commune = server.enrol_client("com-29242-0", Role::Reporter).await;
    let propose = |request, lines: &[pb::StockToHandOver], validate_only| {
        lan.request(pb::ProposeHandoverRequest {
            request_id: vec![request; 16],
            effective_day: days_from_date(DAY),
            basis: "Biên bản số 12".into(),
            lines: lines.to_vec(),
            validate_only,
        })
    };
    let mut wrong = [stock_to_hand_over("dist-0", -1)];
    wrong[0].element_code = "khong-co".into();
    let refused = service(&lan).propose_handover(propose(1, &wrong, false)).await.unwrap_err();
    let fields = refused.get_error_details().bad_request().unwrap().field_violations.clone();
    let fields: Vec<_> = fields.into_iter().map(|one| one.field).collect();
    assert_eq!(fields, ["lines[0].to_unit_uid", "lines[0].element_code", "lines[0].amount"]);
    let to_nobody = [stock_to_hand_over("com-29242-0", 5)];
    let forbidden = service(&lan).propose_handover(propose(1, &to_nobody, false)).await;
    assert_eq!(forbidden.unwrap_err().code(), Code::FailedPrecondition, "it owes no such stock");

    let lines = [stock_to_hand_over(TAKER, 5)];
    service(&lan).propose_handover(propose(2, &lines, true)).await.unwrap();
    assert_eq!(list(&lan).await, [], "only asked");
    let entered = service(&lan).propose_handover(propose(2, &lines, false)).await.unwrap();
    let entered = entered.into_inner().handover.unwrap();
    let again = service(&lan).propose_handover(propose(2, &lines, false)).await.unwrap();
    assert_eq!(again.into_inner().handover.as_ref(), Some(&entered), "once");
    assert_eq!(list(&lan).await, std::slice::from_ref(&entered));
    assert_eq!(list(&commune).await, [], "it reads neither district");

    let settle = |request, handover_id: Vec<u8>| pb::SettleHandoverRequest {
        request_id: vec![request; 16],
        handover_id,
        sign: true,
        validate_only: false,
    };
    let alone = lan.request(settle(3, entered.id.clone()));
    let alone = service(&lan).settle_handover(alone).await.unwrap_err();
    assert_eq!(error_reason(&alone), "SECOND_PERSON");
    let unknown = minh.request(settle(4, vec![7; 16]));
    let unknown = service(&minh).settle_handover(unknown).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    for _ in 0..2 {
        let sign = minh.request(settle(5, entered.id.clone()));
        let signed = service(&minh).settle_handover(sign).await.unwrap().into_inner();
        let record = signed.handover.unwrap().record.unwrap();
        assert_eq!(record.state(), pb::HandoverState::Signed, "also when sent again");
    }
    let twice = minh.request(settle(6, entered.id.clone()));
    let twice = service(&minh).settle_handover(twice).await.unwrap_err();
    assert_eq!(error_reason(&twice), "WORKFLOW_FORBIDS");
    server.close().await;
}
