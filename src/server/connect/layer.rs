//! The layer in front of all others: Connect in and out, gRPC behind it.

use super::answer::GrpcAnswer;
use super::contract::ConnectContract;
use super::request::{ConnectRequest, read_request, to_grpc_request};
use crate::server::request_limits::read_language;
use http::{Request, Response};
use http_body::Body as _;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// How long before the server's own timeout, whose answer is in gRPC, a call is answered.
const ANSWER_TIME: Duration = Duration::from_millis(200);
/// How much and how long a refused request may still send.
const DRAIN_BYTES_MAX: usize = 64 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// Offers Connect beside gRPC.
#[derive(Clone)]
pub(in crate::server) struct ConnectLayer {
    contract: Arc<ConnectContract>,
    max_duration: Duration,
}

impl ConnectLayer {
    /// Answers every call within `call_timeout`, the time after which the server ends it. Without
    /// the descriptors, which are compiled in, there is no layer.
    pub(in crate::server) fn new(call_timeout: Duration) -> Option<Self> {
        let contract = ConnectContract::load();
        let contract = contract
            .inspect_err(|error| tracing::error!(%error, "Connect is off: no descriptors"))
            .ok()?;
        let max_duration = call_timeout.saturating_sub(ANSWER_TIME);
        Some(Self { contract: Arc::new(contract), max_duration })
    }
}

impl<S> Layer<S> for ConnectLayer {
    type Service = ConnectService<S>;

    fn layer(&self, inner: S) -> ConnectService<S> {
        ConnectService { inner, layer: self.clone() }
    }
}

/// A gRPC service that also answers Connect.
#[derive(Clone)]
pub(in crate::server) struct ConnectService<S> {
    inner: S,
    layer: ConnectLayer,
}

impl<S> Service<Request<Body>> for ConnectService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let ConnectLayer { contract, max_duration } = self.layer.clone();
        let call = match read_request(&parts, &contract) {
            ConnectRequest::Call(call) => call,
            ConnectRequest::Other => {
                return Box::pin(self.inner.call(Request::from_parts(parts, body)));
            }
            ConnectRequest::Refused(response) => {
                return Box::pin(async {
                    // A request that is still sent after that is cut off.
                    let _ = tokio::time::timeout(DRAIN_TIME, drain(body)).await;
                    Ok(response)
                });
            }
        };
        let lang = read_language(&parts.headers);
        let answered = self.inner.call(to_grpc_request(parts, body, &call));
        let timeout = call.timeout.unwrap_or(max_duration).min(max_duration);
        Box::pin(async move {
            let read = async { Ok(GrpcAnswer::read(answered.await?).await) };
            let answer = match tokio::time::timeout(timeout, read).await {
                Ok(answer) => answer?,
                Err(_) => Status::deadline_exceeded("the call took longer than it may").into(),
            };
            Ok(answer.into_response(&call, lang, &contract))
        })
    }
}

/// Reads what a refused request still sends: an answer before its end resets the stream, and some
/// clients (curl 7) then lose the answer.
async fn drain(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        read += frame.data_ref().map_or(0, |data| data.len());
        if read > DRAIN_BYTES_MAX {
            return;
        }
    }
}
