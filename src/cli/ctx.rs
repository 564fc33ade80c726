//! What every subcommand is given: how to talk, and the configuration and database once it asks for them.

use super::failure::{Failure, Outcome};
use super::say::Say;
use crate::app::{App, Reference};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::lang::Lang;
use crate::domain::permission::Actor;
use crate::store::{Location, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Flags of every subcommand.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Thư mục dữ liệu · Data directory.
    #[arg(long, short = 'd', global = true, env = "THIDUA_DATA", value_name = "DIR", default_value = "thidua-data")]
    data: PathBuf,
    /// Tệp cấu hình · Configuration file (default: thidua.toml in the data directory).
    #[arg(long, global = true, env = "THIDUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Đặt một khóa cấu hình · Set one key of the configuration, as in listen.address=0.0.0.0:8443.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Ngôn ngữ: vi hoặc en · Language (default: the locale's, else vi).
    #[arg(long, global = true, env = "THIDUA_LANG", value_parser = lang, value_name = "vi|en")]
    lang: Option<Lang>,
    /// Trả lời bằng JSON · Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

fn lang(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| "vi | en".to_owned())
}

/// The context of a subcommand.
pub(super) struct Ctx {
    /// How to talk.
    pub(super) say: Say,
    common: Common,
}

/// The application as an operator at the machine uses it.
pub(super) struct Desk {
    /// The application.
    pub(super) app: App,
    /// The actor SYSTEM.
    pub(super) actor: Actor,
}

impl Desk {
    /// Units, forms and campaigns as they are now.
    pub(super) fn reference(&self) -> Outcome<Arc<Reference>> {
        Ok(self.app.store().read(|tx| self.app.reference(tx))?)
    }
}

impl Ctx {
    pub(super) fn new(common: Common) -> Self {
        let lang = common.lang.unwrap_or_else(locale);
        Self { say: Say::new(lang, common.json), common }
    }

    /// The data directory.
    pub(super) fn dir(&self) -> &Path {
        &self.common.data
    }

    /// The configuration: file, environment, flags.
    pub(super) fn config(&self) -> Outcome<Config> {
        let common = &self.common;
        // A variable that is no text cannot be one of ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Config::read(&common.data, common.config.as_deref(), environment, &common.set)?)
    }

    /// The database on this machine, as the operator. Refused before `thidua init`.
    pub(super) fn desk(&self) -> Outcome<Desk> {
        self.desk_of(&self.config()?)
    }

    pub(super) fn desk_of(&self, config: &Config) -> Outcome<Desk> {
        let lease_micros = i64::from(config.jobs.lease_seconds.get()) * 1_000_000;
        let app = App::new(self.open(config)?, Clock::System).with_backups(super::backup::places(config));
        let app = app.with_lease(lease_micros);
        let actor = app.system()?;
        Ok(Desk { app, actor })
    }

    /// Opens the database that the configuration names, unless there is none yet.
    pub(super) fn open(&self, config: &Config) -> Outcome<Store> {
        let location = Location::parse(&config.database_url());
        if let Location::Sqlite(path) = &location
            && !Path::new(path).exists()
        {
            return Err(Failure::not_initialised(&config.dir));
        }
        Ok(Store::open(&location)?)
    }
}

/// The language of the terminal: English where the locale says so, else Vietnamese.
fn locale() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match set {
        Some(value) if value.starts_with("en") => Lang::En,
        Some(_) | None => Lang::DEFAULT,
    }
}
