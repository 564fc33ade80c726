//! The nightly jobs: their table, their due slots, and their work. A job is safe to run twice, and
//! each slot runs once over all nodes.
//!
//! A job runs as the actor SYSTEM and writes only through `app`. The scheduler library only
//! triggers it; the due slots are computed here from the last successful slot, so slots that were
//! missed run when the server starts.

pub mod clock_watch;
pub mod scheduler;

pub use crate::app::job_run::ClaimedSlot;
use crate::app::job_run::{JobId, JobSlotOutcome};
use crate::app::phase_review::PhaseReview;
use crate::app::{App, AppError, Result};
use crate::domain::access::permission::Actor;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::trace;
use jiff::civil::{Time, time};

/// A scheduled job.
pub struct ScheduledJob {
    /// Its id. `id.as_str()` is its name in stored rows, commands and responses.
    pub id: JobId,
    /// When it runs each day, in Viet Nam's time, to the minute.
    pub daily_at: Time,
    /// What it does.
    pub description: Message,
    /// Which missed slots are run.
    pub catch_up: CatchUpPolicy,
    /// Runs the job for the claimed slot; returns a one-line summary.
    pub run: fn(&App, &Actor, ClaimedSlot) -> Result<String>,
}

/// Which missed slots are run after the server was down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUpPolicy {
    /// Only the newest: the job processes the present state, so an older slot would change nothing.
    NewestSlot,
    /// Every slot, oldest first, at most [`MAX_CATCH_UP_SLOTS`]: each processes its own day.
    EverySlot,
}

/// Maximum number of missed slots that are run; older ones are skipped.
const MAX_CATCH_UP_SLOTS: usize = 62;

