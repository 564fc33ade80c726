//! `thidua access grant|enrol|devices|revoke|import-commands|second-factor|key`: the operator on the
//! server's machine manages roles, enrolment codes, devices, second factors and partner keys.

use super::access_key;
use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::grant_batch::{GrantBatchArgs, grant_many};
use super::import_commands::import_commands;
use super::invite;
use super::lookup::find_unit_id;
use super::second_factor;
use crate::config::Config;
use crate::domain::access::permission::{Grant, Role};
use crate::domain::support::ids::{AccountId, DeviceId};
use crate::domain::support::message::message;
use crate::server::keys::{ServerKeys, ServerKeysError};
use jiff::civil::Date;
use serde_json::json;
use std::path::PathBuf;

/// `thidua access ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: AccessCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AccessCommand {
    /// Give an account a role on a unit; makes the account if it is new.
    #[command(after_help = "Examples:
  thidua access grant --account xa-29242 --role REPORTER --unit com-29242-1
  thidua access grant --account huyen-842 --role REVIEWER --unit dist-842 --to 2025-12-31")]
    Grant {
        /// Label of the account; no personal name.
        #[arg(long)]
        account: String,
        /// Role: REPORTER, UNIT_HEAD, REVIEWER, CAMPAIGN_HEAD, COUNCIL_SECRETARY, DATA_STEWARD,
        /// AUDITOR, PARTNER_READER, ADMIN.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Code of the unit.
        #[arg(long)]
        unit: String,
        /// First day (default: today).
        #[arg(long)]
        from: Option<Date>,
        /// Last day (default: until further notice).
        #[arg(long)]
        to: Option<Date>,
        /// Print an enrolment code too.
        #[arg(long)]
        enrol: bool,
    },
    /// Give roles to many accounts in one transaction: all lines or none.
    #[command(after_help = "Examples:
  thidua access grant-many roles.csv --dry-run
  thidua access grant-many --all-below prov-86-2025 --level commune --role REPORTER
  thidua access grant-many --all-below prov-86-2025 --role UNIT_HEAD --account '{unit}-tp'")]
    GrantMany {
        #[command(flatten)]
        batch: GrantBatchArgs,
        /// Check only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Print a one-time enrolment code for an account: QR text, typed code, addresses, CA SHA-256.
    #[command(after_help = "Examples:\n  thidua access enrol --account xa-29242")]
    Enrol {
        /// Label of the account.
        #[arg(long)]
        account: String,
    },
    /// The devices, their unit and state.
    #[command(after_help = "Examples:\n  thidua access devices --unit dist-842 --json")]
    Devices {
        /// Only of this unit and of those under it today.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Shut a device or session out for good; refused at its next call.
    #[command(after_help = "Examples:
  thidua access revoke 0191f3c2a4b57d8e9f00112233445566
  thidua access revoke --account xa-29242")]
    Revoke {
        /// Id of the device, as in `access devices`.
        #[arg(required_unless_present = "account", conflicts_with = "account")]
        device: Option<String>,
        /// Every device and session of this account.
        #[arg(long)]
        account: Option<String>,
    },
    /// Take the commands that a phone exported before it was revoked into the hand-over box, as the
    /// act of the unit's head.
    #[command(
        after_help = "Examples:\n  thidua access import-commands xa-29242.lenh --head xa-29242-tp"
    )]
    ImportCommands {
        /// The file that `field export-commands` wrote.
        file: PathBuf,
        /// Label of the account of the unit's head, in whose name the import is recorded.
        #[arg(long)]
        head: String,
    },
    /// The second factor of accounts that sign in at a desk.
    #[command(subcommand)]
    SecondFactor(second_factor::SecondFactorCommand),
    /// Keys of partner agencies.
    #[command(subcommand)]
    Key(access_key::AccessKeyCommand),
}

/// A role that a person can hold, by its word in any case.
pub(super) fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_code(&text.to_uppercase())
        .filter(|role| role.is_grantable())
        .ok_or_else(Role::grantable_codes)
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let local_app = ctx.open_local_app_with(&config)?;
    match &args.command {
        AccessCommand::Grant { account, role, unit, from, to, enrol } => {
            grant_role(ctx, &local_app, account, *role, unit, (*from, *to))?;
            if *enrol { issue_enrolment_code(ctx, &local_app, account) } else { Ok(()) }
        }
        AccessCommand::GrantMany { batch, dry_run } => grant_many(ctx, &local_app, batch, *dry_run),
        AccessCommand::Enrol { account } => issue_enrolment_code(ctx, &local_app, account),
        AccessCommand::Devices { unit } => list_devices(ctx, &local_app, unit.as_deref()),
        AccessCommand::Revoke { device: Some(device), account: _ } => {
            revoke_device(ctx, &config, &local_app, device)
        }
        AccessCommand::Revoke { device: None, account } => {
            revoke_account(ctx, &config, &local_app, account.as_deref().unwrap_or_default())
        }
        AccessCommand::ImportCommands { file, head } => {
            import_commands(&ctx.output, &config, &local_app, file, head)
        }
        AccessCommand::SecondFactor(what) => second_factor::run(ctx, &config, &local_app, what),
        AccessCommand::Key(what) => access_key::run(ctx, &local_app, what),
    }
}

