//! The head of the history as a watch channel: one reader per node asks the database, all followers of streams wait here.
//!
//! A commit of this node rings a bell; commits of other nodes ring it too where the database tells of them, and are seen by looking every
//! now and then. Correctness does not depend on the bell: who wakes up too often finds nothing new. Each look reads once what changed in all
//! scopes that are followed here; a follower that is too slow for what is kept of that reads the feed. Knows no frame.

use super::Services;
use crate::sync::{ChangeBatch, HeadSnapshot, read_head_snapshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How often the head is looked at without a bell: the bound on what a revocation on another node takes to arrive.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Commits of this stretch are told to followers together.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Rounds that are kept for followers who lag behind; each holds at most a page of rows.
const CHANGE_BATCHES_MAX: usize = 16;

/// Where the history stands.
#[derive(Debug, Clone, Default)]
pub struct WatchedHead {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
    /// What changed lately, oldest first.
    pub change_batches: Arc<VecDeque<Arc<ChangeBatch>>>,
}

/// Who follows which scope on this node.
#[derive(Debug, Default)]
pub(super) struct ScopeSubscriptions {
    counts: Mutex<BTreeMap<i32, usize>>,
}

/// A follower's place in the list, until it goes.
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
    /// From now on every look also reads these scopes.
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

/// Starts watching; the receiver sees every newer head, the latest one only.
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
            // Whoever rings meanwhile is heard afterwards.
            tokio::time::sleep(DEBOUNCE).await;
            let _ = tokio::time::timeout(POLL_INTERVAL, commit_notify.notified()).await;
        }
    });
    receiver
}

/// Whether there is anything new.
fn update_head(head: &mut WatchedHead, snapshot: HeadSnapshot) -> bool {
    let HeadSnapshot { seq, auth_generation, change_batch: round } = snapshot;
    if (head.seq, head.auth_generation) == (seq, auth_generation) {
        return false;
    }
    if seq != head.seq {
        let mut change_batches = VecDeque::clone(&head.change_batches);
        match round {
            Some(round) => change_batches.push_back(round),
            // Nobody followed, or it was too much to keep: rounds must join without a gap.
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
