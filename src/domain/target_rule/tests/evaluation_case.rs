//! A builder of figures and the evaluation of a target on them.

use crate::domain::report::element::ElementCode;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::ZeroBasePolicy;
use crate::domain::target_rule::*;

pub(crate) const T1: &str = "change(count(x) vs same_window_prior_year, rel) <= -7%";
pub(crate) const LESS: &str = "change(count(x)) < 0";

/// `evaluation_case(T1).with_baseline("x", 450).with_current("x", 418).evaluate_closed()`.
#[derive(Clone)]
pub(crate) struct EvaluationCase {
    target: Target,
    pub(crate) sheet: StaticFigures,
    pub(crate) terms: EvaluationTerms,
}

pub(crate) fn evaluation_case(target: &str) -> EvaluationCase {
    let target = Target::parse(target).unwrap_or_else(|error| panic!("{target}: {error}"));
    EvaluationCase {
        target,
        sheet: StaticFigures::default(),
        terms: EvaluationTerms::for_stage(StandingStage::Closed),
    }
}

pub(crate) fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

pub(crate) fn ratio(text: &str) -> Ratio {
    Ratio::parse(text).unwrap()
}

impl EvaluationCase {
    pub(crate) fn with_current(mut self, element: &str, value: i64) -> Self {
        self.sheet.current.insert(code(element), value.into());
        self
    }

    pub(crate) fn with_baseline(mut self, element: &str, value: i64) -> Self {
        self.sheet.baseline.insert(code(element), value.into());
        self
    }

    pub(crate) fn with_baseline_to_date(mut self, element: &str, value: i64) -> Self {
        self.sheet.baseline_to_date.insert(code(element), value.into());
        self
    }

    pub(crate) fn with_missing_report(mut self, element: &str, expected: &str) -> Self {
        let missing = self.sheet.missing.entry(code(element)).or_default();
        *missing = missing.with_report(ratio(expected));
        self
    }

    pub(crate) fn with_comparability(mut self, element: &str, state: Comparability) -> Self {
        self.sheet.comparability.insert(code(element), state);
        self
    }

    pub(crate) fn with_attestation(mut self, duty: &str, done: u32, of: u32) -> Self {
        self.sheet
            .attestations
            .insert(FormulaIdentifier::new(duty).unwrap(), Attestation { done, required: of });
        self
    }

    pub(crate) fn with_coverage(mut self, coverage: &str) -> Self {
        self.terms.coverage = ratio(coverage);
        self
    }

    pub(crate) fn with_min_base(mut self, least: i64) -> Self {
        self.terms.min_base = Some(least.into());
        self
    }

    pub(crate) fn with_zero_base(mut self, policy: ZeroBasePolicy) -> Self {
        self.terms.zero_base = policy;
        self
    }

    pub(crate) fn with_waiver(mut self) -> Self {
        self.terms.waived = true;
        self
    }

    pub(crate) fn evaluate_at(mut self, stage: StandingStage) -> Evaluation {
        self.terms.stage = stage;
        self.target.evaluate(&self.sheet, &self.terms)
    }

    pub(crate) fn evaluate_closed(self) -> Evaluation {
        self.evaluate_at(StandingStage::Closed)
    }

    pub(crate) fn evaluate_running(self) -> Evaluation {
        self.evaluate_at(StandingStage::Running)
    }
}

/// Code of the verdict, or of the pace state while running.
pub(crate) fn verdict_code(out: &Evaluation) -> &'static str {
    match (out.verdict, out.pace_state()) {
        (Some(verdict), _) => verdict.as_str(),
        (None, Some(state)) => state.as_str(),
        (None, None) => "nothing",
    }
}

pub(crate) fn display_text(out: &Evaluation) -> &str {
    out.display.as_deref().unwrap_or("")
}
