//! Scope and privacy: S17, S18, S20.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, WARD_2, WARD_3, WARD_NEW, World, first_week_key, reported_value, week_key,
};
use jiff::civil::date;
use thidua::domain::access::permission::{Permit, Role, UnitPath, action, authorize};
use thidua::domain::access::scope::{RecordKind, Scope};
use thidua::domain::campaign::{Campaign, CampaignStatus, CampaignStep};
use thidua::domain::org::{DaySpan, UnitParent};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::Verdict;
use thidua::domain::report::form::Catalogue;
use thidua::domain::report::form::Contract;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::UnitId;
use thidua::sync::frame::ScopeChange;

on_both_databases! {
    s17_at_a_merger_the_phones_move_to_the_successor_and_take_their_drafts_with_them
    s17_a_grant_that_is_gone_takes_its_rows_off_the_phone
    s17_a_new_grant_brings_its_rows_and_one_taken_away_is_told_as_revoked
    s17_a_record_that_leaves_one_scope_and_stays_in_others_leaves_that_one
    s17_a_commune_that_goes_under_another_district_takes_its_reports_with_it
    when_the_province_itself_is_merged_the_operator_and_the_nightly_jobs_go_on_under_its_successor
    s17_when_a_district_is_dissolved_its_communes_move_under_the_province_with_all_that_they_sent
    s18_a_draft_campaign_and_its_contract_are_in_no_scope_before_the_approval
    a_draft_that_was_sent_before_leaves_the_phones_at_the_next_day
    s18_a_draft_is_seen_by_its_own_desk_only_and_a_sent_report_by_the_units_above
    s20_a_report_of_a_closed_unit_is_taken_for_that_unit_and_signed_by_its_successor
}

fn s17_at_a_merger_the_phones_move_to_the_successor_and_take_their_drafts_with_them(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut mai = world.enrol_device("mai", WARD_3, Role::Reporter);
    let sent = world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    world.set_day(date(2024, 12, 31));
    let draft = week_key(WARD_2, date(2024, 12, 23));
    let save = lan.save_command(&draft, &[(world.element_numbers()[0], reported_value(1))], &[]);
    lan.push(&world, &[save]);
    mai.sync(&world);
    assert!(!mai.has_record(RecordKind::Report, sent.0));

    world.set_day(date(2025, 1, 1));
    let applied = world.app.apply_org_day().unwrap();
    assert!(applied.moved_accounts >= 2 && applied.moved_records >= 2, "{applied:?}");
    lan.sync(&world);
    mai.sync(&world);
    lan.assert_digests_match();
    mai.assert_digests_match();
    assert!(
        lan.lost_scopes.contains(&(Scope::desk(UnitId::from_code(WARD_2)), ScopeChange::Moved)),
        "{:?}",
        lan.lost_scopes
    );
    let successor = Scope::work(UnitId::from_code(WARD_NEW));
    assert!(mai.scopes.values().any(|(scope, _)| *scope == successor));
    assert!(
        mai.has_record(RecordKind::Report, sent.0),
        "the successor sees what its predecessors sent"
    );
    assert!(mai.has_record(RecordKind::Report, draft.id().0), "and finishes what they began");
    assert_eq!(
        world.app.apply_org_day().unwrap(),
        Default::default(),
        "a second run changes nothing"
    );
}

fn s17_a_grant_that_is_gone_takes_its_rows_off_the_phone(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let id = world.send_nil_report(&mut phone, &first_week_key(WARD_2));
    assert!(phone.has_record(RecordKind::Report, id.0));
    // The grant's window ends.
    world.set_day(date(2030, 1, 2));
    world
        .app
        .grant_role(
            &world.app.system_actor().unwrap(),
            phone.account,
            "lan",
            &thidua::domain::access::permission::Grant {
                role: Role::Reporter,
                unit: UnitId::from_code(OTHER_COMMUNE),
                from: date(2024, 1, 1),
                to: date(2031, 1, 1),
            },
        )
        .unwrap();
    phone.sync(&world);
    assert!(!phone.has_record(RecordKind::Report, id.0));
    assert!(
        phone.lost_scopes.iter().all(|(_, change)| *change == ScopeChange::Ended),
        "{:?}",
        phone.lost_scopes
    );
    phone.assert_digests_match();
}

