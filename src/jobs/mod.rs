//! The jobs: named values, each safe to run twice, each slot run once over all nodes.
//!
//! Acts with no caller; writes only through `app`, as the actor SYSTEM. Knows no SQL and no socket. The library ticks; what is due is
//! computed here from the last slot that ended well, so a night that was missed is caught up on start.

pub mod scheduler;

use crate::app::job::{SlotEnd, holds};
use crate::app::{App, Result};
use crate::domain::permission::Actor;
use crate::domain::time::{DAY_MICROS, Instant};

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
    /// What it does, with the fencing token of its lease; returns one line about it.
    pub run: fn(&App, &Actor, i64) -> Result<String>,
}

/// All jobs.
pub const ALL: &[Job] = &[
    Job {
        name: "apply-day",
        cron: "0 0 0 * * *",
        about: ("Áp dụng thay đổi tổ chức của ngày", "Applies the organisation's changes of the day"),
        at_micros: 0,
        run: apply_day,
    },
    Job {
        name: "quality",
        cron: "0 15 1 * * *",
        about: ("Đặt câu hỏi về chất lượng số liệu cho đơn vị", "Asks units about the quality of their figures"),
        at_micros: 4500 * 1_000_000,
        run: quality,
    },
    Job {
        name: "aggregate",
        cron: "0 30 1 * * *",
        about: ("Tổng hợp số liệu đã duyệt và đánh giá chỉ tiêu", "Folds accepted figures and judges the targets"),
        at_micros: 5400 * 1_000_000,
        run: aggregate,
    },
    Job {
        name: "backup",
        cron: "0 30 2 * * *",
        about: ("Sao lưu có kiểm tra, đưa sang nơi thứ hai", "Makes a verified copy and brings it to the second place"),
        at_micros: 9000 * 1_000_000,
        run: backup,
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

    /// Runs the newest slot, unless it is done.
    pub fn run_due(&self, app: &App, owner: &str) -> Result<SlotEnd> {
        let slot = self.slot_before(app.now());
        let end = app.run_slot(owner, self.name, slot, &self.run)?;
        if let SlotEnd::Done(message) = &end {
            tracing::info!(job = self.name, slot = %slot.local_text(), "{message}");
        }
        Ok(end)
    }

    /// Runs the slot, unless it is done.
    pub fn run_at(&self, app: &App, owner: &str, slot: Instant) -> Result<SlotEnd> {
        app.run_slot(owner, self.name, slot, &self.run)
    }

    /// Runs now, whatever the schedule says: a slot of its own.
    pub fn run_now(&self, app: &App, owner: &str) -> Result<SlotEnd> {
        app.run_slot(owner, self.name, app.now(), &self.run)
    }
}

/// Runs every job whose newest slot is not done, in the order of their slots.
pub fn run_all_due(app: &App, owner: &str) -> Result<()> {
    let now = app.now();
    let mut due: Vec<&Job> = ALL.iter().collect();
    due.sort_by_key(|job| job.slot_before(now));
    due.into_iter().try_for_each(|job| job.run_due(app, owner).map(|_| ()))
}

fn apply_day(app: &App, _: &Actor, _: i64) -> Result<String> {
    let applied = app.apply_day()?;
    Ok(format!(
        "{} units, {} records, {} accounts moved",
        applied.moved_units, applied.moved_records, applied.moved_accounts
    ))
}

fn quality(app: &App, actor: &Actor, fence: i64) -> Result<String> {
    let told = app.ask_questions(actor, |tx| holds(tx, "quality", fence))?;
    Ok(format!("{} questions asked, {} withdrawn, {} shown to superiors", told.asked, told.withdrawn, told.shared))
}

fn backup(app: &App, _: &Actor, _: i64) -> Result<String> {
    if app.backups().first.is_none() {
        return Ok("no place for copies is named in [backup]".to_owned());
    }
    let made = app.back_up(app.backups())?;
    let where_to = if made.safe { "in two places" } else { "NO SECOND PLACE: set backup.second" };
    Ok(format!("copy at seq {}, {} audit rows verified, {where_to}", made.copy.seq, made.audit_rows))
}

fn aggregate(app: &App, actor: &Actor, fence: i64) -> Result<String> {
    let night = app.aggregate(actor, |tx| holds(tx, "aggregate", fence))?;
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
}
