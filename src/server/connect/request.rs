//! Reads whether a request is a Connect call, and turns it into a gRPC request.

use super::contract::{ConnectContract, is_streaming};
use super::error::{JSON_TYPE, error_json, error_response};
use super::gzip::GunzipBody;
use super::{body_of, is_protocol_header};
use crate::server::request_limits::WholeBody;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, TE,
};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use prost_reflect::MethodDescriptor;
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
const TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
/// Types of content of a unary method.
const UNARY_TYPES: HeaderValue = HeaderValue::from_static(
    "application/json, application/proto, application/grpc, application/grpc-web",
);
/// Types of content of a method with streams.
const STREAM_TYPES: HeaderValue =
    HeaderValue::from_static("application/grpc, application/grpc-web");
const GRPC_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
/// The flag of the last message of a Connect stream.
const END_OF_STREAM: u8 = 0b10;

/// How the messages of a call are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectCodec {
    /// `application/json`.
    Json,
    /// `application/proto`.
    Proto,
}

/// A unary call in Connect; the request carries it in its extensions.
#[derive(Clone)]
pub(in crate::server) struct ConnectCall {
    pub(super) method: MethodDescriptor,
    pub(super) codec: ConnectCodec,
    /// The time that the caller gives to the call.
    pub(super) timeout: Option<Duration>,
    /// The request's body is compressed with gzip.
    has_gzip_body: bool,
    /// The caller reads answers that are compressed with gzip.
    pub(super) accepts_gzip: bool,
}

/// What a request is to Connect.
pub(super) enum ConnectRequest {
    /// Another protocol, or a path outside the contract.
    Other,
    /// A unary call.
    Call(ConnectCall),
    /// A request that no handler can answer, with the answer to it.
    Refused(Response<Body>),
}

/// Reads what a request is.
pub(super) fn read_request(parts: &Parts, contract: &ConnectContract) -> ConnectRequest {
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(GRPC_TYPE.as_bytes());
    if parts.headers.get(CONTENT_TYPE).is_some_and(is_grpc) {
        return ConnectRequest::Other;
    }
    let content_type = read_content_type(&parts.headers);
    let refuse = |status: Status| error_response(&status, contract);
    let Some(method) = contract.find_method(parts.uri.path()) else {
        if parts.extensions.get::<WholeBody>().is_some() {
            return ConnectRequest::Other;
        }
        if !matches!(content_type.as_str(), "application/json" | "application/proto") {
            return ConnectRequest::Other;
        }
        let status = Status::unimplemented("no such method: the path is /package.Service/Method");
        return refused(refuse(status), StatusCode::NOT_FOUND, None);
    };
    if parts.method != Method::POST {
        let response = refuse(Status::unimplemented("a call is an HTTP POST"));
        let allow = (ALLOW, HeaderValue::from_static("POST"));
        return refused(response, StatusCode::METHOD_NOT_ALLOWED, Some(allow));
    }
    let codec = match content_type.as_str() {
        "application/json" if !is_streaming(method) => ConnectCodec::Json,
        "application/proto" if !is_streaming(method) => ConnectCodec::Proto,
        "application/connect+json" | "application/connect+proto" if is_streaming(method) => {
            return ConnectRequest::Refused(end_of_stream(method, &content_type, contract));
        }
        _ => {
            let (status, types) = wrong_content_type(method, &content_type);
            let types = Some((ACCEPT_POST, types));
            return refused(refuse(status), StatusCode::UNSUPPORTED_MEDIA_TYPE, types);
        }
    };
    match read_call(&parts.headers, method, codec) {
        Ok(call) => ConnectRequest::Call(call),
        Err(status) => {
            let mut response = refuse(status);
            let encodings = HeaderValue::from_static("gzip, identity");
            response.headers_mut().insert(ACCEPT_ENCODING, encodings);
            ConnectRequest::Refused(response)
        }
    }
}

fn refused(
    mut response: Response<Body>,
    status: StatusCode,
    header: Option<(HeaderName, HeaderValue)>,
) -> ConnectRequest {
    *response.status_mut() = status;
    response.headers_mut().extend(header);
    ConnectRequest::Refused(response)
}

/// The type of content without its parameters; empty if there is none, or for a charset besides
/// UTF-8.
fn read_content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = value.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let is_utf8 = |charset: &str| charset.trim_matches('"') == "utf-8";
    let is_read = parts.filter_map(|part| part.strip_prefix("charset=")).all(is_utf8);
    if is_read { media_type.to_owned() } else { String::new() }
}

fn streams_text(method: &MethodDescriptor) -> String {
    format!("{} is a stream: call it with gRPC or gRPC-Web", method.full_name())
}

fn wrong_content_type(method: &MethodDescriptor, content_type: &str) -> (Status, HeaderValue) {
    if is_streaming(method) {
        return (Status::unimplemented(streams_text(method)), STREAM_TYPES);
    }
    let known = "send application/json or application/proto in UTF-8, or use gRPC or gRPC-Web";
    let text = format!("the content-type \"{content_type}\" is not read: {known}");
    (Status::unimplemented(text), UNARY_TYPES)
}

