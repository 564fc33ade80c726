//! Encodes and decodes standings and runs. A standing has no run and no time, so an unchanged
//! standing encodes to the same bytes.

use super::each_judgement;
use super::{ElementNumbers, RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::standing::{
    Coverage, Judgement, JudgementState, Standing, StandingFigure, StandingRun, StandingView,
};
use crate::domain::support::ids::{CampaignId, RunId};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::date_from_days;
use crate::domain::target_rule::{StandingStage, Tier};
use crate::pb;
use crate::wire::values;
use prost::Message as _;

/// Encodes a standing.
pub fn encode_standing(
    standing: &Standing,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Vec<u8>, RecordError> {
    standing_to_proto(standing, units, elements).map(|message| message.encode_to_vec())
}

/// Converts a standing. Fails if its unit or an element has no number.
pub fn standing_to_proto(
    standing: &Standing,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::StandingRecord, RecordError> {
    let Standing {
        campaign,
        phase,
        unit,
        view,
        stage,
        definition_version,
        judged_through,
        judgement,
        coverage,
    } = standing;
    let Coverage { expected, received, nil, late, accepted, missing, waived } = *coverage;
    Ok(pb::StandingRecord {
        campaign_id: campaign.0.to_vec(),
        phase_number: u32::from(*phase),
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        view: standing_view_to_proto(*view).into(),
        stage: stage_to_proto(*stage).into(),
        definition_version: *definition_version,
        coverage: Some(pb::Coverage { expected, received, nil, late, accepted, missing, waived }),
        judgement: Some(judgement_to_proto(judgement, units, elements)?),
        judged_through_day: judged_through.map(values::day_to_proto),
    })
}

/// Decodes a standing.
pub fn decode_standing(
    bytes: &[u8],
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Standing, RecordError> {
    let pb::StandingRecord {
        campaign_id,
        phase_number,
        unit_number,
        view,
        stage,
        definition_version,
        judgement,
        coverage,
        judged_through_day,
    } = decode_message(bytes)?;
    let pb::Coverage { expected, received, nil, late, accepted, missing, waived } =
        require_field("coverage", coverage)?;
    Ok(Standing {
        campaign: check_field(
            "campaign_id",
            values::id_from_bytes(&campaign_id, CampaignId::from_slice),
        )?,
        phase: u8::try_from(phase_number).map_err(|_| RecordError::Field("phase_number"))?,
        unit: units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        view: standing_view_from_proto(view)?,
        stage: stage_from_proto(stage)?,
        definition_version,
        judged_through: judged_through_day.map(date_from_days),
        coverage: Coverage { expected, received, nil, late, accepted, missing, waived },
        judgement: judgement_from_proto(require_field("judgement", judgement)?, units, elements)?,
    })
}

/// Converts a judgement with its members.
fn judgement_to_proto(
    judgement: &Judgement,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::Judgement, RecordError> {
    let Judgement {
        code,
        state,
        reasons,
        value,
        value_low,
        value_high,
        bound,
        limit,
        limit_now,
        failures_allowed,
        failures_left,
        display,
        rest_change,
        forecast,
        percent_to_meet,
        tier,
        count_before,
        count_now,
        variation,
        figures,
        members,
        each,
    } = judgement;
    Ok(pb::Judgement {
        code: code.clone(),
        state: judgement_state_to_proto(*state).into(),
        reasons: reasons.clone(),
        value: fraction_to_proto(*value),
        value_low: fraction_to_proto(*value_low),
        value_high: fraction_to_proto(*value_high),
        bound: fraction_to_proto(*bound),
        limit: *limit,
        limit_now: fraction_to_proto(*limit_now),
        failures_allowed: *failures_allowed,
        failures_left: *failures_left,
        figures: figures
            .iter()
            .map(|line| figure_to_proto(line, elements))
            .collect::<Result<_, _>>()?,
        members: members
            .iter()
            .map(|member| judgement_to_proto(member, units, elements))
            .collect::<Result<_, _>>()?,
        rest_change: fraction_to_proto(*rest_change),
        forecast: fraction_to_proto(*forecast),
        percent_to_meet: percent_to_meet.map(u32::from),
        tier: tier.map_or_else(String::new, |tier| tier.as_str().to_owned()),
        variation_hundredths: *variation,
        count_before: fraction_to_proto(*count_before),
        count_now: fraction_to_proto(*count_now),
        display: display.clone(),
        each: each.as_ref().map(|each| each_judgement::each_to_proto(each, units)).transpose()?,
    })
}

/// Converts the message of a judgement with its members.
fn judgement_from_proto(
    message: pb::Judgement,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Judgement, RecordError> {
    let pb::Judgement {
        code,
        state,
        reasons,
        value,
        value_low,
        value_high,
        bound,
        limit,
        limit_now,
        failures_allowed,
        failures_left,
        figures,
        members,
        rest_change,
        forecast,
        percent_to_meet,
        tier,
        variation_hundredths,
        count_before,
        count_now,
        display,
        each,
    } = message;
    Ok(Judgement {
        code,
        state: judgement_state_from_proto(state)?,
        reasons,
        value: fraction_from_proto(value)?,
        value_low: fraction_from_proto(value_low)?,
        value_high: fraction_from_proto(value_high)?,
        bound: fraction_from_proto(bound)?,
        limit,
        limit_now: fraction_from_proto(limit_now)?,
        failures_allowed,
        failures_left,
        display,
        rest_change: fraction_from_proto(rest_change)?,
        forecast: fraction_from_proto(forecast)?,
        percent_to_meet: percent_to_meet.and_then(|percent| u8::try_from(percent).ok()),
        tier: Tier::parse(&tier),
        count_before: fraction_from_proto(count_before)?,
        count_now: fraction_from_proto(count_now)?,
        variation: variation_hundredths,
        figures: figures
            .into_iter()
            .map(|line| figure_from_proto(line, elements))
            .collect::<Result<_, _>>()?,
        members: members
            .into_iter()
            .map(|member| judgement_from_proto(member, units, elements))
            .collect::<Result<_, _>>()?,
        each: each.map(|each| each_judgement::each_from_proto(each, units)).transpose()?,
    })
}

/// Encodes a run.
#[must_use]
pub fn encode_run(run: &StandingRun) -> Vec<u8> {
    run_to_proto(run).encode_to_vec()
}

/// Converts a run.
#[must_use]
pub fn run_to_proto(run: &StandingRun) -> pb::RunRecord {
    let StandingRun {
        id,
        number,
        campaign,
        cut_seq,
        cut_at,
        input_digest,
        code_version,
        standings,
        changed,
        supersedes,
    } = run;
    pb::RunRecord {
        run_id: id.0.to_vec(),
        number: *number,
        campaign_id: campaign.0.to_vec(),
        cut_seq: *cut_seq,
        cut_at: Some(values::timestamp_to_proto(*cut_at)),
        input_digest: input_digest.to_vec(),
        code_version: code_version.clone(),
        standings: *standings,
        changed: *changed,
        supersedes_number: *supersedes,
    }
}

/// Decodes a run.
pub fn decode_run(bytes: &[u8]) -> Result<StandingRun, RecordError> {
    let pb::RunRecord {
        run_id,
        number,
        campaign_id,
        cut_seq,
        cut_at,
        input_digest,
        code_version,
        standings,
        changed,
        supersedes_number,
    } = decode_message(bytes)?;
    Ok(StandingRun {
        id: check_field("run_id", values::id_from_bytes(&run_id, RunId::from_slice))?,
        number,
        campaign: check_field(
            "campaign_id",
            values::id_from_bytes(&campaign_id, CampaignId::from_slice),
        )?,
        cut_seq,
        cut_at: check_field(
            "cut_at",
            values::timestamp_from_proto(require_field("cut_at", cut_at)?),
        )?,
        input_digest: input_digest.try_into().map_err(|_| RecordError::Field("input_digest"))?,
        code_version,
        standings,
        changed,
        supersedes: supersedes_number,
    })
}

/// Converts an exact fraction; `None` if it does not fit into 64 bits.
pub(in crate::wire) fn fraction_to_proto(ratio: Option<Ratio>) -> Option<pb::Fraction> {
    let ratio = ratio?;
    let (num, den) = (i64::try_from(ratio.num()).ok()?, i64::try_from(ratio.den()).ok()?);
    Some(pb::Fraction { numerator: num, denominator: den })
}

pub(in crate::wire) fn fraction_from_proto(
    message: Option<pb::Fraction>,
) -> Result<Option<Ratio>, RecordError> {
    let Some(pb::Fraction { numerator, denominator }) = message else { return Ok(None) };
    Ratio::new(numerator.into(), denominator.into())
        .map(Some)
        .ok_or(RecordError::Field("denominator"))
}

fn figure_to_proto(
    line: &StandingFigure,
    elements: &ElementNumbers,
) -> Result<pb::StandingFigure, RecordError> {
    let StandingFigure { element, value, baseline_now, baseline_full } = line;
    let element_number = elements.number(element).ok_or(RecordError::UnknownElement)?;
    let (value, baseline_now, baseline_full) = (*value, *baseline_now, *baseline_full);
    Ok(pb::StandingFigure { element_number, value, baseline_now, baseline_full })
}

fn figure_from_proto(
    message: pb::StandingFigure,
    elements: &ElementNumbers,
) -> Result<StandingFigure, RecordError> {
    let pb::StandingFigure { element_number, value, baseline_now, baseline_full } = message;
    let element = elements.item(element_number).cloned().ok_or(RecordError::UnknownElement)?;
    Ok(StandingFigure { element, value, baseline_now, baseline_full })
}

/// Converts a view of standings.
#[must_use]
pub fn standing_view_to_proto(view: StandingView) -> pb::StandingView {
    match view {
        StandingView::AsWas => pb::StandingView::AsWas,
        StandingView::AsIs => pb::StandingView::AsIs,
        StandingView::Frozen => pb::StandingView::Frozen,
    }
}

fn standing_view_from_proto(number: i32) -> Result<StandingView, RecordError> {
    let all = StandingView::ALL.iter().copied();
    all.into_iter()
        .find(|view| i32::from(standing_view_to_proto(*view)) == number)
        .ok_or(RecordError::Field("view"))
}

fn stage_to_proto(stage: StandingStage) -> pb::StandingStage {
    match stage {
        StandingStage::Running => pb::StandingStage::Running,
        StandingStage::Closed => pb::StandingStage::ClosedPreliminary,
        StandingStage::Final => pb::StandingStage::Final,
    }
}

pub(in crate::wire) fn stage_from_proto(number: i32) -> Result<StandingStage, RecordError> {
    match pb::StandingStage::try_from(number) {
        Ok(pb::StandingStage::Running) => Ok(StandingStage::Running),
        Ok(pb::StandingStage::ClosedPreliminary) => Ok(StandingStage::Closed),
        Ok(pb::StandingStage::Final) => Ok(StandingStage::Final),
        Ok(pb::StandingStage::Unspecified) | Err(_) => Err(RecordError::Field("stage")),
    }
}

/// Converts how a target was judged.
#[must_use]
pub fn judgement_state_to_proto(state: JudgementState) -> pb::JudgementState {
    use JudgementState as State;
    use pb::JudgementState as Message;
    match state {
        State::OnPace => Message::OnPace,
        State::Behind => Message::Behind,
        State::AlreadyMissed => Message::AlreadyMissed,
        State::Met => Message::Met,
        State::Missed => Message::Missed,
        State::Undetermined => Message::Undetermined,
        State::NotApplicable => Message::NotApplicable,
        State::NotComparable => Message::NotComparable,
        State::NoData => Message::NoData,
        State::NotCountedHere => Message::NotCountedHere,
        State::Contribution => Message::Contribution,
    }
}

/// Converts how a target was judged.
///
/// # Errors
/// [`RecordError::Field`] for the unspecified value and unknown values.
pub fn judgement_state_from_proto(number: i32) -> Result<JudgementState, RecordError> {
    JudgementState::ALL
        .iter()
        .copied()
        .find(|state| i32::from(judgement_state_to_proto(*state)) == number)
        .ok_or(RecordError::Field("state"))
}
