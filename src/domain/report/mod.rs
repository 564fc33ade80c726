//! A report (báo cáo): its key, its content, and the effect of each workflow step on it.
//!
//! The phone runs these functions to show a result at once, the server to decide. Who may take a
//! step is decided in `permission`; dates are arguments.

pub mod attachment;
pub mod cell;
pub mod command;
pub mod counting_levels;
pub mod element;
pub mod field_of_work;
pub mod figure_text;
pub mod form;
pub mod free_text;
pub mod numbers;
pub mod personal_data;
pub mod proposal;
pub mod review_risk;
pub mod waiver;
pub mod word;
pub mod workflow;

use crate::domain::report::cell::{
    CellChange, CellValue, Cells, ElementNumber, MergeResult, merge_cells, merge_three_way,
};
use crate::domain::report::word::Word;
use crate::domain::report::workflow::{ReportState, ReportStep};
use crate::domain::reporting::period::Period;
use crate::domain::support::ids::{ContractId, ReportId, UnitId, derive_id};
use crate::domain::support::limits::{CHANGES_MAX, NOTE_CHARS_MAX};
use crate::domain::support::reason::{FieldErrors, Refusal, RefusalReason};
use crate::domain::support::time::days_from_date;
use crate::domain::target_rule::Comparator;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The key of a report: one contract, one unit, one period or piece of a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportKey {
    /// The reporting contract.
    pub contract: ContractId,
    /// The unit whose figures these are, even if it has been closed since.
    pub unit: UnitId,
    /// The period or the piece of it.
    pub period: Period,
}

impl ReportKey {
    /// The id, derived from the key: devices without contact to each other fill the same report.
    ///
    /// `derive("report", contract, unit, calendar, start, end, cut)`, days since 1970 as 4 bytes
    /// big-endian.
    #[must_use]
    pub fn id(&self) -> ReportId {
        let Period { calendar, start, end, cut } = &self.period;
        ReportId(derive_id(
            "report",
            &[
                &self.contract.0,
                &self.unit.0,
                calendar.as_bytes(),
                &days_from_date(*start).to_be_bytes(),
                &days_from_date(*end).to_be_bytes(),
                &[*cut],
            ],
        ))
    }
}

/// SHA-256 over the key's id, the cells in element order and the note: the content that a reviewer
/// accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// Why a report was sent back: a coded question and the reviewer's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewQuestion {
    /// The coded question, as in `CHECK_FIGURE`.
    pub code: String,
    /// The words; at most [`NOTE_CHARS_MAX`] characters.
    pub text: String,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The key.
    pub key: ReportKey,
    /// The unit that signs: the unit itself, or its successor once it is closed.
    pub acting_unit: UnitId,
    /// The workflow state.
    pub state: ReportState,
    /// The cells.
    pub cells: Cells,
    /// Whether nothing occurred (báo cáo không phát sinh), as of the last change of its cells:
    /// every event is NIL; what the words say does not count.
    pub nil: bool,
    /// The note; at most [`NOTE_CHARS_MAX`] characters.
    pub note: String,
    /// Day of the first receipt by the server after it was sent; deliberately no finer than a day.
    pub received_day: Option<Date>,
    /// Whether it was received after the due day and the grace.
    pub late: bool,
    /// The open question while the report is returned.
    pub question: Option<ReviewQuestion>,
    /// Label of the account of the system that sent the present content; empty: people entered it.
    pub source: String,
}

/// One element on a form, with the range of its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementRange {
    /// Smallest figure allowed.
    pub min: i64,
    /// Largest figure allowed.
    pub max: i64,
}

/// The parts of a form that the rules of a report need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormSchema {
    /// The form's elements with their ranges.
    pub ranges: BTreeMap<ElementNumber, ElementRange>,
    /// The form's rules.
    pub rules: Vec<FormRule>,
    /// Those of the elements that a nil report leaves to be answered.
    pub words: BTreeMap<ElementNumber, Word>,
}

/// A rule of a form: a signed sum of elements compared with zero, as in `resolved <= handled`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRule {
    /// Left side minus right side, each element with its sign.
    pub terms: Vec<(i64, ElementNumber)>,
    /// How the sum compares with zero.
    pub comparator: Comparator,
    /// The rule as written in the file.
    pub text: String,
}

/// Changes of the cells and the note of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveCells {
    /// The key of the report.
    pub key: ReportKey,
    /// The unit that signs: the unit itself or its successor.
    pub acting_unit: UnitId,
    /// The changed cells, at most [`CHANGES_MAX`].
    pub changes: Vec<CellChange>,
    /// The changed note; `None` leaves it.
    pub note: Option<NoteChange>,
    /// Revision of the report that the author saw, 0 if there was none. It only distinguishes
    /// applied from merged.
    pub base_revision: i64,
}

