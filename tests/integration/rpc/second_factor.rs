//! The second factor of desk accounts: enrolment with a code, sign-in, recovery codes, replay,
//! reset, and an attacker with the password. The codes are computed here from the secret alone, as
//! an authenticator app does.

use super::desk_session::{LABEL, PASSWORD, create_account_code, set_password, with_token};
use super::report::error_reason;
use crate::harness::TestServer;
use ring::hmac;
use std::time::Duration;
use thidua::app::audit::AuditFilter;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::{AccountId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use thidua::pb::second_factor_service_client::SecondFactorServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const ADMIN: &str = "tinh-84-quan-tri";
const ROOT: &str = "prov-84";
const STEP_MICROS: i64 = 30_000_000;

/// The code that an authenticator app with this secret shows.
pub(crate) fn compute_code(secret: &[u8], now: Timestamp) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &(now.0 / STEP_MICROS).to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let word = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7FFF_FFFF) % 1_000_000)
}

pub(crate) fn decode_base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for symbol in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == symbol);
        (bits, count) = (bits << 5 | u32::try_from(value.unwrap()).unwrap(), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).unwrap());
        }
    }
    bytes
}

/// An authenticator app with the secret that it was given.
pub(crate) struct AuthenticatorApp {
    secret: Vec<u8>,
    recovery_codes: Vec<String>,
}

impl AuthenticatorApp {
    /// An app into which the secret was typed.
    pub(crate) fn typed(secret: &str) -> Self {
        Self { secret: decode_base32(secret), recovery_codes: Vec::new() }
    }

    fn new(begun: &pb::BeginSecondFactorResponse) -> Self {
        let recovery_codes = begun.recovery_codes.clone();
        Self { secret: decode_base32(&begun.secret), recovery_codes }
    }

    /// The code that it shows now.
    pub(crate) fn code(&self, server: &TestServer) -> String {
        compute_code(&self.secret, server.app.now())
    }

    /// A code that is not shown now, nor a step before or after.
    pub(crate) fn wrong_code(&self, server: &TestServer) -> String {
        let now = server.app.now();
        let shown: Vec<String> = [-1, 0, 1]
            .map(|steps| {
                server.clock.set(now.saturating_add_micros(steps * STEP_MICROS));
                self.code(server)
            })
            .into();
        server.clock.set(now);
        (0..4).map(|nth| format!("{nth:06}")).find(|code| !shown.contains(code)).unwrap()
    }
}

pub(crate) fn wait_for_next_step(server: &TestServer) {
    server.clock.set(server.app.now().saturating_add_micros(STEP_MICROS));
}

async fn begin(server: &TestServer, code: &str) -> Result<pb::BeginSecondFactorResponse, Status> {
    let request = pb::BeginSecondFactorRequest { code: code.to_owned() };
    let mut service = SecondFactorServiceClient::new(server.connect().await);
    service.begin_second_factor(request).await.map(tonic::Response::into_inner)
}

async fn confirm(
    server: &TestServer,
    code: &str,
    begun: &pb::BeginSecondFactorResponse,
    second_factor_code: &str,
) -> Result<(), Status> {
    let request = pb::ConfirmSecondFactorRequest {
        code: code.to_owned(),
        second_factor_id: begun.second_factor_id.clone(),
        second_factor_code: second_factor_code.to_owned(),
    };
    let mut service = SecondFactorServiceClient::new(server.connect().await);
    service.confirm_second_factor(request).await.map(|_| ())
}

/// Enrols a second factor with this enrolment code.
pub(crate) async fn enrol(server: &TestServer, code: &str) -> AuthenticatorApp {
    let begun = begin(server, code).await.unwrap();
    let app = AuthenticatorApp::new(&begun);
    confirm(server, code, &begun, &app.code(server)).await.unwrap();
    app
}

async fn sign_in(
    server: &TestServer,
    label: &str,
    second_factor_code: &str,
) -> Result<pb::SignInResponse, Status> {
    sign_in_over(server.connect().await, label, second_factor_code).await
}

async fn sign_in_over(
    channel: Channel,
    label: &str,
    second_factor_code: &str,
) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest {
        account_label: label.to_owned(),
        password: PASSWORD.to_owned(),
        device_cookie: Vec::new(),
        second_factor_code: second_factor_code.to_owned(),
    };
    let mut access = AccessServiceClient::new(channel);
    access.sign_in(request).await.map(tonic::Response::into_inner)
}

async fn refused(server: &TestServer, label: &str, second_factor_code: &str) -> String {
    let status = sign_in(server, label, second_factor_code).await.unwrap_err();
    assert!(matches!(status.code(), Code::Unauthenticated | Code::ResourceExhausted), "{status:?}");
    error_reason(&status)
}

fn admin_code(server: &TestServer) -> String {
    create_account_code(server, ADMIN, (Role::Admin, ROOT))
}

/// An administrator of the province with a password.
async fn start_with_administrator() -> TestServer {
    let server = TestServer::start_with_second_factor().await;
    set_password(&server, &admin_code(&server), PASSWORD).await.unwrap();
    server
}

