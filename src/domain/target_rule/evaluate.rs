//! Evaluates a target on figures and combines the verdicts of members into an [`Evaluation`].
//!
//! The evaluation is total: every tree and every set of figures gives a result. Comparisons are
//! judged in `comparison`.

use super::ast::{Comparison, FormulaIdentifier, Target, TargetUnits};
use super::comparison;
use super::comparison_figures::EvaluationStop;
use super::each;
use super::evaluation::{EvaluatedPace, Evaluation};
use super::figure_source::{Attestation, EvaluationTerms, FigureSource};
use super::verdict::{PaceState, StandingStage, TargetVerdict, Tier, VerdictReason};
use crate::domain::support::ratio::Ratio;

impl Target {
    /// Evaluates the target on these figures, exactly.
    #[must_use]
    pub fn evaluate(&self, figures: &dyn FigureSource, terms: &EvaluationTerms) -> Evaluation {
        let mut out = Evaluation::new(self.to_string(), terms.stage);
        match self {
            Self::Compare(comparison) => evaluate_comparison(comparison, figures, terms, &mut out),
            Self::Milestone(name) => {
                evaluate_attestation(figures.milestone_attestation(name), name, terms, &mut out)
            }
            Self::Attest(name) => {
                evaluate_attestation(figures.attestation(name), name, terms, &mut out)
            }
            Self::All(members) => {
                evaluate_members(members.iter(), figures, terms, &mut out, combine_all)
            }
            Self::Any(members) => {
                evaluate_members(members.iter(), figures, terms, &mut out, combine_any)
            }
            Self::Tier { floor, stretch } => {
                evaluate_members(
                    [&**floor, &**stretch].into_iter(),
                    figures,
                    terms,
                    &mut out,
                    combine_tier,
                );
                out.tier = met_tier(&out);
            }
        }
        out
    }
}

/// Judges one comparison by the stage and coverage of its own window.
fn evaluate_comparison(
    comparison: &Comparison,
    figures: &dyn FigureSource,
    terms: &EvaluationTerms,
    out: &mut Evaluation,
) {
    let own = figures.own_terms(comparison).map(|own| EvaluationTerms {
        stage: own.stage,
        coverage: own.coverage,
        weight: own.weight,
        ..terms.clone()
    });
    let terms = own.as_ref().unwrap_or(terms);
    out.stage = terms.stage;
    let units = match &comparison.units {
        Some(TargetUnits::Each(units)) => figures.each_units(units, comparison),
        Some(TargetUnits::Unit(_)) | None => None,
    };
    match units {
        Some(units) => each::evaluate_each(comparison, &units, terms, out),
        None => comparison::evaluate_comparison(comparison, figures, terms, out),
    }
}

fn evaluate_attestation(
    state: Option<Attestation>,
    _name: &FormulaIdentifier,
    terms: &EvaluationTerms,
    out: &mut Evaluation,
) {
    if let Some(Attestation { done, required: of }) = state {
        out.display = Some(format!("{done}/{of}"));
        out.value = Ratio::new(done.into(), of.into());
    }
    let done = state.map(|Attestation { done, required: of }| done >= of);
    match (terms.stage, done) {
        (StandingStage::Running, Some(true)) => {
            out.pace =
                Some(EvaluatedPace { state: Some(PaceState::OnPace), ..EvaluatedPace::default() });
        }
        // Not done yet is not behind: the grammar has no due date for an attestation.
        (StandingStage::Running, Some(false)) => {
            out.stop(EvaluationStop {
                verdict: TargetVerdict::Undetermined,
                reason: VerdictReason::NotAttested,
            });
        }
        (StandingStage::Closed | StandingStage::Final, Some(true)) => {
            out.verdict = Some(TargetVerdict::Met)
        }
        (StandingStage::Closed | StandingStage::Final, Some(false)) => {
            out.stop(EvaluationStop {
                verdict: TargetVerdict::Missed,
                reason: VerdictReason::NotAttested,
            });
        }
        (StandingStage::Running | StandingStage::Closed | StandingStage::Final, None) => {
            out.stop(EvaluationStop {
                verdict: TargetVerdict::NoData,
                reason: VerdictReason::NotAttested,
            });
        }
    }
}

/// State of one member, of a running or a finished window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemberState {
    Verdict(TargetVerdict),
    Pace(PaceState),
}

