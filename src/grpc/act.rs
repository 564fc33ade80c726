//! Acts under a request id.

use super::report::parse_request_id;
use super::status::RpcError;
use crate::app::act::{ActEnd, ActRequest};
use crate::auth;
use crate::domain::support::reason::Refusal;
use crate::wire::field_violations::FieldViolations;

/// Reads the request id of an act, and hashes the encoded request.
pub(super) fn read_act_request(
    name: &'static str,
    request_id: &[u8],
    validate_only: bool,
    encoded: &[u8],
) -> Result<ActRequest, Refusal> {
    let mut violations = FieldViolations::default();
    let id = parse_request_id(request_id, &mut violations);
    let request_id = Some(violations.into_result(id)?);
    let request_hash = auth::hash_secret(encoded);
    Ok(ActRequest { name, request_id, request_hash, validate_only })
}

/// The value of an act; `None` if the same request was performed before.
pub(super) fn take_performed<T>(end: ActEnd<T>) -> Result<Option<T>, RpcError> {
    match end {
        ActEnd::Performed(value) => Ok(Some(value)),
        ActEnd::Repeated => Ok(None),
        ActEnd::RequestIdReused => Err(RpcError::RequestIdReused),
    }
}
