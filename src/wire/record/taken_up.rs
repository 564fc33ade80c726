//! How units take a campaign up, as parts of its record.

use super::{BadRecord, field};
use crate::domain::campaign::{Allocation, Launch, Pledge, UnitPlan};
use crate::domain::target::Target;
use crate::pb;
use crate::wire::{values, words};

pub(super) fn launch(one: &Launch) -> pb::Launch {
    let Launch { unit_uid, held_on, mode, sites, attendance } = one;
    pb::Launch {
        unit_uid: unit_uid.clone(),
        held_day: values::day(*held_on),
        mode: words::launch_mode(*mode).into(),
        sites: sites.clone(),
        attendance: *attendance,
    }
}

pub(super) fn read_launch(message: pb::Launch) -> Result<Launch, BadRecord> {
    let pb::Launch { unit_uid, held_day, mode, sites, attendance } = message;
    let held_on = field("launches.held_day", values::read_day(held_day))?;
    let mode = field("launches.mode", words::read_launch_mode(mode))?;
    Ok(Launch { unit_uid, held_on, mode, sites, attendance })
}

pub(super) fn pledge(one: &Pledge) -> pb::Pledge {
    let Pledge { unit_uid, body, text_vi, signed_role } = one.clone();
    pb::Pledge { unit_uid, body, text_vi, signed_role }
}

pub(super) fn read_pledge(message: pb::Pledge) -> Pledge {
    let pb::Pledge { unit_uid, body, text_vi, signed_role } = message;
    Pledge { unit_uid, body, text_vi, signed_role }
}

pub(super) fn plan(one: &UnitPlan) -> pb::UnitPlan {
    let UnitPlan { unit_uid, status, document, allocations } = one;
    let allocation = |one: &Allocation| pb::Allocation {
        target_code: one.target.clone(),
        phase_number: one.phase.map(u32::from),
        formula_text: one.formula.to_string(),
    };
    pb::UnitPlan {
        unit_uid: unit_uid.clone(),
        status: words::plan_status(*status).into(),
        document: document.clone(),
        allocations: allocations.iter().map(allocation).collect(),
    }
}

pub(super) fn read_plan(message: pb::UnitPlan) -> Result<UnitPlan, BadRecord> {
    let pb::UnitPlan { unit_uid, status, document, allocations } = message;
    let status = field("plans.status", words::read_plan_status(status))?;
    let allocations = allocations.into_iter().map(read_allocation).collect::<Result<_, _>>()?;
    Ok(UnitPlan { unit_uid, status, document, allocations })
}

fn read_allocation(message: pb::Allocation) -> Result<Allocation, BadRecord> {
    let pb::Allocation { target_code, phase_number, formula_text } = message;
    let phase = phase_number.map(u8::try_from).transpose();
    let phase = phase.map_err(|_| BadRecord::Field("plans.allocations.phase_number"))?;
    let formula = Target::parse(&formula_text).map_err(|_| BadRecord::Field("plans.allocations.formula_text"))?;
    Ok(Allocation { target: target_code, phase, formula })
}
