//! `thidua serve`: one server process until it is told to end.

use super::backup;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::line::{self, EXPOSED, TODO};
use super::{invite, telemetry};
use crate::app::App;
use crate::config::{ClientAuth, Config, LogFormat};
use crate::grpc::Reach;
use crate::jobs::scheduler;
use crate::server::accept::Caps;
use crate::server::keys::Keys;
use crate::server::metrics::Metrics;
use crate::server::otlp::Settings;
use crate::server::tls::{Certificates, Clients, Sources};
use crate::server::{Setup, run as serve, telemetry as log};
use crate::store::{self, Location};
use serde_json::json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// `thidua serve`
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua serve
  thidua serve --set listen.address=0.0.0.0:8443 --set listen.public=https://10.0.0.2:8443
  thidua serve --set listen.plaintext=true      # chỉ trên máy này / loopback only
  THIDUA_LOG_FORMAT=json thidua serve")]
pub(super) struct Args {
    /// Cho phép không mã hóa ngoài máy này; chỉ sau proxy TLS · Allow plaintext beyond loopback; only behind a TLS proxy.
    #[arg(long)]
    insecure_plaintext: bool,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let config = ctx.config()?;
    let filter = log::begin(&config.log.filter, config.log.format == LogFormat::Json)
        .map_err(|error| Failure::new("CONFIG", format!("nhật ký: {error}"), error.to_string()))?;
    let address: SocketAddr = config.listen.address.parse().map_err(|_| {
        let given = &config.listen.address;
        Failure::new(
            "CONFIG",
            format!("listen.address = {given:?}: cần địa chỉ và cổng, như 0.0.0.0:8443"),
            format!("listen.address = {given:?}: expected an address and port, as in 0.0.0.0:8443"),
        )
    })?;
    check_plaintext(&config, address, args.insecure_plaintext)?;
    let followed = telemetry::wanted(&config, args.insecure_plaintext)?;
    let desk = ctx.desk_of(&config)?;
    desk.app.backups().first.iter().try_for_each(|dir| backup::made(dir))?;
    if let Some(line) = backup::no_backup(ctx, &config, desk.app.store()) {
        tracing::warn!("{line}");
        ctx.say.remark(line);
    }
    let replica = add_replica(&config, &desk)?;
    if desk.app.store().location().is_exposed() || replica.is_some_and(|replica| replica.is_exposed()) {
        let text = format!("{}; {}", ctx.say.pick(EXPOSED[0], EXPOSED[1]), ctx.say.pick(TODO[0], TODO[1]));
        tracing::warn!("{text}");
        ctx.say.remark(text);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| listening(address, &error))?;
    runtime.block_on(async {
        tokio::select! {
            // It listens for its signal before anybody is told that the server serves: an earlier one would end the process.
            biased;
            never = follow_filter(ctx, &filter) => match never {},
            served = listen(ctx, config, desk, (address, followed)) => served,
        }
    })
}

/// The replica that the configuration names. One that cannot be reached now is no reason not to serve.
fn add_replica(config: &Config, desk: &Desk) -> Outcome<Option<Location>> {
    let Some(replica) = line::replica(config)? else { return Ok(None) };
    match replica.connect(false) {
        Ok(_) => {}
        Err(error @ store::Error::NoTls) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the replica cannot be reached: the primary serves everything until it can")
        }
    }
    desk.app.store().add_replica(&replica);
    Ok(Some(replica))
}

/// Plaintext is for loopback, or for whoever says so in as many words.
fn check_plaintext(config: &Config, address: SocketAddr, allowed: bool) -> Outcome {
    if !config.listen.plaintext {
        return Ok(());
    }
    if !address.ip().is_loopback() && !allowed {
        return Err(Failure::new(
            "PLAINTEXT_REFUSED",
            format!(
                "không nhận kết nối không mã hóa ở {address}; bỏ listen.plaintext, hoặc thêm --insecure-plaintext khi có proxy TLS phía trước"
            ),
            format!(
                "plaintext is not served on {address}; take listen.plaintext away, or add --insecure-plaintext behind a TLS proxy"
            ),
        ));
    }
    tracing::warn!(%address, "serving WITHOUT TLS: whoever sees the network sees figures and tokens");
    Ok(())
}

