//! An exchange: calls until the outbox is empty and every digest matches, or until the runner has
//! to wait.

use super::{Runner, RunnerError};
use crate::client::device_key;
use crate::client::engine::Engine;
use crate::client::protocol::{
    CallError, CallErrorKind, NextAction, OutboxOutcome, ReplicaAction, ScopeKey, StagedOp,
};
use crate::client::replica::LocalDevice;
use crate::client::transport::to_call_error;
use crate::client::transport::traffic::TrafficTotals;
use crate::pb;
use crate::wire::sync::{measure_frame, measure_request};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

/// Maximum number of calls of one exchange; an outbox of 400 days needs far fewer.
const CALLS_MAX: u32 = 64;
/// Maximum number of actions collected for one transaction.
const ACTIONS_MAX: usize = 64;

/// An injected fault of a call, to rehearse a bad connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FaultInjection {
    /// The response is cut after so many frames; `Some(0)` cuts all of it.
    pub(crate) drop_after_frames: Option<u32>,
}

/// Results and cost of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ExchangeStats {
    /// Calls made.
    pub(crate) calls: u32,
    /// Commands sent, repetitions included.
    pub(crate) commands_sent: u32,
    /// The outcome of each verdict.
    pub(crate) outcomes: Vec<OutboxOutcome>,
    /// Rows received.
    pub(crate) rows: u32,
    /// Rebuilt scopes.
    pub(crate) resets: u32,
    /// Bytes on the wire, TLS included.
    pub(crate) traffic: TrafficTotals,
    /// The part used for token renewals.
    pub(crate) renewal_traffic: TrafficTotals,
    /// Checkpoints reached.
    pub(crate) checkpoints: u32,
    /// Scopes whose digest still differs after a rebuild.
    pub(crate) diverged_scopes: Vec<ScopeKey>,
    /// Sent and received frames by kind: their number, and their bytes before TLS and HTTP/2.
    pub(crate) traffic_by_kind: BTreeMap<&'static str, (u32, u64)>,
    /// The lowest version that decodes every record, if the server wants a newer app.
    pub(crate) upgrade_wanted: Option<String>,
}

/// When a call ends.
pub(super) enum CallMode {
    /// At its checkpoint: the server closes the stream.
    UntilCheckpoint(FaultInjection),
    /// When another task wants to call, or following is stopped.
    UntilNotified,
}

impl CallMode {
    /// Whether the call has an injected fault, so that its failure is expected.
    fn has_injected_fault(&self) -> bool {
        matches!(self, Self::UntilCheckpoint(FaultInjection { drop_after_frames: Some(_) }))
    }
}

impl Runner {
    /// Runs one exchange. A cut exchange is continued by the next one.
    pub(crate) async fn sync(&self, cut: FaultInjection) -> Result<ExchangeStats, RunnerError> {
        self.network.wake.notify_one(); // A follow call releases the engine.
        self.run_exchange(&CallMode::UntilCheckpoint(cut)).await
    }

    pub(super) async fn run_exchange(&self, mode: &CallMode) -> Result<ExchangeStats, RunnerError> {
        let mut engine = self.engine.lock().await;
        let before = self.network.traffic.snapshot();
        let mut stats = ExchangeStats::default();
        let result = self.run_calls(&mut engine, mode, &mut stats).await;
        stats.traffic = self.network.traffic.snapshot().since(before);
        stats.diverged_scopes.clone_from(&engine.server_info().diverged_scopes);
        stats.upgrade_wanted.clone_from(&engine.server_info().upgrade_wanted);
        result.map(|()| stats)
    }

