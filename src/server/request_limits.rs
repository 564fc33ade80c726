//! Limits on calls and their request messages: the same for every service, and named in the error.

use super::call_limits::{AddressPlace, CallLimits, OpenCallPlace};
use super::connect::ConnectCall;
use super::request_body::{LimitedBody, MessageFraming, MessageScanner, RequestSender};
use crate::grpc::{AddressBucket, AddressHasher, RpcError, TokenCheck, parse_accept_language};
use crate::i18n::Lang;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

/// Streams that need no token and stay open.
const OPEN_STREAMS: [&str; 2] = ["/grpc.health.v1.Health/Watch", "/grpc.reflection."];

/// Marks a request of plain HTTP, whose body is one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeBody;

/// Limits the calls of a server.
#[derive(Clone)]
pub(super) struct RequestLimitsLayer {
    limits: CallLimits,
    addresses: AddressHasher,
    token_check: TokenCheck,
}

impl RequestLimitsLayer {
    pub(super) fn new(max_open_calls: usize, token_check: TokenCheck) -> Self {
        let (limits, addresses) = (CallLimits::new(max_open_calls), AddressHasher::default());
        Self { limits, addresses, token_check }
    }

    /// The places of a call, by the path of its method.
    fn admit(&self, path: &str, address: AddressBucket) -> Result<CallPlaces, RpcError> {
        let call = self.limits.open_call()?;
        let is_stream = OPEN_STREAMS.iter().any(|stream| path.starts_with(stream));
        let stream = is_stream.then(|| self.limits.open_stream(address)).transpose()?;
        Ok(CallPlaces { _call: call, _stream: stream })
    }
}

/// The places of one call, until its response ends.
struct CallPlaces {
    _call: OpenCallPlace,
    _stream: Option<AddressPlace>,
}

impl<S> Layer<S> for RequestLimitsLayer {
    type Service = RequestLimitsService<S>;

    fn layer(&self, inner: S) -> RequestLimitsService<S> {
        RequestLimitsService { inner, layer: self.clone() }
    }
}

/// A service whose calls are limited.
#[derive(Clone)]
pub(super) struct RequestLimitsService<S> {
    inner: S,
    layer: RequestLimitsLayer,
}

type LimitedResponseFuture<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for RequestLimitsService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = LimitedResponseFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let lang = read_language(request.headers());
        let address = self.layer.addresses.bucket(request.extensions().get());
        let places = match self.layer.admit(request.uri().path(), address) {
            Ok(places) => places,
            Err(refused) => {
                let response = refused.into_status(lang).into_http();
                return Box::pin(async move { Ok(response) });
            }
        };
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let sender = RequestSender { lang, address, authorization };
        let (limits, token_check) = (self.layer.limits.clone(), self.layer.token_check.clone());
        let extensions = request.extensions();
        let is_whole =
            extensions.get::<ConnectCall>().is_some() || extensions.get::<WholeBody>().is_some();
        let framing = if is_whole {
            MessageFraming::WholeBody
        } else {
            MessageFraming::Headers(MessageScanner::default())
        };
        let request = request
            .map(|body| Body::new(LimitedBody::new(body, framing, sender, limits, token_check)));
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            Ok(response.map(|inner| Body::new(CountedBody { inner, _places: places })))
        })
    }
}

/// The language of a request.
pub(super) fn read_language(headers: &HeaderMap) -> Lang {
    let requested = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    parse_accept_language(requested.unwrap_or_default())
}

/// A response body that frees the places of its call when it ends.
struct CountedBody {
    inner: Body,
    _places: CallPlaces,
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
