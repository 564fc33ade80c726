//! Retention: compaction, phones that were offline for long, old apps. S22, S23, S25.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, WARD_2, World, first_week_key, pushed_command, reported_value, week_key,
};
use jiff::civil::date;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::campaign::{Campaign, CampaignStep};
use thidua::domain::report::command::{Command, CommandBody, Verdict};
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{CommentId, UnitId};
use thidua::sync::frame::{ResetReason, SyncFrame};
use thidua::wire::command;

on_both_databases! {
    s23_a_cursor_below_a_trimmed_tombstone_is_rebuilt_and_one_above_goes_on
    s25_a_phone_away_for_400_days_pushes_its_outbox_and_agrees_again
    s25_a_command_of_another_line_of_apps_with_unknown_fields_is_taken
    s17_reports_of_a_campaign_long_concluded_leave_the_phones_and_stay_on_the_server
    compacting_twice_trims_nothing_more
}

fn reset_reasons(frames: &[SyncFrame]) -> Vec<ResetReason> {
    frames
        .iter()
        .filter_map(
            |frame| if let SyncFrame::Reset(reset) = frame { Some(reset.reason) } else { None },
        )
        .collect()
}

/// A ward's draft leaves the desk scope when it is sent: a tombstone.
fn s23_a_cursor_below_a_trimmed_tombstone_is_rebuilt_and_one_above_goes_on(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut offline_phone = world.enrol_device_of("away", lan.account, WARD_2);
    let mut town = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let key = first_week_key(WARD_2);
    let save = lan.save_command(&key, &[(world.element_numbers()[0], reported_value(2))], &[]);
    lan.push(&world, &[save]);
    offline_phone.sync(&world);
    town.sync(&world);
    world.set_day(date(2024, 9, 1));
    world.send_nil_report(&mut lan, &week_key(WARD_2, date(2024, 8, 26)));
    let rest: Vec<_> = world.element_numbers()[1..]
        .iter()
        .map(|one| (*one, thidua::domain::report::cell::CellValue::Nil))
        .collect();
    let fill = lan.save_command(&key, &rest, &[]);
    let submit = lan.submit_command(key.id());
    lan.push(&world, &[fill, submit]);
    world.set_day(date(2024, 12, 20));
    let done = world.app.compact_store(&world.app.system_actor().unwrap()).unwrap();
    assert!(done.tombstones >= 1, "{done:?}");
    // A draft in the desk scope, so that the rebuild has a row after which it can be cut.
    let draft = lan.save_command(
        &week_key(WARD_2, date(2024, 12, 9)),
        &[(world.element_numbers()[0], reported_value(1))],
        &[],
    );
    lan.push(&world, &[draft]);
    assert_eq!(reset_reasons(&lan.sync(&world)), [], "who saw the tombstone goes on");
    assert_eq!(reset_reasons(&town.sync(&world)), [], "a scope that lost no tombstone goes on");
    let (mut cut, mut is_whole) = (0, false);
    while !is_whole {
        let mut phone = offline_phone.clone();
        is_whole = phone.exchange_frames(&world, &[], cut).len() < cut;
        phone.sync(&world);
        phone.assert_digests_match();
        assert_eq!(phone.held.records, lan.held.records, "rebuilt, and cut behind {cut} frames");
        cut += 1;
    }
    assert_eq!(
        reset_reasons(&offline_phone.sync(&world)),
        [ResetReason::Compacted],
        "only the desk is rebuilt"
    );
    offline_phone.assert_digests_match();
    assert_eq!(offline_phone.held.records, lan.held.records);
}

/// Concludes the campaign; its reports leave the phones `days` after its last day.
fn conclude_campaign(world: &World, days: u16) {
    let system = world.app.system_actor().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let campaign = Campaign { device_retention_days: Some(days), ..reference.campaigns[0].clone() };
    world.app.apply_campaign(&system, &campaign).unwrap();
    world.set_day(date(2025, 9, 1));
    world.app.apply_org_day().unwrap();
    // The province has been merged into another by then.
    let system = world.app.system_actor().unwrap();
    world.app.advance_campaigns_by_day().unwrap();
    world.app.advance_campaign(&system, &campaign.code, CampaignStep::Review).unwrap();
    crate::conclusion::waive_all(world);
    world.app.advance_campaign(&system, &campaign.code, CampaignStep::Conclude).unwrap();
}

