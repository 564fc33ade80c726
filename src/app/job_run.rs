//! Runs a slot of a job: the slot is claimed once under a lease with a fencing token, and its
//! outcome is stored.

use super::App;
use super::act::{ActEnd, ActRequest, Performer};
use super::error::{AppError, Result};
use crate::clock::Clock;
use crate::domain::access::permission::{
    Actor, AuthorizationError, Permit, UnitPath, action, authorize,
};
use crate::domain::support::clock_fault::{CLOCK_TOLERANCE_MICROS, ClockFault};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::Timestamp;
use crate::store::WriteTx;
pub use crate::store::job_run::JobRun;
use jiff::civil::Date;

/// Default duration of a lease: 10 minutes, longer than any job runs.
pub(super) const LEASE_MICROS: i64 = 10 * 60 * 1_000_000;

string_enum! {
    /// A job, with its name in stored rows, commands and responses. In the order of their daily
    /// times.
    JobId {
        /// Applies the organisation changes and campaign steps of the day.
        ApplyDay = "apply-day",
        /// Locks accepted reports whose grace is over.
        ClosePeriods = "close-periods",
        /// Raises and withdraws data-quality findings.
        Quality = "quality",
        /// Aggregates accepted reports and judges the targets.
        Aggregate = "aggregate",
        /// Reports phases whose figures are complete.
        PhaseReview = "phase-review",
        /// Recomputes the latest runs from the raw reports.
        VerifyRuns = "verify-runs",
        /// Makes and verifies a backup.
        Backup = "backup",
        /// Deletes old tombstones and stored responses.
        Compact = "compact",
        /// Verifies the audit chain and all stored content, and signs a checkpoint.
        VerifyAudit = "verify-audit",
        /// Restores the newest backup to a scratch database and checks it.
        RestoreDrill = "restore-drill",
        /// Counts due reports that were not sent.
        Remind = "remind",
    }
}

/// The outcome of a request to run a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSlotOutcome {
    /// It ran; its one-line summary.
    Done(String),
    /// It ran before, or was cancelled.
    AlreadyDone,
    /// Another node holds the lease of the job.
    LeasedElsewhere,
    /// It did not run: the machine's clock is in doubt.
    ClockInDoubt(ClockFault),
}

impl App {
    /// Runs `work` for the slot, unless it is done, another node runs the job, or the clock is in
    /// doubt. `work` receives the actor SYSTEM and the fencing token, and an application whose
    /// clock stands at the start of the run: a clock that jumps meanwhile changes nothing in it.
    pub fn run_slot(
        &self,
        owner: &str,
        job: JobId,
        slot: Timestamp,
        work: &dyn Fn(&App, &Actor, i64) -> Result<String>,
    ) -> Result<JobSlotOutcome> {
        let now = match self.check_clock()? {
            Ok(now) => now,
            Err(fault) => return Ok(JobSlotOutcome::ClockInDoubt(fault)),
        };
        if let Some(fault) = ClockFault::while_running(now, slot.max(now)) {
            // The slot was computed while the clock was ahead.
            return Ok(JobSlotOutcome::ClockInDoubt(fault));
        }
        let Some(fencing_token) = self.claim_slot(owner, job, slot, now)? else {
            let done = self
                .store()
                .read(|tx| tx.job_run(job.as_str(), slot.0))?
                .is_some_and(|run| run.is_settled());
            return Ok(if done {
                JobSlotOutcome::AlreadyDone
            } else {
                JobSlotOutcome::LeasedElsewhere
            });
        };
        let running_jobs = self.running_jobs.begin(job);
        let at_start =
            Self { clock: Clock::manual(now), clock_guard: None, running_jobs, ..self.clone() };
        let result = self.system_actor().and_then(|actor| work(&at_start, &actor, fencing_token));
        self.clear_progress(job);
        let (state, message) = match &result {
            Ok(message) => ("DONE", message.clone()),
            Err(error) => ("FAILED", error.to_string()),
        };
        let cut = self.store().read(|tx| tx.head())?.seq;
        self.store().write("job.end", self.now(), |tx| {
            // The row of the lease is locked first, as in `claim_slot`; another order could
            // deadlock.
            tx.release_lease(job.as_str(), fencing_token)?;
            let ended_at = Some(tx.now().0);
            if let Some(run) = tx.job_run(job.as_str(), slot.0)?
                && run.fencing_token == fencing_token
                && run.state == "RUNNING"
            {
                let message = Some(message.clone());
                tx.put_job_run(&JobRun {
                    state: state.to_owned(),
                    ended_at,
                    cut_seq: Some(cut),
                    message,
                    ..run
                })?;
            }
            Ok::<_, AppError>(())
        })?;
        result.map(JobSlotOutcome::Done)
    }

    fn claim_slot(
        &self,
        owner: &str,
        job: JobId,
        slot: Timestamp,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        self.store().write("job.claim", now, |tx| {
            let latest_right = now.saturating_add_micros(CLOCK_TOLERANCE_MICROS);
            tx.reopen_slots_after(job.as_str(), latest_right)?;
            if tx.job_run(job.as_str(), slot.0)?.is_some_and(|run| run.is_settled()) {
                return Ok(None);
            }
            let Some(fencing_token) = tx.acquire_lease(
                job.as_str(),
                owner,
                tx.now().saturating_add_micros(self.lease_micros),
            )?
            else {
                return Ok(None);
            };
            tx.put_job_run(&JobRun {
                job: job.as_str().to_owned(),
                slot_at: slot.0,
                state: "RUNNING".to_owned(),
                owner: owner.to_owned(),
                fencing_token,
                started_at: tx.now().0,
                ended_at: None,
                cut_seq: None,
                input_digest: None,
                output_digest: None,
                message: None,
            })?;
            Ok::<_, AppError>(Some(fencing_token))
        })
    }

