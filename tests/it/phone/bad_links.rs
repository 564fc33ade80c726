//! Links that break: lost answers, cuts after any frame, tokens that end.

use super::{COMMUNE, app, cell, first_week, status, unopened};
use crate::harness::{Line, Town};
use std::time::Duration;
use thidua::client::facade::{ClientError, CommandState, Phone, ReportStatus};
use thidua::domain::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_first_sync_cut_after_every_frame_ends_like_one_that_was_never_cut() {
    let town = Town::open().await;
    let whole = app(&town, COMMUNE, Role::Reporter);
    let cut = unopened(&town);
    cut.enrol(super::invitation(&town, town.code(COMMUNE, Role::Reporter))).unwrap();
    let mut cuts = 0;
    for after in 0.. {
        match cut.sync_cut(Some(after)) {
            Err(ClientError::Offline { .. }) => cuts += 1,
            Ok(done) => {
                assert!(done.agrees, "{done:?}");
                break;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(cuts > 3, "it was cut {cuts} times");
    assert_eq!(cut.scopes().unwrap(), whole.scopes().unwrap());
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_line_cut_after_any_number_of_bytes_ends_like_one_that_was_never_cut() {
    let line = Line::new(10_000_000, Duration::ZERO).await;
    let town = Town::open_behind(&line).await;
    let whole = app(&town, COMMUNE, Role::Reporter);
    let cut = unopened(&town);
    cut.enrol(super::invitation_at(&town, line.address, town.code(COMMUNE, Role::Reporter))).unwrap();
    let mut cuts = 0;
    for bytes in (1..30).map(|step| step * 701) {
        cut.hang_up();
        line.cut_after(bytes);
        match cut.sync_once() {
            Err(ClientError::Offline { .. }) => cuts += 1,
            Ok(done) => assert!(done.agrees, "{done:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    line.cut_after(u64::MAX);
    cut.hang_up();
    assert!(cut.sync_once().unwrap().agrees && cuts > 3, "it was cut {cuts} times");
    assert_eq!(cut.scopes().unwrap(), whole.scopes().unwrap());
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_answers_that_never_come_are_given_up_and_what_they_answered_is_done_once() {
    let line = Line::new(10_000_000, Duration::ZERO).await;
    let town = Town::open_behind(&line).await;
    let commune = unopened(&town);
    commune.enrol(super::invitation_at(&town, line.address, town.code(COMMUNE, Role::Reporter))).unwrap();
    assert!(commune.sync_once().unwrap().agrees);
    let key = first_week(&commune);
    commune.save_cells(key.clone(), vec![cell("so_offences", 3)], None).unwrap();
    line.swallow(true);
    assert!(matches!(commune.sync_once(), Err(ClientError::Offline { .. })), "nobody waits for ever");
    line.swallow(false);
    commune.hang_up();
    let done = commune.sync_once().unwrap();
    assert!(done.agrees && done.rejected == 0, "{done:?}");
    assert_eq!(super::view(&commune, &key).revision, 1, "typed once, done once");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_a_command_whose_answer_is_lost_is_sent_again_and_applied_once() {
    let town = Town::open().await;
    let commune = app(&town, COMMUNE, Role::Reporter);
    let key = first_week(&commune);
    for (week, lost) in [(1, 0), (2, 1), (3, 2), (4, 3)] {
        commune.save_cells(key.clone(), vec![cell("so_offences", week)], None).unwrap();
        assert!(matches!(commune.sync_cut(Some(lost)), Err(ClientError::Offline { .. })));
    }
    let done = commune.sync_once().unwrap();
    assert!(done.agrees && done.rejected == 0 && done.conflicts == 0, "{done:?}");
    let history = commune.history(10).unwrap();
    assert!(history.iter().all(|command| command.state == CommandState::Applied), "{history:?}");
    assert_eq!(super::view(&commune, &key).revision, 4, "four saves, four revisions");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_token_ended_renews_it_by_its_key() {
    let town = Town::open().await;
    let commune = app(&town, COMMUNE, Role::Reporter);
    town.clock.set(town.clock.now().plus_micros(7 * 24 * 3_600_000_000));
    assert!(commune.sync_once().unwrap().agrees);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_whose_answer_was_lost_is_asked_again_and_gives_the_first_answer() {
    let town = Town::open().await;
    let text = super::invitation(&town, town.code(COMMUNE, Role::Reporter));
    let nowhere = text.replace(&town.address.to_string(), "127.0.0.1:9");
    let phone = unopened(&town);
    assert!(matches!(phone.enrol(nowhere), Err(ClientError::Offline { .. })));
    // The same phone twice, as it was before any answer: one gets the answer, for the other it is lost and asked again.
    let before = tempfile::tempdir().unwrap();
    for file in ["phone.db", "phone.db-wal"] {
        let _ = std::fs::copy(phone.dir.path().join(file), before.path().join(file));
    }
    let first = phone.enrol(text.clone()).unwrap();
    let again = Phone::open_with(&before.path().join("phone.db"), town.clock.clone()).unwrap();
    assert_eq!(again.enrol(text.clone()), Ok(first));
    assert_eq!(phone.enrol(text), Err(ClientError::AlreadyEnrolled));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_serves_nobody_else_and_other_texts_are_no_codes() {
    let town = Town::open().await;
    let text = super::invitation(&town, town.code(COMMUNE, Role::Reporter));
    assert_eq!(unopened(&town).enrol(text.clone()).unwrap().roles, ["REPORTER"]);
    let thief = unopened(&town);
    assert!(matches!(thief.enrol(text), Err(ClientError::CodeRefused { .. })));
    assert_eq!(thief.sync_once(), Err(ClientError::NotEnrolled));
    assert!(matches!(thief.enrol("https://example.org".into()), Err(ClientError::BadInvitation { .. })));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_under_another_ca_is_not_spoken_to() {
    let town = Town::open().await;
    let addresses = vec![format!("https://{}", town.address)];
    let code = town.code(COMMUNE, Role::Reporter);
    let invite = thidua::domain::enrolment::Invite { code, ca_sha256: [7; 32], addresses };
    let commune = unopened(&town);
    let refused = commune.enrol(invite.to_string()).unwrap_err();
    assert!(
        matches!(&refused, ClientError::Offline { message, .. } if message.contains("UnknownIssuer")),
        "{refused:?}"
    );
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_everything_typed_waits() {
    let town = Town::open().await;
    let commune = app(&town, COMMUNE, Role::Reporter);
    let key = first_week(&commune);
    town.close().await;
    commune.hang_up();
    commune.save_nil(key.clone()).unwrap();
    commune.submit(commune.report_id(key.clone())).unwrap();
    assert!(matches!(commune.sync_once(), Err(ClientError::Offline { .. })));
    assert!(matches!(status(&commune, &key), ReportStatus::Waiting | ReportStatus::Sent));
}
