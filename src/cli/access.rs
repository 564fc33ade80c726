//! `thidua access grant|enrol|devices|revoke|import-commands|second-factor|key`: roles, enrolment
//! codes, devices, second factors and partner keys. What ends cards, opens the server's keys or
//! resets a second factor is of the server's machine.

use super::access_key;
use super::context::{CliContext, LocalApp};
use super::desk::{Desk, DeviceLine, RoleLine};
use super::error::{CliError, CliResult};
use super::grant_batch::{GrantBatchArgs, grant_many};
use super::import_commands::import_commands;
use super::second_factor::{self, SecondFactorCommand};
use crate::app::act::{ActRequest, Performer};
use crate::domain::access::permission::Role;
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
        /// AUDITOR, PARTNER_READER, PARTNER_WRITER, ADMIN.
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
    /// The roles of accounts, with their units and days.
    #[command(after_help = "Examples:
  thidua access grants --unit dist-842
  thidua access grants --account huyen-842 --json")]
    Grants {
        /// Only on this unit.
        #[arg(long)]
        unit: Option<String>,
        /// Only of this account.
        #[arg(long)]
        account: Option<String>,
    },
    /// End a role at once; later commands of its holder are held on the desk of the unit.
    #[command(after_help = "Examples:
  thidua access end-grant --account huyen-842 --role REVIEWER --unit dist-842")]
    EndGrant {
        /// Label of the account.
        #[arg(long)]
        account: String,
        /// The role, as in `access grants`.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Code of the unit.
        #[arg(long)]
        unit: String,
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
    SecondFactor(SecondFactorCommand),
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
    match &args.command {
        AccessCommand::Grant { account, role, unit, from, to, enrol } => {
            let desk = ctx.open_desk()?;
            grant_role(ctx, &desk, account, *role, unit, (*from, *to))?;
            if *enrol { issue_enrolment_code(ctx, &desk, account) } else { Ok(()) }
        }
        AccessCommand::Grants { unit, account } => {
            list_grants(ctx, unit.as_deref(), account.as_deref())
        }
        AccessCommand::EndGrant { account, role, unit } => end_grant(ctx, account, *role, unit),
        AccessCommand::GrantMany { batch, dry_run } => {
            grant_many(ctx, &ctx.open_desk()?, batch, *dry_run)
        }
        AccessCommand::Enrol { account } => issue_enrolment_code(ctx, &ctx.open_desk()?, account),
        AccessCommand::Devices { unit } => list_devices(ctx, unit.as_deref()),
        AccessCommand::Revoke { device: Some(device), account: _ } => revoke_device(ctx, device),
        AccessCommand::Revoke { device: None, account } => {
            revoke_account(ctx, account.as_deref().unwrap_or_default())
        }
        AccessCommand::ImportCommands { file, head } => {
            let config = ctx.read_config()?;
            let local_app = ctx.open_local_app_with(&config)?;
            import_commands(&ctx.output, &config, &local_app, file, head)
        }
        AccessCommand::SecondFactor(what) => second_factor::run(ctx, what),
        AccessCommand::Key(what) => access_key::run(ctx, &ctx.open_desk()?, what),
    }
}

type GrantDays = (Option<Date>, Option<Date>);

fn grant_role(
    ctx: &CliContext,
    desk: &Desk,
    account: &str,
    role: Role,
    unit: &str,
    (from, to): GrantDays,
) -> CliResult {
    let from = from.unwrap_or_else(|| desk.now().local_date());
    let to = to.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX));
    if to <= from {
        return Err(CliError::usage_error(message!("access-last-day-comes-before")));
    }
    desk.grant_role(account, role, unit, (from, to))?;
    let until = last_day_text(to);
    ctx.output.print_answer(
        || format!("{account}: {} @ {unit}, {from} .. {until}", role.code()),
        || json!({ "account": account, "role": role.code(), "unit": unit, "from": from.to_string(), "last_day": until }),
    );
    Ok(())
}

/// The last day before `to`; `-` until further notice.
fn last_day_text(to: Date) -> String {
    if to == Date::MAX { "-".to_owned() } else { to.yesterday().unwrap_or(to).to_string() }
}

fn list_grants(ctx: &CliContext, unit: Option<&str>, account: Option<&str>) -> CliResult {
    let row = |RoleLine { account, role, unit, from, to }: RoleLine| {
        vec![account, role.code().to_owned(), unit, from.to_string(), last_day_text(to)]
    };
    let grants = ctx.open_desk()?.grants(unit, account)?;
    let rows: Vec<Vec<String>> = grants.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-account"),
        output.text("access-role"),
        output.text("access-unit"),
        output.text("access-from"),
        output.text("access-last-day"),
    ];
    output.print_rows(&headings, &["account", "role", "unit", "from", "last_day"], &rows);
    Ok(())
}

