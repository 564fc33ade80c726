//! A report (báo cáo): what it answers, what it says, and what each step does to it.
//!
//! The same functions run on the phone, at once, and on the server, with authority. Knows no person, no right and no clock: who may
//! take a step is `permission`'s question, and dates are arguments.

use super::cell::{CellValue, Cells, ElementNo, Merged, merge};
use super::command::{Save, SaveNote};
use super::ids::{ContractId, ReportId, UnitId, derive};
use super::limits::{CHANGES_MAX, NOTE_CHARS_MAX};
use super::note;
use super::period::Period;
use super::reason::{Problems, Reason, Refusal};
use super::target::Comparator;
use super::time::days_from_date;
use super::workflow::{State, Step};
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What a report answers: one contract, one unit, one period or piece of a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportKey {
    /// The reporting contract.
    pub contract: ContractId,
    /// The unit whose figures these are, also when it has been closed since.
    pub unit: UnitId,
    /// The period, or the piece of it.
    pub period: Period,
}

impl ReportKey {
    /// The id that follows from the key: two phones that never met fill the same report, not two.
    ///
    /// `derive("report", contract, unit, calendar, start, end, cut)`, days as 4 bytes big-endian since 1970.
    #[must_use]
    pub fn id(&self) -> ReportId {
        let Period { calendar, start, end, cut } = &self.period;
        ReportId(derive(
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

/// SHA-256 over the key's id, the cells in element order and the note: what a reviewer says yes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// Why a report was sent back: a coded question and the reviewer's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The coded question, as in `CHECK_FIGURE`.
    pub code: String,
    /// The words; at most [`NOTE_CHARS_MAX`] characters.
    pub text: String,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it answers.
    pub key: ReportKey,
    /// Who signs: the unit itself, or its successor once it is closed.
    pub acting_unit: UnitId,
    /// Where it stands.
    pub state: State,
    /// What it says.
    pub cells: Cells,
    /// The note; at most [`NOTE_CHARS_MAX`] characters.
    pub note: String,
    /// First receipt by the server after it was sent; day precision on purpose.
    pub received_day: Option<Date>,
    /// Whether that was after due day and grace.
    pub late: bool,
    /// The open question, while the report is returned.
    pub question: Option<Question>,
}

/// One element on a form, with the range of its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLine {
    /// Smallest figure allowed.
    pub min: i64,
    /// Largest figure allowed.
    pub max: i64,
}

/// The form of a report as its rules need it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormShape {
    /// The form's elements.
    pub lines: BTreeMap<ElementNo, FormLine>,
    /// The form's rules.
    pub rules: Vec<FormRule>,
}

/// A rule of a form over signed sums of elements, as in `resolved <= handled`: the sum compared with zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRule {
    /// Left side minus right side, each element with its sign.
    pub terms: Vec<(i64, ElementNo)>,
    /// How the sum compares with zero.
    pub cmp: Comparator,
    /// The rule as written in the file.
    pub text: String,
}

/// A value that did not stand when two authors changed the same field from different bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch {
    /// A cell.
    Cell {
        /// The element.
        element: ElementNo,
        /// What this author says.
        mine: Option<CellValue>,
        /// What this author saw before.
        base: Option<CellValue>,
        /// What stands.
        theirs: Option<CellValue>,
    },
    /// The note.
    Note {
        /// What this author wrote.
        mine: String,
        /// What stands.
        theirs: String,
    },
}

/// What saving gave: the report as it is now, and what did not stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The report after the merge.
    pub report: Report,
    /// Fields changed by both sides, differently.
    pub branches: Vec<Branch>,
}

impl Report {
    /// An empty draft.
    #[must_use]
    pub fn draft(key: ReportKey, acting_unit: UnitId) -> Self {
        Self {
            key,
            acting_unit,
            state: State::Draft,
            cells: Cells::new(),
            note: String::new(),
            received_day: None,
            late: false,
            question: None,
        }
    }

    /// Whether it says that nothing occurred: every cell is an explicit zero (báo cáo không phát sinh).
    #[must_use]
    pub fn is_nil(&self) -> bool {
        !self.cells.is_empty() && self.cells.values().all(|cell| *cell == CellValue::Nil)
    }

