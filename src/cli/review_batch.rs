//! `thidua review batch`: many reports on one sheet, what most needs a look first, each figure that
//! differs beside the last period and the same period last year. The reviewer then names those to
//! accept; each is accepted with the content hash that the sheet showed.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::phone::{self, day_text, figure_text};
use super::review::{concern_json, concern_text};
use super::standing_format::{figure_json, plain_figure};
use crate::client::facade::{CellFigure, FigureBeside, Phone, SeenReport, WaitingReport};
use crate::domain::support::message::message;
use crate::i18n::Lang;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, Write};

/// Digits of a content hash that the sheet shows.
const HASH_DIGITS_SHOWN: usize = 16;

pub(super) fn review_batch(ctx: &CliContext, phone: &Phone) -> CliResult {
    let output = &ctx.output;
    let queue = phone.review_queue()?;
    if output.json {
        let list: Vec<Value> = queue.iter().map(waiting_json).collect();
        output.print_line(format!("{:#}", Value::Array(list)));
        return Ok(());
    }
    if queue.is_empty() {
        output.print_line(output.text("review-nothing-waits"));
        return Ok(());
    }
    for (position, waiting) in queue.iter().enumerate() {
        print_waiting(ctx, position + 1, waiting);
    }
    let chosen = ask_numbers(ctx, queue.len());
    let seen: Vec<SeenReport> = chosen
        .into_iter()
        .filter_map(|number| queue.get(number - 1))
        .map(|one| SeenReport {
            report_id: one.report.report_id.clone(),
            content_hash: one.report.content_hash.clone(),
        })
        .collect();
    if seen.is_empty() {
        output.print_line(output.text("review-none-accepted"));
        return Ok(());
    }
    accept(ctx, phone, seen)
}

/// A report of the queue with its figures and concerns.
pub(super) fn waiting_json(one: &WaitingReport) -> Value {
    let mut value = phone::report_json(&one.report);
    let figures = one.figures.iter().map(|figure| {
        json!({
            "element": figure.element,
            "now": cell_text(figure.now, figure.scale, None),
            "last_period": figure_json(figure.last_period, figure.scale),
            "last_year": figure_json(figure.last_year, figure.scale),
            "differs": figure.differs,
        })
    });
    if let Some(object) = value.as_object_mut() {
        object.insert(
            "concerns".into(),
            one.concerns.iter().map(|concern| concern_json(concern, &one.report.cells)).collect(),
        );
        object.insert("figures".into(), figures.collect());
    }
    value
}

fn print_waiting(ctx: &CliContext, number: usize, waiting: &WaitingReport) {
    let (output, view) = (&ctx.output, &waiting.report);
    let (first, last) = (day_text(view.key.start_day), day_text(view.key.end_day - 1));
    let nil = if view.nil { " nil" } else { "" };
    output.print_line(format!(
        "[{number}] {} {} {first} .. {last}{nil}  {}",
        view.key.unit, view.key.contract, view.report_id
    ));
    for concern in &waiting.concerns {
        output.print_line(format!("    ! {}", concern_text(output.lang, concern, &view.cells)));
    }
    if !view.note.is_empty() {
        output.print_line(format!("    {}: {}", output.text("phone-note"), view.note));
    }
    let differing: Vec<&FigureBeside> =
        waiting.figures.iter().filter(|figure| figure.differs).collect();
    let rows: Vec<Vec<String>> =
        differing.iter().map(|figure| figure_row(output.lang, figure)).collect();
    if !rows.is_empty() {
        let headings = [
            output.text("review-element"),
            output.text("review-now"),
            output.text("review-last-period"),
            output.text("review-last-year"),
        ];
        output.print_table(&headings, &rows);
    }
    let same = waiting.figures.len() - rows.len();
    if same > 0 {
        output.print_line(output.say(message!("review-same-figures", same)));
    }
    let shown: String = view.content_hash.chars().take(HASH_DIGITS_SHOWN).collect();
    output.print_line(format!("    hash {shown}"));
    output.print_line("");
}

fn figure_row(lang: Lang, figure: &FigureBeside) -> Vec<String> {
    let text = |value: Option<i64>| super::standing_format::figure_text(lang, value, figure.scale);
    let now = cell_text(figure.now, figure.scale, Some(lang));
    vec![format!("    {}", figure.element), now, text(figure.last_period), text(figure.last_year)]
}

/// A cell with the decimals of its element: with `lang` for people, else for files.
fn cell_text(value: Option<CellFigure>, scale: u8, lang: Option<Lang>) -> String {
    let figure = |figure: i64| match lang {
        Some(lang) => lang.figure(figure, scale),
        None => plain_figure(figure, scale),
    };
    match value {
        Some(CellFigure::Reported { value }) => figure(value),
        Some(CellFigure::Carried { value }) => format!("carried:{}", figure(value)),
        Some(
            CellFigure::Nil
            | CellFigure::MissingAwaitingSource
            | CellFigure::MissingNotCounted
            | CellFigure::MissingSeeNote,
        )
        | None => figure_text(value),
    }
}

/// The numbers that the reviewer names; none at the end of the input. A line that is not understood
/// is asked again.
fn ask_numbers(ctx: &CliContext, count: usize) -> BTreeSet<usize> {
    let output = &ctx.output;
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let _ = write!(std::io::stderr(), "{} ", output.text("review-which-to-accept"));
        let Some(Ok(line)) = lines.next() else { return BTreeSet::new() };
        match parse_numbers(&line, count) {
            Some(numbers) => return numbers,
            None => output.print_remark(output.say(message!("review-numbers-like", count))),
        }
    }
}

/// Numbers and ranges from 1 to `count`, as in `1-3, 7`; empty for an empty line.
fn parse_numbers(line: &str, count: usize) -> Option<BTreeSet<usize>> {
    let mut numbers = BTreeSet::new();
    for part in line.split([',', ' ']).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first == 0 || last < first || last > count {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// Accepts and syncs at once where there is a network. A report that the server refuses (its
/// content has changed since) is named; the others are accepted.
fn accept(ctx: &CliContext, phone: &Phone, seen: Vec<SeenReport>) -> CliResult {
    let output = &ctx.output;
    let numbers: BTreeSet<u64> = phone.accept_seen(seen)?.into_iter().collect();
    if let Err(error) = phone.sync_once() {
        output.print_remark(error.text(output.lang));
    }
    let mut refused = phone.refused_commands()?;
    refused.retain(|one| numbers.contains(&one.number));
    let waiting = phone.outbox_status()?.waiting;
    let accepted = numbers.len() - refused.len();
    output.print_line(output.say(message!("review-accepted", accepted, waiting)));
    if refused.is_empty() {
        return Ok(());
    }
    let findings = refused.into_iter().map(|one| {
        crate::domain::support::violation::Violation::error(
            phone::problem_code(&one.reason),
            one.report_id.clone(),
            one.message(),
        )
    });
    let error = CliError::new("SOME_REFUSED", message!("review-some-refused"));
    Err(error.with_findings(findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_name_reports_and_anything_else_is_asked_again() {
        let set = |numbers: &[usize]| Some(numbers.iter().copied().collect::<BTreeSet<_>>());
        assert_eq!(parse_numbers("1-3, 7", 9), set(&[1, 2, 3, 7]));
        assert_eq!(parse_numbers("", 9), set(&[]), "nothing is accepted unseen");
        for bad in ["0", "10", "3-1", "all", "1-99", "-"] {
            assert_eq!(parse_numbers(bad, 9), None, "{bad}");
        }
    }
}
