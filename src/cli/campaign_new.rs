//! `thidua campaign new`: asks a few questions and writes commented files of a campaign that
//! `campaign check` takes. With `--yes` nothing is asked.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::output::{Colour, Output};
use crate::clock::Clock;
use crate::domain::report::element::CountingLevel;
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::limits::NAME;
use crate::domain::support::message::message;
use crate::domain::support::text::checked_text;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// `thidua campaign new`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua campaign new my-campaign
  thidua campaign new my-campaign --owner prov-84 --calendar month --level COMMUNE --yes")]
pub(super) struct Args {
    /// The directory for elements.toml, forms.toml and campaign.toml; made if it does not exist.
    dir: PathBuf,
    /// Code of the campaign.
    #[arg(long)]
    code: Option<String>,
    /// Name of the campaign.
    #[arg(long)]
    name: Option<String>,
    /// Code of the unit that runs it.
    #[arg(long, value_name = "UNIT")]
    owner: Option<String>,
    /// First day.
    #[arg(long, value_name = "DAY")]
    first_day: Option<Date>,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    last_day: Option<Date>,
    /// The level that reports: COMMUNE, DISTRICT, DEPARTMENT or PROVINCE.
    #[arg(long)]
    level: Option<String>,
    /// The calendar of the reports, as in week or month.
    #[arg(long)]
    calendar: Option<String>,
    /// What is counted, in words.
    #[arg(long, value_name = "TEXT")]
    counts: Option<String>,
    /// The unit of one count.
    #[arg(long, value_name = "WORD")]
    unit_of_count: Option<String>,
    /// Ask nothing: what is not given takes its proposed value.
    #[arg(long, short)]
    yes: bool,
}

/// The files, by the name of the template of each language.
const FILES: [(&str, &str); 3] = [
    ("elements.toml", "server-new-elements.toml"),
    ("forms.toml", "server-new-forms.toml"),
    ("campaign.toml", "server-new-campaign.toml"),
];

pub(super) fn create_campaign(ctx: &CliContext, args: &Args) -> CliResult {
    let output = &ctx.output;
    for (file, _) in FILES {
        let path = args.dir.join(file);
        if path.exists() {
            let path = path.display();
            return Err(CliError::new("FILE_EXISTS", message!("campaign-new-file-exists", path)));
        }
    }
    let is_asking = !args.yes && !output.json && std::io::stdin().is_terminal();
    let values = collect_values(ctx, args, is_asking)?;
    std::fs::create_dir_all(&args.dir).map_err(|error| CliError::file_error(&args.dir, &error))?;
    for (file, template) in FILES {
        let text = fill_template(output.lang.file(template), &values);
        let path = args.dir.join(file);
        std::fs::write(&path, text).map_err(|error| CliError::file_error(&path, &error))?;
    }
    print_written(output, &args.dir);
    Ok(())
}

fn print_written(output: &Output, dir: &Path) {
    let paths = FILES.map(|(file, _)| dir.join(file).display().to_string());
    let check = format!("thidua campaign check -f {}", paths.join(" -f "));
    let text = || {
        let head = output.paint(Colour::Green, output.text("campaign-new-written"));
        format!("{head}\n{}\n{} {check}", paths.join("\n"), output.text("backup-next"))
    };
    output.print_answer(text, || json!({ "files": paths, "next": check }));
}

