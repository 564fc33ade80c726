//! Converts the request and the response of `EvaluateTarget`: a target with its figures, and its
//! evaluation.
//!
//! A refusal names every invalid field at once.

use super::enums;
use super::field_violations::FieldViolations;
use super::record::standing::{fraction_to_proto, judgement_state_to_proto, stage_from_proto};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::JudgementState;
use crate::domain::support::limits::CODE;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::target_rule::{
    Attestation, Comparability, EvaluatedPace, Evaluation, EvaluationTerms, FormulaIdentifier,
    PaceState, StandingStage, StaticFigures, Target, TargetVerdict,
};
use crate::i18n::Lang;
use crate::pb;

/// Most figures, and most attestations, of one request.
const FIGURES_MAX: usize = 256;
/// Most missing reports of one request.
const MISSING_MAX: usize = 1024;

/// The input of an evaluation.
#[derive(Debug)]
pub struct EvaluationInput {
    /// The target.
    pub target: Target,
    /// Its figures.
    pub sheet: StaticFigures,
    /// The terms of the judgement.
    pub terms: EvaluationTerms,
}

/// Converts a request, or returns a refusal with every invalid field.
pub fn evaluation_input_from_proto(
    message: pb::EvaluateTargetRequest,
) -> Result<EvaluationInput, Refusal> {
    let pb::EvaluateTargetRequest {
        target_text,
        figures,
        missing,
        attestations,
        stage,
        coverage,
        coverage_min,
        min_base,
        zero_base,
        waived,
    } = message;
    let mut violations = FieldViolations::default();
    let target = violations
        .check("target_text", Target::parse(&target_text).map_err(|_| RefusalReason::Malformed));
    for (field, count, max) in [
        ("figures", figures.len(), FIGURES_MAX),
        ("missing", missing.len(), MISSING_MAX),
        ("attestations", attestations.len(), FIGURES_MAX),
    ] {
        if count > max {
            violations.add(field, RefusalReason::TooMany);
        }
    }
    if violations.has_any() {
        return violations.into_result(None);
    }
    let sheet = sheet_from_proto(&mut violations, figures, missing, attestations);
    let stage = match stage {
        0 => Some(StandingStage::Closed),
        set => {
            violations.check("stage", stage_from_proto(set).map_err(|_| RefusalReason::Malformed))
        }
    };
    let mut terms = EvaluationTerms::for_stage(stage.unwrap_or(StandingStage::Closed));
    terms.coverage =
        share_from_proto(&mut violations, "coverage", coverage).unwrap_or(terms.coverage);
    terms.coverage_min = share_from_proto(&mut violations, "coverage_min", coverage_min)
        .unwrap_or(terms.coverage_min);
    terms.min_base = quantity_from_proto(&mut violations, "min_base", min_base);
    terms.waived = waived;
    if zero_base != 0 {
        terms.zero_base = violations
            .check("zero_base", enums::zero_base_from_proto(zero_base))
            .unwrap_or(terms.zero_base);
    }
    violations.into_result(target.map(|target| EvaluationInput { target, sheet, terms }))
}

/// Collects figures, missing reports and attestations; errors are added to `violations`.
fn sheet_from_proto(
    violations: &mut FieldViolations,
    figures: Vec<pb::TargetFigure>,
    missing: Vec<pb::TargetMissing>,
    attestations: Vec<pb::TargetAttestation>,
) -> StaticFigures {
    let mut sheet = StaticFigures::default();
    for (index, figure) in figures.into_iter().enumerate() {
        add_figure(violations, index, figure, &mut sheet);
    }
    for (index, report) in missing.into_iter().enumerate() {
        add_missing(violations, index, report, &mut sheet);
    }
    for (index, attestation) in attestations.into_iter().enumerate() {
        add_attestation(violations, index, attestation, &mut sheet);
    }
    sheet
}

fn add_figure(
    violations: &mut FieldViolations,
    index: usize,
    message: pb::TargetFigure,
    sheet: &mut StaticFigures,
) {
    let pb::TargetFigure { element_code, figure, baseline, baseline_to_date, comparability } =
        message;
    let field_path = |field: &str| format!("figures[{index}].{field}");
    let current = quantity_from_proto(violations, &field_path("figure"), figure);
    let baseline = quantity_from_proto(violations, &field_path("baseline"), baseline);
    let to_date =
        quantity_from_proto(violations, &field_path("baseline_to_date"), baseline_to_date);
    let comparability =
        violations.check(field_path("comparability"), comparability_from_proto(comparability));
    let Some(code) =
        element_code_from_proto(violations, &field_path("element_code"), &element_code)
    else {
        return;
    };
    if sheet
        .comparability
        .insert(code.clone(), comparability.unwrap_or(Comparability::Exact))
        .is_some()
    {
        return violations.add(field_path("element_code"), RefusalReason::Malformed);
    }
    for (figures, value) in [
        (&mut sheet.current, current),
        (&mut sheet.baseline, baseline),
        (&mut sheet.baseline_to_date, to_date),
    ] {
        if let Some(value) = value {
            figures.insert(code.clone(), value);
        }
    }
}

