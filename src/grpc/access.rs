//! Access: enrolment, token renewal, sessions, enrolment codes and devices.
//!
//! Verifies what devices sign; `app` decides the rest. A failure must not reveal which codes and
//! devices exist.

use super::caller::find_acting_unit;
use super::peer::AddressBucket;
use super::status::RpcError;
use super::{ServerEndpoints, Services, impl_service, pagination};
use crate::app::AppError;
use crate::app::access::{CallerIdentity, EnrolledDevice, Readmission};
use crate::app::account::NewEnrolCode;
use crate::auth::{self, ENROL_CODE_MICROS, NONCE_MICROS, token_expires_at};
use crate::domain::access::enrolment::{EnrolmentCode, Invite};
use crate::domain::access::permission::Role;
use crate::domain::support::ids::{AccountId, DeviceId, UnitId, derive_id};
use crate::domain::support::limits::CLIENT_VERSION;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use crate::wire::access::{
    DeviceCertificateBody, decode_certificate, encode_certificate, roles_to_proto,
};
use crate::wire::field_violations::FieldViolations;
use crate::wire::values;
use jiff::civil::Date;

impl_service!(AccessService {
    unauthenticated enrol: EnrolRequest => EnrolResponse;
    unauthenticated begin_renewal: BeginRenewalRequest => BeginRenewalResponse;
    unauthenticated renew_token: RenewTokenRequest => RenewTokenResponse;
    unauthenticated set_password: SetPasswordRequest => SetPasswordResponse;
    unauthenticated sign_in: SignInRequest => SignInResponse;
    authenticated extend_session: ExtendSessionRequest => ExtendSessionResponse;
    authenticated get_session: GetSessionRequest => GetSessionResponse;
    authenticated create_enrolment_code: CreateEnrolmentCodeRequest => CreateEnrolmentCodeResponse;
    authenticated list_devices: ListDevicesRequest => ListDevicesResponse;
    authenticated revoke_device: RevokeDeviceRequest => RevokeDeviceResponse;
});

impl Services {
    /// Renewals are not limited by address as enrolments are, because a signature cannot be guessed
    /// and a flood of failures must not keep phones from renewing.
    fn enrol(
        &self,
        address: AddressBucket,
        message: pb::EnrolRequest,
    ) -> Result<pb::EnrolResponse, RpcError> {
        let pb::EnrolRequest { code, public_key, signature, client_version, device_id } = message;
        let now = self.app.now();
        self.attempt_limits.check_codes(address)?;
        let mut violations = FieldViolations::default();
        let device =
            violations.check("device_id", values::id_from_bytes(&device_id, DeviceId::from_slice));
        violations.check_text("client_version", &client_version, CLIENT_VERSION);
        let device = violations.into_result(device)?;
        let identity = self
            .enrol_device(&code, device, &public_key, &signature, now)
            .inspect_err(|_| self.attempt_limits.record_wrong_code(address));
        let (identity, token) = identity?;
        Ok(pb::EnrolResponse {
            device_id,
            certificate: Some(self.sign_certificate(&identity, now)?),
            token: Some(pb::AccessToken {
                token: token.reveal().to_owned(),
                expires_at: Some(values::timestamp_to_proto(token_expires_at(now))),
            }),
            authority_public_key: self.authority.public_key().to_vec(),
            server_addresses: self.endpoints.addresses.clone(),
            session: Some(session_to_proto(&identity, now.local_date())),
            command_export_key: self.command_export_key(device),
        })
    }

    /// The key with which the device seals exported commands.
    fn command_export_key(&self, device: DeviceId) -> Vec<u8> {
        auth::derive_command_export_key(&*self.server_secret, device).to_vec()
    }

