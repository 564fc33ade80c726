//! Follow mode: a call stays open and brings changes as they happen; what is typed meanwhile ends it and opens the next one.

use super::exchange::CallMode;
use super::{Runner, RunnerError};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Shortest pause between two calls that follow, so that a server that closes at once is not called in a tight loop.
const MIN_CALL_INTERVAL: Duration = Duration::from_millis(200);

/// A phone that follows; it stops when this is dropped.
pub(crate) struct FollowTask {
    task: JoinHandle<()>,
}

impl FollowTask {
    /// Begins to follow. `told` hears why it stopped by itself.
    pub(crate) fn spawn(
        core: Arc<Runner>,
        runtime: &Handle,
        on_stopped: Arc<dyn Fn(&RunnerError) + Send + Sync>,
    ) -> Self {
        let task = runtime.spawn(async move {
            loop {
                match core.run_exchange(&CallMode::UntilNotified).await {
                    Ok(_) => tokio::time::sleep(MIN_CALL_INTERVAL).await,
                    Err(RunnerError::RetryLater { after, .. }) => {
                        // Something typed meanwhile is a reason to try sooner.
                        tokio::select! {
                            () = tokio::time::sleep(after) => {}
                            () = core.wake.notified() => tokio::time::sleep(MIN_CALL_INTERVAL).await,
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
    /// Cutting a call anywhere is safe: what came stands in staging with its cursor.
    fn drop(&mut self) {
        self.task.abort();
    }
}
