//! Age: what is compacted away, phones that were away for long, apps that are old. S22, S23, S25.

use crate::stories;
use crate::world::{ELSEWHERE, TOWN, WARD_2, World, figure, first_week, pushed, week};
use jiff::civil::date;
use thidua::domain::campaign::{Campaign, Step};
use thidua::domain::command::{Body, Command, Verdict};
use thidua::domain::ids::{CommentId, UnitId};
use thidua::domain::permission::{Grant, Role};
use thidua::domain::scope::RecordKind;
use thidua::domain::workflow::State;
use thidua::sync::frame::{Frame, ResetReason};
use thidua::wire::command;

stories! {
    s23_a_cursor_below_a_trimmed_tombstone_is_rebuilt_and_one_above_goes_on
    s25_a_phone_away_for_400_days_pushes_its_outbox_and_agrees_again
    s25_a_command_of_another_line_of_apps_with_unknown_fields_is_taken
    s17_reports_of_a_campaign_long_concluded_leave_the_phones_and_stay_on_the_server
    compacting_twice_trims_nothing_more
}

fn resets(frames: &[Frame]) -> Vec<ResetReason> {
    frames.iter().filter_map(|frame| if let Frame::Reset(reset) = frame { Some(reset.reason) } else { None }).collect()
}

/// The draft of a ward leaves the desk's scope when it is sent: a tombstone there.
fn s23_a_cursor_below_a_trimmed_tombstone_is_rebuilt_and_one_above_goes_on(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut away = world.phone_of("away", lan.account, WARD_2);
    let mut town = world.phone("reviewer", TOWN, Role::Reviewer);
    let key = first_week(WARD_2);
    let save = lan.save(&key, &[(world.elements()[0], figure(2))], &[]);
    lan.push(&world, &[save]);
    away.sync(&world);
    town.sync(&world);
    world.send_nil(&mut lan, &week(WARD_2, date(2024, 8, 26)));
    let rest: Vec<_> = world.elements()[1..].iter().map(|one| (*one, thidua::domain::cell::CellValue::Nil)).collect();
    let fill = lan.save(&key, &rest, &[]);
    let submit = lan.submit(key.id());
    lan.push(&world, &[fill, submit]);
    world.at(date(2024, 12, 20));
    let done = world.app.compact(&world.app.system().unwrap()).unwrap();
    assert!(done.tombstones >= 1, "{done:?}");
    // Something stands on the desk, so that the rebuilding has a row behind which it can be cut.
    let draft = lan.save(&week(WARD_2, date(2024, 12, 9)), &[(world.elements()[0], figure(1))], &[]);
    lan.push(&world, &[draft]);
    assert_eq!(resets(&lan.sync(&world)), [], "who saw the tombstone goes on");
    assert_eq!(resets(&town.sync(&world)), [], "a scope that lost no tombstone goes on");
    let (mut cut, mut whole) = (0, false);
    while !whole {
        let mut unlucky = away.clone();
        whole = unlucky.frames(&world, &[], cut).len() < cut;
        unlucky.sync(&world);
        unlucky.agrees();
        assert_eq!(unlucky.holding.records, lan.holding.records, "rebuilt, and cut behind {cut} frames");
        cut += 1;
    }
    assert_eq!(resets(&away.sync(&world)), [ResetReason::Compacted], "only the desk is rebuilt");
    away.agrees();
    assert_eq!(away.holding.records, lan.holding.records);
}

/// Concludes the campaign, whose reports leave the phones `days` after its last day.
fn concluded(world: &World, days: u16) {
    let system = world.app.system().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let campaign = Campaign { device_days: Some(days), ..reference.campaigns[0].clone() };
    world.app.apply_campaign(&system, &campaign).unwrap();
    world.at(date(2025, 8, 20));
    world.app.apply_day().unwrap();
    // The province has been merged into another by then.
    let system = world.app.system().unwrap();
    world.app.step_by_day(&system).unwrap();
    for step in [Step::Review, Step::Conclude] {
        world.app.step_campaign(&system, &campaign.code, step).unwrap();
    }
}

