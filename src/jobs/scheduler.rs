//! The scheduler: tokio-cron-scheduler triggers each job at its daily time; the table of slots
//! decides whether the job runs.
//!
//! The library drops triggers that it missed while suspended, lets runs of one job overlap, and
//! fixes the offset of the time zone. None of this has an effect here: a slot is claimed once, and
//! the offset of Viet Nam has not changed since 1975.

use super::{SCHEDULED_JOBS, ScheduledJob, run_all_due};
use crate::app::App;
use crate::app::job_run::JobSlotOutcome;
use crate::trace::Tracer;
use chrono::FixedOffset;
use std::time::Duration;
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};

/// Delay before a retry when another node holds the lease of a job.
const RETRY_DELAY: Duration = Duration::from_secs(60);
/// Number of retries. Together with [`RETRY_DELAY`] they exceed the duration of any lease.
const MAX_RETRIES: usize = 15;

/// Runs jobs on the blocking pool of tokio as one lease owner, with traces.
#[derive(Clone)]
struct JobRunner {
    app: App,
    owner: String,
    tracer: Tracer,
}

impl JobRunner {
    /// Runs `work` on a blocking thread.
    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &str) -> T + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let runner = self.clone();
        tokio::task::spawn_blocking(move || {
            runner.tracer.in_scope(|| work(&runner.app, &runner.owner))
        })
        .await
    }
}

/// Starts the scheduler, and runs missed slots in the background. Dropping the value stops the
/// scheduler.
pub async fn start_scheduler(
    app: App,
    owner: String,
    tracer: Tracer,
) -> Result<JobScheduler, JobSchedulerError> {
    let runner = JobRunner { app, owner, tracer };
    tokio::spawn(run_until_done(runner.clone()));
    let scheduler = JobScheduler::new().await?;
    for job in SCHEDULED_JOBS {
        scheduler.add(build_cron_job(job, runner.clone())?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

/// Runs all due jobs. A job that another node holds is retried until that node has finished it or
/// the lease has expired, because the node may have failed. A job that failed has written its line
/// to the log and runs again at its next time.
async fn run_until_done(runner: JobRunner) {
    for _ in 0..MAX_RETRIES {
        match runner.run_blocking(run_all_due).await {
            Ok(Ok(false)) => tokio::time::sleep(RETRY_DELAY).await,
            Ok(Ok(true) | Err(_)) | Err(_) => return,
        }
    }
}

fn build_cron_job(
    job: &'static ScheduledJob,
    runner: JobRunner,
) -> Result<tokio_cron_scheduler::Job, JobSchedulerError> {
    let zone = FixedOffset::east_opt(7 * 3600).ok_or(JobSchedulerError::ParseSchedule)?;
    tokio_cron_scheduler::Job::new_async_tz(job.cron_schedule(), zone, move |_, _| {
        let runner = runner.clone();
        Box::pin(async move {
            let outcome = runner.run_blocking(|app, owner| job.run_due_slots(app, owner)).await;
            if let Ok(Ok(JobSlotOutcome::LeasedElsewhere)) = outcome {
                tokio::time::sleep(RETRY_DELAY).await;
                run_until_done(runner).await;
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::time::{DAY_MICROS, Timestamp};
    use chrono::{DateTime, TimeZone as _};
    use croner::parser::{CronParser, Seconds};
    use jiff::civil::date;

    #[test]
    fn a_year_of_the_librarys_ticks_is_the_year_of_slots_that_we_reckon_in_viet_nams_time() {
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
        for job in SCHEDULED_JOBS {
            let cron = parser.parse(&job.cron_schedule()).unwrap();
            // The range includes a leap day, both ends of a year, and the days on which Europe and
            // America change to and from summer time.
            let mut slot = job.latest_slot(Timestamp::from_local_midnight(date(2027, 12, 1)));
            let mut tick: DateTime<FixedOffset> = zone.timestamp_micros(slot.0).unwrap();
            for _ in 0..500 {
                slot = slot.saturating_add_micros(DAY_MICROS);
                tick = cron.find_next_occurrence(&tick, false).unwrap();
                assert_eq!(
                    tick.timestamp_micros(),
                    slot.0,
                    "{} after {}",
                    job.name(),
                    slot.local_text()
                );
                assert_eq!(job.latest_slot(slot), slot);
            }
        }
    }

    #[tokio::test]
    async fn what_the_scheduler_waits_for_is_the_next_slot_of_each_job() {
        let now = || crate::clock::Clock::System.now();
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let mut scheduler = JobScheduler::new().await.unwrap();
        for job in SCHEDULED_JOBS {
            let cron_job =
                tokio_cron_scheduler::Job::new_async_tz(job.cron_schedule(), zone, |_, _| {
                    Box::pin(async {})
                })
                .unwrap();
            let before = job.latest_slot(now()).saturating_add_micros(DAY_MICROS);
            let id = scheduler.add(cron_job).await.unwrap();
            let next_tick = scheduler.next_tick_for_job(id).await.unwrap().unwrap();
            let after = job.latest_slot(now()).saturating_add_micros(DAY_MICROS);
            // Two values are possible if a slot passes while the test runs.
            assert!(
                [before, after].iter().any(|slot| slot.0 == next_tick.timestamp_micros()),
                "{}",
                job.name()
            );
        }
    }
}
