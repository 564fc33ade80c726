//! The questions of `thidua field fill`, on standard error so that `--json` stays JSON.

use super::output::Output;
use super::phone::cell_text;
use crate::client::facade::{CellEntry, CellFigure, CellView};
use crate::domain::report::figure_text::{format_shortest, parse_cell};
use crate::domain::support::message::{Message, message};
use crate::domain::support::text::escape_controls;
use std::io::{BufRead, Write};

/// What was entered so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The cells for which a value was entered.
    pub(super) cells: Vec<CellEntry>,
    /// Whether the input ended (Ctrl-D) before the last question.
    pub(super) has_ended: bool,
}

/// Asks for each cell; an empty line keeps the present value. Stops where the input ends.
pub(super) fn ask_cells(output: &Output, presented: &[CellView], answers: &mut Answers) {
    let mut input = std::io::stdin().lock();
    for cell in presented {
        match ask_cell(output, cell, &mut input) {
            CellAnswer::Entered(value) => {
                let (element, value) = (cell.element.clone(), Some(value));
                answers.cells.push(CellEntry { element, value });
            }
            CellAnswer::Kept => {}
            CellAnswer::Ended => {
                answers.has_ended = true;
                return;
            }
        }
    }
}

/// Removes the answers for these elements and asks for them again.
pub(super) fn ask_again(
    output: &Output,
    presented: &[CellView],
    elements: &[String],
    answers: &mut Answers,
) {
    answers.cells.retain(|cell| !elements.contains(&cell.element));
    if answers.has_ended {
        return;
    }
    let again: Vec<CellView> =
        presented.iter().filter(|cell| elements.contains(&cell.element)).cloned().collect();
    ask_cells(output, &again, answers);
}

enum CellAnswer {
    Entered(CellFigure),
    Kept,
    Ended,
}

fn ask_cell(output: &Output, cell: &CellView, input: &mut impl BufRead) -> CellAnswer {
    let name = escape_controls(output.lang.pick(&cell.name_vi, &cell.name_en));
    let count = escape_controls(&cell.unit_of_count);
    loop {
        let value = cell_text(cell.value, cell.scale);
        let _ = write!(std::io::stderr(), "{name} ({count}) [{value}]: ");
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) => {
                let _ = writeln!(std::io::stderr());
                return CellAnswer::Ended;
            }
            Ok(_) if line.trim().is_empty() => return CellAnswer::Kept,
            Ok(_) => match read_cell(&line, cell) {
                Ok(value) => return CellAnswer::Entered(value),
                Err(fault) => output.print_remark(output.say(fault)),
            },
            // Bytes that are no text, as a keyboard of another encoding sends them.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                output.print_remark(output.text("field-line-not-text"));
            }
            Err(_) => return CellAnswer::Ended,
        }
    }
}

/// The value that a line gives for this cell.
fn read_cell(line: &str, cell: &CellView) -> Result<CellFigure, Message> {
    let text = line.trim();
    let value = parse_cell(text, cell.scale).map_err(|fault| fault.message(text))?;
    let figure = CellFigure::from(value);
    if let CellFigure::Reported { value } | CellFigure::Carried { value } = figure
        && !(cell.min..=cell.max).contains(&value)
    {
        let [min, max] = [cell.min, cell.max].map(|one| format_shortest(one, cell.scale));
        return Err(message!("field-figure-out-of-range", text, min, max));
    }
    Ok(figure)
}
