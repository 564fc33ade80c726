//! `thidua invite print|list|revoke`: printed cards with enrolment codes, one for each unit's
//! account.
//!
//! The code of a card is derived from the server's secret, the account and the time of issue, so an
//! open card can be printed again; the database holds only its hash.

use super::card_pdf::{self, PdfSheet};
use super::context::CliContext;
use super::desk::{CardLine, CardWish, Desk, IssuedCards, TypedCards};
use super::error::{CliError, CliFinding, CliResult};
use super::grant_batch::GrantBatchArgs;
use crate::app::enrol_card::RevokedCards;
use crate::domain::access::enrolment::{EnrolCodeId, TYPED_CODE_MINUTES};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::i18n::Lang;
use crate::office::card_sheet::{self, SheetCard};
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
    let desk = ctx.open_desk()?;
    match &args.command {
        InviteCommand::Print { batch, out, renew, also_enrolled } => {
            let wish = CardWish { renew: *renew, also_enrolled: *also_enrolled };
            print_cards(ctx, &desk, batch, out, wish)
        }
        InviteCommand::List { unit, all } => list_cards(ctx, &desk, unit.as_deref(), *all),
        InviteCommand::Revoke { cards, unit } => revoke_cards(ctx, &desk, cards, unit.as_deref()),
    }
}

fn print_cards(
    ctx: &CliContext,
    desk: &Desk,
    args: &GrantBatchArgs,
    out: &Path,
    wish: CardWish,
) -> CliResult {
    let batch = args.read(&*desk.load_reference()?, desk.now().local_date())?;
    // A place that cannot be written is found before a card exists.
    let part = out.with_extension("part");
    let failed = |error: std::io::Error| CliError::file_error(out, &error);
    let mut file = owner_only::create_file(&part).map_err(failed)?;
    let issued = desk.issue_cards(ctx, &batch, wish).inspect_err(|_| {
        // Empty; the refusal says more than a failure to remove it.
        let _ = std::fs::remove_file(&part);
    })?;
    let (bytes, warnings) = draw_sheet(&issued, out, ctx.output.lang)?;
    file.write_all(&bytes).and_then(|()| std::fs::rename(&part, out)).map_err(failed)?;
    print_issued(ctx, &issued, out);
    ctx.output.print_warnings(&warnings);
    Ok(())
}

/// The file in the format that its name asks for, and what its reader will not see.
fn draw_sheet(
    issued: &IssuedCards,
    out: &Path,
    lang: Lang,
) -> CliResult<(Vec<u8>, Vec<CliFinding>)> {
    let sheet: Vec<&SheetCard> = issued.cards.iter().map(|(card, _)| card).collect();
    if !out.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf")) {
        return Ok((card_sheet::render_sheet(&sheet, lang)?.into_bytes(), Vec::new()));
    }
    let PdfSheet { bytes, missing_letters } = card_pdf::render_pdf(&sheet, lang)?;
    let warning = |(unit, letters): (String, BTreeSet<char>)| {
        let name = |letter: char| format!("{letter} (U+{:04X})", u32::from(letter));
        let letters = letters.into_iter().map(name).collect::<Vec<_>>().join(", ");
        let message = message!("cards-missing-letters", letters);
        Violation::warning("MISSING_LETTERS", unit, message).into()
    };
    Ok((bytes, missing_letters.into_iter().map(warning).collect()))
}

fn print_issued(ctx: &CliContext, issued: &IssuedCards, out: &Path) {
    let IssuedCards { cards, have_phone, roles_given: given, valid_minutes: minutes } = issued;
    let output = &ctx.output;
    let (file, count) = (out.display().to_string(), cards.len());
    let new = cards.iter().filter(|(_, is_new)| *is_new).count();
    let text = || {
        let again = count - new;
        let mut lines = vec![output.say(message!("cards-written", file, count, new, again, given))];
        if !have_phone.is_empty() {
            let (many, labels) = (have_phone.len(), have_phone.join(", "));
            lines.push(output.say(message!("cards-have-phone", many, labels)));
        }
        if new > 0 && *minutes <= TYPED_CODE_MINUTES {
            lines.push(output.say(message!("cards-short", minutes)));
        }
        lines.push(output.text("cards-keep-safe").to_owned());
        lines.join("\n")
    };
    let value = || {
        let cards: Vec<Value> = cards.iter().map(issued_json).collect();
        json!({ "file": file, "cards": cards, "have_phone": have_phone, "roles_given": given })
    };
    output.print_answer(text, value);
}

fn issued_json((card, is_new): &(SheetCard, bool)) -> Value {
    let roles: Vec<&str> = card.roles.iter().map(|role| role.code()).collect();
    json!({
        "card": card.id.to_string(),
        "unit": card.unit,
        "account": card.account,
        "roles": roles,
        "expires": card.expires_at.local_text(),
        "new": is_new,
        "qr": card.qr,
    })
}

fn list_cards(ctx: &CliContext, desk: &Desk, unit: Option<&str>, all: bool) -> CliResult {
    let row = |card: CardLine| {
        vec![
            card.unit,
            card.unit_name,
            card.account,
            card.id.to_string(),
            card.state.code().to_owned(),
            card.issued_at.local_text(),
            card.expires_at.local_text(),
        ]
    };
    let mut cards = desk.cards(unit, all)?;
    cards.sort_by_cached_key(|card| (card.unit.clone(), card.account.clone(), card.issued_at));
    let rows: Vec<Vec<String>> = cards.into_iter().map(row).collect();
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

fn revoke_cards(ctx: &CliContext, desk: &Desk, cards: &[String], unit: Option<&str>) -> CliResult {
    let numbers = || cards.iter().map(|text| parse_card_id(text)).collect::<CliResult<_>>();
    let typed = match unit {
        Some(unit) => TypedCards::OfUnit(unit),
        None => TypedCards::Numbers(numbers()?),
    };
    let RevokedCards { asked, revoked } = desk.revoke_cards(typed)?;
    let output = &ctx.output;
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
