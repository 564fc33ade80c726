//! Standings (kết quả thi đua): the position of each unit on each target, judged from accepted
//! figures only.
//!
//! All functions are pure: reports, baselines and the organisation in, standings out, in any order
//! with the same result. A standing contains no run and no time of one, so an unchanged standing is
//! not written again.

pub mod baseline;
pub mod funnel_limits;

mod aggregate;
mod allocated_limits;
mod attribution;
mod digest;
mod drilldown;
mod due_days;
mod each_units;
mod judge;
mod movement;
mod shown_figures;
mod text;
mod totals;
mod trajectory;
mod unit_figures;
mod unit_judge;

pub use aggregate::{NO_WAIVERS, ReportEntry, StandingInput, WindowSums, aggregate_reports};
pub use allocated_limits::allocate_shares;
pub use digest::{ReportsDigest, compute_input_digest, compute_input_digest_of_version};
pub use drilldown::{Addend, ReportSupport, StandingReport, list_standing_reports};
pub use due_days::SummedWindow;
pub use judge::{advance_totals, compute_totals, judge_standings, judge_standings_from_totals};
pub use movement::{ReportMovement, TargetMovement, find_report_movements, find_target_movements};
pub use shown_figures::{ShownFigure, ShownFigures, find_comparison};
pub use totals::CampaignTotals;
pub use trajectory::{TrajectoryPoint, UnitTrajectories};

use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::{CampaignId, RunId, StandingId, UnitId, derive_id};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;
use crate::domain::target_rule::{NeutralReason, StandingStage, Tier};
use jiff::civil::Date;

string_enum! {
    /// The structure in which figures are summed.
    StandingView {
        /// The organisation as of each period.
        AsWas = "AS_WAS",
        /// The organisation on the day of the run.
        AsIs = "AS_IS",
        /// The organisation when the campaign began.
        Frozen = "FROZEN",
    }
}

string_enum! {
    /// Result of judging a target. The first three occur only while its window runs.
    JudgementState {
        /// At or ahead of the threshold to date.
        OnPace = "ON_PACE",
        /// Short of the threshold to date; the target can still be met.
        Behind = "BEHIND",
        /// The target can no longer be met.
        AlreadyMissed = "ALREADY_MISSED",
        /// Met.
        Met = "MET",
        /// Missed.
        Missed = "MISSED",
        /// The available figures do not decide.
        Undetermined = "UNDETERMINED",
        /// There is nothing to judge.
        NotApplicable = "NOT_APPLICABLE",
        /// The current and the past figures do not measure the same thing.
        NotComparable = "NOT_COMPARABLE",
        /// There are no figures.
        NoData = "NO_DATA",
        /// The elements are counted at another level; never shown as 0.
        NotCountedHere = "NOT_COUNTED_HERE",
        /// Not judged at this unit or in this phase; the value is what the unit adds.
        Contribution = "CONTRIBUTION",
    }
}

string_enum! {
    /// What a reader takes from a state. Every surface groups states so.
    StateGroup {
        /// Met, or on pace while the window runs.
        Good = "GOOD",
        /// Behind; can still be met.
        Behind = "BEHIND",
        /// Missed, or no longer reachable.
        Missed = "MISSED",
        /// The figures do not decide it, or not yet.
        Undecided = "UNDECIDED",
        /// Not judged at this place; what the unit adds, if anything.
        NotJudged = "NOT_JUDGED",
    }
}

/// The version of what a standing means: the rules by which reports become standings. It rises when
/// equal reports may be judged differently; a run states the version by which it was judged. Runs
/// from before the version was stated are of version 1.
pub const SEMANTICS_VERSION: i32 = 2;
/// How the units of `by each` were judged. Never a rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EachJudgement {
    /// Judged units that met it, or are on pace.
    pub met: u32,
    /// Judged units.
    pub judged: u32,
    /// Judged units that have not met it, in code order.
    pub others: Vec<EachUnitJudgement>,
    /// Units that are not judged, in code order.
    pub neutral: Vec<EachUnitJudgement>,
}

/// One unit of `by each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EachUnitJudgement {
    /// The unit.
    pub unit: UnitId,
    /// How it was judged.
    pub state: JudgementState,
    /// Why it is not judged, beyond NOT_APPLICABLE.
    pub neutral: Option<NeutralReason>,
}

