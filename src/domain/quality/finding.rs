//! A finding: a question to a unit with its evidence, and the unit's reply. A finding is not a
//! judgement; only people conclude.

use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{FindingId, UnitId, derive_id};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::days_from_date;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

string_enum! {
    /// Quality rules. D2 and the rules of a form are enforced when a report is sent and make no
    /// findings; D17 and D19 need external sources.
    QualityRule {
        /// Missing reports.
        Completeness = "D1",
        /// An identity across forms that does not hold.
        Identity = "D3",
        /// A figure far from the unit's own usual.
        Outlier = "D4",
        /// A count that changed beyond usual variation.
        Change = "D5",
        /// Figures with less variation than chance.
        Smooth = "D6",
        /// Figures with more variation than chance.
        Wild = "D7",
        /// Uneven distribution of last digits.
        Digits = "D8",
        /// Many units just inside a limit.
        Bunching = "D9",
        /// Corrections after the deadline in one direction.
        Revisions = "D10",
        /// Zeros where cases were expected.
        Zeros = "D11",
        /// One count falls while its companion rises.
        Drift = "D12",
        /// A change in the ratio of two counts.
        RatioDrift = "D13",
        /// The same sheet repeated.
        Copied = "D14",
        /// Reports in the last hour, or many units on one device.
        LastMinute = "D15",
        /// A device clock that is wrong.
        Clock = "D16",
        /// A jump at a change of the organisation.
        Break = "D18",
        /// A word that is confirmed period after period and never counted anew.
        Carried = "D21",
        /// NIL in the cell of a stock, which does not say how much there is.
        Unsaid = "D22",
        /// A report submitted before the last day that it speaks of.
        Early = "D23",
        /// The opening balance of a successor differs from what its predecessors said last.
        Opening = "D24",
    }
}

impl QualityRule {
    /// Whether the evidence at this place is a figure of the element, scaled as the element is, and
    /// not a count of periods, reports, units or minutes.
    #[must_use]
    pub fn is_figure(self, place: usize) -> bool {
        match self {
            Self::Identity
            | Self::Outlier
            | Self::Change
            | Self::Smooth
            | Self::Wild
            | Self::Zeros
            | Self::Drift
            | Self::RatioDrift
            | Self::Break
            | Self::Opening => true,
            Self::Carried => place == 1,
            Self::Completeness
            | Self::Digits
            | Self::Bunching
            | Self::Revisions
            | Self::Copied
            | Self::LastMinute
            | Self::Clock
            | Self::Unsaid
            | Self::Early => false,
        }
    }
}

string_enum! {
    /// State of a finding. There is no "guilty" state.
    FindingState {
        /// The unit has not replied.
        Open = "OPEN",
        /// The unit explained why the figure is right.
        Explained = "EXPLAINED",
        /// The unit corrected the figure.
        Corrected = "CORRECTED",
        /// The unit keeps the figure and gives a reason.
        AcceptedRisk = "ACCEPTED_RISK",
        /// A superior checks it together with the unit.
        Escalated = "ESCALATED",
    }
}

/// Working days after which superiors see a question without a reply.
const REPLY_DAYS: u8 = 5;

/// Reply of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingReply {
    /// Text of the reply; no personal data.
    pub text: String,
    /// Day of the reply.
    pub day: Date,
}

/// A question to a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that made the finding.
    pub rule: QualityRule,
    /// The unit that is asked.
    pub unit: UnitId,
    /// The element, if the question is about one.
    pub element: Option<ElementCode>,
    /// The days in question.
    pub window: DateWindow,
    /// The figures in question, the latest last, scaled.
    pub evidence: Vec<i64>,
    /// The rule's statistic in hundredths: a z of 12.83 is 1283.
    pub strength: i64,
    /// Probability of at least this by chance, in parts per billion; 0 for rules without a chance
    /// model.
    pub chance_per_billion: i64,
    /// The day of the question.
    pub asked_day: Date,
    /// Its state.
    pub state: FindingState,
    /// The unit's reply; never deleted.
    pub reply: Option<FindingReply>,
    /// Whether superior units can see it.
    pub shared: bool,
}

