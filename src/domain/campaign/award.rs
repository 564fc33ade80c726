//! The decision on an award (quyết định khen thưởng) that rests on a concluded campaign: number and
//! day of its document, entered by two persons, and its revocation, by two persons too. It names
//! nobody and ranks nothing. While it stands, the campaign cannot be reopened.
//!
//! ```text
//!  none, WITHDRAWN, REVOKED --propose--> PROPOSED --second person--> DECIDED, REVOCATION_WITHDRAWN
//!                       ^                   |                             | ask         ^
//!                       +---- withdraw -----+                             v             | withdraw
//!                       +---------------- second person -------- REVOCATION_ASKED ------+
//! ```
//!
//! Who may take a step is decided in `permission`; that two persons acted is checked by the caller.

use super::CampaignStatus;
use crate::domain::report::free_text;
use crate::domain::support::message::{Message, message};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

string_enum! {
    /// A step that was taken on the decision.
    AwardStep {
        /// The first person entered the document.
        Proposed = "PROPOSED",
        /// Entered, and taken back before the second person.
        Withdrawn = "WITHDRAWN",
        /// The second person confirmed it: decided.
        Decided = "DECIDED",
        /// The first person asked to revoke it; it still stands.
        RevocationAsked = "REVOCATION_ASKED",
        /// The request was taken back; it stands.
        RevocationWithdrawn = "REVOCATION_WITHDRAWN",
        /// The second person confirmed the revocation.
        Revoked = "REVOKED",
    }
}

impl AwardStep {
    /// Whether a decision stands after this step.
    #[must_use]
    pub fn is_decided(self) -> bool {
        match self {
            Self::Decided | Self::RevocationAsked | Self::RevocationWithdrawn => true,
            Self::Proposed | Self::Withdrawn | Self::Revoked => false,
        }
    }

    /// Whether this step ends what another person began.
    #[must_use]
    pub fn needs_second_person(self) -> bool {
        matches!(self, Self::Decided | Self::Revoked)
    }
}

/// The document of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardDocument {
    /// Its number, as in `12/QD-UBND`.
    pub reference: String,
    /// Its day.
    pub day: Date,
}

/// One step with the document that it is about. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardEntry {
    /// The step.
    pub step: AwardStep,
    /// The document.
    pub document: AwardDocument,
    /// Why it is revoked; empty for every other step than a revocation.
    pub reason: String,
    /// The day on which the step was entered.
    pub entered_day: Date,
}

/// What a person asks for.
#[derive(Debug, Clone, Copy)]
pub enum AwardRequest<'a> {
    /// Enter the document or, as the second person, confirm it. The second person may leave out
    /// number and day; what is given has to be what the first person entered.
    Decide {
        /// The number of the document; may be empty.
        reference: &'a str,
        /// Its day; the first person's default is today.
        day: Option<Date>,
    },
    /// Ask to revoke the decision or, as the second person, revoke it.
    Revoke {
        /// Why; the second person leaves it out.
        reason: &'a str,
    },
    /// Take back what waits for a second person.
    Withdraw,
}

/// The award of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct Award<'a> {
    /// Code of the campaign.
    pub campaign: &'a str,
    /// Its state.
    pub status: CampaignStatus,
    /// Its newest entry; `None`: nothing was ever entered.
    pub newest: Option<&'a AwardEntry>,
}

impl Award<'_> {
    /// The next entry. Refused with what to do instead.
    pub fn next_entry(
        &self,
        request: AwardRequest<'_>,
        today: Date,
    ) -> Result<AwardEntry, Violation> {
        let (step, document, reason) = match request {
            AwardRequest::Decide { reference, day } => self.decide(reference, day, today)?,
            AwardRequest::Revoke { reason } => self.revoke(reason)?,
            AwardRequest::Withdraw => self.withdraw()?,
        };
        Ok(AwardEntry { step, document, reason, entered_day: today })
    }

    fn decide(&self, reference: &str, day: Option<Date>, today: Date) -> Result<Next, Violation> {
        let status = self.status;
        if !status.is_final() {
            let message = message!("award-not-concluded", status => status.message());
            return Err(self.violation("NOT_CONCLUDED", message));
        }
        if let Some(AwardEntry { step: AwardStep::Proposed, document, .. }) = self.newest {
            self.check_same_document(document, reference.trim(), day)?;
            return Ok((AwardStep::Decided, document.clone(), String::new()));
        }
        self.check_reopening()?;
        let day = day.unwrap_or(today);
        if day > today {
            let message = message!("award-day-in-future", day => day, today => today);
            return Err(self.violation("DAY_IN_FUTURE", message));
        }
        let reference = self.check_text(reference, "reference")?;
        Ok((AwardStep::Proposed, AwardDocument { reference, day }, String::new()))
    }

    fn revoke(&self, reason: &str) -> Result<Next, Violation> {
        match self.newest {
            Some(AwardEntry { step: AwardStep::RevocationAsked, document, reason, .. }) => {
                Ok((AwardStep::Revoked, document.clone(), reason.clone()))
            }
            Some(AwardEntry { step, document, .. }) if step.is_decided() => {
                let reason = self.check_text(reason, "reason")?;
                Ok((AwardStep::RevocationAsked, document.clone(), reason))
            }
            Some(_) | None => Err(self.violation("NOT_DECIDED", message!("award-not-decided"))),
        }
    }

    fn withdraw(&self) -> Result<Next, Violation> {
        match self.newest {
            Some(AwardEntry { step: AwardStep::Proposed, document, .. }) => {
                Ok((AwardStep::Withdrawn, document.clone(), String::new()))
            }
            Some(AwardEntry { step: AwardStep::RevocationAsked, document, .. }) => {
                Ok((AwardStep::RevocationWithdrawn, document.clone(), String::new()))
            }
            Some(_) | None => {
                Err(self.violation("NOTHING_TO_DO", message!("award-nothing-to-withdraw")))
            }
        }
    }

    /// Refuses to reopen a campaign on which a decided award rests.
    pub fn check_reopening(&self) -> Result<(), Violation> {
        match self.newest.filter(|newest| newest.step.is_decided()) {
            Some(AwardEntry { document: AwardDocument { reference, day }, .. }) => {
                Err(self
                    .violation("AWARD_DECIDED", message!("award-decided", reference, day => *day)))
            }
            None => Ok(()),
        }
    }

    /// Refuses a second person who reads another document than the first one entered.
    fn check_same_document(
        &self,
        entered: &AwardDocument,
        reference: &str,
        day: Option<Date>,
    ) -> Result<(), Violation> {
        let is_same = (reference.is_empty() || reference == entered.reference)
            && day.is_none_or(|day| day == entered.day);
        if is_same {
            return Ok(());
        }
        let AwardDocument { reference, day } = entered;
        let message = message!("award-other-document", reference, day => *day);
        Err(self.violation("OTHER_DOCUMENT", message))
    }

    /// The trimmed text. Refused if it is empty, too long or may identify a person.
    fn check_text(&self, text: &str, name: &'static str) -> Result<String, Violation> {
        let text = text.trim();
        if text.is_empty() {
            return Err(self.violation("NOT_GIVEN", message!("award-text-not-given", name)));
        }
        match free_text::check_free_text(text) {
            Some(reason) => Err(self.violation(reason.code(), reason.message())),
            None => Ok(text.to_owned()),
        }
    }

    fn violation(&self, code: &'static str, message: Message) -> Violation {
        Violation::error(code, format!("campaign.{}", self.campaign), message)
    }
}

