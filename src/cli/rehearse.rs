//! `thidua org rehearse DIR`: shows how a change of the organisation affects units, devices, open
//! reports, expectations, baselines and standings, and what does not reconcile. Writes nothing.
//!
//! The change comes from the files, everything else from the database.

use super::context::CliContext;
use super::desk::{OrgChangeFiles, RehearsedOrganisation, TableOfPeople};
use super::error::{CliError, CliResult};
use super::files;
use super::org_files::OrgFiles;
use super::output::finding_json;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::PathBuf;

/// `thidua org rehearse`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua org rehearse examples/tra-vinh/org --on 2025-07-01
  thidua org rehearse new-org --campaign A --handover handover.csv --json")]
pub(super) struct Args {
    /// The directory with the three files as they are after the change.
    dir: PathBuf,
    /// The effective day (default: the next day of change).
    #[arg(long)]
    on: Option<Date>,
    /// The campaign whose reports and baselines are looked at.
    #[arg(long)]
    campaign: Option<String>,
    /// The handover of stocks.
    #[arg(long, value_name = "FILE")]
    handover: Option<PathBuf>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let files = OrgFiles::read(&args.dir)?;
    let handover = args.handover.as_ref().map(|path| {
        let (name, bytes) = (files::display_name(path), files::read_bytes(path)?);
        Ok::<_, CliError>(TableOfPeople { name, bytes, decimal_mark: None })
    });
    let handover = handover.transpose()?;
    let change = OrgChangeFiles {
        files: &files,
        handover: handover.as_ref(),
        on: args.on,
        campaign: args.campaign.as_deref(),
    };
    let output = &ctx.output;
    let rehearsed = ctx.open_desk()?.rehearse_organisation(&change, output.lang)?;
    output.print_answer(|| rehearsed.text.clone(), || report_json(&rehearsed, output.lang));
    if rehearsed.is_reconciled {
        return Ok(());
    }
    Err(CliError::new("DOES_NOT_RECONCILE", message!("rehearse-rehearsal-does-not-reconcile")))
}

fn report_json(rehearsed: &RehearsedOrganisation, lang: Lang) -> Value {
    let report = &rehearsed.report;
    let closes = report.closing_units.iter().map(|one| {
        let heirs = one.successors.iter().map(|(unit, weight)| json!({ "unit": unit, "weight": weight.to_string() }));
        json!({ "unit": one.unit, "heirs": heirs.collect::<Vec<_>>(), "acts": one.acting_unit, "devices": one.devices, "open_reports": one.open_reports })
    });
    let moved = report
        .reparented_units
        .iter()
        .map(|one| json!({ "unit": one.unit, "from": one.old_parent, "to": one.new_parent }));
    let renamed = report.renamed_units.iter().map(|(old, new)| json!({ "from": old, "to": new }));
    let expected = report.expectation_changes.iter().map(|one| {
        json!({ "contract": one.contract, "before": one.before, "after": one.after, "more_pieces": one.added_pieces })
    });
    let rebased = report.rebased_elements.iter().map(|one| {
        json!({ "element": one.element.to_string(), "before": one.sums.0, "after": one.sums.1, "exact": one.exact, "derived": one.derived, "incomplete": one.incomplete })
    });
    let counts = report.unit_counts.iter().map(
        |(kind, before, after)| json!({ "kind": kind.as_str(), "before": before, "after": after }),
    );
    let straddling = report
        .straddling_units
        .iter()
        .map(|(kind, units)| json!({ "level": kind.as_str(), "units": units }));
    let findings = rehearsed.findings.iter().map(|broken| finding_json(broken, lang));
    json!({
        "days": report.days.iter().map(Date::to_string).collect::<Vec<_>>(),
        "legal": report.legal_bases,
        "counts": counts.collect::<Vec<_>>(),
        "opens": report.opening_units,
        "closes": closes.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
        "expected": expected.collect::<Vec<_>>(),
        "rebased": rebased.collect::<Vec<_>>(),
        "straddling": straddling.collect::<Vec<_>>(),
        "unranked": report.unranked_units,
        "findings": findings.collect::<Vec<_>>(),
        "reconciles": rehearsed.is_reconciled,
    })
}
