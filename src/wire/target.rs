//! A target with figures for it, as messages: the question and the answer of `EvaluateTarget`.
//!
//! Knows no caller; names every field that is wrong at once.

use super::record::standing::{fraction, read_stage, state_number};
use super::violations::Violations;
use super::words;
use crate::domain::element::ElementCode;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::reason::{Reason, Refusal};
use crate::domain::standing::JudgementState;
use crate::domain::target::{
    Attested, Comparability, Evaluation, Name, Pace, PaceState, Sheet, Stage, Target, Terms, Verdict,
};
use crate::pb;

/// Most figures, and most attestations, of one question.
pub const FIGURES_MAX: usize = 256;
/// Most missing reports of one question.
pub const MISSING_MAX: usize = 1024;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The target.
    pub target: Target,
    /// Its figures.
    pub sheet: Sheet,
    /// The terms on which it is judged.
    pub terms: Terms,
}

/// Reads a question, or names every field that is wrong.
pub fn read_question(message: pb::EvaluateTargetRequest) -> Result<Question, Refusal> {
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
    let mut bad = Violations::default();
    let target = bad.take("target_text", Target::parse(&target_text).map_err(|_| Reason::Malformed));
    for (field, count, most) in [
        ("figures", figures.len(), FIGURES_MAX),
        ("missing", missing.len(), MISSING_MAX),
        ("attestations", attestations.len(), FIGURES_MAX),
    ] {
        if count > most {
            bad.add(field, Reason::TooMany);
        }
    }
    if bad.any() {
        return bad.done(None);
    }
    let mut sheet = Sheet::default();
    figures.into_iter().enumerate().for_each(|(at, one)| read_figure(&mut bad, at, one, &mut sheet));
    missing.into_iter().enumerate().for_each(|(at, one)| read_missing(&mut bad, at, one, &mut sheet));
    attestations.into_iter().enumerate().for_each(|(at, one)| read_attestation(&mut bad, at, one, &mut sheet));
    let stage = match stage {
        0 => Some(Stage::Closed),
        set => bad.take("stage", read_stage(set).map_err(|_| Reason::Malformed)),
    };
    let mut terms = Terms::at(stage.unwrap_or(Stage::Closed));
    terms.coverage = share(&mut bad, "coverage", coverage).unwrap_or(terms.coverage);
    terms.coverage_min = share(&mut bad, "coverage_min", coverage_min).unwrap_or(terms.coverage_min);
    terms.min_base = quantity(&mut bad, "min_base", min_base);
    terms.waived = waived;
    if zero_base != 0 {
        terms.zero_base = bad.take("zero_base", words::read_zero_base(zero_base)).unwrap_or(terms.zero_base);
    }
    let question = target.map(|target| Question { target, sheet, terms });
    bad.done(question)
}

fn read_figure(bad: &mut Violations, at: usize, message: pb::TargetFigure, sheet: &mut Sheet) {
    let pb::TargetFigure { element_code, figure, baseline, baseline_to_date, comparability } = message;
    let place = |field: &str| format!("figures[{at}].{field}");
    let now = quantity(bad, &place("figure"), figure);
    let before = quantity(bad, &place("baseline"), baseline);
    let to_date = quantity(bad, &place("baseline_to_date"), baseline_to_date);
    let comparability = bad.take(place("comparability"), read_comparability(comparability));
    let Some(code) = code(bad, &place("element_code"), &element_code) else { return };
    if sheet.comparability.insert(code.clone(), comparability.unwrap_or(Comparability::Exact)).is_some() {
        return bad.add(place("element_code"), Reason::Malformed);
    }
    for (figures, value) in [(&mut sheet.now, now), (&mut sheet.before, before), (&mut sheet.before_to_date, to_date)] {
        if let Some(value) = value {
            figures.insert(code.clone(), value);
        }
    }
}

