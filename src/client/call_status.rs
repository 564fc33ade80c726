//! What a call ended with: a gRPC status and its details, as the error that the engine decides by.
//!
//! One mapping for every transport: that of this crate, and those of callers that carry the bytes.

use super::protocol::{CallError, CallErrorKind};
use crate::wire::status_details::decode_status_details;

/// The `domain` of every `ErrorInfo` of this contract.
const ERROR_DOMAIN: &str = "thidua";

/// Converts a status: its code as in gRPC (1 to 16), its message for logs, and the bytes of
/// `grpc-status-details-bin`. A code that gRPC does not define counts as possibly applied.
pub(crate) fn to_call_error(code: i32, message: String, details: &[u8]) -> CallError {
    let details = decode_status_details(details);
    CallError {
        kind: to_kind(code),
        reason: details.reason_in(ERROR_DOMAIN).unwrap_or_default().to_owned(),
        retry_after: details.retry_after,
        message,
    }
}

fn to_kind(code: i32) -> CallErrorKind {
    match code {
        // OK, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, OUT_OF_RANGE,
        // UNIMPLEMENTED
        0 | 3 | 5 | 6 | 7 | 11 | 12 => CallErrorKind::Other,
        8 => CallErrorKind::Exhausted,
        9 => CallErrorKind::Precondition,
        16 => CallErrorKind::Unauthenticated,
        // CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE, DATA_LOSS
        _ => CallErrorKind::MaybeApplied,
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use std::time::Duration;
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    #[test]
    fn reason_and_delay_are_those_that_the_server_packed_into_the_details() {
        let mut details = ErrorDetails::with_error_info("DEVICE_REVOKED", "thidua", []);
        details.set_retry_info(Some(Duration::from_millis(1_500)));
        details.set_localized_message("vi", "a text");
        let status = Status::with_error_details(Code::Unauthenticated, "revoked", details);
        let error = to_call_error(16, "revoked".to_owned(), status.details());
        assert_eq!(error.kind, CallErrorKind::Unauthenticated);
        assert_eq!(error.reason, "DEVICE_REVOKED");
        assert_eq!(error.retry_after, Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn a_reason_of_another_domain_is_not_taken_and_damaged_details_are_none() {
        let details = ErrorDetails::with_error_info("DEVICE_REVOKED", "proxy", []);
        let status = Status::with_error_details(Code::Unavailable, "", details);
        assert_eq!(to_call_error(14, String::new(), status.details()).reason, "");
        let damaged = to_call_error(8, String::new(), b"\xff\xff");
        assert_eq!((damaged.kind, damaged.retry_after), (CallErrorKind::Exhausted, None));
    }

    #[test]
    fn every_code_of_grpc_has_a_kind_and_an_unknown_one_may_have_been_applied() {
        let kinds: String = (0..=17)
            .map(|code| match to_kind(code) {
                CallErrorKind::MaybeApplied => 'm',
                CallErrorKind::Exhausted => 'e',
                CallErrorKind::Unauthenticated => 'u',
                CallErrorKind::Precondition => 'p',
                CallErrorKind::ClockWrong { .. } => 'c',
                CallErrorKind::Other => 'o',
            })
            .collect();
        assert_eq!(kinds, "ommomoooepmoommmum");
    }
}
