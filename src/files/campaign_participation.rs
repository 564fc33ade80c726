//! Participation of units in a campaign file: `[[launches]]`, `[[pledges]]` and `[[plans]]`.
//!
//! Whether a plan may change its state is checked in `domain::campaign`.

use super::toml_reader::TomlReader;
use crate::domain::campaign::{
    Allocation, Launch, LaunchMode, OfUnit, PlanStatus, Pledge, UnitPlan,
};
use crate::domain::target_rule::Target;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

type SpannedText = Spanned<String>;
type ParticipationOffsets = BTreeMap<String, usize>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchToml {
    unit: SpannedText,
    held_on: Spanned<Datetime>,
    mode: SpannedText,
    #[serde(default)]
    sites: Vec<String>,
    attendance: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PledgeToml {
    unit: SpannedText,
    #[serde(default)]
    body: String,
    text_vi: String,
    signed_role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitPlanToml {
    unit: SpannedText,
    status: SpannedText,
    document: String,
    #[serde(default)]
    allocations: Vec<AllocationToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationToml {
    target: String,
    phase: Option<u8>,
    formula: SpannedText,
}

pub(super) fn read_launch(
    reader: &mut TomlReader<'_>,
    offsets: &mut ParticipationOffsets,
    raw: LaunchToml,
) -> Option<OfUnit<Launch>> {
    offsets.insert(format!("launches.{}", raw.unit.get_ref()), raw.unit.span().start);
    let mode = reader.read_enum("launches.mode", &raw.mode, LaunchMode::ALL, LaunchMode::as_str);
    let held_on = reader.read_date("launches.held_on", &raw.held_on);
    let LaunchToml { unit, sites, attendance, .. } = raw;
    let launch = Launch { held_on: held_on?, mode: mode?, sites, attendance };
    Some(OfUnit { unit_uid: unit.into_inner(), act: launch })
}

pub(super) fn read_pledge(offsets: &mut ParticipationOffsets, raw: PledgeToml) -> OfUnit<Pledge> {
    offsets.insert(format!("pledges.{}", raw.unit.get_ref()), raw.unit.span().start);
    let PledgeToml { unit, body, text_vi, signed_role } = raw;
    OfUnit { unit_uid: unit.into_inner(), act: Pledge { body, text_vi, signed_role } }
}

pub(super) fn read_plan(
    reader: &mut TomlReader<'_>,
    offsets: &mut ParticipationOffsets,
    raw: UnitPlanToml,
) -> Option<OfUnit<UnitPlan>> {
    offsets.insert(format!("plans.{}", raw.unit.get_ref()), raw.unit.span().start);
    let status = reader.read_enum("plans.status", &raw.status, PlanStatus::ALL, PlanStatus::as_str);
    let mut allocations = Vec::new();
    for AllocationToml { target, phase, formula } in raw.allocations {
        if let Some(formula) =
            reader.read_formula("plans.allocations.formula", &formula, Target::parse)
        {
            allocations.push(Allocation { target, phase, formula });
        }
    }
    let plan =
        UnitPlan { status: status?, document: raw.document, allocations, remark: String::new() };
    Some(OfUnit { unit_uid: raw.unit.into_inner(), act: plan })
}
