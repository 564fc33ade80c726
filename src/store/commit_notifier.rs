//! Notifies the nodes on one PostgreSQL of each other's commits, so that they read the head sooner
//! than their next poll.
//!
//! Correctness does not depend on it: a lost notification costs the time until the next poll.
//! NOTIFY runs in a session of its own (inside the writing transaction it would cost most of the
//! throughput), at most once in [`POLL_INTERVAL`].

use super::backend::{AnyConn, DatabaseLocation};
use super::error::Result;
use super::{CommitHook, StoreInner};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the thread sends and receives notifications.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long it waits before it connects again.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// State of this node's notifier: `notify` sets it, the thread sends.
#[derive(Default)]
pub(super) struct CommitNotifier {
    pending: AtomicBool,
    is_started: AtomicBool,
}

impl CommitNotifier {
    pub(super) fn notify(&self) {
        self.pending.store(true, Ordering::Release);
    }

    /// Starts the thread of a store on PostgreSQL, once; it ends with the store. SQLite has one
    /// node and needs none.
    pub(super) fn spawn_listener(
        &self,
        location: &DatabaseLocation,
        store: Weak<StoreInner>,
        hook: CommitHook,
    ) {
        let DatabaseLocation::Postgres(_) = location else { return };
        if self.is_started.swap(true, Ordering::AcqRel) {
            return;
        }
        let location = location.clone();
        let named = std::thread::Builder::new().name("thidua-bell".to_owned());
        if let Err(error) = named.spawn(move || run_listener(&location, &store, &hook)) {
            tracing::warn!(%error, "no doorbell between nodes: commits of others are seen by looking");
        }
    }
}

fn run_listener(location: &DatabaseLocation, store: &Weak<StoreInner>, hook: &CommitHook) {
    while store.strong_count() > 0 {
        if let Err(error) = listen_for_commits(location, store, hook) {
            tracing::debug!(%error, "the doorbell is out of order; commits of other nodes are seen by looking");
        }
        std::thread::sleep(RECONNECT_DELAY);
    }
}

fn listen_for_commits(
    location: &DatabaseLocation,
    store: &Weak<StoreInner>,
    hook: &CommitHook,
) -> Result<()> {
    let AnyConn::Pg(mut conn) = location.connect(false)? else { return Ok(()) };
    conn.batch_execute("LISTEN thidua_head")?;
    loop {
        let Some(inner) = store.upgrade() else { return Ok(()) };
        if inner.commit_notifier.pending.swap(false, Ordering::AcqRel) {
            conn.batch_execute("NOTIFY thidua_head")?;
        }
        drop(inner);
        if drain_notifications(&mut conn)? {
            hook(0);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Whether a notification arrived since the last call; the node's own ones count too.
fn drain_notifications(conn: &mut PgConnection) -> Result<bool> {
    let mut has_arrived = false;
    for notification in conn.notifications_iter() {
        notification?;
        has_arrived = true;
    }
    Ok(has_arrived)
}
