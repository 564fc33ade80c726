//! Every rule that one target of a campaign breaks.
//!
//! What a formula asks for, and which count could be bent to meet it, is computed in
//! `formula_analysis`.

use super::check::not_counted_violation;
use super::formula_analysis::{
    baseline_methods, collect_baselines, needs_pair, reduced_elements, rewarded_elements,
    shrinkable_denominator,
};
use super::{BaselineMethod, Campaign, CampaignTarget, Commitment, DutyEvidence, TargetPair};
use crate::domain::report::element::{Element, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, message};
use crate::domain::support::nearest_word::with_nearest;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{
    Baseline, Comparison, FormulaIdentifier, Measure, Target, TargetWindow, ZeroBasePolicy,
};
use jiff::civil::Date;

/// Checks `target` and adds its violations to `violations`.
pub(super) fn check_target(
    campaign: &Campaign,
    target: &CampaignTarget,
    catalogue: &Catalogue,
    violations: &mut Vec<Violation>,
) {
    let checker =
        TargetChecker { campaign, target, catalogue, path: format!("targets.{}", target.code) };
    checker.check_texts(violations);
    checker.check_elements(violations);
    checker.check_names(&target.formula, violations);
    checker.check_policies(violations);
    checker.check_overlap(violations);
    checker.check_pairs(violations);
    checker.check_rewards(violations);
}

struct TargetChecker<'a> {
    campaign: &'a Campaign,
    target: &'a CampaignTarget,
    catalogue: &'a Catalogue,
    path: String,
}

