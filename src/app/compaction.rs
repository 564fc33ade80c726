//! Compaction: deletes old tombstones and response details, and releases held commands whose parent
//! is present.
//!
//! Safe to run at any time and repeatedly: a device whose cursor is older than a deleted tombstone
//! is rebuilt and loses nothing (S23, S25).

use super::App;
use super::command::{CommandContext, release_waiting_commands};
use super::error::Result;
use super::reference::ReferenceSnapshot;
use crate::domain::access::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::time::DAY_MICROS;
use crate::store::WriteTx;
use crate::store::write_tx::AuditContext;
use jiff::civil::Date;

/// Days for which tombstones are stored. A device that is offline for longer is rebuilt.
const TOMBSTONE_RETENTION_DAYS: i64 = 90;
/// Days for which response details are stored.
const DETAIL_RETENTION_DAYS: i64 = 30;

/// Counts of a compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompactionSummary {
    /// Deleted tombstones.
    pub tombstones: usize,
    /// Deleted details and responses.
    pub responses: usize,
    /// Held commands that took effect.
    pub released_commands: usize,
    /// Reports that were removed from devices.
    pub expired_reports: usize,
    /// Expired desk sessions that were deleted.
    pub sessions: usize,
}

impl App {
    /// Deletes what is older than [`TOMBSTONE_RETENTION_DAYS`] and [`DETAIL_RETENTION_DAYS`],
    /// removes reports of long-concluded campaigns from devices, and releases held commands.
    pub fn compact_store(&self, actor: &Actor) -> Result<CompactionSummary> {
        let now = self.now();
        self.store().write("app.compact", now, |tx| {
            let Some(root) = self.root_unit(tx)? else { return Ok(CompactionSummary::default()) };
            let unit_path = UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() };
            let permit: Permit<action::RunJob> = authorize(actor, &unit_path, now.local_date())?;
            let floor = tx.last_seq_before(
                now.saturating_add_micros(-TOMBSTONE_RETENTION_DAYS * DAY_MICROS),
            )?;
            let mut done = CompactionSummary {
                tombstones: tx.delete_tombstones(floor)?,
                responses: tx.delete_old_responses(
                    now.saturating_add_micros(-DETAIL_RETENTION_DAYS * DAY_MICROS),
                )?,
                sessions: tx.delete_expired_sessions()?,
                ..CompactionSummary::default()
            };
            let reference = self.reference(tx)?;
            done.expired_reports =
                remove_expired_reports(tx, &permit, &reference, now.local_date())?;
            let ctx = CommandContext::without_outbox(actor, &reference);
            for report in tx.reports_with_waiting_commands()? {
                done.released_commands += release_waiting_commands(tx, &ctx, report)?;
            }
            if done != CompactionSummary::default() {
                tx.append_audit(&AuditContext::from(&permit));
            }
            Ok(done)
        })
    }
}

/// Removes reports of long-concluded campaigns, and their attachments, from every scope. They stay
/// on the server with every revision and no longer change.
fn remove_expired_reports(
    tx: &mut WriteTx,
    permit: &Permit<action::RunJob>,
    reference: &ReferenceSnapshot,
    today: Date,
) -> Result<usize> {
    if !reference.has_campaign_expired_on_devices(today) {
        return Ok(0);
    }
    let presented = tx.record_ids_in_feed(RecordKind::Report)?;
    let mut expired = tx.report_summaries(&ReportState::ALL, &[])?;
    expired.retain(|line| {
        presented.contains(&line.id.0)
            && reference.is_expired_on_devices(line.contract, line.window(), today)
    });
    for line in &expired {
        tx.set_record_scopes(permit, RecordKind::Report, line.id.0, Vec::new())?;
        for (kind, id) in tx.report_attachments(line.id)? {
            tx.set_record_scopes(permit, kind, id, Vec::new())?;
        }
    }
    Ok(expired.len())
}
