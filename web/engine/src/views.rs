//! The facade's values as JSON, with texts in the language of the app.

use serde_json::{Value, json};
use thidua::client::facade::{
    CellEntry, CellFigure, CellView, ClientError, ClockView, DueReport, FieldProblem, LeaseView,
    OutboxStatus, RecordView, RefusedCommand, ReportKeyView, ReportView, SessionView,
};
use thidua::i18n::Lang;

pub(crate) fn error(error: &ClientError, lang: Lang) -> Value {
    let problems: &[_] =
        if let ClientError::Refused { problems, .. } = error { problems } else { &[] };
    let problem = |one: &FieldProblem| {
        json!({
            "field": one.field,
            "element": one.element,
            "reason": one.reason,
            "text": one.message().text(lang),
        })
    };
    json!({
        "code": error.code(),
        "text": error.message().text(lang),
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
    })
}

pub(crate) fn session(session: &SessionView) -> Value {
    json!({
        "unit": session.unit,
        "unitName": session.unit_name,
        "roles": session.roles.iter().map(|role| role.code()).collect::<Vec<_>>(),
        "deviceId": session.device_id,
    })
}

pub(crate) fn state(
    clock: &ClockView,
    lease: Option<&LeaseView>,
    outbox: &OutboxStatus,
    diverged: u32,
) -> Value {
    json!({
        "today": clock.today,
        "clockIsWrong": clock.is_wrong,
        "clockAheadSeconds": clock.ahead_seconds,
        "leaseDays": lease.map(|one| one.remaining_days),
        "isLocked": lease.is_some_and(|one| one.is_expired),
        "waiting": outbox.waiting,
        "sent": outbox.sent,
        "refused": outbox.refused,
        "held": outbox.held,
        "divergedScopes": diverged,
    })
}

pub(crate) fn key(key: &ReportKeyView) -> Value {
    let ReportKeyView { contract, unit, calendar, start_day, end_day, cut } = key;
    json!({
        "contract": contract,
        "unit": unit,
        "calendar": calendar,
        "startDay": start_day,
        "endDay": end_day,
        "cut": cut,
    })
}

pub(crate) fn read_key(value: &Value) -> Option<ReportKeyView> {
    let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
    let day = |name: &str| i32::try_from(value.get(name)?.as_i64()?).ok();
    Some(ReportKeyView {
        contract: text("contract")?,
        unit: text("unit")?,
        calendar: text("calendar")?,
        start_day: day("startDay")?,
        end_day: day("endDay")?,
        cut: u8::try_from(value.get("cut")?.as_u64()?).ok()?,
    })
}

pub(crate) fn due_report(due: &DueReport, lang: Lang) -> Value {
    json!({
        "key": key(&due.key),
        "reportId": due.report_id,
        "form": lang.pick(&due.form_name_vi, &due.form_name_en),
        "period": due.period_name.text(lang),
        "submitFromDay": due.submit_from_day,
        "dueDay": due.due_day,
        "status": due.status.code(),
    })
}

fn cell(cell: &CellView, carried: &[CellEntry], lang: Lang) -> Value {
    let last = carried.iter().find(|one| one.element == cell.element);
    json!({
        "element": cell.element,
        "name": lang.pick(&cell.name_vi, &cell.name_en),
        "unitOfCount": cell.unit_of_count,
        "scale": cell.scale,
        "min": cell.min,
        "max": cell.max,
        "isWord": cell.is_word,
        "value": cell.value.map(figure),
        "last": last.and_then(|one| one.value).map(figure),
    })
}

pub(crate) fn report(report: &ReportView, carried: &[CellEntry], lang: Lang) -> Value {
    json!({
        "reportId": report.report_id,
        "key": key(&report.key),
        "status": report.status.code(),
        "nil": report.nil,
        "cells": report.cells.iter().map(|one| cell(one, carried, lang)).collect::<Vec<_>>(),
        "note": report.note,
        "question": report.question.as_ref().map(|one| json!({ "code": one.code, "text": one.text })),
        "pending": report.pending_count,
        "refused": report.refused_commands.iter().map(|one| refused(one, lang)).collect::<Vec<_>>(),
    })
}

/// The value of a cell in JSON: a number, or a word.
fn figure(value: CellFigure) -> Value {
    match value {
        CellFigure::Reported { value } => json!({ "kind": "reported", "figure": value }),
        CellFigure::Carried { value } => json!({ "kind": "carried", "figure": value }),
        CellFigure::Nil => json!({ "kind": "nil" }),
        CellFigure::MissingAwaitingSource => json!({ "kind": "awaiting" }),
        CellFigure::MissingNotCounted => json!({ "kind": "notCounted" }),
        CellFigure::MissingSeeNote => json!({ "kind": "seeNote" }),
    }
}

/// Reads every cell, or none if one is not of this shape.
pub(crate) fn read_entries(value: &Value) -> Option<Vec<CellEntry>> {
    value.as_array()?.iter().map(read_entry).collect()
}

fn read_entry(value: &Value) -> Option<CellEntry> {
    let element = value.get("element")?.as_str()?.to_owned();
    let given = value.get("value")?;
    if given.is_null() {
        return Some(CellEntry { element, value: None });
    }
    let number = || given.get("figure").and_then(Value::as_i64);
    let value = match given.get("kind")?.as_str()? {
        "reported" => CellFigure::Reported { value: number()? },
        "carried" => CellFigure::Carried { value: number()? },
        "nil" => CellFigure::Nil,
        "awaiting" => CellFigure::MissingAwaitingSource,
        "notCounted" => CellFigure::MissingNotCounted,
        "seeNote" => CellFigure::MissingSeeNote,
        _ => return None,
    };
    Some(CellEntry { element, value: Some(value) })
}

pub(crate) fn refused(command: &RefusedCommand, lang: Lang) -> Value {
    let texts = command.problems.iter().map(|one| one.message().text(lang));
    json!({
        "number": command.number,
        "reportId": command.report_id,
        "reason": command.reason,
        "problems": texts.collect::<Vec<_>>(),
        "text": command.text,
    })
}

pub(crate) fn record(record: &RecordView) -> Value {
    json!([record.kind, record.id, record.revision, record.bytes])
}
