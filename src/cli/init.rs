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
use crate::config::{self, Config, GivenSettings};
use crate::domain::access::permission::{Grant, Role};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;
use crate::server::ca;
use crate::server::keys::ServerKeys;
use crate::store::{DatabaseLocation, Store, check_server, owner_only};
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
    let (config, settings) = ctx.read_config_with_settings()?;
    check_server(&DatabaseLocation::parse(&config.database_url()))?;
    ensure_directory(dir)?;
    check_writable(&config)?;
    let places = backup_locations(&config);
    places.primary.iter().chain(&places.secondary).try_for_each(|place| ensure_directory(place))?;
    let names = if args.names.is_empty() { &config.tls.names } else { &args.names };
    let local_app = create_database(&config, names)?;
    let account = create_first_administrator(&local_app, &args.admin)?;
    let issued = invite::issue_invite(&local_app, &config, account)?;
    write_configuration(ctx.output.lang, dir, &settings.with_tls_names(names))?;
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

/// Writes the commented file with every value that flags, environment and `--config` set.
fn write_configuration(lang: Lang, dir: &Path, settings: &GivenSettings) -> CliResult {
    let text = settings.write_into(lang.file("server-config.toml"));
    let path = dir.join(config::FILE_NAME);
    let failed = |error: std::io::Error| CliError::file_error(&path, &error);
    // The database's URL may hold a password.
    let mut file = owner_only::create_new_file(&path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
}
