//! The reviewer's desk, and the unit head's: what waits for a decision, and the decisions. Each names exactly what was seen (S15).

use super::values::{ConflictView, ReportView};
use super::{ClientError, Phone, Result, read, report, write};
use crate::domain::command::Body;
use crate::domain::hex::hex;
use crate::domain::ids::ConflictId;
use crate::domain::note;
use crate::domain::reason::Reason;
use crate::domain::report::{ContentHash, Question};
use crate::domain::workflow::State;

impl Phone {
    /// Reports of other units that wait for review, as the server holds them: those with a question or comment first, nil reports last, then by
    /// period and unit.
    pub fn review_queue(&self) -> Result<Vec<ReportView>> {
        let (home, today) = self.here()?;
        let (reference, presents, beside) = self.presents()?;
        let waits = |present: &&report::Present| {
            present.replayed.report.as_ref().is_some_and(|report| {
                report.state == State::Submitted && read::is_other(report.key.unit, home, &reference, today)
            })
        };
        let waiting = presents.iter().filter(waits);
        let mut queue: Vec<ReportView> =
            waiting.filter_map(|present| present.view(&reference, &beside, home)).collect();
        queue
            .sort_by_cached_key(|view| (view.nil, view.comments.is_empty(), view.key.start_day, view.key.unit.clone()));
        Ok(queue)
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

pub(super) fn read_hash(text: &str) -> Result<ContentHash> {
    let bad = || ClientError::BadArgument { what: "content_hash".to_owned() };
    if text.len() != 64 || !text.is_ascii() {
        return Err(bad());
    }
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).map_err(|_| bad())?;
    }
    Ok(ContentHash(hash))
}
