//! The reviewer's desk, and the unit head's: what waits for a decision, and the decisions. Each names exactly what was seen (S15).

use super::values::{Concern, ConflictView, Figure, ReportView, WaitingReport};
use super::{ClientError, Phone, Result, read, report, write};
use crate::domain::command::Body;
use crate::domain::hex::{hex, unhex};
use crate::domain::ids::ConflictId;
use crate::domain::note;
use crate::domain::reason::Reason;
use crate::domain::report::{ContentHash, Question};
use crate::domain::workflow::State;
use std::cmp::Reverse;

impl Phone {
    /// Reports of other units that wait for review, as the server holds them, by risk: what was talked about first, then what came again after
    /// a question, what came late, what moved most against the unit's report before; nil reports about which nothing is to be said last.
    pub fn review_queue(&self) -> Result<Vec<WaitingReport>> {
        let (home, today) = self.here()?;
        let (reference, presents, beside) = self.presents()?;
        let waits = |present: &&report::Present| {
            present.replayed.report.as_ref().is_some_and(|report| {
                report.state == State::Submitted && read::is_other(report.key.unit, home, &reference, today)
            })
        };
        let mut queue = Vec::new();
        for present in presents.iter().filter(waits) {
            let Some(report) = present.view(&reference, &beside, home) else { continue };
            let before = before(&presents, present).and_then(|before| before.view(&reference, &beside, home));
            let concerns = concerns(&report, before.as_ref());
            queue.push(WaitingReport { report, concerns });
        }
        queue.sort_by_cached_key(|one| (Reverse(risk(one)), one.report.key.start_day, one.report.key.unit.clone()));
        Ok(queue)
    }

    /// Accepts every nil report of the queue about which nothing is to be said, each for exactly the content shown; the numbers of the commands.
    pub fn accept_clean_nils(&self) -> Result<Vec<u64>> {
        let clean = self.review_queue()?.into_iter().filter(|one| one.report.nil && one.concerns.is_empty());
        clean.map(|one| self.accept(one.report.report_id, one.report.content_hash)).collect()
    }

    /// Accepts a report: exactly the content whose hash the reviewer saw.
    pub fn accept(&self, report_id: String, content_hash: String) -> Result<u64> {
        let (_, present, _) = self.open_report(&report_id)?;
        let seen = read_hash(&content_hash)?;
        write::shown(&present)?.accept(seen)?;
        self.append(present.id, Body::Accept { report: present.id, seen }, Vec::new())
    }

    /// Sends a report back with a coded question, as `UNUSUAL_FIGURE`, and the reviewer's words.
    pub fn send_back(&self, report_id: String, content_hash: String, code: String, text: String) -> Result<u64> {
        let (_, present, _) = self.open_report(&report_id)?;
        let seen = read_hash(&content_hash)?;
        if !write::fits(&text) {
            return Err(write::refused(Reason::NoteTooLong));
        }
        if let Some(reason) = note::problem(&text) {
            return Err(write::refused(reason));
        }
        let question = Question { code, text };
        write::shown(&present)?.send_back(seen, question.clone())?;
        self.append(present.id, Body::Return { report: present.id, seen, question }, Vec::new())
    }

    /// Conflicts on this phone, open ones first.
    pub fn conflicts(&self) -> Result<Vec<ConflictView>> {
        let (reference, presents, beside) = self.presents()?;
        let mut all: Vec<ConflictView> = beside
            .conflicts
            .iter()
            .map(|(id, conflict)| {
                let present = presents.iter().find(|present| present.id == conflict.report);
                let pending = present.map_or(&[][..], |present| &present.commands);
                report::conflict_view(*id, conflict, &reference, pending)
            })
            .collect();
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Settles a conflict: the unit head says whether the branch's value replaces the one that stands.
    pub fn settle(&self, conflict_id: String, take_branch: bool) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "conflict_id".to_owned() };
        let conflict = ConflictId::parse(&conflict_id).map_err(bad)?;
        let known = self.conflicts()?.into_iter().find(|view| view.conflict_id == hex(&conflict.0));
        let known = known.ok_or(ClientError::NotFound { what: "conflict".to_owned() })?;
        if known.settled.is_some() || known.settling {
            return Err(write::refused(Reason::ConflictSettled));
        }
        self.append(read::parse_report(&known.report_id)?, Body::Settle { conflict, take_branch }, Vec::new())
    }
}

/// The unit's report under the same contract before this one, where its figures are official.
fn before<'a>(presents: &'a [report::Present], of: &report::Present) -> Option<&'a report::Present> {
    let key = &of.replayed.report.as_ref()?.key;
    let earlier = presents.iter().filter(|one| {
        one.replayed.report.as_ref().is_some_and(|report| {
            report.state.is_official()
                && report.key.unit == key.unit
                && report.key.contract == key.contract
                && report.key.period.start < key.period.start
        })
    });
    earlier.max_by_key(|one| one.replayed.report.as_ref().map(|report| report.key.period.start))
}

/// A figure moved when it is more than twice and five above what it was, or the other way round: no verdict, a reason to look.
fn moved(before: i64, now: i64) -> bool {
    let (low, high) = (before.min(now), before.max(now));
    high > 2 * low && high - low >= 5
}

fn concerns(view: &ReportView, before: Option<&ReportView>) -> Vec<Concern> {
    let mut concerns = Vec::new();
    if !view.comments.is_empty() {
        concerns.push(Concern::Commented);
    }
    // Sent once is revision 2 at most: saved, submitted.
    if view.revision > 2 {
        concerns.push(Concern::ChangedAgain);
    }
    if view.late {
        concerns.push(Concern::Late);
    }
    if !view.note.is_empty() {
        concerns.push(Concern::Noted);
    }
    let figure = |view: &ReportView, element: &str| {
        let cell = view.cells.iter().find(|cell| cell.element == element)?;
        match cell.value? {
            Figure::Reported(value) => Some(value),
            Figure::Nil => Some(0),
            Figure::MissingAwaitingSource | Figure::MissingNotCounted | Figure::MissingSeeNote => None,
        }
    };
    for cell in &view.cells {
        let (now, then) = (figure(view, &cell.element), before.and_then(|before| figure(before, &cell.element)));
        if let (Some(now), Some(before)) = (now, then)
            && moved(before, now)
        {
            concerns.push(Concern::Moved { element: cell.element.clone(), before, now });
        }
    }
    concerns
}

/// Larger: to be looked at earlier. An order of reading, not a mark of anybody.
fn risk(one: &WaitingReport) -> (bool, bool, bool, i64, bool) {
    let has = |wanted: &Concern| one.concerns.contains(wanted);
    let most = one.concerns.iter().map(|concern| match concern {
        Concern::Moved { before, now, .. } => (now - before).abs(),
        Concern::Commented | Concern::ChangedAgain | Concern::Late | Concern::Noted => 0,
    });
    (
        has(&Concern::Commented),
        has(&Concern::ChangedAgain),
        has(&Concern::Late),
        most.max().unwrap_or(0),
        !one.report.nil,
    )
}

pub(super) fn read_hash(text: &str) -> Result<ContentHash> {
    let hash = unhex(text).and_then(|bytes| bytes.try_into().ok());
    hash.map(ContentHash).ok_or_else(|| ClientError::BadArgument { what: "content_hash".to_owned() })
}