/// A value by its mark in the templates, as in `@CODE@`.
type TemplateValues = Vec<(&'static str, String)>;

fn collect_values(ctx: &CliContext, args: &Args, is_asking: bool) -> CliResult<TemplateValues> {
    let output = &ctx.output;
    let ask = |question: &'static str, given: Option<&String>, proposed: &str| {
        ask_text(output, question, given.map(String::as_str), proposed, is_asking)
    };
    let owner = propose_owner(ctx);
    let (first, last) = propose_days(Clock::System.now().local_date());
    let calendars = Calendars::standard();
    let calendar_codes: Vec<&str> = calendars.iter().map(|one| one.code.as_str()).collect();
    let levels: Vec<&str> = CountingLevel::ALL.iter().map(|level| level.as_str()).collect();
    let text = |id| output.text(id);
    let code = ask("campaign-new-code", args.code.as_ref(), "PT1")?;
    let name = ask("campaign-new-name", args.name.as_ref(), text("campaign-new-name-proposed"))?;
    let owner = ask("campaign-new-owner", args.owner.as_ref(), &owner)?;
    let first = ask_day(output, "campaign-new-first-day", args.first_day, first, is_asking)?;
    let last = ask_day(output, "campaign-new-last-day", args.last_day, last, is_asking)?;
    if DateWindow::from_inclusive_days(first, last).is_none() {
        let key = "last_day";
        let text = message!("toml-reader-last-day-comes-before", key, end = last, start = first);
        return Err(CliError::usage_error(text));
    }
    let level = ask("campaign-new-level", args.level.as_ref(), "COMMUNE")?.to_uppercase();
    check_word("level", &level, &levels)?;
    let calendar = ask("campaign-new-calendar", args.calendar.as_ref(), "month")?;
    check_word("calendar", &calendar, &calendar_codes)?;
    let counts =
        ask("campaign-new-counts", args.counts.as_ref(), text("campaign-new-counts-proposed"))?;
    let unit = text("campaign-new-unit-proposed");
    let unit = ask("campaign-new-unit", args.unit_of_count.as_ref(), unit)?;
    let reviewer = if level == "COMMUNE" { reviewer_of_communes(ctx) } else { "PROVINCE" };
    Ok(vec![
        ("@CODE@", code),
        ("@NAME@", name),
        ("@OWNER@", owner),
        ("@FIRST_DAY@", first.to_string()),
        ("@LAST_DAY@", last.to_string()),
        ("@LEVEL@", level),
        ("@REVIEWER@", reviewer.to_owned()),
        ("@CALENDAR@", calendar),
        ("@CALENDARS@", calendar_codes.join(", ")),
        ("@COUNTS@", counts),
        ("@UNIT@", unit),
    ])
}

fn check_word(name: &str, word: &str, words: &[&str]) -> CliResult {
    if words.contains(&word) {
        return Ok(());
    }
    let (expected, got) = (words.join(" | "), format!("{name} = {word}"));
    Err(CliError::usage_error(message!("baseline-expected-got", expected, got)))
}

/// The root of the organisation, once it is imported.
fn propose_owner(ctx: &CliContext) -> String {
    let root = ctx.open_desk().ok().and_then(|desk| {
        let reference = desk.load_reference().ok()?;
        let root = desk.unit_or_root(&reference, None).ok()?;
        Some(reference.org.unit(root)?.uid.clone())
    });
    root.unwrap_or_else(|| "unit-1".to_owned())
}

/// Who reviews communes: the districts where there are any today, else the province.
fn reviewer_of_communes(ctx: &CliContext) -> &'static str {
    let today = Clock::System.now().local_date();
    let reference = ctx.open_desk().and_then(|desk| desk.load_reference());
    let has_districts = reference.is_ok_and(|reference| {
        let kind = crate::domain::org::UnitKind::District;
        reference.org.units_of_kind_on(kind, today).next().is_some()
    });
    if has_districts { "DISTRICT" } else { "PROVINCE" }
}

/// A year from the first day of the next month.
fn propose_days(today: Date) -> (Date, Date) {
    let first = today.first_of_month().saturating_add(1.month());
    (first, first.saturating_add(1.year()).saturating_sub(1.day()))
}

fn ask_day(
    output: &Output,
    question: &'static str,
    given: Option<Date>,
    proposed: Date,
    is_asking: bool,
) -> CliResult<Date> {
    let given = given.map(|day| day.to_string());
    let text = ask_text(output, question, given.as_deref(), &proposed.to_string(), is_asking)?;
    text.parse().map_err(|_| {
        CliError::usage_error(message!(
            "baseline-expected-got",
            expected = "YYYY-MM-DD",
            got = text
        ))
    })
}

/// The value given as a flag, else the answer to a question, else the proposed one.
fn ask_text(
    output: &Output,
    question: &'static str,
    given: Option<&str>,
    proposed: &str,
    is_asking: bool,
) -> CliResult<String> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    if !is_asking {
        return Ok(proposed.to_owned());
    }
    let failed = |error: std::io::Error| CliError::file_error(Path::new("-"), &error);
    let mut out = std::io::stderr().lock();
    write!(out, "{} [{proposed}]: ", output.text(question)).map_err(failed)?;
    out.flush().map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    let answer = if line.trim().is_empty() { proposed } else { line.trim() };
    checked_text(answer, NAME).map_err(|fault| {
        let violation = fault.to_violation("answer");
        CliError::new(violation.code, violation.message)
    })
}

/// The template with its marks replaced, each value as it stands inside a TOML text.
fn fill_template(template: &str, values: &TemplateValues) -> String {
    values.iter().fold(template.to_owned(), |text, (mark, value)| {
        text.replace(mark, &value.replace('\\', "\\\\").replace('"', "\\\""))
    })
}
