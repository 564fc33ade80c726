//! Follow mode: a call stays open and receives changes as they happen. A new command ends it and
//! opens the next one.

use super::exchange::CallMode;
use super::{Runner, RunnerError};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Minimum delay between two follow calls, so that a server that closes at once is not called in a
/// tight loop.
const MIN_CALL_INTERVAL: Duration = Duration::from_millis(200);

/// The task of a following phone; dropping it stops the task.
pub(crate) struct FollowTask {
    task: JoinHandle<()>,
}

impl FollowTask {
    /// Starts following. Calls `on_stopped` with the error that ended it.
    pub(crate) fn spawn(
        runner: Arc<Runner>,
        runtime: &Handle,
        on_stopped: Arc<dyn Fn(&RunnerError) + Send + Sync>,
    ) -> Self {
        let task = runtime.spawn(async move {
            loop {
                match runner.run_exchange(&CallMode::UntilNotified).await {
                    Ok(_) => tokio::time::sleep(MIN_CALL_INTERVAL).await,
                    Err(RunnerError::RetryLater { after, .. }) => {
                        // A new command shortens the delay.
                        tokio::select! {
                            () = tokio::time::sleep(after) => {}
                            () = runner.network.wake.notified() => {
                                tokio::time::sleep(MIN_CALL_INTERVAL).await
                            }
                        }
                    }
                    Err(stopped) => {
                        on_stopped(&stopped);
                        return;
                    }
                }
            }
        });
        Self { task }
    }
}

impl Drop for FollowTask {
    /// A call may be cut at any point: received changes are staged with their cursor.
    fn drop(&mut self) {
        self.task.abort();
    }
}
