//! A phone whose key is outside its file: in secure hardware that signs at once, or in a browser
//! that carries the bytes of each call and signs later.

use super::PhoneApp;
use super::{COMMUNE, first_week_key, invitation, report_status, unenrolled_app};
use crate::harness::TestServer;
use prost::Message;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
};
use std::sync::Arc;
use thidua::client::facade::{
    CallNext, CallStatus, ClientError, DeviceSigner, Phone, ReportStatus, SignerError, StopReason,
};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::DeviceId;
use thidua::domain::support::time::Timestamp;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use thidua::pb::sync_service_client::SyncServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

fn generate_pkcs8() -> Vec<u8> {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap().as_ref().to_vec()
}

/// Secure hardware: signs in DER while it is unlocked.
struct Hardware {
    key: EcdsaKeyPair,
    is_locked: std::sync::atomic::AtomicBool,
}

impl Hardware {
    fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &generate_pkcs8(), &random).unwrap();
        Self { key, is_locked: false.into() }
    }

    fn lock(&self, is_locked: bool) {
        self.is_locked.store(is_locked, std::sync::atomic::Ordering::SeqCst);
    }
}

impl DeviceSigner for Hardware {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.public_key().as_ref().to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, SignerError> {
        if self.is_locked.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(SignerError::Unavailable { detail: "the screen is locked".to_owned() });
        }
        Ok(self.key.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec())
    }
}

fn move_clock_days(server: &TestServer, days: i64) {
    server.clock.set(Timestamp(server.app.now().0 + days * 86_400_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn secure_hardware_signs_the_enrolment_and_each_renewal_and_the_file_alone_signs_nothing() {
    let server = TestServer::start().await;
    let hardware = Arc::new(Hardware::new());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db").display().to_string();
    let open = |signer| Phone::open_with(path.as_ref(), server.clock.clone(), signer).unwrap();
    let phone = open(Some(hardware.clone() as Arc<dyn DeviceSigner>));
    phone.enrol(invitation(&server, server.create_code(COMMUNE, Role::Reporter))).unwrap();
    assert!(phone.sync_once().unwrap().digests_match);

    move_clock_days(&server, 2);
    hardware.lock(true);
    let error = phone.sync_once().unwrap_err();
    assert!(matches!(&error, ClientError::DeviceKey { .. }), "{error:?}");
    hardware.lock(false);
    assert!(phone.sync_once().unwrap().bytes_for_renewal > 0);
    drop(phone);

    move_clock_days(&server, 2);
    let copy = open(None);
    assert!(matches!(copy.sync_once(), Err(ClientError::DeviceKey { .. })));
    assert!(copy.export_commands().is_err());
    server.close().await;
}

/// A browser: its key signs, its connection carries bytes.
struct Browser {
    app: PhoneApp,
    key: EcdsaKeyPair,
    channel: Channel,
}

impl Browser {
    async fn new(server: &TestServer) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &generate_pkcs8(), &random).unwrap();
        Self { app: unenrolled_app(server), key, channel: server.connect().await }
    }

    fn public_key(&self) -> Vec<u8> {
        self.key.public_key().as_ref().to_vec()
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec()
    }

    async fn enrol(&self, invitation: String) -> Result<(), ClientError> {
        let to_sign = self.app.enrolment_bytes_to_sign(invitation, self.public_key())?;
        let (public_key, signature) = (self.public_key(), self.sign(&to_sign));
        let request = self.app.build_signed_enrol_request(public_key, signature)?;
        let request = pb::EnrolRequest::decode(&request[..]).unwrap();
        match AccessServiceClient::new(self.channel.clone()).enrol(request).await {
            Ok(answer) => self.app.handle_enrol_response(answer.into_inner().encode_to_vec()),
            Err(status) => Err(self.app.explain_enrol_failure(to_call_status(&status))),
        }
    }

    async fn renew(&self) -> Result<(), ClientError> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        let request = self.app.build_begin_renewal_request().unwrap();
        let request = pb::BeginRenewalRequest::decode(&request[..]).unwrap();
        let answer = client.begin_renewal(request).await.unwrap().into_inner();
        let nonce = self.app.read_renewal_nonce(answer.encode_to_vec()).unwrap();
        let signature = self.sign(&self.app.renewal_bytes_to_sign(nonce.clone()).unwrap());
        let request = self.app.build_signed_renew_request(nonce, signature).unwrap();
        let request = pb::RenewTokenRequest::decode(&request[..]).unwrap();
        match client.renew_token(request).await {
            Ok(answer) => self.app.handle_renew_response(answer.into_inner().encode_to_vec()),
            Err(status) => self.app.end_renewal_with_status(to_call_status(&status)).map(drop),
        }
    }

    async fn call(&self) -> Result<CallNext, ClientError> {
        let request = self.app.build_sync_request(false)?;
        let mut request = Request::new(pb::SyncRequest::decode(&request[..]).unwrap());
        let bearer = format!("Bearer {}", self.app.access_token()?.token);
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        let mut stream = match SyncServiceClient::new(self.channel.clone()).sync(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return self.app.end_sync_call_with_status(to_call_status(&status)),
        };
        loop {
            match stream.message().await {
                Ok(Some(frame)) => self.app.handle_sync_frame(frame.encode_to_vec())?,
                Ok(None) => return self.app.end_sync_call_with_status(closed()),
                Err(status) => {
                    return self.app.end_sync_call_with_status(to_call_status(&status));
                }
            }
        }
    }

    async fn sync(&self) -> Result<(), ClientError> {
        loop {
            match self.call().await? {
                CallNext::Done => return Ok(()),
                CallNext::CallAgain => {}
                CallNext::RenewToken => self.renew().await?,
                next @ (CallNext::Wait { .. } | CallNext::TryNextServer) => panic!("{next:?}"),
            }
        }
    }
}