    /// Enrols a device, or repeats a lost response: the same code, key and device, within the
    /// lifetime of a code.
    fn enrol_device(
        &self,
        code: &str,
        device: DeviceId,
        public_key: &[u8],
        signature: &[u8],
        now: Timestamp,
    ) -> Result<(CallerIdentity, auth::GeneratedSecret), RpcError> {
        let code = EnrolmentCode::parse(code).map_err(|_| RpcError::CodeRefused)?;
        auth::verify_enrolment_proof(&code, public_key, signature)
            .map_err(|_| RpcError::BadSignature)?;
        let (token, token_hash) = auth::generate_access_token().map_err(to_internal_error)?;
        let new_token = (&token_hash[..], token_expires_at(now));
        let existing = match self.app.active_device(device) {
            Ok(existing) => existing,
            Err(AppError::Unauthenticated) => {
                let hash = auth::hash_secret(code.symbols().as_bytes());
                return match self.app.enrol_device(&hash, device, public_key, new_token) {
                    Err(AppError::Unauthenticated) => Err(RpcError::CodeRefused),
                    other => Ok((other?, token)),
                };
            }
            Err(error) => return Err(error.into()),
        };
        if existing.public_key != public_key
            || existing.enrolled_at.saturating_add_micros(ENROL_CODE_MICROS) < now
        {
            return Err(RpcError::CodeRefused);
        }
        let (_, nonce) = auth::generate_nonce().map_err(to_internal_error)?;
        Ok((
            self.app.renew_token(
                device,
                None,
                (&nonce, now.saturating_add_micros(NONCE_MICROS)),
                new_token,
            )?,
            token,
        ))
    }

    fn sign_certificate(
        &self,
        identity: &CallerIdentity,
        now: Timestamp,
    ) -> Result<pb::DeviceCertificate, RpcError> {
        let unit = find_acting_unit(identity, now.local_date())?;
        let body = encode_certificate(&DeviceCertificateBody {
            authority: self.authority.id(),
            device: identity.device.id,
            account: identity.device.account,
            unit,
            public_key: identity.device.public_key.clone(),
            issued_at: now,
            roles: find_roles(identity, unit, now.local_date()),
        });
        let signature = self.authority.sign(&body).map_err(to_internal_error)?;
        Ok(pb::DeviceCertificate { body, signature })
    }

    fn begin_renewal(
        &self,
        _: AddressBucket,
        message: pb::BeginRenewalRequest,
    ) -> Result<pb::BeginRenewalResponse, RpcError> {
        let pb::BeginRenewalRequest { device_id } = message;
        let device = values::id_from_bytes(&device_id, DeviceId::from_slice)?;
        // The nonce does not depend on the database, so the response does not reveal which devices
        // exist.
        let nonce = auth::create_renewal_nonce(&*self.server_secret, device, self.app.now())
            .map_err(to_internal_error)?;
        Ok(pb::BeginRenewalResponse { nonce: nonce.to_vec() })
    }

    fn renew_token(
        &self,
        _: AddressBucket,
        message: pb::RenewTokenRequest,
    ) -> Result<pb::RenewTokenResponse, RpcError> {
        let pb::RenewTokenRequest { device_id, nonce, signature, certificate } = message;
        let device = values::id_from_bytes(&device_id, DeviceId::from_slice)?;
        let now = self.app.now();
        let (identity, token) = self.renew_device(device, &nonce, &signature, certificate, now)?;
        let expires_at = Some(values::timestamp_to_proto(token_expires_at(now)));
        Ok(pb::RenewTokenResponse {
            token: Some(pb::AccessToken { token: token.reveal().to_owned(), expires_at }),
            session: Some(session_to_proto(&identity, now.local_date())),
            command_export_key: self.command_export_key(device),
        })
    }

    fn renew_device(
        &self,
        device: DeviceId,
        nonce: &[u8],
        signature: &[u8],
        certificate: Option<pb::DeviceCertificate>,
        now: Timestamp,
    ) -> Result<(CallerIdentity, auth::GeneratedSecret), RpcError> {
        let expires = auth::verify_renewal_nonce(&*self.server_secret, device, nonce, now)
            .ok_or(RpcError::BadSignature)?;
        let certified = match self.app.device_public_key(device)? {
            Some(key) => {
                auth::verify_renewal_proof(device, &key, nonce, signature)
                    .map_err(|_| RpcError::BadSignature)?;
                None
            }
            None => Some(self.verify_certificate(device, certificate)?),
        };
        let readmission = if let Some(certified) = certified {
            auth::verify_renewal_proof(device, &certified.public_key, nonce, signature)
                .map_err(|_| RpcError::BadSignature)?;
            tracing::info!(
                "a device that this database has forgotten is let in again by its certificate"
            );
            Some(build_readmission(certified))
        } else {
            None
        };
        let (token, token_hash) = auth::generate_access_token().map_err(to_internal_error)?;
        match self.app.renew_token(
            device,
            readmission.as_ref(),
            (&auth::hash_secret(nonce), expires),
            (&token_hash, token_expires_at(now)),
        ) {
            Err(AppError::Unauthenticated) => Err(RpcError::BadSignature),
            other => Ok((other?, token)),
        }
    }

