//! People at a desk: a password set with a code, sessions that end with the day, and what a flood of sign-ins does to phones.

use super::report::{reason, reports};
use crate::harness::{Phone, Town};
use std::time::Duration;
use thidua::auth;
use thidua::domain::ids::{AccountId, UnitId};
use thidua::domain::permission::{Grant, Role};
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use tonic::{Code, Request, Status};

const PASSWORD: &str = "trời xanh nắng nhẹ bên sông";
const LABEL: &str = "huyen-842-ban";

/// A code for a reviewer's account.
fn code(town: &Town) -> String {
    let (system, account) = (town.app.system().unwrap(), AccountId::named(LABEL));
    let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2030, 1, 1));
    let grant = Grant { role: Role::Reviewer, unit: UnitId::named("dist-842"), from, to };
    town.app.grant(&system, account, LABEL, &grant).unwrap();
    let (code, hash) = auth::code().unwrap();
    town.app.add_enrol_code(&system, &hash, account, town.app.now().plus_micros(auth::CODE_MICROS)).unwrap();
    code.to_string()
}

async fn set(town: &Town, code: &str, password: &str) -> Result<(), Status> {
    let ask = pb::SetPasswordRequest { code: code.to_owned(), password: password.to_owned() };
    AccessServiceClient::new(town.channel().await).set_password(ask).await.map(|_| ())
}

async fn sign_in(town: &Town, label: &str, password: &str) -> Result<pb::SignInResponse, Status> {
    let ask = pb::SignInRequest { account_label: label.to_owned(), password: password.to_owned() };
    AccessServiceClient::new(town.channel().await).sign_in(ask).await.map(tonic::Response::into_inner)
}

fn with<M>(token: &Option<pb::AccessToken>, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let token = &token.as_ref().unwrap().token;
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test]
async fn a_reviewer_sets_a_password_signs_in_reads_and_goes_home_at_the_end_of_the_day() {
    let town = Town::open().await;
    let given = code(&town);
    let short = set(&town, &given, "ngắn quá").await.unwrap_err();
    assert_eq!((short.code(), reason(&short).as_str()), (Code::InvalidArgument, "PASSWORD_LENGTH"));
    set(&town, &given, PASSWORD).await.unwrap();
    assert_eq!(reason(&set(&town, &given, PASSWORD).await.unwrap_err()), "CODE_REFUSED", "a code serves once");

    let began = sign_in(&town, LABEL, PASSWORD).await.unwrap();
    assert_eq!(began.session.as_ref().unwrap().unit_id, UnitId::named("dist-842").0.to_vec());
    let mut client = reports(&Phone::new(town.channel().await, UnitId::named("dist-842")));
    client.list_reports(with(&began.token, pb::ListReportsRequest::default())).await.unwrap();

    let mut access = AccessServiceClient::new(town.channel().await);
    let mut token = began.token;
    for _ in 0..(auth::SESSION_MICROS / auth::TOKEN_MICROS) {
        town.clock.set(town.app.now().plus_micros(auth::TOKEN_MICROS - 1));
        token = access.extend_session(with(&token, pb::ExtendSessionRequest {})).await.unwrap().into_inner().token;
    }
    town.clock.set(town.app.now().plus_micros(auth::TOKEN_MICROS - 1));
    let over = access.extend_session(with(&token, pb::ExtendSessionRequest {})).await.unwrap_err();
    assert_eq!(over.code(), Code::Unauthenticated, "after twelve hours one signs in again");
    let system = town.app.system().unwrap();
    assert_eq!(town.app.devices_in_sight(&system).unwrap(), [], "what is over is not listed");
    assert_eq!(town.app.compact(&system).unwrap().sessions, 1, "and does not pile up");
    town.close().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_look_alike_and_are_not_tried_for_long() {
    let town = Town::open().await;
    set(&town, &code(&town), PASSWORD).await.unwrap();
    let wrong = sign_in(&town, LABEL, "một câu khác hẳn, cũng dài").await.unwrap_err();
    let unknown = sign_in(&town, "khong-co-tai-khoan", PASSWORD).await.unwrap_err();
    assert_eq!(
        (wrong.code(), wrong.message(), wrong.details()),
        (unknown.code(), unknown.message(), unknown.details())
    );
    assert_eq!(reason(&wrong), "SIGN_IN_REFUSED");
    let mut last = wrong;
    for _ in 0..12 {
        last = sign_in(&town, LABEL, "một câu khác hẳn, cũng dài").await.unwrap_err();
    }
    assert_eq!(reason(&last), "RATE_LIMITED");
    town.close().await;
}

#[tokio::test]
async fn sessions_are_listed_and_end_one_by_one_or_with_a_new_password() {
    let town = Town::open().await;
    set(&town, &code(&town), PASSWORD).await.unwrap();
    let (one, two) = (sign_in(&town, LABEL, PASSWORD).await.unwrap(), sign_in(&town, LABEL, PASSWORD).await.unwrap());
    let admin = town.phone("prov-84", Role::Admin).await;
    let list =
        admin.access().list_devices(admin.request(pb::ListDevicesRequest::default())).await.unwrap().into_inner();
    let desks: Vec<_> = list.devices.iter().filter(|device| device.desk).collect();
    assert_eq!(desks.len(), 2);

    let mut access = AccessServiceClient::new(town.channel().await);
    let device_id = one.session.as_ref().unwrap().device_id.clone();
    let ask = pb::RevokeDeviceRequest { request_id: vec![1; 16], device_id };
    access.revoke_device(with(&one.token, ask)).await.unwrap();
    let gone = access.get_session(with(&one.token, pb::GetSessionRequest {})).await.unwrap_err();
    assert_eq!(gone.code(), Code::Unauthenticated, "signed out");
    access.get_session(with(&two.token, pb::GetSessionRequest {})).await.unwrap();
    set(&town, &code(&town), "một mật khẩu hoàn toàn mới").await.unwrap();
    assert!(access.get_session(with(&two.token, pb::GetSessionRequest {})).await.is_err(), "a new password ends all");
    assert!(sign_in(&town, LABEL, PASSWORD).await.is_err());
    town.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sign_ins_is_turned_away_and_a_phone_goes_on_syncing() {
    let town = Town::open().await;
    let mut phone = town.phone("com-29242-0", Role::Reporter).await;
    let channel = town.channel().await;
    let flood: Vec<_> = (0..400)
        .map(|at| {
            let mut access = AccessServiceClient::new(channel.clone());
            let ask = pb::SignInRequest { account_label: format!("tai-khoan-{at}"), password: PASSWORD.to_owned() };
            tokio::spawn(async move { access.sign_in(ask).await.unwrap_err() })
        })
        .collect();
    let synced = tokio::time::timeout(Duration::from_secs(20), phone.sync(Vec::new())).await;
    assert!(!synced.unwrap().unwrap().is_empty());
    let mut turned_away = 0;
    for answer in flood {
        turned_away += usize::from(reason(&answer.await.unwrap()) == "RATE_LIMITED");
    }
    assert!(turned_away > 0, "nobody was turned away");
    town.close().await;
}