type GrantDays = (Option<Date>, Option<Date>);

fn grant_role(
    ctx: &CliContext,
    local_app: &LocalApp,
    account: &str,
    role: Role,
    unit: &str,
    (from, to): GrantDays,
) -> CliResult {
    let from = from.unwrap_or_else(|| local_app.app.now().local_date());
    let to = to.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX));
    if to <= from {
        return Err(CliError::usage_error(message!("access-last-day-comes-before")));
    }
    let grant = Grant { role, unit: find_unit_id(local_app, unit)?, from, to };
    local_app.app.grant_role(&local_app.actor, AccountId::from_code(account), account, &grant)?;
    let until =
        if to == Date::MAX { "-".to_owned() } else { to.yesterday().unwrap_or(to).to_string() };
    ctx.output.print_answer(
        || format!("{account}: {} @ {unit}, {from} .. {until}", role.code()),
        || json!({ "account": account, "role": role.code(), "unit": unit, "from": from.to_string(), "last_day": until }),
    );
    Ok(())
}

fn issue_enrolment_code(ctx: &CliContext, local_app: &LocalApp, account: &str) -> CliResult {
    let issued =
        invite::issue_invite(local_app, &ctx.read_config()?, AccountId::from_code(account))
            .map_err(|failure| {
                if failure.code != "NOT_FOUND" {
                    return failure;
                }
                CliError::new("UNKNOWN_ACCOUNT", message!("access-account-holds-no-role", account))
            })?;
    ctx.output.print_answer(|| issued.to_lines(&ctx.output).join("\n"), || issued.to_json());
    Ok(())
}

fn list_devices(ctx: &CliContext, local_app: &LocalApp, unit: Option<&str>) -> CliResult {
    let reference = local_app.load_reference()?;
    let today = local_app.app.now().local_date();
    let requested = unit.map(|code| find_unit_id(local_app, code)).transpose()?;
    let requested = requested.map(|unit| reference.org.effective_descendants(unit, today));
    let mut rows = Vec::new();
    for (device, units) in local_app.app.visible_devices(&local_app.actor)? {
        let unit = units.home_unit();
        if requested
            .as_ref()
            .is_some_and(|requested| !units.iter().any(|unit| requested.contains(&unit)))
        {
            continue;
        }
        let uid = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let label =
            local_app.app.account_label(&local_app.actor, device.account)?.unwrap_or_default();
        let kind = if device.is_desk_session() { "DESK" } else { "PHONE" };
        let state = if device.revoked_at.is_some() {
            "REVOKED"
        } else if device.is_forked {
            "FORKED"
        } else {
            "ACTIVE"
        };
        let since = device.enrolled_at.local_text();
        rows.push(vec![
            device.id.to_string(),
            label,
            uid,
            kind.to_owned(),
            state.to_owned(),
            since,
        ]);
    }
    let output = &ctx.output;
    let headings = [
        output.text("access-device"),
        output.text("access-account"),
        output.text("access-unit"),
        output.text("access-kind"),
        output.text("access-state"),
        output.text("access-enrolled"),
    ];
    output.print_rows(
        &headings,
        &["device", "account", "unit", "kind", "state", "enrolled"],
        &rows,
    );
    Ok(())
}

fn revoke_account(
    ctx: &CliContext,
    config: &Config,
    local_app: &LocalApp,
    account: &str,
) -> CliResult {
    let keys = ServerKeys::open(&config.dir)?;
    let revoked =
        local_app.app.revoke_account_devices(&local_app.actor, AccountId::from_code(account))?;
    for id in &revoked {
        keys.revocations
            .append(*id, local_app.app.now(), &keys.authority)
            .map_err(ServerKeysError::from)?;
    }
    let output = &ctx.output;
    let ids: Vec<String> = revoked.iter().map(ToString::to_string).collect();
    output.print_answer(
        || format!("{account}: {} {}", ids.len(), output.text("access-devices-sessions-revoked")),
        || json!({ "account": account, "revoked": ids }),
    );
    Ok(())
}

fn revoke_device(
    ctx: &CliContext,
    config: &Config,
    local_app: &LocalApp,
    device: &str,
) -> CliResult {
    let id = DeviceId::parse(device)
        .map_err(|_| CliError::usage_error(message!("access-id-device-32-hexadecimal")))?;
    let keys = ServerKeys::open(&config.dir)?;
    let (existing, _) = local_app.app.revoke_device(&local_app.actor, id)?;
    keys.revocations
        .append(id, local_app.app.now(), &keys.authority)
        .map_err(ServerKeysError::from)?;
    let output = &ctx.output;
    let (taken, day) =
        (existing.last_command_number, existing.last_seen().local_date().to_string());
    let text = message!("access-revoked-commands-were-taken", device, taken, day);
    output.print_answer(
        || output.say(text),
        || json!({ "device": device, "state": "REVOKED", "commands_taken": taken, "last_contact": day }),
    );
    Ok(())
}
