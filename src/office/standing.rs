//! The reports behind one figure: what each contributed, and which are missing.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::live::Live;
use super::morning::MorningQuery;
use super::report::period_text;
use super::table::Heading::Text;
use super::table::table_head;
use super::target::{flatten_judgement, judgement_text};
use crate::app::morning_report::MorningReport;
use crate::domain::report::element::ElementCode;
use crate::domain::standing::ReportSupport;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::standing_service_server::StandingService;
use crate::wire::enums;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// Reports on one page.
const PAGE_SIZE: i32 = 100;

/// Shows the reports behind a standing, or behind one member of its target.
pub(super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let standing_id = decode_hex(field("id")).ok_or(PageFailure::NotFound { lang })?;
    let query = MorningQuery::read(&desk, &fields).await?;
    let morning = query.find(&desk).await?;
    let request = pb::GetStandingRequest { standing_id: standing_id.clone() };
    let call = StandingService::get_standing(desk.services(), desk.request(request));
    let standing = desk.ask(call).await?.standing.and_then(|one| one.record).unwrap_or_default();
    let request = pb::ListStandingReportsRequest {
        standing_id,
        member_code: field("member").to_owned(),
        page_size: PAGE_SIZE,
        page_token: field("page").to_owned(),
    };
    let call = StandingService::list_standing_reports(desk.services(), desk.request(request));
    let reports = desk.ask(call).await?;
    let code = if field("member").is_empty() { field("target") } else { field("member") };
    let title = format!("{} · {code} · {}", lang.text("office-reports-behind"), morning.unit.name);
    let content = html! {
        p {
            a href=(query.address("target", field("target"))) {
                (lang.text("office-back-to-target")) " " (field("target"))
            }
        }
        (render_judgement(&standing, code, lang))
        (render_reports(&reports, &morning, lang))
        @if !reports.next_page_token.is_empty() {
            p {
                a href=(next_address(&fields, &reports.next_page_token)) {
                    (lang.text("office-next-page"))
                }
            }
        }
    };
    let is_synthetic = morning.is_synthetic;
    Ok(Page { title: &title, content, live: Live::Never, is_synthetic }.render(&desk))
}

/// The address of the next page of the same list.
pub(super) fn next_address(fields: &Fields, page_token: &str) -> String {
    let kept = fields.iter().filter(|(name, _)| *name != "page");
    let mut query: Vec<(&str, &str)> = kept.map(|(name, value)| (&**name, &**value)).collect();
    query.push(("page", page_token));
    page_address("standing", &query)
}

fn render_judgement(standing: &pb::StandingRecord, code: &str, lang: Lang) -> Markup {
    let members = standing.judgement.iter().flat_map(flatten_judgement);
    let judged = members.into_iter().find(|one| one.code == code);
    html! { @if let Some(judged) = judged { p.lead { strong { (judgement_text(judged, lang)) } } } }
}

fn render_reports(
    reports: &pb::ListStandingReportsResponse,
    morning: &MorningReport,
    lang: Lang,
) -> Markup {
    html! {
        p.soft {
            (lang.say(message!("office-counted-to-cut", seq = reports.cut_seq)))
            @if reports.out_of_sight > 0 {
                " " (lang.say(message!("office-out-of-sight", count = lang.count(reports.out_of_sight))))
            }
        }
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("page-code")),
                    Text(lang.text("page-unit")),
                    Text(lang.text("office-period")),
                    Text(lang.text("office-contribution")),
                    Text(lang.text("office-figures")),
                ]))
                tbody {
                    @for report in &reports.standing_reports {
                        (render_report(report, morning, lang))
                    }
                }
            }
        }
    }
}

fn render_report(report: &pb::StandingReport, morning: &MorningReport, lang: Lang) -> Markup {
    let unit = UnitId::from_slice(&report.unit_id).ok();
    let start = report.period.as_ref().map_or(0, |period| period.start_day);
    let name =
        unit.map_or("", |unit| morning.reference.org.nearest_name(unit, date_from_days(start)));
    let support = enums::report_support_from_proto(report.support).ok();
    let is_received = matches!(support, Some(ReportSupport::Waiting | ReportSupport::Accepted));
    let period = report.period.as_ref().map_or_else(String::new, |one| period_text(one, lang));
    html! {
        tr {
            th scope="row" { (report.unit_code) }
            td { (name) }
            td {
                @if is_received {
                    a href=(page_address("report", &[("id", &encode_hex(&report.report_id))])) {
                        (period)
                    }
                }
                @else { (period) }
            }
            td {
                (support.map_or("", |support| support_text(support, lang)))
                @if report.late { ", " (lang.text("office-late")) }
                @if support == Some(ReportSupport::NotDue) {
                    " (" (format_day(date_from_days(report.due_day), lang)) ")"
                }
            }
            td { (render_addends(report, morning, lang)) }
        }
    }
}

fn render_addends(report: &pb::StandingReport, morning: &MorningReport, lang: Lang) -> Markup {
    let named = report.addends.iter().map(|addend| {
        let code = ElementCode::new(&addend.element_code).ok();
        let element = code.and_then(|code| morning.reference.catalogue.element(&code));
        let name = element.map_or(addend.element_code.as_str(), |element| {
            lang.pick(&element.name_vi, &element.name_en)
        });
        let scale = element.map_or(0, |element| element.scale);
        let figure = addend.figure.map_or_else(|| "–".to_owned(), |one| lang.figure(one, scale));
        (name, figure, addend.counts)
    });
    html! {
        @for (at, (name, figure, counts)) in named.enumerate() {
            @if at > 0 { "; " }
            (name) " " strong { (figure) }
            @if !counts { " " small { (lang.text("office-not-counted")) } }
        }
    }
}

fn support_text(support: ReportSupport, lang: Lang) -> &'static str {
    match support {
        ReportSupport::Missing => lang.text("office-support-missing"),
        ReportSupport::Waiting => lang.text("office-support-waiting"),
        ReportSupport::Accepted => lang.text("office-support-accepted"),
        ReportSupport::NotDue => lang.text("office-support-not-due"),
    }
}
