//! The morning report as HTML: self-contained, without script and without external address. Rows
//! come from `target_rows`, texts from `texts`.

use super::funnel_plot::{self, FunnelPoint};
use super::links::render_linked;
use super::pace_chart;
use super::parts::PageParts;
use super::target_rows::{ComparisonRow, TargetRow, element_name};
use super::texts;
use crate::app::morning_report::{MorningReport, MorningReportQuestion, UnitSummary};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::{Coverage, StateGroup};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::{MessageArg, message};
use crate::domain::support::text::escape_lines;
use crate::i18n::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet of the page and of its parts.
pub const STYLESHEET: &str = include_str!("page.css");
/// Blocks every request and every script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole page.
#[must_use]
pub fn render_page(morning: &MorningReport, lang: Lang) -> String {
    let parts = PageParts::new(morning, lang, None);
    let name = lang.pick(&morning.campaign.name_vi, &morning.campaign.name_en);
    let page = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                title { (lang.text("page-morning-page")) " · " (name) " · " (texts::format_day(morning.today, lang)) }
                style { (PreEscaped(STYLESHEET)) }
            }
            body {
                @if morning.is_synthetic { div.synthetic role="note" { (lang.text("page-synthetic")) } }
                main {
                    (render_header(morning, name, lang))
                    (parts.summary())
                    (parts.targets())
                    (parts.changes())
                    (parts.calls())
                    (parts.units())
                    (parts.coverage())
                    (parts.questions())
                    (parts.definitions())
                    (parts.provenance())
                }
            }
        }
    }
    .into_string();
    // HTML's own escaping leaves controls of terminals and of direction as they are.
    escape_lines(&page).into_owned()
}

fn render_header(morning: &MorningReport, name: &str, lang: Lang) -> Markup {
    html! {
        header {
            h1 { (lang.text("page-morning-page")) " " (texts::format_day(morning.today, lang)) " · " (morning.unit.name) }
            p { (lang.text("page-campaign")) " " (morning.campaign.code) ": " (name) }
            p.meta {
                (judged_window_text(morning, lang)) " "
                (lang.text("page-accepted-figures-judged-through")) " "
                (lang.text("page-taking-part-emulation-voluntary"))
            }
        }
    }
}

/// Which phase the page judges, its days, and whether they are over on the day of the run.
pub(super) fn judged_window_text(morning: &MorningReport, lang: Lang) -> String {
    let last = |window: DateWindow| texts::format_day(window.last_day(), lang);
    let state = |window: DateWindow| {
        if morning.today < window.end {
            lang.text("page-still-running")
        } else {
            lang.text("page-over")
        }
    };
    let (window, whole) = (morning.window, morning.campaign.measurement_window);
    let days = format!("{} – {}", texts::format_day(window.start, lang), last(window));
    let state_here = state(window);
    match morning.campaign.phases.iter().find(|phase| phase.no == morning.phase) {
        Some(phase) => lang.say(message!(
            "page-judged-here-whole-campaign-2",
            phase => MessageArg::Names(phase.name_vi.clone(), phase.name_en.clone()),
            days,
            state_here,
            end = last(whole),
            state = state(whole)
        )),
        None => lang.say(message!("page-judged-here-whole-campaign", days, state_here)),
    }
}

pub(super) fn render_summary(parts: &PageParts<'_>) -> Markup {
    let PageParts { morning, rows, lang, .. } = parts;
    let lang = *lang;
    let count = |group: StateGroup| rows.iter().filter(|row| row.group == group).count();
    let [good, behind, missed, open] =
        [StateGroup::Good, StateGroup::Behind, StateGroup::Missed, StateGroup::Undecided]
            .map(count);
    let quiet = count(StateGroup::NotJudged);
    let running = morning.today < morning.window.end;
    let lead = lang.say(message!(
        "page-targets-met-pace-behind",
        rows = rows.len() - quiet,
        good,
        behind,
        missed,
        open
    ));
    let shown =
        StateGroup::ALL.iter().filter(|group| **group != StateGroup::NotJudged || quiet > 0);
    html! {
        section aria-label=(lang.text("page-summary")) {
            p.lead { strong { (lead) } }
            @if quiet > 0 { p.soft { (lang.say(message!("page-targets-not-judged-here", quiet))) } }
            @if running {
                p.soft { (lang.text("page-window-not-over-so")) }
            }
            div.boxes {
                @for group in shown { (render_summary_box(*group, parts)) }
            }
        }
    }
}

