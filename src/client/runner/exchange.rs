//! One exchange: calls until the outbox is empty and every scope agrees, or until there is nothing but to wait.

use super::{Core, RunError};
use crate::client::engine::Engine;
use crate::client::link::count::Counted;
use crate::client::link::{failure, keys};
use crate::client::replica::{Device, Swapped};
use crate::client::step::{Failure, FailureKind, Halt, Next, Outcome, ScopeKey, StagedOp, Step};
use crate::pb;
use crate::wire::sync::{weigh, weigh_request};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

/// Most calls of one exchange: an outbox of 400 days fits into far fewer.
const CALLS_MAX: u32 = 64;
/// Most steps that wait for one transaction.
const STEPS_MAX: usize = 64;

/// How a call is broken on purpose, to rehearse a bad link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cut {
    /// After so many frames the rest of the answer is lost; `Some(0)`: all of it.
    pub(crate) after_frames: Option<u32>,
}

/// What an exchange did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Exchanged {
    /// Calls made.
    pub(crate) calls: u32,
    /// Commands sent, repeated ones included.
    pub(crate) sent: u32,
    /// Answers by outcome.
    pub(crate) answers: Vec<Outcome>,
    /// Rows that came.
    pub(crate) rows: u32,
    /// Scopes that were rebuilt.
    pub(crate) resets: u32,
    /// Bytes on the wire, TLS included.
    pub(crate) bytes: Counted,
    /// Those of them that renewed the token.
    pub(crate) renewing: Counted,
    /// Checkpoints reached.
    pub(crate) checkpoints: u32,
    /// Scopes that do not agree though they were rebuilt.
    pub(crate) loops: Vec<ScopeKey>,
    /// What was sent and received, by kind: how many, and how many bytes before TLS and HTTP/2.
    pub(crate) wire: BTreeMap<&'static str, (u32, u64)>,
    /// The lowest version that reads everything, when the server wants a newer app.
    pub(crate) upgrade_wanted: Option<String>,
}

/// When a call that follows ends.
pub(super) enum Until {
    /// At its checkpoint: the server closes the stream.
    Checkpoint(Cut),
    /// When somebody wants to call, or the following is stopped.
    Woken,
}

impl Until {
    /// Whether the call is broken on purpose: then its failure is what was wanted.
    fn is_cut(&self) -> bool {
        matches!(self, Self::Checkpoint(Cut { after_frames: Some(_) }))
    }
}

impl Core {
    /// One exchange. Cut off anywhere, it is taken up where it was by the next one.
    pub(crate) async fn sync(&self, cut: Cut) -> Result<Exchanged, RunError> {
        self.wake.notify_one(); // A follower lets go of the engine.
        self.exchange(&Until::Checkpoint(cut)).await
    }

    pub(super) async fn exchange(&self, until: &Until) -> Result<Exchanged, RunError> {
        let mut engine = self.engine.lock().await;
        let before = self.counters.now();
        let mut done = Exchanged::default();
        let result = self.calls(&mut engine, until, &mut done).await;
        done.bytes = self.counters.now().since(before);
        done.loops.clone_from(&engine.told().loops);
        done.upgrade_wanted.clone_from(&engine.told().upgrade_wanted);
        result.map(|()| done)
    }

    async fn calls(&self, engine: &mut Engine, until: &Until, done: &mut Exchanged) -> Result<(), RunError> {
        // Servers that were not tried yet: one that does not answer is no reason to wait while another may.
        let mut untried = self.admitted_device()?.applicant.addresses.len().saturating_sub(1);
        for _ in 0..CALLS_MAX {
            let device = self.admitted_device()?;
            let (next, silent, message) = match self.call(engine, &device, until, done).await? {
                Ok(()) => (engine.closed(keys::random_number()), false, String::new()),
                Err(failure) => {
                    let silent = failure.kind == FailureKind::PerhapsApplied && failure.retry_after.is_none();
                    (engine.failed(&failure, keys::random_number()), silent && !until.is_cut(), failure.message)
                }
            };
            match next {
                Next::Done => return Ok(()),
                Next::Again => {}
                Next::Renew => self.renew_counted(engine, &device, done).await?,
                Next::OtherServer => self.next_server(),
                Next::Wait(_) if silent && untried > 0 => {
                    untried -= 1;
                    self.next_server();
                }
                Next::Wait(after) => {
                    self.next_server();
                    return Err(RunError::Later { after, message });
                }
                Next::Stop(halt) => return Err(self.halt(halt, message)?),
            }
        }
        Ok(())
    }

    /// A halt is told; a revoked phone destroys what it holds before anybody is told.
    pub(crate) fn halt(&self, halt: Halt, message: String) -> Result<RunError, RunError> {
        if halt == Halt::Revoked {
            self.replica().destroy()?;
            self.hang_up();
            self.tell(&[Swapped::default()]);
        }
        Ok(RunError::Halted { halt, message })
    }

    /// This phone, if it is enrolled and no copy of it is at work.
    pub(crate) fn admitted_device(&self) -> Result<Device, RunError> {
        let device = self.replica().device()?.filter(|device| device.admission.is_some());
        let device = device.ok_or(RunError::NotEnrolled)?;
        match self.replica().progress()?.forked {
            0 => Ok(device),
            number => Err(RunError::Halted { halt: Halt::Forked(number), message: String::new() }),
        }
    }

    async fn renew_counted(&self, engine: &mut Engine, device: &Device, done: &mut Exchanged) -> Result<(), RunError> {
        let before = self.counters.now();
        self.renew(engine, device).await?;
        done.renewing = done.renewing.and(self.counters.now().since(before));
        Ok(())
    }

