//! Turns the gRPC answer of a unary call into one of Connect.

use super::contract::ConnectContract;
use super::error::{JSON_TYPE, error_response};
use super::json::proto_to_json;
use super::request::{ConnectCall, ConnectCodec};
use super::transcode::MESSAGE_HEADER_BYTES;
use super::{body_of, gzip, is_protocol_header};
use crate::i18n::Lang;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use http::{HeaderValue, Response};
use http_body::Body as _;
use std::future::poll_fn;
use std::pin::Pin;
use tonic::body::Body;
use tonic::{Code, Status};

/// The whole answer of a call.
pub(super) struct GrpcAnswer {
    headers: HeaderMap,
    trailers: HeaderMap,
    message: Result<Vec<u8>, Status>,
}

impl From<Status> for GrpcAnswer {
    fn from(status: Status) -> Self {
        let (headers, trailers) = (HeaderMap::new(), HeaderMap::new());
        Self { headers, trailers, message: Err(status) }
    }
}

impl GrpcAnswer {
    /// Reads the response of a service to its end.
    pub(super) async fn read(response: Response<Body>) -> Self {
        let (parts, mut body) = response.into_parts();
        let (mut bytes, mut trailers) = (Vec::new(), HeaderMap::new());
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            match frame.map(|frame| frame.into_data()) {
                Ok(Ok(data)) => bytes.extend_from_slice(&data),
                Ok(Err(frame)) => trailers.extend(frame.into_trailers().unwrap_or_default()),
                Err(status) => return status.into(),
            }
        }
        // A call that failed before it answered has its status in the headers.
        let status = Status::from_header_map(&trailers)
            .or_else(|| Status::from_header_map(&parts.headers))
            .unwrap_or_else(|| Status::unknown("the answer has no status"));
        let message =
            if status.code() == Code::Ok { read_only_message(bytes) } else { Err(status) };
        Self { headers: parts.headers, trailers, message }
    }

    /// The response for the caller of `call`.
    pub(super) fn into_response(
        self,
        call: &ConnectCall,
        lang: Lang,
        contract: &ConnectContract,
    ) -> Response<Body> {
        let encoded = self.message.and_then(|message| match call.codec {
            ConnectCodec::Proto => Ok(message),
            ConnectCodec::Json => proto_to_json(call.method.output(), &message)
                .map_err(|failed| failed.into_status(lang)),
        });
        let mut response = match encoded {
            Ok(bytes) => message_response(bytes, call),
            Err(status) => error_response(&status, contract),
        };
        let headers = response.headers_mut();
        for (name, value) in metadata(&self.headers) {
            headers.append(name.clone(), value.clone());
        }
        for (name, value) in metadata(&self.trailers) {
            if let Ok(name) = HeaderName::try_from(format!("trailer-{name}")) {
                headers.append(name, value.clone());
            }
        }
        response
    }
}

fn message_response(bytes: Vec<u8>, call: &ConnectCall) -> Response<Body> {
    let compressed = call.accepts_gzip.then(|| gzip::compress(&bytes)).flatten();
    let is_compressed = compressed.is_some();
    let mut response = Response::new(body_of(compressed.unwrap_or(bytes)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        match call.codec {
            ConnectCodec::Json => JSON_TYPE,
            ConnectCodec::Proto => HeaderValue::from_static("application/proto"),
        },
    );
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// What the service added to its answer.
fn metadata(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers.iter().filter(|(name, _)| !is_protocol_header(name.as_str()))
}

/// Returns the content of the only message of a unary answer.
fn read_only_message(mut bytes: Vec<u8>) -> Result<Vec<u8>, Status> {
    let length = bytes.len().checked_sub(MESSAGE_HEADER_BYTES);
    match (bytes.get(..MESSAGE_HEADER_BYTES), length.map(u32::try_from)) {
        (Some(&[0, ref announced @ ..]), Some(Ok(length)))
            if *announced == length.to_be_bytes() =>
        {
            Ok(bytes.split_off(MESSAGE_HEADER_BYTES))
        }
        _ => Err(Status::internal("the answer is not one message")),
    }
}