fn s18_a_draft_is_seen_by_its_own_desk_only_and_a_sent_report_by_the_units_above(world: World) {
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let mut stranger = world.enrol_device("stranger", OTHER_COMMUNE, Role::Reporter);
    let key = first_week_key(WARD_2);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
    let save = reporter.save_command(&key, &cells, &[]);
    reporter.push(&world, &[save]);
    reviewer.sync(&world);
    assert!(
        !reviewer.has_record(RecordKind::Report, key.id().0),
        "a draft is nobody's but the desk's"
    );
    let submit = reporter.submit_command(key.id());
    reporter.push(&world, &[submit]);
    reviewer.sync(&world);
    stranger.sync(&world);
    assert!(reviewer.has_record(RecordKind::Report, key.id().0));
    assert!(!stranger.has_record(RecordKind::Report, key.id().0));
    // A command on it gets the same outcome as one on an absent report.
    let report = world.read_report(key.id()).unwrap();
    let (there, nowhere) = (
        stranger.accept_command(&report),
        stranger.submit_command(week_key(OTHER_COMMUNE, date(2024, 8, 19)).id()),
    );
    let outcomes = stranger.push(&world, &[there, nowhere]);
    assert_eq!(outcomes[0].reason, outcomes[1].reason);
    assert_eq!(outcomes[0].problems, outcomes[1].problems);
}

fn s20_a_report_of_a_closed_unit_is_taken_for_that_unit_and_signed_by_its_successor(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    phone.sync(&world);
    // The last partial period of the ward: 30 and 31 December.
    let whole = week_key(WARD_2, date(2024, 12, 30));
    let mut period = whole.period.clone();
    period.end = date(2025, 1, 1);
    let key = ReportKey { period, ..whole };
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
    let save = phone.save_command(&key, &cells, &[]);
    let submit = phone.submit_command(key.id());
    // The phone was offline during the merger.
    world.set_day(date(2025, 1, 2));
    world.app.apply_org_day().unwrap();
    let outcomes = phone.push(&world, &[save, submit]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Applied), "{outcomes:?}");
    let report = world.read_report(key.id()).unwrap();
    assert_eq!(report.key.unit, UnitId::from_code(WARD_2));
    assert_eq!(report.acting_unit, UnitId::from_code(WARD_NEW));
    assert_eq!(report.state, ReportState::Submitted);
    phone.assert_digests_match();
}

fn s17_a_new_grant_brings_its_rows_and_one_taken_away_is_told_as_revoked(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut other = world.enrol_device("mai", OTHER_COMMUNE, Role::Reporter);
    let sent = world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    other.sync(&world);
    let scopes = other.scopes.len();
    let system = world.app.system_actor().unwrap();
    let unit = UnitId::from_code(WARD_2);
    let grant = thidua::domain::access::permission::Grant {
        role: Role::Reporter,
        unit,
        from: date(2024, 1, 1),
        to: date(2030, 1, 1),
    };
    world.app.grant_role(&system, other.account, "mai", &grant).unwrap();
    other.sync(&world);
    assert!(other.scopes.len() > scopes && other.has_record(RecordKind::Report, sent.0));
    other.assert_digests_match();
    world.app.revoke_grant(&system, other.account, &grant).unwrap();
    other.sync(&world);
    assert!(!other.has_record(RecordKind::Report, sent.0));
    assert!(
        other.lost_scopes.contains(&(Scope::work(unit), ScopeChange::Revoked)),
        "{:?}",
        other.lost_scopes
    );
    assert!(
        other.lost_scopes.contains(&(Scope::desk(unit), ScopeChange::Revoked)),
        "{:?}",
        other.lost_scopes
    );
    other.assert_digests_match();
}

