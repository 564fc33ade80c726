//! Decodes the details of a gRPC status (`grpc-status-details-bin`), as far as a client decides by
//! them. Three messages of google.rpc, without the crate that has them all, which needs tonic.

use prost::Message;
use std::time::Duration;

/// What the details say to a client; a detail that is damaged or of an unknown type is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusDetails {
    /// Reason and domain of the `ErrorInfo`.
    reason: Option<(String, String)>,
    /// Delay before the next attempt, from the `RetryInfo`.
    pub retry_after: Option<Duration>,
}

impl StatusDetails {
    /// The reason, as in `DEVICE_REVOKED`, if it is of this domain.
    #[must_use]
    pub fn reason_in(&self, domain: &str) -> Option<&str> {
        self.reason.as_ref().filter(|(_, of)| of == domain).map(|(reason, _)| reason.as_str())
    }
}

/// Decodes the bytes of a `google.rpc.Status`; damaged bytes hold no details.
#[must_use]
pub fn decode_status_details(bytes: &[u8]) -> StatusDetails {
    let mut found = StatusDetails::default();
    for detail in RpcStatus::decode(bytes).unwrap_or_default().details {
        match detail.type_url.rsplit('/').next() {
            Some("google.rpc.ErrorInfo") => {
                let info = ErrorInfo::decode(&detail.value[..]).ok();
                found.reason = info.map(|info| (info.reason, info.domain)).or(found.reason);
            }
            Some("google.rpc.RetryInfo") => {
                let info = RetryInfo::decode(&detail.value[..]).ok();
                let delay = info.and_then(|info| info.retry_delay);
                found.retry_after =
                    delay.and_then(|delay| delay.try_into().ok()).or(found.retry_after);
            }
            Some(_) | None => {}
        }
    }
    found
}

/// `google.rpc.Status`; its code and message come with the call itself.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.ErrorInfo`, without its metadata.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}
