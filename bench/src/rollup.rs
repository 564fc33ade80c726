//! Sums of ten million cells of 1,200 units, 20 elements and three levels: from encoded reports,
//! against the scan of their bytes and against the same sums in SQLite (and in DuckDB, if
//! `DUCKDB_PYTHON` names a Python that has it); and 10,000 changed cells.
//!
//! Figures are a formula of unit, week and element, so every engine computes the same totals, which
//! are compared.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::SqliteConnection;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::time::Instant;
use thidua::bench_api::{
    CampaignTotals, ProvinceSize, Report, ReportEntry, SyntheticProvince, UnitId, advance_totals,
    compute_totals, decode_report, encode_report,
};

const DISTRICTS: usize = 100;
const COMMUNES: usize = 1099;
const WEEKS: usize = 455;
const ELEMENTS: usize = 20;
const SIZE: ProvinceSize = ProvinceSize {
    districts: DISTRICTS,
    communes: COMMUNES,
    elements: ELEMENTS,
    weeks: WEEKS,
    first_day: date(2024, 1, 1),
};

#[derive(QueryableByName)]
struct EncodedReportRow {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Measures the rows.
pub(crate) fn bench_rollup(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let dir = std::env::temp_dir().join(format!("thidua-bench-rollup-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let rows = measure_rollup(plan, &dir);
    std::fs::remove_dir_all(&dir)?;
    rows
}

fn measure_rollup(plan: &BenchPlan, dir: &std::path::Path) -> Result<Vec<BenchRow>> {
    let province = SyntheticProvince::new(SIZE);
    let mut conn = SqliteConnection::establish(&dir.join("cells.db").display().to_string())?;
    fill_database(&mut conn, &province)?;
    let (mut scans, mut whole, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..plan.rounds {
        scans.push(1.0 / time_seconds(|| scan_bytes(&mut conn))?.1);
        let began = Instant::now();
        let reports = read_reports(&mut conn, &province)?;
        let entries: Vec<ReportEntry<'_>> = reports.iter().map(report_entry).collect();
        let summed = time_seconds(|| {
            Ok(compute_totals(&province.standing_input(&entries, day_after(&province)))?)
        })?;
        whole.push(1.0 / began.elapsed().as_secs_f64());
        sums.push(1.0 / summed.1);
        last = Some(summed.0);
    }
    let mut totals = last.ok_or("no round")?;
    let (sqlite_total, by_sqlite) = time_seconds(|| sum_in_sqlite(&mut conn))?;
    let sum = province_total(&totals, &province);
    if sum != Some(sqlite_total) {
        return Err(format!("the sums differ: {sum:?} and SQLite's {sqlite_total}").into());
    }
    let (scan_ms, whole_ms) = (
        1e3 / BenchMeasure::from_runs(scans.clone()).median,
        1e3 / BenchMeasure::from_runs(whole.clone()).median,
    );
    let (sums, sqlite) =
        (BenchMeasure::from_runs(sums), BenchMeasure::from_runs(vec![1.0 / by_sqlite]));
    let sums_ms = 1e3 / sums.median;
    let mut rows = vec![
        BenchRow::with_ceiling(
            "roll-up of 10 M cells, read and decoded",
            "times/s",
            BenchMeasure::from_runs(whole),
            BenchMeasure::from_runs(scans),
            ">= 0.67",
        )
        .with_note(format!(
            "{whole_ms:.0} ms; the bare scan of the reports' bytes {scan_ms:.0} ms"
        )),
        BenchRow::with_ceiling(
            "the sums alone, against SQL in SQLite",
            "times/s",
            sums,
            sqlite,
            ">= 1",
        )
        .with_note(format!(
            "{sums_ms:.0} ms; SQLite {:.0} ms over a table of cells",
            by_sqlite * 1e3
        )),
    ];
    rows.extend(measure_duckdb(dir, &mut conn, sums_ms)?);
    rows.push(measure_changes(plan, &mut conn, &province, &mut totals)?);
    Ok(rows)
}

fn time_seconds<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let began = Instant::now();
    let done = work()?;
    Ok((done, began.elapsed().as_secs_f64()))
}

/// Corrects 500 reports of 20 cells: the incremental sums, against durable upserts of every
/// affected sum.
fn measure_changes(
    plan: &BenchPlan,
    conn: &mut SqliteConnection,
    province: &SyntheticProvince,
    totals: &mut CampaignTotals,
) -> Result<BenchRow> {
    let (mut product, mut bare) = (Vec::new(), Vec::new());
    let upserts = "insert into total select up.above, e.n, 1 from change c join up on up.unit = c.unit, element e
                   where true on conflict do update set value = value + excluded.value";
    for round in 0..plan.rounds {
        let corrected: Vec<Report> = (0..500)
            .map(|at| province.build_report(at * 2 % COMMUNES, at % WEEKS, round + 1))
            .collect();
        let input = province.standing_input(&[], day_after(province));
        let work = || {
            corrected.iter().for_each(|report| totals.upsert_report(&report_entry(report)));
            advance_totals(&input, totals);
            Ok(())
        };
        product.push(1.0 / time_seconds(work)?.1);
        let work = || Ok(conn.batch_execute(&format!("BEGIN IMMEDIATE; {upserts}; COMMIT"))?);
        bare.push(1.0 / time_seconds(work)?.1);
    }
    let (product, bare) = (BenchMeasure::from_runs(product), BenchMeasure::from_runs(bare));
    let note = format!(
        "{:.1} ms in memory; bare upserts {:.1} ms",
        1e3 / product.median,
        1e3 / bare.median
    );
    Ok(BenchRow::with_ceiling("10,000 changed cells of them", "times/s", product, bare, ">= 0.67")
        .with_note(note))
}

/// The same sums in DuckDB, without its import; no row if DuckDB is not available.
fn measure_duckdb(
    dir: &std::path::Path,
    conn: &mut SqliteConnection,
    sums_ms: f64,
) -> Result<Option<BenchRow>> {
    let Some(python) = std::env::var_os("DUCKDB_PYTHON") else { return Ok(None) };
    let csv = dir.join("cells.csv");
    let cells: Vec<CellRow> =
        diesel::sql_query("select unit, element, value from cell").load(conn)?;
    let mut text = String::with_capacity(cells.len() * 12);
    for CellRow { unit, element, value } in cells {
        text.push_str(&format!("{unit},{element},{value}\n"));
    }
    std::fs::write(&csv, text)?;
    let up: Vec<UnitAncestorRow> =
        diesel::sql_query("select unit, above as ancestor from up").load(conn)?;
    let up: String = up
        .iter()
        .map(|UnitAncestorRow { unit, ancestor: above }| format!("{unit},{above}\n"))
        .collect();
    std::fs::write(dir.join("up.csv"), up)?;
    let out = std::process::Command::new(python).arg("-c").arg(DUCKDB_SCRIPT).arg(dir).output()?;
    let output = String::from_utf8_lossy(&out.stdout);
    let seconds: f64 =
        output.trim().parse().map_err(|_| String::from_utf8_lossy(&out.stderr).into_owned())?;
    let (ours, theirs) = (
        BenchMeasure::from_runs(vec![1e3 / sums_ms]),
        BenchMeasure::from_runs(vec![1.0 / seconds]),
    );
    let note = format!("{sums_ms:.0} ms; DuckDB {:.0} ms, its import left out", seconds * 1e3);
    Ok(Some(
        BenchRow::with_ceiling("the sums alone, against DuckDB", "times/s", ours, theirs, ">= 1")
            .with_note(note),
    ))
}

#[derive(QueryableByName)]
struct CellRow {
    #[diesel(sql_type = BigInt)]
    unit: i64,
    #[diesel(sql_type = BigInt)]
    element: i64,
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct UnitAncestorRow {
    #[diesel(sql_type = BigInt)]
    unit: i64,
    #[diesel(sql_type = BigInt)]
    ancestor: i64,
}

/// Sums each unit first and its ancestors from that: the faster of two ways. Best of three.
const DUCKDB_SCRIPT: &str = r#"
import duckdb, sys, time
db = duckdb.connect()
db.execute("set threads = 2")
db.execute(f"create table cell as select * from read_csv('{sys.argv[1]}/cells.csv', header=false, columns={{'unit':'INTEGER','element':'INTEGER','value':'BIGINT'}})")
db.execute(f"create table up as select * from read_csv('{sys.argv[1]}/up.csv', header=false, columns={{'unit':'INTEGER','above':'INTEGER'}})")
best = 1e9
for _ in range(3):
    began = time.perf_counter()
    db.execute("select up.above, u.element, sum(u.value) from (select unit, element, sum(value) as value from cell group by all) u join up using (unit) group by all").fetchall()
    best = min(best, time.perf_counter() - began)
print(best)
"#;

/// Stores the encoded reports, and the same figures as a table of cells.
fn fill_database(conn: &mut SqliteConnection, province: &SyntheticProvince) -> Result<()> {
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;
         create table record (no integer primary key, bytes blob not null);
         create table cell (unit integer not null, week integer not null, element integer not null, value integer not null);
         create table up (unit integer not null, above integer not null);
         create table element (n integer primary key);
         create table change (unit integer not null);
         create table total (above integer not null, n integer not null, value integer not null, primary key (above, n)) without rowid;
         BEGIN",
    )?;
    for commune in 0..COMMUNES {
        for week in 0..WEEKS {
            let bytes = encode_report(&province.build_report(commune, week, 0), &province.units)?;
            diesel::sql_query("insert into record (bytes) values ($1)")
                .bind::<Binary, _>(bytes)
                .execute(conn)?;
        }
    }
    let numbers = |name: &str, count: usize| {
        format!(
            "{name}(n) as (values (0) union all select n + 1 from {name} where n < {})",
            count - 1
        )
    };
    let (communes, weeks, elements) =
        (numbers("communes", COMMUNES), numbers("weeks", WEEKS), numbers("elements", ELEMENTS));
    conn.batch_execute(&format!(
        "with recursive {communes}, {weeks}, {elements}
         insert into cell select c.n, w.n, e.n, (c.n * 7 + w.n * 3 + e.n) % 10 from communes c, weeks w, elements e;
         with recursive {communes} insert into up select n, n from communes union all
             select n, 10000 + n % {DISTRICTS} from communes union all select n, 20000 from communes;
         with recursive {elements} insert into element select n from elements;
         with recursive {} insert into change select n * 2 % {COMMUNES} from changes;
         COMMIT",
        numbers("changes", 500)
    ))?;
    Ok(())
}

fn scan_bytes(conn: &mut SqliteConnection) -> Result<usize> {
    let rows: Vec<EncodedReportRow> =
        diesel::sql_query("select bytes from record order by no").load(conn)?;
    Ok(rows.iter().map(|row| row.bytes.len()).sum())
}

fn read_reports(conn: &mut SqliteConnection, province: &SyntheticProvince) -> Result<Vec<Report>> {
    let rows: Vec<EncodedReportRow> =
        diesel::sql_query("select bytes from record order by no").load(conn)?;
    rows.iter().map(|row| Ok(decode_report(&row.bytes, &province.units)?)).collect()
}

fn sum_in_sqlite(conn: &mut SqliteConnection) -> Result<i64> {
    let sums = "select up.above as above, u.element as element, sum(u.value) as value
                from (select unit, element, sum(value) as value from cell group by unit, element) u
                join up on up.unit = u.unit group by up.above, u.element";
    let found: SumRow =
        diesel::sql_query(format!("select sum(value) as total from ({sums}) where above = 20000"))
            .get_result(conn)?;
    Ok(found.total)
}

/// The province's sum over all elements.
fn province_total(totals: &CampaignTotals, province: &SyntheticProvince) -> Option<i64> {
    let (_, folded) = totals.windows().first()?;
    province
        .catalogue
        .elements
        .iter()
        .map(|element| folded.value(UnitId::from_code("province"), &element.code))
        .sum()
}

fn report_entry(report: &Report) -> ReportEntry<'_> {
    ReportEntry {
        key: &report.key,
        received: true,
        accepted: true,
        late: false,
        cells: &report.cells,
    }
}

/// The day on which every report of the campaign is there.
fn day_after(province: &SyntheticProvince) -> Date {
    province.campaign.measurement_window.end.saturating_add(1.day())
}
