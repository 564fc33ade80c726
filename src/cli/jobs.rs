//! `thidua jobs list|run|cancel|history`: lists the scheduled jobs, runs one at once, cancels one,
//! shows past runs.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use crate::app::job_run::{JobId, JobSlotOutcome};
use crate::domain::support::message::message;
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
    /// The jobs, when they run and how the last run ended.
    #[command(after_help = "Examples:\n  thidua jobs list --json")]
    List,
    /// Run a job now; safe at any time, never twice at once.
    #[command(
        after_help = "Examples:\n  thidua jobs run aggregate\n  thidua jobs run aggregate --full"
    )]
    Run {
        /// Name of the job, as in `jobs list`.
        name: String,
        /// Of aggregate: compute from all raw reports too, before anything is published; one byte
        /// that differs is an error.
        #[arg(long)]
        full: bool,
    },
    /// Cancel the run under way; it publishes nothing and its slot is not run again.
    #[command(after_help = "Examples:\n  thidua jobs cancel aggregate")]
    Cancel {
        /// Name of the job, as in `jobs list`.
        name: String,
    },
    /// Past runs, newest first.
    #[command(after_help = "Examples:\n  thidua jobs history aggregate --limit 5")]
    History {
        /// Only this job.
        name: Option<String>,
        /// At most so many.
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
    let headings =
        [output.text("jobs-job"), output.text("jobs-daily"), output.text("jobs-last"), "slot"];
    output.print_rows(&headings, &["job", "daily_at", "last_state", "last_slot"], &rows);
    Ok(())
}

fn find_job(name: &str) -> CliResult<&'static ScheduledJob> {
    jobs::find_job(name).ok_or_else(|| {
        let names: Vec<&str> = jobs::SCHEDULED_JOBS.iter().map(ScheduledJob::name).collect();
        let names = names.join(", ");
        CliError::usage_error(message!("jobs-there-no-job-there", name, names))
    })
}

fn run_now(ctx: &CliContext, name: &str, full: bool) -> CliResult {
    let job = find_job(name)?;
    if full && job.id != JobId::Aggregate {
        return Err(CliError::usage_error(message!("jobs-full-goes-aggregate-only")));
    }
    let local_app = ctx.open_local_app()?;
    let output = &ctx.output;
    // indicatif draws on terminals only.
    let spinner = if output.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    spinner.set_message(format!("{} {name}", output.text("jobs-running")));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let agreeing =
        if full { Some(local_app.app.verify_cached_totals(&local_app.actor)?) } else { None };
    let ended = job.run_now(&local_app.app, &format!("cli-{}", std::process::id()));
    spinner.finish_and_clear();
    let message = match ended? {
        JobSlotOutcome::ClockInDoubt(fault) => {
            return Err(CliError::new("CLOCK", fault.message_with_remedy()));
        }
        JobSlotOutcome::Done(message) => message,
        JobSlotOutcome::AlreadyDone => output.text("jobs-slot-done-before").to_owned(),
        JobSlotOutcome::LeasedElsewhere => {
            return Err(CliError::new(
                "HELD_ELSEWHERE",
                message!("jobs-another-process-runs-now", name),
            ));
        }
    };
    let full = agreeing.map_or_else(String::new, |count| {
        format!("; {count} {}", output.text("jobs-campaigns-same-byte-from"))
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
        return Err(CliError::new("NOT_RUNNING", message!("jobs-job-not-running-see", name)));
    }
    let output = &ctx.output;
    let text = output.text("jobs-cancelled-nothing-published");
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
        output.text("jobs-job"),
        "slot",
        output.text("jobs-state"),
        output.text("jobs-seconds"),
        output.text("jobs-message"),
    ];
    output.print_rows(&headings, &["job", "slot", "state", "seconds", "message"], &rows);
    Ok(())
}

/// Microseconds as seconds with one decimal.
fn seconds_text(micros: i64) -> String {
    let tenths = micros / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
