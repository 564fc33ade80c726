//! A phone in a file: the engine of the app, for `field` and `review` in a terminal.

use super::failure::{Failure, Outcome};
use super::say::Say;
use crate::client::facade::{ClientError, Figure, Phone, ReportStatus, ReportView};
use crate::domain::broken::Broken;
use crate::domain::reason::Reason;
use crate::domain::time::date_from_days;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Which phone.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Tệp dữ liệu của máy khách · The file that holds this client's data; one enrolment each.
    #[arg(long, global = true, env = "THIDUA_PHONE", default_value = "thidua-phone.db", value_name = "FILE")]
    phone: PathBuf,
}

impl Which {
    pub(super) fn open(&self) -> Outcome<Phone> {
        Ok(Phone::open(self.phone.display().to_string())?)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (vi, en) = (error.text_vi(), error.text_en());
        match error {
            ClientError::Refused { reason, problems } => {
                let findings = problems
                    .into_iter()
                    .map(|one| Broken::refuses(field_code(&one.reason), one.field, one.text_vi, one.text_en));
                Self::new(&reason, vi, en).with(findings)
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
            ClientError::LeaseOver { .. } => Self::new("LEASE_OVER", vi, en),
            ClientError::NewerApp => Self::new("NEWER_APP", vi, en),
        }
    }
}

/// The stable code of a field's problem.
fn field_code(reason: &str) -> &'static str {
    Reason::from_code(reason).map_or("FIELD", Reason::code)
}

/// A day as people write it.
pub(super) fn day(days: i32) -> String {
    date_from_days(days).to_string()
}

/// The word of a status.
pub(super) fn status(status: ReportStatus) -> &'static str {
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

/// A cell as it is typed and shown: a figure, `nil`, or why there is none.
pub(super) fn figure(value: Option<Figure>) -> String {
    match value {
        None => String::new(),
        Some(Figure::Reported(figure)) => figure.to_string(),
        Some(Figure::Nil) => "nil".to_owned(),
        Some(Figure::MissingAwaitingSource) => "missing:awaiting_source".to_owned(),
        Some(Figure::MissingNotCounted) => "missing:not_counted".to_owned(),
        Some(Figure::MissingSeeNote) => "missing:see_note".to_owned(),
    }
}

/// Reads what [`figure`] shows; figures are whole numbers in units of the element's scale.
pub(super) fn read_figure(text: &str) -> Option<Figure> {
    match text.trim() {
        "nil" => Some(Figure::Nil),
        "missing:awaiting_source" => Some(Figure::MissingAwaitingSource),
        "missing:not_counted" => Some(Figure::MissingNotCounted),
        "missing:see_note" => Some(Figure::MissingSeeNote),
        digits => digits.parse().ok().map(Figure::Reported),
    }
}

/// A report in full.
pub(super) fn show(say: &Say, view: &ReportView) {
    say.answer(|| report_lines(say, view).join("\n"), || report_json(view));
}

fn report_lines(say: &Say, view: &ReportView) -> Vec<String> {
    let key = &view.key;
    let mut lines = vec![
        format!("{} {} {} .. {}", key.contract, key.unit, day(key.start_day), day(key.end_day - 1)),
        format!("{} {}", view.report_id, status(view.status)),
    ];
    for cell in &view.cells {
        let name = say.pick(&cell.name_vi, &cell.name_en);
        lines.push(format!("  {:<24} {:>8}  {name} ({})", cell.element, figure(cell.value), cell.unit_of_count));
    }
    if !view.note.is_empty() {
        lines.push(format!("  {}: {}", say.pick("ghi chú", "note"), view.note));
    }
    lines.extend(
        view.question.iter().map(|one| format!("  {}: {} {}", say.pick("bị hỏi", "question"), one.code, one.text)),
    );
    lines.extend(view.comments.iter().map(|one| format!("  {} {}: {}", one.unit, one.role, one.text)));
    lines.extend(view.refused.iter().map(|one| {
        format!("  {} {}: {}", say.pick("bị từ chối", "refused"), one.reason, say.pick(&one.text_vi, &one.text_en))
    }));
    lines.push(format!("  hash {}", view.content_hash));
    lines
}

/// A report as JSON.
pub(super) fn report_json(view: &ReportView) -> Value {
    let key = &view.key;
    let cells: serde_json::Map<String, Value> =
        view.cells.iter().map(|cell| (cell.element.clone(), json!(figure(cell.value)))).collect();
    json!({
        "report": view.report_id,
        "contract": key.contract,
        "unit": key.unit,
        "first_day": day(key.start_day),
        "last_day": day(key.end_day - 1),
        "status": status(view.status),
        "nil": view.nil,
        "cells": cells,
        "note": view.note,
        "content_hash": view.content_hash,
        "question": view.question.as_ref().map(|one| json!({ "code": one.code, "text": one.text })),
        "late": view.late,
        "revision": view.revision,
        "unsent": view.unsent,
    })
}
