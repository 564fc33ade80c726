//! The jobs: named values, each safe to run twice, each slot run once over all nodes.
//!
//! Acts with no caller; writes only through `app`, as the actor SYSTEM. Knows no SQL and no socket. The library ticks; what is due is
//! computed here from the last slot that ended well, so a night that was missed is caught up on start.

pub mod scheduler;

use crate::app::job_run::{JobSlotOutcome, verify_job_lease};
use crate::app::phase_review::PhaseReview;
use crate::app::{App, Result};
use crate::domain::permission::Actor;
use crate::domain::time::{DAY_MICROS, Timestamp};
use crate::trace;

/// A job of the table.
pub struct ScheduledJob {
    /// A name that never changes.
    pub name: &'static str,
    /// When it runs, in the scheduler's language: second, minute, hour, day, month, weekday; Asia/Ho_Chi_Minh.
    pub schedule: &'static str,
    /// What it does, in Vietnamese and English.
    pub description: (&'static str, &'static str),
    /// The same as microseconds after local midnight.
    pub micros_after_midnight: i64,
    /// Which slots are run after the server was away.
    pub catch_up: CatchUpPolicy,
    /// What it does, in the turn it was given; returns one line about it.
    pub run: fn(&App, &Actor, ClaimedSlot) -> Result<String>,
}

/// Which of the slots that were missed are run afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUpPolicy {
    /// The newest alone: the job works on everything as it is now, so an older slot has nothing left to do.
    NewestSlot,
    /// Every one, oldest first, at most [`SLOTS_BACK`]: each does the work of its own day.
    EverySlot,
}

/// A job's turn.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedSlot {
    /// The planned instant that it answers.
    pub slot: Timestamp,
    /// The fencing token of its lease.
    pub fencing_token: i64,
}

/// Most slots that are caught up: a server that slept for longer begins here.
pub const MAX_CATCH_UP_SLOTS: usize = 62;

/// All jobs.
pub const SCHEDULED_JOBS: &[ScheduledJob] = &[
    ScheduledJob {
        name: "apply-day",
        schedule: "0 0 0 * * *",
        description: (
            "Áp dụng thay đổi của ngày: tổ chức, phát động, bắt đầu và hết hạn phong trào",
            "Applies what the day changes: the organisation, campaigns launched, begun and over",
        ),
        micros_after_midnight: 0,
        catch_up: CatchUpPolicy::NewestSlot,
        run: apply_org_day,
    },
    ScheduledJob {
        name: "close-periods",
        schedule: "0 5 0 * * *",
        description: (
            "Khóa báo cáo đã duyệt khi hết hạn gia hạn",
            "Locks accepted reports whose grace is over",
        ),
        micros_after_midnight: 300 * 1_000_000,
        catch_up: CatchUpPolicy::EverySlot,
        run: close_periods,
    },
    ScheduledJob {
        name: "quality",
        schedule: "0 15 1 * * *",
        description: (
            "Đặt câu hỏi về chất lượng số liệu cho đơn vị",
            "Asks units about the quality of their figures",
        ),
        micros_after_midnight: 4500 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: update_findings,
    },
    ScheduledJob {
        name: "aggregate",
        schedule: "0 30 1 * * *",
        description: (
            "Tổng hợp số liệu đã duyệt và đánh giá chỉ tiêu",
            "Folds accepted figures and judges the targets",
        ),
        micros_after_midnight: 5400 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: aggregate_campaigns,
    },
    ScheduledJob {
        name: "phase-review",
        schedule: "0 45 1 * * *",
        description: (
            "Báo khi số liệu của một đợt đã đủ để sơ kết",
            "Says when the figures of a phase are in and it can be reviewed",
        ),
        micros_after_midnight: 6300 * 1_000_000,
        catch_up: CatchUpPolicy::EverySlot,
        run: review_phases,
    },
    ScheduledJob {
        name: "verify-runs",
        schedule: "0 0 2 * * *",
        description: (
            "Tính lại kết quả mới nhất từ báo cáo gốc",
            "Reckons the latest results again from the raw reports",
        ),
        micros_after_midnight: 7200 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: verify_runs,
    },
    ScheduledJob {
        name: "backup",
        schedule: "0 30 2 * * *",
        description: (
            "Sao lưu có kiểm tra, đưa sang nơi thứ hai",
            "Makes a verified copy and brings it to the second place",
        ),
        micros_after_midnight: 9000 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: create_backup,
    },
    ScheduledJob {
        name: "compact",
        schedule: "0 0 3 * * *",
        description: ("Dọn dấu xóa và câu trả lời cũ", "Trims old tombstones and answers"),
        micros_after_midnight: 10_800 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: compact_store,
    },
    ScheduledJob {
        name: "verify-audit",
        schedule: "0 30 3 * * *",
        description: ("Kiểm tra chuỗi nhật ký", "Verifies the chain of the audit"),
        micros_after_midnight: 12_600 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: verify_audit_chain,
    },
    ScheduledJob {
        name: "restore-drill",
        schedule: "0 0 4 * * *",
        description: (
            "Diễn tập khôi phục: mở và kiểm tra bản sao mới nhất",
            "Drills a restore: opens and checks the newest copy",
        ),
        micros_after_midnight: 4 * 3600 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: run_restore_drill,
    },
    ScheduledJob {
        name: "remind",
        schedule: "0 0 7 * * *",
        description: (
            "Đếm báo cáo đến hạn mà chưa gửi, để nhắc đơn vị",
            "Counts reports that are due and not sent, so that units can be reminded",
        ),
        micros_after_midnight: 7 * 3600 * 1_000_000,
        catch_up: CatchUpPolicy::NewestSlot,
        run: count_due_reports,
    },
];

