//! Standings and runs as bytes. A standing carries no run and no time, so an unchanged one is the same bytes.

use super::{BadRecord, ElementNumbers, UnitNumbers, decode, field, required};
use crate::domain::ids::{CampaignId, RunId};
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Coverage, Judgement, JudgementState, Run, Standing, StandingFigure, StandingView};
use crate::domain::target::{Stage, Tier};
use crate::pb;
use crate::wire::values;
use prost::Message as _;

/// The bytes of a standing.
pub fn standing(standing: &Standing, units: &UnitNumbers, elements: &ElementNumbers) -> Result<Vec<u8>, BadRecord> {
    standing_message(standing, units, elements).map(|message| message.encode_to_vec())
}

/// The message of a standing.
pub fn standing_message(
    standing: &Standing,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::StandingRecord, BadRecord> {
    let Standing { campaign, phase, unit, view, stage, definition_version, judgement, coverage } = standing;
    let Coverage { expected, received, nil, late, accepted, missing } = *coverage;
    Ok(pb::StandingRecord {
        campaign_id: campaign.0.to_vec(),
        phase_number: u32::from(*phase),
        unit_number: units.number(unit).ok_or(BadRecord::UnknownUnit)?,
        view: standing_view(*view).into(),
        stage: stage_number(*stage).into(),
        definition_version: *definition_version,
        judgement: Some(judgement_message(judgement, elements)?),
        coverage: Some(pb::Coverage { expected, received, nil, late, accepted, missing }),
    })
}

/// Reads the bytes of a standing.
pub fn read_standing(bytes: &[u8], units: &UnitNumbers, elements: &ElementNumbers) -> Result<Standing, BadRecord> {
    let pb::StandingRecord {
        campaign_id,
        phase_number,
        unit_number,
        view,
        stage,
        definition_version,
        judgement,
        coverage,
    } = decode(bytes)?;
    let pb::Coverage { expected, received, nil, late, accepted, missing } = required("coverage", coverage)?;
    Ok(Standing {
        campaign: field("campaign_id", values::id(&campaign_id, CampaignId::from_slice))?,
        phase: u8::try_from(phase_number).map_err(|_| BadRecord::Field("phase_number"))?,
        unit: units.item(unit_number).copied().ok_or(BadRecord::UnknownUnit)?,
        view: read_view(view)?,
        stage: read_stage(stage)?,
        definition_version,
        judgement: read_judgement(required("judgement", judgement)?, elements)?,
        coverage: Coverage { expected, received, nil, late, accepted, missing },
    })
}

/// A judgement as a message, members within.
pub fn judgement_message(judgement: &Judgement, elements: &ElementNumbers) -> Result<pb::Judgement, BadRecord> {
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
    } = judgement;
    Ok(pb::Judgement {
        code: code.clone(),
        state: state_number(*state).into(),
        reasons: reasons.clone(),
        value: fraction(*value),
        value_low: fraction(*value_low),
        value_high: fraction(*value_high),
        bound: fraction(*bound),
        limit: *limit,
        limit_now: fraction(*limit_now),
        failures_allowed: *failures_allowed,
        failures_left: *failures_left,
        figures: figures.iter().map(|line| figure(line, elements)).collect::<Result<_, _>>()?,
        members: members.iter().map(|member| judgement_message(member, elements)).collect::<Result<_, _>>()?,
        rest_change: fraction(*rest_change),
        forecast: fraction(*forecast),
        percent_to_meet: percent_to_meet.map(u32::from),
        tier: tier.map_or_else(String::new, |tier| tier.as_str().to_owned()),
        variation_hundredths: *variation,
        count_before: fraction(*count_before),
        count_now: fraction(*count_now),
        display: display.clone(),
    })
}

/// Reads a judgement.
pub fn read_judgement(message: pb::Judgement, elements: &ElementNumbers) -> Result<Judgement, BadRecord> {
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
    } = message;
    Ok(Judgement {
        code,
        state: read_state(state)?,
        reasons,
        value: read_fraction(value)?,
        value_low: read_fraction(value_low)?,
        value_high: read_fraction(value_high)?,
        bound: read_fraction(bound)?,
        limit,
        limit_now: read_fraction(limit_now)?,
        failures_allowed,
        failures_left,
        display,
        rest_change: read_fraction(rest_change)?,
        forecast: read_fraction(forecast)?,
        percent_to_meet: percent_to_meet.and_then(|percent| u8::try_from(percent).ok()),
        tier: Tier::parse(&tier),
        count_before: read_fraction(count_before)?,
        count_now: read_fraction(count_now)?,
        variation: variation_hundredths,
        figures: figures.into_iter().map(|line| read_figure(line, elements)).collect::<Result<_, _>>()?,
        members: members.into_iter().map(|member| read_judgement(member, elements)).collect::<Result<_, _>>()?,
    })
}

/// The bytes of a run.
#[must_use]
pub fn run(run: &Run) -> Vec<u8> {
    run_message(run).encode_to_vec()
}

