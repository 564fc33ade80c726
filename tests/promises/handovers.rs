//! A signed hand-over of stocks through the application: on 1 March 2025 the districts of the
//! example end; here two of them live on, and one takes the suspended cases of the others over.

use crate::world::{TestDevice, World};
use jiff::civil::{Date, date};
use thidua::app::AppError;
use thidua::app::runs::RunManifest;
use thidua::domain::access::permission::{Actor, Role};
use thidua::domain::campaign::Campaign;
use thidua::domain::org::{HandoverLine, OrgFacts, StockHandover, UnitKind};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, ElementNumber, MissingReason};
use thidua::domain::report::element::ElementCode;
use thidua::domain::reporting::expectation::compute_expectations;
use thidua::domain::standing::Judgement;
use thidua::domain::support::ids::{AccountId, CampaignId, UnitId};
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::target_rule::Target;

const TAKER: &str = "dist-842";
/// The other district that lives on; it says 100.
const OTHER: &str = "dist-844";
const PROVINCE: &str = "prov-84";
const DISSOLVED_ON: Date = date(2025, 3, 1);
const STOCK: &str = "suspended_cases";

/// The example's organisation in which two districts live until the province itself ends.
fn org_with_a_taker() -> OrgFacts {
    let mut facts = crate::world::example_org_facts();
    let end = date(2025, 7, 1);
    for living in [TAKER, OTHER].map(UnitId::from_code) {
        let unit = facts.units.iter_mut().find(|unit| unit.id == living).unwrap();
        unit.versions.last_mut().unwrap().days.to = end;
        let above = facts.edges.iter_mut().filter(|edge| edge.child == living);
        above.for_each(|edge| edge.days.to = end);
    }
    facts
}

/// The example's campaign with a stock as its only target.
fn world_with_a_stock() -> World {
    let world = World::on_sqlite_with(&org_with_a_taker());
    let system = world.app.system_actor().unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let mut first = reference.campaigns[0].targets[0].clone();
    first.formula = Target::parse("stock(suspended_cases@end) <= 100000").unwrap();
    (first.baseline, first.coverage_min, first.min_base) = (None, Some(0), None);
    let campaign = Campaign { targets: vec![first], ..reference.campaigns[0].clone() };
    world.app.apply_campaign(&system, &campaign).unwrap();
    world
}

fn districts(world: &World) -> Vec<UnitId> {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let eve = DISSOLVED_ON.yesterday().unwrap();
    reference.org.units_of_kind_on(UnitKind::District, eve).map(|unit| unit.id).collect()
}

/// The report of a district for the period that ends on the eve of a day.
fn key_until(world: &World, unit: UnitId, end: Date) -> ReportKey {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let contracts = reference.catalogue.contracts_with_codes(&["tuan-huyen".to_owned()]);
    let window = reference.campaigns[0].measurement_window;
    let owed =
        compute_expectations(&reference.org, &reference.calendars, &contracts, window).unwrap();
    let mut keys = owed.iter().map(|one| one.report_key()).filter(|key| key.unit == unit);
    keys.find(|key| key.period.end == end).unwrap()
}

/// A district says how many cases are suspended, and the province accepts it.
fn say(world: &World, reviewer: &mut TestDevice, unit: UnitId, (end, stock): (Date, i64)) {
    let key = key_until(world, unit, end);
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let uid = reference.org.unit(unit).unwrap().uid.clone();
    let mut phone = world.enrol_device(&format!("can bo {uid}"), &uid, Role::Reporter);
    let form = reference.catalogue.form("tuan-huyen").unwrap();
    let cell = |code: &ElementCode| {
        let number = ElementNumber(reference.element_numbers.number(code).unwrap());
        let not_counted = CellValue::Missing(MissingReason::NotCounted);
        let is_stock = code.as_str() == STOCK;
        (number, if is_stock { CellValue::Reported(stock) } else { not_counted })
    };
    let cells: Vec<_> = form.elements.iter().map(cell).collect();
    let commands = [phone.save_command(&key, &cells, &[]), phone.submit_command(key.id())];
    let outcomes = phone.push(world, &commands);
    assert!(outcomes.iter().all(|one| one.reason.is_none()), "{outcomes:?}");
    let accept = reviewer.accept_command(&world.read_report(key.id()).unwrap());
    assert_eq!(reviewer.push(world, &[accept])[0].reason, None);
}

fn actor_of(world: &World, name: &str, uid: &str, role: Role) -> Actor {
    world.enrol_device(name, uid, role).load_identity(world).unwrap().actor
}

fn run_night(world: &World) -> RunManifest {
    let system = world.app.system_actor().unwrap();
    world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
    world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().remove(0)
}

fn judgement(world: &World, run: &RunManifest) -> Judgement {
    let standings = world.app.run_standings(run).unwrap().0;
    let province = UnitId::from_code(PROVINCE);
    let mut whole = standings.into_iter().filter(|one| one.phase == 0 && one.unit == province);
    whole.next().unwrap().judgement
}