    /// Verifies the certificate of a device that the database does not contain; a restored database
    /// may lack it.
    fn verify_certificate(
        &self,
        device: DeviceId,
        presented: Option<pb::DeviceCertificate>,
    ) -> Result<DeviceCertificateBody, RpcError> {
        let pb::DeviceCertificate { body, signature } = presented.ok_or(RpcError::BadSignature)?;
        auth::verify_signature(self.authority.public_key(), &body, &signature)
            .map_err(|_| RpcError::BadSignature)?;
        let certified = decode_certificate(&body).map_err(|_| RpcError::BadSignature)?;
        if certified.device != device || certified.authority != self.authority.id() {
            return Err(RpcError::BadSignature);
        }
        if self.revocations.is_revoked(device) {
            Err(AppError::DeviceRevoked.into())
        } else {
            Ok(certified)
        }
    }

    fn get_session(
        &self,
        identity: &CallerIdentity,
        _: pb::GetSessionRequest,
    ) -> Result<pb::GetSessionResponse, RpcError> {
        let session = session_to_proto(identity, self.app.now().local_date());
        Ok(pb::GetSessionResponse { session: Some(session) })
    }

    fn create_enrolment_code(
        &self,
        identity: &CallerIdentity,
        message: pb::CreateEnrolmentCodeRequest,
    ) -> Result<pb::CreateEnrolmentCodeResponse, RpcError> {
        let pb::CreateEnrolmentCodeRequest { request_id, unit_id, roles, account_id } = message;
        let mut violations = FieldViolations::default();
        let request_id: Option<[u8; 16]> =
            violations.check("request_id", request_id.try_into().map_err(|_| RefusalReason::BadId));
        let unit = violations.check("unit_id", values::id_from_bytes(&unit_id, UnitId::from_slice));
        let roles: Result<Vec<Role>, RefusalReason> =
            roles.into_iter().map(values::role_from_proto).collect();
        let roles = violations.check(
            "roles",
            roles.and_then(|roles| {
                let is_new = account_id.is_empty();
                if is_new && roles.is_empty() { Err(RefusalReason::Malformed) } else { Ok(roles) }
            }),
        );
        let (caller, is_existing) = (identity.actor.account, !account_id.is_empty());
        let account = match (account_id.as_slice(), request_id) {
            ([], request) => {
                request.map(|request| AccountId(derive_id("account", &[&caller.0, &request])))
            }
            (id, _) => {
                violations.check("account_id", values::id_from_bytes(id, AccountId::from_slice))
            }
        };
        let requested = request_id.zip(unit).zip(roles.zip(account));
        let ((request_id, unit), (roles, account)) = violations.into_result(requested)?;
        let now = self.app.now();
        // The code is derived from the server's secret and the request id: the same request gives
        // the same code, and the code is not stored.
        let code = EnrolmentCode::new(auth::derive_mac(
            &*self.server_secret,
            &[b"enrolment code", &caller.0, &request_id],
        ));
        let expires = now.saturating_add_micros(ENROL_CODE_MICROS);
        let hash = auth::hash_secret(code.symbols().as_bytes());
        let new = NewEnrolCode {
            account,
            requires_existing_account: is_existing,
            unit,
            roles: &roles,
            hash: &hash,
            expires_at: expires,
        };
        self.app.create_invite(&identity.actor, &new)?;
        let ServerEndpoints { addresses, ca_sha256, trusted_ca_sha256: _ } = &*self.endpoints;
        let invite =
            Invite { code: code.clone(), ca_sha256: *ca_sha256, addresses: addresses.clone() };
        Ok(pb::CreateEnrolmentCodeResponse {
            code: code.to_string(),
            qr_text: invite.to_string(),
            expires_at: Some(values::timestamp_to_proto(expires)),
            account_id: account.0.to_vec(),
        })
    }