/// One figure behind a judgement, scaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingFigure {
    /// The element.
    pub element: ElementCode,
    /// The accepted figure.
    pub value: Option<i64>,
    /// The baseline at the same cut-off.
    pub baseline_now: Option<i64>,
    /// The baseline of the whole window.
    pub baseline_full: Option<i64>,
}

/// Judgement of a target or of one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Its code, for example `T3b`.
    pub code: String,
    /// The result.
    pub state: JudgementState,
    /// Stable reason codes, ascending.
    pub reasons: Vec<String>,
    /// The judged value. A relative change of -1/20 is -5 %.
    pub value: Option<Ratio>,
    /// For a count or stock with missing reports: the value as reported.
    pub value_low: Option<Ratio>,
    /// For a count or stock with missing reports: the most that it is likely to be.
    pub value_high: Option<Ratio>,
    /// The bound of the formula.
    pub bound: Option<Ratio>,
    /// The count that decides the target at the end of the window.
    pub limit: Option<i64>,
    /// The count allowed by now; may be a fraction.
    pub limit_now: Option<Ratio>,
    /// Failures that a ratio allows.
    pub failures_allowed: Option<i64>,
    /// Failures still allowed; negative: exceeded.
    pub failures_left: Option<i64>,
    /// The value for display, never rounded across the bound; empty if there is none.
    pub display: String,
    /// Change against the rest of the base window that just meets the target.
    pub rest_change: Option<Ratio>,
    /// Forecast of the count at the end of the window.
    pub forecast: Option<Ratio>,
    /// Probability of meeting the target, in percent.
    pub percent_to_meet: Option<u8>,
    /// Which part of a tier is met.
    pub tier: Option<Tier>,
    /// The count before: to the same cut-off while running, of the whole window afterwards.
    pub count_before: Option<Ratio>,
    /// The count now, as accepted.
    pub count_now: Option<Ratio>,
    /// 2(√now - √before) in hundredths; below 300 either way is usual variation.
    pub variation: Option<i64>,
    /// Its figures, numerator first.
    pub figures: Vec<StandingFigure>,
    /// Members of `all`, `any` and `tier`, in the order of the formula.
    pub members: Vec<Judgement>,
    /// How the units of `by each` were judged, at a unit above them.
    pub each: Option<EachJudgement>,
}

impl Judgement {
    /// A judgement on elements that are counted at another level: without any figure.
    #[must_use]
    pub fn not_counted_here(code: &str, members: Vec<Self>) -> Self {
        Self {
            code: code.to_owned(),
            state: JudgementState::NotCountedHere,
            reasons: Vec::new(),
            value: None,
            value_low: None,
            value_high: None,
            bound: None,
            limit: None,
            limit_now: None,
            failures_allowed: None,
            failures_left: None,
            display: String::new(),
            rest_change: None,
            forecast: None,
            percent_to_meet: None,
            tier: None,
            count_before: None,
            count_now: None,
            variation: None,
            figures: Vec::new(),
            members,
            each: None,
        }
    }

    /// This judgement or its member with this code.
    #[must_use]
    pub fn find_member(&self, code: &str) -> Option<&Self> {
        if self.code == code {
            Some(self)
        } else {
            self.members.iter().find_map(|member| member.find_member(code))
        }
    }

    /// Its figures and those of its members, each element once.
    #[must_use]
    pub fn all_figures(&self) -> Vec<&StandingFigure> {
        let mut all: Vec<&StandingFigure> = Vec::new();
        for figure in self.figures.iter().chain(self.members.iter().flat_map(Self::all_figures)) {
            if all.iter().all(|existing| existing.element != figure.element) {
                all.push(figure);
            }
        }
        all
    }
}

/// Completeness of the reports behind a standing. Missing is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Reports expected so far.
    pub expected: u32,
    /// Received, including nil reports.
    pub received: u32,
    /// Nil reports among the received.
    pub nil: u32,
    /// Late reports among the received.
    pub late: u32,
    /// Accepted among the received; only these make official figures.
    pub accepted: u32,
    /// Not received.
    pub missing: u32,
    /// Not accepted, with a waiver that two persons of the owner signed.
    pub waived: u32,
}

