//! What a command runs with: its caller, its environment, the report that it concerns; and its
//! effect.

use crate::app::error::Result;
use crate::app::reference::ReferenceSnapshot;
use crate::domain::access::permission::Actor;
use crate::domain::report::ReportKey;
use crate::domain::report::command::{CommandBody, Verdict};
use crate::domain::reporting::expectation::CaptureEvidence;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::store::ReadTx;
use crate::store::report::StoredReport;
use jiff::civil::Date;

/// The effect of a command that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandEffect {
    /// Applied, merged, in conflict or held.
    pub verdict: Verdict,
    /// The record that the command changed.
    pub record: [u8; 16],
    /// The record's revision afterwards.
    pub revision: i64,
}

/// The caller and the environment of a command.
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    /// The caller.
    pub actor: &'a Actor,
    /// Units, forms and campaigns as they are now.
    pub reference: &'a ReferenceSnapshot,
    /// The command's number in the device's outbox; 0 for a call without one.
    pub command_number: u64,
    /// When the command was captured, if a signed sync mark proves the earliest possible time.
    pub captured: Option<CaptureEvidence>,
    /// The command as a device pushed it; `None` for any other, which cannot be held.
    pub raw: Option<RawCommand<'a>>,
}

impl<'a> CommandContext<'a> {
    /// The context of a command that no device pushed: of a unary call, a file or a job.
    #[must_use]
    pub fn without_outbox(actor: &'a Actor, reference: &'a ReferenceSnapshot) -> Self {
        Self { actor, reference, command_number: 0, captured: None, raw: None }
    }

    /// Refuses a change of a report that devices no longer hold: no device would receive it.
    pub(super) fn check_not_expired(&self, key: &ReportKey, today: Date) -> Result<()> {
        if self.reference.is_expired_on_devices(key.contract, key.period.window(), today) {
            Err(RefusalReason::PeriodClosed.into())
        } else {
            Ok(())
        }
    }
}

/// A command as a device pushed it. Only such a command can be held.
#[derive(Debug, Clone, Copy)]
pub struct RawCommand<'a> {
    /// The bytes of the command as received.
    pub bytes: &'a [u8],
    /// Whether this database lost commits once: then a command may name data that is not here yet.
    pub has_lost_history: bool,
    /// Whether any command may be held in this database; `false` saves the search for them.
    pub has_waiting: bool,
}

/// The report that a command concerns, as it is before the command runs.
pub(super) struct CommandReport {
    pub(super) id: ReportId,
    /// `None`: it does not exist yet.
    pub(super) stored: Option<StoredReport>,
}

impl CommandReport {
    /// The unit of the report, if it exists.
    pub(super) fn unit(&self) -> Option<UnitId> {
        self.stored.as_ref().map(|stored| stored.report.key.unit)
    }

    /// The revision of the report; 0 if it does not exist.
    pub(super) fn revision(&self) -> i64 {
        self.stored.as_ref().map_or(0, |stored| stored.revision)
    }

    /// Reads the report with this id.
    pub(super) fn load(
        tx: &mut ReadTx,
        reference: &ReferenceSnapshot,
        id: ReportId,
    ) -> Result<Self> {
        Ok(Self { id, stored: tx.report(id, &reference.unit_numbers)? })
    }

    /// Reads the report that a command concerns.
    pub(super) fn load_for(
        tx: &mut ReadTx,
        reference: &ReferenceSnapshot,
        body: &CommandBody,
    ) -> Result<Self> {
        // `run` settles held commands and proposals, and finds their report through them.
        let id = if let CommandBody::SettleConflict { conflict, .. } = body {
            tx.conflict(*conflict)?.ok_or(RefusalReason::NotFound)?.report
        } else {
            body.report().ok_or(RefusalReason::Denied)?
        };
        Self::load(tx, reference, id)
    }
}
