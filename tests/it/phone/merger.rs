//! Three wards become one at the turn of the year, and their phones go on.

use super::{COMMUNE, DISTRICT, app, cell, status};
use crate::harness::Town;
use jiff::civil::date;
use thidua::client::facade::{ReportKey, ReportStatus};
use thidua::domain::permission::Role;
use thidua::domain::time::{Instant, days_from_date};

/// A ward that joins another at the turn of the year, and what both are afterwards.
const JOINS: &str = "com-29245-0";
const MERGED: &str = "com-29242-1";

fn go_to(town: &Town, day: jiff::civil::Date) {
    town.clock.set(Instant::local_midnight(day).plus_micros(9 * 3_600_000_000));
    town.app.apply_day().unwrap();
}

fn last_piece_of(app: &super::App, unit: &str) -> ReportKey {
    let day = |month, day| days_from_date(date(2024, month, day));
    let due = app.due(day(12, 30), day(12, 31)).unwrap();
    due.iter().find(|due| due.key.contract == "tuan-xa" && due.key.unit == unit).unwrap().key.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_s20_a_merger_moves_scopes_and_reports_and_the_successor_signs_for_the_closed_ward() {
    let town = Town::open().await;
    let (one, two) = (app(&town, COMMUNE, Role::Reporter), app(&town, JOINS, Role::Reporter));
    let district = app(&town, DISTRICT, Role::Reviewer);
    go_to(&town, date(2024, 12, 31));
    [&one, &two].into_iter().for_each(|phone| assert!(phone.sync_once().unwrap().agrees));
    let key = last_piece_of(&two, JOINS);
    assert_eq!((key.start_day, key.end_day), (days_from_date(date(2024, 12, 30)), days_from_date(date(2025, 1, 1))));
    two.save_nil(key.clone()).unwrap();
    two.sync_once().unwrap(); // A draft, at the desk of a ward that closes tonight.

    go_to(&town, date(2025, 1, 2));
    for phone in [&one, &two, &district] {
        let sync = phone.sync_once().unwrap();
        assert!(sync.agrees, "{sync:?}");
    }
    let lost: Vec<String> = two.scopes().unwrap().into_iter().filter(|s| !s.granted).map(|s| s.removal).collect();
    assert!(!lost.is_empty() && lost.iter().all(|why| why == "MOVED"), "{lost:?}");
    assert_eq!(two.session().unwrap().unwrap().unit, MERGED);

    // Either phone of the new ward sees the closed ward's draft, and signs for it.
    assert_eq!(status(&one, &key), ReportStatus::Draft);
    assert_eq!(last_piece_of(&one, JOINS), key);
    let id = one.report_id(key.clone());
    one.submit(id.clone()).unwrap();
    assert_eq!(one.sync_once().unwrap().applied, 1);
    let sent = super::view(&one, &key);
    assert_eq!((sent.key.unit.as_str(), sent.acting_unit.as_str()), (JOINS, MERGED));
    two.sync_once().unwrap();
    assert_eq!(
        one.scopes().unwrap().iter().filter(|s| s.granted).count(),
        two.scopes().unwrap().iter().filter(|s| s.granted).count()
    );
    assert_eq!(status(&two, &key), ReportStatus::Received);

    // A draft typed while offline before the merger is taken after it.
    let own = last_piece_of(&one, COMMUNE);
    one.save_cells(own.clone(), vec![cell("so_offences", 1)], None).unwrap();
    let sync = one.sync_once().unwrap();
    assert_eq!((sync.applied, sync.agrees), (1, true), "{sync:?}");
    district.sync_once().unwrap();
    assert_eq!(district.review_queue().unwrap().len(), 1);
    town.close().await;
}
