//! Commands: every change that a phone, a desk or a partner can request. The same values are pushed
//! from an outbox and sent in unary calls.
//!
//! A command holds the change and the state that its author saw, so the server needs no history to
//! find a conflict.

use crate::domain::campaign::TakePart;
use crate::domain::report::{ContentHash, ReviewQuestion, SaveCells};
use crate::domain::support::ids::{
    CommentId, ConflictId, HeldCommandId, ProposalId, ReportId, UnitId,
};
use crate::domain::support::time::Timestamp;

/// A command as stored in an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The phone's clock when the command was made; evidence only, never used for ordering.
    pub captured_at: Option<Timestamp>,
    /// The signed checkpoint that the phone held, which bounds the age of the command; empty if it
    /// has none.
    pub sync_mark: Vec<u8>,
    /// The requested change.
    pub body: CommandBody,
}

/// The version of the rules of reports that an app knows. A command keeps it for ever: what an old
/// app sent stays as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportRules(pub u32);

impl ReportRules {
    /// The rules of this version: a nil report leaves its words to be answered, and nothing is
    /// submitted before the last day that it covers.
    pub const CURRENT: Self = Self(1);

    /// Whether the app knows that NIL in the cell of a stock says nothing, and the reasons
    /// STOCK_UNSAID and PERIOD_NOT_OVER.
    #[must_use]
    pub fn knows_words(self) -> bool {
        self.0 >= 1
    }
}

/// The requested change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandBody {
    /// Change cells or the note of a report.
    SaveCells(SaveCells),
    /// Send a report for review.
    SubmitReport {
        /// The report.
        report: ReportId,
        /// The unit that signs: the unit itself or its successor.
        acting_unit: UnitId,
        /// The rules that its author's app knows.
        rules: ReportRules,
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
    /// Add a comment; comments are only appended.
    AddComment {
        /// The report.
        report: ReportId,
        /// Chosen by the client.
        comment: CommentId,
        /// The text.
        text: String,
    },
    /// Settle a conflict: the unit head decides which value is valid.
    SettleConflict {
        /// The branch.
        conflict: ConflictId,
        /// Whether the branch's value replaces the stored one.
        take_branch: bool,
    },
    /// Settle a held command: the unit head applies or discards it.
    SettleHeld {
        /// The held command.
        held: HeldCommandId,
        /// Whether the command is applied.
        apply: bool,
    },
    /// Propose to amend an accepted or locked report.
    ProposeAmendment {
        /// The proposed changes.
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
    /// Take part in a campaign. It concerns no report.
    TakePart(TakePart),
}

impl CommandBody {
    /// The report that the command names; `None`: it names what waits for a decision, or a
    /// campaign.
    #[must_use]
    pub fn report(&self) -> Option<ReportId> {
        match self {
            Self::SaveCells(save) | Self::ProposeAmendment { save, .. } => Some(save.key.id()),
            Self::SubmitReport { report, .. }
            | Self::ReturnReport { report, .. }
            | Self::AcceptReport { report, .. }
            | Self::AddComment { report, .. } => Some(*report),
            Self::SettleConflict { .. }
            | Self::SettleHeld { .. }
            | Self::SettleProposal { .. }
            | Self::TakePart(_) => None,
        }
    }

    /// A submission by an app of this version.
    #[must_use]
    pub fn submit(report: ReportId, acting_unit: UnitId) -> Self {
        Self::SubmitReport { report, acting_unit, rules: ReportRules::CURRENT }
    }
}

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Applied as it was entered.
    Applied,
    /// Applied after a merge with changes made meanwhile.
    Merged,
    /// Applied in part; conflicting values are stored as branches until they are settled.
    Conflict,
    /// Waits for its parent or for another person.
    Held,
    /// Had no effect; the reason says why.
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