impl Finding {
    /// The id derived from rule, unit, element and days: a question is asked only once.
    #[must_use]
    pub fn id(&self) -> FindingId {
        let day = |day| days_from_date(day).to_be_bytes();
        let element = self.element.as_ref().map_or("", |code| code.as_str());
        let (start, end) = (day(self.window.start), day(self.window.end));
        FindingId(derive_id(
            "finding",
            &[self.rule.as_str().as_bytes(), &self.unit.0, element.as_bytes(), &start, &end],
        ))
    }

    /// Whether both are from the same rule about the same unit and element on overlapping days.
    #[must_use]
    pub fn is_repeat_of(&self, other: &Self) -> bool {
        (self.rule, self.unit, &self.element) == (other.rule, other.unit, &other.element)
            && self.window.overlap_days(&other.window) > 0
    }

    /// Whether superior units may see it: after the reply, or after five working days.
    #[must_use]
    pub fn is_visible_to_superiors(&self, today: Date) -> bool {
        self.state != FindingState::Open || count_working_days(self.asked_day, today) >= REPLY_DAYS
    }

    /// Records a reply; `None` if the finding is closed, the state is not a reply, or the text is
    /// empty.
    #[must_use]
    pub fn with_reply(mut self, state: FindingState, reply: FindingReply) -> Option<Self> {
        let answers = matches!(
            state,
            FindingState::Explained | FindingState::Corrected | FindingState::AcceptedRisk
        );
        let open = matches!(self.state, FindingState::Open | FindingState::Escalated);
        if !answers || !open || reply.text.trim().is_empty() {
            return None;
        }
        (self.state, self.reply, self.shared) = (state, Some(reply), true);
        Some(self)
    }

    /// Escalates the finding; `None` before the superior may see it.
    #[must_use]
    pub fn with_escalation(mut self, today: Date) -> Option<Self> {
        if self.state == FindingState::Escalated || !self.is_visible_to_superiors(today) {
            return None;
        }
        (self.state, self.shared) = (FindingState::Escalated, true);
        Some(self)
    }
}

/// Days from Monday to Friday after `from`, up to and including `to`; saturates.
fn count_working_days(from: Date, to: Date) -> u8 {
    let mut days = 0;
    let mut day = from;
    while day < to && days < u8::MAX {
        day = day.saturating_add(1.day());
        days += u8::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn question() -> Finding {
        Finding {
            rule: QualityRule::Outlier,
            unit: UnitId::from_code("com-1"),
            element: None,
            window: DateWindow { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence: vec![12, 41],
            strength: 1283,
            chance_per_billion: 2,
            asked_day: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        }
    }

    fn words() -> FindingReply {
        FindingReply { text: "Chuyên án kết thúc trong tuần".into(), day: date(2024, 9, 13) }
    }

    #[test]
    fn the_unit_is_asked_first_and_superiors_see_the_question_with_its_reply_or_after_five_working_days()
     {
        let asked = question();
        assert!(
            !asked.is_visible_to_superiors(date(2024, 9, 18)),
            "Thursday to Wednesday are four working days"
        );
        assert!(asked.is_visible_to_superiors(date(2024, 9, 19)));
        let replied = asked.with_reply(FindingState::Explained, words()).unwrap();
        assert!(replied.is_visible_to_superiors(date(2024, 9, 13)) && replied.reply.is_some());
    }

    #[test]
    fn a_reply_needs_words_and_escalation_needs_sight() {
        assert_eq!(
            question()
                .with_reply(FindingState::Explained, FindingReply { text: " ".into(), ..words() }),
            None
        );
        assert_eq!(question().with_reply(FindingState::Escalated, words()), None);
        assert_eq!(question().with_escalation(date(2024, 9, 13)), None);
        let taken = question().with_escalation(date(2024, 9, 30)).unwrap();
        assert_eq!(
            taken.with_reply(FindingState::Corrected, words()).unwrap().state,
            FindingState::Corrected
        );
    }

    #[test]
    fn the_same_question_has_the_same_id_whatever_became_of_it() {
        let replied = question().with_reply(FindingState::AcceptedRisk, words()).unwrap();
        assert_eq!(replied.id(), question().id());
        assert_ne!(Finding { rule: QualityRule::Change, ..question() }.id(), question().id());
        assert!(FindingState::ALL.iter().all(|state| state.as_str() != "GUILTY"));
    }
}
