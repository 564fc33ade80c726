//! `thidua campaign apply|check|export`: reads campaigns, elements and forms from files and applies
//! all files of one call, or none.
//!
//! [`campaign_lifecycle`] holds `list` and `step`.

use super::campaign_lifecycle;
use super::context::CliContext;
use super::diff::{DiffLine, diff_lines};
use super::error::{CliError, CliFinding, CliResult};
use super::files;
use super::lookup::find_campaign;
use super::output::{Colour, finding_json};
use crate::app::ReferenceSnapshot;
use crate::app::campaign::ApplySummary;
use crate::domain::campaign::{Campaign, CampaignStep};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::{Calendar, Calendars};
use crate::domain::support::message::message;
use crate::domain::support::violation::{Severity, Violation};
use crate::files::{campaign, campaign_writer, catalogue};
use serde_json::{Value, json};
use std::path::PathBuf;

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
  thidua campaign check -f campaign-a.toml --json")]
    Check {
        #[command(flatten)]
        files: CampaignFileArgs,
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
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        CampaignCommand::Apply { files, basis, dry_run } => {
            apply_files(ctx, files, basis.as_deref(), *dry_run)
        }
        CampaignCommand::List => campaign_lifecycle::list_campaigns(ctx),
        CampaignCommand::Step { step, campaign } => {
            campaign_lifecycle::step_campaign(ctx, campaign.as_deref(), *step)
        }
        CampaignCommand::Check { files } => check_files(ctx, files),
        CampaignCommand::Export { code, out } => {
            export_campaign(ctx, code.as_deref(), out.as_deref())
        }
    }
}

/// The parsed files of one call, and the warnings about them.
struct ParsedCampaignFiles {
    catalogue: Catalogue,
    campaigns: Vec<Campaign>,
    warnings: Vec<CliFinding>,
}

fn apply_files(
    ctx: &CliContext,
    files: &CampaignFileArgs,
    basis: Option<&str>,
    dry_run: bool,
) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let requested = read_files(files, &reference)?;
    let output = &ctx.output;
    output.print_warnings(&requested.warnings);
    let changes = diff_against_reference(&reference, &requested);
    if !output.json {
        changes.iter().for_each(|change| print_change(ctx, change));
    }
    let calendars = find_missing_calendars(&reference);
    let applied = if dry_run {
        ApplySummary::default()
    } else {
        local_app.app.apply_files(
            &local_app.actor,
            &requested.catalogue,
            &calendars,
            &requested.campaigns,
            basis,
        )?
    };
    let text = || {
        if dry_run {
            return output.text("baseline-dry-run-nothing-written").to_owned();
        }
        let parts = [
            (applied.catalogue_changes, output.text("campaign-catalogue-entries")),
            (applied.campaign_changes, output.text("campaign-campaigns")),
        ];
        let shown: Vec<String> =
            parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        output.paint(
            Colour::Green,
            &format!("{} {}", output.text("campaign-written"), shown.join(", ")),
        )
    };
    let value = || {
        let list: Vec<Value> = changes.iter().map(change_json).collect();
        let warnings: Vec<Value> =
            requested.warnings.iter().map(|one| finding_json(one, output.lang)).collect();
        json!({
            "changes": list,
            "warnings": warnings,
            "written": { "catalogue": applied.catalogue_changes, "campaigns": applied.campaign_changes },
            "dry_run": dry_run,
        })
    };
    output.print_answer(text, value);
    Ok(())
}

fn check_files(ctx: &CliContext, files: &CampaignFileArgs) -> CliResult {
    // Without a database the files are checked against each other only, so that a campaign can be
    // written on any machine.
    let reference = match ctx.open_local_app() {
        Ok(local_app) => Some(local_app.load_reference()?),
        Err(failure) if failure.code == "NOT_INITIALISED" => None,
        Err(failure) => return Err(failure),
    };
    let requested = match &reference {
        Some(reference) => read_files(files, reference)?,
        None => read_files_against(files, &Catalogue::default())?,
    };
    let output = &ctx.output;
    output.print_warnings(&requested.warnings);
    let warnings: Vec<Value> =
        requested.warnings.iter().map(|one| finding_json(one, output.lang)).collect();
    output.print_answer(
        || output.paint(Colour::Green, output.text("campaign-no-mistakes")),
        || json!({ "ok": true, "warnings": warnings }),
    );
    Ok(())
}

fn export_campaign(
    ctx: &CliContext,
    code: Option<&str>,
    out: Option<&std::path::Path>,
) -> CliResult {
    let reference = ctx.open_local_app()?.load_reference()?;
    let campaign = find_campaign(&reference, code)?;
    files::write_text(&ctx.output, out, &campaign_writer::format_campaign(campaign))
}

fn read_files(
    files: &CampaignFileArgs,
    reference: &ReferenceSnapshot,
) -> CliResult<ParsedCampaignFiles> {
    read_files_against(files, &reference.catalogue)
}

