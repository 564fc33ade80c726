//! What a person does to reports: each becomes a command in the outbox, checked first by the same rules that the server runs.
//!
//! What is refused here is not written, and every field that is wrong is named at once. Nothing here needs a connection.

use super::report::{self, Present};
use super::values::{CellEntry, Figure, ReportKey};
use super::{ClientError, Phone, Result, read, show};
use crate::client::link::keys;
use crate::client::reference::Reference;
use crate::client::replica::Draft;
use crate::domain::cell::{Cells, Change};
use crate::domain::command::{Body, Command, Save, SaveNote};
use crate::domain::ids::{CommentId, ReportId};
use crate::domain::limits::NOTE_CHARS_MAX;
use crate::domain::note;
use crate::domain::reason::Reason;
use crate::domain::report::{FormShape, Report};
use crate::wire;
use jiff::civil::Date;
use std::sync::Arc;

impl Phone {
    /// Saves cells and, if given, the note. Only what differs from what is shown becomes a command; gives its number, `None` when nothing
    /// differs. A refused save of the same cells is dealt with by this one.
    pub fn save_cells(&self, key: ReportKey, cells: Vec<CellEntry>, note: Option<String>) -> Result<Option<u64>> {
        let (reference, key) = (self.reference()?, show::read_key(&key));
        let shape = reference.shape(key.contract).ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        let present = self.present(&reference, key.id())?;
        let (_, today) = self.here()?;
        let shown = present.replayed.report.clone();
        let blank = Cells::new();
        let before = shown.as_ref().map_or(&blank, |report| &report.cells);
        let mut changes = Vec::with_capacity(cells.len());
        for entry in &cells {
            let code = show::element(&entry.element)?;
            let element = reference.element_no(&code).ok_or(Reason::UnknownElement).map_err(refused)?;
            let (mine, base) = (entry.value.map(show::value), before.get(&element).copied());
            if mine != base {
                changes.push(Change { element, mine, base });
            }
        }
        changes.sort_by_key(|change| change.element);
        let base_note = shown.as_ref().map_or("", |report| report.note.as_str());
        let note = note.filter(|mine| mine != base_note);
        let note = note.map(|mine| SaveNote { mine, base: base_note.to_owned() });
        if changes.is_empty() && note.is_none() {
            return Ok(None);
        }
        let acting_unit = reference.acts_for(key.unit, today);
        let save = Save { key, acting_unit, changes, note, base_revision: present.revision };
        Report::save(shown, &save, acting_unit, shape)?;
        let mends = self.mended_by(&present, &save)?;
        self.append(present.id, Body::Save(save), mends).map(Some)
    }

    /// Saves that nothing occurred: every cell of the form an explicit zero (báo cáo không phát sinh).
    pub fn save_nil(&self, key: ReportKey) -> Result<Option<u64>> {
        let cells = self.blank_form(key.contract.clone())?;
        let nil = |element| CellEntry { element, value: Some(Figure::Nil) };
        self.save_cells(key, cells.into_iter().map(|cell| nil(cell.element)).collect(), None)
    }

    /// Sends a report for review, as it is shown. Form rules and blank cells are checked first.
    pub fn submit(&self, report_id: String) -> Result<u64> {
        let (reference, present, today) = self.open_report(&report_id)?;
        let report = shown(&present)?;
        let acting_unit = reference.acts_for(report.key.unit, today);
        report.clone().submit(acting_unit, shape(&reference, &report), today, false)?;
        let refused = self.unlocked()?.refused()?;
        let mends = refused.iter().filter(|one| one.report == present.id.0 && one.body == 6).map(|one| one.number);
        self.append(present.id, Body::Submit { report: present.id, acting_unit }, mends.collect())
    }

    /// Adds a comment to a report.
    pub fn comment(&self, report_id: String, text: String) -> Result<u64> {
        let report = read::parse_report(&report_id)?;
        if text.trim().is_empty() {
            return Err(refused(Reason::NothingToDo));
        }
        if let Some(reason) = note::problem(&text) {
            return Err(refused(reason));
        }
        let comment = CommentId(keys::new_id(self.core.clock.now())?);
        self.append(report, Body::Comment { report, comment, text }, Vec::new())
    }

    /// Discards a refused command: what it carried is no longer shown. False when there is no such refusal.
    pub fn discard(&self, number: u64) -> Result<bool> {
        Ok(self.unlocked()?.resolve(number)?)
    }

    /// Puts a command into the outbox with its number, in one local transaction.
    pub(super) fn append(&self, report: ReportId, body: Body, mends: Vec<u64>) -> Result<u64> {
        self.here()?;
        let now = self.core.clock.now();
        let draft = Draft { report: report.0.to_vec(), body: show::member(&body), made_at: now.0, mends };
        let number = self.unlocked()?.append(&draft, |number, sync_mark| {
            wire::command::encode(number, &Command { captured_at: Some(now), sync_mark, body })
        })?;
        self.core.wake.notify_one();
        Ok(number)
    }

    /// A report on this phone, with the day on which it is looked at.
    pub(super) fn open_report(&self, report_id: &str) -> Result<(Arc<Reference>, Present, Date)> {
        let reference = self.reference()?;
        let present = self.present(&reference, read::parse_report(report_id)?)?;
        Ok((reference, present, self.here()?.1))
    }

    pub(super) fn present(&self, reference: &Reference, id: ReportId) -> Result<Present> {
        let (home, today) = self.here()?;
        let mut replica = self.unlocked()?;
        report::present(&mut replica, reference, id, home, today)
    }

    /// Refused saves of this report all of whose cells this save enters anew.
    fn mended_by(&self, present: &Present, save: &Save) -> Result<Vec<u64>> {
        let (home, _) = self.here()?;
        let refused = self.unlocked()?.refused()?;
        let covers = |bytes: &[u8]| {
            let read = wire::command::decode(bytes, home).ok().and_then(|numbered| numbered.command.ok());
            match read.map(|command| command.body) {
                Some(Body::Save(old)) => {
                    let entered = |change: &Change| save.changes.iter().any(|new| new.element == change.element);
                    old.changes.iter().all(entered) && (old.note.is_none() || save.note.is_some())
                }
                Some(
                    Body::Submit { .. }
                    | Body::Return { .. }
                    | Body::Accept { .. }
                    | Body::Comment { .. }
                    | Body::Settle { .. }
                    | Body::SettleHeld { .. }
                    | Body::Propose { .. }
                    | Body::SettleProposal { .. },
                )
                | None => false,
            }
        };
        let ours = refused.iter().filter(|one| one.report == present.id.0);
        Ok(ours.filter(|one| covers(&one.bytes)).map(|one| one.number).collect())
    }
}

pub(super) fn shown(present: &Present) -> Result<Report> {
    present.replayed.report.clone().ok_or(ClientError::NotFound { what: "report".to_owned() })
}

fn shape<'r>(reference: &'r Reference, report: &Report) -> &'r FormShape {
    static NONE: FormShape = FormShape { lines: std::collections::BTreeMap::new(), rules: Vec::new() };
    reference.shape(report.key.contract).unwrap_or(&NONE)
}

pub(super) fn refused(reason: Reason) -> ClientError {
    ClientError::from(crate::domain::reason::Refusal::from(reason))
}

/// Whether a text is short enough for a note, a comment or a question.
pub(super) fn fits(text: &str) -> bool {
    text.chars().count() <= NOTE_CHARS_MAX
}
