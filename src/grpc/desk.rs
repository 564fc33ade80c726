//! People at a desk: passwords, sessions. A session is a device without a key: it cannot renew itself, and ends with the working day.
//!
//! Whoever fails here learns nothing about which accounts exist, neither from the text nor from the time it takes. Knows no hash function.

use super::Services;
use super::access::{internal, session};
use super::status::Failure;
use super::throttle::Throttle;
use crate::app::AppError;
use crate::app::access::Identity;
use crate::auth::{self, NotNow, Pool, SESSION_MICROS, token_end};
use crate::domain::enrolment::Code;
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::limits::{ACCOUNT_LABEL_CHARS_MAX, PASSWORD_CHARS};
use crate::domain::time::Instant;
use crate::pb;
use crate::wire::values;
use std::time::Duration;

/// Tries a minute for one account: a password of 15 characters is not found so.
const TRIES_A_MINUTE: u32 = 10;
/// When to come back if too many sign in at once.
const SOON: Duration = Duration::from_secs(2);

/// What bounds sign-ins.
pub(super) struct SignIns {
    pool: Pool,
    tries: Throttle,
}

impl Default for SignIns {
    fn default() -> Self {
        Self { pool: Pool::default(), tries: Throttle::new(TRIES_A_MINUTE) }
    }
}

impl Services {
    pub(super) fn set_password(&self, message: pb::SetPasswordRequest) -> Result<pb::SetPasswordResponse, Failure> {
        let pb::SetPasswordRequest { code, password } = message;
        let now = self.app.now();
        self.refused.check(now)?;
        if !PASSWORD_CHARS.contains(&password.chars().count()) {
            return Err(Failure::PasswordLength);
        }
        let code = Code::parse(&code).map_err(|_| Failure::CodeRefused).inspect_err(|_| self.refused.count(now))?;
        let hashed = self.sign_ins.pool.enter().and_then(|mut place| place.hash(&password)).map_err(not_now)?;
        match self.app.set_password(&auth::hash(code.symbols().as_bytes()), &hashed) {
            Ok(()) => Ok(pb::SetPasswordResponse {}),
            Err(AppError::Unauthenticated) => {
                self.refused.count(now);
                Err(Failure::CodeRefused)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn sign_in(&self, message: pb::SignInRequest) -> Result<pb::SignInResponse, Failure> {
        let pb::SignInRequest { account_label, password } = message;
        if account_label.chars().count() > ACCOUNT_LABEL_CHARS_MAX || password.chars().count() > *PASSWORD_CHARS.end() {
            return Err(Failure::SignInRefused);
        }
        let account = AccountId::named(&account_label);
        if !self.is_password(account, &account_label, &password)? {
            return Err(Failure::SignInRefused);
        }
        let now = self.app.now();
        let (token, token_hash) = auth::token().map_err(internal)?;
        let desk = DeviceId(auth::random().map_err(internal)?);
        let identity = self.app.open_session(account, desk, (&token_hash, token_end(now)))?;
        Ok(pb::SignInResponse {
            token: Some(access_token(&token, now)),
            session: Some(session(&identity, now.local_date())),
            ends_at: Some(values::timestamp(now.plus_micros(SESSION_MICROS))),
        })
    }

    /// Whether this is the account's password; bounded by the tries of the label and by the pool.
    ///
    /// A try is recorded only once the call has its place in the pool. So random labels are
    /// recorded no faster than passwords are hashed, and a call that the pool refuses takes no try
    /// from the account.
    fn is_password(&self, account: AccountId, label: &str, password: &str) -> Result<bool, Failure> {
        let SignIns { pool, tries } = &*self.sign_ins;
        let who = auth::hash(label.as_bytes());
        tries.check(&who, std::time::Instant::now())?;
        let mut place = pool.enter().map_err(not_now)?;
        tries.take(who, std::time::Instant::now())?;
        let kept = self.app.password(account)?;
        place.verify(password, kept.as_ref()).map_err(not_now)
    }

    pub(super) fn extend_session(
        &self,
        who: &Identity,
        _: pb::ExtendSessionRequest,
    ) -> Result<pb::ExtendSessionResponse, Failure> {
        let now = self.app.now();
        let (token, token_hash) = auth::token().map_err(internal)?;
        self.app.extend_session(who, (&token_hash, token_end(now)))?;
        Ok(pb::ExtendSessionResponse { token: Some(access_token(&token, now)) })
    }
}

fn access_token(token: &auth::Secret, now: Instant) -> pb::AccessToken {
    pb::AccessToken { token: token.reveal().to_owned(), expires_at: Some(values::timestamp(token_end(now))) }
}

fn not_now(why: NotNow) -> Failure {
    match why {
        NotNow::Full => Failure::RateLimited("sign-ins at once", SOON),
        NotNow::NoRandom(_) | NotNow::Failed(_) => internal(why),
    }
}