    /// The hash of what it says.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let mut hash = Sha256::new();
        hash.update(self.key.id().0);
        hash.update((self.cells.len() as u64).to_be_bytes());
        for (element, value) in &self.cells {
            let (status, figure) = cell_code(*value);
            hash.update(element.0.to_be_bytes());
            hash.update([status]);
            hash.update(figure.to_be_bytes());
        }
        hash.update(self.note.as_bytes());
        ContentHash(hash.finalize().into())
    }

    /// Merges a save into the present report (`None`: there is none yet).
    ///
    /// Fields whose base still stands take the author's value; fields that both sides changed differently stay as they are and
    /// come back as branches, so that nothing is lost in silence (S13).
    pub fn save(current: Option<Self>, save: &Save, acting_unit: UnitId, shape: &FormShape) -> Result<Saved, Refusal> {
        check_save(save, shape)?;
        let mut report = current.unwrap_or_else(|| Self::draft(save.key.clone(), acting_unit));
        report.state = report.state.after(Step::Edit).ok_or(Reason::WorkflowForbids)?;
        let mut branches = Vec::new();
        for change in &save.changes {
            let theirs = report.cells.get(&change.element).copied();
            match merge(&change.base, change.mine, theirs) {
                Merged::Agreed(Some(value)) => {
                    report.cells.insert(change.element, value);
                }
                Merged::Agreed(None) => {
                    report.cells.remove(&change.element);
                }
                Merged::Conflict => {
                    let (element, mine, base) = (change.element, change.mine, change.base);
                    branches.push(Branch::Cell { element, mine, base, theirs });
                }
            }
        }
        if let Some(SaveNote { mine, base }) = &save.note {
            match merge(base, mine.clone(), report.note.clone()) {
                Merged::Agreed(text) => report.note = text,
                Merged::Conflict => branches.push(Branch::Note { mine: mine.clone(), theirs: report.note.clone() }),
            }
        }
        if report.state.is_sent() && report.state != State::Returned {
            report.check_complete(shape)?;
        }
        Ok(Saved { report, branches })
    }

    /// Sends the report for review. Every cell of the form says something, and the form's rules hold.
    pub fn submit(
        mut self,
        acting_unit: UnitId,
        shape: &FormShape,
        received: Date,
        late: bool,
    ) -> Result<Self, Refusal> {
        self.state = self.state.after(Step::Submit).ok_or(Reason::WorkflowForbids)?;
        self.check_complete(shape)?;
        self.acting_unit = acting_unit;
        self.question = None;
        if self.received_day.is_none() {
            self.received_day = Some(received);
            self.late = late;
        }
        Ok(self)
    }

    /// Sends the report back with a question; only the content that the reviewer saw.
    pub fn send_back(mut self, seen: ContentHash, question: Question) -> Result<Self, Refusal> {
        let next = self.state.after(Step::Return).ok_or(Reason::WorkflowForbids)?;
        self.check_seen(seen)?;
        if question.text.chars().count() > NOTE_CHARS_MAX {
            return Err(Reason::NoteTooLong.into());
        }
        self.state = next;
        self.question = Some(question);
        Ok(self)
    }

    /// Accepts exactly the content that the reviewer saw (S15).
    pub fn accept(mut self, seen: ContentHash) -> Result<Self, Refusal> {
        let next = self.state.after(Step::Accept).ok_or(Reason::WorkflowForbids)?;
        self.check_seen(seen)?;
        self.state = next;
        Ok(self)
    }

    /// Closes the period for an accepted report; `None` for any other.
    #[must_use]
    pub fn lock(mut self) -> Option<Self> {
        self.state = self.state.after(Step::Lock)?;
        Some(self)
    }

    pub(super) fn check_seen(&self, seen: ContentHash) -> Result<(), Refusal> {
        if self.content_hash() == seen || planted!("unseen-accepted") {
            Ok(())
        } else {
            Err(Reason::ContentChanged.into())
        }
    }

    pub(super) fn check_complete(&self, shape: &FormShape) -> Result<(), Refusal> {
        let mut bad = Problems::default();
        for element in shape.lines.keys().filter(|element| !self.cells.contains_key(element)) {
            bad.add(format!("cells[{}]", element.0), Reason::CellBlank);
        }
        for rule in shape.rules.iter().filter(|rule| rule.holds(&self.cells) == Some(false)) {
            bad.add(format!("rules[{}]", rule.text), Reason::FormRule);
        }
        bad.done()
    }
}

impl FormRule {
    /// Whether the rule holds; `None` while one of its cells is missing, and so cannot be judged.
    #[must_use]
    pub fn holds(&self, cells: &Cells) -> Option<bool> {
        let mut sum = 0i128;
        for (sign, element) in &self.terms {
            sum += i128::from(*sign) * i128::from(cells.get(element)?.figure()?);
        }
        Some(match self.cmp {
            Comparator::Greater => sum > 0,
            Comparator::AtLeast => sum >= 0,
            Comparator::Equal => sum == 0,
            Comparator::AtMost => sum <= 0,
            Comparator::Less => sum < 0,
        })
    }
}

pub(super) fn check_save(save: &Save, shape: &FormShape) -> Result<(), Refusal> {
    if save.changes.is_empty() && save.note.is_none() {
        return Err(Reason::NothingToDo.into());
    }
    if save.changes.len() > CHANGES_MAX {
        return Err(Reason::TooMany.into());
    }
    let mut bad = Problems::default();
    for (index, change) in save.changes.iter().enumerate() {
        match (shape.lines.get(&change.element), change.mine) {
            (None, _) => bad.add(format!("changes[{index}].element"), Reason::UnknownElement),
            (Some(line), Some(CellValue::Reported(value))) if value < line.min || value > line.max => {
                bad.add(format!("changes[{index}].mine"), Reason::ValueOutOfRange);
            }
            (Some(_), _) => {}
        }
    }
    if let Some(SaveNote { mine, .. }) = &save.note
        && let Some(reason) = note::problem(mine)
    {
        bad.add("note", reason);
    }
    bad.done()
}

/// Status and figure of a cell as they enter the content hash.
fn cell_code(value: CellValue) -> (u8, i64) {
    use super::cell::MissingReason as M;
    match value {
        CellValue::Reported(figure) => (1, figure),
        CellValue::Nil => (2, 0),
        CellValue::Missing(M::AwaitingSource) => (3, 0),
        CellValue::Missing(M::NotCounted) => (4, 0),
        CellValue::Missing(M::SeeNote) => (5, 0),
    }
}
