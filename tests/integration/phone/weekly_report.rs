//! A week of a commune and its district, offline and online.

use super::{
    COMMUNE, DISTRICT, PhoneApp, cell_entry, enrolled_app, first_week_key, presented_figure,
    report_status, report_view,
};
use crate::harness::TestServer;
use thidua::client::facade::{CellFigure, ClientError, Concern, ReportKeyView, ReportStatus};
use thidua::domain::access::permission::Role;
use thidua::i18n::Lang;

/// Types and submits a nil report offline; one call sends it, and its receipt verifies.
fn submit_offline_and_sync(server: &TestServer, commune: &PhoneApp, key: &ReportKeyView) {
    // Offline: typed, checked, and waiting in the outbox.
    commune.save_nil(key.clone()).unwrap().unwrap();
    assert_eq!(report_status(commune, key), ReportStatus::Draft);
    let id = commune.report_id(key.clone());
    commune.submit_report(id).unwrap();
    assert_eq!(report_status(commune, key), ReportStatus::Waiting);
    assert!(report_view(commune, key).nil);
    assert_eq!(commune.outbox_status().unwrap().waiting, 2);

    // One call sends it and returns its effect (S12).
    let sync = commune.sync_once().unwrap();
    assert_eq!((sync.calls, sync.applied, sync.digests_match), (1, 2, true), "{sync:?}");
    assert_eq!(report_status(commune, key), ReportStatus::Received);
    assert!(report_view(commune, key).received_day.is_some());
    let receipt = commune.latest_receipt().unwrap().unwrap();
    assert_eq!(receipt.commands_taken, 2);
    let authority = server.open_keys().authority;
    thidua::auth::verify_signature(authority.public_key(), &receipt.body, &receipt.signature)
        .unwrap();
    commune.sync_once().unwrap();
    assert_eq!(
        commune.latest_receipt().unwrap(),
        Some(receipt),
        "a call that pushes nothing leaves the proof where it is"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_from_the_commune_to_the_district_and_back_and_is_accepted() {
    let server = TestServer::start().await;
    let (commune, district) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, DISTRICT, Role::Reviewer),
    );
    let key = first_week_key(&commune);
    assert_eq!(report_status(&commune, &key), ReportStatus::Blank);

    submit_offline_and_sync(&server, &commune, &key);
    let id = commune.report_id(key.clone());

    // The district returns it with a question.
    assert!(district.sync_once().unwrap().digests_match);
    let queue = district.review_queue().unwrap();
    assert_eq!(queue.len(), 1);
    let seen = queue[0].report.content_hash.clone();
    district
        .return_report(id.clone(), seen.clone(), "UNUSUAL_FIGURE".into(), "Có đúng không?".into())
        .unwrap();
    assert_eq!(report_status(&district, &key), ReportStatus::Waiting);
    assert_eq!(district.sync_once().unwrap().applied, 1);
    assert_eq!(district.review_queue().unwrap(), []);

    // The return reaches the phone with the question.
    commune.sync_once().unwrap();
    assert_eq!(report_status(&commune, &key), ReportStatus::Returned);
    assert_eq!(report_view(&commune, &key).question.unwrap().code, "UNUSUAL_FIGURE");
    commune.save_cells(key.clone(), vec![cell_entry("so_offences", 1)], None).unwrap();
    commune.add_comment(id.clone(), "Đã kiểm tra lại".into()).unwrap();
    commune.submit_report(id.clone()).unwrap();
    assert_eq!(commune.sync_once().unwrap().applied, 3);

    // S15: only the content that the reviewer saw can be accepted.
    district.sync_once().unwrap();
    let stale = district.accept_report(id.clone(), seen).unwrap_err();
    assert!(
        matches!(&stale, ClientError::Refused { reason, .. } if reason == "CONTENT_CHANGED"),
        "{stale:?}"
    );
    let now = district.review_queue().unwrap().remove(0);
    assert_eq!(now.concerns, [Concern::HasComments, Concern::ChangedAgain]);
    assert_eq!(now.report.comments[0].text, "Đã kiểm tra lại");
    district.accept_report(id, now.report.content_hash).unwrap();
    assert_eq!(district.sync_once().unwrap().applied, 1);
    commune.sync_once().unwrap();
    assert_eq!(report_status(&commune, &key), ReportStatus::Accepted);
    assert_eq!(
        presented_figure(&commune, &key, "so_offences"),
        Some(CellFigure::Reported { value: 1 })
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_refuses_is_told_at_once_with_every_field_and_writes_nothing() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    let wrong = vec![cell_entry("so_offences", -1), cell_entry("reports_received", 1_000_000)];
    let Err(ClientError::Refused { reason, problems }) =
        commune.save_cells(key.clone(), wrong, None)
    else {
        panic!()
    };
    assert_eq!((reason.as_str(), problems.len()), ("VALUE_OUT_OF_RANGE", 2));
    assert!(!problems[0].message().text(Lang::VI).is_empty());
    commune.save_cells(key.clone(), vec![cell_entry("so_offences", 1)], None).unwrap();
    let id = commune.report_id(key.clone());
    let Err(ClientError::Refused { reason, .. }) = commune.submit_report(id.clone()) else {
        panic!()
    };
    assert_eq!(reason, "CELL_BLANK");
    let phone_number = commune.add_comment(id, "gọi 0912345678".into()).unwrap_err();
    assert!(matches!(phone_number,
            ClientError::Refused { reason, .. } if reason == "NOTE_PERSONAL_DATA"));
    assert_eq!(commune.outbox_status().unwrap().waiting, 1);
    assert_eq!(
        commune.save_cells(key, vec![cell_entry("so_offences", 1)], None).unwrap(),
        None,
        "nothing differs"
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_what_the_server_refuses_stays_with_its_reason_until_somebody_deals_with_it() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    let mut unknown = key.clone();
    // No such week is owed.
    (unknown.start_day, unknown.end_day) = (key.start_day + 1, key.end_day + 1);
    commune.save_cells(unknown.clone(), vec![cell_entry("so_offences", 4)], None).unwrap();
    commune.save_nil(key.clone()).unwrap();
    let sync = commune.sync_once().unwrap();
    assert_eq!(
        (sync.rejected, sync.applied, sync.digests_match),
        (1, 1, true),
        "one bad command blocks nothing: {sync:?}"
    );
    let refused = commune.refused_commands().unwrap().remove(0);
    assert_eq!(
        (refused.reason.as_str(), &refused.cells[..]),
        ("NOT_EXPECTED", &[cell_entry("so_offences", 4)][..])
    );
    assert!(refused.message().text(Lang::VI).contains("kỳ"));
    assert!(
        commune.report(commune.report_id(unknown)).unwrap().is_none(),
        "it is not shown as if it stood"
    );
    assert!(commune.discard_refused(refused.number).unwrap());
    assert_eq!(commune.outbox_status().unwrap().refused, 0);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s30_the_outbox_outlives_the_app() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    commune.save_nil(key.clone()).unwrap();
    commune.submit_report(commune.report_id(key.clone())).unwrap();
    let path = commune.dir.path().join("phone.db");
    drop(commune.phone); // Killed before it ever sent anything.
    let phone =
        thidua::client::facade::Phone::open_with_clock(&path, server.clock.clone()).unwrap();
    assert_eq!(phone.sync_once().unwrap().applied, 2);
    assert_eq!(phone.reports().unwrap()[0].status, ReportStatus::Received);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sync_costs_is_counted_on_the_wire() {
    let server = TestServer::start().await;
    let commune = super::unenrolled_app(&server);
    commune.enrol(super::invitation(&server, server.create_code(COMMUNE, Role::Reporter))).unwrap();
    let first = commune.sync_once().unwrap();
    let empty = commune.sync_once().unwrap();
    let key = first_week_key(&commune);
    commune.save_nil(key.clone()).unwrap();
    commune.submit_report(commune.report_id(key)).unwrap();
    let report = commune.sync_once().unwrap();
    let bytes = |sync: &thidua::client::facade::SyncSummary| sync.bytes_sent + sync.bytes_received;
    println!(
        "first {} | nothing new {} | one report {} bytes",
        bytes(&first),
        bytes(&empty),
        bytes(&report)
    );
    assert!(bytes(&empty) < bytes(&report) && bytes(&report) < bytes(&first));
    assert_eq!(
        (empty.calls, empty.connections, empty.rows),
        (1, 0, 0),
        "one round trip on a connection that is open"
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_sees_first_what_needs_a_look_and_accepts_the_clean_nil_reports_at_once() {
    let server = TestServer::start().await;
    let district = enrolled_app(&server, DISTRICT, Role::Reviewer);
    let mut sent = Vec::new();
    for (unit, what) in
        [("com-29236-0", "nil"), ("com-29239-0", "nil, with a note"), ("com-29245-0", "a figure")]
    {
        let commune = enrolled_app(&server, unit, Role::Reporter);
        let key = first_week_key(&commune);
        commune.save_nil(key.clone()).unwrap();
        match what {
            "nil" => {}
            "a figure" => drop(
                commune.save_cells(key.clone(), vec![cell_entry("so_offences", 2)], None).unwrap(),
            ),
            _ => drop(commune.save_cells(key.clone(), Vec::new(), Some("xem giúp".into()))),
        }
        commune.submit_report(commune.report_id(key.clone())).unwrap();
        assert_eq!(commune.sync_once().unwrap().rejected, 0);
        sent.push((commune, key));
    }
    district.sync_once().unwrap();
    let queue = district.review_queue().unwrap();
    let units: Vec<&str> = queue.iter().map(|one| one.report.key.unit.as_str()).collect();
    assert_eq!(units.last(), Some(&"com-29236-0"), "nothing is to be said about it: {units:?}");
    assert_eq!(
        district.accept_clean_nils().unwrap().len(),
        1,
        "one is nil and clean; a note wants to be read"
    );
    assert_eq!(district.sync_once().unwrap().applied, 1);
    assert_eq!(district.review_queue().unwrap().len(), 2);
    let (clean, key) = &sent[0];
    clean.sync_once().unwrap();
    assert_eq!(report_status(clean, key), ReportStatus::Accepted);
    server.close().await;
}
