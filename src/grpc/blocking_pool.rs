//! The one door from async code to the store: a bounded number of calls wait there, further ones are told to come back.
//!
//! Knows no rpc and no rule.

use super::deadline;
use super::status::RpcError;
use crate::app::with_timeout;
use crate::trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Calls at work at once: most of them wait for the writer's turn or a disk, not for a processor.
const MAX_CONCURRENT_CALLS: usize = 64;
/// How long a call waits for its place before it is told that the server is busy.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The door.
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
    /// Runs `work` on a thread of its own; BUSY when no place becomes free in time, or nobody waits for it any more. A panic is an internal error of this call only.
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
    async fn a_panic_ends_its_own_call_and_gives_the_place_back() {
        let pool = BlockingPool { permits: Arc::new(Semaphore::new(1)) };
        let failed = pool.run(|| -> Result<(), RpcError> { panic!("planted") }).await;
        assert!(matches!(failed, Err(RpcError::Internal(_))));
        assert!(matches!(pool.run(|| Ok(7)).await, Ok(7)));
    }
}
