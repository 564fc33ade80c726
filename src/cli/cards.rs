//! `thidua invite print|list|revoke`: printed cards with enrolment codes, one for each unit's
//! account.
//!
//! The code of a card is derived from the server's secret, the account and the time of issue, so an
//! open card can be printed again; the database holds only its hash.

use super::card_pdf::{self, PdfSheet};
use super::card_sheet::{self, SheetCard};
use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliFinding, CliResult};
use super::grant_batch::GrantBatchArgs;
use super::invite;
use super::lookup::{find_unit_id, find_units_under};
use crate::app::ReferenceSnapshot;
use crate::app::enrol_card::{CardBatch, CardOrder, EnrolCard, EnrolCode};
use crate::auth;
use crate::config::Config;
use crate::domain::access::enrolment::{EnrolCodeId, EnrolmentCode, Invite, TYPED_CODE_MINUTES};
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::domain::support::violation::Violation;
use crate::i18n::Lang;
use crate::server::keys::ServerKeys;
use crate::store::owner_only;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// `thidua invite ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: InviteCommand,
}

#[derive(Debug, clap::Subcommand)]
enum InviteCommand {
    /// Give roles to many accounts and write a sheet of cards, one for each account without a
    /// phone. Open cards are printed again with the same code.
    #[command(after_help = "Examples:
  thidua invite print --all-below prov-86-2025 --level commune --role REPORTER --role UNIT_HEAD
  thidua invite print roles.csv --out cards.pdf
  thidua invite print --all-below prov-86-2025 --role REPORTER --set enrolment.code_minutes=10080")]
    Print {
        #[command(flatten)]
        batch: GrantBatchArgs,
        /// The file to write: a PDF if its name ends in .pdf, else HTML to print from a browser.
        #[arg(long, value_name = "FILE", default_value = "cards.html")]
        out: PathBuf,
        /// Revoke the open cards of these accounts and make new ones.
        #[arg(long)]
        renew: bool,
        /// Also for accounts that have a phone already.
        #[arg(long)]
        also_enrolled: bool,
    },
    /// The cards that are open, by unit.
    #[command(after_help = "Examples:
  thidua invite list
  thidua invite list --unit dist-842 --all --json")]
    List {
        /// Only cards of this unit and of those under it today.
        #[arg(long)]
        unit: Option<String>,
        /// Used, expired and revoked cards too.
        #[arg(long)]
        all: bool,
    },
    /// Revoke cards that were not used yet.
    #[command(after_help = "Examples:
  thidua invite revoke 3fa09c11d2e4
  thidua invite revoke --unit com-29242-1")]
    Revoke {
        /// Numbers of cards, as printed on them and in `invite list`.
        #[arg(required_unless_present = "unit", conflicts_with = "unit")]
        cards: Vec<String>,
        /// Every open card of this unit.
        #[arg(long)]
        unit: Option<String>,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let local_app = ctx.open_local_app_with(&config)?;
    match &args.command {
        InviteCommand::Print { batch, out, renew, also_enrolled } => {
            print_cards(ctx, &config, &local_app, batch, out, (*renew, *also_enrolled))
        }
        InviteCommand::List { unit, all } => list_cards(ctx, &local_app, unit.as_deref(), *all),
        InviteCommand::Revoke { cards, unit } => {
            revoke_cards(ctx, &local_app, cards, unit.as_deref())
        }
    }
}

/// The code of a card.
fn card_code(keys: &ServerKeys, account: AccountId, issued_at: Timestamp) -> EnrolmentCode {
    let parts: [&[u8]; 3] = [b"enrolment card", &account.0, &issued_at.0.to_be_bytes()];
    EnrolmentCode::new(auth::derive_mac(&keys.cursor_key, &parts))
}

fn print_cards(
    ctx: &CliContext,
    config: &Config,
    local_app: &LocalApp,
    args: &GrantBatchArgs,
    out: &Path,
    (renew, also_enrolled): (bool, bool),
) -> CliResult {
    let today = local_app.app.now().local_date();
    let batch = args.read(&*local_app.load_reference()?, today)?;
    let keys = ServerKeys::open(&config.dir)?;
    let ca_sha256 =
        if config.listen.plaintext { [0; 32] } else { invite::tls_files(config).ca_sha256()? };
    let minutes = config.enrolment.code_minutes.get();
    let hash_of = |account: AccountId, issued_at: Timestamp| {
        auth::hash_secret(card_code(&keys, account, issued_at).symbols().as_bytes())
    };
    let order = CardOrder {
        valid_micros: i64::from(minutes) * 60 * 1_000_000,
        hash_of: &hash_of,
        renew,
        also_enrolled,
    };
    // A place that cannot be written is found before a card exists.
    let part = out.with_extension("part");
    let failed = |error: std::io::Error| CliError::file_error(out, &error);
    let mut file = owner_only::create_file(&part).map_err(failed)?;
    let issued = local_app.app.issue_cards(&local_app.actor, &batch.requests, &order);
    let issued = issued
        .map_err(CliError::from)
        .and_then(|issued| issued.map_err(|refusals| batch.refused(refusals)))
        .inspect_err(|_| {
            // Empty; the refusal says more than a failure to remove it.
            let _ = std::fs::remove_file(&part);
        })?;
    let reference = local_app.load_reference()?;
    let addresses = invite::advertised_addresses(config);
    let sheet: Vec<SheetCard> = issued
        .cards
        .iter()
        .map(|card| {
            let code = card_code(&keys, card.code.account, card.code.issued_at);
            let invite = Invite { code, ca_sha256, addresses: addresses.clone() };
            to_sheet_card(&reference, local_app, card, invite.to_string())
        })
        .collect();
    let (bytes, warnings) = draw_sheet(&sheet, out, ctx.output.lang)?;
    file.write_all(&bytes).and_then(|()| std::fs::rename(&part, out)).map_err(failed)?;
    print_issued(ctx, &issued, &sheet, out, minutes);
    ctx.output.print_warnings(&warnings);
    Ok(())
}

/// The file in the format that its name asks for, and what its reader will not see.
fn draw_sheet(
    sheet: &[SheetCard],
    out: &Path,
    lang: Lang,
) -> CliResult<(Vec<u8>, Vec<CliFinding>)> {
    if !out.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf")) {
        return Ok((card_sheet::render_sheet(sheet, lang)?.into_bytes(), Vec::new()));
    }
    let PdfSheet { bytes, missing_letters } = card_pdf::render_pdf(sheet, lang)?;
    let warning = |(unit, letters): (String, BTreeSet<char>)| {
        let name = |letter: char| format!("{letter} (U+{:04X})", u32::from(letter));
        let letters = letters.into_iter().map(name).collect::<Vec<_>>().join(", ");
        let message = message!("cards-missing-letters", letters);
        Violation::warning("MISSING_LETTERS", unit, message).into()
    };
    Ok((bytes, missing_letters.into_iter().map(warning).collect()))
}

