//! Messages as proto3 JSON: enums by name or number, 64-bit numbers as strings, bytes as base64.

use crate::grpc::RpcError;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};

/// Encodes a JSON text as a message. Unknown fields and unknown names of enums are refused.
///
/// # Errors
/// What does not fit, with line and column.
pub(super) fn json_to_proto(message: MessageDescriptor, json: &[u8]) -> Result<Vec<u8>, RpcError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = DynamicMessage::deserialize(message, &mut reader);
    let read = read.and_then(|message| reader.end().map(|()| message));
    let message = read.map_err(|error| RpcError::BadJson(error.to_string()))?;
    Ok(message.encode_to_vec())
}

/// Prints a message as JSON. Fields with the default value are left out.
pub(super) fn proto_to_json(message: MessageDescriptor, proto: &[u8]) -> Result<Vec<u8>, RpcError> {
    let failed = |error: &dyn std::fmt::Display| {
        RpcError::Internal(format!("a message cannot be printed as JSON: {error}"))
    };
    let message = DynamicMessage::decode(message, proto).map_err(|error| failed(&error))?;
    serde_json::to_vec(&message).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::super::contract::ConnectContract;
    use super::*;
    use crate::i18n::Lang;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use std::sync::LazyLock;

    fn message(name: &str) -> MessageDescriptor {
        let contract = ConnectContract::load().unwrap();
        contract.find_message(&format!("thidua.v1.{name}")).unwrap()
    }

    #[test]
    fn enums_have_names_and_numbers_and_bytes_are_base64_in_both_alphabets() {
        let name = "ListReportsRequest";
        let by_name = json_to_proto(message(name), br#"{"states":["REPORT_STATE_SUBMITTED"]}"#);
        let by_number = json_to_proto(message(name), br#"{"states":[2]}"#).unwrap();
        let again = proto_to_json(message(name), &by_number).unwrap();
        assert!(String::from_utf8(again).unwrap().contains("REPORT_STATE_"));
        assert!(!by_name.unwrap().is_empty());
        let name = "GetStandingRequest";
        let standard = json_to_proto(message(name), br#"{"standingId":"+/8="}"#).unwrap();
        let url_safe = json_to_proto(message(name), br#"{"standing_id":"-_8"}"#).unwrap();
        assert_eq!(standard, url_safe);
        assert_eq!(proto_to_json(message(name), &standard).unwrap(), br#"{"standingId":"+/8="}"#);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_name_and_its_place() {
        for (json, expected) in [
            (r#"{"standing":"AA=="}"#, "'standing' at line 1 column 11"),
            (r#"{"standingId":"?"}"#, "base64"),
            ("{", "EOF"),
            ("", "EOF"),
            (r#"{} {}"#, "trailing"),
            ("[]", "line 1"),
        ] {
            let refused = json_to_proto(message("GetStandingRequest"), json.as_bytes());
            let status = refused.unwrap_err().into_status(Lang::EN);
            assert!(status.message().contains(expected), "{json}: {}", status.message());
        }
    }

    static SAVE_REPORT: LazyLock<MessageDescriptor> =
        LazyLock::new(|| message("SaveReportRequest"));

    /// A request with every kind of field: nested, repeated, optional, bytes, 64 bits, an enum.
    const SAVE: &str = r#"{"requestId":"AAECAwQFBgcICQoLDA0ODw==","save":{"unitId":"AAEC",
        "period":{"calendar":"week","startDay":20000,"endDay":20007},"note":"ghi ch\u00fa",
        "changes":[{"elementNumber":7,"mine":{"status":"CELL_STATUS_REPORTED","value":"-12"}},
        {"elementNumber":8,"base":{"status":2}}],"baseRevision":9223372036854775807}}"#;

    #[test]
    fn a_request_with_every_kind_of_field_is_read() {
        let read = json_to_proto(SAVE_REPORT.clone(), SAVE.as_bytes());
        read.map_err(|error| error.into_status(Lang::EN)).unwrap();
    }

    proptest! {
        #[test]
        fn no_json_panics_and_what_is_read_survives_a_round_trip(
            edits in proptest::collection::vec((any::<Index>(), 0..4_usize, any::<Index>()), 0..6),
        ) {
            const PIECES: &[&str] = &[
                "{", "}", "[", "]", "\"", ":", ",", "null", "-1", "1e300", "0.5", "true", "\\u0000",
                "18446744073709551616", "\"NaN\"", "\"requestId\":", "\u{fffe}", "[[[[", "{}",
            ];
            let mut json: Vec<u8> = SAVE.into();
            for (at, cut, piece) in edits {
                let at = at.index(json.len());
                let end = (at + cut).min(json.len());
                json.splice(at..end, PIECES[piece.index(PIECES.len())].bytes());
            }
            if let Ok(proto) = json_to_proto(SAVE_REPORT.clone(), &json) {
                let printed = proto_to_json(SAVE_REPORT.clone(), &proto);
                let again = json_to_proto(SAVE_REPORT.clone(), &printed.ok().unwrap());
                prop_assert_eq!(again.ok(), Some(proto));
            }
        }
    }
}
