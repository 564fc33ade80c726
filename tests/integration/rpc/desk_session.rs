//! Desk accounts: a password set with a code, sessions that end with the day, and the effect of
//! many sign-ins on phones.

use super::report::{error_reason, report_client};
use crate::harness::{TestClient, TestServer};
use std::time::Duration;
use thidua::app::act::{ActRequest, Performer};
use thidua::app::enrol_card::{CardOrder, GrantRequest};
use thidua::auth;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::support::ids::{AccountId, UnitId};
use thidua::domain::support::time::DAY_MICROS;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use tonic::{Code, Request, Status};

pub(crate) const PASSWORD: &str = "trời xanh nắng nhẹ bên sông";
pub(super) const LABEL: &str = "huyen-842-ban";

/// A code for a reviewer's account.
pub(super) fn create_desk_code(server: &TestServer) -> String {
    create_account_code(server, LABEL, (Role::Reviewer, "dist-842"))
}

/// A code for an account that holds this role on this unit.
pub(crate) fn create_account_code(
    server: &TestServer,
    label: &str,
    (role, uid): (Role, &str),
) -> String {
    let (system, account) = (server.app.system_actor().unwrap(), AccountId::from_code(label));
    let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2030, 1, 1));
    let grant = Grant { role, unit: UnitId::from_code(uid), from, to };
    server.app.grant_role(&system, account, label, &grant).unwrap();
    let (code, hash) = auth::generate_enrol_code().unwrap();
    server
        .app
        .add_enrol_code(
            &system,
            &hash,
            account,
            server.app.now().saturating_add_micros(auth::ENROL_CODE_MICROS),
        )
        .unwrap();
    code.to_string()
}

pub(crate) async fn set_password(
    server: &TestServer,
    code: &str,
    password: &str,
) -> Result<(), Status> {
    let rpc_request =
        pb::SetPasswordRequest { code: code.to_owned(), password: password.to_owned() };
    AccessServiceClient::new(server.connect().await).set_password(rpc_request).await.map(|_| ())
}

