//! Runs of jobs: one claimed slot each, under a lease with a fencing token.
//!
//! Knows no schedule and no job's work.

use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::{job_lease, job_run};
use super::write_tx::WriteTx;
use crate::domain::time::Timestamp;
use diesel::prelude::*;

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = job_run)]
pub struct JobRun {
    /// The job's name.
    pub job: String,
    /// The slot it answers: microseconds UTC of the scheduled instant.
    pub slot_at: i64,
    /// `RUNNING`, `DONE`, `FAILED` or `CANCELLED`.
    pub state: String,
    /// Which node ran it.
    pub owner: String,
    /// The fencing token under which it ran.
    pub fencing_token: i64,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// The cut of the feed that it saw.
    pub cut_seq: Option<i64>,
    /// Digest of what it read.
    pub input_digest: Option<Vec<u8>>,
    /// Digest of what it published.
    pub output_digest: Option<Vec<u8>>,
    /// What it says of itself, or why it failed.
    pub message: Option<String>,
}

impl JobRun {
    /// Whether its slot is not to be run again.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.state.as_str(), "DONE" | "CANCELLED")
    }
}

impl ReadTx<'_> {
    /// The run that is under way, by what is written of it.
    pub fn running_job_run(&mut self, job: &str) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .filter(job_run::job.eq(job))
            .filter(job_run::state.eq("RUNNING"))
            .order(job_run::fencing_token.desc())
            .select(JobRun::as_select())
            .first(self.conn())
            .optional()?)
    }

    /// Runs of all jobs or of one, newest slot first.
    pub fn job_runs(&mut self, job: Option<&str>, limit: i64) -> Result<Vec<JobRun>> {
        let mut query =
            job_run::table.order((job_run::slot_at.desc(), job_run::job)).limit(limit).into_boxed();
        if let Some(job) = job {
            query = query.filter(job_run::job.eq(job.to_owned()));
        }
        Ok(query.select(JobRun::as_select()).load(self.conn())?)
    }

    /// The run of one slot.
    pub fn job_run(&mut self, job: &str, slot: i64) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .find((job, slot))
            .select(JobRun::as_select())
            .first(self.conn())
            .optional()?)
    }

    /// The newest slot that ended well.
    pub fn last_done_run(&mut self, job: &str) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .filter(job_run::job.eq(job))
            .filter(job_run::state.eq("DONE"))
            .order(job_run::slot_at.desc())
            .select(JobRun::as_select())
            .first(self.conn())
            .optional()?)
    }
}

impl WriteTx<'_> {
    /// Takes the lease of a job, if it is free or expired: the fencing token, higher than any before. One in force holds against its own
    /// owner too: a name is no proof, on two machines a process may have the same number.
    pub(crate) fn acquire_lease(
        &mut self,
        job: &str,
        owner: &str,
        expires: Timestamp,
    ) -> Result<Option<i64>> {
        let now = self.now().0;
        let row: Option<(i64, i64)> = job_lease::table
            .find(job)
            .select((job_lease::fencing_token, job_lease::expires_at))
            .first(self.conn())
            .optional()?;
        let Some((fencing_token, until)) = row else {
            diesel::insert_into(job_lease::table)
                .values((
                    job_lease::job.eq(job),
                    job_lease::owner.eq(owner),
                    job_lease::fencing_token.eq(1i64),
                    job_lease::expires_at.eq(expires.0),
                ))
                .execute(self.conn())?;
            return Ok(Some(1));
        };
        if until > now {
            return Ok(None);
        }
        let updated_rows = diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set((
                job_lease::owner.eq(owner),
                job_lease::fencing_token.eq(fencing_token + 1),
                job_lease::expires_at.eq(expires.0),
            ))
            .execute(self.conn())?;
        Ok((updated_rows > 0).then_some(fencing_token + 1))
    }

    /// Whether `fence` is still the newest token of the job: asked in the transaction that writes. Until that transaction ends nobody gets a
    /// newer one: the row is written, so that another node waits for it. Reading it would prove the past only.
    pub(crate) fn verify_lease(&mut self, job: &str, fencing_token: i64) -> Result<bool> {
        let updated_rows = diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set(job_lease::fencing_token.eq(fencing_token))
            .execute(self.conn())?;
        Ok(updated_rows > 0 || planted!("fence-unread"))
    }

    /// Takes the lease from whoever holds it: its token is no longer the newest.
    pub(crate) fn revoke_lease(&mut self, job: &str) -> Result<()> {
        diesel::update(job_lease::table.find(job))
            .set((
                job_lease::fencing_token.eq(job_lease::fencing_token + 1),
                job_lease::expires_at.eq(0i64),
            ))
            .execute(self.conn())?;
        Ok(())
    }

    /// Gives the lease back.
    pub(crate) fn release_lease(&mut self, job: &str, fencing_token: i64) -> Result<()> {
        diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set(job_lease::expires_at.eq(0i64))
            .execute(self.conn())?;
        Ok(())
    }

    /// Writes a run, in place of an unfinished or failed one of the same slot.
    pub(crate) fn put_job_run(&mut self, run: &JobRun) -> Result<()> {
        diesel::delete(job_run::table.find((&run.job, run.slot_at))).execute(self.conn())?;
        diesel::insert_into(job_run::table).values(run).execute(self.conn())?;
        Ok(())
    }
}