    async fn run_calls(
        &self,
        engine: &mut Engine,
        mode: &CallMode,
        stats: &mut ExchangeStats,
    ) -> Result<(), RunnerError> {
        // The number of untried servers: the runner tries them before it waits.
        let mut untried = self.enrolled_device()?.identity.addresses.len().saturating_sub(1);
        for _ in 0..CALLS_MAX {
            let device = self.enrolled_device()?;
            let ended = self.run_call(engine, &device, mode, stats).await?;
            let next = match &ended {
                Ok(()) => engine.on_stream_closed(device_key::random_u64()),
                Err(failure) => engine.on_call_failed(failure, device_key::random_u64()),
            };
            let no_response =
                ended.as_ref().is_err_and(is_without_response) && !mode.has_injected_fault();
            match next {
                NextAction::Done => return Ok(()),
                NextAction::CallAgain => {}
                NextAction::RenewToken => self.renew_token_counted(engine, &device, stats).await?,
                NextAction::TryNextServer => self.advance_server(),
                NextAction::Wait(_) if no_response && untried > 0 => {
                    untried -= 1;
                    self.advance_server();
                }
                NextAction::Wait(after) => {
                    self.advance_server();
                    return Err(match ended {
                        Ok(()) => RunnerError::RetryLater { after, message: String::new() },
                        Err(failure) => RunnerError::from_waiting_call(failure, after),
                    });
                }
                NextAction::Stop(halt) => {
                    let message = ended.err().map(|failure| failure.message).unwrap_or_default();
                    return Err(self.to_halt_error(halt, message)?);
                }
            }
        }
        Ok(())
    }

    async fn renew_token_counted(
        &self,
        engine: &mut Engine,
        device: &LocalDevice,
        stats: &mut ExchangeStats,
    ) -> Result<(), RunnerError> {
        let before = self.network.traffic.snapshot();
        self.renew_token(engine, device).await?;
        stats.renewal_traffic =
            stats.renewal_traffic.plus(self.network.traffic.snapshot().since(before));
        Ok(())
    }

    /// Runs one call. The inner error is the connection's, the outer one the replica's.
    async fn run_call(
        &self,
        engine: &mut Engine,
        device: &LocalDevice,
        mode: &CallMode,
        stats: &mut ExchangeStats,
    ) -> Result<Result<(), CallError>, RunnerError> {
        let Some(enrolment) = &device.enrolment else { return Err(RunnerError::NotEnrolled) };
        if self.clock.now().0 >= enrolment.token_expires_at {
            // Expired by this phone's clock; if the clock is wrong, one renewal too many does no
            // harm.
            self.renew_token_counted(engine, device, stats).await?;
        }
        let token = self
            .replica()
            .device()?
            .and_then(|device| device.enrolment)
            .map(|enrolment| enrolment.token);
        let start = self.replica().load_sync_input(engine.commands_max())?;
        let last = start.commands.last().map(|(number, _)| *number);
        stats.commands_sent += u32::try_from(start.commands.len()).unwrap_or(u32::MAX);
        stats.calls += 1;
        let request = engine.build_request(start, matches!(mode, CallMode::UntilNotified));
        let (rest, commands) = measure_request(&request);
        record_traffic(stats, "> request", rest);
        if commands > 0 {
            record_traffic(stats, "> commands", commands);
        }
        let client = match self.server_client(device) {
            Ok(client) => client,
            Err(failure) => return Ok(Err(failure)),
        };
        let result = match client.sync(request, &token.unwrap_or_default()).await {
            Ok(stream) => self.read_frames(engine, stream, mode, stats).await?,
            Err(failure) => Err(failure),
        };
        if let (Err(failure), Some(last)) = (&result, last)
            && failure.kind == CallErrorKind::MaybeApplied
        {
            self.replica().mark_sent(last)?;
        }
        Ok(result)
    }

