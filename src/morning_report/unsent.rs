//! The section of the page that says who to call first: missing reports by reviewing unit, the
//! latest first, and beside them the periods that are over and due later.

use super::links::render_linked;
use super::parts::PageParts;
use super::texts;
use crate::app::morning_report::MorningReport;
use crate::app::unsent_reports::{MissingPeriod, OpenPeriod, ReviewerCalls, UnsentUnit};
use crate::domain::support::message::message;
use crate::i18n::Lang;
use jiff::civil::Date;
use maud::{Markup, html};

/// Lines of one reviewing unit that are shown directly; the others are collapsed.
const PERIODS_SHOWN: usize = 3;

pub(super) fn render_calls(parts: &PageParts<'_>) -> Markup {
    let (morning, lang) = (parts.morning, parts.lang);
    let unsent = &morning.unsent;
    if unsent.missing.is_empty() && unsent.not_judged_yet.is_empty() {
        return html! {};
    }
    let count = lang.count(unsent.missing_count());
    html! {
        section {
            h2 { (lang.text("page-who-to-call")) }
            p { strong { (lang.say(message!("page-missing-reports-count", count))) } }
            @if !unsent.missing.is_empty() { p.soft { (lang.text("page-who-to-call-order")) } }
            @for calls in &unsent.missing { (render_reviewer(parts, calls)) }
            @if !unsent.not_judged_yet.is_empty() {
                h3 { (lang.text("page-not-due-yet")) }
                ul.calls { @for period in &unsent.not_judged_yet { (render_open_period(morning, period, lang)) } }
            }
        }
    }
}

fn render_reviewer(parts: &PageParts<'_>, calls: &ReviewerCalls) -> Markup {
    let lang = parts.lang;
    let (first, rest) = calls.periods.split_at(calls.periods.len().min(PERIODS_SHOWN));
    let list = |periods: &[MissingPeriod]| {
        html! { ul.calls { @for period in periods { (render_missing_period(parts, period)) } } }
    };
    html! {
        h3 { (lang.say(message!("page-reviewed-by", unit = calls.reviewer_name))) }
        (list(first))
        @if !rest.is_empty() {
            details { summary { (lang.say(message!("page-more-periods", count = rest.len()))) } (list(rest)) }
        }
    }
}

fn render_missing_period(parts: &PageParts<'_>, period: &MissingPeriod) -> Markup {
    let (morning, lang) = (parts.morning, parts.lang);
    let line = lang.say(message!(
        "page-missing-period",
        days = lang.count(period.days_late),
        period = days_text(period.days, lang),
        form = form_name(morning, &period.contract, lang),
        due = texts::format_day(period.due_by, lang)
    ));
    html! {
        li {
            (line) " "
            @for (at, unit) in period.units.iter().enumerate() {
                @if at > 0 { ", " }
                (render_unit(parts, unit))
            }
        }
    }
}

/// A unit to call and, where the reader may know it, when its devices were last heard.
fn render_unit(parts: &PageParts<'_>, unit: &UnsentUnit) -> Markup {
    let address = parts.links.map(|links| links.unit(&unit.uid));
    let contact = parts.links.and_then(|links| links.last_contact(&unit.uid));
    html! {
        strong { (render_linked(&unit.name, address)) }
        @if let Some(contact) = contact { " " small { "(" (contact) ")" } }
    }
}

fn render_open_period(morning: &MorningReport, period: &OpenPeriod, lang: Lang) -> Markup {
    let due = texts::format_day(period.due_by, lang);
    let (received, expected) = (lang.count(period.received), lang.count(period.expected));
    let form = form_name(morning, &period.contract, lang);
    let days = days_text(period.days, lang);
    let line = if period.due_by < morning.today {
        message!("page-open-period-late", period = days, form, due, received, expected)
    } else {
        message!("page-open-period", period = days, form, due, received, expected)
    };
    html! { li { (lang.say(line)) } }
}

fn days_text((first, last): (Date, Date), lang: Lang) -> String {
    format!("{} – {}", texts::format_day(first, lang), texts::format_day(last, lang))
}

/// The name of the form of a contract; its code where it has none.
fn form_name(morning: &MorningReport, contract: &str, lang: Lang) -> String {
    let catalogue = &morning.reference.catalogue;
    let contract_found = catalogue.contracts.iter().find(|one| one.code == contract);
    let form = contract_found.and_then(|one| catalogue.form(&one.form));
    form.map_or_else(|| contract.to_owned(), |form| lang.pick(&form.name_vi, &form.name_en).clone())
}
