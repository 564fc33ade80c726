//! The judgement of one target at one unit in one window. Comparisons are judged in `target_rule`.

use super::allocated_limits::AllocatedLimits;
use super::judge::attested_elements;
use super::unit_figures::{UnitFigures, resolve_window};
use super::{EachJudgement, EachUnitJudgement, Judgement, JudgementState, StandingFigure};
use crate::domain::campaign::{CampaignTarget, JudgedPlace, UnitShare, shareable_comparison};
use crate::domain::org::UnitKind;
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    Comparison, Contribution, EachOutcome, EachState, Evaluation, EvaluationTerms, FigureSource,
    Target, VerdictReason,
};
use std::collections::BTreeSet;

/// Judges the targets of one unit in one window.
pub(super) struct UnitJudge<'a> {
    pub(super) figures: &'a UnitFigures<'a>,
    pub(super) kind: UnitKind,
    /// The phase; 0 for the whole campaign.
    pub(super) phase: u8,
    pub(super) limits: &'a AllocatedLimits,
    /// The unit that the campaign's owner is in the view.
    pub(super) owner: Option<UnitId>,
}

impl UnitJudge<'_> {
    /// The judgement of a target: its verdict or pace where it is judged, else what the unit adds.
    pub(super) fn judge_line(&self, line: &CampaignTarget, terms: &EvaluationTerms) -> Judgement {
        let unit = self.figures.unit;
        let is_owner = self.owner == Some(unit);
        if let Some(share) = self.limits.share(&line.code, unit).filter(|_| !is_owner) {
            return self.judge_share(line, share, terms);
        }
        let uid = self.figures.input.org.unit(unit).map_or("", |unit| unit.uid.as_str());
        let place = JudgedPlace { unit_uid: uid, kind: self.kind, is_owner, phase: self.phase };
        if !line.is_judged_at(place) {
            return self.contribution(&line.code, &line.formula);
        }
        let evaluation = line.formula.evaluate(self.figures, terms);
        self.build_judgement(&line.code, &line.formula, &evaluation)
    }

    /// The judgement of a unit with a limit of its own.
    fn judge_share(
        &self,
        line: &CampaignTarget,
        share: UnitShare,
        terms: &EvaluationTerms,
    ) -> Judgement {
        let least = line.min_base.map(i64::from);
        let small = least.zip(share.base).is_some_and(|(least, base)| base < least);
        let reason = match share.limit {
            0 => Some(VerdictReason::NoShare),
            _ if small => Some(VerdictReason::SmallBase),
            _ => None,
        };
        let limited = shareable_comparison(&line.formula)
            .and_then(|comparison| comparison.with_limit(share.limit))
            .map(Target::Compare);
        let judged_here = self.phase == 0 || line.phases.contains(&self.phase);
        match (limited, reason) {
            (Some(formula), None) if judged_here => {
                let evaluation = formula.evaluate(self.figures, terms);
                self.build_judgement(&line.code, &formula, &evaluation)
            }
            (Some(_), Some(reason)) if judged_here => Judgement {
                state: JudgementState::NotApplicable,
                reasons: vec![reason.as_str().to_owned()],
                limit: Some(share.limit),
                ..self.contribution(&line.code, &line.formula)
            },
            (Some(_) | None, _) => self.contribution(&line.code, &line.formula),
        }
    }

    /// What the unit adds to a target that is not judged here.
    fn contribution(&self, code: &str, formula: &Target) -> Judgement {
        let members = formula.members().into_iter().zip('a'..='z');
        let members: Vec<Judgement> = members
            .map(|(formula, letter)| self.contribution(&format!("{code}{letter}"), formula))
            .collect();
        let nothing = Judgement::not_counted_here(code, members);
        if !self.is_counted_here(formula) {
            return nothing;
        }
        let none = Judgement { state: JudgementState::Contribution, ..nothing };
        match formula {
            Target::Compare(comparison) => {
                let Contribution { value, display, interval } =
                    comparison.contribution(self.figures);
                Judgement {
                    value,
                    display,
                    value_low: interval.map(|(low, _)| low),
                    value_high: interval.map(|(_, high)| high),
                    figures: self.judgement_figures(comparison),
                    ..none
                }
            }
            Target::Attest(duty) => {
                let done = self.figures.attestation(duty).map(|attested| attested.done);
                Judgement {
                    value: done.map(|done| Ratio::from_integer(done.into())),
                    display: done.map_or_else(String::new, |done| done.to_string()),
                    ..none
                }
            }
            Target::Milestone(_) | Target::All(_) | Target::Any(_) | Target::Tier { .. } => none,
        }
    }

    fn build_judgement(&self, code: &str, formula: &Target, evaluation: &Evaluation) -> Judgement {
        let comparison = formula.comparison();
        let members = formula.members().into_iter().zip(&evaluation.members).zip('a'..='z');
        let members = members.map(|((formula, of), letter)| {
            self.build_judgement(&format!("{code}{letter}"), formula, of)
        });
        let members: Vec<Judgement> = members.collect();
        if !self.is_counted_here(formula) {
            return Judgement::not_counted_here(code, members);
        }
        let pace = evaluation.pace.unwrap_or_default();
        let interval =
            evaluation.interval.filter(|_| comparison.is_some_and(|one| !one.measure.is_change()));
        Judgement {
            code: code.to_owned(),
            state: judgement_state(evaluation),
            reasons: reason_codes(evaluation),
            value: evaluation.value,
            value_low: interval.map(|(low, _)| low),
            value_high: interval.map(|(_, high)| high),
            bound: comparison
                .map(|one| one.bound.decimal.to_ratio(if one.bound.percent { 2 } else { 0 })),
            limit: evaluation.limit,
            limit_now: pace.allowed_to_date,
            failures_allowed: evaluation.failures.map(|failures| failures.allowed),
            failures_left: evaluation.failures.map(|failures| failures.remaining),
            display: evaluation.display.clone().unwrap_or_default(),
            rest_change: pace.rest_change,
            forecast: pace.forecast,
            percent_to_meet: pace.percent_to_meet,
            tier: evaluation.tier,
            count_before: evaluation.counts.and_then(|counts| counts.before),
            count_now: evaluation.counts.map(|counts| counts.now),
            variation: evaluation.counts.and_then(|counts| counts.z_hundredths),
            figures: comparison.map(|one| self.judgement_figures(one)).unwrap_or_default(),
            members,
            each: evaluation.each.as_ref().map(each_judgement),
        }
    }

    /// Whether every element is counted at this unit's level or below it, on all days that count.
    fn is_counted_here(&self, formula: &Target) -> bool {
        let figures = self.figures;
        let counted = |levels: Vec<UnitKind>| {
            levels.into_iter().all(|level| is_level_summed(self.kind, level))
        };
        let compared = |comparison: &&Comparison| counted(figures.counted_levels(comparison));
        let mut attested = attested_elements(figures.input.campaign, formula);
        formula.comparisons().iter().all(compared)
            && attested.all(|code| counted(figures.levels_within(&code, figures.default_window)))
    }

    fn judgement_figures(&self, comparison: &Comparison) -> Vec<StandingFigure> {
        let elements = comparison.measure.elements();
        elements.into_iter().map(|code| self.standing_figure(code, comparison)).collect()
    }

    fn standing_figure(&self, code: &ElementCode, comparison: &Comparison) -> StandingFigure {
        let (figures, baseline) = (self.figures, comparison.measure.baseline());
        let value =
            figures.sums_of(comparison).and_then(|(_, sums)| sums.value(figures.unit, code));
        let window =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref());
        let full = baseline.and_then(|of| figures.baseline_window(&of, window?));
        let now = baseline.and_then(|of| figures.baseline_window_to_date(code, &of, comparison));
        StandingFigure {
            element: code.clone(),
            value,
            baseline_now: now.and_then(|window| figures.sum_baseline(code, window)),
            baseline_full: full.and_then(|window| figures.sum_baseline(code, window)),
        }
    }
}

