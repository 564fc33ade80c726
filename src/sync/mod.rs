//! The sync exchange: gives pushed commands to `app` and takes their outcomes, then reads the feed
//! of the caller's scopes up to a checkpoint. It writes nothing itself.
//!
//! Frames are plain values, which `grpc` encodes.
//!
//! ```text
//! request: cursor, commands
//! frames:  Welcome, Verdict*, [Notice], (Rows | Reset Rows* SnapshotEnd)*, Checkpoint
//!          with follow, at each commit: Rows + Checkpoint; a Bookmark from time to time
//! ```

pub mod change_batch;
pub mod cursor;
pub mod exchange;
pub mod frame;
pub mod news;
mod push;

pub use change_batch::{ChangeBatch, HeadSnapshot, read_head_snapshot};
pub use cursor::{CursorSigner, SyncCursor};
pub use exchange::{AtHead, Exchange, ExchangeRequest, ExchangeStep, Paging};
pub use frame::SyncFrame;
pub use news::NewsFollower;
