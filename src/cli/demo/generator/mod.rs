//! The synthetic province (dữ liệu giả lập): real units, invented figures, all derived from one
//! seed.
//!
//! Pure: uses no clock, file, network or server. [`ground_truth`] generates the events,
//! `baseline_rows` last year's figures, [`sheet_plan`] the reporting behaviour, and [`ledger`] the
//! expected result, which never enters the server.

mod baseline_rows;
pub mod communes;
pub mod ground_truth;
pub mod ledger;
pub mod planted_cases;
pub mod rng;
pub mod sheet_plan;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod tests;

use crate::domain::campaign::Campaign;
use crate::domain::org::Org;
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::Calendars;
use communes::{DemoCommune, DemoDistrict};
use ground_truth::{GroundTruth, SimulatedYears};
use jiff::ToSpan;

/// The seed of the committed example.
pub const SEED: u64 = 20_240_819;
/// Most weeks that can be simulated; after them the districts are closed.
pub(crate) const WEEKS_MAX: u8 = 27;

/// A province with two years of events.
#[derive(Debug, Clone)]
pub struct Province {
    /// The seed of all random streams.
    pub seed: u64,
    /// The real organisation.
    pub org: Org,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// The reporting calendars, with those of the campaigns.
    pub calendars: Calendars,
    /// The simulated campaign.
    pub campaign: Campaign,
    /// Districts on the first day.
    pub districts: Vec<DemoDistrict>,
    /// Communes on the first day.
    pub communes: Vec<DemoCommune>,
    /// All events.
    pub ground_truth: GroundTruth,
}

impl Province {
    /// Generates the events from last year's window through the first [`WEEKS_MAX`] weeks of the
    /// campaign.
    #[must_use]
    pub fn new(
        seed: u64,
        org: Org,
        catalogue: Catalogue,
        campaign: Campaign,
        others: &[&Campaign],
    ) -> Self {
        let first = campaign.measurement_window.start;
        let end = first.saturating_add(i32::from(WEEKS_MAX).weeks());
        let (districts, communes) = communes::generate_places(seed, &org, first);
        let years =
            SimulatedYears { base_start: campaign.base_window().start, campaign_start: first, end };
        let ground_truth = GroundTruth::generate(seed, &org, &districts, &communes, years);
        let calendars =
            Calendars::standard().with_campaigns(others.iter().copied().chain([&campaign]));
        Self { seed, org, catalogue, calendars, campaign, districts, communes, ground_truth }
    }
}
