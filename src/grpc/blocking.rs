//! The one door from async code to the store: a bounded number of calls wait there, further ones are told to come back.
//!
//! Knows no rpc and no rule.

use super::deadline;
use super::status::Failure;
use crate::app::within;
use crate::trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Calls at work at once: most of them wait for the writer's turn or a disk, not for a processor.
const AT_WORK: usize = 64;
/// How long a call waits for its place before it is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// The door.
#[derive(Debug, Clone)]
pub(super) struct Door {
    places: Arc<Semaphore>,
}

impl Default for Door {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_WORK)) }
    }
}

impl Door {
    /// Runs `work` on a thread of its own; BUSY when no place becomes free in time, or nobody waits for it any more. A panic is an internal error of this call only.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = tokio::time::timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(Failure::Busy) };
        let (work, left) = (trace::behind(work), deadline::left());
        if left == Some(Duration::ZERO) {
            return Err(Failure::Busy);
        }
        let done = tokio::task::spawn_blocking(move || {
            let result = within(left, work);
            drop(place);
            result
        });
        match done.await {
            Ok(result) => result,
            Err(error) => Err(Failure::Internal(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_own_call_and_gives_the_place_back() {
        let door = Door { places: Arc::new(Semaphore::new(1)) };
        let failed = door.run(|| -> Result<(), Failure> { panic!("planted") }).await;
        assert!(matches!(failed, Err(Failure::Internal(_))));
        assert!(matches!(door.run(|| Ok(7)).await, Ok(7)));
    }
}