/// The state of a member at the stage of the combination: while it runs nothing is met.
fn member_state(member: &Evaluation, stage: StandingStage) -> MemberState {
    let running = stage == StandingStage::Running;
    match (member.verdict, member.pace_state()) {
        (Some(TargetVerdict::Met), _) if running => MemberState::Pace(PaceState::OnPace),
        (Some(TargetVerdict::Missed), _) if running => MemberState::Pace(PaceState::AlreadyMissed),
        (Some(verdict), _) => MemberState::Verdict(verdict),
        (None, Some(state)) => MemberState::Pace(state),
        (None, None) => MemberState::Verdict(TargetVerdict::Undetermined),
    }
}

fn evaluate_members<'a>(
    members: impl Iterator<Item = &'a Target>,
    figures: &dyn FigureSource,
    terms: &EvaluationTerms,
    out: &mut Evaluation,
    rule: fn(&[MemberState]) -> MemberState,
) {
    out.members = members.map(|member| member.evaluate(figures, terms)).collect();
    // A combination closes with its last member.
    out.stage = out.members.iter().map(|member| member.stage).min().unwrap_or(terms.stage);
    let states: Vec<MemberState> =
        out.members.iter().map(|member| member_state(member, out.stage)).collect();
    match rule(&states) {
        MemberState::Verdict(verdict) => out.verdict = Some(verdict),
        MemberState::Pace(state) => {
            out.pace = Some(EvaluatedPace { state: Some(state), ..EvaluatedPace::default() })
        }
    }
    let reasons: Vec<VerdictReason> =
        out.members.iter().flat_map(|member| member.reasons.clone()).collect();
    for reason in reasons {
        out.add_reason(reason);
    }
}

/// The members that are not NOT_APPLICABLE; `Err(NOT_APPLICABLE)` if none is left.
fn filter_applicable(states: &[MemberState]) -> Result<Vec<MemberState>, MemberState> {
    let not_applicable = MemberState::Verdict(TargetVerdict::NotApplicable);
    let applicable: Vec<MemberState> =
        states.iter().copied().filter(|state| *state != not_applicable).collect();
    if applicable.is_empty() { Err(not_applicable) } else { Ok(applicable) }
}

/// `all`: one failure decides; then any undetermined member; otherwise success.
fn combine_all(states: &[MemberState]) -> MemberState {
    let applicable = match filter_applicable(states) {
        Ok(applicable) => applicable,
        Err(not_applicable) => return not_applicable,
    };
    let order = [
        MemberState::Verdict(TargetVerdict::Missed),
        MemberState::Pace(PaceState::AlreadyMissed),
        MemberState::Pace(PaceState::Behind),
    ];
    let failed = order.into_iter().find(|state| applicable.contains(state));
    failed.or_else(|| find_undetermined(&applicable)).unwrap_or(applicable[0])
}

/// `any`: one success decides; then any undetermined member; otherwise the least failure.
fn combine_any(states: &[MemberState]) -> MemberState {
    let applicable = match filter_applicable(states) {
        Ok(applicable) => applicable,
        Err(not_applicable) => return not_applicable,
    };
    let has = |state: MemberState| applicable.contains(&state).then_some(state);
    has(MemberState::Verdict(TargetVerdict::Met))
        .or_else(|| has(MemberState::Pace(PaceState::OnPace)))
        .or_else(|| find_undetermined(&applicable))
        .or_else(|| has(MemberState::Pace(PaceState::Behind)))
        .unwrap_or(applicable[0])
}

fn find_undetermined(states: &[MemberState]) -> Option<MemberState> {
    let open = [TargetVerdict::Undetermined, TargetVerdict::NoData, TargetVerdict::NotComparable]
        .map(MemberState::Verdict);
    states
        .iter()
        .any(|state| open.contains(state))
        .then_some(MemberState::Verdict(TargetVerdict::Undetermined))
}

/// `tier`: the floor decides.
fn combine_tier(states: &[MemberState]) -> MemberState {
    states.first().copied().unwrap_or(MemberState::Verdict(TargetVerdict::NotApplicable))
}

fn met_tier(out: &Evaluation) -> Option<Tier> {
    if out.stage == StandingStage::Running {
        return None;
    }
    let met = |index: usize| {
        out.members.get(index).is_some_and(|member| member.verdict == Some(TargetVerdict::Met))
    };
    match (met(0), met(1)) {
        (true, true) => Some(Tier::Stretch),
        (true, false) => Some(Tier::Floor),
        (false, true | false) => None,
    }
}
