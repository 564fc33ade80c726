//! Cost of a report, a sync and a nightly run as the province and the year grow: 100, 1,000 and
//! 10,000 communes after 1, 10 and 52 weeks.
//!
//! ```text
//!  fill  ->  first sync  ->  (push one, the province syncs) x 50  ->  empty sync x 200
//!        ->  nightly run, twice
//! ```
//!
//! Filling uses the application without a network, all weeks of a commune in one commit; everything
//! measured except the nightly run uses TLS. Reports are accepted without a review. No limit is
//! checked: the table is for reading.

use crate::Result;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{BenchFixture, connect, new_runtime};
use crate::host_stats::{CpuTicks, file_size};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::Serialize;
use std::ops::RangeInclusive;
use std::time::Instant;
use thidua::bench_api::{
    AccountId, Actor, App, CellChange, CellValue, Command, CommandBody, DatabaseLocation,
    ElementNumber, Grant, ReportKey, Role, SaveCells, Store, Timestamp, UnitId, UnitKind,
    build_org_facts,
};

/// Numbers of communes.
pub(crate) const COMMUNE_COUNTS: [usize; 3] = [100, 1_000, 10_000];
pub(crate) const WEEK_COUNTS: [usize; 3] = [1, 10, 52];
const FIRST_DAY: Date = date(2024, 8, 19);
/// Number of communes whose last report is pushed during the measurement.
const SAMPLE_SIZE: usize = 50;
const COMMUNES_PER_DISTRICT: usize = 20;

/// Results at one size.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GrowthPoint {
    /// Number of communes.
    pub(crate) communes: usize,
    /// Number of weeks that every commune has reported.
    pub(crate) weeks: usize,
    /// Number of stored reports.
    pub(crate) reports: usize,
    /// Median milliseconds of a durable call that pushes one report.
    pub(crate) push_ms: f64,
    /// Median milliseconds of a commune's empty sync.
    pub(crate) empty_sync_ms: f64,
    /// Median milliseconds of the province's sync with one new report.
    pub(crate) one_report_sync_ms: f64,
    /// Uncompressed bytes of a commune's first sync.
    pub(crate) first_sync_bytes: usize,
    /// Frame bytes of a commune's empty sync.
    pub(crate) empty_sync_bytes: usize,
    /// Frame bytes of the province's sync with one new report.
    pub(crate) one_report_sync_bytes: usize,
    /// Milliseconds of a nightly run that sums up everything.
    pub(crate) full_aggregate_ms: f64,
    /// Milliseconds of the nightly run after the sample changed.
    pub(crate) incremental_aggregate_ms: f64,
    /// Bytes of the database after a checkpoint of its log.
    pub(crate) database_bytes: u64,
    /// CPU share of other processes, in percent.
    pub(crate) other_load_percent: f64,
}

/// Header of [`GrowthPoint`] lines.
pub(crate) const GROWTH_TABLE_HEADER: &str = "| units | weeks | reports | push, ms | nothing new, ms | one new, ms | first sync, bytes | nothing new, bytes | one new, bytes | night anew, ms | night, ms | database | a report | foreign CPU |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

impl GrowthPoint {
    /// One line of a Markdown table.
    #[must_use]
    pub(crate) fn to_markdown_row(&self) -> String {
        let Self {
            communes: units,
            weeks,
            reports,
            first_sync_bytes: first_bytes,
            empty_sync_bytes: nothing_bytes,
            one_report_sync_bytes: one_new_bytes,
            ..
        } = self;
        let each = self.database_bytes / (*reports).max(1) as u64;
        format!(
            "| {units} | {weeks} | {reports} | {:.2} | {:.2} | {:.2} | {first_bytes} | {nothing_bytes} | {one_new_bytes} | {:.0} | {:.0} | {:.1} MiB | {each} B | {:.0} % |",
            self.push_ms,
            self.empty_sync_ms,
            self.one_report_sync_ms,
            self.full_aggregate_ms,
            self.incremental_aggregate_ms,
            self.database_bytes as f64 / 1_048_576.0,
            self.other_load_percent
        )
    }
}

