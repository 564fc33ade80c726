//! `thidua quality`: the findings about the quality of figures, and how well each rule finds
//! planted cases.
//!
//! Lists are in code order; units must not be counted or sorted by findings.

#[cfg(feature = "demo")]
mod measurements;

use super::context::CliContext;
use super::error::CliResult;
use crate::domain::quality::Finding;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::MessageArg;

/// `thidua quality ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: QualityCommand,
}

#[derive(Debug, clap::Subcommand)]
enum QualityCommand {
    /// The questions, in code order.
    #[command(
        after_help = "Examples:\n  thidua quality list --unit com-29242-1\n  thidua quality list --json"
    )]
    List {
        /// Code of the unit; left out: all.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Measure each rule on the synthetic province; prints the table of docs/QUALITY.md.
    #[command(after_help = "Examples:\n  thidua quality measure --weeks 27")]
    #[cfg(feature = "demo")]
    Measure {
        /// Weeks of figures.
        #[arg(long, default_value_t = 27, value_parser = clap::value_parser!(u8).range(16..=27))]
        weeks: u8,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        QualityCommand::List { unit } => list_findings(ctx, unit.as_deref()),
        #[cfg(feature = "demo")]
        QualityCommand::Measure { weeks } => measurements::print_measurements(ctx, *weeks),
    }
}

fn list_findings(ctx: &CliContext, unit: Option<&str>) -> CliResult {
    let desk = ctx.open_desk()?;
    let reference = desk.load_reference()?;
    let uid =
        |unit: UnitId| reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
    let output = &ctx.output;
    // The operator acts for the root unit only; of other units only shared findings are listed.
    let mut findings = desk.findings(&reference, unit)?;
    findings.sort_by_key(|one| (uid(one.unit), one.asked_day, one.id()));
    let row = |finding: &Finding| {
        let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
        let scale = element.map_or(0, |one| one.scale);
        let element = element.map_or("", |one| output.lang.pick(&*one.name_vi, &*one.name_en));
        let element = MessageArg::Text(element.to_owned());
        vec![
            uid(finding.unit),
            finding.rule.to_string(),
            finding.asked_day.to_string(),
            finding.state.to_string(),
            output.say(finding.question(element, scale)),
            finding.reply.as_ref().map_or_else(String::new, |reply| reply.text.clone()),
        ]
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let headings = ["unit", "rule", "asked", "state", "question", "reply"]
        .map(|column| output.text(&format!("quality-column-{column}")));
    output.print_rows(&headings, &["unit", "rule", "asked", "state", "question", "reply"], &rows);
    Ok(())
}
