//! `by each`: a comparison that every unit must meet, judged at a unit above them.
//!
//! Units that are not judged are neutral: they are listed and decide nothing.

use super::ast::Comparison;
use super::comparison;
use super::evaluation::{EvaluatedPace, Evaluation};
use super::figure_source::{EvaluationTerms, FigureSource};
use super::verdict::{PaceState, StandingStage, TargetVerdict, VerdictReason};
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// Why a unit of `by each` is not judged although the target applies to it.
    NeutralReason {
        /// It lived less than three quarters of the judged days.
        Exposure = "EXPOSURE",
        /// It was closed before the last judged day.
        Closed = "CLOSED",
    }
}

/// One unit of `by each` and its figures.
pub struct EachFigures<'a> {
    /// The unit.
    pub unit: UnitId,
    /// Why it is not judged; `None` if it is.
    pub neutral: Option<NeutralReason>,
    /// Accepted share of its expected reports.
    pub coverage: Ratio,
    /// Accepted share of what its reports are expected to weigh.
    pub weight: Ratio,
    /// Its figures.
    pub figures: Box<dyn FigureSource + 'a>,
}

/// How the units of `by each` were judged, in code order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EachOutcome {
    /// Judged units that met it, or are on pace.
    pub met: u32,
    /// Judged units.
    pub judged: u32,
    /// Judged units that have not met it.
    pub others: Vec<(UnitId, EachState)>,
    /// Units that are not judged; without a reason: there is nothing to judge.
    pub neutral: Vec<(UnitId, Option<NeutralReason>)>,
}

/// State of one judged unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EachState {
    /// A verdict.
    Verdict(TargetVerdict),
    /// A pace, while the window runs.
    Pace(PaceState),
}

impl EachState {
    fn of(evaluation: &Evaluation) -> Self {
        match (evaluation.verdict, evaluation.pace_state()) {
            (Some(verdict), _) => Self::Verdict(verdict),
            (None, Some(pace)) => Self::Pace(pace),
            (None, None) => Self::Verdict(TargetVerdict::Undetermined),
        }
    }

    fn is_unknown(self) -> bool {
        matches!(
            self,
            Self::Verdict(
                TargetVerdict::Undetermined | TargetVerdict::NoData | TargetVerdict::NotComparable
            )
        )
    }
}

pub(super) fn evaluate_each(
    comparison: &Comparison,
    units: &[EachFigures<'_>],
    terms: &EvaluationTerms,
    out: &mut Evaluation,
) {
    let mut outcome = EachOutcome::default();
    let mut states = Vec::new();
    for EachFigures { unit, neutral, coverage, weight, figures } in units {
        if neutral.is_some() {
            outcome.neutral.push((*unit, *neutral));
            continue;
        }
        let mut one = Evaluation::new(String::new(), terms.stage);
        let terms = EvaluationTerms { coverage: *coverage, weight: *weight, ..terms.clone() };
        comparison::evaluate_comparison(comparison, &**figures, &terms, &mut one);
        let state = EachState::of(&one);
        match state {
            EachState::Verdict(TargetVerdict::NotApplicable) => outcome.neutral.push((*unit, None)),
            EachState::Verdict(TargetVerdict::Met) | EachState::Pace(PaceState::OnPace) => {
                outcome.met += 1;
                outcome.judged += 1;
            }
            EachState::Verdict(_) | EachState::Pace(_) => {
                outcome.judged += 1;
                outcome.others.push((*unit, state));
                states.push((state, one.reasons));
            }
        }
    }
    let EachOutcome { met, judged, .. } = outcome;
    out.display = (judged > 0).then(|| format!("{met}/{judged}"));
    set_state(terms.stage, judged, &states, out);
    out.each = Some(outcome);
}

/// The state of all units together. Of the units that are not met the first in this order decides:
/// missed, behind, unknown.
fn set_state(
    stage: StandingStage,
    judged: u32,
    states: &[(EachState, Vec<VerdictReason>)],
    out: &mut Evaluation,
) {
    let has = |wanted: EachState| states.iter().any(|(state, _)| *state == wanted);
    let pace = |state| Some(EvaluatedPace { state: Some(state), ..EvaluatedPace::default() });
    let running = stage == StandingStage::Running;
    if judged == 0 {
        out.verdict = Some(TargetVerdict::NotApplicable);
    } else if has(EachState::Verdict(TargetVerdict::Missed)) {
        out.verdict = Some(TargetVerdict::Missed);
    } else if has(EachState::Pace(PaceState::AlreadyMissed)) {
        out.pace = pace(PaceState::AlreadyMissed);
    } else if has(EachState::Pace(PaceState::Behind)) {
        out.pace = pace(PaceState::Behind);
    } else if states.iter().any(|(state, _)| state.is_unknown()) {
        out.verdict = Some(TargetVerdict::Undetermined);
        let unknown = states.iter().filter(|(state, _)| state.is_unknown());
        unknown.flat_map(|(_, reasons)| reasons).for_each(|reason| out.add_reason(*reason));
    } else if running {
        out.pace = pace(PaceState::OnPace);
    } else {
        out.verdict = Some(TargetVerdict::Met);
    }
}
