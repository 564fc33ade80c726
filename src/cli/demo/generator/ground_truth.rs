//! The events in the synthetic province, day by day, last year and this year.
//!
//! The final checks compare with these events. Phones and server get them only as figures on report
//! sheets.

use super::communes::{DemoCommune, DemoDistrict};
use super::rng::Rng;
use crate::domain::org::Org;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::{date_from_days, days_from_date};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days before last year's window from which events are generated, so that a backlog exists when it
/// begins.
pub(super) const WARM_UP_DAYS: i32 = 182;

/// Counts of one element at one unit, by day.
#[derive(Debug, Clone, Default)]
struct DailySeries(BTreeMap<i32, i64>);

/// All events.
#[derive(Debug, Clone)]
pub struct GroundTruth {
    flows: BTreeMap<(UnitId, ElementCode), DailySeries>,
    /// Stocks by the day of their change; a value holds from that day on.
    stocks: BTreeMap<(UnitId, ElementCode), DailySeries>,
}

impl GroundTruth {
    /// The count at the unit in the window; 0 without an event.
    #[must_use]
    pub fn flow_total(&self, unit: UnitId, element: &ElementCode, window: DateWindow) -> i64 {
        let days = days_from_date(window.start)..days_from_date(window.end);
        self.flows
            .get(&(unit, element.clone()))
            .map_or(0, |series| series.0.range(days).map(|(_, count)| count).sum())
    }

    /// The stock at the end of the day `last`.
    #[must_use]
    pub fn stock_at_end_of(&self, unit: UnitId, element: &ElementCode, last: Date) -> i64 {
        let series = self.stocks.get(&(unit, element.clone()));
        series
            .and_then(|series| series.0.range(..=days_from_date(last)).next_back())
            .map_or(0, |(_, stock)| *stock)
    }
}

/// What the events of an authority are generated from.
#[derive(Debug, Clone, Copy)]
pub struct TruthInput<'a> {
    /// The seed of all random streams.
    pub seed: u64,
    /// The organisation.
    pub org: &'a Org,
    /// Districts on the first day.
    pub districts: &'a [DemoDistrict],
    /// Communes on the first day.
    pub places: &'a [DemoCommune],
    /// The days.
    pub years: SimulatedYears,
}

/// The days that bound the generated events.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedYears {
    /// First day of last year's window.
    pub base_start: Date,
    /// First day of the campaign.
    pub campaign_start: Date,
    /// The day after the last simulated one.
    pub end: Date,
}

impl SimulatedYears {
    fn first_day(&self) -> i32 {
        days_from_date(self.base_start) - WARM_UP_DAYS
    }

    pub(super) fn days(&self) -> std::ops::Range<i32> {
        self.first_day()..days_from_date(self.end)
    }

    /// First days of consecutive weeks of seven days, counted from the first generated day.
    pub(super) fn weeks(&self) -> impl Iterator<Item = i32> + use<> {
        self.days().step_by(7)
    }

    pub(super) fn year_factor(&self, day: i32, factor: f64) -> f64 {
        if day >= days_from_date(self.campaign_start) { factor } else { 1.0 }
    }
}

/// Collects the events of an authority while they are generated.
pub(super) struct TruthGenerator<'a> {
    pub(super) input: TruthInput<'a>,
    truth: GroundTruth,
}

impl<'a> TruthGenerator<'a> {
    pub(super) fn new(input: TruthInput<'a>) -> Self {
        let truth = GroundTruth { flows: BTreeMap::new(), stocks: BTreeMap::new() };
        Self { input, truth }
    }

    pub(super) fn finish(self) -> GroundTruth {
        self.truth
    }

    pub(super) fn rng_stream(&self, what: &str, who: &str) -> Rng {
        Rng::named_stream(self.input.seed, &["truth", what, who])
    }

    /// Adds an event on `day` at `unit`, or at its successor on that day.
    pub(super) fn add_event(&mut self, unit: UnitId, element: &str, day: i32, count: i64) {
        let Ok(code) = ElementCode::new(element) else { return };
        if count != 0 && self.input.years.days().contains(&day) {
            let unit = successor_on(self.input.org, unit, date_from_days(day));
            *self.truth.flows.entry((unit, code)).or_default().0.entry(day).or_default() += count;
        }
    }

    /// Sets the stock of `unit` from `day` on.
    pub(super) fn set_stock(&mut self, unit: UnitId, element: &str, day: i32, stock: i64) {
        let Ok(code) = ElementCode::new(element) else { return };
        self.truth.stocks.entry((unit, code)).or_default().0.insert(day, stock);
    }
}

/// The unit that succeeds `unit`, which existed on the first day, on `day`.
#[must_use]
pub(crate) fn successor_on(org: &Org, unit: UnitId, day: Date) -> UnitId {
    let next = |unit: &UnitId| {
        let mut lines = org
            .lineage_from(*unit)
            .filter(|line| line.kind.is_succession() && line.effective_day <= day);
        lines.next().map(|line| line.to)
    };
    std::iter::successors(Some(unit), next).last().unwrap_or(unit)
}
