//! Converts how the units of `by each` were judged.

use super::standing::{judgement_state_from_proto, judgement_state_to_proto};
use super::{RecordError, UnitNumbers};
use crate::domain::standing::{EachJudgement, EachUnitJudgement};
use crate::domain::target_rule::NeutralReason;
use crate::pb;

pub(super) fn each_to_proto(
    each: &EachJudgement,
    units: &UnitNumbers,
) -> Result<pb::EachJudgement, RecordError> {
    let EachJudgement { met, judged, others, neutral } = each;
    let all = |these: &[EachUnitJudgement]| {
        these.iter().map(|one| unit_to_proto(one, units)).collect::<Result<_, _>>()
    };
    Ok(pb::EachJudgement {
        met: *met,
        judged: *judged,
        others: all(others)?,
        neutral: all(neutral)?,
    })
}

fn unit_to_proto(
    one: &EachUnitJudgement,
    units: &UnitNumbers,
) -> Result<pb::EachUnit, RecordError> {
    let EachUnitJudgement { unit, state, neutral } = one;
    Ok(pb::EachUnit {
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        state: judgement_state_to_proto(*state).into(),
        neutral: neutral.map_or_else(String::new, |reason| reason.as_str().to_owned()),
    })
}

pub(super) fn each_from_proto(
    message: pb::EachJudgement,
    units: &UnitNumbers,
) -> Result<EachJudgement, RecordError> {
    let pb::EachJudgement { met, judged, others, neutral } = message;
    let all = |these: Vec<pb::EachUnit>| {
        these.into_iter().map(|one| unit_from_proto(one, units)).collect::<Result<_, _>>()
    };
    Ok(EachJudgement { met, judged, others: all(others)?, neutral: all(neutral)? })
}

fn unit_from_proto(
    message: pb::EachUnit,
    units: &UnitNumbers,
) -> Result<EachUnitJudgement, RecordError> {
    let pb::EachUnit { unit_number, state, neutral } = message;
    Ok(EachUnitJudgement {
        unit: units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        state: judgement_state_from_proto(state)?,
        neutral: NeutralReason::parse(&neutral),
    })
}
