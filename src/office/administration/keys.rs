//! The keys of partner agencies: which there are, until when they open what, and their end. A key
//! is issued on the command line, where its secret is handed over.

use super::super::address::page_address;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::LIST_PAGE_SIZE;
use super::super::table::Heading::Text;
use super::super::table::table_head;
use super::{outcome_address, render_outcome};
use crate::domain::support::hex::encode_hex;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::grant_service_server::GrantService;
use crate::wire::values::timestamp_from_proto;
use axum::extract::Query;
use axum::response::{Html, Redirect};
use maud::{Markup, html};

/// Lists the keys by time of issue.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = pb::ListServiceKeysRequest { page_size: LIST_PAGE_SIZE, ..Default::default() };
    let call = GrantService::list_service_keys(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    let content = html! {
        (render_outcome(&fields, lang))
        @if listed.keys.is_empty() { p.soft { (lang.text("page-none")) } }
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("office-key")),
                    Text(lang.text("office-key-calls")),
                    Text(lang.text("office-key-issued")),
                    Text(lang.text("office-valid-until")),
                    Text(lang.text("office-revoke")),
                ]))
                tbody { @for key in &listed.keys { (render_key(&desk, key)) } }
            }
        }
    };
    let title = lang.text("office-nav-keys");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_key(desk: &DeskCaller, key: &pb::ServiceKey) -> Markup {
    let lang = desk.lang();
    let time = |at: Option<prost_types::Timestamp>| {
        at.and_then(|at| timestamp_from_proto(at).ok()).map(|at| at.local_text())
    };
    let calls: Vec<&str> = key.allowed_calls().map(|call| call_text(call, lang)).collect();
    html! {
        tr {
            th scope="row" { code { (encode_hex(&key.id)) } }
            td { (calls.join(", ")) }
            td { @if let Some(at) = time(key.issued_at) { (at) } }
            td { @if let Some(at) = time(key.expires_at) { (at) } }
            td {
                @if let Some(at) = time(key.revoked_at) { (lang.text("office-revoked")) " " (at) }
                @else {
                    form method="post" action=(page_address("keys/revoke", &[])) {
                        (render_request_proof(desk))
                        input type="hidden" name="key" value=(encode_hex(&key.id));
                        button type="submit" { (lang.text("office-revoke")) }
                    }
                }
            }
        }
    }
}

fn call_text(call: pb::PartnerCall, lang: Lang) -> &'static str {
    match call {
        pb::PartnerCall::Runs => lang.text("office-key-runs"),
        pb::PartnerCall::Standings => lang.text("office-key-standings"),
        pb::PartnerCall::Reports => lang.text("office-key-reports"),
        pb::PartnerCall::Unspecified => "",
    }
}

/// Revokes a key at once.
pub(in super::super) async fn revoke(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request = pb::RevokeServiceKeyRequest {
        request_id: form.request_id()?,
        key_id: form.id("key")?,
        validate_only: false,
    };
    desk.ask(GrantService::revoke_service_key(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("keys", &[], "key-revoked")))
}