async fn is_live(server: &TestServer, session: &pb::SignInResponse) -> bool {
    let mut access = AccessServiceClient::new(server.connect().await);
    access.get_session(with_token(&session.token, pb::GetSessionRequest {})).await.is_ok()
}

#[tokio::test]
async fn an_administrator_enrols_with_a_code_and_signs_in_with_password_and_app() {
    let server = start_with_administrator().await;
    let code = admin_code(&server);
    let begun = begin(&server, &code).await.unwrap();
    let app = AuthenticatorApp::new(&begun);
    assert!(begun.otpauth_uri.contains(&begun.secret) && begun.otpauth_uri.contains(ADMIN));
    assert_eq!(begun.recovery_codes.len(), 8);
    assert_ne!(begin(&server, &code).await.unwrap().secret, begun.secret, "another each time");
    let wrong = confirm(&server, &code, &begun, &app.wrong_code(&server)).await.unwrap_err();
    assert_eq!(error_reason(&wrong), "SECOND_FACTOR_WRONG");
    assert_eq!(refused(&server, ADMIN, "").await, "SECOND_FACTOR_NOT_ENROLLED", "not in effect");
    confirm(&server, &code, &begun, &app.code(&server)).await.unwrap();
    let again = confirm(&server, &code, &begun, &app.code(&server)).await.unwrap_err();
    assert_eq!(error_reason(&again), "CODE_REFUSED", "an enrolment code serves once");

    wait_for_next_step(&server);
    assert_eq!(refused(&server, ADMIN, "").await, "SECOND_FACTOR_REQUIRED");
    assert_eq!(refused(&server, ADMIN, &app.wrong_code(&server)).await, "SECOND_FACTOR_WRONG");
    let session = sign_in(&server, ADMIN, &app.code(&server)).await.unwrap();
    assert_eq!(session.session.as_ref().unwrap().roles, [i32::from(pb::Role::Admin)]);
    assert!(is_live(&server, &session).await);
    server.close().await;
}

#[tokio::test]
async fn a_code_opens_one_session_also_when_it_is_sent_four_times_at_once() {
    let server = start_with_administrator().await;
    let app = enrol(&server, &admin_code(&server)).await;
    let confirmed = app.code(&server);
    assert_eq!(refused(&server, ADMIN, &confirmed).await, "SECOND_FACTOR_WRONG", "it confirmed");
    wait_for_next_step(&server);
    let code = app.code(&server);
    let at_once = tokio::join!(
        sign_in(&server, ADMIN, &code),
        sign_in(&server, ADMIN, &code),
        sign_in(&server, ADMIN, &code),
        sign_in(&server, ADMIN, &code),
    );
    let answers = [at_once.0, at_once.1, at_once.2, at_once.3];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    wait_for_next_step(&server);
    assert_eq!(refused(&server, ADMIN, &code).await, "SECOND_FACTOR_WRONG", "a step later too");
    sign_in(&server, ADMIN, &app.code(&server)).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn a_recovery_code_replaces_the_app_once_and_is_told_apart_in_the_audit() {
    let server = start_with_administrator().await;
    let app = enrol(&server, &admin_code(&server)).await;
    let left = || {
        let account = AccountId::from_code(ADMIN);
        server.app.second_factor(account).unwrap().unwrap().recovery_codes_left
    };
    assert_eq!(left(), 8);
    let typed = app.recovery_codes[3].to_lowercase().replace('-', " ");
    sign_in(&server, ADMIN, &typed).await.unwrap();
    assert_eq!(left(), 7);
    assert_eq!(refused(&server, ADMIN, &typed).await, "SECOND_FACTOR_WRONG");
    sign_in(&server, ADMIN, &app.recovery_codes[4]).await.unwrap();
    let system = server.app.system_actor().unwrap();
    let entries =
        server.app.audit_entries(&system, "kiểm tra", (0, 1000), &AuditFilter::default()).unwrap();
    let used = entries.iter().filter(|entry| entry.action == "access.sign_in_recovery");
    assert_eq!(used.count(), 2);
    assert!(server.app.store().check_integrity().unwrap().problems.is_empty());
    server.close().await;
}

#[tokio::test]
async fn who_has_the_password_alone_gets_no_session_and_ten_guesses_an_hour() {
    let server = start_with_administrator().await;
    assert_eq!(refused(&server, ADMIN, "").await, "SECOND_FACTOR_NOT_ENROLLED");
    assert_eq!(refused(&server, ADMIN, "123456").await, "SECOND_FACTOR_NOT_ENROLLED");
    let begun = begin(&server, PASSWORD).await.unwrap_err();
    assert_eq!(error_reason(&begun), "CODE_REFUSED", "a password enrols nothing");
    let app = enrol(&server, &admin_code(&server)).await;
    wait_for_next_step(&server);
    for nth in 0..10 {
        let from_elsewhere = server.connect_from(&format!("127.0.0.{}", 2 + nth)).await;
        let guess = sign_in_over(from_elsewhere, ADMIN, &app.wrong_code(&server)).await;
        assert_eq!(error_reason(&guess.unwrap_err()), "SECOND_FACTOR_WRONG");
    }
    let last = sign_in(&server, ADMIN, &app.code(&server)).await.unwrap_err();
    assert_eq!(error_reason(&last), "RATE_LIMITED");
    let details = last.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["limit"], "second_factors_of_account");
    let delay = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(delay > Duration::from_secs(5 * 60), "{delay:?}");
    let system = server.app.system_actor().unwrap();
    assert_eq!(server.app.visible_devices(&system).unwrap(), [], "no session began");
    server.close().await;
}

