//! Calls over the phone's own connection: enrolment, sync, follow mode. Each method blocks until
//! its call has ended.

use super::{
    ClientError, FindingState, Phone, Result, SessionView, SyncSummary, TrafficLine,
    lock_ignoring_poison, saturating_u32,
};
use crate::client::protocol::OutboxOutcome;
use crate::client::runner::{ExchangeStats, FaultInjection, FollowTask, RunnerError};
use std::future::Future;
use std::sync::{Arc, OnceLock, mpsc};
use tokio::runtime::{Builder, Handle, Runtime};

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Enrols with the text of a QR code. May be repeated with the same text after a lost response.
    pub fn enrol(&self, invitation: String) -> Result<SessionView> {
        let runner = self.runner.clone();
        block_on_runtime(async move { runner.enrol(&invitation).await })?
            .map_err(ClientError::from)?;
        self.session()?.ok_or(ClientError::NotEnrolled)
    }

    /// Sends pending commands and receives changes. May be called at any time, also while
    /// following.
    pub fn sync_once(&self) -> Result<SyncSummary> {
        self.sync_with_fault(None)
    }

    /// A sync over a faulty connection: the response is cut after so many frames; `Some(0)` cuts
    /// all of it. For rehearsals, tests and the demo.
    pub fn sync_with_fault(&self, after_frames: Option<u32>) -> Result<SyncSummary> {
        let runner = self.runner.clone();
        let stats = block_on_runtime(async move {
            runner.sync(FaultInjection { drop_after_frames: after_frames }).await
        })??;
        Ok(to_sync_summary(&stats))
    }

    /// [`Phone::enrol`] for languages with suspension: does not block the caller's thread.
    pub async fn enrol_async(&self, invitation: String) -> Result<SessionView> {
        let runner = self.runner.clone();
        let call = shared_runtime()?.spawn(async move { runner.enrol(&invitation).await });
        call.await.map_err(|_| stopped_error())??;
        self.session()?.ok_or(ClientError::NotEnrolled)
    }

    /// [`Phone::sync_once`] for languages with suspension: does not block the caller's thread.
    pub async fn sync_once_async(&self) -> Result<SyncSummary> {
        let runner = self.runner.clone();
        let call =
            shared_runtime()?.spawn(async move { runner.sync(FaultInjection::default()).await });
        Ok(to_sync_summary(&call.await.map_err(|_| stopped_error())??))
    }

    /// Replies to a finding of the own unit: `Explained`, `Corrected` or `AcceptedRisk`, with 1 to
    /// 500 characters without personal data. Needs a connection; the next sync shows the reply.
    pub fn reply_finding(
        &self,
        finding_id: String,
        state: FindingState,
        text: String,
    ) -> Result<()> {
        let request = self.finding_reply(&finding_id, state, &text)?;
        let runner = self.runner.clone();
        Ok(block_on_runtime(async move { runner.reply_finding(request).await })??)
    }

    /// Starts following: changes arrive as they happen and commands are sent at once, until
    /// `stop_following`.
    pub fn start_following(&self) -> Result<()> {
        let listener = self.listener.clone();
        let stopped = move |error: &RunnerError| {
            let listener = lock_ignoring_poison(&listener).clone();
            if let Some(listener) = listener {
                listener.on_stopped(error.clone().into());
            }
        };
        *lock_ignoring_poison(&self.follow_task) =
            Some(FollowTask::spawn(self.runner.clone(), &shared_runtime()?, Arc::new(stopped)));
        Ok(())
    }

    /// Stops following. Received changes stay stored.
    pub fn stop_following(&self) {
        *lock_ignoring_poison(&self.follow_task) = None;
    }

    /// Closes the connection; the next sync makes a new one.
    pub fn disconnect(&self) {
        self.runner.disconnect();
    }
}

fn to_sync_summary(stats: &ExchangeStats) -> SyncSummary {
    let of = |outcome: OutboxOutcome| {
        saturating_u32(stats.outcomes.iter().filter(|one| **one == outcome).count())
    };
    SyncSummary {
        calls: stats.calls,
        sent: stats.commands_sent,
        applied: of(OutboxOutcome::Applied),
        merged: of(OutboxOutcome::Merged),
        conflicts: of(OutboxOutcome::Conflict),
        held: of(OutboxOutcome::Held),
        rejected: of(OutboxOutcome::Rejected),
        rows: stats.rows,
        resets: stats.resets,
        checkpoints: stats.checkpoints,
        bytes_sent: stats.traffic.bytes_sent,
        bytes_received: stats.traffic.bytes_received,
        bytes_for_renewal: stats.renewal_traffic.bytes_sent + stats.renewal_traffic.bytes_received,
        traffic: stats
            .traffic_by_kind
            .iter()
            .map(|(kind, (count, bytes))| TrafficLine {
                kind: (*kind).to_owned(),
                count: *count,
                bytes: *bytes,
            })
            .collect(),
        connections: u32::try_from(stats.traffic.connections).unwrap_or(u32::MAX),
        digests_match: stats.checkpoints > 0 && stats.diverged_scopes.is_empty(),
        upgrade_wanted: stats.upgrade_wanted.clone(),
    }
}

/// The engine's runtime: two threads, shared by all phones of the process.
fn shared_runtime() -> Result<Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let build = || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("thidua-phone")
            .enable_all()
            .build()
            .ok()
    };
    let runtime = RUNTIME.get_or_init(build).as_ref();
    let no_threads = || ClientError::Storage { detail: "the system gives no threads".to_owned() };
    runtime.map(|runtime| runtime.handle().clone()).ok_or_else(no_threads)
}

/// Runs a future on the engine's threads and blocks here, so that a caller inside another runtime
/// does not panic.
fn block_on_runtime<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let (sender, result) = mpsc::sync_channel(1);
    shared_runtime()?.spawn(async move { sender.send(work.await) });
    result.recv().map_err(|_| stopped_error())
}

fn stopped_error() -> ClientError {
    ClientError::Storage { detail: "the engine stopped while it worked".to_owned() }
}
