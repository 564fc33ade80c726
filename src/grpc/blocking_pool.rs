//! The blocking pool: the only way from async code to the store. It bounds the number of calls that
//! run at once; further calls wait for a permit, then fail as busy.

use super::deadline;
use super::status::RpcError;
use crate::app::with_timeout;
use crate::trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Calls that run at once. Most of them wait for the database writer or a disk, not for a CPU.
const MAX_CONCURRENT_CALLS: usize = 64;
/// Files that are imported at once; each may take hundreds of MiB while it is read.
const MAX_CONCURRENT_FILES: usize = 4;
/// How long a call waits for a permit before it fails with [`RpcError::Busy`].
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs blocking work on tokio's blocking threads, bounded by a semaphore.
#[derive(Debug, Clone)]
pub(super) struct BlockingPool {
    permits: Arc<Semaphore>,
}

impl Default for BlockingPool {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_CONCURRENT_CALLS)) }
    }
}

impl BlockingPool {
    /// A pool for work that takes more memory than a call: few run at once.
    pub(super) fn for_files() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_CONCURRENT_FILES)) }
    }

    /// Runs `work` on a blocking thread and returns its result.
    ///
    /// Fails with [`RpcError::Busy`] when no permit becomes free in time or the deadline of the
    /// call has passed. A panic in `work` becomes an internal error of this call only.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let permit =
            tokio::time::timeout(PERMIT_TIMEOUT, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(RpcError::Busy) };
        let (work, remaining) = (trace::trace_blocking(work), deadline::remaining_time());
        if remaining == Some(Duration::ZERO) {
            return Err(RpcError::Busy);
        }
        let done = tokio::task::spawn_blocking(move || {
            let result = with_timeout(remaining, work);
            drop(permit);
            result
        });
        match done.await {
            Ok(result) => result,
            Err(error) => Err(RpcError::Internal(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_fails_its_own_call_and_releases_the_permit() {
        let pool = BlockingPool { permits: Arc::new(Semaphore::new(1)) };
        let failed = pool.run(|| -> Result<(), RpcError> { panic!("planted") }).await;
        assert!(matches!(failed, Err(RpcError::Internal(_))));
        assert!(matches!(pool.run(|| Ok(7)).await, Ok(7)));
    }
}
