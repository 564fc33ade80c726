//! Reading reports: one with what stands beside it, lists in sight, and every revision that was ever sent.
//!
//! Absent and out of sight are one answer. Knows no page and no message.

use super::{App, Reference, Result};
use crate::domain::desk::{Comment, Conflict};
use crate::domain::ids::{CommentId, ConflictId, ContractId, ReportId, UnitId};
use crate::domain::permission::{Actor, UnitPath, action, authorize};
use crate::domain::reason::Reason;
use crate::domain::scope::RecordKind;
use crate::domain::workflow::State;
use crate::store::ReadTx;
pub use crate::store::report::{Filed, ReportLine};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A report with what stands beside it.
#[derive(Debug, Clone)]
pub struct View {
    /// The report.
    pub filed: Filed,
    /// Its comments, by id and so by time.
    pub comments: Vec<(CommentId, Comment)>,
    /// Its conflicts, open ones first; empty for a caller without the unit's desk.
    pub conflicts: Vec<(ConflictId, Conflict)>,
    /// What names and numbers meant when it was read.
    pub reference: Arc<Reference>,
}

/// Which reports to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this unit and of every unit that hangs under it today.
    pub unit: Option<UnitId>,
    /// In one of these states; empty: in any.
    pub states: Vec<State>,
    /// Of this contract.
    pub contract: Option<ContractId>,
    /// With a period inside these days, the second exclusive.
    pub days: Option<(Date, Date)>,
}

impl App {
    /// One report.
    pub fn report_view(&self, actor: &Actor, id: ReportId) -> Result<View> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let units = &reference.units;
            let filed = tx.report(id, units)?.ok_or(Reason::NotFound)?;
            let place = tx.unit_path(filed.report.key.unit)?;
            if !may_read(actor, &place, filed.report.state, today) {
                return Err(Reason::NotFound.into());
            }
            let desk = authorize::<action::ReadDesk>(actor, &place, today).is_ok();
            let mut view =
                View { filed, comments: Vec::new(), conflicts: Vec::new(), reference: Arc::clone(&reference) };
            for (kind, beside) in tx.beside(id)? {
                if kind == RecordKind::Comment {
                    let id = CommentId(beside);
                    view.comments.extend(tx.comment(id, units)?.map(|comment| (id, comment)));
                } else if kind == RecordKind::Conflict && desk {
                    let id = ConflictId(beside);
                    view.conflicts.extend(tx.conflict(id)?.map(|conflict| (id, conflict)));
                }
            }
            view.conflicts.sort_by_key(|(id, conflict)| (conflict.settled.is_some(), *id));
            Ok(view)
        })
    }

    /// The reports in sight that are wanted, by period, then unit, then contract.
    pub fn reports_in_sight(&self, actor: &Actor, wanted: &Wanted) -> Result<Vec<ReportLine>> {
        let today = self.now().local_date();
        let states = if wanted.states.is_empty() { &State::ALL[..] } else { &wanted.states };
        self.store().read(|tx| {
            let mut lines = tx.report_lines(states, &[])?;
            lines.retain(|line| {
                let within = wanted.days.is_none_or(|(from, to)| from <= line.start && line.end <= to);
                within && wanted.contract.is_none_or(|contract| contract == line.contract)
            });
            let mut places: BTreeMap<UnitId, UnitPath> = BTreeMap::new();
            let mut seen = Vec::with_capacity(lines.len());
            for line in lines {
                let place = match places.get(&line.unit) {
                    Some(place) => place,
                    None => places.entry(line.unit).or_insert(tx.unit_path(line.unit)?),
                };
                let asked = wanted
                    .unit
                    .is_none_or(|unit| unit == line.unit || unit == place.acting || place.above.contains(&unit));
                if asked && may_read(actor, place, line.state, today) {
                    seen.push(line);
                }
            }
            seen.sort_by_key(|line| (line.start, line.end, line.cut, line.unit, line.contract));
            Ok(seen)
        })
    }

    /// The reports with these ids, in this order; one that is gone meanwhile is left out.
    pub fn filed(&self, ids: &[ReportId]) -> Result<Vec<Filed>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut filed = Vec::with_capacity(ids.len());
            for id in ids {
                filed.extend(tx.report(*id, &reference.units)?);
            }
            Ok(filed)
        })
    }

    /// Every revision of a report that was sent, latest first.
    pub fn revisions(&self, actor: &Actor, id: ReportId) -> Result<Vec<Filed>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let units = &reference.units;
            let present = tx.report(id, units)?.ok_or(Reason::NotFound)?;
            let place = tx.unit_path(present.report.key.unit)?;
            if !may_read(actor, &place, present.report.state, today) {
                return Err(Reason::NotFound.into());
            }
            let mut revisions = tx.filed_revisions(id, units)?;
            revisions.reverse();
            Ok(revisions)
        })
    }

    /// The report that a conflict is about, whoever asks.
    pub fn report_of_conflict(&self, id: ConflictId) -> Result<Option<ReportId>> {
        self.store().read(|tx: &mut ReadTx| Ok(tx.conflict(id)?.map(|conflict| conflict.report)))
    }
}

fn may_read(actor: &Actor, place: &UnitPath, state: State, today: Date) -> bool {
    if state.is_sent() {
        authorize::<action::ReadReport>(actor, place, today).is_ok()
    } else {
        authorize::<action::ReadDesk>(actor, place, today).is_ok()
    }
}
