//! Publishes the head of the change feed on a watch channel. One task per node reads the database;
//! all followers of streams wait on the channel.
//!
//! The task wakes up after a commit of this node, after a commit of another node where the database
//! sends notifications, and at least every [`POLL_INTERVAL`]. Correctness does not depend on
//! notifications: a needless wake-up finds nothing new. Each poll reads once what changed in all
//! scopes that are followed on this node. A follower that lags behind the stored batches reads the
//! feed instead.

use super::Services;
use crate::sync::{ChangeBatch, HeadSnapshot, read_head_snapshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Longest time between two polls: the bound on how late a revocation on another node takes effect.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Commits within this time are sent to followers together.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Batches that are stored for followers that lag behind; each holds at most one page of rows.
const CHANGE_BATCHES_MAX: usize = 16;

/// The head of the change feed.
#[derive(Debug, Clone, Default)]
pub struct WatchedHead {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices; it grows with every change of either.
    pub auth_generation: i64,
    /// The latest batches of changes, oldest first.
    pub change_batches: Arc<VecDeque<Arc<ChangeBatch>>>,
}

/// Counts the followers of each scope on this node.
#[derive(Debug, Default)]
pub(super) struct ScopeSubscriptions {
    counts: Mutex<BTreeMap<i32, usize>>,
}

/// The scopes that one follower subscribes to; dropping it unsubscribes.
#[derive(Debug)]
pub(super) struct Subscription {
    subscriptions: Arc<ScopeSubscriptions>,
    scopes: BTreeSet<i32>,
}

impl ScopeSubscriptions {
    fn lock_counts(&self) -> MutexGuard<'_, BTreeMap<i32, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scope_numbers(&self) -> BTreeSet<i32> {
        self.lock_counts().keys().copied().collect()
    }
}

impl Subscription {
    /// Subscribes to `scopes`: from now on every poll also reads them.
    pub(super) fn subscribe(
        subscriptions: &Arc<ScopeSubscriptions>,
        scopes: BTreeSet<i32>,
    ) -> Self {
        let mut counts = subscriptions.lock_counts();
        for scope in &scopes {
            *counts.entry(*scope).or_default() += 1;
        }
        Self { subscriptions: Arc::clone(subscriptions), scopes }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut counts = self.subscriptions.lock_counts();
        for scope in &self.scopes {
            if let Some(count) = counts.get_mut(scope) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(scope);
                }
            }
        }
    }
}

/// Spawns the watching task. The receiver sees the latest head only.
pub(super) fn spawn_head_watcher(services: &Services) -> watch::Receiver<WatchedHead> {
    let (sender, receiver) = watch::channel(WatchedHead::default());
    let commit_notify = Arc::new(Notify::new());
    let notify_on_commit = commit_notify.clone();
    services.app.store().set_commit_hook(Arc::new(move |_| notify_on_commit.notify_one()));
    let (app, blocking_pool, followed) =
        (services.app.clone(), services.blocking_pool.clone(), services.subscriptions.clone());
    tokio::spawn(async move {
        while !sender.is_closed() {
            let (app, scopes, after) = (app.clone(), followed.scope_numbers(), sender.borrow().seq);
            match blocking_pool.run(move || Ok(read_head_snapshot(&app, &scopes, after)?)).await {
                Ok(snapshot) => {
                    sender.send_if_modified(|head| update_head(head, snapshot));
                }
                Err(failure) => tracing::warn!(?failure, "cannot look at the head"),
            }
            // `notify_one` during the sleep stores a permit, so the wait below returns at once.
            tokio::time::sleep(DEBOUNCE).await;
            let _ = tokio::time::timeout(POLL_INTERVAL, commit_notify.notified()).await;
        }
    });
    receiver
}

/// Updates `head` from the snapshot; true if it changed.
fn update_head(head: &mut WatchedHead, snapshot: HeadSnapshot) -> bool {
    let HeadSnapshot { seq, auth_generation, change_batch } = snapshot;
    if (head.seq, head.auth_generation) == (seq, auth_generation) {
        return false;
    }
    if seq != head.seq {
        let mut change_batches = VecDeque::clone(&head.change_batches);
        match change_batch {
            Some(batch) => change_batches.push_back(batch),
            // No scope was followed, or there were too many rows. Stored batches must be
            // contiguous.
            None => change_batches.clear(),
        }
        while change_batches.len() > CHANGE_BATCHES_MAX {
            change_batches.pop_front();
        }
        head.change_batches = Arc::new(change_batches);
    }
    (head.seq, head.auth_generation) = (seq, auth_generation);
    true
}
