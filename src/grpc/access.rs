//! Access: enrolment, renewal, the session, codes and devices.
//!
//! Checks what devices sign; the rest is asked of `app`. Whoever fails here learns nothing about which codes and devices exist.

use super::caller::home;
use super::status::Failure;
use super::{Reach, Services, page, service};
use crate::app::AppError;
use crate::app::access::{Device, Identity, Readmission};
use crate::app::account::NewCode;
use crate::auth::{self, CODE_MICROS, NONCE_MICROS, token_end};
use crate::domain::enrolment::{Code, Invite};
use crate::domain::ids::{AccountId, DeviceId, UnitId, derive};
use crate::domain::permission::Role;
use crate::domain::reason::Reason;
use crate::domain::time::Instant;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use crate::wire::access::{Certificate, certificate, read_certificate, role_numbers};
use crate::wire::values;
use crate::wire::violations::Violations;
use jiff::civil::Date;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failed enrolments that the server answers in a minute, in total; then it asks to wait. A code can be guessed, a signature cannot: renewals
/// are not counted, so that nobody's noise keeps phones from renewing.
const FAILURES_A_MINUTE: u32 = 120;
/// Most characters of a client's version.
const VERSION_CHARS_MAX: usize = 64;

/// Counts failed attempts, so that codes cannot be guessed by trying. Counts nobody's address.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<(i64, u32)>);

impl Refused {
    pub(super) fn check(&self, now: Instant) -> Result<(), Failure> {
        let (minute, count) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = minute == now.0.div_euclid(60_000_000) && count >= FAILURES_A_MINUTE;
        if full { Err(Failure::RateLimited("failed attempts a minute", Duration::from_secs(10))) } else { Ok(()) }
    }

    pub(super) fn count(&self, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.0.div_euclid(60_000_000);
        *state = if state.0 == minute { (minute, state.1 + 1) } else { (minute, 1) };
    }
}

service!(AccessService {
    open enrol: EnrolRequest => EnrolResponse;
    open begin_renewal: BeginRenewalRequest => BeginRenewalResponse;
    open renew_token: RenewTokenRequest => RenewTokenResponse;
    open set_password: SetPasswordRequest => SetPasswordResponse;
    open sign_in: SignInRequest => SignInResponse;
    called extend_session: ExtendSessionRequest => ExtendSessionResponse;
    called get_session: GetSessionRequest => GetSessionResponse;
    called create_enrolment_code: CreateEnrolmentCodeRequest => CreateEnrolmentCodeResponse;
    called list_devices: ListDevicesRequest => ListDevicesResponse;
    called revoke_device: RevokeDeviceRequest => RevokeDeviceResponse;
});

impl Services {
    fn enrol(&self, message: pb::EnrolRequest) -> Result<pb::EnrolResponse, Failure> {
        let pb::EnrolRequest { code, public_key, signature, client_version, device_id } = message;
        let now = self.app.now();
        self.refused.check(now)?;
        let mut bad = Violations::default();
        let device = bad.take("device_id", values::id(&device_id, DeviceId::from_slice));
        if client_version.chars().count() > VERSION_CHARS_MAX {
            bad.add("client_version", Reason::Malformed);
        }
        let device = bad.done(device)?;
        let identity = self.admit(&code, device, &public_key, &signature, now).inspect_err(|_| self.refused.count(now));
        let (identity, token) = identity?;
        Ok(pb::EnrolResponse {
            device_id,
            certificate: Some(self.certificate(&identity, now)?),
            token: Some(pb::AccessToken {
                token: token.reveal().to_owned(),
                expires_at: Some(values::timestamp(token_end(now))),
            }),
            authority_public_key: self.authority.public_key().to_vec(),
            server_addresses: self.reach.addresses.clone(),
            session: Some(session(&identity, now.local_date())),
        })
    }

