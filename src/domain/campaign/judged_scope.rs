//! Where and when a target is judged: the table of its formula, and the keys `levels` and `phases`.
//!
//! A number that is meant for the owner and the whole campaign is not judged at a commune or in a
//! phase; there it is only said what the unit adds to it.

use super::{Campaign, CampaignTarget, TargetAllocation};
use crate::domain::org::UnitKind;
use crate::domain::reporting::window::DateWindow;
use crate::domain::target_rule::{
    Baseline, ChangeMode, Comparison, Measure, RatioBasis, Target, TargetUnits,
};
use jiff::ToSpan;

/// Where a formula is judged by default, from wide to narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DefaultReach {
    /// Each level, each phase and the whole campaign.
    EveryLevelAndPhase,
    /// Each level, the whole campaign only.
    EveryLevelWhole,
    /// The owner, the whole campaign only.
    OwnerWhole,
}

/// The unit and window of which it is asked whether a target is judged there.
#[derive(Debug, Clone, Copy)]
pub struct JudgedPlace<'a> {
    /// Uid of the unit.
    pub unit_uid: &'a str,
    /// Its level.
    pub kind: UnitKind,
    /// It runs the campaign, or stands for the unit that did.
    pub is_owner: bool,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
}

impl CampaignTarget {
    /// Whether the target is judged there; elsewhere a unit sees what it adds.
    #[must_use]
    pub fn is_judged_at(&self, place: JudgedPlace<'_>) -> bool {
        self.is_judged_in_phase(place.phase) && self.is_judged_at_unit(place)
    }

    /// Whether the target has a window of its own, so that it has one row: in the whole campaign.
    #[must_use]
    pub fn has_own_window(&self) -> bool {
        self.formula.comparisons().iter().any(|comparison| comparison.window.is_some())
    }

    /// The days of a window in which the target is judged; `None` if it was closed before them.
    #[must_use]
    pub fn judged_window(&self, window: DateWindow) -> Option<DateWindow> {
        let Some(last) = self.last_day else { return Some(window) };
        DateWindow::new(window.start, window.end.min(last.saturating_add(1.day())))
    }

    fn is_judged_in_phase(&self, phase: u8) -> bool {
        if self.has_own_window() {
            return phase == 0;
        }
        if self.phases.is_empty() {
            return phase == 0 || target_reach(&self.formula) == DefaultReach::EveryLevelAndPhase;
        }
        self.phases.contains(&phase)
    }

    fn is_judged_at_unit(&self, place: JudgedPlace<'_>) -> bool {
        let JudgedPlace { unit_uid, kind, is_owner, .. } = place;
        let comparisons = self.formula.comparisons();
        let elsewhere = |comparison: &&Comparison| matches!(&comparison.units, Some(TargetUnits::Unit(of)) if of.as_str() != unit_uid);
        if comparisons.iter().any(elsewhere) {
            return false;
        }
        if !self.levels.is_empty() {
            return self.levels.iter().any(|level| UnitKind::from(*level) == kind);
        }
        let every_level = self.allocation == Some(TargetAllocation::SameRate)
            || comparisons.iter().any(|comparison| comparison.units.is_some());
        every_level || is_owner || target_reach(&self.formula) != DefaultReach::OwnerWhole
    }
}

/// A combination reaches as far as its narrowest member.
fn target_reach(target: &Target) -> DefaultReach {
    match target {
        Target::Compare(comparison) => comparison_reach(comparison),
        Target::Milestone(_) | Target::Attest(_) => DefaultReach::OwnerWhole,
        Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
            target.members().into_iter().map(target_reach).max().unwrap_or(DefaultReach::OwnerWhole)
        }
    }
}

