//! Judging every target of both campaigns over 52 weeks, against reading the figures for it from SQLite.
//!
//! The year is lived through the steps of the application: every unit that owes a report sends it. Acceptance is left out and assumed.

use super::rig::{campaign_b, furnish};
use super::table::{Measure, Row};
use super::{Plan, Result};
use crate::app::{App, Reference};
use crate::clock::Clock;
use crate::domain::baseline::Baselines;
use crate::domain::campaign::Campaign;
use crate::domain::cell::{CellValue, Change};
use crate::domain::command::{Body, Command, Save};
use crate::domain::expectation::{Expectation, expectations};
use crate::domain::ids::{AccountId, UnitId};
use crate::domain::permission::{Actor, Grant, Role};
use crate::domain::standing::{Entry, standings};
use crate::domain::time::Instant;
use crate::domain::window::Window;
use crate::domain::workflow::State;
use crate::store::report::Filed;
use crate::store::{Location, Store};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::path::PathBuf;

const FIRST: Date = date(2024, 8, 19);

/// A directory that goes with the value.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The row.
pub(super) fn run(plan: &Plan) -> Result<Vec<Row>> {
    let place = Place(std::env::temp_dir().join(format!("thidua-bench-targets-{}", std::process::id())));
    let _ = std::fs::remove_dir_all(&place.0);
    std::fs::create_dir_all(&place.0)?;
    let clock = Clock::manual(Instant::local_midnight(FIRST));
    let store = Store::open(&Location::parse(&place.0.join("year.db").display().to_string()))?;
    let app = App::new(store, clock.clone());
    furnish(&app)?;
    campaign_b(&app)?;
    let end = FIRST.saturating_add(52.weeks());
    let sent = live(&app, &clock, end)?;
    let reference = app.store().read(|tx| app.reference(tx))?;
    let today = end.saturating_add(1.day());
    let undivided: Vec<Campaign> =
        reference.campaigns.iter().map(|one| Campaign { phases: Vec::new(), ..one.clone() }).collect();
    let all = [
        ("targets, a year of both campaigns", &undivided),
        ("the same, and each phase by itself", &reference.campaigns),
    ];
    let mut rows = Vec::new();
    for (name, campaigns) in all {
        let (mut judging, mut reading, mut judged) = (Vec::new(), Vec::new(), 0);
        for _ in 0..plan.rounds {
            let began = std::time::Instant::now();
            let filed = app.store().read(|tx| tx.filed_reports(&[State::Submitted], &reference.units))?;
            reading.push(1.0 / began.elapsed().as_secs_f64());
            let reports = entries(&filed);
            let began = std::time::Instant::now();
            judged = judge(&reference, campaigns, &reports, today)?;
            judging.push(1.0 / began.elapsed().as_secs_f64());
        }
        let (judging, reading) = (Measure::of(judging), Measure::of(reading));
        let (of_judging, of_reading) = (1e3 / judging.median, 1e3 / reading.median);
        let note =
            format!("{sent} reports; {judged} standings in {of_judging:.1} ms, reading the figures {of_reading:.1} ms");
        rows.push(Row::against(name, "times/s", judging, reading, ">= 1").noting(note));
    }
    Ok(rows)
}

fn entries(filed: &[Filed]) -> Vec<Entry<'_>> {
    let mut entries = Vec::with_capacity(filed.len());
    for Filed { report, .. } in filed {
        entries.push(Entry { key: &report.key, received: true, accepted: true, late: false, cells: &report.cells });
    }
    entries
}

/// Every target of the campaigns at every unit; how many standings that gave.
fn judge(reference: &Reference, campaigns: &[Campaign], reports: &[Entry<'_>], today: Date) -> Result<usize> {
    let baselines = Baselines::new([]);
    let mut judged = 0;
    for campaign in campaigns {
        judged += standings(&reference.input(campaign, &baselines, reports, today), 1)?.len();
    }
    Ok(judged)
}

/// Lives the year: who owes a report sends it on the last day of its period. How many were sent.
fn live(app: &App, clock: &Clock, end: Date) -> Result<usize> {
    let reference = app.store().read(|tx| app.reference(tx))?;
    let window = Window { start: FIRST, end };
    let mut owed: BTreeMap<Date, Vec<Expectation>> = BTreeMap::new();
    for one in expectations(&reference.org, &reference.calendars, &reference.catalogue.contracts, window)? {
        // A period that the year cuts short is not over.
        if one.whole.end <= end {
            owed.entry(one.period.end).or_default().push(one);
        }
    }
    let (mut actors, mut sent): (BTreeMap<UnitId, Actor>, usize) = (BTreeMap::new(), 0);
    for (end, owed) in owed {
        clock.set(Instant::local_midnight(end.saturating_sub(1.day())));
        app.apply_day()?;
        for one in owed {
            let actor = match actors.get(&one.unit) {
                Some(known) => known.clone(),
                None => actors.entry(one.unit).or_insert(reporter(app, one.unit)?).clone(),
            };
            let answers = app.run_all(&actor, &commands(&reference, &one)?, true)?;
            if let Some(refusal) = answers.into_iter().find_map(std::result::Result::err) {
                return Err(format!("{:?} was refused: {refusal:?}", one.period).into());
            }
            sent += 1;
        }
    }
    Ok(sent)
}

fn reporter(app: &App, unit: UnitId) -> Result<Actor> {
    let (system, account) = (app.system()?, AccountId(unit.0));
    let grant = Grant { role: Role::Reporter, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant(&system, account, "bench", &grant)?;
    Ok(app.account_actor(&system, account)?)
}

fn commands(reference: &Reference, one: &Expectation) -> Result<[Command; 2]> {
    let shape = reference.shape(one.contract).ok_or("a contract has no form")?;
    // Figures that differ from unit to unit and keep every rule of the forms.
    let figure = i64::from(one.unit.0[0] % 7);
    let change = |element: &_| Change { element: *element, mine: Some(CellValue::Reported(figure.min(1))), base: None };
    let changes = shape.lines.keys().map(change).collect();
    let key = one.key();
    let report = key.id();
    let save = Save { key, acting_unit: one.unit, changes, note: None, base_revision: 0 };
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    Ok([command(Body::Save(save)), command(Body::Submit { report, acting_unit: one.unit })])
}
