//! `thidua quality`: the questions that units were asked, and how well each rule finds what was planted for it.
//!
//! Lists are in code order; nothing here counts or sorts units by questions.

use super::ctx::Ctx;
use super::demo::example::example;
use super::demo::generator::plants::{Measured, measure};
use super::demo::generator::{Province, SEED};
use super::failure::{Failure, Outcome};
use crate::domain::ids::UnitId;

/// `thidua quality ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Các câu hỏi · The questions, in code order.
    #[command(after_help = "Ví dụ / Examples:\n  thidua quality list --unit com-29242-1\n  thidua quality list --json")]
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

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::List { unit } => list(ctx, unit.as_deref()),
        What::Measure { weeks } => measured(ctx, *weeks),
    }
}

fn list(ctx: &Ctx, unit: Option<&str>) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let unit = unit.map(|code| super::access::unit_id(&desk, code)).transpose()?;
    let uid = |unit: UnitId| reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
    let say = &ctx.say;
    // An operator at the machine answers for the root unit only: of others what is shared.
    let mut findings = desk.app.findings(&desk.actor, unit)?;
    findings.sort_by_key(|(one, _)| (uid(one.unit), one.asked, one.id()));
    let row = |(finding, _): &crate::app::quality::Filed| {
        let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
        let element = element.map_or("", |element| say.lang.pick(&*element.name_vi, &*element.name_en));
        vec![
            uid(finding.unit),
            finding.rule.to_string(),
            finding.asked.to_string(),
            finding.state.to_string(),
            finding.question(element, say.lang),
            finding.reply.as_ref().map_or_else(String::new, |reply| reply.text.clone()),
        ]
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let headings = say.lang.pick(
        ["đơn vị", "quy tắc", "ngày hỏi", "trạng thái", "câu hỏi", "trả lời"],
        ["unit", "rule", "asked", "state", "question", "reply"],
    );
    say.rows(&headings, &["unit", "rule", "asked", "state", "question", "reply"], &rows);
    Ok(())
}

fn measured(ctx: &Ctx, weeks: u8) -> Outcome {
    let trouble = |text: String| Failure::new("NO_EXAMPLE", text.clone(), text);
    let example = example().map_err(|faults| trouble(faults[0].text(false)))?;
    let province = Province::new(SEED, example.org, example.catalogue, example.campaign_a, &[&example.campaign_b]);
    let all = measure(&province, weeks).map_err(|error| trouble(error.to_string()))?;
    let say = &ctx.say;
    if say.json {
        let keys = ["rule", "planted", "found", "idle", "looks"];
        let rows: Vec<Vec<String>> = all.iter().map(|one| cells(one)[..5].to_vec()).collect();
        say.rows(&keys, &keys, &rows);
        return Ok(());
    }
    say.line(say.lang.pick(
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed {SEED}, {weeks} tuần\n"),
        format!("DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed {SEED}, {weeks} weeks\n"),
    ));
    say.line("| rule | planted | found | asked for nothing | looks | recall | precision |");
    say.line("|---|---|---|---|---|---|---|");
    all.iter().for_each(|one| say.line(format!("| {} |", cells(one).join(" | "))));
    Ok(())
}

fn cells(one: &Measured) -> [String; 7] {
    let Measured { rule, planted, found, idle, looks } = one;
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
