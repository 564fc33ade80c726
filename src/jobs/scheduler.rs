//! The ticking: tokio-cron-scheduler wakes a job at its time; the slot table decides whether anything is to be done.
//!
//! The library loses ticks that it slept through, lets runs of one job overlap and freezes the zone's offset; none of it matters here: a
//! slot is claimed once, and Viet Nam's offset has not changed since 1975. Knows no job's work.

use super::{ALL, Job, run_all_due};
use crate::app::App;
use crate::app::job::SlotEnd;
use crate::trace::Tracer;
use chrono::FixedOffset;
use std::time::Duration;
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};

/// How long a tick that found a job held elsewhere waits before it looks again.
const AGAIN: Duration = Duration::from_secs(60);
/// How often it looks: for longer than any lease holds.
const TRIES: usize = 15;

/// Where jobs run, in whose name, and who looks on.
#[derive(Clone)]
struct Node {
    app: App,
    owner: String,
    tracer: Tracer,
}

impl Node {
    /// Runs `work` on a thread of its own.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &str) -> T + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let node = self.clone();
        tokio::task::spawn_blocking(move || node.tracer.watch(|| work(&node.app, &node.owner))).await
    }
}

/// Starts the ticking, after catching up what was missed. Dropping the value stops it.
pub async fn start(app: App, owner: String, tracer: Tracer) -> Result<JobScheduler, JobSchedulerError> {
    let node = Node { app, owner, tracer };
    tokio::spawn(until_done(node.clone()));
    let scheduler = JobScheduler::new().await?;
    for job in ALL {
        scheduler.add(tick(job, node.clone())?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

/// Runs what is due. A job that another node holds is looked at again until that node has done it, or its lease is over: it may have died.
async fn until_done(node: Node) {
    for _ in 0..TRIES {
        match node.run(run_all_due).await {
            Ok(Ok(false)) => tokio::time::sleep(AGAIN).await,
            Ok(Ok(true)) | Err(_) => return,
            Ok(Err(error)) => {
                return tracing::error!(%error, "a job failed; it is tried again at its next time");
            }
        }
    }
}

fn tick(job: &'static Job, node: Node) -> Result<tokio_cron_scheduler::Job, JobSchedulerError> {
    let zone = FixedOffset::east_opt(7 * 3600).ok_or(JobSchedulerError::ParseSchedule)?;
    tokio_cron_scheduler::Job::new_async_tz(job.cron, zone, move |_, _| {
        let node = node.clone();
        Box::pin(async move {
            match node.run(|app, owner| job.run_due(app, owner)).await {
                Ok(Ok(SlotEnd::HeldElsewhere)) => {
                    tokio::time::sleep(AGAIN).await;
                    until_done(node).await;
                }
                Ok(Err(error)) => {
                    tracing::error!(job = job.name, %error, "the job failed; it is tried again at its next time");
                }
                Ok(Ok(SlotEnd::Done(_) | SlotEnd::AlreadyDone)) | Err(_) => {}
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{DAY_MICROS, Instant};
    use chrono::{DateTime, TimeZone as _};
    use croner::parser::{CronParser, Seconds};
    use jiff::civil::date;

    #[test]
    fn a_year_of_the_librarys_ticks_is_the_year_of_slots_that_we_reckon_in_viet_nams_time() {
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
        for job in ALL {
            let cron = parser.parse(job.cron).unwrap();
            // A leap day, both ends of a year, and the days on which Europe and America turn their clocks.
            let mut slot = job.slot_before(Instant::local_midnight(date(2027, 12, 1)));
            let mut tick: DateTime<FixedOffset> = zone.timestamp_micros(slot.0).unwrap();
            for _ in 0..500 {
                slot = slot.plus_micros(DAY_MICROS);
                tick = cron.find_next_occurrence(&tick, false).unwrap();
                assert_eq!(tick.timestamp_micros(), slot.0, "{} after {}", job.name, slot.local_text());
                assert_eq!(job.slot_before(slot), slot);
            }
        }
    }

    #[tokio::test]
    async fn what_the_scheduler_waits_for_is_the_next_slot_of_each_job() {
        let now = || crate::clock::Clock::System.now();
        let zone = FixedOffset::east_opt(7 * 3600).unwrap();
        let mut scheduler = JobScheduler::new().await.unwrap();
        for job in ALL {
            let wakes = tokio_cron_scheduler::Job::new_async_tz(job.cron, zone, |_, _| Box::pin(async {})).unwrap();
            let before = job.slot_before(now()).plus_micros(DAY_MICROS);
            let id = scheduler.add(wakes).await.unwrap();
            let waits_for = scheduler.next_tick_for_job(id).await.unwrap().unwrap();
            let after = job.slot_before(now()).plus_micros(DAY_MICROS);
            // Two, should a slot pass while the test runs.
            assert!([before, after].iter().any(|slot| slot.0 == waits_for.timestamp_micros()), "{}", job.name);
        }
    }
}
