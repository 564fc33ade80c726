//! One server process from its listener to its last answered call.
//!
//! Knows transport limits, no rpc.

use super::accept::{self, Caps};
use super::jobs;
use super::keys::Keys;
use super::metrics::Metrics;
use super::rotate::rotate;
use super::tls::Certificates;
use super::traced::Tracing;
use crate::app::App;
use crate::grpc::{Deadlines, Reach, Services};
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
const AGE: (Duration, Duration) = (Duration::from_secs(30 * 60), Duration::from_secs(60));
/// Calls at once on one connection.
const STREAMS: u32 = 64;
/// Most bytes of the headers of one call.
const HEADER_BYTES: u32 = 16 * 1024;
/// Time for a call to begin its answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// Time that calls under way get when the server ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// Everything that a server needs besides its listener.
pub struct Setup {
    /// The application over its open database.
    pub app: App,
    /// The authority's own secrets.
    pub keys: Keys,
    /// Certificates; `None` speaks plain HTTP, for loopback only.
    pub certificates: Option<Certificates>,
    /// What phones are told at enrolment.
    pub reach: Reach,
    /// How many connections, how long to greet.
    pub caps: Caps,
    /// Where calls are counted, and followed.
    pub metrics: Metrics,
}

/// Serves until `shutdown`, then lets calls under way end, for ten seconds at most.
pub async fn run(
    listener: TcpListener,
    setup: Setup,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let Setup { app, keys, certificates, reach, caps, metrics } = setup;
    found(&app, &keys);
    let (close, closing) = watch::channel(false);
    let services =
        Services::new(app, (keys.authority, keys.revocations), keys.seal, reach, jobs::entries(), closing.clone());
    let services = services.throttled(caps.calls_per_minute).leased(caps.offline_lease_days);
    let incoming = accept::accept(listener, certificates.clone(), caps);
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
        .max_connection_age(AGE.0)
        .max_connection_age_grace(AGE.1)
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADER_BYTES)
        .timeout(DEADLINE)
        .layer(metrics)
        .layer(GrpcWebLayer::new())
        .layer(Deadlines(DEADLINE))
        .layer(option_layer(tracer.is_on().then(|| Tracing(tracer))))
        .add_routes(services.routes())
        .serve_with_incoming_shutdown(ReceiverStream::new(incoming), end);
    let mut closing = closing;
    tokio::select! {
        served = serving => served,
        never = rotate(certificates) => match never {},
        () = async {
            if closing.wait_for(|closing| *closing).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(FAREWELL).await;
        } => {
            tracing::warn!("calls were still under way when the server ended");
            Ok(())
        }
    }
}

/// Gives a new database its history's random id, and shuts out again whom a restored one has forgotten. A failure is no reason not to
/// serve: the next start tries again.
fn found(app: &App, keys: &Keys) {
    let founded = crate::auth::random().map(|id| app.found(id));
    match founded {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the history could not be given its id"),
        Err(error) => tracing::error!(%error, "no random number for the history's id"),
    }
    match app.revoke_again(&keys.revocations.all()) {
        Ok(0) => {}
        Ok(count) => tracing::warn!(count, "devices revoked after the backup are shut out again"),
        Err(error) => tracing::error!(%error, "devices revoked after the backup could not be shut out"),
    }
}
