//! The states of a campaign as a transition table, and the conditions of each transition. No other
//! module compares states.
//!
//! Who may take a step is decided in `permission`.

use super::Campaign;
use super::completeness::{MissingReport, missing_reports_violation};
use crate::domain::report::form::Catalogue;
use crate::domain::support::message::{Message, message};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::{Severity, Violation};
use jiff::civil::Date;

string_enum! {
    /// State of a campaign.
    CampaignStatus {
        /// Being written.
        Draft = "DRAFT",
        /// Approved and checked.
        Approved = "APPROVED",
        /// The ceremony was held.
        Launched = "LAUNCHED",
        /// Running.
        Active = "ACTIVE",
        /// The last day is over; late reports are still received.
        Closing = "CLOSING",
        /// Figures are being reviewed.
        UnderReview = "UNDER_REVIEW",
        /// Reviewed; results are published.
        Concluded = "CONCLUDED",
        /// Archived.
        Archived = "ARCHIVED",
        /// Suspended.
        Suspended = "SUSPENDED",
        /// Ended before its last day.
        ClosedEarly = "CLOSED_EARLY",
    }
}

string_enum! {
    /// A transition of a campaign.
    CampaignStep {
        /// Duyệt.
        Approve = "APPROVE",
        /// Phát động.
        Launch = "LAUNCH",
        /// The campaign runs.
        Start = "START",
        /// The last day is over.
        Close = "CLOSE",
        /// Tổng kết begins.
        Review = "REVIEW",
        /// Results become final.
        Conclude = "CONCLUDE",
        /// Lưu trữ.
        Archive = "ARCHIVE",
        /// Tạm dừng.
        Suspend = "SUSPEND",
        /// Tiếp tục.
        Resume = "RESUME",
        /// Kết thúc sớm.
        CloseEarly = "CLOSE_EARLY",
        /// Mở lại tổng kết: by two persons, never by this step alone.
        Reopen = "REOPEN",
    }
}

/// From, step, to. A transition that is not listed is forbidden.
const TRANSITIONS: &[(CampaignStatus, CampaignStep, CampaignStatus)] = &[
    (CampaignStatus::Draft, CampaignStep::Approve, CampaignStatus::Approved),
    (CampaignStatus::Approved, CampaignStep::Launch, CampaignStatus::Launched),
    (CampaignStatus::Launched, CampaignStep::Start, CampaignStatus::Active),
    (CampaignStatus::Active, CampaignStep::Close, CampaignStatus::Closing),
    (CampaignStatus::Closing, CampaignStep::Review, CampaignStatus::UnderReview),
    (CampaignStatus::ClosedEarly, CampaignStep::Review, CampaignStatus::UnderReview),
    (CampaignStatus::UnderReview, CampaignStep::Conclude, CampaignStatus::Concluded),
    (CampaignStatus::Concluded, CampaignStep::Archive, CampaignStatus::Archived),
    (CampaignStatus::Concluded, CampaignStep::Reopen, CampaignStatus::UnderReview),
    (CampaignStatus::Launched, CampaignStep::Suspend, CampaignStatus::Suspended),
    (CampaignStatus::Active, CampaignStep::Suspend, CampaignStatus::Suspended),
    (CampaignStatus::Suspended, CampaignStep::Resume, CampaignStatus::Active),
    (CampaignStatus::Launched, CampaignStep::CloseEarly, CampaignStatus::ClosedEarly),
    (CampaignStatus::Active, CampaignStep::CloseEarly, CampaignStatus::ClosedEarly),
    (CampaignStatus::Suspended, CampaignStep::CloseEarly, CampaignStatus::ClosedEarly),
];

impl CampaignStatus {
    /// Text for people.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("campaign-status", self.as_str())
    }

    /// Whether it has any effect: from approval. Devices do not receive a draft.
    #[must_use]
    pub fn is_in_force(self) -> bool {
        match self {
            Self::Draft => planted!("draft-campaign-sent"),
            Self::Approved
            | Self::Launched
            | Self::Active
            | Self::Closing
            | Self::UnderReview
            | Self::Concluded
            | Self::Archived
            | Self::Suspended
            | Self::ClosedEarly => true,
        }
    }

    /// Whether the nightly run judges its units: from approval until it is archived.
    #[must_use]
    pub fn is_judged_nightly(self) -> bool {
        !matches!(self, Self::Draft | Self::Archived)
    }

    /// Whether its results are final: no further reports are received.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Concluded | Self::Archived)
    }

    /// The state after `step`; `None` if the table forbids it.
    fn next_status_after(self, step: CampaignStep) -> Option<Self> {
        TRANSITIONS.iter().find(|row| (row.0, row.1) == (self, step)).map(|row| row.2)
    }

    /// The steps allowed in this state.
    pub fn allowed_steps(self) -> impl Iterator<Item = CampaignStep> {
        TRANSITIONS.iter().filter(move |row| row.0 == self).map(|row| row.1)
    }
}