/// Measures every number of weeks for each number of communes; `done` is called for each point.
pub(crate) fn measure_growth(
    communes: RangeInclusive<usize>,
    mut done: impl FnMut(&GrowthPoint),
) -> Result<Vec<GrowthPoint>> {
    let mut points = Vec::new();
    for units in COMMUNE_COUNTS.into_iter().filter(|units| communes.contains(units)) {
        // The example's campaign belongs to the unit with this uid.
        let facts = build_org_facts("prov-84", units.div_ceil(COMMUNES_PER_DISTRICT), units);
        let fixture = BenchFixture::start_with(FIRST_DAY, &facts)?;
        let mut filled = 0;
        for weeks in WEEK_COUNTS {
            let point = measure_point(&fixture, units, filled, weeks)?;
            done(&point);
            points.push(point);
            filled = weeks;
        }
    }
    Ok(points)
}

fn measure_point(
    fixture: &BenchFixture,
    units: usize,
    filled: usize,
    weeks: usize,
) -> Result<GrowthPoint> {
    let before = CpuTicks::sample(&[]);
    let today = FIRST_DAY.saturating_add((weeks as i64).weeks());
    // 09:00 on the Monday after: the reports of the week are due.
    fixture
        .clock
        .set(Timestamp::from_local_midnight(today).saturating_add_micros(9 * 3_600_000_000));
    fixture.app.apply_org_day()?;
    let communes = fixture.unit_uids(UnitKind::Commune)?;
    fill_reports(&fixture.app, &communes, filled, today)?;
    // Otherwise pending writes of the filling would be measured instead of the push.
    checkpoint_wal(fixture)?;
    let mut point = new_runtime()?.block_on(measure_over_network(fixture, &communes, today))?;
    // A new application without cached sums, as after a start.
    let nightly = App::new(
        Store::open(&DatabaseLocation::parse(&fixture.database().display().to_string()))?,
        fixture.clock.clone(),
    );
    point.full_aggregate_ms = time_aggregate(&nightly)?;
    new_runtime()?.block_on(correct_reports(fixture, &communes, today))?;
    point.incremental_aggregate_ms = time_aggregate(&nightly)?;
    checkpoint_wal(fixture)?;
    point.database_bytes = file_size(&fixture.database());
    point.other_load_percent = before.other_load_percent(CpuTicks::sample(&[]));
    Ok(GrowthPoint { communes: units, weeks, reports: units * weeks, ..point })
}

/// Checkpoints the write-ahead log and syncs everything to disk.
fn checkpoint_wal(fixture: &BenchFixture) -> Result<()> {
    let mut conn = SqliteConnection::establish(&fixture.database().display().to_string())?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)",
    )?;
    Ok(std::fs::File::open(fixture.database())?.sync_all()?)
}

