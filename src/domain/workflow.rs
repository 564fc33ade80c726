//! The states of a report (trạng thái báo cáo) and the steps between them: a table, and no other code compares states.
//!
//! ```text
//!   DRAFT --submit--> SUBMITTED --accept--> ACCEPTED --lock--> LOCKED
//!     ^ edit            |  ^ edit              ^ amend (a proposal that was granted)
//!                return |  | submit
//!                       v  |
//!                     RETURNED (edit)
//! ```
//!
//! Knows no report and no person: only states and steps.

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportState {
    /// Being written (bản nháp); seen by the unit's own desk only.
    Draft,
    /// Sent for review (đã gửi).
    Submitted,
    /// Sent back with a question (trả lại).
    Returned,
    /// Accepted by a reviewer (đã duyệt): its figures are official.
    Accepted,
    /// The period is closed (đã khóa).
    Locked,
}

/// What may be done to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportStep {
    /// Change cells or the note.
    Edit,
    /// Send for review.
    Submit,
    /// Send back with a question.
    Return,
    /// Say yes to exactly the content that was seen.
    Accept,
    /// Close the period for it.
    Lock,
    /// Change figures that are official already, by a proposal that a reviewer granted.
    Amend,
}

impl ReportState {
    /// All states, in the order of a report's life.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Submitted, Self::Returned, Self::Accepted, Self::Locked];

    /// The state after `step`, or `None` where the workflow forbids the step.
    ///
    /// An edit of a submitted report leaves it submitted: a correction before review costs nobody anything, and since accepting
    /// names the content that was seen, no reviewer can accept figures unseen.
    #[must_use]
    pub fn next_state(self, step: ReportStep) -> Option<Self> {
        match (self, step) {
            (Self::Draft, ReportStep::Edit) => Some(Self::Draft),
            (Self::Returned, ReportStep::Edit) => Some(Self::Returned),
            (Self::Submitted, ReportStep::Edit)
            | (Self::Draft | Self::Returned, ReportStep::Submit) => Some(Self::Submitted),
            (Self::Submitted, ReportStep::Return) => Some(Self::Returned),
            (Self::Submitted, ReportStep::Accept) => Some(Self::Accepted),
            (Self::Accepted, ReportStep::Amend) => Some(Self::Accepted),
            (Self::Accepted, ReportStep::Lock) | (Self::Locked, ReportStep::Amend) => {
                Some(Self::Locked)
            }
            (
                Self::Draft | Self::Returned,
                ReportStep::Return | ReportStep::Accept | ReportStep::Lock | ReportStep::Amend,
            )
            | (Self::Submitted, ReportStep::Submit | ReportStep::Lock | ReportStep::Amend)
            | (
                Self::Accepted,
                ReportStep::Edit | ReportStep::Submit | ReportStep::Return | ReportStep::Accept,
            )
            | (
                Self::Locked,
                ReportStep::Edit
                | ReportStep::Submit
                | ReportStep::Return
                | ReportStep::Accept
                | ReportStep::Lock,
            ) => None,
        }
    }

    /// Whether the figures count in the official (accepted) totals.
    #[must_use]
    pub fn is_official(self) -> bool {
        matches!(self, Self::Accepted | Self::Locked)
    }

    /// Whether the report has left the unit's own desk: reviewers see it.
    #[must_use]
    pub fn is_sent(self) -> bool {
        !matches!(self, Self::Draft)
    }

    /// The name used in files, JSON and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted => "SUBMITTED",
            Self::Returned => "RETURNED",
            Self::Accepted => "ACCEPTED",
            Self::Locked => "LOCKED",
        }
    }
}

impl ReportStep {
    /// All steps.
    pub const ALL: [Self; 6] =
        [Self::Edit, Self::Submit, Self::Return, Self::Accept, Self::Lock, Self::Amend];

    /// The name used in errors and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Edit => "EDIT",
            Self::Submit => "SUBMIT",
            Self::Return => "RETURN",
            Self::Accept => "ACCEPT",
            Self::Lock => "LOCK",
            Self::Amend => "AMEND",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_of_states_and_steps() {
        let table: Vec<String> = ReportState::ALL
            .iter()
            .map(|state| {
                let cells: Vec<&str> = ReportStep::ALL
                    .iter()
                    .map(|step| state.next_state(*step).map_or("-", ReportState::code))
                    .collect();
                format!("{}: {}", state.code(), cells.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "DRAFT: DRAFT SUBMITTED - - - -",
                "SUBMITTED: SUBMITTED - RETURNED ACCEPTED - -",
                "RETURNED: RETURNED SUBMITTED - - - -",
                "ACCEPTED: - - - - LOCKED ACCEPTED",
                "LOCKED: - - - - - LOCKED",
            ]
        );
    }
}
