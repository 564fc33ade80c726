//! `thidua jobs list|run|cancel|history`: lists the scheduled jobs, runs one at once, cancels one,
//! shows past runs.

use super::context::CliContext;
use super::desk::{JobLine, JobRunLine, PerformedJob};
use super::error::CliResult;
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
    let row = |job: JobLine| {
        let (state, slot) =
            job.last.map_or_else(Default::default, |run| (run.state, run.slot_at.local_text()));
        vec![job.name, job.daily_at, state, slot]
    };
    let rows: Vec<Vec<String>> = ctx.open_desk()?.jobs()?.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings =
        [output.text("jobs-job"), output.text("jobs-daily"), output.text("jobs-last"), "slot"];
    output.print_rows(&headings, &["job", "daily_at", "last_state", "last_slot"], &rows);
    Ok(())
}

fn run_now(ctx: &CliContext, name: &str, full: bool) -> CliResult {
    let desk = ctx.open_desk()?;
    let output = &ctx.output;
    // indicatif draws on terminals only.
    let spinner = if output.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    spinner.set_message(format!("{} {name}", output.text("jobs-running")));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let ended = desk.run_job(name, full, output.lang);
    spinner.finish_and_clear();
    let PerformedJob { message, agreeing } = ended?;
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
    ctx.open_desk()?.cancel_job(name)?;
    let output = &ctx.output;
    let text = output.text("jobs-cancelled-nothing-published");
    output.print_answer(
        || format!("{name}: {text}"),
        || json!({ "job": name, "state": "CANCELLED" }),
    );
    Ok(())
}

fn show_history(ctx: &CliContext, name: Option<&str>, limit: u16) -> CliResult {
    let output = &ctx.output;
    let row = |run: JobRunLine| {
        let seconds =
            run.ended_at.map_or_else(String::new, |end| seconds_text(end.0 - run.started_at.0));
        vec![run.job, run.slot_at.local_text(), run.state, seconds, run.message]
    };
    let runs = ctx.open_desk()?.job_runs(name, limit)?;
    let rows: Vec<Vec<String>> = runs.into_iter().map(row).collect();
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
