//! The conclusion of a campaign on both databases: what it lacks, what a waiver buys, and the way
//! back.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, week_key,
};
use jiff::civil::date;
use thidua::app::AppError;
use thidua::app::conclusion::RehearsedAct;
use thidua::app::runs::RunManifest;
use thidua::domain::access::permission::{Actor, Role};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::campaign::completeness::{MissingReport, MissingState};
use thidua::domain::campaign::{Campaign, CampaignStatus, CampaignStep};
use thidua::domain::report::waiver::{Waiver, WaiverState};
use thidua::domain::report::workflow::ReportState;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::{JudgementState, Standing};
use thidua::domain::support::ids::{CampaignId, ReportId, UnitId, WaiverId};
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::support::violation::Violation;
use thidua::domain::target_rule::{StandingStage, Target};

on_both_databases! {
    a_conclusion_names_each_missing_report_and_waits_until_two_persons_have_waived_it
    a_waiver_reaches_its_unit_and_lapses_when_the_report_is_accepted
    a_rehearsal_says_which_verdicts_hang_on_the_missing_reports_and_writes_nothing
    a_reopened_campaign_is_under_review_and_its_next_run_supersedes_the_final_one
}

const PROVINCE: &str = "prov-84";

/// The example's campaign over two weeks, of communes only and with a count as its first target,
/// under review.
fn campaign_under_review(world: &World) {
    let system = world.app.system_actor().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let window = DateWindow { start: date(2024, 8, 19), end: date(2024, 9, 2) };
    let mut targets = reference.campaigns[0].targets.clone();
    targets[0].formula = Target::parse("count(so_offences) <= 5").unwrap();
    targets[0].baseline = None;
    let campaign = Campaign {
        targets,
        legal_window: window,
        measurement_window: window,
        phases: Vec::new(),
        contracts: vec!["tuan-xa".to_owned()],
        ..reference.campaigns[0].clone()
    };
    world.app.apply_campaign(&system, &campaign).unwrap();
    world.set_day(date(2024, 9, 20));
    world.app.advance_campaigns_by_day().unwrap();
    world.app.advance_campaign(&system, "A", CampaignStep::Review).unwrap();
}

fn actor_of(world: &World, name: &str, uid: &str, role: Role) -> Actor {
    world.enrol_device(name, uid, role).load_identity(world).unwrap().actor
}

fn conclude(world: &World) -> Result<Campaign, AppError> {
    let system = world.app.system_actor().unwrap();
    world.app.advance_campaign(&system, "A", CampaignStep::Conclude)
}

fn rehearse_missing(world: &World) -> Vec<MissingReport> {
    let system = world.app.system_actor().unwrap();
    world.app.rehearse_campaign(&system, "A", RehearsedAct::Conclusion).unwrap().missing
}

fn ids_of(missing: &[MissingReport]) -> Vec<ReportId> {
    missing.iter().map(|one| one.key.id()).collect()
}

/// Two persons of the authority waive every missing report.
pub(crate) fn waive_all(world: &World) {
    let missing = ids_of(&rehearse_missing(world));
    let root = world.app.store().read(|tx| world.app.root_unit(tx)).unwrap().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let root = &reference.org.unit(root).unwrap().uid;
    let first = actor_of(world, "nguoi thu nhat", root, Role::CampaignHead);
    let second = actor_of(world, "nguoi thu hai", root, Role::UnitHead);
    world.app.propose_waivers(&first, &missing, "không thể bổ sung").unwrap();
    let waivers: Vec<WaiverId> = missing.into_iter().map(Waiver::id_of_report).collect();
    world.app.settle_waivers(&second, &waivers, true).unwrap();
}

fn refusal<T>(outcome: Result<T, AppError>) -> Option<RefusalReason> {
    match outcome {
        Err(AppError::Refused(refusal)) => Some(refusal.reason),
        Ok(_) | Err(_) => None,
    }
}

fn violation<T>(outcome: Result<T, AppError>) -> Violation {
    match outcome {
        Err(AppError::Violations(found)) if found.len() == 1 => found[0].clone(),
        Ok(_) | Err(_) => panic!("one violation was expected"),
    }
}

fn accept(world: &World, reviewer: &mut TestDevice, report: ReportId) {
    let command = reviewer.accept_command(&world.read_report(report).unwrap());
    reviewer.push(world, &[command]);
    assert_eq!(world.read_report(report).unwrap().state, ReportState::Accepted);
}

fn run_night(world: &World) -> RunManifest {
    let system = world.app.system_actor().unwrap();
    world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
    world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().remove(0)
}

fn owner_standings(world: &World, run: &RunManifest) -> Vec<Standing> {
    let mut standings = world.app.run_standings(run).unwrap().0;
    standings.retain(|one| one.unit == UnitId::from_code(PROVINCE));
    standings
}

