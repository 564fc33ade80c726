//! The authorities whose campaigns the demo simulates: their files, compiled in, and a plan of how
//! their people report.
//!
//! An authority is data; only the generator of its events is code.

use super::generator::communes::{DemoCommune, DemoDistrict};
use super::generator::ground_truth::{GroundTruth, TruthInput};
use super::generator::sheet_plan::ConcurrentEdit;
use super::generator::{communes, health_events, security_events};
use crate::domain::campaign::Campaign;
use crate::domain::org::{Org, UnitKind};
use crate::domain::report::form::Catalogue;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::org::{OrgCsvTexts, read_org};
use crate::files::{campaign, catalogue};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// An authority of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DemoAuthority {
    /// Trà Vinh: three tiers, weekly reports, a merger of communes.
    TraVinh,
    /// A health department: two tiers, monthly reports, stocks, a merger in the fourth month.
    Health,
}

impl DemoAuthority {
    /// Its files and plan.
    #[must_use]
    pub fn plan(self) -> &'static AuthorityPlan {
        match self {
            Self::TraVinh => &TRA_VINH,
            Self::Health => &HEALTH,
        }
    }
}

/// The span of time that the demo lives in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoStep {
    /// A week from Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl DemoStep {
    /// The span of so many steps.
    #[must_use]
    pub fn span(self, steps: i32) -> Span {
        match self {
            Self::Week => steps.weeks(),
            Self::Month => steps.months(),
        }
    }
}

/// What differs from authority to authority in how people report.
#[derive(Debug, Clone, Copy)]
pub struct ReportingHabits {
    /// Edits of one report on two phones of one unit, one for each unit with a second phone.
    pub concurrent_edits: &'static [ConcurrentEdit],
    /// The contract of these reports.
    pub concurrent_contract: &'static str,
    /// The step of the first of these edits, and the number of steps to the next.
    pub concurrent_steps: (i32, i32),
    /// Units whose phones are offline for three weeks.
    pub long_offline_units: usize,
    /// The step of the long outage and the day in it.
    pub long_offline_from: (i32, i32),
    /// Probability of a short outage in a step.
    pub short_offline: f64,
    /// The days of a short outage, counted from the first day of its step, the second exclusive.
    pub short_offline_days: (i32, i32),
    /// The uid of a unit that never reports.
    pub silent_unit: Option<&'static str>,
}

/// An authority of the demo as data.
#[derive(Debug)]
pub struct AuthorityPlan {
    org: OrgCsvTexts<'static>,
    catalogue: [(&'static str, &'static str); 2],
    campaign: (&'static str, &'static str),
    other_campaign: Option<(&'static str, &'static str)>,
    /// Last year's figures for the plan's own seed. The demo generates them for any seed.
    #[cfg(test)]
    pub baseline: (&'static str, &'static str),
    /// The seed of the committed example.
    pub seed: u64,
    /// What one step lives.
    pub step: DemoStep,
    /// Steps lived unless the caller asks for another number.
    pub steps: u8,
    /// Most steps that can be lived.
    pub steps_max: u8,
    /// Days lived after the last step, so that its reports are due.
    pub tail_days: i32,
    /// Elements that need a base: those of comparing targets, and those printed beside them.
    pub baseline_elements: &'static [&'static str],
    /// The target whose course is printed for the units below the owner.
    pub headline_target: &'static str,
    /// The element of that target.
    pub headline_element: &'static str,
    /// A target whose reports the screen proposes to look at.
    pub drilldown_target: &'static str,
    /// How people report.
    pub habits: ReportingHabits,
    /// Generates the places on the first day.
    pub generate_places: fn(u64, &Org, Date) -> (Vec<DemoDistrict>, Vec<DemoCommune>),
    /// Generates the events.
    pub generate: fn(&TruthInput<'_>) -> GroundTruth,
}

