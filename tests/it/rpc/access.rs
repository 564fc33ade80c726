//! Enrolment, renewal, revocation, codes and devices.

use crate::harness::{Phone, Town};
use thidua::auth;
use thidua::domain::enrolment::{Code, Invite};
use thidua::domain::ids::UnitId;
use thidua::domain::permission::Role;
use thidua::pb;
use tonic::{Code as Canonical, Status};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map_or_else(String::new, |info| info.reason.clone())
}

#[tokio::test]
async fn a_code_enrols_one_phone_and_a_lost_answer_is_given_again_to_it_alone() {
    let town = Town::open().await;
    let code = town.code(COMMUNE, Role::Reporter);
    let mut phone = Phone::new(town.channel().await, UnitId::named(COMMUNE));
    let first = phone.enrol(&code).await.unwrap();
    let again = phone.enrol(&code).await.unwrap();
    assert_eq!(first.session, again.session);
    let certificate = again.certificate.unwrap();
    auth::verify(&again.authority_public_key, &certificate.body, &certificate.signature).unwrap();

    let mut other = Phone::new(town.channel().await, UnitId::named(COMMUNE));
    let refused = other.enrol(&code).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Canonical::Unauthenticated, "CODE_REFUSED"));
    let guessed = other.enrol(&Code::new([1; 16])).await.unwrap_err();
    assert_eq!(guessed.message(), refused.message(), "a used code and a wrong one look alike");
    town.close().await;
}

#[tokio::test]
async fn a_code_is_dead_after_ten_minutes() {
    let town = Town::open().await;
    let code = town.code(COMMUNE, Role::Reporter);
    town.clock.set(town.clock.now().plus_micros(auth::CODE_MICROS));
    let mut late = Phone::new(town.channel().await, UnitId::named(COMMUNE));
    assert_eq!(reason(&late.enrol(&code).await.unwrap_err()), "CODE_REFUSED");
    town.close().await;
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes_and_a_signature_over_a_nonce_gives_the_next() {
    let town = Town::open().await;
    let mut phone = town.phone(COMMUNE, Role::Reporter).await;
    town.clock.set(town.clock.now().plus_micros(auth::TOKEN_MICROS));
    let refused = phone.sync(vec![]).await.unwrap_err();
    assert_eq!(reason(&refused), "UNAUTHENTICATED");
    phone.renew().await.unwrap();
    let session = phone.access().get_session(phone.request(pb::GetSessionRequest {})).await.unwrap().into_inner();
    let session = session.session.unwrap();
    assert_eq!(session.unit_id, UnitId::named(COMMUNE).0);
    assert_eq!(session.roles, [i32::from(pb::Role::Reporter)]);
    town.close().await;
}

#[tokio::test]
async fn a_nonce_serves_once_and_only_the_key_it_was_given_for() {
    let town = Town::open().await;
    let phone = town.phone(COMMUNE, Role::Reporter).await;
    let thief = Phone::new(town.channel().await, UnitId::named(COMMUNE));
    let device_id = phone.device.0.to_vec();
    let ask = || pb::BeginRenewalRequest { device_id: device_id.clone() };
    let nonce = phone.access().begin_renewal(ask()).await.unwrap().into_inner().nonce;
    let proof = thidua::domain::enrolment::renew_proof(phone.device, &nonce);
    let signed_by = |key: &auth::Authority| pb::RenewTokenRequest {
        device_id: device_id.clone(),
        nonce: nonce.clone(),
        signature: key.sign(&proof).unwrap(),
        certificate: None,
    };
    let stolen = thief.access().renew_token(signed_by(&thief.key)).await.unwrap_err();
    assert_eq!(reason(&stolen), "BAD_SIGNATURE");
    phone.access().renew_token(signed_by(&phone.key)).await.unwrap();
    let twice = phone.access().renew_token(signed_by(&phone.key)).await.unwrap_err();
    assert_eq!(reason(&twice), "BAD_SIGNATURE");
    let unknown = pb::BeginRenewalRequest { device_id: vec![9; 16] };
    assert_eq!(phone.access().begin_renewal(unknown).await.unwrap().into_inner().nonce.len(), 32);
    town.close().await;
}

#[tokio::test]
async fn an_administrator_enrols_a_commune_by_an_invitation_and_a_reporter_may_not() {
    let town = Town::open().await;
    let admin = town.phone("prov-84", Role::Admin).await;
    let ask = |id: u8| pb::CreateEnrolmentCodeRequest {
        request_id: vec![id; 16],
        unit_id: UnitId::named(COMMUNE).0.to_vec(),
        roles: vec![pb::Role::Reporter.into()],
        account_id: vec![],
    };
    let first = admin.access().create_enrolment_code(admin.request(ask(1))).await.unwrap().into_inner();
    let again = admin.access().create_enrolment_code(admin.request(ask(1))).await.unwrap().into_inner();
    let other = admin.access().create_enrolment_code(admin.request(ask(2))).await.unwrap().into_inner();
    assert_eq!(first.code, again.code, "the second call returns the first answer");
    assert_ne!(first.code, other.code);

    let invite = Invite::parse(&first.qr_text).unwrap();
    assert_eq!(invite.ca_sha256, town.files.ca_sha256().unwrap());
    let mut phone = Phone::new(town.channel().await, UnitId::named(COMMUNE));
    phone.enrol(&invite.code).await.unwrap();
    let refused = phone.access().create_enrolment_code(phone.request(ask(3))).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Canonical::PermissionDenied, "DENIED"));

    let seen = admin.access().list_devices(admin.request(pb::ListDevicesRequest::default())).await.unwrap();
    assert_eq!(seen.into_inner().devices.len(), 2);
    let own = phone.access().list_devices(phone.request(pb::ListDevicesRequest::default())).await.unwrap();
    assert_eq!(own.into_inner().devices.len(), 1, "a reporter sees the own device only");
    town.close().await;
}

