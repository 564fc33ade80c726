//! Passwords of people at a desk: argon2id, a few at a time, so that a flood of sign-ins costs neither memory nor the phones' time.
//!
//! ```text
//!  sign-ins ---> [ 2 at work, 19 MiB each ] <--- 8 wait ---x the rest is told at once when to come back
//! ```
//!
//! Parameters: OWASP's password storage cheat sheet, argon2id with m = 19 MiB, t = 2, p = 1. Knows no account.

use super::secret::{NoRandom, random};
use crate::store::password::Hashed;
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Condvar, Mutex, PoisonError};

/// The one way in which passwords are hashed today; kept beside each, so that another can follow.
const METHOD: &str = "argon2id v=19 m=19456 t=2 p=1";
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Reckoned at once.
const AT_WORK: usize = 2;
/// Waiting behind those.
const WAITING: usize = 8;

/// Why a password was not reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// Too many are waiting.
    #[error("too many sign-ins at once")]
    Full,
    /// The machine gives no random numbers.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// The hash cannot be reckoned on this machine.
    #[error("argon2id failed: {0}")]
    Failed(argon2::Error),
}

/// The bounded place where passwords are reckoned.
#[derive(Debug, Default)]
pub struct Pool {
    busy: Mutex<(usize, usize)>,
    free: Condvar,
}

/// A place at work, until it is dropped.
struct Place<'p>(&'p Pool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
        self.0.free.notify_one();
    }
}

impl Pool {
    /// Hashes a new password.
    pub fn hash(&self, password: &str) -> Result<Hashed, NotNow> {
        let _place = self.enter()?;
        let salt: [u8; 16] = random()?;
        Ok(Hashed { method: METHOD.to_owned(), hash: reckon(password, &salt)?.to_vec(), salt: salt.to_vec() })
    }

    /// Whether this is the password. `None` stands for an account without one: it takes as long, and is never right.
    pub fn verify(&self, password: &str, kept: Option<&Hashed>) -> Result<bool, NotNow> {
        let _place = self.enter()?;
        let (salt, expected) = kept.map_or((&[0; 16][..], &[][..]), |kept| (&kept.salt, &kept.hash));
        let found = reckon(password, salt)?;
        let differs = expected.iter().zip(&found).fold(0, |sum, (a, b)| sum | (a ^ b));
        Ok(differs == 0 && expected.len() == found.len() && kept.is_some_and(|kept| kept.method == METHOD))
    }

    fn enter(&self) -> Result<Place<'_>, NotNow> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.0 >= AT_WORK {
            if busy.1 >= WAITING {
                return Err(NotNow::Full);
            }
            busy.1 += 1;
            busy = self.free.wait_while(busy, |busy| busy.0 >= AT_WORK).unwrap_or_else(PoisonError::into_inner);
            busy.1 -= 1;
        }
        busy.0 += 1;
        Ok(Place(self))
    }
}

fn reckon(password: &str, salt: &[u8]) -> Result<[u8; 32], NotNow> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(NotNow::Failed)?;
    let mut hash = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(password.as_bytes(), salt, &mut hash).map_err(NotNow::Failed)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_and_nobody_without_one_gets_in() {
        let pool = Pool::default();
        let kept = pool.hash("một câu dài dễ nhớ").unwrap();
        assert!(pool.verify("một câu dài dễ nhớ", Some(&kept)).unwrap());
        assert!(!pool.verify("một câu dài dễ nhầm", Some(&kept)).unwrap());
        assert!(!pool.verify("", None).unwrap());
        assert_ne!(pool.hash("một câu dài dễ nhớ").unwrap().hash, kept.hash, "a salt of its own");
        let older = Hashed { method: "md5".to_owned(), ..kept };
        assert!(!pool.verify("một câu dài dễ nhớ", Some(&older)).unwrap());
    }

    #[test]
    fn two_work_eight_wait_and_the_rest_is_told_at_once() {
        let pool = Pool::default();
        let (one, two) = (pool.enter().unwrap(), pool.enter().unwrap());
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..WAITING).map(|_| scope.spawn(|| pool.enter().map(drop).is_ok())).collect();
            while pool.busy.lock().unwrap().1 < WAITING {
                std::thread::yield_now();
            }
            assert!(matches!(pool.verify("x", None), Err(NotNow::Full)));
            drop((one, two));
            assert!(waiting.into_iter().all(|entered| entered.join().unwrap()));
        });
        assert_eq!(*pool.busy.lock().unwrap(), (0, 0));
    }
}
