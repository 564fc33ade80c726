//! The synthetic province (dữ liệu giả lập): real units, invented figures, all derived from one
//! seed.
//!
//! Pure: uses no clock, file, network or server. [`ground_truth`] generates the events,
//! `baseline_rows` last year's figures, [`sheet_plan`] the reporting behaviour, and [`ledger`] the
//! expected result, which never enters the server.

mod baseline_rows;
pub mod communes;
pub mod ground_truth;
pub(crate) mod health_events;
pub mod ledger;
pub mod planted_cases;
pub mod rng;
pub(crate) mod security_events;
pub mod sheet_plan;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod tests;

use super::authority::{AuthorityData, AuthorityPlan, DemoAuthority};
use crate::domain::campaign::Campaign;
use crate::domain::org::Org;
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::Calendars;
use crate::files::diagnostic::FileDiagnostic;
use communes::{DemoCommune, DemoDistrict};
use ground_truth::{GroundTruth, SimulatedYears, TruthInput};
use jiff::civil::Date;

/// An authority with two years of events.
#[derive(Debug, Clone)]
pub struct Province {
    /// The seed of all random streams.
    pub seed: u64,
    /// How its people report.
    pub plan: &'static AuthorityPlan,
    /// The organisation.
    pub org: Org,
    /// Fields, elements, forms and contracts.
    pub catalogue: Catalogue,
    /// The reporting calendars, with those of the campaigns.
    pub calendars: Calendars,
    /// The simulated campaign.
    pub campaign: Campaign,
    /// A further campaign beside it.
    pub other_campaign: Option<Campaign>,
    /// Districts on the first day.
    pub districts: Vec<DemoDistrict>,
    /// Communes on the first day.
    pub communes: Vec<DemoCommune>,
    /// All events.
    pub ground_truth: GroundTruth,
}

impl Province {
    /// Generates the events from last year's window through the last step that can be lived.
    ///
    /// # Errors
    /// The findings in the authority's files.
    pub fn new(authority: DemoAuthority, seed: u64) -> Result<Self, Vec<FileDiagnostic>> {
        let plan = authority.plan();
        let AuthorityData { org, catalogue, campaign, other_campaign } = plan.load()?;
        let first = campaign.measurement_window.start;
        let end = first.saturating_add(plan.step.span(plan.steps_max.into()));
        let (districts, places) = (plan.generate_places)(seed, &org, first);
        let years =
            SimulatedYears { base_start: campaign.base_window().start, campaign_start: first, end };
        let input = TruthInput { seed, org: &org, districts: &districts, places: &places, years };
        let ground_truth = (plan.generate)(&input);
        let calendars =
            Calendars::standard().with_campaigns(other_campaign.iter().chain([&campaign]));
        Ok(Self {
            seed,
            plan,
            org,
            catalogue,
            calendars,
            campaign,
            other_campaign,
            districts,
            communes: places,
            ground_truth,
        })
    }

    /// The campaigns, the simulated one first.
    pub fn campaigns(&self) -> impl Iterator<Item = &Campaign> {
        std::iter::once(&self.campaign).chain(&self.other_campaign)
    }

    /// The first day after `steps` steps of the campaign.
    #[must_use]
    pub fn simulated_end(&self, steps: u8) -> Date {
        self.campaign.measurement_window.start.saturating_add(self.plan.step.span(steps.into()))
    }
}
