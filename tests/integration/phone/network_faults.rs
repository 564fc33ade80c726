//! Broken connections: lost responses, cuts after any frame, tokens that expire.

use super::{COMMUNE, cell_entry, enrolled_app, first_week_key, report_status, unenrolled_app};
use crate::harness::{TestServer, ThrottledProxy};
use std::time::Duration;
use thidua::client::facade::{ClientError, CommandState, Phone, ReportStatus};
use thidua::domain::access::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_first_sync_cut_after_every_frame_ends_like_one_that_was_never_cut() {
    let server = TestServer::start().await;
    let uncut_phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let phone = unenrolled_app(&server);
    phone.enrol(super::invitation(&server, server.create_code(COMMUNE, Role::Reporter))).unwrap();
    let mut cuts = 0;
    for after in 0.. {
        match phone.sync_with_fault(Some(after)) {
            Err(ClientError::Offline { .. }) => cuts += 1,
            Ok(done) => {
                assert!(done.digests_match, "{done:?}");
                break;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(cuts > 3, "it was cut {cuts} times");
    assert_eq!(phone.scopes().unwrap(), uncut_phone.scopes().unwrap());
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_line_cut_after_any_number_of_bytes_ends_like_one_that_was_never_cut() {
    let proxy = ThrottledProxy::new(10_000_000, Duration::ZERO).await;
    let server = TestServer::start_behind_proxy(&proxy).await;
    let uncut_phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let phone = unenrolled_app(&server);
    phone
        .enrol(super::invitation_at(
            &server,
            proxy.address,
            server.create_code(COMMUNE, Role::Reporter),
        ))
        .unwrap();
    let mut cuts = 0;
    for bytes in (1..30).map(|step| step * 701) {
        phone.disconnect();
        proxy.cut_after(bytes);
        match phone.sync_once() {
            Err(ClientError::Offline { .. }) => cuts += 1,
            Ok(done) => assert!(done.digests_match, "{done:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    proxy.cut_after(u64::MAX);
    phone.disconnect();
    assert!(phone.sync_once().unwrap().digests_match && cuts > 3, "it was cut {cuts} times");
    assert_eq!(phone.scopes().unwrap(), uncut_phone.scopes().unwrap());
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_answers_that_never_come_are_given_up_and_what_they_answered_is_done_once() {
    let proxy = ThrottledProxy::new(10_000_000, Duration::ZERO).await;
    let server = TestServer::start_behind_proxy(&proxy).await;
    let commune = unenrolled_app(&server);
    commune
        .enrol(super::invitation_at(
            &server,
            proxy.address,
            server.create_code(COMMUNE, Role::Reporter),
        ))
        .unwrap();
    assert!(commune.sync_once().unwrap().digests_match);
    let key = first_week_key(&commune);
    commune.save_cells(key.clone(), vec![cell_entry("so_offences", 3)], None).unwrap();
    proxy.set_drop_responses(true);
    assert!(
        matches!(commune.sync_once(), Err(ClientError::Offline { .. })),
        "nobody waits for ever"
    );
    proxy.set_drop_responses(false);
    commune.disconnect();
    let done = commune.sync_once().unwrap();
    assert!(done.digests_match && done.rejected == 0, "{done:?}");
    assert_eq!(super::report_view(&commune, &key).revision, 1, "typed once, done once");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_a_command_whose_answer_is_lost_is_sent_again_and_applied_once() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    // The answer to one command has three frames: verdict, rows and checkpoint.
    for (week, lost) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
        commune.save_cells(key.clone(), vec![cell_entry("so_offences", week)], None).unwrap();
        assert!(matches!(commune.sync_with_fault(Some(lost)), Err(ClientError::Offline { .. })));
    }
    let done = commune.sync_once().unwrap();
    assert!(done.digests_match && done.rejected == 0 && done.conflicts == 0, "{done:?}");
    let history = commune.command_history(10).unwrap();
    assert!(history.iter().all(|command| command.state == CommandState::Applied), "{history:?}");
    assert_eq!(super::report_view(&commune, &key).revision, 4, "four saves, four revisions");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_token_ended_renews_it_by_its_key() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    server.clock.set(server.clock.now().saturating_add_micros(7 * 24 * 3_600_000_000));
    assert!(commune.sync_once().unwrap().digests_match);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_whose_answer_was_lost_is_asked_again_and_gives_the_first_answer() {
    let server = TestServer::start().await;
    let text = super::invitation(&server, server.create_code(COMMUNE, Role::Reporter));
    let nowhere = text.replace(&server.address.to_string(), "127.0.0.1:9");
    let phone = unenrolled_app(&server);
    assert!(matches!(phone.enrol(nowhere), Err(ClientError::Offline { .. })));
    // The phone's state before any response, opened twice: one receives the response, the other one
    // lost it and asks again.
    let before = tempfile::tempdir().unwrap();
    for file in ["phone.db", "phone.db-wal"] {
        let _ = std::fs::copy(phone.dir.path().join(file), before.path().join(file));
    }
    let first = phone.enrol(text.clone()).unwrap();
    let again =
        Phone::open_with_clock(&before.path().join("phone.db"), server.clock.clone()).unwrap();
    assert_eq!(again.enrol(text.clone()), Ok(first));
    assert_eq!(phone.enrol(text), Err(ClientError::AlreadyEnrolled));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_serves_nobody_else_and_other_texts_are_no_codes() {
    let server = TestServer::start().await;
    let text = super::invitation(&server, server.create_code(COMMUNE, Role::Reporter));
    assert_eq!(unenrolled_app(&server).enrol(text.clone()).unwrap().roles, [Role::Reporter]);
    let thief = unenrolled_app(&server);
    assert!(matches!(thief.enrol(text), Err(ClientError::CodeRefused { .. })));
    assert_eq!(thief.sync_once(), Err(ClientError::NotEnrolled));
    assert!(matches!(
        thief.enrol("https://example.org".into()),
        Err(ClientError::BadInvitation { .. })
    ));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_under_another_ca_is_not_spoken_to() {
    let server = TestServer::start().await;
    let addresses = vec![format!("https://{}", server.address)];
    let code = server.create_code(COMMUNE, Role::Reporter);
    let invite = thidua::domain::access::enrolment::Invite { code, ca_sha256: [7; 32], addresses };
    let commune = unenrolled_app(&server);
    let refused = commune.enrol(invite.to_string()).unwrap_err();
    assert!(
        matches!(
            &refused,
            ClientError::Offline { detail, .. } if detail.contains("UnknownIssuer")
        ),
        "{refused:?}"
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_everything_typed_waits() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    server.close().await;
    commune.disconnect();
    commune.save_nil(key.clone()).unwrap();
    commune.submit_report(commune.report_id(key.clone())).unwrap();
    assert!(matches!(commune.sync_once(), Err(ClientError::Offline { .. })));
    assert!(matches!(report_status(&commune, &key), ReportStatus::Waiting | ReportStatus::Sent));
}
