//! Encodes and decodes campaigns.

use super::judged_scope::{self, JudgedScopeKeys, JudgedScopeParts};
use super::participation;
use super::{ElementNumbers, RecordError, check_field, decode_message, require_field};
use crate::domain::campaign::{
    Activity, Amendment, Anniversary, AnniversaryCorrection, Campaign, CampaignTarget,
    Classification, Duty, Phase, Reopening, TargetPair,
};
use crate::domain::report::element::ElementCode;
use crate::domain::target_rule::Target;
use crate::pb;
use crate::pb::target_pair::Pair as TargetPairMessage;
use crate::wire::{enums, values};
use jiff::civil::Date;
use prost::Message as _;

/// Encodes a campaign. Fails if an element has no number. The classification is not encoded,
/// because campaigns in this system are never secret.
pub fn encode_campaign(
    campaign: &Campaign,
    numbers: &ElementNumbers,
) -> Result<Vec<u8>, RecordError> {
    campaign_to_proto(campaign, numbers).map(|message| message.encode_to_vec())
}

type CampaignMessage = Result<pb::CampaignRecord, RecordError>;

/// Converts a campaign. Fails if an element has no number.
pub fn campaign_to_proto(campaign: &Campaign, numbers: &ElementNumbers) -> CampaignMessage {
    let Campaign {
        code,
        name_vi,
        name_en,
        kind,
        parent_movement,
        owner_uid,
        audience_vi,
        legal_window,
        measurement_window,
        launched_on,
        registration_deadline,
        theme,
        motto,
        fields,
        phases,
        anniversaries,
        classification: _,
        status,
        contracts,
        device_retention_days,
        targets,
        activities,
        duties,
        launches: _,
        pledges: _,
        plans: _,
        amendments,
        reopening,
        shares: _,
    } = campaign;
    Ok(pb::CampaignRecord {
        code: code.clone(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        kind: enums::campaign_kind_to_proto(*kind).into(),
        parent_movement: text_to_proto(parent_movement),
        owner_uid: owner_uid.clone(),
        audience_vi: audience_vi.clone(),
        legal_days: Some(values::window_to_proto(*legal_window)),
        measurement_days: Some(values::window_to_proto(*measurement_window)),
        launched_day: launched_on.map(values::day_to_proto),
        registration_deadline_day: registration_deadline.map(values::day_to_proto),
        theme: text_to_proto(theme),
        motto: text_to_proto(motto),
        field_codes: fields.clone(),
        phases: phases.iter().map(phase_to_proto).collect(),
        anniversaries: anniversaries.iter().map(anniversary_to_proto).collect(),
        status: enums::campaign_status_to_proto(*status).into(),
        contracts: contracts.clone(),
        device_days: device_retention_days.map(Into::into),
        targets: try_map(targets, |target| target_to_proto(target, numbers))?,
        activities: try_map(activities, |activity| activity_to_proto(activity, numbers))?,
        duties: try_map(duties, |duty| duty_to_proto(duty, numbers))?,
        amendments: amendments.iter().map(amendment_to_proto).collect(),
        reopening: reopening.as_ref().map(reopening_to_proto),
        ..participation_to_proto(campaign)
    })
}

/// The part of the message that says how units take part.
fn participation_to_proto(campaign: &Campaign) -> pb::CampaignRecord {
    let Campaign { launches, pledges, plans, shares, .. } = campaign;
    pb::CampaignRecord {
        launches: launches.iter().map(participation::launch_of_unit_to_proto).collect(),
        pledges: pledges.iter().map(participation::pledge_of_unit_to_proto).collect(),
        plans: plans.iter().map(participation::plan_of_unit_to_proto).collect(),
        shares: shares.iter().map(judged_scope::share_to_proto).collect(),
        ..pb::CampaignRecord::default()
    }
}

/// Converts all items; fails with the first error.
fn try_map<T, U>(
    items: impl IntoIterator<Item = T>,
    convert: impl FnMut(T) -> Result<U, RecordError>,
) -> Result<Vec<U>, RecordError> {
    items.into_iter().map(convert).collect()
}

fn text_to_proto(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn text_from_proto(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn find_element_number(code: &ElementCode, numbers: &ElementNumbers) -> Result<u32, RecordError> {
    numbers.number(code).ok_or(RecordError::UnknownElement)
}

fn find_element_code(number: u32, numbers: &ElementNumbers) -> Result<ElementCode, RecordError> {
    numbers.item(number).cloned().ok_or(RecordError::UnknownElement)
}

fn phase_to_proto(phase: &Phase) -> pb::Phase {
    let Phase { no, name_vi, name_en, window, focus, assumed } = phase;
    pb::Phase {
        number: u32::from(*no),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        days: Some(values::window_to_proto(*window)),
        focus: focus.clone(),
        assumed: *assumed,
    }
}

fn anniversary_to_proto(anniversary: &Anniversary) -> pb::Anniversary {
    let Anniversary {
        name_vi,
        name_en,
        origin,
        ordinal,
        commemorated_on,
        as_published,
        correction,
    } = anniversary;
    pb::Anniversary {
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        origin_day: values::day_to_proto(*origin),
        ordinal: u32::from(ordinal.unsigned_abs()),
        commemorated_day: values::day_to_proto(*commemorated_on),
        as_published: as_published.clone(),
        corrected_origin_day: correction
            .as_ref()
            .map(|correction| values::day_to_proto(correction.origin)),
        correction_reason_vi: correction
            .as_ref()
            .map_or_else(String::new, |correction| correction.reason_vi.clone()),
    }
}

fn target_to_proto(
    target: &CampaignTarget,
    numbers: &ElementNumbers,
) -> Result<pb::Target, RecordError> {
    let CampaignTarget {
        code,
        field,
        text_vi,
        text_en,
        formula,
        commitment,
        baseline,
        overlap_waiver,
        min_base,
        coverage_min,
        zero_base,
        pairs,
        gaming_note,
        coercive_override,
        levels,
        phases,
        allocation,
        pace,
        last_day,
    } = target;
    let scope = JudgedScopeParts { levels, phases, allocation, pace, last_day: *last_day };
    let pair = |pair: &TargetPair| {
        let pair = match pair {
            TargetPair::Target(code) => TargetPairMessage::TargetCode(code.clone()),
            TargetPair::Count(element) => {
                TargetPairMessage::ElementNumber(find_element_number(element, numbers)?)
            }
        };
        Ok(pb::TargetPair { pair: Some(pair) })
    };
    Ok(pb::Target {
        code: code.clone(),
        field: 0,
        field_code: text_to_proto(field),
        text_vi: text_vi.clone(),
        text_en: text_en.clone(),
        formula: formula.to_string(),
        commitment: enums::commitment_to_proto(*commitment).into(),
        baseline: baseline.map_or(0, |one| enums::baseline_method_to_proto(one).into()),
        overlap_waiver: text_to_proto(overlap_waiver),
        min_base: *min_base,
        coverage_min_thousandths: coverage_min.map(u32::from),
        zero_base: zero_base.map_or(0, |one| enums::zero_base_to_proto(one).into()),
        pairs: pairs.iter().map(pair).collect::<Result<_, RecordError>>()?,
        gaming_note: gaming_note.clone(),
        coercive_override: text_to_proto(coercive_override),
        scope: judged_scope::scope_to_proto(&scope),
    })
}

fn activity_to_proto(
    activity: &Activity,
    numbers: &ElementNumbers,
) -> Result<pb::Activity, RecordError> {
    let Activity { code, name_vi, name_en, element } = activity;
    let element_number = find_element_number(element, numbers)?;
    Ok(pb::Activity {
        code: code.clone(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        element_number,
    })
}

fn duty_to_proto(duty: &Duty, numbers: &ElementNumbers) -> Result<pb::Duty, RecordError> {
    let Duty { code, field, text_vi, text_en, evidence, element, due } = duty;
    Ok(pb::Duty {
        code: code.clone(),
        field: 0,
        field_code: text_to_proto(field),
        text_vi: text_vi.clone(),
        text_en: text_en.clone(),
        evidence: enums::evidence_to_proto(*evidence).into(),
        element_number: element
            .as_ref()
            .map_or(Ok(0), |element| find_element_number(element, numbers))?,
        due: *due,
    })
}

/// Decodes a campaign.
pub fn decode_campaign(bytes: &[u8], numbers: &ElementNumbers) -> Result<Campaign, RecordError> {
    let record: pb::CampaignRecord = decode_message(bytes)?;
    let window = |field, days| check_field(field, values::window_from_proto(days));
    Ok(Campaign {
        code: record.code,
        name_vi: record.name_vi,
        name_en: record.name_en,
        kind: check_field("kind", enums::campaign_kind_from_proto(record.kind))?,
        parent_movement: text_from_proto(record.parent_movement),
        owner_uid: record.owner_uid,
        audience_vi: record.audience_vi,
        legal_window: window("legal_days", record.legal_days)?,
        measurement_window: window("measurement_days", record.measurement_days)?,
        launched_on: optional_day("launched_day", record.launched_day)?,
        registration_deadline: optional_day(
            "registration_deadline_day",
            record.registration_deadline_day,
        )?,
        theme: text_from_proto(record.theme),
        motto: text_from_proto(record.motto),
        fields: record.field_codes,
        phases: try_map(record.phases, phase_from_proto)?,
        anniversaries: try_map(record.anniversaries, anniversary_from_proto)?,
        classification: Classification::NotSecret,
        status: check_field("status", enums::campaign_status_from_proto(record.status))?,
        contracts: record.contracts,
        device_retention_days: retention_days_from_proto(record.device_days)?,
        targets: try_map(record.targets, |target| target_from_proto(target, numbers))?,
        activities: try_map(record.activities, |one| activity_from_proto(one, numbers))?,
        duties: try_map(record.duties, |duty| duty_from_proto(duty, numbers))?,
        launches: try_map(record.launches, participation::launch_from_proto)?,
        pledges: record.pledges.into_iter().map(participation::pledge_from_proto).collect(),
        plans: try_map(record.plans, participation::unit_plan_from_proto)?,
        amendments: try_map(record.amendments, amendment_from_proto)?,
        reopening: record.reopening.map(reopening_from_proto).transpose()?,
        shares: try_map(record.shares, judged_scope::share_from_proto)?,
    })
}

fn optional_day(name: &'static str, day: Option<i32>) -> Result<Option<Date>, RecordError> {
    check_field(name, day.map(values::day_from_proto).transpose())
}

fn retention_days_from_proto(days: Option<u32>) -> Result<Option<u16>, RecordError> {
    days.map(u16::try_from).transpose().map_err(|_| RecordError::Field("device_days"))
}

fn amendment_to_proto(amendment: &Amendment) -> pb::Amendment {
    let Amendment { no, basis, entered, changed } = amendment;
    pb::Amendment {
        number: (*no).into(),
        basis: basis.clone(),
        entered_day: values::day_to_proto(*entered),
        changed: changed.clone(),
    }
}

/// Converts a request to reopen a campaign.
pub fn reopening_to_proto(reopening: &Reopening) -> pb::Reopening {
    let Reopening { reason, asked_day } = reopening;
    pb::Reopening { reason: reason.clone(), asked_day: values::day_to_proto(*asked_day) }
}

fn reopening_from_proto(message: pb::Reopening) -> Result<Reopening, RecordError> {
    let pb::Reopening { reason, asked_day } = message;
    let asked_day = check_field("reopening.asked_day", values::day_from_proto(asked_day))?;
    Ok(Reopening { reason, asked_day })
}

fn amendment_from_proto(message: pb::Amendment) -> Result<Amendment, RecordError> {
    let pb::Amendment { number, basis, entered_day, changed } = message;
    let no = u8::try_from(number).map_err(|_| RecordError::Field("amendments.number"))?;
    Ok(Amendment {
        no,
        basis,
        entered: check_field("amendments.entered_day", values::day_from_proto(entered_day))?,
        changed,
    })
}

fn phase_from_proto(message: pb::Phase) -> Result<Phase, RecordError> {
    let pb::Phase { number, name_vi, name_en, days, focus, assumed } = message;
    let no = u8::try_from(number).map_err(|_| RecordError::Field("phases.number"))?;
    Ok(Phase {
        no,
        name_vi,
        name_en,
        window: check_field("phases.days", values::window_from_proto(days))?,
        focus,
        assumed,
    })
}

fn anniversary_from_proto(message: pb::Anniversary) -> Result<Anniversary, RecordError> {
    let pb::Anniversary {
        name_vi,
        name_en,
        origin_day,
        ordinal,
        commemorated_day,
        as_published,
        corrected_origin_day,
        correction_reason_vi,
    } = message;
    let corrected = check_field(
        "anniversaries.corrected_origin_day",
        corrected_origin_day.map(values::day_from_proto).transpose(),
    );
    Ok(Anniversary {
        name_vi,
        name_en,
        origin: check_field("anniversaries.origin_day", values::day_from_proto(origin_day))?,
        ordinal: i16::try_from(ordinal).map_err(|_| RecordError::Field("anniversaries.ordinal"))?,
        commemorated_on: check_field(
            "anniversaries.commemorated_day",
            values::day_from_proto(commemorated_day),
        )?,
        as_published,
        correction: corrected?
            .map(|origin| AnniversaryCorrection { origin, reason_vi: correction_reason_vi }),
    })
}

fn target_from_proto(
    message: pb::Target,
    numbers: &ElementNumbers,
) -> Result<CampaignTarget, RecordError> {
    let pb::Target {
        code,
        field: _,
        field_code,
        text_vi,
        text_en,
        formula,
        commitment,
        baseline,
        overlap_waiver,
        min_base,
        coverage_min_thousandths,
        zero_base,
        pairs,
        gaming_note,
        coercive_override,
        scope,
    } = message;
    let JudgedScopeKeys { levels, phases, allocation, pace, last_day } =
        judged_scope::scope_from_proto(scope)?;
    let pair = |message: pb::TargetPair| match require_field("targets.pairs", message.pair)? {
        TargetPairMessage::TargetCode(code) => Ok(TargetPair::Target(code)),
        TargetPairMessage::ElementNumber(number) => {
            find_element_code(number, numbers).map(TargetPair::Count)
        }
    };
    let coverage_min = coverage_min_thousandths.map(u16::try_from).transpose();
    Ok(CampaignTarget {
        code,
        field: text_from_proto(field_code),
        text_vi,
        text_en,
        formula: Target::parse(&formula).map_err(|_| RecordError::Field("targets.formula"))?,
        commitment: check_field("targets.commitment", enums::commitment_from_proto(commitment))?,
        baseline: check_field(
            "targets.baseline",
            enums::optional_from_proto(baseline, enums::baseline_method_from_proto),
        )?,
        overlap_waiver: text_from_proto(overlap_waiver),
        min_base,
        coverage_min: coverage_min
            .map_err(|_| RecordError::Field("targets.coverage_min_thousandths"))?,
        zero_base: check_field(
            "targets.zero_base",
            enums::optional_from_proto(zero_base, enums::zero_base_from_proto),
        )?,
        pairs: pairs.into_iter().map(pair).collect::<Result<_, RecordError>>()?,
        gaming_note,
        coercive_override: text_from_proto(coercive_override),
        levels,
        phases,
        allocation,
        pace,
        last_day,
    })
}

fn activity_from_proto(
    message: pb::Activity,
    numbers: &ElementNumbers,
) -> Result<Activity, RecordError> {
    let pb::Activity { code, name_vi, name_en, element_number } = message;
    Ok(Activity { code, name_vi, name_en, element: find_element_code(element_number, numbers)? })
}

fn duty_from_proto(message: pb::Duty, numbers: &ElementNumbers) -> Result<Duty, RecordError> {
    let pb::Duty { code, field: _, field_code, text_vi, text_en, evidence, element_number, due } =
        message;
    let element =
        (element_number != 0).then(|| find_element_code(element_number, numbers)).transpose()?;
    Ok(Duty {
        code,
        field: text_from_proto(field_code),
        text_vi,
        text_en,
        evidence: check_field("duties.evidence", enums::evidence_from_proto(evidence))?,
        element,
        due,
    })
}
