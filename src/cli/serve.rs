//! `thidua serve`: runs one server process until a shutdown signal.

use super::backup_locations::{ensure_directory, missing_backup_warning};
use super::context::{CliContext, LocalApp};
use super::database_connection::{self, UNVERIFIED_CONNECTION, VERIFY_CONNECTION_HINT};
use super::error::{CliError, CliResult};
use super::server_check::build_server_check;
use super::{invite, telemetry, web_address};
use crate::app::App;
use crate::config::{ClientAuthMode, Config, LogFormat, SecondFactorMode};
use crate::domain::access::second_factor::SecondFactorPolicy;
use crate::domain::support::message::message;
use crate::grpc::ServerEndpoints;
use crate::i18n::Lang;
use crate::jobs::{clock_watch::watch_clock, scheduler};
use crate::server::accept::ServerLimits;
use crate::server::keys::ServerKeys;
use crate::server::metrics::ServerMetrics;
use crate::server::otlp::OtlpSettings;
use crate::server::tls::{ClientCertConfig, ReloadableTlsConfig, TlsSources};
use crate::server::{ServerSetup, logging as log, run_server as serve};
use crate::store::{self, DatabaseLocation};
use serde_json::json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// `thidua serve`
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Examples:
  thidua serve
  thidua serve --set listen.address=0.0.0.0:8443 --set listen.public=https://10.0.0.2:8443
  thidua serve --set listen.plaintext=true      # loopback only
  THIDUA_LOG_FORMAT=json thidua serve")]
pub(super) struct Args {
    /// Allow plaintext beyond loopback; only behind a TLS proxy.
    #[arg(long)]
    insecure_plaintext: bool,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let filter = log::init_logging(&config.log.filter, config.log.format == LogFormat::Json)
        .map_err(|error| CliError::new("CONFIG", message!("serve-log", error)))?;
    let address: SocketAddr = config.listen.address.parse().map_err(|_| {
        let given = &config.listen.address;
        CliError::new(
            "CONFIG",
            message!("serve-listen-address-expected-address", given = format!("{given:?}")),
        )
    })?;
    check_plaintext(&config, address, args.insecure_plaintext)?;
    let followed = telemetry::read_settings(&config, args.insecure_plaintext)?;
    let local_app = ctx.open_local_app_with(&config)?;
    local_app.app.backup_dirs().primary.iter().try_for_each(|dir| ensure_directory(dir))?;
    if let Some(line) = missing_backup_warning(&ctx.output, &config, local_app.app.store()) {
        tracing::warn!("{line}");
        ctx.output.print_remark(line);
    }
    if let Some(fault) = local_app.app.clock_fault() {
        ctx.output.print_remark(format!("CLOCK: {}", ctx.output.say(fault.message_with_remedy())));
    }
    let replica = add_replica(&config, &local_app)?;
    if local_app.app.store().location().is_exposed()
        || replica.is_some_and(|replica| replica.is_exposed())
    {
        let text = format!(
            "{}; {}",
            ctx.output.say(UNVERIFIED_CONNECTION),
            ctx.output.say(VERIFY_CONNECTION_HINT)
        );
        tracing::warn!("{text}");
        ctx.output.print_remark(text);
    }
    Lang::load_all();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| listen_error(address, &error))?;
    runtime.block_on(async {
        tokio::select! {
            // The SIGHUP handler must be installed before the server announces itself: an earlier
            // signal would end the process.
            biased;
            never = reload_log_filter_on_sighup(ctx, &filter) => match never {},
            served = run_server(ctx, config, local_app, (address, followed)) => served,
        }
    })
}

/// Adds the replica that the configuration names. A replica that cannot be reached now does not
/// stop the server.
fn add_replica(config: &Config, local_app: &LocalApp) -> CliResult<Option<DatabaseLocation>> {
    let Some(replica) = database_connection::replica_location(config)? else { return Ok(None) };
    match replica.connect(false) {
        Ok(_) => {}
        Err(error @ store::Error::TlsNotBuilt) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the replica cannot be reached: the primary serves everything until it can")
        }
    }
    local_app.app.store().add_replica(&replica);
    Ok(Some(replica))
}