fn to_sheet_card(
    reference: &ReferenceSnapshot,
    local_app: &LocalApp,
    card: &EnrolCard,
    qr: String,
) -> SheetCard {
    let (org, today) = (&reference.org, local_app.app.now().local_date());
    let unit = card.code.unit;
    SheetCard {
        id: card.code.id(),
        unit: org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
        unit_name: org.nearest_name(unit, today).to_owned(),
        account: card.label.clone(),
        roles: card.roles.clone(),
        expires_at: card.code.expires_at,
        qr,
    }
}

fn print_issued(
    ctx: &CliContext,
    issued: &CardBatch,
    sheet: &[SheetCard],
    out: &Path,
    minutes: u32,
) {
    let output = &ctx.output;
    let (file, count) = (out.display().to_string(), sheet.len());
    let new = issued.cards.iter().filter(|card| card.is_new).count();
    let given = issued.grants.given;
    let text = || {
        let again = count - new;
        let mut lines = vec![output.say(message!("cards-written", file, count, new, again, given))];
        if !issued.enrolled.is_empty() {
            let (many, labels) = (issued.enrolled.len(), issued.enrolled.join(", "));
            lines.push(output.say(message!("cards-have-phone", many, labels)));
        }
        if new > 0 && minutes <= TYPED_CODE_MINUTES {
            lines.push(output.say(message!("cards-short", minutes)));
        }
        lines.push(output.text("cards-keep-safe").to_owned());
        lines.join("\n")
    };
    let value = || {
        let pairs = issued.cards.iter().zip(sheet);
        let cards: Vec<Value> = pairs.map(|(card, shown)| issued_json(card, shown)).collect();
        json!({ "file": file, "cards": cards, "have_phone": issued.enrolled, "roles_given": given })
    };
    output.print_answer(text, value);
}