#[tokio::test]
async fn the_administrator_of_a_district_cannot_become_the_provinces_and_leaves_nothing_behind() {
    let town = Town::open().await;
    let (mut victim, attacker) = (town.phone("prov-84", Role::Admin).await, town.phone("dist-842", Role::Admin).await);
    let session = victim.access().get_session(victim.request(pb::GetSessionRequest {})).await.unwrap().into_inner();
    let account_id = session.session.clone().unwrap().account_id;
    let ask = |account_id: Vec<u8>| pb::CreateEnrolmentCodeRequest {
        request_id: vec![7; 16],
        unit_id: UnitId::named("dist-842").0.to_vec(),
        roles: vec![pb::Role::Reporter.into()],
        account_id,
    };
    let refused = attacker.access().create_enrolment_code(attacker.request(ask(account_id))).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Canonical::PermissionDenied, "ACCOUNT_ELSEWHERE"));
    let absent = attacker.access().create_enrolment_code(attacker.request(ask(vec![9; 16]))).await.unwrap_err();
    assert_eq!(
        (absent.message(), absent.details()),
        (refused.message(), refused.details()),
        "nobody learns who exists"
    );

    let device_id = victim.device.0.to_vec();
    let revoke = pb::RevokeDeviceRequest { request_id: vec![8; 16], device_id };
    let refused = attacker.access().revoke_device(attacker.request(revoke)).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_FOUND");
    victim.renew().await.unwrap();
    let after = victim.access().get_session(victim.request(pb::GetSessionRequest {})).await.unwrap().into_inner();
    assert_eq!(after.session, session.session, "the province's administrator holds what was held before");
    town.close().await;
}

#[tokio::test]
async fn a_revoked_phone_is_refused_at_the_next_call_and_told_so_when_it_shows_its_key() {
    let town = Town::open().await;
    let admin = town.phone("prov-84", Role::Admin).await;
    let mut phone = town.phone(COMMUNE, Role::Reporter).await;
    let revoke = || pb::RevokeDeviceRequest { request_id: vec![1; 16], device_id: phone.device.0.to_vec() };
    for _ in 0..2 {
        let revoked = admin.access().revoke_device(admin.request(revoke())).await.unwrap().into_inner();
        assert_eq!(revoked.device.unwrap().state(), pb::DeviceState::Revoked);
    }
    assert_eq!(phone.sync(vec![]).await.unwrap_err().code(), Canonical::Unauthenticated);
    let told = phone.renew().await.unwrap_err();
    assert_eq!(reason(&told), "DEVICE_REVOKED");
    town.close().await;
}

#[tokio::test]
async fn a_flood_of_wrong_renewals_keeps_no_phone_from_renewing() {
    let town = Town::open().await;
    let mut phone = town.phone(COMMUNE, Role::Reporter).await;
    for at in 0..200_u8 {
        let device_id = vec![at; 16];
        let wrong =
            pb::RenewTokenRequest { device_id, nonce: vec![at; 32], signature: vec![at; 64], certificate: None };
        let refused = phone.access().renew_token(phone.request(wrong)).await.unwrap_err();
        assert_eq!(reason(&refused), "BAD_SIGNATURE", "no answer tells who exists, and none asks to wait");
    }
    phone.renew().await.unwrap();
    town.close().await;
}

#[tokio::test]
async fn an_operator_sees_when_a_unit_was_last_heard_by_the_day_and_nothing_of_persons() {
    let town = Town::open().await;
    let (system, day) = (town.app.system().unwrap(), thidua::domain::time::DAY_MICROS);
    let mut early = town.phone(COMMUNE, Role::Reporter).await;
    let _second = town.phone(COMMUNE, Role::UnitHead).await;
    let at = |days: i64| town.clock.set(crate::harness::first_monday().plus_micros(days * day));
    let seen = || {
        let fleet = town.app.fleet(&system).unwrap();
        let one = fleet[&UnitId::named(COMMUNE)];
        (one.devices, one.contact.as_str(), one.waiting.as_str())
    };
    assert_eq!(seen(), (2, "TODAY", "NONE"));
    at(3);
    assert_eq!(seen(), (2, "THIS_WEEK", "NONE"));
    at(8);
    assert_eq!(seen(), (2, "OLDER", "NONE"));
    early.renew().await.unwrap();
    assert_eq!(seen(), (2, "TODAY", "NONE"), "one of them is enough");
    town.close().await;
}

#[tokio::test]
async fn whoever_holds_no_role_any_more_is_still_listed_and_can_be_shut_out() {
    let town = Town::open().await;
    let phone = town.phone(COMMUNE, Role::Reporter).await;
    let system = town.app.system().unwrap();
    let (device, _) = town.app.devices_in_sight(&system).unwrap().remove(0);
    let account = town.app.account_actor(&system, device.account).unwrap();
    town.app.revoke_grant(&system, device.account, &account.grants[0]).unwrap();
    assert_eq!(town.app.devices_in_sight(&system).unwrap().len(), 1);
    assert_eq!(town.app.revoke_account(&system, device.account).unwrap(), [device.id]);
    let mut access = phone.access();
    let gone = access.get_session(phone.request(pb::GetSessionRequest {})).await.unwrap_err();
    assert_eq!(gone.code(), Canonical::Unauthenticated);
    town.close().await;
}
