//! `thidua field fill`: enters figures as arguments or by questions. What is not understood is
//! asked again; what was entered is kept.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::field_prompt::{Answers, ask_again, ask_cells};
use super::output::Output;
use super::phone::cell_text;
use super::report_selection::{report_title, select_report, show_or_blank};
use super::review::sync_command_if_any;
use crate::client::facade::{CellEntry, CellFigure, CellView, ClientError, NamedReport, Phone};
use crate::domain::report::figure_text::parse_cell;
use crate::domain::support::message::message;

/// What `thidua field fill` was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct FillArgs {
    /// The report by its period, as in `field due`: 2026-07, 2026-W31, 34/2024, 2024-08-19 or
    /// 19/8/2024, with unit or form where more than one has it; or the first digits of its id.
    pub(super) report: String,
    /// Cells: ELEMENT=FIGURE (4.5 or 4,5), ELEMENT=nil or ELEMENT=missing:see_note; words without
    /// `=` belong to the name of the report.
    pub(super) cells: Vec<String>,
    /// Nothing occurred: every event an explicit zero; stocks and duties are still to be
    /// answered.
    #[arg(long)]
    pub(super) nil: bool,
    /// Confirm the figures of the last period for stocks and duties that are still blank.
    #[arg(long)]
    pub(super) carry: bool,
    /// The note; identity numbers, telephone numbers and plates are refused, names are not
    /// recognised.
    #[arg(long)]
    pub(super) note: Option<String>,
    /// Submit too.
    #[arg(long)]
    pub(super) submit: bool,
}

/// The words that name the report, and the cells.
pub(super) fn split_words(report: &str, cells: &[String]) -> (Vec<String>, Vec<String>) {
    let words = std::iter::once(report.to_owned()).chain(cells.iter().cloned());
    words.partition(|word| !word.contains('='))
}

pub(super) fn fill_report(ctx: &CliContext, phone: &Phone, args: &FillArgs) -> CliResult {
    let (name, given) = split_words(&args.report, &args.cells);
    let named = select_report(&ctx.output, phone, &name)?;
    let presented = show_or_blank(phone, &named)?.cells;
    let given = parse_cells(&given, |element| scale_in(&presented, element))?;
    let asks = given.is_empty() && args.note.is_none() && !args.nil && !args.carry;
    if asks {
        return fill_by_questions(ctx, phone, &named, &presented, args.submit);
    }
    let mut cells = implied_cells(phone, &named, &presented, (args.nil, args.carry))?;
    cells.retain(|cell| !given.iter().any(|one| one.element == cell.element));
    cells.extend(given);
    // One command: a report that is saved once and submitted is not one that was changed.
    let number = phone.save_cells(named.key.clone(), cells, args.note.clone())?;
    submit_and_sync(ctx, phone, &named, number, args.submit)
}

/// Submits what was saved if asked for, and syncs.
fn submit_and_sync(
    ctx: &CliContext,
    phone: &Phone,
    named: &NamedReport,
    number: Option<u64>,
    submit: bool,
) -> CliResult {
    if !submit {
        return sync_command_if_any(ctx, phone, number);
    }
    match phone.submit_report(named.report_id.clone()) {
        Ok(submitted) => sync_command_if_any(ctx, phone, Some(submitted)),
        Err(error) => {
            let name = &named.name;
            ctx.output.print_remark(ctx.output.say(message!("field-kept-as-draft", name)));
            Err(error.into())
        }
    }
}

/// Nil for every event, and the figures of the last period for blank words.
fn implied_cells(
    phone: &Phone,
    named: &NamedReport,
    presented: &[CellView],
    (nil, carry): (bool, bool),
) -> CliResult<Vec<CellEntry>> {
    let mut cells = Vec::new();
    if nil {
        let events = presented.iter().filter(|cell| !cell.is_word);
        let nil = |cell: &CellView| CellEntry {
            element: cell.element.clone(),
            value: Some(CellFigure::Nil),
        };
        cells.extend(events.map(nil));
    }
    if carry {
        let is_blank = |element: &str| {
            presented.iter().any(|cell| cell.element == element && cell.value.is_none())
        };
        let words = phone.carried_words(named.key.clone())?;
        cells.extend(words.into_iter().filter(|one| is_blank(&one.element)));
    }
    Ok(cells)
}

