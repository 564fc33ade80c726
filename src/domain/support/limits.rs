//! Every limit in one place, checked against each other where the compiler can.
//!
//! A limit is the same for every caller.

use crate::domain::support::reason::RefusalReason;
use crate::domain::support::text::TextLimit;

/// Most commands in one `Sync` request.
pub const PUSH_COMMANDS_MAX: usize = 200;
/// Most cells that one command may change.
pub const CHANGES_MAX: usize = 200;
/// Most characters of a note or a comment.
pub const NOTE_CHARS_MAX: usize = 500;
/// Largest message, in bytes, before and after decompression.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most contracts that a key names.
pub const KEY_CONTRACTS_MAX: usize = 100;
/// Most reports of one call of an agency's system.
pub const DELIVERED_REPORTS_MAX: usize = 500;
/// Most reports of one file that a call brings.
pub const IMPORTED_REPORTS_MAX: usize = 5000;
/// Largest import of files in one call, in bytes.
pub const IMPORT_BYTES_MAX: usize = MESSAGE_BYTES_MAX;
/// Most files of definitions in one call.
pub const DEFINITION_FILES_MAX: usize = 20;
/// Most roles that one call gives.
pub const GRANTS_MAX: usize = 2000;
/// Most lines of a hand-over in one call.
pub const HANDOVER_LINES_MAX: usize = 2000;
/// Largest file of definitions, in bytes.
pub const DEFINITION_FILE_BYTES_MAX: usize = 1024 * 1024;
/// Largest record, in bytes: it travels alone in a message, beside its key and a cursor.
pub const RECORD_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 64 * 1024;
/// Most rows of one page of the feed.
pub const FEED_PAGE_ROWS_MAX: usize = 500;
/// Most bytes of the records of one page of the feed, unless it holds a single change: keys, scopes
/// and the cursor of a full page fit beside them.
pub const FEED_PAGE_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 2;
/// Most commands of one device that may be held.
pub const HELD_COMMANDS_MAX: i64 = 1000;
/// Most pledges of one unit in one campaign.
pub const PLEDGES_MAX: usize = 50;
/// Most plans of one unit in one campaign, superseded ones included.
pub const PLANS_MAX: usize = 20;
/// Most targets that one plan sets.
pub const ALLOCATIONS_MAX: usize = 64;
/// Most units to which one launch is relayed.
pub const LAUNCH_SITES_MAX: usize = 200;
/// Most scopes that one device follows.
pub const SCOPES_MAX: usize = 64;

/// Characters of a desk password. Only its length is required, not its composition (NIST SP
/// 800-63B).
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 15..=128;
/// Validity of an access token, in microseconds: 15 minutes.
pub const ACCESS_TOKEN_LIFETIME_MICROS: i64 = 15 * 60 * 1_000_000;
/// How long a desk session can be extended, in microseconds: 12 hours, a long working day.
pub const DESK_SESSION_LIFETIME_MICROS: i64 = 12 * 60 * 60 * 1_000_000;
/// Most characters of an account's label.
pub const ACCOUNT_LABEL_CHARS_MAX: usize = 64;

/// A code: of a unit, a campaign, a target, an element, a form, a contract, a job.
pub const CODE: TextLimit = TextLimit::line(64);
/// The name of a file.
pub const FILE_NAME: TextLimit = TextLimit::line(100);
/// The label of an account.
pub const ACCOUNT_LABEL: TextLimit = TextLimit::line(ACCOUNT_LABEL_CHARS_MAX);
/// The version of a client.
pub const CLIENT_VERSION: TextLimit = TextLimit::line(64);
/// The name of a unit, a campaign, a form; the post of a person.
pub const NAME: TextLimit = TextLimit::line(200);
/// A note, a comment, a question, a reply, a reason, the purpose of a read.
pub const NOTE: TextLimit =
    TextLimit { too_long: RefusalReason::NoteTooLong, ..TextLimit::prose(NOTE_CHARS_MAX) };
/// Sentences of a campaign, an element or a source that are published or kept as evidence.
pub const STATEMENT: TextLimit = TextLimit::prose(2000);
/// A formula of a target or a rule of a form.
pub const FORMULA: TextLimit = TextLimit::prose(4096);
/// A desk password.
pub const PASSWORD: TextLimit = TextLimit::line(*PASSWORD_CHARS.end());
/// A code of a second factor, or a recovery code with its blanks and hyphens.
pub const SECOND_FACTOR_CODE: TextLimit = TextLimit::line(64);
/// Any other argument of the command line: an invitation, a setting.
pub const ARGUMENT: TextLimit = TextLimit::line(4096);

// A character takes at most 4 bytes in UTF-8, a changed cell at most 64 on the wire.
const _: () =
    assert!(PUSH_COMMANDS_MAX * (NOTE_CHARS_MAX * 4 + CHANGES_MAX * 64) < MESSAGE_BYTES_MAX);