    fn list_devices(
        &self,
        identity: &CallerIdentity,
        message: pb::ListDevicesRequest,
    ) -> Result<pb::ListDevicesResponse, RpcError> {
        let pb::ListDevicesRequest { page_size, page_token, unit_id } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let after = pagination::decode_page_token(&page_token, &unit_id)?;
        let unit = if unit_id.is_empty() {
            None
        } else {
            Some(values::id_from_bytes(&unit_id, UnitId::from_slice)?)
        };
        let mut devices = self.app.visible_devices(&identity.actor)?;
        devices.retain(|(device, units)| {
            unit.is_none_or(|unit| units.iter().any(|of| of == unit))
                && after.as_ref().is_none_or(|id| device.id.0[..] > id[..])
        });
        devices.sort_by_key(|(device, _)| device.id);
        let more = devices.len() > size;
        devices.truncate(size);
        let next_page_token = match devices.last() {
            Some((last, _)) if more => pagination::encode_page_token(&last.id.0, &unit_id),
            Some(_) | None => String::new(),
        };
        let devices = devices
            .iter()
            .map(|(device, units)| device_to_proto(device, units.home_unit()))
            .collect();
        Ok(pb::ListDevicesResponse { devices, next_page_token })
    }

    fn revoke_device(
        &self,
        identity: &CallerIdentity,
        message: pb::RevokeDeviceRequest,
    ) -> Result<pb::RevokeDeviceResponse, RpcError> {
        let pb::RevokeDeviceRequest { request_id, device_id } = message;
        let mut violations = FieldViolations::default();
        // Revocation is idempotent, so only the form of the request id is checked.
        let request: Result<[u8; 16], _> = request_id.try_into();
        violations.check("request_id", request.map_err(|_| RefusalReason::BadId));
        let device =
            violations.check("device_id", values::id_from_bytes(&device_id, DeviceId::from_slice));
        let device = violations.into_result(device)?;
        let (revoked, units) = self.app.revoke_device(&identity.actor, device)?;
        self.revocations
            .append(device, self.app.now(), &self.authority)
            .map_err(to_internal_error)?;
        Ok(pb::RevokeDeviceResponse { device: Some(device_to_proto(&revoked, units.home_unit())) })
    }
}

fn build_readmission(certified: DeviceCertificateBody) -> Readmission {
    let DeviceCertificateBody {
        authority: _,
        device: id,
        account,
        unit,
        public_key,
        issued_at,
        roles,
    } = certified;
    let device = EnrolledDevice {
        id,
        account,
        public_key,
        enrolled_at: issued_at,
        revoked_at: None,
        last_command_number: 0,
        outcome_chain: vec![0; 32],
        is_forked: false,
        token_expires_at: None,
    };
    Readmission { device, unit, roles }
}

pub(super) fn to_internal_error(error: impl std::fmt::Display) -> RpcError {
    RpcError::Internal(error.to_string())
}

fn find_roles(identity: &CallerIdentity, unit: UnitId, today: Date) -> Vec<Role> {
    let grants = identity.actor.active_grants_on(today).filter(|grant| grant.unit == unit);
    let mut roles: Vec<Role> = grants.map(|grant| grant.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Builds the session message. A caller without a role today still has a session: its pending
/// commands go to the hand-over box (S19).
pub(super) fn session_to_proto(identity: &CallerIdentity, today: Date) -> pb::Session {
    let unit = find_acting_unit(identity, today).ok();
    pb::Session {
        account_id: identity.device.account.0.to_vec(),
        device_id: identity.device.id.0.to_vec(),
        unit_id: unit.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        roles: unit
            .map_or_else(Vec::new, |unit| roles_to_proto(&find_roles(identity, unit, today))),
    }
}

fn device_to_proto(device: &EnrolledDevice, unit: UnitId) -> pb::Device {
    let state = if device.revoked_at.is_some() {
        pb::DeviceState::Revoked
    } else {
        pb::DeviceState::Active
    };
    pb::Device {
        id: device.id.0.to_vec(),
        unit_id: unit.0.to_vec(),
        account_id: device.account.0.to_vec(),
        state: state.into(),
        enrolled_day: values::day_to_proto(device.enrolled_at.local_date()),
        desk: device.is_desk_session(),
    }
}
