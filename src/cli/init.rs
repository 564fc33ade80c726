//! `thidua init`: data directory, commented configuration, CA and server certificate, keys, an empty database and the first
//! administrator's enrolment code. Imports nothing, and replaces nothing that is there.

use super::backup;
use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::invite;
use crate::app::App;
use crate::auth;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::domain::ids::{AccountId, UnitId};
use crate::domain::permission::{Grant, Role};
use crate::server::ca;
use crate::server::keys::ServerKeys;
use crate::store::{DatabaseLocation, Store};
use jiff::civil::Date;
use serde_json::json;
use std::path::Path;

/// `thidua init`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua init
  thidua init --data /var/lib/thidua --name thidua.example.vn --name 10.0.0.2
  thidua init --set backup.second=/srv/thidua-copies   # nơi thứ hai của bản sao hằng đêm / the second place of the nightly copy
  thidua init --set database.url=postgres://thidua@localhost/thidua")]
pub(super) struct Args {
    /// Tên hoặc địa chỉ trong chứng thư máy chủ · Name or address in the server's certificate; may be repeated.
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// Nhãn tài khoản quản trị đầu tiên · Label of the first administrator's account; no personal name.
    #[arg(long, default_value = "admin")]
    admin: String,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let dir = ctx.data_dir();
    if dir.join(config::FILE_NAME).exists() {
        let shown = dir.display();
        return Err(CliError::new(
            "ALREADY_INITIALISED",
            format!(
                "{shown} đã có {}; chọn thư mục khác, hoặc xin mã mới: thidua access enrol --account admin",
                config::FILE_NAME
            ),
            format!(
                "{shown} holds a {} already; choose another directory, or for a new code: thidua access enrol --account admin",
                config::FILE_NAME
            ),
        ));
    }
    // Everything that may be refused comes before the file that says that the directory is ready.
    let config = ctx.read_config()?;
    make_directory(dir)?;
    let places = backup::backup_locations(&config);
    places
        .primary
        .iter()
        .chain(&places.secondary)
        .try_for_each(|place| backup::ensure_directory(place))?;
    let names = if args.names.is_empty() { &config.tls.names } else { &args.names };
    let clock = Clock::System;
    ca::init_tls(&invite::tls_files(&config), names, clock.now())?;
    ServerKeys::open(dir)?;
    let app = App::new(Store::open(&DatabaseLocation::parse(&config.database_url()))?, clock);
    let epoch = auth::random_bytes()
        .map_err(|error| CliError::new("NO_RANDOM", error.to_string(), error.to_string()))?;
    app.init_epoch(epoch)?;
    let actor = app.system_actor()?;
    let desk = LocalApp { app, actor };
    let account = create_first_administrator(&desk, &args.admin)?;
    let handed = invite::issue_invite(&desk, &config, account)?;
    write_configuration(dir, &config, names)?;
    let say = &ctx.output;
    let text = || {
        let mut lines = vec![
            format!("{} {}", say.pick("đã tạo", "made"), dir.display()),
            say.pick(
                "mã ghi danh của quản trị viên đầu tiên, chỉ in một lần này:",
                "the first administrator's enrolment code, printed this once:",
            )
            .to_owned(),
        ];
        lines.extend(handed.to_lines(say).into_iter().map(|line| format!("  {line}")));
        lines.extend(backup::missing_backup_warning(ctx, &config, desk.app.store()));
        lines.push(format!(
            "{} thidua org import DIR --data {}",
            say.pick("tiếp theo:", "next:"),
            dir.display()
        ));
        lines.join("\n")
    };
    say.print_answer(
        text,
        || json!({ "data": dir.display().to_string(), "account": args.admin, "enrolment": handed.to_json() }),
    );
    Ok(())
}

/// A directory for its owner only: keys and figures lie in it.
fn make_directory(dir: &Path) -> CliResult {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| CliError::file_error(dir, &error))
}

/// An account that may enrol and revoke everywhere: on the unit that stands for the authority until the organisation is imported.
fn create_first_administrator(desk: &LocalApp, label: &str) -> CliResult<AccountId> {
    let account = AccountId::from_code(label);
    let root = desk.app.store().read(|tx| desk.app.root_unit(tx))?.unwrap_or(UnitId([0; 16]));
    let grant =
        Grant { role: Role::Admin, unit: root, from: desk.app.now().local_date(), to: Date::MAX };
    desk.app.grant_role(&desk.actor, account, label, &grant)?;
    Ok(account)
}

/// The commented file, with what flags and environment said at this first call.
fn write_configuration(dir: &Path, config: &Config, names: &[String]) -> CliResult {
    let mut text = config::template().to_owned();
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