fn time_aggregate(app: &App) -> Result<f64> {
    let system = app.system_actor()?;
    let began = Instant::now();
    app.aggregate_campaigns(&system, |_| Ok(true))?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// Fills the missing weeks of every commune in one commit; for the sample all but the last week.
fn fill_reports(app: &App, communes: &[String], filled: usize, today: Date) -> Result<()> {
    let reference = app.store().read(|tx| app.reference(tx))?;
    for (at, uid) in communes.iter().enumerate() {
        let unit = UnitId::from_code(uid);
        let (mut keys, elements) = find_expected_reports(&reference, unit, today)?;
        if at < SAMPLE_SIZE {
            keys.pop();
        }
        let commands: Vec<Command> =
            keys.iter().skip(filled).flat_map(|key| report_commands(key, &elements, at)).collect();
        if commands.is_empty() {
            continue;
        }
        let grant = Grant { role: Role::Reporter, unit, from: FIRST_DAY, to: date(2030, 1, 1) };
        let actor = Actor { account: AccountId(unit.0), device: None, grants: vec![grant] };
        let answers = app.run_command_batch(&actor, &commands, true)?;
        if let Some(refusal) = answers.into_iter().find_map(std::result::Result::err) {
            return Err(format!("{uid} was refused: {refusal:?}").into());
        }
    }
    Ok(())
}

fn report_commands(key: &ReportKey, elements: &[ElementNumber], at: usize) -> [Command; 2] {
    let mine = Some(CellValue::Reported(at as i64 % 10));
    let changes =
        elements.iter().map(|element| CellChange { element: *element, mine, base: None }).collect();
    let save = SaveCells {
        key: key.clone(),
        acting_unit: key.unit,
        changes,
        note: None,
        base_revision: 0,
    };
    let submit = CommandBody::submit(key.id(), key.unit);
    [CommandBody::SaveCells(save), submit].map(|body| Command {
        captured_at: None,
        sync_mark: Vec::new(),
        body,
    })
}

async fn measure_over_network(
    fixture: &BenchFixture,
    communes: &[String],
    today: Date,
) -> Result<GrowthPoint> {
    let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
    let province =
        fixture.unit_uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
    let mut reviewer = fixture
        .enrol_device(connect(&fixture.files, fixture.port).await?, &province, Role::Reviewer)
        .await?;
    reviewer.sync(Vec::new()).await?;
    let channel = connect(&fixture.files, fixture.port).await?;
    let (mut pushes_ms, mut reviewer_syncs, mut first_bytes, mut one_new_bytes) =
        (Vec::new(), Vec::new(), 0, 0);
    let mut reporter = None;
    for uid in communes.iter().take(SAMPLE_SIZE) {
        let mut caller = fixture.enrol_device(channel.clone(), uid, Role::Reporter).await?;
        caller.sync(Vec::new()).await?;
        first_bytes = caller.received_bytes();
        let (mut keys, elements) = find_expected_reports(&reference, caller.unit, today)?;
        let commands = caller.encode_report(&keys.pop().ok_or("no report is expected")?, &elements);
        pushes_ms.push(time_millis(caller.sync(commands.into())).await?);
        let before = reviewer.received_bytes();
        reviewer_syncs.push(time_millis(reviewer.sync(Vec::new())).await?);
        one_new_bytes = reviewer.received_bytes() - before;
        reporter = Some(caller);
    }
    let mut caller: BenchDevice = reporter.ok_or("no commune")?;
    let (mut empty_syncs, mut nothing_bytes) = (Vec::new(), 0);
    for _ in 0..200 {
        let before = caller.received_bytes();
        empty_syncs.push(time_millis(caller.sync(Vec::new())).await?);
        nothing_bytes = caller.received_bytes() - before;
    }
    Ok(GrowthPoint {
        communes: 0,
        weeks: 0,
        reports: 0,
        push_ms: median(pushes_ms),
        empty_sync_ms: median(empty_syncs),
        one_report_sync_ms: median(reviewer_syncs),
        first_sync_bytes: first_bytes,
        empty_sync_bytes: nothing_bytes,
        one_report_sync_bytes: one_new_bytes,
        full_aggregate_ms: 0.0,
        incremental_aggregate_ms: 0.0,
        database_bytes: 0,
        other_load_percent: 0.0,
    })
}

/// Corrects the sample's last reports, so that the next nightly run has something to compute.
async fn correct_reports(fixture: &BenchFixture, communes: &[String], today: Date) -> Result<()> {
    let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
    let channel = connect(&fixture.files, fixture.port).await?;
    for uid in communes.iter().take(SAMPLE_SIZE) {
        let mut caller = fixture.enrol_device(channel.clone(), uid, Role::Reporter).await?;
        let (mut keys, elements) = find_expected_reports(&reference, caller.unit, today)?;
        let command =
            caller.encode_correction(&keys.pop().ok_or("no report is expected")?, &elements, 1, 2);
        caller.sync(vec![command]).await?;
    }
    Ok(())
}

async fn time_millis<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
