//! Phones whose clock is wrong: days slow, in another year, a year ahead.
//!
//! The phone checks certificates against the system's clock, so here the certificates are moved: a
//! certificate made in the future is what a phone with a slow clock sees.

use super::{
    COMMUNE, PhoneApp, enrolled_app, first_week_key, invitation, report_status, unenrolled_app,
};
use crate::harness::{TestServer, first_monday};
use thidua::client::facade::{ClientError, ClockView, Phone, ReportStatus};
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::{DAY_MICROS, days_from_date};
use thidua::i18n::Lang;
use thidua::server::ca;

const DAY_SECONDS: i64 = 86_400;
const YEAR_DAYS: i64 = 365;

/// Stops the server and serves its directory with a certificate made `days` from now, on the same
/// port; with `new_ca` the CA is made then, too.
async fn serve_with_certificate_of(
    dir: &std::path::Path,
    port: u16,
    days: i64,
    new_ca: bool,
) -> TestServer {
    let files = thidua::server::ca::TlsFiles::in_dir(&dir.join("tls"));
    if new_ca {
        std::fs::remove_file(&files.ca).unwrap();
    }
    let at = Clock::System.now().saturating_add_micros(days * DAY_MICROS);
    ca::init_tls(&files, &["127.0.0.1".into(), "localhost".into()], at).unwrap();
    TestServer::serve_dir_on_port(dir, port).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_up_to_a_year_slow_enrols_and_syncs_with_a_server_that_was_set_up_today() {
    let server = TestServer::start().await;
    let port = server.address.port();
    let dir = server.stop().await;
    for days_slow in [3, 360] {
        let server = serve_with_certificate_of(dir.path(), port, days_slow, true).await;
        let phone = enrolled_app(&server, COMMUNE, Role::Reporter);
        assert!(phone.sync_once().unwrap().digests_match, "{days_slow} days slow");
        server.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_another_year_is_told_that_its_date_is_wrong_and_keeps_what_was_typed() {
    let server = TestServer::start().await;
    let phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&phone);
    phone.save_nil(key.clone()).unwrap();
    let port = server.address.port();
    let dir = server.stop().await;
    for (years, word_vi, word_en) in [(6, "chậm", "behind"), (-6, "nhanh", "ahead")] {
        let server = serve_with_certificate_of(dir.path(), port, years * YEAR_DAYS, false).await;
        let error = phone.sync_once().unwrap_err();
        let ClientError::ClockWrong { by } = &error else { panic!("{error:?}") };
        // Six years less the validity of the certificate on that side: a year and a day.
        let least = 4 * YEAR_DAYS * DAY_SECONDS;
        assert!(if years > 0 { *by < -least } else { *by > least }, "{by}");
        let (vi, en) = (error.text(Lang::VI), error.text(Lang::EN));
        assert!(vi.contains("Ngày giờ trên điện thoại sai") && vi.contains(word_vi), "{vi}");
        assert!(en.contains("The date of the phone is wrong") && en.contains(word_en), "{en}");
        let newcomer = unenrolled_app(&server);
        let code = server.create_code(COMMUNE, Role::UnitHead);
        let refused = newcomer.enrol(invitation(&server, code)).unwrap_err();
        assert!(matches!(refused, ClientError::ClockWrong { .. }), "{refused:?}");
        assert_eq!(phone.outbox_status().unwrap().waiting, 1, "nothing was sent or lost");
        server.close().await;
    }
    let server = serve_with_certificate_of(dir.path(), port, 0, false).await;
    assert_eq!(phone.sync_once().unwrap().applied, 1);
    assert_eq!(report_status(&phone, &key), ReportStatus::Draft);
    server.close().await;
}

/// An app whose own clock differs from the server's by `days`, after its first sync.
fn app_with_wrong_clock(server: &TestServer, days: i64) -> (PhoneApp, Clock) {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(first_monday().saturating_add_micros(days * DAY_MICROS));
    let phone = Phone::open_with_clock(&dir.path().join("phone.db"), clock.clone()).unwrap();
    phone.enrol(invitation(server, server.create_code(COMMUNE, Role::Reporter))).unwrap();
    assert!(phone.sync_once().unwrap().digests_match);
    (PhoneApp { phone, dir }, clock)
}

/// The due reports of the five weeks up to `today`, as an app asks for them.
fn due_around(phone: &Phone, today: i32) -> Result<Vec<String>, ClientError> {
    let due = phone.due_reports(today - 35, today + 1)?;
    Ok(due.into_iter().map(|one| one.report_id).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_found_by_the_servers_date_and_never_silently_empty_by_a_wrong_one() {
    let server = TestServer::start().await;
    let today = days_from_date(first_monday().local_date());
    let right = app_with_wrong_clock(&server, 0).0;
    let expected = due_around(&right, today).unwrap();
    assert!(!expected.is_empty());
    assert_eq!(due_around(&right, today + 4_000), Ok(vec![]), "nothing was due: that is no error");
    for days in [-2_400, -3, YEAR_DAYS + 40] {
        let (phone, clock) = app_with_wrong_clock(&server, days);
        let learnt = ClockView { today, ahead_seconds: days * DAY_SECONDS, is_wrong: true };
        assert_eq!(phone.clock(), Ok(learnt), "at the sync");
        assert_eq!(due_around(&phone, learnt.today).as_ref(), Ok(&expected), "{days} days wrong");
        // An app that takes the day from its own clock.
        let by_own_date = due_around(&phone, days_from_date(clock.now().local_date()));
        if days > 0 {
            assert_eq!(by_own_date, Err(ClientError::ClockWrong { by: days * DAY_SECONDS }));
        } else {
            assert!(!by_own_date.unwrap().is_empty(), "{days} days wrong");
        }
        // The battery was empty: the phone wakes years before and has no network.
        clock.jump(first_monday().saturating_add_micros(-8 * YEAR_DAYS * DAY_MICROS));
        assert_eq!(due_around(&phone, phone.clock().unwrap().today).as_ref(), Ok(&expected));
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_was_shown_to_be_wrong_queues_an_early_report_and_the_server_decides() {
    let monday = first_monday();
    let running = |phone: &Phone| {
        let first = days_from_date(monday.local_date());
        let due = phone.due_reports(first, first + 1).unwrap();
        due.into_iter().find(|one| one.key.contract == "tuan-xa").unwrap()
    };
    for days in [-3, 7] {
        let server = TestServer::start().await;
        let (phone, clock) = app_with_wrong_clock(&server, days);
        let due = running(&phone);
        phone.save_nil(due.key.clone()).unwrap();
        phone.submit_report(due.report_id.clone()).unwrap();
        phone.save_cells(due.key.clone(), Vec::new(), Some("nháp".into())).unwrap();
        let sync = phone.sync_once().unwrap();
        assert_eq!((sync.rejected, sync.digests_match), (1, true), "{days}: {sync:?}");
        let refused = phone.refused_commands().unwrap().remove(0);
        assert_eq!(refused.reason, "PERIOD_NOT_OVER");
        assert_eq!(report_status(&phone, &due.key), ReportStatus::Draft, "the draft is kept");
        // On the last day, by a clock that is as wrong as before.
        let sunday = monday.saturating_add_micros(6 * DAY_MICROS);
        server.clock.set(sunday);
        clock.set(sunday.saturating_add_micros(days * DAY_MICROS));
        phone.submit_report(due.report_id.clone()).unwrap();
        assert_eq!(phone.outbox_status().unwrap().refused, 0, "the new one replaces it");
        assert_eq!(phone.sync_once().unwrap().rejected, 0);
        assert_eq!(report_status(&phone, &due.key), ReportStatus::Received);
        server.close().await;
    }
}
