//! A connection that sends each call to one of several nodes, chosen by a seed: the worst that a
//! load balancer may do to a phone. It forwards path, headers and body unchanged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint, Server};
use tower::{Service, ServiceExt};

/// An environment variable with a seed: if set, each test has two nodes over one PostgreSQL.
pub(crate) const TWO_NODES_ENV: &str = "THIDUA_TWO_NODES";

/// The seed, if this process runs its tests on two nodes.
pub(super) fn two_nodes_seed() -> Option<u64> {
    std::env::var(TWO_NODES_ENV).ok().map(|seed| seed.parse().unwrap())
}

/// Sends each call to the node that the generator chooses next.
pub(super) async fn balanced_channel(nodes: Vec<Channel>, rng_state: Arc<AtomicU64>) -> Channel {
    let forward_call = tower::service_fn(move |call: http::Request<axum::body::Body>| {
        let mut node =
            nodes[usize::try_from(next_random(&rng_state)).unwrap() % nodes.len()].clone();
        async move {
            let call = call.map(Body::new);
            let answer = match node.ready().await {
                Ok(node) => node.call(call).await,
                Err(unreachable) => Err(unreachable),
            };
            let refused = |error: tonic::transport::Error| {
                tonic::Status::unavailable(error.to_string()).into_http()
            };
            Ok::<_, std::convert::Infallible>(
                answer.unwrap_or_else(refused).map(axum::body::Body::new),
            )
        }
    });
    let (client_end, server_end) = tokio::io::duplex(1 << 20);
    let routes = Routes::from(axum::Router::new().fallback_service(forward_call));
    let incoming =
        tokio_stream::once(Ok::<_, std::io::Error>(server_end)).chain(tokio_stream::pending());
    tokio::spawn(Server::builder().add_routes(routes).serve_with_incoming(incoming));
    let mut client_end = Some(client_end);
    let connect = tower::service_fn(move |_| {
        let client_end =
            client_end.take().ok_or_else(|| std::io::Error::other("the way is there once"));
        async move { client_end.map(hyper_util::rt::TokioIo::new) }
    });
    Endpoint::from_static("http://127.0.0.1").connect_with_connector(connect).await.unwrap()
}

/// The next number of the generator (splitmix64).
fn next_random(rng_state: &AtomicU64) -> u64 {
    let mut number = rng_state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (number ^ (number >> 31)) >> 33
}