fn s17_a_record_that_leaves_one_scope_and_stays_in_others_leaves_that_one(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let key = first_week_key(WARD_2);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
    let save = lan.save_command(&key, &cells, &[]);
    lan.push(&world, &[save]);
    let on_desk = || {
        let desk = world
            .app
            .store()
            .read(|tx| tx.scope_number(Scope::desk(UnitId::from_code(WARD_2))))
            .unwrap()
            .unwrap();
        let digests = world.app.store().read(|tx| tx.scope_digests(&[desk].into())).unwrap();
        digests.get(&desk).map_or(0, |digest| digest.count)
    };
    assert_eq!(on_desk(), 1, "the draft lies on the desk");
    let submit = lan.submit_command(key.id());
    lan.push(&world, &[submit]);
    assert_eq!(on_desk(), 0, "what was sent lies there no more");
    lan.sync(&world);
    lan.assert_digests_match();
    assert!(lan.has_record(RecordKind::Report, key.id().0));
}

fn s17_a_commune_that_goes_under_another_district_takes_its_reports_with_it(world: World) {
    let commune = "com-29236-0";
    let mut lan = world.enrol_device("lan", commune, Role::Reporter);
    let mut old = world.enrol_device("old", TOWN, Role::Reviewer);
    let mut new = world.enrol_device("new", "dist-844", Role::Reviewer);
    let sent = world.send_nil_report(&mut lan, &first_week_key(commune));
    old.sync(&world);
    assert!(old.has_record(RecordKind::Report, sent.0));
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let day = date(2024, 10, 1);
    let mut facts = reference.org.facts().clone();
    let (child, parent) = (UnitId::from_code(commune), UnitId::from_code("dist-844"));
    let mut moved = Vec::new();
    for edge in facts.edges.iter_mut().filter(|edge| edge.child == child && edge.days.contains(day))
    {
        moved.push(UnitParent { parent, days: DaySpan { from: day, to: edge.days.to }, ..*edge });
        edge.days.to = day;
    }
    assert!(!moved.is_empty());
    facts.edges.extend(moved);
    world.app.import_org(&world.app.system_actor().unwrap(), &facts).unwrap();
    world.set_day(day);
    assert!(world.app.apply_org_day().unwrap().moved_records > 0);
    for phone in [&mut lan, &mut old, &mut new] {
        phone.sync(&world);
        phone.assert_digests_match();
    }
    assert!(!old.has_record(RecordKind::Report, sent.0), "it is nobody's business there any more");
    assert!(
        new.has_record(RecordKind::Report, sent.0) && lan.has_record(RecordKind::Report, sent.0)
    );
}

fn when_the_province_itself_is_merged_the_operator_and_the_nightly_jobs_go_on_under_its_successor(
    world: World,
) {
    let mut lan = world.enrol_device("lan", WARD_3, Role::Reporter);
    world.send_nil_report(&mut lan, &first_week_key(WARD_3));
    for day in [date(2025, 3, 1), date(2025, 7, 1)] {
        world.set_day(day);
        world.app.apply_org_day().unwrap();
    }
    let system = world.app.system_actor().unwrap();
    let root = world.app.store().read(|tx| world.app.root_unit(tx)).unwrap();
    assert_eq!(root, Some(UnitId::from_code("prov-86-2025")));
    let mut mai = world.enrol_device("mai", "com-29242-2", Role::Reporter);
    mai.sync(&world);
    assert!(
        mai.has_record(RecordKind::Report, first_week_key(WARD_3).id().0),
        "the merged ward has what its parts sent"
    );
    assert_eq!(world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap().runs.len(), 1);
    lan.sync(&world);
    lan.assert_digests_match();
}

fn s17_when_a_district_is_dissolved_its_communes_move_under_the_province_with_all_that_they_sent(
    world: World,
) {
    let commune = "com-29236-0";
    let mut lan = world.enrol_device("lan", commune, Role::Reporter);
    let mut district = world.enrol_device("district", TOWN, Role::Reviewer);
    let mut province = world.enrol_device("province", "prov-84", Role::Reviewer);
    let sent = world.send_nil_report(&mut lan, &first_week_key(commune));
    district.sync(&world);
    province.sync(&world);
    assert!(
        district.has_record(RecordKind::Report, sent.0)
            && province.has_record(RecordKind::Report, sent.0)
    );
    world.set_day(date(2025, 3, 1));
    let applied = world.app.apply_org_day().unwrap();
    assert!(applied.moved_units > 0 && applied.moved_records > 0, "{applied:?}");
    for phone in [&mut lan, &mut district, &mut province] {
        phone.sync(&world);
        phone.assert_digests_match();
    }
    assert!(
        province.has_record(RecordKind::Report, sent.0),
        "the last parent takes over its open reviews"
    );
    assert!(lan.has_record(RecordKind::Report, sent.0));
    let accept = province.accept_command(&world.read_report(sent).unwrap());
    assert_eq!(province.push(&world, &[accept])[0].verdict, Verdict::Applied);
    lan.sync(&world);
    lan.assert_digests_match();
}

