//! Reopening a concluded campaign (mở lại tổng kết): one person asks for it with a reason, a second
//! one takes the step. What was locked stays locked; the next run supersedes the final one.
//!
//! Who may ask is decided in `permission`; that two persons acted is checked by the caller.

use super::amendment::BASIS_MAX;
use super::{Amendment, Campaign, CampaignStatus};
use crate::domain::report::free_text;
use crate::domain::support::reason::RefusalReason;
use jiff::civil::Date;

/// A request to reopen a concluded campaign. It names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopening {
    /// The reason in the words of the person who asked.
    pub reason: String,
    /// The day on which it was asked for.
    pub asked_day: Date,
}

impl Campaign {
    /// This campaign with a request to reopen it. Refused unless it is concluded.
    pub fn ask_reopening(&self, reason: &str, today: Date) -> Result<Self, RefusalReason> {
        let reason = reason.trim();
        if self.status != CampaignStatus::Concluded || self.reopening.is_some() {
            return Err(RefusalReason::WorkflowForbids);
        }
        if reason.is_empty() {
            return Err(RefusalReason::Malformed);
        }
        if let Some(problem) = free_text::check_free_text(reason) {
            return Err(problem);
        }
        let reopening = Some(Reopening { reason: reason.to_owned(), asked_day: today });
        Ok(Self { reopening, ..self.clone() })
    }

    /// This campaign without the request.
    pub fn withdraw_reopening(&self) -> Result<Self, RefusalReason> {
        if self.reopening.is_none() {
            return Err(RefusalReason::WorkflowForbids);
        }
        Ok(Self { reopening: None, ..self.clone() })
    }

    /// The reopened campaign: under review again, with the request as an amendment.
    pub fn reopen(&self, today: Date) -> Result<Self, RefusalReason> {
        let Some(Reopening { reason, .. }) = &self.reopening else {
            return Err(RefusalReason::WorkflowForbids);
        };
        let no = u8::try_from(self.amendments.len() + 1);
        let no = no.map_err(|_| RefusalReason::TooMany)?;
        let mut amendments = self.amendments.clone();
        let basis: String = reason.chars().take(BASIS_MAX).collect();
        amendments.push(Amendment { no, basis, entered: today, changed: vec!["status".into()] });
        let status = CampaignStatus::UnderReview;
        Ok(Self { status, amendments, reopening: None, ..self.clone() })
    }
}
