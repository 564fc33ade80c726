//! Enrolment and token renewal: what is stored, signed and sent. The calls are in
//! `enrolment_calls`, or a caller makes them.

use super::{Runner, RunnerError};
use crate::client::device_key::{
    self, DeviceKeyError, DeviceSigner, ReplicaKey, fixed_signature, uncompressed_point, verify,
};
use crate::client::protocol::{CallError, CallErrorKind, HaltReason};
use crate::client::replica::{DeviceIdentity, Enrolment, LocalDevice};
use crate::domain::access::enrolment::{EnrolmentCode, Invite, enrolment_signing_input};
use crate::domain::access::permission::Role;
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::values;
use std::sync::Arc;
use std::time::Duration;

impl Runner {
    /// Stores the identity for an enrolment call and builds its request, signed with the phone's
    /// key.
    pub(crate) fn begin_enrolment(
        &self,
        text: &str,
    ) -> Result<(LocalDevice, pb::EnrolRequest), RunnerError> {
        let invite = Invite::parse(text)?;
        let identity = self.build_identity(&invite, self.signer.is_some())?;
        let signer = self.device_signer(&identity)?;
        let public_key = uncompressed_point(&signer.public_key()?)?;
        let signature = signer.sign(enrolment_signing_input(&invite.code, &public_key))?;
        let request = build_enrol_request(&identity, public_key, &signature)?;
        Ok((LocalDevice { identity, enrolment: None }, request))
    }

    /// Stores the identity for an enrolment call of a phone whose caller signs with a key of its
    /// own. Returns the bytes to sign.
    pub(crate) fn begin_signed_enrolment(
        &self,
        text: &str,
        public_key: &[u8],
    ) -> Result<Vec<u8>, RunnerError> {
        let invite = Invite::parse(text)?;
        let public_key = uncompressed_point(public_key)?;
        self.build_identity(&invite, true)?;
        Ok(enrolment_signing_input(&invite.code, &public_key))
    }

    /// The key that signs for this phone.
    pub(crate) fn device_signer(
        &self,
        identity: &DeviceIdentity,
    ) -> Result<Arc<dyn DeviceSigner>, RunnerError> {
        if !identity.private_key.is_empty() {
            return Ok(Arc::new(ReplicaKey::from_pkcs8(&identity.private_key)?));
        }
        self.signer.clone().ok_or(DeviceKeyError::NoSigner.into())
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

    /// Stores the identity. The same code keeps key and id of an earlier attempt, so that an
    /// enrolment with a lost response can be repeated.
    fn build_identity(
        &self,
        invite: &Invite,
        is_key_elsewhere: bool,
    ) -> Result<DeviceIdentity, RunnerError> {
        let code = invite.code.symbols();
        let existing = self.replica().device()?;
        let (device_id, stored_key) = match existing {
            Some(existing) if existing.enrolment.is_some() => {
                return Err(RunnerError::AlreadyEnrolled);
            }
            Some(existing) if existing.identity.code == code => {
                (existing.identity.device_id, existing.identity.private_key)
            }
            Some(_) | None => (DeviceId(device_key::new_uuid_v7(self.clock.now())?), Vec::new()),
        };
        let private_key = match (is_key_elsewhere, stored_key.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => device_key::generate_key()?,
            (false, false) => stored_key,
        };
        let identity = DeviceIdentity {
            code,
            device_id,
            private_key,
            addresses: invite.addresses.clone(),
            trusted_ca_sha256: vec![invite.ca_sha256],
        };
        self.disconnect(); // The new invitation may name other servers.
        self.replica().save_identity(&identity)?;
        Ok(identity)
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

/// Builds the request of an enrolment. Refuses a signature that the key does not verify: the server
/// would count it as a wrong code.
pub(crate) fn build_enrol_request(
    identity: &DeviceIdentity,
    public_key: Vec<u8>,
    signature: &[u8],
) -> Result<pb::EnrolRequest, RunnerError> {
    let code = EnrolmentCode::parse(&identity.code)?;
    let signature = fixed_signature(signature)?;
    verify(&public_key, &enrolment_signing_input(&code, &public_key), &signature)?;
    Ok(pb::EnrolRequest {
        code: identity.code.clone(),
        signature,
        public_key,
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        device_id: identity.device_id.0.to_vec(),
    })
}

/// Builds the request for a new token, signed over the server's nonce.
pub(crate) fn build_renew_request(
    identity: &DeviceIdentity,
    enrolment: &Enrolment,
    nonce: Vec<u8>,
    signature: &[u8],
) -> Result<pb::RenewTokenRequest, RunnerError> {
    let signature = fixed_signature(signature)?;
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

/// The error of an enrolment that no server accepted.
pub(crate) fn enrolment_refused_error(last: Option<CallError>) -> RunnerError {
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