/// The message of a run.
#[must_use]
pub fn run_message(run: &Run) -> pb::RunRecord {
    let Run { id, number, campaign, cut_seq, cut_at, input_digest, code_version, standings, changed } = run;
    pb::RunRecord {
        run_id: id.0.to_vec(),
        number: *number,
        campaign_id: campaign.0.to_vec(),
        cut_seq: *cut_seq,
        cut_at: Some(values::timestamp(*cut_at)),
        input_digest: input_digest.to_vec(),
        code_version: code_version.clone(),
        standings: *standings,
        changed: *changed,
    }
}

/// Reads the bytes of a run.
pub fn read_run(bytes: &[u8]) -> Result<Run, BadRecord> {
    let pb::RunRecord { run_id, number, campaign_id, cut_seq, cut_at, input_digest, code_version, standings, changed } =
        decode(bytes)?;
    Ok(Run {
        id: field("run_id", values::id(&run_id, RunId::from_slice))?,
        number,
        campaign: field("campaign_id", values::id(&campaign_id, CampaignId::from_slice))?,
        cut_seq,
        cut_at: field("cut_at", values::read_timestamp(required("cut_at", cut_at)?))?,
        input_digest: input_digest.try_into().map_err(|_| BadRecord::Field("input_digest"))?,
        code_version,
        standings,
        changed,
    })
}

/// An exact fraction, left out when it is too large for the wire.
pub(in crate::wire) fn fraction(ratio: Option<Ratio>) -> Option<pb::Fraction> {
    let ratio = ratio?;
    let (num, den) = (i64::try_from(ratio.num()).ok()?, i64::try_from(ratio.den()).ok()?);
    Some(pb::Fraction { numerator: num, denominator: den })
}

pub(in crate::wire) fn read_fraction(message: Option<pb::Fraction>) -> Result<Option<Ratio>, BadRecord> {
    let Some(pb::Fraction { numerator, denominator }) = message else { return Ok(None) };
    Ratio::new(numerator.into(), denominator.into()).map(Some).ok_or(BadRecord::Field("denominator"))
}

fn figure(line: &StandingFigure, elements: &ElementNumbers) -> Result<pb::StandingFigure, BadRecord> {
    let StandingFigure { element, value, baseline_now, baseline_full } = line;
    let element_number = elements.number(element).ok_or(BadRecord::UnknownElement)?;
    let (value, baseline_now, baseline_full) = (*value, *baseline_now, *baseline_full);
    Ok(pb::StandingFigure { element_number, value, baseline_now, baseline_full })
}

fn read_figure(message: pb::StandingFigure, elements: &ElementNumbers) -> Result<StandingFigure, BadRecord> {
    let pb::StandingFigure { element_number, value, baseline_now, baseline_full } = message;
    let element = elements.item(element_number).cloned().ok_or(BadRecord::UnknownElement)?;
    Ok(StandingFigure { element, value, baseline_now, baseline_full })
}

/// A view, as the contract numbers it.
#[must_use]
pub fn standing_view(view: StandingView) -> pb::StandingView {
    match view {
        StandingView::AsWas => pb::StandingView::AsWas,
        StandingView::AsIs => pb::StandingView::AsIs,
        StandingView::Frozen => pb::StandingView::Frozen,
    }
}

fn read_view(number: i32) -> Result<StandingView, BadRecord> {
    let all = StandingView::ALL.iter().copied();
    all.into_iter().find(|view| i32::from(standing_view(*view)) == number).ok_or(BadRecord::Field("view"))
}

fn stage_number(stage: Stage) -> pb::StandingStage {
    match stage {
        Stage::Running => pb::StandingStage::Running,
        Stage::Closed => pb::StandingStage::ClosedPreliminary,
        Stage::Final => pb::StandingStage::Final,
    }
}

pub(in crate::wire) fn read_stage(number: i32) -> Result<Stage, BadRecord> {
    match pb::StandingStage::try_from(number) {
        Ok(pb::StandingStage::Running) => Ok(Stage::Running),
        Ok(pb::StandingStage::ClosedPreliminary) => Ok(Stage::Closed),
        Ok(pb::StandingStage::Final) => Ok(Stage::Final),
        Ok(pb::StandingStage::Unspecified) | Err(_) => Err(BadRecord::Field("stage")),
    }
}

pub(in crate::wire) fn state_number(state: JudgementState) -> pb::JudgementState {
    use JudgementState as State;
    use pb::JudgementState as P;
    match state {
        State::OnPace => P::OnPace,
        State::Behind => P::Behind,
        State::AlreadyMissed => P::AlreadyMissed,
        State::Met => P::Met,
        State::Missed => P::Missed,
        State::Undetermined => P::Undetermined,
        State::NotApplicable => P::NotApplicable,
        State::NotComparable => P::NotComparable,
        State::NoData => P::NoData,
        State::NotCountedHere => P::NotCountedHere,
    }
}

fn read_state(number: i32) -> Result<JudgementState, BadRecord> {
    JudgementState::ALL
        .iter()
        .copied()
        .find(|state| i32::from(state_number(*state)) == number)
        .ok_or(BadRecord::Field("state"))
}
