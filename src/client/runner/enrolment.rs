//! Enrolment and token renewal.

use super::{Runner, RunnerError};
use crate::client::engine::Engine;
use crate::client::protocol::{CallError, CallErrorKind, HaltReason, NextAction};
use crate::client::replica::{DeviceIdentity, Enrolment, LocalDevice};
use crate::client::transport::device_key::{self, DeviceKey};
use crate::domain::access::enrolment::{Invite, enrolment_signing_input, renewal_signing_input};
use crate::domain::access::permission::Role;
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::values;
use std::time::Duration;

impl Runner {
    /// Enrols with the text of a QR code. A repetition with the same text after a lost response
    /// returns the first result, because key and id are stored before the first call.
    pub(crate) async fn enrol(&self, text: &str) -> Result<LocalDevice, RunnerError> {
        let mut engine = self.engine.lock().await;
        let (device, request) = self.begin_enrolment(text)?;
        let mut last = None;
        for _ in 0..device.identity.addresses.len().max(1) {
            let answer = match self.server_client(&device) {
                Ok(client) => client.enrol(request.clone()).await,
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => {
                    let device = self.complete_enrolment(device, answer)?;
                    *engine = Engine::default();
                    return Ok(device);
                }
                Err(failure) => last = Some(failure),
            }
            self.advance_server();
        }
        Err(enrolment_refused_error(last))
    }

    /// Stores the identity for an enrolment call and builds its request.
    pub(crate) fn begin_enrolment(
        &self,
        text: &str,
    ) -> Result<(LocalDevice, pb::EnrolRequest), RunnerError> {
        let invite = Invite::parse(text)?;
        let identity = self.build_identity(&invite)?;
        let key = DeviceKey::from_pkcs8(&identity.private_key)?;
        let public_key = key.public_key();
        let request = pb::EnrolRequest {
            code: identity.code.clone(),
            signature: key.sign(&enrolment_signing_input(&invite.code, &public_key))?,
            public_key,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            device_id: identity.device_id.0.to_vec(),
        };
        Ok((LocalDevice { identity, enrolment: None }, request))
    }

    /// Stores the result of an enrolment.
    pub(crate) fn complete_enrolment(
        &self,
        mut device: LocalDevice,
        answer: pb::EnrolResponse,
    ) -> Result<LocalDevice, RunnerError> {
        let (enrolment, addresses) =
            decode_enrolment(answer).map_err(|_| malformed_response_error())?;
        device.enrolment = Some(enrolment);
        if !addresses.is_empty() {
            device.identity.addresses = addresses;
        }
        self.replica().save_enrolment(&device)?;
        Ok(device)
    }

    fn build_identity(&self, invite: &Invite) -> Result<DeviceIdentity, RunnerError> {
        let code = invite.code.symbols();
        let existing = self.replica().device()?;
        let (device, private_key) = match existing {
            Some(existing) if existing.enrolment.is_some() => {
                return Err(RunnerError::AlreadyEnrolled);
            }
            Some(existing) if existing.identity.code == code => {
                (existing.identity.device_id, existing.identity.private_key)
            }
            Some(_) | None => {
                (DeviceId(device_key::new_uuid_v7(self.clock.now())?), device_key::generate_key()?)
            }
        };
        let (addresses, trusted) = (invite.addresses.clone(), vec![invite.ca_sha256]);
        let identity = DeviceIdentity {
            code,
            device_id: device,
            private_key,
            addresses,
            trusted_ca_sha256: trusted,
        };
        self.disconnect(); // The new invitation may name other servers.
        self.replica().save_identity(&identity)?;
        Ok(identity)
    }