/// The job with this name.
#[must_use]
pub fn find_job(name: &str) -> Option<&'static ScheduledJob> {
    SCHEDULED_JOBS.iter().find(|job| job.name == name)
}

impl ScheduledJob {
    /// The newest slot that is not after `now`.
    #[must_use]
    pub fn latest_slot(&self, now: Timestamp) -> Timestamp {
        let today = Timestamp::from_local_midnight(now.local_date())
            .saturating_add_micros(self.micros_after_midnight);
        if today <= now { today } else { today.saturating_add_micros(-DAY_MICROS) }
    }

    /// The slots that are due, oldest first: those behind `last`, the newest that ended well, as [`CatchUpPolicy`] says. A job that never ran
    /// begins with the newest.
    #[must_use]
    pub fn due_slots(&self, last: Option<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
        let newest = self.latest_slot(now);
        let first = match (self.catch_up, last) {
            (CatchUpPolicy::EverySlot, Some(last)) => {
                self.latest_slot(last).saturating_add_micros(DAY_MICROS)
            }
            (CatchUpPolicy::NewestSlot, _) | (CatchUpPolicy::EverySlot, None) => newest,
        };
        let back = |day: usize| {
            newest.saturating_add_micros(-DAY_MICROS * i64::try_from(day).unwrap_or(0))
        };
        let mut due: Vec<Timestamp> =
            (0..MAX_CATCH_UP_SLOTS).map(back).take_while(|slot| *slot >= first).collect();
        due.reverse();
        due
    }

    /// Runs the slots that are due, unless they are done; how the newest ended.
    pub fn run_due_slots(&self, app: &App, owner: &str) -> Result<JobSlotOutcome> {
        let mut end = JobSlotOutcome::AlreadyDone;
        for slot in self.due_slots(app.last_done_slot(self.name)?, app.now()) {
            end = self.run_slot(app, owner, slot)?;
        }
        Ok(end)
    }