    async fn read_frames(
        &self,
        engine: &mut Engine,
        mut stream: Streaming<pb::SyncResponse>,
        mode: &CallMode,
        stats: &mut ExchangeStats,
    ) -> Result<Result<(), CallError>, RunnerError> {
        let mut remaining = match mode {
            CallMode::UntilCheckpoint(cut) => cut.drop_after_frames,
            CallMode::UntilNotified => None,
        };
        loop {
            let mut frame = match mode {
                CallMode::UntilCheckpoint(_) => stream.message().await,
                CallMode::UntilNotified => tokio::select! {
                    frame = stream.message() => frame,
                    () = self.network.wake.notified() => return Ok(Ok(())),
                },
            };
            // All frames that are already received are applied in one transaction.
            let mut actions = Vec::new();
            let ended = loop {
                match frame {
                    Ok(Some(_)) if remaining == Some(0) => break Some(Err(injected_fault_error())),
                    Ok(Some(frame)) => match engine.handle_frame(record_frame(frame, stats)) {
                        Ok(more) => actions.extend(more),
                        Err(bad) => break Some(Err(malformed_response_error(&bad.to_string()))),
                    },
                    Ok(None) => break Some(Ok(())),
                    Err(status) => break Some(Err(to_call_error(&status))),
                }
                remaining = remaining.map(|remaining| remaining.saturating_sub(1));
                if actions.len() >= ACTIONS_MAX {
                    break None;
                }
                match poll_next_ready(&mut stream).await {
                    Some(next) => frame = next,
                    None => break None,
                }
            };
            self.apply_actions(engine, &actions, stats)?;
            if let Some(ended) = ended {
                return Ok(ended);
            }
            if matches!(mode, CallMode::UntilNotified) && engine.needs_another_call() {
                return Ok(Ok(()));
            }
        }
    }

    fn apply_actions(
        &self,
        engine: &mut Engine,
        actions: &[ReplicaAction],
        stats: &mut ExchangeStats,
    ) -> Result<(), RunnerError> {
        if actions.is_empty() {
            return Ok(());
        }
        let swaps =
            self.replica().apply_actions(actions, self.clock.now(), &mut |checkpoint, local| {
                engine.compare_digests(checkpoint, local)
            })?;
        actions.iter().for_each(|action| record_action(action, stats));
        self.notify_listener(&swaps);
        Ok(())
    }
}

fn record_traffic(stats: &mut ExchangeStats, kind: &'static str, bytes: usize) {
    let line = stats.traffic_by_kind.entry(kind).or_default();
    *line = (line.0 + 1, line.1 + bytes as u64);
}

fn record_frame(frame: pb::SyncResponse, stats: &mut ExchangeStats) -> pb::SyncResponse {
    let (kind, bytes) = measure_frame(&frame);
    record_traffic(stats, kind, bytes);
    frame
}

fn record_action(action: &ReplicaAction, stats: &mut ExchangeStats) {
    match action {
        ReplicaAction::StageOps { ops, .. } => {
            let is_row = |op: &&StagedOp| {
                matches!(op, StagedOp::Put { .. } | StagedOp::Own { .. } | StagedOp::Gone { .. })
            };
            stats.rows += u32::try_from(ops.iter().filter(is_row).count()).unwrap_or(u32::MAX);
            let resets = ops.iter().filter(|op| matches!(op, StagedOp::Reset { .. })).count();
            stats.resets += u32::try_from(resets).unwrap_or(u32::MAX);
        }
        ReplicaAction::SaveVerdict(answer) => stats.outcomes.push(answer.outcome),
        ReplicaAction::SwapStaged(_) => stats.checkpoints += 1,
        ReplicaAction::EnterEpoch { .. }
        | ReplicaAction::ResendFrom(_)
        | ReplicaAction::SaveFork(_)
        | ReplicaAction::ReplaceTrustedCas(_) => {}
    }
}

/// The next frame if it is already received.
async fn poll_next_ready(
    stream: &mut Streaming<pb::SyncResponse>,
) -> Option<Result<Option<pb::SyncResponse>, Status>> {
    poll_fn(|cx| match Pin::new(&mut *stream).poll_next(cx) {
        Poll::Ready(next) => Poll::Ready(Some(next.transpose())),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Whether the server did not respond: another server may.
fn is_without_response(failure: &CallError) -> bool {
    matches!(failure.kind, CallErrorKind::MaybeApplied | CallErrorKind::ClockWrong { .. })
        && failure.retry_after.is_none()
}

fn injected_fault_error() -> CallError {
    let message = "cut on purpose".to_owned();
    CallError {
        kind: CallErrorKind::MaybeApplied,
        reason: String::new(),
        retry_after: None,
        message,
    }
}

fn malformed_response_error(what: &str) -> CallError {
    let message = format!("the server's answer is {what}");
    CallError { kind: CallErrorKind::Other, reason: String::new(), retry_after: None, message }
}
