//! A campaign (phong trào thi đua): its windows, owner, fields, phases and targets.
//!
//! Transitions between states are in `lifecycle`, the rules that a campaign must satisfy in
//! `check`.

mod allocation;
mod amendment;
mod attainable;
mod award;
mod check;
mod check_context;
mod check_judged;
mod check_target;
mod closing;
pub mod completeness;
mod formula_analysis;
mod judged_scope;
pub mod lifecycle;
mod participation;
mod reopening;
mod unit_participation;

use crate::domain::report::element::{CountingLevel, Element, ElementCode, ElementKind};
use crate::domain::report::word::Word;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::domain::support::string_enum::string_enum;
use crate::domain::target_rule::{self, PaceCourse, Target, ZeroBasePolicy};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

pub use allocation::{
    AllocatedPart, AllocatedShare, TargetAllocation, UnitShare, share_over_bases,
    shareable_comparison, shares_on,
};
pub use amendment::Amendment;
pub use award::{Award, AwardDocument, AwardEntry, AwardRequest, AwardStep};
pub use check_context::{CheckContext, check_magnitudes};
pub use judged_scope::JudgedPlace;
pub use lifecycle::{CampaignStatus, CampaignStep};
pub use participation::{Allocation, Launch, LaunchMode, OfUnit, PlanStatus, Pledge, UnitPlan};
pub use reopening::Reopening;
pub use unit_participation::{
    Participation, ParticipationAct, ParticipationContext, PlanHash, Registration, TakePart,
};

string_enum! {
    /// The kind of movement, in the terms of the law.
    CampaignKind {
        /// Thường xuyên.
        Standing = "STANDING",
        /// Theo chuyên đề, theo đợt.
        Thematic = "THEMATIC",
        /// Đợt cao điểm.
        PeakDrive = "PEAK_DRIVE",
    }
}

string_enum! {
    /// Degree of secrecy; the system stores nothing above the first.
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

string_enum! {
    /// How firmly a target is committed to.
    Commitment {
        /// Must be met.
        Binding = "BINDING",
        /// Phấn đấu: aimed at; it never causes a veto.
        Strive = "STRIVE",
        /// A direction only.
        Direction = "DIRECTION",
    }
}

string_enum! {
    /// The evidence for a duty without a number.
    DutyEvidence {
        /// Number of activities.
        ActivityCount = "ACTIVITY_COUNT",
        /// Done or not done; content is never stored.
        Attestation = "ATTESTATION",
        /// A text in the review.
        Narrative = "NARRATIVE",
    }
}

string_enum! {
    /// The figures of the past that a change is measured against.
    BaselineMethod {
        /// The same days a year before.
        SameWindowPriorYear = "same_window_prior_year",
        /// A statistical year (15 December to 14 December).
        StatYear = "stat_year",
        /// A calendar year.
        CalendarYear = "calendar_year",
        /// A figure given in the target.
        Fixed = "fixed",
        /// The mean of several years before.
        MeanPrior = "mean_prior",
    }
}

/// A day that the campaign commemorates, as published, with a correction where the published dates
/// do not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anniversary {
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The day commemorated, as published.
    pub origin: Date,
    /// Which anniversary it is.
    pub ordinal: i16,
    /// The day on which it is commemorated.
    pub commemorated_on: Date,
    /// The published text; never edited.
    pub as_published: String,
    /// The correction of the published text, if it is wrong.
    pub correction: Option<AnniversaryCorrection>,
}

/// The intended day and the reason for the correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnniversaryCorrection {
    /// The day commemorated, corrected.
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
    pub window: DateWindow,
    /// What the phase concentrates on, in Vietnamese.
    pub focus: Vec<String>,
    /// The published text does not give these days: they are assumed, and screens mark them with
    /// `*`.
    pub assumed: bool,
}

/// A figure printed beside a target, so that meeting the target by counting less becomes visible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetPair {
    /// Another target of this campaign, by code.
    Target(String),
    /// A plain count.
    Count(ElementCode),
}

