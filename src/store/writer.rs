//! The shared write batch: callers take the connection's turn, run their own steps on their own thread, and the last one commits.
//!
//! No closure crosses threads. Knows nothing of what the steps do; the tail is in `tail`.

use super::backend::{AnyConn, Location};
use super::error::{Error, Result};
use super::tx::{Notes, WriteTx};
use super::{OnCommit, lock, tail};
use crate::domain::time::Instant;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Most callers in one batch.
const MEMBERS_MAX: usize = 256;
/// How often a caller re-runs its steps after a failure that means "try again".
const ATTEMPTS: usize = 5;

pub(super) struct Writer {
    location: Location,
    turn: Mutex<Turn>,
    waiting: AtomicUsize,
    hook: Mutex<Option<OnCommit>>,
}

/// The connection and the batch that is open on it.
struct Turn {
    conn: Option<AnyConn>,
    batch: Option<Batch>,
    /// Numbers of scopes as this node's commits met them.
    scopes: tail::ScopeNumbers,
}

struct Batch {
    notes: Notes,
    members: usize,
    end: Arc<End>,
}

/// How a batch ended, for those who wait for it.
#[derive(Default)]
struct End {
    result: Mutex<Option<Result<i64, String>>>,
    known: Condvar,
}

impl Writer {
    pub(super) fn new(location: Location, conn: AnyConn) -> Self {
        let turn = Mutex::new(Turn { conn: Some(conn), batch: None, scopes: tail::ScopeNumbers::new() });
        Self { location, turn, waiting: AtomicUsize::new(0), hook: Mutex::default() }
    }

    pub(super) fn set_hook(&self, hook: OnCommit) {
        *lock(&self.hook) = Some(hook);
    }

    pub(super) fn run<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Instant,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<(T, i64), E> {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match self.attempt(now, steps)? {
                Attempt::Done(value, seq) => return Ok((value, seq)),
                Attempt::Again(why) => {
                    tracing::debug!(transaction = name, why, "the batch failed; running the steps again");
                    last = why;
                }
            }
        }
        Err(Error::Busy(last).into())
    }

    fn attempt<T, E: From<Error>>(
        &self,
        now: Instant,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<Attempt<T>, E> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut turn = lock(&self.turn);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = turn.open(&self.location) {
            return if error.is_transient() { Ok(Attempt::Again(error.to_string())) } else { Err(error.into()) };
        }
        let ran = turn.member(now, steps);
        let end = turn.batch.as_ref().map(|batch| Arc::clone(&batch.end));
        if turn.is_full() || self.waiting.load(Ordering::SeqCst) == 0 {
            self.finish(&mut turn, now);
        }
        drop(turn);
        let value = match ran {
            Member::Ended(result) => result?,
            Member::Again(why) => return Ok(Attempt::Again(why)),
            Member::Panicked(panic) => resume_unwind(panic),
        };
        match end.map_or_else(|| Err("the batch is gone".to_owned()), |end| end.wait()) {
            Ok(seq) => Ok(Attempt::Done(value, seq)),
            Err(why) => Ok(Attempt::Again(why)),
        }
    }

    /// Runs the tail and commits; whoever waits learns how it ended.
    fn finish(&self, turn: &mut Turn, now: Instant) {
        let (Some(mut conn), Some(batch)) = (turn.conn.take(), turn.batch.take()) else { return };
        let result = close(&mut conn, &batch, &mut turn.scopes, now);
        match &result {
            Ok(_) => turn.conn = Some(conn),
            // A connection on which anything failed is not used again, unless it rolls back in good order.
            Err(_) => {
                turn.conn = conn.execute_text("ROLLBACK").is_ok().then_some(conn);
                turn.scopes.clear();
            }
        }
        if let (Ok(Some(last)), Some(hook)) = (&result, lock(&self.hook).clone()) {
            hook(*last);
        }
        batch.end.tell(result.map(|last| last.unwrap_or(0)).map_err(|error| error.to_string()));
    }
}

/// Ends the transaction of a batch; the last seq, when it changed anything that has one.
fn close(conn: &mut AnyConn, batch: &Batch, scopes: &mut tail::ScopeNumbers, now: Instant) -> Result<Option<i64>> {
    if let Some(why) = &batch.notes.broken {
        return Err(Error::Busy(why.clone()));
    }
    if batch.members == 0 {
        return conn.execute_text("ROLLBACK").map(|()| None);
    }
    let last = if batch.notes.list.is_empty() && batch.notes.commands.is_empty() {
        None
    } else {
        Some(tail::run(conn, &batch.notes, scopes, now)?)
    };
    super::fault::point("before_commit");
    conn.execute_text("COMMIT")?;
    super::fault::point("after_commit");
    Ok(last)
}

/// How one caller's steps ended.
enum Member<T, E> {
    Ended(Result<T, E>),
    /// Another node changed what was read: the steps run again over the new state.
    Again(String),
    Panicked(Box<dyn Any + Send>),
}

enum Attempt<T> {
    /// The steps' answer, and where the commit ended; 0 when it had no place in the feed.
    Done(T, i64),
    Again(String),
}

impl Turn {
    fn open(&mut self, location: &Location) -> Result<()> {
        if self.batch.is_some() {
            return Ok(());
        }
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let mut conn = location.connect(true)?;
                conn.bound_writer()?;
                conn
            }
        };
        conn.begin_write()?;
        self.conn = Some(conn);
        self.batch = Some(Batch { notes: Notes::default(), members: 0, end: Arc::default() });
        Ok(())
    }

    /// Runs one caller's steps under a savepoint of its own.
    fn member<T, E: From<Error>>(
        &mut self,
        now: Instant,
        steps: &mut dyn FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Member<T, E> {
        let (Some(conn), Some(batch)) = (&mut self.conn, &mut self.batch) else {
            return Member::Again("no connection".to_owned());
        };
        let mark = batch.notes.mark();
        let ran =
            catch_unwind(AssertUnwindSafe(|| WriteTx::new(conn, &mut batch.notes, now).savepoint(|tx| steps(tx))));
        match ran {
            Ok(Ok(value)) => {
                batch.members += 1;
                Member::Ended(Ok(value))
            }
            Ok(Err(error)) => match batch.notes.again.take() {
                Some(why) => Member::Again(why),
                None => Member::Ended(Err(error)),
            },
            Err(panic) => {
                batch.notes.back_to(mark);
                if conn.execute_text("ROLLBACK TO s0").is_err() {
                    batch.notes.broken = Some("a caller panicked and could not be undone".to_owned());
                }
                Member::Panicked(panic)
            }
        }
    }

    fn is_full(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.members >= MEMBERS_MAX)
    }
}

impl End {
    fn tell(&self, result: Result<i64, String>) {
        *lock(&self.result) = Some(result);
        self.known.notify_all();
    }

    fn wait(&self) -> Result<i64, String> {
        let mut result = lock(&self.result);
        loop {
            if let Some(end) = &*result {
                return end.clone();
            }
            result = self.known.wait(result).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