fn s17_reports_of_a_campaign_long_concluded_leave_the_phones_and_stay_on_the_server(world: World) {
    let mut lan = world.phone("lan", ELSEWHERE, Role::Reporter);
    let key = first_week(ELSEWHERE);
    let report = world.send_nil(&mut lan, &key);
    let comment = CommentId([7; 16]);
    let said = lan.command(Body::Comment { report, comment, text: "đã gửi đủ".to_owned() });
    lan.push(&world, &[said]);
    concluded(&world, 60);
    let system = world.app.system().unwrap();
    lan.sync(&world);
    assert!(lan.holds(RecordKind::Report, report.0) && lan.holds(RecordKind::Comment, comment.0));
    world.at(date(2025, 10, 18));
    assert_eq!(world.app.compact(&system).unwrap().left_phones, 0, "60 days are not over");
    world.at(date(2025, 10, 19));
    assert_eq!(world.app.compact(&system).unwrap().left_phones, 1);
    assert_eq!(world.app.compact(&system).unwrap().left_phones, 0, "once is enough");
    let again = lan.command(Body::Comment { report, comment: CommentId([8; 16]), text: "còn đó".to_owned() });
    let refused = lan.push(&world, &[again]);
    assert_eq!(refused[0].reason.as_deref(), Some("PERIOD_CLOSED"), "nothing is said where nobody would see it");
    lan.agrees();
    assert!(!lan.holds(RecordKind::Report, report.0) && !lan.holds(RecordKind::Comment, comment.0));
    assert_eq!(world.report(report).unwrap().state, State::Submitted, "the server keeps it");
}

fn s25_a_phone_away_for_400_days_pushes_its_outbox_and_agrees_again(world: World) {
    let mut lan = world.phone("lan", ELSEWHERE, Role::Reporter);
    lan.sync(&world);
    let key = first_week(ELSEWHERE);
    let cells: Vec<_> = world.elements().into_iter().map(|one| (one, thidua::domain::cell::CellValue::Nil)).collect();
    let save = lan.save(&key, &cells, &[]);
    let submit = lan.submit(key.id());
    let mut busy = world.phone_of("busy", lan.account, ELSEWHERE);
    world.send_nil(&mut busy, &week(ELSEWHERE, date(2024, 8, 26)));
    world.at(date(2025, 9, 30));
    world.app.apply_day().unwrap();
    world.app.compact(&world.app.system().unwrap()).unwrap();
    let outcomes = lan.push(&world, &[save, submit]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Applied), "{outcomes:?}");
    lan.agrees();
    assert!(lan.holds(RecordKind::Report, key.id().0), "through the unit that took over");
    assert!(world.report(key.id()).unwrap().late);
}

fn s25_a_command_of_another_line_of_apps_with_unknown_fields_is_taken(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let key = first_week(WARD_2);
    let mut save = lan.save(&key, &[(world.elements()[0], figure(2))], &[]);
    // Field 1000 of a contract that this server does not know.
    save.bytes.extend([0xc2, 0x3e, 0x02, 0x01, 0x02]);
    let read = command::decode(&save.bytes, lan.unit).unwrap();
    save.command = read.command;
    // Who signs and what the author saw were not said by the first apps.
    let Ok(Command { body: Body::Save(old), .. }) = &mut save.command else { panic!("{save:?}") };
    old.base_revision = 0;
    assert_eq!(lan.push(&world, &[save])[0].verdict, Verdict::Applied);
    let submit = pushed(
        2,
        Command {
            captured_at: None,
            sync_mark: Vec::new(),
            body: Body::Submit { report: key.id(), acting_unit: lan.unit },
        },
    );
    lan.sent = 2;
    assert_eq!(lan.push(&world, &[submit])[0].reason.as_deref(), Some("CELL_BLANK"), "and the next one is read too");
    lan.agrees();
}

fn compacting_twice_trims_nothing_more(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    world.send_nil(&mut lan, &first_week(WARD_2));
    world.at(date(2025, 6, 1));
    let system = world.app.system().unwrap();
    world.app.compact(&system).unwrap();
    let again = world.app.compact(&system).unwrap();
    assert_eq!((again.tombstones, again.released), (0, 0));
    let grant = Grant { role: Role::Auditor, unit: UnitId::named(TOWN), from: date(2024, 1, 1), to: date(2026, 1, 1) };
    world.app.grant(&system, lan.account, "lan", &grant).unwrap();
    let nobody = thidua::domain::permission::Actor { account: lan.account, device: None, grants: vec![grant] };
    assert!(world.app.compact(&nobody).is_err(), "a right to run jobs is asked");
}
