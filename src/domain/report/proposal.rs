//! Proposals to amend (đề nghị điều chỉnh). An edit of a report whose figures are official becomes
//! a proposal: it neither overwrites the figures nor is dropped (S14).
//!
//! Who may propose and who may grant is decided in `permission`.

use crate::domain::report::cell::CellChange;
use crate::domain::report::free_text;
use crate::domain::report::workflow::ReportStep;
use crate::domain::report::{ContentHash, FormSchema, Report, SaveCells};
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::reason::{Refusal, RefusalReason};

/// A proposal to amend an accepted or locked report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The report.
    pub report: ReportId,
    /// The changes.
    pub changes: Vec<CellChange>,
    /// The proposed note; `None` leaves the note unchanged.
    pub note: Option<String>,
    /// The reason in the author's words; empty when an ordinary edit met an accepted report.
    pub reason: String,
    /// The unit in whose name it is signed.
    pub acting_unit: UnitId,
    /// `None` while it is open, else whether it was granted.
    pub settled: Option<bool>,
    /// Content hash of the report that it is based on.
    pub base: ContentHash,
}

impl Report {
    /// Whether an edit of this report must be a proposal because its figures are official.
    #[must_use]
    pub fn is_amended_only_by_proposal(&self) -> bool {
        self.state.next_state(ReportStep::Edit).is_none()
            && self.state.next_state(ReportStep::Amend).is_some()
            && !planted!("proposal-dropped")
    }

    /// Builds the proposal for an edit of official figures; `None` if the edit changes nothing.
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
        crate::domain::report::check_save(save, shape)?;
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

    /// Applies a granted proposal. `content_hash` is the content that the reviewer saw. The rules
    /// of the form must hold afterwards.
    pub fn apply_proposal(
        mut self,
        proposal: &Proposal,
        content_hash: ContentHash,
        shape: &FormSchema,
    ) -> Result<Self, Refusal> {
        self.check_content_hash(content_hash)?;
        self.state =
            self.state.next_state(ReportStep::Amend).ok_or(RefusalReason::WorkflowForbids)?;
        for change in &proposal.changes {
            match change.mine {
                Some(value) => self.cells.insert(change.element, value),
                None => self.cells.remove(&change.element),
            };
        }
        self.nil = shape.is_nil(&self.cells);
        if let Some(note) = &proposal.note {
            self.note.clone_from(note);
        }
        self.source.clear();
        self.check_complete(shape)?;
        Ok(self)
    }
}
