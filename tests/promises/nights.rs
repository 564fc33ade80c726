//! Nights over both databases: a run is kept for ever, can be reckoned again from raw reports, and says what changed since the one before.

use crate::stories;
use crate::world::{Phone, TOWN, WARD_2, WARD_3, World, first_week};
use jiff::civil::date;
use thidua::app::runs::Manifest;
use thidua::domain::baseline::{BaselineRow, BaselineStatus};
use thidua::domain::cell::CellValue;
use thidua::domain::command::Verdict;
use thidua::domain::ids::{CampaignId, ReportId};
use thidua::domain::permission::Role;
use thidua::domain::window::Window;

stories! {
    a_run_is_reckoned_again_from_raw_reports_though_reports_and_baselines_changed_since
    two_runs_differ_by_the_reports_between_them_and_by_nothing_else
    a_night_in_which_nothing_happened_keeps_the_run_that_is_there
    a_run_whose_bytes_were_edited_does_not_hold
}

fn night(world: &World) -> Vec<Manifest> {
    let system = world.app.system().unwrap();
    world.app.aggregate(&system, |_| Ok(true)).unwrap();
    world.app.runs(CampaignId::named("A"), 100).unwrap()
}

/// Every cell of the first week gets this figure; the district says yes.
fn accepted(world: &World, phone: &mut Phone, reviewer: &mut Phone, uid: &str, figure: i64) -> ReportId {
    let key = first_week(uid);
    let cells: Vec<_> = world.elements().into_iter().map(|one| (one, CellValue::Reported(figure))).collect();
    let save = phone.save(&key, &cells, &[]);
    let submit = phone.submit(key.id());
    phone.push(world, &[save, submit]);
    let accept = reviewer.accept(&world.report(key.id()).unwrap());
    let outcomes = reviewer.push(world, &[accept]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    key.id()
}

/// A commune and its district.
fn people(world: &World) -> (Phone, Phone) {
    (world.phone("phuong 3", WARD_3, Role::Reporter), world.phone("thanh pho", TOWN, Role::Reviewer))
}

fn a_run_is_reckoned_again_from_raw_reports_though_reports_and_baselines_changed_since(world: World) {
    let (mut ward, mut town) = people(&world);
    let mut other = world.phone("phuong 2", WARD_2, Role::Reporter);
    accepted(&world, &mut ward, &mut town, WARD_3, 2);
    let first = night(&world).remove(0);
    world.at(date(2024, 8, 28));
    accepted(&world, &mut other, &mut town, WARD_2, 5);
    let base = BaselineRow {
        unit_uid: WARD_3.into(),
        element: thidua::domain::element::ElementCode::new("so_offences").unwrap(),
        window: Window::new(date(2023, 8, 19), date(2024, 8, 19)).unwrap(),
        value: 40,
        source: "DỮ LIỆU GIẢ LẬP".into(),
        status: BaselineStatus::ALL[0],
        version: 0,
    };
    world.app.import_baselines(&world.app.system().unwrap(), &[base]).unwrap();
    let second = night(&world).remove(0);
    assert_eq!((first.number, second.number), (1, 2));
    for run in [&first, &second] {
        let found = world.app.verify_run(run).unwrap();
        assert!(found.input_holds && found.output_holds, "run {}: {found:?}", run.number);
    }
    assert_eq!(world.app.verify_run(&first).unwrap().reports, 1, "the second report came behind its cut");
    assert_ne!(first.output_digest, second.output_digest);
}

fn two_runs_differ_by_the_reports_between_them_and_by_nothing_else(world: World) {
    let (mut ward, mut town) = people(&world);
    accepted(&world, &mut ward, &mut town, WARD_3, 2);
    night(&world);
    let mut other = world.phone("phuong 2", WARD_2, Role::Reporter);
    let report = accepted(&world, &mut other, &mut town, WARD_2, 5);
    let runs = night(&world);
    assert_eq!(
        world.app.sums_hold(&world.app.system().unwrap()).unwrap(),
        1,
        "followed or made from nothing: the same"
    );
    let between = world.app.between_runs(&runs[1], &runs[0]).unwrap();
    let reports: Vec<ReportId> = between.reports.iter().map(|report| report.key.id()).collect();
    assert_eq!(reports, [report]);
    assert!(!between.definitions && !between.baselines);
    let units: std::collections::BTreeSet<_> = between.changed.iter().map(|one| one.unit).collect();
    let touched = [WARD_2, TOWN, "prov-84"].map(thidua::domain::ids::UnitId::named);
    assert!(units.iter().all(|unit| touched.contains(unit)), "only the unit and those above it: {units:?}");
    assert!(!between.changed.is_empty());
    assert_eq!(world.app.between_runs(&runs[0], &runs[0]).unwrap().changed, []);
}

fn a_night_in_which_nothing_happened_keeps_the_run_that_is_there(world: World) {
    let (mut ward, mut town) = people(&world);
    accepted(&world, &mut ward, &mut town, WARD_3, 2);
    let once = night(&world);
    assert_eq!(night(&world), once);
}

fn a_run_whose_bytes_were_edited_does_not_hold(world: World) {
    let (mut ward, mut town) = people(&world);
    accepted(&world, &mut ward, &mut town, WARD_3, 2);
    let run = night(&world).remove(0);
    let mut standings = run.standings.clone();
    let last = standings.len() - 1;
    standings[last] ^= 1;
    let edited = world.app.verify_run(&Manifest { standings, ..run.clone() });
    assert!(!edited.is_ok_and(|found| found.output_holds), "an edited standing");
    let later = world.app.verify_run(&Manifest { cut: run.cut - 1, ..run.clone() }).unwrap();
    assert!(!later.input_holds, "another cut is another input");
    let other_day = world.app.verify_run(&Manifest { day: run.day + 30, ..run }).unwrap();
    assert!(!other_day.input_holds, "another day is another input");
}
