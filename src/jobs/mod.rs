//! The jobs: named values, each safe to run twice, each slot run once over all nodes.
//!
//! Acts with no caller; writes only through `app`, as the actor SYSTEM. Knows no SQL and no socket. The library ticks; what is due is
//! computed here from the last slot that ended well, so a night that was missed is caught up on start.

pub mod scheduler;

use crate::app::job::{SlotEnd, holds};
use crate::app::phase::PhaseReview;
use crate::app::{App, Result};
use crate::domain::permission::Actor;
use crate::domain::time::{DAY_MICROS, Instant};
use crate::trace;

/// A job of the table.
pub struct Job {
    /// A name that never changes.
    pub name: &'static str,
    /// When it runs, in the scheduler's language: second, minute, hour, day, month, weekday; Asia/Ho_Chi_Minh.
    pub cron: &'static str,
    /// What it does, in Vietnamese and English.
    pub about: (&'static str, &'static str),
    /// The same as microseconds after local midnight.
    pub at_micros: i64,
    /// Which slots are run after the server was away.
    pub missed: Missed,
    /// What it does, in the turn it was given; returns one line about it.
    pub run: fn(&App, &Actor, Turn) -> Result<String>,
}

/// Which of the slots that were missed are run afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// The newest alone: the job works on everything as it is now, so an older slot has nothing left to do.
    Newest,
    /// Every one, oldest first, at most [`SLOTS_BACK`]: each does the work of its own day.
    Each,
}

/// A job's turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// The planned instant that it answers.
    pub slot: Instant,
    /// The fencing token of its lease.
    pub fence: i64,
}

/// Most slots that are caught up: a server that slept for longer begins here.
pub const SLOTS_BACK: usize = 62;

/// All jobs.
pub const ALL: &[Job] = &[
    Job {
        name: "apply-day",
        cron: "0 0 0 * * *",
        about: (
            "Áp dụng thay đổi của ngày: tổ chức, phát động, bắt đầu và hết hạn phong trào",
            "Applies what the day changes: the organisation, campaigns launched, begun and over",
        ),
        at_micros: 0,
        missed: Missed::Newest,
        run: apply_day,
    },
    Job {
        name: "close-periods",
        cron: "0 5 0 * * *",
        about: ("Khóa báo cáo đã duyệt khi hết hạn gia hạn", "Locks accepted reports whose grace is over"),
        at_micros: 300 * 1_000_000,
        missed: Missed::Each,
        run: close_periods,
    },
    Job {
        name: "quality",
        cron: "0 15 1 * * *",
        about: ("Đặt câu hỏi về chất lượng số liệu cho đơn vị", "Asks units about the quality of their figures"),
        at_micros: 4500 * 1_000_000,
        missed: Missed::Newest,
        run: quality,
    },
    Job {
        name: "aggregate",
        cron: "0 30 1 * * *",
        about: ("Tổng hợp số liệu đã duyệt và đánh giá chỉ tiêu", "Folds accepted figures and judges the targets"),
        at_micros: 5400 * 1_000_000,
        missed: Missed::Newest,
        run: aggregate,
    },
    Job {
        name: "phase-review",
        cron: "0 45 1 * * *",
        about: (
            "Báo khi số liệu của một đợt đã đủ để sơ kết",
            "Says when the figures of a phase are in and it can be reviewed",
        ),
        at_micros: 6300 * 1_000_000,
        missed: Missed::Each,
        run: phase_review,
    },
    Job {
        name: "verify-runs",
        cron: "0 0 2 * * *",
        about: ("Tính lại kết quả mới nhất từ báo cáo gốc", "Reckons the latest results again from the raw reports"),
        at_micros: 7200 * 1_000_000,
        missed: Missed::Newest,
        run: verify_runs,
    },
    Job {
        name: "backup",
        cron: "0 30 2 * * *",
        about: ("Sao lưu có kiểm tra, đưa sang nơi thứ hai", "Makes a verified copy and brings it to the second place"),
        at_micros: 9000 * 1_000_000,
        missed: Missed::Newest,
        run: backup,
    },
    Job {
        name: "compact",
        cron: "0 0 3 * * *",
        about: ("Dọn dấu xóa và câu trả lời cũ", "Trims old tombstones and answers"),
        at_micros: 10_800 * 1_000_000,
        missed: Missed::Newest,
        run: compact,
    },
    Job {
        name: "verify-audit",
        cron: "0 30 3 * * *",
        about: ("Kiểm tra chuỗi nhật ký", "Verifies the chain of the audit"),
        at_micros: 12_600 * 1_000_000,
        missed: Missed::Newest,
        run: verify_audit,
    },
    Job {
        name: "restore-drill",
        cron: "0 0 4 * * *",
        about: (
            "Diễn tập khôi phục: mở và kiểm tra bản sao mới nhất",
            "Drills a restore: opens and checks the newest copy",
        ),
        at_micros: 4 * 3600 * 1_000_000,
        missed: Missed::Newest,
        run: restore_drill,
    },
    Job {
        name: "remind",
        cron: "0 0 7 * * *",
        about: (
            "Đếm báo cáo đến hạn mà chưa gửi, để nhắc đơn vị",
            "Counts reports that are due and not sent, so that units can be reminded",
        ),
        at_micros: 7 * 3600 * 1_000_000,
        missed: Missed::Newest,
        run: remind,
    },
];

