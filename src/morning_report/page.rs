//! The morning report as HTML: self-contained, without script and without external address. Rows
//! come from `target_rows`, texts from `texts`.

use super::changes;
use super::funnel_plot::{self, FunnelPlot};
use super::pace_chart;
use super::target_rows::{self, ComparisonRow, TargetRow, element_name};
use super::texts::{self, StateGroup};
use crate::app::morning_report::{MorningReport, MorningReportQuestion, UnitSummary};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::Coverage;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::lang::Lang;
use crate::domain::support::text::escape_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLESHEET: &str = include_str!("page.css");
/// Blocks every request and every script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole page.
#[must_use]
pub fn render_page(morning: &MorningReport, lang: Lang) -> String {
    let rows = target_rows::build_target_rows(morning, lang);
    let funnels = funnel_plot::build_funnels(morning, lang);
    let name = lang.pick(&morning.campaign.name_vi, &morning.campaign.name_en);
    let page = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                title { (lang.pick("Báo cáo buổi sáng", "Morning page")) " · " (name) " · " (texts::format_day(morning.today, lang)) }
                style { (PreEscaped(STYLESHEET)) }
            }
            body {
                @if morning.is_synthetic { div.synthetic role="note" { "DỮ LIỆU GIẢ LẬP · SYNTHETIC DATA" } }
                main {
                    (render_header(morning, name, lang))
                    (render_summary(morning, &rows, lang))
                    (render_targets(&rows, lang))
                    (changes::render_changes(morning, lang))
                    (render_units(morning, &funnels, lang))
                    (render_reports(morning, lang))
                    (render_questions(morning, lang))
                    (render_definitions(morning, lang))
                    (render_provenance(morning, lang))
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
            h1 { (lang.pick("Báo cáo buổi sáng", "Morning page")) " " (texts::format_day(morning.today, lang)) " · " (morning.unit.name) }
            p { (lang.pick("Phong trào", "Campaign")) " " (morning.campaign.code) ": " (name) }
            p.meta {
                (judged_window_text(morning, lang)) " "
                (lang.pick("Số liệu đã duyệt, cộng dồn các kỳ báo cáo đã kết thúc trước ngày ", "Accepted figures of all periods that ended before "))
                (texts::format_day(morning.today, lang)) ". "
                (lang.pick("Tham gia thi đua là tự nguyện.", "Taking part in emulation is voluntary."))
            }
        }
    }
}

/// Which phase the page judges, its days, and whether they are over on the day of the run.
fn judged_window_text(morning: &MorningReport, lang: Lang) -> String {
    let last = |window: DateWindow| texts::format_day(window.last_day(), lang);
    let state = |window: DateWindow| {
        if morning.today < window.end {
            lang.pick("đang diễn ra", "still running")
        } else {
            lang.pick("đã kết thúc", "over")
        }
    };
    let (window, whole) = (morning.window, morning.campaign.measurement_window);
    let days = format!("{} – {}", texts::format_day(window.start, lang), last(window));
    let state_here = state(window);
    match morning.campaign.phases.iter().find(|phase| phase.no == morning.phase) {
        Some(phase) => lang.pick(
            format!(
                "Đánh giá ở đây: {}, {days}, {state_here}; cả phong trào đến {}, {}.",
                phase.name_vi,
                last(whole),
                state(whole)
            ),
            format!(
                "Judged here: {}, {days}, {state_here}; the whole campaign until {}, {}.",
                phase.name_en,
                last(whole),
                state(whole)
            ),
        ),
        None => lang.pick(
            format!("Đánh giá ở đây: cả phong trào, {days}, {state_here}."),
            format!("Judged here: the whole campaign, {days}, {state_here}."),
        ),
    }
}

