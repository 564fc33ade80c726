//! Rate limit per credential: a number of calls a minute. After a pause, a whole minute's calls may
//! come at once.
//!
//! ```text
//!  next  ----|-----|-----|----->   each call moves `next` forward by (a minute / calls a minute)
//!            now                   refused once `next` is more than a minute ahead of now;
//!                                  the error carries the delay until the next allowed call
//! ```
//!
//! The check runs before any database access, so a refused call costs almost nothing. The key is
//! the credential and never the address, because phones share addresses. The throttle stores a hash
//! and an instant for at most a minute, for at most [`CREDENTIALS_MAX`] credentials.

use super::status::RpcError;
use crate::auth::SecretHash;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Most credentials that are stored. A caller without a valid token can send any number of them.
const CREDENTIALS_MAX: usize = 10_000;

/// The next allowed instant of every credential that called within the last minute.
pub(super) struct KeyedThrottle {
    /// Time between two calls at a steady rate; `None` means no limit.
    interval: Option<Duration>,
    next_allowed: Mutex<HashMap<SecretHash, Instant>>,
}

impl KeyedThrottle {
    /// Allows `per_minute` calls a minute; 0 means no limit.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { interval: MINUTE.checked_div(per_minute), next_allowed: Mutex::default() }
    }

    /// Counts one call of the credential at `now`; fails with the delay when the limit is reached.
    pub(super) fn try_acquire(&self, credential: SecretHash, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let mut all = self.next_allowed.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CREDENTIALS_MAX {
            remove_least_used(&mut all, now);
        }
        let next = all.entry(credential).or_insert(now);
        *next = advance_next_allowed(*next, interval, now)?;
        Ok(())
    }

    /// Checks that a call of the credential would be allowed at `now`, without counting it.
    pub(super) fn check(&self, credential: &SecretHash, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let next = self
            .next_allowed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(credential)
            .copied();
        advance_next_allowed(next.unwrap_or(now), interval, now).map(|_| ())
    }
}

/// Returns `next` after one more call; fails with the delay when it is more than a minute ahead.
fn advance_next_allowed(
    next: Instant,
    interval: Duration,
    now: Instant,
) -> Result<Instant, RpcError> {
    let ahead = next.max(now) + interval;
    let wait = ahead.duration_since(now).saturating_sub(MINUTE);
    if wait.is_zero() { Ok(ahead) } else { Err(RpcError::RateLimited("calls_per_minute", wait)) }
}

/// Removes the credentials whose allowance is full again, then, down to half of
/// [`CREDENTIALS_MAX`], those that have used the least of it. A credential near its limit stays.
/// Half of the entries are free afterwards, so the cost is spread over at least that many calls.
fn remove_least_used(all: &mut HashMap<SecretHash, Instant>, now: Instant) {
    all.retain(|_, next| *next > now);
    let Some(excess @ 1..) = all.len().checked_sub(CREDENTIALS_MAX / 2) else { return };
    let mut instants: Vec<Instant> = all.values().copied().collect();
    let threshold = *instants.select_nth_unstable(excess - 1).1;
    all.retain(|_, next| *next > threshold);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_minutes_calls_at_once_the_next_call_waits_and_other_credentials_do_not() {
        let (throttle, now) = (KeyedThrottle::new(60), Instant::now());
        assert!((0..60).all(|_| throttle.try_acquire([1; 32], now).is_ok()));
        let Err(RpcError::RateLimited(limit, wait)) = throttle.try_acquire([1; 32], now) else {
            panic!("not refused")
        };
        assert_eq!((limit, wait), ("calls_per_minute", Duration::from_secs(1)));
        assert!(throttle.try_acquire([2; 32], now).is_ok(), "another is not kept waiting");
        assert!(throttle.try_acquire([1; 32], now + wait).is_ok());
        assert!(throttle.try_acquire([1; 32], now + wait).is_err(), "one at a time from then on");
        assert!(
            (0..60).all(|_| throttle.try_acquire([1; 32], now + 3 * MINUTE).is_ok()),
            "after a rest a minute's calls again"
        );
        assert!((0..1000).all(|_| KeyedThrottle::new(0).try_acquire([1; 32], now).is_ok()));
    }

    #[test]
    fn idle_credentials_are_removed() {
        let (throttle, now) = (KeyedThrottle::new(60), Instant::now());
        for at in 0..=CREDENTIALS_MAX as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.try_acquire(credential, now + Duration::from_secs(at / 100)).unwrap();
        }
        assert!(throttle.next_allowed.lock().unwrap().len() < 200);
    }

    #[test]
    fn the_number_of_credentials_is_bounded_and_one_at_its_limit_is_not_removed() {
        let (throttle, now) = (KeyedThrottle::new(10), Instant::now());
        assert!((0..10).all(|_| throttle.try_acquire([9; 32], now).is_ok()));
        for at in 0..10 * CREDENTIALS_MAX as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.check(&credential, now).unwrap();
            throttle.try_acquire(credential, now + Duration::from_nanos(at)).unwrap();
            assert!(throttle.next_allowed.lock().unwrap().len() <= CREDENTIALS_MAX);
        }
        let later = now + Duration::from_secs(1);
        assert!(
            throttle.check(&[9; 32], later).is_err()
                && throttle.try_acquire([9; 32], later).is_err()
        );
        let stored = throttle.next_allowed.lock().unwrap().len();
        assert!(throttle.check(&[8; 32], now).is_ok());
        assert_eq!(throttle.next_allowed.lock().unwrap().len(), stored, "a check stores nothing");
    }
}
