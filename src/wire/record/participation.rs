//! Converts how units take part in a campaign: what its file states of them, which is part of the
//! campaign record, and what a unit enters itself, which is a record of its own.

use super::{RecordError, UnitNumbers, check_field, decode_message};
use crate::domain::campaign::{
    Allocation, Launch, OfUnit, Participation, Pledge, Registration, UnitPlan,
};
use crate::domain::support::ids::CampaignId;
use crate::domain::target_rule::Target;
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes how a unit takes part. Fails if the unit has no number.
pub fn encode_participation(
    part: &Participation,
    units: &UnitNumbers,
) -> Result<Vec<u8>, RecordError> {
    Ok(participation_to_proto(part, units)?.encode_to_vec())
}

/// Converts how a unit takes part.
pub fn participation_to_proto(
    part: &Participation,
    units: &UnitNumbers,
) -> Result<pb::ParticipationRecord, RecordError> {
    let Participation { campaign, unit, registration, launch, pledges, plans } = part;
    let registration = registration.as_ref().map(|one| pb::Registration {
        signed_role: one.signed_role.clone(),
        received_day: values::day_to_proto(one.received_day),
        late: one.late,
    });
    let plan = |plan: &UnitPlan| pb::UnitPlan {
        content_hash: plan.content_hash().0.to_vec(),
        ..unit_plan_to_proto("", plan)
    };
    Ok(pb::ParticipationRecord {
        campaign_id: campaign.0.to_vec(),
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        registration,
        launch: launch.as_ref().map(|launch| launch_to_proto("", launch)),
        pledges: pledges.iter().map(|pledge| pledge_to_proto("", pledge)).collect(),
        plans: plans.iter().map(plan).collect(),
    })
}

/// Decodes how a unit takes part.
pub fn decode_participation(
    bytes: &[u8],
    units: &UnitNumbers,
) -> Result<Participation, RecordError> {
    participation_from_proto(decode_message(bytes)?, units)
}

/// Converts the message of how a unit takes part.
pub fn participation_from_proto(
    record: pb::ParticipationRecord,
    units: &UnitNumbers,
) -> Result<Participation, RecordError> {
    let pb::ParticipationRecord { campaign_id, unit_number, registration, launch, pledges, plans } =
        record;
    let campaign = values::id_from_bytes(&campaign_id, CampaignId::from_slice);
    let registration = registration.map(|one| {
        let pb::Registration { signed_role, received_day, late } = one;
        let received_day = check_field("received_day", values::day_from_proto(received_day))?;
        Ok(Registration { signed_role, received_day, late })
    });
    let launch = launch.map(launch_from_proto).transpose()?;
    let plans = plans.into_iter().map(|plan| Ok(unit_plan_from_proto(plan)?.act));
    Ok(Participation {
        campaign: check_field("campaign_id", campaign)?,
        unit: units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        registration: registration.transpose()?,
        launch: launch.map(|launch| launch.act),
        pledges: pledges.into_iter().map(|pledge| pledge_from_proto(pledge).act).collect(),
        plans: plans.collect::<Result<_, RecordError>>()?,
    })
}

/// Converts the launch of a unit.
pub(super) fn launch_of_unit_to_proto(one: &OfUnit<Launch>) -> pb::Launch {
    launch_to_proto(&one.unit_uid, &one.act)
}

/// Converts the pledge of a unit.
pub(super) fn pledge_of_unit_to_proto(one: &OfUnit<Pledge>) -> pb::Pledge {
    pledge_to_proto(&one.unit_uid, &one.act)
}

/// Converts the plan of a unit.
pub(super) fn plan_of_unit_to_proto(one: &OfUnit<UnitPlan>) -> pb::UnitPlan {
    unit_plan_to_proto(&one.unit_uid, &one.act)
}

/// Converts a launch; the code of its unit is empty where the message around it names the unit.
pub(in crate::wire) fn launch_to_proto(unit_uid: &str, item: &Launch) -> pb::Launch {
    let Launch { held_on, mode, sites, attendance } = item;
    pb::Launch {
        unit_uid: unit_uid.to_owned(),
        held_day: values::day_to_proto(*held_on),
        mode: enums::launch_mode_to_proto(*mode).into(),
        sites: sites.clone(),
        attendance: *attendance,
    }
}

pub(super) fn launch_from_proto(message: pb::Launch) -> Result<OfUnit<Launch>, RecordError> {
    let pb::Launch { unit_uid, held_day, mode, sites, attendance } = message;
    let held_on = check_field("launches.held_day", values::day_from_proto(held_day))?;
    let mode = check_field("launches.mode", enums::launch_mode_from_proto(mode))?;
    Ok(OfUnit { unit_uid, act: Launch { held_on, mode, sites, attendance } })
}

/// Converts a pledge, as [`launch_to_proto`] does a launch.
pub(in crate::wire) fn pledge_to_proto(unit_uid: &str, item: &Pledge) -> pb::Pledge {
    let Pledge { body, text_vi, signed_role } = item.clone();
    pb::Pledge { unit_uid: unit_uid.to_owned(), body, text_vi, signed_role }
}

pub(super) fn pledge_from_proto(message: pb::Pledge) -> OfUnit<Pledge> {
    let pb::Pledge { unit_uid, body, text_vi, signed_role } = message;
    OfUnit { unit_uid, act: Pledge { body, text_vi, signed_role } }
}

fn unit_plan_to_proto(unit_uid: &str, item: &UnitPlan) -> pb::UnitPlan {
    let UnitPlan { status, document, allocations, remark } = item;
    pb::UnitPlan {
        unit_uid: unit_uid.to_owned(),
        status: enums::plan_status_to_proto(*status).into(),
        document: document.clone(),
        allocations: allocations.iter().map(allocation_to_proto).collect(),
        remark: remark.clone(),
        content_hash: Vec::new(),
    }
}

/// Converts a target as a unit sets it for itself.
pub(in crate::wire) fn allocation_to_proto(item: &Allocation) -> pb::Allocation {
    pb::Allocation {
        target_code: item.target.clone(),
        phase_number: item.phase.map(u32::from),
        formula_text: item.formula.to_string(),
    }
}

pub(super) fn unit_plan_from_proto(message: pb::UnitPlan) -> Result<OfUnit<UnitPlan>, RecordError> {
    let pb::UnitPlan { unit_uid, status, document, allocations, remark, content_hash: _ } = message;
    let status = check_field("plans.status", enums::plan_status_from_proto(status))?;
    let allocations =
        allocations.into_iter().map(allocation_from_proto).collect::<Result<_, _>>()?;
    Ok(OfUnit { unit_uid, act: UnitPlan { status, document, allocations, remark } })
}

/// Converts a target as a unit sets it for itself.
pub(in crate::wire) fn allocation_from_proto(
    message: pb::Allocation,
) -> Result<Allocation, RecordError> {
    let pb::Allocation { target_code, phase_number, formula_text } = message;
    let phase = phase_number.map(u8::try_from).transpose();
    let phase = phase.map_err(|_| RecordError::Field("plans.allocations.phase_number"))?;
    let formula = Target::parse(&formula_text)
        .map_err(|_| RecordError::Field("plans.allocations.formula_text"))?;
    Ok(Allocation { target: target_code, phase, formula })
}
