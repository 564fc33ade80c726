//! Converts how a target is allocated, its course and its shares.

use super::{RecordError, check_field};
use crate::domain::campaign::{AllocatedPart, AllocatedShare, TargetAllocation};
use crate::domain::report::element::CountingLevel;
use crate::domain::target_rule::{PaceCourse, PaceMilestone};
use crate::pb;
use crate::wire::{enums, values};
use jiff::civil::Date;

/// The keys of a target that say where, when and by which limits it is judged.
pub(super) struct JudgedScopeParts<'a> {
    pub(super) levels: &'a [CountingLevel],
    pub(super) phases: &'a [u8],
    pub(super) allocation: &'a Option<TargetAllocation>,
    pub(super) pace: &'a Option<PaceCourse>,
    pub(super) last_day: Option<Date>,
}

/// `None` for a target without any of the keys.
pub(super) fn scope_to_proto(parts: &JudgedScopeParts<'_>) -> Option<pb::TargetScope> {
    let JudgedScopeParts { levels, phases, allocation, pace, last_day } = parts;
    let (method, allocation_parts) = allocation_to_proto(allocation.as_ref());
    let scope = pb::TargetScope {
        levels: levels.iter().map(|one| enums::counting_level_to_proto(*one).into()).collect(),
        phases: phases.iter().copied().map(u32::from).collect(),
        allocation: method.into(),
        allocation_parts,
        pace: pace.as_ref().map(pace_to_proto),
        last_day: last_day.map(values::day_to_proto),
    };
    (scope != pb::TargetScope::default()).then_some(scope)
}

/// The keys as decoded.
pub(super) struct JudgedScopeKeys {
    pub(super) levels: Vec<CountingLevel>,
    pub(super) phases: Vec<u8>,
    pub(super) allocation: Option<TargetAllocation>,
    pub(super) pace: Option<PaceCourse>,
    pub(super) last_day: Option<Date>,
}

pub(super) fn scope_from_proto(
    message: Option<pb::TargetScope>,
) -> Result<JudgedScopeKeys, RecordError> {
    let pb::TargetScope { levels, phases, allocation, allocation_parts, pace, last_day } =
        message.unwrap_or_default();
    let levels = levels.into_iter().map(enums::counting_level_from_proto).collect();
    let phases = phases.into_iter().map(u8::try_from).collect::<Result<_, _>>();
    let last_day = last_day.map(values::day_from_proto).transpose();
    Ok(JudgedScopeKeys {
        levels: check_field("targets.levels", levels)?,
        phases: phases.map_err(|_| RecordError::Field("targets.phases"))?,
        allocation: allocation_from_proto(allocation, allocation_parts)?,
        pace: pace.map(pace_from_proto).transpose()?,
        last_day: check_field("targets.last_day", last_day)?,
    })
}

fn allocation_to_proto(
    allocation: Option<&TargetAllocation>,
) -> (pb::AllocationMethod, Vec<pb::AllocatedPart>) {
    match allocation {
        None => (pb::AllocationMethod::Unspecified, Vec::new()),
        Some(TargetAllocation::SameRate) => (pb::AllocationMethod::SameRate, Vec::new()),
        Some(TargetAllocation::Proportional) => (pb::AllocationMethod::Proportional, Vec::new()),
        Some(TargetAllocation::Table(parts)) => {
            let part = |AllocatedPart { unit_uid, limit }: &AllocatedPart| pb::AllocatedPart {
                unit_uid: unit_uid.clone(),
                limit: *limit,
            };
            (pb::AllocationMethod::Table, parts.iter().map(part).collect())
        }
    }
}

fn allocation_from_proto(
    method: i32,
    parts: Vec<pb::AllocatedPart>,
) -> Result<Option<TargetAllocation>, RecordError> {
    let method = pb::AllocationMethod::try_from(method);
    Ok(match method.map_err(|_| RecordError::Field("targets.allocation"))? {
        pb::AllocationMethod::Unspecified => None,
        pb::AllocationMethod::SameRate => Some(TargetAllocation::SameRate),
        pb::AllocationMethod::Proportional => Some(TargetAllocation::Proportional),
        pb::AllocationMethod::Table => {
            let part = |pb::AllocatedPart { unit_uid, limit }| AllocatedPart { unit_uid, limit };
            Some(TargetAllocation::Table(parts.into_iter().map(part).collect()))
        }
    })
}

fn pace_to_proto(pace: &PaceCourse) -> pb::PaceCourse {
    let milestones = match pace {
        PaceCourse::Linear => Vec::new(),
        PaceCourse::Milestones(milestones) => milestones
            .iter()
            .map(|PaceMilestone { day, cumulative }| pb::PaceMilestone {
                day: values::day_to_proto(*day),
                cumulative: *cumulative,
            })
            .collect(),
    };
    pb::PaceCourse { milestones }
}

fn pace_from_proto(message: pb::PaceCourse) -> Result<PaceCourse, RecordError> {
    let milestone = |pb::PaceMilestone { day, cumulative }| {
        let day = check_field("targets.pace", values::day_from_proto(day))?;
        Ok(PaceMilestone { day, cumulative })
    };
    let milestones: Vec<PaceMilestone> =
        message.milestones.into_iter().map(milestone).collect::<Result<_, RecordError>>()?;
    Ok(if milestones.is_empty() { PaceCourse::Linear } else { PaceCourse::Milestones(milestones) })
}

pub(super) fn share_to_proto(share: &AllocatedShare) -> pb::AllocatedShare {
    let AllocatedShare { target, unit_uid, limit, base, day } = share;
    pb::AllocatedShare {
        target_code: target.clone(),
        unit_uid: unit_uid.clone(),
        limit: *limit,
        base: *base,
        day: values::day_to_proto(*day),
    }
}

pub(super) fn share_from_proto(message: pb::AllocatedShare) -> Result<AllocatedShare, RecordError> {
    let pb::AllocatedShare { target_code, unit_uid, limit, base, day } = message;
    let day = check_field("shares.day", values::day_from_proto(day))?;
    Ok(AllocatedShare { target: target_code, unit_uid, limit, base, day })
}
