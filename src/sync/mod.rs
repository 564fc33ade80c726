//! The sync exchange: takes pushed commands in order, then walks the feed of the caller's scopes to a checkpoint.
//!
//! Knows no protobuf and no socket: frames are values, and `grpc` carries them. Knows no SQL: `store` does.
//!
//! ```text
//!  request: cursor, commands        frames: Welcome, Verdict*, [Notice], (Rows | Reset Rows* SnapshotEnd)*, Checkpoint
//!                                   with follow, at each commit: Rows + Checkpoint; a Bookmark now and then
//! ```

pub mod change_batch;
pub mod cursor;
pub mod exchange;
pub mod frame;
pub mod push;

pub use change_batch::{ChangeBatch, HeadSnapshot, read_head_snapshot};
pub use cursor::{CursorSigner, SyncCursor};
pub use exchange::{Exchange, ExchangeRequest};
pub use frame::SyncFrame;
