//! The head of the history as a watch channel: one reader per node asks the database, all followers of streams wait here.
//!
//! A commit of this node rings a bell; commits of other nodes ring it too where the database tells of them, and are seen by looking every
//! now and then. Correctness does not depend on the bell: who wakes up too often finds nothing new. Each look reads once what changed in all
//! scopes that are followed here; a follower that is too slow for what is kept of that reads the feed. Knows no frame.

use super::Services;
use crate::sync::{Look, Round, look};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How often the head is looked at without a bell: the bound on what a revocation on another node takes to arrive.
pub(super) const LOOK: Duration = Duration::from_secs(2);
/// Commits of this stretch are told to followers together.
const TOGETHER: Duration = Duration::from_millis(100);
/// Rounds that are kept for followers who lag behind; each holds at most a page of rows.
const ROUNDS: usize = 16;

/// Where the history stands.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
    /// What changed lately, oldest first.
    pub rounds: Arc<VecDeque<Arc<Round>>>,
}

/// Who follows which scope on this node.
#[derive(Debug, Default)]
pub(super) struct Followed {
    held: Mutex<BTreeMap<i32, usize>>,
}

/// A follower's place in the list, until it goes.
#[derive(Debug)]
pub(super) struct Place {
    list: Arc<Followed>,
    scopes: BTreeSet<i32>,
}

impl Followed {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scopes(&self) -> BTreeSet<i32> {
        self.lock().keys().copied().collect()
    }
}

impl Place {
    /// From now on every look also reads these scopes.
    pub(super) fn take(list: &Arc<Followed>, scopes: BTreeSet<i32>) -> Self {
        let mut held = list.lock();
        for scope in &scopes {
            *held.entry(*scope).or_default() += 1;
        }
        Self { list: Arc::clone(list), scopes }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.list.lock();
        for scope in &self.scopes {
            if let Some(count) = held.get_mut(scope) {
                *count -= 1;
                if *count == 0 {
                    held.remove(scope);
                }
            }
        }
    }
}

/// Starts watching; the receiver sees every newer head, the latest one only.
pub(super) fn watch(services: &Services) -> watch::Receiver<Head> {
    let (sender, receiver) = watch::channel(Head::default());
    let bell = Arc::new(Notify::new());
    let ring = bell.clone();
    services.app.store().on_commit(Arc::new(move |_| ring.notify_one()));
    let (app, door, followed) = (services.app.clone(), services.door.clone(), services.followed.clone());
    tokio::spawn(async move {
        while !sender.is_closed() {
            let (app, scopes, after) = (app.clone(), followed.scopes(), sender.borrow().seq);
            match door.run(move || Ok(look(&app, &scopes, after)?)).await {
                Ok(found) => {
                    sender.send_if_modified(|known| moved(known, found));
                }
                Err(failure) => tracing::warn!(?failure, "cannot look at the head"),
            }
            // Whoever rings meanwhile is heard afterwards.
            tokio::time::sleep(TOGETHER).await;
            let _ = tokio::time::timeout(LOOK, bell.notified()).await;
        }
    });
    receiver
}

/// Whether there is anything new.
fn moved(known: &mut Head, found: Look) -> bool {
    let Look { seq, auth_generation, round } = found;
    if (known.seq, known.auth_generation) == (seq, auth_generation) {
        return false;
    }
    if seq != known.seq {
        let mut rounds = VecDeque::clone(&known.rounds);
        match round {
            Some(round) => rounds.push_back(round),
            // Nobody followed, or it was too much to keep: rounds must join without a gap.
            None => rounds.clear(),
        }
        while rounds.len() > ROUNDS {
            rounds.pop_front();
        }
        known.rounds = Arc::new(rounds);
    }
    (known.seq, known.auth_generation) = (seq, auth_generation);
    true
}
