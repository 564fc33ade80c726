//! What the app reads and gives: owned values in plain types, so that Kotlin and Swift can hold them.
//!
//! Ids are 32 hexadecimal digits, days are days since 1970-01-01 in the authority's zone, figures are in units of the element's scale.

use super::error::FieldProblem;

/// A figure, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellFigure {
    /// A figure, in units of the element's scale.
    Reported(i64),
    /// An explicit zero (không phát sinh).
    Nil,
    /// Waits for another body's figure.
    MissingAwaitingSource,
    /// Not counted at this unit in this period.
    MissingNotCounted,
    /// The note says why.
    MissingSeeNote,
}

/// What a report answers. Codes are those of files: contract `tuan-xa`, unit `com-29242-1`, calendar `week`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportKeyView {
    /// Code of the reporting contract.
    pub contract: String,
    /// Code of the unit that it speaks for.
    pub unit: String,
    /// Code of the calendar.
    pub calendar: String,
    /// First day.
    pub start_day: i32,
    /// Day after the last.
    pub end_day: i32,
    /// Piece of a cut period; 0 for a whole one.
    pub cut: u8,
}

/// Where a report stands for the person who holds the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportStatus {
    /// Nothing was entered yet.
    Blank,
    /// Being written (bản nháp).
    Draft,
    /// Submitted here, not sent yet (chờ gửi).
    Waiting,
    /// Sent, no answer yet (đã gửi).
    Sent,
    /// The server has it (đã nhận).
    Received,
    /// Sent back with a question (trả lại).
    Returned,
    /// Two authors changed the same figure; the unit head decides (xung đột).
    Conflict,
    /// Accepted (đã duyệt).
    Accepted,
    /// The period is closed (đã khóa).
    Locked,
}

/// A report that this phone's unit owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReport {
    /// What it answers.
    pub key: ReportKeyView,
    /// Its id.
    pub report_id: String,
    /// Name of the form in Vietnamese.
    pub form_name_vi: String,
    /// Name of the form in English.
    pub form_name_en: String,
    /// What people call the period, in Vietnamese.
    pub period_name_vi: String,
    /// What people call the period, in English.
    pub period_name_en: String,
    /// The first day on which it is late.
    pub due_day: i32,
    /// The first day after the grace.
    pub grace_end_day: i32,
    /// Where it stands.
    pub status: ReportStatus,
}

/// A cell of a form, with what was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellView {
    /// Code of the element.
    pub element: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
    pub name_en: String,
    /// What is counted, in Vietnamese.
    pub unit_of_count: String,
    /// Decimals of the figures.
    pub scale: u8,
    /// Smallest figure allowed.
    pub min: i64,
    /// Largest figure allowed.
    pub max: i64,
    /// What the cell says; `None`: nothing yet.
    pub value: Option<CellFigure>,
}

/// A cell as a person enters it; `None` takes it off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellEntry {
    /// Code of the element.
    pub element: String,
    /// What it says now.
    pub value: Option<CellFigure>,
}

/// Why a report was sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// Code, as in `UNUSUAL_FIGURE`.
    pub code: String,
    /// The reviewer's words.
    pub text: String,
}

/// A report with what this phone has not sent yet on top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportView {
    /// Its id.
    pub report_id: String,
    /// What it answers.
    pub key: ReportKeyView,
    /// Where it stands.
    pub status: ReportStatus,
    /// Code of the unit that signs.
    pub acting_unit: String,
    /// Whether every cell says that nothing occurred.
    pub nil: bool,
    /// All cells of the form, in its order.
    pub cells: Vec<CellView>,
    /// The note.
    pub note: String,
    /// What a reviewer names to accept or return exactly this content: 64 hexadecimal digits.
    pub content_hash: String,
    /// The open question of a returned report.
    pub question: Option<QuestionView>,
    /// Whether it came after due day and grace, as the server judged.
    pub late: bool,
    /// Day on which the server received it first.
    pub received_day: Option<i32>,
    /// Revision that the server holds; 0: none.
    pub revision: i64,
    /// Commands on the way.
    pub pending_count: u32,
    /// Elements in which a command on the way does not agree with what the server holds.
    pub conflicting_elements: Vec<String>,
    /// Open and settled conflicts.
    pub conflicts: Vec<ConflictView>,
    /// Comments, oldest first.
    pub comments: Vec<CommentView>,
    /// Refused commands that nobody has dealt with.
    pub refused_commands: Vec<RefusedCommand>,
}

