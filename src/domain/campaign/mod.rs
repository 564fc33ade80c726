//! A campaign (phong trào thi đua): when, by whom, for what, measured by which targets.
//!
//! Knows what is promised and what must be true of it; knows no figure, no file and no account. Whether it may go on to
//! its next state is `life`, what is wrong with it is `check`.

mod amend;
mod check;
mod check_target;
pub mod life;
mod reading;
mod taken_up;

use super::element::ElementCode;
use super::ids::{CampaignId, UnitId};
use super::target::{self, Target};
use super::window::Window;
use super::worded::worded;
use jiff::ToSpan;
use jiff::civil::Date;

pub use amend::{AMENDMENTS_MAX, Amendment, BASIS_MAX};
pub use life::{Status, Step};
pub use taken_up::{Allocation, Launch, LaunchMode, PlanStatus, Pledge, UnitPlan};

worded! {
    /// What kind of movement it is, in the words of the law.
    CampaignKind {
        /// Thường xuyên.
        Standing = "STANDING",
        /// Theo chuyên đề, theo đợt.
        Thematic = "THEMATIC",
        /// Đợt cao điểm.
        PeakDrive = "PEAK_DRIVE",
    }
}

worded! {
    /// Degree of secrecy; this product holds nothing above the first.
    Classification {
        /// Không mật.
        NotSecret = "NOT_SECRET",
        /// Mật.
        Secret = "SECRET",
        /// Tối mật.
        HighlySecret = "HIGHLY_SECRET",
        /// Tuyệt mật.
        TopSecret = "TOP_SECRET",
    }
}

worded! {
    /// The fields (lĩnh vực) in which a campaign sets targets.
    Field {
        /// Bảo vệ an ninh, trật tự.
        SecurityOrder = "SECURITY_ORDER",
        /// Xây dựng phong trào toàn dân bảo vệ an ninh Tổ quốc.
        MassMovement = "MASS_MOVEMENT",
        /// Xây dựng lực lượng.
        ForceBuilding = "FORCE_BUILDING",
        /// Hậu cần, kỹ thuật.
        LogisticsTech = "LOGISTICS_TECH",
    }
}

worded! {
    /// How firmly a target is promised.
    Commitment {
        /// Must be met.
        Binding = "BINDING",
        /// Phấn đấu: aimed at; never vetoes anything.
        Strive = "STRIVE",
        /// A direction only.
        Direction = "DIRECTION",
    }
}

worded! {
    /// What a reduction means where last year's figure is zero.
    ZeroBase {
        /// Zero must stay zero.
        MaintainZero = "MAINTAIN_ZERO",
        /// No verdict.
        NotApplicable = "NOT_APPLICABLE",
    }
}

worded! {
    /// By what a duty without a number shows that it was done.
    Evidence {
        /// Number of activities.
        ActivityCount = "ACTIVITY_COUNT",
        /// Done or not done; content is never stored.
        Attestation = "ATTESTATION",
        /// A text in the review.
        Narrative = "NARRATIVE",
    }
}

worded! {
    /// Which figures of the past a change is measured against.
    BaselineMethod {
        /// The same days a year before.
        SameWindowPriorYear = "same_window_prior_year",
        /// A statistical year (15 December to 14 December).
        StatYear = "stat_year",
        /// A calendar year.
        CalendarYear = "calendar_year",
        /// A figure written into the target.
        Fixed = "fixed",
        /// The mean of several years before.
        MeanPrior = "mean_prior",
    }
}

/// A day that the campaign commemorates, as published, with a correction where print and arithmetic disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anniversary {
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The day remembered, as published.
    pub origin: Date,
    /// Which anniversary it is.
    pub ordinal: i16,
    /// The day on which it is commemorated.
    pub commemorated_on: Date,
    /// The words as they were published; never edited.
    pub as_published: String,
    /// What the words should have said.
    pub correction: Option<Correction>,
}

/// The day that was meant, and why we think so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The day remembered, corrected.
    pub origin: Date,
    /// The reason, in Vietnamese.
    pub reason_vi: String,
}

/// A phase (đợt).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// 1, 2, 3 in the order of time.
    pub no: u8,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Its days.
    pub window: Window,
    /// What the phase concentrates on, in Vietnamese.
    pub focus: Vec<String>,
    /// The published text does not give these days: they are the author's assumption and screens mark them with `*`.
    pub assumed: bool,
}

/// What stands beside a target so that it cannot be met by not counting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pair {
    /// Another target of this campaign, by code.
    Target(String),
    /// A plain count.
    Count(ElementCode),
}

/// One target (chỉ tiêu) with all that is needed to judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetLine {
    /// Code, as in `T1`.
    pub code: String,
    /// Field it belongs to.
    pub field: Option<Field>,
    /// The words of the campaign, in Vietnamese.
    pub text_vi: String,
    /// The words in English.
    pub text_en: String,
    /// The formula.
    pub formula: Target,
    /// How firmly it is promised.
    pub commitment: Commitment,
    /// What a change is measured against; must agree with the formula.
    pub baseline: Option<BaselineMethod>,
    /// Why a base that overlaps the measured days is allowed; `None` if it is not.
    pub overlap_waiver: Option<String>,
    /// Below this base a unit gets no verdict.
    pub min_base: Option<u32>,
    /// Least share of expected reports for a verdict, in thousandths.
    pub coverage_min: Option<u16>,
    /// What a zero base means.
    pub zero_base: Option<ZeroBase>,
    /// What is printed beside it.
    pub pairs: Vec<Pair>,
    /// How the target could be met without the work, in Vietnamese; printed wherever the target is.
    pub gaming_note: String,
    /// Who allowed more of a coercive count to be asked for; `None` almost always.
    pub coercive_override: Option<String>,
}

