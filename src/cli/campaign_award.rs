//! `thidua campaign award decide|revoke|withdraw`: the decision on the award that rests on a
//! concluded campaign. Its number and day are kept, nobody is named.
//!
//! Each command names the account in whose name the operator enters the act, with the rights of
//! that account only.

use super::context::CliContext;
use super::error::CliResult;
use crate::domain::campaign::{AwardDocument, AwardEntry, AwardRequest, AwardStep};
use crate::domain::support::message::{Message, message};
use jiff::civil::Date;
use serde_json::{Value, json};

/// What is done about the award of a campaign.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AwardCommand {
    /// Enter the decision or, as the second person, confirm it.
    ///
    /// While it stands, the campaign cannot be reopened.
    #[command(after_help = "Examples:
  thidua campaign award decide --account lan --reference \"QD 12/QD-UBND\" --date 2026-03-02
  thidua campaign award decide --account minh")]
    Decide {
        #[command(flatten)]
        of: AwardPlace,
        /// The number of the decision; the second person may leave it out.
        #[arg(long)]
        reference: Option<String>,
        /// The day of the decision (default: today).
        #[arg(long)]
        date: Option<Date>,
    },
    /// Ask to revoke the decision or, as the second person, revoke it.
    #[command(after_help = "Examples:
  thidua campaign award revoke --account lan --reason \"Decision 30 revokes decision 12\"
  thidua campaign award revoke --account minh")]
    Revoke {
        #[command(flatten)]
        of: AwardPlace,
        /// Why it is revoked; the second person leaves it out.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Withdraw what waits for a second person.
    #[command(after_help = "Examples:
  thidua campaign award withdraw --account lan")]
    Withdraw {
        #[command(flatten)]
        of: AwardPlace,
    },
}

/// The campaign, and in whose name.
#[derive(Debug, clap::Args)]
pub(super) struct AwardPlace {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
}

/// `thidua campaign award`
pub(super) fn step_award(ctx: &CliContext, command: &AwardCommand) -> CliResult {
    let (place, request) = match command {
        AwardCommand::Decide { of, reference, date } => {
            let reference = reference.as_deref().unwrap_or_default();
            (of, AwardRequest::Decide { reference, day: *date })
        }
        AwardCommand::Revoke { of, reason } => {
            (of, AwardRequest::Revoke { reason: reason.as_deref().unwrap_or_default() })
        }
        AwardCommand::Withdraw { of } => (of, AwardRequest::Withdraw),
    };
    let desk = ctx.open_desk()?;
    let (account, _) = desk.acting_account(place.account.as_deref())?;
    let campaign = desk.campaign(place.campaign.as_deref())?;
    let entry = desk.step_award(account, campaign.id(), request)?;
    let (output, code) = (&ctx.output, &campaign.code);
    output.print_answer(
        || output.say(message!("award-stored", code, award => award_message(&entry))),
        || json!({ "code": code, "award": award_json(&entry) }),
    );
    Ok(())
}

/// Document and step of the newest entry.
pub(super) fn award_message(entry: &AwardEntry) -> Message {
    let AwardEntry { document: AwardDocument { reference, day }, .. } = entry;
    match entry.step {
        AwardStep::Proposed => message!("award-step-PROPOSED", reference, day => *day),
        AwardStep::Withdrawn => message!("award-step-WITHDRAWN", reference, day => *day),
        AwardStep::Decided => message!("award-step-DECIDED", reference, day => *day),
        AwardStep::RevocationAsked => {
            let reason = &entry.reason;
            message!("award-step-REVOCATION_ASKED", reference, day => *day, reason)
        }
        AwardStep::RevocationWithdrawn => {
            message!("award-step-REVOCATION_WITHDRAWN", reference, day => *day)
        }
        AwardStep::Revoked => message!("award-step-REVOKED", reference, day => *day),
    }
}

/// The newest entry as JSON.
pub(super) fn award_json(entry: &AwardEntry) -> Value {
    let AwardEntry { step, document, reason, entered_day } = entry;
    json!({
        "state": step.as_str(),
        "reference": document.reference,
        "day": document.day.to_string(),
        "reason": reason,
        "entered": entered_day.to_string(),
    })
}
