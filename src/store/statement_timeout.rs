//! How long the reads of one thread may ask the database for, while somebody waits for their answer.
//!
//! PostgreSQL ends a statement of a *reading* transaction that takes longer. Not of a writing one: those are shared by many callers, wait for
//! locks within a bound of their own, and a limit that cuts a COMMIT may cut one that a replica already has. SQLite has no such bound within
//! reach of safe code. Knows no clock: how long is told by the caller.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static STATEMENT_TIMEOUT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Puts back what was before, also when the work panics.
struct StatementTimeoutGuard(Option<Duration>);

impl Drop for StatementTimeoutGuard {
    fn drop(&mut self) {
        STATEMENT_TIMEOUT.set(self.0);
    }
}

/// Runs `work`, whose reads on this thread take no longer; `None`: as long as they take.
pub fn with_timeout<T>(statement_timeout: Option<Duration>, work: impl FnOnce() -> T) -> T {
    let _guard = StatementTimeoutGuard(STATEMENT_TIMEOUT.replace(statement_timeout));
    work()
}

pub(super) fn statement_timeout() -> Option<Duration> {
    STATEMENT_TIMEOUT.get()
}