fn issued_json(card: &EnrolCard, shown: &SheetCard) -> Value {
    let roles: Vec<&str> = shown.roles.iter().map(|role| role.code()).collect();
    json!({
        "card": shown.id.to_string(),
        "unit": shown.unit,
        "account": shown.account,
        "roles": roles,
        "expires": shown.expires_at.local_text(),
        "new": card.is_new,
        "qr": shown.qr,
    })
}

/// The state of a card now.
fn card_state(code: &EnrolCode, now: Timestamp) -> &'static str {
    if code.used_at.is_some() {
        "USED"
    } else if code.revoked_at.is_some() {
        "REVOKED"
    } else if code.is_open(now) {
        "UNUSED"
    } else {
        "EXPIRED"
    }
}

fn list_cards(ctx: &CliContext, local_app: &LocalApp, unit: Option<&str>, all: bool) -> CliResult {
    let (now, org) = (local_app.app.now(), &local_app.load_reference()?.org);
    let requested = find_units_under(local_app, unit)?;
    let mut rows = Vec::new();
    for (code, label) in local_app.app.enrol_cards(&local_app.actor)? {
        let is_meant = requested.as_ref().is_none_or(|units| units.contains(&code.unit));
        if !is_meant || !(all || code.is_open(now)) {
            continue;
        }
        rows.push(vec![
            org.unit(code.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            org.nearest_name(code.unit, now.local_date()).to_owned(),
            label,
            code.id().to_string(),
            card_state(&code, now).to_owned(),
            code.issued_at.local_text(),
            code.expires_at.local_text(),
        ]);
    }
    rows.sort();
    let output = &ctx.output;
    let headings = [
        output.text("access-unit"),
        output.text("fleet-name"),
        output.text("access-account"),
        output.text("cards-card"),
        output.text("access-state"),
        output.text("cards-issued"),
        output.text("cards-expires"),
    ];
    let keys = ["unit", "name", "account", "card", "state", "issued", "expires"];
    output.print_rows(&headings, &keys, &rows);
    Ok(())
}

fn revoke_cards(
    ctx: &CliContext,
    local_app: &LocalApp,
    cards: &[String],
    unit: Option<&str>,
) -> CliResult {
    let ids: Vec<EnrolCodeId> = match unit {
        Some(unit) => {
            let (unit, now) = (find_unit_id(local_app, unit)?, local_app.app.now());
            let cards = local_app.app.enrol_cards(&local_app.actor)?.into_iter();
            cards
                .filter(|(code, _)| code.unit == unit && code.is_open(now))
                .map(|(code, _)| code.id())
                .collect()
        }
        None => cards.iter().map(|text| parse_card_id(text)).collect::<CliResult<_>>()?,
    };
    let revoked = local_app.app.revoke_cards(&local_app.actor, &ids)?;
    let (output, asked) = (&ctx.output, ids.len());
    output.print_answer(
        || output.say(message!("cards-revoked", revoked, asked)),
        || json!({ "asked": asked, "revoked": revoked }),
    );
    Ok(())
}

fn parse_card_id(text: &str) -> CliResult<EnrolCodeId> {
    EnrolCodeId::parse(text)
        .ok_or_else(|| CliError::usage_error(message!("cards-number-12-hexadecimal")))
}
