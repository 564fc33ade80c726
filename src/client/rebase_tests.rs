//! Replay on hand-made reports: what is shown while commands are on their way. Knows no database.

use super::*;
use crate::client::step::Outcome;
use crate::domain::cell::{CellValue, Change, ElementNo};
use crate::domain::command::Save;
use crate::domain::ids::ContractId;
use crate::domain::period::Period;
use crate::domain::report::{FormLine, ReportKey};
use jiff::civil::date;

const TODAY: Date = date(2024, 8, 27);

fn key() -> ReportKey {
    let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
    ReportKey { contract: ContractId::named("tuan-xa"), unit: UnitId::named("com"), period }
}

fn shape() -> FormShape {
    let lines = [1, 2].map(|number| (ElementNo(number), FormLine { min: 0, max: 100 }));
    FormShape { lines: lines.into_iter().collect(), rules: Vec::new() }
}

fn save(element: u32, mine: i64, base: Option<i64>) -> Body {
    let change = Change {
        element: ElementNo(element),
        mine: Some(CellValue::Reported(mine)),
        base: base.map(CellValue::Reported),
    };
    let acting_unit = UnitId::named("com");
    Body::Save(Save { key: key(), acting_unit, changes: vec![change], note: None, base_revision: 0 })
}

fn submit() -> Body {
    Body::Submit { report: key().id(), acting_unit: UnitId::named("com") }
}

fn entries(bodies: Vec<Body>, state: EntryState) -> Vec<Entry> {
    let entry = |(number, body): (u64, Body)| {
        let command = Command { captured_at: None, sync_mark: Vec::new(), body };
        Entry {
            number,
            report: key().id().0.to_vec(),
            body: 5,
            bytes: wire::command::encode(number, &command),
            made_at: 0,
            state,
            outcome: Outcome::None,
            reason: 0,
            problems: Vec::new(),
            resolved: false,
        }
    };
    (1..).zip(bodies).map(entry).collect()
}

fn replayed(server: Option<Report>, pending: &[Entry]) -> Replayed {
    replay(server, &commands(pending, UnitId::named("com")), &shape(), TODAY)
}

#[test]
fn what_is_typed_is_seen_at_once_and_says_how_far_it_is() {
    let typed = vec![save(1, 3, None), save(2, 0, None), submit()];
    let waiting = entries(typed.clone(), EntryState::Waiting);
    let shown = replayed(None, &waiting).report.unwrap();
    assert_eq!(shown.cells.len(), 2);
    assert_eq!(standing(shown.state, &waiting, false), Standing::Waiting);
    assert_eq!(standing(shown.state, &entries(typed, EntryState::Sent), false), Standing::Sent);
    assert_eq!(standing(shown.state, &[], false), Standing::Received);
    assert_eq!(standing(shown.state, &[], true), Standing::Conflict);
}

#[test]
fn s13_on_the_phone_too_different_cells_merge_and_the_same_cell_does_not_overwrite() {
    let mut server = Report::draft(key(), UnitId::named("com"));
    server.cells.insert(ElementNo(1), CellValue::Reported(9));
    let shown = replayed(Some(server.clone()), &entries(vec![save(2, 5, None)], EntryState::Waiting));
    assert_eq!((shown.report.unwrap().cells.len(), shown.clashes.len()), (2, 0));
    let shown = replayed(Some(server), &entries(vec![save(1, 5, Some(4))], EntryState::Waiting));
    assert_eq!(shown.report.unwrap().cells[&ElementNo(1)], CellValue::Reported(9), "the server's value stands");
    assert_eq!(shown.clashes.len(), 1, "and the other is not lost in silence");
}

#[test]
fn s10_a_refused_command_is_no_longer_replayed_and_one_that_cannot_be_is_set_aside() {
    let mut refused = entries(vec![save(1, 3, None)], EntryState::Acknowledged);
    refused[0].outcome = Outcome::Rejected;
    assert_eq!(replayed(None, &refused).report, None);
    let blocked = replayed(None, &entries(vec![save(1, 999, None), save(2, 1, None)], EntryState::Waiting));
    assert_eq!((blocked.set_aside.len(), blocked.replayed), (1, 1), "one bad command does not block the next");
}

#[test]
fn a_returned_report_stays_returned_until_it_is_submitted_again() {
    let typed = vec![save(1, 3, None)];
    let pending = entries(typed, EntryState::Waiting);
    assert_eq!(standing(State::Returned, &pending, false), Standing::Returned);
    let mut sent_back = pending;
    sent_back[0].body = RETURN;
    assert_eq!(standing(State::Returned, &sent_back, false), Standing::Waiting, "the reviewer's own return");
}

#[test]
fn own_writes_can_be_computed_to_the_byte() {
    let units: wire::record::UnitNumbers = [(UnitId::named("com"), 7)].into_iter().collect();
    let mut reference = Reference::default();
    reference.units = units;
    reference.shapes_for_tests(ContractId::named("tuan-xa"), shape());
    let sent = entries(vec![save(1, 3, None), save(2, 0, None), submit()], EntryState::Acknowledged);
    let time = Instant::local_midnight(TODAY).0;
    let ours = own_bytes(None, &sent, &reference, time).unwrap();
    let theirs = replayed(None, &sent).report.unwrap();
    assert_eq!(ours, wire::record::report(&theirs, &reference.units).unwrap());
    assert_eq!(theirs.received_day, Some(TODAY));
}
