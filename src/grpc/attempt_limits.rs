//! Limits on attempts with a password, an enrolment code or the code of a second factor.
//!
//! ```text
//!  a device that signed in before ---------> by account, apart from all others --+
//!  anybody else -> by account, by address,                                       +-> hash pool
//!                  and by both together -> at most 5 at once from one address ---+
//! ```
//!
//! So one caller keeps waiting at most its own address and, from that address, the account that it
//! tries. Only failures count, except of a device that signed in before.

use super::peer::{AddressBucket, AddressHasher, PeerInfo};
use super::status::RpcError;
use super::throttle::KeyedThrottle;
use crate::app::AppError;
use crate::auth::{HashError, HashPriority, HashSlot, PasswordHashPool};
use crate::domain::support::ids::AccountId;
use crate::domain::support::reason::RefusalReason;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords a minute for one account from one address: too few to guess a password of 15
/// characters.
const FAILURES_PER_PAIR: u32 = 10;
/// Wrong passwords a minute for one account from all addresses.
const FAILURES_PER_ACCOUNT: u32 = 60;
/// Sign-ins a minute of an account on devices on which it signed in before.
const SIGN_INS_PER_RETURNING_ACCOUNT: u32 = 20;
/// Wrong passwords or codes a minute from one address: many for an office behind one address.
pub(super) const FAILURES_PER_ADDRESS: u32 = 60;
/// Sign-ins that one address may have under way: half of the places of the hash pool.
const SIGN_INS_AT_ONCE_PER_ADDRESS: usize = 5;
/// Wrong codes of a second factor an hour for one account. Three of a million codes are accepted,
/// so guesses with a stolen password succeed with a probability below 1/1000 a day.
const WRONG_FACTORS_PER_ACCOUNT: u32 = 10;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Retry delay when too many sign-ins run at once.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// One attempt to sign in.
#[derive(Clone, Copy)]
pub(super) struct SignInAttempt {
    pub(super) account: AccountId,
    pub(super) address: AddressBucket,
    /// Whether the account signed in on this device before.
    pub(super) is_returning: bool,
}

pub(super) struct AttemptLimits {
    hash_pool: PasswordHashPool,
    address_hasher: AddressHasher,
    by_pair: KeyedThrottle<(AccountId, AddressBucket)>,
    by_account: KeyedThrottle<AccountId>,
    by_returning_account: KeyedThrottle<AccountId>,
    by_address: KeyedThrottle<AddressBucket>,
    codes_by_address: KeyedThrottle<AddressBucket>,
    factors_by_account: KeyedThrottle<AccountId>,
    under_way: Mutex<HashMap<AddressBucket, usize>>,
}

/// A place among the sign-ins that one address has under way; dropping it frees the place.
struct SignInPlace<'l> {
    limits: &'l AttemptLimits,
    address: AddressBucket,
}

impl AttemptLimits {
    /// Limits the failures of one address to this number a minute; 0 means no limit.
    pub(super) fn new(failures_per_address: u32) -> Self {
        Self {
            hash_pool: PasswordHashPool::default(),
            address_hasher: AddressHasher::default(),
            by_pair: KeyedThrottle::new("sign_ins_of_account_from_address", FAILURES_PER_PAIR),
            by_account: KeyedThrottle::new("sign_ins_of_account", FAILURES_PER_ACCOUNT),
            by_returning_account: KeyedThrottle::new(
                "sign_ins_of_returning_account",
                SIGN_INS_PER_RETURNING_ACCOUNT,
            ),
            by_address: KeyedThrottle::new("sign_ins_from_address", failures_per_address),
            codes_by_address: KeyedThrottle::new("codes_from_address", failures_per_address),
            factors_by_account: KeyedThrottle::within(
                "second_factors_of_account",
                WRONG_FACTORS_PER_ACCOUNT,
                HOUR,
            ),
            under_way: Mutex::default(),
        }
    }

    /// The bucket of a caller.
    pub(super) fn address_bucket(&self, peer: Option<&PeerInfo>) -> AddressBucket {
        self.address_hasher.bucket(peer)
    }

