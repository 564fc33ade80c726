//! `thidua org import DIR`: imports units.csv, parents.csv and lineage.csv, all or none.
//! [`rehearse`] holds `org rehearse`.

use super::context::CliContext;
use super::desk::Import;
use super::error::{CliError, CliResult};
use super::org_files::OrgFiles;
use super::org_handover::{self, HandoverArgs};
use super::rehearse;
use crate::domain::org::{Org, UnitKind};
use crate::files::org::read_org_tables;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua org ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: OrgCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OrgCommand {
    /// Import units.csv, parents.csv and, if there, lineage.csv of a directory; safe to run again.
    #[command(after_help = "Examples:
  thidua org import examples/tra-vinh/org --dry-run
  thidua org import examples/tra-vinh/org")]
    Import {
        /// The directory with the files.
        dir: PathBuf,
        /// Take changed official codes of known units that no line of the lineage explains.
        #[arg(long)]
        accept_code_changes: bool,
        /// Check and show only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Rehearse a change: what it would do, and what does not reconcile; writes nothing.
    Rehearse(rehearse::Args),
    /// Enter a hand-over of stocks, or sign it; it needs two persons of the authority.
    Handover(HandoverArgs),
    /// List the hand-overs of stocks.
    Handovers,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        OrgCommand::Import { dir, accept_code_changes, dry_run } => {
            import_org(ctx, dir, *accept_code_changes, *dry_run)
        }
        OrgCommand::Rehearse(args) => rehearse::run(ctx, args),
        OrgCommand::Handover(args) => org_handover::hand_over(ctx, args),
        OrgCommand::Handovers => org_handover::list_handovers(ctx),
    }
}

fn import_org(ctx: &CliContext, dir: &Path, accept_code_changes: bool, dry_run: bool) -> CliResult {
    let files = OrgFiles::read(dir)?;
    let desk = ctx.open_desk()?;
    let import = Import::Organisation { files: &files, accept_code_changes };
    let outcome = desk.import(import, dry_run)?;
    let (refused, notes) = outcome.split_findings();
    if !outcome.is_taken {
        return Err(CliError::refused_files(refused));
    }
    let org = read_org_tables(&files.tables())?.org;
    let notes = super::files::show_notes(&ctx.output, &notes);
    let (new, changed) = (outcome.counts.created, outcome.counts.changed);
    let written = if dry_run { 0 } else { new + changed };
    let kinds = count_units_by_kind(&org, desk.now().local_date());
    let output = &ctx.output;
    let text = || {
        let shown: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let head = format!(
            "{} {} ({}), {new} {}, {changed} {}",
            org.units().len(),
            output.text("org-units"),
            shown.join(", "),
            output.text("org-new"),
            output.text("org-changed"),
        );
        let tail = if dry_run {
            output.text("baseline-dry-run-nothing-written").to_owned()
        } else {
            format!("{} {written}", output.text("org-records-written"))
        };
        format!("{head}\n{tail}\n{}", outcome.counts_text(output))
    };
    let value = || {
        let open: serde_json::Map<String, serde_json::Value> =
            kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect();
        let answer = json!({
            "units": org.units().len(),
            "open_today": open,
            "new": new,
            "changed": changed,
            "written": written,
            "notes": notes,
            "dry_run": dry_run,
        });
        outcome.add_to(answer, output)
    };
    output.print_answer(text, value);
    Ok(())
}

/// Units open today, by level.
fn count_units_by_kind(org: &Org, today: jiff::civil::Date) -> Vec<(UnitKind, usize)> {
    let count = |kind: &UnitKind| (*kind, org.units_of_kind_on(*kind, today).count());
    UnitKind::ALL.iter().map(count).filter(|(_, count)| *count > 0).collect()
}
