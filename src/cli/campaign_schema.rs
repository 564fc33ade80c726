//! `thidua campaign schema`: the JSON Schema of a TOML file, so that editors complete and check it.
//!
//! Draft 7, which taplo and the editors that use it read. TOML has days; to a schema they are
//! texts.

use super::context::CliContext;
use super::error::CliResult;
use crate::domain::reporting::calendar::Calendars;
use crate::files::keys::toml_tables::{CAMPAIGN, CATALOGUE, SCORE};
use crate::files::keys::{FileKey, KeyPresence, KeyTable, KeyValue, chars_max};
use crate::i18n::Lang;
use serde_json::{Map, Value, json};

/// The files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SchemaFile {
    // Elements, forms and contracts.
    Elements,
    // The same: the three may stand in one file or in several.
    Forms,
    // A campaign.
    Campaign,
    // A score file.
    Score,
}

pub(super) fn print_schema(ctx: &CliContext, file: SchemaFile) -> CliResult {
    ctx.output.print_line(format!("{:#}", schema(file, ctx.output.lang)));
    Ok(())
}

fn schema(file: SchemaFile, lang: Lang) -> Value {
    let (name, table) = match file {
        SchemaFile::Elements => ("elements", &CATALOGUE),
        SchemaFile::Forms => ("forms", &CATALOGUE),
        SchemaFile::Campaign => ("campaign", &CAMPAIGN),
        SchemaFile::Score => ("score", &SCORE),
    };
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!(format!("thidua: {name}")));
    schema.extend(table_schema(table, lang));
    Value::Object(schema)
}

fn table_schema(table: &'static KeyTable, lang: Lang) -> Map<String, Value> {
    let property = |key: &'static FileKey| {
        let mut schema = value_schema(key.value, key.name, lang);
        schema.insert("description".into(), json!(lang.say(table.key_meaning(key))));
        if let KeyPresence::Default(value) = key.presence {
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            schema.insert("default".into(), value);
        }
        (key.name.to_owned(), Value::Object(schema))
    };
    let properties: Map<String, Value> = table.keys.iter().map(property).collect();
    let required = table.keys.iter().filter(|key| key.presence == KeyPresence::Required);
    let required: Vec<&str> = required.map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("description".into(), json!(lang.say(table.meaning())));
    schema.insert("type".into(), json!("object"));
    schema.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("properties".into(), Value::Object(properties));
    schema
}

fn value_schema(kind: KeyValue, name: &str, lang: Lang) -> Map<String, Value> {
    let text = |pattern: Option<&str>| {
        let mut schema = json!({ "type": "string", "maxLength": chars_max(name) });
        if let (Some(pattern), Some(object)) = (pattern, schema.as_object_mut()) {
            object.insert("pattern".into(), json!(pattern));
        }
        schema
    };
    let schema = match kind {
        KeyValue::Text | KeyValue::Formula | KeyValue::FormRule => text(None),
        KeyValue::ElementCode => text(Some("^[a-z][a-z0-9_]{0,47}$")),
        KeyValue::TargetPair => text(Some("^[A-Za-z]")),
        KeyValue::Number => text(Some("^-?[0-9]+([.][0-9]+)?(/-?[0-9]+([.][0-9]+)?)?$")),
        KeyValue::CalendarCode => {
            let calendars = Calendars::standard();
            let codes: Vec<&str> = calendars.iter().map(|one| one.code.as_str()).collect();
            json!({ "type": "string", "enum": codes })
        }
        KeyValue::Word(words) => json!({ "type": "string", "enum": words() }),
        KeyValue::Day => json!({ "type": "string", "format": "date" }),
        KeyValue::Flag => json!({ "type": "boolean" }),
        KeyValue::Whole(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        KeyValue::List(one) => {
            json!({ "type": "array", "items": value_schema(*one, name, lang) })
        }
        KeyValue::Tables(table) => json!({ "type": "array", "items": table_schema(table, lang) }),
        KeyValue::Table(table) => Value::Object(table_schema(table, lang)),
        KeyValue::DayCount => json!({ "type": "array", "minItems": 2, "maxItems": 2 }),
        KeyValue::WordOr(words, other) => json!({ "anyOf": [
            { "type": "string", "enum": words() },
            value_schema(*other, name, lang),
        ] }),
        KeyValue::Map(one) => {
            json!({ "type": "object", "additionalProperties": value_schema(*one, name, lang) })
        }
    };
    match schema {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