fn a_conclusion_names_each_missing_report_and_waits_until_two_persons_have_waived_it(world: World) {
    let mut ward = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut other_ward = world.enrol_device("phuong 2", WARD_2, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let accepted = world.send_nil_report(&mut ward, &first_week_key(WARD_3));
    accept(&world, &mut town, accepted);
    let waiting = world.send_nil_report(&mut other_ward, &first_week_key(WARD_2));
    campaign_under_review(&world);

    let refused = violation(conclude(&world));
    assert_eq!(refused.code, "MISSING_REPORTS");
    let text = format!("{:?}", refused.message);
    assert!(text.contains(&format!("{TOWN}: ")) && text.contains("NOT_SENT"), "{text}");
    let missing = rehearse_missing(&world);
    assert!(missing.is_sorted_by_key(|one| (one.reviewing_unit.clone(), one.unit.clone())));
    let of = |id| missing.iter().find(|one| one.key.id() == id);
    assert!(of(accepted).is_none());
    let waits = of(waiting).unwrap();
    assert_eq!((waits.state, waits.reviewing_unit.as_str()), (MissingState::Waiting, TOWN));

    sign_by_two_persons(&world, &ids_of(&missing), (accepted, waiting));
    assert_eq!(conclude(&world).unwrap().status, CampaignStatus::Concluded);

    let run = run_night(&world);
    let of_owner = owner_standings(&world, &run);
    assert!(of_owner.iter().all(|one| one.stage == StandingStage::Final));
    let first = of_owner.iter().find(|one| one.judgement.code == "T1").unwrap();
    assert_eq!(first.coverage.waived as usize, missing.len());
    assert_eq!(first.judgement.state, JudgementState::Undetermined, "a waiver buys no verdict");
    assert_eq!(first.judgement.reasons, ["MISSING_REPORTS", "WAIVED"]);
    let verified = world.app.verify_run(&run).unwrap();
    assert!(verified.holds(), "the waivers are inputs of the run");
}

/// Two persons waive the reports, after everybody was refused who may not.
fn sign_by_two_persons(
    world: &World,
    reports: &[ReportId],
    (accepted, waiting): (ReportId, ReportId),
) {
    let lan = actor_of(world, "lan", PROVINCE, Role::CampaignHead);
    let minh = actor_of(world, "minh", PROVINCE, Role::UnitHead);
    let head_of_ward = actor_of(world, "truong phuong 2", PROVINCE, Role::CampaignHead);
    world.enrol_device("truong phuong 2", WARD_2, Role::UnitHead);
    let head_of_ward = Actor {
        grants: world.app.store().read(|tx| tx.grants(head_of_ward.account)).unwrap(),
        ..head_of_ward
    };
    let waivers: Vec<WaiverId> = reports.iter().copied().map(Waiver::id_of_report).collect();
    let system = world.app.system_actor().unwrap();
    let reason = "đơn vị bị ngập";
    let app = &world.app;
    assert_eq!(
        refusal(app.propose_waivers(&system, reports, reason)),
        Some(RefusalReason::Denied),
        "an operator is not two persons"
    );
    let own = app.propose_waivers(&head_of_ward, &[waiting], reason);
    assert_eq!(refusal(own), Some(RefusalReason::OwnUnit));
    let nothing_missing = app.propose_waivers(&lan, &[accepted], reason);
    assert_eq!(refusal(nothing_missing), Some(RefusalReason::NotMissing));
    assert_eq!(refusal(app.propose_waivers(&lan, reports, " ")), Some(RefusalReason::Malformed));
    app.propose_waivers(&lan, reports, reason).unwrap();
    assert_eq!(violation(conclude(world)).code, "MISSING_REPORTS", "one person is not enough");
    assert_eq!(
        refusal(app.settle_waivers(&lan, &waivers, true)),
        Some(RefusalReason::SecondPerson)
    );
    let id = Waiver::id_of_report(waiting);
    assert_eq!(
        refusal(app.settle_waivers(&head_of_ward, &[id], true)),
        Some(RefusalReason::OwnUnit)
    );
    app.settle_waivers(&minh, &waivers, true).unwrap();
}

fn a_waiver_reaches_its_unit_and_lapses_when_the_report_is_accepted(world: World) {
    let mut ward = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut elsewhere = world.enrol_device("lan xa", OTHER_COMMUNE, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let report = world.send_nil_report(&mut ward, &first_week_key(WARD_3));
    campaign_under_review(&world);
    waive_all(&world);
    let waiver = Waiver::id_of_report(report);
    ward.sync(&world);
    elsewhere.sync(&world);
    assert!(ward.has_record(RecordKind::Waiver, waiver.0));
    assert!(!elsewhere.has_record(RecordKind::Waiver, waiver.0));
    assert!(rehearse_missing(&world).iter().all(|one| one.waived));

    accept(&world, &mut town, report);
    let system = world.app.system_actor().unwrap();
    let listed = world.app.visible_waivers(&system).unwrap();
    let found = listed.iter().map(|(one, _)| one).find(|one| one.id() == waiver).unwrap();
    assert_eq!(found.state, WaiverState::Lapsed);
    assert!(!rehearse_missing(&world).iter().any(|one| one.key.id() == report));
    let run = run_night(&world);
    let standings = owner_standings(&world, &run);
    let standing = standings.iter().find(|one| one.judgement.code == "T1").unwrap();
    assert_eq!(standing.coverage.waived, standing.coverage.expected - 1);
    assert_eq!(world.app.verify_cached_totals(&system).unwrap(), 1);
}

fn a_rehearsal_says_which_verdicts_hang_on_the_missing_reports_and_writes_nothing(world: World) {
    let mut ward = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let report = world.send_nil_report(&mut ward, &first_week_key(WARD_3));
    accept(&world, &mut town, report);
    campaign_under_review(&world);
    let head = |world: &World| world.app.store().read(|tx| tx.head()).unwrap().seq;
    let before = head(&world);
    let system = world.app.system_actor().unwrap();
    for act in [RehearsedAct::Night, RehearsedAct::Conclusion] {
        let rehearsal = world.app.rehearse_campaign(&system, "A", act).unwrap();
        assert_eq!(rehearsal.changed, rehearsal.standings.len(), "nothing is published yet");
        let open: Vec<_> = rehearsal
            .open_verdicts
            .iter()
            .filter(|one| one.unit == UnitId::from_code(PROVINCE))
            .collect();
        assert!(open.iter().any(|one| one.stays_open), "{open:?}");
        let whole = open.iter().all(|one| one.missing as usize == rehearsal.missing.len());
        assert!(whole, "{open:?}");
    }
    assert_eq!(
        violation(world.app.rehearse_campaign(&system, "A", RehearsedAct::Phase)).code,
        "NO_PHASE"
    );
    assert_eq!(head(&world), before);
}

fn a_reopened_campaign_is_under_review_and_its_next_run_supersedes_the_final_one(world: World) {
    let mut ward = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let report = world.send_nil_report(&mut ward, &first_week_key(WARD_3));
    accept(&world, &mut town, report);
    campaign_under_review(&world);
    let system = world.app.system_actor().unwrap();
    world.app.close_periods(&system, date(2024, 9, 20), |_| Ok(true)).unwrap();
    waive_all(&world);
    conclude(&world).unwrap();
    let last = run_night(&world);
    assert_eq!((last.is_final, last.supersedes), (1, 0));
    let late = world.save_and_submit_outcome(&mut ward, &week_key(WARD_3, date(2024, 8, 26)));
    assert_eq!(late, Some(RefusalReason::PeriodClosed));

    let id = CampaignId::from_code("A");
    let lan = actor_of(&world, "lan", PROVINCE, Role::CampaignHead);
    let minh = actor_of(&world, "minh", PROVINCE, Role::UnitHead);
    let ask = ("số liệu sai", false);
    let app = &world.app;
    assert_eq!(refusal(app.reopen_campaign(&system, id, ask)), Some(RefusalReason::Denied));
    let step = app.advance_campaign(&system, "A", CampaignStep::Reopen);
    assert_eq!(violation(step).code, "TWO_PERSONS");
    let nothing_asked = app.reopen_campaign(&lan, id, ("", false));
    assert_eq!(refusal(nothing_asked), Some(RefusalReason::Malformed));
    let asked = app.reopen_campaign(&lan, id, ask).unwrap();
    assert_eq!(asked.status, CampaignStatus::Concluded);
    let alone = app.reopen_campaign(&lan, id, ("", false));
    assert_eq!(refusal(alone), Some(RefusalReason::SecondPerson));
    let reopened = app.reopen_campaign(&minh, id, ("", false)).unwrap();
    assert_eq!((reopened.status, reopened.reopening), (CampaignStatus::UnderReview, None));
    let amendment = reopened.amendments.last().unwrap();
    assert_eq!(
        (amendment.basis.as_str(), amendment.changed.join(",")),
        ("số liệu sai", "status".into())
    );

    assert_eq!(world.read_report(report).unwrap().state, ReportState::Locked);
    let next = run_night(&world);
    assert_eq!((next.number, next.is_final), (last.number + 1, 0));
    assert_eq!(next.supersedes, last.number);
    let of_owner = owner_standings(&world, &next);
    assert!(of_owner.iter().all(|one| one.stage == StandingStage::Closed));
    assert!(app.verify_run(&last).unwrap().holds() && app.verify_run(&next).unwrap().holds());
    let late = world.save_and_submit_outcome(&mut ward, &week_key(WARD_3, date(2024, 8, 26)));
    assert_eq!(late, None, "it is open again");
}