/// One target (chỉ tiêu) with everything needed to judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignTarget {
    /// Code, as in `T1`.
    pub code: String,
    /// Code of the field of work it belongs to.
    pub field: Option<String>,
    /// The text of the target, in Vietnamese.
    pub text_vi: String,
    /// The text in English.
    pub text_en: String,
    /// The formula.
    pub formula: Target,
    /// How firmly it is committed to.
    pub commitment: Commitment,
    /// The baseline of a change; must agree with the formula.
    pub baseline: Option<BaselineMethod>,
    /// Why a base that overlaps the measured days is allowed; `None` if it is not.
    pub overlap_waiver: Option<String>,
    /// Below this base a unit gets no verdict.
    pub min_base: Option<u32>,
    /// Least share of expected reports for a verdict, in thousandths.
    pub coverage_min: Option<u16>,
    /// The policy for a zero base.
    pub zero_base: Option<ZeroBasePolicy>,
    /// The figures printed beside it.
    pub pairs: Vec<TargetPair>,
    /// How the target could be met without the work, in Vietnamese; printed wherever the target is.
    pub gaming_note: String,
    /// Who allowed a target that asks for more of a coercive count; usually `None`.
    pub coercive_override: Option<String>,
    /// Levels at which it is judged; empty: those of the table in `judged_scope`.
    pub levels: Vec<CountingLevel>,
    /// Phases in which it is judged, 0 for the whole campaign; empty: those of the table.
    pub phases: Vec<u8>,
    /// How units below the owner get limits; `None`: they get none.
    pub allocation: Option<TargetAllocation>,
    /// The course that a running floor without a base must keep.
    pub pace: Option<PaceCourse>,
    /// The last day on which it is judged, where it is closed before the campaign ends.
    pub last_day: Option<Date>,
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
    /// The element that counts it.
    pub element: ElementCode,
}

/// A duty without a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Code, as named by `attest(...)`.
    pub code: String,
    /// Code of the field of work it belongs to.
    pub field: Option<String>,
    /// The text of the duty, in Vietnamese.
    pub text_vi: String,
    /// The text in English.
    pub text_en: String,
    /// The evidence that it was done.
    pub evidence: DutyEvidence,
    /// The flag or count that is the evidence; `None` for a narrative.
    pub element: Option<ElementCode>,
    /// Number of attestations due in the whole campaign; 0 if none are.
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
    /// Standing movement that the results count towards.
    pub parent_movement: Option<String>,
    /// Uid of the unit that runs it.
    pub owner_uid: String,
    /// The addressees, in Vietnamese.
    pub audience_vi: String,
    /// The days of the campaign in its founding document.
    pub legal_window: DateWindow,
    /// The days over which figures are measured; usually equal to the legal window.
    pub measurement_window: DateWindow,
    /// The day of the ceremony; may come after the first day.
    pub launched_on: Option<Date>,
    /// The last day on which units register in time; `None`: any day of the campaign.
    pub registration_deadline: Option<Date>,
    /// Theme (chủ đề).
    pub theme: Option<String>,
    /// Motto (phương châm).
    pub motto: Option<String>,
    /// Codes of the fields of work in which it sets targets.
    pub fields: Vec<String>,
    /// Phases in the order of time.
    pub phases: Vec<Phase>,
    /// Days commemorated.
    pub anniversaries: Vec<Anniversary>,
    /// Secrecy; anything but `NOT_SECRET` is refused.
    pub classification: Classification,
    /// Its state.
    pub status: CampaignStatus,
    /// Codes of the contracts under which its figures are reported.
    pub contracts: Vec<String>,
    /// Days after the last measured one after which the reports of a concluded campaign are deleted
    /// from phones; `None`: they stay.
    pub device_retention_days: Option<u16>,
    /// Targets.
    pub targets: Vec<CampaignTarget>,
    /// Lines of work without a target.
    pub activities: Vec<Activity>,
    /// Duties without a number.
    pub duties: Vec<Duty>,
    /// Launches held by units.
    pub launches: Vec<OfUnit<Launch>>,
    /// Pledges of units and their bodies.
    pub pledges: Vec<OfUnit<Pledge>>,
    /// Units' own plans.
    pub plans: Vec<OfUnit<UnitPlan>>,
    /// Amendments since the approval, oldest first; not part of the file.
    pub amendments: Vec<Amendment>,
    /// The request of one person to reopen it once it is concluded; not part of the file.
    pub reopening: Option<Reopening>,
    /// Shares of allocated targets, frozen at approval, by target and unit; not part of the file.
    pub shares: Vec<AllocatedShare>,
}