fn has_ended_holder(judgement: &Judgement) -> bool {
    judgement.reasons.contains(&"HOLDER_ENDED".to_owned())
}

fn refusal<T>(outcome: Result<T, AppError>) -> Option<RefusalReason> {
    match outcome {
        Err(AppError::Refused(refusal)) => Some(refusal.reason),
        Ok(_) | Err(_) => None,
    }
}

fn codes<T>(outcome: Result<T, AppError>) -> Vec<&'static str> {
    match outcome {
        Err(AppError::Violations(found)) => found.iter().map(|one| one.code).collect(),
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Every ended district gives what it said last to the taker.
fn lines(world: &World) -> Vec<HandoverLine> {
    let (to, other) = (UnitId::from_code(TAKER), UnitId::from_code(OTHER));
    let giving = districts(world).into_iter().filter(|unit| ![to, other].contains(unit));
    let element = ElementCode::new(STOCK).unwrap();
    giving
        .zip(10..)
        .map(|(from, amount)| HandoverLine { from, to, element: element.clone(), amount })
        .collect()
}

#[test]
fn two_persons_sign_who_holds_the_stocks_of_ended_districts_and_no_holder_has_ended_any_more() {
    let world = world_with_a_stock();
    let mut province = world.enrol_device("tinh", PROVINCE, Role::Reviewer);
    world.set_day(date(2025, 2, 28));
    for line in lines(&world) {
        say(&world, &mut province, line.from, (DISSOLVED_ON, line.amount));
    }
    world.set_day(date(2025, 3, 18));
    world.app.apply_org_day().unwrap();
    say(&world, &mut province, UnitId::from_code(OTHER), (date(2025, 3, 17), 100));
    world.set_day(date(2025, 3, 20));
    let before = run_night(&world);
    let missing = judgement(&world, &before);
    assert!(has_ended_holder(&missing), "{missing:?}");

    let handover = sign_by_two_persons(&world);
    let after = run_night(&world);
    let expected = judgement(&world, &after);
    assert!(!has_ended_holder(&expected), "{expected:?}");
    let total: i64 = lines(&world).iter().map(|line| line.amount).sum();
    assert_eq!(expected.value_low, Some(100.into()), "{expected:?}");
    assert!(
        expected.value_high.unwrap() > (100 + total).into(),
        "{expected:?}: nothing has fallen"
    );
    let holds = |run| world.app.verify_run(run).unwrap().holds();
    assert!(holds(&before) && holds(&after), "what is signed is an input of the run");

    let system = world.app.system_actor().unwrap();
    let minh = world.app.account_actor(&system, AccountId::from_code("minh")).unwrap();
    world.app.settle_handover(&minh, handover.id(), false).unwrap();
    let withdrawn = run_night(&world);
    assert!(has_ended_holder(&judgement(&world, &withdrawn)));
    assert!(holds(&after) && holds(&withdrawn));
    assert_eq!(world.app.verify_cached_totals(&system).unwrap(), 1);
}

/// Signs the hand-over, after everything was refused that may not be signed.
fn sign_by_two_persons(world: &World) -> StockHandover {
    let lan = actor_of(world, "lan", PROVINCE, Role::DataSteward);
    let minh = actor_of(world, "minh", PROVINCE, Role::UnitHead);
    let (app, basis) = (&world.app, "Biên bản số 12");
    let system = app.system_actor().unwrap();
    let propose =
        |actor: &Actor, day, lines: &[HandoverLine]| app.propose_handover(actor, day, basis, lines);
    let alone = propose(&system, DISSOLVED_ON, &lines(world));
    assert_eq!(refusal(alone), Some(RefusalReason::Denied), "an operator is not two persons");
    let mut to_nobody = lines(world);
    to_nobody.truncate(1);
    to_nobody[0].to = UnitId::from_code(PROVINCE);
    assert_eq!(codes(propose(&lan, DISSOLVED_ON, &to_nobody)), ["HANDOVER_TAKER"]);
    let late = propose(&lan, date(2025, 3, 15), &lines(world));
    assert_eq!(codes(late), ["HANDOVER_DAY"; 7]);
    let handover = propose(&lan, DISSOLVED_ON, &lines(world)).unwrap();
    let mut again = lines(world);
    again[0].amount += 1;
    again.truncate(1);
    assert_eq!(codes(propose(&lan, DISSOLVED_ON, &again)), ["HANDOVER_TWICE"]);
    assert!(has_ended_holder(&judgement(world, &run_night(world))), "one person is not enough");
    let same = app.settle_handover(&lan, handover.id(), true);
    assert_eq!(refusal(same), Some(RefusalReason::SecondPerson));
    app.settle_handover(&minh, handover.id(), true).unwrap()
}
