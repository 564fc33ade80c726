//! The organisation with its dates, and the rehearsal of a change.

use super::super::address::page_address;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{PostedFiles, render_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::UnitNames;
use super::super::table::Heading::Text;
use super::super::table::table_head;
use super::imports::render_findings;
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::org_service_server::OrgService;
use axum::response::Html;
use maud::{Markup, html};

/// Lists the units with their names, parents and days, in code order, and asks for a rehearsal.
pub(in super::super) async fn show(desk: DeskCaller) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let units = UnitNames::load(&desk).await?;
    let content = html! {
        @if desk.holds(&[pb::Role::DataSteward]) {
            section {
                h2 { (lang.text("office-rehearse-organisation")) } (render_rehearsal_form(&desk))
            }
        }
        section { h2 { (lang.text("office-units")) } (render_units(&units, lang)) }
    };
    let title = lang.text("office-nav-organisation");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_rehearsal_form(desk: &DeskCaller) -> Markup {
    let lang = desk.lang();
    html! {
        form.fields method="post" action=(page_address("organisation", &[])) enctype="multipart/form-data" {
            (render_proof(desk))
            label for="files" { (lang.text("office-organisation-files")) }
            input id="files" name="files" type="file" multiple required;
            label for="day" { (lang.text("office-effective-day")) }
            input id="day" name="day" type="date";
            button type="submit" { (lang.text("office-rehearse-organisation")) }
        }
    }
}

fn render_units(units: &UnitNames, lang: Lang) -> Markup {
    html! {
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("page-code")),
                    Text(lang.text("page-unit")),
                    Text(lang.text("office-days")),
                    Text(lang.text("office-unit-above")),
                ]))
                tbody {
                    @for unit in units.in_code_order() {
                        @for version in &unit.versions {
                            tr {
                                th scope="row" { (unit.uid) }
                                td { (version.name) }
                                td { (span_text(version.days, lang)) }
                                td {
                                    @for parent in command_parents(unit) {
                                        span.value {
                                            (units.name_by_number(parent.parent_number)) " " small { (span_text(parent.days, lang)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The units above one in the line of command, ascending in time.
fn command_parents(unit: &pb::UnitRecord) -> impl Iterator<Item = &pb::UnitParent> {
    unit.parents.iter().filter(|parent| parent.hierarchy() == pb::Hierarchy::Command)
}

/// First and last day of a span; what has no bound is left open.
pub(in super::super) fn span_text(days: Option<pb::DaySpan>, lang: Lang) -> String {
    let pb::DaySpan { start_day, end_day } = days.unwrap_or_default();
    let day = |day: Option<i32>| {
        day.map_or_else(String::new, |day| format_day(date_from_days(day), lang))
    };
    format!("{} – {}", day(start_day), day(end_day.map(|end| end - 1)))
}

/// Shows what a change would do; nothing is written.
pub(in super::super) async fn rehearse(form: PostedFiles) -> Result<Html<String>, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let file = |word: &str| {
        let found = form.files.iter().find(|file| file.name.to_lowercase().contains(word));
        found.map(|file| pb::TableFile { name: file.name.clone(), data: file.bytes.clone() })
    };
    let effective_day = match form.field("day") {
        "" => None,
        day => Some(days_from_date(day.parse().map_err(|_| PageFailure::BadForm { lang })?)),
    };
    let request = pb::RehearseOrganisationRequest {
        units: file("units"),
        parents: file("parents"),
        lineage: file("lineage"),
        handover: file("handover"),
        effective_day,
        campaign_code: String::new(),
    };
    let call = OrgService::rehearse_organisation(desk.services(), desk.request(request));
    let rehearsed = desk.ask(call).await?;
    let content = html! {
        @if let Some(rehearsal) = &rehearsed.rehearsal {
            p class=(if rehearsal.reconciled { "done" } else { "refused" }) role="status" {
                (lang.text(if rehearsal.reconciled { "office-reconciled" } else { "office-not-reconciled" }))
            }
            pre { (rehearsal.text) }
        }
        (render_findings(&rehearsed.findings, lang))
        p { a href=(page_address("organisation", &[])) { (lang.text("office-nav-organisation")) } }
    };
    let title = lang.text("office-rehearse-organisation");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(desk))
}