impl Coverage {
    /// The sum of both.
    #[must_use]
    pub fn combined_with(self, other: Self) -> Self {
        Self {
            expected: self.expected + other.expected,
            received: self.received + other.received,
            nil: self.nil + other.nil,
            late: self.late + other.late,
            accepted: self.accepted + other.accepted,
            missing: self.missing + other.missing,
            waived: self.waived + other.waived,
        }
    }

    /// Subtracts reports that are included in `self`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            expected: self.expected - other.expected,
            received: self.received - other.received,
            nil: self.nil - other.nil,
            late: self.late - other.late,
            accepted: self.accepted - other.accepted,
            missing: self.missing - other.missing,
            waived: self.waived - other.waived,
        }
    }

    /// Whether reports lack an acceptance, and every one of them is waived.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waived > 0 && self.expected - self.accepted == self.waived
    }

    /// Accepted share of the expected reports; one if nothing is expected.
    #[must_use]
    pub fn accepted_share(&self) -> Ratio {
        Ratio::new(i128::from(self.accepted), i128::from(self.expected)).unwrap_or(Ratio::ONE)
    }
}

/// The standing of one unit on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The campaign.
    pub campaign: CampaignId,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// The unit.
    pub unit: UnitId,
    /// The structure in which figures were summed.
    pub view: StandingView,
    /// Stage of the window and its figures.
    pub stage: StandingStage,
    /// Version of the campaign's definition, 1 and up.
    pub definition_version: i64,
    /// The last day judged (M5); `None` before the first period of the window was due.
    pub judged_through: Option<Date>,
    /// The judgement of the target.
    pub judgement: Judgement,
    /// Completeness of the reports behind it.
    pub coverage: Coverage,
}

impl StandingView {
    /// The structure of this view of a campaign, as of a day.
    #[must_use]
    pub fn structure_of(self, campaign: &Campaign, today: Date) -> StructureView {
        match self {
            Self::AsWas => StructureView::AsWas,
            Self::AsIs => StructureView::AsIs(today),
            Self::Frozen => StructureView::Frozen(campaign.measurement_window.start),
        }
    }
}

impl From<StructureView> for StandingView {
    fn from(view: StructureView) -> Self {
        match view {
            StructureView::AsWas => Self::AsWas,
            StructureView::AsIs(_) => Self::AsIs,
            StructureView::Frozen(_) => Self::Frozen,
        }
    }
}

impl Standing {
    /// The id derived from campaign, phase, target, unit and view.
    #[must_use]
    pub fn id(&self) -> StandingId {
        let (phase, view) = ([self.phase], self.view.as_str());
        let target = self.judgement.code.as_bytes();
        StandingId(derive_id(
            "standing",
            &[&self.campaign.0, &phase, target, &self.unit.0, view.as_bytes()],
        ))
    }
}

/// The latest run of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRun {
    /// Id of the run.
    pub id: RunId,
    /// 1, 2, 3 for each campaign.
    pub number: u32,
    /// The campaign.
    pub campaign: CampaignId,
    /// Feed position up to which changes are included.
    pub cut_seq: i64,
    /// Time of the cut.
    pub cut_at: crate::domain::support::time::Timestamp,
    /// SHA-256 over the whole input.
    pub input_digest: [u8; 32],
    /// Version of the code that computed it.
    pub code_version: String,
    /// Number of standings judged.
    pub standings: u32,
    /// Number of standings that changed.
    pub changed: u32,
    /// Number of the last final run before it, which it supersedes; 0: none.
    pub supersedes: u32,
}

impl StandingRun {
    /// The id derived from the input: the same input gives the same run.
    #[must_use]
    pub fn derive_id(campaign: CampaignId, cut_seq: i64, input_digest: &[u8; 32]) -> RunId {
        RunId(derive_id("run", &[&campaign.0, &cut_seq.to_be_bytes(), input_digest]))
    }

    /// Id of the record that always contains the latest run of a campaign.
    #[must_use]
    pub fn latest_record_id(campaign: CampaignId) -> RunId {
        RunId(derive_id("latest run", &[&campaign.0]))
    }
}