/// A line of work (nội dung thi đua) that is counted and has no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Code, as in `B1`.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// What counts it.
    pub element: ElementCode,
}

/// A duty without a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Code, as named by `attest(...)`.
    pub code: String,
    /// Field it belongs to.
    pub field: Option<Field>,
    /// The words of the campaign, in Vietnamese.
    pub text_vi: String,
    /// The words in English.
    pub text_en: String,
    /// By what it shows that it was done.
    pub evidence: Evidence,
    /// The flag or count that shows it; none for a narrative.
    pub element: Option<ElementCode>,
    /// How many attestations are due in the whole campaign; 0 where none are.
    pub due: u32,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Code, as in `A`.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Kind of movement.
    pub kind: CampaignKind,
    /// Standing movement whose results these become part of.
    pub parent_movement: Option<String>,
    /// Uid of the unit that runs it.
    pub owner_uid: String,
    /// Whom it addresses, in Vietnamese.
    pub audience_vi: String,
    /// The days of the campaign in its founding text.
    pub legal_window: Window,
    /// The days over which figures are measured; the legal window where the two agree.
    pub measurement_window: Window,
    /// The day of the ceremony; may come after the first day.
    pub launched_on: Option<Date>,
    /// Theme (chủ đề).
    pub theme: Option<String>,
    /// Motto (phương châm).
    pub motto: Option<String>,
    /// Fields in which it sets targets.
    pub fields: Vec<Field>,
    /// Phases in the order of time.
    pub phases: Vec<Phase>,
    /// Days commemorated.
    pub anniversaries: Vec<Anniversary>,
    /// Secrecy; anything but `NOT_SECRET` is refused.
    pub classification: Classification,
    /// State of its life.
    pub status: Status,
    /// Codes of the contracts under which its figures are reported.
    pub contracts: Vec<String>,
    /// Days behind the last measured one after which reports of a concluded campaign leave the phones; none: they stay.
    pub device_days: Option<u16>,
    /// Targets.
    pub targets: Vec<TargetLine>,
    /// Lines of work without a target.
    pub activities: Vec<Activity>,
    /// Duties without a number.
    pub duties: Vec<Duty>,
    /// Launches that units held.
    pub launches: Vec<Launch>,
    /// What units and their bodies promised.
    pub pledges: Vec<Pledge>,
    /// Units' own plans.
    pub plans: Vec<UnitPlan>,
    /// What was changed since it was approved, oldest first; no part of a file.
    pub amendments: Vec<Amendment>,
}

impl Campaign {
    /// The id that the code stands for.
    #[must_use]
    pub fn id(&self) -> CampaignId {
        CampaignId::named(&self.code)
    }

    /// The id of the unit that runs it.
    #[must_use]
    pub fn owner(&self) -> UnitId {
        UnitId::named(&self.owner_uid)
    }

    /// The phase that holds `day`.
    #[must_use]
    pub fn phase_on(&self, day: Date) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.window.contains(day))
    }

    /// Every window that figures are summed over: legal, measured, phases, and those that targets name by date.
    #[must_use]
    pub fn judged_windows(&self) -> Vec<Window> {
        let phases = self.phases.iter().map(|phase| phase.window);
        let comparisons = self.targets.iter().flat_map(|line| line.formula.comparisons());
        let dated = comparisons.filter_map(|comparison| match comparison.window {
            Some(target::Window::Dates(start, end)) => Window::new(start, end),
            Some(target::Window::Legal | target::Window::Phase(_) | target::Window::Milestone(_)) | None => None,
        });
        [self.legal_window, self.measurement_window].into_iter().chain(phases).chain(dated).collect()
    }

    /// The days a year before that the measured ones are compared with: as many days, ending where the measured ones begin
    /// at the latest.
    #[must_use]
    pub fn base_window(&self) -> Window {
        let shifted = self.measurement_window.year_before();
        // Both ends of an official window are inclusive, so a window of a year and a day, shifted, would share a day.
        Window { start: shifted.start, end: shifted.end.min(self.measurement_window.start) }
    }

    /// The day from which no phone keeps its reports; none while it is not concluded.
    #[must_use]
    pub fn leaves_phones_on(&self) -> Option<Date> {
        let days = self.device_days.filter(|_| self.status.is_final())?;
        Some(self.measurement_window.end.saturating_add(i64::from(days).days()))
    }

    /// The target of this code.
    #[must_use]
    pub fn target(&self, code: &str) -> Option<&TargetLine> {
        self.targets.iter().find(|target| target.code == code)
    }

    /// The duty of this code.
    #[must_use]
    pub fn duty(&self, code: &str) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.code == code)
    }
}
