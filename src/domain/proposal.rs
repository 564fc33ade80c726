//! A proposal to amend (đề nghị điều chỉnh): what becomes of an edit that meets official figures. Never an overwrite, never dropped (S14).
//!
//! Knows no person: who may propose and who may grant is `permission`'s question.

use super::cell::CellChange;
use super::command::SaveCells;
use super::free_text;
use super::ids::{ReportId, UnitId};
use super::reason::{Refusal, RefusalReason};
use super::report::{ContentHash, FormSchema, Report};
use super::workflow::ReportStep;

/// A proposal to amend an accepted or locked report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The report.
    pub report: ReportId,
    /// The changes.
    pub changes: Vec<CellChange>,
    /// The note that the author wants; `None` leaves it.
    pub note: Option<String>,
    /// Why, in the author's words; empty when an edit met an accepted report.
    pub reason: String,
    /// The unit that signed it.
    pub acting_unit: UnitId,
    /// Whether it is settled, and then whether it was granted.
    pub settled: Option<bool>,
    /// The content of the report that it was written on.
    pub base: ContentHash,
}

impl Report {
    /// Whether an edit of this report can only be a proposal: its figures are official.
    #[must_use]
    pub fn is_amended_only_by_proposal(&self) -> bool {
        self.state.next_state(ReportStep::Edit).is_none()
            && self.state.next_state(ReportStep::Amend).is_some()
            && !planted!("proposal-dropped")
    }

    /// What an edit of official figures proposes; `None` when everything that it says stands already.
    pub fn build_proposal(
        &self,
        save: &SaveCells,
        acting_unit: UnitId,
        reason: &str,
        shape: &FormSchema,
    ) -> Result<Option<Proposal>, Refusal> {
        if !self.is_amended_only_by_proposal() {
            return Err(RefusalReason::WorkflowForbids.into());
        }
        super::report::check_save(save, shape)?;
        if let Some(problem) = free_text::check_free_text(reason) {
            return Err(problem.into());
        }
        let differs =
            |change: &&CellChange| self.cells.get(&change.element).copied() != change.mine;
        let changes: Vec<CellChange> = save.changes.iter().filter(differs).copied().collect();
        let note =
            save.note.as_ref().map(|note| note.mine.clone()).filter(|mine| *mine != self.note);
        if changes.is_empty() && note.is_none() {
            return Ok(None);
        }
        let (report, base) = (self.key.id(), self.content_hash());
        Ok(Some(Proposal {
            report,
            changes,
            note,
            reason: reason.to_owned(),
            acting_unit,
            settled: None,
            base,
        }))
    }

    /// Makes the amendment that a reviewer granted, who saw the report with this content. The form's rules hold afterwards.
    pub fn apply_proposal(
        mut self,
        proposal: &Proposal,
        content_hash: ContentHash,
        shape: &FormSchema,
    ) -> Result<Self, Refusal> {
        self.check_seen(content_hash)?;
        self.state =
            self.state.next_state(ReportStep::Amend).ok_or(RefusalReason::WorkflowForbids)?;
        for change in &proposal.changes {
            match change.mine {
                Some(value) => self.cells.insert(change.element, value),
                None => self.cells.remove(&change.element),
            };
        }
        if let Some(note) = &proposal.note {
            self.note.clone_from(note);
        }
        self.check_complete(shape)?;
        Ok(self)
    }
}
