//! Accounts: their roles on units, their devices and sessions, and the codes with which a person
//! sets a password.

use super::super::address::page_address;
use super::super::card_sheet::role_text;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::LIST_PAGE_SIZE;
use super::super::outcome::{outcome_address, render_outcome};
use super::super::table::Heading::Text;
use super::super::table::table_head;
use super::fleet::list_unit_devices;
use super::organisation::span_text;
use crate::domain::access::permission::Role;
use crate::domain::org::UnitKind;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use crate::pb::grant_service_server::GrantService;
use crate::wire::enums::unit_kind_from_proto;
use crate::wire::values::{role_from_proto, role_to_proto, timestamp_from_proto};
use axum::extract::Query;
use axum::response::{Html, Redirect};
use maud::{Markup, html};

/// Where the code of the unit stands in the label of an account.
const UNIT_PLACEHOLDER: &str = "{unit}";

/// The levels of units, each with its name.
const LEVELS: [(UnitKind, &str); 3] = [
    (UnitKind::District, "office-level-district"),
    (UnitKind::Commune, "office-level-commune"),
    (UnitKind::Department, "office-level-department"),
];

/// Lists the accounts with their roles, and gives a role.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let grants = list_grants(&desk, Vec::new()).await?;
    let content = html! {
        (render_outcome(&fields, lang))
        section {
            h2 { (lang.text("office-give-role")) }
            (render_grant_form(&desk, ""))
        }
        section {
            h2 { (lang.text("office-give-below")) }
            (render_below_form(&desk))
        }
        section {
            h2 { (lang.text("office-roles")) }
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("page-unit")),
                        Text(lang.text("office-account")),
                        Text(lang.text("office-role")),
                        Text(lang.text("office-days")),
                    ]))
                    tbody {
                        @for grant in &grants {
                            tr {
                                th scope="row" { (grant.unit_uid) }
                                td {
                                    a href=(account_address(&grant.account_id)) {
                                        (account_name(grant))
                                    }
                                }
                                td { (grant_role_text(grant.role, lang)) }
                                td { (span_text(grant.days, lang)) }
                            }
                        }
                    }
                }
            }
        }
    };
    let title = lang.text("office-nav-accounts");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

/// Shows one account: its roles, devices and sessions, and what can be done with them.
pub(in super::super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let id = fields.get("id").and_then(|id| decode_hex(id));
    let account_id = id.ok_or(PageFailure::NotFound { lang })?;
    let grants = list_grants(&desk, account_id.clone()).await?;
    let first = grants.first().ok_or(PageFailure::NotFound { lang })?;
    let devices = list_devices(&desk, &account_id).await?;
    let title = format!("{} {}", lang.text("office-account"), account_name(first));
    let content = html! {
        (render_outcome(&fields, lang))
        p { a href=(page_address("accounts", &[])) { (lang.text("office-nav-accounts")) } }
        section { h2 { (lang.text("office-roles")) } (render_grants(&desk, &grants)) }
        @if !first.account_label.is_empty() {
            section {
                h2 { (lang.text("office-give-role")) } (render_grant_form(&desk, &first.account_label))
            }
        }
        section { h2 { (lang.text("office-devices")) } (render_devices(&desk, &devices)) }
        section {
            h2 { (lang.text("office-password")) }
            p.soft { (lang.text("office-code-hint")) }
            form method="post" action=(page_address("account/code", &[])) {
                (render_request_proof(&desk))
                input type="hidden" name="account" value=(encode_hex(&account_id));
                input type="hidden" name="unit" value=(encode_hex(&first.unit_id));
                button type="submit" { (lang.text("office-make-code")) }
            }
        }
    };
    Ok(Page { title: &title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn account_address(account_id: &[u8]) -> String {
    page_address("account", &[("id", &encode_hex(account_id))])
}

/// The label of an account; its id where the caller may not know the label.
pub(super) fn account_name(grant: &pb::RoleGrant) -> String {
    match grant.account_label.as_str() {
        "" => encode_hex(&grant.account_id),
        label => label.to_owned(),
    }
}

fn grant_role_text(role: i32, lang: Lang) -> &'static str {
    role_from_proto(role).map_or("", |role| role_text(role, lang))
}

pub(super) async fn list_grants(
    desk: &DeskCaller,
    account_id: Vec<u8>,
) -> Result<Vec<pb::RoleGrant>, PageFailure> {
    let (mut grants, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListGrantsRequest {
            page_size: LIST_PAGE_SIZE,
            page_token,
            account_id: account_id.clone(),
            ..Default::default()
        };
        let call = GrantService::list_grants(desk.services(), desk.request(request));
        let listed = desk.ask(call).await?;
        grants.extend(listed.grants);
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(grants);
        }
    }
}

async fn list_devices(
    desk: &DeskCaller,
    account_id: &[u8],
) -> Result<Vec<pb::Device>, PageFailure> {
    let (mut devices, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            pb::ListDevicesRequest { page_size: LIST_PAGE_SIZE, page_token, unit_id: Vec::new() };
        let call = AccessService::list_devices(desk.services(), desk.request(request));
        let listed = desk.ask(call).await?;
        devices.extend(listed.devices.into_iter().filter(|one| one.account_id == account_id));
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(devices);
        }
    }
}

