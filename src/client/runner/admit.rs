//! Enrolling and renewing: how a phone gets its token and keeps it.

use super::{Core, RunError};
use crate::client::engine::Engine;
use crate::client::link::keys::{self, Key};
use crate::client::replica::{Admission, Applicant, Device};
use crate::client::step::{Failure, FailureKind, Halt, Next};
use crate::domain::enrolment::{Invite, enrol_proof, renew_proof};
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::Role;
use crate::domain::reason::Reason;
use crate::pb;
use crate::wire::values;
use std::time::Duration;

impl Core {
    /// Enrols with the text of a QR picture. Asked again with the same text after a lost answer, it gives the first answer: key and id
    /// were written before the first call.
    pub(crate) async fn enrol(&self, text: &str) -> Result<Device, RunError> {
        let mut engine = self.engine.lock().await;
        let (device, request) = self.apply(text)?;
        let mut last = None;
        for _ in 0..device.applicant.addresses.len().max(1) {
            let answer = match self.link(&device) {
                Ok(link) => link.enrol(request.clone()).await,
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => {
                    let device = self.admitted(device, answer)?;
                    *engine = Engine::default();
                    return Ok(device);
                }
                Err(failure) => last = Some(failure),
            }
            self.next_server();
        }
        Err(refused(last))
    }

    /// Notes what this phone applies with, before anybody is asked; gives the request to send.
    pub(crate) fn apply(&self, text: &str) -> Result<(Device, pb::EnrolRequest), RunError> {
        let invite = Invite::parse(text)?;
        let applicant = self.applicant(&invite)?;
        let key = Key::read(&applicant.private_key)?;
        let public_key = key.public();
        let request = pb::EnrolRequest {
            code: applicant.code.clone(),
            signature: key.sign(&enrol_proof(&invite.code, &public_key))?,
            public_key,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            device_id: applicant.device.0.to_vec(),
        };
        Ok((Device { applicant, admission: None }, request))
    }

    /// Notes that the phone was admitted.
    pub(crate) fn admitted(&self, mut device: Device, answer: pb::EnrolResponse) -> Result<Device, RunError> {
        let (admission, addresses) = read_admission(answer).map_err(|_| malformed())?;
        device.admission = Some(admission);
        if !addresses.is_empty() {
            device.applicant.addresses = addresses;
        }
        self.replica().admit(&device)?;
        Ok(device)
    }

    fn applicant(&self, invite: &Invite) -> Result<Applicant, RunError> {
        let code = invite.code.symbols();
        let known = self.replica().device()?;
        let (device, private_key) = match known {
            Some(known) if known.admission.is_some() => return Err(RunError::AlreadyEnrolled),
            Some(known) if known.applicant.code == code => (known.applicant.device, known.applicant.private_key),
            Some(_) | None => (DeviceId(keys::new_id(self.clock.now())?), keys::new_key()?),
        };
        let (addresses, trusted) = (invite.addresses.clone(), vec![invite.ca_sha256]);
        let applicant = Applicant { code, device, private_key, addresses, trusted };
        self.hang_up(); // The text may name other servers than the one before.
        self.replica().apply_for(&applicant)?;
        Ok(applicant)
    }