impl TargetChecker<'_> {
    fn error(&self, code: &'static str, message: Message) -> Violation {
        Violation::error(code, &self.path, message)
    }

    fn check_texts(&self, violations: &mut Vec<Violation>) {
        if self.target.text_vi.trim().is_empty() || self.target.text_en.trim().is_empty() {
            violations
                .push(self.error("TARGET_TEXT", message!("check-target-target-no-words-fill")));
        }
        if self.target.coverage_min.is_some_and(|share| share > 1000) {
            violations.push(
                self.error("COVERAGE_RANGE", message!("check-target-coverage-min-thousandths-0")),
            );
        }
    }

    /// Every element in the formula is reported under a contract of the campaign and measured as
    /// its kind allows.
    fn check_elements(&self, violations: &mut Vec<Violation>) {
        for code in self.target.formula.elements() {
            if !self.campaign.counts_element(&code, self.catalogue) {
                violations.push(not_counted_violation(&self.path, code.as_str(), self.catalogue));
            }
        }
        for comparison in self.target.formula.comparisons() {
            self.check_element_kinds(&comparison.measure, violations);
        }
    }

    fn check_element_kinds(&self, measure: &Measure, violations: &mut Vec<Violation>) {
        let wants_stock = match measure {
            Measure::Change { measure: of, .. } => return self.check_element_kinds(of, violations),
            Measure::Stock(_) => true,
            Measure::Count(_) => false,
            // A rate may be per a stock (people); a ratio may compare a stock with a stock.
            Measure::Ratio { .. } | Measure::Rate { .. } => return,
        };
        let elements =
            measure.elements().into_iter().filter_map(|code| self.catalogue.element(code));
        for element in
            elements.filter(|element| (element.kind == ElementKind::Stock) != wants_stock)
        {
            let (code, kind) = (&element.code, element.kind);
            violations.push(self.error(
                "MEASURE_KIND",
                message!("check-target-element-measure-stock-stock", code, kind),
            ));
        }
    }

    /// Phases and duties named in the formula exist.
    fn check_names(&self, formula: &Target, violations: &mut Vec<Violation>) {
        match formula {
            Target::Attest(duty) => self.check_duty(duty, violations),
            Target::Milestone(name) => violations.push(self.unknown_milestone_violation(name)),
            Target::Compare(comparison) => self.check_comparison_window(comparison, violations),
            Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
                formula
                    .members()
                    .into_iter()
                    .for_each(|member| self.check_names(member, violations));
            }
        }
    }

    fn check_duty(&self, name: &FormulaIdentifier, violations: &mut Vec<Violation>) {
        let duty = self.campaign.duty(name.as_str());
        if duty.is_none_or(|duty| duty.evidence != DutyEvidence::Attestation) {
            violations.push(self.error(
                "UNKNOWN_DUTY",
                with_nearest(
                    message!("check-target-there-no-duty-evidence", name),
                    name.as_str(),
                    self.campaign.duties.iter().map(|duty| duty.code.as_str()),
                ),
            ));
        }
    }

    fn check_comparison_window(&self, comparison: &Comparison, violations: &mut Vec<Violation>) {
        match &comparison.window {
            None | Some(TargetWindow::Legal | TargetWindow::Dates(..)) => {}
            Some(TargetWindow::Milestone(name)) => {
                violations.push(self.unknown_milestone_violation(name))
            }
            Some(TargetWindow::Phase(no)) => {
                if !self.campaign.phases.iter().any(|phase| u16::from(phase.no) == *no) {
                    violations.push(self.error(
                        "UNKNOWN_PHASE",
                        message!("check-target-there-no-phase-declare", no),
                    ));
                }
            }
        }
    }

    fn unknown_milestone_violation(&self, name: &FormulaIdentifier) -> Violation {
        self.error("UNKNOWN_MILESTONE", message!("check-target-campaign-holds-no-milestone", name))
    }

    /// A binding target states its baseline, its least coverage and its smallest base.
    fn check_policies(&self, violations: &mut Vec<Violation>) {
        let (target, methods) = (self.target, baseline_methods(&self.target.formula));
        if let Some(declared) = target.baseline.filter(|declared| {
            methods.iter().any(|method| method != declared) || methods.is_empty()
        }) {
            let used = methods.first().map_or("-", |method| method.as_str());
            violations.push(self.error(
                "BASELINE_DISAGREES",
                message!("check-target-baseline-says-formula-uses", declared, used),
            ));
        }
        if target.commitment != Commitment::Binding {
            return;
        }
        let judged = !target.formula.comparisons().is_empty();
        let missing = [
            ("baseline", !methods.is_empty() && target.baseline.is_none(), words(&methods)),
            ("zero_base", judged && target.zero_base.is_none(), words(ZeroBasePolicy::ALL)),
            ("min_base", judged && target.min_base.is_none(), "0, 1, 2, ...".to_owned()),
            ("coverage_min", target.coverage_min.is_none(), "0 ... 1000".to_owned()),
        ];
        for (key, _, values) in missing.iter().filter(|(_, missing, _)| *missing) {
            let text = message!("check-target-binding-target-needs-fill", key, values);
            violations.push(self.error("NO_POLICY", text));
        }
    }

    /// A base that shares days with the measured window compares figures with themselves.
    fn check_overlap(&self, violations: &mut Vec<Violation>) {
        if self.target.overlap_waiver.as_deref().is_some_and(|reason| !reason.trim().is_empty()) {
            return;
        }
        for baseline in collect_baselines(&self.target.formula) {
            let Some(window) = baseline_year_window(baseline) else { continue };
            let days = window.overlap_days(&self.campaign.measurement_window);
            if days > 0 {
                violations.push(self.error(
                    "BASE_OVERLAPS",
                    message!("check-target-base-shares-days-measured", window, days),
                ));
            }
        }
    }

    /// A target that is easily met by not counting is paired with a figure that shows it.
    fn check_pairs(&self, violations: &mut Vec<Violation>) {
        let target = self.target;
        for pair in &target.pairs {
            violations.extend(self.check_pair(pair));
        }
        if !needs_pair(&target.formula) {
            return;
        }
        if !is_vietnamese(&target.gaming_note) {
            violations
                .push(self.error("NO_GAMING_NOTE", message!("check-target-how-target-could-met")));
        }
        let reduced = reduced_elements(&target.formula);
        let has_pair = target.pairs.iter().any(|pair| match pair {
            TargetPair::Target(_) => true,
            TargetPair::Count(code) => !reduced.contains(code),
        });
        if !has_pair {
            violations.push(
                self.error("NO_PAIR", message!("check-target-reduction-ratio-needs-something")),
            );
        }
        let counted = target.pairs.iter().any(|pair| matches!(pair, TargetPair::Count(_)));
        let shrinkable = shrinkable_denominator(&target.formula, self.catalogue);
        if let Some(code) = shrinkable.filter(|_| !counted) {
            violations.push(self.error(
                "NO_PAIRED_COUNT",
                message!("check-target-unit-itself-decides-below", code),
            ));
        }
    }

    fn check_pair(&self, pair: &TargetPair) -> Option<Violation> {
        match pair {
            TargetPair::Count(code) if !self.campaign.counts_element(code, self.catalogue) => {
                Some(not_counted_violation(&self.path, code.as_str(), self.catalogue))
            }
            TargetPair::Target(code)
                if *code == self.target.code || self.campaign.target(code).is_none() =>
            {
                Some(
                    self.error(
                        "UNKNOWN_PAIR",
                        message!("check-target-there-no-other-target", code),
                    ),
                )
            }
            TargetPair::Count(_) | TargetPair::Target(_) => None,
        }
    }

    /// A target must not ask for more force against persons; one that asks for more activity gets a
    /// warning.
    fn check_rewards(&self, violations: &mut Vec<Violation>) {
        for element in rewarded_elements(&self.target.formula)
            .iter()
            .filter_map(|code| self.catalogue.element(code))
        {
            if element.coercive {
                violations.push(self.coercive_violation(element));
            } else if element.activity {
                let code = &element.code;
                violations.push(Violation::warning(
                    "ACTIVITY_AS_TARGET",
                    &self.path,
                    message!("check-target-counts-work-done-more", code),
                ));
            }
        }
    }

    fn coercive_violation(&self, element: &Element) -> Violation {
        let code = &element.code;
        if let Some(authority) =
            self.target.coercive_override.as_deref().filter(|text| !text.trim().is_empty())
        {
            return Violation::warning(
                "COERCIVE_OVERRIDDEN",
                &self.path,
                message!("check-target-asks-more-which-acts", code, authority),
            );
        }
        self.error("COERCIVE_MORE", message!("check-target-no-target-may-ask", code))
    }
}

