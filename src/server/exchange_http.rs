//! Files and DHIS2 data value sets over plain HTTP, beside gRPC on the same port.
//!
//! ```text
//!  POST /exchange/v1/reports   a file of reports, CSV or XLSX, or a data value set
//!  POST /api/dataValueSets     a data value set in JSON, CSV, XML or ADX, where a DHIS2 client
//!                              sends it
//! ```
//!
//! The layer stands in front of those of gRPC: it marks the request, so that the limits measure the
//! whole body, and gives a refusal of theirs as JSON.

use super::connect::{ConnectContract, error_response};
use super::request_limits::WholeBody;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::exchange::dhis2::Dhis2Form;
use crate::exchange::outcome_json::JsonAnswer;
use crate::grpc::Services;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, Request as AxumRequest, State};
use axum::response::Response as AxumResponse;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
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
const PATHS: [&str; 2] = [FILE_PATH, "/api/dataValueSets"];
/// The path that takes files.
const FILE_PATH: &str = "/exchange/v1/reports";
/// Types of a CSV file.
const CSV_TYPES: [&str; 2] = ["text/csv", "application/csv"];
/// The type of an XLSX file.
const WORKBOOK_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Types of a data value set in XML.
const XML_TYPES: [(&str, Dhis2Form); 3] = [
    ("application/xml", Dhis2Form::Xml),
    ("text/xml", Dhis2Form::Xml),
    ("application/adx+xml", Dhis2Form::Adx),
];
const JSON_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// The routes of this module.
pub(super) fn routes(services: Services) -> Router {
    let mut router = Router::new();
    for path in PATHS {
        router = router.route(path, post(take_reports));
    }
    router.layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX)).with_state(services)
}

/// What a request carries.
#[derive(Clone, Copy)]
enum ReportBody {
    /// A table with a row for each report.
    File,
    /// A data value set.
    DataValueSet(Dhis2Form),
}

impl ReportBody {
    /// By path and type of content; whatever is no table is read as JSON.
    fn of(parts: &Parts) -> Self {
        let given = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = given.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        let is_csv = CSV_TYPES.iter().any(|csv| essence.eq_ignore_ascii_case(csv));
        let mut xml_forms = XML_TYPES.into_iter();
        let xml_form = xml_forms.find(|(name, _)| essence.eq_ignore_ascii_case(name));
        if let Some((_, form)) = xml_form {
            return Self::DataValueSet(form);
        }
        let is_file_path = parts.uri.path() == FILE_PATH;
        match (is_file_path, is_csv || essence.eq_ignore_ascii_case(WORKBOOK_TYPE)) {
            (true, true) => Self::File,
            (false, true) if is_csv => Self::DataValueSet(Dhis2Form::Csv),
            (_, _) => Self::DataValueSet(Dhis2Form::Json),
        }
    }
}

async fn take_reports(
    State(services): State<Services>,
    Query(query): Query<BTreeMap<String, String>>,
    request: AxumRequest,
) -> AxumResponse {
    let (parts, body) = request.into_parts();
    let carried = ReportBody::of(&parts);
    let metadata = MetadataMap::from_headers(parts.headers);
    let caller = (&metadata, &parts.extensions);
    let find = |name: &str| query.get(name).cloned();
    let answered = match axum::body::to_bytes(body, MESSAGE_BYTES_MAX).await {
        Ok(bytes) => match carried {
            ReportBody::File => services.import_report_file(caller, &query, bytes).await,
            ReportBody::DataValueSet(form) => {
                services.import_data_value_set(caller, find, (form, bytes)).await
            }
        },
        Err(error) => Err(Status::resource_exhausted(error.to_string())),
    };
    match answered {
        Ok(JsonAnswer { status, body }) => {
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
