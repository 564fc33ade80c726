//! Standings (kết quả thi đua): how each unit stands on each target, judged from accepted figures alone.
//!
//! Pure: reports, baselines and the organisation in, standings out; the same input in any order gives the same standings.
//! A standing names no run and no time, so one that did not change need not be written again. Knows no store.

mod aggregate;
mod attribution;
mod digest;
mod drilldown;
mod judge;
mod movement;
mod text;
mod totals;
mod trajectory;
mod unit_figures;

pub use aggregate::{ReportEntry, StandingInput, WindowSums, aggregate_reports};
pub use digest::{ReportsDigest, compute_input_digest};
pub use drilldown::{Addend, ReportSupport, StandingReport, list_standing_reports};
pub use judge::{compute_totals, judge_standings, judge_standings_from_totals};
pub use movement::{ReportMovement, TargetMovement, find_report_movements, find_target_movements};
pub use totals::CampaignTotals;
pub use trajectory::{TrajectoryPoint, UnitTrajectories};

use super::element::ElementCode;
use super::ids::{CampaignId, RunId, StandingId, UnitId, derive_id};
use super::org::StructureView;
use super::ratio::Ratio;
use super::string_enum::string_enum;
use super::target_rule::{StandingStage, Tier};

string_enum! {
    /// In which structure figures are summed.
    StandingView {
        /// As the organisation was in each period.
        AsWas = "AS_WAS",
        /// As it is on the day of the run.
        AsIs = "AS_IS",
        /// As it was when the campaign began.
        Frozen = "FROZEN",
    }
}

string_enum! {
    /// How a target was judged. The first three exist only while its window runs.
    JudgementState {
        /// As it must by now.
        OnPace = "ON_PACE",
        /// Not as it must by now; it may still be met.
        Behind = "BEHIND",
        /// Nothing that may still happen can meet it.
        AlreadyMissed = "ALREADY_MISSED",
        /// Met.
        Met = "MET",
        /// Missed.
        Missed = "MISSED",
        /// What is known does not decide it.
        Undetermined = "UNDETERMINED",
        /// There is nothing to judge.
        NotApplicable = "NOT_APPLICABLE",
        /// Now and before do not measure the same thing.
        NotComparable = "NOT_COMPARABLE",
        /// There are no figures.
        NoData = "NO_DATA",
        /// The elements are counted at another level; never 0.
        NotCountedHere = "NOT_COUNTED_HERE",
    }
}

/// One figure behind a judgement, scaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingFigure {
    /// What was counted.
    pub element: ElementCode,
    /// The accepted figure.
    pub value: Option<i64>,
    /// The baseline at the same cut-off.
    pub baseline_now: Option<i64>,
    /// The baseline of the whole window.
    pub baseline_full: Option<i64>,
}

/// How a target, or a member of one, was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Its code, as in `T3b`.
    pub code: String,
    /// How.
    pub state: JudgementState,
    /// Why, as stable codes, ascending.
    pub reasons: Vec<String>,
    /// The value judged. Of a relative change -1/20 is -5 %.
    pub value: Option<Ratio>,
    /// Of a count or stock with something missing: the value as it is.
    pub value_low: Option<Ratio>,
    /// Of a count or stock with something missing: the most it is likely to be.
    pub value_high: Option<Ratio>,
    /// The bound of the formula.
    pub bound: Option<Ratio>,
    /// The count that decides it at the end.
    pub limit: Option<i64>,
    /// The count allowed by now; may be a fraction.
    pub limit_now: Option<Ratio>,
    /// Failures that a ratio allows.
    pub failures_allowed: Option<i64>,
    /// Failures that may still come; negative: too many already.
    pub failures_left: Option<i64>,
    /// The value for a screen, never rounded across the bound; empty where there is none.
    pub display: String,
    /// Change against the rest of the base window that would just meet.
    pub rest_change: Option<Ratio>,
    /// The count at the end of the window if its course stays as it is.
    pub forecast: Option<Ratio>,
    /// Probability of meeting, in percent.
    pub percent_to_meet: Option<u8>,
    /// Which part of a tier is met.
    pub tier: Option<Tier>,
    /// The count before: to the same cut-off while running, of the whole window afterwards.
    pub count_before: Option<Ratio>,
    /// The count now, as accepted.
    pub count_now: Option<Ratio>,
    /// 2(√now - √before) in hundredths; below 300 either way is usual variation.
    pub variation: Option<i64>,
    /// The figures behind it, numerator first.
    pub figures: Vec<StandingFigure>,
    /// Members of `all`, `any` and `tier`, in the order of the formula.
    pub members: Vec<Judgement>,
}

