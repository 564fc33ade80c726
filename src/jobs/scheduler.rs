//! The scheduler: tokio-cron-scheduler triggers each job at its daily time; the table of slots
//! decides whether the job runs.
//!
//! The library drops triggers that it missed while suspended, lets runs of one job overlap, and
//! fixes the offset of the time zone. None of this has an effect here: a slot is claimed once, and
//! the offset of Viet Nam has not changed since 1975. After a clock that was ahead is set right it
//! waits for ticks of the future; so its ticks are compared with the slots, and started anew.

use super::{SCHEDULED_JOBS, ScheduledJob, run_all_due};
use crate::app::App;
use crate::app::job_run::JobSlotOutcome;
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::trace::Tracer;
use chrono::FixedOffset;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job as CronJob, JobScheduler, JobSchedulerError};

/// Time between two looks at the ticks.
const TICKS_CHECK_INTERVAL: Duration = Duration::from_secs(5);

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

/// The running scheduler. Dropping the value stops it.
pub struct Scheduler {
    task: JoinHandle<()>,
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the scheduler, and runs missed slots in the background.
pub async fn start_scheduler(
    app: App,
    owner: String,
    tracer: Tracer,
) -> Result<Scheduler, JobSchedulerError> {
    let runner = JobRunner { app, owner, tracer };
    let ticks = JobTicks::start(&runner).await?;
    tokio::spawn(run_until_done(runner.clone()));
    Ok(Scheduler { task: tokio::spawn(keep_ticking(runner, ticks)) })
}

/// Starts the ticks anew, and runs what was missed, when the clock is believed again and when the
/// library waits for a time that it computed while the clock was ahead.
async fn keep_ticking(runner: JobRunner, mut ticks: JobTicks) {
    let mut doubts_over = 0;
    loop {
        tokio::time::sleep(TICKS_CHECK_INTERVAL).await;
        if runner.app.clock_fault().is_some() {
            continue;
        }
        let doubts = runner.app.clock_doubt_count();
        let is_believed_again = std::mem::replace(&mut doubts_over, doubts) != doubts;
        if !is_believed_again && !ticks.are_too_late(runner.app.now()).await {
            continue;
        }
        match JobTicks::start(&runner).await {
            Ok(renewed) => ticks = renewed,
            Err(error) => tracing::error!(%error, "the jobs' ticks could not be started anew"),
        }
        tokio::spawn(run_until_done(runner.clone()));
    }
}

/// The library's ticks of all jobs. Dropping the value stops them.
struct JobTicks {
    library: JobScheduler,
    jobs: Vec<(&'static ScheduledJob, CronJob)>,
}

impl JobTicks {
    async fn start(runner: &JobRunner) -> Result<Self, JobSchedulerError> {
        let library = JobScheduler::new().await?;
        let mut jobs = Vec::new();
        for job in SCHEDULED_JOBS {
            let cron_job = build_cron_job(job, runner.clone())?;
            library.add(cron_job.clone()).await?;
            jobs.push((job, cron_job));
        }
        library.start().await?;
        Ok(Self { library, jobs })
    }

    /// Whether a job waits for a later time than its next slot.
    async fn are_too_late(&mut self, now: Timestamp) -> bool {
        for (job, cron_job) in &self.jobs {
            let next_slot = job.latest_slot(now).saturating_add_micros(DAY_MICROS);
            if let Ok(Some(tick)) = self.library.next_tick_for_job(cron_job.guid()).await
                && tick.timestamp_micros() > next_slot.0
            {
                return true;
            }
        }
        false
    }
}

impl Drop for JobTicks {
    fn drop(&mut self) {
        // The library goes on when its value is dropped; it has to be told.
        if let Ok(runtime) = Handle::try_current() {
            let mut library = self.library.clone();
            runtime.spawn(async move { library.shutdown().await });
        }
    }
}

/// Runs all due jobs. A job that another node holds is retried until that node has finished it or
/// the lease has expired, because the node may have failed. While the clock is in doubt nothing is
/// retried: [`keep_ticking`] calls again once it is believed. A job that failed has written its
/// line to the log and runs again at its next time.
async fn run_until_done(runner: JobRunner) {
    for _ in 0..MAX_RETRIES {
        if runner.app.clock_fault().is_some() {
            return;
        }
        match runner.run_blocking(run_all_due).await {
            Ok(Ok(false)) => tokio::time::sleep(RETRY_DELAY).await,
            Ok(Ok(true) | Err(_)) | Err(_) => return,
        }
    }
}

fn build_cron_job(
    job: &'static ScheduledJob,
    runner: JobRunner,
) -> Result<CronJob, JobSchedulerError> {
    let zone = FixedOffset::east_opt(7 * 3600).ok_or(JobSchedulerError::ParseSchedule)?;
    CronJob::new_async_tz(job.cron_schedule(), zone, move |_, _| {
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
    use chrono::{DateTime, TimeZone as _};
    use croner::parser::{CronParser, Seconds};
    use jiff::civil::date;

    #[test]
    fn a_year_of_the_librarys_ticks_is_the_year_of_slots_that_we_compute_in_viet_nams_time() {
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

    /// The library's ticks of all jobs, which run nothing.
    async fn idle_ticks() -> JobTicks {
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let library = JobScheduler::new().await.unwrap();
        let mut jobs = Vec::new();
        for job in SCHEDULED_JOBS {
            let cron_job =
                CronJob::new_async_tz(job.cron_schedule(), zone, |_, _| Box::pin(async {}))
                    .unwrap();
            library.add(cron_job.clone()).await.unwrap();
            jobs.push((job, cron_job));
        }
        JobTicks { library, jobs }
    }

    #[tokio::test]
    async fn ticks_that_the_library_waits_for_in_the_future_of_a_clock_set_back_are_found() {
        let now = crate::clock::Clock::System.now();
        let mut ticks = idle_ticks().await;
        assert!(!ticks.are_too_late(now).await);
        assert!(!ticks.are_too_late(now.saturating_add_micros(10 * DAY_MICROS)).await);
        for days_ahead in [2, 365] {
            let set_right = now.saturating_add_micros(-days_ahead * DAY_MICROS);
            assert!(ticks.are_too_late(set_right).await, "the clock was {days_ahead} days ahead");
        }
    }

    #[tokio::test]
    async fn what_the_scheduler_waits_for_is_the_next_slot_of_each_job() {
        let now = || crate::clock::Clock::System.now();
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let mut scheduler = JobScheduler::new().await.unwrap();
        for job in SCHEDULED_JOBS {
            let cron_job =
                CronJob::new_async_tz(job.cron_schedule(), zone, |_, _| Box::pin(async {}))
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
