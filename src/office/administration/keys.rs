//! The keys of partner agencies: which there are, until when they open what, a new one, and their
//! end.

use super::super::address::page_address;
use super::super::card_sheet::role_text;
use super::super::desk::DeskCaller;
use super::super::failure::{PageFailure, status_text};
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::LIST_PAGE_SIZE;
use super::super::outcome::{outcome_address, render_outcome};
use super::super::table::Heading::Text;
use super::super::table::table_head;
use super::accounts::{account_name, list_grants};
use crate::domain::access::partner::KEY_DAYS_MAX;
use crate::domain::access::permission::Role;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::grant_service_server::GrantService;
use crate::wire::values::{role_from_proto, timestamp_from_proto};
use axum::extract::Query;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use tonic::Code;

/// The calls that a box of the form allows: its field, the call, and its text.
const READS: [(&str, pb::PartnerCall, &str); 2] = [
    ("runs", pb::PartnerCall::Runs, "office-key-runs"),
    ("standings", pb::PartnerCall::Standings, "office-key-standings"),
];

/// Lists the keys by time of issue, and asks for a new one.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let form = render_issue_form(&desk, &Fields::new()).await?;
    render_page(&desk, &html! { (render_outcome(&fields, desk.lang())) }, &form).await
}

async fn render_page(
    desk: &DeskCaller,
    said: &Markup,
    form: &Markup,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = pb::ListServiceKeysRequest { page_size: LIST_PAGE_SIZE, ..Default::default() };
    let call = GrantService::list_service_keys(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    let content = html! {
        (said)
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
                tbody { @for key in &listed.keys { (render_key(desk, key)) } }
            }
        }
        section { h2 { (lang.text("office-issue-key")) } (form) }
    };
    let title = lang.text("office-nav-keys");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(desk))
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

/// The form for a new key, with what was sent before; without an account to hold one, what to do
/// first.
async fn render_issue_form(desk: &DeskCaller, sent: &Fields) -> Result<Markup, PageFailure> {
    let lang = desk.lang();
    let mut holders = list_grants(desk, Vec::new()).await?;
    holders
        .retain(|grant| matches!(grant.role(), pb::Role::PartnerReader | pb::Role::PartnerWriter));
    if holders.is_empty() {
        return Ok(html! {
            p { (lang.text("office-key-no-holder")) " "
                a href=(page_address("accounts", &[])) { (lang.text("office-nav-accounts")) } }
        });
    }
    let field = |name: &str| sent.get(name).map_or("", String::as_str);
    let is_read = |name| sent.is_empty() || !field(name).is_empty();
    let days = if sent.is_empty() { KEY_DAYS_MAX.to_string() } else { field("days").to_owned() };
    Ok(html! {
        form.fields method="post" action=(page_address("keys/issue", &[])) {
            (render_request_proof(desk))
            label for="holder" { (lang.text("office-key-holder")) }
            select id="holder" name="holder" {
                @for grant in &holders {
                    @let value = holder_value(grant);
                    option value=(value) selected[value == field("holder")] { (holder_text(grant, lang)) }
                }
            }
            label for="unit" { (lang.text("office-key-unit")) }
            input id="unit" name="unit" value=(field("unit")) autocomplete="off";
            label for="campaign" { (lang.text("office-key-campaign")) }
            input id="campaign" name="campaign" value=(field("campaign")) autocomplete="off";
            fieldset {
                legend { (lang.text("office-key-calls")) }
                @for (name, _, text) in READS {
                    label { input type="checkbox" name=(name) value="1" checked[is_read(name)]; " " (lang.text(text)) }
                }
            }
            label for="contracts" { (lang.text("office-key-contracts")) }
            input id="contracts" name="contracts" value=(field("contracts")) autocomplete="off";
            label for="days" { (lang.text("office-key-days")) }
            input id="days" name="days" type="number" min="1" max=(KEY_DAYS_MAX) value=(days) required;
            button type="submit" { (lang.text("office-issue-key")) }
        }
    })
}