    /// The newest successful slot of a job. A slot in the future ran while the clock was ahead and
    /// is ignored.
    pub fn last_done_slot(&self, job: JobId) -> Result<Option<Timestamp>> {
        let now = self.now();
        Ok(self
            .store()
            .read(|tx| tx.last_done_run(job.as_str(), now))?
            .map(|run| Timestamp(run.slot_at)))
    }

    /// Cancels the current run of a job: its fencing token becomes invalid, so it publishes
    /// nothing, and its slot is not run again. `false`: the job is not running.
    pub fn cancel_job(&self, actor: &Actor, job: JobId) -> Result<bool> {
        self.store()
            .write("job.cancel", self.now(), |tx| Ok(self.cancel_job_in(tx, actor, job)?.is_some()))
    }

    /// [`App::cancel_job`] as an act; returns the cancelled run.
    ///
    /// # Errors
    /// WORKFLOW_FORBIDS if the job is not running.
    pub fn perform_job_cancel(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        job: JobId,
    ) -> Result<ActEnd<JobRun>> {
        self.perform(performer, request, |tx, actor| {
            let cancelled = self.cancel_job_in(tx, actor, job)?;
            cancelled.ok_or_else(|| RefusalReason::WorkflowForbids.into())
        })
    }

    fn cancel_job_in(&self, tx: &mut WriteTx, actor: &Actor, job: JobId) -> Result<Option<JobRun>> {
        let today = tx.now().local_date();
        let _: Permit<action::RunJob> = authorize(actor, &self.root_unit_path(tx)?, today)?;
        let Some(run) = tx.running_job_run(job.as_str())? else { return Ok(None) };
        tx.revoke_lease(job.as_str())?;
        let ended_at = Some(tx.now().0);
        let cancelled = JobRun { state: "CANCELLED".to_owned(), ended_at, ..run };
        tx.put_job_run(&cancelled)?;
        Ok(Some(cancelled))
    }

    /// The run of one slot.
    pub fn job_run(&self, job: JobId, slot: Timestamp) -> Result<Option<JobRun>> {
        Ok(self.store().read(|tx| tx.job_run(job.as_str(), slot.0))?)
    }

    /// Runs of all jobs or of one, newest slot first.
    pub fn job_runs(&self, job: Option<JobId>, limit: i64) -> Result<Vec<JobRun>> {
        Ok(self.store().read(|tx| tx.job_runs(job.map(JobId::as_str), None, limit))?)
    }

    /// Runs of all jobs or of one whose slots are not in the future, newest slot first.
    pub fn past_job_runs(&self, job: Option<JobId>, limit: i64) -> Result<Vec<JobRun>> {
        let now = self.now();
        Ok(self.store().read(|tx| tx.job_runs(job.map(JobId::as_str), Some(now), limit))?)
    }
}

impl App {
    /// Whether the caller may read the jobs and their runs.
    pub fn authorize_job_read(&self, actor: &Actor) -> Result<()> {
        self.authorize_at_root(|unit_path, today| {
            authorize::<action::ReadJob>(actor, unit_path, today).map(|_| ())
        })
    }

    /// Whether the caller may run a job.
    pub fn authorize_job_run(&self, actor: &Actor) -> Result<()> {
        self.authorize_at_root(|unit_path, today| {
            authorize::<action::RunJob>(actor, unit_path, today).map(|_| ())
        })
    }

    /// The slot of a requested run: the same for the same request id. `None`: the request id was
    /// used for another job.
    pub fn slot_for_request(
        &self,
        actor: &Actor,
        request: [u8; 16],
        job: JobId,
    ) -> Result<Option<Timestamp>> {
        self.authorize_job_run(actor)?;
        self.store().write("job.ask", self.now(), |tx| {
            if let Some((method, answer)) = tx.find_idempotent_response(actor.account, &request)? {
                let slot = answer.try_into().ok().map(|bytes| Timestamp(i64::from_be_bytes(bytes)));
                return Ok(slot.filter(|_| method == job.as_str()));
            }
            let slot = tx.now();
            tx.insert_idempotent_response(
                actor.account,
                &request,
                job.as_str(),
                &slot.0.to_be_bytes(),
            )?;
            Ok(Some(slot))
        })
    }

    pub(super) fn authorize_at_root(
        &self,
        check: impl Fn(&UnitPath, Date) -> std::result::Result<(), AuthorizationError>,
    ) -> Result<()> {
        let unit_path = self.store().read(|tx| self.root_unit_path(tx))?;
        Ok(check(&unit_path, self.now().local_date())?)
    }
}

/// A slot that this node has claimed.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedSlot {
    /// The job.
    pub job: JobId,
    /// The scheduled time.
    pub slot: Timestamp,
    /// The fencing token of the lease.
    pub fencing_token: i64,
}

impl ClaimedSlot {
    /// Whether this node still holds the lease. Called in the transaction that writes the result.
    pub fn verify_lease(&self, tx: &mut WriteTx) -> Result<bool> {
        verify_job_lease(tx, self.job, self.fencing_token)
    }
}

/// Whether the fencing token is still the newest. Called in the transaction that writes the result.
pub fn verify_job_lease(tx: &mut WriteTx, job: JobId, fencing_token: i64) -> Result<bool> {
    Ok(tx.verify_lease(job.as_str(), fencing_token)?)
}
