//! Tests of the replay on hand-made reports: what is shown while commands are pending.

use super::*;
use crate::client::protocol::OutboxOutcome;
use crate::domain::report::cell::{CellChange, CellValue, ElementNumber};
use crate::domain::report::{ElementRange, ReportKey, SaveCells};
use crate::domain::reporting::period::Period;
use crate::domain::support::ids::ContractId;
use jiff::civil::date;

const TODAY: Date = date(2024, 8, 27);

fn report_key() -> ReportKey {
    let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
    ReportKey { contract: ContractId::from_code("tuan-xa"), unit: UnitId::from_code("com"), period }
}

fn form_schema() -> FormSchema {
    let lines = [1, 2].map(|number| (ElementNumber(number), ElementRange { min: 0, max: 100 }));
    FormSchema { ranges: lines.into_iter().collect(), ..FormSchema::default() }
}

fn save_body(element: u32, mine: i64, base: Option<i64>) -> CommandBody {
    let change = CellChange {
        element: ElementNumber(element),
        mine: Some(CellValue::Reported(mine)),
        base: base.map(CellValue::Reported),
    };
    let acting_unit = UnitId::from_code("com");
    CommandBody::SaveCells(SaveCells {
        key: report_key(),
        acting_unit,
        changes: vec![change],
        note: None,
        base_revision: 0,
    })
}

fn submit_body() -> CommandBody {
    CommandBody::submit(report_key().id(), UnitId::from_code("com"))
}

fn outbox_entries(bodies: Vec<CommandBody>, state: OutboxEntryState) -> Vec<OutboxEntry> {
    let entry = |(number, body): (u64, CommandBody)| {
        let command = Command { captured_at: None, sync_mark: Vec::new(), body };
        OutboxEntry {
            number,
            report_id: report_key().id().0.to_vec(),
            body_number: 5,
            bytes: wire::command::encode_command(number, &command),
            made_at: 0,
            state,
            outcome: OutboxOutcome::None,
            reason: 0,
            problems: Vec::new(),
            resolved: false,
            record_id: Vec::new(),
        }
    };
    (1..).zip(bodies).map(entry).collect()
}

fn replay_entries(server: Option<Report>, pending: &[OutboxEntry]) -> ReplayedReport {
    replay_pending(
        server,
        &decode_pending(pending, UnitId::from_code("com")),
        &form_schema(),
        TODAY,
    )
}

#[test]
fn what_is_typed_is_seen_at_once_and_says_how_far_it_is() {
    let typed = vec![save_body(1, 3, None), save_body(2, 0, None), submit_body()];
    let waiting = outbox_entries(typed.clone(), OutboxEntryState::Waiting);
    let presented = replay_entries(None, &waiting).report.unwrap();
    assert_eq!(presented.cells.len(), 2);
    assert_eq!(local_report_state(presented.state, &waiting, false), LocalReportState::Waiting);
    assert_eq!(
        local_report_state(presented.state, &outbox_entries(typed, OutboxEntryState::Sent), false),
        LocalReportState::Sent
    );
    assert_eq!(local_report_state(presented.state, &[], false), LocalReportState::Received);
    assert_eq!(local_report_state(presented.state, &[], true), LocalReportState::Conflict);
}

#[test]
fn s13_on_the_phone_too_different_cells_merge_and_the_same_cell_does_not_overwrite() {
    let mut server = Report::new_draft(report_key(), UnitId::from_code("com"));
    server.cells.insert(ElementNumber(1), CellValue::Reported(9));
    let presented = replay_entries(
        Some(server.clone()),
        &outbox_entries(vec![save_body(2, 5, None)], OutboxEntryState::Waiting),
    );
    assert_eq!((presented.report.unwrap().cells.len(), presented.conflicting_fields.len()), (2, 0));
    let presented = replay_entries(
        Some(server),
        &outbox_entries(vec![save_body(1, 5, Some(4))], OutboxEntryState::Waiting),
    );
    assert_eq!(
        presented.report.unwrap().cells[&ElementNumber(1)],
        CellValue::Reported(9),
        "the server's value stands"
    );
    assert_eq!(presented.conflicting_fields.len(), 1, "and the other is not lost in silence");
}

#[test]
fn s10_a_refused_command_is_no_longer_replayed_and_one_that_cannot_be_is_set_aside() {
    let mut refused = outbox_entries(vec![save_body(1, 3, None)], OutboxEntryState::Acknowledged);
    refused[0].outcome = OutboxOutcome::Rejected;
    assert_eq!(replay_entries(None, &refused).report, None);
    let blocked = replay_entries(
        None,
        &outbox_entries(
            vec![save_body(1, 999, None), save_body(2, 1, None)],
            OutboxEntryState::Waiting,
        ),
    );
    assert_eq!(
        (blocked.rejected_commands.len(), blocked.replayed_count),
        (1, 1),
        "one bad command does not block the next"
    );
}

#[test]
fn a_returned_report_stays_returned_until_it_is_submitted_again() {
    let typed = vec![save_body(1, 3, None)];
    let pending = outbox_entries(typed, OutboxEntryState::Waiting);
    assert_eq!(
        local_report_state(ReportState::Returned, &pending, false),
        LocalReportState::Returned
    );
    let mut sent_back = pending;
    sent_back[0].body_number = RETURN_FIELD_NUMBER;
    assert_eq!(
        local_report_state(ReportState::Returned, &sent_back, false),
        LocalReportState::Waiting,
        "the reviewer's own return"
    );
}

#[test]
fn own_writes_can_be_computed_to_the_byte() {
    let units: wire::record::UnitNumbers = [(UnitId::from_code("com"), 7)].into_iter().collect();
    let mut reference = LocalReference::default();
    reference.unit_numbers = units;
    reference.set_shape_for_tests(ContractId::from_code("tuan-xa"), form_schema());
    let sent = outbox_entries(
        vec![save_body(1, 3, None), save_body(2, 0, None), submit_body()],
        OutboxEntryState::Acknowledged,
    );
    let time = Timestamp::from_local_midnight(TODAY).0;
    let ours = compute_own_bytes(None, &sent, &reference, time).unwrap();
    let theirs = replay_entries(None, &sent).report.unwrap();
    assert_eq!(ours, wire::record::encode_report(&theirs, &reference.unit_numbers).unwrap());
    assert_eq!(theirs.received_day, Some(TODAY));
}
