//! The sync exchange: takes pushed commands in order, then walks the feed of the caller's scopes to a checkpoint.
//!
//! Knows no protobuf and no socket: frames are values, and `grpc` carries them. Knows no SQL: `store` does.
//!
//! ```text
//!  request: cursor, commands        frames: Welcome, Verdict*, [Notice], (Rows | Reset Rows* SnapshotEnd)*, Checkpoint
//!                                   with follow, at each commit: Rows + Checkpoint; a Bookmark now and then
//! ```

pub mod cursor;
pub mod exchange;
pub mod frame;
pub mod push;
pub mod round;

pub use cursor::{Cursor, Seal};
pub use exchange::{Exchange, Request};
pub use frame::Frame;
pub use round::{Look, Round, look};