/// A report that waits for review, and why a reviewer should look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingReport {
    /// The report.
    pub report: ReportView,
    /// What is to be said about it; empty: nothing.
    pub concerns: Vec<Concern>,
}

/// A reason to look at a report before accepting it; never a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern {
    /// Somebody wrote about it.
    HasComments,
    /// It was changed after it was sent.
    ChangedAgain,
    /// It came after due day and grace.
    Late,
    /// The unit wrote a note.
    HasNote,
    /// A figure moved much against the unit's report before.
    LargeMovement {
        /// Code of the element.
        element: String,
        /// What it was.
        before: i64,
        /// What it is.
        now: i64,
    },
}

/// Two values of one field; the unit head says which one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictView {
    /// Its id.
    pub conflict_id: String,
    /// The report.
    pub report_id: String,
    /// Code of the element; `None`: the note.
    pub element: Option<String>,
    /// The value that did not stand.
    pub branch: Option<CellFigure>,
    /// The value that stood.
    pub standing: Option<CellFigure>,
    /// What the branch's author had seen.
    pub base: Option<CellFigure>,
    /// The note that did not stand.
    pub branch_note: String,
    /// The note that stood.
    pub standing_note: String,
    /// Whether it is settled, and then whether the branch was taken.
    pub settled: Option<bool>,
    /// Whether this phone has settled it and the server has not answered.
    pub settling: bool,
}

/// A command that the server keeps and does not apply: it waits for its parent, or for the unit head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCommandView {
    /// Its id.
    pub held_id: String,
    /// The report that it is about.
    pub report_id: String,
    /// Why: `UNKNOWN_BASE` (its parent comes, then it applies itself) or `GRANT_LOST` (its author's role was taken away).
    pub reason: String,
    /// What it would do.
    pub kind: CommandKind,
    /// The cells that it carries.
    pub cells: Vec<CellEntry>,
    /// The note that it carries.
    pub text: Option<String>,
    /// Code of the reason for which it had no effect when its parent came.
    pub refusal: Option<String>,
    /// Whether it is settled, and then whether it was applied.
    pub settled: Option<bool>,
    /// Whether this phone has settled it and the server has not answered.
    pub settling: bool,
}

/// A proposal to amend an accepted or locked report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalView {
    /// Its id.
    pub proposal_id: String,
    /// The report.
    pub report_id: String,
    /// The unit that signed it.
    pub acting_unit: String,
    /// The values that it proposes.
    pub cells: Vec<CellEntry>,
    /// The note that it proposes; `None` leaves it.
    pub note: Option<String>,
    /// Why; empty when an edit met an accepted report.
    pub reason: String,
    /// Whether the report still says what it said when the proposal was written.
    pub is_current: bool,
    /// Whether it is settled, and then whether it was granted.
    pub settled: Option<bool>,
    /// Whether this phone has settled it and the server has not answered.
    pub settling: bool,
}

/// A comment on a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentView {
    /// Its id.
    pub comment_id: String,
    /// Code of the author's unit.
    pub unit: String,
    /// The role in which it was written, as in `REVIEWER`.
    pub role: String,
    /// The words.
    pub text: String,
    /// Day of receipt; `None`: not received yet.
    pub received_day: Option<i32>,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// Changes cells or note.
    Save,
    /// Sends for review.
    Submit,
    /// Sends back.
    Return,
    /// Accepts.
    Accept,
    /// Adds a comment.
    Comment,
    /// Settles a conflict.
    Settle,
    /// Settles a held command.
    SettleHeld,
    /// Proposes to amend an accepted report.
    Propose,
    /// Grants or refuses a proposal.
    SettleProposal,
    /// Something of a newer app.
    Other,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    /// Not sent yet.
    Waiting,
    /// Sent, no answer yet.
    Sent,
    /// Applied as typed.
    Applied,
    /// Applied together with another's changes.
    Merged,
    /// Some values did not stand.
    Conflict,
    /// Kept by the server for later.
    Held,
    /// Refused.
    Rejected,
    /// Answered in words of a newer server.
    UnknownOutcome,
}

/// A command of this phone, as the outbox remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandView {
    /// Its number.
    pub number: u64,
    /// The report that it was about.
    pub report_id: String,
    /// What it does.
    pub kind: CommandKind,
    /// How far it is.
    pub state: CommandState,
    /// When it was typed, by this phone's clock, microseconds since 1970 UTC.
    pub made_at: i64,
}