fn render_summary_box(group: StateGroup, parts: &PageParts<'_>) -> Markup {
    let (class, mark) = texts::css_class_and_mark(group);
    let lang = parts.lang;
    let own: Vec<&TargetRow<'_>> = parts.rows.iter().filter(|row| row.group == group).collect();
    let address = |row: &TargetRow<'_>| parts.links.map(|links| links.target(&row.target.code));
    html! {
        div class={ "box " (class) @if own.is_empty() { " none" } } {
            h3 class=(class) { span { (texts::group_title(group, lang)) } span.mark { span aria-hidden="true" { (mark) } " " (own.len()) } }
            ul {
                @for row in &own {
                    li {
                        span.code { (row.target.code) } (render_linked(row.text, address(row)))
                        @for headline in &row.headline { small { (headline) } }
                    }
                }
                @if own.is_empty() { li.soft { (lang.text("page-none")) } }
            }
        }
    }
}

pub(super) fn render_targets(rows: &[TargetRow<'_>], lang: Lang) -> Markup {
    html! {
        section {
            h2 { (lang.text("page-each-target")) }
            ul.key aria-hidden="true" {
                li { svg viewBox="0 0 26 8" { path.now d="M0 4L26 4" {} } (lang.text("page-year")) }
                li { svg viewBox="0 0 26 8" { path.before d="M0 4L26 4" {} } (lang.text("page-last-year-2")) }
                li { svg viewBox="0 0 26 8" { path.allowed d="M0 4L26 4" {} } (lang.text("page-what-allowed-must-reached")) }
                li { svg viewBox="0 0 26 8" { path.limit-now d="M8 4L18 4" {} } (lang.text("page-limit-to-date")) }
            }
            table.targets {
                thead {
                    tr {
                        th scope="col" { (lang.text("changes-target")) }
                        th.n scope="col" { (lang.text("page-last-year")) }
                        th.n scope="col" { (lang.text("page-now")) }
                        th.n scope="col" { (lang.text("page-needed")) }
                        th scope="col" { (lang.text("page-pace")) }
                    }
                }
                @for row in rows { (render_target(row, lang)) }
            }
        }
    }
}

fn render_target(row: &TargetRow<'_>, lang: Lang) -> Markup {
    let (class, mark) = texts::css_class_and_mark(row.group);
    html! {
        tbody {
            tr.target {
                th scope="rowgroup" colspan="5" {
                    div.head {
                        span {
                            span.code { (row.target.code) } (row.text) " "
                            small { "(" (texts::commitment_text(row.target.commitment, lang)) "; " (row.judged_through) ")" }
                        }
                        span class={ "state " (class) } { span aria-hidden="true" { (mark) " " } (row.state) }
                    }
                }
            }
            @for one in &row.comparisons { (render_comparison(one, row, lang)) }
            tr.notes { td colspan="5" { (render_notes(row, lang)) } }
        }
    }
}

fn render_comparison(line: &ComparisonRow, row: &TargetRow<'_>, lang: Lang) -> Markup {
    let one_of_many = row.comparisons.len() > 1;
    let quiet = StateGroup::NotJudged;
    let has_state = one_of_many && (row.group, line.state.group()) != (quiet, quiet);
    let (class, _) = texts::css_class_and_mark(line.state.group());
    html! {
        tr.line {
            th scope="row" {
                span.name { @if one_of_many { (line.code) " " } (line.name) }
                @if has_state { " " span class={ "state " (class) } { (texts::state_text(line.state, lang)) } }
                @if !line.remarks.is_empty() { ul.says { @for says in &line.remarks { li { (says) } } } }
            }
            td.n data-label=(lang.text("page-last-year")) { @if line.before.is_some() { (texts::shown_text(line.before, lang)) } }
            td.n data-label=(lang.text("page-now")) {
                @if line.now.is_some() { strong { (texts::shown_text(line.now, lang)) } }
                @if !line.value.is_empty() { span.value { (line.value) } }
            }
            td.n data-label=(lang.text("page-needed")) { @for needed in &line.needed { span.value { (needed) } } }
            td.chart { @if let Some(pace) = &line.pace { (pace_chart::render_pace_chart(pace)) } }
        }
    }
}

fn render_notes(row: &TargetRow<'_>, lang: Lang) -> Markup {
    html! {
        @if let Some(each) = &row.each {
            details { summary { (lang.text("page-each-unit")) } p { (each) "." } }
        }
        @if !row.reasons.is_empty() {
            p { strong { (lang.text("page-why")) } (row.reasons.join("; ")) "." }
        }
        @if !row.paired_counts.is_empty() {
            p {
                strong { (lang.text("page-read")) }
                @for (at, [name, before, now]) in row.paired_counts.iter().enumerate() {
                    @if at > 0 { "; " }
                    (name)
                    @if !now.is_empty() { " " (before) " → " (now) }
                }
                "."
            }
        }
        @if !row.target.gaming_note.is_empty() {
            p lang="vi" { strong { (lang.text("page-how-could-met-paper")) } (row.target.gaming_note) }
        }
    }
}

pub(super) fn render_units(parts: &PageParts<'_>) -> Markup {
    let PageParts { funnels, lang, .. } = parts;
    let lang = *lang;
    if funnels.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { (lang.text("page-units-below-order-their")) }
            p.soft {
                (lang.text("page-not-ranking-unit-inside"))
            }
            ul.key aria-hidden="true" {
                li { svg viewBox="0 0 26 8" { path.limit d="M0 4L26 4" {} } (lang.text("page-95-chance")) }
                li { svg viewBox="0 0 26 8" { path.limit.rare d="M0 4L26 4" {} } (lang.text("page-99-8")) }
            }
            div.funnels {
                @for one in funnels {
                    figure { figcaption { (one.code) " " (one.name) } (funnel_plot::render_funnel(one, lang)) }
                }
            }
            (render_unusual_units(parts))
            div.wide { (render_unit_table(parts)) }
        }
    }
}

