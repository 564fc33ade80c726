//! The table of jobs as the rpcs show it.
//!
//! Knows both rooms, so that neither has to know the other.

use crate::grpc::JobEntry;
use crate::jobs::{SCHEDULED_JOBS, ScheduledJob};
use std::sync::Arc;

/// The name under which this process holds leases.
fn lease_owner() -> String {
    format!("rpc-{}", std::process::id())
}

/// All jobs.
pub(super) fn build_job_entries() -> Vec<JobEntry> {
    SCHEDULED_JOBS.iter().map(build_job_entry).collect()
}

fn build_job_entry(job: &'static ScheduledJob) -> JobEntry {
    JobEntry {
        name: job.name,
        schedule: job.schedule,
        description: job.description,
        at_micros: job.micros_after_midnight,
        run_slot: Arc::new(move |app, slot| job.run_slot(app, &lease_owner(), slot)),
    }
}
