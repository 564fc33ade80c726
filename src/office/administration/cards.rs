//! Enrolment cards: the open ones, and a sheet to print for units without a device.

use super::super::address::page_address;
use super::super::card_sheet::{SheetCard, render_cards, role_text};
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::LIST_PAGE_SIZE;
use super::super::outcome::{outcome_address, render_outcome};
use super::fleet::list_unit_devices;
use crate::domain::access::enrolment::EnrolCodeId;
use crate::domain::access::permission::Role;
use crate::pb;
use crate::pb::card_service_server::CardService;
use crate::wire::values::{role_from_proto, role_to_proto, timestamp_from_proto};
use axum::extract::Query;
use axum::response::{Html, Redirect};
use maud::{Markup, html};

/// Roles of those who report, for whom cards are printed.
const CARD_ROLES: [Role; 3] = [Role::Reporter, Role::UnitHead, Role::Reviewer];

/// Lists the open cards, and asks for whom a sheet is printed.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = pb::ListCardsRequest { page_size: LIST_PAGE_SIZE, ..Default::default() };
    let cards = desk.ask(CardService::list_cards(desk.services(), desk.request(request))).await?;
    let content = html! {
        (render_outcome(&fields, lang))
        section { h2 { (lang.text("office-print-cards")) } (render_order(&desk)) }
        section { h2 { (lang.text("office-open-cards")) } (render_open_cards(&desk, &cards.cards)) }
    };
    let title = lang.text("office-nav-cards");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_order(desk: &DeskCaller) -> Markup {
    let lang = desk.lang();
    html! {
        form.fields method="post" action=(page_address("cards/print", &[])) {
            (render_request_proof(desk))
            label for="unit" { (lang.text("office-unit-and-below")) }
            input id="unit" name="unit" required;
            fieldset {
                legend { (lang.text("office-roles")) }
                @for role in CARD_ROLES {
                    label {
                        input type="checkbox" name=(role.code()) value="1" checked[role == Role::Reporter]; " " (role_text(role, lang))
                    }
                }
            }
            p.soft { (lang.text("office-cards-hint")) }
            button type="submit" { (lang.text("office-print-cards")) }
        }
    }
}

fn render_open_cards(desk: &DeskCaller, cards: &[pb::EnrolmentCard]) -> Markup {
    let lang = desk.lang();
    let expires = |card: &pb::EnrolmentCard| {
        card.expires_at.and_then(|at| timestamp_from_proto(at).ok()).map(|at| at.local_text())
    };
    html! {
        @if cards.is_empty() { p.soft { (lang.text("page-none")) } }
        div.wide {
            table.plain {
                tbody {
                    @for card in cards {
                        tr {
                            th scope="row" { (card.unit_uid) }
                            td { (card.unit_name) }
                            td { (card.account_label) }
                            td { code { (card.number) } }
                            td { @if let Some(expires) = expires(card) { (expires) } }
                            td {
                                form method="post" action=(page_address("cards/revoke", &[])) {
                                    (render_request_proof(desk))
                                    input type="hidden" name="number" value=(card.number);
                                    button type="submit" { (lang.text("office-revoke")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Issues a card for each unit below one that has no device, and shows the sheet.
pub(in super::super) async fn print(form: PostedForm) -> Result<Html<String>, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let roles: Vec<pb::Role> = CARD_ROLES
        .into_iter()
        .filter(|role| !form.field(role.code()).is_empty())
        .filter_map(role_to_proto)
        .collect();
    let units = list_unit_devices(desk, form.field("unit")).await?;
    let without_device = units.iter().filter(|unit| unit.devices == 0);
    let grants = without_device.flat_map(|unit| {
        roles.iter().map(|role| pb::RoleToGrant {
            account_label: unit.unit_uid.clone(),
            role: (*role).into(),
            unit_uid: unit.unit_uid.clone(),
            days: None,
        })
    });
    let request = pb::IssueCardsRequest {
        request_id: form.request_id()?,
        grants: grants.collect(),
        renew: false,
        also_enrolled: false,
        validate_only: false,
    };
    let issued = desk.ask(CardService::issue_cards(desk.services(), desk.request(request))).await?;
    let cards: Vec<SheetCard> = issued.cards.into_iter().filter_map(to_sheet_card).collect();
    let sheet = render_cards(&cards.iter().collect::<Vec<_>>(), lang);
    let content = html! {
        p.soft { (lang.text("sheet-intro")) }
        @match sheet {
            Ok(sheet) => (sheet),
            Err(_) => p.refused { (lang.text("sheet-addresses-too-long")) },
        }
    };
    let title = lang.text("sheet-title");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(desk))
}

fn to_sheet_card(printed: pb::CardToPrint) -> Option<SheetCard> {
    let pb::CardToPrint { card, roles, invitation, new: _ } = printed;
    let card = card?;
    Some(SheetCard {
        id: EnrolCodeId::parse(&card.number)?,
        unit: card.unit_uid,
        unit_name: card.unit_name,
        account: card.account_label,
        roles: roles.into_iter().filter_map(|role| role_from_proto(role).ok()).collect(),
        expires_at: timestamp_from_proto(card.expires_at?).ok()?,
        qr: invitation,
    })
}

/// Revokes an open card.
pub(in super::super) async fn revoke(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request = pb::RevokeCardsRequest {
        request_id: form.request_id()?,
        numbers: vec![form.field("number").to_owned()],
        unit_id: Vec::new(),
        validate_only: false,
    };
    desk.ask(CardService::revoke_cards(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("cards", &[], "card-revoked")))
}