    /// Runs the slot, unless it is done.
    pub fn run_slot(&self, app: &App, owner: &str, slot: Timestamp) -> Result<JobSlotOutcome> {
        let run = || {
            let work = |app: &App, actor: &Actor, fence| {
                (self.run)(app, actor, ClaimedSlot { slot, fencing_token: fence })
            };
            let end = app.run_slot(owner, self.name, slot, &work);
            let (job, at) = (self.name, slot.local_text());
            match &end {
                Ok(JobSlotOutcome::Done(message)) => tracing::info!(job, slot = at, "{message}"),
                Ok(JobSlotOutcome::AlreadyDone | JobSlotOutcome::LeasedElsewhere) => {}
                Err(error) => tracing::warn!(job, slot = at, %error, "this turn of the job failed"),
            }
            end
        };
        trace::trace_job(self.name, slot, run, |end| match end {
            Ok(JobSlotOutcome::Done(_)) => trace::TracedJobOutcome::Done,
            Ok(JobSlotOutcome::AlreadyDone | JobSlotOutcome::LeasedElsewhere) => {
                trace::TracedJobOutcome::NoWork
            }
            Err(_) => trace::TracedJobOutcome::Failed,
        })
    }

    /// Runs now, whatever the schedule says: a slot of its own.
    pub fn run_now(&self, app: &App, owner: &str) -> Result<JobSlotOutcome> {
        self.run_slot(app, owner, app.now())
    }
}

/// Runs every job whose newest slot is not done, in the order of their slots. `false`: somebody else holds one of them, and may have died
/// with it; whoever calls tries again once the lease is over.
pub fn run_all_due(app: &App, owner: &str) -> Result<bool> {
    let now = app.now();
    let mut due: Vec<&ScheduledJob> = SCHEDULED_JOBS.iter().collect();
    due.sort_by_key(|job| job.latest_slot(now));
    // One that fails does not keep the others from running.
    let ended: Vec<Result<JobSlotOutcome>> =
        due.into_iter().map(|job| job.run_due_slots(app, owner)).collect();
    let ended: Vec<JobSlotOutcome> = ended.into_iter().collect::<Result<_>>()?;
    Ok(!ended.contains(&JobSlotOutcome::LeasedElsewhere))
}

fn close_periods(app: &App, actor: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let day = claimed.slot.local_date();
    let locked = app.close_periods(actor, day, |tx| {
        verify_job_lease(tx, "close-periods", claimed.fencing_token)
    })?;
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
    Ok(format!("{held} runs reckoned again from raw reports: the same bytes"))
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

fn verify_audit_chain(app: &App, _: &Actor, _: ClaimedSlot) -> Result<String> {
    let rows = app.check_audit_chain()?;
    Ok(format!("{rows} rows of the audit are whole"))
}

fn apply_org_day(app: &App, actor: &Actor, _: ClaimedSlot) -> Result<String> {
    let applied = app.apply_org_day()?;
    let stepped = app.advance_campaigns_by_day(actor)?;
    Ok(format!(
        "{} units, {} records, {} accounts moved; {stepped} campaigns launched, begun or over",
        applied.moved_units, applied.moved_records, applied.moved_accounts
    ))
}

fn update_findings(app: &App, actor: &Actor, claimed: ClaimedSlot) -> Result<String> {
    let counts =
        app.update_findings(actor, |tx| verify_job_lease(tx, "quality", claimed.fencing_token))?;
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
    let summary = app.aggregate_campaigns(actor, |tx| {
        verify_job_lease(tx, "aggregate", claimed.fencing_token)
    })?;
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
    fn the_newest_slot_is_last_nights_until_half_past_one() {
        let job = find_job("aggregate").unwrap();
        let midnight = Timestamp::from_local_midnight(date(2025, 1, 6));
        let half_past_one = midnight.saturating_add_micros(job.micros_after_midnight);
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
                .saturating_add_micros(job.micros_after_midnight)
        };
        let each = find_job("close-periods").unwrap();
        let due = each.due_slots(Some(slot(each, 1)), now);
        assert_eq!(due, [2, 3, 4, 5, 6].map(|day| slot(each, day)));
        assert_eq!(each.due_slots(Some(slot(each, 6)), now), []);
        assert_eq!(each.due_slots(None, now), [slot(each, 6)]);
        assert_eq!(each.due_slots(Some(Timestamp(0)), now).len(), MAX_CATCH_UP_SLOTS);
        let newest = find_job("aggregate").unwrap();
        assert_eq!(newest.due_slots(Some(slot(newest, 1)), now), [slot(newest, 6)]);
    }
}