/// The job with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Job> {
    ALL.iter().find(|job| job.name == name)
}

impl Job {
    /// The newest slot that is not after `now`.
    #[must_use]
    pub fn slot_before(&self, now: Instant) -> Instant {
        let today = Instant::local_midnight(now.local_date()).plus_micros(self.at_micros);
        if today <= now { today } else { today.plus_micros(-DAY_MICROS) }
    }

    /// The slots that are due, oldest first: those behind `last`, the newest that ended well, as [`Missed`] says. A job that never ran
    /// begins with the newest.
    #[must_use]
    pub fn slots_due(&self, last: Option<Instant>, now: Instant) -> Vec<Instant> {
        let newest = self.slot_before(now);
        let first = match (self.missed, last) {
            (Missed::Each, Some(last)) => self.slot_before(last).plus_micros(DAY_MICROS),
            (Missed::Newest, _) | (Missed::Each, None) => newest,
        };
        let back = |day: usize| newest.plus_micros(-DAY_MICROS * i64::try_from(day).unwrap_or(0));
        let mut due: Vec<Instant> = (0..SLOTS_BACK).map(back).take_while(|slot| *slot >= first).collect();
        due.reverse();
        due
    }

    /// Runs the slots that are due, unless they are done; how the newest ended.
    pub fn run_due(&self, app: &App, owner: &str) -> Result<SlotEnd> {
        let mut end = SlotEnd::AlreadyDone;
        for slot in self.slots_due(app.last_done(self.name)?, app.now()) {
            end = self.run_at(app, owner, slot)?;
        }
        Ok(end)
    }

    /// Runs the slot, unless it is done.
    pub fn run_at(&self, app: &App, owner: &str, slot: Instant) -> Result<SlotEnd> {
        let run = || {
            let work = |app: &App, actor: &Actor, fence| (self.run)(app, actor, Turn { slot, fence });
            let end = app.run_slot(owner, self.name, slot, &work);
            let (job, at) = (self.name, slot.local_text());
            match &end {
                Ok(SlotEnd::Done(message)) => tracing::info!(job, slot = at, "{message}"),
                Ok(SlotEnd::AlreadyDone | SlotEnd::HeldElsewhere) => {}
                Err(error) => tracing::warn!(job, slot = at, %error, "this turn of the job failed"),
            }
            end
        };
        trace::job(self.name, slot, run, |end| match end {
            Ok(SlotEnd::Done(_)) => trace::Ended::Done,
            Ok(SlotEnd::AlreadyDone | SlotEnd::HeldElsewhere) => trace::Ended::Nothing,
            Err(_) => trace::Ended::Failed,
        })
    }

    /// Runs now, whatever the schedule says: a slot of its own.
    pub fn run_now(&self, app: &App, owner: &str) -> Result<SlotEnd> {
        self.run_at(app, owner, app.now())
    }
}

/// Runs every job whose newest slot is not done, in the order of their slots. `false`: somebody else holds one of them, and may have died
/// with it; whoever calls tries again once the lease is over.
pub fn run_all_due(app: &App, owner: &str) -> Result<bool> {
    let now = app.now();
    let mut due: Vec<&Job> = ALL.iter().collect();
    due.sort_by_key(|job| job.slot_before(now));
    // One that fails does not keep the others from running.
    let ended: Vec<Result<SlotEnd>> = due.into_iter().map(|job| job.run_due(app, owner)).collect();
    let ended: Vec<SlotEnd> = ended.into_iter().collect::<Result<_>>()?;
    Ok(!ended.contains(&SlotEnd::HeldElsewhere))
}

fn close_periods(app: &App, actor: &Actor, turn: Turn) -> Result<String> {
    let day = turn.slot.local_date();
    let locked = app.close_periods(actor, day, |tx| holds(tx, "close-periods", turn.fence))?;
    Ok(format!("{locked} reports locked on {day}"))
}