fn render_summary(morning: &MorningReport, rows: &[TargetRow<'_>], lang: Lang) -> Markup {
    let count = |group: StateGroup| rows.iter().filter(|row| row.group == group).count();
    let [good, behind, missed, open] = StateGroup::ALL.map(count);
    let running = morning.today < morning.window.end;
    let lead = lang.pick(
        format!("Trong {} chỉ tiêu: {good} đạt hoặc đúng tiến độ, {behind} chậm tiến độ, {missed} không đạt, {open} chưa kết luận được.", rows.len()),
        format!("Of {} targets: {good} met or on pace, {behind} behind, {missed} missed, {open} cannot be said yet.", rows.len()),
    );
    html! {
        section aria-label=(lang.pick("Tóm tắt", "Summary")) {
            p.lead { strong { (lead) } }
            @if running {
                p.soft { (lang.pick("Chưa hết kỳ, nên chưa chỉ tiêu nào được gọi là đạt.", "The window is not over, so nothing is called met yet.")) }
            }
            div.boxes {
                @for group in StateGroup::ALL { (render_summary_box(group, rows, lang)) }
            }
        }
    }
}

fn render_summary_box(group: StateGroup, rows: &[TargetRow<'_>], lang: Lang) -> Markup {
    let (class, mark) = group.css_class_and_mark();
    let own: Vec<&TargetRow<'_>> = rows.iter().filter(|row| row.group == group).collect();
    html! {
        div class={ "box " (class) @if own.is_empty() { " none" } } {
            h3 class=(class) { span { (group.title(lang)) } span.mark { span aria-hidden="true" { (mark) } " " (own.len()) } }
            ul {
                @for row in &own {
                    li {
                        span.code { (row.target.code) } (row.text)
                        @for headline in &row.headline { small { (headline) } }
                    }
                }
                @if own.is_empty() { li.soft { (lang.pick("không có", "none")) } }
            }
        }
    }
}

fn render_targets(rows: &[TargetRow<'_>], lang: Lang) -> Markup {
    html! {
        section {
            h2 { (lang.pick("Từng chỉ tiêu", "Each target")) }
            ul.key aria-hidden="true" {
                li { svg viewBox="0 0 26 8" { path.now d="M0 4L26 4" {} } (lang.pick("năm nay", "this year")) }
                li { svg viewBox="0 0 26 8" { path.before d="M0 4L26 4" {} } (lang.pick("cùng kỳ năm trước", "last year")) }
                li { svg viewBox="0 0 26 8" { path.allowed d="M0 4L26 4" {} } (lang.pick("mức được phép hoặc phải đạt", "what is allowed or must be reached")) }
            }
            table.targets {
                thead {
                    tr {
                        th scope="col" { (lang.pick("Chỉ tiêu", "Target")) }
                        th.n scope="col" { (lang.pick("Năm trước", "Last year")) }
                        th.n scope="col" { (lang.pick("Hiện nay", "Now")) }
                        th.n scope="col" { (lang.pick("Cần đạt", "Needed")) }
                        th scope="col" { (lang.pick("Tiến độ", "Pace")) }
                    }
                }
                @for row in rows { (render_target(row, lang)) }
            }
        }
    }
}

fn render_target(row: &TargetRow<'_>, lang: Lang) -> Markup {
    let (class, mark) = row.group.css_class_and_mark();
    html! {
        tbody {
            tr.target {
                th scope="rowgroup" colspan="5" {
                    div.head {
                        span { span.code { (row.target.code) } (row.text) " " small { "(" (texts::commitment_text(row.target.commitment, lang)) ")" } }
                        span class={ "state " (class) } { span aria-hidden="true" { (mark) " " } (row.state) }
                    }
                }
            }
            @for one in &row.comparisons { (render_comparison(one, row.comparisons.len() > 1, lang)) }
            tr.notes { td colspan="5" { (render_notes(row, lang)) } }
        }
    }
}

fn render_comparison(line: &ComparisonRow, one_of_many: bool, lang: Lang) -> Markup {
    let (class, _) = StateGroup::from_state(line.state).css_class_and_mark();
    html! {
        tr.line {
            th scope="row" {
                span.name { @if one_of_many { (line.code) " " } (line.name) }
                @if one_of_many { " " span class={ "state " (class) } { (texts::state_text(line.state, lang)) } }
                @if !line.remarks.is_empty() { ul.says { @for says in &line.remarks { li { (says) } } } }
            }
            td.n data-label=(lang.pick("Năm trước", "Last year")) { (line.before) }
            td.n data-label=(lang.pick("Hiện nay", "Now")) {
                strong { (line.now) }
                @if !line.value.is_empty() { br; (line.value) }
            }
            td.n data-label=(lang.pick("Cần đạt", "Needed")) { (line.needed) }
            td.chart { @if let Some(pace) = &line.pace { (pace_chart::render_pace_chart(pace)) } }
        }
    }
}

fn render_notes(row: &TargetRow<'_>, lang: Lang) -> Markup {
    html! {
        @if !row.reasons.is_empty() {
            p { strong { (lang.pick("Vì sao: ", "Why: ")) } (row.reasons.join("; ")) "." }
        }
        @if !row.paired_counts.is_empty() {
            p {
                strong { (lang.pick("Đọc cùng: ", "Read with: ")) }
                @for (at, [name, before, now]) in row.paired_counts.iter().enumerate() {
                    @if at > 0 { "; " }
                    (name)
                    @if !now.is_empty() { " " (before) " → " (now) }
                }
                "."
            }
        }
        @if !row.target.gaming_note.is_empty() {
            p lang="vi" { strong { (lang.pick("Đừng để đạt trên giấy: ", "How it could be met on paper only: ")) } (row.target.gaming_note) }
        }
    }
}

fn render_units(morning: &MorningReport, funnels: &[FunnelPlot], lang: Lang) -> Markup {
    if funnels.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { (lang.pick("Các đơn vị trực thuộc, theo thứ tự mã", "Units below, in the order of their codes")) }
            p.soft {
                (lang.pick(
                    "Đây không phải là xếp hạng. Đơn vị nằm trong phễu không thể phân biệt với mức chung; nằm ngoài, ở phía nào cũng vậy, là điều nên hỏi chứ không phải kết luận. Phễu rộng ở nơi ít vụ, vì số nhỏ dao động mạnh.",
                    "This is not a ranking. A unit inside the funnel cannot be told apart from the whole; outside, on either side, is a question and no conclusion. The funnel is wide where cases are few, since small numbers vary much.",
                ))
            }
            ul.key aria-hidden="true" {
                li { svg viewBox="0 0 26 8" { path.limit d="M0 4L26 4" {} } (lang.pick("95 % trường hợp ngẫu nhiên", "95 % of chance")) }
                li { svg viewBox="0 0 26 8" { path.limit.rare d="M0 4L26 4" {} } (lang.pick("99,8 %", "99.8 %")) }
            }
            div.funnels {
                @for one in funnels {
                    figure { figcaption { (one.code) " " (one.name) } (funnel_plot::render_funnel(one, lang)) }
                }
            }
            div.wide { (render_unit_table(morning, funnels, lang)) }
        }
    }
}

fn render_unit_table(morning: &MorningReport, funnels: &[FunnelPlot], lang: Lang) -> Markup {
    html! {
        table.plain {
            thead {
                tr {
                    th scope="col" { (lang.pick("Mã", "Code")) }
                    th scope="col" { (lang.pick("Đơn vị", "Unit")) }
                    @for one in funnels {
                        th scope="col" {
                            (one.code) " "
                            (if one.change { lang.pick("năm trước → nay", "last year → now") } else { lang.pick("đạt/tổng", "of") })
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
                            td { (unit.name) }
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

fn render_reports(morning: &MorningReport, lang: Lang) -> Markup {
    let units = std::iter::once(&morning.unit).chain(&morning.child_units);
    html! {
        section {
            h2 { (lang.pick("Báo cáo đã về đến đâu", "How complete the reports are")) }
            p.soft { (lang.pick("Thiếu không phải là 0: báo cáo \"không phát sinh\" là báo cáo đủ, báo cáo chưa gửi là số chưa biết.", "Missing is not zero: a nil report is a full report, one that was not sent is a number that nobody knows.")) }
            div.wide {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { (lang.pick("Mã", "Code")) }
                            th scope="col" { (lang.pick("Đơn vị", "Unit")) }
                            th scope="col" { (lang.pick("Mẫu", "Form")) }
                            @for heading in coverage_headings(lang) { th.n scope="col" { (heading) } }
                        }
                    }
                    tbody { @for unit in units { (render_coverage_rows(unit)) } }
                }
            }
            (render_missing_reports(morning, lang))
        }
    }
}

/// Headings of [`coverage_figures`], shared with the workbook.
pub(super) fn coverage_headings(lang: Lang) -> [&'static str; 7] {
    lang.pick(
        [
            "Phải có",
            "Đã nhận",
            "trong đó không phát sinh",
            "chậm",
            "đã duyệt",
            "chờ duyệt hoặc trả lại",
            "Còn thiếu",
        ],
        [
            "Expected",
            "Received",
            "of these nil",
            "late",
            "accepted",
            "waiting or returned",
            "Missing",
        ],
    )
}

/// The figures under [`coverage_headings`].
pub(super) fn coverage_figures(coverage: &Coverage) -> [u32; 7] {
    let Coverage { expected, received, nil, late, accepted, missing } = *coverage;
    [expected, received, nil, late, accepted, received.saturating_sub(accepted), missing]
}

fn render_coverage_rows(unit: &UnitSummary) -> Markup {
    html! {
        @for (contract, coverage) in &unit.coverage {
            tr {
                th scope="row" { (unit.code) }
                td.k { (unit.name) }
                td.k { (contract) }
                @for figure in coverage_figures(coverage) { td.n { (figure) } }
            }
        }
    }
}

fn render_missing_reports(morning: &MorningReport, lang: Lang) -> Markup {
    if morning.missing_reports.is_empty() {
        return html! {};
    }
    let count: usize = morning.missing_reports.iter().map(|one| one.periods.len()).sum();
    html! {
        details {
            summary { (lang.pick(format!("{count} báo cáo còn thiếu, theo đơn vị"), format!("{count} missing reports, by unit"))) }
            ul {
                @for one in &morning.missing_reports {
                    @let days: Vec<String> = one.periods.iter().map(|day| texts::format_day(*day, lang)).collect();
                    li { (one.unit_name) " (" (one.contract) "): " (lang.pick("kỳ bắt đầu ", "period from ")) (days.join(", ")) }
                }
            }
        }
    }
}

/// Questions shown directly; the others are collapsed.
const QUESTIONS_SHOWN: usize = 8;

fn render_questions(morning: &MorningReport, lang: Lang) -> Markup {
    if morning.questions.is_empty() {
        return html! {};
    }
    let (first, rest) = morning.questions.split_at(morning.questions.len().min(QUESTIONS_SHOWN));
    html! {
        section {
            h2 { (lang.pick("Câu hỏi về chất lượng số liệu", "Questions about the quality of figures")) }
            p.soft { (lang.pick(
                "Đây là câu hỏi, không phải kết luận. Đơn vị được hỏi trước; cấp trên chỉ thấy khi đơn vị đã trả lời hoặc sau năm ngày làm việc. Theo thứ tự mã.",
                "These are questions, not conclusions. The unit is asked first; its superiors see a question once it has its reply, or after five working days. In code order.",
            )) }
            @for one in first { (render_question(morning, one, lang)) }
            @if !rest.is_empty() {
                details {
                    summary { (lang.pick(format!("còn {} câu hỏi", rest.len()), format!("{} more", rest.len()))) }
                    @for one in rest { (render_question(morning, one, lang)) }
                }
            }
        }
    }
}

fn render_question(morning: &MorningReport, one: &MorningReportQuestion, lang: Lang) -> Markup {
    let element = one
        .finding
        .element
        .as_ref()
        .map_or_else(String::new, |code| element_name(morning, code, lang));
    html! {
        div.question {
            p {
                strong { (one.unit_name) } " " small { "(" (one.finding.rule) ", " (texts::format_day(one.finding.asked_day, lang)) ", " (one.finding.state.text(lang)) ")" }
                br; (one.finding.question_text(&element, lang))
            }
            @if let Some(reply) = &one.finding.reply {
                p { strong { (lang.pick("Đơn vị trả lời: ", "The unit's reply: ")) } (reply.text) }
            }
        }
    }
}

fn render_definitions(morning: &MorningReport, lang: Lang) -> Markup {
    let mut codes: Vec<_> =
        morning.campaign.targets.iter().flat_map(|target| target.formula.elements()).collect();
    codes.extend(morning.plain_counts.keys().cloned());
    codes.sort();
    codes.dedup();
    html! {
        section {
            h2 { (lang.pick("Định nghĩa", "Definitions")) }
            details open {
                summary { (lang.pick("Cách đọc", "How to read this")) }
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
    lang.pick(
        [
            ("Năm trước", "số liệu gốc tính đến cùng ngày của năm trước"),
            (
                "Đúng tiến độ",
                "tính đến nay không vượt phần của mức cả kỳ mà năm trước đã dùng đến cùng ngày; chưa phải là đạt",
            ),
            ("Chưa kết luận được", "số báo cáo còn thiếu có thể làm thay đổi kết luận"),
            ("Khả năng đạt", "ước từ số vụ đến nay và phần còn lại của năm trước; không phải là đánh giá"),
            ("Mức dao động thường thấy", "chênh lệch mà số vụ như vậy tự có, dù không có gì thay đổi"),
        ],
        [
            ("Last year", "the baseline up to the same day of the year before"),
            ("On pace", "so far not beyond the part of the limit that last year had used by the same day; not yet met"),
            ("Cannot be said yet", "what the missing reports hold may change the verdict"),
            ("Chance to meet", "reckoned from the cases so far and the rest of last year; it judges nobody"),
            ("Usual variation", "the difference that so many cases show by themselves although nothing has changed"),
        ],
    )
}

fn render_provenance(morning: &MorningReport, lang: Lang) -> Markup {
    let run = &morning.run;
    html! {
        footer {
            h2 { (lang.pick("Chứng từ của các con số", "Where the numbers come from")) }
            dl {
                dt { (lang.pick("Lần tổng hợp", "Run")) } dd { (run.number) " · " code { (run.id) } }
                dt { (lang.pick("Thời điểm chốt", "Cut")) } dd { (run.cut_at.local_text()) " · " (lang.pick("vị trí ", "position ")) (run.cut_seq) }
                dt { (lang.pick("Mã băm dữ liệu vào", "Digest of the input")) } dd { code { (encode_hex(&run.input_digest)) } }
                dt { (lang.pick("Đầu chuỗi nhật ký tại điểm chốt", "Head of the audit at the cut")) } dd { code { (encode_hex(&morning.audit_chain)) } }
                dt { (lang.pick("Góc nhìn", "View")) } dd { "AS_WAS: " (lang.pick("theo tổ chức của từng kỳ", "as the organisation was in each period")) }
                dt { (lang.pick("Phần mềm", "Programme")) } dd { "thidua " (run.code_version) }
            }
            p { (lang.pick(
                "Tham gia phong trào thi đua là tự nguyện. Số tin báo tăng có thể là người dân tin hơn, không phải là thất bại. Trang này chỉ có số liệu tổng hợp, không có thông tin về cá nhân.",
                "Taking part in emulation is voluntary. More reports of crime may mean more trust, not failure. This page holds aggregate figures only, nothing about persons.",
            )) }
        }
    }
}