/// Step, document and reason of the next entry.
type Next = (AwardStep, AwardDocument, String);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 3, 2);

    /// The step, or the code of the refusal.
    fn take(
        status: CampaignStatus,
        newest: Option<&AwardEntry>,
        request: AwardRequest<'_>,
    ) -> Result<AwardEntry, &'static str> {
        let award = Award { campaign: "A", status, newest };
        award.next_entry(request, TODAY).map_err(|violation| violation.code)
    }

    fn entry(step: AwardStep) -> AwardEntry {
        let document = AwardDocument { reference: "12".to_owned(), day: date(2026, 3, 1) };
        AwardEntry { step, document, reason: "sai".to_owned(), entered_day: date(2026, 3, 1) }
    }

    #[test]
    fn an_award_is_entered_confirmed_and_revoked_step_by_step_and_each_other_step_is_refused() {
        use AwardStep::*;
        let decide = AwardRequest::Decide { reference: "12", day: Some(date(2026, 3, 1)) };
        let revoke = AwardRequest::Revoke { reason: "sai" };
        let withdraw = AwardRequest::Withdraw;
        let (none, nothing, decided) = ("NOT_DECIDED", "NOTHING_TO_DO", "AWARD_DECIDED");
        let table = [
            (None, [Ok(Proposed), Err(none), Err(nothing)]),
            (Some(Proposed), [Ok(Decided), Err(none), Ok(Withdrawn)]),
            (Some(Withdrawn), [Ok(Proposed), Err(none), Err(nothing)]),
            (Some(Decided), [Err(decided), Ok(RevocationAsked), Err(nothing)]),
            (Some(RevocationAsked), [Err(decided), Ok(Revoked), Ok(RevocationWithdrawn)]),
            (Some(RevocationWithdrawn), [Err(decided), Ok(RevocationAsked), Err(nothing)]),
            (Some(Revoked), [Ok(Proposed), Err(none), Err(nothing)]),
        ];
        for (step, expected) in table {
            let newest = step.map(entry);
            let taken = [decide, revoke, withdraw].map(|request| {
                let next = take(CampaignStatus::Concluded, newest.as_ref(), request)?;
                assert_eq!(next.document, entry(Proposed).document);
                Ok(next.step)
            });
            assert_eq!(taken, expected, "{step:?}");
            let award =
                Award { campaign: "A", status: CampaignStatus::Concluded, newest: newest.as_ref() };
            let reopening = award.check_reopening().map_err(|violation| violation.code);
            assert_eq!(reopening.is_err(), taken[0] == Err(decided), "{step:?}");
        }
    }

    #[test]
    fn a_document_needs_a_concluded_campaign_a_number_a_day_that_came_and_the_same_words_twice() {
        let decide = |reference, day| AwardRequest::Decide { reference, day };
        let concluded = CampaignStatus::Concluded;
        let refused = [
            (CampaignStatus::UnderReview, "12", None, "NOT_CONCLUDED"),
            (concluded, " ", None, "NOT_GIVEN"),
            (concluded, "12", Some(date(2026, 3, 3)), "DAY_IN_FUTURE"),
            (concluded, "0912 345 678", None, "NOTE_PERSONAL_DATA"),
        ];
        for (status, reference, day, code) in refused {
            assert_eq!(take(status, None, decide(reference, day)), Err(code));
        }
        assert_eq!(take(concluded, None, decide("12", None)).unwrap().document.day, TODAY);
        let proposed = entry(AwardStep::Proposed);
        for (reference, day) in [("13", None), ("", Some(TODAY))] {
            let other = take(concluded, Some(&proposed), decide(reference, day));
            assert_eq!(other, Err("OTHER_DOCUMENT"));
        }
        let reopened = take(CampaignStatus::UnderReview, Some(&proposed), decide("", None));
        assert_eq!(reopened, Err("NOT_CONCLUDED"));
    }
}