fn read_missing(bad: &mut Violations, at: usize, message: pb::TargetMissing, sheet: &mut Sheet) {
    let pb::TargetMissing { element_code, expected } = message;
    let expected = bad.required(format!("missing[{at}].expected"), expected);
    let expected = quantity(bad, &format!("missing[{at}].expected"), expected);
    let code = code(bad, &format!("missing[{at}].element_code"), &element_code);
    if let Some((code, expected)) = code.zip(expected) {
        let gap = sheet.missing.entry(code).or_default();
        *gap = gap.and(expected);
    }
}

fn read_attestation(bad: &mut Violations, at: usize, message: pb::TargetAttestation, sheet: &mut Sheet) {
    let pb::TargetAttestation { name, done, due, milestone } = message;
    let name = bad.take(format!("attestations[{at}].name"), Name::new(&name).map_err(|_| Reason::Malformed));
    if done > due || due == 0 {
        bad.add(format!("attestations[{at}].done"), Reason::ValueOutOfRange);
    }
    if let Some(name) = name {
        let kind = if milestone { &mut sheet.milestones } else { &mut sheet.attested };
        kind.insert(name, Attested { done, of: due });
    }
}

fn code(bad: &mut Violations, field: &str, text: &str) -> Option<ElementCode> {
    bad.take(field, ElementCode::new(text).map_err(|_| Reason::Malformed))
}

/// A number from zero up.
fn quantity(bad: &mut Violations, field: &str, message: Option<pb::Fraction>) -> Option<Ratio> {
    let pb::Fraction { numerator, denominator } = message?;
    let ratio =
        Ratio::new(numerator.into(), denominator.into()).filter(|ratio| denominator > 0 && !ratio.is_negative());
    bad.take(field, ratio.ok_or(Reason::ValueOutOfRange))
}

fn share(bad: &mut Violations, field: &str, message: Option<pb::Fraction>) -> Option<Ratio> {
    let share = quantity(bad, field, message)?;
    if share > Ratio::ONE {
        bad.add(field, Reason::ValueOutOfRange);
    }
    Some(share)
}

fn read_comparability(number: i32) -> Result<Comparability, Reason> {
    match pb::Comparability::try_from(number) {
        Ok(pb::Comparability::Unspecified | pb::Comparability::Exact) => Ok(Comparability::Exact),
        Ok(pb::Comparability::Bridged) => Ok(Comparability::Bridged),
        Ok(pb::Comparability::Broken) => Ok(Comparability::Broken),
        Err(_) => Err(Reason::Malformed),
    }
}

/// An evaluation as a message.
#[must_use]
pub fn evaluation(one: &Evaluation) -> pb::Evaluation {
    pb::Evaluation {
        target_text: one.target.clone(),
        verdict: one.verdict.map_or(pb::JudgementState::Unspecified, verdict).into(),
        value: fraction(one.value),
        display: one.display.clone().unwrap_or_default(),
        limit: one.limit,
        failures_allowed: one.failures.map(|failures| failures.allowed),
        failures_left: one.failures.map(|failures| failures.left),
        interval_low: fraction(one.interval.map(|(low, _)| low)),
        interval_high: fraction(one.interval.map(|(_, high)| high)),
        tier: one.tier.map_or_else(String::new, |tier| tier.as_str().to_owned()),
        pace: one.pace.map(pace),
        members: one.members.iter().map(evaluation).collect(),
        reasons: one.reasons.iter().map(|reason| reason.as_str().to_owned()).collect(),
        text_vi: one.text(Lang::Vi),
        text_en: one.text(Lang::En),
    }
}

fn pace(pace: Pace) -> pb::EvaluatedPace {
    let state = |state: PaceState| state_number(JudgementState::from(state));
    pb::EvaluatedPace {
        state: pace.state.map_or(pb::JudgementState::Unspecified, state).into(),
        allowed_to_date: fraction(pace.allowed_to_date),
        rest_change: fraction(pace.rest_change),
        forecast: fraction(pace.forecast),
        percent_to_meet: pace.p_meet.map(u32::from),
    }
}

fn verdict(verdict: Verdict) -> pb::JudgementState {
    state_number(JudgementState::from(verdict))
}
