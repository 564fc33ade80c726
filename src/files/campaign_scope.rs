//! The keys of a target that say where, when and at what pace it is judged: `levels`, `allocation`
//! and `pace`.

use super::toml_reader::TomlReader;
use crate::domain::campaign::{AllocatedPart, TargetAllocation};
use crate::domain::report::element::CountingLevel;
use crate::domain::target_rule::{PaceCourse, PaceMilestone};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A method, or the limit of each unit by uid.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TargetAllocationToml {
    Method(String),
    Table(BTreeMap<String, u32>),
}

/// `LINEAR`, or days with the count due by their end.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PaceToml {
    Course(String),
    Milestones(Vec<(String, u32)>),
}

pub(super) fn read_level(
    reader: &mut TomlReader<'_>,
    text: &Spanned<String>,
) -> Option<CountingLevel> {
    reader.read_enum("targets.levels", text, CountingLevel::ALL, CountingLevel::as_str)
}

pub(super) fn read_allocation(
    reader: &mut TomlReader<'_>,
    value: Spanned<TargetAllocationToml>,
) -> Option<TargetAllocation> {
    let span = value.span();
    match value.into_inner() {
        TargetAllocationToml::Method(word) if word == TargetAllocation::WORDS[0] => {
            Some(TargetAllocation::SameRate)
        }
        TargetAllocationToml::Method(word) if word == TargetAllocation::WORDS[1] => {
            Some(TargetAllocation::Proportional)
        }
        TargetAllocationToml::Method(word) => {
            let words = format!("{} | {{ \"uid\" = 24 }}", TargetAllocation::WORDS.join(" | "));
            reader.push_bad_value("targets.allocation", span, &words, &word);
            None
        }
        TargetAllocationToml::Table(limits) => {
            let part = |(unit_uid, limit)| AllocatedPart { unit_uid, limit };
            Some(TargetAllocation::Table(limits.into_iter().map(part).collect()))
        }
    }
}

pub(super) fn read_pace(
    reader: &mut TomlReader<'_>,
    value: Spanned<PaceToml>,
) -> Option<PaceCourse> {
    let span = value.span();
    match value.into_inner() {
        PaceToml::Course(word) if word == PaceCourse::LINEAR => Some(PaceCourse::Linear),
        PaceToml::Course(word) => {
            let words = format!("{} | [[\"2025-06-30\", 300]]", PaceCourse::LINEAR);
            reader.push_bad_value("targets.pace", span, &words, &word);
            None
        }
        PaceToml::Milestones(milestones) => {
            let mut course = Vec::new();
            for (text, cumulative) in milestones {
                let Ok(day) = text.parse::<Date>() else {
                    reader.push_bad_value("targets.pace", span, "YYYY-MM-DD", &text);
                    return None;
                };
                course.push(PaceMilestone { day, cumulative });
            }
            Some(PaceCourse::Milestones(course))
        }
    }
}
