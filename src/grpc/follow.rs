//! The head of the history as a watch channel: one reader per node asks the database, all followers of streams wait here.
//!
//! A commit of this node rings a bell; commits of other nodes are seen by looking every now and then. Correctness does not depend on the
//! bell: who wakes up too often finds nothing new. Knows no scope and no frame.

use super::Services;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How often the head is looked at without a bell: the bound on what a revocation on another node takes to arrive.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// Where the history stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
}

/// Starts watching; the receiver sees every newer head, the latest one only.
pub(super) fn watch(services: &Services) -> watch::Receiver<Head> {
    let (sender, receiver) = watch::channel(Head::default());
    let bell = Arc::new(Notify::new());
    let ring = bell.clone();
    services.app.store().on_commit(Arc::new(move |_| ring.notify_one()));
    let (app, door) = (services.app.clone(), services.door.clone());
    tokio::spawn(async move {
        while !sender.is_closed() {
            let app = app.clone();
            let look = move || {
                let head = app.store().read(|tx| tx.head()).map_err(crate::app::AppError::from)?;
                Ok(Head { seq: head.seq, auth_generation: head.auth_generation })
            };
            match door.run(look).await {
                Ok(head) => {
                    sender.send_if_modified(|known| {
                        let newer = *known != head;
                        *known = head;
                        newer
                    });
                }
                Err(failure) => tracing::warn!(?failure, "cannot look at the head"),
            }
            let _ = tokio::time::timeout(LOOK, bell.notified()).await;
        }
    });
    receiver
}
