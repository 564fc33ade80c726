//! The ticking: tokio-cron-scheduler wakes a job at its time; the slot table decides whether anything is to be done.
//!
//! The library loses ticks that it slept through, lets runs of one job overlap and freezes the zone's offset; none of it matters here: a
//! slot is claimed once, and Viet Nam's offset has not changed since 1975. Knows no job's work.

use super::{ALL, Job, run_all_due};
use crate::app::App;
use chrono::FixedOffset;
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};

/// Starts the ticking, after catching up what was missed. Dropping the value stops it.
pub async fn start(app: App, owner: String) -> Result<JobScheduler, JobSchedulerError> {
    let catching_up = (app.clone(), owner.clone());
    tokio::task::spawn_blocking(move || {
        if let Err(error) = run_all_due(&catching_up.0, &catching_up.1) {
            tracing::error!(%error, "catching up the jobs failed; they are tried again at their next time");
        }
    });
    let scheduler = JobScheduler::new().await?;
    for job in ALL {
        scheduler.add(tick(job, app.clone(), owner.clone())?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

fn tick(job: &'static Job, app: App, owner: String) -> Result<tokio_cron_scheduler::Job, JobSchedulerError> {
    let zone = FixedOffset::east_opt(7 * 3600).ok_or(JobSchedulerError::ParseSchedule)?;
    tokio_cron_scheduler::Job::new_async_tz(job.cron, zone, move |_, _| {
        let (app, owner) = (app.clone(), owner.clone());
        Box::pin(async move {
            let ran = tokio::task::spawn_blocking(move || job.run_due(&app, &owner)).await;
            if let Ok(Err(error)) = ran {
                tracing::error!(job = job.name, %error, "the job failed; it is tried again at its next time");
            }
        })
    })
}
