//! The field app in the browser: static files under `/app/`, on the port of the service, so that
//! pages and calls have one origin and no other one is ever asked.
//!
//! The files are those of `web/dist`, compressed, inside the program (`build.rs`). They hold
//! nothing of the authority: whoever reads them has learned nothing.

use super::beside::{Answer, Pages};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tonic::body::Body;

include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// Where the app is.
const APP_PATH: &str = "/app/";
/// What the page may do: its own files, the service of its own origin, WebAssembly; nothing else.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);
/// A page in another window cannot reach this one.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// The camera reads enrolment codes; nothing else of the device is used.
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// One file of the app.
struct WebFile {
    /// Path below `/app/`; empty for the page.
    path: &'static str,
    content_type: &'static str,
    /// Its digest, quoted.
    etag: &'static str,
    /// Its content, compressed by brotli: every browser that can run the engine takes it over TLS.
    brotli: &'static [u8],
}

/// The files of the app.
#[derive(Clone, Copy)]
pub(super) struct WebApp;

impl Pages for WebApp {
    fn have(&self, path: &str) -> bool {
        path.starts_with(APP_PATH) || path == "/" || path == "/app"
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        let below = request.uri().path().strip_prefix(APP_PATH);
        let response = below.map_or_else(redirect, |below| answer(below, &request));
        Box::pin(async { response })
    }
}

/// Leads a person who typed the address of the server to the app.
fn redirect() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(APP_PATH));
    response
}

fn answer(path: &str, request: &Request<Body>) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(file) = WEB_FILES.iter().find(|file| file.path == path) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let is_known = request.headers().get(IF_NONE_MATCH).is_some_and(|etag| etag == file.etag);
    let mut response = if is_known {
        empty(StatusCode::NOT_MODIFIED)
    } else if request.method() == Method::HEAD {
        empty(StatusCode::OK)
    } else {
        Response::new(Body::new(axum::body::Body::from(file.brotli)))
    };
    put_headers(file, response.headers_mut());
    response
}

fn put_headers(file: &WebFile, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    headers.insert(ETAG, HeaderValue::from_static(file.etag));
    // A name with a digest in it never changes its content; the page and its worker do.
    let is_named_by_digest = file.path.starts_with("assets/");
    let caching = if is_named_by_digest { "max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    let permissions = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()";
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(permissions));
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