fn end_grant(ctx: &CliContext, account: &str, role: Role, unit: &str) -> CliResult {
    ctx.open_desk()?.end_grant(account, role, unit)?;
    let (output, role) = (&ctx.output, role.code());
    output.print_answer(
        || format!("{account}: {role} @ {unit}: {}", output.text("access-grant-ended")),
        || json!({ "account": account, "role": role, "unit": unit, "state": "ENDED" }),
    );
    Ok(())
}

fn issue_enrolment_code(ctx: &CliContext, desk: &Desk, account: &str) -> CliResult {
    let issued = desk.issue_enrolment_code(ctx, account).map_err(|failure| {
        if failure.code != "NOT_FOUND" {
            return failure;
        }
        CliError::new("UNKNOWN_ACCOUNT", message!("access-account-holds-no-role", account))
    })?;
    ctx.output.print_answer(|| issued.to_lines(&ctx.output).join("\n"), || issued.to_json());
    Ok(())
}

fn list_devices(ctx: &CliContext, unit: Option<&str>) -> CliResult {
    let row = |device: DeviceLine| {
        let kind = if device.is_desk { "DESK" } else { "PHONE" };
        vec![
            device.id.to_string(),
            device.account,
            device.unit,
            kind.to_owned(),
            device.state.to_owned(),
            device.since,
        ]
    };
    let devices = ctx.open_desk()?.devices(unit)?;
    let rows: Vec<Vec<String>> = devices.into_iter().map(row).collect();
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

fn revoke_account(ctx: &CliContext, account: &str) -> CliResult {
    let revoked = ctx.open_desk()?.revoke_account(ctx, AccountId::from_code(account))?;
    let output = &ctx.output;
    let ids: Vec<String> = revoked.iter().map(ToString::to_string).collect();
    output.print_answer(
        || format!("{account}: {} {}", ids.len(), output.text("access-devices-sessions-revoked")),
        || json!({ "account": account, "revoked": ids }),
    );
    Ok(())
}

/// Revokes the devices of an account in the database and in the log beside it.
pub(super) fn revoke_account_locally(
    ctx: &CliContext,
    LocalApp { app, actor }: &LocalApp,
    account: AccountId,
) -> CliResult<Vec<DeviceId>> {
    let keys = ServerKeys::open(&ctx.read_config()?.dir)?;
    let request = ActRequest::of_operator("access.revoke", false);
    let end = app.perform_account_revocation(Performer::Operator(actor), &request, account)?;
    let revoked = end.performed().unwrap_or_default();
    for id in &revoked {
        keys.revocations.append(*id, app.now(), &keys.authority).map_err(ServerKeysError::from)?;
    }
    Ok(revoked)
}

/// What the server knew of a device when it was revoked.
pub(super) struct DeviceRevocation {
    /// Number of its last command that was taken.
    commands_taken: u64,
    last_contact: Date,
}

/// Revokes a device in the database and in the log beside it.
pub(super) fn revoke_locally(
    ctx: &CliContext,
    LocalApp { app, actor }: &LocalApp,
    id: DeviceId,
) -> CliResult<DeviceRevocation> {
    let keys = ServerKeys::open(&ctx.read_config()?.dir)?;
    let (existing, _) = app.revoke_device(actor, id)?;
    keys.revocations.append(id, app.now(), &keys.authority).map_err(ServerKeysError::from)?;
    Ok(DeviceRevocation {
        commands_taken: existing.last_command_number,
        last_contact: existing.last_seen().local_date(),
    })
}

fn revoke_device(ctx: &CliContext, device: &str) -> CliResult {
    let id = DeviceId::parse(device)
        .map_err(|_| CliError::usage_error(message!("access-id-device-32-hexadecimal")))?;
    let revoked = ctx.open_desk()?.revoke_device(ctx, id)?;
    let output = &ctx.output;
    let Some(DeviceRevocation { commands_taken: taken, last_contact }) = revoked else {
        output.print_answer(
            || output.say(message!("access-device-revoked", device)),
            || json!({ "device": device, "state": "REVOKED" }),
        );
        return Ok(());
    };
    let day = last_contact.to_string();
    let text = message!("access-revoked-commands-were-taken", device, taken, day);
    output.print_answer(
        || output.say(text),
        || json!({ "device": device, "state": "REVOKED", "commands_taken": taken, "last_contact": day }),
    );
    Ok(())
}
