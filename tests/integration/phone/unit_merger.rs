//! Three wards merge at the turn of the year, and their phones continue.

use super::{COMMUNE, DISTRICT, cell_entry, enrolled_app, report_status};
use crate::harness::TestServer;
use jiff::civil::date;
use thidua::client::facade::{ReportKeyView, ReportStatus};
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::{Timestamp, days_from_date};

/// A ward that merges with another at the turn of the year, and the merged ward.
const JOINING_WARD: &str = "com-29245-0";
const SUCCESSOR_WARD: &str = "com-29242-1";

fn set_day(server: &TestServer, day: jiff::civil::Date) {
    server.clock.set(Timestamp::from_local_midnight(day).saturating_add_micros(9 * 3_600_000_000));
    server.app.apply_org_day().unwrap();
}

fn last_partial_period(app: &super::PhoneApp, unit: &str) -> ReportKeyView {
    let day = |month, day| days_from_date(date(2024, month, day));
    let due = app.due_reports(day(12, 30), day(12, 31)).unwrap();
    due.iter()
        .find(|due| due.key.contract == "tuan-xa" && due.key.unit == unit)
        .unwrap()
        .key
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_s20_a_merger_moves_scopes_and_reports_and_the_successor_signs_for_the_closed_ward() {
    let server = TestServer::start().await;
    let (one, two) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, JOINING_WARD, Role::Reporter),
    );
    let district = enrolled_app(&server, DISTRICT, Role::Reviewer);
    set_day(&server, date(2024, 12, 31));
    [&one, &two].into_iter().for_each(|phone| assert!(phone.sync_once().unwrap().digests_match));
    let key = last_partial_period(&two, JOINING_WARD);
    assert_eq!(
        (key.start_day, key.end_day),
        (days_from_date(date(2024, 12, 30)), days_from_date(date(2025, 1, 1)))
    );
    two.save_nil(key.clone()).unwrap();
    two.sync_once().unwrap(); // A draft, at the desk of a ward that closes tonight.

    set_day(&server, date(2025, 1, 2));
    for phone in [&one, &two, &district] {
        let sync = phone.sync_once().unwrap();
        assert!(sync.digests_match, "{sync:?}");
    }
    let lost: Vec<String> =
        two.scopes().unwrap().into_iter().filter(|s| !s.granted).map(|s| s.removal).collect();
    assert!(!lost.is_empty() && lost.iter().all(|why| why == "MOVED"), "{lost:?}");
    assert_eq!(two.session().unwrap().unwrap().unit, SUCCESSOR_WARD);

    // Both phones of the new ward see the closed ward's draft and can sign for it.
    assert_eq!(report_status(&one, &key), ReportStatus::Draft);
    assert_eq!(last_partial_period(&one, JOINING_WARD), key);
    let id = one.report_id(key.clone());
    one.submit_report(id.clone()).unwrap();
    assert_eq!(one.sync_once().unwrap().applied, 1);
    let sent = super::report_view(&one, &key);
    assert_eq!((sent.key.unit.as_str(), sent.acting_unit.as_str()), (JOINING_WARD, SUCCESSOR_WARD));
    two.sync_once().unwrap();
    assert_eq!(
        one.scopes().unwrap().iter().filter(|s| s.granted).count(),
        two.scopes().unwrap().iter().filter(|s| s.granted).count()
    );
    assert_eq!(report_status(&two, &key), ReportStatus::Received);

    // A draft typed offline before the merger is accepted after it.
    let own = last_partial_period(&one, COMMUNE);
    one.save_cells(own.clone(), vec![cell_entry("so_offences", 1)], None).unwrap();
    let sync = one.sync_once().unwrap();
    assert_eq!((sync.applied, sync.digests_match), (1, true), "{sync:?}");
    district.sync_once().unwrap();
    assert_eq!(district.review_queue().unwrap().len(), 1);
    server.close().await;
}