/// Applies a draft of a second campaign, with a contract of its own in the same files.
fn apply_draft(world: &World) -> (Campaign, Contract) {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let weekly = reference.catalogue.contract("tuan-xa").unwrap().clone();
    let contract = Contract { code: "tuan-xa-moi".to_owned(), ..weekly };
    let draft = Campaign {
        code: "C".to_owned(),
        status: CampaignStatus::Draft,
        contracts: vec![contract.code.clone()],
        targets: Vec::new(),
        activities: Vec::new(),
        ..reference.campaigns[0].clone()
    };
    let catalogue = Catalogue { contracts: vec![contract.clone()], ..Catalogue::default() };
    let system = world.app.system_actor().unwrap();
    world.app.apply_files(&system, &catalogue, &[], std::slice::from_ref(&draft), None).unwrap();
    (draft, contract)
}

fn s18_a_draft_campaign_and_its_contract_are_in_no_scope_before_the_approval(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    lan.sync(&world);
    let (draft, contract) = apply_draft(&world);
    let key = ReportKey { contract: contract.id(), ..first_week_key(WARD_2) };
    let is_owed = || {
        let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
        reference.expectation(&key).is_some()
    };
    let mut new_phone = world.enrol_device("mai", WARD_2, Role::Reporter);
    for phone in [&mut lan, &mut new_phone] {
        phone.sync(&world);
        phone.assert_digests_match();
        assert!(!phone.has_record(RecordKind::Campaign, draft.id().0));
        assert!(!phone.has_record(RecordKind::Contract, contract.id().0));
        let published = Scope::published(draft.id());
        assert!(phone.scopes.values().all(|(scope, _)| *scope != published));
    }
    assert!(!is_owed(), "nothing is owed to a draft");
    // The same files once more, and the night, change nothing.
    apply_draft(&world);
    world.app.advance_campaigns_by_day().unwrap();
    lan.sync(&world);
    assert!(!lan.has_record(RecordKind::Contract, contract.id().0));

    let system = world.app.system_actor().unwrap();
    world.app.advance_campaign(&system, &draft.code, CampaignStep::Approve).unwrap();
    for phone in [&mut lan, &mut new_phone] {
        phone.sync(&world);
        phone.assert_digests_match();
        assert!(phone.has_record(RecordKind::Campaign, draft.id().0));
        assert!(phone.has_record(RecordKind::Contract, contract.id().0));
    }
    assert!(is_owed());
}

fn a_draft_that_was_sent_before_leaves_the_phones_at_the_next_day(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let (draft, _) = apply_draft(&world);
    // As an older program wrote it.
    let system = world.app.system_actor().unwrap();
    let sent = world.app.store().write("test.send", world.app.now(), |tx| {
        let root = tx.root_unit()?.unwrap();
        let path = UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() };
        let permit: Permit<action::StepCampaign> =
            authorize(&system, &path, tx.now().local_date()).unwrap();
        let scopes = vec![Scope::REFERENCE];
        tx.set_record_scopes(&permit, RecordKind::Campaign, draft.id().0, scopes)
    });
    sent.unwrap_or_else(|error: thidua::store::Error| panic!("{error}"));
    lan.sync(&world);
    assert!(lan.has_record(RecordKind::Campaign, draft.id().0));
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    assert!(reference.campaigns.iter().all(|one| one.code != draft.code), "it has no effect");
    world.app.advance_campaigns_by_day().unwrap();
    lan.sync(&world);
    lan.assert_digests_match();
    assert!(!lan.has_record(RecordKind::Campaign, draft.id().0));
}
