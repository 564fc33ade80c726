//! The statement timeout of reads on one thread.
//!
//! PostgreSQL cancels a statement of a *reading* transaction that takes longer. Writing
//! transactions have no such limit: many callers share them, they wait for locks within their own
//! bound, and a limit that cancels a COMMIT may cancel one that a replica already has. SQLite has
//! no such limit within safe code. The caller sets the timeout.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static STATEMENT_TIMEOUT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Restores the former timeout, also when `work` panics.
struct StatementTimeoutGuard(Option<Duration>);

impl Drop for StatementTimeoutGuard {
    fn drop(&mut self) {
        STATEMENT_TIMEOUT.set(self.0);
    }
}

/// Runs `work` with this timeout for its reads on this thread; `None`: no limit.
pub fn with_timeout<T>(statement_timeout: Option<Duration>, work: impl FnOnce() -> T) -> T {
    let _guard = StatementTimeoutGuard(STATEMENT_TIMEOUT.replace(statement_timeout));
    work()
}

pub(super) fn statement_timeout() -> Option<Duration> {
    STATEMENT_TIMEOUT.get()
}
