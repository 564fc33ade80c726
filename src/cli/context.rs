//! The context that every subcommand gets: output, configuration and, opened on request, the
//! database.

use super::backup_locations::{backup_locations, checkpoint_places};
use super::error::{CliError, CliResult};
use super::file_rights::{check_readable, check_writable};
use super::output::Output;
use crate::app::{App, ReferenceSnapshot};
use crate::clock::Clock;
use crate::config::{Config, GivenSettings, ReleaseLevel};
use crate::domain::access::permission::Actor;
use crate::domain::org::UnitKind;
use crate::i18n::Lang;
use crate::store::{DatabaseLocation, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Flags of every subcommand.
#[derive(Debug, clap::Args)]
pub(super) struct CommonArgs {
    /// Data directory.
    #[arg(
        long,
        short = 'd',
        global = true,
        env = "THIDUA_DATA",
        value_name = "DIR",
        default_value = "thidua-data"
    )]
    data: PathBuf,
    /// Work on this server, in the name of the account that signed in there, as in
    /// https://10.0.0.2:8443; not for what is of the machine itself: init, serve, tls, copies,
    /// migrate, move, doctor.
    #[arg(long, global = true, env = "THIDUA_SERVER", value_name = "URL")]
    server: Option<String>,
    /// Configuration file (default: thidua.toml in the data directory).
    #[arg(long, global = true, env = "THIDUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one key of the configuration, as in listen.address=0.0.0.0:8443.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Language (default: the locale's, else vi).
    #[arg(long, global = true, env = "THIDUA_LANG", value_parser = parse_lang, value_name = "LANGUAGE")]
    lang: Option<Lang>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// A language by its tag; the error lists the languages that there are.
pub(super) fn parse_lang(text: &str) -> Result<Lang, String> {
    let known: Vec<&str> = Lang::all().map(Lang::as_str).collect();
    Lang::parse(text).ok_or_else(|| known.join(" | "))
}

/// The context of a subcommand.
pub(super) struct CliContext {
    /// Prints answers and remarks.
    pub(super) output: Output,
    common: CommonArgs,
}

/// The application with the operator's rights.
pub(super) struct LocalApp {
    /// The application.
    pub(super) app: App,
    /// The system actor.
    pub(super) actor: Actor,
}

impl LocalApp {
    /// Units, forms and campaigns in their present state.
    pub(super) fn load_reference(&self) -> CliResult<Arc<ReferenceSnapshot>> {
        Ok(Arc::new(self.app.store().read(|tx| self.app.reference_with_drafts(tx))?))
    }
}

impl CliContext {
    pub(super) fn new(common: CommonArgs) -> Self {
        let lang = common.lang.unwrap_or_else(terminal_lang);
        Self { output: Output::new(lang, common.json), common }
    }

    /// The data directory.
    pub(super) fn data_dir(&self) -> &Path {
        &self.common.data
    }

    /// The server elsewhere on which the command is to work.
    pub(super) fn server(&self) -> Option<&str> {
        self.common.server.as_deref().filter(|address| !address.is_empty())
    }

    /// Refuses a server elsewhere: the command is of this machine.
    pub(super) fn require_local(&self) -> CliResult {
        if self.server().is_some() { Err(CliError::not_remote()) } else { Ok(()) }
    }

    /// The configuration from file, environment and flags.
    pub(super) fn read_config(&self) -> CliResult<Config> {
        self.read_config_with_settings().map(|(config, _)| config)
    }

    /// The configuration, and the keys that file, environment and flags set.
    pub(super) fn read_config_with_settings(&self) -> CliResult<(Config, GivenSettings)> {
        self.require_local()?;
        let common = &self.common;
        check_readable(&common.data)?;
        // Names and values that are not UTF-8 cannot belong to the configuration.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let file = common.config.as_deref();
        Ok(Config::load_with_settings(&common.data, file, environment, &common.set)?)
    }

    /// Opens the database of this machine with the operator's rights; NOT_INITIALISED before
    /// `thidua init`.
    pub(super) fn open_local_app(&self) -> CliResult<LocalApp> {
        self.open_local_app_with(&self.read_config()?)
    }

    pub(super) fn open_local_app_with(&self, config: &Config) -> CliResult<LocalApp> {
        let lease_micros = i64::from(config.jobs.lease_seconds.get()) * 1_000_000;
        let app = App::new(self.open_store(config)?, Clock::System)
            .with_backup_dirs(backup_locations(config))
            .with_checkpoints(checkpoint_places(config));
        let app = app
            .with_job_lease(lease_micros)
            .with_release_levels(release_levels(config))
            .with_clock_guard(config.jobs.downtime_days.get())?;
        let actor = app.system_actor()?;
        Ok(LocalApp { app, actor })
    }

    /// Opens the database that the configuration names. A missing SQLite file is NOT_INITIALISED.
    pub(super) fn open_store(&self, config: &Config) -> CliResult<Store> {
        Ok(Store::open(&existing_database(config)?)?)
    }
}

/// The levels that the configuration releases to partners.
fn release_levels(config: &Config) -> Vec<UnitKind> {
    let kind = |level: &ReleaseLevel| match level {
        ReleaseLevel::Province => UnitKind::Province,
        ReleaseLevel::District => UnitKind::District,
        ReleaseLevel::Department => UnitKind::Department,
        ReleaseLevel::Commune => UnitKind::Commune,
    };
    config.release.levels.iter().map(kind).collect()
}

/// The database that the configuration names, which this user can write. A missing SQLite file is
/// NOT_INITIALISED.
pub(super) fn existing_database(config: &Config) -> CliResult<DatabaseLocation> {
    let location = DatabaseLocation::parse(&config.database_url());
    if let DatabaseLocation::Sqlite(path) = &location
        && !Path::new(path)
            .try_exists()
            .map_err(|error| CliError::file_error(Path::new(path), &error))?
    {
        return Err(CliError::not_initialised(&config.dir));
    }
    check_writable(config)?;
    Ok(location)
}

/// The language of the terminal's locale if there are texts in it, otherwise Vietnamese.
pub(super) fn terminal_lang() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.and_then(|value| Lang::parse(&value)).unwrap_or(Lang::DEFAULT)
}
