//! `thidua runs list|show|verify|diff`: lists published runs, recomputes one from raw data, and
//! compares two.
//!
//! Units are in code order; nothing is ranked. `app` computes the differences.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::lookup::find_campaign;
use super::output::Colour;
use crate::app::ReferenceSnapshot;
use crate::app::runs::{RunManifest, StandingDiff};
use crate::domain::campaign::Campaign;
use crate::domain::standing::{SEMANTICS_VERSION, Standing};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
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
        /// Code of the unit (default: the whole authority).
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
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let campaign = find_campaign(&reference, args.campaign.as_deref())?;
    match &args.command {
        RunsCommand::List { limit } => list_runs(ctx, &local_app, campaign, *limit),
        RunsCommand::Show { run, unit } => {
            show_run(ctx, &local_app, &find_run(&local_app, campaign, *run)?, unit.as_deref())
        }
        RunsCommand::Verify { run } => {
            verify_run(ctx, &local_app, &reference, &find_run(&local_app, campaign, *run)?)
        }
        RunsCommand::Diff { before, after } => diff_runs(
            ctx,
            &local_app,
            &reference,
            [&find_run(&local_app, campaign, *before)?, &find_run(&local_app, campaign, *after)?],
        ),
    }
}

fn find_run(local_app: &LocalApp, campaign: &Campaign, number: u32) -> CliResult<RunManifest> {
    let runs = local_app.app.run_manifests(campaign.id(), i64::MAX)?;
    runs.into_iter()
        .find(|run| run.number == i64::from(number))
        .ok_or_else(|| CliError::new("NOT_FOUND", message!("runs-there-no-run-see", number)))
}

/// Columns of the list of runs.
pub(super) const RUN_COLUMNS: [&str; 7] =
    ["run", "published", "cut", "output_sha256", "version", "semantics", "supersedes"];

/// A row for each published run, newest first.
pub(super) fn run_rows(
    local_app: &LocalApp,
    campaign: &Campaign,
    limit: u16,
) -> CliResult<Vec<Vec<String>>> {
    let runs = local_app.app.run_manifests(campaign.id(), limit.into())?;
    let row = |run: &RunManifest| {
        let at = Timestamp(run.published_at).local_text();
        vec![
            run.number.to_string(),
            at,
            run.cut_seq.to_string(),
            encode_hex(&run.output_digest),
            run.code_version.clone(),
            run.semantics.to_string(),
            if run.supersedes == 0 { String::new() } else { run.supersedes.to_string() },
        ]
    };
    Ok(runs.iter().map(row).collect())
}

fn list_runs(ctx: &CliContext, local_app: &LocalApp, campaign: &Campaign, limit: u16) -> CliResult {
    let rows = run_rows(local_app, campaign, limit)?;
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
    output.print_rows(&headings, &RUN_COLUMNS, &rows);
    Ok(())
}

fn show_run(
    ctx: &CliContext,
    local_app: &LocalApp,
    run: &RunManifest,
    unit: Option<&str>,
) -> CliResult {
    let (mut standings, reference) = local_app.app.run_standings(run)?;
    let unit = match unit {
        Some(code) => super::lookup::find_unit_id(local_app, code)?,
        None => {
            local_app.app.store().read(|tx| local_app.app.root_unit(tx))?.unwrap_or(UnitId([0; 16]))
        }
    };
    standings.retain(|one| one.unit == unit);
    standings.sort_by_key(|one| (one.phase, one.judgement.code.clone()));
    let row = |one: &Standing| {
        let judgement = &one.judgement;
        vec![
            unit_uid(&reference, one.unit),
            judgement.code.clone(),
            judgement.display.clone(),
            judgement.state.as_str().to_owned(),
        ]
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

fn unit_uid(reference: &ReferenceSnapshot, unit: UnitId) -> String {
    reference.org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

fn verify_run(
    ctx: &CliContext,
    local_app: &LocalApp,
    reference: &ReferenceSnapshot,
    run: &RunManifest,
) -> CliResult {
    let found = local_app.app.verify_run(run)?;
    let output = &ctx.output;
    let holds = found.holds();
    if let Some(judged_by) = found.other_semantics.filter(|_| holds) {
        let (run, today) = (run.number, SEMANTICS_VERSION);
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
                format!("  {} {}", output.text("runs-input"), word(found.input_matches)),
                format!("  {} {}", output.text("runs-standings"), word(found.output_matches)),
            ];
            let differing = found.differing.iter().map(|(unit, target)| format!("  {} {target}", unit_uid(reference, *unit)));
            lines.into_iter().chain(differing).collect::<Vec<_>>().join("\n")
        },
        || json!({ "run": run.number, "reports": found.reports, "input_holds": found.input_matches, "output_holds": found.output_matches,
                   "output_sha256": encode_hex(&run.output_digest) }),
    );
    if holds {
        return Ok(());
    }
    Err(CliError::new("RUN_DIFFERS", message!("runs-computed-again-run-not")))
}

fn diff_runs(
    ctx: &CliContext,
    local_app: &LocalApp,
    reference: &ReferenceSnapshot,
    [before, after]: [&RunManifest; 2],
) -> CliResult {
    let mut between = local_app.app.diff_runs(before, after)?;
    between.standing_diffs.sort_by_key(|one| (unit_uid(reference, one.unit), one.target.clone()));
    between
        .changed_reports
        .sort_by_key(|report| (unit_uid(reference, report.key.unit), report.key.period.start));
    let output = &ctx.output;
    let side = |one: &Option<Standing>| {
        one.as_ref().map_or_else(
            || "-".to_owned(),
            |one| format!("{} {}", one.judgement.display, one.judgement.state.as_str()),
        )
    };
    let line = |one: &StandingDiff| {
        [unit_uid(reference, one.unit), one.target.clone(), side(&one.before), side(&one.after)]
    };
    let changed: Vec<[String; 4]> = between.standing_diffs.iter().map(line).collect();
    let report = |one: &crate::domain::report::Report| {
        [
            unit_uid(reference, one.key.unit),
            one.key.period.to_string(),
            format!("{:?}", one.state).to_uppercase(),
        ]
    };
    let reports: Vec<[String; 3]> = between.changed_reports.iter().map(report).collect();
    output.print_answer(
        || {
            let mut lines = vec![format!("{} {} -> {}", output.text("runs-run"), before.number, after.number)];
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
        || json!({ "before": before.number, "after": after.number, "definitions": between.definitions_changed, "baselines": between.baselines_changed,
                   "changed": changed.iter().map(|[unit, target, old, new]| json!({ "unit": unit, "target": target, "before": old, "after": new })).collect::<Vec<_>>(),
                   "reports": reports.iter().map(|[unit, period, state]| json!({ "unit": unit, "period": period, "state": state })).collect::<Vec<_>>() }),
    );
    Ok(())
}