/// The inputs of a guard besides the campaign itself.
#[derive(Debug, Clone, Copy)]
pub struct CampaignStepContext<'a> {
    /// Today in the authority's zone.
    pub today: Date,
    /// Elements, forms and contracts in force.
    pub catalogue: &'a Catalogue,
    /// Units in scope without a COMMAND parent on the first day, by code.
    pub unreachable_units: &'a [String],
    /// Expected reports that are neither accepted nor waived; looked at by the conclusion only.
    pub missing_reports: &'a [MissingReport],
}

/// The steps that are taken by date: their guards compare dates only.
const STEPS_BY_DATE: [CampaignStep; 3] =
    [CampaignStep::Launch, CampaignStep::Start, CampaignStep::Close];

impl Campaign {
    /// The state after all steps by date that are allowed up to `context.today`.
    #[must_use]
    pub fn status_by_date(&self, context: &CampaignStepContext<'_>) -> CampaignStatus {
        let mut reached = self.clone();
        for step in STEPS_BY_DATE {
            if let Ok(next) = reached.next_status(step, context) {
                reached.status = next;
            }
        }
        reached.status
    }

    /// The state after `step`, or every violation that prevents it.
    pub fn next_status(
        &self,
        step: CampaignStep,
        context: &CampaignStepContext<'_>,
    ) -> Result<CampaignStatus, Vec<Violation>> {
        let Some(next) = self.status.next_status_after(step) else {
            return Err(vec![self.forbidden_step_violation(step)]);
        };
        let mut violations = self.check_guard(step, context);
        violations.retain(|violation| violation.severity == Severity::Error);
        if violations.is_empty() { Ok(next) } else { Err(violations) }
    }

    fn check_guard(&self, step: CampaignStep, context: &CampaignStepContext<'_>) -> Vec<Violation> {
        match step {
            CampaignStep::Approve => {
                let mut violations = self.check(context.catalogue);
                violations.extend(
                    context.unreachable_units.iter().map(|unit| unreachable_unit_violation(unit)),
                );
                violations
            }
            CampaignStep::Launch => {
                self.check_not_before("NOT_LAUNCHED_YET", self.launched_on, context.today)
            }
            CampaignStep::Start => {
                self.check_not_before("NOT_BEGUN_YET", Some(self.legal_window.start), context.today)
            }
            CampaignStep::Close => {
                self.check_not_before("NOT_OVER_YET", Some(self.legal_window.end), context.today)
            }
            CampaignStep::Conclude => {
                let violation = missing_reports_violation(&self.code, context.missing_reports);
                violation.into_iter().collect()
            }
            CampaignStep::Reopen => vec![Violation::error(
                "TWO_PERSONS",
                format!("campaign.{}", self.code),
                message!("lifecycle-reopen-needs-two-persons"),
            )],
            CampaignStep::Review
            | CampaignStep::Archive
            | CampaignStep::Suspend
            | CampaignStep::Resume
            | CampaignStep::CloseEarly => Vec::new(),
        }
    }

    fn check_not_before(
        &self,
        code: &'static str,
        day: Option<Date>,
        today: Date,
    ) -> Vec<Violation> {
        let at = format!("campaign.{}", self.code);
        match day {
            Some(day) if day <= today => Vec::new(),
            Some(day) => vec![Violation::error(
                code,
                at,
                message!("lifecycle-earliest-today-wait-until", day, today),
            )],
            None => vec![Violation::error(code, at, message!("lifecycle-day-launch-not-given"))],
        }
    }

    fn forbidden_step_violation(&self, step: CampaignStep) -> Violation {
        let allowed: Vec<&str> = self.status.allowed_steps().map(CampaignStep::as_str).collect();
        let allowed = if allowed.is_empty() { "-".to_owned() } else { allowed.join(", ") };
        let status = self.status;
        Violation::error(
            "CAMPAIGN_STEP_FORBIDDEN",
            format!("campaign.{}", self.code),
            message!("lifecycle-campaign-cannot-possible", status, step, allowed),
        )
    }
}

fn unreachable_unit_violation(unit: &str) -> Violation {
    Violation::error(
        "UNIT_UNREACHABLE",
        format!("unit.{unit}"),
        message!("lifecycle-unit-no-way-up"),
    )
}
