//! Passwords and desk sessions. A desk session is a device without a key: it cannot renew itself
//! and expires at the end of the working day.
//!
//! A failed sign-in must not reveal which accounts exist, neither by its text nor by its duration.
//! What it says of a second factor it says only to a caller with the right password.

use super::Services;
use super::access::{session_to_proto, to_internal_error};
use super::attempt_limits::{SignInAttempt, hash_error_to_rpc};
use super::peer::AddressBucket;
use super::status::RpcError;
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::app::second_factor::FactorReader;
use crate::auth::{self, DESK_SESSION_LIFETIME_MICROS, token_expires_at};
use crate::domain::access::enrolment::EnrolmentCode;
use crate::domain::access::second_factor::{PresentedFactor, SecondFactorPolicy};
use crate::domain::support::ids::{AccountId, DeviceId};
use crate::domain::support::limits::{ACCOUNT_LABEL, PASSWORD, PASSWORD_CHARS, SECOND_FACTOR_CODE};
use crate::domain::support::text::{TextFault, checked_text};
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::wire::values;

impl Services {
    /// The proof that a form of a page was shown in this session.
    #[must_use]
    pub fn form_token(&self, session: DeviceId) -> [u8; 16] {
        auth::create_form_token(&*self.server_secret, session)
    }

    pub(super) fn set_password(
        &self,
        address: AddressBucket,
        message: pb::SetPasswordRequest,
    ) -> Result<pb::SetPasswordResponse, RpcError> {
        let pb::SetPasswordRequest { code, password } = message;
        self.attempt_limits.check_codes(address)?;
        let password = match checked_text(&password, PASSWORD) {
            Ok(password) if password.chars().count() >= *PASSWORD_CHARS.start() => password,
            Ok(_) | Err(TextFault::TooLong(_)) => return Err(RpcError::PasswordLength),
            Err(fault @ TextFault::Control(_)) => return Err(fault.reason().into()),
        };
        match self.try_set_password(&code, &password) {
            Err(RpcError::CodeRefused) => {
                self.attempt_limits.record_wrong_code(address);
                Err(RpcError::CodeRefused)
            }
            other => other,
        }
    }

    /// Only a caller with a valid code has a password hashed.
    fn try_set_password(
        &self,
        code: &str,
        password: &str,
    ) -> Result<pb::SetPasswordResponse, RpcError> {
        let code = EnrolmentCode::parse(code).map_err(|_| RpcError::CodeRefused)?;
        let code_hash = auth::hash_secret(code.symbols().as_bytes());
        if !self.app.is_password_code_usable(&code_hash)? {
            return Err(RpcError::CodeRefused);
        }
        let hashed = self
            .attempt_limits
            .acquire_hash_slot()?
            .hash_password(password)
            .map_err(hash_error_to_rpc)?;
        match self.app.set_password(&code_hash, &hashed) {
            Ok(()) => Ok(pb::SetPasswordResponse {}),
            Err(AppError::Unauthenticated) => Err(RpcError::CodeRefused),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn sign_in(
        &self,
        address: AddressBucket,
        message: pb::SignInRequest,
    ) -> Result<pb::SignInResponse, RpcError> {
        let pb::SignInRequest { account_label, password, device_cookie, second_factor_code } =
            message;
        let refused = |_| RpcError::SignInRefused;
        let account_label = checked_text(&account_label, ACCOUNT_LABEL).map_err(refused)?;
        let password = checked_text(&password, PASSWORD).map_err(refused)?;
        let account = AccountId::from_code(&account_label);
        let (secret, now) = (&*self.server_secret, self.app.now());
        let is_returning = auth::is_device_cookie(secret, account, &device_cookie, now);
        let attempt = SignInAttempt { account, address, is_returning };
        let (identity, token) = self.attempt_limits.sign_in(&attempt, |mut slot| {
            let stored = self.app.password(account)?;
            let verified = slot.verify_password(&password, stored.as_ref());
            // The slot is free for others while this one waits for the database.
            drop(slot);
            if !verified.map_err(hash_error_to_rpc)? {
                return Err(RpcError::SignInRefused);
            }
            self.begin_desk_session(account, &second_factor_code, now)
        })?;
        Ok(pb::SignInResponse {
            token: Some(access_token_to_proto(&token, now)),
            session: Some(session_to_proto(&identity, now.local_date())),
            ends_at: Some(values::timestamp_to_proto(
                now.saturating_add_micros(DESK_SESSION_LIFETIME_MICROS),
            )),
            device_cookie: auth::create_device_cookie(secret, account, now).to_vec(),
        })
    }

    /// Begins the session of a caller with the right password, if its second factor is right too.
    fn begin_desk_session(
        &self,
        account: AccountId,
        second_factor_code: &str,
        now: Timestamp,
    ) -> Result<(CallerIdentity, auth::GeneratedSecret), RpcError> {
        let reader = |salt| match checked_text(second_factor_code, SECOND_FACTOR_CODE) {
            Ok(code) => auth::FactorSecrets::derive(&*self.server_secret, account, salt)
                .read_code(&code, now),
            Err(_) => PresentedFactor::Wrong,
        };
        let reader: Option<FactorReader<'_>> = match self.second_factor {
            SecondFactorPolicy::Required => Some(&reader),
            SecondFactorPolicy::Off => None,
        };
        let (token, token_hash) = auth::generate_access_token().map_err(to_internal_error)?;
        let desk = DeviceId(auth::random_bytes().map_err(to_internal_error)?);
        let new_token = (&token_hash[..], token_expires_at(now));
        let begin = || self.app.begin_desk_session(account, desk, new_token, reader);
        let identity = if second_factor_code.trim().is_empty() {
            begin()?
        } else {
            self.attempt_limits.try_second_factor(account, begin)?
        };
        Ok((identity, token))
    }

    pub(super) fn extend_session(
        &self,
        identity: &CallerIdentity,
        _: pb::ExtendSessionRequest,
    ) -> Result<pb::ExtendSessionResponse, RpcError> {
        let now = self.app.now();
        let (token, token_hash) = auth::generate_access_token().map_err(to_internal_error)?;
        self.app.extend_desk_session(identity, (&token_hash, token_expires_at(now)))?;
        Ok(pb::ExtendSessionResponse { token: Some(access_token_to_proto(&token, now)) })
    }
}

fn access_token_to_proto(token: &auth::GeneratedSecret, now: Timestamp) -> pb::AccessToken {
    pb::AccessToken {
        token: token.reveal().to_owned(),
        expires_at: Some(values::timestamp_to_proto(token_expires_at(now))),
    }
}
