//! Connect (<https://connectrpc.com/docs/protocol>), unary calls in JSON and binary, on the port
//! and with the handlers of gRPC.
//!
//! ```text
//!  CORS -> ConnectLayer   a Connect request becomes a gRPC request, the gRPC answer a Connect one
//!   -> metrics, gRPC-Web, deadline, trace, limits     see one gRPC call
//!    -> TranscodeLayer    the body, measured by the limits, becomes a gRPC message
//!     -> the services
//! ```
//!
//! Streams are not offered: they stay with gRPC and gRPC-Web. It must not know a method of the
//! contract by name.

mod answer;
mod contract;
mod error;
mod gzip;
mod json;
mod layer;
mod request;
mod transcode;

pub(super) use contract::ConnectContract;
pub(super) use error::error_response;
pub(super) use layer::ConnectLayer;
pub(super) use request::ConnectCall;
pub(super) use transcode::TranscodeLayer;

use tonic::body::Body;

/// Headers that belong to one protocol and must not reach the other.
fn is_protocol_header(name: &str) -> bool {
    name.starts_with("grpc-")
        || name.starts_with("connect-")
        || matches!(
            name,
            "content-type" | "content-length" | "content-encoding" | "accept-encoding" | "te"
        )
}

/// A body of these bytes.
fn body_of(bytes: Vec<u8>) -> Body {
    Body::new(axum::body::Body::from(bytes))
}
