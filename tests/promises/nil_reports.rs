//! What a nil report says and leaves to be answered, and from which day a report may be submitted:
//! commands of a district, whose weekly form has stocks and a flag that a duty names.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_2, World, reported_value, week_key};
use jiff::civil::{Date, date};
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::{CellValue, ElementNumber, MissingReason};
use thidua::domain::report::command::{CommandBody, ReportRules, Verdict};
use thidua::domain::report::element::ElementCode;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{Report, ReportKey};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::standing::{ReportEntry, aggregate_reports};
use thidua::domain::support::ids::{ContractId, UnitId};
use thidua::files::catalogue;

on_both_databases! {
    v10_a_nil_report_says_its_stock_by_carrying_it_and_is_refused_with_a_blank_or_nil_one
    nil_in_the_cell_of_a_stock_empties_no_stock
    nil_in_a_stock_of_an_old_app_is_kept_as_sent_and_read_as_unsaid_and_asked_about_once
    a_report_of_a_week_that_is_not_over_is_refused_and_keeps_its_draft_and_blocks_nothing
    an_app_that_does_not_know_that_a_week_must_be_over_gets_the_reason_that_it_knows
    a_contract_that_allows_early_reports_takes_them_and_asks_about_each
}

const PROVINCE: &str = "prov-84";
const EVENTS: [&str; 3] = ["solved", "vses_occurred", "vses_solved"];
const STOCKS: [&str; 2] = ["suspended_cases", "suspended_matters"];
const DUTY: &str = "safe_congress";

fn number(world: &World, code: &str) -> ElementNumber {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    ElementNumber(reference.element_numbers.number(&ElementCode::new(code).unwrap()).unwrap())
}

/// The district's report of the week that begins on this day.
fn district_key(monday: Date) -> ReportKey {
    ReportKey { contract: ContractId::from_code("tuan-huyen"), ..week_key(TOWN, monday) }
}

/// Every event nil, the duty not done, and both stocks answered with this.
fn nil_cells(world: &World, stock: Option<CellValue>) -> Vec<(ElementNumber, CellValue)> {
    let mut cells: Vec<_> =
        EVENTS.iter().map(|code| (number(world, code), CellValue::Nil)).collect();
    cells.push((number(world, DUTY), reported_value(0)));
    cells.extend(STOCKS.iter().filter_map(|code| Some((number(world, code), stock?))));
    cells.sort_by_key(|cell| cell.0);
    cells
}

