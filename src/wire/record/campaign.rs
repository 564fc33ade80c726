//! A campaign as bytes.

use super::taken_up;
use super::{BadRecord, ElementNumbers, decode, field, required};
use crate::domain::campaign::{
    Activity, Amendment, Anniversary, Campaign, Classification, Correction, Duty, Pair, Phase, TargetLine,
};
use crate::domain::element::ElementCode;
use crate::domain::target::Target;
use crate::pb;
use crate::pb::target_pair::Pair as WirePair;
use crate::wire::{values, words};
use prost::Message as _;

/// The bytes of a campaign. Fails when an element has no number. Its classification is not in them: nothing secret gets here.
pub fn campaign(campaign: &Campaign, numbers: &ElementNumbers) -> Result<Vec<u8>, BadRecord> {
    campaign_message(campaign, numbers).map(|message| message.encode_to_vec())
}

/// The message of a campaign.
pub fn campaign_message(campaign: &Campaign, numbers: &ElementNumbers) -> Result<pb::CampaignRecord, BadRecord> {
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
        theme,
        motto,
        fields,
        phases,
        anniversaries,
        classification: _,
        status,
        contracts,
        device_days,
        targets,
        activities,
        duties,
        launches,
        pledges,
        plans,
        amendments,
    } = campaign;
    Ok(pb::CampaignRecord {
        code: code.clone(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        kind: words::campaign_kind(*kind).into(),
        parent_movement: text(parent_movement),
        owner_uid: owner_uid.clone(),
        audience_vi: audience_vi.clone(),
        legal_days: Some(values::window(*legal_window)),
        measurement_days: Some(values::window(*measurement_window)),
        launched_day: launched_on.map(values::day),
        theme: text(theme),
        motto: text(motto),
        fields: fields.iter().map(|one| words::campaign_field(*one).into()).collect(),
        phases: phases.iter().map(phase).collect(),
        anniversaries: anniversaries.iter().map(anniversary).collect(),
        status: words::campaign_status(*status).into(),
        contracts: contracts.clone(),
        device_days: device_days.map(Into::into),
        targets: targets.iter().map(|line| target(line, numbers)).collect::<Result<_, _>>()?,
        activities: activities.iter().map(|line| activity(line, numbers)).collect::<Result<_, _>>()?,
        duties: duties.iter().map(|line| duty(line, numbers)).collect::<Result<_, _>>()?,
        amendments: amendments.iter().map(amendment).collect(),
        launches: launches.iter().map(taken_up::launch).collect(),
        pledges: pledges.iter().map(taken_up::pledge).collect(),
        plans: plans.iter().map(taken_up::plan).collect(),
    })
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn read_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn number(code: &ElementCode, numbers: &ElementNumbers) -> Result<u32, BadRecord> {
    numbers.number(code).ok_or(BadRecord::UnknownElement)
}

fn code(number: u32, numbers: &ElementNumbers) -> Result<ElementCode, BadRecord> {
    numbers.item(number).cloned().ok_or(BadRecord::UnknownElement)
}

fn phase(phase: &Phase) -> pb::Phase {
    let Phase { no, name_vi, name_en, window, focus, assumed } = phase;
    pb::Phase {
        number: u32::from(*no),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        days: Some(values::window(*window)),
        focus: focus.clone(),
        assumed: *assumed,
    }
}

fn anniversary(day: &Anniversary) -> pb::Anniversary {
    let Anniversary { name_vi, name_en, origin, ordinal, commemorated_on, as_published, correction } = day;
    pb::Anniversary {
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        origin_day: values::day(*origin),
        ordinal: u32::from(ordinal.unsigned_abs()),
        commemorated_day: values::day(*commemorated_on),
        as_published: as_published.clone(),
        corrected_origin_day: correction.as_ref().map(|correction| values::day(correction.origin)),
        correction_reason_vi: correction.as_ref().map_or_else(String::new, |correction| correction.reason_vi.clone()),
    }
}

fn target(line: &TargetLine, numbers: &ElementNumbers) -> Result<pb::Target, BadRecord> {
    let TargetLine {
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
    } = line;
    let pair = |pair: &Pair| {
        let pair = match pair {
            Pair::Target(code) => WirePair::TargetCode(code.clone()),
            Pair::Count(element) => WirePair::ElementNumber(number(element, numbers)?),
        };
        Ok(pb::TargetPair { pair: Some(pair) })
    };
    Ok(pb::Target {
        code: code.clone(),
        field: field.map_or(0, |one| words::campaign_field(one).into()),
        text_vi: text_vi.clone(),
        text_en: text_en.clone(),
        formula: formula.to_string(),
        commitment: words::commitment(*commitment).into(),
        baseline: baseline.map_or(0, |one| words::baseline_method(one).into()),
        overlap_waiver: text(overlap_waiver),
        min_base: *min_base,
        coverage_min_thousandths: coverage_min.map(u32::from),
        zero_base: zero_base.map_or(0, |one| words::zero_base(one).into()),
        pairs: pairs.iter().map(pair).collect::<Result<_, BadRecord>>()?,
        gaming_note: gaming_note.clone(),
        coercive_override: text(coercive_override),
    })
}

fn activity(line: &Activity, numbers: &ElementNumbers) -> Result<pb::Activity, BadRecord> {
    let Activity { code, name_vi, name_en, element } = line;
    let element_number = number(element, numbers)?;
    Ok(pb::Activity { code: code.clone(), name_vi: name_vi.clone(), name_en: name_en.clone(), element_number })
}

fn duty(line: &Duty, numbers: &ElementNumbers) -> Result<pb::Duty, BadRecord> {
    let Duty { code, field, text_vi, text_en, evidence, element, due } = line;
    Ok(pb::Duty {
        code: code.clone(),
        field: field.map_or(0, |one| words::campaign_field(one).into()),
        text_vi: text_vi.clone(),
        text_en: text_en.clone(),
        evidence: words::evidence(*evidence).into(),
        element_number: element.as_ref().map_or(Ok(0), |element| number(element, numbers))?,
        due: *due,
    })
}

/// Reads the bytes of a campaign.
pub fn read_campaign(bytes: &[u8], numbers: &ElementNumbers) -> Result<Campaign, BadRecord> {
    let pb::CampaignRecord {
        code,
        name_vi,
        name_en,
        kind,
        parent_movement,
        owner_uid,
        audience_vi,
        legal_days,
        measurement_days,
        launched_day,
        theme,
        motto,
        fields,
        phases,
        anniversaries,
        status,
        contracts,
        device_days,
        targets,
        activities,
        duties,
        amendments,
        launches,
        pledges,
        plans,
    } = decode(bytes)?;
    let fields: Result<_, _> = fields.into_iter().map(words::read_campaign_field).collect();
    Ok(Campaign {
        code,
        name_vi,
        name_en,
        kind: field("kind", words::read_campaign_kind(kind))?,
        parent_movement: read_text(parent_movement),
        owner_uid,
        audience_vi,
        legal_window: field("legal_days", values::read_window(legal_days))?,
        measurement_window: field("measurement_days", values::read_window(measurement_days))?,
        launched_on: field("launched_day", launched_day.map(values::read_day).transpose())?,
        theme: read_text(theme),
        motto: read_text(motto),
        fields: field("fields", fields)?,
        phases: phases.into_iter().map(read_phase).collect::<Result<_, _>>()?,
        anniversaries: anniversaries.into_iter().map(read_anniversary).collect::<Result<_, _>>()?,
        classification: Classification::NotSecret,
        status: field("status", words::read_campaign_status(status))?,
        contracts,
        device_days: device_days.map(u16::try_from).transpose().map_err(|_| BadRecord::Field("device_days"))?,
        targets: targets.into_iter().map(|line| read_target(line, numbers)).collect::<Result<_, _>>()?,
        activities: activities.into_iter().map(|line| read_activity(line, numbers)).collect::<Result<_, _>>()?,
        duties: duties.into_iter().map(|line| read_duty(line, numbers)).collect::<Result<_, _>>()?,
        launches: launches.into_iter().map(taken_up::read_launch).collect::<Result<_, _>>()?,
        pledges: pledges.into_iter().map(taken_up::read_pledge).collect(),
        plans: plans.into_iter().map(taken_up::read_plan).collect::<Result<_, _>>()?,
        amendments: amendments.into_iter().map(read_amendment).collect::<Result<_, _>>()?,
    })
}

fn amendment(one: &Amendment) -> pb::Amendment {
    let Amendment { no, basis, entered, changed } = one;
    pb::Amendment {
        number: (*no).into(),
        basis: basis.clone(),
        entered_day: values::day(*entered),
        changed: changed.clone(),
    }
}

fn read_amendment(message: pb::Amendment) -> Result<Amendment, BadRecord> {
    let pb::Amendment { number, basis, entered_day, changed } = message;
    let no = u8::try_from(number).map_err(|_| BadRecord::Field("amendments.number"))?;
    Ok(Amendment { no, basis, entered: field("amendments.entered_day", values::read_day(entered_day))?, changed })
}

fn read_phase(message: pb::Phase) -> Result<Phase, BadRecord> {
    let pb::Phase { number, name_vi, name_en, days, focus, assumed } = message;
    let no = u8::try_from(number).map_err(|_| BadRecord::Field("phases.number"))?;
    Ok(Phase { no, name_vi, name_en, window: field("phases.days", values::read_window(days))?, focus, assumed })
}

fn read_anniversary(message: pb::Anniversary) -> Result<Anniversary, BadRecord> {
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
    let corrected = field("anniversaries.corrected_origin_day", corrected_origin_day.map(values::read_day).transpose());
    Ok(Anniversary {
        name_vi,
        name_en,
        origin: field("anniversaries.origin_day", values::read_day(origin_day))?,
        ordinal: i16::try_from(ordinal).map_err(|_| BadRecord::Field("anniversaries.ordinal"))?,
        commemorated_on: field("anniversaries.commemorated_day", values::read_day(commemorated_day))?,
        as_published,
        correction: corrected?.map(|origin| Correction { origin, reason_vi: correction_reason_vi }),
    })
}

fn read_target(message: pb::Target, numbers: &ElementNumbers) -> Result<TargetLine, BadRecord> {
    let pb::Target {
        code: target_code,
        field: of,
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
    } = message;
    let pair = |message: pb::TargetPair| match required("targets.pairs", message.pair)? {
        WirePair::TargetCode(code) => Ok(Pair::Target(code)),
        WirePair::ElementNumber(number) => code(number, numbers).map(Pair::Count),
    };
    let coverage_min = coverage_min_thousandths.map(u16::try_from).transpose();
    Ok(TargetLine {
        code: target_code,
        field: field("targets.field", words::optional(of, words::read_campaign_field))?,
        text_vi,
        text_en,
        formula: Target::parse(&formula).map_err(|_| BadRecord::Field("targets.formula"))?,
        commitment: field("targets.commitment", words::read_commitment(commitment))?,
        baseline: field("targets.baseline", words::optional(baseline, words::read_baseline_method))?,
        overlap_waiver: read_text(overlap_waiver),
        min_base,
        coverage_min: coverage_min.map_err(|_| BadRecord::Field("targets.coverage_min_thousandths"))?,
        zero_base: field("targets.zero_base", words::optional(zero_base, words::read_zero_base))?,
        pairs: pairs.into_iter().map(pair).collect::<Result<_, BadRecord>>()?,
        gaming_note,
        coercive_override: read_text(coercive_override),
    })
}

fn read_activity(message: pb::Activity, numbers: &ElementNumbers) -> Result<Activity, BadRecord> {
    let pb::Activity { code: line, name_vi, name_en, element_number } = message;
    Ok(Activity { code: line, name_vi, name_en, element: code(element_number, numbers)? })
}

fn read_duty(message: pb::Duty, numbers: &ElementNumbers) -> Result<Duty, BadRecord> {
    let pb::Duty { code: line, field: of, text_vi, text_en, evidence, element_number, due } = message;
    let element = (element_number != 0).then(|| code(element_number, numbers)).transpose()?;
    Ok(Duty {
        code: line,
        field: field("duties.field", words::optional(of, words::read_campaign_field))?,
        text_vi,
        text_en,
        evidence: field("duties.evidence", words::read_evidence(evidence))?,
        element,
        due,
    })
}
