//! What a report, a sync and a night cost as the province and the year grow: 100, 1,000 and 10,000 communes after 1, 10 and 52 weeks.
//!
//! ```text
//!  fill up to the week  ->  first sync  ->  (one pushes, the province hears) x 50  ->  nothing new x 200  ->  the night, twice
//! ```
//!
//! The filling goes through the steps of the application without a network, a commune's weeks in one commit; what is measured goes over
//! TLS, but for the night. Acceptance is left out and assumed. Nothing is held against a limit: the table is read.

use super::Result;
use super::caller::{Caller, owed};
use super::machine::{Moment, length};
use super::rig::{Rig, connect, runtime};
use crate::app::App;
use crate::domain::cell::{CellValue, Change, ElementNo};
use crate::domain::command::{Body, Command, Save};
use crate::domain::ids::{AccountId, UnitId};
use crate::domain::org::{Edge, Hierarchy, OrgFacts, Span, Unit, UnitKind, Version};
use crate::domain::permission::{Actor, Grant, Role};
use crate::domain::report::ReportKey;
use crate::domain::time::Instant as Time;
use crate::store::{Location, Store};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::Serialize;
use std::ops::RangeInclusive;
use std::time::Instant;

/// Communes, and weeks since the first.
pub(super) const UNITS: [usize; 3] = [100, 1_000, 10_000];
pub(super) const WEEKS: [usize; 3] = [1, 10, 52];
const FIRST: Date = date(2024, 8, 19);
/// Communes whose last report is pushed while the watch runs.
const SAMPLE: usize = 50;
const COMMUNES_IN_A_DISTRICT: usize = 20;

/// What was seen at one size.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// Communes.
    pub units: usize,
    /// Weeks that every commune has reported.
    pub weeks: usize,
    /// Reports stored.
    pub reports: usize,
    /// Median milliseconds of a call that pushes one report, durable.
    pub push_ms: f64,
    /// Median milliseconds of a commune's sync with nothing new.
    pub nothing_ms: f64,
    /// Median milliseconds of the province's sync that brings one new report.
    pub one_new_ms: f64,
    /// Bytes of a commune's first sync, unpacked.
    pub first_bytes: usize,
    /// Bytes of the frames of a commune's sync with nothing new.
    pub nothing_bytes: usize,
    /// Bytes of the frames of the province's sync with one new report.
    pub one_new_bytes: usize,
    /// Milliseconds of a night that adds up everything anew.
    pub night_anew_ms: f64,
    /// Milliseconds of the night after the sample changed.
    pub night_ms: f64,
    /// Bytes of the database, its log written back.
    pub database_bytes: u64,
    /// The share of the machine that others took, in percent.
    pub foreign: f64,
}

/// Heading of [`Point::line`].
pub const GROWTH_HEAD: &str = "| units | weeks | reports | push, ms | nothing new, ms | one new, ms | first sync, bytes | nothing new, bytes | one new, bytes | night anew, ms | night, ms | database | a report | foreign CPU |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

impl Point {
    /// As a line of a table in Markdown.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { units, weeks, reports, first_bytes, nothing_bytes, one_new_bytes, .. } = self;
        let each = self.database_bytes / (*reports).max(1) as u64;
        format!(
            "| {units} | {weeks} | {reports} | {:.2} | {:.2} | {:.2} | {first_bytes} | {nothing_bytes} | {one_new_bytes} | {:.0} | {:.0} | {:.1} MiB | {each} B | {:.0} % |",
            self.push_ms,
            self.nothing_ms,
            self.one_new_ms,
            self.night_anew_ms,
            self.night_ms,
            self.database_bytes as f64 / 1_048_576.0,
            self.foreign
        )
    }
}

/// Every size of so many communes; `done` hears each point as it ends.
pub fn run(communes: RangeInclusive<usize>, mut done: impl FnMut(&Point)) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for units in UNITS.into_iter().filter(|units| communes.contains(units)) {
        let rig = Rig::on(FIRST, &facts(units))?;
        let mut filled = 0;
        for weeks in WEEKS {
            let point = point(&rig, units, filled, weeks)?;
            done(&point);
            points.push(point);
            filled = weeks;
        }
    }
    Ok(points)
}

fn point(rig: &Rig, units: usize, filled: usize, weeks: usize) -> Result<Point> {
    let before = Moment::now(None);
    let today = FIRST.saturating_add((weeks as i64).weeks());
    // Nine in the morning of the Monday after: the reports of the week are due.
    rig.clock.set(Time::local_midnight(today).plus_micros(9 * 3_600_000_000));
    rig.app.apply_day()?;
    let communes = rig.uids(UnitKind::Commune)?;
    fill(&rig.app, &communes, filled, today)?;
    // A disk that still writes the filling would be measured in place of a push.
    written_back(rig)?;
    let mut point = runtime()?.block_on(over_the_network(rig, &communes, today))?;
    // A process of its own, as after a start: it knows no sums yet.
    let nightly = App::new(Store::open(&Location::parse(&rig.database().display().to_string()))?, rig.clock.clone());
    point.night_anew_ms = night(&nightly)?;
    runtime()?.block_on(correct(rig, &communes, today))?;
    point.night_ms = night(&nightly)?;
    written_back(rig)?;
    point.database_bytes = length(&rig.database());
    point.foreign = before.foreign(Moment::now(None));
    Ok(Point { units, weeks, reports: units * weeks, ..point })
}

/// The write-ahead log is copied into the database and everything is on the disk.
fn written_back(rig: &Rig) -> Result<()> {
    let mut conn = SqliteConnection::establish(&rig.database().display().to_string())?;
    conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(std::fs::File::open(rig.database())?.sync_all()?)
}

