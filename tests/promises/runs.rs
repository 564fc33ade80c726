//! Nightly runs on both databases: a run is stored permanently, can be verified from raw reports,
//! and can be compared with the one before.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key};
use jiff::civil::date;
use thidua::app::runs::RunManifest;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::Verdict;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus, Baselines};
use thidua::domain::standing::{
    ReportEntry, ReportsDigest, SEMANTICS_VERSION, compute_input_digest_of_version,
};
use thidua::domain::support::ids::{CampaignId, ReportId};

on_both_databases! {
    a_run_is_recomputed_from_raw_reports_though_reports_and_baselines_changed_since
    two_runs_differ_by_the_reports_between_them_and_by_nothing_else
    a_nightly_run_without_changes_keeps_the_run_that_is_there
    a_run_whose_bytes_were_edited_does_not_hold
    a_run_of_older_rules_is_neither_judged_again_nor_called_wrong
}

fn run_nightly_job(world: &World) -> Vec<RunManifest> {
    let system = world.app.system_actor().unwrap();
    world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
    world.app.run_manifests(CampaignId::from_code("A"), 100).unwrap()
}

/// Reports this figure in every cell of the first week; the district accepts.
fn accept_report(
    world: &World,
    phone: &mut TestDevice,
    reviewer: &mut TestDevice,
    uid: &str,
    figure: i64,
) -> ReportId {
    let key = first_week_key(uid);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|one| (one, CellValue::Reported(figure))).collect();
    let save = phone.save_command(&key, &cells, &[]);
    let submit = phone.submit_command(key.id());
    phone.push(world, &[save, submit]);
    let accept = reviewer.accept_command(&world.read_report(key.id()).unwrap());
    let outcomes = reviewer.push(world, &[accept]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    key.id()
}

/// A commune and its district.
fn reporter_and_reviewer(world: &World) -> (TestDevice, TestDevice) {
    (
        world.enrol_device("phuong 3", WARD_3, Role::Reporter),
        world.enrol_device("thanh pho", TOWN, Role::Reviewer),
    )
}

fn a_run_is_recomputed_from_raw_reports_though_reports_and_baselines_changed_since(world: World) {
    let (mut ward, mut town) = reporter_and_reviewer(&world);
    let mut other = world.enrol_device("phuong 2", WARD_2, Role::Reporter);
    accept_report(&world, &mut ward, &mut town, WARD_3, 2);
    let first = run_nightly_job(&world).remove(0);
    world.set_day(date(2024, 8, 28));
    accept_report(&world, &mut other, &mut town, WARD_2, 5);
    let base = BaselineRow {
        unit_uid: WARD_3.into(),
        element: thidua::domain::report::element::ElementCode::new("so_offences").unwrap(),
        window: DateWindow::new(date(2023, 8, 19), date(2024, 8, 19)).unwrap(),
        value: 40,
        source: "DỮ LIỆU GIẢ LẬP".into(),
        status: BaselineStatus::ALL[0],
        version: 0,
    };
    world.app.import_baselines(&world.app.system_actor().unwrap(), &[base]).unwrap();
    let second = run_nightly_job(&world).remove(0);
    assert_eq!((first.number, second.number), (1, 2));
    for run in [&first, &second] {
        let found = world.app.verify_run(run).unwrap();
        assert!(found.input_matches && found.output_matches, "run {}: {found:?}", run.number);
    }
    assert_eq!(
        world.app.verify_run(&first).unwrap().reports,
        1,
        "the second report came behind its cut"
    );
    assert_ne!(first.output_digest, second.output_digest);
}

fn two_runs_differ_by_the_reports_between_them_and_by_nothing_else(world: World) {
    // The grace of the first week is over.
    world.set_day(date(2024, 8, 29));
    let (mut ward, mut town) = reporter_and_reviewer(&world);
    accept_report(&world, &mut ward, &mut town, WARD_3, 2);
    run_nightly_job(&world);
    let mut other = world.enrol_device("phuong 2", WARD_2, Role::Reporter);
    let report = accept_report(&world, &mut other, &mut town, WARD_2, 5);
    let runs = run_nightly_job(&world);
    assert_eq!(
        world.app.verify_cached_totals(&world.app.system_actor().unwrap()).unwrap(),
        1,
        "followed or made from nothing: the same"
    );
    let between = world.app.diff_runs(&runs[1], &runs[0]).unwrap();
    let reports: Vec<ReportId> =
        between.changed_reports.iter().map(|report| report.key.id()).collect();
    assert_eq!(reports, [report]);
    assert!(!between.definitions_changed && !between.baselines_changed);
    let units: std::collections::BTreeSet<_> =
        between.standing_diffs.iter().map(|one| one.unit).collect();
    let touched = [WARD_2, TOWN, "prov-84"].map(thidua::domain::support::ids::UnitId::from_code);
    assert!(
        units.iter().all(|unit| touched.contains(unit)),
        "only the unit and those above it: {units:?}"
    );
    assert!(!between.standing_diffs.is_empty());
    assert_eq!(world.app.diff_runs(&runs[0], &runs[0]).unwrap().standing_diffs, []);
}