#[tokio::test]
async fn other_roles_sign_in_as_before_unless_they_enrolled_a_second_factor_themselves() {
    let server = TestServer::start_with_second_factor().await;
    let reviewer_code = || create_account_code(&server, LABEL, (Role::Reviewer, "dist-842"));
    set_password(&server, &reviewer_code(), PASSWORD).await.unwrap();
    let before = sign_in(&server, LABEL, "").await.unwrap();
    let app = enrol(&server, &reviewer_code()).await;
    assert!(!is_live(&server, &before).await, "what began without it has ended");
    wait_for_next_step(&server);
    assert_eq!(refused(&server, LABEL, "").await, "SECOND_FACTOR_REQUIRED");
    sign_in(&server, LABEL, &app.code(&server)).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn a_session_without_a_second_factor_ends_when_its_account_becomes_secretary() {
    let server = TestServer::start_with_second_factor().await;
    let code = create_account_code(&server, LABEL, (Role::Reviewer, "dist-842"));
    set_password(&server, &code, PASSWORD).await.unwrap();
    let before = sign_in(&server, LABEL, "").await.unwrap();
    create_account_code(&server, LABEL, (Role::CouncilSecretary, "dist-842"));
    assert!(!is_live(&server, &before).await);
    assert_eq!(refused(&server, LABEL, "").await, "SECOND_FACTOR_NOT_ENROLLED");
    server.close().await;
}

/// The second factors that a new administrator of the unit may list.
async fn states_seen_by(server: &TestServer, uid: &str) -> Vec<pb::SecondFactorAccount> {
    let caller = server.enrol_client(uid, Role::Admin).await;
    let list = caller.request(pb::ListSecondFactorsRequest::default());
    let mut service = SecondFactorServiceClient::new(caller.channel.clone());
    service.list_second_factors(list).await.unwrap().into_inner().accounts
}

#[tokio::test]
async fn a_reset_by_who_is_over_every_unit_of_the_account_ends_factor_and_sessions() {
    let server = TestServer::start_with_second_factor().await;
    let account_code = || create_account_code(&server, LABEL, (Role::Admin, "dist-842"));
    set_password(&server, &account_code(), PASSWORD).await.unwrap();
    let app = enrol(&server, &account_code()).await;
    wait_for_next_step(&server);
    let session = sign_in(&server, LABEL, &app.code(&server)).await.unwrap();
    let reset_by = async |uid: &str| {
        let caller = server.enrol_client(uid, Role::Admin).await;
        let account_id = AccountId::from_code(LABEL).0.to_vec();
        let request = pb::ResetSecondFactorRequest { request_id: vec![1; 16], account_id };
        SecondFactorServiceClient::new(caller.channel.clone())
            .reset_second_factor(caller.request(request))
            .await
    };
    let (near, far) =
        (states_seen_by(&server, ROOT).await, states_seen_by(&server, "dist-846").await);
    let own = near.iter().find(|one| one.account_label == LABEL).unwrap();
    assert!(own.enrolled && own.has_password && own.recovery_codes_left == 8, "{own:?}");
    assert!(far.iter().all(|one| one.account_label != LABEL), "{far:?}");
    let elsewhere = reset_by("dist-846").await.unwrap_err();
    assert!(matches!(elsewhere.code(), Code::PermissionDenied | Code::NotFound), "{elsewhere:?}");
    assert!(is_live(&server, &session).await, "a refused call ends nothing");
    reset_by(ROOT).await.unwrap();
    assert!(!is_live(&server, &session).await);
    wait_for_next_step(&server);
    let reason = refused(&server, LABEL, &app.code(&server)).await;
    assert_eq!(reason, "SECOND_FACTOR_NOT_ENROLLED");
    let app = enrol(&server, &account_code()).await;
    wait_for_next_step(&server);
    sign_in(&server, LABEL, &app.code(&server)).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn where_the_setting_is_off_a_password_suffices() {
    let server = TestServer::start().await;
    set_password(&server, &admin_code(&server), PASSWORD).await.unwrap();
    let session = sign_in(&server, ADMIN, "").await.unwrap().session.unwrap();
    assert_eq!(session.unit_id, UnitId::from_code(ROOT).0.to_vec());
    server.close().await;
}
