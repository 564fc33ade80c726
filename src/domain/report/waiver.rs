//! Waivers (miễn báo cáo): two persons of the unit that runs a campaign sign that it is concluded
//! without one missing report. A waiver lifts the demand for completeness; it adds no figure, and
//! the least coverage of a target stays.
//!
//! Who may propose and sign is decided in `permission`; that two persons acted, neither of the
//! report's unit, is checked by the caller.

use crate::domain::report::{ReportKey, free_text};
use crate::domain::support::ids::{ReportId, WaiverId, derive_id};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::string_enum::string_enum;
use jiff::civil::Date;

string_enum! {
    /// State of a waiver.
    WaiverState {
        /// One person proposed it.
        Proposed = "PROPOSED",
        /// A second person signed it: the report is waived.
        Signed = "SIGNED",
        /// It was refused, or withdrawn.
        Refused = "REFUSED",
        /// The report was accepted after all.
        Lapsed = "LAPSED",
    }
}

/// A waiver of one report. It names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The report.
    pub key: ReportKey,
    /// The reason in the words of the person who proposed it.
    pub reason: String,
    /// Its state.
    pub state: WaiverState,
    /// The day on which it was proposed.
    pub proposed_day: Date,
    /// The day on which it was signed, refused or lapsed.
    pub settled_day: Option<Date>,
}

impl Waiver {
    /// The id of the waiver of a report: one for each report.
    #[must_use]
    pub fn id_of_report(report: ReportId) -> WaiverId {
        WaiverId(derive_id("waiver", &[&report.0]))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> WaiverId {
        Self::id_of_report(self.key.id())
    }

    /// A proposed waiver. `before` is the waiver that the report has already: one that was refused
    /// or has lapsed may be proposed anew.
    pub fn propose(
        key: ReportKey,
        reason: &str,
        before: Option<&Self>,
        today: Date,
    ) -> Result<Self, RefusalReason> {
        let is_open = |state| matches!(state, WaiverState::Proposed | WaiverState::Signed);
        if before.is_some_and(|before| is_open(before.state)) {
            return Err(RefusalReason::WorkflowForbids);
        }
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(RefusalReason::Malformed);
        }
        if let Some(problem) = free_text::check_free_text(reason) {
            return Err(problem);
        }
        let (reason, state) = (reason.to_owned(), WaiverState::Proposed);
        Ok(Self { key, reason, state, proposed_day: today, settled_day: None })
    }

    /// The waiver after the decision on it: signed or refused. A signed one may still be refused
    /// (withdrawn).
    pub fn settle(self, sign: bool, today: Date) -> Result<Self, RefusalReason> {
        let state = match (self.state, sign) {
            (WaiverState::Proposed, true) => WaiverState::Signed,
            (WaiverState::Proposed | WaiverState::Signed, false) => WaiverState::Refused,
            (WaiverState::Signed, true) | (WaiverState::Refused | WaiverState::Lapsed, _) => {
                return Err(RefusalReason::WorkflowForbids);
            }
        };
        Ok(Self { state, settled_day: Some(today), ..self })
    }

    /// The waiver after its report was accepted; `None` if that does not change it.
    #[must_use]
    pub fn lapse(self, today: Date) -> Option<Self> {
        let is_open = matches!(self.state, WaiverState::Proposed | WaiverState::Signed);
        let state = WaiverState::Lapsed;
        is_open.then_some(Self { state, settled_day: Some(today), ..self })
    }
}