    /// Enrols, or repeats the answer that was lost on the way: same code, same key, same device, within the life of a code.
    fn admit(
        &self,
        code: &str,
        device: DeviceId,
        public_key: &[u8],
        signature: &[u8],
        now: Instant,
    ) -> Result<(Identity, auth::Secret), Failure> {
        let code = Code::parse(code).map_err(|_| Failure::CodeRefused)?;
        auth::check_enrolment(&code, public_key, signature).map_err(|_| Failure::BadSignature)?;
        let (token, token_hash) = auth::token().map_err(internal)?;
        let fresh = (&token_hash[..], token_end(now));
        let known = match self.app.known_device(device) {
            Ok(known) => known,
            Err(AppError::Unauthenticated) => {
                let hash = auth::hash(code.symbols().as_bytes());
                return match self.app.enrol(&hash, device, public_key, fresh) {
                    Err(AppError::Unauthenticated) => Err(Failure::CodeRefused),
                    other => Ok((other?, token)),
                };
            }
            Err(error) => return Err(error.into()),
        };
        if known.public_key != public_key || known.enrolled.plus_micros(CODE_MICROS) < now {
            return Err(Failure::CodeRefused);
        }
        let (_, nonce) = auth::nonce().map_err(internal)?;
        Ok((self.app.renew(device, None, (&nonce, now.plus_micros(NONCE_MICROS)), fresh)?, token))
    }

    fn certificate(&self, identity: &Identity, now: Instant) -> Result<pb::DeviceCertificate, Failure> {
        let unit = home(identity, now.local_date())?;
        let body = certificate(&Certificate {
            authority: self.authority.id(),
            device: identity.device.id,
            account: identity.device.account,
            unit,
            public_key: identity.device.public_key.clone(),
            issued: now,
            roles: roles(identity, unit, now.local_date()),
        });
        let signature = self.authority.sign(&body).map_err(internal)?;
        Ok(pb::DeviceCertificate { body, signature })
    }

    fn begin_renewal(&self, message: pb::BeginRenewalRequest) -> Result<pb::BeginRenewalResponse, Failure> {
        let pb::BeginRenewalRequest { device_id } = message;
        let device = values::id(&device_id, DeviceId::from_slice)?;
        // Nobody learns here which devices exist: the database is not asked.
        let nonce = auth::nonce_for(&*self.secret, device, self.app.now()).map_err(internal)?;
        Ok(pb::BeginRenewalResponse { nonce: nonce.to_vec() })
    }

    fn renew_token(&self, message: pb::RenewTokenRequest) -> Result<pb::RenewTokenResponse, Failure> {
        let pb::RenewTokenRequest { device_id, nonce, signature, certificate } = message;
        let device = values::id(&device_id, DeviceId::from_slice)?;
        let now = self.app.now();
        let (identity, token) = self.renew(device, &nonce, &signature, certificate, now)?;
        let expires_at = Some(values::timestamp(token_end(now)));
        Ok(pb::RenewTokenResponse {
            token: Some(pb::AccessToken { token: token.reveal().to_owned(), expires_at }),
            session: Some(session(&identity, now.local_date())),
        })
    }

    fn renew(
        &self,
        device: DeviceId,
        nonce: &[u8],
        signature: &[u8],
        certificate: Option<pb::DeviceCertificate>,
        now: Instant,
    ) -> Result<(Identity, auth::Secret), Failure> {
        let expires = auth::nonce_expires(&*self.secret, device, nonce, now).ok_or(Failure::BadSignature)?;
        let forgotten = match self.app.device_key(device)? {
            Some(key) => {
                auth::check_renewal(device, &key, nonce, signature).map_err(|_| Failure::BadSignature)?;
                None
            }
            None => Some(self.vouched(device, certificate)?),
        };
        let forgotten = if let Some(vouched) = forgotten {
            auth::check_renewal(device, &vouched.public_key, nonce, signature).map_err(|_| Failure::BadSignature)?;
            tracing::info!("a device that this database has forgotten is let in again by its certificate");
            Some(readmission(vouched))
        } else {
            None
        };
        let (token, token_hash) = auth::token().map_err(internal)?;
        match self.app.renew(device, forgotten.as_ref(), (&auth::hash(nonce), expires), (&token_hash, token_end(now))) {
            Err(AppError::Unauthenticated) => Err(Failure::BadSignature),
            other => Ok((other?, token)),
        }
    }

