//! Converts how units take part in a campaign (launches, pledges, plans): parts of the campaign
//! record.

use super::{RecordError, check_field};
use crate::domain::campaign::{Allocation, Launch, Pledge, UnitPlan};
use crate::domain::target_rule::Target;
use crate::pb;
use crate::wire::{enums, values};

pub(super) fn launch_to_proto(item: &Launch) -> pb::Launch {
    let Launch { unit_uid, held_on, mode, sites, attendance } = item;
    pb::Launch {
        unit_uid: unit_uid.clone(),
        held_day: values::day_to_proto(*held_on),
        mode: enums::launch_mode_to_proto(*mode).into(),
        sites: sites.clone(),
        attendance: *attendance,
    }
}

pub(super) fn launch_from_proto(message: pb::Launch) -> Result<Launch, RecordError> {
    let pb::Launch { unit_uid, held_day, mode, sites, attendance } = message;
    let held_on = check_field("launches.held_day", values::day_from_proto(held_day))?;
    let mode = check_field("launches.mode", enums::launch_mode_from_proto(mode))?;
    Ok(Launch { unit_uid, held_on, mode, sites, attendance })
}

pub(super) fn pledge_to_proto(item: &Pledge) -> pb::Pledge {
    let Pledge { unit_uid, body, text_vi, signed_role } = item.clone();
    pb::Pledge { unit_uid, body, text_vi, signed_role }
}

pub(super) fn pledge_from_proto(message: pb::Pledge) -> Pledge {
    let pb::Pledge { unit_uid, body, text_vi, signed_role } = message;
    Pledge { unit_uid, body, text_vi, signed_role }
}

pub(super) fn unit_plan_to_proto(item: &UnitPlan) -> pb::UnitPlan {
    let UnitPlan { unit_uid, status, document, allocations } = item;
    let allocation = |item: &Allocation| pb::Allocation {
        target_code: item.target.clone(),
        phase_number: item.phase.map(u32::from),
        formula_text: item.formula.to_string(),
    };
    pb::UnitPlan {
        unit_uid: unit_uid.clone(),
        status: enums::plan_status_to_proto(*status).into(),
        document: document.clone(),
        allocations: allocations.iter().map(allocation).collect(),
    }
}

pub(super) fn unit_plan_from_proto(message: pb::UnitPlan) -> Result<UnitPlan, RecordError> {
    let pb::UnitPlan { unit_uid, status, document, allocations } = message;
    let status = check_field("plans.status", enums::plan_status_from_proto(status))?;
    let allocations =
        allocations.into_iter().map(allocation_from_proto).collect::<Result<_, _>>()?;
    Ok(UnitPlan { unit_uid, status, document, allocations })
}

fn allocation_from_proto(message: pb::Allocation) -> Result<Allocation, RecordError> {
    let pb::Allocation { target_code, phase_number, formula_text } = message;
    let phase = phase_number.map(u8::try_from).transpose();
    let phase = phase.map_err(|_| RecordError::Field("plans.allocations.phase_number"))?;
    let formula = Target::parse(&formula_text)
        .map_err(|_| RecordError::Field("plans.allocations.formula_text"))?;
    Ok(Allocation { target: target_code, phase, formula })
}
