//! Files and DHIS2 data value sets over plain HTTP, beside gRPC on the same port.
//!
//! ```text
//!  POST /exchange/v1/reports   a data value set in JSON
//!  POST /api/dataValueSets     the same, where a DHIS2 client sends it
//! ```
//!
//! The layer stands in front of those of gRPC: it marks the request, so that the limits measure the
//! whole body, and gives a refusal of theirs as JSON.

use super::connect::{ConnectContract, error_response};
use super::request_limits::WholeBody;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::exchange::dhis2::Dhis2Answer;
use crate::grpc::Services;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, Request as AxumRequest, State};
use axum::response::Response as AxumResponse;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tower::{Layer, Service};

/// Paths of this module.
const PATHS: [&str; 2] = ["/exchange/v1/reports", "/api/dataValueSets"];
const JSON_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// The routes of this module.
pub(super) fn routes(services: Services) -> Router {
    let mut router = Router::new();
    for path in PATHS {
        router = router.route(path, post(take_data_value_set));
    }
    router.layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX)).with_state(services)
}

async fn take_data_value_set(
    State(services): State<Services>,
    Query(query): Query<BTreeMap<String, String>>,
    request: AxumRequest,
) -> AxumResponse {
    let (parts, body) = request.into_parts();
    let metadata = MetadataMap::from_headers(parts.headers);
    let read = axum::body::to_bytes(body, MESSAGE_BYTES_MAX).await;
    let answered = match read {
        Ok(bytes) => {
            let find = |name: &str| query.get(name).cloned();
            services.import_data_value_set((&metadata, &parts.extensions), find, bytes).await
        }
        Err(error) => Err(Status::resource_exhausted(error.to_string())),
    };
    match answered {
        Ok(Dhis2Answer { status, body }) => {
            let mut response = AxumResponse::new(body.to_string().into());
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT);
            response.headers_mut().insert(CONTENT_TYPE, JSON_TYPE);
            response
        }
        Err(status) => status.into_http(),
    }
}

/// Marks requests of this module, and turns refusals in gRPC's form into JSON.
#[derive(Clone)]
pub(super) struct ExchangeHttpLayer(Arc<ConnectContract>);

impl ExchangeHttpLayer {
    /// Without the descriptors, which are compiled in, there is no layer.
    pub(super) fn new() -> Option<Self> {
        ConnectContract::load().ok().map(|contract| Self(Arc::new(contract)))
    }
}

impl<S> Layer<S> for ExchangeHttpLayer {
    type Service = ExchangeHttpService<S>;

    fn layer(&self, inner: S) -> ExchangeHttpService<S> {
        ExchangeHttpService { inner, contract: Arc::clone(&self.0) }
    }
}

/// A service behind [`ExchangeHttpLayer`].
#[derive(Clone)]
pub(super) struct ExchangeHttpService<S> {
    inner: S,
    contract: Arc<ConnectContract>,
}

impl<S> Service<Request<Body>> for ExchangeHttpService<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if !PATHS.contains(&request.uri().path()) || request.method() != Method::POST {
            return Box::pin(self.inner.call(request));
        }
        // The layer of gRPC-Web passes on what says that it is HTTP/2.
        *request.version_mut() = Version::HTTP_2;
        request.extensions_mut().insert(WholeBody);
        let given = request.headers().get(AUTHORIZATION);
        if let Some(bearer) = given.and_then(to_bearer) {
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let contract = Arc::clone(&self.contract);
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            let refusal = Status::from_header_map(response.headers());
            Ok(refusal.map_or(response, |status| error_response(&status, &contract)))
        })
    }
}

/// The key as gRPC expects it: DHIS2 clients send it as `ApiToken KEY`, or as the password of
/// `Basic`.
fn to_bearer(given: &HeaderValue) -> Option<HeaderValue> {
    let (scheme, value) = given.to_str().ok()?.split_once(' ')?;
    let key = if scheme.eq_ignore_ascii_case("ApiToken") {
        value.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("Basic") {
        let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        decoded.split_once(':')?.1.to_owned()
    } else {
        return None;
    };
    HeaderValue::from_str(&format!("Bearer {key}")).ok()
}
