//! Tests that the tables of keys are what the reader takes.

use super::*;
use crate::files::campaign::read_campaign_leniently;
use crate::files::catalogue::read_catalogue_leniently;
use crate::files::keys::toml_tables::{CAMPAIGN, CATALOGUE, SCORE};
use crate::files::scoring_plan::read_scoring_plan;

/// Which keys of each table a text has.
#[derive(Clone, Copy, PartialEq)]
enum Given {
    Required,
    RequiredAndDefaults,
    All,
}

/// A value that a key takes, as it is written inside a line.
fn sample(kind: KeyValue, given: Given) -> String {
    match kind {
        KeyValue::Text => "\"x\"".into(),
        KeyValue::ElementCode | KeyValue::TargetPair => "\"a\"".into(),
        KeyValue::CalendarCode => "\"week\"".into(),
        KeyValue::Day => "2026-01-01".into(),
        KeyValue::Flag => "true".into(),
        KeyValue::Whole(least, _) => least.max(1).to_string(),
        KeyValue::Number => "\"4/5\"".into(),
        KeyValue::Word(words) => format!("{:?}", words()[0]),
        KeyValue::Formula => "\"count(a) >= 1\"".into(),
        KeyValue::FormRule => "\"a <= a\"".into(),
        KeyValue::List(one) => format!("[{}]", sample(*one, given)),
        KeyValue::Table(table) => format!("{{ {} }}", pairs(table, given).join(", ")),
        KeyValue::Tables(table) => format!("[{{ {} }}]", pairs(table, given).join(", ")),
        KeyValue::Map(one) => format!("{{ k = {} }}", sample(*one, given)),
        KeyValue::DayCount => "[\"2026-01-01\", 1]".into(),
        KeyValue::WordOr(words, _) => format!("{:?}", words()[0]),
    }
}

fn pairs(table: &KeyTable, given: Given) -> Vec<String> {
    let value = |key: &FileKey| match key.presence {
        KeyPresence::Required => Some(sample(key.value, given)),
        KeyPresence::Default(value) if given == Given::RequiredAndDefaults => Some(value.into()),
        KeyPresence::Default(_) | KeyPresence::Optional => {
            // Tables inside show their own keys in every text.
            let is_shown = given == Given::All || key.value.inner_table().is_some();
            is_shown.then(|| sample(key.value, given))
        }
    };
    table.keys.iter().filter_map(|key| Some(format!("{} = {}", key.name, value(key)?))).collect()
}

/// What the reader makes of a text with these keys.
fn read(table: &KeyTable, given: Given) -> String {
    let text = pairs(table, given).join("\n");
    let shown = match table.name {
        "catalogue" => {
            let reading = read_catalogue_leniently("f", &text);
            assert_eq!(reading.diagnostics, [], "{text}");
            reading.value.map(|parsed| format!("{:?}", parsed.catalogue))
        }
        "campaign" => {
            let reading = read_campaign_leniently("f", &text);
            assert_eq!(reading.diagnostics, [], "{text}");
            reading.value.map(|parsed| format!("{:?}", parsed.campaign))
        }
        _ => Some(format!("{:?}", read_scoring_plan("f", &text).unwrap())),
    };
    shown.unwrap()
}

#[test]
fn the_reader_takes_every_key_of_the_tables_and_asks_for_no_other() {
    for table in [&CATALOGUE, &CAMPAIGN, &SCORE] {
        let (least, all) = (read(table, Given::Required), read(table, Given::All));
        assert_ne!(least, all);
    }
}

#[test]
fn a_key_that_is_left_out_stands_for_its_default() {
    for table in [&CATALOGUE, &CAMPAIGN, &SCORE] {
        assert_eq!(read(table, Given::Required), read(table, Given::RequiredAndDefaults));
    }
}

#[test]
fn every_required_key_is_named_when_it_is_missing() {
    let named: Vec<String> = read_campaign_leniently("f", "")
        .diagnostics
        .into_iter()
        .map(|one| format!("{} {}", one.violation.code, one.violation.path))
        .collect();
    let required = CAMPAIGN.keys.iter().filter(|key| key.presence == KeyPresence::Required);
    let expected: Vec<String> = required.map(|key| format!("NOT_GIVEN {}", key.name)).collect();
    assert_eq!(named, expected);
}
