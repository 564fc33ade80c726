//! Converts the table of jobs to the entries of the job service, so that `grpc` does not depend on
//! `jobs`.

use crate::grpc::JobEntry;
use crate::jobs::{SCHEDULED_JOBS, ScheduledJob};
use std::sync::Arc;

/// The lease owner of jobs that a call of this process runs.
fn lease_owner() -> String {
    format!("rpc-{}", std::process::id())
}

/// All jobs.
pub(super) fn build_job_entries() -> Vec<JobEntry> {
    SCHEDULED_JOBS.iter().map(build_job_entry).collect()
}

fn build_job_entry(job: &'static ScheduledJob) -> JobEntry {
    JobEntry {
        id: job.id,
        schedule: job.cron_schedule(),
        description: job.description.clone(),
        at_micros: job.micros_after_midnight(),
        run_slot: Arc::new(move |app, slot| job.run_slot(app, &lease_owner(), slot)),
    }
}
