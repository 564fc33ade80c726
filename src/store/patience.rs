//! How long the reads of one thread may ask the database for, while somebody waits for their answer.
//!
//! PostgreSQL ends a statement of a *reading* transaction that takes longer. Not of a writing one: those are shared by many callers, wait for
//! locks within a bound of their own, and a limit that cuts a COMMIT may cut one that a replica already has. SQLite has no such bound within
//! reach of safe code. Knows no clock: how long is told by the caller.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static PATIENCE: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Puts back what was before, also when the work panics.
struct Before(Option<Duration>);

impl Drop for Before {
    fn drop(&mut self) {
        PATIENCE.set(self.0);
    }
}

/// Runs `work`, whose reads on this thread take no longer; `None`: as long as they take.
pub fn within<T>(patience: Option<Duration>, work: impl FnOnce() -> T) -> T {
    let _before = Before(PATIENCE.replace(patience));
    work()
}

pub(super) fn patience() -> Option<Duration> {
    PATIENCE.get()
}
