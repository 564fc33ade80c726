//! Follow mode: a call stays open and brings changes as they happen; what is typed meanwhile ends it and opens the next one.

use super::exchange::Until;
use super::{Core, RunError};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Shortest pause between two calls that follow, so that a server that closes at once is not called in a tight loop.
const PAUSE: Duration = Duration::from_millis(200);

/// A phone that follows; it stops when this is dropped.
pub(crate) struct Following {
    task: JoinHandle<()>,
}

impl Following {
    /// Begins to follow. `told` hears why it stopped by itself.
    pub(crate) fn start(core: Arc<Core>, runtime: &Handle, told: Arc<dyn Fn(&RunError) + Send + Sync>) -> Self {
        let task = runtime.spawn(async move {
            loop {
                match core.exchange(&Until::Woken).await {
                    Ok(_) => tokio::time::sleep(PAUSE).await,
                    Err(RunError::Later { after, .. }) => {
                        // Something typed meanwhile is a reason to try sooner.
                        tokio::select! {
                            () = tokio::time::sleep(after) => {}
                            () = core.wake.notified() => tokio::time::sleep(PAUSE).await,
                        }
                    }
                    Err(stopped) => {
                        told(&stopped);
                        return;
                    }
                }
            }
        });
        Self { task }
    }
}

impl Drop for Following {
    /// Cutting a call anywhere is safe: what came stands in staging with its cursor.
    fn drop(&mut self) {
        self.task.abort();
    }
}
