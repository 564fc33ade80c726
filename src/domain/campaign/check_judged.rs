//! Rules on where, when and how a target is judged: levels, phases, windows, allocation and course.

use super::allocation::shareable_comparison;
use super::{Campaign, CampaignTarget, TargetAllocation};
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{
    Baseline, ChangeMode, Comparison, Measure, PaceCourse, PaceMilestone, RatioBasis, Target,
    TargetWindow,
};
use jiff::ToSpan;
use jiff::civil::Date;

/// Checks `target` and adds its violations to `violations`.
pub(super) fn check_judged(
    campaign: &Campaign,
    target: &CampaignTarget,
    violations: &mut Vec<Violation>,
) {
    let checker = JudgedChecker { campaign, target, path: format!("targets.{}", target.code) };
    checker.check_phases(violations);
    checker.check_windows(violations);
    checker.check_ratio_bases(violations);
    checker.check_allocation(violations);
    checker.check_pace(violations);
    checker.check_last_day(violations);
}

struct JudgedChecker<'a> {
    campaign: &'a Campaign,
    target: &'a CampaignTarget,
    path: String,
}

impl JudgedChecker<'_> {
    fn error(&self, code: &'static str, message: Message) -> Violation {
        Violation::error(code, &self.path, message)
    }

    fn check_phases(&self, violations: &mut Vec<Violation>) {
        let known =
            |phase: &u8| *phase == 0 || self.campaign.phases.iter().any(|one| one.no == *phase);
        for no in self.target.phases.iter().filter(|phase| !known(phase)) {
            let numbers: Vec<String> = std::iter::once(0)
                .chain(self.campaign.phases.iter().map(|phase| phase.no))
                .map(|phase| phase.to_string())
                .collect();
            let values = numbers.join(" | ");
            violations.push(
                self.error("UNKNOWN_PHASE", message!("check-target-phases-value", no, values)),
            );
        }
        if self.target.has_own_window() && !self.target.phases.is_empty() {
            violations
                .push(self.error("PHASES_AND_WINDOW", message!("check-target-phases-window")));
        }
    }

    /// A target is closed within the days measured; a window of its own says itself when it ends.
    fn check_last_day(&self, violations: &mut Vec<Violation>) {
        let Some(last) = self.target.last_day else { return };
        let window = self.campaign.measurement_window;
        if !window.contains(last) || last == window.last_day() {
            let (first, end) = (window.start, window.last_day());
            let text = message!("check-target-last-day-outside", last, first, end);
            violations.push(self.error("LAST_DAY_OUTSIDE", text));
        }
        if self.target.has_own_window() {
            violations
                .push(self.error("LAST_DAY_AND_WINDOW", message!("check-target-last-day-window")));
        }
    }

    /// The end of a window is excluded; whoever writes the last day of a phase means it included.
    fn check_windows(&self, violations: &mut Vec<Violation>) {
        for comparison in self.target.formula.comparisons() {
            let Some(TargetWindow::Dates(_, end)) = comparison.window else { continue };
            if !self.is_last_day(end) {
                continue;
            }
            let next = end.saturating_add(1.day());
            violations.push(Violation::warning(
                "WINDOW_ENDS_EARLY",
                &self.path,
                message!("check-target-window-ends-early", end, next),
            ));
        }
    }

    /// The last day of a phase, of the campaign, or of a month, with which every reporting period
    /// of months, quarters and years ends.
    fn is_last_day(&self, day: Date) -> bool {
        let phases = self.campaign.phases.iter().map(|phase| phase.window);
        let mut windows =
            phases.chain([self.campaign.legal_window, self.campaign.measurement_window]);
        windows.any(|window| window.last_day() == day) || day.last_of_month() == day
    }

    fn check_ratio_bases(&self, violations: &mut Vec<Violation>) {
        for comparison in self.target.formula.comparisons() {
            match ratio_basis(&comparison.measure) {
                Some(RatioBasis::Cohort) => violations
                    .push(self.error("COHORT_NOT_COUNTED", message!("check-target-basis-cohort"))),
                Some(RatioBasis::Stock) if self.is_outside_whole(comparison) => violations
                    .push(self.error("STOCK_BASIS_WINDOW", message!("check-target-basis-stock"))),
                Some(RatioBasis::Stock | RatioBasis::Period) | None => {}
            }
        }
    }

    fn is_outside_whole(&self, comparison: &Comparison) -> bool {
        comparison.window.is_some() || self.target.phases.iter().any(|phase| *phase != 0)
    }

    fn check_allocation(&self, violations: &mut Vec<Violation>) {
        let formula = &self.target.formula;
        match &self.target.allocation {
            None => {}
            Some(TargetAllocation::SameRate) => {
                let fits = formula.comparisons().into_iter().all(has_rate);
                if !fits || !formula.attested_duties().is_empty() {
                    violations.push(self.error(
                        "ALLOCATION_SAME_RATE",
                        message!("check-target-allocation-same-rate"),
                    ));
                }
            }
            Some(TargetAllocation::Proportional) if shareable_comparison(formula).is_none() => {
                violations.push(
                    self.error("ALLOCATION_SHARE", message!("check-target-allocation-share")),
                );
            }
            Some(TargetAllocation::Proportional) => {}
            Some(TargetAllocation::Table(parts)) => {
                let limit = shareable_comparison(formula).and_then(table_total);
                let Some(limit) = limit else {
                    violations.push(
                        self.error("ALLOCATION_SHARE", message!("check-target-allocation-table")),
                    );
                    return;
                };
                let sum: u64 = parts.iter().map(|part| u64::from(part.limit)).sum();
                if u64::try_from(limit) != Ok(sum) {
                    violations.push(self.error(
                        "ALLOCATION_SUM",
                        message!("check-target-allocation-sum", sum, limit),
                    ));
                }
            }
        }
    }

    fn check_pace(&self, violations: &mut Vec<Violation>) {
        let Some(pace) = &self.target.pace else { return };
        let Some(comparison) = paced_comparison(&self.target.formula) else {
            violations.push(self.error("PACE_WITHOUT_FLOOR", message!("check-target-pace-floor")));
            return;
        };
        let PaceCourse::Milestones(milestones) = pace else { return };
        if !self.is_course(comparison, milestones) {
            violations
                .push(self.error("PACE_MILESTONES", message!("check-target-pace-milestones")));
        }
    }

    /// Ascending days of the window and counts up to the bound.
    fn is_course(&self, comparison: &Comparison, milestones: &[PaceMilestone]) -> bool {
        let ascends = milestones
            .windows(2)
            .all(|two| two[0].day < two[1].day && two[0].cumulative <= two[1].cumulative);
        let last = comparison.last_whole_number(fixed_base(&comparison.measure)).unwrap_or(0);
        let inside = |day: Date| match comparison.window {
            Some(TargetWindow::Dates(start, end)) => start <= day && day < end,
            Some(TargetWindow::Legal) => self.campaign.legal_window.contains(day),
            Some(TargetWindow::Phase(_) | TargetWindow::Milestone(_)) | None => {
                self.campaign.measurement_window.contains(day)
            }
        };
        !milestones.is_empty()
            && ascends
            && milestones.iter().all(|one| inside(one.day) && i64::from(one.cumulative) <= last)
    }
}

