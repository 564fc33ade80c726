//! Passwords of desk accounts: argon2id with a bounded number of hashes at a time. Many sign-ins at
//! once take a bounded amount of memory and CPU time from sync calls.
//!
//! ```text
//!                                        +--- 8 returning wait, and come first
//!   sign-ins ---> [ 2 running, 19 MiB each ]
//!                                        +--- 8 strangers wait
//!                                             x others get `Overloaded` at once
//! ```
//!
//! Parameters: OWASP's password storage cheat sheet, argon2id with m = 19 MiB, t = 2, p = 1.

use super::secret::{NoRandom, random_bytes};
use crate::store::password::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The algorithm and its parameters. It is stored with each hash, so that another can be added
/// later.
const ALGORITHM: &str = "argon2id v=19 m=19456 t=2 p=1";
const MEMORY_KIB: u32 = 19 * 1024;
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;

/// Hashes that are computed at the same time.
const MAX_CONCURRENT_HASHES: usize = 2;
/// Sign-ins of one priority that wait for a slot.
const MAX_WAITING_HASHES: usize = 8;

/// Who waits for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashPriority {
    /// A caller that proved that it was let in before, or holds a code: it comes first.
    Returning,
    /// Any other caller.
    Stranger,
}

/// Why a password hash was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many sign-ins wait for a slot.
    #[error("too many sign-ins at once")]
    Overloaded,
    /// The operating system returned no random numbers.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// argon2id failed, for example because of its parameters.
    #[error("argon2id failed: {0}")]
    Argon2(argon2::Error),
}

/// The work memory of one argon2id computation: 19 MiB.
type Buffer = Box<[Block]>;

/// Computes password hashes, a bounded number at a time.
///
/// Owns the work buffers and reuses them. glibc does not return a buffer that is allocated and
/// freed for each password to the operating system, so memory would grow with each sign-in. The
/// buffers are not wiped: each hash overwrites its buffer, and an attacker who can read this memory
/// can also read the passwords of new requests.
#[derive(Default)]
pub struct PasswordHashPool {
    state: Mutex<PoolState>,
    slot_freed: Condvar,
}

#[derive(Default)]
struct PoolState {
    running: usize,
    /// Callers that wait, by priority.
    waiting: [usize; 2],
    /// Buffers that are not in use. There are at most [`MAX_CONCURRENT_HASHES`] buffers, including
    /// those in use; each is allocated when it is first needed and never freed.
    idle: Vec<Buffer>,
}

impl PoolState {
    fn has_to_wait(&self, priority: HashPriority) -> bool {
        self.running >= MAX_CONCURRENT_HASHES
            || (priority == HashPriority::Stranger
                && self.waiting[HashPriority::Returning as usize] > 0)
    }
}

/// One of the [`MAX_CONCURRENT_HASHES`] slots, with its buffer. Dropping it returns both to the
/// pool.
pub struct HashSlot<'p> {
    pool: &'p PasswordHashPool,
    buffer: Buffer,
}

impl Drop for HashSlot<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.idle.push(std::mem::take(&mut self.buffer));
        state.running -= 1;
        // Not only one: the first to wake may have to let another pass.
        self.pool.slot_freed.notify_all();
    }
}

impl HashSlot<'_> {
    /// Hashes a new password.
    pub fn hash_password(&mut self, password: &str) -> Result<PasswordHash, HashError> {
        let salt: [u8; 16] = random_bytes()?;
        let hash = compute_argon2(password, &salt, &mut self.buffer)?.to_vec();
        Ok(PasswordHash { algorithm: ALGORITHM.to_owned(), hash, salt: salt.to_vec() })
    }

    /// Whether this is the stored password. `None` stands for an account without a password: the
    /// computation takes the same time and the result is `false`.
    pub fn verify_password(
        &mut self,
        password: &str,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, HashError> {
        let (salt, expected) =
            stored.map_or((&[0; 16][..], &[][..]), |stored| (&stored.salt, &stored.hash));
        let found = compute_argon2(password, salt, &mut self.buffer)?;
        let differs = expected.iter().zip(&found).fold(0, |sum, (a, b)| sum | (a ^ b));
        Ok(differs == 0
            && expected.len() == found.len()
            && stored.is_some_and(|stored| stored.algorithm == ALGORITHM))
    }
}

impl PasswordHashPool {
    /// Takes a slot and waits until one is free. [`HashError::Overloaded`] if
    /// [`MAX_WAITING_HASHES`] callers of this priority wait already.
    pub fn acquire_slot(&self, priority: HashPriority) -> Result<HashSlot<'_>, HashError> {
        let mut state = self.lock();
        if state.has_to_wait(priority) {
            if state.waiting[priority as usize] >= MAX_WAITING_HASHES {
                return Err(HashError::Overloaded);
            }
            state.waiting[priority as usize] += 1;
            state = self
                .slot_freed
                .wait_while(state, |state| state.has_to_wait(priority))
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting[priority as usize] -= 1;
        }
        state.running += 1;
        let idle = state.idle.pop();
        drop(state);
        if priority == HashPriority::Returning {
            // A second slot may be free, and a stranger no longer lets anybody pass.
            self.slot_freed.notify_all();
        }
        let buffer = idle.unwrap_or_else(|| vec![Block::new(); MEMORY_KIB as usize].into());
        Ok(HashSlot { pool: self, buffer })
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compute_argon2(password: &str, salt: &[u8], buffer: &mut Buffer) -> Result<[u8; 32], HashError> {
    let params = Params::new(MEMORY_KIB, ITERATIONS, LANES, Some(32)).map_err(HashError::Argon2)?;
    let mut hash = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut hash, buffer)
        .map_err(HashError::Argon2)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(pool: &PasswordHashPool, password: &str) -> PasswordHash {
        pool.acquire_slot(HashPriority::Stranger).unwrap().hash_password(password).unwrap()
    }

