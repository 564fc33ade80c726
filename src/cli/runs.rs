//! `thidua runs list|show|verify|diff`: lists published runs, recomputes one from raw data, and
//! compares two.
//!
//! Units are in code order; nothing is ranked. `app` computes the differences.

use super::context::CliContext;
use super::desk::{RunDifference, RunLine, ShortStanding, VerifiedRun};
use super::error::{CliError, CliResult};
use super::output::Colour;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;
use serde_json::json;

/// `thidua runs ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long, global = true)]
    campaign: Option<String>,
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RunsCommand {
    /// Published runs, newest first.
    #[command(after_help = "Examples:\n  thidua runs list --campaign A")]
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// The standings of a run.
    #[command(
        after_help = "Examples:\n  thidua runs show 20\n  thidua runs show 20 --unit dist-842"
    )]
    Show {
        /// Number of the run.
        run: u32,
        /// Code of the unit (default: the one that runs the campaign).
        #[arg(long)]
        unit: Option<String>,
    },
    /// Reckon a run again from the raw reports as they were at its cut.
    #[command(after_help = "Examples:\n  thidua runs verify 20")]
    Verify {
        /// Number of the run.
        run: u32,
    },
    /// What changed between two runs, and because of which reports.
    #[command(after_help = "Examples:\n  thidua runs diff 19 20")]
    Diff {
        /// Number of the earlier run.
        before: u32,
        /// Number of the later run.
        after: u32,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let desk = ctx.open_desk()?;
    let campaign = desk.campaign_id(args.campaign.as_deref())?;
    match &args.command {
        RunsCommand::List { limit } => {
            list_runs(ctx, &desk.runs(campaign, (*limit).into())?);
            Ok(())
        }
        RunsCommand::Show { run, unit } => {
            show_run(ctx, &desk.run_standings(campaign, *run, unit.as_deref())?)
        }
        RunsCommand::Verify { run } => {
            let (run, found) = desk.verify_run(campaign, *run)?;
            show_verification(ctx, &run, &found)
        }
        RunsCommand::Diff { before, after } => {
            let between = desk.diff_runs(campaign, (*before, *after))?;
            show_difference(ctx, (*before, *after), &between)
        }
    }
}

/// Columns of the list of runs.
pub(super) const RUN_COLUMNS: [&str; 7] =
    ["run", "published", "cut", "output_sha256", "version", "semantics", "supersedes"];

/// A row for each published run.
pub(super) fn run_rows(runs: &[RunLine]) -> Vec<Vec<String>> {
    let row = |run: &RunLine| {
        vec![
            run.number.to_string(),
            run.published_at.local_text(),
            run.cut_seq.to_string(),
            encode_hex(&run.output_digest),
            run.code_version.clone(),
            run.semantics.to_string(),
            if run.supersedes == 0 { String::new() } else { run.supersedes.to_string() },
        ]
    };
    runs.iter().map(row).collect()
}

fn list_runs(ctx: &CliContext, runs: &[RunLine]) {
    let output = &ctx.output;
    let headings = [
        output.text("runs-run"),
        output.text("runs-published"),
        output.text("runs-cut"),
        "SHA-256",
        output.text("runs-version"),
        output.text("runs-semantics"),
        output.text("runs-supersedes"),
    ];
    output.print_rows(&headings, &RUN_COLUMNS, &run_rows(runs));
}

fn show_run(ctx: &CliContext, standings: &[ShortStanding]) -> CliResult {
    let row = |ShortStanding { unit, target, value, state }: &ShortStanding| {
        vec![unit.clone(), target.clone(), value.clone(), state.clone()]
    };
    let rows: Vec<Vec<String>> = standings.iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-unit"),
        output.text("live-standings-target"),
        output.text("live-standings-value"),
        output.text("access-state"),
    ];
    output.print_rows(&headings, &["unit", "target", "value", "state"], &rows);
    Ok(())
}

fn show_verification(ctx: &CliContext, run: &RunLine, found: &VerifiedRun) -> CliResult {
    let output = &ctx.output;
    let holds = found.input_holds && found.output_holds;
    if let Some(today) = found.other_semantics.filter(|_| holds) {
        let (run, judged_by) = (run.number, run.semantics);
        let text = || output.say(message!("runs-semantics-changed", run, judged_by, today));
        output.print_answer(
            || output.paint(Colour::Yellow, &format!("SEMANTICS_CHANGED: {}", text())),
            || json!({ "run": run, "code": "SEMANTICS_CHANGED", "semantics": judged_by, "today": today }),
        );
        return Ok(());
    }
    let word = |holds: bool| {
        let (colour, text) =
            if holds { (Colour::Green, "ok") } else { (Colour::Red, output.text("runs-differs")) };
        output.paint(colour, text)
    };
    output.print_answer(
        || {
            let lines = [
                format!("{} {}: {} {}", output.text("runs-run"), run.number, found.reports, output.text("runs-raw-reports")),
                format!("  {} {}", output.text("runs-input"), word(found.input_holds)),
                format!("  {} {}", output.text("runs-standings"), word(found.output_holds)),
            ];
            let differing = found.differing.iter().map(|(unit, target)| format!("  {unit} {target}"));
            lines.into_iter().chain(differing).collect::<Vec<_>>().join("\n")
        },
        || json!({ "run": run.number, "reports": found.reports, "input_holds": found.input_holds, "output_holds": found.output_holds,
                   "output_sha256": encode_hex(&run.output_digest) }),
    );
    if holds {
        return Ok(());
    }
    Err(CliError::new("RUN_DIFFERS", message!("runs-computed-again-run-not")))
}

fn show_difference(
    ctx: &CliContext,
    (before, after): (u32, u32),
    between: &RunDifference,
) -> CliResult {
    let (output, changed, reports) = (&ctx.output, &between.standings, &between.reports);
    output.print_answer(
        || {
            let mut lines = vec![format!("{} {} -> {}", output.text("runs-run"), before, after)];
            if between.definitions_changed {
                lines.push(output.text("runs-definitions-changed-organisation-forms").to_owned());
            }
            if between.baselines_changed {
                lines.push(output.text("runs-baselines-changed").to_owned());
            }
            lines.push(format!("{} {}", changed.len(), output.text("runs-standings-differ")));
            lines.extend(changed.iter().map(|[unit, target, old, new]| format!("  {unit} {target}: {old} -> {new}")));
            lines.push(format!("{} {}", reports.len(), output.text("runs-reports-changed-between-two")));
            lines.extend(reports.iter().map(|[unit, period, state]| format!("  {unit} {period} {state}")));
            lines.join("\n")
        },
        || json!({ "before": before, "after": after, "definitions": between.definitions_changed, "baselines": between.baselines_changed,
                   "changed": changed.iter().map(|[unit, target, old, new]| json!({ "unit": unit, "target": target, "before": old, "after": new })).collect::<Vec<_>>(),
                   "reports": reports.iter().map(|[unit, period, state]| json!({ "unit": unit, "period": period, "state": state })).collect::<Vec<_>>() }),
    );
    Ok(())
}
