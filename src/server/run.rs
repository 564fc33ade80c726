//! One server process from its listener to its last answered call.
//!
//! Knows transport limits, no rpc.

use super::accept::{self, ServerLimits};
use super::jobs;
use super::keys::ServerKeys;
use super::metrics::ServerMetrics;
use super::tls::ReloadableTlsConfig;
use super::tls_reload::reload_on_change;
use super::trace_layer::TraceLayer;
use crate::app::App;
use crate::grpc::{DeadlineLayer, ServerEndpoints, Services};
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic_web::GrpcWebLayer;
use tower::util::option_layer;

/// How often an idle connection is asked whether it lives, and how long it may take to answer.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
/// When a connection is asked to end, so that new certificates and other nodes get their share; and the time to do so.
const CONNECTION_AGE: (Duration, Duration) =
    (Duration::from_secs(30 * 60), Duration::from_secs(60));
/// Calls at once on one connection.
const CONCURRENT_STREAMS_MAX: u32 = 64;
/// Most bytes of the headers of one call.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Time for a call to begin its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that calls under way get when the server ends.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Everything that a server needs besides its listener.
pub struct ServerSetup {
    /// The application over its open database.
    pub app: App,
    /// The authority's own secrets.
    pub keys: ServerKeys,
    /// Certificates; `None` speaks plain HTTP, for loopback only.
    pub certificates: Option<ReloadableTlsConfig>,
    /// What phones are told at enrolment.
    pub endpoints: ServerEndpoints,
    /// How many connections, how long to greet.
    pub limits: ServerLimits,
    /// Where calls are counted, and followed.
    pub metrics: ServerMetrics,
}

/// Serves until `shutdown`, then lets calls under way end, for ten seconds at most.
pub async fn run_server(
    listener: TcpListener,
    setup: ServerSetup,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let ServerSetup { app, keys, certificates, endpoints: reach, limits: caps, metrics } = setup;
    initialize_history(&app, &keys);
    let (close, closing) = watch::channel(false);
    let services = Services::new(
        app,
        (keys.authority, keys.revocations),
        keys.cursor_key,
        reach,
        jobs::build_job_entries(),
        closing.clone(),
    );
    let services =
        services.with_call_limit(caps.calls_per_minute).with_offline_lease(caps.offline_lease_days);
    let incoming = accept::accept_connections(listener, certificates.clone(), caps);
    let end = async move {
        shutdown.await;
        // Followers end their streams first; the server waits for whoever still works.
        let _ = close.send(true);
    };
    let tracer = metrics.tracer();
    let serving = Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE.0))
        .http2_keepalive_timeout(Some(KEEPALIVE.1))
        .max_connection_age(CONNECTION_AGE.0)
        .max_connection_age_grace(CONNECTION_AGE.1)
        .max_concurrent_streams(CONCURRENT_STREAMS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .timeout(CALL_TIMEOUT)
        .layer(metrics)
        .layer(GrpcWebLayer::new())
        .layer(DeadlineLayer(CALL_TIMEOUT))
        .layer(option_layer(tracer.is_on().then(|| TraceLayer(tracer))))
        .add_routes(services.into_routes())
        .serve_with_incoming_shutdown(ReceiverStream::new(incoming), end);
    let mut closing = closing;
    tokio::select! {
        served = serving => served,
        never = reload_on_change(certificates) => match never {},
        () = async {
            if closing.wait_for(|closing| *closing).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        } => {
            tracing::warn!("calls were still under way when the server ended");
            Ok(())
        }
    }
}

/// Gives a new database its history's random id, and shuts out again whom a restored one has forgotten. A failure is no reason not to
/// serve: the next start tries again.
fn initialize_history(app: &App, keys: &ServerKeys) {
    let founded = crate::auth::random_bytes().map(|id| app.init_epoch(id));
    match founded {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the history could not be given its id"),
        Err(error) => tracing::error!(%error, "no random number for the history's id"),
    }
    match app.reapply_revocations(&keys.revocations.revoked_devices()) {
        Ok(0) => {}
        Ok(count) => tracing::warn!(count, "devices revoked after the backup are shut out again"),
        Err(error) => {
            tracing::error!(%error, "devices revoked after the backup could not be shut out")
        }
    }
}
