//! Commands on reports. Each method checks the change with the same rules as the server and appends
//! a command to the outbox.
//!
//! A refused change is not written; the error lists every wrong field. No method needs a
//! connection.

use super::local_report::{self, LocalReport};
use super::values::{CellEntry, ReportKeyView};
use super::{ClientError, FieldProblem, Phone, Result, nil_report, queries, view_conversion};
use crate::client::device_key;
use crate::client::reference::LocalReference;
use crate::client::replica::CommandDraft;
use crate::domain::report::cell::{CellChange, Cells};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::free_text;
use crate::domain::report::{FormSchema, NoteChange, Report, SaveCells};
use crate::domain::support::ids::{CommentId, ReportId};
use crate::domain::support::limits::NOTE;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::wire;
use crate::wire::field_violations::FieldViolations;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A save before it is written, and the report as it would be.
struct SaveDraft {
    reference: Arc<LocalReference>,
    present: LocalReport,
    save: SaveCells,
    report: Report,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Saves cells and, if given, the note. Only values that differ from the shown ones become a
    /// command. Returns its number, `None` if nothing differs. Resolves refused saves of the same
    /// cells.
    pub fn save_cells(
        &self,
        key: ReportKeyView,
        cells: Vec<CellEntry>,
        note: Option<String>,
    ) -> Result<Option<u64>> {
        let Some(draft) = self.draft_save(&key, &cells, note)? else { return Ok(None) };
        let SaveDraft { present, save, .. } = draft;
        let resolved_refusals = self.find_resolved_refusals(&present, &save)?;
        self.append_command(present.id, CommandBody::SaveCells(save), resolved_refusals).map(Some)
    }

    /// What would keep the report with these cells from being submitted, blank cells apart: ranges
    /// and the rules of its form. For a screen, while a person types; writes nothing.
    pub fn check_cells(
        &self,
        key: ReportKeyView,
        cells: Vec<CellEntry>,
    ) -> Result<Vec<FieldProblem>> {
        let draft = match self.draft_save(&key, &cells, None) {
            Ok(draft) => draft,
            Err(ClientError::Refused { problems, .. }) => return Ok(problems),
            Err(error) => return Err(error),
        };
        let Some(SaveDraft { report, reference, .. }) = draft else { return Ok(Vec::new()) };
        let checked = report.check_complete(form_schema(&reference, &report));
        match checked.map_err(|refusal| name_cells(refusal, &reference)) {
            Err(ClientError::Refused { mut problems, .. }) => {
                problems.retain(|one| one.reason != RefusalReason::CellBlank.code());
                Ok(problems)
            }
            Err(error) => Err(error),
            Ok(()) => Ok(Vec::new()),
        }
    }

    /// Submits the shown report for review. Form rules, blank cells, and that the period is over
    /// are checked first.
    pub fn submit_report(&self, report_id: String) -> Result<u64> {
        let (reference, present, today) = self.load_report(&report_id)?;
        let report = require_report(&present)?;
        let acting_unit = reference.acting_unit_of(report.key.unit, today);
        let shape = form_schema(&reference, &report);
        report
            .clone()
            .submit(acting_unit, shape, today, false)
            .and_then(|_| report.check_stocks_said(shape))
            .map_err(|refusal| name_cells(refusal, &reference))?;
        self.check_period_over(&reference, &report.key)?;
        let refused = self.lock_under_lease()?.refused_commands()?;
        let resolved_refusals = refused
            .iter()
            .filter(|one| one.report_id == present.id.0 && one.body_number == 6)
            .map(|one| one.number);
        self.append_command(
            present.id,
            CommandBody::submit(present.id, acting_unit),
            resolved_refusals.collect(),
        )
    }

