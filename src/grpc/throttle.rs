//! How often one credential may call: so many calls a minute, and as many at once after a rest.
//!
//! ```text
//!  next  ----|-----|-----|----->        each call moves `next` on by a minute / calls
//!            now                        refused once `next` lies more than a minute ahead; the answer says when to come back
//! ```
//!
//! Asked before the database is, so who calls too often costs nearly nothing. By credential and never by address, for phones share
//! addresses. Knows no account; what it keeps is a hash and an instant, and not for longer than a minute.

use super::status::Failure;
use crate::auth::Hash;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// From so many on, those that have rested are forgotten at each call.
const MANY: usize = 10_000;

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
        if all.len() >= MANY {
            all.retain(|_, next| *next > now);
        }
        let next = all.entry(who).or_insert(now);
        let ahead = (*next).max(now) + step;
        let wait = ahead.duration_since(now).saturating_sub(MINUTE);
        if !wait.is_zero() {
            return Err(Failure::RateLimited("calls_per_minute", wait));
        }
        *next = ahead;
        Ok(())
    }
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
        for at in 0..=MANY as u64 {
            let mut who = [0; 32];
            who[..8].copy_from_slice(&at.to_be_bytes());
            throttle.take(who, now + Duration::from_secs(at / 100)).unwrap();
        }
        assert!(throttle.next.lock().unwrap().len() < 200);
    }
}
