//! `thidua sign-in` and `thidua sign-out`: the desk session with which commands work on a server
//! elsewhere.

use super::context::CliContext;
use super::desk::sessions::{SavedSession, ServerEntry, SessionFile, cookie_for};
use super::error::{CliError, CliResult};
use super::files;
use super::output::Output;
use crate::auth;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;
use crate::pb;
use crate::server::desk_client::{DeskClient, DeskError};
use console::Term;
use serde_json::json;
use std::io::Read as _;
use std::path::PathBuf;

/// `thidua sign-in`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua sign-in --server https://10.0.0.2:8443 --ca ca.crt --account lan
  thidua sign-in --server https://10.0.0.2:8443 --account lan --password-stdin < password.txt
  THIDUA_SERVER=https://10.0.0.2:8443 thidua campaign list")]
pub(super) struct SignInArgs {
    /// Label of the account.
    #[arg(long)]
    account: String,
    /// Certificate of the only authority to trust, in PEM (default: the one of the last sign-in).
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Read the password from the first line of standard input, a code of the second factor from
    /// the second.
    #[arg(long)]
    password_stdin: bool,
}

/// What proves who signs in.
struct Secrets {
    password: String,
    second_factor_code: String,
}

/// `thidua sign-in`
pub(super) fn sign_in(ctx: &CliContext, args: &SignInArgs) -> CliResult {
    let output = &ctx.output;
    let address = server_of(ctx)?;
    // The file is not held while a person types.
    let known = SessionFile::open()?.entry(address).cloned();
    let ca = match (&args.ca, &known) {
        (Some(path), _) => files::read_text(path)?,
        (None, Some(entry)) => entry.ca.clone(),
        (None, None) if address.starts_with("http://") => String::new(),
        (None, None) => return Err(CliError::usage_error(message!("desk-name-ca"))),
    };
    let client = DeskClient::connect(address, ca.as_bytes(), output.lang)?;
    let mut secrets = read_secrets(output, args.password_stdin)?;
    let cookie = cookie_for(known.as_ref(), &args.account);
    let request = |secrets: &Secrets| pb::SignInRequest {
        account_label: args.account.clone(),
        password: secrets.password.clone(),
        device_cookie: cookie.clone(),
        second_factor_code: secrets.second_factor_code.clone(),
    };
    let answer = match client.sign_in(request(&secrets)) {
        Err(DeskError::Refused(refused))
            if refused.reason == "SECOND_FACTOR_REQUIRED" && !args.password_stdin =>
        {
            secrets.second_factor_code = ask(output, "desk-ask-second-factor")?;
            client.sign_in(request(&secrets))?
        }
        answer => answer?,
    };
    let session = SavedSession::new(&answer)?;
    let (account, until) = (&args.account, session.ends_at().local_text());
    let device_cookie = encode_hex(&answer.device_cookie);
    let entry = ServerEntry { account: account.clone(), ca, device_cookie, session: Some(session) };
    SessionFile::open()?.put(address, entry)?;
    output.print_answer(
        || output.say(message!("desk-signed-in", account, address, until)),
        || json!({ "server": address, "account": account, "until": until }),
    );
    Ok(())
}

/// `thidua sign-out`
pub(super) fn sign_out(ctx: &CliContext) -> CliResult {
    let (output, address) = (&ctx.output, server_of(ctx)?);
    let mut file = SessionFile::open()?;
    let mut entry = file.entry(address).cloned();
    let session = entry.as_mut().and_then(|entry| entry.session.take());
    let (Some(entry), Some(session)) = (entry, session) else {
        return Err(CliError::new("NOT_SIGNED_IN", message!("desk-not-signed-in", address)));
    };
    let ca = entry.ca.clone();
    // What is left on this machine goes first: a server that does not answer keeps nobody signed
    // in here.
    file.put(address, entry)?;
    let mut client = DeskClient::connect(address, ca.as_bytes(), output.lang)?;
    client.set_token(session.token());
    let request_id: [u8; 16] = auth::random_bytes().map_err(|_| CliError::no_random())?;
    let device_id = session.device_id();
    let request = pb::RevokeDeviceRequest { request_id: request_id.to_vec(), device_id };
    match client.revoke_device(request) {
        // It ended by itself.
        Err(DeskError::Refused(refused)) if refused.reason == "UNAUTHENTICATED" => {}
        answer => drop(answer?),
    }
    output.print_answer(
        || output.say(message!("desk-signed-out", address)),
        || json!({ "server": address, "signed_in": false }),
    );
    Ok(())
}

fn server_of(ctx: &CliContext) -> CliResult<&str> {
    ctx.server().ok_or_else(|| CliError::usage_error(message!("desk-name-server")))
}

fn read_secrets(output: &Output, from_stdin: bool) -> CliResult<Secrets> {
    if !from_stdin {
        let password = ask(output, "desk-ask-password")?;
        return Ok(Secrets { password, second_factor_code: String::new() });
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(4096).read_to_string(&mut text);
    read.map_err(|_| no_password())?;
    let mut lines = text.lines().map(str::to_owned);
    let password = lines.next().filter(|line| !line.is_empty()).ok_or_else(no_password)?;
    Ok(Secrets { password, second_factor_code: lines.next().unwrap_or_default() })
}

/// Asks on the terminal; what is typed is not shown.
fn ask(output: &Output, question: &str) -> CliResult<String> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Err(no_password());
    }
    let asked = terminal.write_str(&format!("{}: ", output.text(question)));
    let typed = asked.and_then(|()| terminal.read_secure_line()).map_err(|_| no_password())?;
    if typed.is_empty() { Err(no_password()) } else { Ok(typed) }
}

fn no_password() -> CliError {
    CliError::usage_error(message!("desk-no-password"))
}