/// Plaintext is allowed on loopback, and elsewhere only with `--insecure-plaintext`.
fn check_plaintext(config: &Config, address: SocketAddr, allowed: bool) -> CliResult {
    if !config.listen.plaintext {
        return Ok(());
    }
    if !address.ip().is_loopback() && !allowed {
        return Err(CliError::new(
            "PLAINTEXT_REFUSED",
            message!("serve-plaintext-not-served-take", address),
        ));
    }
    tracing::warn!(%address, "serving WITHOUT TLS: whoever sees the network sees figures and tokens");
    Ok(())
}

async fn run_server(
    ctx: &CliContext,
    config: Config,
    local_app: LocalApp,
    (address, followed): (SocketAddr, Option<OtlpSettings>),
) -> CliResult {
    let mut setup = build_setup(&config, local_app.app.clone())?;
    let followed = telemetry::start_telemetry(followed.as_ref(), &local_app.app)?;
    let tracer = followed.as_ref().map(|followed| followed.tracer().clone()).unwrap_or_default();
    setup.metrics = setup.metrics.with_tracer(tracer.clone());
    let listener =
        TcpListener::bind(address).await.map_err(|error| listen_error(address, &error))?;
    let bound = listener.local_addr().map_err(|error| listen_error(address, &error))?;
    if config.listen.public.is_empty() && address.port() == 0 {
        // With port 0 the system chose a free port: phones need the bound address.
        setup.endpoints.addresses = vec![format!("https://{bound}")];
    }
    if !config.metrics.address.is_empty() {
        let listener = TcpListener::bind(&config.metrics.address).await;
        let listener = listener.map_err(|error| {
            listen_key_error(&config.metrics.address, "metrics.address", &error)
        })?;
        tracing::info!(address = config.metrics.address, "metrics are served in plain text");
        tokio::spawn(setup.metrics.clone().serve(listener, local_app.app.clone()));
    }
    let clock_watch = tokio::spawn(watch_clock(local_app.app.clone()));
    let owner = format!("serve-{}", std::process::id());
    let ticking = if config.jobs.enabled {
        Some(scheduler::start_scheduler(local_app.app.clone(), owner, tracer).await)
    } else {
        None
    };
    if let Some(Err(error)) = &ticking {
        tracing::error!(%error, "the jobs do not tick in this process; run them by hand: thidua jobs run aggregate");
    }
    let copying = spawn_periodic_backups(config.backup.every_minutes, local_app.app.clone());
    let scheme = if config.listen.plaintext { "http" } else { "https" };
    let output = &ctx.output;
    output.print_answer(
        || format!("{} {scheme}://{bound}", output.text("serve-serving")),
        || json!({ "serving": format!("{scheme}://{bound}") }),
    );
    if config.web.enabled {
        output.print_remark(web_address::field_app_text(output, &config, &bound));
    }
    tracing::info!(address = %bound, tls = !config.listen.plaintext, "the server serves on {bound}");
    let served = serve(listener, setup, wait_for_shutdown_signal()).await;
    drop(ticking);
    copying.abort();
    clock_watch.abort();
    if let Some(followed) = followed {
        followed.shutdown().await;
    }
    tracing::info!("the server has ended");
    served.map_err(|error| CliError::new("SERVER", message!("serve-server-failed", error)))
}

/// Makes backups for a standby machine every `minutes` minutes, one after the other; 0 makes none.
fn spawn_periodic_backups(minutes: u32, app: App) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        if minutes == 0 {
            return;
        }
        let mut tick = tokio::time::interval(Duration::from_secs(60 * u64::from(minutes)));
        loop {
            tick.tick().await;
            let app = app.clone();
            let made =
                tokio::task::spawn_blocking(move || app.create_backup(app.backup_dirs())).await;
            match made {
                Ok(Ok(made)) => {
                    tracing::info!(
                        seq = made.file.seq,
                        safe = made.has_secondary_copy,
                        "a verified copy was made"
                    )
                }
                Ok(Err(error)) => tracing::error!(%error, "no copy could be made"),
                Err(error) => tracing::error!(%error, "no copy could be made"),
            }
        }
    })
}

