//! Units with the state of their devices: whom to call, and who needs a card.

use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::Fields;
use super::super::frame::Page;
use super::super::live::Live;
use super::super::morning::contact_text;
use super::super::names::LIST_PAGE_SIZE;
use super::super::table::Heading::{Number, Text};
use super::super::table::table_head;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::desk_service_server::DeskService;
use crate::wire::enums;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// Lists units, those without a device first.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let under = fields.get("unit").map_or("", String::as_str);
    let units = list_unit_devices(&desk, under).await?;
    let content = html! {
        form.fields method="get" {
            label for="unit" { (lang.text("office-unit-and-below")) }
            input id="unit" name="unit" value=(under);
            button type="submit" { (lang.text("office-show")) }
        }
        p.soft { (lang.text("office-fleet-order")) }
        (render_units(&units, lang))
    };
    let title = lang.text("office-nav-fleet");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

/// The units under one, or all, whose devices the person may list.
pub(in super::super) async fn list_unit_devices(
    desk: &DeskCaller,
    under: &str,
) -> Result<Vec<pb::UnitDevices>, PageFailure> {
    let (mut units, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListUnitDevicesRequest {
            page_size: LIST_PAGE_SIZE,
            page_token,
            unit_uid: under.to_owned(),
        };
        let call = DeskService::list_unit_devices(desk.services(), desk.request(request));
        let listed = desk.ask(call).await?;
        units.extend(listed.units);
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(units);
        }
    }
}

fn render_units(units: &[pb::UnitDevices], lang: Lang) -> Markup {
    html! {
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("page-code")),
                    Text(lang.text("page-unit")),
                    Number(lang.text("office-devices")),
                    Text(lang.text("office-last-contact")),
                    Text(lang.text("office-backlog")),
                    Text(lang.text("office-card-until")),
                ]))
                tbody { @for unit in units { (render_unit(unit, lang)) } }
            }
        }
    }
}

fn render_unit(unit: &pb::UnitDevices, lang: Lang) -> Markup {
    let contact = enums::last_contact_from_proto(unit.last_contact);
    let backlog = match unit.backlog() {
        pb::UnitBacklog::Some => lang.text("office-backlog-some"),
        pb::UnitBacklog::Stuck => lang.text("office-backlog-stuck"),
        pb::UnitBacklog::None | pb::UnitBacklog::Unspecified => "",
    };
    html! {
        tr {
            th scope="row" { (unit.unit_uid) }
            td { (unit.unit_name) }
            td.n { (lang.count(unit.devices)) }
            td { (contact.map_or("", |contact| contact_text(contact, lang))) }
            td { (backlog) }
            td {
                @if let Some(day) = unit.card_open_until_day {
                    (format_day(date_from_days(day), lang))
                }
            }
        }
    }
}