/// The table. A base that belongs to the owner, or to a whole year, comes before a bound of 0.
fn comparison_reach(comparison: &Comparison) -> DefaultReach {
    let zero = comparison.bound.decimal.is_zero();
    match &comparison.measure {
        Measure::Ratio { basis: Some(RatioBasis::Stock | RatioBasis::Cohort), .. }
        | Measure::Change { baseline: Baseline::Fixed(_), .. } => DefaultReach::OwnerWhole,
        Measure::Change { measure, .. } if is_stock_ratio(measure) => DefaultReach::OwnerWhole,
        Measure::Change {
            mode: ChangeMode::Relative,
            baseline: Baseline::StatYear(_) | Baseline::CalendarYear(_),
            ..
        } => DefaultReach::EveryLevelWhole,
        _ if zero => DefaultReach::EveryLevelAndPhase,
        Measure::Ratio { .. } => DefaultReach::EveryLevelAndPhase,
        Measure::Rate { .. } => DefaultReach::EveryLevelWhole,
        Measure::Count(_) | Measure::Stock(_) => DefaultReach::OwnerWhole,
        Measure::Change { mode: ChangeMode::Absolute, .. } => DefaultReach::OwnerWhole,
        Measure::Change { mode: ChangeMode::Relative, baseline, .. } => match baseline {
            Baseline::SameWindowPriorYear | Baseline::MeanPrior(_) => {
                DefaultReach::EveryLevelAndPhase
            }
            Baseline::StatYear(_) | Baseline::CalendarYear(_) => DefaultReach::EveryLevelWhole,
            Baseline::Fixed(_) => DefaultReach::OwnerWhole,
        },
    }
}

fn is_stock_ratio(measure: &Measure) -> bool {
    matches!(measure, Measure::Ratio { basis: Some(RatioBasis::Stock | RatioBasis::Cohort), .. })
}

impl Campaign {
    /// The targets that have a row in a phase; 0 is the whole campaign.
    pub fn targets_of_phase(&self, phase: u8) -> impl Iterator<Item = &CampaignTarget> {
        self.targets.iter().filter(move |target| phase == 0 || !target.has_own_window())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(formula: &str) -> DefaultReach {
        target_reach(&Target::parse(formula).unwrap())
    }

    #[test]
    fn a_formula_says_by_its_measure_and_base_where_and_when_it_is_judged() {
        use DefaultReach::*;
        let table = [
            ("ratio(a/b) >= 95%", EveryLevelAndPhase),
            ("ratio(a/b, period) >= 95%", EveryLevelAndPhase),
            ("change(count(a)) <= -7%", EveryLevelAndPhase),
            ("change(stock(a@end) vs same_window_prior_year, rel) <= -5%", EveryLevelAndPhase),
            ("change(count(a) vs mean_prior(3), rel) <= -7%", EveryLevelAndPhase),
            ("count(a) = 0", EveryLevelAndPhase),
            ("change(count(a), abs) < 0", EveryLevelAndPhase),
            ("rate(a per 100000 b) <= 3", EveryLevelWhole),
            ("change(count(a) vs stat_year(2024), rel) <= -7%", EveryLevelWhole),
            ("change(count(a) vs calendar_year(2024), rel) <= -7%", EveryLevelWhole),
            ("count(a) >= 960", OwnerWhole),
            ("stock(a@end) <= 5", OwnerWhole),
            ("change(count(a), abs) <= -3", OwnerWhole),
            ("change(count(a) vs fixed(450), rel) <= -7%", OwnerWhole),
            ("change(count(a) vs fixed(450), abs) < 0", OwnerWhole),
            ("ratio(a/b, stock) > 95%", OwnerWhole),
            ("attest(x)", OwnerWhole),
            ("all(ratio(a/b) = 100%, ratio(c/d, stock) > 95%)", OwnerWhole),
            ("any(ratio(a/b) = 100%, rate(a per 10 b) > 1)", EveryLevelWhole),
            ("tier(change(count(a)) <= -7%, count(a) <= 3)", OwnerWhole),
        ];
        for (formula, expected) in table {
            assert_eq!(reach(formula), expected, "{formula}");
        }
    }
}
