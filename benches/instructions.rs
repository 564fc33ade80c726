//! Runs one of five inner loops over fixed figures, so that callgrind can count its instructions.
//!
//! ```text
//!  instructions evaluate    prepares the input, then calls `counted_evaluate` once;
//!                           only that call is counted
//! ```
//!
//! The loops use no clock, no randomness and no file. `scripts/check instructions` compares the
//! counts. DỮ LIỆU GIẢ LẬP (synthetic figures).
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "an input that cannot be made has failed the check"
)]

use jiff::civil::date;
use std::hint::black_box;
use thidua::bench_api::{ProvinceSize, SyntheticProvince};
use thidua::domain::report::cell::{CellChange, CellValue};
use thidua::domain::report::element::ElementCode;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{ElementRange, FormSchema, NoteChange, Report, SaveCells};
use thidua::domain::standing::{ReportEntry, StandingInput, compute_totals};
use thidua::domain::support::ratio::Ratio;
use thidua::domain::support::scope_digest::{ScopeDigest, hash_record};
use thidua::domain::target_rule::{EvaluationTerms, StandingStage, StaticFigures, Target};
use thidua::pb;
use thidua::wire::{record, sync};

const COMMUNES: usize = 60;
const WEEKS: usize = 20;
const SIZE: ProvinceSize = ProvinceSize {
    districts: 5,
    communes: COMMUNES,
    elements: 12,
    weeks: WEEKS,
    first_day: date(2024, 8, 19),
};
const NOTE: &str = "DỮ LIỆU GIẢ LẬP: tình hình ổn định, không có vụ việc phức tạp";

/// One target of each shape that campaigns use: a change, a share, a count, a combination.
const TARGETS: &[&str] = &[
    "change(count(element_0) vs same_window_prior_year, rel) <= -7%",
    "ratio(element_1/element_2) >= 95%",
    "count(element_3) = 0",
    "all(ratio(element_4/element_5) >= 90%, any(count(element_6) >= 12, count(element_7) >= 30))",
];

fn main() {
    let loop_name = std::env::args().nth(1).unwrap_or_default();
    match loop_name.as_str() {
        "evaluate" => evaluate(),
        "merge" => merge(),
        "encode" => encode(),
        "digest" => digest(),
        "rollup" => rollup(),
        // `cargo bench` without an argument only prints the loops.
        _ => println!("scripts/check instructions counts: evaluate merge encode digest rollup"),
    }
}

/// Evaluates each target on 250 sets of figures, while the window runs and after it.
fn evaluate() {
    let targets: Vec<Target> = TARGETS.iter().map(|text| Target::parse(text).unwrap()).collect();
    let figures = |at: i64| {
        let of = |more: i64| {
            let code = |element: i64| ElementCode::new(&format!("element_{element}")).unwrap();
            (0..8).map(|element| (code(element), Ratio::from(at + more + element))).collect()
        };
        StaticFigures {
            current: of(100),
            baseline: of(110),
            baseline_to_date: of(105),
            ..StaticFigures::default()
        }
    };
    let figure_sets: Vec<StaticFigures> = (0..250).map(figures).collect();
    black_box(counted_evaluate(
        &targets,
        &figure_sets,
        &EvaluationTerms::for_stage(StandingStage::Closed),
    ));
}

#[inline(never)]
fn counted_evaluate(
    targets: &[Target],
    figure_sets: &[StaticFigures],
    terms: &EvaluationTerms,
) -> usize {
    let evaluations = figure_sets
        .iter()
        .flat_map(|figures| targets.iter().map(|target| target.evaluate(figures, terms)));
    evaluations.map(|evaluation| black_box(evaluation).members.len()).sum()
}

