//! The audit: who changed what. It is read for a purpose, which the audit records, so it is asked
//! for by a form and stands in no address.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::{PostedForm, render_proof};
use super::frame::Page;
use super::live::Live;
use super::table::Heading::{Number, Text};
use super::table::table_head;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::message::message;
use crate::domain::support::time::days_from_date;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::audit_service_server::AuditService;
use crate::wire::values::timestamp_from_proto;
use axum::response::Html;
use maud::{Markup, html};

/// Entries on one page.
const PAGE_SIZE: i32 = 100;

/// What a person is asked for: the field, its name and its kind.
const FIELDS: [(&str, &str, &str); 5] = [
    ("purpose", "office-audit-purpose", "text"),
    ("action", "office-audit-action", "text"),
    ("account", "office-audit-account", "text"),
    ("record", "office-audit-record", "text"),
    ("since", "office-audit-since", "date"),
];

/// Asks for the purpose, and what is looked for.
pub(super) async fn show(desk: DeskCaller) -> Html<String> {
    render(&desk, &render_search(&desk, |_| ""))
}

/// Shows the entries that were looked for.
pub(super) async fn search(form: PostedForm) -> Result<Html<String>, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let bad_form = PageFailure::BadForm { lang };
    let id = |name: &str| decode_hex(form.field(name).trim());
    let since = match form.field("since") {
        "" => None,
        day => Some(day.parse().map_err(|_| PageFailure::BadForm { lang })?),
    };
    let (Some(account_id), Some(record_id)) = (id("account"), id("record")) else {
        return Err(bad_form);
    };
    let request = pb::ListAuditEntriesRequest {
        page_size: PAGE_SIZE,
        page_token: form.field("page").to_owned(),
        purpose: form.field("purpose").to_owned(),
        after_number: 0,
        action_prefix: form.field("action").trim().to_owned(),
        account_id,
        record_id,
        since_day: since.map(days_from_date),
    };
    let call = AuditService::list_audit_entries(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    let content = html! {
        (render_search(desk, |name| form.field(name)))
        (render_entries(&listed.entries, lang))
        @if !listed.next_page_token.is_empty() { (render_next(&form, &listed.next_page_token)) }
    };
    Ok(render(desk, &content))
}

fn render(desk: &DeskCaller, content: &Markup) -> Html<String> {
    let title = desk.lang().text("office-nav-audit");
    Page { title, content: content.clone(), live: Live::Never, is_synthetic: false }.render(desk)
}

fn render_search<'a>(desk: &DeskCaller, typed: impl Fn(&str) -> &'a str) -> Markup {
    let lang = desk.lang();
    html! {
        p.soft { (lang.text("office-audit-noted")) }
        form.fields method="post" action=(page_address("audit", &[])) {
            (render_proof(desk))
            @for (field, name, kind) in FIELDS {
                label for=(field) { (lang.text(name)) }
                input id=(field) name=(field) type=(kind) value=(typed(field)) maxlength="500" required[field == "purpose"];
            }
            button type="submit" { (lang.text("office-show")) }
        }
    }
}

/// The same search for the next page.
fn render_next(form: &PostedForm, page_token: &str) -> Markup {
    html! {
        form method="post" action=(page_address("audit", &[])) {
            (render_proof(&form.desk))
            @for (field, ..) in FIELDS {
                input type="hidden" name=(field) value=(form.field(field));
            }
            input type="hidden" name="page" value=(page_token);
            button type="submit" { (form.desk.lang().text("office-next-page")) }
        }
    }
}

fn render_entries(entries: &[pb::AuditEntry], lang: Lang) -> Markup {
    html! {
        @if entries.is_empty() { p role="status" { (lang.text("page-none")) } } @else {
            p role="status" {
                (lang.say(message!("office-audit-shown", count = lang.count(entries.len()))))
            }
            div.wide {
                table.plain {
                    (table_head(&[
                        Number(lang.text("office-line")),
                        Text(lang.text("office-audit-at")),
                        Text(lang.text("office-audit-action")),
                        Text(lang.text("office-audit-record")),
                        Text(lang.text("office-revision")),
                        Text(lang.text("office-audit-account")),
                    ]))
                    tbody { @for entry in entries { (render_entry(entry)) } }
                }
            }
        }
    }
}

fn render_entry(entry: &pb::AuditEntry) -> Markup {
    let at = entry.at.and_then(|at| timestamp_from_proto(at).ok());
    html! {
        tr {
            td.n { (entry.number) }
            td { (at.map_or_else(String::new, |at| at.local_text())) }
            th scope="row" { code { (entry.action) } }
            td { code { (encode_hex(&entry.record_id)) } }
            td { @if entry.to_revision > 0 { (entry.from_revision) " → " (entry.to_revision) } }
            td { code { (encode_hex(&entry.account_id)) } }
        }
    }
}
