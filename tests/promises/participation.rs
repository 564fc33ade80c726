//! How units take part in a campaign, on both databases: what a unit enters offline is the same for
//! everybody who sees it, and nothing of it is lost or decided by the wrong person.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, TestDevice, WARD_2, WARD_3, World, example_org_facts, pushed_command,
};
use jiff::civil::{Date, date};
use thidua::app::command::CommandOutcome;
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::{RecordKind, Scope};
use thidua::domain::campaign::{
    Allocation, Campaign, CampaignStep, Launch, LaunchMode, Participation, ParticipationAct,
    PlanStatus, Pledge, TakePart,
};
use thidua::domain::report::command::{Command, CommandBody, Verdict};
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::domain::target_rule::Target;
use thidua::wire::record;

on_both_databases! {
    what_a_unit_enters_reaches_its_phones_and_the_units_above_and_nobody_else
    of_two_phones_that_change_one_launch_the_second_is_told_and_loses_nothing
    a_plan_is_approved_from_above_exactly_as_it_was_seen_and_replaces_the_one_in_force
    a_registration_after_the_deadline_is_marked_unless_it_was_typed_in_time_without_signal
    an_act_is_refused_with_its_reason_and_the_next_one_is_taken
    a_merger_moves_what_a_unit_entered_to_the_merged_unit
}

fn campaign_id() -> CampaignId {
    CampaignId::from_code("A")
}

fn body(uid: &str, act: ParticipationAct) -> CommandBody {
    let (campaign, unit) = (campaign_id(), UnitId::from_code(uid));
    CommandBody::TakePart(TakePart { campaign, unit, act })
}

fn perform(
    world: &World,
    device: &mut TestDevice,
    uid: &str,
    act: ParticipationAct,
) -> CommandOutcome {
    let command = device.next_command(body(uid, act));
    let outcome = device.push(world, &[command]).remove(0);
    device.assert_digests_match();
    outcome
}

fn applied(world: &World, device: &mut TestDevice, uid: &str, act: ParticipationAct) {
    let outcome = perform(world, device, uid, act);
    assert_eq!(outcome.verdict, Verdict::Applied, "{outcome:?}");
}

fn reason_of(
    world: &World,
    device: &mut TestDevice,
    uid: &str,
    act: ParticipationAct,
) -> Option<String> {
    let outcome = perform(world, device, uid, act);
    assert_eq!(outcome.verdict, Verdict::Rejected, "{outcome:?}");
    outcome.reason
}

/// What a device holds of a unit.
fn held_part(world: &World, device: &TestDevice, uid: &str) -> Option<Participation> {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let id = Participation::record_id(campaign_id(), UnitId::from_code(uid));
    let (_, bytes) = device.held.records.get(&(RecordKind::Participation, id))?;
    Some(record::decode_participation(bytes, &reference.unit_numbers).unwrap())
}

fn register() -> ParticipationAct {
    ParticipationAct::Register { signed_role: "Trưởng Công an xã".to_owned() }
}

fn launch_on(held_on: Date) -> Launch {
    Launch {
        held_on,
        mode: LaunchMode::Hybrid,
        sites: vec![WARD_3.to_owned()],
        attendance: Some(60),
    }
}

fn record_launch(launch: Launch, seen: Option<Launch>) -> ParticipationAct {
    ParticipationAct::RecordLaunch { launch: Some(launch), seen }
}

fn pledge_of(body: &str, text: &str, seen: Option<Pledge>) -> ParticipationAct {
    let signed_role = "Bí thư Đoàn".to_owned();
    let pledge = Pledge { body: body.to_owned(), text_vi: text.to_owned(), signed_role };
    ParticipationAct::RecordPledge { body: body.to_owned(), pledge: Some(pledge), seen }
}

fn save_plan(document: &str, part: Option<&Participation>) -> ParticipationAct {
    let formula = Target::parse("count(so_offences) <= 4").unwrap();
    ParticipationAct::SavePlan {
        document: document.to_owned(),
        allocations: vec![Allocation { target: "T1".to_owned(), phase: None, formula }],
        seen: part.and_then(|part| part.plans.last()).map(|plan| plan.content_hash()),
    }
}

fn submit_plan(part: &Participation) -> ParticipationAct {
    ParticipationAct::SubmitPlan { seen: part.plans.last().unwrap().content_hash() }
}

fn decide_plan(part: &Participation, approve: bool, remark: &str) -> ParticipationAct {
    let seen = part.plans.last().unwrap().content_hash();
    ParticipationAct::DecidePlan { seen, approve, remark: remark.to_owned() }
}