fn phase_review(app: &App, _: &Actor, turn: Turn) -> Result<String> {
    let reviews: Vec<String> = app
        .phases_to_review(turn.slot.local_date())?
        .into_iter()
        .map(|PhaseReview { campaign, phase, states }| {
            let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let page = format!("thidua brief --campaign {campaign} --phase {phase}");
            format!("{campaign} phase {phase} is in: {}; {page}", states.join(", "))
        })
        .collect();
    Ok(if reviews.is_empty() { "no phase is to be reviewed today".to_owned() } else { reviews.join("; ") })
}

fn remind(app: &App, actor: &Actor, _: Turn) -> Result<String> {
    let owed = app.owed(actor)?;
    let units: std::collections::BTreeSet<_> = owed.iter().map(|one| one.unit).collect();
    Ok(format!("{} reports of {} units should be on their way; see: thidua remind", owed.len(), units.len()))
}

fn verify_runs(app: &App, actor: &Actor, _: Turn) -> Result<String> {
    let held = app.verify_latest_runs(actor)?;
    Ok(format!("{held} runs reckoned again from raw reports: the same bytes"))
}

fn compact(app: &App, actor: &Actor, _: Turn) -> Result<String> {
    let done = app.compact(actor)?;
    Ok(format!(
        "{} tombstones, {} answers and {} sessions went, {} held released, {} reports left the phones",
        done.tombstones, done.answers, done.sessions, done.released, done.left_phones
    ))
}

fn verify_audit(app: &App, _: &Actor, _: Turn) -> Result<String> {
    let rows = app.audit_holds()?;
    Ok(format!("{rows} rows of the audit are whole"))
}

fn apply_day(app: &App, actor: &Actor, _: Turn) -> Result<String> {
    let applied = app.apply_day()?;
    let stepped = app.step_by_day(actor)?;
    Ok(format!(
        "{} units, {} records, {} accounts moved; {stepped} campaigns launched, begun or over",
        applied.moved_units, applied.moved_records, applied.moved_accounts
    ))
}

fn quality(app: &App, actor: &Actor, turn: Turn) -> Result<String> {
    let told = app.ask_questions(actor, |tx| holds(tx, "quality", turn.fence))?;
    Ok(format!("{} questions asked, {} withdrawn, {} shown to superiors", told.asked, told.withdrawn, told.shared))
}

fn backup(app: &App, _: &Actor, _: Turn) -> Result<String> {
    if app.backups().first.is_none() {
        return Ok("no place for copies is named in [backup]".to_owned());
    }
    let made = app.back_up(app.backups())?;
    let where_to = if made.safe { "in two places" } else { "NO SECOND PLACE: set backup.second" };
    Ok(format!("copy at seq {}, {} audit rows verified, {where_to}", made.copy.seq, made.audit_rows))
}

fn restore_drill(app: &App, _: &Actor, _: Turn) -> Result<String> {
    let Some(drilled) = app.drill_restore(app.backups())? else {
        return Ok("NO BACKUP to drill with yet: see thidua doctor".to_owned());
    };
    Ok(format!(
        "the copy at seq {} was restored aside: {} audit rows under the chain, {} scopes agree",
        drilled.head.seq, drilled.audit_rows, drilled.scopes
    ))
}

fn aggregate(app: &App, actor: &Actor, turn: Turn) -> Result<String> {
    let night = app.aggregate(actor, |tx| holds(tx, "aggregate", turn.fence))?;
    let runs: Vec<String> = night
        .runs
        .iter()
        .map(|run| {
            format!("run {:04}: {} standings, {} changed, cut {}", run.number, run.standings, run.changed, run.cut_seq)
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
        let job = find("aggregate").unwrap();
        let midnight = Instant::local_midnight(date(2025, 1, 6));
        let half_past_one = midnight.plus_micros(job.at_micros);
        assert_eq!(job.slot_before(half_past_one), half_past_one);
        assert_eq!(job.slot_before(half_past_one.plus_micros(-1)), half_past_one.plus_micros(-DAY_MICROS));
    }

    #[test]
    fn of_five_nights_away_each_is_caught_up_once_where_it_has_work_of_its_own_and_else_the_newest() {
        let now = Instant::local_midnight(date(2025, 1, 6)).plus_micros(DAY_MICROS / 2);
        let slot = |job: &Job, day: i8| Instant::local_midnight(date(2025, 1, day)).plus_micros(job.at_micros);
        let each = find("close-periods").unwrap();
        let due = each.slots_due(Some(slot(each, 1)), now);
        assert_eq!(due, [2, 3, 4, 5, 6].map(|day| slot(each, day)));
        assert_eq!(each.slots_due(Some(slot(each, 6)), now), []);
        assert_eq!(each.slots_due(None, now), [slot(each, 6)]);
        assert_eq!(each.slots_due(Some(Instant(0)), now).len(), SLOTS_BACK);
        let newest = find("aggregate").unwrap();
        assert_eq!(newest.slots_due(Some(slot(newest, 1)), now), [slot(newest, 6)]);
    }
}
