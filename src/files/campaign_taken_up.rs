//! How units take a campaign up, in its file: `[[launches]]`, `[[pledges]]` and `[[plans]]`.
//!
//! Knows the keys; whether a plan may take its step is asked of the domain.

use super::toml_reader::Reader;
use crate::domain::campaign::{Allocation, Launch, LaunchMode, PlanStatus, Pledge, UnitPlan};
use crate::domain::target::Target;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

type Text = Spanned<String>;
type Places = BTreeMap<String, usize>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchFile {
    unit: Text,
    held_on: Spanned<Datetime>,
    mode: Text,
    #[serde(default)]
    sites: Vec<String>,
    attendance: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PledgeFile {
    unit: Text,
    #[serde(default)]
    body: String,
    text_vi: String,
    signed_role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    unit: Text,
    status: Text,
    document: String,
    #[serde(default)]
    allocations: Vec<AllocationFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationFile {
    target: String,
    phase: Option<u8>,
    formula: Text,
}

pub(super) fn launch(reader: &mut Reader<'_>, places: &mut Places, raw: LaunchFile) -> Option<Launch> {
    places.insert(format!("launches.{}", raw.unit.get_ref()), raw.unit.span().start);
    let mode = reader.word("launches.mode", &raw.mode, LaunchMode::ALL, LaunchMode::as_str);
    let held_on = reader.date("launches.held_on", &raw.held_on);
    let LaunchFile { unit, sites, attendance, .. } = raw;
    Some(Launch { unit_uid: unit.into_inner(), held_on: held_on?, mode: mode?, sites, attendance })
}

pub(super) fn pledge(places: &mut Places, raw: PledgeFile) -> Pledge {
    places.insert(format!("pledges.{}", raw.unit.get_ref()), raw.unit.span().start);
    let PledgeFile { unit, body, text_vi, signed_role } = raw;
    Pledge { unit_uid: unit.into_inner(), body, text_vi, signed_role }
}

pub(super) fn plan(reader: &mut Reader<'_>, places: &mut Places, raw: PlanFile) -> Option<UnitPlan> {
    places.insert(format!("plans.{}", raw.unit.get_ref()), raw.unit.span().start);
    let status = reader.word("plans.status", &raw.status, PlanStatus::ALL, PlanStatus::as_str);
    let mut allocations = Vec::new();
    for AllocationFile { target, phase, formula } in raw.allocations {
        if let Some(formula) = reader.grammar("plans.allocations.formula", &formula, Target::parse) {
            allocations.push(Allocation { target, phase, formula });
        }
    }
    Some(UnitPlan { unit_uid: raw.unit.into_inner(), status: status?, document: raw.document, allocations })
}