fn what_a_unit_enters_reaches_its_phones_and_the_units_above_and_nobody_else(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let mut neighbour = world.enrol_device("neighbour", OTHER_COMMUNE, Role::UnitHead);
    applied(&world, &mut lan, WARD_2, register());
    applied(&world, &mut lan, WARD_2, record_launch(launch_on(date(2024, 8, 23)), None));
    applied(&world, &mut head, WARD_2, pledge_of("YOUTH_UNION", "không để xảy ra", None));
    applied(&world, &mut head, WARD_2, pledge_of("", "giảm số vụ", None));

    for device in [&mut lan, &mut head, &mut reviewer] {
        device.sync(&world);
        device.assert_digests_match();
        let part = held_part(&world, device, WARD_2).unwrap();
        let registration = part.registration.unwrap();
        assert_eq!((registration.late, registration.received_day), (false, world_day(&world)));
        assert_eq!(part.launch, Some(launch_on(date(2024, 8, 23))));
        let bodies: Vec<_> = part.pledges.iter().map(|pledge| pledge.body.as_str()).collect();
        assert_eq!(bodies, ["", "YOUTH_UNION"]);
    }
    neighbour.sync(&world);
    assert_eq!(held_part(&world, &neighbour, WARD_2), None);
    let own = Scope::participation(UnitId::from_code(OTHER_COMMUNE));
    assert!(neighbour.scopes.values().any(|(scope, _)| *scope == own));

    applied(&world, &mut head, WARD_2, ParticipationAct::WithdrawRegistration);
    lan.sync(&world);
    assert_eq!(held_part(&world, &lan, WARD_2).unwrap().registration, None);
}

fn world_day(world: &World) -> Date {
    world.app.now().local_date()
}

fn of_two_phones_that_change_one_launch_the_second_is_told_and_loses_nothing(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let first = launch_on(date(2024, 8, 23));
    applied(&world, &mut lan, WARD_2, record_launch(first.clone(), None));
    let other = Launch { attendance: Some(80), ..first.clone() };
    let unseen = reason_of(&world, &mut head, WARD_2, record_launch(other.clone(), None));
    assert_eq!(unseen.as_deref(), Some("CONTENT_CHANGED"));
    assert_eq!(held_part(&world, &head, WARD_2).unwrap().launch.as_ref(), Some(&first), "told");
    applied(&world, &mut head, WARD_2, record_launch(first.clone(), None));
    applied(&world, &mut head, WARD_2, record_launch(other.clone(), Some(first)));
    applied(
        &world,
        &mut head,
        WARD_2,
        ParticipationAct::RecordLaunch { launch: None, seen: Some(other) },
    );
    assert_eq!(held_part(&world, &head, WARD_2).unwrap().launch, None);
}

fn a_plan_is_approved_from_above_exactly_as_it_was_seen_and_replaces_the_one_in_force(
    world: World,
) {
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let seen_by = |device: &mut TestDevice| {
        device.sync(&world);
        held_part(&world, device, WARD_2).unwrap()
    };
    applied(&world, &mut head, WARD_2, save_plan("KH 12, 20/8/2024", None));
    let draft = seen_by(&mut reviewer);
    let early = reason_of(&world, &mut reviewer, WARD_2, decide_plan(&draft, true, ""));
    assert_eq!(early.as_deref(), Some("WORKFLOW_FORBIDS"), "it was not submitted");
    applied(&world, &mut head, WARD_2, submit_plan(&draft));
    let blocked = reason_of(&world, &mut head, WARD_2, save_plan("KH 13", Some(&draft)));
    assert_eq!(blocked.as_deref(), Some("WORKFLOW_FORBIDS"), "it is being reviewed");
    let wordless = reason_of(&world, &mut reviewer, WARD_2, decide_plan(&draft, false, " "));
    assert_eq!(wordless.as_deref(), Some("NOTHING_TO_DO"));
    applied(&world, &mut reviewer, WARD_2, decide_plan(&draft, false, "thiếu chỉ tiêu quý 4"));
    let returned = seen_by(&mut head);
    assert_eq!(returned.plans[0].status, PlanStatus::Returned);
    assert_eq!(returned.plans[0].remark, "thiếu chỉ tiêu quý 4");

    applied(&world, &mut head, WARD_2, save_plan("KH 12, bổ sung", Some(&returned)));
    let mended = seen_by(&mut head);
    applied(&world, &mut head, WARD_2, submit_plan(&mended));
    let stale = reason_of(&world, &mut reviewer, WARD_2, decide_plan(&draft, true, ""));
    assert_eq!(stale.as_deref(), Some("CONTENT_CHANGED"), "this is not what was seen");
    applied(&world, &mut reviewer, WARD_2, decide_plan(&mended, true, ""));
    let own = reason_of(&world, &mut head, WARD_2, decide_plan(&mended, true, ""));
    assert_eq!(own.as_deref(), Some("DENIED"));

    applied(&world, &mut head, WARD_2, save_plan("KH 20, quý 4", Some(&mended)));
    let next = seen_by(&mut head);
    applied(&world, &mut head, WARD_2, submit_plan(&next));
    applied(&world, &mut reviewer, WARD_2, decide_plan(&next, true, ""));
    let states: Vec<_> = seen_by(&mut head).plans.iter().map(|plan| plan.status).collect();
    assert_eq!(states, [PlanStatus::Superseded, PlanStatus::Approved]);
}

/// The example's campaign with a deadline for registrations.
fn set_deadline(world: &World, day: Date) {
    let system = world.app.system_actor().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let campaign = Campaign { registration_deadline: Some(day), ..reference.campaigns[0].clone() };
    world.app.apply_campaign(&system, &campaign).unwrap();
}

