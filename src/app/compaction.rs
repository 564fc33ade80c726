//! What a quiet hour does for sync: trims tombstones and details that nobody needs, and lets held commands run whose parent came unnoticed.
//!
//! Safe to run at any time and twice: phones whose cursors are older than a tombstone that went are rebuilt, and lose nothing (S23, S25).

use super::error::Result;
use super::reference::ReferenceSnapshot;
use super::report::CommandContext;
use super::{App, held_command};
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::scope::RecordKind;
use crate::domain::time::DAY_MICROS;
use crate::domain::workflow::ReportState;
use crate::store::WriteTx;
use crate::store::write_tx::AuditContext;
use jiff::civil::Date;

/// Days for which tombstones are kept: a phone away for longer is rebuilt.
pub const TOMBSTONE_RETENTION_DAYS: i64 = 90;
/// Days for which the details of an answer are kept.
pub const DETAIL_RETENTION_DAYS: i64 = 30;

/// What was trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompactionSummary {
    /// Tombstones that went.
    pub tombstones: usize,
    /// Details and answers that went.
    pub responses: usize,
    /// Held commands that took effect.
    pub released_commands: usize,
    /// Reports that left the phones.
    pub expired_reports: usize,
    /// Sessions at desks that were over.
    pub sessions: usize,
}

impl App {
    /// Trims what is older than [`TOMBSTONE_DAYS`] and [`DETAIL_DAYS`], takes reports of campaigns long concluded off the phones, and
    /// releases held commands.
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
            done.expired_reports = remove_expired_reports(
                tx,
                &AuditContext::from(&permit),
                &reference,
                now.local_date(),
            )?;
            let ctx = CommandContext {
                actor,
                reference: &reference,
                command_number: 0,
                captured: None,
                raw: None,
            };
            for report in tx.reports_with_waiting_commands()? {
                done.released_commands += held_command::release_waiting_commands(tx, &ctx, report)?;
            }
            if done != CompactionSummary::default() {
                tx.append_audit(&AuditContext::from(&permit));
            }
            Ok(done)
        })
    }
}

/// Reports of campaigns that were concluded long enough ago leave every scope, and what stands beside them too. They stay on the server,
/// with every revision; nothing happens to them any more.
fn remove_expired_reports(
    tx: &mut WriteTx,
    audit: &AuditContext,
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
        tx.set_record_scopes(audit, RecordKind::Report, line.id.0, Vec::new())?;
        for (kind, id) in tx.report_attachments(line.id)? {
            tx.set_record_scopes(audit, kind, id, Vec::new())?;
        }
    }
    Ok(expired.len())
}
