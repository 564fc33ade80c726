//! Runs one server process, from its listener to the last response.

use super::accept::{self, ServerLimits};
use super::beside::BesideLayer;
use super::connect::{ConnectLayer, TranscodeLayer};
use super::cors::CorsLayer;
use super::exchange_http::{self, ExchangeHttpLayer};
use super::jobs;
use super::keys::ServerKeys;
use super::metrics::ServerMetrics;
use super::office::OfficePages;
use super::request_limits::RequestLimitsLayer;
use super::tls::ReloadableTlsConfig;
use super::tls_reload::reload_on_change;
use super::trace_layer::TraceLayer;
use super::web_app::WebApp;
use crate::app::App;
use crate::domain::access::second_factor::SecondFactorPolicy;
use crate::grpc::{DeadlineLayer, ServerCheck, ServerEndpoints, Services};
use crate::office::Office;
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_web::GrpcWebLayer;
use tower::util::option_layer;

/// Time between keepalive pings on an idle connection.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// Time for the response to a keepalive ping.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Age after which a connection is closed, so that new certificates take effect and other nodes get
/// their share of connections.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// Time for running calls to end on a connection that is being closed.
const CONNECTION_AGE_GRACE: Duration = Duration::from_secs(60);
/// Concurrent calls on one connection.
const CONCURRENT_STREAMS_MAX: u32 = 64;
/// Open calls in the whole process, for each connection that it may have.
const OPEN_CALLS_PER_CONNECTION: usize = 2;
/// Largest size of the headers of one call, in bytes.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Time for a call to begin its response.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for running calls to end after shutdown begins.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Everything that a server needs besides its listener.
pub struct ServerSetup {
    /// The application over its open database.
    pub app: App,
    /// The secrets of the server.
    pub keys: ServerKeys,
    /// TLS configuration; `None` means plain HTTP, for loopback only.
    pub certificates: Option<ReloadableTlsConfig>,
    /// What phones receive at enrolment.
    pub endpoints: ServerEndpoints,
    /// Limits on connections and calls.
    pub limits: ServerLimits,
    /// Counts and traces calls.
    pub metrics: ServerMetrics,
    /// Offers gRPC reflection to callers without a token.
    pub reflection: bool,
    /// Whether desk accounts need a second factor.
    pub second_factor: SecondFactorPolicy,
    /// Origins of the web pages that may call, as in `https://thidua.tinh.vn`.
    pub allowed_origins: Vec<String>,
    /// What is checked when an administrator asks how the server is.
    pub server_check: ServerCheck,
    /// Serves the field app in the browser under `/app/`.
    pub web_app: bool,
    /// Serves the pages of the office under `/office/`.
    pub office: bool,
}

/// Serves until `shutdown` completes, then waits for running calls, at most ten seconds.
pub async fn run_server(
    listener: TcpListener,
    setup: ServerSetup,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let (limits, certificates) = (setup.limits, setup.certificates.clone());
    let metrics = setup.metrics.clone();
    let cors = CorsLayer::new(&setup.allowed_origins);
    let web_app = setup.web_app.then_some(BesideLayer(WebApp));
    let (has_office, clock) = (setup.office, setup.app.clock().clone());
    initialize_history(&setup.app, &setup.keys);
    let (close, mut closing) = watch::channel(false);
    let services = build_services(setup, closing.clone());
    let incoming = accept::accept_connections(listener, certificates.clone(), limits);
    let shutdown_signal = async move {
        shutdown.await;
        // Streams of followers end first; the server then waits for the remaining calls.
        let _ = close.send(true);
    };
    let tracer = metrics.tracer();
    let max_open_calls = limits.max_connections.saturating_mul(OPEN_CALLS_PER_CONNECTION);
    let request_limits = RequestLimitsLayer::new(max_open_calls, services.token_check());
    let exchange = exchange_http::routes(services.clone());
    let office = has_office.then(|| {
        let office = Office::new(services.clone(), clock, certificates.is_some());
        BesideLayer(OfficePages::new(office, &request_limits))
    });
    let routes = Routes::from(services.into_routes().into_axum_router().merge(exchange));
    let serving = Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_connection_age(CONNECTION_AGE_MAX)
        .max_connection_age_grace(CONNECTION_AGE_GRACE)
        .max_concurrent_streams(CONCURRENT_STREAMS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .timeout(CALL_TIMEOUT)
        .layer(option_layer(office))
        .layer(option_layer(web_app))
        .layer(cors)
        .layer(option_layer(ExchangeHttpLayer::new()))
        .layer(option_layer(ConnectLayer::new(CALL_TIMEOUT)))
        .layer(metrics)
        .layer(GrpcWebLayer::new())
        .layer(DeadlineLayer(CALL_TIMEOUT))
        .layer(option_layer(tracer.is_on().then(|| TraceLayer(tracer))))
        .layer(request_limits)
        .layer(TranscodeLayer)
        .add_routes(routes)
        .serve_with_incoming_shutdown(ReceiverStream::new(incoming), shutdown_signal);
    tokio::select! {
        served = serving => served,
        never = reload_on_change(certificates) => match never {},
        () = wait_for_grace(&mut closing) => {
            tracing::warn!("calls were still under way when the server ended");
            Ok(())
        }
    }
}

/// Waits until running calls have had their time to end after shutdown began.
async fn wait_for_grace(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closing| *closing).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(SHUTDOWN_GRACE).await;
}

/// Creates the services with the limits and settings of a server.
fn build_services(setup: ServerSetup, closing: watch::Receiver<bool>) -> Services {
    let ServerSetup {
        app, keys, endpoints, limits, reflection, second_factor, server_check, ..
    } = setup;
    let jobs = jobs::build_job_entries();
    let signing_keys = (keys.authority, keys.revocations);
    Services::new(app, signing_keys, keys.cursor_key, endpoints, jobs, closing)
        .with_call_limit(limits.calls_per_minute)
        .with_failure_limit(limits.failures_per_address)
        .with_reflection(reflection)
        .with_second_factor(second_factor)
        .with_server_check(server_check)
        .with_offline_lease(limits.offline_lease_days)
        .with_card_minutes(limits.card_minutes)
}

/// Sets the random epoch id of a new database, and reapplies revocations that a restored database
/// lacks. A failure does not stop the server: the next start tries again.
fn initialize_history(app: &App, keys: &ServerKeys) {
    let result = crate::auth::random_bytes().map(|id| app.init_epoch(id));
    match result {
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
