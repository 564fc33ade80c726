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

use super::status::Failure;
use crate::auth::Hash;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Most credentials that are kept. A caller without a token can send any number of them.
const MOST: usize = 10_000;

/// How far every credential is that called within the last minute.
pub(super) struct Throttle {
    /// Between two calls at a steady rate; `None`: no limit.
    step: Option<Duration>,
    next: Mutex<HashMap<Hash, Instant>>,
}

impl Throttle {
    /// So many calls a minute; 0: no limit.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { step: MINUTE.checked_div(per_minute), next: Mutex::default() }
    }

    /// Takes one call of the credential at `now`.
    pub(super) fn take(&self, who: Hash, now: Instant) -> Result<(), Failure> {
        let Some(step) = self.step else { return Ok(()) };
        let mut all = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            remove_least_used(&mut all, now);
        }
        let next = all.entry(who).or_insert(now);
        *next = taken(*next, step, now)?;
        Ok(())
    }

    /// Whether one call of the credential could be taken at `now`. Changes nothing.
    pub(super) fn check(&self, who: &Hash, now: Instant) -> Result<(), Failure> {
        let Some(step) = self.step else { return Ok(()) };
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).get(who).copied();
        taken(next.unwrap_or(now), step, now).map(|_| ())
    }
}

/// Where `next` stands after one more call.
fn taken(next: Instant, step: Duration, now: Instant) -> Result<Instant, Failure> {
    let ahead = next.max(now) + step;
    let wait = ahead.duration_since(now).saturating_sub(MINUTE);
    if wait.is_zero() { Ok(ahead) } else { Err(Failure::RateLimited("calls_per_minute", wait)) }
}

/// Removes the credentials whose allowance is full again, and then, down to half of [`MOST`], those
/// that have used the least of it. One that is near its limit is kept. Since half of the entries
/// are free afterwards, the cost is spread over at least `MOST / 2` calls.
fn remove_least_used(all: &mut HashMap<Hash, Instant>, now: Instant) {
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
        let (throttle, now) = (Throttle::new(60), Instant::now());
        assert!((0..60).all(|_| throttle.take([1; 32], now).is_ok()));
        let Err(Failure::RateLimited(limit, wait)) = throttle.take([1; 32], now) else { panic!("not refused") };
        assert_eq!((limit, wait), ("calls_per_minute", Duration::from_secs(1)));
        assert!(throttle.take([2; 32], now).is_ok(), "another is not kept waiting");
        assert!(throttle.take([1; 32], now + wait).is_ok());
        assert!(throttle.take([1; 32], now + wait).is_err(), "one at a time from then on");
        assert!(
            (0..60).all(|_| throttle.take([1; 32], now + 3 * MINUTE).is_ok()),
            "after a rest a minute's calls again"
        );
        assert!((0..1000).all(|_| Throttle::new(0).take([1; 32], now).is_ok()));
    }

    #[test]
    fn who_has_rested_is_forgotten() {
        let (throttle, now) = (Throttle::new(60), Instant::now());
        for at in 0..=MOST as u64 {
            let mut who = [0; 32];
            who[..8].copy_from_slice(&at.to_be_bytes());
            throttle.take(who, now + Duration::from_secs(at / 100)).unwrap();
        }
        assert!(throttle.next.lock().unwrap().len() < 200);
    }

    #[test]
    fn never_more_than_so_many_are_kept_and_who_is_at_the_limit_is_not_forgotten_for_them() {
        let (throttle, now) = (Throttle::new(10), Instant::now());
        assert!((0..10).all(|_| throttle.take([9; 32], now).is_ok()));
        for at in 0..10 * MOST as u64 {
            let mut who = [0; 32];
            who[..8].copy_from_slice(&at.to_be_bytes());
            throttle.check(&who, now).unwrap();
            throttle.take(who, now + Duration::from_nanos(at)).unwrap();
            assert!(throttle.next.lock().unwrap().len() <= MOST);
        }
        let later = now + Duration::from_secs(1);
        assert!(throttle.check(&[9; 32], later).is_err() && throttle.take([9; 32], later).is_err());
        let kept = throttle.next.lock().unwrap().len();
        assert!(throttle.check(&[8; 32], now).is_ok());
        assert_eq!(throttle.next.lock().unwrap().len(), kept, "to look keeps nothing");
    }
}
