//! Follows each call of the contract, from its request to the trailers of its answer.
//!
//! Takes the method's name and the caller's place in its own trace; no other header is looked at. Calls of health and reflection are not
//! followed, and a path that is no method of ours has no name here. Knows no exporter.

use crate::pb::Rpc;
use crate::trace::{CallSpan, TraceParent, Tracer};
use http::header::{HeaderMap, HeaderName};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What OpenTelemetry calls a method that does not exist.
const OTHER_METHOD: &str = "_OTHER";
/// Services that load balancers and tools ask all day.
const UNTRACED_SERVICES: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];
/// gRPC's code where nothing else is known.
const GRPC_UNKNOWN: u8 = 2;

/// Follows calls.
#[derive(Clone)]
pub(super) struct TraceLayer(pub(super) Tracer);

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService { inner, tracer: self.0.clone() }
    }
}

/// A service whose calls are followed.
#[derive(Clone)]
pub(super) struct TraceService<S> {
    inner: S,
    tracer: Tracer,
}

type TracedResponseFuture<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S, B> Service<Request<B>> for TraceService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = TracedResponseFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let method = find_method_name(request.uri().path());
        let call = method
            .and_then(|method| self.tracer.start_call(method, read_traceparent(request.headers())));
        let response = self.inner.call(request);
        let Some(call) = call else { return Box::pin(response) };
        let response = call.instrument(response);
        Box::pin(async move {
            let response = response.await?;
            // A call that failed before its answer began says so in the headers; of others the trailers tell.
            if let Some(code) = read_grpc_status(response.headers()) {
                call.end(code);
                return Ok(response);
            }
            Ok(response.map(|inner| Body::new(TracedBody { inner, call: Some(call) })))
        })
    }
}

/// The method as the conventions write it; a stranger's text is not taken.
fn find_method_name(path: &str) -> Option<&'static str> {
    if UNTRACED_SERVICES.iter().any(|service| path.starts_with(service)) {
        return None;
    }
    let known = Rpc::ALL.iter().map(|rpc| rpc.path()).find(|known| *known == path);
    Some(known.map_or(OTHER_METHOD, |known| known.trim_start_matches('/')))
}

/// Two headers contradict each other: then there is none.
fn read_traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    let first = all.next()?;
    all.next().is_none().then(|| TraceParent::from_header(first.as_bytes())).flatten()
}

fn read_grpc_status(headers: &HeaderMap) -> Option<u8> {
    let code = headers.get("grpc-status")?;
    Some(code.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(GRPC_UNKNOWN))
}

/// The body of an answer whose end is the end of its call.
struct TracedBody {
    inner: Body,
    call: Option<CallSpan>,
}

impl TracedBody {
    fn end_call(&mut self, code: u8) {
        if let Some(call) = self.call.take() {
            call.end(code);
        }
    }
}

impl http_body::Body for TracedBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(code) = frame.trailers_ref().and_then(read_grpc_status) {
                    self.end_call(code);
                }
            }
            Some(Err(_)) | None => self.end_call(GRPC_UNKNOWN),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
