//! Judging every target of both campaigns over 52 weeks, against reading its figures from SQLite.
//!
//! The year is simulated through the application: every unit sends every expected report. Reports
//! are accepted without a review.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::fixture::{apply_campaign_b, load_example};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::path::PathBuf;
use thidua::bench_api::{
    AccountId, Actor, App, Baselines, Campaign, CellChange, CellValue, Clock, Command, CommandBody,
    DatabaseLocation, DateWindow, Expectation, Grant, ReferenceSnapshot, ReportEntry, ReportState,
    Role, SaveCells, Store, StoredReport, Timestamp, UnitId, compute_expectations, judge_standings,
};

const FIRST_DAY: Date = date(2024, 8, 19);

/// A directory that is removed when the value is dropped.
struct TempBenchDir(PathBuf);

impl Drop for TempBenchDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Measures the row.
pub(crate) fn bench_targets(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let dir = TempBenchDir(
        std::env::temp_dir().join(format!("thidua-bench-targets-{}", std::process::id())),
    );
    let _ = std::fs::remove_dir_all(&dir.0);
    std::fs::create_dir_all(&dir.0)?;
    let clock = Clock::manual(Timestamp::from_local_midnight(FIRST_DAY));
    let store =
        Store::open(&DatabaseLocation::parse(&dir.0.join("year.db").display().to_string()))?;
    let app = App::new(store, clock.clone());
    load_example(&app)?;
    apply_campaign_b(&app)?;
    let end = FIRST_DAY.saturating_add(52.weeks());
    let sent = simulate_year(&app, &clock, end)?;
    let reference = app.store().read(|tx| app.reference(tx))?;
    let today = end.saturating_add(1.day());
    let undivided: Vec<Campaign> = reference
        .campaigns
        .iter()
        .map(|one| Campaign { phases: Vec::new(), ..one.clone() })
        .collect();
    let all = [
        ("targets, a year of both campaigns", &undivided),
        ("the same, and each phase by itself", &reference.campaigns),
    ];
    let mut rows = Vec::new();
    for (name, campaigns) in all {
        let (mut judging, mut reading, mut judged) = (Vec::new(), Vec::new(), 0);
        for _ in 0..plan.rounds {
            let began = std::time::Instant::now();
            let filed = app.store().read(|tx| {
                tx.reports_in_states(&[ReportState::Submitted], &reference.unit_numbers)
            })?;
            reading.push(1.0 / began.elapsed().as_secs_f64());
            let reports = report_entries(&filed);
            let began = std::time::Instant::now();
            judged = judge_campaigns(&reference, campaigns, &reports, today)?;
            judging.push(1.0 / began.elapsed().as_secs_f64());
        }
        let (judging, reading) =
            (BenchMeasure::from_runs(judging), BenchMeasure::from_runs(reading));
        let (of_judging, of_reading) = (1e3 / judging.median, 1e3 / reading.median);
        let note = format!(
            "{sent} reports; {judged} standings in {of_judging:.1} ms, reading the figures {of_reading:.1} ms"
        );
        rows.push(
            BenchRow::with_ceiling(name, "times/s", judging, reading, ">= 1").with_note(note),
        );
    }
    Ok(rows)
}

fn report_entries(filed: &[StoredReport]) -> Vec<ReportEntry<'_>> {
    let mut entries = Vec::with_capacity(filed.len());
    for StoredReport { report, .. } in filed {
        entries.push(ReportEntry {
            key: &report.key,
            received: true,
            accepted: true,
            late: false,
            cells: &report.cells,
        });
    }
    entries
}

/// Judges every target of the campaigns at every unit; returns the number of standings.
fn judge_campaigns(
    reference: &ReferenceSnapshot,
    campaigns: &[Campaign],
    reports: &[ReportEntry<'_>],
    today: Date,
) -> Result<usize> {
    let baselines = Baselines::new([]);
    let mut judged = 0;
    for campaign in campaigns {
        judged +=
            judge_standings(&reference.standing_input(campaign, &baselines, reports, today), 1)?
                .len();
    }
    Ok(judged)
}

/// Simulates the year: each report is sent on the last day of its period. Returns the number of
/// reports.
fn simulate_year(app: &App, clock: &Clock, end: Date) -> Result<usize> {
    let reference = app.store().read(|tx| app.reference(tx))?;
    let window = DateWindow { start: FIRST_DAY, end };
    let mut expected: BTreeMap<Date, Vec<Expectation>> = BTreeMap::new();
    for one in compute_expectations(
        &reference.org,
        &reference.calendars,
        &reference.catalogue.contracts,
        window,
    )? {
        // A period cut by the end of the year is not over.
        if one.whole_period.end <= end {
            expected.entry(one.period.end).or_default().push(one);
        }
    }
    let (mut actors, mut sent): (BTreeMap<UnitId, Actor>, usize) = (BTreeMap::new(), 0);
    for (end, expectations) in expected {
        clock.set(Timestamp::from_local_midnight(end.saturating_sub(1.day())));
        app.apply_org_day()?;
        for one in expectations {
            let actor = match actors.get(&one.unit) {
                Some(known) => known.clone(),
                None => actors.entry(one.unit).or_insert(reporter_actor(app, one.unit)?).clone(),
            };
            let answers =
                app.run_command_batch(&actor, &report_commands(&reference, &one)?, true)?;
            if let Some(refusal) = answers.into_iter().find_map(std::result::Result::err) {
                return Err(format!("{:?} was refused: {refusal:?}", one.period).into());
            }
            sent += 1;
        }
    }
    Ok(sent)
}

fn reporter_actor(app: &App, unit: UnitId) -> Result<Actor> {
    let (system, account) = (app.system_actor()?, AccountId(unit.0));
    let grant = Grant { role: Role::Reporter, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant_role(&system, account, "bench", &grant)?;
    Ok(app.account_actor(&system, account)?)
}

fn report_commands(reference: &ReferenceSnapshot, one: &Expectation) -> Result<[Command; 2]> {
    let shape = reference.form_schema(one.contract).ok_or("a contract has no form")?;
    // Figures that differ by unit and satisfy every rule of the forms.
    let figure = i64::from(one.unit.0[0] % 7);
    let change = |element: &_| CellChange {
        element: *element,
        mine: Some(CellValue::Reported(figure.min(1))),
        base: None,
    };
    let changes = shape.ranges.keys().map(change).collect();
    let key = one.report_key();
    let report = key.id();
    let save = SaveCells { key, acting_unit: one.unit, changes, note: None, base_revision: 0 };
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    Ok([command(CommandBody::SaveCells(save)), command(CommandBody::submit(report, one.unit))])
}
