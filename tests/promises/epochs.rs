//! S24 on both databases: a failover that lost commits, and an old primary that returns.

use crate::on_both_databases;
use crate::world::{
    TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value, week_key,
};
use jiff::ToSpan;
use jiff::civil::date;
use thidua::app::AppError;
use thidua::app::command::PushedCommand;
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::Verdict;
use thidua::domain::report::workflow::ReportState;
use thidua::sync::frame::{ResetReason, SyncFrame};

on_both_databases! {
    s24_a_lossy_failover_begins_one_new_history_and_phones_bring_back_what_was_acknowledged_in_any_order
    s24_a_phone_cut_inside_its_first_sync_notices_that_the_server_lost_what_it_read_under
    s24_a_primary_that_is_shown_a_higher_history_writes_nothing_any_more
}

/// Enrols the same phone on both servers, as if one were a copy of the other.
fn enrol_on_both(worlds: [&World; 2], name: &str, uid: &str, role: Role) -> TestDevice {
    worlds.map(|world| world.enrol_device(name, uid, role))[0].clone()
}

/// The commands of a nil report, made and sent.
fn make_report_commands(phone: &mut TestDevice, world: &World, uid: &str) -> [PushedCommand; 2] {
    let key = first_week_key(uid);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
    [phone.save_command(&key, &cells, &[]), phone.submit_command(key.id())]
}

fn is_new_history(frames: &[SyncFrame]) -> bool {
    frames
        .iter()
        .any(|frame| matches!(frame, SyncFrame::Reset(reset) if reset.reason == ResetReason::Epoch))
}

fn s24_a_lossy_failover_begins_one_new_history_and_phones_bring_back_what_was_acknowledged_in_any_order(
    primary: World,
) {
    let replica = primary.new_authority();
    let both = [&primary, &replica];
    both.iter().for_each(|world| world.app.init_epoch([1; 16]).unwrap());
    let mut lan = enrol_on_both(both, "lan", WARD_2, Role::Reporter);
    let mut mai = enrol_on_both(both, "mai", WARD_3, Role::Reporter);
    let mut reviewer = enrol_on_both(both, "duyet", TOWN, Role::Reviewer);
    let (of_lan, of_mai) = (
        make_report_commands(&mut lan, &primary, WARD_2),
        make_report_commands(&mut mai, &primary, WARD_3),
    );
    for (phone, commands) in [(&mut lan, &of_lan), (&mut mai, &of_mai)] {
        assert!(phone.push(&primary, commands).iter().all(|one| one.verdict == Verdict::Applied));
    }
    reviewer.sync(&primary);
    let seen = primary.read_report(first_week_key(WARD_2).id()).unwrap();
    let accept = reviewer.accept_command(&seen);
    assert_eq!(reviewer.push(&primary, std::slice::from_ref(&accept))[0].verdict, Verdict::Applied);

    // The primary is lost with the commits that it had not replicated.
    let before = replica.app.store().read(|tx| tx.head()).unwrap().epoch;
    for phone in [&mut lan, &mut mai, &mut reviewer] {
        assert!(is_new_history(&phone.sync(&replica)));
    }
    assert_eq!(
        replica.app.store().read(|tx| tx.head()).unwrap().epoch,
        before + 1,
        "three noticed, one began"
    );
    let outcomes = reviewer.push(&replica, std::slice::from_ref(&accept));
    assert_eq!(outcomes[0].verdict, Verdict::Held, "its parent is not here yet: {outcomes:?}");
    for (phone, commands) in [(&mut mai, &of_mai), (&mut lan, &of_lan)] {
        let outcomes = phone.push(&replica, commands);
        assert!(
            outcomes.iter().all(|one| one.verdict == Verdict::Applied && !one.duplicate),
            "{outcomes:?}"
        );
        assert!(phone.push(&replica, commands).iter().all(|one| one.duplicate), "nothing twice");
    }
    for uid in [WARD_2, WARD_3] {
        let [one, other] = both.map(|world| world.read_report(first_week_key(uid).id()).unwrap());
        assert_eq!((one.state, one.content_hash()), (other.state, other.content_hash()));
    }
    assert_eq!(
        replica.read_report(first_week_key(WARD_2).id()).unwrap().state,
        ReportState::Accepted
    );
}

fn s24_a_phone_cut_inside_its_first_sync_notices_that_the_server_lost_what_it_read_under(
    primary: World,
) {
    let replica = primary.new_authority();
    let both = [&primary, &replica];
    both.iter().for_each(|world| world.app.init_epoch([1; 16]).unwrap());
    both.iter().for_each(|world| world.set_day(date(2024, 12, 2)));
    let mut lan = enrol_on_both(both, "lan", WARD_2, Role::Reporter);
    let element = primary.element_numbers()[0];
    let weeks: Vec<_> =
        (0..12).map(|at| week_key(WARD_2, date(2024, 8, 19).saturating_add(at.weeks()))).collect();
    let drafts: Vec<_> = weeks
        .iter()
        .map(|key| lan.save_command(key, &[(element, reported_value(1))], &[]))
        .collect();
    let mut twin = lan.clone();
    lan.push(&primary, &drafts);
    twin.push(&replica, &drafts);
    // Only the primary receives this: the oldest draft is the newest row of the desk scope now.
    let change = lan.save_command(
        &weeks[0],
        &[(element, reported_value(2))],
        &[(element, reported_value(1))],
    );
    lan.push(&primary, &[change]);
    let [mut mai, _] = both.map(|world| world.enrol_device_of("mai", lan.account, WARD_2));
    let whole = mai.clone().exchange_frames(&primary, &[], usize::MAX).len();
    // Cut on the last page but one of the desk scope: the pages before lack the changed draft.
    let cut = (1..whole).rev().find(|cut| {
        let mut probe = mai.clone();
        probe.exchange_frames(&primary, &[], *cut);
        probe.has_record(RecordKind::Report, weeks[4].id().0)
            && !probe.has_record(RecordKind::Report, weeks[0].id().0)
    });
    mai.exchange_frames(&primary, &[], cut.expect("there is such a page"));
    mai.sync(&replica);
    mai.assert_digests_match();
    assert!(
        mai.has_record(RecordKind::Report, weeks[0].id().0),
        "no row is missed between two histories"
    );
}

fn s24_a_primary_that_is_shown_a_higher_history_writes_nothing_any_more(old: World) {
    let promoted = old.new_authority();
    let mut lan = enrol_on_both([&old, &promoted], "lan", WARD_2, Role::Reporter);
    let commands = make_report_commands(&mut lan, &old, WARD_2);
    lan.push(&old, &commands);
    lan.sync(&promoted);
    lan.push(&promoted, &commands);
    let error = lan.open_exchange(&old, &[]).err();
    assert!(matches!(&error, Some(AppError::Store(error)) if error.is_superseded()), "{error:?}");
    let head = old.app.store().read(|tx| tx.head()).unwrap();
    let mut other = TestDevice { cursor: Vec::new(), ..lan.clone() };
    let late = other.submit_command(first_week_key(WARD_3).id());
    let refused = other.open_exchange(&old, &[late]);
    assert!(refused.is_err(), "whoever asks, nothing is written");
    assert_eq!(old.app.store().read(|tx| tx.head()).unwrap(), head);
    let again = thidua::store::Store::open(old.app.store().location()).unwrap();
    assert!(again.is_superseded(), "also after a restart");
}