    /// Adds a comment to a report.
    pub fn add_comment(&self, report_id: String, text: String) -> Result<u64> {
        let report = queries::parse_report_id(&report_id)?;
        let text = check_typed_text("text", &text)?;
        if text.trim().is_empty() {
            return Err(refusal_error(RefusalReason::NothingToDo));
        }
        let comment = CommentId(device_key::new_uuid_v7(self.runner.clock.now())?);
        self.append_command(report, CommandBody::AddComment { report, comment, text }, Vec::new())
    }

    /// Discards a refused command; its content is no longer shown. Returns false if there is no
    /// such refusal.
    pub fn discard_refused(&self, number: u64) -> Result<bool> {
        Ok(self.lock_under_lease()?.resolve_refusal(number)?)
    }
}

impl Phone {
    /// The save that these values are beside the shown ones, checked by the server's rules; `None`
    /// if nothing differs.
    fn draft_save(
        &self,
        key: &ReportKeyView,
        cells: &[CellEntry],
        note: Option<String>,
    ) -> Result<Option<SaveDraft>> {
        let (reference, key) = (self.reference()?, view_conversion::from_report_key_view(key));
        let shape = reference
            .form_schema(key.contract)
            .ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        let present = self.load_local_report(&reference, key.id())?;
        let (_, today) = self.home_and_today()?;
        let shown = present.replayed.report.clone();
        let blank = Cells::new();
        let before = shown.as_ref().map_or(&blank, |report| &report.cells);
        let changes = changes_of(cells, before, &reference)?;
        let base_note = shown.as_ref().map_or("", |report| report.note.as_str());
        let note = to_note_change(note, base_note)?;
        if changes.is_empty() && note.is_none() {
            return Ok(None);
        }
        let acting_unit = reference.acting_unit_of(key.unit, today);
        let save = SaveCells { key, acting_unit, changes, note, base_revision: present.revision };
        let report = Report::apply_save(shown, &save, acting_unit, shape)
            .map_err(ClientError::from)
            .and_then(|outcome| {
                nil_report::check_stocks_not_nil(&save, shape)?;
                Ok(outcome.report)
            })
            .map_err(|error| name_changes(error, &save, &reference))?;
        Ok(Some(SaveDraft { reference, present, save, report }))
    }

    /// Appends a command to the outbox and assigns its number, in one local transaction.
    pub(super) fn append_command(
        &self,
        report: ReportId,
        body: CommandBody,
        resolved_refusals: Vec<u64>,
    ) -> Result<u64> {
        self.home_and_today()?;
        let now = self.runner.clock.now();
        let draft = CommandDraft {
            report_id: report.0.to_vec(),
            body_number: view_conversion::body_field_number(&body),
            made_at: now.0,
            resolved_refusals,
        };
        let number = self.lock_under_lease()?.append_command(&draft, |number, sync_mark| {
            wire::command::encode_command(
                number,
                &Command { captured_at: Some(now), sync_mark, body },
            )
        })?;
        self.runner.notify_new_commands();
        Ok(number)
    }

    /// A report on this phone, and today's date.
    pub(super) fn load_report(
        &self,
        report_id: &str,
    ) -> Result<(Arc<LocalReference>, LocalReport, Date)> {
        let reference = self.reference()?;
        let present = self.load_local_report(&reference, queries::parse_report_id(report_id)?)?;
        Ok((reference, present, self.home_and_today()?.1))
    }

    pub(super) fn load_local_report(
        &self,
        reference: &LocalReference,
        id: ReportId,
    ) -> Result<LocalReport> {
        let (home, today) = self.home_and_today()?;
        let mut replica = self.lock_under_lease()?;
        local_report::load_local_report(&mut replica, reference, id, home, today)
    }

