//! `thidua jobs list|run|cancel|history`: lists the scheduled jobs, runs one at once, cancels one,
//! shows past runs.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use crate::app::job_run::{JobId, JobSlotOutcome};
use crate::domain::support::lang::Lang;
use crate::domain::support::time::Timestamp;
use crate::jobs::{self, ScheduledJob};
use indicatif::ProgressBar;
use serde_json::json;
use std::time::Duration;

/// `thidua jobs ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum JobsCommand {
    /// Các việc và lần chạy gần nhất · The jobs, when they run and how the last run ended.
    #[command(after_help = "Ví dụ / Examples:\n  thidua jobs list --json")]
    List,
    /// Chạy ngay một việc · Run a job now; safe at any time, never twice at once.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua jobs run aggregate\n  thidua jobs run aggregate --full"
    )]
    Run {
        /// Tên việc · Name of the job, as in `jobs list`.
        name: String,
        /// Chỉ cho aggregate: tính lại từ mọi báo cáo gốc, phải trùng từng byte · Of aggregate:
        /// reckon from all raw reports too, before anything is published; one byte that differs is
        /// an error.
        #[arg(long)]
        full: bool,
    },
    /// Hủy lượt đang chạy · Cancel the run under way; it publishes nothing and its slot is not run
    /// again.
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

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        JobsCommand::List => list_jobs(ctx),
        JobsCommand::Run { name, full } => run_now(ctx, name, *full),
        JobsCommand::Cancel { name } => cancel_job(ctx, name),
        JobsCommand::History { name, limit } => show_history(ctx, name.as_deref(), *limit),
    }
}

fn list_jobs(ctx: &CliContext) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let mut rows = Vec::new();
    for job in jobs::SCHEDULED_JOBS {
        let last = local_app.app.past_job_runs(Some(job.id), 1)?.pop();
        let at = job.daily_at.strftime("%H:%M").to_string();
        let (state, slot) = last
            .map_or_else(Default::default, |run| (run.state, Timestamp(run.slot_at).local_text()));
        rows.push(vec![job.name().to_owned(), at, state, slot]);
    }
    let output = &ctx.output;
    let headings = [
        output.pick("việc", "job"),
        output.pick("hằng ngày", "daily"),
        output.pick("lần cuối", "last"),
        "slot",
    ];
    output.print_rows(&headings, &["job", "daily_at", "last_state", "last_slot"], &rows);
    Ok(())
}

fn find_job(name: &str) -> CliResult<&'static ScheduledJob> {
    jobs::find_job(name).ok_or_else(|| {
        let names: Vec<&str> = jobs::SCHEDULED_JOBS.iter().map(ScheduledJob::name).collect();
        let names = names.join(", ");
        CliError::usage_error(
            format!("không có việc {name}; có: {names}"),
            format!("there is no job {name}; there are: {names}"),
        )
    })
}

fn run_now(ctx: &CliContext, name: &str, full: bool) -> CliResult {
    let job = find_job(name)?;
    if full && job.id != JobId::Aggregate {
        return Err(CliError::usage_error(
            "--full chỉ dùng với aggregate",
            "--full goes with aggregate only",
        ));
    }
    let local_app = ctx.open_local_app()?;
    let output = &ctx.output;
    // indicatif draws on terminals only.
    let spinner = if output.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    spinner.set_message(format!("{} {name}", output.pick("đang chạy", "running")));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let agreeing =
        if full { Some(local_app.app.verify_cached_totals(&local_app.actor)?) } else { None };
    let ended = job.run_now(&local_app.app, &format!("cli-{}", std::process::id()));
    spinner.finish_and_clear();
    let message = match ended? {
        JobSlotOutcome::ClockInDoubt(fault) => {
            return Err(CliError::new(
                "CLOCK",
                fault.text_with_remedy(Lang::Vi),
                fault.text_with_remedy(Lang::En),
            ));
        }
        JobSlotOutcome::Done(message) => message,
        JobSlotOutcome::AlreadyDone => {
            output.pick("lượt này đã chạy xong trước đó", "this slot was done before").to_owned()
        }
        JobSlotOutcome::LeasedElsewhere => {
            return Err(CliError::new(
                "HELD_ELSEWHERE",
                format!(
                    "việc {name} đang chạy ở tiến trình khác; hãy đợi rồi xem: thidua jobs history"
                ),
                format!("another process runs {name} now; wait, then see: thidua jobs history"),
            ));
        }
    };
    let full = agreeing.map_or_else(String::new, |count| {
        format!(
            "; {count} {}",
            output.pick(
                "phong trào trùng từng byte với báo cáo gốc",
                "campaigns the same to the byte from raw reports"
            )
        )
    });
    output.print_answer(
        || format!("{name}: {message}{full}"),
        || json!({ "job": name, "message": message, "same_from_raw_reports": agreeing }),
    );
    Ok(())
}

fn cancel_job(ctx: &CliContext, name: &str) -> CliResult {
    let job = find_job(name)?;
    let local_app = ctx.open_local_app()?;
    if !local_app.app.cancel_job(&local_app.actor, job.id)? {
        return Err(CliError::new(
            "NOT_RUNNING",
            format!("việc {name} không đang chạy; xem: thidua jobs history {name}"),
            format!("job {name} is not running; see: thidua jobs history {name}"),
        ));
    }
    let output = &ctx.output;
    let text = output.pick("đã hủy, không công bố gì", "cancelled, nothing is published");
    output.print_answer(
        || format!("{name}: {text}"),
        || json!({ "job": name, "state": "CANCELLED" }),
    );
    Ok(())
}

fn show_history(ctx: &CliContext, name: Option<&str>, limit: u16) -> CliResult {
    let job = name.map(find_job).transpose()?.map(|job| job.id);
    let local_app = ctx.open_local_app()?;
    let output = &ctx.output;
    let runs = local_app.app.job_runs(job, i64::from(limit))?;
    let local = |micros: i64| Timestamp(micros).local_text();
    let rows: Vec<Vec<String>> = runs
        .into_iter()
        .map(|run| {
            let seconds =
                run.ended_at.map_or_else(String::new, |end| seconds_text(end - run.started_at));
            vec![run.job, local(run.slot_at), run.state, seconds, run.message.unwrap_or_default()]
        })
        .collect();
    let headings = [
        output.pick("việc", "job"),
        "slot",
        output.pick("kết quả", "state"),
        output.pick("giây", "seconds"),
        output.pick("nội dung", "message"),
    ];
    output.print_rows(&headings, &["job", "slot", "state", "seconds", "message"], &rows);
    Ok(())
}

/// Microseconds as seconds with one decimal.
fn seconds_text(micros: i64) -> String {
    let tenths = micros / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