fn a_registration_after_the_deadline_is_marked_unless_it_was_typed_in_time_without_signal(
    world: World,
) {
    set_deadline(&world, date(2024, 8, 31));
    let mut devices =
        [WARD_2, WARD_3, OTHER_COMMUNE].map(|uid| world.enrol_device(uid, uid, Role::UnitHead));
    devices.iter_mut().for_each(|device| drop(device.sync(&world)));
    let typed =
        |day| Some(Timestamp::from_local_midnight(day).saturating_add_micros(3_600_000_000));
    world.set_day(date(2024, 9, 2));
    let late_of = |device: &mut TestDevice, uid: &str, captured_at, sync_mark: Vec<u8>| {
        device.last_command_number += 1;
        let command = Command { captured_at, sync_mark, body: body(uid, register()) };
        let command = pushed_command(device.last_command_number, command);
        let outcome = device.push(&world, &[command]).remove(0);
        assert_eq!(outcome.verdict, Verdict::Applied, "never refused: {outcome:?}");
        held_part(&world, device, uid).unwrap().registration.unwrap().late
    };
    let [one, two, three] = &mut devices;
    let (proof, proof_of_three) = (one.sync_mark.clone(), three.sync_mark.clone());
    assert!(!late_of(one, WARD_2, typed(date(2024, 8, 30)), proof), "typed in time");
    assert!(late_of(two, WARD_3, typed(date(2024, 8, 30)), Vec::new()), "said without proof");
    world.set_day(date(2024, 9, 9));
    let long = late_of(three, OTHER_COMMUNE, typed(date(2024, 8, 30)), proof_of_three);
    assert!(long, "after the days of grace");
    let signed_anew = late_of(one, WARD_2, None, Vec::new());
    assert!(!signed_anew, "who was in time stays so");
}

fn an_act_is_refused_with_its_reason_and_the_next_one_is_taken(world: World) {
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let mut auditor = world.enrol_device("auditor", TOWN, Role::Auditor);
    let refused: Vec<(ParticipationAct, &str)> = vec![
        (ParticipationAct::WithdrawRegistration, "NOTHING_TO_DO"),
        (record_launch(launch_on(date(2024, 8, 27)), None), "VALUE_OUT_OF_RANGE"),
        (
            record_launch(
                Launch { sites: vec!["com-0".to_owned()], ..launch_on(date(2024, 8, 23)) },
                None,
            ),
            "NOT_FOUND",
        ),
        (pledge_of("", "gọi 0912 345 678", None), "NOTE_PERSONAL_DATA"),
        (ParticipationAct::Register { signed_role: " ".to_owned() }, "NOTHING_TO_DO"),
    ];
    for (act, reason) in refused {
        let what = format!("{act:?}");
        assert_eq!(reason_of(&world, &mut head, WARD_2, act).as_deref(), Some(reason), "{what}");
    }
    let unknown_target = ParticipationAct::SavePlan {
        document: "KH 1".to_owned(),
        allocations: vec![Allocation {
            target: "T99".to_owned(),
            phase: None,
            formula: Target::parse("count(so_offences) <= 4").unwrap(),
        }],
        seen: None,
    };
    let unknown = reason_of(&world, &mut head, WARD_2, unknown_target);
    assert_eq!(unknown.as_deref(), Some("UNKNOWN_ELEMENT"));
    let elsewhere = reason_of(&world, &mut head, WARD_3, register());
    assert_eq!(elsewhere.as_deref(), Some("NOT_FOUND"), "another unit");
    assert_eq!(reason_of(&world, &mut auditor, WARD_2, register()).as_deref(), Some("DENIED"));
    applied(&world, &mut head, WARD_2, register());

    let system = world.app.system_actor().unwrap();
    world.set_day(date(2024, 9, 20));
    world.app.advance_campaigns_by_day().unwrap();
    world.app.advance_campaign(&system, "A", CampaignStep::CloseEarly).unwrap();
    applied(&world, &mut head, WARD_2, register());
    let (campaign, unit) = (CampaignId::from_code("Z"), UnitId::from_code(WARD_2));
    let part = TakePart { campaign, unit, act: register() };
    let command = head.next_command(CommandBody::TakePart(part));
    let outcome = head.push(&world, &[command]).remove(0);
    assert_eq!(outcome.reason.as_deref(), Some("NOT_FOUND"), "no such campaign");
}

fn a_merger_moves_what_a_unit_entered_to_the_merged_unit(world: World) {
    const MERGED: &str = "com-29242-1";
    assert!(example_org_facts().units.iter().any(|unit| unit.uid == MERGED));
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    applied(&world, &mut head, WARD_2, register());
    world.set_day(date(2025, 1, 2));
    world.app.apply_org_day().unwrap();
    for device in [&mut head, &mut reviewer] {
        device.sync(&world);
        device.assert_digests_match();
        assert!(held_part(&world, device, WARD_2).unwrap().registration.is_some());
    }
    applied(&world, &mut head, WARD_2, pledge_of("", "tiếp nối", None));
    applied(&world, &mut head, MERGED, register());
}
