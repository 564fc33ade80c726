//! A nil report on a phone: what it says, what is left to be answered, and what a reviewer may
//! accept unread; and from which day on a report is submitted.

use super::{COMMUNE, DISTRICT, PhoneApp, cell_entry, enrolled_app, report_status, report_view};
use crate::harness::TestServer;
use jiff::civil::{Date, date};
use thidua::client::facade::{
    CellEntry, CellFigure, ClientError, Concern, DueReport, ReportKeyView, ReportStatus,
};
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::{Timestamp, days_from_date};

const PROVINCE: &str = "prov-84";

fn set_day(server: &TestServer, day: Date) {
    server.clock.set(Timestamp::from_local_midnight(day).saturating_add_micros(9 * 3_600_000_000));
}

/// The unit's weekly report that begins on this day.
fn due_week(app: &PhoneApp, monday: Date) -> DueReport {
    let first = days_from_date(monday);
    let due = app.due_reports(first, first + 7).unwrap();
    due.into_iter().find(|one| one.key.calendar == "week").unwrap()
}

fn stock(figure: CellFigure) -> Vec<CellEntry> {
    let entry = |element: &str| CellEntry { element: element.to_owned(), value: Some(figure) };
    vec![entry("suspended_cases"), entry("suspended_matters")]
}

fn submit(app: &PhoneApp, key: &ReportKeyView) -> Result<u64, ClientError> {
    app.submit_report(app.report_id(key.clone()))
}

fn refused_reason(refused: &ClientError) -> (&str, usize) {
    let ClientError::Refused { reason, problems } = refused else { panic!("{refused:?}") };
    (reason, problems.len())
}

/// What the reviewer is told about the one report that waits.
fn concerns(reviewer: &PhoneApp) -> Vec<Concern> {
    reviewer.sync_once().unwrap();
    let queue = reviewer.review_queue().unwrap();
    assert_eq!(queue.len(), 1);
    queue[0].concerns.clone()
}

fn accept(reviewer: &PhoneApp) {
    let waiting = reviewer.review_queue().unwrap().remove(0).report;
    reviewer.accept_report(waiting.report_id, waiting.content_hash).unwrap();
    assert_eq!(reviewer.sync_once().unwrap().applied, 1);
}

/// The first week: the district types its stocks; nothing to compare them with makes it unclean.
fn type_first_week(district: &PhoneApp, reviewer: &PhoneApp) {
    let key = due_week(district, date(2024, 8, 26)).key;
    district.save_nil(key.clone()).unwrap();
    assert_eq!(refused_reason(&submit(district, &key).unwrap_err()), ("CELL_BLANK", 3));
    let nil = district.save_cells(key.clone(), stock(CellFigure::Nil), None).unwrap_err();
    assert_eq!(refused_reason(&nil), ("STOCK_UNSAID", 2));
    assert_eq!(district.confirm_carried(key.clone()), Ok(None), "there is no week before");
    let mut words = stock(CellFigure::Reported { value: 11 });
    words.push(cell_entry("safe_congress", 0));
    district.save_cells(key.clone(), words, None).unwrap();
    assert!(report_view(district, &key).nil, "the words do not make it less nil");
    submit(district, &key).unwrap();
    let sync = district.sync_once().unwrap();
    assert_eq!((sync.rejected, sync.digests_match), (0, true), "{sync:?}");
    let found = concerns(reviewer);
    let is_new = |one: &Concern| matches!(one, Concern::WordChanged { before: None, .. });
    assert_eq!(found.iter().filter(|one| is_new(one)).count(), 3, "{found:?}");
    assert_eq!(reviewer.accept_clean_nils().unwrap(), Vec::<u64>::new());
    accept(reviewer);
}

