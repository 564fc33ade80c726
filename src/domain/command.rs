//! Commands: all that a phone, a desk or a partner can ask to be done. The same values are pushed in an outbox and sent in unary calls.
//!
//! A command names what it changes and what its author saw; so the server needs no history to find a conflict. Knows no outcome.

use super::cell::CellChange;
use super::ids::{CommentId, ConflictId, HeldCommandId, ProposalId, ReportId, UnitId};
use super::report::{ContentHash, ReportKey, ReviewQuestion};
use super::time::Timestamp;

/// A command as it stands in an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The phone's clock when it was made; evidence only, never order.
    pub captured_at: Option<Timestamp>,
    /// The sealed checkpoint that the phone held, as a proof that the command is not younger; empty when it has none.
    pub sync_mark: Vec<u8>,
    /// What is to be done.
    pub body: CommandBody,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandBody {
    /// Change cells or the note of a report.
    SaveCells(SaveCells),
    /// Send a report for review.
    SubmitReport {
        /// The report.
        report: ReportId,
        /// Who signs: the unit itself or its successor.
        acting_unit: UnitId,
    },
    /// Send a report back with a question.
    ReturnReport {
        /// The report.
        report: ReportId,
        /// The content that the reviewer saw.
        content_hash: ContentHash,
        /// The question.
        question: ReviewQuestion,
    },
    /// Accept a report.
    AcceptReport {
        /// The report.
        report: ReportId,
        /// The content that the reviewer saw.
        content_hash: ContentHash,
    },
    /// Add a comment; comments only append.
    AddComment {
        /// The report.
        report: ReportId,
        /// Chosen by the client.
        comment: CommentId,
        /// The words.
        text: String,
    },
    /// Settle a conflict: the unit head says which value stands.
    SettleConflict {
        /// The branch.
        conflict: ConflictId,
        /// Whether the branch's value replaces the standing one.
        take_branch: bool,
    },
    /// Settle a held command: the unit head takes it over or puts it aside.
    SettleHeld {
        /// The held command.
        held: HeldCommandId,
        /// Whether it takes effect now.
        apply: bool,
    },
    /// Propose to amend an accepted or locked report.
    ProposeAmendment {
        /// The changes, as they would be saved.
        save: SaveCells,
        /// The reason in the author's words.
        reason: String,
    },
    /// Grant or refuse a proposal.
    SettleProposal {
        /// The proposal.
        proposal: ProposalId,
        /// The content of the report that the reviewer saw.
        content_hash: ContentHash,
        /// Whether the report is amended.
        grant: bool,
    },
}

/// Changes of cells and note of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveCells {
    /// What the report answers.
    pub key: ReportKey,
    /// Who signs: the unit itself or its successor.
    pub acting_unit: UnitId,
    /// The changed cells, at most [`super::limits::CHANGES_MAX`].
    pub changes: Vec<CellChange>,
    /// The changed note.
    pub note: Option<NoteChange>,
    /// Revision of the report that the author saw; 0: there was none. Tells applied from merged, decides nothing else.
    pub base_revision: i64,
}

/// A change of the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteChange {
    /// What the author writes.
    pub mine: String,
    /// What the author saw before.
    pub base: String,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It took effect as typed.
    Applied,
    /// It took effect, merged with what others had changed meanwhile.
    Merged,
    /// A part of it did not stand; it is kept beside the value that stands until a person settles it.
    Conflict,
    /// It waits for its parent or another person.
    Held,
    /// It had no effect; the reason says why.
    Rejected,
}

impl Verdict {
    /// All verdicts; position plus one is the number.
    pub const ALL: [Self; 5] =
        [Self::Applied, Self::Merged, Self::Conflict, Self::Held, Self::Rejected];

    /// The number in tables.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Applied => 1,
            Self::Merged => 2,
            Self::Conflict => 3,
            Self::Held => 4,
            Self::Rejected => 5,
        }
    }

    /// The verdict with this number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.number() == number)
    }

    /// The word in JSON and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Merged => "MERGED",
            Self::Conflict => "CONFLICT",
            Self::Held => "HELD",
            Self::Rejected => "REJECTED",
        }
    }
}