pub(super) async fn sign_in(
    server: &TestServer,
    label: &str,
    password: &str,
) -> Result<pb::SignInResponse, Status> {
    let rpc_request = pb::SignInRequest {
        account_label: label.to_owned(),
        password: password.to_owned(),
        device_cookie: Vec::new(),
        second_factor_code: String::new(),
    };
    AccessServiceClient::new(server.connect().await)
        .sign_in(rpc_request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_password_is_the_same_typed_composed_or_with_combining_marks() {
    let server = TestServer::start().await;
    let code = create_desk_code(&server);
    let refused = set_password(&server, &code, "trời xanh\u{1b} nắng nhẹ bên sông").await;
    assert_eq!(error_reason(&refused.unwrap_err()), "CONTROL_CHARACTER");
    set_password(&server, &code, PASSWORD).await.unwrap();
    let decomposed = PASSWORD.replace('ờ', "o\u{31b}\u{300}").replace('ắ', "a\u{306}\u{301}");
    assert_ne!(decomposed, PASSWORD);
    sign_in(&server, LABEL, &decomposed).await.unwrap();
    server.close().await;
}

pub(super) fn with_token<M>(token: &Option<pb::AccessToken>, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let token = &token.as_ref().unwrap().token;
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test]
async fn a_reviewer_sets_a_password_signs_in_reads_and_goes_home_at_the_end_of_the_day() {
    let server = TestServer::start().await;
    let code = create_desk_code(&server);
    let short = set_password(&server, &code, "ngắn quá").await.unwrap_err();
    assert_eq!(
        (short.code(), error_reason(&short).as_str()),
        (Code::InvalidArgument, "PASSWORD_LENGTH")
    );
    set_password(&server, &code, PASSWORD).await.unwrap();
    assert_eq!(
        error_reason(&set_password(&server, &code, PASSWORD).await.unwrap_err()),
        "CODE_REFUSED",
        "a code serves once"
    );

    let session = sign_in(&server, LABEL, PASSWORD).await.unwrap();
    assert_eq!(session.session.as_ref().unwrap().unit_id, UnitId::from_code("dist-842").0.to_vec());
    let mut client =
        report_client(&TestClient::new(server.connect().await, UnitId::from_code("dist-842")));
    client
        .list_reports(with_token(&session.token, pb::ListReportsRequest::default()))
        .await
        .unwrap();

    let mut access = AccessServiceClient::new(server.connect().await);
    let mut token = session.token;
    for _ in 0..(auth::DESK_SESSION_LIFETIME_MICROS / auth::ACCESS_TOKEN_LIFETIME_MICROS) {
        server
            .clock
            .set(server.app.now().saturating_add_micros(auth::ACCESS_TOKEN_LIFETIME_MICROS - 1));
        token = access
            .extend_session(with_token(&token, pb::ExtendSessionRequest {}))
            .await
            .unwrap()
            .into_inner()
            .token;
    }
    server
        .clock
        .set(server.app.now().saturating_add_micros(auth::ACCESS_TOKEN_LIFETIME_MICROS - 1));
    let over =
        access.extend_session(with_token(&token, pb::ExtendSessionRequest {})).await.unwrap_err();
    assert_eq!(over.code(), Code::Unauthenticated, "after twelve hours one signs in again");
    let system = server.app.system_actor().unwrap();
    assert_eq!(server.app.visible_devices(&system).unwrap(), [], "what is over is not listed");
    assert_eq!(server.app.compact_store(&system).unwrap().sessions, 1, "and does not pile up");
    server.close().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_look_alike_and_are_not_tried_for_long() {
    let server = TestServer::start().await;
    set_password(&server, &create_desk_code(&server), PASSWORD).await.unwrap();
    let wrong = sign_in(&server, LABEL, "một câu khác hẳn, cũng dài").await.unwrap_err();
    let unknown = sign_in(&server, "khong-co-tai-khoan", PASSWORD).await.unwrap_err();
    assert_eq!(
        (wrong.code(), wrong.message(), wrong.details()),
        (unknown.code(), unknown.message(), unknown.details())
    );
    assert_eq!(error_reason(&wrong), "SIGN_IN_REFUSED");
    let mut last = wrong;
    for _ in 0..12 {
        last = sign_in(&server, LABEL, "một câu khác hẳn, cũng dài").await.unwrap_err();
    }
    assert_eq!(error_reason(&last), "RATE_LIMITED");
    server.close().await;
}

#[tokio::test]
async fn sessions_are_listed_and_end_one_by_one_or_with_a_new_password() {
    let server = TestServer::start().await;
    set_password(&server, &create_desk_code(&server), PASSWORD).await.unwrap();
    let (one, two) = (
        sign_in(&server, LABEL, PASSWORD).await.unwrap(),
        sign_in(&server, LABEL, PASSWORD).await.unwrap(),
    );
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let list = admin
        .access_client()
        .list_devices(admin.request(pb::ListDevicesRequest::default()))
        .await
        .unwrap()
        .into_inner();
    let desks: Vec<_> = list.devices.iter().filter(|device| device.desk).collect();
    assert_eq!(desks.len(), 2);

    let mut access = AccessServiceClient::new(server.connect().await);
    let device_id = one.session.as_ref().unwrap().device_id.clone();
    let rpc_request = pb::RevokeDeviceRequest { request_id: vec![1; 16], device_id };
    access.revoke_device(with_token(&one.token, rpc_request)).await.unwrap();
    let error =
        access.get_session(with_token(&one.token, pb::GetSessionRequest {})).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated, "signed out");
    access.get_session(with_token(&two.token, pb::GetSessionRequest {})).await.unwrap();
    set_password(&server, &create_desk_code(&server), "một mật khẩu hoàn toàn mới").await.unwrap();
    assert!(
        access.get_session(with_token(&two.token, pb::GetSessionRequest {})).await.is_err(),
        "a new password ends all"
    );
    assert!(sign_in(&server, LABEL, PASSWORD).await.is_err());
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sign_ins_is_turned_away_and_a_phone_goes_on_syncing() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let channel = server.connect().await;
    let flood: Vec<_> = (0..400)
        .map(|at| {
            let mut access = AccessServiceClient::new(channel.clone());
            let rpc_request = pb::SignInRequest {
                account_label: format!("tai-khoan-{at}"),
                password: PASSWORD.to_owned(),
                device_cookie: Vec::new(),
                second_factor_code: String::new(),
            };
            tokio::spawn(async move { access.sign_in(rpc_request).await.unwrap_err() })
        })
        .collect();
    let synced = tokio::time::timeout(Duration::from_secs(20), phone.sync(Vec::new())).await;
    assert!(!synced.unwrap().unwrap().is_empty());
    let mut turned_away = 0;
    for answer in flood {
        turned_away += usize::from(error_reason(&answer.await.unwrap()) == "RATE_LIMITED");
    }
    assert!(turned_away > 0, "nobody was turned away");
    server.close().await;
}

/// A card of the account of [`create_desk_code`]; the code is the account's number of this card.
fn issue_card(server: &TestServer, number: u8) -> EnrolmentCode {
    let system = server.app.system_actor().unwrap();
    let code = EnrolmentCode::new([number; 16]);
    let hash = auth::hash_secret(code.symbols().as_bytes());
    let order = CardOrder {
        valid_micros: 30 * DAY_MICROS,
        hash_of: &|_, _| hash,
        renew: true,
        also_enrolled: true,
    };
    let request = GrantRequest {
        account: AccountId::from_code(LABEL),
        label: LABEL.to_owned(),
        role: Role::Reviewer,
        unit: UnitId::from_code("dist-842"),
        from: None,
        to: jiff::civil::Date::MAX,
    };
    let (performer, act) =
        (Performer::Operator(&system), ActRequest::of_operator("access.enrol_card", false));
    let issued = server.app.perform_cards(performer, &act, &[request], &order).unwrap();
    let batch = issued.performed().unwrap();
    assert_eq!(batch.cards.len(), 1);
    code
}

#[tokio::test]
async fn a_printed_card_enrols_a_phone_for_weeks_but_sets_no_password_and_ends_with_the_trust() {
    let server = TestServer::start().await;
    create_desk_code(&server);
    let card = issue_card(&server, 1);
    let refused = set_password(&server, &card.to_string(), PASSWORD).await.unwrap_err();
    assert_eq!(error_reason(&refused), "CODE_REFUSED", "what is printed must not sign anybody in");
    let weeks_later = server.app.now().saturating_add_micros(29 * DAY_MICROS);
    server.clock.set(weeks_later);
    let unit = UnitId::from_code("dist-842");
    TestClient::new(server.connect().await, unit).enrol(&card).await.unwrap();
    let again = TestClient::new(server.connect().await, unit).enrol(&card).await.unwrap_err();
    assert_eq!(error_reason(&again), "CODE_REFUSED", "once");

    // Whoever holds the next card was trusted with this account as it is now.
    let card = issue_card(&server, 2);
    let system = server.app.system_actor().unwrap();
    let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2030, 1, 1));
    let further = Grant { role: Role::Admin, unit: UnitId::from_code("prov-84"), from, to };
    server.app.grant_role(&system, AccountId::from_code(LABEL), LABEL, &further).unwrap();
    let dead = TestClient::new(server.connect().await, unit).enrol(&card).await.unwrap_err();
    assert_eq!(error_reason(&dead), "CODE_REFUSED", "a role elsewhere revokes it");

    let card = issue_card(&server, 3);
    let request = ActRequest::of_operator("access.revoke", false);
    let account = AccountId::from_code(LABEL);
    let performer = Performer::Operator(&system);
    server.app.perform_account_revocation(performer, &request, account).unwrap();
    let dead = TestClient::new(server.connect().await, unit).enrol(&card).await.unwrap_err();
    assert_eq!(error_reason(&dead), "CODE_REFUSED", "shutting an account out ends its cards");
    server.close().await;
}