fn render_grant_form(desk: &DeskCaller, label: &str) -> Markup {
    let lang = desk.lang();
    html! {
        form.fields method="post" action=(page_address("accounts/grant", &[])) {
            (render_request_proof(desk))
            label for="label" { (lang.text("office-account")) }
            input id="label" name="label" value=(label) required autocomplete="off";
            label for="role" { (lang.text("office-role")) }
            (render_role_choice("role", lang))
            label for="unit" { (lang.text("office-unit-code")) }
            input id="unit" name="unit" required autocomplete="off";
            label for="last-day" { (lang.text("office-last-day")) }
            input id="last-day" name="last-day" type="date";
            button type="submit" { (lang.text("office-give-role")) }
        }
    }
}

fn render_role_choice(id: &str, lang: Lang) -> Markup {
    html! {
        select id=(id) name="role" {
            @for role in Role::ALL.into_iter().filter(|role| role.is_grantable()) {
                option value=(role.code()) { (role_text(role, lang)) " (" (role.code()) ")" }
            }
        }
    }
}

/// The form for a role on each unit below one, each with an account of its own.
fn render_below_form(desk: &DeskCaller) -> Markup {
    let lang = desk.lang();
    html! {
        p.soft { (lang.text("office-give-below-hint")) }
        form.fields method="post" action=(page_address("accounts/grant-below", &[])) {
            (render_request_proof(desk))
            label for="below-label" { (lang.text("office-account")) }
            input id="below-label" name="label" value=(UNIT_PLACEHOLDER) required autocomplete="off";
            label for="below-role" { (lang.text("office-role")) }
            (render_role_choice("below-role", lang))
            label for="below-unit" { (lang.text("office-below-unit")) }
            input id="below-unit" name="unit" required autocomplete="off";
            label for="below-level" { (lang.text("office-level")) }
            select id="below-level" name="level" {
                option value="" { (lang.text("office-level-any")) }
                @for (kind, name) in LEVELS { option value=(kind) { (lang.text(name)) } }
            }
            button type="submit" { (lang.text("office-give-role")) }
        }
    }
}