/// All jobs, in the order of [`JobId`] and of their daily times.
pub const SCHEDULED_JOBS: &[ScheduledJob; JobId::ALL.len()] = &[
    ScheduledJob {
        id: JobId::ApplyDay,
        daily_at: time(0, 0, 0, 0),
        description: message!("jobs-applies-what-day-changes"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: apply_org_day,
    },
    ScheduledJob {
        id: JobId::ClosePeriods,
        daily_at: time(0, 5, 0, 0),
        description: message!("jobs-locks-accepted-reports-whose"),
        catch_up: CatchUpPolicy::EverySlot,
        run: close_periods,
    },
    ScheduledJob {
        id: JobId::Quality,
        daily_at: time(1, 15, 0, 0),
        description: message!("jobs-asks-units-about-quality"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: update_findings,
    },
    ScheduledJob {
        id: JobId::Aggregate,
        daily_at: time(1, 30, 0, 0),
        description: message!("jobs-folds-accepted-figures-judges"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: aggregate_campaigns,
    },
    ScheduledJob {
        id: JobId::PhaseReview,
        daily_at: time(1, 45, 0, 0),
        description: message!("jobs-says-when-figures-phase"),
        catch_up: CatchUpPolicy::EverySlot,
        run: review_phases,
    },
    ScheduledJob {
        id: JobId::VerifyRuns,
        daily_at: time(2, 0, 0, 0),
        description: message!("jobs-computes-latest-results-again"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: verify_runs,
    },
    ScheduledJob {
        id: JobId::Backup,
        daily_at: time(2, 30, 0, 0),
        description: message!("jobs-makes-verified-copy-brings"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: create_backup,
    },
    ScheduledJob {
        id: JobId::Compact,
        daily_at: time(3, 0, 0, 0),
        description: message!("jobs-trims-old-tombstones-answers"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: compact_store,
    },
    ScheduledJob {
        id: JobId::VerifyAudit,
        daily_at: time(3, 30, 0, 0),
        description: message!("jobs-verifies-chain-audit"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: verify_audit,
    },
    ScheduledJob {
        id: JobId::RestoreDrill,
        daily_at: time(4, 0, 0, 0),
        description: message!("jobs-drills-restore-opens-checks"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: run_restore_drill,
    },
    ScheduledJob {
        id: JobId::Remind,
        daily_at: time(7, 0, 0, 0),
        description: message!("jobs-counts-reports-due-not"),
        catch_up: CatchUpPolicy::NewestSlot,
        run: count_due_reports,
    },
];

/// The job with this id.
#[must_use]
pub fn scheduled_job(id: JobId) -> &'static ScheduledJob {
    &SCHEDULED_JOBS[id as usize]
}

/// The job with this name.
#[must_use]
pub fn find_job(name: &str) -> Option<&'static ScheduledJob> {
    JobId::parse(name).map(scheduled_job)
}

impl ScheduledJob {
    /// Its name, which never changes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.id.as_str()
    }

    /// The cron expression of [`daily_at`](Self::daily_at): second, minute, hour, day, month,
    /// weekday.
    #[must_use]
    pub fn cron_schedule(&self) -> String {
        format!(
            "{} {} {} * * *",
            self.daily_at.second(),
            self.daily_at.minute(),
            self.daily_at.hour()
        )
    }

    /// [`daily_at`](Self::daily_at) in microseconds after local midnight.
    #[must_use]
    pub fn micros_after_midnight(&self) -> i64 {
        let minutes = i64::from(self.daily_at.hour()) * 60 + i64::from(self.daily_at.minute());
        (minutes * 60 + i64::from(self.daily_at.second())) * 1_000_000
    }

    /// The newest slot that is not after `now`.
    #[must_use]
    pub fn latest_slot(&self, now: Timestamp) -> Timestamp {
        let today = Timestamp::from_local_midnight(now.local_date())
            .saturating_add_micros(self.micros_after_midnight());
        if today <= now { today } else { today.saturating_add_micros(-DAY_MICROS) }
    }

    /// The slots that are due, oldest first: those after `last`, the newest successful slot, as
    /// [`CatchUpPolicy`] defines. A job that never ran starts with the newest slot.
    fn due_slots(&self, last: Option<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
        let newest = self.latest_slot(now);
        let first = match (self.catch_up, last) {
            (CatchUpPolicy::EverySlot, Some(last)) => {
                self.latest_slot(last).saturating_add_micros(DAY_MICROS)
            }
            (CatchUpPolicy::NewestSlot, _) | (CatchUpPolicy::EverySlot, None) => newest,
        };
        let days_before = |days: usize| {
            newest.saturating_add_micros(-DAY_MICROS * i64::try_from(days).unwrap_or(0))
        };
        let mut due: Vec<Timestamp> =
            (0..MAX_CATCH_UP_SLOTS).map(days_before).take_while(|slot| *slot >= first).collect();
        due.reverse();
        due
    }

    /// Runs the due slots that are not done. Returns the outcome of the newest.
    pub fn run_due_slots(&self, app: &App, owner: &str) -> Result<JobSlotOutcome> {
        let now = app.now();
        let last = app
            .last_done_slot(self.id)
            .inspect_err(|error| self.log_failure(self.latest_slot(now), error))?;
        let mut outcome = JobSlotOutcome::AlreadyDone;
        for slot in self.due_slots(last, now) {
            outcome = self.run_slot(app, owner, slot)?;
        }
        Ok(outcome)
    }

    /// Writes one line about a failed run of the slot, with the code of the error.
    fn log_failure(&self, slot: Timestamp, error: &AppError) {
        let (job, slot, code) = (self.name(), slot.local_text(), error.code());
        tracing::error!(job, slot, code, "{error}");
    }

    /// Runs the slot if it is not done. A failure is written to the log here and nowhere else.
    pub fn run_slot(&self, app: &App, owner: &str, slot: Timestamp) -> Result<JobSlotOutcome> {
        let run = || {
            let _panic_log = PanicLog { job: self.name(), slot };
            let work = |app: &App, actor: &Actor, fencing_token| {
                (self.run)(app, actor, ClaimedSlot { job: self.id, slot, fencing_token })
            };
            let outcome = app.run_slot(owner, self.id, slot, &work);
            match &outcome {
                Ok(JobSlotOutcome::Done(message)) => {
                    tracing::info!(job = self.name(), slot = slot.local_text(), "{message}");
                }
                Ok(
                    JobSlotOutcome::AlreadyDone
                    | JobSlotOutcome::LeasedElsewhere
                    | JobSlotOutcome::ClockInDoubt(_),
                ) => {}
                Err(error) => self.log_failure(slot, error),
            }
            outcome
        };
        trace::trace_job(self.name(), slot, run, |outcome| match outcome {
            Ok(JobSlotOutcome::Done(_)) => trace::TracedJobOutcome::Done,
            Ok(
                JobSlotOutcome::AlreadyDone
                | JobSlotOutcome::LeasedElsewhere
                | JobSlotOutcome::ClockInDoubt(_),
            ) => trace::TracedJobOutcome::NoWork,
            Err(_) => trace::TracedJobOutcome::Failed,
        })
    }

    /// Runs now, outside the schedule, under a slot of the present instant.
    pub fn run_now(&self, app: &App, owner: &str) -> Result<JobSlotOutcome> {
        self.run_slot(app, owner, app.now())
    }
}

/// Writes the line about a run that ends by a panic.
struct PanicLog {
    job: &'static str,
    slot: Timestamp,
}

impl Drop for PanicLog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (job, slot) = (self.job, self.slot.local_text());
            tracing::error!(job, slot, code = "PANIC", "the run of the job panicked");
        }
    }
}

/// Runs every job whose newest slot is not done, in the order of their slots. `false`: one of them
/// has yet to run, because another node holds its lease or because the clock is in doubt; the
/// caller tries again later.
pub fn run_all_due(app: &App, owner: &str) -> Result<bool> {
    let now = app.now();
    let mut due: Vec<&ScheduledJob> = SCHEDULED_JOBS.iter().collect();
    due.sort_by_key(|job| job.latest_slot(now));
    // All jobs run before the first error is returned.
    let outcomes: Vec<Result<JobSlotOutcome>> =
        due.into_iter().map(|job| job.run_due_slots(app, owner)).collect();
    let outcomes: Vec<JobSlotOutcome> = outcomes.into_iter().collect::<Result<_>>()?;
    Ok(outcomes
        .iter()
        .all(|one| matches!(one, JobSlotOutcome::Done(_) | JobSlotOutcome::AlreadyDone)))
}

fn close_periods(app: &App, actor: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let day = claimed.slot.local_date();
    let locked = app.close_periods(actor, day, |tx| claimed.verify_lease(tx))?;
    Ok(format!("{locked} reports locked on {day}"))
}

fn review_phases(app: &App, _: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let reviews: Vec<String> = app
        .phase_reviews_due(claimed.slot.local_date())?
        .into_iter()
        .map(|PhaseReview { campaign, phase, states }| {
            let states: Vec<String> =
                states.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let page = format!("thidua morning-report --campaign {campaign} --phase {phase}");
            format!("{campaign} phase {phase} is in: {}; {page}", states.join(", "))
        })
        .collect();
    Ok(if reviews.is_empty() {
        "no phase is to be reviewed today".to_owned()
    } else {
        reviews.join("; ")
    })
}

fn count_due_reports(app: &App, actor: &Actor, _: ClaimedSlot) -> Result<String> {
    let due = app.due_reports(actor)?;
    let units: std::collections::BTreeSet<_> = due.iter().map(|one| one.unit).collect();
    Ok(format!(
        "{} reports of {} units should be on their way; see: thidua remind",
        due.len(),
        units.len()
    ))
}

fn verify_runs(app: &App, actor: &Actor, _: ClaimedSlot) -> Result<String> {
    let held = app.verify_latest_runs(actor)?;
    Ok(format!("{held} runs computed again from raw reports: the same bytes"))
}

fn compact_store(app: &App, actor: &Actor, _: ClaimedSlot) -> Result<String> {
    let done = app.compact_store(actor)?;
    Ok(format!(
        "{} tombstones, {} answers and {} sessions went, {} held released, {} reports left the phones",
        done.tombstones,
        done.responses,
        done.sessions,
        done.released_commands,
        done.expired_reports
    ))
}

fn verify_audit(app: &App, _: &Actor, _: ClaimedSlot) -> Result<String> {
    let (found, signed) = app.check_database()?;
    let checkpoint = match signed {
        None => "no checkpoint is signed here".to_owned(),
        Some(signed) if signed.has_secondary_copy => {
            format!("a checkpoint of {} lines is signed, in two places", signed.size)
        }
        Some(signed) => format!(
            "a checkpoint of {} lines is signed, NO SECOND PLACE: set backup.second",
            signed.size
        ),
    };
    Ok(format!(
        "{} rows of the audit and all content are whole, {} scopes agree; {checkpoint}",
        found.audit_rows, found.scopes
    ))
}

fn apply_org_day(app: &App, _: &Actor, _: ClaimedSlot) -> Result<String> {
    let applied = app.apply_org_day()?;
    let stepped = app.advance_campaigns_by_day()?;
    Ok(format!(
        "{} units, {} records, {} accounts moved; {stepped} campaigns launched, begun or over",
        applied.moved_units, applied.moved_records, applied.moved_accounts
    ))
}

fn update_findings(app: &App, actor: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let counts = app.update_findings(actor, |tx| claimed.verify_lease(tx))?;
    Ok(format!(
        "{} questions asked, {} withdrawn, {} shown to superiors",
        counts.raised, counts.withdrawn, counts.shared
    ))
}

fn create_backup(app: &App, _: &Actor, _: ClaimedSlot) -> Result<String> {
    if app.backup_dirs().primary.is_none() {
        return Ok("no place for copies is named in [backup]".to_owned());
    }
    let backup = app.create_backup(app.backup_dirs())?;
    let where_to = if backup.has_secondary_copy {
        "in two places"
    } else {
        "NO SECOND PLACE: set backup.second"
    };
    Ok(format!(
        "copy at seq {}, {} audit rows verified, {where_to}",
        backup.file.seq, backup.audit_rows
    ))
}

fn run_restore_drill(app: &App, _: &Actor, _: ClaimedSlot) -> Result<String> {
    let Some(report) = app.run_restore_drill(app.backup_dirs())? else {
        return Ok("NO BACKUP to drill with yet: see thidua doctor".to_owned());
    };
    Ok(format!(
        "the copy at seq {} was restored aside: {} audit rows under the chain, {} scopes agree",
        report.head.seq, report.audit_rows, report.scopes
    ))
}

fn aggregate_campaigns(app: &App, actor: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let summary = app.aggregate_campaigns(actor, |tx| claimed.verify_lease(tx))?;
    let runs: Vec<String> = summary
        .runs
        .iter()
        .map(|run| {
            format!(
                "run {:04}: {} standings, {} changed, cut {}",
                run.number, run.standings, run.changed, run.cut_seq
            )
        })
        .collect();
    Ok(if runs.is_empty() { "no campaign".to_owned() } else { runs.join("; ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_table_has_the_order_of_the_ids_and_of_the_times() {
        for (job, id) in SCHEDULED_JOBS.iter().zip(JobId::ALL) {
            assert_eq!(job.id, *id);
            assert_eq!(scheduled_job(*id).id, *id);
        }
        assert!(SCHEDULED_JOBS.is_sorted_by_key(|job| job.daily_at));
    }

    #[test]
    fn the_newest_slot_is_last_nights_until_half_past_one() {
        let job = scheduled_job(JobId::Aggregate);
        let midnight = Timestamp::from_local_midnight(date(2025, 1, 6));
        let half_past_one = midnight.saturating_add_micros(job.micros_after_midnight());
        assert_eq!(job.latest_slot(half_past_one), half_past_one);
        assert_eq!(
            job.latest_slot(half_past_one.saturating_add_micros(-1)),
            half_past_one.saturating_add_micros(-DAY_MICROS)
        );
    }

    #[test]
    fn of_five_nights_away_each_is_caught_up_once_where_it_has_work_of_its_own_and_else_the_newest()
    {
        let now =
            Timestamp::from_local_midnight(date(2025, 1, 6)).saturating_add_micros(DAY_MICROS / 2);
        let slot = |job: &ScheduledJob, day: i8| {
            Timestamp::from_local_midnight(date(2025, 1, day))
                .saturating_add_micros(job.micros_after_midnight())
        };
        let each = scheduled_job(JobId::ClosePeriods);
        let due = each.due_slots(Some(slot(each, 1)), now);
        assert_eq!(due, [2, 3, 4, 5, 6].map(|day| slot(each, day)));
        assert_eq!(each.due_slots(Some(slot(each, 6)), now), []);
        assert_eq!(each.due_slots(None, now), [slot(each, 6)]);
        assert_eq!(each.due_slots(Some(Timestamp(0)), now).len(), MAX_CATCH_UP_SLOTS);
        let newest = scheduled_job(JobId::Aggregate);
        assert_eq!(newest.due_slots(Some(slot(newest, 1)), now), [slot(newest, 6)]);
    }
}
