//! Enrolment, renewal, revocation, codes and devices.

use crate::harness::{TestClient, TestServer};
use thidua::auth;
use thidua::domain::access::enrolment::{EnrolmentCode, Invite};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::grant_service_client::GrantServiceClient;
use tonic::{Code as Canonical, Status};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";

fn error_reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(String::new, |info| info.reason.clone())
}

#[tokio::test]
async fn a_code_enrols_one_phone_and_a_lost_answer_is_given_again_to_it_alone() {
    let server = TestServer::start().await;
    let code = server.create_code(COMMUNE, Role::Reporter);
    let mut phone = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    let first = phone.enrol(&code).await.unwrap();
    let again = phone.enrol(&code).await.unwrap();
    assert_eq!(first.session, again.session);
    let certificate = again.certificate.unwrap();
    auth::verify_signature(&again.authority_public_key, &certificate.body, &certificate.signature)
        .unwrap();

    let mut other = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    let refused = other.enrol(&code).await.unwrap_err();
    assert_eq!(
        (refused.code(), error_reason(&refused).as_str()),
        (Canonical::Unauthenticated, "CODE_REFUSED")
    );
    let guessed = other.enrol(&EnrolmentCode::new([1; 16])).await.unwrap_err();
    assert_eq!(guessed.message(), refused.message(), "a used code and a wrong one look alike");
    server.close().await;
}