fn render_grants(desk: &DeskCaller, grants: &[pb::RoleGrant]) -> Markup {
    let lang = desk.lang();
    html! {
        table.plain {
            tbody {
                @for grant in grants {
                    tr {
                        th scope="row" { (grant.unit_uid) }
                        td { (grant_role_text(grant.role, lang)) }
                        td { (span_text(grant.days, lang)) }
                        td {
                            form method="post" action=(page_address("accounts/end", &[])) {
                                (render_request_proof(desk))
                                input type="hidden" name="account" value=(encode_hex(&grant.account_id));
                                input type="hidden" name="unit" value=(encode_hex(&grant.unit_id));
                                input type="hidden" name="role" value=(grant.role);
                                button type="submit" { (lang.text("office-end-role")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn render_devices(desk: &DeskCaller, devices: &[pb::Device]) -> Markup {
    let lang = desk.lang();
    let is_active = |device: &pb::Device| device.state() == pb::DeviceState::Active;
    html! {
        @if devices.is_empty() { p.soft { (lang.text("office-contact-never")) } }
        table.plain {
            tbody {
                @for device in devices {
                    tr {
                        th scope="row" {
                            (lang.text(if device.desk { "office-desk-session" } else { "office-device" }))
                        }
                        td { (format_day(date_from_days(device.enrolled_day), lang)) }
                        td {
                            @if is_active(device) {
                                form method="post" action=(page_address("devices/revoke", &[])) {
                                    (render_request_proof(desk))
                                    input type="hidden" name="device" value=(encode_hex(&device.id));
                                    input type="hidden" name="account" value=(encode_hex(&device.account_id));
                                    button type="submit" { (lang.text("office-revoke")) }
                                }
                            } @else { (lang.text("office-revoked")) }
                        }
                    }
                }
            }
        }
    }
}

/// Gives a role; an account that is new is created.
pub(in super::super) async fn give(form: PostedForm) -> Result<Redirect, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let role = Role::from_code(form.field("role")).and_then(role_to_proto);
    let role = role.ok_or(PageFailure::BadForm { lang })?;
    let end_day = match form.field("last-day") {
        "" => None,
        day => {
            let day = day.parse().map_err(|_| PageFailure::BadForm { lang })?;
            Some(days_from_date(day) + 1)
        }
    };
    let grant = pb::RoleToGrant {
        account_label: form.field("label").to_owned(),
        role: role.into(),
        unit_uid: form.field("unit").to_owned(),
        days: Some(pb::DaySpan { start_day: None, end_day }),
    };
    let request = pb::GrantRolesRequest {
        request_id: form.request_id()?,
        grants: vec![grant],
        validate_only: false,
    };
    let call = GrantService::grant_roles(desk.services(), desk.request(request));
    let given = desk.ask(call).await?;
    let account = given.account_ids.first().map(|id| encode_hex(id)).unwrap_or_default();
    Ok(Redirect::to(&outcome_address("account", &[("id", &account)], "granted")))
}

/// Gives a role on every unit below one that is open today, each to an account whose label has the
/// unit's code.
pub(in super::super) async fn give_below(form: PostedForm) -> Result<Redirect, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let role = Role::from_code(form.field("role")).and_then(role_to_proto);
    let role = role.ok_or(PageFailure::BadForm { lang })?;
    let (pattern, above) = (form.field("label"), form.field("unit").trim());
    if above.is_empty() || !pattern.contains(UNIT_PLACEHOLDER) {
        return Err(PageFailure::BadForm { lang });
    }
    let level = UnitKind::parse(form.field("level"));
    let is_meant = |unit: &pb::UnitDevices| {
        let kind = unit_kind_from_proto(unit.unit_kind).ok();
        unit.unit_uid != above && kind.is_some() && level.is_none_or(|level| kind == Some(level))
    };
    let below = list_unit_devices(desk, above).await?.into_iter().filter(is_meant);
    let grants = below.map(|unit| pb::RoleToGrant {
        account_label: pattern.replace(UNIT_PLACEHOLDER, &unit.unit_uid),
        role: role.into(),
        unit_uid: unit.unit_uid,
        days: None,
    });
    let request = pb::GrantRolesRequest {
        request_id: form.request_id()?,
        grants: grants.collect(),
        validate_only: false,
    };
    desk.ask(GrantService::grant_roles(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("accounts", &[], "granted")))
}

/// Ends a role at once.
pub(in super::super) async fn end(form: PostedForm) -> Result<Redirect, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let request = pb::EndGrantRequest {
        request_id: form.request_id()?,
        account_id: form.id("account")?,
        role: form.field("role").parse().map_err(|_| PageFailure::BadForm { lang })?,
        unit_id: form.id("unit")?,
        validate_only: false,
    };
    desk.ask(GrantService::end_grant(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("accounts", &[], "ended")))
}

/// Revokes a device or ends a session.
pub(in super::super) async fn revoke(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request =
        pb::RevokeDeviceRequest { request_id: form.request_id()?, device_id: form.id("device")? };
    desk.ask(AccessService::revoke_device(desk.services(), desk.request(request))).await?;
    let account = form.field("account");
    Ok(Redirect::to(&outcome_address("account", &[("id", account)], "revoked")))
}

/// Makes a code with which the holder of an account sets a password or enrols a device. It is shown
/// once.
pub(in super::super) async fn make_code(form: PostedForm) -> Result<Html<String>, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let request = pb::CreateEnrolmentCodeRequest {
        request_id: form.request_id()?,
        unit_id: form.id("unit")?,
        roles: Vec::new(),
        account_id: form.id("account")?,
    };
    let call = AccessService::create_enrolment_code(desk.services(), desk.request(request));
    let made = desk.ask(call).await?;
    let expires = made.expires_at.and_then(|at| timestamp_from_proto(at).ok());
    let content = html! {
        p { (lang.text("office-code-once")) }
        p.lead { code { (made.code) } }
        @if let Some(expires) = expires {
            p { (lang.text("office-valid-until")) " " (expires.local_text()) }
        }
        p {
            (lang.text("office-code-where")) " " a href=(page_address("password", &[])) { (page_address("password", &[])) }
        }
        p {
            (lang.text("office-code-or-factor")) " " a href=(page_address("second-factor", &[])) { (page_address("second-factor", &[])) }
        }
    };
    let title = lang.text("office-code");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(desk))
}
