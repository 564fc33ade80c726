//! A phone in a file: the client engine for `field` and `review` in a terminal.

use super::error::{CliError, CliResult};
use super::output::Output;
use crate::client::facade::{CellFigure, ClientError, Phone, ReportStatus, ReportView};
use crate::domain::support::clock_fault::duration_text;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::date_from_days;
use crate::domain::support::violation::Violation;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The flags that select a phone.
#[derive(Debug, clap::Args)]
pub(super) struct PhoneArgs {
    /// Tệp dữ liệu của máy khách · The file that holds this client's data; one enrolment each.
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
        let (vi, en) = (error.text_vi(), error.text_en());
        match error {
            ClientError::Refused { reason, problems } => {
                let findings = problems.into_iter().map(|one| {
                    Violation::error(problem_code(&one.reason), one.field, one.text_vi, one.text_en)
                });
                Self::new(&reason, vi, en).with_findings(findings)
            }
            ClientError::NotEnrolled => Self::new("NOT_ENROLLED", vi, en),
            ClientError::AlreadyEnrolled => Self::new("ALREADY_ENROLLED", vi, en),
            ClientError::BadInvitation { .. } => Self::new("BAD_INVITATION", vi, en),
            ClientError::CodeRefused { .. } => Self::new("CODE_REFUSED", vi, en),
            ClientError::NotFound { what } => {
                Self::new("NOT_FOUND", format!("{vi} ({what})"), format!("{en} ({what})"))
            }
            ClientError::BadArgument { what } => {
                Self::new("BAD_ARGUMENT", format!("{vi} ({what})"), format!("{en} ({what})"))
            }
            ClientError::Offline { message, .. } => {
                Self::new("OFFLINE", format!("{vi} ({message})"), format!("{en} ({message})"))
            }
            ClientError::Stopped { message, .. } => {
                Self::new("STOPPED", format!("{vi} ({message})"), format!("{en} ({message})"))
            }
            ClientError::Storage { message } => {
                Self::new("STORAGE", format!("{vi} ({message})"), format!("{en} ({message})"))
            }
            ClientError::ClockWrong { .. } => Self::new("CLOCK", vi, en),
            ClientError::LeaseExpired { .. } => Self::new("LEASE_OVER", vi, en),
            ClientError::NewerApp => Self::new("NEWER_APP", vi, en),
            ClientError::PreReleaseSchema { .. } => Self::new("PRE_RELEASE_SCHEMA", vi, en),
        }
    }
}

/// Warns if the clock of this machine, as a phone, differs from the server's.
pub(super) fn warn_of_clock(output: &Output, phone: &Phone) -> CliResult {
    let clock = phone.clock()?;
    if clock.is_wrong {
        let by = duration_text(clock.ahead_seconds.saturating_mul(1_000_000), output.lang);
        let (today, is_behind) = (day_text(clock.today), clock.ahead_seconds < 0);
        output.print_remark(output.lang.pick(
            format!(
                "CLOCK: đồng hồ máy này {} {by}; hôm nay theo máy chủ là {today}. Hãy đặt lại ngày giờ.",
                if is_behind { "chậm" } else { "nhanh" }
            ),
            format!(
                "CLOCK: this clock is {by} {}; by the server today is {today}. Set the date and time.",
                if is_behind { "behind" } else { "ahead" }
            ),
        ));
    }
    Ok(())
}

/// The stable code of a field's problem.
fn problem_code(reason: &str) -> &'static str {
    RefusalReason::from_code(reason).map_or("FIELD", RefusalReason::code)
}

/// A day in ISO form.
pub(super) fn day_text(days: i32) -> String {
    date_from_days(days).to_string()
}

/// The code of a status.
pub(super) fn status_code(status: ReportStatus) -> &'static str {
    match status {
        ReportStatus::Blank => "BLANK",
        ReportStatus::Draft => "DRAFT",
        ReportStatus::Waiting => "WAITING",
        ReportStatus::Sent => "SENT",
        ReportStatus::Received => "RECEIVED",
        ReportStatus::Returned => "RETURNED",
        ReportStatus::Conflict => "CONFLICT",
        ReportStatus::Accepted => "ACCEPTED",
        ReportStatus::Locked => "LOCKED",
    }
}

/// A cell in its typed form: a figure, `nil`, or the reason why it is missing.
pub(super) fn figure_text(value: Option<CellFigure>) -> String {
    match value {
        None => String::new(),
        Some(CellFigure::Reported(figure)) => figure.to_string(),
        Some(CellFigure::Nil) => "nil".to_owned(),
        Some(CellFigure::MissingAwaitingSource) => "missing:awaiting_source".to_owned(),
        Some(CellFigure::MissingNotCounted) => "missing:not_counted".to_owned(),
        Some(CellFigure::MissingSeeNote) => "missing:see_note".to_owned(),
    }
}

/// Parses the form that [`figure_text`] prints; figures are whole numbers in units of the element's
/// scale.
pub(super) fn parse_figure(text: &str) -> Option<CellFigure> {
    match text.trim() {
        "nil" => Some(CellFigure::Nil),
        "missing:awaiting_source" => Some(CellFigure::MissingAwaitingSource),
        "missing:not_counted" => Some(CellFigure::MissingNotCounted),
        "missing:see_note" => Some(CellFigure::MissingSeeNote),
        digits => digits.parse().ok().map(CellFigure::Reported),
    }
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
        format!("{} {}", view.report_id, status_code(view.status)),
    ];
    for cell in &view.cells {
        let name = output.pick(&cell.name_vi, &cell.name_en);
        lines.push(format!(
            "  {:<24} {:>8}  {name} ({})",
            cell.element,
            figure_text(cell.value),
            cell.unit_of_count
        ));
    }
    if !view.note.is_empty() {
        lines.push(format!("  {}: {}", output.pick("ghi chú", "note"), view.note));
    }
    lines.extend(
        view.question.iter().map(|one| {
            format!("  {}: {} {}", output.pick("bị hỏi", "question"), one.code, one.text)
        }),
    );
    lines.extend(
        view.comments.iter().map(|one| format!("  {} {}: {}", one.unit, one.role, one.text)),
    );
    lines.extend(view.refused_commands.iter().map(|one| {
        format!(
            "  {} {}: {}",
            output.pick("bị từ chối", "refused"),
            one.reason,
            output.pick(&one.text_vi, &one.text_en)
        )
    }));
    lines.push(format!("  hash {}", view.content_hash));
    lines
}

/// A report as JSON.
pub(super) fn report_json(view: &ReportView) -> Value {
    let key = &view.key;
    let cells: serde_json::Map<String, Value> = view
        .cells
        .iter()
        .map(|cell| (cell.element.clone(), json!(figure_text(cell.value))))
        .collect();
    json!({
        "report": view.report_id,
        "contract": key.contract,
        "unit": key.unit,
        "first_day": day_text(key.start_day),
        "last_day": day_text(key.end_day - 1),
        "status": status_code(view.status),
        "nil": view.nil,
        "cells": cells,
        "note": view.note,
        "content_hash": view.content_hash,
        "question": view.question.as_ref().map(|one| json!({ "code": one.code, "text": one.text })),
        "late": view.late,
        "revision": view.revision,
        "unsent": view.pending_count,
    })
}