fn s17_reports_of_a_campaign_long_concluded_leave_the_phones_and_stay_on_the_server(world: World) {
    let mut lan = world.enrol_device("lan", OTHER_COMMUNE, Role::Reporter);
    let key = first_week_key(OTHER_COMMUNE);
    let report = world.send_nil_report(&mut lan, &key);
    let comment = CommentId([7; 16]);
    let comment_command =
        lan.next_command(CommandBody::AddComment {
            report, comment, text: "đã gửi đủ".to_owned()
        });
    lan.push(&world, &[comment_command]);
    conclude_campaign(&world, 60);
    let system = world.app.system_actor().unwrap();
    lan.sync(&world);
    assert!(
        lan.has_record(RecordKind::Report, report.0)
            && lan.has_record(RecordKind::Comment, comment.0)
    );
    world.set_day(date(2025, 10, 18));
    assert_eq!(
        world.app.compact_store(&system).unwrap().expired_reports,
        0,
        "60 days are not over"
    );
    world.set_day(date(2025, 10, 19));
    assert_eq!(world.app.compact_store(&system).unwrap().expired_reports, 1);
    assert_eq!(world.app.compact_store(&system).unwrap().expired_reports, 0, "once is enough");
    let again = lan.next_command(CommandBody::AddComment {
        report,
        comment: CommentId([8; 16]),
        text: "còn đó".to_owned(),
    });
    let refused = lan.push(&world, &[again]);
    assert_eq!(
        refused[0].reason.as_deref(),
        Some("PERIOD_CLOSED"),
        "nothing is said where nobody would see it"
    );
    lan.assert_digests_match();
    assert!(
        !lan.has_record(RecordKind::Report, report.0)
            && !lan.has_record(RecordKind::Comment, comment.0)
    );
    assert_eq!(
        world.read_report(report).unwrap().state,
        ReportState::Submitted,
        "the server keeps it"
    );
}

fn s25_a_phone_away_for_400_days_pushes_its_outbox_and_agrees_again(world: World) {
    let mut lan = world.enrol_device("lan", OTHER_COMMUNE, Role::Reporter);
    lan.sync(&world);
    let key = first_week_key(OTHER_COMMUNE);
    let cells: Vec<_> = world
        .element_numbers()
        .into_iter()
        .map(|one| (one, thidua::domain::report::cell::CellValue::Nil))
        .collect();
    let save = lan.save_command(&key, &cells, &[]);
    let submit = lan.submit_command(key.id());
    let mut busy = world.enrol_device_of("busy", lan.account, OTHER_COMMUNE);
    world.set_day(date(2024, 9, 1));
    world.send_nil_report(&mut busy, &week_key(OTHER_COMMUNE, date(2024, 8, 26)));
    world.set_day(date(2025, 9, 30));
    world.app.apply_org_day().unwrap();
    world.app.compact_store(&world.app.system_actor().unwrap()).unwrap();
    let outcomes = lan.push(&world, &[save, submit]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Applied), "{outcomes:?}");
    lan.assert_digests_match();
    assert!(lan.has_record(RecordKind::Report, key.id().0), "through the unit that took over");
    assert!(world.read_report(key.id()).unwrap().late);
}

fn s25_a_command_of_another_line_of_apps_with_unknown_fields_is_taken(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let key = first_week_key(WARD_2);
    let mut save = lan.save_command(&key, &[(world.element_numbers()[0], reported_value(2))], &[]);
    // Field 1000 of a contract that this server does not know.
    save.bytes.extend([0xc2, 0x3e, 0x02, 0x01, 0x02]);
    let read = command::decode_command(&save.bytes, lan.unit).unwrap();
    save.command = read.command;
    // The first apps did not send the acting unit and the base revision.
    let Ok(Command { body: CommandBody::SaveCells(old), .. }) = &mut save.command else {
        panic!("{save:?}")
    };
    old.base_revision = 0;
    assert_eq!(lan.push(&world, &[save])[0].verdict, Verdict::Applied);
    let submit = pushed_command(
        2,
        Command {
            captured_at: None,
            sync_mark: Vec::new(),
            body: CommandBody::submit(key.id(), lan.unit),
        },
    );
    lan.last_command_number = 2;
    assert_eq!(
        lan.push(&world, &[submit])[0].reason.as_deref(),
        Some("CELL_BLANK"),
        "and the next one is read too"
    );
    lan.assert_digests_match();
}

fn compacting_twice_trims_nothing_more(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    world.set_day(date(2025, 6, 1));
    let system = world.app.system_actor().unwrap();
    world.app.compact_store(&system).unwrap();
    let again = world.app.compact_store(&system).unwrap();
    assert_eq!((again.tombstones, again.released_commands), (0, 0));
    let grant = Grant {
        role: Role::Auditor,
        unit: UnitId::from_code(TOWN),
        from: date(2024, 1, 1),
        to: date(2026, 1, 1),
    };
    world.app.grant_role(&system, lan.account, "lan", &grant).unwrap();
    let auditor = thidua::domain::access::permission::Actor {
        account: lan.account,
        device: None,
        grants: vec![grant],
    };
    assert!(world.app.compact_store(&auditor).is_err(), "a right to run jobs is asked");
}