/// Which units are to be asked about, by name and in code order.
fn render_unusual_units(parts: &PageParts<'_>) -> Markup {
    let PageParts { morning, funnels, lang, links, .. } = parts;
    let unit_of =
        |point: &FunnelPoint| morning.child_units.iter().find(|unit| unit.code == point.code);
    html! {
        @for one in funnels.iter().filter(|one| one.unusual_points().next().is_some()) {
            p {
                strong { (one.code) " " (one.name) ": " }
                @for (at, point) in one.unusual_points().enumerate() {
                    @if at > 0 { "; " }
                    (point.code) " "
                    @if let Some(unit) = unit_of(point) { (render_linked(&unit.name, links.map(|links| links.unit(&unit.uid)))) }
                    " " (point.figures) " " small { (funnel_plot::position_text(point, *lang)) }
                }
                "."
            }
        }
    }
}

fn render_unit_table(parts: &PageParts<'_>) -> Markup {
    let PageParts { morning, funnels, lang, links, .. } = parts;
    let lang = *lang;
    html! {
        table.plain {
            thead {
                tr {
                    th scope="col" { (lang.text("page-code")) }
                    th scope="col" { (lang.text("page-unit")) }
                    @for one in funnels {
                        th scope="col" {
                            (one.code) " "
                            (if one.change { lang.text("page-last-year-now") } else { lang.text("page-of") })
                        }
                    }
                }
            }
            tbody {
                @for unit in &morning.child_units {
                    @let points: Vec<_> = funnels.iter().map(|one| one.points.iter().find(|point| point.code == unit.code)).collect();
                    @if points.iter().any(Option::is_some) {
                        tr {
                            th scope="row" { (unit.code) }
                            td { (render_linked(&unit.name, links.map(|links| links.unit(&unit.uid)))) }
                            @for point in points {
                                td { @if let Some(point) = point { (point.figures) " " small { (funnel_plot::position_text(point, lang)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn render_reports(morning: &MorningReport, lang: Lang) -> Markup {
    let units = std::iter::once(&morning.unit).chain(&morning.child_units);
    html! {
        section {
            h2 { (lang.text("page-how-complete-reports")) }
            p.soft { (lang.text("page-missing-not-zero-nil")) }
            div.wide {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { (lang.text("page-code")) }
                            th scope="col" { (lang.text("page-unit")) }
                            th scope="col" { (lang.text("page-form")) }
                            @for heading in coverage_headings(lang) { th.n scope="col" { (heading) } }
                        }
                    }
                    tbody { @for unit in units { (render_coverage_rows(unit, lang)) } }
                }
            }
        }
    }
}

/// Headings of [`coverage_figures`], shared with the workbook.
pub(super) fn coverage_headings(lang: Lang) -> [&'static str; 7] {
    ["expected", "received", "nil", "late", "accepted", "open", "missing"]
        .map(|column| lang.text(&format!("page-reports-{column}")))
}

/// The figures under [`coverage_headings`].
pub(super) fn coverage_figures(coverage: &Coverage) -> [u32; 7] {
    let Coverage { expected, received, nil, late, accepted, missing, waived: _ } = *coverage;
    [expected, received, nil, late, accepted, received.saturating_sub(accepted), missing]
}

fn render_coverage_rows(unit: &UnitSummary, lang: Lang) -> Markup {
    html! {
        @for (contract, coverage) in &unit.coverage {
            tr {
                th scope="row" { (unit.code) }
                td.k { (unit.name) }
                td.k { (contract) }
                @for figure in coverage_figures(coverage) { td.n { (lang.count(figure)) } }
            }
        }
    }
}

/// Questions shown directly; the others are collapsed.
const QUESTIONS_SHOWN: usize = 8;

pub(super) fn render_questions(morning: &MorningReport, lang: Lang) -> Markup {
    if morning.questions.is_empty() {
        return html! {};
    }
    let (first, rest) = morning.questions.split_at(morning.questions.len().min(QUESTIONS_SHOWN));
    html! {
        section {
            h2 { (lang.text("page-questions-about-quality-figures")) }
            p.soft { (lang.text("page-these-questions-not-conclusions")) }
            @for one in first { (render_question(morning, one, lang)) }
            @if !rest.is_empty() {
                details {
                    summary { (lang.say(message!("page-more", rest = rest.len()))) }
                    @for one in rest { (render_question(morning, one, lang)) }
                }
            }
        }
    }
}

fn render_question(morning: &MorningReport, one: &MorningReportQuestion, lang: Lang) -> Markup {
    let code = one.finding.element.as_ref();
    let element = code.map_or_else(String::new, |code| element_name(morning, code, lang));
    let known = code.and_then(|code| morning.reference.catalogue.element(code));
    let scale = known.map_or(0, |element| element.scale);
    html! {
        div.question {
            p {
                strong { (one.unit_name) } " " small { "(" (one.finding.rule) ", " (texts::format_day(one.finding.asked_day, lang)) ", " (one.finding.state.message().text(lang)) ")" }
                br; (one.finding.question(MessageArg::Text(element), scale).text(lang))
            }
            @if let Some(reply) = &one.finding.reply {
                p { strong { (lang.text("page-unit-reply")) } (reply.text) }
            }
        }
    }
}

pub(super) fn render_definitions(morning: &MorningReport, lang: Lang) -> Markup {
    let mut codes: Vec<_> =
        morning.campaign.targets.iter().flat_map(|target| target.formula.elements()).collect();
    codes.extend(morning.plain_counts.keys().cloned());
    codes.sort();
    codes.dedup();
    html! {
        section {
            h2 { (lang.text("page-definitions")) }
            details open {
                summary { (lang.text("page-how-read")) }
                dl {
                    @for (term, meaning) in glossary_terms(lang) { dt { (term) } dd { (meaning) } }
                    @for code in &codes { dt { code { (code) } } dd { (element_name(morning, code, lang)) } }
                    @for target in &morning.campaign.targets { dt { (target.code) } dd { code { (target.formula) } } }
                }
            }
        }
    }
}

fn glossary_terms(lang: Lang) -> [(&'static str, &'static str); 5] {
    ["last-year", "on-pace", "undetermined", "chance", "variation"].map(|term| {
        (lang.text(&format!("page-term-{term}")), lang.text(&format!("page-meaning-{term}")))
    })
}

pub(super) fn render_provenance(morning: &MorningReport, lang: Lang) -> Markup {
    let run = &morning.run;
    html! {
        footer {
            h2 { (lang.text("page-where-numbers-come-from")) }
            dl {
                dt { (lang.text("page-run")) } dd { (run.number) " · " code { (run.id) } }
                dt { (lang.text("page-cut")) } dd { (run.cut_at.local_text()) " · " (lang.text("page-position")) (run.cut_seq) }
                dt { (lang.text("page-digest-input")) } dd { code { (encode_hex(&run.input_digest)) } }
                dt { (lang.text("page-head-audit-cut")) } dd { code { (encode_hex(&morning.audit_chain)) } }
                dt { (lang.text("page-view")) } dd { "AS_WAS: " (lang.text("page-as-organisation-each-period")) }
                dt { (lang.text("page-program")) } dd { "thidua " (run.code_version) }
            }
            p { (lang.text("page-taking-part-emulation-voluntary-2")) }
        }
    }
}
