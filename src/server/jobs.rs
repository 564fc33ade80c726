//! The table of jobs as the rpcs show it.
//!
//! Knows both rooms, so that neither has to know the other.

use crate::grpc::JobEntry;
use crate::jobs::{ALL, Job};
use std::sync::Arc;

/// The name under which this process holds leases.
fn owner() -> String {
    format!("rpc-{}", std::process::id())
}

/// All jobs.
pub(super) fn entries() -> Vec<JobEntry> {
    ALL.iter().map(entry).collect()
}

fn entry(job: &'static Job) -> JobEntry {
    JobEntry {
        name: job.name,
        schedule: job.cron,
        about: job.about,
        at_micros: job.at_micros,
        run: Arc::new(move |app, slot| job.run_at(app, &owner(), slot)),
    }
}
