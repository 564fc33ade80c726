//! The events at the stations of a health department: vaccinations, diseases, visits, and patients
//! under treatment, whose number is a stock.

use super::communes::{DemoCommune, DemoDistrict};
use super::ground_truth::{GroundTruth, TruthGenerator, TruthInput, successor_on};
use super::rng::Rng;
use crate::domain::org::{Org, UnitKind};
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::days_from_date;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Dengue cases of a station in a month, by month of the year (invented).
const DENGUE_MONTHS: [f64; 12] = [0.7, 0.7, 0.7, 0.7, 1.4, 2.1, 3.5, 4.2, 4.2, 3.5, 2.1, 1.4];
/// Change of dengue from last year to this one (invented).
const DENGUE_YEAR_FACTOR: f64 = 0.82;
/// Share of months in which a station is closed and nothing happens there.
const CLOSED_MONTHS: f64 = 0.02;
/// Of two stations without dengue, the positions in code order.
const WITHOUT_DENGUE: [usize; 2] = [5, 6];

/// The stations of the department on `day`, each with the same share. There are no districts.
#[must_use]
pub(crate) fn generate_places(
    _seed: u64,
    org: &Org,
    day: Date,
) -> (Vec<DemoDistrict>, Vec<DemoCommune>) {
    let mut stations: Vec<_> = org.units_of_kind_on(UnitKind::Commune, day).collect();
    stations.sort_by(|a, b| a.uid.cmp(&b.uid));
    let share = 1.0 / stations.len().max(1) as f64;
    let place = |unit: &crate::domain::org::Unit| DemoCommune {
        unit: unit.id,
        uid: unit.uid.clone(),
        district: unit.id,
        share,
    };
    (Vec::new(), stations.into_iter().map(place).collect())
}

/// Generates all events.
#[must_use]
pub(crate) fn generate(input: &TruthInput<'_>) -> GroundTruth {
    let mut generator = TruthGenerator::new(*input);
    for (at, place) in input.places.iter().enumerate() {
        generator.generate_station(place, !WITHOUT_DENGUE.contains(&at));
    }
    generator.generate_patients();
    generator.generate_watch();
    generator.finish()
}

/// The days of a month, as day numbers.
#[derive(Debug, Clone, Copy)]
struct MonthDays {
    first: Date,
    start: i32,
    days: usize,
}

impl TruthGenerator<'_> {
    /// The months from last year's campaign to the end.
    fn months(&self) -> Vec<MonthDays> {
        let years = self.input.years;
        let firsts = std::iter::successors(Some(years.base_start), |first| {
            Some(first.saturating_add(1.month())).filter(|next| *next < years.end)
        });
        let month = |first: Date| {
            let start = days_from_date(first);
            let days = days_from_date(first.saturating_add(1.month())) - start;
            MonthDays { first, start, days: days.unsigned_abs() as usize }
        };
        firsts.map(month).collect()
    }

    fn generate_station(&mut self, place: &DemoCommune, has_dengue: bool) {
        let mut rng = self.rng_stream("station", &place.uid);
        for month in self.months() {
            if rng.next_bool(CLOSED_MONTHS) {
                continue;
            }
            let season = DENGUE_MONTHS[month.first.month().unsigned_abs() as usize - 1];
            let dengue = season * self.input.years.year_factor(month.start, DENGUE_YEAR_FACTOR);
            let dengue = if has_dengue { dengue } else { 0.0 };
            self.add_pairs(place, month, &mut rng, (8.0, 0.975), ("tre_duoi_1", "tiem_du"));
            self.add_pairs(place, month, &mut rng, (dengue, 0.03), ("ca_sxh", "ca_sxh_nang"));
            self.add_pairs(place, month, &mut rng, (0.15, 0.97), ("o_dich", "o_dich_48h"));
            self.add_pairs(place, month, &mut rng, (3.5, 0.93), ("phu_nu_kt", "kham_thai_4"));
            self.add_pairs(place, month, &mut rng, (2.5, 0.0), ("ca_tcm", "ca_tcm"));
            self.add_pairs(place, month, &mut rng, (2.1, 0.0), ("buoi_tt", "buoi_tt"));
            for day in 0..month.days {
                let visits = rng.poisson(12.0);
                self.add_event(place.unit, "luot_kham", month.start + day as i32, visits);
            }
        }
    }

    /// Events of one element in a month; each is also one of the second element with this
    /// probability, on the same day.
    fn add_pairs(
        &mut self,
        place: &DemoCommune,
        month: MonthDays,
        rng: &mut Rng,
        (mean, share): (f64, f64),
        (all, part): (&str, &str),
    ) {
        for _ in 0..rng.poisson(mean) {
            let day = month.start + rng.next_below(month.days) as i32;
            self.add_event(place.unit, all, day, 1);
            if rng.next_bool(share) {
                self.add_event(place.unit, part, day, 1);
            }
        }
    }

    /// Patients under treatment. Those of a station that was merged are treated at its successor.
    fn generate_patients(&mut self) {
        let mut rngs: Vec<(UnitId, Rng, i64)> = Vec::new();
        for (at, place) in self.input.places.iter().enumerate() {
            let rng = self.rng_stream("patients", &place.uid);
            rngs.push((place.unit, rng, 8 + (at % 7) as i64));
        }
        for month in self.months() {
            let mut stocks: BTreeMap<UnitId, i64> = BTreeMap::new();
            for (unit, rng, stock) in &mut rngs {
                let ends = rng.poisson(0.34);
                *stock = (*stock + rng.poisson(0.30) - ends).max(0);
                *stocks.entry(successor_on(self.input.org, *unit, month.first)).or_default() +=
                    *stock;
            }
            for (unit, stock) in stocks {
                self.set_stock(unit, "lao_dt", month.start, stock);
            }
        }
    }

    /// The watch that each open station attests once a month, with a few gaps.
    fn generate_watch(&mut self) {
        for month in self.months() {
            let open: Vec<(UnitId, String)> = self
                .input
                .org
                .units_of_kind_on(UnitKind::Commune, month.first)
                .map(|unit| (unit.id, unit.uid.clone()))
                .collect();
            for (unit, uid) in open {
                let mut rng = self.rng_stream("watch", &format!("{uid} {}", month.first));
                if rng.next_bool(0.99) {
                    self.add_event(unit, "truc_24", month.start, 1);
                }
            }
        }
    }
}
