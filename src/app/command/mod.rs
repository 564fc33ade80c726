//! Commands. This is the one place where a command runs, whether a device pushes it, a
//! unary call or a file brings it, or it was held.
//!
//! ```text
//! receive   the outbox of a device: numbers, duplicates, gap, fork, chain of outcomes
//!    |
//! run       one command: it waits, or takes its step; then the commands that waited for its report
//!    |--- participate   the act of a unit in a campaign, which concerns no report and never waits
//!    |--- hold      whether a command waits, and on which desk; stores it there
//!    '--- execute   the step: authorise, the domain's rule, write
//!            '--- propose   an edit of official figures becomes a proposal
//! import    commands of a revoked device, which are always held
//! deliver   a whole report that an agency's system sends; it is no command, and never held
//! ```
//!
//! A module calls only those below it. The report of a command is read once, by `run`, and passed
//! on.

mod context;
mod deliver;
mod execute;
mod hold;
mod import;
mod participate;
mod propose;
mod receive;
mod run;

pub use context::{CommandContext, CommandEffect, RawCommand};
pub(super) use deliver::deliver_report;
pub use deliver::{DeliveredContent, DeliveryOutcome, DeliveryVerdict};
pub use import::{CommandImport, ExportingDevice, ImportedCommand};
pub use receive::{CommandOutcome, PushResult, PushStopReason, PushedCommand, ReceivedCommand};
pub(super) use run::{release_waiting_commands, run_command};
