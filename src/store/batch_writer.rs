//! The shared write batch: callers take turns on one connection, each runs its own steps on its own
//! thread, and the last one commits.
//!
//! No closure crosses threads. Does not depend on what the steps do; `commit` numbers the changes.

use super::backend::{AnyConn, DatabaseLocation};
use super::commit::WrittenCommit;
use super::error::{Error, Result};
use super::pending::PendingChanges;
use super::recent_commits::{CommittedChanges, RecentCommits};
use super::write_tx::WriteTx;
use super::{CommitHook, commit, lock_ignoring_poison};
use crate::domain::support::time::Timestamp;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Most callers in one batch.
const MAX_BATCH_MEMBERS: usize = 256;
/// How often a caller runs its steps again after a transient failure.
const MAX_ATTEMPTS: usize = 5;

pub(super) struct BatchWriter {
    location: DatabaseLocation,
    state: Mutex<BatchWriterState>,
    waiting_callers: AtomicUsize,
    commit_hook: Mutex<Option<CommitHook>>,
    recent_commits: RecentCommits,
}

/// The connection and the batch that is open on it.
struct BatchWriterState {
    conn: Option<AnyConn>,
    batch: Option<WriteBatch>,
    /// Numbers of scopes that this node has met.
    scope_numbers: commit::ScopeNumberCache,
    /// The disk was full: the log is folded back before anything grows again.
    must_fold_log: bool,
}

struct WriteBatch {
    pending: PendingChanges,
    member_count: usize,
    result: Arc<WriteBatchResult>,
}

/// Why a batch was not committed.
#[derive(Debug, Clone)]
enum BatchFailure {
    /// Nothing of it was applied: its members run their steps again.
    RolledBack(Error),
    /// The commit panicked: whether it was applied is not known, so nobody repeats it unasked.
    Panicked(String),
}

/// Result of a batch, for the callers that wait for it.
#[derive(Default)]
struct WriteBatchResult {
    result: Mutex<Option<Result<i64, BatchFailure>>>,
    ready: Condvar,
}

impl BatchWriter {
    pub(super) fn new(location: DatabaseLocation, conn: AnyConn) -> Self {
        let state = Mutex::new(BatchWriterState {
            conn: Some(conn),
            batch: None,
            scope_numbers: commit::ScopeNumberCache::new(),
            must_fold_log: false,
        });
        Self {
            location,
            state,
            waiting_callers: AtomicUsize::new(0),
            commit_hook: Mutex::default(),
            recent_commits: RecentCommits::default(),
        }
    }

    /// The commits of this node from the chain `after` to its commit that ends at `upto`; `None` if
    /// they are not all in memory.
    pub(super) fn commits_between(
        &self,
        after: &[u8; 32],
        upto: i64,
    ) -> Option<Vec<Arc<CommittedChanges>>> {
        self.recent_commits.between(after, upto)
    }

    pub(super) fn set_commit_hook(&self, hook: CommitHook) {
        *lock_ignoring_poison(&self.commit_hook) = Some(hook);
    }

    pub(super) fn run_transaction<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Timestamp,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<(T, i64), E> {
        let mut last = Error::Busy(String::new());
        for _ in 0..MAX_ATTEMPTS {
            match self.attempt_transaction(now, steps)? {
                WriteAttempt::Committed(value, seq) => return Ok((value, seq)),
                WriteAttempt::Retry(reason) => {
                    tracing::debug!(
                        transaction = name,
                        reason = %reason,
                        "the batch failed; running the steps again"
                    );
                    last = reason;
                }
            }
        }
        Err(last.into())
    }

