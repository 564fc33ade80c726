//! Passwords and desk sessions. A desk session is a device without a key: it cannot renew itself
//! and expires at the end of the working day.
//!
//! A failed sign-in must not reveal which accounts exist, neither by its text nor by its duration.

use super::Services;
use super::access::{session_to_proto, to_internal_error};
use super::status::RpcError;
use super::throttle::KeyedThrottle;
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::auth::{
    self, DESK_SESSION_LIFETIME_MICROS, HashError, PasswordHashPool, token_expires_at,
};
use crate::domain::access::enrolment::EnrolmentCode;
use crate::domain::support::ids::{AccountId, DeviceId};
use crate::domain::support::limits::{ACCOUNT_LABEL, PASSWORD, PASSWORD_CHARS};
use crate::domain::support::text::{TextFault, checked_text};
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::wire::values;
use std::time::Duration;

/// Sign-in attempts a minute for one account label: too few to guess a password of 15 characters.
const SIGN_INS_PER_MINUTE: u32 = 10;
/// Retry delay when too many sign-ins run at once.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// The limits on sign-ins.
pub(super) struct SignInLimits {
    hash_pool: PasswordHashPool,
    attempts: KeyedThrottle,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            hash_pool: PasswordHashPool::default(),
            attempts: KeyedThrottle::new(SIGN_INS_PER_MINUTE),
        }
    }
}

impl Services {
    pub(super) fn set_password(
        &self,
        message: pb::SetPasswordRequest,
    ) -> Result<pb::SetPasswordResponse, RpcError> {
        let pb::SetPasswordRequest { code, password } = message;
        let now = self.app.now();
        self.failed_attempts.check_limit(now)?;
        let password = match checked_text(&password, PASSWORD) {
            Ok(password) if password.chars().count() >= *PASSWORD_CHARS.start() => password,
            Ok(_) | Err(TextFault::TooLong(_)) => return Err(RpcError::PasswordLength),
            Err(fault @ TextFault::Control(_)) => return Err(fault.reason().into()),
        };
        let code = EnrolmentCode::parse(&code)
            .map_err(|_| RpcError::CodeRefused)
            .inspect_err(|_| self.failed_attempts.record_failure(now))?;
        let hashed = self
            .sign_in_limits
            .hash_pool
            .acquire_slot()
            .and_then(|mut slot| slot.hash_password(&password))
            .map_err(hash_error_to_rpc)?;
        match self.app.set_password(&auth::hash_secret(code.symbols().as_bytes()), &hashed) {
            Ok(()) => Ok(pb::SetPasswordResponse {}),
            Err(AppError::Unauthenticated) => {
                self.failed_attempts.record_failure(now);
                Err(RpcError::CodeRefused)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn sign_in(
        &self,
        message: pb::SignInRequest,
    ) -> Result<pb::SignInResponse, RpcError> {
        let pb::SignInRequest { account_label, password } = message;
        let refused = |_| RpcError::SignInRefused;
        let account_label = checked_text(&account_label, ACCOUNT_LABEL).map_err(refused)?;
        let password = checked_text(&password, PASSWORD).map_err(refused)?;
        let account = AccountId::from_code(&account_label);
        if !self.is_password(account, &account_label, &password)? {
            return Err(RpcError::SignInRefused);
        }
        let now = self.app.now();
        let (token, token_hash) = auth::generate_access_token().map_err(to_internal_error)?;
        let desk = DeviceId(auth::random_bytes().map_err(to_internal_error)?);
        let identity =
            self.app.begin_desk_session(account, desk, (&token_hash, token_expires_at(now)))?;
        Ok(pb::SignInResponse {
            token: Some(access_token_to_proto(&token, now)),
            session: Some(session_to_proto(&identity, now.local_date())),
            ends_at: Some(values::timestamp_to_proto(
                now.saturating_add_micros(DESK_SESSION_LIFETIME_MICROS),
            )),
        })
    }

    /// Verifies the password of an account, limited by the attempts of the label and by the hash
    /// pool.
    ///
    /// An attempt is counted only once the call holds a slot of the pool. So random labels are
    /// counted no faster than passwords are hashed, and a call that the pool refuses uses up no
    /// attempt of the account.
    fn is_password(
        &self,
        account: AccountId,
        label: &str,
        password: &str,
    ) -> Result<bool, RpcError> {
        let SignInLimits { hash_pool, attempts } = &*self.sign_in_limits;
        let label_hash = auth::hash_secret(label.as_bytes());
        attempts.check(&label_hash, std::time::Instant::now())?;
        let mut slot = hash_pool.acquire_slot().map_err(hash_error_to_rpc)?;
        attempts.try_acquire(label_hash, std::time::Instant::now())?;
        let stored = self.app.password(account)?;
        slot.verify_password(password, stored.as_ref()).map_err(hash_error_to_rpc)
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

fn hash_error_to_rpc(error: HashError) -> RpcError {
    match error {
        HashError::Overloaded => RpcError::RateLimited("sign-ins at once", RETRY_DELAY),
        HashError::NoRandom(_) | HashError::Argon2(_) => to_internal_error(error),
    }
}
