//! Limits false questions: the false discovery rate of each rule is at most 5 %
//! (Benjamini-Hochberg), and each unit gets a limited number of questions a week.

use super::finding::{Finding, QualityRule};
use super::rules::RuleFindings;
use crate::domain::support::ids::UnitId;
use std::collections::BTreeMap;

/// Maximum number of new questions to one unit in a week.
const QUESTIONS_PER_WEEK: usize = 3;
/// At most one question in this many is expected to be false.
const FALSE_DISCOVERY_ONE_IN: i128 = 20;
const BILLION: i128 = 1_000_000_000;

/// Selects the findings that are asked. `had` is the number of new questions of each unit this
/// week.
#[must_use]
pub fn select_findings(
    results: BTreeMap<QualityRule, RuleFindings>,
    asked_this_week: &BTreeMap<UnitId, usize>,
) -> Vec<Finding> {
    let mut selected: Vec<Finding> =
        results.into_values().flat_map(control_false_discovery).collect();
    // Least likely first, then by rule: when the weekly limit cuts, the strongest findings remain.
    selected.sort_by_key(|one| (one.unit, one.chance_per_billion, one.rule, one.id()));
    let mut counts = asked_this_week.clone();
    selected.retain(|one| {
        let count = counts.entry(one.unit).or_default();
        *count += 1;
        *count <= QUESTIONS_PER_WEEK
    });
    selected
}

/// Keeps the findings of one rule up to the last whose chance is at most its rank times 0.05 over
/// the number of tests.
fn control_false_discovery(results: RuleFindings) -> Vec<Finding> {
    let RuleFindings { mut findings, test_count } = results;
    findings.sort_by_key(|one| (one.chance_per_billion, one.id()));
    let test_count = i128::try_from(test_count.max(1)).unwrap_or(i128::MAX);
    let passes = |(rank, one): (usize, &Finding)| {
        let rank = i128::try_from(rank + 1).unwrap_or(i128::MAX);
        i128::from(one.chance_per_billion) * test_count * FALSE_DISCOVERY_ONE_IN <= rank * BILLION
    };
    let last = (0..findings.len()).rev().find(|rank| passes((*rank, &findings[*rank])));
    findings.truncate(last.map_or(0, |rank| rank + 1));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::FindingState;
    use super::*;
    use crate::domain::reporting::window::DateWindow;
    use jiff::civil::date;

    fn finding(unit: &str, chance: i64) -> Finding {
        Finding {
            rule: QualityRule::Outlier,
            unit: UnitId::from_code(unit),
            element: None,
            window: DateWindow { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence: vec![chance],
            strength: 0,
            chance_per_billion: chance,
            asked_day: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        }
    }

    #[test]
    fn of_many_looks_only_what_luck_does_not_explain_is_asked() {
        let findings = vec![
            finding("a", 10_000),
            finding("b", 400_000),
            finding("c", 2_000_000),
            finding("d", 45_000_000),
        ];
        let results = |test_count| {
            control_false_discovery(RuleFindings { findings: findings.clone(), test_count }).len()
        };
        assert_eq!(results(4), 4, "few looks: all four");
        assert_eq!(
            results(100),
            2,
            "0.0004 at the second place is below 2 * 0.05 / 100; 0.002 at the third is not below 0.0015"
        );
        assert_eq!(results(100_000), 0);
    }

    #[test]
    fn a_unit_gets_no_more_questions_than_it_can_answer() {
        let days = (1..=5).map(|day| Finding {
            window: DateWindow { start: date(2024, 9, day), end: date(2024, 9, day + 1) },
            ..finding("a", 0)
        });
        let results = RuleFindings { findings: days.collect(), test_count: 5 };
        let all = BTreeMap::from([(QualityRule::Outlier, results)]);
        assert_eq!(select_findings(all.clone(), &BTreeMap::new()).len(), QUESTIONS_PER_WEEK);
        assert_eq!(select_findings(all, &BTreeMap::from([(UnitId::from_code("a"), 2)])).len(), 1);
    }
}