fn add_missing(
    violations: &mut FieldViolations,
    index: usize,
    message: pb::TargetMissing,
    sheet: &mut StaticFigures,
) {
    let pb::TargetMissing { element_code, expected } = message;
    let expected = violations.require(format!("missing[{index}].expected"), expected);
    let expected = quantity_from_proto(violations, &format!("missing[{index}].expected"), expected);
    let code = element_code_from_proto(
        violations,
        &format!("missing[{index}].element_code"),
        &element_code,
    );
    if let Some((code, expected)) = code.zip(expected) {
        let gap = sheet.missing.entry(code).or_default();
        *gap = gap.with_report(expected);
    }
}

fn add_attestation(
    violations: &mut FieldViolations,
    index: usize,
    message: pb::TargetAttestation,
    sheet: &mut StaticFigures,
) {
    let pb::TargetAttestation { name, done, due, milestone } = message;
    let field = format!("attestations[{index}].name");
    let Some(name) = violations.check_text(field.as_str(), &name, CODE) else { return };
    let name = violations
        .check(field, FormulaIdentifier::new(&name).map_err(|_| RefusalReason::Malformed));
    if done > due || due == 0 {
        violations.add(format!("attestations[{index}].done"), RefusalReason::ValueOutOfRange);
    }
    if let Some(name) = name {
        let kind = if milestone { &mut sheet.milestones } else { &mut sheet.attestations };
        kind.insert(name, Attestation { done, required: due });
    }
}

fn element_code_from_proto(
    violations: &mut FieldViolations,
    field: &str,
    text: &str,
) -> Option<ElementCode> {
    violations.check(field, ElementCode::new(text).map_err(|_| RefusalReason::Malformed))
}

/// Converts a fraction that is not negative.
fn quantity_from_proto(
    violations: &mut FieldViolations,
    field: &str,
    message: Option<pb::Fraction>,
) -> Option<Ratio> {
    let pb::Fraction { numerator, denominator } = message?;
    let ratio = Ratio::new(numerator.into(), denominator.into())
        .filter(|ratio| denominator > 0 && !ratio.is_negative());
    violations.check(field, ratio.ok_or(RefusalReason::ValueOutOfRange))
}

fn share_from_proto(
    violations: &mut FieldViolations,
    field: &str,
    message: Option<pb::Fraction>,
) -> Option<Ratio> {
    let share = quantity_from_proto(violations, field, message)?;
    if share > Ratio::ONE {
        violations.add(field, RefusalReason::ValueOutOfRange);
    }
    Some(share)
}

fn comparability_from_proto(number: i32) -> Result<Comparability, RefusalReason> {
    match pb::Comparability::try_from(number) {
        Ok(pb::Comparability::Unspecified | pb::Comparability::Exact) => Ok(Comparability::Exact),
        Ok(pb::Comparability::Bridged) => Ok(Comparability::Bridged),
        Ok(pb::Comparability::Broken) => Ok(Comparability::Broken),
        Err(_) => Err(RefusalReason::Malformed),
    }
}

/// Converts an evaluation with its members.
#[must_use]
pub fn evaluation_to_proto(evaluation: &Evaluation) -> pb::Evaluation {
    pb::Evaluation {
        target_text: evaluation.target.clone(),
        verdict: evaluation
            .verdict
            .map_or(pb::JudgementState::Unspecified, verdict_to_proto)
            .into(),
        value: fraction_to_proto(evaluation.value),
        display: evaluation.display.clone().unwrap_or_default(),
        limit: evaluation.limit,
        failures_allowed: evaluation.failures.map(|failures| failures.allowed),
        failures_left: evaluation.failures.map(|failures| failures.remaining),
        interval_low: fraction_to_proto(evaluation.interval.map(|(low, _)| low)),
        interval_high: fraction_to_proto(evaluation.interval.map(|(_, high)| high)),
        tier: evaluation.tier.map_or_else(String::new, |tier| tier.as_str().to_owned()),
        pace: evaluation.pace.map(pace_to_proto),
        members: evaluation.members.iter().map(evaluation_to_proto).collect(),
        reasons: evaluation.reasons.iter().map(|reason| reason.as_str().to_owned()).collect(),
        text_vi: evaluation.message().text(Lang::VI),
        text_en: evaluation.message().text(Lang::EN),
    }
}

fn pace_to_proto(pace: EvaluatedPace) -> pb::EvaluatedPace {
    let state = |state: PaceState| judgement_state_to_proto(JudgementState::from(state));
    pb::EvaluatedPace {
        state: pace.state.map_or(pb::JudgementState::Unspecified, state).into(),
        allowed_to_date: fraction_to_proto(pace.allowed_to_date),
        rest_change: fraction_to_proto(pace.rest_change),
        forecast: fraction_to_proto(pace.forecast),
        percent_to_meet: pace.percent_to_meet.map(u32::from),
    }
}

fn verdict_to_proto(verdict: TargetVerdict) -> pb::JudgementState {
    judgement_state_to_proto(JudgementState::from(verdict))
}