/// Asks for each cell and saves the answers, also where the input ends before the last question.
fn fill_by_questions(
    ctx: &CliContext,
    phone: &Phone,
    named: &NamedReport,
    presented: &[CellView],
    submit: bool,
) -> CliResult {
    let output = &ctx.output;
    output.print_remark(report_title(output, named));
    output.print_remark(output.text("field-fill-how"));
    let mut answers = Answers::default();
    ask_cells(output, presented, &mut answers);
    let number = save_answers(output, phone, named, presented, &mut answers)?;
    if !answers.has_ended {
        return submit_and_sync(ctx, phone, named, number, submit);
    }
    let (name, count) = (&named.name, answers.cells.len());
    output.print_remark(output.say(if number.is_some() {
        message!("field-input-ended-kept", name, count)
    } else {
        message!("field-input-ended-nothing", name)
    }));
    sync_command_if_any(ctx, phone, number)?;
    if submit {
        return Err(CliError::new("NOT_SUBMITTED", message!("field-not-submitted", name)));
    }
    Ok(())
}

/// Saves the answers; those that a rule refuses are asked again. If saving fails otherwise, what
/// was entered is printed as arguments, so that nobody types it twice.
fn save_answers(
    output: &Output,
    phone: &Phone,
    named: &NamedReport,
    presented: &[CellView],
    answers: &mut Answers,
) -> CliResult<Option<u64>> {
    loop {
        let error = match phone.save_cells(named.key.clone(), answers.cells.clone(), None) {
            Ok(number) => return Ok(number),
            Err(error) => error,
        };
        let refused =
            if let ClientError::Refused { problems, .. } = &error { problems } else { &Vec::new() };
        let is_refused = |cell: &CellEntry| {
            refused.iter().any(|one| one.element.as_deref() == Some(&cell.element))
        };
        if !answers.cells.iter().any(is_refused) {
            let cells = cells_text(&answers.cells, presented);
            output.print_remark(output.say(message!("field-entered-was", cells)));
            return Err(error.into());
        }
        for problem in refused {
            let element = problem.element.as_deref().unwrap_or(&problem.field);
            output.print_remark(format!("{element}: {}", output.say(problem.message())));
        }
        let again: Vec<String> = answers
            .cells
            .iter()
            .filter(|cell| is_refused(cell))
            .map(|cell| cell.element.clone())
            .collect();
        ask_again(output, presented, &again, answers);
    }
}

/// Cells as arguments of `thidua field fill`.
fn cells_text(cells: &[CellEntry], presented: &[CellView]) -> String {
    let text = |cell: &CellEntry| {
        let scale = scale_in(presented, &cell.element);
        format!("{}={}", cell.element, cell_text(cell.value, scale))
    };
    cells.iter().map(text).collect::<Vec<_>>().join(" ")
}

pub(super) fn scale_in(presented: &[CellView], element: &str) -> u8 {
    presented.iter().find(|cell| cell.element == element).map_or(0, |cell| cell.scale)
}

/// Parses `ELEMENT=VALUE` with the decimals of each element.
pub(super) fn parse_cells(
    given: &[String],
    scale_of: impl Fn(&str) -> u8,
) -> CliResult<Vec<CellEntry>> {
    let read = |text: &String| {
        let (element, value) = text.split_once('=').ok_or_else(|| {
            CliError::usage_error(message!("field-expected-element-figure-element", text))
        })?;
        let value = parse_cell(value, scale_of(element)).map_err(|fault| {
            let fault = fault.message(value);
            CliError::usage_error(message!("field-cell-not-understood", element, fault => fault))
        })?;
        Ok(CellEntry { element: element.to_owned(), value: Some(value.into()) })
    };
    given.iter().map(read).collect()
}
