//! Every limit in one place, checked against each other where the compiler can.
//!
//! A limit is the same for every caller.

/// Most commands in one `Sync` request.
pub const PUSH_COMMANDS_MAX: usize = 200;
/// Most cells that one command may change.
pub const CHANGES_MAX: usize = 200;
/// Most characters of a note or a comment.
pub const NOTE_CHARS_MAX: usize = 500;
/// Largest message, in bytes, before and after decompression.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most rows of one page of the feed.
pub const FEED_PAGE_ROWS_MAX: usize = 500;
/// Most commands of one device that may be held.
pub const HELD_COMMANDS_MAX: i64 = 1000;
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

// A character takes at most 4 bytes in UTF-8, a changed cell at most 64 on the wire.
const _: () =
    assert!(PUSH_COMMANDS_MAX * (NOTE_CHARS_MAX * 4 + CHANGES_MAX * 64) < MESSAGE_BYTES_MAX);