impl Judgement {
    /// Of elements that are counted at another level than the unit's: no figure at all.
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
        }
    }

    /// The judgement or the member of this code.
    #[must_use]
    pub fn find_member(&self, code: &str) -> Option<&Self> {
        if self.code == code {
            Some(self)
        } else {
            self.members.iter().find_map(|member| member.find_member(code))
        }
    }

    /// The figures behind it and behind its members, each element once.
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

/// How complete the reports behind a standing are. Missing is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Reports expected by now.
    pub expected: u32,
    /// Received, nil ones included.
    pub received: u32,
    /// Nil ones among them.
    pub nil: u32,
    /// Late ones among them.
    pub late: u32,
    /// Accepted ones among them: only they make official figures.
    pub accepted: u32,
    /// Not received.
    pub missing: u32,
}

impl Coverage {
    /// Both together.
    #[must_use]
    pub fn combined_with(self, other: Self) -> Self {
        Self {
            expected: self.expected + other.expected,
            received: self.received + other.received,
            nil: self.nil + other.nil,
            late: self.late + other.late,
            accepted: self.accepted + other.accepted,
            missing: self.missing + other.missing,
        }
    }

    /// Without some that are among them.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            expected: self.expected - other.expected,
            received: self.received - other.received,
            nil: self.nil - other.nil,
            late: self.late - other.late,
            accepted: self.accepted - other.accepted,
            missing: self.missing - other.missing,
        }
    }

    /// The share of expected reports that is accepted; one where nothing is expected.
    #[must_use]
    pub fn accepted_share(&self) -> Ratio {
        Ratio::new(i128::from(self.accepted), i128::from(self.expected)).unwrap_or(Ratio::ONE)
    }
}

/// One target at one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The campaign.
    pub campaign: CampaignId,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// The unit.
    pub unit: UnitId,
    /// In which structure figures were summed.
    pub view: StandingView,
    /// How final it is.
    pub stage: StandingStage,
    /// Version of the campaign's definition, 1 and up.
    pub definition_version: i64,
    /// How the target was judged.
    pub judgement: Judgement,
    /// How complete the reports behind it are.
    pub coverage: Coverage,
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
    /// The id that follows from campaign, phase, target, unit and view.
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
    /// Names the run.
    pub id: RunId,
    /// 1, 2, 3 for each campaign.
    pub number: u32,
    /// The campaign.
    pub campaign: CampaignId,
    /// Feed position up to which changes went into it.
    pub cut_seq: i64,
    /// When it cut.
    pub cut_at: super::time::Timestamp,
    /// SHA-256 over everything that went into it.
    pub input_digest: [u8; 32],
    /// The code that computed it.
    pub code_version: String,
    /// Standings judged.
    pub standings: u32,
    /// Those among them that changed.
    pub changed: u32,
}

impl StandingRun {
    /// The id that follows from what the run saw: the same input gives the same run.
    #[must_use]
    pub fn derive_id(campaign: CampaignId, cut_seq: i64, input_digest: &[u8; 32]) -> RunId {
        RunId(derive_id("run", &[&campaign.0, &cut_seq.to_be_bytes(), input_digest]))
    }

    /// The record that always holds the latest run of a campaign.
    #[must_use]
    pub fn latest_record_id(campaign: CampaignId) -> RunId {
        RunId(derive_id("latest run", &[&campaign.0]))
    }
}
