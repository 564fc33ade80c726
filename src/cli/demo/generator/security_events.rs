//! The events of a province's security force: offences, crime reports, suspended cases, traffic,
//! fires, and the work of the local force.

use super::communes::{DemoCommune, DemoDistrict};
use super::ground_truth::{GroundTruth, TruthGenerator, TruthInput, WARM_UP_DAYS};
use super::rng::exp;
use crate::domain::support::time::days_from_date;
use jiff::civil::date;

/// Change from last year to this one, by element group (our assumption).
const OFFENCES_YEAR_FACTOR: f64 = 0.95;
/// Social-order offences of the province in a year (estimate).
const OFFENCES_PER_YEAR: f64 = 450.0;

/// Generates all events.
#[must_use]
pub(crate) fn generate(input: &TruthInput<'_>) -> GroundTruth {
    let mut generator = TruthGenerator::new(*input);
    input.places.iter().for_each(|place| generator.generate_offences(place));
    input.places.iter().for_each(|place| generator.generate_crime_reports(place));
    input.places.iter().for_each(|place| generator.generate_local_force(place));
    input.districts.iter().for_each(|district| generator.generate_suspended_cases(district));
    input.districts.iter().for_each(|district| generator.generate_congresses(district));
    generator.generate_traffic();
    generator.generate_fires();
    generator.finish()
}

