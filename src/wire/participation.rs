//! Converts the acts by which units take part in campaigns: bodies of commands, and of the request
//! of the same acts online.

use super::field_violations::FieldViolations;
use super::record::participation::{
    allocation_from_proto, allocation_to_proto, launch_to_proto, pledge_to_proto,
};
use super::{enums, values};
use crate::domain::campaign::{Allocation, Launch, ParticipationAct, PlanHash, Pledge, TakePart};
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::domain::support::limits::{
    self, ALLOCATIONS_MAX, FORMULA, LAUNCH_SITES_MAX, NAME, NOTE,
};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::command::Body;
use crate::pb::take_part_request::Act;

/// The message of an act: what a unit enters, or what the unit above decides.
pub enum ActMessage {
    /// An act of the unit.
    OfUnit(Act),
    /// A decision on its plan.
    Decision(pb::DecidePlan),
}

impl From<ActMessage> for Body {
    fn from(message: ActMessage) -> Self {
        match message {
            ActMessage::OfUnit(Act::RegisterForCampaign(one)) => Self::RegisterForCampaign(one),
            ActMessage::OfUnit(Act::RecordLaunch(one)) => Self::RecordLaunch(one),
            ActMessage::OfUnit(Act::RecordPledge(one)) => Self::RecordPledge(one),
            ActMessage::OfUnit(Act::SavePlan(one)) => Self::SavePlan(one),
            ActMessage::OfUnit(Act::SubmitPlan(one)) => Self::SubmitPlan(one),
            ActMessage::Decision(one) => Self::DecidePlan(one),
        }
    }
}

/// Converts an act.
#[must_use]
pub fn take_part_to_proto(part: &TakePart) -> ActMessage {
    let (campaign_id, unit_id) = (part.campaign.0.to_vec(), part.unit.0.to_vec());
    ActMessage::OfUnit(match &part.act {
        ParticipationAct::Register { signed_role } => {
            let (signed_role, withdraw) = (signed_role.clone(), false);
            Act::RegisterForCampaign(pb::RegisterForCampaign {
                campaign_id,
                unit_id,
                signed_role,
                withdraw,
            })
        }
        ParticipationAct::WithdrawRegistration => {
            let (signed_role, withdraw) = (String::new(), true);
            Act::RegisterForCampaign(pb::RegisterForCampaign {
                campaign_id,
                unit_id,
                signed_role,
                withdraw,
            })
        }
        ParticipationAct::RecordLaunch { launch, seen } => {
            let convert = |one: &Option<Launch>| one.as_ref().map(|one| launch_to_proto("", one));
            let (launch, base_launch) = (convert(launch), convert(seen));
            Act::RecordLaunch(pb::RecordLaunch { campaign_id, unit_id, launch, base_launch })
        }
        ParticipationAct::RecordPledge { body, pledge, seen } => {
            let convert = |one: &Option<Pledge>| one.as_ref().map(|one| pledge_to_proto("", one));
            Act::RecordPledge(pb::RecordPledge {
                campaign_id,
                unit_id,
                body: body.clone(),
                pledge: convert(pledge),
                base_pledge: convert(seen),
            })
        }
        ParticipationAct::SavePlan { document, allocations, seen } => Act::SavePlan(pb::SavePlan {
            campaign_id,
            unit_id,
            document: document.clone(),
            allocations: allocations.iter().map(allocation_to_proto).collect(),
            base_content_hash: seen.map_or_else(Vec::new, |seen| seen.0.to_vec()),
        }),
        ParticipationAct::SubmitPlan { seen } => {
            let content_hash = seen.0.to_vec();
            Act::SubmitPlan(pb::SubmitPlan { campaign_id, unit_id, content_hash })
        }
        ParticipationAct::DecidePlan { seen, approve, remark } => {
            return ActMessage::Decision(pb::DecidePlan {
                campaign_id,
                unit_id,
                content_hash: seen.0.to_vec(),
                approve: *approve,
                remark: remark.clone(),
            });
        }
    })
}

/// Converts an act of a unit; errors are added to `violations`.
pub fn take_part_from_proto(act: Act, violations: &mut FieldViolations) -> Option<TakePart> {
    match act {
        Act::RegisterForCampaign(message) => register_from_proto(message, violations),
        Act::RecordLaunch(message) => record_launch_from_proto(message, violations),
        Act::RecordPledge(message) => record_pledge_from_proto(message, violations),
        Act::SavePlan(message) => save_plan_from_proto(message, violations),
        Act::SubmitPlan(message) => submit_plan_from_proto(&message, violations),
    }
}

/// The campaign and the unit of an act.
fn place_from_proto(
    campaign_id: &[u8],
    unit_id: &[u8],
    violations: &mut FieldViolations,
) -> Option<(CampaignId, UnitId)> {
    let campaign =
        violations.check("campaign_id", values::id_from_bytes(campaign_id, CampaignId::from_slice));
    let unit = violations.check("unit_id", values::id_from_bytes(unit_id, UnitId::from_slice));
    campaign.zip(unit)
}

fn at_place(
    place: Option<(CampaignId, UnitId)>,
    act: Option<ParticipationAct>,
) -> Option<TakePart> {
    let ((campaign, unit), act) = place.zip(act)?;
    Some(TakePart { campaign, unit, act })
}

fn register_from_proto(
    message: pb::RegisterForCampaign,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::RegisterForCampaign { campaign_id, unit_id, signed_role, withdraw } = message;
    let place = place_from_proto(&campaign_id, &unit_id, violations);
    let act = if withdraw {
        Some(ParticipationAct::WithdrawRegistration)
    } else {
        let signed_role = violations.check_text("signed_role", &signed_role, NAME);
        signed_role.map(|signed_role| ParticipationAct::Register { signed_role })
    };
    at_place(place, act)
}

