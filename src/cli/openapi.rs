//! The contract as an OpenAPI 3.1 document: each unary method as a POST of JSON, as the server
//! answers it (Connect). Descriptions are the comments of the protos.

use crate::pb;
use prost_reflect::prost_types::source_code_info::Location;
use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};

const PACKAGE: &str = "thidua.v1";
const DESCRIPTION: &str = "Every unary call, in JSON as proto3 defines it: 64-bit numbers as \
     strings, bytes as base64, fields with their default value left out. Unknown fields are refused. \
     Streams are called with gRPC or gRPC-Web.";

/// The document of the whole contract.
pub(super) fn openapi_document() -> Value {
    // The descriptors are compiled in; a test reads them.
    let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).unwrap_or_default();
    let (mut paths, mut schemas) = (Map::new(), Schemas::default());
    let services = pool.services().filter(|service| service.package_name() == PACKAGE);
    for service in services {
        for method in service.methods() {
            if !method.is_client_streaming() && !method.is_server_streaming() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                paths.insert(path, json!({ "post": operation(&method, &mut schemas) }));
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": PACKAGE,
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
        },
        "servers": [{ "url": "https://127.0.0.1:8443" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas.finish(),
        },
    })
}

fn operation(method: &MethodDescriptor, schemas: &mut Schemas) -> Value {
    let service = method.parent_service();
    let body = |schema: Value| json!({ "application/json": { "schema": schema } });
    let comment = comment_at(&method.parent_file(), method.path());
    json!({
        "operationId": format!("{}_{}", service.name(), method.name()),
        "tags": [service.name()],
        "description": comment,
        "requestBody": { "required": true, "content": body(schemas.message(&method.input())) },
        "responses": {
            "200": { "description": "The answer.", "content": body(schemas.message(&method.output())) },
            "default": {
                "description": "The error.",
                "content": body(json!({ "$ref": "#/components/schemas/Error" })),
            },
        },
    })
}

/// The schemas that the calls refer to; each message and enum is written once.
#[derive(Default)]
struct Schemas {
    written: BTreeMap<String, Value>,
    messages: VecDeque<MessageDescriptor>,
}

impl Schemas {
    /// A reference to a message.
    fn message(&mut self, message: &MessageDescriptor) -> Value {
        let name = message.full_name();
        if !self.written.contains_key(name) {
            // Keeps the name until the message is written: messages contain each other.
            self.written.insert(name.to_owned(), Value::Null);
            self.messages.push_back(message.clone());
        }
        reference(name)
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptor) -> Value {
        let name = enumeration.full_name();
        if !self.written.contains_key(name) {
            let file = enumeration.parent_file();
            let mut text = comment_at(&file, enumeration.path());
            for value in enumeration.values() {
                text += &format!("\n- {}: {}", value.name(), comment_at(&file, value.path()));
            }
            let names: Vec<_> = enumeration.values().map(|value| value.name().to_owned()).collect();
            let schema = json!({ "type": "string", "enum": names, "description": text });
            self.written.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        let single = self.kind(&field.kind());
        let mut schema =
            if field.is_list() { json!({ "type": "array", "items": single }) } else { single };
        let mut text = comment_at(&field.parent_file(), field.path());
        let group = field.containing_oneof().filter(|group| !group.is_synthetic());
        if let Some(group) = group {
            text += &format!(" At most one field of `{}` is set.", group.name());
        }
        schema["description"] = text.into();
        schema
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(enumeration) => self.enumeration(enumeration),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({ "type": "integer", "format": "int32" })
            }
            Kind::Uint32 | Kind::Fixed32 => {
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$" })
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$" })
            }
            Kind::Float | Kind::Double => json!({ "type": "number" }),
        }
    }

    fn write(&mut self, message: &MessageDescriptor) -> Value {
        // In JSON these are texts.
        let format = match message.full_name() {
            "google.protobuf.Timestamp" => Some("date-time"),
            "google.protobuf.Duration" => Some("duration"),
            "google.protobuf.FieldMask" => Some("field-mask"),
            _ => None,
        };
        if let Some(format) = format {
            return json!({ "type": "string", "format": format });
        }
        let properties: Map<String, Value> = message
            .fields()
            .map(|field| (field.json_name().to_owned(), self.field(&field)))
            .collect();
        json!({
            "type": "object",
            "description": comment_at(&message.parent_file(), message.path()),
            "properties": properties,
            "additionalProperties": false,
        })
    }

    fn finish(mut self) -> BTreeMap<String, Value> {
        while let Some(message) = self.messages.pop_front() {
            let schema = self.write(&message);
            self.written.insert(message.full_name().to_owned(), schema);
        }
        self.written.insert("Error".to_owned(), error_schema());
        self.written
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "An error of Connect. Decide by `debug.reason` of google.rpc.ErrorInfo.",
        "properties": {
            "code": { "type": "string" },
            "message": { "type": "string" },
            "details": { "type": "array", "items": { "type": "object", "properties": {
                "type": { "type": "string" },
                "value": { "type": "string", "contentEncoding": "base64" },
                "debug": { "type": "object" },
            } } },
        },
        "required": ["code"],
    })
}

/// The comment of the element at this path of a file, as one paragraph.
fn comment_at(file: &FileDescriptor, path: &[i32]) -> String {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let is_here = |location: &&Location| location.path == path;
    let location = source.and_then(|source| source.location.iter().find(is_here));
    let comment = location.map(Location::leading_comments).unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::Rpc;

    /// Every reference in a document.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    found.push(target.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(all) => all.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_unary_call_is_described_and_every_reference_leads_to_a_schema() {
        let document = openapi_document();
        let paths = document["paths"].as_object().unwrap();
        let streams = ["/Sync", "/RunJob", "/FollowRuns", "/ImportFile"];
        for rpc in Rpc::ALL {
            let is_stream = streams.iter().any(|stream| rpc.path().ends_with(stream));
            assert_eq!(paths.contains_key(rpc.path()), !is_stream, "{rpc:?}");
        }
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in found {
            let schema = document.pointer(target.trim_start_matches('#')).unwrap();
            assert!(schema.is_object(), "{target}");
        }
    }

    #[test]
    fn a_schema_says_what_the_proto_says() {
        let document = openapi_document();
        let schemas = &document["components"]["schemas"];
        let request = &schemas["thidua.v1.GetUnitRequest"];
        assert_eq!(request["properties"]["unitId"]["contentEncoding"], "base64");
        assert_eq!(request["additionalProperties"], false);
        let uid = request["properties"]["uid"]["description"].as_str().unwrap();
        assert!(
            uid.contains("com-29242-1") && uid.contains("At most one field of `unit`"),
            "{uid}"
        );
        let unit = &schemas["thidua.v1.Unit"]["properties"];
        assert_eq!(
            (&unit["revision"]["type"], &unit["id"]["type"]),
            (&"string".into(), &"string".into())
        );
        let kinds = schemas["thidua.v1.UnitKind"]["enum"].as_array().unwrap();
        assert!(kinds.contains(&"UNIT_KIND_PROVINCE".into()));
    }
}
