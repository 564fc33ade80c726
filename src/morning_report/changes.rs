//! The section of the page that shows what changed since the previous run, and because of which
//! reports. The changes are computed in `app::run_changes`.

use super::links::render_linked;
use super::parts::PageParts;
use super::target_rows::element_name;
use super::texts;
use crate::app::run_changes::RunChanges;
use crate::domain::report::element::ElementCode;
use crate::domain::standing::{Judgement, ReportMovement, TargetMovement, find_comparison};
use crate::domain::support::message::message;
use maud::{Markup, html};

pub(super) fn render_changes(parts: &PageParts<'_>) -> Markup {
    let (morning, lang) = (parts.morning, parts.lang);
    let Some(changes) = &morning.changes else { return html! {} };
    let new = changes.reports.iter().filter(|moved| moved.new).count();
    let other = changes.reports.len() - new;
    let lead = lang.say(message!(
        "changes-since-run-reports-newly",
        previous_day = texts::format_day(changes.previous_day, lang),
        new = lang.count(new),
        other = lang.count(other)
    ));
    html! {
        section {
            h2 { (lang.text("changes-what-changed-since-last")) }
            p { (lead) }
            @if changes.targets.is_empty() {
                p.soft { (lang.text("changes-no-target-moved")) }
            } @else {
                (render_changed_targets(parts, changes))
            }
            (render_changed_reports(parts, changes))
        }
    }
}

fn render_changed_targets(parts: &PageParts<'_>, changes: &RunChanges) -> Markup {
    let lang = parts.lang;
    html! {
        div.wide {
            table.plain {
                thead {
                    tr {
                        th scope="col" { (lang.text("changes-target")) }
                        th scope="col" { (lang.text("changes-figures-before-now")) }
                        th scope="col" { (lang.text("changes-state-before-now")) }
                    }
                }
                tbody { @for moved in &changes.targets { (render_target_movement(parts, moved)) } }
            }
        }
    }
}

fn render_target_movement(parts: &PageParts<'_>, moved: &TargetMovement) -> Markup {
    let (morning, lang) = (parts.morning, parts.lang);
    let comparison = find_comparison(&morning.campaign, &moved.code);
    let catalogue = &morning.reference.catalogue;
    let [before, now] = [0, 1].map(|at| &moved.judgements[at]);
    let figures =
        |one: &Judgement| texts::shown_text(one.shown_figures(comparison, catalogue).now, lang);
    let [figure_before, figure_now] = [before, now].map(figures);
    let [state_before, state_now] = [before, now].map(|one| texts::state_text(one.state, lang));
    html! {
        tr {
            th scope="row" { (moved.code) }
            td { @if figure_before != figure_now { (figure_before) " → " (figure_now) } }
            td { @if state_before == state_now { (state_now) } @else { (state_before) " → " strong { (state_now) } } }
        }
    }
}

fn render_changed_reports(parts: &PageParts<'_>, changes: &RunChanges) -> Markup {
    let lang = parts.lang;
    let with_figures: Vec<&ReportMovement> =
        changes.reports.iter().filter(|moved| !moved.figures.is_empty()).collect();
    let nil = changes.reports.len() - with_figures.len();
    html! {
        details {
            summary { (lang.say(message!("changes-reports-moved-figures-nil", with_figures = lang.count(with_figures.len()), nil = lang.count(nil)))) }
            ul { @for moved in with_figures { (render_report_movement(parts, moved)) } }
        }
    }
}

fn render_report_movement(parts: &PageParts<'_>, moved: &ReportMovement) -> Markup {
    let (morning, lang) = (parts.morning, parts.lang);
    let address = parts.links.map(|links| links.report(moved.key.id()));
    let name = morning.reference.org.nearest_name(moved.key.unit, morning.today);
    let value = |code: &ElementCode, value: Option<i64>| {
        let scale = morning.reference.catalogue.element(code).map_or(0, |element| element.scale);
        value.map_or_else(|| "–".to_owned(), |value| lang.figure(value, scale))
    };
    html! {
        li {
            (render_linked(name, address)) ", " (texts::format_day(moved.key.period.start, lang)) ": "
            @for (at, (code, before, now)) in moved.figures.iter().enumerate() {
                @if at > 0 { "; " }
                (element_name(morning, code, lang)) " "
                @if !moved.new { (value(code, *before)) " → " }
                (value(code, *now))
            }
        }
    }
}
