//! Printed cards by rpc: issued once for each request, listed without their codes, and revoked.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use prost::Message as _;
use thidua::domain::access::enrolment::Invite;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb::card_service_client::CardServiceClient;
use thidua::pb::{self, CardState, Rpc};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const DISTRICT: &str = "dist-842";
const COMMUNE: &str = "com-29242-0";
/// A commune of another district.
const FAR: &str = "com-29266-0";

fn service(client: &TestClient) -> CardServiceClient<Channel> {
    CardServiceClient::new(client.channel.clone())
}

fn to_issue(request: u8, labels: &[&str]) -> pb::IssueCardsRequest {
    let grant = |label: &&str| pb::RoleToGrant {
        account_label: (*label).to_owned(),
        role: pb::Role::Reporter.into(),
        unit_uid: COMMUNE.into(),
        days: None,
    };
    pb::IssueCardsRequest {
        request_id: vec![request; 16],
        grants: labels.iter().map(grant).collect(),
        ..Default::default()
    }
}

async fn issue(
    client: &TestClient,
    request: pb::IssueCardsRequest,
) -> Result<pb::IssueCardsResponse, Status> {
    service(client).issue_cards(client.request(request)).await.map(tonic::Response::into_inner)
}

/// The numbers and states of the cards that the caller sees, page by page.
async fn list(client: &TestClient, unit: &str, include_closed: bool) -> Vec<(String, CardState)> {
    let unit_id = if unit.is_empty() { Vec::new() } else { UnitId::from_code(unit).0.to_vec() };
    let mut request =
        pb::ListCardsRequest { page_size: 1, unit_id, include_closed, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = service(client).list_cards(client.request(request.clone())).await.unwrap();
        let pb::ListCardsResponse { cards, next_page_token } = page.into_inner();
        all.extend(cards.into_iter().map(|card| {
            let state = card.state();
            (card.number, state)
        }));
        if next_page_token.is_empty() {
            return all;
        }
        request.page_token = next_page_token;
    }
}

async fn revoke(
    client: &TestClient,
    request: u8,
    numbers: &[&str],
    unit: Option<&str>,
) -> Result<(u32, u32), Status> {
    let request = pb::RevokeCardsRequest {
        request_id: vec![request; 16],
        numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
        unit_id: unit.map_or_else(Vec::new, |unit| UnitId::from_code(unit).0.to_vec()),
        validate_only: false,
    };
    let answer = service(client).revoke_cards(client.request(request)).await?.into_inner();
    Ok((answer.asked, answer.revoked))
}

fn number(card: &pb::CardToPrint) -> &str {
    &card.card.as_ref().unwrap().number
}

fn move_on(server: &TestServer) {
    server.clock.set(server.app.now().saturating_add_micros(1_000_000));
}

/// Requests about cards of the commune, complete enough to reach the permission check. Nothing of
/// them is written.
pub(super) fn build_card_requests(id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let issue = pb::IssueCardsRequest {
        request_id: id(),
        validate_only: true,
        ..to_issue(0, &["xa-phieu"])
    };
    let revoke = pb::RevokeCardsRequest {
        request_id: id(),
        unit_id: UnitId::from_code(COMMUNE).0.to_vec(),
        validate_only: true,
        ..Default::default()
    };
    vec![(Rpc::IssueCards, issue.encode_to_vec()), (Rpc::RevokeCards, revoke.encode_to_vec())]
}