    /// Runs one sign-in within the limits; `verify` checks the password and the second factor. A
    /// wrong one counts, also behind a right password.
    ///
    /// A stranger's attempt is counted only once it holds a slot of the pool: so random labels are
    /// counted no faster than passwords are hashed, and a call that the pool refuses uses up no
    /// attempt of the account.
    pub(super) fn sign_in<T>(
        &self,
        attempt: &SignInAttempt,
        verify: impl FnOnce(HashSlot<'_>) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        if attempt.is_returning {
            self.by_returning_account.try_acquire(attempt.account, Instant::now())?;
            let slot = self.hash_pool.acquire_slot(HashPriority::Returning);
            return verify(slot.map_err(hash_error_to_rpc)?);
        }
        self.check_stranger(attempt, Instant::now())?;
        let _place = self.take_place(attempt.address)?;
        let slot = self.hash_pool.acquire_slot(HashPriority::Stranger);
        let slot = slot.map_err(hash_error_to_rpc)?;
        self.count_stranger(attempt, Instant::now())?;
        let verified = verify(slot);
        if verified.as_ref().err().is_none_or(asks_for_second_factor) {
            self.by_pair.refund((attempt.account, attempt.address));
            self.by_account.refund(attempt.account);
            self.by_address.refund(attempt.address);
        }
        verified
    }

    /// Runs one try of a code of this account's second factor; fails with the delay when too many
    /// were wrong. Counted before, so that many tries at once are no way around it. Only who has
    /// the password gets here.
    pub(super) fn try_second_factor<T>(
        &self,
        account: AccountId,
        verify: impl FnOnce() -> Result<T, AppError>,
    ) -> Result<T, RpcError> {
        self.factors_by_account.try_acquire(account, Instant::now())?;
        let verified = verify();
        let is_wrong = |error: &AppError| error.is_reason(RefusalReason::SecondFactorWrong);
        if !verified.as_ref().err().is_some_and(is_wrong) {
            self.factors_by_account.refund(account);
        }
        Ok(verified?)
    }

    /// A slot to hash the new password of a caller with a valid code.
    pub(super) fn acquire_hash_slot(&self) -> Result<HashSlot<'_>, RpcError> {
        self.hash_pool.acquire_slot(HashPriority::Returning).map_err(hash_error_to_rpc)
    }

    /// Fails with the delay when too many codes from this address were wrong.
    pub(super) fn check_codes(&self, address: AddressBucket) -> Result<(), RpcError> {
        self.codes_by_address.check(&address, Instant::now())
    }

    /// Counts a wrong code from this address.
    pub(super) fn record_wrong_code(&self, address: AddressBucket) {
        // At the limit there is nothing more to count: the next call is refused.
        let _ = self.codes_by_address.try_acquire(address, Instant::now());
    }

    /// Fails with the longest delay of the limits that are reached.
    fn check_stranger(&self, attempt: &SignInAttempt, now: Instant) -> Result<(), RpcError> {
        let checks = [
            self.by_pair.check(&(attempt.account, attempt.address), now),
            self.by_account.check(&attempt.account, now),
            self.by_address.check(&attempt.address, now),
        ];
        let delay = |error: &RpcError| {
            if let RpcError::RateLimited(_, delay) = error { *delay } else { Duration::MAX }
        };
        checks.into_iter().filter_map(Result::err).max_by_key(delay).map_or(Ok(()), Err)
    }

    fn count_stranger(&self, attempt: &SignInAttempt, now: Instant) -> Result<(), RpcError> {
        self.check_stranger(attempt, now)?;
        self.by_pair.try_acquire((attempt.account, attempt.address), now)?;
        self.by_account.try_acquire(attempt.account, now)?;
        self.by_address.try_acquire(attempt.address, now)
    }

    fn take_place(&self, address: AddressBucket) -> Result<SignInPlace<'_>, RpcError> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = under_way.entry(address).or_default();
        if *taken >= SIGN_INS_AT_ONCE_PER_ADDRESS {
            return Err(RpcError::RateLimited("sign_ins_at_once_from_address", RETRY_DELAY));
        }
        *taken += 1;
        Ok(SignInPlace { limits: self, address })
    }
}

impl Drop for SignInPlace<'_> {
    fn drop(&mut self) {
        let mut under_way = self.limits.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = under_way.get_mut(&self.address) {
            *taken -= 1;
            if *taken == 0 {
                under_way.remove(&self.address);
            }
        }
    }
}

/// Whether the password was right and no code of a second factor was tried: a first step, and no
/// failure.
fn asks_for_second_factor(error: &RpcError) -> bool {
    let RpcError::App(error) = error else { return false };
    error.is_reason(RefusalReason::SecondFactorRequired)
        || error.is_reason(RefusalReason::SecondFactorNotEnrolled)
}

