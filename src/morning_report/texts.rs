//! Texts of the page: states, figures, chances and days, in the language of the page.

use crate::domain::campaign::Commitment;
use crate::domain::standing::funnel_limits::FunnelZone;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::support::message::{Message, message};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::VerdictReason;
use crate::i18n::Lang;
use jiff::civil::Date;

/// Groups of states in the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StateGroup {
    /// Met, or on pace while the window runs.
    Good,
    /// Behind; can still be met.
    Behind,
    /// Missed, or no longer reachable.
    Missed,
    /// Undecided, or nothing to judge.
    Undecided,
}

impl StateGroup {
    pub(super) const ALL: [Self; 4] = [Self::Good, Self::Behind, Self::Missed, Self::Undecided];

    pub(super) fn from_state(state: JudgementState) -> Self {
        use JudgementState as S;
        match state {
            S::Met | S::OnPace => Self::Good,
            S::Behind => Self::Behind,
            S::Missed | S::AlreadyMissed => Self::Missed,
            S::Undetermined
            | S::NotApplicable
            | S::NotComparable
            | S::NoData
            | S::NotCountedHere
            | S::Contribution => Self::Undecided,
        }
    }

    pub(super) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.text("texts-met-pace"),
            Self::Behind => lang.text("texts-behind"),
            Self::Missed => lang.text("texts-missed"),
            Self::Undecided => lang.text("texts-cannot-said-yet"),
        }
    }

    /// Class of the style sheet, and a mark that does not depend on colour.
    pub(super) fn css_class_and_mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("good", "●"),
            Self::Behind => ("behind", "▲"),
            Self::Missed => ("missed", "■"),
            Self::Undecided => ("open", "○"),
        }
    }
}

pub(super) fn state_text(state: JudgementState, lang: Lang) -> String {
    state.message().text(lang)
}

pub(super) fn commitment_text(commitment: Commitment, lang: Lang) -> &'static str {
    match commitment {
        Commitment::Binding => lang.text("texts-binding"),
        Commitment::Strive => lang.text("texts-striven"),
        Commitment::Direction => lang.text("texts-direction"),
    }
}

/// The text of each reason that has one.
pub(super) fn reason_texts(judgement: &Judgement, lang: Lang) -> Vec<String> {
    judgement
        .reasons
        .iter()
        .filter_map(|code| VerdictReason::parse(code))
        .map(|reason| reason.message().text(lang))
        .collect()
}

/// A decimal with the decimal separator of the language.
pub(super) fn format_decimal(text: &str, lang: Lang) -> String {
    lang.pick(text.replace('.', ","), text.to_owned())
}

/// A count, with at most one decimal.
pub(super) fn format_count(ratio: Option<Ratio>, lang: Lang) -> String {
    ratio
        .and_then(|ratio| ratio.format_shortest(1))
        .map_or_else(|| "–".to_owned(), |text| format_decimal(&text, lang))
}

/// `14/10/2024`, or `14 Oct 2024`.
pub(super) fn format_day(day: Date, lang: Lang) -> String {
    let month = Message::of_code("month", &day.month().to_string());
    lang.say(message!("page-day", day = day.day(), month => month, year = day.year()))
}

/// The chance of meeting the target as a sentence; `None` where it is certain or not computed.
pub(super) fn chance_text(percent: u8, lang: Lang) -> Option<String> {
    let words = match percent {
        1..=19 => message!("texts-unlikely"),
        20..=39 => message!("texts-rather-unlikely"),
        40..=59 => message!("texts-as-likely-as-not"),
        60..=79 => message!("texts-rather-likely"),
        80..=99 => message!("texts-likely"),
        _ => return None,
    };
    Some(lang.say(message!("texts-if-things-go-as", words => words, percent)))
}

/// How many failures a ratio still allows.
pub(super) fn failures_text(allowed: i64, remaining: i64, lang: Lang) -> String {
    match (allowed, remaining) {
        (0, 0) => lang.text("texts-not-one-may-left").to_owned(),
        (_, remaining) if remaining >= 0 => {
            lang.say(message!("texts-more-may-fail-all", remaining, allowed))
        }
        (_, remaining) => {
            lang.say(message!("texts-may-fail-there-too", allowed, remaining = -remaining))
        }
    }
}

/// How many more cases the limit allows.
pub(super) fn remaining_cases_text(limit: i64, now: i64, unit: &str, lang: Lang) -> String {
    let remaining = limit - now;
    if remaining < 0 {
        return lang.say(message!(
            "texts-beyond-whole-window",
            limit,
            remaining = -remaining,
            unit
        ));
    }
    lang.say(message!("texts-more-may-come-until", remaining, unit, limit))
}

pub(super) fn funnel_position_text(place: FunnelZone, lang: Lang) -> &'static str {
    match place {
        FunnelZone::WithinLimits => lang.text("texts-within-chance"),
        FunnelZone::Outside95 => lang.text("texts-outside-95-keep-eye"),
        FunnelZone::Outside998 => lang.text("texts-outside-99-8-ask"),
        FunnelZone::TooFewCases => lang.text("texts-too-few-say"),
    }
}
