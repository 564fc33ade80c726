//! What a quiet hour does for sync: trims tombstones and details that nobody needs, and lets held commands run whose parent came unnoticed.
//!
//! Safe to run at any time and twice: phones whose cursors are older than a tombstone that went are rebuilt, and lose nothing (S23, S25).

use super::error::Result;
use super::reference::Reference;
use super::report::Asking;
use super::{App, held};
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::scope::RecordKind;
use crate::domain::time::DAY_MICROS;
use crate::domain::workflow::State;
use crate::store::WriteTx;
use crate::store::tx::Audit;
use jiff::civil::Date;

/// Days for which tombstones are kept: a phone away for longer is rebuilt.
pub const TOMBSTONE_DAYS: i64 = 90;
/// Days for which the details of an answer are kept.
pub const DETAIL_DAYS: i64 = 30;

/// What was trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Tombstones that went.
    pub tombstones: usize,
    /// Details and answers that went.
    pub answers: usize,
    /// Held commands that took effect.
    pub released: usize,
    /// Reports that left the phones.
    pub left_phones: usize,
    /// Sessions at desks that were over.
    pub sessions: usize,
}

impl App {
    /// Trims what is older than [`TOMBSTONE_DAYS`] and [`DETAIL_DAYS`], takes reports of campaigns long concluded off the phones, and
    /// releases held commands.
    pub fn compact(&self, actor: &Actor) -> Result<Compacted> {
        let now = self.now();
        self.store().write("app.compact", now, |tx| {
            let Some(root) = self.root(tx)? else { return Ok(Compacted::default()) };
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            let permit: Permit<action::RunJob> = authorize(actor, &place, now.local_date())?;
            let floor = tx.seq_before(now.plus_micros(-TOMBSTONE_DAYS * DAY_MICROS))?;
            let mut done = Compacted {
                tombstones: tx.trim_tombstones(floor)?,
                answers: tx.trim_answers(now.plus_micros(-DETAIL_DAYS * DAY_MICROS))?,
                sessions: tx.trim_sessions()?,
                ..Compacted::default()
            };
            let reference = self.reference(tx)?;
            done.left_phones = take_off_phones(tx, &Audit::from(&permit), &reference, now.local_date())?;
            let ask = Asking { actor, reference: &reference, number: 0, captured: None, sent: None };
            for report in tx.reports_waited_for()? {
                done.released += held::release(tx, &ask, report)?;
            }
            if done != Compacted::default() {
                tx.note_act(&Audit::from(&permit));
            }
            Ok(done)
        })
    }
}

/// Reports of campaigns that were concluded long enough ago leave every scope, and what stands beside them too. They stay on the server,
/// with every revision; nothing happens to them any more.
fn take_off_phones(tx: &mut WriteTx, audit: &Audit, reference: &Reference, today: Date) -> Result<usize> {
    if !reference.some_left_phones(today) {
        return Ok(0);
    }
    let shown = tx.records_in_feeds(RecordKind::Report)?;
    let mut left = tx.report_lines(&State::ALL, &[])?;
    left.retain(|line| shown.contains(&line.id.0) && reference.has_left_phones(line.contract, line.days(), today));
    for line in &left {
        tx.move_record(audit, RecordKind::Report, line.id.0, Vec::new())?;
        for (kind, id) in tx.beside(line.id)? {
            tx.move_record(audit, kind, id, Vec::new())?;
        }
    }
    Ok(left.len())
}