/// Reads every file and collects all findings. Campaigns are checked against the catalogue as it
/// will be after the import.
fn read_files_against(
    given: &CampaignFileArgs,
    existing: &Catalogue,
) -> CliResult<ParsedCampaignFiles> {
    let (mut parts, mut read, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for path in &given.files {
        let (name, text) = (files::display_name(path), files::read_text(path)?);
        if is_catalogue_file(&text) {
            catalogue::read_catalogue(&name, &text).map_or_else(
                |faults| findings.extend(faults.into_iter().map(CliFinding::from)),
                |part| parts.push(part),
            );
        } else {
            campaign::read_campaign_file(&name, &text).map_or_else(
                |faults| findings.extend(faults.into_iter().map(CliFinding::from)),
                |one| read.push(one),
            );
        }
    }
    let catalogue = merge_catalogue(existing, &catalogue::merge_catalogues(parts));
    if findings.is_empty() {
        findings.extend(catalogue.check().into_iter().map(CliFinding::from));
        findings.extend(find_unknown_calendars(&catalogue).into_iter().map(CliFinding::from));
        findings.extend(read.iter().flat_map(|one| one.check(&catalogue)).map(CliFinding::from));
    }
    if findings.iter().any(|finding| finding.violation.severity == Severity::Error) {
        return Err(CliError::refused_files(findings));
    }
    Ok(ParsedCampaignFiles {
        catalogue,
        campaigns: read.into_iter().map(|one| one.campaign).collect(),
        warnings: findings,
    })
}

/// Whether a file holds fields, elements, forms or contracts rather than a campaign.
fn is_catalogue_file(text: &str) -> bool {
    text.lines().any(|line| {
        matches!(line.trim(), "[[fields]]" | "[[elements]]" | "[[forms]]" | "[[contracts]]")
    })
}

/// The existing catalogue with the entries of the files in place of those with the same code.
fn merge_catalogue(existing: &Catalogue, said: &Catalogue) -> Catalogue {
    let mut whole = said.clone();
    whole
        .fields
        .extend(existing.fields.iter().filter(|one| said.field(&one.code).is_none()).cloned());
    whole
        .elements
        .extend(existing.elements.iter().filter(|one| said.element(&one.code).is_none()).cloned());
    whole.forms.extend(existing.forms.iter().filter(|one| said.form(&one.code).is_none()).cloned());
    whole.contracts.extend(
        existing.contracts.iter().filter(|one| said.contract(&one.code).is_none()).cloned(),
    );
    whole
}

fn find_unknown_calendars(catalogue: &Catalogue) -> Vec<Violation> {
    let standard = Calendars::standard();
    let unknown =
        catalogue.contracts.iter().filter(|contract| standard.get(&contract.calendar).is_none());
    unknown
        .map(|contract| {
            let existing: Vec<&str> =
                standard.iter().map(|calendar| calendar.code.as_str()).collect();
            let (code, existing) = (&contract.calendar, existing.join(" | "));
            Violation::error(
                "UNKNOWN_CALENDAR",
                format!("contracts.{}", contract.code),
                message!("campaign-there-no-calendar-expected", code, existing),
            )
        })
        .collect()
}

/// The standard calendars that the database does not hold yet.
fn find_missing_calendars(reference: &ReferenceSnapshot) -> Vec<Calendar> {
    let standard = Calendars::standard();
    standard
        .iter()
        .filter(|one| reference.calendars.get(&one.code) != Some(*one))
        .cloned()
        .collect()
}

/// One change that the files make.
struct CampaignFileChange {
    kind: &'static str,
    code: String,
    old: Option<String>,
    new: String,
}

fn diff_against_reference(
    reference: &ReferenceSnapshot,
    requested: &ParsedCampaignFiles,
) -> Vec<CampaignFileChange> {
    let existing = &reference.catalogue;
    let mut all = Vec::new();
    let mut note = |kind, code: &str, old: Option<String>, new: String| {
        if old.as_ref() != Some(&new) {
            all.push(CampaignFileChange { kind, code: code.to_owned(), old, new });
        }
    };
    for one in &requested.catalogue.fields {
        let old = existing.field(&one.code).map(|old| format!("{old:#?}"));
        note("field", &one.code, old, format!("{one:#?}"));
    }
    for one in &requested.catalogue.elements {
        note(
            "element",
            one.code.as_str(),
            existing.element(&one.code).map(|old| format!("{old:#?}")),
            format!("{one:#?}"),
        );
    }
    for one in &requested.catalogue.forms {
        note(
            "form",
            &one.code,
            existing.form(&one.code).map(|old| format!("{old:#?}")),
            format!("{one:#?}"),
        );
    }
    for one in &requested.catalogue.contracts {
        note(
            "contract",
            &one.code,
            existing.contract(&one.code).map(|old| format!("{old:#?}")),
            format!("{one:#?}"),
        );
    }
    for one in &requested.campaigns {
        let old = reference
            .campaigns
            .iter()
            .find(|old| old.code == one.code)
            .map(campaign_writer::format_campaign);
        note("campaign", &one.code, old, campaign_writer::format_campaign(one));
    }
    all
}

/// Prints a new entry in one line, a changed one with the lines that differ.
fn print_change(ctx: &CliContext, change: &CampaignFileChange) {
    let output = &ctx.output;
    let CampaignFileChange { kind, code, old, new } = change;
    let Some(old) = old else {
        return output.print_line(output.paint(Colour::Green, &format!("+ {kind} {code}")));
    };
    output.print_line(output.paint(Colour::Yellow, &format!("~ {kind} {code}")));
    for line in diff_lines(old, new) {
        match line {
            DiffLine::Removed(text) => {
                output.print_line(output.paint(Colour::Red, &format!("    - {}", text.trim())))
            }
            DiffLine::Added(text) => {
                output.print_line(output.paint(Colour::Green, &format!("    + {}", text.trim())))
            }
        }
    }
}

fn change_json(change: &CampaignFileChange) -> Value {
    let mut lines = Vec::new();
    if let Some(old) = &change.old {
        for line in diff_lines(old, &change.new) {
            lines.push(match line {
                DiffLine::Removed(text) => format!("- {}", text.trim()),
                DiffLine::Added(text) => format!("+ {}", text.trim()),
            });
        }
    }
    json!({ "kind": change.kind, "code": change.code, "new": change.old.is_none(), "lines": lines })
}