    /// What the authority once signed about a device that is not known here; a restored database may have forgotten it.
    fn vouched(&self, device: DeviceId, shown: Option<pb::DeviceCertificate>) -> Result<Certificate, Failure> {
        let pb::DeviceCertificate { body, signature } = shown.ok_or(Failure::BadSignature)?;
        auth::verify(self.authority.public_key(), &body, &signature).map_err(|_| Failure::BadSignature)?;
        let vouched = read_certificate(&body).map_err(|_| Failure::BadSignature)?;
        if vouched.device != device || vouched.authority != self.authority.id() {
            return Err(Failure::BadSignature);
        }
        if self.revocations.has(device) { Err(AppError::DeviceRevoked.into()) } else { Ok(vouched) }
    }

    fn get_session(&self, identity: &Identity, _: pb::GetSessionRequest) -> Result<pb::GetSessionResponse, Failure> {
        let session = session(identity, self.app.now().local_date());
        Ok(pb::GetSessionResponse { session: Some(session) })
    }

    fn create_enrolment_code(
        &self,
        identity: &Identity,
        message: pb::CreateEnrolmentCodeRequest,
    ) -> Result<pb::CreateEnrolmentCodeResponse, Failure> {
        let pb::CreateEnrolmentCodeRequest { request_id, unit_id, roles, account_id } = message;
        let mut bad = Violations::default();
        let request_id: Option<[u8; 16]> = bad.take("request_id", request_id.try_into().map_err(|_| Reason::BadId));
        let unit = bad.take("unit_id", values::id(&unit_id, UnitId::from_slice));
        let roles: Result<Vec<Role>, Reason> = roles.into_iter().map(values::read_role).collect();
        let roles = bad
            .take("roles", roles.and_then(|roles| if roles.is_empty() { Err(Reason::Malformed) } else { Ok(roles) }));
        let (caller, is_existing) = (identity.actor.account, !account_id.is_empty());
        let account = match (account_id.as_slice(), request_id) {
            ([], request) => request.map(|request| AccountId(derive("account", &[&caller.0, &request]))),
            (id, _) => bad.take("account_id", values::id(id, AccountId::from_slice)),
        };
        let asked = request_id.zip(unit).zip(roles.zip(account));
        let ((request_id, unit), (roles, account)) = bad.done(asked)?;
        let now = self.app.now();
        // The same request gives the same code, which is nowhere stored: it follows from the server's secret.
        let code = Code::new(auth::derived(&*self.secret, &[b"enrolment code", &caller.0, &request_id]));
        let expires = now.plus_micros(CODE_MICROS);
        let hash = auth::hash(code.symbols().as_bytes());
        let new = NewCode { account, is_existing, unit, roles: &roles, hash: &hash, expires };
        self.app.invite(&identity.actor, &new)?;
        let Reach { addresses, ca_sha256, announced_cas: _ } = &*self.reach;
        let invite = Invite { code: code.clone(), ca_sha256: *ca_sha256, addresses: addresses.clone() };
        Ok(pb::CreateEnrolmentCodeResponse {
            code: code.to_string(),
            qr_text: invite.to_string(),
            expires_at: Some(values::timestamp(expires)),
            account_id: account.0.to_vec(),
        })
    }

