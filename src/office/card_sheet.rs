//! A sheet of enrolment cards, eight on an A4 page: as a part of a page, and as one HTML file
//! without script and without external address. The command line draws the same sheet as PDF.

use crate::domain::access::enrolment::EnrolCodeId;
use crate::domain::access::permission::Role;
use crate::domain::support::message::message;
use crate::domain::support::text::escape_lines;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// The style sheet of cards.
pub(super) const CARD_STYLES: &str = include_str!("assets/card.css");
const STYLESHEET: &str = include_str!("assets/card_sheet.css");
/// Blocks every request and every script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// White modules around the picture, as the standard demands.
pub const QUIET_MODULES: i32 = 4;

/// The text of a picture is too long: the server has too many addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("QR_TOO_LONG: the text of the picture is too long")]
pub struct QrTooLong;

/// What a card shows.
pub struct SheetCard {
    /// Its number.
    pub id: EnrolCodeId,
    /// Code of the unit.
    pub unit: String,
    /// Name of the unit.
    pub unit_name: String,
    /// Label of the account.
    pub account: String,
    /// The roles on the unit.
    pub roles: Vec<Role>,
    /// When the code expires.
    pub expires_at: Timestamp,
    /// The text of the picture.
    pub qr: String,
}

/// The texts of a card in one language, in the order in which they stand on it.
pub struct CardTexts {
    /// Name of the unit.
    pub unit_name: String,
    /// Code of the unit.
    pub unit: String,
    /// Account, roles, end of validity, number of the card; each after its label.
    pub facts: [(&'static str, String); 4],
    /// What to do with the card.
    pub rule: &'static str,
}

impl SheetCard {
    /// What stands on the card in a language.
    #[must_use]
    pub fn texts(&self, lang: Lang) -> CardTexts {
        let roles: Vec<&str> = self.roles.iter().map(|role| role_text(*role, lang)).collect();
        let until = self.expires_at.local_text();
        let time = until.rsplit(' ').next().unwrap_or_default();
        let day = self.expires_at.local_date();
        let expires = lang.say(message!("sheet-expires", time, day => day));
        CardTexts {
            unit_name: self.unit_name.clone(),
            unit: self.unit.clone(),
            facts: [
                (lang.text("access-account"), self.account.clone()),
                (lang.text("sheet-roles"), roles.join(", ")),
                (lang.text("cards-expires"), expires),
                (lang.text("cards-card"), self.id.to_string()),
            ],
            rule: lang.text("sheet-rule"),
        }
    }

    /// The picture that the app scans.
    ///
    /// # Errors
    /// Its text is too long.
    pub fn picture(&self) -> Result<QrCode, QrTooLong> {
        QrCode::encode_text(&self.qr, QrCodeEcc::Medium).map_err(|_| QrTooLong)
    }
}

/// The cards in the given order, as a part of a page.
pub(super) fn render_cards(cards: &[&SheetCard], lang: Lang) -> Result<Markup, QrTooLong> {
    let drawn: Vec<Markup> =
        cards.iter().map(|card| render_card(card, lang)).collect::<Result<_, _>>()?;
    Ok(html! { div.cards { @for card in &drawn { (card) } } })
}

/// The whole sheet as a file.
///
/// # Errors
/// The text of a picture is too long.
pub fn render_sheet(cards: &[&SheetCard], lang: Lang) -> Result<String, QrTooLong> {
    let drawn = render_cards(cards, lang)?;
    let page = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                title { (lang.text("sheet-title")) }
                style { (PreEscaped(STYLESHEET)) (PreEscaped(CARD_STYLES)) }
            }
            body {
                p.intro { (lang.text("sheet-intro")) }
                main { (drawn) }
            }
        }
    };
    // HTML's own escaping leaves controls of terminals and of direction as they are.
    Ok(escape_lines(&page.into_string()).into_owned())
}

fn render_card(card: &SheetCard, lang: Lang) -> Result<Markup, QrTooLong> {
    let picture = draw_qr(&card.picture()?, lang.text("office-qr"));
    let texts = card.texts(lang);
    let [account, roles, expires, number] = texts.facts;
    Ok(html! {
        section.card {
            (picture)
            div {
                h2 { (texts.unit_name) }
                p.code { (texts.unit) }
                dl {
                    @for (label, value) in [account, roles, expires] {
                        dt { (label) } dd { (value) }
                    }
                    dt { (number.0) } dd.code { (number.1) }
                }
            }
            p.rule { (texts.rule) }
        }
    })
}

/// The name of a role.
pub(super) fn role_text(role: Role, lang: Lang) -> &'static str {
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

/// The picture as one path of dark modules, and the words that stand for it.
pub(super) fn draw_qr(qr: &QrCode, words: &str) -> Markup {
    let side = qr.size() + 2 * QUIET_MODULES;
    let mut path = String::new();
    for y in 0..qr.size() {
        for x in (0..qr.size()).filter(|x| qr.get_module(*x, y)) {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", x + QUIET_MODULES, y + QUIET_MODULES);
        }
    }
    html! {
        svg.qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(words) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}
