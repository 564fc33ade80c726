//! Running a job's slot: claimed once, under a lease with a fencing token, its end on record.
//!
//! Knows no schedule and no job's work.

use super::App;
use super::error::{AppError, Result};
use crate::domain::permission::{Actor, AuthorizationError, UnitPath, action, authorize};
use crate::domain::time::Timestamp;
use crate::store::WriteTx;
pub use crate::store::job_run::JobRun;
use jiff::civil::Date;

/// How long a lease holds unless the operator says otherwise: longer than any night takes.
pub(super) const LEASE_MICROS: i64 = 10 * 60 * 1_000_000;

/// How the call for a slot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSlotOutcome {
    /// It ran; what it says of itself.
    Done(String),
    /// It had run before.
    AlreadyDone,
    /// Another node runs the job now.
    LeasedElsewhere,
}

impl App {
    /// Runs `work` for the slot, unless it is done or somebody else runs the job. `work` gets the actor and the fencing token.
    pub fn run_slot(
        &self,
        owner: &str,
        job: &str,
        slot: Timestamp,
        work: &dyn Fn(&App, &Actor, i64) -> Result<String>,
    ) -> Result<JobSlotOutcome> {
        let Some(fencing_token) = self.claim_slot(owner, job, slot)? else {
            let done = self
                .store()
                .read(|tx| tx.job_run(job, slot.0))?
                .is_some_and(|run| run.is_settled());
            return Ok(if done {
                JobSlotOutcome::AlreadyDone
            } else {
                JobSlotOutcome::LeasedElsewhere
            });
        };
        let ended = self.system_actor().and_then(|actor| work(self, &actor, fencing_token));
        let (state, message) = match &ended {
            Ok(message) => ("DONE", message.clone()),
            Err(error) => ("FAILED", error.to_string()),
        };
        let cut = self.store().read(|tx| tx.head())?.seq;
        self.store().write("job.end", self.now(), |tx| {
            // The lease first, as whoever claims takes it first: in another order two nodes would wait for each other.
            tx.release_lease(job, fencing_token)?;
            let finished = Some(tx.now().0);
            if let Some(run) = tx.job_run(job, slot.0)?
                && run.fencing_token == fencing_token
                && run.state == "RUNNING"
            {
                let message = Some(message.clone());
                tx.put_job_run(&JobRun {
                    state: state.to_owned(),
                    ended_at: finished,
                    cut_seq: Some(cut),
                    message,
                    ..run
                })?;
            }
            Ok::<_, AppError>(())
        })?;
        ended.map(JobSlotOutcome::Done)
    }

    fn claim_slot(&self, owner: &str, job: &str, slot: Timestamp) -> Result<Option<i64>> {
        self.store().write("job.claim", self.now(), |tx| {
            if tx.job_run(job, slot.0)?.is_some_and(|run| run.is_settled()) {
                return Ok(None);
            }
            let Some(fencing_token) =
                tx.acquire_lease(job, owner, tx.now().saturating_add_micros(self.lease_micros))?
            else {
                return Ok(None);
            };
            tx.put_job_run(&JobRun {
                job: job.to_owned(),
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

    /// The newest slot of a job that ended well.
    pub fn last_done_slot(&self, job: &str) -> Result<Option<Timestamp>> {
        Ok(self.store().read(|tx| tx.last_done_run(job))?.map(|run| Timestamp(run.slot_at)))
    }

    /// Ends the run of a job that is under way: its token is no longer the newest, so it publishes nothing, and its slot is not run again.
    /// `false`: none is under way.
    pub fn cancel_job(&self, actor: &Actor, job: &str) -> Result<bool> {
        self.authorize_job_run(actor)?;
        self.store().write("job.cancel", self.now(), |tx| {
            let Some(run) = tx.running_job_run(job)? else { return Ok(false) };
            tx.revoke_lease(job)?;
            let finished = Some(tx.now().0);
            tx.put_job_run(&JobRun { state: "CANCELLED".to_owned(), ended_at: finished, ..run })?;
            Ok(true)
        })
    }

    /// The run of one slot.
    pub fn job_run(&self, job: &str, slot: Timestamp) -> Result<Option<JobRun>> {
        Ok(self.store().read(|tx| tx.job_run(job, slot.0))?)
    }

    /// Runs of all jobs or of one, newest slot first.
    pub fn job_runs(&self, job: Option<&str>, limit: i64) -> Result<Vec<JobRun>> {
        Ok(self.store().read(|tx| tx.job_runs(job, limit))?)
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

    /// The slot under which a run asked for by this request runs: the same for the same request. `None`: it asked for another job.
    pub fn slot_for_request(
        &self,
        actor: &Actor,
        request: [u8; 16],
        job: &str,
    ) -> Result<Option<Timestamp>> {
        self.authorize_job_run(actor)?;
        self.store().write("job.ask", self.now(), |tx| {
            if let Some((method, answer)) = tx.find_idempotent_response(actor.account, &request)? {
                let slot = answer.try_into().ok().map(|bytes| Timestamp(i64::from_be_bytes(bytes)));
                return Ok(slot.filter(|_| method == job));
            }
            let slot = tx.now();
            tx.insert_idempotent_response(actor.account, &request, job, &slot.0.to_be_bytes())?;
            Ok(Some(slot))
        })
    }

    fn authorize_at_root(
        &self,
        check: impl Fn(&UnitPath, Date) -> std::result::Result<(), AuthorizationError>,
    ) -> Result<()> {
        let root =
            self.store().read(|tx| self.root_unit(tx))?.ok_or_else(AppError::no_organisation)?;
        let unit_path = UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() };
        Ok(check(&unit_path, self.now().local_date())?)
    }
}

/// Whether the token is still the newest: asked in the transaction that writes the job's result.
pub fn verify_job_lease(tx: &mut WriteTx, job: &str, fencing_token: i64) -> Result<bool> {
    Ok(tx.verify_lease(job, fencing_token)?)
}