fn build_setup(config: &Config, app: App) -> CliResult<ServerSetup> {
    let files = invite::tls_files(config);
    let keys = ServerKeys::open(&config.dir)?;
    let (certificates, ca_sha256, announced_cas) = if config.listen.plaintext {
        (None, [0; 32], Vec::new())
    } else {
        (
            Some(ReloadableTlsConfig::load_sources(tls_sources(config)?)?),
            files.ca_sha256()?,
            files.announced_ca_hashes()?,
        )
    };
    let server_check = build_server_check(config.clone(), app.clone());
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let limits = ServerLimits {
        max_connections: count(config.limits.connections.get()),
        max_connections_per_address: count(config.limits.connections_per_address.get()),
        handshake_timeout: Duration::from_secs(config.limits.handshake_seconds.get().into()),
        calls_per_minute: config.limits.calls_per_minute,
        failures_per_address: config.limits.failures_per_address,
        offline_lease_days: config.limits.offline_lease_days.get(),
        card_minutes: config.enrolment.code_minutes.get(),
    };
    let endpoints = ServerEndpoints {
        addresses: invite::advertised_addresses(config),
        ca_sha256,
        trusted_ca_sha256: announced_cas,
    };
    Ok(ServerSetup {
        app,
        keys,
        certificates,
        endpoints,
        limits,
        metrics: ServerMetrics::default(),
        reflection: config.listen.reflection,
        second_factor: to_policy(config.auth.second_factor),
        server_check,
        web_app: config.web.enabled,
        office: config.office.enabled,
        allowed_origins: config.listen.allowed_origins.iter().map(ToString::to_string).collect(),
    })
}

fn to_policy(mode: SecondFactorMode) -> SecondFactorPolicy {
    match mode {
        SecondFactorMode::Required => SecondFactorPolicy::Required,
        SecondFactorMode::Off => SecondFactorPolicy::Off,
    }
}

/// The TLS files that the configuration names.
pub(super) fn tls_sources(config: &Config) -> CliResult<TlsSources> {
    let (files, tls) = (invite::tls_files(config), &config.tls);
    let mut sources = TlsSources::without_client_auth(&files.chain, &files.key, tls.allow_tls12);
    sources.web = web_address::web_certificate(config)?;
    let required = match tls.client_auth {
        ClientAuthMode::None => return Ok(sources),
        ClientAuthMode::Optional => false,
        ClientAuthMode::Required => true,
    };
    if tls.client_ca.is_empty() {
        return Err(CliError::new("NO_CLIENT_CA", message!("serve-tls-client-auth-asks")));
    }
    let crl =
        Some(&tls.client_crl).filter(|path| !path.is_empty()).map(|path| config.resolve_path(path));
    sources.clients =
        Some(ClientCertConfig { ca: config.resolve_path(&tls.client_ca), crl, required });
    Ok(sources)
}

fn listen_error(address: SocketAddr, error: &std::io::Error) -> CliError {
    listen_key_error(&address.to_string(), "listen.address", error)
}

fn listen_key_error(address: &str, key: &str, error: &std::io::Error) -> CliError {
    CliError::new("CANNOT_LISTEN", message!("serve-cannot-listen-port-may", address, error, key))
}

/// On SIGHUP reads only the log filter again. An invalid configuration changes nothing.
async fn reload_log_filter_on_sighup(
    ctx: &CliContext,
    filter: &log::LogFilterHandle,
) -> Infallible {
    #[cfg(unix)]
    if let Ok(mut hangups) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
    {
        while hangups.recv().await.is_some() {
            let wanted = ctx.read_config().map(|config| config.log.filter);
            match wanted.map(|wanted| (filter.set_filter(&wanted), wanted)) {
                Ok((Ok(()), wanted)) => {
                    tracing::warn!(filter = wanted, "the log's filter was read anew")
                }
                Ok((Err(error), _)) => tracing::error!(%error, "the log's filter stays as it was"),
                Err(failure) => {
                    tracing::error!(
                        code = failure.code,
                        "the log's filter stays as it was: see thidua.toml"
                    )
                }
            }
        }
    }
    std::future::pending().await
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn wait_for_shutdown_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