    fn list_devices(
        &self,
        identity: &Identity,
        message: pb::ListDevicesRequest,
    ) -> Result<pb::ListDevicesResponse, Failure> {
        let pb::ListDevicesRequest { page_size, page_token, unit_id } = message;
        let size = page::size(page_size, 100, 500)?;
        let after = page::read(&page_token, &unit_id)?;
        let unit = if unit_id.is_empty() { None } else { Some(values::id(&unit_id, UnitId::from_slice)?) };
        let mut devices = self.app.devices_in_sight(&identity.actor)?;
        devices.retain(|(device, units)| {
            unit.is_none_or(|unit| units.iter().any(|of| of == unit))
                && after.as_ref().is_none_or(|id| device.id.0[..] > id[..])
        });
        devices.sort_by_key(|(device, _)| device.id);
        let more = devices.len() > size;
        devices.truncate(size);
        let next_page_token = match devices.last() {
            Some((last, _)) if more => page::token(&last.id.0, &unit_id),
            Some(_) | None => String::new(),
        };
        let devices = devices.iter().map(|(device, units)| device_message(device, units.home())).collect();
        Ok(pb::ListDevicesResponse { devices, next_page_token })
    }

    fn revoke_device(
        &self,
        identity: &Identity,
        message: pb::RevokeDeviceRequest,
    ) -> Result<pb::RevokeDeviceResponse, Failure> {
        let pb::RevokeDeviceRequest { request_id, device_id } = message;
        let mut bad = Violations::default();
        // Revoking twice ends alike, so the id is only checked for its form.
        let request: Result<[u8; 16], _> = request_id.try_into();
        bad.take("request_id", request.map_err(|_| Reason::BadId));
        let device = bad.take("device_id", values::id(&device_id, DeviceId::from_slice));
        let device = bad.done(device)?;
        let (revoked, units) = self.app.revoke_device(&identity.actor, device)?;
        self.revocations.add(device, self.app.now(), &self.authority).map_err(internal)?;
        Ok(pb::RevokeDeviceResponse { device: Some(device_message(&revoked, units.home())) })
    }
}

fn readmission(vouched: Certificate) -> Readmission {
    let Certificate { authority: _, device: id, account, unit, public_key, issued, roles } = vouched;
    let device = Device {
        id,
        account,
        public_key,
        enrolled: issued,
        revoked: None,
        taken: 0,
        outcomes: vec![0; 32],
        forked: false,
        token_expires: None,
    };
    Readmission { device, unit, roles }
}

pub(super) fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::Internal(error.to_string())
}

fn roles(identity: &Identity, unit: UnitId, today: Date) -> Vec<Role> {
    let here = identity.actor.grants_on(today).filter(|grant| grant.unit == unit);
    let mut roles: Vec<Role> = here.map(|grant| grant.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Who holds no role today still has a session: what was typed before goes to the hand-over box (S19).
pub(super) fn session(identity: &Identity, today: Date) -> pb::Session {
    let unit = home(identity, today).ok();
    pb::Session {
        account_id: identity.device.account.0.to_vec(),
        device_id: identity.device.id.0.to_vec(),
        unit_id: unit.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        roles: unit.map_or_else(Vec::new, |unit| role_numbers(&roles(identity, unit, today))),
    }
}

fn device_message(device: &Device, unit: UnitId) -> pb::Device {
    let state = if device.revoked.is_some() { pb::DeviceState::Revoked } else { pb::DeviceState::Active };
    pb::Device {
        id: device.id.0.to_vec(),
        unit_id: unit.0.to_vec(),
        account_id: device.account.0.to_vec(),
        state: state.into(),
        enrolled_day: values::day(device.enrolled.local_date()),
        desk: device.is_desk(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_failures_in_a_minute_the_next_is_asked_to_wait_and_a_minute_later_is_heard() {
        let (refused, now) = (Refused::default(), Instant(1_724_000_000_000_000));
        for _ in 0..FAILURES_A_MINUTE {
            assert!(refused.check(now).is_ok());
            refused.count(now);
        }
        assert!(matches!(refused.check(now), Err(Failure::RateLimited(..))));
        assert!(refused.check(now.plus_micros(60_000_000)).is_ok());
    }
}
