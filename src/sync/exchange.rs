//! One sync call as a state machine. Each step takes the exchange, reads one page and returns
//! frames with the exchange after them; between two steps only positions are stored.
//!
//! ```text
//! Opening ---> Paging ---> AtHead ---> Paging   scopes changed, or a change batch was missed
//!   |            ^ |         ^ |
//!   |            '-'         '-'                one page; one change batch or bookmark
//!   '----------------------> AtHead             nothing new, found in the opening's transaction,
//!                                               or only what this call's commit has just made
//!
//! positions per scope        A: 40   B: 40   C (new): 0
//! 1  C is reset: rows of C from 0 to the head (57), SnapshotEnd          A 40, B 40, C 57
//! 2  A and B from 40 to 57, rows of both in one seq order                A 57, B 57, C 57
//! 3  all from 57 to the head; the end is reached in this snapshot:       Rows, Checkpoint
//! ```
//!
//! A page uses a short transaction. Only the last page, which reaches the head, also reads digests
//! (S2). The first page of a call that does not follow is read in the transaction that resolves the
//! scopes: a call with nothing new takes one transaction, besides the one that authenticates the
//! caller. So does a call with commands, besides the writing one, while the writer remembers every
//! commit since.

mod at_head;
mod epoch;
mod opening;
pub(super) mod paging;
mod replica_reads;

pub use self::at_head::AtHead;
pub use self::paging::Paging;

use self::opening::{Opening, build_push_frames};
use super::cursor::{CursorSigner, ScopePosition, SyncCursor};
use super::frame::SyncFrame;
use super::push::push_commands;
use crate::app::access::CallerIdentity;
use crate::app::command::{PushResult, PushedCommand};
use crate::app::{App, Result};
use crate::domain::access::scope::Scope;
use crate::domain::access::visible_scopes::VisibleScopes;
use crate::domain::support::limits::FEED_PAGE_ROWS_MAX;
use crate::store::feed::FeedScope;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The request of a device.
#[derive(Debug, Clone, Default)]
pub struct ExchangeRequest {
    /// The signed cursor of its last row; empty at first.
    pub cursor: Vec<u8>,
    /// The next commands of its outbox.
    pub commands: Vec<PushedCommand>,
    /// Scopes to rebuild, because the device's digest differs.
    pub rebuild_scopes: Vec<Scope>,
    /// Maximum rows of one batch; 0 for the server's own limit.
    pub max_rows: usize,
    /// Whether the first page is read in the transaction that resolves the scopes. Not for a
    /// follower: it subscribes to change batches before it reads the feed.
    pub include_first_page: bool,
}

/// One call in progress, after its scopes are resolved.
pub enum Exchange {
    /// The device lacks changes, or its digests were not read yet.
    Paging(Paging),
    /// The device has a checkpoint of these scopes.
    AtHead(AtHead),
}

/// The frames of one step, and the exchange after them.
pub struct ExchangeStep {
    /// The frames, in the order of the stream.
    pub frames: Vec<SyncFrame>,
    /// What the call goes on with.
    pub exchange: Exchange,
}

impl Exchange {
    /// Runs the pushed commands and resolves the scopes. The first frames are the welcome, the
    /// outcomes and the resets.
    pub fn open(
        app: App,
        cursor_signer: CursorSigner,
        identity: CallerIdentity,
        request: ExchangeRequest,
    ) -> Result<ExchangeStep> {
        let ExchangeRequest { cursor, commands, rebuild_scopes, max_rows, include_first_page } =
            request;
        let max_rows = match max_rows {
            0 => FEED_PAGE_ROWS_MAX,
            rows => rows.min(FEED_PAGE_ROWS_MAX),
        };
        let opening = Opening {
            cursor: cursor_signer.verify_cursor(identity.device.id, &cursor),
            rebuild_scopes,
            last_command_number: identity.device.last_command_number,
            call: ExchangeCall { app, cursor_signer, identity, max_rows },
            pushed: PushResult::default(),
            include_first_page,
        };
        if commands.is_empty() { opening.resolve() } else { push_and_open(opening, &commands) }
    }

    /// The short numbers of the scopes in this call.
    #[must_use]
    pub fn scope_numbers(&self) -> BTreeSet<i32> {
        match self {
            Self::Paging(paging) => paging.scopes.numbers(),
            Self::AtHead(at_head) => at_head.scopes.numbers(),
        }
    }
}

/// The opening is resolved before any command runs: an epoch conflict that it found afterwards
/// would be too late. If the commit of the commands continues what it read, the answer is complete;
/// else the opening is resolved again.
fn push_and_open(mut opening: Opening, commands: &[PushedCommand]) -> Result<ExchangeStep> {
    let before = opening.clone().resolve()?;
    let ExchangeCall { app, cursor_signer, identity, .. } = &opening.call;
    let pushed = push_commands(app, cursor_signer, identity, commands)?;
    if let Exchange::AtHead(mut at_head) = before.exchange
        && let Some(after) = at_head.apply_own_commit(&pushed)
    {
        let mut frames = before.frames;
        // The checkpoint of the time before the commands.
        frames.pop();
        frames.splice(1..1, build_push_frames(pushed));
        frames.extend(after);
        return Ok(ExchangeStep { frames, exchange: Exchange::AtHead(at_head) });
    }
    opening.pushed = pushed;
    opening.resolve()
}

impl From<Paging> for ExchangeStep {
    /// A step without frames.
    fn from(paging: Paging) -> Self {
        Self { frames: Vec::new(), exchange: Exchange::Paging(paging) }
    }
}

/// What a call has from its opening to its end.
#[derive(Clone)]
struct ExchangeCall {
    app: App,
    cursor_signer: CursorSigner,
    identity: CallerIdentity,
    max_rows: usize,
}

impl ExchangeCall {
    fn sign_cursor(&self, cursor: &SyncCursor) -> Vec<u8> {
        self.cursor_signer.sign_cursor(self.identity.device.id, cursor)
    }
}

/// The scopes of the device as one snapshot resolved them, and its position in each.
struct DeviceScopes {
    epoch: (i64, [u8; 16]),
    entries: Vec<ExchangeScope>,
    /// The newest commit that the primary is known to have: its head when the scopes were resolved,
    /// or a replica's head that was verified against it.
    verified_commit: (i64, [u8; 32]),
    /// What the device may read.
    visible_scopes: VisibleScopes,
    /// The day for which that was computed.
    visible_on: Date,
    /// Whether campaigns or units changed since then.
    is_stale: bool,
}

/// A scope of the device in this call.
#[derive(Debug, Clone, Copy)]
struct ExchangeScope {
    feed_scope: FeedScope,
    position: ScopePosition,
}

impl DeviceScopes {
    fn numbers(&self) -> BTreeSet<i32> {
        self.entries.iter().map(|scope| scope.feed_scope.number).collect()
    }

    /// The position of the scope that lags most; `None` without a scope.
    fn lowest_seq(&self) -> Option<i64> {
        self.entries.iter().map(|scope| scope.position.seq).min()
    }

    /// The cursor at these positions, which names the commit.
    fn build_cursor(&self, commit: (i64, [u8; 8])) -> SyncCursor {
        let positions = self.entries.iter().map(|scope| scope.position).collect();
        SyncCursor { epoch: self.epoch.0, commit, positions }
    }
}
