//! Limits on request messages: the same for every service, and named in the error.

use super::request_body::LimitedBody;
use crate::domain::support::lang::Lang;
use crate::grpc::parse_accept_language;
use http::header::{ACCEPT_LANGUAGE, HeaderMap};
use http::{Request, Response};
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::{Layer, Service};

/// Limits the request messages of every call.
#[derive(Clone)]
pub(super) struct RequestLimitsLayer;

impl<S> Layer<S> for RequestLimitsLayer {
    type Service = RequestLimitsService<S>;

    fn layer(&self, inner: S) -> RequestLimitsService<S> {
        RequestLimitsService { inner }
    }
}

/// A service whose request messages are limited.
#[derive(Clone)]
pub(super) struct RequestLimitsService<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for RequestLimitsService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let lang = read_language(request.headers());
        self.inner.call(request.map(|body| Body::new(LimitedBody::new(body, lang))))
    }
}

fn read_language(headers: &HeaderMap) -> Lang {
    let requested = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    parse_accept_language(requested.unwrap_or_default())
}