fn closed() -> CallStatus {
    CallStatus { code: 0, text: String::new(), details: Vec::new() }
}

fn to_call_status(status: &Status) -> CallStatus {
    let (code, text) = (status.code().into(), status.message().to_owned());
    CallStatus { code, text, details: status.details().to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_and_carries_the_bytes_of_enrolment_report_renewal_and_revocation() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server).await;
    let code = server.create_code(COMMUNE, Role::Reporter);
    let to_sign = browser.app.enrolment_bytes_to_sign(invitation(&server, code), vec![4; 65]);
    assert!(to_sign.is_ok());
    let forged = browser.app.build_signed_enrol_request(browser.public_key(), vec![1; 64]);
    assert!(matches!(forged, Err(ClientError::DeviceKey { .. })), "{forged:?}");

    let invited = invitation(&server, server.create_code(COMMUNE, Role::Reporter));
    browser.enrol(invited.clone()).await.unwrap();
    assert_eq!(browser.app.server_address().unwrap(), format!("https://{}", server.address));
    let again = Browser::new(&server).await;
    assert!(matches!(again.enrol(invited).await, Err(ClientError::CodeRefused { .. })));
    browser.sync().await.unwrap();

    let key = first_week_key(&browser.app);
    browser.app.save_nil(key.clone()).unwrap();
    let report_id = browser.app.report_id(key.clone());
    move_clock_days(&server, 7);
    assert!(browser.app.access_token().unwrap().is_expired);
    browser.app.submit_report(report_id).unwrap();
    browser.sync().await.unwrap();
    assert_eq!(report_status(&browser.app, &key), ReportStatus::Received);
    assert!(!browser.app.access_token().unwrap().is_expired);

    let device = DeviceId::parse(&browser.app.session().unwrap().unwrap().device_id).unwrap();
    let system = server.app.system_actor().unwrap();
    server.app.revoke_device(&system, device).unwrap();
    let stopped = browser.sync().await;
    assert!(
        matches!(stopped, Err(ClientError::Stopped { reason: StopReason::Revoked, .. })),
        "{stopped:?}"
    );
    assert_eq!(browser.app.session().unwrap(), None);
    server.close().await;
}