/// A change of the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteChange {
    /// The new note.
    pub mine: String,
    /// The note that the author saw.
    pub base: String,
}

/// The value that was not stored when two authors changed the same field from different bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictBranch {
    /// A cell.
    Cell {
        /// The element.
        element: ElementNumber,
        /// The value of this author.
        mine: Option<CellValue>,
        /// The value that this author saw.
        base: Option<CellValue>,
        /// The stored value.
        theirs: Option<CellValue>,
    },
    /// The note.
    Note {
        /// The note of this author.
        mine: String,
        /// The stored note.
        theirs: String,
    },
}

/// The result of a save: the merged report and the values that were not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveOutcome {
    /// The report after the merge.
    pub report: Report,
    /// Fields that both sides changed to different values.
    pub branches: Vec<ConflictBranch>,
}

impl Report {
    /// An empty draft.
    #[must_use]
    pub fn new_draft(key: ReportKey, acting_unit: UnitId) -> Self {
        Self {
            key,
            acting_unit,
            state: ReportState::Draft,
            cells: Cells::new(),
            nil: false,
            note: String::new(),
            received_day: None,
            late: false,
            question: None,
            source: String::new(),
        }
    }

    /// The hash of the content.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let mut hash = Sha256::new();
        hash.update(self.key.id().0);
        hash.update((self.cells.len() as u64).to_be_bytes());
        for (element, value) in &self.cells {
            let (status, figure) = encode_cell(*value);
            hash.update(element.0.to_be_bytes());
            hash.update([status]);
            hash.update(figure.to_be_bytes());
        }
        hash.update(self.note.as_bytes());
        ContentHash(hash.finalize().into())
    }

    /// Merges a save into the present report (`None` if there is none yet).
    ///
    /// Fields whose base is unchanged take the author's value. Fields that both sides changed to
    /// different values stay as they are and are returned as branches, so that no value is lost
    /// (S13).
    pub fn apply_save(
        current: Option<Self>,
        save: &SaveCells,
        acting_unit: UnitId,
        shape: &FormSchema,
    ) -> Result<SaveOutcome, Refusal> {
        check_save(save, shape)?;
        let mut report = current.unwrap_or_else(|| Self::new_draft(save.key.clone(), acting_unit));
        report.state =
            report.state.next_state(ReportStep::Edit).ok_or(RefusalReason::WorkflowForbids)?;
        let (mut branches, mut has_changed) = (Vec::new(), false);
        for change in &save.changes {
            let theirs = report.cells.get(&change.element).copied();
            match merge_cells(change.base, change.mine, theirs) {
                MergeResult::Agreed(Some(value)) => {
                    has_changed |= theirs != Some(value);
                    report.cells.insert(change.element, value);
                }
                MergeResult::Agreed(None) => {
                    has_changed |= theirs.is_some();
                    report.cells.remove(&change.element);
                }
                MergeResult::Conflict => {
                    let (element, mine, base) = (change.element, change.mine, change.base);
                    branches.push(ConflictBranch::Cell { element, mine, base, theirs });
                }
            }
        }
        report.nil = shape.is_nil(&report.cells);
        if let Some(NoteChange { mine, base }) = &save.note {
            match merge_three_way(base, mine.clone(), report.note.clone()) {
                MergeResult::Agreed(text) => {
                    has_changed |= text != report.note;
                    report.note = text;
                }
                MergeResult::Conflict => branches
                    .push(ConflictBranch::Note { mine: mine.clone(), theirs: report.note.clone() }),
            }
        }
        if has_changed {
            report.source.clear();
        }
        if report.state.is_sent() && report.state != ReportState::Returned {
            report.check_complete(shape)?;
        }
        Ok(SaveOutcome { report, branches })
    }

    /// Sends the report for review. Every cell of the form must have a value, and the form's rules
    /// must hold.
    pub fn submit(
        mut self,
        acting_unit: UnitId,
        shape: &FormSchema,
        received: Date,
        late: bool,
    ) -> Result<Self, Refusal> {
        self.state =
            self.state.next_state(ReportStep::Submit).ok_or(RefusalReason::WorkflowForbids)?;
        self.check_complete(shape)?;
        self.acting_unit = acting_unit;
        self.question = None;
        if self.received_day.is_none() {
            self.received_day = Some(received);
            self.late = late;
        }
        Ok(self)
    }

    /// Returns the report with a question; the reviewer must have seen the present content.
    pub fn return_with_question(
        mut self,
        content_hash: ContentHash,
        question: ReviewQuestion,
    ) -> Result<Self, Refusal> {
        let next =
            self.state.next_state(ReportStep::Return).ok_or(RefusalReason::WorkflowForbids)?;
        self.check_content_hash(content_hash)?;
        if question.text.chars().count() > NOTE_CHARS_MAX {
            return Err(RefusalReason::NoteTooLong.into());
        }
        self.state = next;
        self.question = Some(question);
        Ok(self)
    }

    /// Accepts the report; the reviewer must have seen the present content (S15).
    pub fn accept(mut self, content_hash: ContentHash) -> Result<Self, Refusal> {
        let next =
            self.state.next_state(ReportStep::Accept).ok_or(RefusalReason::WorkflowForbids)?;
        self.check_content_hash(content_hash)?;
        self.state = next;
        Ok(self)
    }

    /// Locks an accepted report because its period is closed; `None` in any other state.
    #[must_use]
    pub fn lock(mut self) -> Option<Self> {
        self.state = self.state.next_state(ReportStep::Lock)?;
        Some(self)
    }

    pub(super) fn check_content_hash(&self, content_hash: ContentHash) -> Result<(), Refusal> {
        if self.content_hash() == content_hash || planted!("unseen-accepted") {
            Ok(())
        } else {
            Err(RefusalReason::ContentChanged.into())
        }
    }

    /// Checks that every cell of the form has a value, and that the form's rules hold.
    pub fn check_complete(&self, shape: &FormSchema) -> Result<(), Refusal> {
        let mut field_errors = FieldErrors::default();
        for element in shape.ranges.keys().filter(|element| !self.cells.contains_key(element)) {
            field_errors.add(format!("cells[{}]", element.0), RefusalReason::CellBlank);
        }
        for rule in shape.rules.iter().filter(|rule| rule.evaluate(&self.cells) == Some(false)) {
            field_errors.add(format!("rules[{}]", rule.text), RefusalReason::FormRule);
        }
        field_errors.into_result()
    }
}

