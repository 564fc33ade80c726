//! Decisions of the reviewer and the unit head. Each names exactly the content that was seen (S15).
//! The queue is in `review_queue`.

use super::values::{ConflictView, SeenReport};
use super::{ClientError, Phone, Result, commands, local_report, queries};
use crate::domain::report::command::CommandBody;
use crate::domain::report::{ContentHash, ReviewQuestion};
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::ConflictId;
use crate::domain::support::reason::RefusalReason;
use std::collections::BTreeSet;

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Accepts every nil report of the queue without a concern, each for exactly the shown content.
    /// Returns the numbers of the commands.
    pub fn accept_clean_nils(&self) -> Result<Vec<u64>> {
        let clean = self
            .review_queue()?
            .into_iter()
            .filter(|one| one.report.nil && one.concerns.is_empty());
        clean.map(|one| self.accept_report(one.report.report_id, one.report.content_hash)).collect()
    }

    /// Accepts many reports, each with exactly the content that the reviewer saw. All or none: if
    /// one cannot be accepted as shown, no command is written. Returns the numbers of the commands.
    pub fn accept_seen(&self, mut seen: Vec<SeenReport>) -> Result<Vec<u64>> {
        let mut named = BTreeSet::new();
        seen.retain(|one| named.insert(one.report_id.clone()));
        for one in &seen {
            let (_, local_report, _) = self.load_report(&one.report_id)?;
            let hash = parse_content_hash(&one.content_hash)?;
            commands::require_report(&local_report)?.accept(hash)?;
        }
        seen.into_iter().map(|one| self.accept_report(one.report_id, one.content_hash)).collect()
    }

    /// Accepts a report with exactly the content whose hash the reviewer saw.
    pub fn accept_report(&self, report_id: String, content_hash: String) -> Result<u64> {
        let (_, local_report, _) = self.load_report(&report_id)?;
        let seen = parse_content_hash(&content_hash)?;
        commands::require_report(&local_report)?.accept(seen)?;
        self.append_command(
            local_report.id,
            CommandBody::AcceptReport { report: local_report.id, content_hash: seen },
            Vec::new(),
        )
    }

    /// Returns a report with the code of a question, as in `UNUSUAL_FIGURE`, and the reviewer's
    /// text.
    pub fn return_report(
        &self,
        report_id: String,
        content_hash: String,
        code: String,
        text: String,
    ) -> Result<u64> {
        let (_, local_report, _) = self.load_report(&report_id)?;
        let seen = parse_content_hash(&content_hash)?;
        let text = commands::check_typed_text("text", &text)?;
        let question = ReviewQuestion { code, text };
        commands::require_report(&local_report)?.return_with_question(seen, question.clone())?;
        self.append_command(
            local_report.id,
            CommandBody::ReturnReport { report: local_report.id, content_hash: seen, question },
            Vec::new(),
        )
    }

    /// Conflicts on this phone, open ones first.
    pub fn conflicts(&self) -> Result<Vec<ConflictView>> {
        let (reference, local_reports, attachments) = self.load_local_reports()?;
        let mut all: Vec<ConflictView> = attachments
            .conflicts
            .iter()
            .map(|(id, conflict)| {
                let local_report =
                    local_reports.iter().find(|local_report| local_report.id == conflict.report);
                let pending =
                    local_report.map_or(&[][..], |local_report| &local_report.pending_commands);
                local_report::to_conflict_view(*id, conflict, &reference, pending)
            })
            .collect();
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Settles a conflict: the unit head decides whether the branch's value replaces the standing
    /// one.
    pub fn settle_conflict(&self, conflict_id: String, take_branch: bool) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "conflict_id".to_owned() };
        let conflict = ConflictId::parse(&conflict_id).map_err(bad)?;
        let existing =
            self.conflicts()?.into_iter().find(|view| view.conflict_id == encode_hex(&conflict.0));
        let existing = existing.ok_or(ClientError::NotFound { what: "conflict".to_owned() })?;
        if existing.settled.is_some() || existing.settling {
            return Err(commands::refusal_error(RefusalReason::ConflictSettled));
        }
        self.append_command(
            queries::parse_report_id(&existing.report_id)?,
            CommandBody::SettleConflict { conflict, take_branch },
            Vec::new(),
        )
    }
}

pub(super) fn parse_content_hash(text: &str) -> Result<ContentHash> {
    let hash = decode_hex(text).and_then(|bytes| bytes.try_into().ok());
    hash.map(ContentHash)
        .ok_or_else(|| ClientError::BadArgument { what: "content_hash".to_owned() })
}
