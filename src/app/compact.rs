//! What a quiet hour does for sync: trims tombstones and details that nobody needs, and lets held commands run whose parent came unnoticed.
//!
//! Safe to run at any time and twice: phones whose cursors are older than a tombstone that went are rebuilt, and lose nothing (S23, S25).

use super::error::Result;
use super::report::Asking;
use super::{App, held};
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::time::DAY_MICROS;
use crate::store::tx::Audit;

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
}

impl App {
    /// Trims what is older than [`TOMBSTONE_DAYS`] and [`DETAIL_DAYS`], and releases held commands.
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
                released: 0,
            };
            let reference = self.reference(tx)?;
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