/// The account and the unit of a role, as a choice of the form carries them.
fn holder_value(grant: &pb::RoleGrant) -> String {
    format!("{}.{}", encode_hex(&grant.account_id), encode_hex(&grant.unit_id))
}

fn holder_text(grant: &pb::RoleGrant, lang: Lang) -> String {
    let role: Option<Role> = role_from_proto(grant.role).ok();
    let role = role.map_or("", |role| role_text(role, lang));
    format!("{} · {role} · {}", account_name(grant), grant.unit_uid)
}

/// Issues a key and shows its secret, once. What is refused is asked again, in the words of the
/// call.
pub(in super::super) async fn issue(form: PostedForm) -> Result<Response, PageFailure> {
    let desk = &form.desk;
    let request = read_issue(&form)?;
    let call = GrantService::issue_service_key(desk.services(), desk.request(request));
    match desk.ask(call).await {
        Ok(issued) => Ok(render_issued(desk, &issued).into_response()),
        Err(PageFailure::Refused { status, .. }) if is_about_the_form(status.code()) => {
            let said = html! { p.refused role="alert" { (status_text(&status)) } };
            let again = render_issue_form(desk, form.fields()).await?;
            Ok((StatusCode::BAD_REQUEST, render_page(desk, &said, &again).await?).into_response())
        }
        Err(failure) => Err(failure),
    }
}

/// Whether another form may get what this one was refused.
fn is_about_the_form(code: Code) -> bool {
    matches!(code, Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound)
}

fn read_issue(form: &PostedForm) -> Result<pb::IssueServiceKeyRequest, PageFailure> {
    let bad = || PageFailure::BadForm { lang: form.desk.lang() };
    let (account, unit) = form.field("holder").split_once('.').ok_or_else(bad)?;
    let unit_id = match form.field("unit").trim() {
        "" => decode_hex(unit).ok_or_else(bad)?,
        code => UnitId::from_code(code).0.to_vec(),
    };
    let campaign_id = match form.field("campaign").trim() {
        "" => Vec::new(),
        code => CampaignId::from_code(code).0.to_vec(),
    };
    let contracts = form.field("contracts").split([',', ' ']).filter(|code| !code.is_empty());
    let contracts: Vec<String> = contracts.map(str::to_owned).collect();
    let reads = READS.into_iter().filter(|(name, ..)| !form.field(name).is_empty());
    let sends = (!contracts.is_empty()).then_some(pb::PartnerCall::Reports);
    Ok(pb::IssueServiceKeyRequest {
        request_id: form.request_id()?,
        account_id: decode_hex(account).ok_or_else(bad)?,
        unit_id,
        campaign_id,
        allowed_calls: reads.map(|(_, call, _)| call).chain(sends).map(Into::into).collect(),
        valid_days: form.field("days").parse().map_err(|_| bad())?,
        validate_only: false,
        contracts,
    })
}

fn render_issued(desk: &DeskCaller, issued: &pb::IssueServiceKeyResponse) -> Html<String> {
    let lang = desk.lang();
    let key = issued.key.clone().unwrap_or_default();
    let expires = key.expires_at.and_then(|at| timestamp_from_proto(at).ok());
    let content = html! {
        @if issued.first_answer {
            p { (lang.text("office-key-once")) }
            p.lead { code id="secret" { (issued.secret) } }
        } @else {
            p.refused role="alert" { (lang.text("office-key-told-before")) }
        }
        p { (lang.text("office-key")) " " code { (encode_hex(&key.id)) } }
        @if let Some(expires) = expires {
            p { (lang.text("office-valid-until")) " " (expires.local_text()) }
        }
        p { a href=(page_address("keys", &[])) { (lang.text("office-nav-keys")) } }
    };
    let title = lang.text("office-issue-key");
    Page { title, content, live: Live::Never, is_synthetic: false }.render(desk)
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