    /// Numbers of the refused saves of this report whose cells are all contained in this save.
    fn find_resolved_refusals(&self, present: &LocalReport, save: &SaveCells) -> Result<Vec<u64>> {
        let (home, _) = self.home_and_today()?;
        let refused = self.lock_under_lease()?.refused_commands()?;
        let covers = |bytes: &[u8]| {
            let read = wire::command::decode_command(bytes, home)
                .ok()
                .and_then(|numbered| numbered.command.ok());
            match read.map(|command| command.body) {
                Some(CommandBody::SaveCells(old)) => {
                    let entered = |change: &CellChange| {
                        save.changes.iter().any(|new| new.element == change.element)
                    };
                    old.changes.iter().all(entered) && (old.note.is_none() || save.note.is_some())
                }
                Some(
                    CommandBody::SubmitReport { .. }
                    | CommandBody::ReturnReport { .. }
                    | CommandBody::AcceptReport { .. }
                    | CommandBody::AddComment { .. }
                    | CommandBody::SettleConflict { .. }
                    | CommandBody::SettleHeld { .. }
                    | CommandBody::ProposeAmendment { .. }
                    | CommandBody::SettleProposal { .. }
                    | CommandBody::TakePart(_),
                )
                | None => false,
            }
        };
        let ours = refused.iter().filter(|one| one.report_id == present.id.0);
        Ok(ours.filter(|one| covers(&one.bytes)).map(|one| one.number).collect())
    }
}

/// The cells that differ from those before, by element.
pub(super) fn changes_of(
    entries: &[CellEntry],
    before: &Cells,
    reference: &LocalReference,
) -> Result<Vec<CellChange>> {
    let mut changes = Vec::with_capacity(entries.len());
    for entry in entries {
        let code = view_conversion::parse_element_code(&entry.element)?;
        let element = reference
            .element_number(&code)
            .ok_or(RefusalReason::UnknownElement)
            .map_err(refusal_error)?;
        let (mine, base) = (entry.value.map(Into::into), before.get(&element).copied());
        changes.extend((mine != base).then_some(CellChange { element, mine, base }));
    }
    changes.sort_by_key(|change| change.element);
    Ok(changes)
}

/// Names the elements in the refusal of a report.
fn name_cells(refusal: Refusal, reference: &LocalReference) -> ClientError {
    let element_of = |field: &str| view_conversion::element_of_cell(field, reference);
    ClientError::from(refusal).with_elements(element_of)
}

/// Names the elements in the refusal of a save.
pub(super) fn name_changes(
    error: ClientError,
    save: &SaveCells,
    reference: &LocalReference,
) -> ClientError {
    let changes = &save.changes;
    error.with_elements(|field| view_conversion::element_of_change(field, changes, reference))
}

pub(super) fn require_report(present: &LocalReport) -> Result<Report> {
    present.replayed.report.clone().ok_or(ClientError::NotFound { what: "report".to_owned() })
}

fn form_schema<'r>(reference: &'r LocalReference, report: &Report) -> &'r FormSchema {
    static EMPTY_SHAPE: FormSchema =
        FormSchema { ranges: BTreeMap::new(), rules: Vec::new(), words: BTreeMap::new() };
    reference.form_schema(report.key.contract).unwrap_or(&EMPTY_SHAPE)
}

pub(super) fn refusal_error(reason: RefusalReason) -> ClientError {
    ClientError::from(crate::domain::support::reason::Refusal::from(reason))
}

/// A note, comment, question or reason as it is stored: composed, one line, without controls, and
/// without numbers that could identify a citizen. The server checks the same.
pub(super) fn check_typed_text(field: &str, text: &str) -> Result<String> {
    let text = FieldViolations::require_text(field, text, NOTE)?;
    match free_text::check_free_text(&text) {
        Some(reason) => Err(refusal_error(reason)),
        None => Ok(text),
    }
}

/// The change of a note; `None` if there is none. `base` is the note that the author saw.
pub(super) fn to_note_change(note: Option<String>, base: &str) -> Result<Option<NoteChange>> {
    let Some(note) = note.filter(|mine| mine != base) else { return Ok(None) };
    let mine = FieldViolations::require_text("note", &note, NOTE)?;
    Ok((mine != base).then(|| NoteChange { mine, base: base.to_owned() }))
}