    /// Renews the token with a signature over the server's nonce; the phone's time is not used.
    pub(super) async fn renew_token(
        &self,
        engine: &mut Engine,
        device: &LocalDevice,
    ) -> Result<(), RunnerError> {
        loop {
            let failure = match self.try_renew_token(device).await? {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            match engine.on_call_failed(&failure, device_key::random_u64()) {
                NextAction::RenewToken | NextAction::CallAgain | NextAction::Done => {}
                NextAction::TryNextServer => self.advance_server(),
                NextAction::Wait(after) => {
                    self.advance_server();
                    return Err(RunnerError::from_waiting_call(failure, after));
                }
                NextAction::Stop(halt) => return Err(self.to_halt_error(halt, failure.message)?),
            }
        }
    }

    async fn try_renew_token(
        &self,
        device: &LocalDevice,
    ) -> Result<Result<(), CallError>, RunnerError> {
        let LocalDevice { identity, enrolment: Some(enrolment) } = device else {
            return Err(RunnerError::NotEnrolled);
        };
        let client = match self.server_client(device) {
            Ok(client) => client,
            Err(failure) => return Ok(Err(failure)),
        };
        let nonce = match client.begin_renewal(&identity.device_id.0).await {
            Ok(nonce) => nonce,
            Err(failure) => return Ok(Err(failure)),
        };
        let answer =
            match client.renew_token(build_renew_request(identity, enrolment, nonce)?).await {
                Ok(answer) => answer,
                Err(failure) => return Ok(Err(failure)),
            };
        self.save_renewed_token(enrolment, answer)?;
        Ok(Ok(()))
    }

    /// Stores a new token. An account without a role remains with its last unit, so that its
    /// commands can still be sent and held.
    pub(crate) fn save_renewed_token(
        &self,
        enrolment: &Enrolment,
        answer: pb::RenewTokenResponse,
    ) -> Result<(), RunnerError> {
        let pb::RenewTokenResponse { token, session, command_export_key } = answer;
        let (token, expires) = decode_token(token).map_err(|_| malformed_response_error())?;
        let (_, unit, roles) = decode_session(session).map_err(|_| malformed_response_error())?;
        let mut replica = self.replica();
        replica.save_token(&token, expires, unit.unwrap_or(enrolment.unit), &roles)?;
        Ok(replica.save_command_export_key(&command_export_key)?)
    }
}

/// Builds the request for a new token, signed over the server's nonce.
pub(crate) fn build_renew_request(
    identity: &DeviceIdentity,
    enrolment: &Enrolment,
    nonce: Vec<u8>,
) -> Result<pb::RenewTokenRequest, RunnerError> {
    let signature = DeviceKey::from_pkcs8(&identity.private_key)?
        .sign(&renewal_signing_input(identity.device_id, &nonce))?;
    let body = enrolment.certificate.clone();
    let certificate =
        pb::DeviceCertificate { body, signature: enrolment.certificate_signature.clone() };
    let device_id = identity.device_id.0.to_vec();
    Ok(pb::RenewTokenRequest { device_id, nonce, signature, certificate: Some(certificate) })
}

fn malformed_response_error() -> RunnerError {
    let message = "the server's answer is not of the contract".to_owned();
    RunnerError::Halted { halt: HaltReason::ProtocolError, message }
}

fn enrolment_refused_error(last: Option<CallError>) -> RunnerError {
    let Some(failure) = last else { return malformed_response_error() };
    match failure.kind {
        CallErrorKind::MaybeApplied
        | CallErrorKind::Exhausted
        | CallErrorKind::ClockWrong { .. } => {
            let after = failure.retry_after.unwrap_or(Duration::from_secs(2));
            RunnerError::from_waiting_call(failure, after)
        }
        CallErrorKind::Unauthenticated | CallErrorKind::Precondition => {
            RunnerError::CodeRefused(failure.message)
        }
        CallErrorKind::Other => {
            RunnerError::Halted { halt: HaltReason::ProtocolError, message: failure.message }
        }
    }
}

fn decode_enrolment(answer: pb::EnrolResponse) -> Result<(Enrolment, Vec<String>), RefusalReason> {
    let pb::EnrolResponse {
        device_id: _,
        certificate,
        token,
        authority_public_key,
        server_addresses,
        session,
        command_export_key,
    } = answer;
    let pb::DeviceCertificate { body, signature } = certificate.ok_or(RefusalReason::Malformed)?;
    let (token, token_expires) = decode_token(token)?;
    let (account, unit, roles) = decode_session(session)?;
    let unit = unit.ok_or(RefusalReason::Malformed)?;
    let enrolment = Enrolment {
        account,
        unit,
        roles,
        certificate: body,
        certificate_signature: signature,
        authority_key: authority_public_key,
        token,
        token_expires_at: token_expires,
        command_export_key,
    };
    Ok((enrolment, server_addresses))
}

fn decode_token(token: Option<pb::AccessToken>) -> Result<(String, i64), RefusalReason> {
    let pb::AccessToken { token, expires_at } = token.ok_or(RefusalReason::Malformed)?;
    let expires = values::timestamp_from_proto(expires_at.ok_or(RefusalReason::Malformed)?)?;
    Ok((token, expires.0))
}

type SessionFields = (AccountId, Option<UnitId>, Vec<Role>);

/// Account, unit and roles of a session; no unit for an account without a role.
fn decode_session(session: Option<pb::Session>) -> Result<SessionFields, RefusalReason> {
    let pb::Session { account_id, device_id: _, unit_id, roles } =
        session.ok_or(RefusalReason::Malformed)?;
    // A role of a newer contract is skipped: the server checks permissions.
    let roles = roles.into_iter().filter_map(|role| values::role_from_proto(role).ok()).collect();
    let unit = if unit_id.is_empty() {
        None
    } else {
        Some(values::id_from_bytes(&unit_id, UnitId::from_slice)?)
    };
    Ok((values::id_from_bytes(&account_id, AccountId::from_slice)?, unit, roles))
}