/// Replays 1,000 saves on stored reports; a third of the cells conflict with another author's
/// value.
fn merge() {
    let province = SyntheticProvince::new(SIZE);
    let shape = FormSchema {
        ranges: province
            .numbers
            .keys()
            .map(|element| (*element, ElementRange { min: 0, max: 1_000 }))
            .collect(),
        rules: Vec::new(),
        words: Default::default(),
    };
    let stored_reports: Vec<Report> =
        (0..1_000).map(|at| province.build_report(at % COMMUNES, at % WEEKS, 0)).collect();
    let save = |report: &Report| {
        let change = |(at, (element, value)): (usize, (&_, &CellValue))| {
            let base = (at % 3 != 0).then_some(*value);
            CellChange { element: *element, mine: Some(CellValue::Reported(at as i64)), base }
        };
        let note = Some(NoteChange { mine: NOTE.to_owned(), base: String::new() });
        let changes = report.cells.iter().enumerate().map(change).collect();
        SaveCells {
            key: report.key.clone(),
            acting_unit: report.acting_unit,
            changes,
            note,
            base_revision: 1,
        }
    };
    let saves: Vec<SaveCells> = stored_reports.iter().map(save).collect();
    let drafts = stored_reports
        .into_iter()
        .map(|report| Report { state: ReportState::Draft, ..report })
        .collect();
    black_box(counted_merge(drafts, &saves, &shape));
}

#[inline(never)]
fn counted_merge(stored_reports: Vec<Report>, saves: &[SaveCells], shape: &FormSchema) -> usize {
    let merged = stored_reports.into_iter().zip(saves).map(|(report, save)| {
        let unit = report.acting_unit;
        Report::apply_save(Some(report), save, unit, shape).unwrap()
    });
    merged.map(|saved| black_box(saved).branches.len()).sum()
}

/// Encodes 500 reports as records and wraps them in a frame.
fn encode() {
    let province = SyntheticProvince::new(SIZE);
    let reports: Vec<Report> =
        (0..500).map(|at| province.build_report(at % COMMUNES, at % WEEKS, 0)).collect();
    black_box(counted_encode(&reports, &province));
}

#[inline(never)]
fn counted_encode(reports: &[Report], province: &SyntheticProvince) -> Vec<u8> {
    let row = |report: &Report| pb::Row {
        operation: pb::RowOperation::Put.into(),
        id: report.key.id().0.to_vec(),
        revision: 1,
        record: record::encode_report(report, &province.units).unwrap(),
        scope_numbers: vec![1, 2, 3],
        ..pb::Row::default()
    };
    sync::encode_rows(reports.iter().map(row).collect())
}

/// Computes the digest of a scope of 2,000 records of 164 bytes.
fn digest() {
    let records: Vec<[u8; 164]> =
        (0..2_000_usize).map(|at| std::array::from_fn(|byte| (at + byte) as u8)).collect();
    black_box(counted_digest(&records));
}

#[inline(never)]
fn counted_digest(records: &[[u8; 164]]) -> ScopeDigest {
    let mut digest = ScopeDigest::default();
    for (revision, bytes) in records.iter().enumerate() {
        digest.add(hash_record(&[7; 16], revision as i64, bytes));
    }
    digest
}

/// Sums a campaign of 20 weeks over 60 communes, five districts and the province.
fn rollup() {
    let province = SyntheticProvince::new(SIZE);
    let reports: Vec<Report> = (0..COMMUNES)
        .flat_map(|commune| (0..WEEKS).map(move |week| (commune, week)))
        .map(|(commune, week)| province.build_report(commune, week, 0))
        .collect();
    let entry = |report| {
        let Report { key, cells, .. }: &Report = report;
        ReportEntry { key, received: true, accepted: true, late: false, cells }
    };
    let entries: Vec<ReportEntry<'_>> = reports.iter().map(entry).collect();
    let today = province.campaign.measurement_window.end;
    let input = province.standing_input(&entries, today);
    let value = counted_rollup(&input);
    assert!(value > 0, "nothing was added up");
}

#[inline(never)]
fn counted_rollup(input: &StandingInput<'_>) -> i64 {
    let totals = compute_totals(input).unwrap();
    let (_, window_totals) = &totals.windows()[0];
    let units = input.org.units().iter();
    units.filter_map(|unit| window_totals.value(unit.id, &input.catalogue.elements[0].code)).sum()
}
