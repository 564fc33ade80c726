//! A sheet of enrolment cards as one HTML file without script and without external address: eight
//! cards on an A4 page. PDF comes from the browser's print dialog: a PDF of our own would need a
//! font with Vietnamese letters inside it.

use super::error::{CliError, CliResult};
use crate::domain::access::enrolment::EnrolCodeId;
use crate::domain::access::permission::Role;
use crate::domain::support::message::message;
use crate::domain::support::text::escape_lines;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

const STYLESHEET: &str = include_str!("card_sheet.css");
/// Blocks every request and every script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// White modules around the picture, as the standard demands.
const QUIET_MODULES: i32 = 4;

/// What a card shows.
pub(super) struct SheetCard {
    /// Its number.
    pub(super) id: EnrolCodeId,
    /// Code of the unit.
    pub(super) unit: String,
    /// Name of the unit.
    pub(super) unit_name: String,
    /// Label of the account.
    pub(super) account: String,
    /// The roles on the unit.
    pub(super) roles: Vec<Role>,
    /// When the code expires.
    pub(super) expires_at: Timestamp,
    /// The text of the picture.
    pub(super) qr: String,
}

/// The whole sheet, cards in the given order.
pub(super) fn render_sheet(cards: &[SheetCard], lang: Lang) -> CliResult<String> {
    let drawn: Vec<Markup> =
        cards.iter().map(|card| render_card(card, lang)).collect::<CliResult<_>>()?;
    let page = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                title { (lang.text("sheet-title")) }
                style { (PreEscaped(STYLESHEET)) }
            }
            body {
                p.intro { (lang.text("sheet-intro")) }
                main { @for card in &drawn { (card) } }
            }
        }
    };
    // HTML's own escaping leaves controls of terminals and of direction as they are.
    Ok(escape_lines(&page.into_string()).into_owned())
}

fn render_card(card: &SheetCard, lang: Lang) -> CliResult<Markup> {
    let roles: Vec<&str> = card.roles.iter().map(|role| role_text(*role, lang)).collect();
    let picture = draw_qr(&card.qr)?;
    let until = card.expires_at.local_text();
    let time = until.rsplit(' ').next().unwrap_or_default();
    let expires = lang.say(message!("sheet-expires", time, day => card.expires_at.local_date()));
    Ok(html! {
        section.card {
            (picture)
            div {
                h2 { (card.unit_name) }
                p.code { (card.unit) }
                dl {
                    dt { (lang.text("access-account")) } dd { (card.account) }
                    dt { (lang.text("sheet-roles")) } dd { (roles.join(", ")) }
                    dt { (lang.text("cards-expires")) } dd { (expires) }
                    dt { (lang.text("cards-card")) } dd.code { (card.id.to_string()) }
                }
            }
            p.rule { (lang.text("sheet-rule")) }
        }
    })
}

fn role_text(role: Role, lang: Lang) -> &'static str {
    lang.text(match role {
        Role::Reporter => "sheet-role-reporter",
        Role::UnitHead => "sheet-role-unit-head",
        Role::Reviewer => "sheet-role-reviewer",
        Role::CampaignHead => "sheet-role-campaign-head",
        Role::CouncilSecretary => "sheet-role-council-secretary",
        Role::DataSteward => "sheet-role-data-steward",
        Role::Auditor => "sheet-role-auditor",
        Role::PartnerReader => "sheet-role-partner-reader",
        Role::PartnerWriter => "sheet-role-partner-writer",
        Role::Admin => "sheet-role-admin",
        Role::System => "sheet-role-system",
    })
}

/// The picture as one path of dark modules.
fn draw_qr(text: &str) -> CliResult<Markup> {
    let qr = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|_| CliError::new("QR_TOO_LONG", message!("sheet-addresses-too-long")))?;
    let side = qr.size() + 2 * QUIET_MODULES;
    let mut path = String::new();
    for y in 0..qr.size() {
        for x in (0..qr.size()).filter(|x| qr.get_module(*x, y)) {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", x + QUIET_MODULES, y + QUIET_MODULES);
        }
    }
    Ok(html! {
        svg viewBox=(format!("0 0 {side} {side}")) role="img" shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}