fn a_nightly_run_without_changes_keeps_the_run_that_is_there(world: World) {
    let (mut ward, mut town) = reporter_and_reviewer(&world);
    accept_report(&world, &mut ward, &mut town, WARD_3, 2);
    let runs = run_nightly_job(&world);
    assert_eq!(run_nightly_job(&world), runs);
}

fn a_run_whose_bytes_were_edited_does_not_hold(world: World) {
    let (mut ward, mut town) = reporter_and_reviewer(&world);
    accept_report(&world, &mut ward, &mut town, WARD_3, 2);
    let run = run_nightly_job(&world).remove(0);
    let mut standings = run.standings.clone();
    let last = standings.len() - 1;
    standings[last] ^= 1;
    let edited = world.app.verify_run(&RunManifest { standings, ..run.clone() });
    assert!(!edited.is_ok_and(|found| found.output_matches), "an edited standing");
    let later =
        world.app.verify_run(&RunManifest { cut_seq: run.cut_seq - 1, ..run.clone() }).unwrap();
    assert!(!later.input_matches, "another cut is another input");
    let other_day =
        world.app.verify_run(&RunManifest { as_of_day: run.as_of_day + 30, ..run }).unwrap();
    assert!(!other_day.input_matches, "another day is another input");
}

/// The digest of the inputs of a run as the first version of the rules computed it.
fn digest_of_version_1(world: &World, run: &RunManifest) -> [u8; 32] {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let rows = world.app.store().read(|tx| tx.baselines()).unwrap();
    let key = first_week_key(WARD_3);
    let report = world.read_report(key.id()).unwrap();
    let entry = ReportEntry {
        key: &key,
        received: true,
        accepted: true,
        late: report.late,
        cells: &report.cells,
    };
    let (baselines, entries) = (Baselines::new(&rows), [entry]);
    let today = thidua::domain::support::time::date_from_days(run.as_of_day);
    let input = reference.standing_input(&reference.campaigns[0], &baselines, &entries, today);
    let reports = ReportsDigest::from_reports(&entries);
    compute_input_digest_of_version(1, &input, &rows, &reports)
}

fn a_run_of_older_rules_is_neither_judged_again_nor_called_wrong(world: World) {
    let (mut ward, mut town) = reporter_and_reviewer(&world);
    accept_report(&world, &mut ward, &mut town, WARD_3, 2);
    let run = run_nightly_job(&world).remove(0);
    assert_eq!(run.semantics, SEMANTICS_VERSION);
    let today = world.app.verify_run(&run).unwrap();
    assert!(today.holds() && today.other_semantics.is_none());

    let input_digest = digest_of_version_1(&world, &run).to_vec();
    let older = RunManifest { semantics: 1, input_digest, ..run.clone() };
    let found = world.app.verify_run(&older).unwrap();
    assert_eq!((found.holds(), found.other_semantics), (true, Some(1)));
    let relabelled = world.app.verify_run(&RunManifest { semantics: 1, ..run.clone() }).unwrap();
    assert!(!relabelled.holds(), "a run of today's rules cannot pass as an older one");

    let digest = thidua::domain::support::hex::encode_hex(&older.input_digest);
    let bytes = if crate::evidence::is_postgres(&world) {
        format!("'\\x{digest}'")
    } else {
        format!("x'{digest}'")
    };
    crate::evidence::change_by_hand(
        &world,
        &format!("update run_manifest set semantics = 1, input_digest = {bytes}"),
    );
    let system = world.app.system_actor().unwrap();
    let before = world.app.run_manifests(CampaignId::from_code("A"), 9).unwrap();
    assert_eq!(world.app.verify_latest_runs(&system).unwrap(), 0, "none of today's rules");
    assert_eq!(world.app.run_manifests(CampaignId::from_code("A"), 9).unwrap(), before);
}
