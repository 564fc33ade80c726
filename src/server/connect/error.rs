//! Statuses as errors of Connect: HTTP status, code, message and details.

use super::body_of;
use super::contract::ConnectContract;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message as _;
use serde_json::{Map, Value, json};
use tonic::body::Body;
use tonic::{Code, Status};

/// The JSON type of content.
pub(super) const JSON_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// Name and HTTP status of a code.
fn connect_code(code: Code) -> (&'static str, u16) {
    match code {
        Code::Cancelled => ("canceled", 499),
        // An error with the code OK contradicts itself.
        Code::Ok | Code::Unknown => ("unknown", 500),
        Code::InvalidArgument => ("invalid_argument", 400),
        Code::DeadlineExceeded => ("deadline_exceeded", 504),
        Code::NotFound => ("not_found", 404),
        Code::AlreadyExists => ("already_exists", 409),
        Code::PermissionDenied => ("permission_denied", 403),
        Code::ResourceExhausted => ("resource_exhausted", 429),
        Code::FailedPrecondition => ("failed_precondition", 400),
        Code::Aborted => ("aborted", 409),
        Code::OutOfRange => ("out_of_range", 400),
        Code::Unimplemented => ("unimplemented", 501),
        Code::Internal => ("internal", 500),
        Code::Unavailable => ("unavailable", 503),
        Code::DataLoss => ("data_loss", 500),
        Code::Unauthenticated => ("unauthenticated", 401),
    }
}

/// The error as JSON; `debug` is the detail itself, where its type is known.
pub(super) fn error_json(status: &Status, contract: &ConnectContract) -> Value {
    let mut error = json!({ "code": connect_code(status.code()).0 });
    if !status.message().is_empty() {
        error["message"] = status.message().into();
    }
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    if !details.is_empty() {
        error["details"] = details
            .iter()
            .map(|detail| detail_json(&detail.type_url, &detail.value, contract))
            .collect();
    }
    error
}

fn detail_json(type_url: &str, value: &[u8], contract: &ConnectContract) -> Value {
    let name = type_url.rsplit('/').next().unwrap_or_default();
    let mut json = Map::new();
    json.insert("type".to_owned(), name.into());
    json.insert("value".to_owned(), STANDARD_NO_PAD.encode(value).into());
    let known = contract.find_message(name);
    let read = known.and_then(|known| DynamicMessage::decode(known, value).ok());
    if let Some(debug) = read.and_then(|message| serde_json::to_value(message).ok()) {
        json.insert("debug".to_owned(), debug);
    }
    json.into()
}

/// The response with this error.
pub(in crate::server) fn error_response(
    status: &Status,
    contract: &ConnectContract,
) -> Response<Body> {
    let mut response = Response::new(body_of(error_json(status, contract).to_string().into()));
    *response.status_mut() = StatusCode::from_u16(connect_code(status.code()).1)
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, JSON_TYPE);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::reason::RefusalReason;
    use crate::grpc::RpcError;
    use crate::i18n::Lang;

    #[test]
    fn a_detail_of_a_known_type_is_readable_and_any_other_keeps_its_bytes() {
        let contract = ConnectContract::load().unwrap();
        let status = RpcError::App(RefusalReason::NotFound.into()).into_status(Lang::EN);
        let error = error_json(&status, &contract);
        assert_eq!((&error["code"], &error["message"]), (&"not_found".into(), &"NOT_FOUND".into()));
        let debug = |name: &str| {
            let details = error["details"].as_array().unwrap();
            details.iter().find(|detail| detail["type"] == name).unwrap()["debug"].clone()
        };
        assert_eq!(debug("google.rpc.ErrorInfo")["reason"], "NOT_FOUND");
        assert_eq!(debug("google.rpc.LocalizedMessage")["locale"], "en");
        let unknown = detail_json("type.googleapis.com/x.Y", &[1, 2, 3, 4], &contract);
        assert_eq!(unknown, json!({ "type": "x.Y", "value": "AQIDBA" }));
    }
}