    fn verify(pool: &PasswordHashPool, password: &str, stored: Option<&PasswordHash>) -> bool {
        pool.acquire_slot(HashPriority::Stranger)
            .unwrap()
            .verify_password(password, stored)
            .unwrap()
    }

    #[test]
    fn a_password_is_known_again_and_no_other_and_nobody_without_one_gets_in() {
        let pool = PasswordHashPool::default();
        let stored = hash(&pool, "một câu dài dễ nhớ");
        assert!(verify(&pool, "một câu dài dễ nhớ", Some(&stored)));
        assert!(!verify(&pool, "một câu dài dễ nhầm", Some(&stored)));
        assert!(!verify(&pool, "", None));
        assert_ne!(hash(&pool, "một câu dài dễ nhớ").hash, stored.hash, "a salt of its own");
        let older = PasswordHash { algorithm: "md5".to_owned(), ..stored };
        assert!(!verify(&pool, "một câu dài dễ nhớ", Some(&older)));
    }

    #[test]
    fn buffers_are_used_again_and_what_lay_in_them_changes_no_hash() {
        let pool = PasswordHashPool::default();
        assert_eq!(pool.lock().idle.len(), 0, "none before the first password");
        let params = Params::new(MEMORY_KIB, ITERATIONS, LANES, Some(32)).unwrap();
        let mut fresh = [0; 32];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(b"the second", &[7; 16], &mut fresh).unwrap();
        let slot = || pool.acquire_slot(HashPriority::Stranger).unwrap();
        let mut one = slot();
        let first = one.buffer.as_ptr();
        compute_argon2("the first", &[1; 16], &mut one.buffer).unwrap();
        assert_eq!(compute_argon2("the second", &[7; 16], &mut one.buffer).unwrap(), fresh);
        let two = slot();
        let both = [first, two.buffer.as_ptr()];
        drop((one, two));
        for _ in 0..10 {
            let slots = [slot(), slot()];
            assert!(slots.iter().all(|slot| both.contains(&slot.buffer.as_ptr())));
        }
        assert_eq!(pool.lock().idle.len(), MAX_CONCURRENT_HASHES);
    }

    /// Waits until so many of this priority wait for a slot.
    fn await_waiting(pool: &PasswordHashPool, priority: HashPriority, count: usize) {
        while pool.lock().waiting[priority as usize] < count {
            std::thread::yield_now();
        }
    }

    #[test]
    fn two_work_eight_strangers_wait_and_the_rest_is_told_at_once() {
        let pool = PasswordHashPool::default();
        let stranger = || pool.acquire_slot(HashPriority::Stranger);
        let (one, two) = (stranger().unwrap(), stranger().unwrap());
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..MAX_WAITING_HASHES)
                .map(|_| scope.spawn(|| stranger().map(drop).is_ok()))
                .collect();
            await_waiting(&pool, HashPriority::Stranger, MAX_WAITING_HASHES);
            assert!(matches!(stranger(), Err(HashError::Overloaded)));
            drop((one, two));
            assert!(waiting.into_iter().all(|acquired| acquired.join().unwrap()));
        });
        let state = pool.lock();
        assert_eq!(
            (state.running, state.waiting, state.idle.len()),
            (0, [0, 0], MAX_CONCURRENT_HASHES)
        );
    }

    #[test]
    fn a_returning_caller_comes_before_strangers_who_wait_already() {
        let pool = PasswordHashPool::default();
        let order = Mutex::new(Vec::new());
        let run = |priority| {
            let _slot = pool.acquire_slot(priority).unwrap();
            order.lock().unwrap().push(priority);
        };
        let both = [HashPriority::Stranger; 2].map(|priority| pool.acquire_slot(priority).unwrap());
        let [one, two] = both;
        std::thread::scope(|scope| {
            for _ in 0..MAX_WAITING_HASHES {
                scope.spawn(|| run(HashPriority::Stranger));
            }
            await_waiting(&pool, HashPriority::Stranger, MAX_WAITING_HASHES);
            scope.spawn(|| run(HashPriority::Returning));
            await_waiting(&pool, HashPriority::Returning, 1);
            drop(one);
        });
        drop(two);
        let order = order.into_inner().unwrap();
        assert_eq!(order.len(), MAX_WAITING_HASHES + 1);
        assert_eq!(order[0], HashPriority::Returning);
    }
}
