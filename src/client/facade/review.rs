//! Queues and decisions of the reviewer and the unit head. Each decision names exactly the content
//! that was seen (S15).

use super::values::{CellFigure, Concern, ConflictView, ReportView, WaitingReport};
use super::{ClientError, Phone, Result, commands, local_report, nil_report, queries};
use crate::domain::report::command::CommandBody;
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{ContentHash, ReviewQuestion};
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::ConflictId;
use crate::domain::support::reason::RefusalReason;
use std::cmp::Reverse;

impl Phone {
    /// Reports of other units that wait for review, as the server has them, by risk: reports with
    /// comments first, then resubmitted ones, late ones, and large changes against the unit's
    /// previous report; nil reports without a concern last. A nil report is clean if it was not
    /// early, and its words are those of the last period.
    pub fn review_queue(&self) -> Result<Vec<WaitingReport>> {
        let (home, today) = self.home_and_today()?;
        let (reference, local_reports, attachments) = self.load_local_reports()?;
        let waits = |local_report: &&local_report::LocalReport| {
            local_report.replayed.report.as_ref().is_some_and(|report| {
                report.state == ReportState::Submitted
                    && queries::is_foreign_unit(report.key.unit, home, &reference, today)
            })
        };
        let mut queue = Vec::new();
        for local_report in local_reports.iter().filter(waits) {
            let Some(report) = local_report.to_view(&reference, &attachments, home) else {
                continue;
            };
            let before = find_previous_report(&local_reports, local_report)
                .and_then(|before| before.to_view(&reference, &attachments, home));
            let mut concerns = find_concerns(&report, before.as_ref());
            concerns.extend(nil_report::find_word_concerns(&report, &local_reports, &reference));
            queue.push(WaitingReport { report, concerns });
        }
        queue.sort_by_cached_key(|one| {
            (Reverse(review_priority(one)), one.report.key.start_day, one.report.key.unit.clone())
        });
        Ok(queue)
    }

    /// Accepts every nil report of the queue without a concern, each for exactly the shown content.
    /// Returns the numbers of the commands.
    pub fn accept_clean_nils(&self) -> Result<Vec<u64>> {
        let clean = self
            .review_queue()?
            .into_iter()
            .filter(|one| one.report.nil && one.concerns.is_empty());
        clean.map(|one| self.accept_report(one.report.report_id, one.report.content_hash)).collect()
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

/// The unit's previous report under the same contract, if its figures are official.
fn find_previous_report<'a>(
    local_reports: &'a [local_report::LocalReport],
    of: &local_report::LocalReport,
) -> Option<&'a local_report::LocalReport> {
    let key = &of.replayed.report.as_ref()?.key;
    let earlier = local_reports.iter().filter(|one| {
        one.replayed.report.as_ref().is_some_and(|report| {
            report.state.is_official()
                && report.key.unit == key.unit
                && report.key.contract == key.contract
                && report.key.period.start < key.period.start
        })
    });
    earlier.max_by_key(|one| one.replayed.report.as_ref().map(|report| report.key.period.start))
}

/// Whether a figure changed to more than twice and by more than five, up or down. It is a reason to
/// check, not a verdict.
fn is_large_movement(before: i64, now: i64) -> bool {
    let (low, high) = (before.min(now), before.max(now));
    high > 2 * low && high - low >= 5
}

fn find_concerns(view: &ReportView, before: Option<&ReportView>) -> Vec<Concern> {
    let mut concerns = Vec::new();
    if !view.comments.is_empty() {
        concerns.push(Concern::HasComments);
    }
    // A report that was sent once has revision 2 at most: saved, submitted.
    if view.revision > 2 {
        concerns.push(Concern::ChangedAgain);
    }
    if view.late {
        concerns.push(Concern::Late);
    }
    if view.early {
        concerns.push(Concern::Early);
    }
    if !view.note.is_empty() {
        concerns.push(Concern::HasNote);
    }
    let figure = |view: &ReportView, element: &str| {
        let cell = view.cells.iter().find(|cell| cell.element == element)?;
        match cell.value? {
            CellFigure::Reported(value) | CellFigure::Carried(value) => Some(value),
            CellFigure::Nil => Some(0),
            CellFigure::MissingAwaitingSource
            | CellFigure::MissingNotCounted
            | CellFigure::MissingSeeNote => None,
        }
    };
    for cell in &view.cells {
        let (now, then) =
            (figure(view, &cell.element), before.and_then(|before| figure(before, &cell.element)));
        if let (Some(now), Some(before)) = (now, then)
            && is_large_movement(before, now)
        {
            concerns.push(Concern::LargeMovement { element: cell.element.clone(), before, now });
        }
    }
    concerns
}

/// The sort key of the queue; larger keys come first. It orders reading and rates nobody.
fn review_priority(one: &WaitingReport) -> (bool, bool, bool, i64, bool) {
    let has = |wanted: &Concern| one.concerns.contains(wanted);
    let most = one.concerns.iter().map(|concern| match concern {
        Concern::LargeMovement { before, now, .. } => (now - before).abs(),
        Concern::WordChanged { before, now, .. } => before.map_or(0, |before| (now - before).abs()),
        Concern::HasComments
        | Concern::ChangedAgain
        | Concern::Late
        | Concern::Early
        | Concern::WordMissing { .. }
        | Concern::HasNote => 0,
    });
    (
        has(&Concern::HasComments),
        has(&Concern::ChangedAgain),
        has(&Concern::Late),
        most.max().unwrap_or(0),
        !one.report.nil || !one.concerns.is_empty(),
    )
}

pub(super) fn parse_content_hash(text: &str) -> Result<ContentHash> {
    let hash = decode_hex(text).and_then(|bytes| bytes.try_into().ok());
    hash.map(ContentHash)
        .ok_or_else(|| ClientError::BadArgument { what: "content_hash".to_owned() })
}
