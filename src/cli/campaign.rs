//! `thidua campaign apply|check|export`: reads campaigns, elements and forms from files and applies
//! all files of one call, or none.
//!
//! [`campaign_lifecycle`] holds `list` and `step`, [`campaign_conclusion`] what surrounds a
//! conclusion, [`campaign_award`] the decision that rests on it.

use super::campaign_award::AwardCommand;
use super::campaign_schema::SchemaFile;
use super::context::CliContext;
use super::desk::AppliedDefinitions;
use super::error::{CliError, CliFinding, CliResult};
use super::files;
use super::lookup::find_campaign;
use super::org_files::read_org_files;
use super::output::{Colour, Output, finding_json};
use super::{
    campaign_award, campaign_conclusion, campaign_lifecycle, campaign_new, campaign_reference,
    campaign_schema,
};
use crate::domain::campaign::CampaignStep;
use crate::domain::report::form::Catalogue;
use crate::domain::support::message::message;
use crate::exchange::definitions::{
    DefinitionChange, DefinitionKind, Definitions, check_definitions, known_org,
};
use crate::files::campaign_set::NamedText;
use crate::files::campaign_writer;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// `thidua campaign ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: CampaignCommand,
}

#[derive(Debug, clap::Args)]
struct CampaignFileArgs {
    /// A file of a campaign, of elements or of forms; may be repeated.
    #[arg(long = "file", short, required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum CampaignCommand {
    /// Create or change as the files say; shows the difference first, all files or none.
    #[command(after_help = "Examples:
  thidua campaign apply -f elements.toml -f forms.toml -f campaign-a.toml --dry-run
  thidua campaign apply -f campaign-a.toml --basis \"Decision 12, 2025-01-02: target T1\"")]
    Apply {
        #[command(flatten)]
        files: CampaignFileArgs,
        /// The decision on which a change of an approved campaign rests.
        #[arg(long, value_name = "TEXT")]
        basis: Option<String>,
        /// Show the difference only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Check the files and write nothing.
    #[command(after_help = "Examples:
  thidua campaign check -f campaign-a.toml --json
  thidua campaign check -f elements.toml -f forms.toml -f campaign-a.toml --org org")]
    Check {
        #[command(flatten)]
        files: CampaignFileArgs,
        /// The directory with units.csv and parents.csv to check against, where none is imported.
        #[arg(long, value_name = "DIR")]
        org: Option<PathBuf>,
    },
    /// Export a campaign as a file that apply takes back.
    #[command(after_help = "Examples:
  thidua campaign export A > campaign-a.toml")]
    Export {
        /// Code of the campaign; may be left out when there is only one.
        code: Option<String>,
        /// Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Ask a few questions and write the commented files of a new campaign.
    New(campaign_new::Args),
    /// Every key of the files, the grammar of targets, the calendars and the roles, in Markdown.
    #[command(after_help = "Examples:
  thidua --lang en campaign reference > campaign-files.md
  thidua campaign reference --json")]
    Reference,
    /// The JSON Schema of a file, so that editors complete and check it.
    #[command(after_help = "Examples:
  thidua campaign schema campaign > campaign.schema.json")]
    Schema {
        /// The file.
        #[arg(value_enum)]
        file: SchemaFile,
    },
    /// Campaigns, where they stand and which steps lead on.
    #[command(after_help = "Examples:
  thidua campaign list --json")]
    List,
    /// Take a campaign to its next state; says everything that stands against it.
    ///
    /// The job apply-day takes launch, start and close by the calendar. After conclude the results
    /// stand and no report comes in any more. Others: approve, review, suspend, resume,
    /// close_early, archive.
    #[command(after_help = "Examples:
  thidua campaign step approve --campaign A
  thidua campaign step conclude --campaign A")]
    Step {
        /// The step.
        #[arg(value_parser = campaign_lifecycle::parse_step)]
        step: CampaignStep,
        /// Code of the campaign; may be left out when there is only one.
        #[arg(long)]
        campaign: Option<String>,
        /// With conclude: show what it would publish and what it lacks, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// The next night, phase or conclusion on the data of today; writes nothing.
    ///
    /// Shows what would be published, which reports are missing, by reviewing unit, and which
    /// verdicts hang on them. A reform of the organisation is rehearsed by org rehearse.
    #[command(after_help = "Examples:
  thidua campaign rehearse conclusion --campaign A
  thidua campaign rehearse phase --json")]
    Rehearse(campaign_conclusion::RehearseArgs),
    /// Waive missing reports, one by one; needs two persons of the campaign's owner.
    ///
    /// Neither may hold a role at the unit that owes the report. A waiver lifts the demand for
    /// completeness at the conclusion, never the least coverage; it lapses if the report is
    /// accepted.
    #[command(after_help = "Examples:
  thidua campaign waive REPORT --account lan --reason \"The unit was flooded, report 12\"
  thidua campaign waive --contract monthly --unit com-1 --from 2026-07-01 --account minh --sign")]
    Waive(campaign_conclusion::WaiveArgs),
    /// Waivers of missing reports.
    #[command(after_help = "Examples:
  thidua campaign waivers --json")]
    Waivers,
    /// Reopen a concluded campaign; needs two persons and a reason.
    ///
    /// Locked reports stay locked. The next run supersedes the final one.
    #[command(after_help = "Examples:
  thidua campaign reopen --campaign A --account lan --reason \"Decision 30: wrong figures\"
  thidua campaign reopen --campaign A --account minh")]
    Reopen(campaign_conclusion::ReopenArgs),
    /// The decision on the award that rests on a concluded campaign; needs two persons.
    ///
    /// Number and day of the decision are kept, and nobody is named.
    Award {
        #[command(subcommand)]
        command: AwardCommand,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        CampaignCommand::Apply { files, basis, dry_run } => {
            apply_files(ctx, files, basis.as_deref(), *dry_run)
        }
        CampaignCommand::New(args) => campaign_new::create_campaign(ctx, args),
        CampaignCommand::Reference => campaign_reference::print_reference(ctx),
        CampaignCommand::Schema { file } => campaign_schema::print_schema(ctx, *file),
        CampaignCommand::List => campaign_lifecycle::list_campaigns(ctx),
        CampaignCommand::Step { step, campaign, dry_run } => {
            campaign_lifecycle::step_campaign(ctx, campaign.as_deref(), *step, *dry_run)
        }
        CampaignCommand::Check { files, org } => check_files(ctx, files, org.as_deref()),
        CampaignCommand::Rehearse(args) => campaign_conclusion::rehearse_act(ctx, args),
        CampaignCommand::Waive(args) => campaign_conclusion::waive_report(ctx, args),
        CampaignCommand::Waivers => campaign_conclusion::list_waivers(ctx),
        CampaignCommand::Reopen(args) => campaign_conclusion::reopen(ctx, args),
        CampaignCommand::Award { command } => campaign_award::step_award(ctx, command),
        CampaignCommand::Export { code, out } => {
            export_campaign(ctx, code.as_deref(), out.as_deref())
        }
    }
}

fn apply_files(
    ctx: &CliContext,
    files: &CampaignFileArgs,
    basis: Option<&str>,
    dry_run: bool,
) -> CliResult {
    let texts = read_texts(files)?;
    let applied = ctx.open_desk()?.apply_files(ctx, texts, basis, dry_run)?;
    let AppliedDefinitions { findings: warnings, is_valid, changes } = applied;
    if !is_valid {
        return Err(CliError::refused_files(warnings));
    }
    let output = &ctx.output;
    output.print_warnings(&warnings);
    if !output.json {
        changes.iter().for_each(|change| print_change(ctx, change));
    }
    let campaigns = changes.iter().filter(|one| one.kind == DefinitionKind::Campaign).count();
    let written = if dry_run { (0, 0) } else { (changes.len() - campaigns, campaigns) };
    let value = || {
        let list: Vec<Value> = changes.iter().map(change_json).collect();
        let warnings: Vec<Value> =
            warnings.iter().map(|one| finding_json(one, output.lang)).collect();
        json!({
            "changes": list,
            "warnings": warnings,
            "written": { "catalogue": written.0, "campaigns": written.1 },
            "dry_run": dry_run,
        })
    };
    output.print_answer(|| written_text(output, written, dry_run), value);
    Ok(())
}

/// Entries of the catalogue, and campaigns, that were written.
fn written_text(output: &Output, written: (usize, usize), dry_run: bool) -> String {
    if dry_run {
        return output.text("baseline-dry-run-nothing-written").to_owned();
    }
    let parts = [
        (written.0, output.text("campaign-catalogue-entries")),
        (written.1, output.text("campaign-campaigns")),
    ];
    let shown: Vec<String> = parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    output
        .paint(Colour::Green, &format!("{} {}", output.text("campaign-written"), shown.join(", ")))
}

fn check_files(ctx: &CliContext, files: &CampaignFileArgs, org: Option<&Path>) -> CliResult {
    let texts = read_texts(files)?;
    let (warnings, is_valid) = if ctx.server().is_some() {
        if org.is_some() {
            return Err(CliError::usage_error(message!("campaign-org-or-server")));
        }
        let applied = ctx.open_desk()?.apply_files(ctx, texts, None, true)?;
        (applied.findings, applied.is_valid)
    } else {
        check_here(ctx, &texts, org)?
    };
    if !is_valid {
        return Err(CliError::refused_files(warnings));
    }
    let output = &ctx.output;
    output.print_warnings(&warnings);
    let warnings: Vec<Value> = warnings.iter().map(|one| finding_json(one, output.lang)).collect();
    output.print_answer(
        || output.paint(Colour::Green, output.text("campaign-no-mistakes")),
        || json!({ "ok": true, "warnings": warnings }),
    );
    Ok(())
}

/// What is wrong with the files, and whether nothing of it is an error. Without a database they are
/// checked against each other only, so that a campaign can be written on any machine.
fn check_here(
    ctx: &CliContext,
    texts: &[NamedText],
    org: Option<&Path>,
) -> CliResult<(Vec<CliFinding>, bool)> {
    let reference = match ctx.open_local_app() {
        Ok(local_app) => Some(local_app.load_reference()?),
        Err(failure) if failure.code == "NOT_INITIALISED" => None,
        Err(failure) => return Err(failure),
    };
    let given = org.map(read_org_files).transpose()?;
    let org = given.as_ref().map(|read| &read.org).or_else(|| known_org(reference.as_deref()?));
    let offline_lease_days = ctx.read_config()?.limits.offline_lease_days.get();
    let definitions = Definitions { files: texts, basis: None, offline_lease_days };
    let empty = Catalogue::default();
    let existing = reference.as_ref().map_or(&empty, |reference| &reference.catalogue);
    let set = check_definitions(definitions, existing, org);
    let is_valid = set.is_valid();
    let placed = set.diagnostics.into_iter().map(CliFinding::from);
    Ok((placed.chain(set.unplaced.into_iter().map(CliFinding::from)).collect(), is_valid))
}

fn export_campaign(
    ctx: &CliContext,
    code: Option<&str>,
    out: Option<&std::path::Path>,
) -> CliResult {
    let reference = ctx.open_desk()?.load_reference()?;
    let campaign = find_campaign(&reference, code)?;
    files::write_text(&ctx.output, out, &campaign_writer::format_campaign(campaign))
}

fn read_texts(given: &CampaignFileArgs) -> CliResult<Vec<NamedText>> {
    let read = |path: &PathBuf| {
        Ok(NamedText { name: files::display_name(path), text: files::read_text(path)? })
    };
    given.files.iter().map(read).collect()
}

/// Prints a new entry in one line, a changed one with the lines that differ.
fn print_change(ctx: &CliContext, change: &DefinitionChange) {
    let output = &ctx.output;
    let (kind, code) = (change.kind.as_str(), &change.code);
    let (mark, colour) = if change.is_new { ('+', Colour::Green) } else { ('~', Colour::Yellow) };
    output.print_line(output.paint(colour, &format!("{mark} {kind} {code}")));
    for line in &change.lines {
        let colour = if line.starts_with('-') { Colour::Red } else { Colour::Green };
        output.print_line(output.paint(colour, &format!("    {line}")));
    }
}

fn change_json(DefinitionChange { kind, code, is_new, lines }: &DefinitionChange) -> Value {
    json!({ "kind": kind.as_str(), "code": code, "new": is_new, "lines": lines })
}
