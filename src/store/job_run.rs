//! Runs of jobs, one row per claimed slot, and leases with a fencing token.
//!
//! Does not depend on the schedule or on any job.

use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::{job_lease, job_run};
use super::write_tx::WriteTx;
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use diesel::prelude::*;

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = job_run)]
pub struct JobRun {
    /// The job's name.
    pub job: String,
    /// Its slot: the scheduled instant in microseconds UTC.
    pub slot_at: i64,
    /// `RUNNING`, `DONE`, `FAILED` or `CANCELLED`.
    pub state: String,
    /// The node that ran it.
    pub owner: String,
    /// The fencing token under which it ran.
    pub fencing_token: i64,
    /// When it began, microseconds UTC.
    pub started_at: i64,
    /// When it ended, microseconds UTC.
    pub ended_at: Option<i64>,
    /// The seq up to which it read the feed.
    pub cut_seq: Option<i64>,
    /// Digest of what it read.
    pub input_digest: Option<Vec<u8>>,
    /// Digest of what it published.
    pub output_digest: Option<Vec<u8>>,
    /// Its result as text, or the error.
    pub message: Option<String>,
}

impl JobRun {
    /// Whether its slot must not run again.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.state.as_str(), "DONE" | "CANCELLED")
    }
}

impl ReadTx<'_> {
    /// The run in state RUNNING with the highest fencing token.
    pub fn running_job_run(&mut self, job: &str) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .filter(job_run::job.eq(job))
            .filter(job_run::state.eq("RUNNING"))
            .order(job_run::fencing_token.desc())
            .select(JobRun::as_select())
            .first(self.conn()?)
            .optional()?)
    }

    /// Runs of all jobs or of one, newest slot first; none with a slot after `until`.
    pub fn job_runs(
        &mut self,
        job: Option<&str>,
        until: Option<Timestamp>,
        limit: i64,
    ) -> Result<Vec<JobRun>> {
        let mut query =
            job_run::table.order((job_run::slot_at.desc(), job_run::job)).limit(limit).into_boxed();
        if let Some(job) = job {
            query = query.filter(job_run::job.eq(job.to_owned()));
        }
        if let Some(until) = until {
            query = query.filter(job_run::slot_at.le(until.0));
        }
        Ok(query.select(JobRun::as_select()).load(self.conn()?)?)
    }

    /// When the newest run of any job began that did not begin after `until`.
    pub fn last_run_start(&mut self, until: Timestamp) -> Result<Option<Timestamp>> {
        let newest: Option<i64> = job_run::table
            .filter(job_run::started_at.le(until.0))
            .select(diesel::dsl::max(job_run::started_at))
            .first(self.conn()?)?;
        Ok(newest.map(Timestamp))
    }

    /// The run of one slot.
    pub fn job_run(&mut self, job: &str, slot: i64) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .find((job, slot))
            .select(JobRun::as_select())
            .first(self.conn()?)
            .optional()?)
    }

    /// The newest slot in state DONE that is not after `until`.
    pub fn last_done_run(&mut self, job: &str, until: Timestamp) -> Result<Option<JobRun>> {
        Ok(job_run::table
            .filter(job_run::job.eq(job))
            .filter(job_run::state.eq("DONE"))
            .filter(job_run::slot_at.le(until.0))
            .order(job_run::slot_at.desc())
            .select(JobRun::as_select())
            .first(self.conn()?)
            .optional()?)
    }
}

impl WriteTx<'_> {
    /// Takes the lease of a job if it is free or expired, and returns a fencing token higher than
    /// any before. A valid lease also excludes its own owner: process names on two machines may be
    /// equal. A lease that ends more than a day after the requested one was taken while a clock was
    /// ahead, and does not count.
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
            .first(self.conn()?)
            .optional()?;
        let Some((fencing_token, until)) = row else {
            diesel::insert_into(job_lease::table)
                .values((
                    job_lease::job.eq(job),
                    job_lease::owner.eq(owner),
                    job_lease::fencing_token.eq(1i64),
                    job_lease::expires_at.eq(expires.0),
                ))
                .execute(self.conn()?)?;
            return Ok(Some(1));
        };
        if until > now && until <= expires.saturating_add_micros(DAY_MICROS).0 {
            return Ok(None);
        }
        let updated_rows = diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set((
                job_lease::owner.eq(owner),
                job_lease::fencing_token.eq(fencing_token + 1),
                job_lease::expires_at.eq(expires.0),
            ))
            .execute(self.conn()?)?;
        Ok((updated_rows > 0).then_some(fencing_token + 1))
    }

    /// Whether `fencing_token` is still the newest of the job; called in the transaction that
    /// writes. It writes the row, so another node cannot take the lease before this transaction
    /// ends.
    pub(crate) fn verify_lease(&mut self, job: &str, fencing_token: i64) -> Result<bool> {
        let updated_rows = diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set(job_lease::fencing_token.eq(fencing_token))
            .execute(self.conn()?)?;
        Ok(updated_rows > 0 || planted!("fence-unread"))
    }

    /// Revokes the lease: its holder's token is no longer the newest.
    pub(crate) fn revoke_lease(&mut self, job: &str) -> Result<()> {
        diesel::update(job_lease::table.find(job))
            .set((
                job_lease::fencing_token.eq(job_lease::fencing_token + 1),
                job_lease::expires_at.eq(0i64),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Releases the lease.
    pub(crate) fn release_lease(&mut self, job: &str, fencing_token: i64) -> Result<()> {
        diesel::update(job_lease::table.find(job))
            .filter(job_lease::fencing_token.eq(fencing_token))
            .set(job_lease::expires_at.eq(0i64))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Opens the settled slots of a job after `latest_right` again: they ran while the clock was
    /// ahead, and are due when their day comes.
    pub(crate) fn reopen_slots_after(&mut self, job: &str, latest_right: Timestamp) -> Result<()> {
        diesel::update(job_run::table)
            .filter(job_run::job.eq(job))
            .filter(job_run::slot_at.gt(latest_right.0))
            .filter(job_run::state.eq_any(["DONE", "CANCELLED"]))
            .set((
                job_run::state.eq("FAILED"),
                job_run::message.eq("ran while the clock was ahead; runs again in its night"),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Writes a run in place of an unfinished or failed one of the same slot.
    pub(crate) fn put_job_run(&mut self, run: &JobRun) -> Result<()> {
        diesel::delete(job_run::table.find((&run.job, run.slot_at))).execute(self.conn()?)?;
        diesel::insert_into(job_run::table).values(run).execute(self.conn()?)?;
        Ok(())
    }
}