async fn listen(ctx: &Ctx, config: Config, desk: Desk, (address, followed): (SocketAddr, Option<Settings>)) -> Outcome {
    let mut setup = setup(&config, desk.app.clone())?;
    let followed = telemetry::begin(followed.as_ref(), &desk.app)?;
    let tracer = followed.as_ref().map(|followed| followed.tracer().clone()).unwrap_or_default();
    setup.metrics = setup.metrics.followed(tracer.clone());
    let listener = TcpListener::bind(address).await.map_err(|error| listening(address, &error))?;
    let bound = listener.local_addr().map_err(|error| listening(address, &error))?;
    if config.listen.public.is_empty() && address.port() == 0 {
        // Phones cannot be told of port 0: the one that was free is the address.
        setup.reach.addresses = vec![format!("https://{bound}")];
    }
    if !config.metrics.address.is_empty() {
        let listener = TcpListener::bind(&config.metrics.address).await;
        let listener = listener.map_err(|error| cannot_listen(&config.metrics.address, "metrics.address", &error))?;
        tracing::info!(address = config.metrics.address, "metrics are served in plain text");
        tokio::spawn(setup.metrics.clone().serve(listener, desk.app.clone()));
    }
    let owner = format!("serve-{}", std::process::id());
    let ticking =
        if config.jobs.enabled { Some(scheduler::start(desk.app.clone(), owner, tracer).await) } else { None };
    if let Some(Err(error)) = &ticking {
        tracing::error!(%error, "the jobs do not tick in this process; run them by hand: thidua jobs run aggregate");
    }
    let copying = every(config.backup.every_minutes, desk.app.clone());
    let scheme = if config.listen.plaintext { "http" } else { "https" };
    let say = &ctx.say;
    say.answer(
        || format!("{} {scheme}://{bound}", say.pick("đang phục vụ", "serving")),
        || json!({ "serving": format!("{scheme}://{bound}") }),
    );
    tracing::info!(address = %bound, tls = !config.listen.plaintext, "the server serves on {bound}");
    let served = serve(listener, setup, told_to_end()).await;
    drop(ticking);
    copying.abort();
    if let Some(followed) = followed {
        followed.end().await;
    }
    tracing::info!("the server has ended");
    served.map_err(|error| {
        Failure::new("SERVER", format!("máy chủ dừng vì lỗi: {error}"), format!("the server failed: {error}"))
    })
}

/// Copies for a second machine that stands by: every so many minutes, one after the other.
fn every(minutes: u32, app: App) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        if minutes == 0 {
            return;
        }
        let mut tick = tokio::time::interval(Duration::from_secs(60 * u64::from(minutes)));
        loop {
            tick.tick().await;
            let app = app.clone();
            let made = tokio::task::spawn_blocking(move || app.back_up(app.backups())).await;
            match made {
                Ok(Ok(made)) => tracing::info!(seq = made.copy.seq, safe = made.safe, "a verified copy was made"),
                Ok(Err(error)) => tracing::error!(%error, "no copy could be made"),
                Err(error) => tracing::error!(%error, "no copy could be made"),
            }
        }
    })
}

fn setup(config: &Config, app: App) -> Outcome<Setup> {
    let files = invite::tls_files(config);
    let keys = Keys::open(&config.dir)?;
    let (certificates, ca_sha256, announced_cas) = if config.listen.plaintext {
        (None, [0; 32], Vec::new())
    } else {
        (Some(Certificates::load_all(sources(config)?)?), files.ca_sha256()?, files.announced()?)
    };
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let caps = Caps {
        total: count(config.limits.connections.get()),
        per_address: count(config.limits.connections_per_address.get()),
        handshake: Duration::from_secs(config.limits.handshake_seconds.get().into()),
        calls_per_minute: config.limits.calls_per_minute,
        offline_lease_days: config.limits.offline_lease_days.get(),
    };
    let reach = Reach { addresses: invite::addresses(config), ca_sha256, announced_cas };
    Ok(Setup { app, keys, certificates, reach, caps, metrics: Metrics::default() })
}

/// The files of TLS that the configuration names.
pub(super) fn sources(config: &Config) -> Outcome<Sources> {
    let (files, tls) = (invite::tls_files(config), &config.tls);
    let mut sources = Sources::of(&files.chain, &files.key, tls.allow_tls12);
    let required = match tls.client_auth {
        ClientAuth::None => return Ok(sources),
        ClientAuth::Optional => false,
        ClientAuth::Required => true,
    };
    if tls.client_ca.is_empty() {
        return Err(Failure::new(
            "NO_CLIENT_CA",
            "tls.client_auth đòi chứng thư nhưng tls.client_ca để trống; hãy ghi tệp chứng thư của cơ quan cấp",
            "tls.client_auth asks for certificates and tls.client_ca is empty; name the file of the authority that signs them",
        ));
    }
    let crl = Some(&tls.client_crl).filter(|path| !path.is_empty()).map(|path| config.path(path));
    sources.clients = Some(Clients { ca: config.path(&tls.client_ca), crl, required });
    Ok(sources)
}

fn listening(address: SocketAddr, error: &std::io::Error) -> Failure {
    cannot_listen(&address.to_string(), "listen.address", error)
}

fn cannot_listen(address: &str, key: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        "CANNOT_LISTEN",
        format!("không mở được {address}: {error}; cổng có thể đang bận, hãy đổi {key}"),
        format!("cannot listen on {address}: {error}; the port may be taken, change {key}"),
    )
}

/// SIGHUP: the filter of the log is read anew, and nothing else; a mistake in the file leaves everything as it is.
async fn follow_filter(ctx: &Ctx, filter: &log::Filter) -> Infallible {
    #[cfg(unix)]
    if let Ok(mut hangups) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        while hangups.recv().await.is_some() {
            let wanted = ctx.config().map(|config| config.log.filter);
            match wanted.map(|wanted| (filter.set(&wanted), wanted)) {
                Ok((Ok(()), wanted)) => tracing::warn!(filter = wanted, "the log's filter was read anew"),
                Ok((Err(error), _)) => tracing::error!(%error, "the log's filter stays as it was"),
                Err(failure) => {
                    tracing::error!(code = failure.code, "the log's filter stays as it was: see thidua.toml")
                }
            }
        }
    }
    std::future::pending().await
}

/// Ctrl-C, or what a service manager sends.
pub(super) async fn told_to_end() {
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
