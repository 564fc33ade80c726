//! `thidua quality`: the questions that units were asked, and how well each rule finds what was planted for it.
//!
//! Lists are in code order; nothing here counts or sorts units by questions.

use super::context::CliContext;
use super::demo::example::load_example;
use super::demo::generator::planted_cases::{RuleMeasurement, measure_rules};
use super::demo::generator::{Province, SEED};
use super::error::{CliError, CliResult};
use crate::domain::ids::UnitId;

/// `thidua quality ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: QualityCommand,
}

#[derive(Debug, clap::Subcommand)]
enum QualityCommand {
    /// Các câu hỏi · The questions, in code order.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua quality list --unit com-29242-1\n  thidua quality list --json"
    )]
    List {
        /// Mã đơn vị · Code of the unit; left out: all.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Đo từng quy tắc trên dữ liệu giả lập · Measure each rule on the synthetic province; prints the table of docs/QUALITY.md.
    #[command(after_help = "Ví dụ / Examples:\n  thidua quality measure --weeks 27")]
    Measure {
        /// Số tuần · Weeks of figures.
        #[arg(long, default_value_t = 27, value_parser = clap::value_parser!(u8).range(16..=27))]
        weeks: u8,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        QualityCommand::List { unit } => list_findings(ctx, unit.as_deref()),
        QualityCommand::Measure { weeks } => print_measurements(ctx, *weeks),
    }
}

fn list_findings(ctx: &CliContext, unit: Option<&str>) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let unit = unit.map(|code| super::access::find_unit_id(&local_app, code)).transpose()?;
    let uid =
        |unit: UnitId| reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
    let output = &ctx.output;
    // An operator at the machine answers for the root unit only: of others what is shared.
    let mut findings = local_app.app.visible_findings(&local_app.actor, unit)?;
    findings.sort_by_key(|(one, _)| (uid(one.unit), one.asked_day, one.id()));
    let row = |(finding, _): &crate::app::quality::StoredFinding| {
        let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
        let element =
            element.map_or("", |element| output.lang.pick(&*element.name_vi, &*element.name_en));
        vec![
            uid(finding.unit),
            finding.rule.to_string(),
            finding.asked_day.to_string(),
            finding.state.to_string(),
            finding.question_text(element, output.lang),
            finding.reply.as_ref().map_or_else(String::new, |reply| reply.text.clone()),
        ]
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let headings = output.lang.pick(
        ["đơn vị", "quy tắc", "ngày hỏi", "trạng thái", "câu hỏi", "trả lời"],
        ["unit", "rule", "asked", "state", "question", "reply"],
    );
    output.print_rows(&headings, &["unit", "rule", "asked", "state", "question", "reply"], &rows);
    Ok(())
}

fn print_measurements(ctx: &CliContext, weeks: u8) -> CliResult {
    let trouble = |text: String| CliError::new("NO_EXAMPLE", text.clone(), text);
    let example = load_example().map_err(|faults| trouble(faults[0].to_text(false)))?;
    let province = Province::new(
        SEED,
        example.org,
        example.catalogue,
        example.campaign_a,
        &[&example.campaign_b],
    );
    let all = measure_rules(&province, weeks).map_err(|error| trouble(error.to_string()))?;
    let output = &ctx.output;
    if output.json {
        let keys = ["rule", "planted", "found", "idle", "looks"];
        let rows: Vec<Vec<String>> =
            all.iter().map(|one| to_table_row(one)[..5].to_vec()).collect();
        output.print_rows(&keys, &keys, &rows);
        return Ok(());
    }
    output.print_line(output.lang.pick(
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed {SEED}, {weeks} tuần\n"),
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed {SEED}, {weeks} weeks\n"),
    ));
    output
        .print_line("| rule | planted | found | asked for nothing | looks | recall | precision |");
    output.print_line("|---|---|---|---|---|---|---|");
    all.iter().for_each(|one| output.print_line(format!("| {} |", to_table_row(one).join(" | "))));
    Ok(())
}

fn to_table_row(one: &RuleMeasurement) -> [String; 7] {
    let RuleMeasurement { rule, planted, found, false_positives: idle, opportunities: looks } = one;
    let share = |part: usize, whole: usize| {
        (part * 100).checked_div(whole).map_or_else(|| "-".to_owned(), |share| format!("{share} %"))
    };
    [
        rule.to_string(),
        planted.to_string(),
        found.to_string(),
        idle.to_string(),
        looks.to_string(),
        share(*found, *planted),
        share(*found, found + idle),
    ]
}