impl TruthGenerator<'_> {
    /// Offences, and what the district does about them.
    fn generate_offences(&mut self, place: &DemoCommune) {
        let mut rng = self.rng_stream("offences", &place.uid);
        let cleared = self.rng_stream("cleared", &place.district.to_string()).beta(0.86, 99.0);
        let serious_cleared =
            self.rng_stream("serious", &place.district.to_string()).beta(0.94, 99.0);
        for week in self.input.years.weeks() {
            let yearly = OFFENCES_PER_YEAR
                * place.share
                * self.input.years.year_factor(week, OFFENCES_YEAR_FACTOR);
            for _ in 0..rng.negative_binomial(yearly * 7.0 / 365.0 * seasonal_factor(week), 5.0) {
                let day = week + rng.next_below(7) as i32;
                self.add_event(place.unit, "so_offences", day, 1);
                let serious = rng.next_bool(0.13);
                if serious {
                    self.add_event(place.district, "vses_occurred", day, 1);
                }
                let delay = rng.lognormal(if serious { 10.0 } else { 18.0 }, 0.9) as i32;
                if rng.next_bool(if serious { serious_cleared } else { cleared }) {
                    self.add_event(place.district, "solved", day + delay, 1);
                    if serious {
                        self.add_event(place.district, "vses_solved", day + delay, 1);
                    }
                }
            }
        }
    }

    /// Reports of crime: received, accepted for handling, resolved. Each window begins with the
    /// open backlog.
    fn generate_crime_reports(&mut self, place: &DemoCommune) {
        let mut rng = self.rng_stream("reports", &place.uid);
        let starts = [
            days_from_date(self.input.years.base_start),
            days_from_date(self.input.years.campaign_start),
        ];
        let mut open = [0, 0];
        for week in self.input.years.weeks() {
            let yearly = 3.2 * OFFENCES_PER_YEAR * place.share;
            for _ in 0..rng.negative_binomial(yearly * 7.0 / 365.0 * seasonal_factor(week), 5.0) {
                let day = week + rng.next_below(7) as i32;
                self.add_event(place.unit, "reports_received", day, 1);
                if rng.next_bool(0.001) {
                    continue;
                }
                self.add_event(place.unit, "reports_accepted", day, 1);
                self.add_event(place.unit, "reports_handled", day, 1);
                let resolved =
                    rng.next_bool(0.985).then(|| day + 1 + rng.lognormal(5.0, 0.7) as i32);
                if let Some(resolved) = resolved {
                    self.add_event(place.unit, "reports_resolved", resolved, 1);
                }
                for (start, open) in starts.iter().zip(&mut open) {
                    // A matter that was never resolved is closed after half a year, as a suspended
                    // one.
                    let until = resolved.unwrap_or(day + WARM_UP_DAYS);
                    *open += i64::from(day < *start && until >= *start);
                }
            }
        }
        for (start, open) in starts.into_iter().zip(open) {
            self.add_event(place.unit, "reports_handled", start, open);
        }
    }

    /// The seven lines of work of the local force.
    fn generate_local_force(&mut self, place: &DemoCommune) {
        const A_MONTH: [(&str, f64); 7] = [
            ("cs_situation_support", 8.0),
            ("cs_movement_support", 4.0),
            ("cs_fire_rescue", 1.2),
            ("cs_admin_support", 6.0),
            ("cs_persuasion_sessions", 1.5),
            ("cs_patrols", 12.0),
            ("cs_good_examples", 0.1),
        ];
        for (element, monthly) in A_MONTH {
            let mut rng = self.rng_stream(element, &place.uid);
            let eager = rng.gamma(4.0, 0.25);
            for day in days_from_date(self.input.years.campaign_start)
                ..days_from_date(self.input.years.end)
            {
                let count = rng.poisson(monthly * eager / 30.4);
                self.add_event(place.unit, element, day, count);
            }
        }
    }

    /// Suspended cases and matters: a stock with weekly inflow and outflow.
    fn generate_suspended_cases(&mut self, district: &DemoDistrict) {
        for (element, province) in [("suspended_cases", 530.0), ("suspended_matters", 420.0)] {
            let mut rng = self.rng_stream(element, &district.uid);
            let start = province * district.share;
            let mut stock = start.round() as i64;
            for week in self.input.years.weeks() {
                // The outflow exceeds the inflow by a thousandth of the stock, by a little more
                // this year.
                let drift = self.input.years.year_factor(week, 1.6);
                stock += rng.poisson(start * 0.020) - rng.poisson(start * (0.020 + 0.001 * drift));
                stock = stock.max(0);
                self.set_stock(district.unit, element, week, stock);
            }
        }
    }

    /// One congress in each district in the year of the campaign, some of them in its first months
    /// (our assumption).
    fn generate_congresses(&mut self, district: &DemoDistrict) {
        let day = days_from_date(self.input.years.campaign_start)
            + 60
            + self.rng_stream("congress", &district.uid).next_below(240) as i32;
        self.add_event(district.unit, "safe_congress", day, 1);
    }

    fn generate_traffic(&mut self) {
        let Some(unit) = self.input.org.unit_by_uid("dep-csgt").map(|unit| unit.id) else { return };
        let mut rng = self.rng_stream("traffic", "");
        for day in self.input.years.days() {
            let daily = 34.0 / 365.0 * self.input.years.year_factor(day, 0.93);
            for _ in 0..rng.poisson(daily) {
                self.add_event(unit, "ta_accidents", day, 1);
                let deaths = if rng.next_bool(0.84) { 1 + rng.poisson(0.1) } else { 0 };
                self.add_event(unit, "ta_deaths", day, deaths);
                // An accident without dead and injured is a collision.
                let injured = rng.poisson(0.36).max(i64::from(deaths == 0));
                self.add_event(unit, "ta_injured", day, injured);
            }
            let collisions = rng.poisson(180.0 / 365.0);
            self.add_event(unit, "ta_collisions", day, collisions);
        }
    }

    fn generate_fires(&mut self) {
        let Some(unit) = self.input.org.unit_by_uid("dep-pccc").map(|unit| unit.id) else { return };
        let mut rng = self.rng_stream("fires", "");
        for day in self.input.years.days() {
            let fires = rng.poisson(10.0 / 365.0);
            self.add_event(unit, "fire_all", day, fires);
            let worst = (0..fires).filter(|_| rng.next_bool(0.03)).count();
            self.add_event(unit, "fire_es", day, worst as i64);
        }
    }
}

/// The seasonal factor: a wave of 13 % over the year with its peak in January, and 15 % more in the
/// four weeks before Tết.
fn seasonal_factor(day: i32) -> f64 {
    let tet = [date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17)];
    let before_tet = tet.iter().any(|tet| (1..=28).contains(&(days_from_date(*tet) - day)));
    let in_year = f64::from(day.rem_euclid(365)) / 365.0;
    let away = (in_year - 0.04 + 0.5).rem_euclid(1.0) - 0.5;
    // A bell curve around January minus its mean over the year.
    let wave = 0.26 * exp(-away * away * 20.0) - 0.26 * 0.396;
    (1.0 + wave) * if before_tet { 1.15 } else { 1.0 }
}