/// The answer to a Connect stream: its only message is the end, with the error.
fn end_of_stream(
    method: &MethodDescriptor,
    content_type: &str,
    contract: &ConnectContract,
) -> Response<Body> {
    let error = error_json(&Status::unimplemented(streams_text(method)), contract);
    let end = serde_json::json!({ "error": error }).to_string();
    let length = u32::try_from(end.len()).unwrap_or(u32::MAX);
    let bytes = [&[END_OF_STREAM][..], &length.to_be_bytes(), end.as_bytes()].concat();
    let mut response = Response::new(body_of(bytes));
    let content_type = HeaderValue::from_str(content_type).unwrap_or(JSON_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Reads the headers of a unary call.
fn read_call(
    headers: &HeaderMap,
    method: &MethodDescriptor,
    codec: ConnectCodec,
) -> Result<ConnectCall, Status> {
    if headers.get(PROTOCOL_VERSION).is_some_and(|version| version != "1") {
        return Err(Status::invalid_argument("connect-protocol-version: only 1 is known"));
    }
    let has_gzip_body = match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity" | b"") => false,
        Some(b"gzip") => true,
        Some(_) => {
            return Err(Status::unimplemented("content-encoding: only gzip and identity are read"));
        }
    };
    let timeout = headers.get(TIMEOUT).map(read_timeout).transpose()?;
    let accepts_gzip = accepts_gzip(headers);
    Ok(ConnectCall { method: method.clone(), codec, timeout, has_gzip_body, accepts_gzip })
}

/// Reads milliseconds, at most ten digits.
fn read_timeout(value: &HeaderValue) -> Result<Duration, Status> {
    let digits = value.as_bytes();
    let is_number = (1..=10).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let number = value.to_str().ok().filter(|_| is_number).and_then(|text| text.parse().ok());
    number.map(Duration::from_millis).ok_or_else(|| {
        Status::invalid_argument("connect-timeout-ms: milliseconds, at most ten digits")
    })
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            (parts.next()? == "gzip").then(|| parts.next().unwrap_or_default().to_owned())
        })
        .any(|weight| !matches!(weight.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
}

/// Turns a call into a gRPC request. Its body is unpacked and still without the header of a gRPC
/// message.
pub(super) fn to_grpc_request(mut parts: Parts, body: Body, call: &ConnectCall) -> Request<Body> {
    let body = if call.has_gzip_body { Body::new(GunzipBody::new(body)) } else { body };
    let headers = std::mem::take(&mut parts.headers);
    let (mut kept, mut name) = (HeaderMap::with_capacity(headers.len()), None);
    for (next, value) in headers {
        // A further value of a header comes without its name.
        name = next.or(name);
        if let Some(name) = name.as_ref().filter(|name| !is_protocol_header(name.as_str())) {
            kept.append(name.clone(), value);
        }
    }
    kept.insert(CONTENT_TYPE, GRPC_TYPE);
    kept.insert(TE, HeaderValue::from_static("trailers"));
    if let Some(timeout) = call.timeout.and_then(grpc_timeout) {
        kept.insert("grpc-timeout", timeout);
    }
    parts.headers = kept;
    // gRPC is HTTP/2; what comes behind does not see the connection.
    parts.version = Version::HTTP_2;
    parts.extensions.insert(call.clone());
    Request::from_parts(parts, body)
}

/// The header `grpc-timeout`: at most eight digits, so long times are in seconds.
fn grpc_timeout(timeout: Duration) -> Option<HeaderValue> {
    let millis = timeout.as_millis();
    let text =
        if millis < 100_000_000 { format!("{millis}m") } else { format!("{}S", timeout.as_secs()) };
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_of_connect_becomes_one_of_grpc() {
        let read = |text: &'static str| read_timeout(&HeaderValue::from_static(text));
        for (connect, grpc) in [("0", "0m"), ("99999999", "99999999m"), ("9999999999", "9999999S")]
        {
            assert_eq!(grpc_timeout(read(connect).unwrap()).unwrap(), grpc);
        }
        for bad in ["", "-1", "1s", "99999999999", "1.5", "+1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn gzip_is_sent_only_to_callers_that_accept_it() {
        for (header, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("br", false),
            ("gzip;q=0", false),
            ("identity, gzip; q=0.0", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(header));
            assert_eq!(accepts_gzip(&headers), expected, "{header}");
        }
    }

    #[test]
    fn json_is_read_in_utf_8_only() {
        for (header, expected) in [
            ("application/json", "application/json"),
            ("Application/JSON; charset=UTF-8", "application/json"),
            ("application/json; charset=\"utf-8\"", "application/json"),
            ("application/json; charset=utf-16", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(header));
            assert_eq!(read_content_type(&headers), expected, "{header}");
        }
    }
}
