//! Which web pages may call the server from a browser: those of the configured origins, over
//! Connect and gRPC-Web.
//!
//! Only browsers ask; any other caller is not affected. A page of another origin receives no
//! answer: each call of the contract needs a content type that a browser asks for first.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderMap, ORIGIN, VARY,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::{Layer, Service};

/// Headers that a page may send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-type, authorization, accept-language, connect-protocol-version, connect-timeout-ms, \
     x-grpc-web, x-user-agent, grpc-timeout, traceparent",
);
/// Headers that a page may read.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("grpc-status, grpc-message, grpc-status-details-bin");
/// Seconds for which a browser need not ask again.
const ANSWER_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Admits pages of these origins.
#[derive(Clone)]
pub(super) struct CorsLayer {
    origins: Arc<[HeaderValue]>,
}

impl CorsLayer {
    /// Origins as a browser writes them, as in `https://thidua.tinh.vn`.
    pub(super) fn new(origins: &[String]) -> Self {
        let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
        Self { origins: origins.collect() }
    }

    /// Adds what a browser needs to give the response to a page of this origin.
    fn admit(&self, origin: &HeaderValue, headers: &mut HeaderMap) -> bool {
        headers.append(VARY, HeaderValue::from_static("origin"));
        let is_admitted = self.origins.contains(origin);
        if is_admitted {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        is_admitted
    }

    /// The answer to a browser that asks before it calls.
    fn answer_preflight(&self, origin: &HeaderValue) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        if self.admit(origin, headers) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, ANSWER_SECONDS);
            *response.status_mut() = StatusCode::NO_CONTENT;
        } else {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        response
    }
}

impl<S> Layer<S> for CorsLayer {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService { inner, layer: self.clone() }
    }
}

/// A service that browsers may call from some origins.
#[derive(Clone)]
pub(super) struct CorsService<S> {
    inner: S,
    layer: CorsLayer,
}

impl<S> Service<Request<Body>> for CorsService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(origin) = request.headers().get(ORIGIN).cloned() else {
            return Box::pin(self.inner.call(request));
        };
        let layer = self.layer.clone();
        if request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            let response = layer.answer_preflight(&origin);
            return Box::pin(async { Ok(response) });
        }
        let response = self.inner.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            if layer.admit(&origin, response.headers_mut()) {
                response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
            }
            Ok(response)
        })
    }
}
