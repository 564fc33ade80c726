//! A phone in a file: the client engine for `field` and `review` in a terminal.

use super::error::{CliError, CliResult};
use super::output::Output;
use crate::client::facade::{CellFigure, ClientError, OwnHeldCommand, Phone, ReportView, Role};
use crate::domain::report::figure_text;
use crate::domain::support::clock_fault::duration_message;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::date_from_days;
use crate::domain::support::violation::Violation;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The flags that select a phone.
#[derive(Debug, clap::Args)]
pub(super) struct PhoneArgs {
    /// The file that holds this client's data; one enrolment each.
    #[arg(
        long,
        global = true,
        env = "THIDUA_PHONE",
        default_value = "thidua-phone.db",
        value_name = "FILE"
    )]
    phone: PathBuf,
}

impl PhoneArgs {
    pub(super) fn open_phone(&self) -> CliResult<Phone> {
        Ok(Phone::open(self.phone.display().to_string())?)
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let (code, text) = (error.code().to_owned(), error.message());
        match error {
            ClientError::Refused { reason: _, problems } => {
                let findings = problems.into_iter().map(|one| {
                    let message = one.message();
                    let field = one.element.unwrap_or(one.field);
                    Violation::error(problem_code(&one.reason), field, message)
                });
                Self::new(&code, text).with_findings(findings)
            }
            ClientError::NotFound { what: detail }
            | ClientError::BadArgument { what: detail }
            | ClientError::Offline { detail, .. }
            | ClientError::Stopped { detail, .. }
            | ClientError::DeviceKey { detail }
            | ClientError::Storage { detail } => {
                Self::new(&code, message!("error-with-detail", text => text, detail))
            }
            ClientError::NotEnrolled
            | ClientError::AlreadyEnrolled
            | ClientError::BadInvitation { .. }
            | ClientError::CodeRefused { .. }
            | ClientError::ClockWrong { .. }
            | ClientError::LeaseExpired { .. }
            | ClientError::NoExportKey
            | ClientError::NewerApp
            | ClientError::PreReleaseSchema { .. } => Self::new(&code, text),
        }
    }
}

/// Warns if the clock of this machine, as a phone, differs from the server's.
pub(super) fn warn_of_clock(output: &Output, phone: &Phone) -> CliResult {
    let clock = phone.clock()?;
    if clock.is_wrong {
        let by = duration_message(clock.ahead_seconds.saturating_mul(1_000_000));
        let today = date_from_days(clock.today);
        output.print_remark(output.say(if clock.ahead_seconds < 0 {
            message!("phone-clock-behind", by => by, today => today)
        } else {
            message!("phone-clock-ahead", by => by, today => today)
        }));
    }
    Ok(())
}

/// The stable code of a field's problem.
pub(super) fn problem_code(reason: &str) -> &'static str {
    RefusalReason::from_code(reason).map_or("FIELD", RefusalReason::code)
}

/// One line for each command of this phone that the server holds: its number, where it is, and why.
pub(super) fn held_lines(output: &Output, held: &[OwnHeldCommand]) -> Vec<String> {
    let line = |one: &OwnHeldCommand| {
        output.say(message!(
            "phone-held-command",
            number = one.number,
            reason = one.reason,
            text => one.place.clone()
        ))
    };
    held.iter().map(line).collect()
}

/// The same for machines.
pub(super) fn held_json(held: &[OwnHeldCommand]) -> Value {
    let one = |one: &OwnHeldCommand| json!({ "command": one.number, "report": one.report_id, "reason": one.reason, "unit": one.unit_name });
    held.iter().map(one).collect()
}

/// A day in ISO form.
pub(super) fn day_text(days: i32) -> String {
    date_from_days(days).to_string()
}

/// The text of a cell in the form in which it is typed; empty without a value.
pub(super) fn cell_text(value: Option<CellFigure>, scale: u8) -> String {
    value.map_or_else(String::new, |value| figure_text::format_cell_shortest(value.into(), scale))
}

/// The same for an element without decimals.
pub(super) fn figure_text(value: Option<CellFigure>) -> String {
    cell_text(value, 0)
}

/// Prints a report in full.
pub(super) fn print_report(output: &Output, view: &ReportView) {
    output.print_answer(|| report_lines(output, view).join("\n"), || report_json(view));
}

fn report_lines(output: &Output, view: &ReportView) -> Vec<String> {
    let key = &view.key;
    let mut lines = vec![
        format!(
            "{} {} {} .. {}",
            key.contract,
            key.unit,
            day_text(key.start_day),
            day_text(key.end_day - 1)
        ),
        format!("{} {}", view.report_id, output.code_text(view.status.code())),
    ];
    for cell in &view.cells {
        let name = output.lang.pick(&cell.name_vi, &cell.name_en);
        lines.push(format!(
            "  {:<24} {:>8}  {name} ({})",
            cell.element,
            cell_text(cell.value, cell.scale),
            cell.unit_of_count
        ));
    }
    if !view.note.is_empty() {
        lines.push(format!("  {}: {}", output.text("phone-note"), view.note));
    }
    lines.extend(
        view.question
            .iter()
            .map(|one| format!("  {}: {} {}", output.text("phone-question"), one.code, one.text)),
    );
    lines.extend(view.comments.iter().map(|one| {
        let role = one.role.map_or("", Role::code);
        format!("  {} {role}: {}", one.unit, one.text)
    }));
    lines.extend(view.refused_commands.iter().map(|one| {
        format!("  {} {}: {}", output.text("field-refused"), one.reason, output.say(one.message()))
    }));
    if !view.content_hash.is_empty() {
        lines.push(format!("  hash {}", view.content_hash));
    }
    lines
}

/// A report as JSON.
pub(super) fn report_json(view: &ReportView) -> Value {
    let key = &view.key;
    let cells: serde_json::Map<String, Value> = view
        .cells
        .iter()
        .map(|cell| (cell.element.clone(), json!(cell_text(cell.value, cell.scale))))
        .collect();
    json!({
        "report": view.report_id,
        "contract": key.contract,
        "unit": key.unit,
        "first_day": day_text(key.start_day),
        "last_day": day_text(key.end_day - 1),
        "status": view.status.code(),
        "nil": view.nil,
        "cells": cells,
        "note": view.note,
        "content_hash": view.content_hash,
        "question": view.question.as_ref().map(|one| json!({ "code": one.code, "text": one.text })),
        "late": view.late,
        "early": view.early,
        "revision": view.revision,
        "unsent": view.pending_count,
    })
}
