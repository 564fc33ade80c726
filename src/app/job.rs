//! Running a job's slot: claimed once, under a lease with a fencing token, its end on record.
//!
//! Knows no schedule and no job's work.

use super::App;
use super::error::{AppError, Result};
use crate::domain::permission::{Actor, Denied, UnitPath, action, authorize};
use crate::domain::time::Instant;
use crate::store::WriteTx;
pub use crate::store::jobs::JobRun;
use jiff::civil::Date;

/// How long a lease holds unless the operator says otherwise: longer than any night takes.
pub(super) const LEASE_MICROS: i64 = 10 * 60 * 1_000_000;

/// How the call for a slot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotEnd {
    /// It ran; what it says of itself.
    Done(String),
    /// It had run before.
    AlreadyDone,
    /// Another node runs the job now.
    HeldElsewhere,
}

impl App {
    /// Runs `work` for the slot, unless it is done or somebody else runs the job. `work` gets the actor and the fencing token.
    pub fn run_slot(
        &self,
        owner: &str,
        job: &str,
        slot: Instant,
        work: &dyn Fn(&App, &Actor, i64) -> Result<String>,
    ) -> Result<SlotEnd> {
        let Some(fence) = self.claim(owner, job, slot)? else {
            let done = self.store().read(|tx| tx.job_run(job, slot.0))?.is_some_and(|run| run.is_settled());
            return Ok(if done { SlotEnd::AlreadyDone } else { SlotEnd::HeldElsewhere });
        };
        let ended = self.system().and_then(|actor| work(self, &actor, fence));
        let (state, message) = match &ended {
            Ok(message) => ("DONE", message.clone()),
            Err(error) => ("FAILED", error.to_string()),
        };
        let cut = self.store().read(|tx| tx.head())?.seq;
        self.store().write("job.end", self.now(), |tx| {
            // The lease first, as whoever claims takes it first: in another order two nodes would wait for each other.
            tx.release_lease(job, fence)?;
            let finished = Some(tx.now().0);
            if let Some(run) = tx.job_run(job, slot.0)?
                && run.fence == fence
                && run.state == "RUNNING"
            {
                let message = Some(message.clone());
                tx.put_job_run(&JobRun { state: state.to_owned(), finished, cut: Some(cut), message, ..run })?;
            }
            Ok::<_, AppError>(())
        })?;
        ended.map(SlotEnd::Done)
    }

    fn claim(&self, owner: &str, job: &str, slot: Instant) -> Result<Option<i64>> {
        self.store().write("job.claim", self.now(), |tx| {
            if tx.job_run(job, slot.0)?.is_some_and(|run| run.is_settled()) {
                return Ok(None);
            }
            let Some(fence) = tx.take_lease(job, owner, tx.now().plus_micros(self.lease_micros))? else {
                return Ok(None);
            };
            tx.put_job_run(&JobRun {
                job: job.to_owned(),
                slot: slot.0,
                state: "RUNNING".to_owned(),
                owner: owner.to_owned(),
                fence,
                started: tx.now().0,
                finished: None,
                cut: None,
                input_digest: None,
                output_digest: None,
                message: None,
            })?;
            Ok::<_, AppError>(Some(fence))
        })
    }

    /// The newest slot of a job that ended well.
    pub fn last_done(&self, job: &str) -> Result<Option<Instant>> {
        Ok(self.store().read(|tx| tx.last_done(job))?.map(|run| Instant(run.slot)))
    }

    /// Ends the run of a job that is under way: its token is no longer the newest, so it publishes nothing, and its slot is not run again.
    /// `false`: none is under way.
    pub fn cancel_job(&self, actor: &Actor, job: &str) -> Result<bool> {
        self.may_run_jobs(actor)?;
        self.store().write("job.cancel", self.now(), |tx| {
            let Some(run) = tx.running(job)? else { return Ok(false) };
            tx.revoke_lease(job)?;
            let finished = Some(tx.now().0);
            tx.put_job_run(&JobRun { state: "CANCELLED".to_owned(), finished, ..run })?;
            Ok(true)
        })
    }

    /// The run of one slot.
    pub fn job_run(&self, job: &str, slot: Instant) -> Result<Option<JobRun>> {
        Ok(self.store().read(|tx| tx.job_run(job, slot.0))?)
    }

    /// Runs of all jobs or of one, newest slot first.
    pub fn job_runs(&self, job: Option<&str>, limit: i64) -> Result<Vec<JobRun>> {
        Ok(self.store().read(|tx| tx.job_runs(job, limit))?)
    }
}

impl App {
    /// Whether the caller may read the jobs and their runs.
    pub fn may_read_jobs(&self, actor: &Actor) -> Result<()> {
        self.at_root(|place, today| authorize::<action::ReadJob>(actor, place, today).map(|_| ()))
    }

    /// Whether the caller may run a job.
    pub fn may_run_jobs(&self, actor: &Actor) -> Result<()> {
        self.at_root(|place, today| authorize::<action::RunJob>(actor, place, today).map(|_| ()))
    }

    /// The slot under which a run asked for by this request runs: the same for the same request. `None`: it asked for another job.
    pub fn slot_asked(&self, actor: &Actor, request: [u8; 16], job: &str) -> Result<Option<Instant>> {
        self.may_run_jobs(actor)?;
        self.store().write("job.ask", self.now(), |tx| {
            if let Some((method, answer)) = tx.answered(actor.account, &request)? {
                let slot = answer.try_into().ok().map(|bytes| Instant(i64::from_be_bytes(bytes)));
                return Ok(slot.filter(|_| method == job));
            }
            let slot = tx.now();
            tx.keep_answer(actor.account, &request, job, &slot.0.to_be_bytes())?;
            Ok(Some(slot))
        })
    }

    fn at_root(&self, ask: impl Fn(&UnitPath, Date) -> std::result::Result<(), Denied>) -> Result<()> {
        let root = self.store().read(|tx| self.root(tx))?.ok_or_else(AppError::no_organisation)?;
        let place = UnitPath { unit: root, acting: root, above: Vec::new() };
        Ok(ask(&place, self.now().local_date())?)
    }
}

/// Whether the token is still the newest: asked in the transaction that writes the job's result.
pub fn holds(tx: &mut WriteTx, job: &str, fence: i64) -> Result<bool> {
    Ok(tx.holds_lease(job, fence)?)
}