fn each_judgement(outcome: &EachOutcome) -> EachJudgement {
    let state = |state: EachState| match state {
        EachState::Verdict(verdict) => verdict.into(),
        EachState::Pace(pace) => pace.into(),
    };
    let EachOutcome { met, judged, others, neutral } = outcome;
    EachJudgement {
        met: *met,
        judged: *judged,
        others: others
            .iter()
            .map(|(unit, of)| EachUnitJudgement { unit: *unit, state: state(*of), neutral: None })
            .collect(),
        neutral: neutral
            .iter()
            .map(|(unit, neutral)| EachUnitJudgement {
                unit: *unit,
                state: JudgementState::NotApplicable,
                neutral: *neutral,
            })
            .collect(),
    }
}

/// Whether a unit of this kind sums elements that are counted at `level`.
pub(super) fn is_level_summed(kind: UnitKind, level: UnitKind) -> bool {
    match kind {
        UnitKind::Province => true,
        UnitKind::District => matches!(level, UnitKind::District | UnitKind::Commune),
        UnitKind::Commune | UnitKind::Department | UnitKind::Cluster => kind == level,
    }
}

fn judgement_state(evaluation: &Evaluation) -> JudgementState {
    match (evaluation.verdict, evaluation.pace_state()) {
        (Some(verdict), _) => verdict.into(),
        (None, Some(pace)) => pace.into(),
        (None, None) => JudgementState::Undetermined,
    }
}

fn reason_codes(evaluation: &Evaluation) -> Vec<String> {
    let codes: BTreeSet<&str> = evaluation.reasons.iter().map(|reason| reason.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}
