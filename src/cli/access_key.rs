//! `thidua access key issue|list|revoke`: the operator on the server's machine manages the keys of
//! partner agencies.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::lookup::find_unit_id;
use crate::app::partner::ServiceKeyRequest;
use crate::auth;
use crate::domain::access::partner::{KEY_DAYS_MAX, PartnerCall};
use crate::domain::support::ids::{AccountId, CampaignId, ServiceKeyId};
use crate::domain::support::message::message;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub(super) enum AccessKeyCommand {
    /// Issue a key and print it, once; the account needs PARTNER_READER first.
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

pub(super) fn run(ctx: &CliContext, local_app: &LocalApp, what: &AccessKeyCommand) -> CliResult {
    match what {
        AccessKeyCommand::Issue { account, unit, campaign, reads, contracts, days } => {
            let allowed_calls = match (reads.as_slice(), contracts.is_empty()) {
                ([], true) => vec![PartnerCall::Runs, PartnerCall::Standings],
                (reads, true) => reads.to_vec(),
                (reads, false) => [reads, &[PartnerCall::Reports]].concat(),
            };
            let request = ServiceKeyRequest {
                account: AccountId::from_code(account),
                unit: find_unit_id(local_app, unit)?,
                campaign: campaign
                    .as_deref()
                    .map(|code| find_campaign_id(local_app, code))
                    .transpose()?,
                allowed_calls,
                contracts: contracts.clone(),
                valid_days: *days,
            };
            issue_key(ctx, local_app, account, &request)
        }
        AccessKeyCommand::List => list_keys(ctx, local_app),
        AccessKeyCommand::Revoke { key } => revoke_key(ctx, local_app, key),
    }
}

fn find_campaign_id(local_app: &LocalApp, code: &str) -> CliResult<CampaignId> {
    let reference = local_app.load_reference()?;
    let found = reference.campaigns.iter().find(|campaign| campaign.code == code);
    found.map(|campaign| campaign.id()).ok_or_else(|| {
        CliError::new("UNKNOWN_CAMPAIGN", message!("access-key-there-no-campaign-see", code))
    })
}

fn issue_key(
    ctx: &CliContext,
    local_app: &LocalApp,
    account: &str,
    request: &ServiceKeyRequest,
) -> CliResult {
    let (id, secret, hash) = auth::generate_service_key().map_err(|_| CliError::no_random())?;
    let key = local_app.app.issue_service_key(&local_app.actor, id, &hash, request)?;
    let (output, until) = (&ctx.output, key.expires_at.local_text());
    output.print_answer(
        || {
            let lines = [
                format!("{} {}", output.text("access-key-key-2"), secret.reveal()),
                format!("{account} · {id} · {} {until}", output.text("access-key-until")),
                output
                    .text("access-key-printed-once-hand-over")
                    .to_owned(),
            ];
            lines.join("\n")
        },
        || json!({ "key": secret.reveal(), "id": id.to_string(), "account": account, "expires": until }),
    );
    Ok(())
}

fn list_keys(ctx: &CliContext, local_app: &LocalApp) -> CliResult {
    let reference = local_app.load_reference()?;
    let now = local_app.app.now();
    let mut rows = Vec::new();
    for key in local_app.app.visible_service_keys(&local_app.actor)? {
        let state = match key.revoked_at {
            Some(_) => "REVOKED",
            None if key.is_active(now) => "ACTIVE",
            None => "EXPIRED",
        };
        let campaign = key.campaign.map_or_else(
            || "*".to_owned(),
            |id| {
                reference
                    .campaigns
                    .iter()
                    .find(|one| one.id() == id)
                    .map_or_else(String::new, |one| one.code.clone())
            },
        );
        let reads: Vec<&str> = key.allowed_calls.iter().map(|read| read.as_str()).collect();
        let contracts = key.contracts.join(" ");
        rows.push(vec![
            key.id.to_string(),
            local_app.app.account_label(&local_app.actor, key.account)?.unwrap_or_default(),
            reference.org.unit(key.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            campaign,
            reads.join(" "),
            contracts,
            state.to_owned(),
            key.expires_at.local_text(),
        ]);
    }
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

fn revoke_key(ctx: &CliContext, local_app: &LocalApp, key: &str) -> CliResult {
    let id = ServiceKeyId::parse(key)
        .map_err(|_| CliError::usage_error(message!("access-key-id-key-32-hexadecimal")))?;
    local_app.app.revoke_service_key(&local_app.actor, id)?;
    let output = &ctx.output;
    output.print_answer(
        || format!("{key}: {}", output.text("access-key-revoked")),
        || json!({ "key": key, "state": "REVOKED" }),
    );
    Ok(())
}