fn night(app: &App) -> Result<f64> {
    let system = app.system()?;
    let began = Instant::now();
    app.aggregate(&system, |_| Ok(true))?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// Every commune's weeks that are not there yet, in one commit; of the sample all but the last.
fn fill(app: &App, communes: &[String], filled: usize, today: Date) -> Result<()> {
    let reference = app.store().read(|tx| app.reference(tx))?;
    for (at, uid) in communes.iter().enumerate() {
        let unit = UnitId::named(uid);
        let (mut keys, elements) = owed(&reference, unit, today)?;
        if at < SAMPLE {
            keys.pop();
        }
        let commands: Vec<Command> = keys.iter().skip(filled).flat_map(|key| commands(key, &elements, at)).collect();
        if commands.is_empty() {
            continue;
        }
        let grant = Grant { role: Role::Reporter, unit, from: FIRST, to: date(2030, 1, 1) };
        let actor = Actor { account: AccountId(unit.0), device: None, grants: vec![grant] };
        let answers = app.run_all(&actor, &commands, true)?;
        if let Some(refusal) = answers.into_iter().find_map(std::result::Result::err) {
            return Err(format!("{uid} was refused: {refusal:?}").into());
        }
    }
    Ok(())
}

fn commands(key: &ReportKey, elements: &[ElementNo], at: usize) -> [Command; 2] {
    let mine = Some(CellValue::Reported(at as i64 % 10));
    let changes = elements.iter().map(|element| Change { element: *element, mine, base: None }).collect();
    let save = Save { key: key.clone(), acting_unit: key.unit, changes, note: None, base_revision: 0 };
    let submit = Body::Submit { report: key.id(), acting_unit: key.unit };
    [Body::Save(save), submit].map(|body| Command { captured_at: None, sync_mark: Vec::new(), body })
}

async fn over_the_network(rig: &Rig, communes: &[String], today: Date) -> Result<Point> {
    let reference = rig.app.store().read(|tx| rig.app.reference(tx))?;
    let province = rig.uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
    let mut above = rig.caller(connect(&rig.files, rig.port).await?, &province, Role::Reviewer).await?;
    above.sync(Vec::new()).await?;
    let channel = connect(&rig.files, rig.port).await?;
    let (mut pushes, mut heard, mut first_bytes, mut one_new_bytes) = (Vec::new(), Vec::new(), 0, 0);
    let mut reporter = None;
    for uid in communes.iter().take(SAMPLE) {
        let mut caller = rig.caller(channel.clone(), uid, Role::Reporter).await?;
        caller.sync(Vec::new()).await?;
        first_bytes = caller.received();
        let (mut keys, elements) = owed(&reference, caller.unit, today)?;
        let commands = caller.report(&keys.pop().ok_or("nothing owed")?, &elements);
        pushes.push(millis(caller.sync(commands.into())).await?);
        let before = above.received();
        heard.push(millis(above.sync(Vec::new())).await?);
        one_new_bytes = above.received() - before;
        reporter = Some(caller);
    }
    let mut caller: Caller = reporter.ok_or("no commune")?;
    let (mut quiet, mut nothing_bytes) = (Vec::new(), 0);
    for _ in 0..200 {
        let before = caller.received();
        quiet.push(millis(caller.sync(Vec::new())).await?);
        nothing_bytes = caller.received() - before;
    }
    Ok(Point {
        units: 0,
        weeks: 0,
        reports: 0,
        push_ms: median(pushes),
        nothing_ms: median(quiet),
        one_new_ms: median(heard),
        first_bytes,
        nothing_bytes,
        one_new_bytes,
        night_anew_ms: 0.0,
        night_ms: 0.0,
        database_bytes: 0,
        foreign: 0.0,
    })
}

/// The sample's last reports corrected, so that the next night has something to do.
async fn correct(rig: &Rig, communes: &[String], today: Date) -> Result<()> {
    let reference = rig.app.store().read(|tx| rig.app.reference(tx))?;
    let channel = connect(&rig.files, rig.port).await?;
    for uid in communes.iter().take(SAMPLE) {
        let mut caller = rig.caller(channel.clone(), uid, Role::Reporter).await?;
        let (mut keys, elements) = owed(&reference, caller.unit, today)?;
        let command = caller.correction(&keys.pop().ok_or("nothing owed")?, &elements, 1, 2);
        caller.sync(vec![command]).await?;
    }
    Ok(())
}

async fn millis<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A province of so many communes, twenty to a district. DỮ LIỆU GIẢ LẬP.
fn facts(communes: usize) -> OrgFacts {
    let mut facts = OrgFacts::default();
    let mut add = |uid: &str, kind: UnitKind, above: Option<String>| {
        let name = format!("{uid} (DỮ LIỆU GIẢ LẬP)");
        let version =
            Version { span: Span::ALWAYS, name, kind, local_kind: kind.to_string(), code: None, note: String::new() };
        facts.units.push(Unit::new(uid, version));
        let edge = |parent: String| Edge {
            child: UnitId::named(uid),
            parent: UnitId::named(&parent),
            hierarchy: Hierarchy::Command,
            span: Span::ALWAYS,
        };
        facts.edges.extend(above.map(edge));
    };
    // The example's campaign belongs to the unit with this uid.
    let province = "prov-84".to_owned();
    add(&province, UnitKind::Province, None);
    let districts = communes.div_ceil(COMMUNES_IN_A_DISTRICT);
    (0..districts).for_each(|at| add(&format!("district-{at}"), UnitKind::District, Some(province.clone())));
    for at in 0..communes {
        add(&format!("commune-{at}"), UnitKind::Commune, Some(format!("district-{}", at / COMMUNES_IN_A_DISTRICT)));
    }
    facts
}