#[tokio::test]
async fn a_card_is_issued_once_given_again_while_it_is_open_and_enrols_one_phone() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(DISTRICT, Role::Admin).await;
    let asked = pb::IssueCardsRequest { validate_only: true, ..to_issue(1, &["xa-1"]) };
    let asked = issue(&admin, asked).await.unwrap();
    assert_eq!((asked.given, asked.valid_minutes), (1, 10));
    assert!(asked.cards[0].new && asked.cards[0].invitation.is_empty(), "{asked:?}");
    assert_eq!(list(&admin, "", true).await, [], "nothing was written");

    let first = issue(&admin, to_issue(2, &["xa-1", "xa-2"])).await.unwrap();
    assert_eq!((first.cards.len(), first.given), (2, 2));
    let shown = first.cards[0].card.as_ref().unwrap();
    assert_eq!((&*shown.account_label, &*shown.unit_uid), ("xa-1", COMMUNE));
    assert_eq!(first.cards[0].roles().collect::<Vec<_>>(), [pb::Role::Reporter]);
    move_on(&server);
    for request in [2, 3] {
        let again = issue(&admin, to_issue(request, &["xa-1", "xa-2"])).await.unwrap();
        assert!(again.cards.iter().all(|card| !card.new) && again.given == 0, "{again:?}");
        let texts = |answer: &pb::IssueCardsResponse| -> Vec<String> {
            answer.cards.iter().map(|card| card.invitation.clone()).collect()
        };
        assert_eq!(texts(&again), texts(&first), "an open card keeps its code");
    }
    let reused = issue(&admin, to_issue(2, &["xa-3"])).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");

    let invite = Invite::parse(&first.cards[0].invitation).unwrap();
    assert_eq!(invite.addresses, [format!("https://{}", server.address)]);
    let mut phone = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    phone.enrol(&invite.code).await.unwrap();
    let after = issue(&admin, to_issue(2, &["xa-1", "xa-2"])).await.unwrap();
    assert_eq!((after.cards.len(), &*after.enrolled_labels), (1, &["xa-1".to_owned()][..]));

    let renewed = pb::IssueCardsRequest { renew: true, ..to_issue(4, &["xa-2"]) };
    let new = issue(&admin, renewed.clone()).await.unwrap();
    assert!(new.cards[0].new && number(&new.cards[0]) != number(&first.cards[1]));
    move_on(&server);
    let repeated = issue(&admin, renewed).await.unwrap();
    assert_eq!(number(&repeated.cards[0]), number(&new.cards[0]), "renewed once");
    let states = [CardState::Used, CardState::Revoked, CardState::Unused];
    let numbers = [&first.cards[0], &first.cards[1], &new.cards[0]].map(|card| number(card).into());
    let mut expected: Vec<(String, CardState)> = numbers.into_iter().zip(states).collect();
    assert_eq!(list(&admin, DISTRICT, false).await, expected[2..]);
    let mut all = list(&admin, COMMUNE, true).await;
    all.sort_by(|one, other| one.0.cmp(&other.0));
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(all, expected);
    server.close().await;
}

#[tokio::test]
async fn cards_are_revoked_by_number_or_unit_and_a_stranger_learns_nothing() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(DISTRICT, Role::Admin).await;
    let stranger = server.enrol_client(FAR, Role::Admin).await;
    let issued = issue(&admin, to_issue(1, &["xa-1", "xa-2", "xa-3"])).await.unwrap();
    let first = number(&issued.cards[0]);
    assert_eq!(list(&stranger, "", true).await, []);
    for refused in [
        revoke(&stranger, 1, &[first], None).await.unwrap_err(),
        revoke(&stranger, 2, &[], Some(COMMUNE)).await.unwrap_err(),
        revoke(&admin, 3, &[first, "000000000000"], None).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    }
    let elsewhere = issue(&stranger, to_issue(2, &["xa-1"])).await.unwrap_err();
    let details = elsewhere.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, "grants[0]");
    for wrong in [
        revoke(&admin, 4, &[], None).await.unwrap_err(),
        revoke(&admin, 5, &[first], Some(COMMUNE)).await.unwrap_err(),
        revoke(&admin, 6, &["x"], None).await.unwrap_err(),
    ] {
        assert_eq!(wrong.code(), Code::InvalidArgument, "{wrong:?}");
    }
    assert_eq!(list(&admin, "", false).await.len(), 3, "what is refused revokes nothing");
    assert_eq!(revoke(&admin, 7, &[first], None).await.unwrap(), (1, 1));
    assert_eq!(revoke(&admin, 8, &[first], None).await.unwrap(), (1, 0));
    assert_eq!(revoke(&admin, 9, &[], Some(COMMUNE)).await.unwrap(), (2, 2));
    assert_eq!(revoke(&admin, 9, &[], Some(COMMUNE)).await.unwrap(), (0, 0), "once");
    let invite = Invite::parse(&issued.cards[1].invitation).unwrap();
    let mut phone = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    assert!(phone.enrol(&invite.code).await.is_err());
    server.close().await;
}