/// A district whose first week is accepted, its reviewer, and the week that is due now.
fn begin_second_week(server: &TestServer) -> (PhoneApp, PhoneApp, ReportKeyView) {
    set_day(server, date(2024, 9, 2));
    let district = enrolled_app(server, DISTRICT, Role::Reporter);
    let reviewer = enrolled_app(server, PROVINCE, Role::Reviewer);
    type_first_week(&district, &reviewer);
    set_day(server, date(2024, 9, 9));
    district.sync_once().unwrap();
    let key = due_week(&district, date(2024, 9, 2)).key;
    (district, reviewer, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn v10_a_nil_report_with_carried_words_is_clean_and_one_with_changed_or_missing_words_is_not()
{
    let server = TestServer::start().await;
    let (district, reviewer, key) = begin_second_week(&server);
    // One tap says nil and confirms, the other submits.
    district.save_nil_carried(key.clone()).unwrap();
    let carried = report_view(&district, &key);
    let words = carried.cells.iter().filter(|cell| cell.is_word);
    let words: Vec<_> = words.map(|cell| cell.value.unwrap()).collect();
    assert_eq!(
        words,
        [
            CellFigure::Carried { value: 11 },
            CellFigure::Carried { value: 11 },
            CellFigure::Carried { value: 0 }
        ]
    );
    submit(&district, &key).unwrap();
    assert!(district.sync_once().unwrap().digests_match);
    assert_eq!(concerns(&reviewer), []);
    assert_eq!(reviewer.accept_clean_nils().unwrap().len(), 1);
    assert_eq!(reviewer.sync_once().unwrap().applied, 1);

    set_day(&server, date(2024, 9, 16));
    district.sync_once().unwrap();
    let key = due_week(&district, date(2024, 9, 9)).key;
    district.save_nil(key.clone()).unwrap();
    let missing = CellEntry {
        element: "suspended_matters".to_owned(),
        value: Some(CellFigure::MissingAwaitingSource),
    };
    let changed = vec![cell_entry("suspended_cases", 12), missing];
    district.save_cells(key.clone(), changed, None).unwrap();
    district.confirm_carried(key.clone()).unwrap().unwrap();
    submit(&district, &key).unwrap();
    district.sync_once().unwrap();
    let changed =
        Concern::WordChanged { element: "suspended_cases".to_owned(), before: Some(11), now: 12 };
    let missing = Concern::WordMissing { element: "suspended_matters".to_owned() };
    assert_eq!(concerns(&reviewer), [Concern::ChangedAgain, changed, missing]);
    assert_eq!(reviewer.accept_clean_nils().unwrap(), Vec::<u64>::new());
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_shows_the_last_period_and_checks_figures_while_they_are_typed() {
    let server = TestServer::start().await;
    let (district, _, key) = begin_second_week(&server);
    let last = district.last_period_cells(key.clone()).unwrap();
    let form = district.blank_form(key.contract.clone()).unwrap();
    assert_eq!(last.len(), form.len(), "every field has what was said the week before");
    let stock = last.iter().find(|one| one.element == "suspended_cases").unwrap();
    assert_eq!(stock.value, Some(CellFigure::Reported { value: 11 }));
    let first = due_week(&district, date(2024, 8, 26)).key;
    assert_eq!(district.last_period_cells(first).unwrap(), [], "there is no week before");

    let check = |entry| district.check_cells(key.clone(), vec![entry]).unwrap();
    assert_eq!(check(cell_entry("suspended_cases", 12)), [], "blank fields are no faults yet");
    let [negative] = &check(cell_entry("suspended_cases", -1))[..] else { panic!("one fault") };
    let named = (negative.element.as_deref(), negative.reason.as_str());
    assert_eq!(named, (Some("suspended_cases"), "VALUE_OUT_OF_RANGE"));
    assert_eq!(district.outbox_status().unwrap().waiting, 0, "a check writes nothing");

    let names = district.names().unwrap();
    let unit = names.units.iter().find(|one| one.code == DISTRICT).unwrap();
    assert_eq!(unit.name, district.session().unwrap().unwrap().unit_name);
    let cases = names.elements.iter().find(|one| one.code == "suspended_cases").unwrap();
    assert!(form.iter().any(|cell| cell.name_vi == cases.name_vi));
    let known = district.report_id(key);
    let named = district.named_reports(vec![known.clone(), "00".repeat(16)]).unwrap();
    let [only] = &named[..] else { panic!("a report that nobody knows has no name: {named:?}") };
    assert_eq!((&only.report_id, &only.unit_name), (&known, &unit.name));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_keeps_the_draft_of_a_running_week_and_submits_it_on_its_last_day() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let due = due_week(&commune, date(2024, 8, 26));
    assert_eq!(due.submit_from_day, days_from_date(date(2024, 9, 1)));
    commune.save_nil(due.key.clone()).unwrap();
    let early = submit(&commune, &due.key).unwrap_err();
    assert_eq!(refused_reason(&early), ("PERIOD_NOT_OVER", 0));
    assert_eq!(report_status(&commune, &due.key), ReportStatus::Draft);
    assert_eq!(commune.outbox_status().unwrap().waiting, 1, "only the figures were saved");
    // Offline since then: the phone's own day counts.
    set_day(&server, date(2024, 9, 1));
    submit(&commune, &due.key).unwrap();
    assert_eq!(commune.sync_once().unwrap().applied, 2);
    assert_eq!(report_status(&commune, &due.key), ReportStatus::Received);
    assert!(!report_view(&commune, &due.key).early);
    server.close().await;
}
