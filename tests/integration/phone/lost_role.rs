//! A role that ended while work was pending: the phone says of each command that the unit's desk
//! has it, and whose decision it waits for.

use super::{
    COMMUNE, PhoneApp, cell_entry, enrolled_app, first_week_key, report_view, unenrolled_app,
};
use crate::harness::TestServer;
use thidua::client::facade::{ClientError, CommandKind, CommandState, Phone};
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::support::ids::AccountId;
use thidua::i18n::Lang;

/// Ends every role of the phone's account yesterday.
fn end_roles(server: &TestServer, app: &PhoneApp) {
    let account = AccountId::parse(&app.session().unwrap().unwrap().account_id).unwrap();
    let yesterday = server.app.now().local_date().yesterday().unwrap();
    let system = server.app.system_actor().unwrap();
    for grant in server.app.store().read(|tx| tx.grants(account)).unwrap() {
        let ended = Grant { to: yesterday, ..grant };
        server.app.grant_role(&system, account, COMMUNE, &ended).unwrap();
    }
}

/// A reporter who typed a report and submitted it offline, before the role ended.
fn app_with_pending_work(server: &TestServer) -> PhoneApp {
    let app = enrolled_app(server, COMMUNE, Role::Reporter);
    let key = first_week_key(&app);
    app.save_nil(key.clone()).unwrap();
    app.submit_report(report_view(&app, &key).report_id).unwrap();
    end_roles(server, &app);
    app
}

fn assert_told(app: &Phone) {
    let held = app.own_held_commands().unwrap();
    let kinds: Vec<_> = held.iter().map(|one| (one.number, one.kind)).collect();
    assert_eq!(kinds, [(1, CommandKind::Save), (2, CommandKind::Submit)]);
    for one in &held {
        assert_eq!(one.reason, "GRANT_LOST");
        assert_eq!(one.unit_name, "Phường 3", "{one:?}");
        assert!(
            one.place.text(Lang::VI).contains(&one.unit_name)
                && one.place.text(Lang::EN).contains("unit head")
        );
    }
    let history = app.command_history(10).unwrap();
    assert!(history.iter().all(|one| one.state == CommandState::Held), "{history:?}");
    let status = app.outbox_status().unwrap();
    assert_eq!((status.held, status.waiting, status.sent, status.refused), (2, 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_the_phone_of_an_ended_role_names_each_held_command_and_the_desk_that_has_it() {
    let server = TestServer::start().await;
    let app = app_with_pending_work(&server);
    let done = app.sync_once().unwrap();
    assert_eq!((done.held, done.rejected, done.digests_match), (2, 0, true), "{done:?}");
    assert_eq!(app.reports().unwrap(), [], "the phone holds nothing of the unit any more");
    assert_told(&app);
    app.sync_once().unwrap();
    assert_told(&app);
    // The phone is started anew.
    let PhoneApp { phone, dir } = app;
    drop(phone);
    let again = Phone::open_with_clock(&dir.path().join("phone.db"), server.clock.clone()).unwrap();
    assert_told(&again);
    again.erase_local_data().unwrap();
    assert_eq!(unenrolled_app(&server).outbox_status(), again.outbox_status());
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_an_answer_that_was_lost_names_the_desk_when_the_commands_are_sent_again() {
    let server = TestServer::start().await;
    let app = app_with_pending_work(&server);
    assert!(matches!(app.sync_with_fault(Some(1)), Err(ClientError::Offline { .. })));
    assert_eq!(app.own_held_commands().unwrap(), []);
    app.sync_once().unwrap();
    assert_told(&app);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_its_own_desk_settled_is_no_longer_called_held() {
    let server = TestServer::start().await;
    let (reporter, head) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, COMMUNE, Role::UnitHead),
    );
    let key = first_week_key(&reporter);
    reporter.save_cells(key.clone(), vec![cell_entry("so_offences", 3)], None).unwrap();
    end_roles(&server, &reporter);
    reporter.sync_once().unwrap();
    head.sync_once().unwrap();
    let waiting = head.held_commands().unwrap();
    head.settle_held(waiting[0].held_id.clone(), true).unwrap();
    head.sync_once().unwrap();
    // The role is given again: the phone receives the desk, and sees what was decided.
    assert_eq!(reporter.own_held_commands().unwrap().len(), 1);
    let account = AccountId::parse(&reporter.session().unwrap().unwrap().account_id).unwrap();
    let system = server.app.system_actor().unwrap();
    let grants = server.app.store().read(|tx| tx.grants(account)).unwrap();
    let open = Grant { to: jiff::civil::date(2030, 1, 1), ..grants[0] };
    server.app.grant_role(&system, account, COMMUNE, &open).unwrap();
    reporter.sync_once().unwrap();
    assert_eq!(reporter.own_held_commands().unwrap(), []);
    assert_eq!(reporter.outbox_status().unwrap().held, 0);
    server.close().await;
}
