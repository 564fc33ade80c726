//! `thidua init`: creates the data directory, the commented configuration, CA and server
//! certificate, keys, an empty database and the first administrator's enrolment code. Imports
//! nothing and replaces nothing that exists.

use super::backup_locations::{backup_locations, ensure_directory, missing_backup_warning};
use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::file_rights::check_writable;
use super::invite;
use crate::app::App;
use crate::auth;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::domain::access::permission::{Grant, Role};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;
use crate::server::ca;
use crate::server::keys::ServerKeys;
use crate::store::{DatabaseLocation, Store};
use jiff::civil::Date;
use serde_json::json;
use std::path::Path;

/// `thidua init`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua init
  thidua init --data /var/lib/thidua --name thidua.example.vn --name 10.0.0.2
  thidua init --set backup.second=/srv/thidua-copies   # the second place of the nightly copy
  thidua init --set database.url=postgres://thidua@localhost/thidua")]
pub(super) struct Args {
    /// Name or address in the server's certificate; may be repeated.
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// Label of the first administrator's account; no personal name.
    #[arg(long, default_value = "admin")]
    admin: String,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let dir = ctx.data_dir();
    if dir.join(config::FILE_NAME).exists() {
        let shown = dir.display();
        return Err(CliError::new(
            "ALREADY_INITIALISED",
            message!("init-holds-already-choose-another", shown, config = config::FILE_NAME),
        ));
    }
    // Every step that can be refused runs before the configuration file, which marks the directory
    // as initialised, is written.
    let config = ctx.read_config()?;
    ensure_directory(dir)?;
    check_writable(&config)?;
    let places = backup_locations(&config);
    places.primary.iter().chain(&places.secondary).try_for_each(|place| ensure_directory(place))?;
    let names = if args.names.is_empty() { &config.tls.names } else { &args.names };
    let local_app = create_database(&config, names)?;
    let account = create_first_administrator(&local_app, &args.admin)?;
    let issued = invite::issue_invite(&local_app, &config, account)?;
    write_configuration(ctx.output.lang, dir, &config, names)?;
    let output = &ctx.output;
    let text = || {
        let mut lines = vec![
            format!("{} {}", output.text("init-made"), dir.display()),
            output.text("init-first-administrator-enrolment-code").to_owned(),
        ];
        lines.extend(issued.to_lines(output).into_iter().map(|line| format!("  {line}")));
        lines.extend(missing_backup_warning(output, &config, local_app.app.store()));
        lines.push(format!(
            "{} thidua org import DIR --data {}",
            output.text("backup-next"),
            dir.display()
        ));
        lines.join("\n")
    };
    output.print_answer(
        text,
        || json!({ "data": dir.display().to_string(), "account": args.admin, "enrolment": issued.to_json() }),
    );
    Ok(())
}

/// Creates CA, server certificate, keys and the database with its first epoch.
fn create_database(config: &Config, names: &[String]) -> CliResult<LocalApp> {
    let clock = Clock::System;
    ca::init_tls(&invite::tls_files(config), names, clock.now())?;
    ServerKeys::open(&config.dir)?;
    let app = App::new(Store::open(&DatabaseLocation::parse(&config.database_url()))?, clock);
    let epoch = auth::random_bytes()
        .map_err(|error| CliError::new("NO_RANDOM", Message::verbatim(error)))?;
    app.init_epoch(epoch)?;
    let actor = app.system_actor()?;
    Ok(LocalApp { app, actor })
}

/// Creates an account that may enrol and revoke everywhere: on the root unit, or its placeholder
/// until the organisation is imported.
fn create_first_administrator(local_app: &LocalApp, label: &str) -> CliResult<AccountId> {
    let account = AccountId::from_code(label);
    let root =
        local_app.app.store().read(|tx| local_app.app.root_unit(tx))?.unwrap_or(UnitId([0; 16]));
    let grant = Grant {
        role: Role::Admin,
        unit: root,
        from: local_app.app.now().local_date(),
        to: Date::MAX,
    };
    local_app.app.grant_role(&local_app.actor, account, label, &grant)?;
    Ok(account)
}

/// Writes the commented file with the values that flags and environment set.
fn write_configuration(lang: Lang, dir: &Path, config: &Config, names: &[String]) -> CliResult {
    let mut text = lang.file("server-config.toml").to_owned();
    let mut put = |key: &str, default: &str, value: String| {
        if value != default {
            text = text.replacen(
                &format!("\n{key} = {default}\n"),
                &format!("\n{key} = {value}\n"),
                1,
            );
        }
    };
    let quoted = |text: &str| json!(text).to_string();
    put("address", "\"127.0.0.1:8443\"", quoted(&config.listen.address));
    put("public", "[]", toml_list(&config.listen.public));
    put("names", "[\"localhost\", \"127.0.0.1\", \"::1\"]", toml_list(names));
    put("second", "\"\"", quoted(&config.backup.second));
    put("every_minutes", "0", config.backup.every_minutes.to_string());
    put("url", "\"sqlite:thidua.db\"", quoted(config.database.url.reveal()));
    let path = dir.join(config::FILE_NAME);
    let failed = |error: std::io::Error| CliError::file_error(&path, &error);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // The database's URL may hold a password.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
}

fn toml_list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| json!(word).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}