/// Saves and submits; what became of the submission.
fn send(
    world: &World,
    phone: &mut TestDevice,
    key: &ReportKey,
    stock: Option<CellValue>,
) -> Result<Report, String> {
    let save = phone.save_command(key, &nil_cells(world, stock), &[]);
    let submit = phone.submit_command(key.id());
    let outcomes = phone.push(world, &[save, submit]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    match &outcomes[1].reason {
        None => Ok(world.read_report(key.id()).unwrap()),
        Some(reason) => Err(reason.clone()),
    }
}

fn v10_a_nil_report_says_its_stock_by_carrying_it_and_is_refused_with_a_blank_or_nil_one(
    world: World,
) {
    world.set_day(date(2024, 9, 30));
    let mut phone = world.enrol_device("lan", TOWN, Role::Reporter);
    let week = |day| district_key(date(2024, 9, day));
    let typed = send(&world, &mut phone, &week(2), Some(reported_value(11))).unwrap();
    let carried = send(&world, &mut phone, &week(9), Some(CellValue::Carried(11))).unwrap();
    assert!(typed.nil && carried.nil, "what the words say does not count");
    assert_eq!(carried.cells[&number(&world, STOCKS[0])], CellValue::Carried(11));
    let blank = send(&world, &mut phone, &week(16), None);
    assert_eq!(blank.unwrap_err(), "CELL_BLANK");
    let nil = send(&world, &mut phone, &week(23), Some(CellValue::Nil));
    assert_eq!(nil.unwrap_err(), "STOCK_UNSAID");
    let missing = CellValue::Missing(MissingReason::AwaitingSource);
    let key = week(16);
    let cells = STOCKS.map(|code| (number(&world, code), missing));
    let pushed = [phone.save_command(&key, &cells, &[]), phone.submit_command(key.id())];
    assert!(phone.push(&world, &pushed).iter().all(|one| one.verdict == Verdict::Applied));

    let event = [(number(&world, EVENTS[0]), CellValue::Carried(0))];
    let done = [(number(&world, DUTY), CellValue::Carried(1))];
    let refused =
        [event, done].map(|cell| phone.save_command(&district_key(date(2024, 8, 19)), &cell, &[]));
    let reasons: Vec<_> =
        phone.push(&world, &refused).into_iter().map(|one| one.reason.unwrap()).collect();
    assert_eq!(reasons, ["MALFORMED", "MALFORMED"], "an event and a done duty are said anew");
}

/// An app from before these rules sends the week with NIL in every cell, and it is accepted.
fn send_as_old_app(world: &World, phone: &mut TestDevice, reviewer: &mut TestDevice, week: Date) {
    let key = district_key(week);
    let save = phone.save_command(&key, &nil_cells(world, Some(CellValue::Nil)), &[]);
    let submit = phone.next_command(CommandBody::SubmitReport {
        report: key.id(),
        acting_unit: phone.unit,
        rules: ReportRules(0),
    });
    let outcomes = phone.push(world, &[save, submit]);
    assert!(outcomes.iter().all(|one| one.verdict == Verdict::Applied), "{outcomes:?}");
    let sent = world.read_report(key.id()).unwrap();
    assert_eq!(sent.cells[&number(world, STOCKS[0])], CellValue::Nil, "kept as it was sent");
    assert!(sent.nil);
    let accept = reviewer.accept_command(&sent);
    assert_eq!(reviewer.push(world, &[accept])[0].verdict, Verdict::Applied);
}

fn nil_in_the_cell_of_a_stock_empties_no_stock(world: World) {
    let both_due = date(2024, 9, 5);
    world.set_day(both_due);
    let mut phone = world.enrol_device("lan", TOWN, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", PROVINCE, Role::Reviewer);
    let key = district_key(date(2024, 8, 19));
    let said = send(&world, &mut phone, &key, Some(reported_value(11))).unwrap();
    let accept = reviewer.accept_command(&said);
    assert_eq!(reviewer.push(&world, &[accept])[0].verdict, Verdict::Applied);
    send_as_old_app(&world, &mut phone, &mut reviewer, date(2024, 8, 26));

    let weeks = [date(2024, 8, 19), date(2024, 8, 26)];
    let filed = weeks.map(|week| world.read_report(district_key(week).id()).unwrap());
    let entries = filed.each_ref().map(|report| ReportEntry {
        key: &report.key,
        received: true,
        accepted: true,
        late: report.late,
        cells: &report.cells,
    });
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let (campaign, baselines) = (&reference.campaigns[0], Baselines::new([]));
    let input = reference.standing_input(campaign, &baselines, &entries, both_due);
    let sums = aggregate_reports(&input, campaign.measurement_window).unwrap();
    let stock = sums.value(UnitId::from_code(TOWN), &ElementCode::new(STOCKS[0]).unwrap());
    assert_ne!(stock, Some(0), "eleven cases did not vanish");
    assert_eq!(sums.coverage(UnitId::from_code(TOWN), "tuan-huyen").nil, 2, "both are nil reports");
}

fn nil_in_a_stock_of_an_old_app_is_kept_as_sent_and_read_as_unsaid_and_asked_about_once(
    world: World,
) {
    world.set_day(date(2024, 9, 10));
    let mut phone = world.enrol_device("lan", TOWN, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", PROVINCE, Role::Reviewer);
    for monday in [date(2024, 8, 26), date(2024, 9, 2)] {
        send_as_old_app(&world, &mut phone, &mut reviewer, monday);
    }
    let asked = |rule: &str| {
        let system = world.app.system_actor().unwrap();
        world.app.update_findings(&system, |_| Ok(true)).unwrap();
        let own = phone.load_identity(&world).unwrap().actor;
        let found = world.app.visible_findings(&own, Some(UnitId::from_code(TOWN))).unwrap();
        found.into_iter().filter(|(one, _)| one.rule.as_str() == rule).count()
    };
    assert_eq!(asked("D22"), 2, "one question for each of the two stocks");
    world.set_day(date(2024, 9, 11));
    assert_eq!(asked("D22"), 2, "and not again the next night");
}

/// The week that is not over on the world's first day, Monday 26 August.
fn running_week() -> ReportKey {
    week_key(WARD_2, date(2024, 8, 26))
}

/// Saves the running week and submits it; the reason why that was refused.
fn submit_early(world: &World, phone: &mut TestDevice, rules: ReportRules) -> Option<String> {
    let key = running_week();
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
    let save = phone.save_command(&key, &cells, &[]);
    let acting_unit = phone.unit;
    let submit = CommandBody::SubmitReport { report: key.id(), acting_unit, rules };
    let submit = phone.next_command(submit);
    let note = phone.save_command(&key, &[(cells[0].0, reported_value(2))], &cells);
    let outcomes = phone.push(world, &[save, submit, note]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "a draft is kept from the first day on");
    assert_eq!(outcomes[2].verdict, Verdict::Applied, "and what follows is not blocked");
    outcomes[1].reason.clone()
}

fn a_report_of_a_week_that_is_not_over_is_refused_and_keeps_its_draft_and_blocks_nothing(
    world: World,
) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let reason = submit_early(&world, &mut phone, ReportRules::CURRENT);
    assert_eq!(reason.as_deref(), Some("PERIOD_NOT_OVER"));
    world.set_day(date(2024, 8, 31));
    let submit = phone.submit_command(running_week().id());
    let saturday = phone.push(&world, &[submit]);
    assert_eq!(saturday[0].reason.as_deref(), Some("PERIOD_NOT_OVER"));
    world.set_day(date(2024, 9, 1));
    let draft = world.read_report(running_week().id()).unwrap();
    assert_eq!(draft.state, ReportState::Draft, "it never takes effect by itself");
    let submit = phone.submit_command(running_week().id());
    assert_eq!(phone.push(&world, &[submit])[0].verdict, Verdict::Applied, "on the last day");
    let sent = world.read_report(running_week().id()).unwrap();
    assert_eq!((sent.received_day, sent.late), (Some(date(2024, 9, 1)), false));
}

fn an_app_that_does_not_know_that_a_week_must_be_over_gets_the_reason_that_it_knows(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let reason = submit_early(&world, &mut phone, ReportRules(0));
    assert_eq!(reason.as_deref(), Some("PERIOD_NOT_OPEN"));
}

fn a_contract_that_allows_early_reports_takes_them_and_asks_about_each(world: World) {
    let parts = ["elements.toml", "forms.toml"].map(|name| {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/examples/tra-vinh/{name}")).unwrap();
        let early = text.replace("grace_days = 2\n", "grace_days = 2\nearly = \"ALLOWED\"\n");
        catalogue::read_catalogue(name, &early).unwrap()
    });
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    let system = world.app.system_actor().unwrap();
    let merged = catalogue::merge_catalogues(parts.into());
    world.app.apply_catalogue(&system, &merged, &calendars).unwrap();
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    assert_eq!(submit_early(&world, &mut phone, ReportRules::CURRENT), None);

    world.set_day(date(2024, 9, 3));
    let system = world.app.system_actor().unwrap();
    world.app.update_findings(&system, |_| Ok(true)).unwrap();
    let own = phone.load_identity(&world).unwrap().actor;
    let found = world.app.visible_findings(&own, Some(UnitId::from_code(WARD_2))).unwrap();
    let early: Vec<_> = found.iter().filter(|(one, _)| one.rule.as_str() == "D23").collect();
    assert_eq!(early.len(), 1);
    assert_eq!(early[0].0.evidence, [6], "Monday instead of Sunday");
}
