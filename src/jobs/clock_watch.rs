//! Compares the machine's clock each second with the time that passed, so that a jump is found even
//! when no job is due.

use crate::app::App;
use std::time::Duration;

/// Time between two comparisons.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Watches the clock for as long as the future is polled. A change is logged where it is found.
pub async fn watch_clock(app: App) {
    loop {
        let watched = app.clone();
        // A failure means that the database does not answer, which the health service reports.
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || watched.watch_clock()).await {
            tracing::debug!(%error, "the state of the clock could not be recorded");
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}