/// Codes of the contracts that drafts name and no campaign in force does: they wait for approval.
#[must_use]
pub fn contracts_of_drafts_only<'a>(
    campaigns: impl IntoIterator<Item = &'a Campaign>,
) -> BTreeSet<String> {
    let (mut of_drafts, mut in_force) = (BTreeSet::new(), BTreeSet::new());
    for campaign in campaigns {
        let codes = if campaign.status.is_in_force() { &mut in_force } else { &mut of_drafts };
        codes.extend(campaign.contracts.iter().cloned());
    }
    of_drafts.difference(&in_force).cloned().collect()
}

/// Why a nil report leaves this element to be answered; `None` for an event, which nil says to be
/// zero. A draft campaign has no duties yet.
#[must_use]
pub fn word_of(element: &Element, campaigns: &[Campaign]) -> Option<Word> {
    let names = |duty: &Duty| duty.element.as_ref() == Some(&element.code);
    match element.kind {
        ElementKind::Flow => None,
        ElementKind::Stock => Some(Word::Stock),
        ElementKind::EventFlag => campaigns
            .iter()
            .any(|one| one.status.is_in_force() && one.duties.iter().any(names))
            .then_some(Word::DutyFlag),
    }
}

impl Campaign {
    /// The id of the code.
    #[must_use]
    pub fn id(&self) -> CampaignId {
        CampaignId::from_code(&self.code)
    }

    /// The id of the unit that runs it.
    #[must_use]
    pub fn owner_id(&self) -> UnitId {
        UnitId::from_code(&self.owner_uid)
    }

    /// The phase that contains `day`.
    #[must_use]
    pub fn phase_on(&self, day: Date) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.window.contains(day))
    }

    /// Every window that figures are summed over: legal, measured, phases, and those that targets
    /// give by date.
    #[must_use]
    pub fn judged_windows(&self) -> Vec<DateWindow> {
        let phases = self.phases.iter().map(|phase| phase.window);
        let comparisons = self.targets.iter().flat_map(|line| line.formula.comparisons());
        let dated = comparisons.filter_map(|comparison| match comparison.window {
            Some(target_rule::TargetWindow::Dates(start, end)) => DateWindow::new(start, end),
            Some(
                target_rule::TargetWindow::Legal
                | target_rule::TargetWindow::Phase(_)
                | target_rule::TargetWindow::Milestone(_),
            )
            | None => None,
        });
        [self.legal_window, self.measurement_window]
            .into_iter()
            .chain(phases)
            .chain(dated)
            .collect()
    }

    /// The days a year earlier that the measured ones are compared with: as many days, ending at
    /// the latest where the measured ones begin.
    #[must_use]
    pub fn base_window(&self) -> DateWindow {
        let shifted = self.measurement_window.one_year_earlier();
        // Official windows include both ends, so a window of a year and a day, shifted by a year,
        // would share a day with itself.
        DateWindow { start: shifted.start, end: shifted.end.min(self.measurement_window.start) }
    }

    /// The day from which phones delete its reports; `None` while it is not concluded.
    #[must_use]
    pub fn device_retention_end(&self) -> Option<Date> {
        let days = self.device_retention_days.filter(|_| self.status.is_final())?;
        Some(self.measurement_window.end.saturating_add(i64::from(days).days()))
    }

    /// The target of this code.
    #[must_use]
    pub fn target(&self, code: &str) -> Option<&CampaignTarget> {
        self.targets.iter().find(|target| target.code == code)
    }

    /// The duty of this code.
    #[must_use]
    pub fn duty(&self, code: &str) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.code == code)
    }
}
