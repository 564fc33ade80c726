//! The states of a report (trạng thái báo cáo) and the transitions between them, as one table. No
//! other module compares states.
//!
//! ```text
//!   DRAFT --submit--> SUBMITTED --accept--> ACCEPTED --lock--> LOCKED
//!     ^ edit            |  ^ edit              ^ amend (a proposal that was granted)
//!                return |  | submit
//!                       v  |
//!                     RETURNED (edit)
//! ```
//!
//! Who may take a step is decided in `permission`.

/// The workflow state of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportState {
    /// Being written (bản nháp); visible at the unit's own desk only.
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

/// A step of the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportStep {
    /// Change cells or the note.
    Edit,
    /// Send for review.
    Submit,
    /// Send back with a question.
    Return,
    /// Accept exactly the content that the reviewer saw.
    Accept,
    /// Lock it because its period is closed.
    Lock,
    /// Change official figures by a granted proposal.
    Amend,
}

impl ReportState {
    /// All states, in workflow order.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Submitted, Self::Returned, Self::Accepted, Self::Locked];

    /// The state after `step`, or `None` where the workflow forbids the step.
    ///
    /// An edit of a submitted report leaves it submitted. Accepting names the content that the
    /// reviewer saw, so a reviewer cannot accept such an edit unseen.
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

    /// Whether the report was sent, so that reviewers see it.
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