fn record_launch_from_proto(
    message: pb::RecordLaunch,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::RecordLaunch { campaign_id, unit_id, launch, base_launch } = message;
    let place = place_from_proto(&campaign_id, &unit_id, violations);
    let mut read = |name: &str, launch: Option<pb::Launch>| match launch {
        None => Some(None),
        Some(launch) => launch_from_proto(name, launch, violations).map(Some),
    };
    let (launch, seen) = (read("launch", launch), read("base_launch", base_launch));
    let act = launch.zip(seen);
    at_place(place, act.map(|(launch, seen)| ParticipationAct::RecordLaunch { launch, seen }))
}

fn launch_from_proto(
    name: &str,
    message: pb::Launch,
    violations: &mut FieldViolations,
) -> Option<Launch> {
    let pb::Launch { unit_uid: _, held_day, mode, sites, attendance } = message;
    let held_on = violations.check(format!("{name}.held_day"), values::day_from_proto(held_day));
    let mode = violations.check(format!("{name}.mode"), enums::launch_mode_from_proto(mode));
    if sites.len() > LAUNCH_SITES_MAX {
        violations.add(format!("{name}.sites"), RefusalReason::TooMany);
        return None;
    }
    let sites: Vec<Option<String>> = sites
        .iter()
        .enumerate()
        .map(|(at, site)| violations.check_text(format!("{name}.sites[{at}]"), site, limits::CODE))
        .collect();
    let sites = sites.into_iter().collect::<Option<Vec<_>>>();
    Some(Launch { held_on: held_on?, mode: mode?, sites: sites?, attendance })
}

fn record_pledge_from_proto(
    message: pb::RecordPledge,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::RecordPledge { campaign_id, unit_id, body, pledge, base_pledge } = message;
    let place = place_from_proto(&campaign_id, &unit_id, violations);
    let body = violations.check_text("body", &body, limits::CODE);
    let mut read = |name: &str, pledge: Option<pb::Pledge>| match pledge {
        None => Some(None),
        Some(pb::Pledge { unit_uid: _, body: _, text_vi, signed_role }) => {
            let text_vi = violations.check_text(format!("{name}.text_vi"), &text_vi, NOTE);
            let signed_role =
                violations.check_text(format!("{name}.signed_role"), &signed_role, NAME);
            let body = body.clone()?;
            Some(Some(Pledge { body, text_vi: text_vi?, signed_role: signed_role? }))
        }
    };
    let both = read("pledge", pledge).zip(read("base_pledge", base_pledge));
    let act = body.clone().zip(both).map(|(body, (pledge, seen))| ParticipationAct::RecordPledge {
        body,
        pledge,
        seen,
    });
    at_place(place, act)
}

fn save_plan_from_proto(
    message: pb::SavePlan,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::SavePlan { campaign_id, unit_id, document, allocations, base_content_hash } = message;
    let place = place_from_proto(&campaign_id, &unit_id, violations);
    let document = violations.check_text("document", &document, NOTE);
    let seen = if base_content_hash.is_empty() {
        Some(None)
    } else {
        violations.check("base_content_hash", plan_hash_from_bytes(&base_content_hash)).map(Some)
    };
    let allocations = allocations_from_proto(allocations, violations);
    let act = document.zip(allocations.zip(seen)).map(|(document, (allocations, seen))| {
        ParticipationAct::SavePlan { document, allocations, seen }
    });
    at_place(place, act)
}

fn allocations_from_proto(
    messages: Vec<pb::Allocation>,
    violations: &mut FieldViolations,
) -> Option<Vec<Allocation>> {
    if messages.len() > ALLOCATIONS_MAX {
        violations.add("allocations", RefusalReason::TooMany);
        return None;
    }
    let mut read = Vec::with_capacity(messages.len());
    for (at, message) in messages.into_iter().enumerate() {
        let name = format!("allocations[{at}]");
        let target = violations.check_text(
            format!("{name}.target_code"),
            &message.target_code,
            limits::CODE,
        );
        let formula =
            violations.check_text(format!("{name}.formula_text"), &message.formula_text, FORMULA);
        let allocation = allocation_from_proto(message).map_err(|_| RefusalReason::Malformed);
        let allocation = violations.check(name, allocation);
        if let (Some(target), Some(_), Some(allocation)) = (target, formula, allocation) {
            read.push(Allocation { target, ..allocation });
        }
    }
    Some(read)
}

fn submit_plan_from_proto(
    message: &pb::SubmitPlan,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::SubmitPlan { campaign_id, unit_id, content_hash } = message;
    let place = place_from_proto(campaign_id, unit_id, violations);
    let seen = violations.check("content_hash", plan_hash_from_bytes(content_hash));
    at_place(place, seen.map(|seen| ParticipationAct::SubmitPlan { seen }))
}

/// Converts the decision on a plan; errors are added to `violations`.
pub fn decide_plan_from_proto(
    message: pb::DecidePlan,
    violations: &mut FieldViolations,
) -> Option<TakePart> {
    let pb::DecidePlan { campaign_id, unit_id, content_hash, approve, remark } = message;
    let place = place_from_proto(&campaign_id, &unit_id, violations);
    let seen = violations.check("content_hash", plan_hash_from_bytes(&content_hash));
    let remark = violations.check_text("remark", &remark, NOTE);
    let act = seen.zip(remark);
    at_place(
        place,
        act.map(|(seen, remark)| ParticipationAct::DecidePlan { seen, approve, remark }),
    )
}

fn plan_hash_from_bytes(bytes: &[u8]) -> Result<PlanHash, RefusalReason> {
    bytes.try_into().map(PlanHash).map_err(|_| RefusalReason::Malformed)
}
