//! How often one credential may call: so many calls a minute, and as many at once after a rest.
//!
//! ```text
//!  next  ----|-----|-----|----->        each call moves `next` on by a minute / calls
//!            now                        refused once `next` lies more than a minute ahead; the answer says when to come back
//! ```
//!
//! Asked before the database is, so who calls too often costs nearly nothing. By credential and never by address, for phones share
//! addresses. Knows no account; what it keeps is a hash and an instant, and not for longer than a
//! minute, of at most [`MOST`] credentials.

use super::status::RpcError;
use crate::auth::SecretHash;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Most credentials that are kept. A caller without a token can send any number of them.
const MOST: usize = 10_000;

/// How far every credential is that called within the last minute.
pub(super) struct KeyedThrottle {
    /// Between two calls at a steady rate; `None`: no limit.
    interval: Option<Duration>,
    next_allowed: Mutex<HashMap<SecretHash, Instant>>,
}

impl KeyedThrottle {
    /// So many calls a minute; 0: no limit.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { interval: MINUTE.checked_div(per_minute), next_allowed: Mutex::default() }
    }

    /// Takes one call of the credential at `now`.
    pub(super) fn try_acquire(&self, credential: SecretHash, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let mut all = self.next_allowed.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            remove_least_used(&mut all, now);
        }
        let next = all.entry(credential).or_insert(now);
        *next = taken(*next, interval, now)?;
        Ok(())
    }

    /// Whether one call of the credential could be taken at `now`. Changes nothing.
    pub(super) fn check(&self, credential: &SecretHash, now: Instant) -> Result<(), RpcError> {
        let Some(interval) = self.interval else { return Ok(()) };
        let next = self
            .next_allowed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(credential)
            .copied();
        taken(next.unwrap_or(now), interval, now).map(|_| ())
    }
}

/// Where `next` stands after one more call.
fn taken(next: Instant, interval: Duration, now: Instant) -> Result<Instant, RpcError> {
    let ahead = next.max(now) + interval;
    let wait = ahead.duration_since(now).saturating_sub(MINUTE);
    if wait.is_zero() { Ok(ahead) } else { Err(RpcError::RateLimited("calls_per_minute", wait)) }
}

/// Removes the credentials whose allowance is full again, and then, down to half of [`MOST`], those
/// that have used the least of it. One that is near its limit is kept. Since half of the entries
/// are free afterwards, the cost is spread over at least `MOST / 2` calls.
fn remove_least_used(all: &mut HashMap<SecretHash, Instant>, now: Instant) {
    all.retain(|_, next| *next > now);
    let Some(over @ 1..) = all.len().checked_sub(MOST / 2) else { return };
    let mut ends: Vec<Instant> = all.values().copied().collect();
    let least = *ends.select_nth_unstable(over - 1).1;
    all.retain(|_, next| *next > least);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_minutes_calls_at_once_the_next_waits_its_turn_and_others_do_not() {
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
    fn who_has_rested_is_forgotten() {
        let (throttle, now) = (KeyedThrottle::new(60), Instant::now());
        for at in 0..=MOST as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.try_acquire(credential, now + Duration::from_secs(at / 100)).unwrap();
        }
        assert!(throttle.next_allowed.lock().unwrap().len() < 200);
    }

    #[test]
    fn never_more_than_so_many_are_kept_and_who_is_at_the_limit_is_not_forgotten_for_them() {
        let (throttle, now) = (KeyedThrottle::new(10), Instant::now());
        assert!((0..10).all(|_| throttle.try_acquire([9; 32], now).is_ok()));
        for at in 0..10 * MOST as u64 {
            let mut credential = [0; 32];
            credential[..8].copy_from_slice(&at.to_be_bytes());
            throttle.check(&credential, now).unwrap();
            throttle.try_acquire(credential, now + Duration::from_nanos(at)).unwrap();
            assert!(throttle.next_allowed.lock().unwrap().len() <= MOST);
        }
        let later = now + Duration::from_secs(1);
        assert!(
            throttle.check(&[9; 32], later).is_err()
                && throttle.try_acquire([9; 32], later).is_err()
        );
        let kept = throttle.next_allowed.lock().unwrap().len();
        assert!(throttle.check(&[8; 32], now).is_ok());
        assert_eq!(throttle.next_allowed.lock().unwrap().len(), kept, "to look keeps nothing");
    }
}