/// A command that the server refused. What it carried stays here until a person corrects or discards it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCommand {
    /// Its number; `discard` names it.
    pub number: u64,
    /// The report that it was about.
    pub report_id: String,
    /// What it was to do.
    pub kind: CommandKind,
    /// Stable code of the reason.
    pub reason: String,
    /// The reason for people in Vietnamese.
    pub text_vi: String,
    /// The reason for people in English.
    pub text_en: String,
    /// Every field that was wrong.
    pub problems: Vec<FieldProblem>,
    /// The cells that it carried.
    pub cells: Vec<CellEntry>,
    /// The note or comment that it carried.
    pub text: Option<String>,
}

/// The outbox at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboxStatus {
    /// Not sent yet.
    pub waiting: u32,
    /// Sent, no answer yet.
    pub sent: u32,
    /// Answered, effect not in view yet.
    pub acknowledged: u32,
    /// Refused, and nobody has dealt with it.
    pub refused: u32,
    /// Server's time at the last checkpoint, microseconds since 1970 UTC; 0 before the first.
    pub last_sync: i64,
}

/// The offline lease: how long this phone goes on showing what it holds without contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseView {
    /// Its length in days, as the server said.
    pub days: u32,
    /// Whole days that are left.
    pub remaining_days: u32,
    /// Nothing is shown until the next sync.
    pub is_expired: bool,
}

/// Who uses this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The device.
    pub device_id: String,
    /// The account.
    pub account_id: String,
    /// Id of the unit.
    pub unit_id: String,
    /// Code of the unit; empty until the organisation has come.
    pub unit: String,
    /// Name of the unit; empty until the organisation has come.
    pub unit_name: String,
    /// Roles held there, as in `REPORTER`.
    pub roles: Vec<String>,
}

/// What a sync did, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncSummary {
    /// Calls made; one where nothing had to be rebuilt or renewed.
    pub calls: u32,
    /// Commands sent, repeated ones included.
    pub sent: u32,
    /// Answered: as typed.
    pub applied: u32,
    /// Answered: together with another's changes.
    pub merged: u32,
    /// Answered: some values did not stand.
    pub conflicts: u32,
    /// Answered: kept for later.
    pub held: u32,
    /// Answered: refused.
    pub rejected: u32,
    /// Rows that came.
    pub rows: u32,
    /// Scopes rebuilt.
    pub resets: u32,
    /// Checkpoints reached; 0: the phone is not up to date.
    pub checkpoints: u32,
    /// Bytes sent, TLS included.
    pub bytes_sent: u64,
    /// Bytes received, TLS included.
    pub bytes_received: u64,
    /// Bytes among them, both ways, that renewed the token: it holds for a quarter of an hour.
    pub bytes_for_renewal: u64,
    /// What went over the wire by kind; kinds that begin with `>` were sent. The rest of the bytes is TLS and HTTP/2.
    pub traffic: Vec<TrafficLine>,
    /// Connections made.
    pub connections: u32,
    /// Whether every scope agrees with the server by count and digest.
    pub digests_match: bool,
    /// The lowest version that reads everything, when the server wants a newer app.
    pub upgrade_wanted: Option<String>,
}

/// Bytes of one kind of frame in a sync, before TLS and HTTP/2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficLine {
    /// `Rows`, `Checkpoint` and so on; `> request` and `> commands` were sent.
    pub kind: String,
    /// How many.
    pub count: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// Proof of what the authority took from this phone (biên nhận).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    /// Highest command number taken.
    pub commands_taken: u64,
    /// What is signed: the encoding of the contract's `ReceiptBody`.
    pub body: Vec<u8>,
    /// The authority's ECDSA P-256 signature over it, 64 bytes.
    pub signature: Vec<u8>,
}

/// A scope that this phone holds, or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// `reference`, `work`, `desk`, `published`, or a number of a newer kind.
    pub kind: String,
    /// Id of the unit or campaign.
    pub id: String,
    /// Whether it is granted.
    pub granted: bool,
    /// Why it was taken away: `REVOKED`, `MOVED`, `ENDED`; empty while granted or when no reason was given.
    pub removal: String,
    /// Records in it.
    pub count: i64,
    /// Sum of their hashes modulo 2^128: 32 hexadecimal digits.
    pub digest: String,
}

/// What changed at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicaChange {
    /// Reports, comments on them or conflicts about them that came, changed or left.
    pub reports: Vec<String>,
    /// Whether forms, units or campaigns changed.
    pub reference: bool,
    /// Whether standings changed.
    pub standings: bool,
    /// Scopes that were taken away.
    pub scopes_lost: Vec<ScopeView>,
}
