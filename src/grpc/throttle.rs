//! Rate limit per key, such as a credential: a number of calls a minute. After a pause, a whole
//! minute's calls may come at once.
//!
//! ```text
//!  next  ----|-----|-----|----->   each call moves `next` forward by (a minute / calls a minute)
//!            now                   refused once `next` is more than a minute ahead of now;
//!                                  the error carries the delay until the next allowed call
//! ```
//!
//! The check runs before any database access, so a refused call costs almost nothing. Calls with a
//! token are limited by the credential and never by the address, because phones share addresses.
//! The throttle stores a key and an instant, for at most [`KEYS_MAX`] keys, until the first call
//! after a minute without one of the key.

use super::status::RpcError;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Most keys that are stored. A caller without a valid token can send any number of them.
const KEYS_MAX: usize = 10_000;

/// The next allowed instant of every key that called within the last minute.
pub(super) struct KeyedThrottle<K> {
    /// The name of the limit in errors.
    limit: &'static str,
    /// Time between two calls at a steady rate; `None` means no limit.
    interval: Option<Duration>,
    /// After a pause of this length, all its calls may come at once.
    window: Duration,
    calls: Mutex<CountedCalls<K>>,
}

struct CountedCalls<K> {
    next_allowed: HashMap<K, Instant>,
    /// When the keys whose allowance is full again were last removed.
    swept_at: Option<Instant>,
}

impl<K: Eq + Hash> KeyedThrottle<K> {
    /// Allows `per_minute` calls a minute; 0 means no limit.
    pub(super) fn new(limit: &'static str, per_minute: u32) -> Self {
        Self::within(limit, per_minute, MINUTE)
    }

    /// Allows `count` calls within each `window`; 0 means no limit.
    pub(super) fn within(limit: &'static str, count: u32, window: Duration) -> Self {
        let calls = CountedCalls { next_allowed: HashMap::new(), swept_at: None };
        Self { limit, interval: window.checked_div(count), window, calls: Mutex::new(calls) }
    }

    /// Counts one call of the key at `now`; fails with the delay when the limit is reached.
    pub(super) fn try_acquire(&self, key: K, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let mut calls = self.lock();
        if calls.swept_at.is_none_or(|swept| swept + MINUTE <= now) {
            calls.next_allowed.retain(|_, next| *next > now);
            calls.swept_at = Some(now);
        }
        let all = &mut calls.next_allowed;
        if all.len() >= KEYS_MAX {
            remove_least_used(all, now);
        }
        let next = all.entry(key).or_insert(now);
        *next = self.advance_next_allowed(*next, interval, now)?;
        Ok(())
    }

    /// Checks that a call of the key would be allowed at `now`, without counting it.
    pub(super) fn check(&self, key: &K, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let next = self.lock().next_allowed.get(key).copied();
        self.advance_next_allowed(next.unwrap_or(now), interval, now).map(|_| ())
    }

    /// Takes back one counted call of the key.
    pub(super) fn refund(&self, key: K) {
        let Some(interval) = self.interval else { return };
        self.lock().next_allowed.entry(key).and_modify(|next| *next -= interval);
    }

    fn lock(&self) -> MutexGuard<'_, CountedCalls<K>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `next` after one more call; fails with the delay when it is more than the window
    /// ahead.
    fn advance_next_allowed(
        &self,
        next: Instant,
        interval: Duration,
        now: Instant,
    ) -> Result<Instant, RpcError> {
        let ahead = next.max(now) + interval;
        let wait = ahead.duration_since(now).saturating_sub(self.window);
        if wait.is_zero() { Ok(ahead) } else { Err(RpcError::RateLimited(self.limit, wait)) }
    }
}

/// Removes the keys whose allowance is full again, then, down to half of [`KEYS_MAX`], those that
/// have used the least of it. A key near its limit stays. Half of the entries are free afterwards,
/// so the cost is spread over at least that many calls.
fn remove_least_used<K: Eq + Hash>(all: &mut HashMap<K, Instant>, now: Instant) {
    all.retain(|_, next| *next > now);
    let Some(excess @ 1..) = all.len().checked_sub(KEYS_MAX / 2) else { return };
    let mut instants: Vec<Instant> = all.values().copied().collect();
    let threshold = *instants.select_nth_unstable(excess - 1).1;
    all.retain(|_, next| *next > threshold);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_minutes_calls_at_once_the_next_call_waits_and_other_credentials_do_not() {
        let (throttle, now) = (KeyedThrottle::new("calls_per_minute", 60), Instant::now());
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
        assert!(
            (0..1000).all(|_| KeyedThrottle::new("calls_per_minute", 0)
                .try_acquire([1; 32], now)
                .is_ok())
        );
    }

    #[test]
    fn idle_credentials_are_removed() {
        let (throttle, now) = (KeyedThrottle::new("calls_per_minute", 60), Instant::now());
        for at in 0..=KEYS_MAX as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.try_acquire(credential, now + Duration::from_secs(at / 100)).unwrap();
        }
        let later = now + Duration::from_secs(KEYS_MAX as u64 / 100);
        throttle.try_acquire([7; 32], later + 2 * MINUTE).unwrap();
        assert_eq!(throttle.lock().next_allowed.len(), 1, "a minute later none is left");
    }

    #[test]
    fn the_number_of_credentials_is_bounded_and_one_at_its_limit_is_not_removed() {
        let (throttle, now) = (KeyedThrottle::new("calls_per_minute", 10), Instant::now());
        assert!((0..10).all(|_| throttle.try_acquire([9; 32], now).is_ok()));
        for at in 0..10 * KEYS_MAX as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.check(&credential, now).unwrap();
            throttle.try_acquire(credential, now + Duration::from_nanos(at)).unwrap();
            assert!(throttle.lock().next_allowed.len() <= KEYS_MAX);
        }
        let later = now + Duration::from_secs(1);
        assert!(
            throttle.check(&[9; 32], later).is_err()
                && throttle.try_acquire([9; 32], later).is_err()
        );
        throttle.refund([9; 32]);
        assert!(throttle.try_acquire([9; 32], later).is_ok(), "one call was taken back");
        assert!(throttle.try_acquire([9; 32], later).is_err());
        let stored = throttle.lock().next_allowed.len();
        assert!(throttle.check(&[8; 32], now).is_ok());
        assert_eq!(throttle.lock().next_allowed.len(), stored, "a check stores nothing");
    }
}