    /// Renews the token: a signature over the server's nonce, never over this phone's time.
    pub(super) async fn renew(&self, engine: &mut Engine, device: &Device) -> Result<(), RunError> {
        loop {
            let failure = match self.renew_once(device).await? {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            match engine.failed(&failure, keys::random_number()) {
                Next::Renew | Next::Again | Next::Done => {}
                Next::OtherServer => self.next_server(),
                Next::Wait(after) => {
                    self.next_server();
                    return Err(RunError::Later { after, message: failure.message });
                }
                Next::Stop(halt) => return Err(self.halt(halt, failure.message)?),
            }
        }
    }

    async fn renew_once(&self, device: &Device) -> Result<Result<(), Failure>, RunError> {
        let Device { applicant, admission: Some(admission) } = device else { return Err(RunError::NotEnrolled) };
        let link = match self.link(device) {
            Ok(link) => link,
            Err(failure) => return Ok(Err(failure)),
        };
        let nonce = match link.nonce(&applicant.device.0).await {
            Ok(nonce) => nonce,
            Err(failure) => return Ok(Err(failure)),
        };
        let answer = match link.renew(renewal(applicant, admission, nonce)?).await {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        self.renewed(admission, answer)?;
        Ok(Ok(()))
    }

    /// Notes a new token. Who holds no role any more stays with the unit that was: what was typed for it can still be handed over.
    pub(crate) fn renewed(&self, admission: &Admission, answer: pb::RenewTokenResponse) -> Result<(), RunError> {
        let pb::RenewTokenResponse { token, session } = answer;
        let (token, expires) = read_token(token).map_err(|_| malformed())?;
        let (_, unit, roles) = read_session(session).map_err(|_| malformed())?;
        Ok(self.replica().renewed(&token, expires, unit.unwrap_or(admission.unit), &roles)?)
    }
}

/// The request for a new token: a signature over the server's nonce.
pub(crate) fn renewal(
    applicant: &Applicant,
    admission: &Admission,
    nonce: Vec<u8>,
) -> Result<pb::RenewTokenRequest, RunError> {
    let signature = Key::read(&applicant.private_key)?.sign(&renew_proof(applicant.device, &nonce))?;
    let body = admission.certificate.clone();
    let certificate = pb::DeviceCertificate { body, signature: admission.certificate_signature.clone() };
    let device_id = applicant.device.0.to_vec();
    Ok(pb::RenewTokenRequest { device_id, nonce, signature, certificate: Some(certificate) })
}

fn malformed() -> RunError {
    let message = "the server's answer is not of the contract".to_owned();
    RunError::Halted { halt: Halt::Refused, message }
}

fn refused(last: Option<Failure>) -> RunError {
    let Some(failure) = last else { return malformed() };
    match failure.kind {
        FailureKind::PerhapsApplied | FailureKind::Exhausted => {
            RunError::Later { after: failure.retry_after.unwrap_or(Duration::from_secs(2)), message: failure.message }
        }
        FailureKind::Unauthenticated | FailureKind::Precondition => RunError::CodeRefused(failure.message),
        FailureKind::Other => RunError::Halted { halt: Halt::Refused, message: failure.message },
    }
}

fn read_admission(answer: pb::EnrolResponse) -> Result<(Admission, Vec<String>), Reason> {
    let pb::EnrolResponse { device_id: _, certificate, token, authority_public_key, server_addresses, session } =
        answer;
    let pb::DeviceCertificate { body, signature } = certificate.ok_or(Reason::Malformed)?;
    let (token, token_expires) = read_token(token)?;
    let (account, unit, roles) = read_session(session)?;
    let unit = unit.ok_or(Reason::Malformed)?;
    let admission = Admission {
        account,
        unit,
        roles,
        certificate: body,
        certificate_signature: signature,
        authority_key: authority_public_key,
        token,
        token_expires,
    };
    Ok((admission, server_addresses))
}

fn read_token(token: Option<pb::AccessToken>) -> Result<(String, i64), Reason> {
    let pb::AccessToken { token, expires_at } = token.ok_or(Reason::Malformed)?;
    let expires = values::read_timestamp(expires_at.ok_or(Reason::Malformed)?)?;
    Ok((token, expires.0))
}

type Session = (AccountId, Option<UnitId>, Vec<Role>);

/// Who the phone is for the server; no unit for an account that holds no role today.
fn read_session(session: Option<pb::Session>) -> Result<Session, Reason> {
    let pb::Session { account_id, device_id: _, unit_id, roles } = session.ok_or(Reason::Malformed)?;
    // A role of a newer contract is passed over: what it may do is the server's business.
    let roles = roles.into_iter().filter_map(|role| values::read_role(role).ok()).collect();
    let unit = if unit_id.is_empty() { None } else { Some(values::id(&unit_id, UnitId::from_slice)?) };
    Ok((values::id(&account_id, AccountId::from_slice)?, unit, roles))
}