pub(super) fn hash_error_to_rpc(error: HashError) -> RpcError {
    match error {
        HashError::Overloaded => RpcError::RateLimited("sign_ins_at_once", RETRY_DELAY),
        HashError::NoRandom(_) | HashError::Argon2(_) => super::access::to_internal_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    fn bucket(limits: &AttemptLimits, address: &str) -> AddressBucket {
        let address = SocketAddr::new(address.parse().unwrap(), 7);
        limits.address_bucket(Some(&PeerInfo { address, certificate_name: None }))
    }

    fn attempt(limits: &AttemptLimits, label: &str, address: &str) -> SignInAttempt {
        SignInAttempt {
            account: AccountId::from_code(label),
            address: bucket(limits, address),
            is_returning: false,
        }
    }

    #[test]
    fn a_whole_office_signs_in_from_one_address_because_only_failures_count() {
        let limits = AttemptLimits::new(FAILURES_PER_ADDRESS);
        for person in 0..500 {
            let attempt = attempt(&limits, &format!("tai-khoan-{person}"), "10.0.0.1");
            limits.sign_in(&attempt, |_| Ok(())).unwrap();
        }
        let one = attempt(&limits, "mot-tai-khoan", "10.0.0.1");
        assert!((0..500).all(|_| limits.sign_in(&one, |_| Ok(())).is_ok()));
    }

    #[test]
    fn failures_from_many_addresses_reach_the_limit_of_the_account_but_not_of_a_returning_device() {
        let limits = AttemptLimits::new(FAILURES_PER_ADDRESS);
        let fail = |at: u32| {
            let address = format!("10.0.{}.{}", at / 250, at % 250);
            let attempt = attempt(&limits, "huyen", &address);
            limits.sign_in(&attempt, |_| Err::<(), _>(RpcError::SignInRefused))
        };
        assert!(
            (0..FAILURES_PER_ACCOUNT).all(|at| matches!(fail(at), Err(RpcError::SignInRefused)))
        );
        let Err(RpcError::RateLimited(limit, delay)) = fail(FAILURES_PER_ACCOUNT) else {
            panic!("not refused")
        };
        assert_eq!(limit, "sign_ins_of_account");
        assert!(delay > Duration::ZERO && delay <= Duration::from_secs(60));
        let own = SignInAttempt { is_returning: true, ..attempt(&limits, "huyen", "10.0.0.1") };
        limits.sign_in(&own, |_| Ok(())).unwrap();
    }

    #[test]
    fn a_first_step_without_a_code_is_no_failure_and_a_wrong_code_is_one() {
        let limits = AttemptLimits::new(FAILURES_PER_ADDRESS);
        let attempt = attempt(&limits, "huyen", "10.0.0.1");
        let sign_in = |reason: RefusalReason| {
            limits.sign_in(&attempt, |_| Err::<(), RpcError>(reason.into())).unwrap_err()
        };
        let limited = |error| matches!(error, RpcError::RateLimited(..));
        assert!((0..500).all(|_| !limited(sign_in(RefusalReason::SecondFactorRequired))));
        assert!(
            (0..FAILURES_PER_PAIR).all(|_| !limited(sign_in(RefusalReason::SecondFactorWrong)))
        );
        assert!(limited(sign_in(RefusalReason::SecondFactorWrong)));
    }

    #[test]
    fn an_account_has_ten_wrong_codes_of_its_second_factor_an_hour() {
        let limits = AttemptLimits::new(FAILURES_PER_ADDRESS);
        let (account, other) = (AccountId::from_code("huyen"), AccountId::from_code("tinh"));
        let wrong = |account| {
            let reason = RefusalReason::SecondFactorWrong;
            limits.try_second_factor(account, || Err::<(), _>(AppError::from(reason))).unwrap_err()
        };
        assert!((0..100).all(|_| limits.try_second_factor(account, || Ok(())).is_ok()));
        for _ in 0..WRONG_FACTORS_PER_ACCOUNT {
            assert!(matches!(wrong(account), RpcError::App(_)));
        }
        let RpcError::RateLimited(limit, delay) = wrong(account) else { panic!("not refused") };
        assert_eq!(limit, "second_factors_of_account");
        assert!(delay > Duration::from_secs(5 * 60) && delay <= Duration::from_secs(6 * 60));
        limits.try_second_factor(other, || Ok(())).unwrap();
    }

    #[test]
    fn one_address_takes_at_most_half_of_the_places_of_the_pool() {
        let limits = AttemptLimits::new(0);
        let here = bucket(&limits, "10.0.0.1");
        let places: Vec<_> =
            (0..SIGN_INS_AT_ONCE_PER_ADDRESS).map(|_| limits.take_place(here).unwrap()).collect();
        assert!(limits.take_place(here).is_err());
        assert!(limits.take_place(bucket(&limits, "10.0.0.2")).is_ok());
        drop(places);
        assert!(limits.take_place(here).is_ok());
        assert!(limits.under_way.lock().unwrap().is_empty(), "nothing is kept");
    }
}