    fn attempt_transaction<T, E: From<Error>>(
        &self,
        now: Timestamp,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<WriteAttempt<T>, E> {
        self.waiting_callers.fetch_add(1, Ordering::SeqCst);
        let mut state = lock_ignoring_poison(&self.state);
        self.waiting_callers.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = state.begin_batch(&self.location) {
            return if error.is_transient() {
                Ok(WriteAttempt::Retry(error))
            } else {
                Err(error.into())
            };
        }
        let member_result = state.run_member(now, steps);
        let end = state.batch.as_ref().map(|batch| Arc::clone(&batch.result));
        if state.is_full() || self.waiting_callers.load(Ordering::SeqCst) == 0 {
            self.finish_batch(&mut state, now);
        }
        drop(state);
        let value = match member_result {
            BatchMemberResult::Finished(result) => result?,
            BatchMemberResult::Retry(reason) => return Ok(WriteAttempt::Retry(reason)),
            BatchMemberResult::Panicked(panic) => resume_unwind(panic),
        };
        let gone = || Err(BatchFailure::RolledBack(Error::Busy("the batch is gone".to_owned())));
        match end.map_or_else(gone, |end| end.wait()) {
            Ok(seq) => Ok(WriteAttempt::Committed(value, seq)),
            Err(BatchFailure::RolledBack(reason)) => Ok(WriteAttempt::Retry(reason)),
            Err(BatchFailure::Panicked(text)) => Err(Error::CommitPanicked(text).into()),
        }
    }

    /// Numbers the changes, commits, and completes the result of the batch. A panic is the result
    /// of every member, because each of them waits for one.
    fn finish_batch(&self, state: &mut BatchWriterState, now: Timestamp) {
        let (Some(conn), Some(mut batch)) = (state.conn.take(), state.batch.take()) else { return };
        let finished = catch_unwind(AssertUnwindSafe(|| {
            let result = state.commit(conn, &mut batch, now, &self.recent_commits);
            if let (Ok(Some(last)), Some(hook)) =
                (&result, lock_ignoring_poison(&self.commit_hook).clone())
            {
                hook(*last);
            }
            result
        }));
        let result = match finished {
            Ok(Ok(last)) => Ok(last.unwrap_or(0)),
            Ok(Err(error)) => Err(BatchFailure::RolledBack(error)),
            Err(panic) => {
                state.scope_numbers.clear();
                let text = panic_text(panic.as_ref());
                tracing::error!(
                    members = batch.member_count,
                    text,
                    "the commit of a batch panicked"
                );
                Err(BatchFailure::Panicked(text))
            }
        };
        batch.result.complete(result);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Commits a batch; `None` if it changed nothing that gets a seq.
fn commit_batch(
    conn: &mut AnyConn,
    batch: &mut WriteBatch,
    scopes: &mut commit::ScopeNumberCache,
    now: Timestamp,
) -> Result<Option<WrittenCommit>> {
    if let Some(error) = batch.pending.fatal_error.take() {
        return Err(error);
    }
    if batch.member_count == 0 {
        return conn.execute_sql("ROLLBACK").map(|()| None);
    }
    let pending = &mut batch.pending;
    let is_empty =
        pending.changes.is_empty() && pending.commands.is_empty() && pending.writes.is_written();
    let written =
        if is_empty { None } else { Some(commit::append_commit(conn, pending, scopes, now)?) };
    super::fault_point::trigger_fault_point("before_commit");
    conn.execute_sql("COMMIT")?;
    super::fault_point::trigger_fault_point("after_commit");
    Ok(written)
}

/// How one caller's steps ended.
enum BatchMemberResult<T, E> {
    Finished(Result<T, E>),
    /// Another node changed what the steps read: they run again over the new state.
    Retry(Error),
    Panicked(Box<dyn Any + Send>),
}

enum WriteAttempt<T> {
    /// The value of the steps and the last seq of the commit; 0 when it changed nothing in the
    /// feed.
    Committed(T, i64),
    Retry(Error),
}

impl BatchWriterState {
    fn begin_batch(&mut self, location: &DatabaseLocation) -> Result<()> {
        if self.batch.is_some() {
            return Ok(());
        }
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let mut conn = location.connect(true)?;
                conn.set_writer_timeouts()?;
                conn
            }
        };
        if self.must_fold_log {
            // Where not even this has room, the commit says so.
            self.must_fold_log = conn.fold_log().is_err();
        }
        conn.begin_write()?;
        self.conn = Some(conn);
        self.batch = Some(WriteBatch {
            pending: PendingChanges::default(),
            member_count: 0,
            result: Arc::default(),
        });
        Ok(())
    }

    /// Commits the batch. A connection is reused after a failure only if it rolls back, and never
    /// after a panic, which drops it.
    fn commit(
        &mut self,
        mut conn: AnyConn,
        batch: &mut WriteBatch,
        now: Timestamp,
        recent_commits: &RecentCommits,
    ) -> Result<Option<i64>> {
        let result = commit_batch(&mut conn, batch, &mut self.scope_numbers, now);
        if let Err(error) = &result {
            self.must_fold_log |= error.is_storage_full();
            self.scope_numbers.clear();
        }
        if result.is_ok() || conn.execute_sql("ROLLBACK").is_ok() {
            self.conn = Some(conn);
        }
        let Some(written) = result? else { return Ok(None) };
        if written.is_new_head {
            recent_commits.push(written.changes);
        }
        Ok(Some(written.last))
    }

    /// Runs the steps of one caller under their own savepoint.
    fn run_member<T, E: From<Error>>(
        &mut self,
        now: Timestamp,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> BatchMemberResult<T, E> {
        let (Some(conn), Some(batch)) = (&mut self.conn, &mut self.batch) else {
            return BatchMemberResult::Retry(Error::Busy("no connection".to_owned()));
        };
        let position = batch.pending.position();
        let member_result = catch_unwind(AssertUnwindSafe(|| {
            WriteTx::new(conn, &mut batch.pending, now).with_savepoint(|tx| {
                let value = steps(tx)?;
                tx.ensure_rows_audited()?;
                Ok(value)
            })
        }));
        match member_result {
            Ok(Ok(value)) => {
                batch.member_count += 1;
                BatchMemberResult::Finished(Ok(value))
            }
            Ok(Err(error)) => match &batch.pending.fatal_error {
                Some(fatal) if fatal.is_transient() => BatchMemberResult::Retry(fatal.clone()),
                _ => BatchMemberResult::Finished(Err(error)),
            },
            Err(panic) => {
                // What cannot be undone ends the batch.
                let _ = batch.pending.undo_to(conn, position);
                BatchMemberResult::Panicked(panic)
            }
        }
    }

    fn is_full(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.member_count >= MAX_BATCH_MEMBERS)
    }
}

impl WriteBatchResult {
    fn complete(&self, result: Result<i64, BatchFailure>) {
        *lock_ignoring_poison(&self.result) = Some(result);
        self.ready.notify_all();
    }

    fn wait(&self) -> Result<i64, BatchFailure> {
        let mut result = lock_ignoring_poison(&self.result);
        loop {
            if let Some(end) = &*result {
                return end.clone();
            }
            result = self.ready.wait(result).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
