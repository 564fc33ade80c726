//! `thidua jobs list|run|cancel|history`: the jobs of the night, at once and by hand.

use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use crate::app::job::SlotEnd;
use crate::domain::time::Instant;
use crate::jobs::{self, Job};
use indicatif::ProgressBar;
use serde_json::json;
use std::time::Duration;

/// `thidua jobs ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Các việc và lần chạy gần nhất · The jobs, when they run and how the last run ended.
    #[command(after_help = "Ví dụ / Examples:\n  thidua jobs list --json")]
    List,
    /// Chạy ngay một việc · Run a job now; safe at any time, never twice at once.
    #[command(after_help = "Ví dụ / Examples:\n  thidua jobs run aggregate\n  thidua jobs run aggregate --full")]
    Run {
        /// Tên việc · Name of the job, as in `jobs list`.
        name: String,
        /// Chỉ cho aggregate: tính lại từ mọi báo cáo gốc, phải trùng từng byte · Of aggregate: reckon from all raw reports
        /// too, before anything is published; one byte that differs is an error.
        #[arg(long)]
        full: bool,
    },
    /// Hủy lượt đang chạy · Cancel the run under way; it publishes nothing and its slot is not run again.
    #[command(after_help = "Ví dụ / Examples:\n  thidua jobs cancel aggregate")]
    Cancel {
        /// Tên việc · Name of the job, as in `jobs list`.
        name: String,
    },
    /// Các lần chạy · Past runs, newest first.
    #[command(after_help = "Ví dụ / Examples:\n  thidua jobs history aggregate --limit 5")]
    History {
        /// Tên việc · Only this job.
        name: Option<String>,
        /// Số dòng · At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::List => list(ctx),
        What::Run { name, full } => run_now(ctx, name, *full),
        What::Cancel { name } => cancel(ctx, name),
        What::History { name, limit } => history(ctx, name.as_deref(), *limit),
    }
}

fn list(ctx: &Ctx) -> Outcome {
    let desk = ctx.desk()?;
    let mut rows = Vec::new();
    for job in jobs::ALL {
        let last = desk.app.job_runs(Some(job.name), 1)?.pop();
        let minute = job.at_micros / 60_000_000;
        let at = format!("{:02}:{:02}", minute / 60, minute % 60);
        let (state, slot) = last.map_or_else(Default::default, |run| (run.state, Instant(run.slot).local_text()));
        rows.push(vec![job.name.to_owned(), at, state, slot]);
    }
    let say = &ctx.say;
    let headings = [say.pick("việc", "job"), say.pick("hằng ngày", "daily"), say.pick("lần cuối", "last"), "slot"];
    say.rows(&headings, &["job", "daily_at", "last_state", "last_slot"], &rows);
    Ok(())
}

fn find(name: &str) -> Outcome<&'static Job> {
    jobs::find(name).ok_or_else(|| {
        let names: Vec<&str> = jobs::ALL.iter().map(|job| job.name).collect();
        let names = names.join(", ");
        Failure::usage(
            format!("không có việc {name}; có: {names}"),
            format!("there is no job {name}; there are: {names}"),
        )
    })
}

fn run_now(ctx: &Ctx, name: &str, full: bool) -> Outcome {
    let job = find(name)?;
    if full && name != "aggregate" {
        return Err(Failure::usage("--full chỉ dùng với aggregate", "--full goes with aggregate only"));
    }
    let desk = ctx.desk()?;
    let say = &ctx.say;
    // indicatif draws on terminals only.
    let spinner = if say.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    spinner.set_message(format!("{} {name}", say.pick("đang chạy", "running")));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let agreeing = if full { Some(desk.app.sums_hold(&desk.actor)?) } else { None };
    let ended = job.run_now(&desk.app, &format!("cli-{}", std::process::id()));
    spinner.finish_and_clear();
    let message = match ended? {
        SlotEnd::Done(message) => message,
        SlotEnd::AlreadyDone => say.pick("lượt này đã chạy xong trước đó", "this slot was done before").to_owned(),
        SlotEnd::HeldElsewhere => {
            return Err(Failure::new(
                "HELD_ELSEWHERE",
                format!("việc {name} đang chạy ở tiến trình khác; hãy đợi rồi xem: thidua jobs history"),
                format!("another process runs {name} now; wait, then see: thidua jobs history"),
            ));
        }
    };
    let full = agreeing.map_or_else(String::new, |count| {
        format!(
            "; {count} {}",
            say.pick("phong trào trùng từng byte với báo cáo gốc", "campaigns the same to the byte from raw reports")
        )
    });
    say.answer(
        || format!("{name}: {message}{full}"),
        || json!({ "job": name, "message": message, "same_from_raw_reports": agreeing }),
    );
    Ok(())
}

fn cancel(ctx: &Ctx, name: &str) -> Outcome {
    let job = find(name)?;
    let desk = ctx.desk()?;
    if !desk.app.cancel_job(&desk.actor, job.name)? {
        return Err(Failure::new(
            "NOT_RUNNING",
            format!("việc {name} không đang chạy; xem: thidua jobs history {name}"),
            format!("job {name} is not running; see: thidua jobs history {name}"),
        ));
    }
    let say = &ctx.say;
    let text = say.pick("đã hủy, không công bố gì", "cancelled, nothing is published");
    say.answer(|| format!("{name}: {text}"), || json!({ "job": name, "state": "CANCELLED" }));
    Ok(())
}

fn history(ctx: &Ctx, name: Option<&str>, limit: u16) -> Outcome {
    if let Some(name) = name {
        find(name)?;
    }
    let desk = ctx.desk()?;
    let say = &ctx.say;
    let runs = desk.app.job_runs(name, i64::from(limit))?;
    let local = |micros: i64| Instant(micros).local_text();
    let rows: Vec<Vec<String>> = runs
        .into_iter()
        .map(|run| {
            let seconds = run.finished.map_or_else(String::new, |end| tenths(end - run.started));
            vec![run.job, local(run.slot), run.state, seconds, run.message.unwrap_or_default()]
        })
        .collect();
    let headings = [
        say.pick("việc", "job"),
        "slot",
        say.pick("kết quả", "state"),
        say.pick("giây", "seconds"),
        say.pick("nội dung", "message"),
    ];
    say.rows(&headings, &["job", "slot", "state", "seconds", "message"], &rows);
    Ok(())
}

/// Seconds with one decimal, of microseconds.
fn tenths(micros: i64) -> String {
    let tenths = micros / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