fn ratio_basis(measure: &Measure) -> Option<RatioBasis> {
    match measure {
        Measure::Ratio { basis, .. } => *basis,
        Measure::Change { measure, .. } => ratio_basis(measure),
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => None,
    }
}

/// Whether the same bound has a sense at each unit: a ratio, or a relative change against the
/// unit's own past.
fn has_rate(comparison: &Comparison) -> bool {
    match &comparison.measure {
        Measure::Ratio { .. } => true,
        Measure::Change { mode, baseline, .. } => {
            *mode == ChangeMode::Relative && !matches!(baseline, Baseline::Fixed(_))
        }
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => false,
    }
}

/// The number that the parts of a table add up to; it must not depend on figures of the past.
fn table_total(comparison: &Comparison) -> Option<i64> {
    match &comparison.measure {
        Measure::Change { baseline: Baseline::Fixed(_), .. }
        | Measure::Count(_)
        | Measure::Stock(_) => comparison.last_whole_number(fixed_base(&comparison.measure)),
        Measure::Change { .. } | Measure::Ratio { .. } | Measure::Rate { .. } => None,
    }
}

fn fixed_base(measure: &Measure) -> Option<crate::domain::support::ratio::Ratio> {
    match measure {
        Measure::Change { baseline: Baseline::Fixed(bound), .. } => Some(bound.to_ratio()),
        Measure::Change { .. }
        | Measure::Count(_)
        | Measure::Stock(_)
        | Measure::Ratio { .. }
        | Measure::Rate { .. } => None,
    }
}

/// The floor of counts without a past base to which a course applies.
fn paced_comparison(formula: &Target) -> Option<&Comparison> {
    let Target::Compare(comparison) = formula else { return None };
    let plain = match &comparison.measure {
        Measure::Count(_) => true,
        Measure::Change { measure, baseline: Baseline::Fixed(_), .. } => {
            matches!(**measure, Measure::Count(_))
        }
        Measure::Change { .. }
        | Measure::Stock(_)
        | Measure::Ratio { .. }
        | Measure::Rate { .. } => false,
    };
    (plain && comparison.is_floor()).then_some(comparison)
}
