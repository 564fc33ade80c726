//! `thidua access key issue|list|revoke`: the operator on the server's machine manages the keys of
//! partner agencies.

use super::context::CliContext;
use super::desk::{Desk, IssuedKey, KeyLine};
use super::error::{CliError, CliResult};
use crate::app::partner::ServiceKeyRequest;
use crate::domain::access::partner::{KEY_DAYS_MAX, PartnerCall};
use crate::domain::support::ids::{AccountId, CampaignId, ServiceKeyId};
use crate::domain::support::message::message;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub(super) enum AccessKeyCommand {
    /// Issue a key and print it, once; the account needs PARTNER_READER or PARTNER_WRITER first.
    #[command(after_help = "Examples:
  thidua access grant --account toa-an --role PARTNER_READER --unit prov-84
  thidua access key issue --account toa-an --unit prov-84 --days 365
  thidua access key issue --account toa-an --unit dist-842 --campaign A --read STANDINGS --days 30
  thidua access key issue --account he-thong-y-te --unit prov-84 --contract thang-xa")]
    Issue {
        /// Label of the agency's account.
        #[arg(long)]
        account: String,
        /// It opens this unit and those below.
        #[arg(long)]
        unit: String,
        /// Only this campaign (default: every published one).
        #[arg(long)]
        campaign: Option<String>,
        /// What it opens: RUNS, STANDINGS (default: both, or neither with --contract).
        #[arg(long = "read", value_parser = parse_key_read)]
        reads: Vec<PartnerCall>,
        /// It may send reports of this contract; may be repeated. The account needs
        /// PARTNER_WRITER.
        #[arg(long = "contract", value_name = "CODE")]
        contracts: Vec<String>,
        /// Its life in days, at most a year.
        #[arg(long, default_value_t = KEY_DAYS_MAX)]
        days: i64,
    },
    /// The keys, without their secrets.
    #[command(after_help = "Examples:\n  thidua access key list --json")]
    List,
    /// End a key for good; refused at its next call and in open streams.
    #[command(
        after_help = "Examples:\n  thidua access key revoke 0191f3c2a4b57d8e9f00112233445566"
    )]
    Revoke {
        /// Id of the key, as in `access key list`.
        key: String,
    },
}

fn parse_key_read(text: &str) -> Result<PartnerCall, String> {
    let reads = [PartnerCall::Runs, PartnerCall::Standings];
    let found = reads.into_iter().find(|read| read.as_str() == text.to_uppercase());
    found.ok_or_else(|| reads.map(PartnerCall::as_str).join(" | "))
}

pub(super) fn run(ctx: &CliContext, desk: &Desk, what: &AccessKeyCommand) -> CliResult {
    match what {
        AccessKeyCommand::Issue { account, unit, campaign, reads, contracts, days } => {
            let allowed_calls = match (reads.as_slice(), contracts.is_empty()) {
                ([], true) => vec![PartnerCall::Runs, PartnerCall::Standings],
                (reads, true) => reads.to_vec(),
                (reads, false) => [reads, &[PartnerCall::Reports]].concat(),
            };
            let request = ServiceKeyRequest {
                account: AccountId::from_code(account),
                unit: desk.find_unit_id(unit)?,
                campaign: campaign
                    .as_deref()
                    .map(|code| find_campaign_id(desk, code))
                    .transpose()?,
                allowed_calls,
                contracts: contracts.clone(),
                valid_days: *days,
            };
            issue_key(ctx, desk, account, &request)
        }
        AccessKeyCommand::List => list_keys(ctx, desk),
        AccessKeyCommand::Revoke { key } => revoke_key(ctx, desk, key),
    }
}

fn find_campaign_id(desk: &Desk, code: &str) -> CliResult<CampaignId> {
    desk.campaign_id(Some(code)).map_err(|failure| match failure.code.as_str() {
        "UNKNOWN_CAMPAIGN" => {
            CliError::new("UNKNOWN_CAMPAIGN", message!("access-key-there-no-campaign-see", code))
        }
        _ => failure,
    })
}

fn issue_key(
    ctx: &CliContext,
    desk: &Desk,
    account: &str,
    request: &ServiceKeyRequest,
) -> CliResult {
    let IssuedKey { id, secret, expires_at } = desk.issue_key(request)?;
    let (output, until) = (&ctx.output, expires_at.local_text());
    output.print_answer(
        || {
            let lines = [
                format!("{} {secret}", output.text("access-key-key-2")),
                format!("{account} · {id} · {} {until}", output.text("access-key-until")),
                output.text("access-key-printed-once-hand-over").to_owned(),
            ];
            lines.join("\n")
        },
        || json!({ "key": secret, "id": id.to_string(), "account": account, "expires": until }),
    );
    Ok(())
}

fn list_keys(ctx: &CliContext, desk: &Desk) -> CliResult {
    let now = desk.now();
    let row = |key: KeyLine| {
        let state = if key.is_revoked {
            "REVOKED"
        } else if now < key.expires_at {
            "ACTIVE"
        } else {
            "EXPIRED"
        };
        let calls: Vec<&str> = key.calls.iter().map(|call| call.as_str()).collect();
        vec![
            key.id.to_string(),
            key.account,
            key.unit,
            key.campaign.unwrap_or_else(|| "*".to_owned()),
            calls.join(" "),
            key.contracts.join(" "),
            state.to_owned(),
            key.expires_at.local_text(),
        ]
    };
    let rows: Vec<Vec<String>> = desk.keys()?.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-key-key"),
        output.text("access-account"),
        output.text("access-unit"),
        output.text("access-key-campaign"),
        output.text("access-key-reads"),
        output.text("access-key-contracts"),
        output.text("access-state"),
        output.text("access-key-expires"),
    ];
    output.print_rows(
        &headings,
        &["key", "account", "unit", "campaign", "reads", "contracts", "state", "expires"],
        &rows,
    );
    Ok(())
}

fn revoke_key(ctx: &CliContext, desk: &Desk, key: &str) -> CliResult {
    let id = ServiceKeyId::parse(key)
        .map_err(|_| CliError::usage_error(message!("access-key-id-key-32-hexadecimal")))?;
    desk.revoke_key(id)?;
    let output = &ctx.output;
    output.print_answer(
        || format!("{key}: {}", output.text("access-key-revoked")),
        || json!({ "key": key, "state": "REVOKED" }),
    );
    Ok(())
}
