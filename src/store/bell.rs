//! The doorbell between nodes on one PostgreSQL: who commits rings, who listens looks at the head sooner than it would have by itself.
//!
//! Correctness never depends on it: a ring that is lost costs the time until the next look. Rings are a NOTIFY from a session of its own
//! (inside the writing transaction it would cost most of the throughput), at most one in [`PAUSE`]. Knows no feed.

use super::backend::{AnyConn, Location};
use super::error::Result;
use super::{Inner, OnCommit};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the thread rings and listens.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_secs(1);

/// The button of this node: pressed by each commit, looked at by the thread.
#[derive(Default)]
pub(super) struct Bell {
    pressed: AtomicBool,
    hung: AtomicBool,
}

impl Bell {
    pub(super) fn press(&self) {
        self.pressed.store(true, Ordering::Release);
    }

    /// Starts the thread of a store on PostgreSQL, once; it ends with the store. SQLite has one node and needs no bell.
    pub(super) fn hang(&self, location: &Location, store: Weak<Inner>, hook: OnCommit) {
        let Location::Postgres(_) = location else { return };
        if self.hung.swap(true, Ordering::AcqRel) {
            return;
        }
        let location = location.clone();
        let named = std::thread::Builder::new().name("thidua-bell".to_owned());
        if let Err(error) = named.spawn(move || attend(&location, &store, &hook)) {
            tracing::warn!(%error, "no doorbell between nodes: commits of others are seen by looking");
        }
    }
}

fn attend(location: &Location, store: &Weak<Inner>, hook: &OnCommit) {
    while store.strong_count() > 0 {
        if let Err(error) = listen(location, store, hook) {
            tracing::debug!(%error, "the doorbell is out of order; commits of other nodes are seen by looking");
        }
        std::thread::sleep(AGAIN);
    }
}

fn listen(location: &Location, store: &Weak<Inner>, hook: &OnCommit) -> Result<()> {
    let AnyConn::Pg(mut conn) = location.connect(false)? else { return Ok(()) };
    conn.batch_execute("LISTEN thidua_head")?;
    loop {
        let Some(inner) = store.upgrade() else { return Ok(()) };
        if inner.bell.pressed.swap(false, Ordering::AcqRel) {
            conn.batch_execute("NOTIFY thidua_head")?;
        }
        drop(inner);
        if rang(&mut conn)? {
            hook(0);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether somebody rang since the last look; the own ring counts too, it wakes who is awake already.
fn rang(conn: &mut PgConnection) -> Result<bool> {
    let mut rang = false;
    for notification in conn.notifications_iter() {
        notification?;
        rang = true;
    }
    Ok(rang)
}
