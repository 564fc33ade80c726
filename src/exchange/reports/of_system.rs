//! Rows as reports of an agency's system: each becomes a submission that people review.

use super::super::outcome::{FileOutcome, RowState, RowVerdict, ValueChange};
use super::super::report_places::ReportFilePlaces;
use super::{PlannedRows, cell_change, element_numbers, note_change, row_cells, subject_of};
use crate::app::act::{ActEnd, ActRequest};
use crate::app::command::{DeliveryOutcome, DeliveryVerdict};
use crate::app::delivery::{Deliveries, Delivery};
use crate::app::partner::PartnerIdentity;
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::report::cell::ElementNumber;

pub(super) fn deliver_rows(
    app: &App,
    partner: &PartnerIdentity,
    request: &ActRequest,
    (partial, places): (bool, ReportFilePlaces<'_>),
) -> Result<ActEnd<FileOutcome>> {
    let planned = PlannedRows::plan(places, |row| {
        Ok(Ok(Delivery {
            contract: row.contract.clone(),
            unit_uid: row.unit_uid.clone(),
            first_day: row.window.start,
            last_day: Some(row.window.last_day()),
            cells: row_cells(places.reference, row),
            note: Some(row.note.clone()),
        }))
    })?;
    let (request, takes_good_rows) = planned.request(request, partial);
    let reports: Vec<Delivery> = planned.rows.iter().map(|(_, sent)| sent.clone()).collect();
    let deliveries = Deliveries { reports: &reports, partial: takes_good_rows };
    let end = app.deliver_reports(partner, &request, deliveries)?;
    Ok(end.map(|results| {
        let PlannedRows { rows, mut outcome } = planned;
        outcome.is_taken = partial || outcome.rows.is_empty();
        for ((row, sent), result) in rows.into_iter().zip(results) {
            let mut verdict = RowVerdict {
                file: places.staged.label().to_owned(),
                line: row.line,
                subject: subject_of(row),
                state: RowState::Refused,
                changes: Vec::new(),
            };
            match result {
                Ok(delivered) => {
                    verdict.state = to_state(delivered.verdict);
                    verdict.changes = find_changes(places.reference, &sent, &delivered);
                }
                Err(refusal) => {
                    let elements = element_numbers(places.reference, &sent.cells);
                    outcome.findings.extend(places.find(row, &elements, refusal));
                    outcome.is_taken &= partial;
                }
            }
            outcome.rows.push(verdict);
        }
        outcome
    }))
}

fn to_state(verdict: DeliveryVerdict) -> RowState {
    match verdict {
        DeliveryVerdict::Created => RowState::Created,
        DeliveryVerdict::Changed => RowState::Changed,
        DeliveryVerdict::Unchanged => RowState::Unchanged,
        DeliveryVerdict::Proposed | DeliveryVerdict::Conflict => RowState::Held,
    }
}

/// What a report changes of what this system had sent before.
fn find_changes(
    reference: &ReferenceSnapshot,
    sent: &Delivery,
    delivered: &DeliveryOutcome,
) -> Vec<ValueChange> {
    let before = match (delivered.verdict, &delivered.before) {
        (DeliveryVerdict::Created, _) => None,
        (DeliveryVerdict::Changed, Some(before)) => Some(before),
        (_, _) => return Vec::new(),
    };
    let change = |(code, new): &(_, _)| {
        let number = reference.element_numbers.number(code).map(ElementNumber)?;
        let old = before.and_then(|(cells, _)| cells.get(&number).copied());
        (old != Some(*new)).then(|| cell_change(reference, code, (old, *new)))
    };
    let note = note_change(
        before.map_or("", |(_, note)| note.as_str()),
        sent.note.as_deref().unwrap_or_default(),
    );
    sent.cells.iter().filter_map(change).chain(note).collect()
}
