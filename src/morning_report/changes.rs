//! The section of the page that shows what changed since the previous run, and because of which
//! reports. The changes are computed in `app::run_changes`.

use super::target_rows::element_name;
use super::texts;
use crate::app::morning_report::MorningReport;
use crate::app::run_changes::RunChanges;
use crate::domain::standing::{ReportMovement, TargetMovement};
use crate::domain::support::message::message;
use crate::i18n::Lang;
use maud::{Markup, html};

pub(super) fn render_changes(morning: &MorningReport, lang: Lang) -> Markup {
    let Some(changes) = &morning.changes else { return html! {} };
    let new = changes.reports.iter().filter(|moved| moved.new).count();
    let other = changes.reports.len() - new;
    let lead = lang.say(message!(
        "changes-since-run-reports-newly",
        previous_day = texts::format_day(changes.previous_day, lang),
        new,
        other
    ));
    html! {
        section {
            h2 { (lang.text("changes-what-changed-since-last")) }
            p { (lead) }
            @if changes.targets.is_empty() {
                p.soft { (lang.text("changes-no-target-moved")) }
            } @else {
                (render_changed_targets(changes, lang))
            }
            (render_changed_reports(morning, changes, lang))
        }
    }
}

fn render_changed_targets(changes: &RunChanges, lang: Lang) -> Markup {
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
                tbody { @for moved in &changes.targets { (render_target_movement(moved, lang)) } }
            }
        }
    }
}

fn render_target_movement(moved: &TargetMovement, lang: Lang) -> Markup {
    let figures = |figures: &[Option<i64>]| -> String {
        let texts = figures
            .iter()
            .map(|value| value.map_or_else(|| "–".to_owned(), |value| value.to_string()));
        texts.collect::<Vec<_>>().join("/")
    };
    let [before, now] = moved.states.map(|state| texts::state_text(state, lang));
    html! {
        tr {
            th scope="row" { (moved.code) }
            td { @if moved.figures[0] != moved.figures[1] { (figures(&moved.figures[0])) " → " (figures(&moved.figures[1])) } }
            td { @if before == now { (now) } @else { (before) " → " strong { (now) } } }
        }
    }
}

fn render_changed_reports(morning: &MorningReport, changes: &RunChanges, lang: Lang) -> Markup {
    let with_figures: Vec<&ReportMovement> =
        changes.reports.iter().filter(|moved| !moved.figures.is_empty()).collect();
    let nil = changes.reports.len() - with_figures.len();
    html! {
        details {
            summary { (lang.say(message!("changes-reports-moved-figures-nil", with_figures = with_figures.len(), nil))) }
            ul { @for moved in with_figures { (render_report_movement(morning, moved, lang)) } }
        }
    }
}

fn render_report_movement(morning: &MorningReport, moved: &ReportMovement, lang: Lang) -> Markup {
    let name = morning.reference.org.nearest_name(moved.key.unit, morning.today);
    let value =
        |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    html! {
        li {
            (name) ", " (texts::format_day(moved.key.period.start, lang)) ": "
            @for (at, (code, before, now)) in moved.figures.iter().enumerate() {
                @if at > 0 { "; " }
                (element_name(morning, code, lang)) " "
                @if !moved.new { (value(*before)) " → " }
                (value(*now))
            }
        }
    }
}