/// Three tiers, 106 communes, weekly.
static TRA_VINH: AuthorityPlan = AuthorityPlan {
    org: OrgCsvTexts {
        units: include_str!("../../../examples/tra-vinh/org/units.csv"),
        parents: include_str!("../../../examples/tra-vinh/org/parents.csv"),
        lineage: include_str!("../../../examples/tra-vinh/org/lineage.csv"),
    },
    catalogue: [
        ("elements.toml", include_str!("../../../examples/tra-vinh/elements.toml")),
        ("forms.toml", include_str!("../../../examples/tra-vinh/forms.toml")),
    ],
    campaign: ("campaign-a.toml", include_str!("../../../examples/tra-vinh/campaign-a.toml")),
    other_campaign: Some((
        "campaign-b.toml",
        include_str!("../../../examples/tra-vinh/campaign-b.toml"),
    )),
    #[cfg(test)]
    baseline: (
        "examples/tra-vinh/baseline.csv",
        include_str!("../../../examples/tra-vinh/baseline.csv"),
    ),
    seed: 20_240_819,
    step: DemoStep::Week,
    steps: 20,
    // After them the districts are closed.
    steps_max: 27,
    tail_days: 3,
    baseline_elements: &[
        "so_offences",
        "reports_received",
        "solved",
        "vses_occurred",
        "suspended_cases",
        "suspended_matters",
        "ta_accidents",
        "ta_deaths",
        "ta_injured",
        "ta_collisions",
        "fire_all",
        "fire_es",
    ],
    headline_target: "T1",
    headline_element: "so_offences",
    drilldown_target: "T3b",
    habits: ReportingHabits {
        concurrent_edits: &[
            ConcurrentEdit::Merge,
            ConcurrentEdit::Merge,
            ConcurrentEdit::Merge,
            ConcurrentEdit::Conflict,
            ConcurrentEdit::Conflict,
        ],
        concurrent_contract: "tuan-xa",
        concurrent_steps: (2, 3),
        long_offline_units: 14,
        long_offline_from: (5, 0),
        short_offline: 0.03,
        // From Saturday to Tuesday.
        short_offline_days: (5, 9),
        silent_unit: None,
    },
    generate_places: communes::generate_places,
    generate: security_events::generate,
};

/// Two tiers, 40 stations, monthly.
static HEALTH: AuthorityPlan = AuthorityPlan {
    org: OrgCsvTexts {
        units: include_str!("../../../examples/health/org/units.csv"),
        parents: include_str!("../../../examples/health/org/parents.csv"),
        lineage: include_str!("../../../examples/health/org/lineage.csv"),
    },
    catalogue: [
        ("elements.toml", include_str!("../../../examples/health/elements.toml")),
        ("forms.toml", include_str!("../../../examples/health/forms.toml")),
    ],
    campaign: ("campaign.toml", include_str!("../../../examples/health/campaign.toml")),
    other_campaign: None,
    #[cfg(test)]
    baseline: (
        "examples/health/baseline.csv",
        include_str!("../../../examples/health/baseline.csv"),
    ),
    seed: 20_260_101,
    step: DemoStep::Month,
    steps: 7,
    // Last year's figures cover the campaign; its last month ends with it.
    steps_max: 11,
    // The reports of a month are due on the 3rd, their grace ends on the 7th.
    tail_days: 8,
    baseline_elements: &["ca_sxh", "ca_sxh_nang", "lao_dt"],
    headline_target: "H2",
    headline_element: "ca_sxh",
    drilldown_target: "H1",
    habits: ReportingHabits {
        concurrent_edits: &[ConcurrentEdit::Merge, ConcurrentEdit::Conflict],
        concurrent_contract: "thang-tyt",
        concurrent_steps: (1, 2),
        long_offline_units: 4,
        long_offline_from: (2, 14),
        short_offline: 0.1,
        // Over the end of the month.
        short_offline_days: (26, 33),
        silent_unit: Some("tyt-90040"),
    },
    generate_places: health_events::generate_places,
    generate: health_events::generate,
};

/// The files of an authority, parsed.
#[derive(Debug, Clone)]
pub struct AuthorityData {
    /// The organisation with its reforms.
    pub org: Org,
    /// Fields, elements, forms and contracts.
    pub catalogue: Catalogue,
    /// The campaign that is simulated.
    pub campaign: Campaign,
    /// A further campaign beside it.
    pub other_campaign: Option<Campaign>,
}

impl AuthorityPlan {
    /// Parses the files.
    ///
    /// # Errors
    /// The findings in the files; a test requires that there are none.
    pub fn load(&self) -> Result<AuthorityData, Vec<FileDiagnostic>> {
        let read = |(file, text): (&str, &str)| {
            campaign::read_campaign_file(file, text).map(|parsed| parsed.campaign)
        };
        let parts: Result<Vec<Catalogue>, _> = self
            .catalogue
            .iter()
            .map(|(file, text)| catalogue::read_catalogue(file, text))
            .collect();
        Ok(AuthorityData {
            org: read_org(&self.org)?,
            catalogue: catalogue::merge_catalogues(parts?),
            campaign: read(self.campaign)?,
            other_campaign: self.other_campaign.map(read).transpose()?,
        })
    }
}

/// The units directly below the owner that are open on `day`, in code order.
pub(super) fn units_below_owner<'a>(
    org: &'a Org,
    campaign: &Campaign,
    day: Date,
) -> Vec<&'a crate::domain::org::Unit> {
    let below = org.children(campaign.owner_id(), crate::domain::org::Hierarchy::Command, day);
    let mut units: Vec<_> = below
        .into_iter()
        .filter(|unit| {
            matches!(org.kind_on(*unit, day), Some(UnitKind::District | UnitKind::Commune))
        })
        .filter_map(|unit| org.unit(unit))
        .collect();
    units.sort_by(|a, b| a.uid.cmp(&b.uid));
    units
}
