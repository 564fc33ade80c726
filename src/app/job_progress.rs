//! How far the jobs are that run on this node. It is kept in memory, and ends with the run.

use super::App;
use super::job_run::JobId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Finished items of a run, out of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobProgress {
    /// Number of finished items.
    pub done: usize,
    /// Number of all items.
    pub total: usize,
}

/// The runs on this node, and the run for which this application works, if it works for one.
#[derive(Debug, Clone, Default)]
pub(super) struct RunningJobs {
    progress: Arc<Mutex<BTreeMap<JobId, JobProgress>>>,
    current: Option<JobId>,
}

impl RunningJobs {
    /// The same for the run of a job.
    pub(super) fn begin(&self, job: JobId) -> Self {
        Self { current: Some(job), ..self.clone() }
    }
}

impl App {
    /// Notes how far the run is for which this application works; without a run, nothing.
    pub(super) fn report_progress(&self, done: usize, total: usize) {
        if let Some(job) = self.running_jobs.current {
            let mut progress =
                self.running_jobs.progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.insert(job, JobProgress { done, total });
        }
    }

    /// Forgets how far the run of a job was.
    pub(super) fn clear_progress(&self, job: JobId) {
        self.running_jobs.progress.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }

    /// How far the run of a job is, if it runs on this node and counts its items.
    #[must_use]
    pub fn job_progress(&self, job: JobId) -> Option<JobProgress> {
        let progress = self.running_jobs.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.get(&job).copied()
    }
}
