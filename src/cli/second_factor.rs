//! `thidua access second-factor begin|confirm|list|reset`: the second factors of desk accounts.
//! Secrets are given on the server's machine only.

use super::context::{CliContext, LocalApp};
use super::desk::FactorLine;
use super::error::{CliError, CliResult};
use crate::auth::{self, FactorSecrets};
use crate::config::Config;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::server::keys::ServerKeys;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub(super) enum SecondFactorCommand {
    /// Print a secret and recovery codes, once; in effect after `confirm`.
    #[command(after_help = "Examples:\n  thidua access second-factor begin --account admin")]
    Begin {
        /// Label of the account.
        #[arg(long)]
        account: String,
    },
    /// Confirm with a code of the authenticator app; replaces the factor before.
    #[command(after_help = "Examples:
  thidua access second-factor confirm --account admin --id 0191f3c2a4b57d8e9f00112233445566 123456")]
    Confirm {
        /// Label of the account.
        #[arg(long)]
        account: String,
        /// The id that `access second-factor begin` printed.
        #[arg(long)]
        id: String,
        /// The present code of the app, six digits.
        code: String,
    },
    /// The accounts whose role needs one, whether they have it, and recovery codes left.
    #[command(after_help = "Examples:\n  thidua access second-factor list --json")]
    List,
    /// Remove the second factor of an account and end its desk sessions.
    #[command(after_help = "Examples:\n  thidua access second-factor reset --account admin")]
    Reset {
        /// Label of the account.
        #[arg(long)]
        account: String,
    },
}

pub(super) fn run(ctx: &CliContext, what: &SecondFactorCommand) -> CliResult {
    match what {
        SecondFactorCommand::Begin { account } => {
            let config = ctx.read_config()?;
            begin(ctx, &config, &ctx.open_local_app_with(&config)?, account)
        }
        SecondFactorCommand::Confirm { account, id, code } => {
            let config = ctx.read_config()?;
            confirm(ctx, &config, &ctx.open_local_app_with(&config)?, account, (id, code))
        }
        SecondFactorCommand::List => list(ctx),
        SecondFactorCommand::Reset { account } => reset(ctx, account),
    }
}

/// The account of a label; it has to exist.
pub(super) fn find_account(local_app: &LocalApp, label: &str) -> CliResult<AccountId> {
    let account = AccountId::from_code(label);
    local_app.app.account_label(&local_app.actor, account)?.map(|_| account).ok_or_else(|| {
        CliError::new("UNKNOWN_ACCOUNT", message!("access-account-holds-no-role", account = label))
    })
}

fn begin(ctx: &CliContext, config: &Config, local_app: &LocalApp, label: &str) -> CliResult {
    let account = find_account(local_app, label)?;
    let salt: [u8; 16] = auth::random_bytes().map_err(|_| CliError::no_random())?;
    let secrets = FactorSecrets::derive(&ServerKeys::open(&config.dir)?.cursor_key, account, salt);
    let (id, secret, uri) = (encode_hex(&salt), secrets.secret_text(), secrets.otpauth_uri(label));
    let recovery: Vec<String> = secrets.recovery_codes().iter().map(ToString::to_string).collect();
    let output = &ctx.output;
    output.print_answer(
        || {
            let mut lines = vec![
                format!("{} {secret}", output.text("second-factor-secret")),
                format!("{} {uri}", output.text("second-factor-qr")),
                output.text("second-factor-recovery").to_owned(),
            ];
            lines.extend(recovery.iter().map(|code| format!("  {code}")));
            lines.push(output.say(message!("second-factor-next", account = label, id = &id)));
            lines.join("\n")
        },
        || {
            json!({ "account": label, "id": id, "secret": secret, "otpauth": uri,
                    "recovery_codes": recovery })
        },
    );
    Ok(())
}

fn confirm(
    ctx: &CliContext,
    config: &Config,
    local_app: &LocalApp,
    label: &str,
    (id, code): (&str, &str),
) -> CliResult {
    let account = find_account(local_app, label)?;
    let salt: [u8; 16] = decode_hex(id)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| CliError::usage_error(message!("second-factor-id")))?;
    let secrets = FactorSecrets::derive(&ServerKeys::open(&config.dir)?.cursor_key, account, salt);
    let confirmed = secrets.confirm(code, local_app.app.now()).ok_or_else(|| {
        let reason = RefusalReason::SecondFactorWrong;
        CliError::new(reason.code(), reason.message())
    })?;
    local_app.app.put_second_factor(&local_app.actor, account, &confirmed)?;
    let output = &ctx.output;
    output.print_answer(
        || output.say(message!("second-factor-confirmed", account = label)),
        || json!({ "account": label, "state": "ENROLLED" }),
    );
    Ok(())
}

/// The accounts whose role needs a second factor, here or at a server elsewhere.
fn list(ctx: &CliContext) -> CliResult {
    let row = |one: FactorLine| {
        let state = match (one.is_enrolled, one.has_password) {
            (true, _) => "ENROLLED",
            (false, true) => "NOT_ENROLLED",
            // It has no way in at a desk.
            (false, false) => "NO_PASSWORD",
        };
        vec![one.account, state.to_owned(), one.recovery_codes_left.to_string()]
    };
    let lines = ctx.open_desk()?.second_factors()?;
    let rows: Vec<Vec<String>> = lines.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-account"),
        output.text("access-state"),
        output.text("second-factor-codes-left"),
    ];
    output.print_rows(&headings, &["account", "state", "recovery_codes_left"], &rows);
    Ok(())
}

/// Removes the second factor of an account, here or at a server elsewhere.
fn reset(ctx: &CliContext, label: &str) -> CliResult {
    ctx.open_desk()?.reset_second_factor(label)?;
    let output = &ctx.output;
    output.print_answer(
        || output.say(message!("second-factor-reset", account = label)),
        || json!({ "account": label, "state": "NOT_ENROLLED" }),
    );
    Ok(())
}
