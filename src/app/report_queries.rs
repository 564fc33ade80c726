//! Queries on reports: one report with its attachments, lists of visible reports, and every
//! revision that was sent.
//!
//! A report that does not exist and one that is not visible give the same response.

use super::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, UnitPath, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::report::attachment::{Comment, Conflict};
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::{CommentId, ConflictId, ContractId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::store::ReadTx;
pub use crate::store::report::{ReportSummary, StoredReport};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A report with its attachments.
#[derive(Debug, Clone)]
pub struct ReportDetail {
    /// The report.
    pub report: StoredReport,
    /// Its comments, by id and so by time.
    pub comments: Vec<(CommentId, Comment)>,
    /// Its conflicts, open ones first; empty for a caller who may not read the unit's desk.
    pub conflicts: Vec<(ConflictId, Conflict)>,
    /// The reference snapshot of the same read.
    pub reference: Arc<ReferenceSnapshot>,
}

/// Filter of a list of reports.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    /// This unit and every unit below it today.
    pub unit: Option<UnitId>,
    /// These states; empty: all.
    pub states: Vec<ReportState>,
    /// This contract.
    pub contract: Option<ContractId>,
    /// Periods inside these days; the second is exclusive.
    pub days: Option<(Date, Date)>,
}

impl App {
    /// One report.
    pub fn report_detail(&self, actor: &Actor, id: ReportId) -> Result<ReportDetail> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let units = &reference.unit_numbers;
            let stored = tx.report(id, units)?.ok_or(RefusalReason::NotFound)?;
            let unit_path = tx.unit_path(stored.report.key.unit)?;
            if !is_report_readable(actor, &unit_path, stored.report.state, today) {
                return Err(RefusalReason::NotFound.into());
            }
            let desk = authorize::<action::ReadDesk>(actor, &unit_path, today).is_ok();
            let mut view = ReportDetail {
                report: stored,
                comments: Vec::new(),
                conflicts: Vec::new(),
                reference: Arc::clone(&reference),
            };
            for (kind, attachment_id) in tx.report_attachments(id)? {
                if kind == RecordKind::Comment {
                    let id = CommentId(attachment_id);
                    view.comments.extend(tx.comment(id, units)?.map(|comment| (id, comment)));
                } else if kind == RecordKind::Conflict && desk {
                    let id = ConflictId(attachment_id);
                    view.conflicts.extend(tx.conflict(id)?.map(|conflict| (id, conflict)));
                }
            }
            view.conflicts.sort_by_key(|(id, conflict)| (conflict.settled.is_some(), *id));
            Ok(view)
        })
    }

    /// The visible reports that match the filter, by period, then unit, then contract.
    pub fn visible_reports(
        &self,
        actor: &Actor,
        filter: &ReportFilter,
    ) -> Result<Vec<ReportSummary>> {
        let today = self.now().local_date();
        let states = if filter.states.is_empty() { &ReportState::ALL[..] } else { &filter.states };
        self.store().read(|tx| {
            let mut lines = tx.report_summaries(states, &[])?;
            lines.retain(|line| {
                let within =
                    filter.days.is_none_or(|(from, to)| from <= line.start && line.end <= to);
                within && filter.contract.is_none_or(|contract| contract == line.contract)
            });
            let mut unit_paths: BTreeMap<UnitId, UnitPath> = BTreeMap::new();
            let mut seen = Vec::with_capacity(lines.len());
            for line in lines {
                let unit_path = match unit_paths.get(&line.unit) {
                    Some(unit_path) => unit_path,
                    None => unit_paths.entry(line.unit).or_insert(tx.unit_path(line.unit)?),
                };
                let is_in_unit = filter.unit.is_none_or(|unit| {
                    unit == line.unit
                        || unit == unit_path.acting_unit
                        || unit_path.ancestors.contains(&unit)
                });
                if is_in_unit && is_report_readable(actor, unit_path, line.state, today) {
                    seen.push(line);
                }
            }
            seen.sort_by_key(|line| (line.start, line.end, line.cut, line.unit, line.contract));
            Ok(seen)
        })
    }

    /// The reports with these ids, in this order; a missing report is skipped.
    pub fn reports_by_id(&self, ids: &[ReportId]) -> Result<Vec<StoredReport>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut stored = Vec::with_capacity(ids.len());
            for id in ids {
                stored.extend(tx.report(*id, &reference.unit_numbers)?);
            }
            Ok(stored)
        })
    }

    /// Every revision of a report that was sent, latest first.
    pub fn report_revisions(&self, actor: &Actor, id: ReportId) -> Result<Vec<StoredReport>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let units = &reference.unit_numbers;
            let present = tx.report(id, units)?.ok_or(RefusalReason::NotFound)?;
            let unit_path = tx.unit_path(present.report.key.unit)?;
            if !is_report_readable(actor, &unit_path, present.report.state, today) {
                return Err(RefusalReason::NotFound.into());
            }
            let mut revisions = tx.sent_revisions(id, units)?;
            revisions.reverse();
            Ok(revisions)
        })
    }

    /// The report of a conflict, without a permission check.
    pub fn report_of_conflict(&self, id: ConflictId) -> Result<Option<ReportId>> {
        self.store().read(|tx: &mut ReadTx| Ok(tx.conflict(id)?.map(|conflict| conflict.report)))
    }
}

fn is_report_readable(
    actor: &Actor,
    unit_path: &UnitPath,
    state: ReportState,
    today: Date,
) -> bool {
    if state.is_sent() {
        authorize::<action::ReadReport>(actor, unit_path, today).is_ok()
    } else {
        authorize::<action::ReadDesk>(actor, unit_path, today).is_ok()
    }
}
