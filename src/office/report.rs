//! One report: its figures, and every revision of it.

use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::live::{Live, News, NewsKind};
use super::names::{CatalogueNames, UnitNames};
use super::table::Heading::{Number, Text};
use super::table::table_head;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::hex::decode_hex;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::report_service_server::ReportService;
use crate::wire::enums;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// Revisions that are shown: the latest.
const REVISIONS_SHOWN: i32 = 20;

/// Shows a report.
pub(super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let (after, lang) = (desk.services().head_seq(), desk.lang());
    let id = fields.get("id").and_then(|id| decode_hex(id));
    let report_id = id.ok_or(PageFailure::NotFound { lang })?;
    let request = pb::GetReportRequest { report_id: report_id.clone() };
    let found = desk.ask(ReportService::get_report(desk.services(), desk.request(request))).await?;
    let request = pb::ListRevisionsRequest {
        report_id,
        page_size: REVISIONS_SHOWN,
        page_token: String::new(),
    };
    let call = ReportService::list_revisions(desk.services(), desk.request(request));
    let revisions = desk.ask(call).await?;
    let names = ReportNames {
        catalogue: CatalogueNames::load(&desk).await?,
        units: UnitNames::load(&desk).await?,
        lang,
    };
    let report = found.report.unwrap_or_default();
    let record = report.record.clone().unwrap_or_default();
    let title = names.title(&record);
    let content = html! {
        (names.render_revision(&report))
        (names.render_comments(&found.comments))
        section {
            h2 { (lang.text("office-revisions")) }
            p.soft { (lang.text("office-revisions-kept")) }
            @for revision in revisions.revisions.iter().filter(|one| one.revision != report.revision) {
                details {
                    summary { (lang.text("office-revision")) " " (revision.revision) }
                    (names.render_revision(revision))
                }
            }
        }
    };
    let live = Live::News(News { after, kind: NewsKind::Report });
    Ok(Page { title: &title, content, live, is_synthetic: false }.render(&desk))
}

/// First and last day of a period.
pub(super) fn period_text(period: &pb::Period, lang: Lang) -> String {
    let [first, last] = [period.start_day, period.end_day - 1].map(date_from_days);
    format!("{} – {}", format_day(first, lang), format_day(last, lang))
}

/// The state of a report, in words.
pub(super) fn state_text(state: i32, lang: Lang) -> &'static str {
    match enums::state_from_proto(state) {
        Ok(ReportState::Draft) => lang.text("office-state-draft"),
        Ok(ReportState::Submitted) => lang.text("office-state-submitted"),
        Ok(ReportState::Returned) => lang.text("office-state-returned"),
        Ok(ReportState::Accepted) => lang.text("office-state-accepted"),
        Ok(ReportState::Locked) => lang.text("office-state-locked"),
        Err(_) => "",
    }
}

struct ReportNames {
    catalogue: CatalogueNames,
    units: UnitNames,
    lang: Lang,
}

impl ReportNames {
    fn title(&self, record: &pb::ReportRecord) -> String {
        let form = self.catalogue.form_name(&record.contract_id, self.lang);
        let period = record.period.as_ref();
        let unit = self.units.name_on(record.unit_number, period.map_or(0, |one| one.start_day));
        let days = period.map_or_else(String::new, |period| period_text(period, self.lang));
        format!("{unit} · {form} · {days}")
    }

    fn render_revision(&self, report: &pb::Report) -> Markup {
        let (record, lang) = (report.record.clone().unwrap_or_default(), self.lang);
        let day = record.period.as_ref().map_or(0, |period| period.start_day);
        let is_signed_elsewhere = record.acting_unit_number != record.unit_number;
        html! {
            p {
                strong { (state_text(record.state, lang)) }
                @if record.nil { " · " (lang.text("office-nil-report")) }
                @if record.late { " · " (lang.text("office-late")) }
                @if let Some(day) = record.received_day {
                    " · " (lang.text("office-received")) " " (format_day(date_from_days(day), lang))
                }
                @if is_signed_elsewhere {
                    " · " (lang.text("office-signed-by")) " " (self.units.name_on(record.acting_unit_number, day))
                }
                @if !record.source.is_empty() {
                    " · " (lang.text("office-sent-by-system")) " " (record.source)
                }
            }
            @if let Some(question) = &record.question {
                p.refused {
                    strong { (lang.text("office-question")) " " } (question.text) " " small {
                        "(" (question.code) ")"
                    }
                }
            }
            table.plain {
                (table_head(&[
                    Text(lang.text("office-element")),
                    Number(lang.text("office-figure")),
                ]))
                tbody { @for cell in &record.cells { (self.render_cell(cell)) } }
            }
            @if !record.note.is_empty() {
                p { strong { (lang.text("office-note")) " " } (record.note) }
            }
        }
    }

    fn render_cell(&self, cell: &pb::Cell) -> Markup {
        let (element, lang) = (self.catalogue.element(cell.element_number), self.lang);
        let name = element.map_or_else(
            || cell.element_number.to_string(),
            |one| lang.pick(&one.name_vi, &one.name_en).clone(),
        );
        let scale = element.and_then(|one| u8::try_from(one.scale).ok()).unwrap_or_default();
        let figure = match pb::CellStatus::try_from(cell.status) {
            Ok(pb::CellStatus::Reported) => lang.figure(cell.value, scale),
            Ok(pb::CellStatus::Nil) => lang.text("office-cell-nil").to_owned(),
            Ok(pb::CellStatus::Missing) => lang.text("office-cell-missing").to_owned(),
            Ok(pb::CellStatus::Unspecified) | Err(_) => String::new(),
        };
        html! { tr { th scope="row" { (name) } td.n { (figure) } } }
    }

    fn render_comments(&self, comments: &[pb::Comment]) -> Markup {
        let records = comments.iter().filter_map(|comment| comment.record.as_ref());
        html! {
            @if !comments.is_empty() {
                section {
                    h2 { (self.lang.text("office-comments")) }
                    @for comment in records {
                        div.question {
                            p {
                                strong { (self.units.name_on(comment.unit_number, comment.received_day)) } " " small { (format_day(date_from_days(comment.received_day), self.lang)) } br; (comment.text)
                            }
                        }
                    }
                }
            }
        }
    }
}
