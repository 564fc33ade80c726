//! The doorbell between nodes on one PostgreSQL: who commits rings, who listens looks at the head sooner than it would have by itself.
//!
//! Correctness never depends on it: a ring that is lost costs the time until the next look. Rings are a NOTIFY from a session of its own
//! (inside the writing transaction it would cost most of the throughput), at most one in [`PAUSE`]. Knows no feed.

use super::backend::{AnyConn, DatabaseLocation};
use super::error::Result;
use super::{CommitHook, StoreInner};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the thread rings and listens.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long it waits before it connects again.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// The button of this node: pressed by each commit, looked at by the thread.
#[derive(Default)]
pub(super) struct CommitNotifier {
    pending: AtomicBool,
    is_started: AtomicBool,
}

impl CommitNotifier {
    pub(super) fn notify(&self) {
        self.pending.store(true, Ordering::Release);
    }

    /// Starts the thread of a store on PostgreSQL, once; it ends with the store. SQLite has one node and needs no bell.
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

/// Whether somebody rang since the last look; the own ring counts too, it wakes who is awake already.
fn drain_notifications(conn: &mut PgConnection) -> Result<bool> {
    let mut rang = false;
    for notification in conn.notifications_iter() {
        notification?;
        rang = true;
    }
    Ok(rang)
}
