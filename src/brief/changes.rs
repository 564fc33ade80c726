//! The part of the page that says what changed since the run before, and because of which reports.
//!
//! Knows layout; what moved was found by `app::changes`.

use super::view::element_name;
use super::words;
use crate::app::changes::Changes;
use crate::app::morning::Morning;
use crate::domain::lang::Lang;
use crate::domain::standing::{MovedReport, MovedTarget};
use maud::{Markup, html};

pub(super) fn changes(morning: &Morning, lang: Lang) -> Markup {
    let Some(changes) = &morning.changes else { return html! {} };
    let new = changes.reports.iter().filter(|moved| moved.new).count();
    let other = changes.reports.len() - new;
    let lead = lang.pick(
        format!(
            "Từ lần tổng hợp ngày {}: {new} báo cáo mới được duyệt, {other} báo cáo đã duyệt có số khác trước.",
            words::day(changes.since, lang)
        ),
        format!(
            "Since the run of {}: {new} reports newly accepted, {other} accepted ones with other figures.",
            words::day(changes.since, lang)
        ),
    );
    html! {
        section {
            h2 { (lang.pick("Thay đổi so với lần trước, và vì sao", "What changed since the last run, and why")) }
            p { (lead) }
            @if changes.targets.is_empty() {
                p.soft { (lang.pick("Không chỉ tiêu nào thay đổi.", "No target moved.")) }
            } @else {
                (targets(changes, lang))
            }
            (reports(morning, changes, lang))
        }
    }
}

fn targets(changes: &Changes, lang: Lang) -> Markup {
    html! {
        div.wide {
            table.plain {
                thead {
                    tr {
                        th scope="col" { (lang.pick("Chỉ tiêu", "Target")) }
                        th scope="col" { (lang.pick("Số liệu trước → nay", "Figures before → now")) }
                        th scope="col" { (lang.pick("Trạng thái trước → nay", "State before → now")) }
                    }
                }
                tbody { @for moved in &changes.targets { (target(moved, lang)) } }
            }
        }
    }
}

fn target(moved: &MovedTarget, lang: Lang) -> Markup {
    let figures = |figures: &[Option<i64>]| -> String {
        let texts = figures.iter().map(|value| value.map_or_else(|| "–".to_owned(), |value| value.to_string()));
        texts.collect::<Vec<_>>().join("/")
    };
    let [before, now] = moved.state.map(|state| words::state(state, lang));
    html! {
        tr {
            th scope="row" { (moved.code) }
            td { @if moved.figures[0] != moved.figures[1] { (figures(&moved.figures[0])) " → " (figures(&moved.figures[1])) } }
            td { @if before == now { (now) } @else { (before) " → " strong { (now) } } }
        }
    }
}

fn reports(morning: &Morning, changes: &Changes, lang: Lang) -> Markup {
    let telling: Vec<&MovedReport> = changes.reports.iter().filter(|moved| !moved.figures.is_empty()).collect();
    let nil = changes.reports.len() - telling.len();
    html! {
        details {
            summary { (lang.pick(
                format!("{} báo cáo làm thay đổi số liệu; {nil} báo cáo không phát sinh", telling.len()),
                format!("{} reports that moved figures; {nil} nil reports", telling.len()),
            )) }
            ul { @for moved in telling { (report(morning, moved, lang)) } }
        }
    }
}

fn report(morning: &Morning, moved: &MovedReport, lang: Lang) -> Markup {
    let name = morning.reference.org.name_near(moved.key.unit, morning.today);
    let value = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    html! {
        li {
            (name) ", " (words::day(moved.key.period.start, lang)) ": "
            @for (at, (code, before, now)) in moved.figures.iter().enumerate() {
                @if at > 0 { "; " }
                (element_name(morning, code, lang)) " "
                @if !moved.new { (value(*before)) " → " }
                (value(*now))
            }
        }
    }
}