/// The members of an enum as a list of words.
fn words<'a, T: ToString + 'a>(members: impl IntoIterator<Item = &'a T>) -> String {
    members.into_iter().map(T::to_string).collect::<Vec<_>>().join(" | ")
}

/// The days of a statistical or calendar year.
fn baseline_year_window(baseline: Baseline) -> Option<DateWindow> {
    let day = |year: u16, month, day| Date::new(i16::try_from(year).ok()?, month, day).ok();
    match baseline {
        Baseline::StatYear(year) => {
            DateWindow::new(day(year.checked_sub(1)?, 12, 15)?, day(year, 12, 15)?)
        }
        Baseline::CalendarYear(year) => {
            DateWindow::new(day(year, 1, 1)?, day(year.checked_add(1)?, 1, 1)?)
        }
        Baseline::SameWindowPriorYear | Baseline::Fixed(_) | Baseline::MeanPrior(_) => None,
    }
}

impl From<Baseline> for BaselineMethod {
    fn from(baseline: Baseline) -> Self {
        match baseline {
            Baseline::SameWindowPriorYear => Self::SameWindowPriorYear,
            Baseline::StatYear(_) => Self::StatYear,
            Baseline::CalendarYear(_) => Self::CalendarYear,
            Baseline::Fixed(_) => Self::Fixed,
            Baseline::MeanPrior(_) => Self::MeanPrior,
        }
    }
}

/// Whether a text has at least 10 characters and a letter used only in Vietnamese.
fn is_vietnamese(text: &str) -> bool {
    // ă, đ, ơ, ư and the letters with two marks or a dot or hook; others occur in French too.
    let reduced = |c: char| {
        matches!(c, '\u{103}' | '\u{111}' | '\u{1a1}' | '\u{1b0}' | '\u{1ea0}'..='\u{1ef9}')
            || matches!(c, '\u{e0}'..='\u{f5}' | '\u{f9}'..='\u{fd}' | '\u{129}' | '\u{169}')
    };
    text.trim().chars().count() >= 10 && text.to_lowercase().chars().any(reduced)
}