#[tokio::test]
async fn a_code_is_dead_after_ten_minutes() {
    let server = TestServer::start().await;
    let code = server.create_code(COMMUNE, Role::Reporter);
    server.clock.set(server.clock.now().saturating_add_micros(auth::ENROL_CODE_MICROS));
    let mut late = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    assert_eq!(error_reason(&late.enrol(&code).await.unwrap_err()), "CODE_REFUSED");
    server.close().await;
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes_and_a_signature_over_a_nonce_gives_the_next() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    server.clock.set(server.clock.now().saturating_add_micros(auth::ACCESS_TOKEN_LIFETIME_MICROS));
    let refused = phone.sync(vec![]).await.unwrap_err();
    assert_eq!(error_reason(&refused), "UNAUTHENTICATED");
    phone.renew_token().await.unwrap();
    let session = phone
        .access_client()
        .get_session(phone.request(pb::GetSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    let session = session.session.unwrap();
    assert_eq!(session.unit_id, UnitId::from_code(COMMUNE).0);
    assert_eq!(session.roles, [i32::from(pb::Role::Reporter)]);
    server.close().await;
}

#[tokio::test]
async fn a_nonce_serves_once_and_only_the_key_it_was_given_for() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let attacker = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    let device_id = phone.device.0.to_vec();
    let request = || pb::BeginRenewalRequest { device_id: device_id.clone() };
    let nonce = phone.access_client().begin_renewal(request()).await.unwrap().into_inner().nonce;
    let proof = thidua::domain::access::enrolment::renewal_signing_input(phone.device, &nonce);
    let signed_by = |key: &auth::AuthorityKey| pb::RenewTokenRequest {
        device_id: device_id.clone(),
        nonce: nonce.clone(),
        signature: key.sign(&proof).unwrap(),
        certificate: None,
    };
    let stolen = attacker.access_client().renew_token(signed_by(&attacker.key)).await.unwrap_err();
    assert_eq!(error_reason(&stolen), "BAD_SIGNATURE");
    phone.access_client().renew_token(signed_by(&phone.key)).await.unwrap();
    let twice = phone.access_client().renew_token(signed_by(&phone.key)).await.unwrap_err();
    assert_eq!(error_reason(&twice), "BAD_SIGNATURE");
    let unknown = pb::BeginRenewalRequest { device_id: vec![9; 16] };
    assert_eq!(
        phone.access_client().begin_renewal(unknown).await.unwrap().into_inner().nonce.len(),
        32
    );
    server.close().await;
}

#[tokio::test]
async fn an_administrator_enrols_a_commune_by_an_invitation_and_a_reporter_may_not() {
    let server = TestServer::start().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let request = |id: u8| pb::CreateEnrolmentCodeRequest {
        request_id: vec![id; 16],
        unit_id: UnitId::from_code(COMMUNE).0.to_vec(),
        roles: vec![pb::Role::Reporter.into()],
        account_id: vec![],
    };
    let first = admin
        .access_client()
        .create_enrolment_code(admin.request(request(1)))
        .await
        .unwrap()
        .into_inner();
    let again = admin
        .access_client()
        .create_enrolment_code(admin.request(request(1)))
        .await
        .unwrap()
        .into_inner();
    let other = admin
        .access_client()
        .create_enrolment_code(admin.request(request(2)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.code, again.code, "the second call returns the first answer");
    assert_ne!(first.code, other.code);

    let invite = Invite::parse(&first.qr_text).unwrap();
    assert_eq!(invite.ca_sha256, server.files.ca_sha256().unwrap());
    let mut phone = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    phone.enrol(&invite.code).await.unwrap();
    let refused =
        phone.access_client().create_enrolment_code(phone.request(request(3))).await.unwrap_err();
    assert_eq!(
        (refused.code(), error_reason(&refused).as_str()),
        (Canonical::PermissionDenied, "DENIED")
    );

    let seen = admin
        .access_client()
        .list_devices(admin.request(pb::ListDevicesRequest::default()))
        .await
        .unwrap();
    assert_eq!(seen.into_inner().devices.len(), 2);
    let own = phone
        .access_client()
        .list_devices(phone.request(pb::ListDevicesRequest::default()))
        .await
        .unwrap();
    assert_eq!(own.into_inner().devices.len(), 1, "a reporter sees the own device only");
    server.close().await;
}

#[tokio::test]
async fn the_administrator_of_a_district_cannot_become_the_provinces_and_leaves_nothing_behind() {
    let server = TestServer::start().await;
    let (mut victim, attacker) = (
        server.enrol_client("prov-84", Role::Admin).await,
        server.enrol_client("dist-842", Role::Admin).await,
    );
    let session = victim
        .access_client()
        .get_session(victim.request(pb::GetSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    let account_id = session.session.clone().unwrap().account_id;
    let request = |account_id: Vec<u8>| pb::CreateEnrolmentCodeRequest {
        request_id: vec![7; 16],
        unit_id: UnitId::from_code("dist-842").0.to_vec(),
        roles: vec![pb::Role::Reporter.into()],
        account_id,
    };
    let refused = attacker
        .access_client()
        .create_enrolment_code(attacker.request(request(account_id)))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), error_reason(&refused).as_str()),
        (Canonical::PermissionDenied, "ACCOUNT_ELSEWHERE")
    );
    let absent = attacker
        .access_client()
        .create_enrolment_code(attacker.request(request(vec![9; 16])))
        .await
        .unwrap_err();
    assert_eq!(
        (absent.message(), absent.details()),
        (refused.message(), refused.details()),
        "nobody learns who exists"
    );

    let device_id = victim.device.0.to_vec();
    let revoke = pb::RevokeDeviceRequest { request_id: vec![8; 16], device_id };
    let refused =
        attacker.access_client().revoke_device(attacker.request(revoke)).await.unwrap_err();
    assert_eq!(error_reason(&refused), "NOT_FOUND");
    victim.renew_token().await.unwrap();
    let after = victim
        .access_client()
        .get_session(victim.request(pb::GetSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        after.session, session.session,
        "the province's administrator holds what was held before"
    );
    server.close().await;
}

#[tokio::test]
async fn a_revoked_phone_is_refused_at_the_next_call_and_told_so_when_it_shows_its_key() {
    let server = TestServer::start().await;
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let revoke =
        || pb::RevokeDeviceRequest { request_id: vec![1; 16], device_id: phone.device.0.to_vec() };
    for _ in 0..2 {
        let revoked = admin
            .access_client()
            .revoke_device(admin.request(revoke()))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(revoked.device.unwrap().state(), pb::DeviceState::Revoked);
    }
    assert_eq!(phone.sync(vec![]).await.unwrap_err().code(), Canonical::Unauthenticated);
    let error = phone.renew_token().await.unwrap_err();
    assert_eq!(error_reason(&error), "DEVICE_REVOKED");
    server.close().await;
}

#[tokio::test]
async fn a_flood_of_wrong_renewals_keeps_no_phone_from_renewing() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    for at in 0..200_u8 {
        let device_id = vec![at; 16];
        let wrong = pb::RenewTokenRequest {
            device_id,
            nonce: vec![at; 32],
            signature: vec![at; 64],
            certificate: None,
        };
        let refused = phone.access_client().renew_token(phone.request(wrong)).await.unwrap_err();
        assert_eq!(
            error_reason(&refused),
            "BAD_SIGNATURE",
            "no answer tells who exists, and none asks to wait"
        );
    }
    phone.renew_token().await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn an_operator_sees_when_a_unit_was_last_heard_by_the_day_and_nothing_of_persons() {
    let server = TestServer::start().await;
    let (system, day) =
        (server.app.system_actor().unwrap(), thidua::domain::support::time::DAY_MICROS);
    let mut early = server.enrol_client(COMMUNE, Role::Reporter).await;
    let _second = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let at = |days: i64| {
        server.clock.set(crate::harness::first_monday().saturating_add_micros(days * day))
    };
    let seen = || {
        let fleet = server.app.fleet_by_unit(&system).unwrap();
        let one = fleet[&UnitId::from_code(COMMUNE)];
        (one.device_count, one.last_contact.as_str(), one.backlog.as_str())
    };
    assert_eq!(seen(), (2, "TODAY", "NONE"));
    at(3);
    assert_eq!(seen(), (2, "THIS_WEEK", "NONE"));
    at(8);
    assert_eq!(seen(), (2, "OLDER", "NONE"));
    early.renew_token().await.unwrap();
    assert_eq!(seen(), (2, "TODAY", "NONE"), "one of them is enough");
    server.close().await;
}

#[tokio::test]
async fn whoever_holds_no_role_any_more_is_still_listed_and_can_be_shut_out() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let system = server.app.system_actor().unwrap();
    let (device, _) = server.app.visible_devices(&system).unwrap().remove(0);
    let account = server.app.account_actor(&system, device.account).unwrap();
    server.app.revoke_grant(&system, device.account, &account.grants[0]).unwrap();
    assert_eq!(server.app.visible_devices(&system).unwrap().len(), 1);
    let admin = server.enrol_client("prov-84", Role::Admin).await;
    let revoke = |request, validate_only| pb::RevokeAccountRequest {
        request_id: vec![request; 16],
        account_id: device.account.0.to_vec(),
        validate_only,
    };
    let mut grants = GrantServiceClient::new(admin.channel.clone());
    for (request, validate_only, active) in
        [(1, true, 1), (1, false, 1), (1, false, 0), (2, false, 0)]
    {
        let message = admin.request(revoke(request, validate_only));
        let ended = grants.revoke_account(message).await.unwrap().into_inner().device_ids;
        assert_eq!(ended, vec![device.id.0.to_vec(); active], "each is ended once");
    }
    let mut access = phone.access_client();
    let error = access.get_session(phone.request(pb::GetSessionRequest {})).await.unwrap_err();
    assert_eq!(error.code(), Canonical::Unauthenticated);
    server.close().await;
}