impl FormRule {
    /// Whether the rule holds; `None` while one of its cells has no figure.
    #[must_use]
    pub fn evaluate(&self, cells: &Cells) -> Option<bool> {
        let mut sum = 0i128;
        for (sign, element) in &self.terms {
            sum += i128::from(*sign) * i128::from(cells.get(element)?.figure()?);
        }
        Some(match self.comparator {
            Comparator::Greater => sum > 0,
            Comparator::AtLeast => sum >= 0,
            Comparator::Equal => sum == 0,
            Comparator::AtMost => sum <= 0,
            Comparator::Less => sum < 0,
        })
    }
}

pub(super) fn check_save(save: &SaveCells, shape: &FormSchema) -> Result<(), Refusal> {
    if save.changes.is_empty() && save.note.is_none() {
        return Err(RefusalReason::NothingToDo.into());
    }
    if save.changes.len() > CHANGES_MAX {
        return Err(RefusalReason::TooMany.into());
    }
    let mut field_errors = FieldErrors::default();
    for (index, change) in save.changes.iter().enumerate() {
        match (shape.ranges.get(&change.element), change.mine) {
            (None, _) => {
                field_errors.add(format!("changes[{index}].element"), RefusalReason::UnknownElement)
            }
            (Some(line), Some(CellValue::Reported(value) | CellValue::Carried(value)))
                if value < line.min || value > line.max =>
            {
                field_errors.add(format!("changes[{index}].mine"), RefusalReason::ValueOutOfRange);
            }
            (Some(_), Some(CellValue::Carried(value)))
                if !shape.may_carry(change.element, value) =>
            {
                field_errors.add(format!("changes[{index}].mine"), RefusalReason::Malformed);
            }
            (Some(_), _) => {}
        }
    }
    if let Some(NoteChange { mine, .. }) = &save.note
        && let Some(reason) = free_text::check_free_text(mine)
    {
        field_errors.add("note", reason);
    }
    field_errors.into_result()
}

/// Status and figure of a cell as they enter the content hash. A carried figure is hashed as the
/// figure that it is: an app that does not know the mark computes the same.
fn encode_cell(value: CellValue) -> (u8, i64) {
    use crate::domain::report::cell::MissingReason as M;
    match value {
        CellValue::Reported(figure) | CellValue::Carried(figure) => (1, figure),
        CellValue::Nil => (2, 0),
        CellValue::Missing(M::AwaitingSource) => (3, 0),
        CellValue::Missing(M::NotCounted) => (4, 0),
        CellValue::Missing(M::SeeNote) => (5, 0),
    }
}
