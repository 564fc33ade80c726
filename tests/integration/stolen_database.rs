//! A stolen database: no content of it gives access.

use crate::harness::{TestClient, TestServer};
use crate::rpc::desk_session::create_account_code;
use crate::rpc::second_factor::{compute_code, decode_base32};
use thidua::auth;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::second_factor_service_client::SecondFactorServiceClient;
use tonic::Code;

const COMMUNE: &str = "com-29242-0";

fn contains(file: &[u8], secret: &[u8]) -> bool {
    file.windows(secret.len()).any(|part| part == secret)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Enrols the second factor of a new account.
async fn enrol_second_factor(server: &TestServer) -> pb::BeginSecondFactorResponse {
    let code = create_account_code(server, "quan-tri", (Role::Admin, "prov-84"));
    let mut service = SecondFactorServiceClient::new(server.connect().await);
    let request = pb::BeginSecondFactorRequest { code: code.clone() };
    let begun = service.begin_second_factor(request).await.unwrap().into_inner();
    let request = pb::ConfirmSecondFactorRequest {
        code,
        second_factor_id: begun.second_factor_id.clone(),
        second_factor_code: compute_code(&decode_base32(&begun.secret), server.app.now()),
    };
    service.confirm_second_factor(request).await.unwrap();
    begun
}

fn secrets_of_second_factor(begun: pb::BeginSecondFactorResponse) -> Vec<(&'static str, Vec<u8>)> {
    let raw = ("secret of the second factor, raw", decode_base32(&begun.secret));
    let mut secrets = vec![raw, ("secret of the second factor", begun.secret.into_bytes())];
    for recovery_code in begun.recovery_codes {
        let symbols = EnrolmentCode::parse(&recovery_code).unwrap().symbols();
        secrets.push(("recovery code, as symbols", symbols.into_bytes()));
        secrets.push(("recovery code", recovery_code.into_bytes()));
    }
    secrets
}

#[tokio::test]
async fn a_stolen_database_holds_no_token_no_code_no_nonce_and_no_private_key() {
    let server = TestServer::start().await;
    let (used_code, open_code) =
        (server.create_code(COMMUNE, Role::Reporter), server.create_code(COMMUNE, Role::UnitHead));
    let mut phone = TestClient::new(server.connect().await, UnitId::from_code(COMMUNE));
    phone.enrol(&used_code).await.unwrap();
    phone.renew_token().await.unwrap();
    phone.sync(Vec::new()).await.unwrap();
    let request = pb::BeginRenewalRequest { device_id: phone.device.0.to_vec() };
    let nonce = phone
        .access_client()
        .begin_renewal(phone.request(request))
        .await
        .unwrap()
        .into_inner()
        .nonce;

    let begun = enrol_second_factor(&server).await;

    // The file and its log, with deleted content that was not overwritten.
    let read = |name: &str| std::fs::read(server.server_dir().join(name)).unwrap_or_default();
    let stolen = [read("town.db"), read("town.db-wal")].concat();
    assert!(contains(&stolen, &phone.device.0), "it is the right file: the device is in it");
    let digits = phone.token.strip_prefix("tdt_").unwrap().to_owned();
    let raw: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect();
    let mut secrets: Vec<(&str, Vec<u8>)> =
        vec![("token", digits.into_bytes()), ("token, raw", raw), ("nonce", nonce)];
    for code in [&used_code, &open_code] {
        secrets.push(("code", code.to_string().into_bytes()));
        secrets.push(("code, as symbols", code.symbols().into_bytes()));
    }
    assert!(contains(&stolen, &begun.second_factor_id), "the salt of the second factor is");
    secrets.extend(secrets_of_second_factor(begun));
    for name in ["authority.key", "seal.key"] {
        let key = read(&format!("keys/{name}"));
        assert!(!key.is_empty(), "{name}");
        secrets.push((name, key));
    }
    for (what, secret) in secrets {
        assert!(!contains(&stolen, &secret), "the {what} stands in the database");
    }

    // The content that it does hold is no token either.
    let token_hash = auth::hash_secret(phone.token.as_bytes());
    assert!(contains(&stolen, &token_hash), "the token's hash does");
    for guess in [
        format!("tdt_{}", hex(&token_hash)),
        hex(&token_hash),
        hex(phone.key.public_key()),
        hex(&phone.device.0),
    ] {
        phone.token = guess;
        assert_eq!(phone.sync(Vec::new()).await.unwrap_err().code(), Code::Unauthenticated);
    }
    server.close().await;
}