    /// One call: the inner error is the link's, the outer one the replica's.
    async fn call(
        &self,
        engine: &mut Engine,
        device: &Device,
        until: &Until,
        done: &mut Exchanged,
    ) -> Result<Result<(), Failure>, RunError> {
        let Some(admission) = &device.admission else { return Err(RunError::NotEnrolled) };
        if self.clock.now().0 >= admission.token_expires {
            // Surely too late, unless this clock is wrong: then one renewal too many does no harm.
            self.renew_counted(engine, device, done).await?;
        }
        let token = self.replica().device()?.and_then(|device| device.admission).map(|admission| admission.token);
        let start = self.replica().start(engine.commands_max())?;
        let last = start.commands.last().map(|(number, _)| *number);
        done.sent += u32::try_from(start.commands.len()).unwrap_or(u32::MAX);
        done.calls += 1;
        let request = engine.begin(start, matches!(until, Until::Woken));
        let (rest, commands) = weigh_request(&request);
        log(done, "> request", rest);
        if commands > 0 {
            log(done, "> commands", commands);
        }
        let link = match self.link(device) {
            Ok(link) => link,
            Err(failure) => return Ok(Err(failure)),
        };
        let result = match link.sync(request, &token.unwrap_or_default()).await {
            Ok(stream) => self.read(engine, stream, until, done).await?,
            Err(failure) => Err(failure),
        };
        if let (Err(failure), Some(last)) = (&result, last)
            && failure.kind == FailureKind::PerhapsApplied
        {
            self.replica().sent(last)?;
        }
        Ok(result)
    }

    async fn read(
        &self,
        engine: &mut Engine,
        mut stream: Streaming<pb::SyncResponse>,
        until: &Until,
        done: &mut Exchanged,
    ) -> Result<Result<(), Failure>, RunError> {
        let mut left = match until {
            Until::Checkpoint(cut) => cut.after_frames,
            Until::Woken => None,
        };
        loop {
            let mut frame = match until {
                Until::Checkpoint(_) => stream.message().await,
                Until::Woken => tokio::select! {
                    frame = stream.message() => frame,
                    () = self.wake.notified() => return Ok(Ok(())),
                },
            };
            // Everything that is here already is written together.
            let mut steps = Vec::new();
            let ended = loop {
                match frame {
                    Ok(Some(_)) if left == Some(0) => break Some(Err(cut_on_purpose())),
                    Ok(Some(frame)) => match engine.frame(logged(frame, done)) {
                        Ok(more) => steps.extend(more),
                        Err(bad) => break Some(Err(malformed(&bad.to_string()))),
                    },
                    Ok(None) => break Some(Ok(())),
                    Err(status) => break Some(Err(failure(&status))),
                }
                left = left.map(|left| left.saturating_sub(1));
                if steps.len() >= STEPS_MAX {
                    break None;
                }
                match at_hand(&mut stream).await {
                    Some(next) => frame = next,
                    None => break None,
                }
            };
            self.write(engine, &steps, done)?;
            if let Some(ended) = ended {
                return Ok(ended);
            }
            if matches!(until, Until::Woken) && engine.wants_another_call() {
                return Ok(Ok(()));
            }
        }
    }

    fn write(&self, engine: &mut Engine, steps: &[Step], done: &mut Exchanged) -> Result<(), RunError> {
        if steps.is_empty() {
            return Ok(());
        }
        let swaps = self.replica().apply(steps, self.clock.now(), &mut |mark, held| engine.compare(mark, held))?;
        steps.iter().for_each(|step| note(step, done));
        self.tell(&swaps);
        Ok(())
    }
}

fn log(done: &mut Exchanged, kind: &'static str, bytes: usize) {
    let line = done.wire.entry(kind).or_default();
    *line = (line.0 + 1, line.1 + bytes as u64);
}

fn logged(frame: pb::SyncResponse, done: &mut Exchanged) -> pb::SyncResponse {
    let (kind, bytes) = weigh(&frame);
    log(done, kind, bytes);
    frame
}

fn note(step: &Step, done: &mut Exchanged) {
    match step {
        Step::Stage { ops, .. } => {
            let is_row =
                |op: &&StagedOp| matches!(op, StagedOp::Put { .. } | StagedOp::Own { .. } | StagedOp::Gone { .. });
            done.rows += u32::try_from(ops.iter().filter(is_row).count()).unwrap_or(u32::MAX);
            let resets = ops.iter().filter(|op| matches!(op, StagedOp::Reset { .. })).count();
            done.resets += u32::try_from(resets).unwrap_or(u32::MAX);
        }
        Step::Acknowledge(answer) => done.answers.push(answer.outcome),
        Step::Swap(_) => done.checkpoints += 1,
        Step::Enter { .. } | Step::ResendFrom(_) | Step::Forked(_) | Step::Trust(_) => {}
    }
}

/// The next frame if it is here already.
async fn at_hand(stream: &mut Streaming<pb::SyncResponse>) -> Option<Result<Option<pb::SyncResponse>, Status>> {
    poll_fn(|cx| match Pin::new(&mut *stream).poll_next(cx) {
        Poll::Ready(next) => Poll::Ready(Some(next.transpose())),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn cut_on_purpose() -> Failure {
    let message = "cut on purpose".to_owned();
    Failure { kind: FailureKind::PerhapsApplied, reason: String::new(), retry_after: None, message }
}

fn malformed(what: &str) -> Failure {
    let message = format!("the server's answer is {what}");
    Failure { kind: FailureKind::Other, reason: String::new(), retry_after: None, message }
}
