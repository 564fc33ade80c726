//! Texts of the page: states, figures, chances and days, in the language of the page.

use crate::domain::campaign::Commitment;
use crate::domain::standing::funnel_limits::FunnelZone;
use crate::domain::standing::{Judgement, JudgementState, ShownFigure, StateGroup};
use crate::domain::support::message::{Message, message};
use crate::domain::target_rule::VerdictReason;
use crate::i18n::Lang;
use jiff::civil::Date;

pub(super) fn group_title(group: StateGroup, lang: Lang) -> &'static str {
    match group {
        StateGroup::Good => lang.text("texts-met-pace"),
        StateGroup::Behind => lang.text("texts-behind"),
        StateGroup::Missed => lang.text("texts-missed"),
        StateGroup::Undecided => lang.text("texts-cannot-said-yet"),
        StateGroup::NotJudged => lang.text("state-group-not-judged"),
    }
}

/// Class of the style sheet, and a mark that does not depend on colour.
pub(super) fn css_class_and_mark(group: StateGroup) -> (&'static str, &'static str) {
    match group {
        StateGroup::Good => ("good", "●"),
        StateGroup::Behind => ("behind", "▲"),
        StateGroup::Missed => ("missed", "■"),
        StateGroup::Undecided => ("open", "○"),
        StateGroup::NotJudged => ("quiet", "–"),
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

/// A figure before or now; `–` if there is none.
pub(super) fn shown_text(figure: Option<ShownFigure>, lang: Lang) -> String {
    match figure {
        None => "–".to_owned(),
        Some(ShownFigure::Count(count)) => lang.ratio(count),
        Some(ShownFigure::Fraction(num, den)) => format!("{}/{}", lang.ratio(num), lang.ratio(den)),
        Some(ShownFigure::NoData) => lang.text("figure-no-data").to_owned(),
    }
}

/// Through which day a target is judged.
pub(super) fn judged_through_text(through: Option<Date>, lang: Lang) -> String {
    match through {
        Some(day) => lang.say(message!("page-judged-through", day = format_day(day, lang))),
        None => lang.text("page-nothing-due-yet").to_owned(),
    }
}

/// `14/10/2024`, or `14 Oct 2024`.
pub fn format_day(day: Date, lang: Lang) -> String {
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
        (_, remaining) if remaining >= 0 => lang.say(message!(
            "texts-more-may-fail-all",
            remaining = lang.count(remaining),
            allowed = lang.count(allowed)
        )),
        (_, remaining) => {
            let (allowed, remaining) = (lang.count(allowed), lang.count(-remaining));
            lang.say(message!("texts-may-fail-there-too", allowed, remaining))
        }
    }
}

/// How many more cases the limit allows.
pub(super) fn remaining_cases_text(limit: i64, now: i64, unit: &str, lang: Lang) -> String {
    let (remaining, limit) = (limit.saturating_sub(now), lang.count(limit));
    if remaining < 0 {
        let remaining = lang.count(remaining.saturating_neg());
        return lang.say(message!("texts-beyond-whole-window", limit, remaining, unit));
    }
    let remaining = lang.count(remaining);
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
