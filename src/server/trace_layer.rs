//! Traces each call of the contract, from its request to the trailers of its response.
//!
//! It records the name of the method and the caller's `traceparent`; it must not read any other
//! header. Calls of health and reflection are not traced, and an unknown path is traced as
//! `_OTHER`.

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
/// OpenTelemetry's name of an unknown method.
const OTHER_METHOD: &str = "_OTHER";
/// Services that load balancers and tools call very often.
const UNTRACED_SERVICES: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];
/// The gRPC status code UNKNOWN.
const GRPC_UNKNOWN: u8 = 2;

/// Traces calls.
#[derive(Clone)]
pub(super) struct TraceLayer(pub(super) Tracer);

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService { inner, tracer: self.0.clone() }
    }
}

/// A service whose calls are traced.
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
            // A call that failed before its response began has its status in the headers; any other
            // has it in the trailers.
            if let Some(code) = read_grpc_status(response.headers()) {
                call.end(code);
                return Ok(response);
            }
            Ok(response.map(|inner| Body::new(TracedBody { inner, call: Some(call) })))
        })
    }
}

/// Returns the name of the method in the form of the conventions; an unknown path must not become a
/// name. `None` for a service that is not traced.
fn find_method_name(path: &str) -> Option<&'static str> {
    if UNTRACED_SERVICES.iter().any(|service| path.starts_with(service)) {
        return None;
    }
    let known = Rpc::ALL.iter().map(|rpc| rpc.path()).find(|known| *known == path);
    Some(known.map_or(OTHER_METHOD, |known| known.trim_start_matches('/')))
}

/// Returns the trace parent; `None` if there is more than one header.
fn read_traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    let first = all.next()?;
    all.next().is_none().then(|| TraceParent::from_header(first.as_bytes())).flatten()
}

fn read_grpc_status(headers: &HeaderMap) -> Option<u8> {
    let code = headers.get("grpc-status")?;
    Some(code.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(GRPC_UNKNOWN))
}

/// A response body that ends the span when the body ends.
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
