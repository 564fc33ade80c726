//! Many looks must not become many questions by luck: the share of false ones is held to five in a hundred (Benjamini-Hochberg), rule by
//! rule, and a unit gets only so many questions a week.
//!
//! Knows findings and looks; asks nothing.

use super::finding::{Finding, Rule};
use super::rules::Asked;
use crate::domain::ids::UnitId;
use std::collections::BTreeMap;

/// Most new questions that a unit gets in a week.
pub const QUESTIONS_A_WEEK: usize = 3;
/// One in so many questions may be there by luck.
const FALSE_ONE_IN: i128 = 20;
const BILLION: i128 = 1_000_000_000;

/// What is asked in the end; `had` says how many new questions a unit has had this week.
#[must_use]
pub fn sift(asked: BTreeMap<Rule, Asked>, had: &BTreeMap<UnitId, usize>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = asked.into_values().flat_map(controlled).collect();
    // The least likely first, then by rule: of more than a unit can answer it gets those that say most.
    kept.sort_by_key(|one| (one.unit, one.chance, one.rule, one.id()));
    let mut counts = had.clone();
    kept.retain(|one| {
        let count = counts.entry(one.unit).or_default();
        *count += 1;
        *count <= QUESTIONS_A_WEEK
    });
    kept
}

/// The findings of one rule up to the last whose chance is at most its place times five hundredths over the looks.
fn controlled(asked: Asked) -> Vec<Finding> {
    let Asked { mut findings, looks } = asked;
    findings.sort_by_key(|one| (one.chance, one.id()));
    let looks = i128::try_from(looks.max(1)).unwrap_or(i128::MAX);
    let passes = |(place, one): (usize, &Finding)| {
        let place = i128::try_from(place + 1).unwrap_or(i128::MAX);
        i128::from(one.chance) * looks * FALSE_ONE_IN <= place * BILLION
    };
    let last = (0..findings.len()).rev().find(|place| passes((*place, &findings[*place])));
    findings.truncate(last.map_or(0, |place| place + 1));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::FindingState;
    use super::*;
    use crate::domain::window::Window;
    use jiff::civil::date;

    fn finding(unit: &str, chance: i64) -> Finding {
        Finding {
            rule: Rule::Outlier,
            unit: UnitId::named(unit),
            element: None,
            window: Window { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence: vec![chance],
            strength: 0,
            chance,
            asked: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        }
    }

    #[test]
    fn of_many_looks_only_what_luck_does_not_explain_is_asked() {
        let findings =
            vec![finding("a", 10_000), finding("b", 400_000), finding("c", 2_000_000), finding("d", 45_000_000)];
        let asked = |looks| controlled(Asked { findings: findings.clone(), looks }).len();
        assert_eq!(asked(4), 4, "few looks: all four");
        assert_eq!(
            asked(100),
            2,
            "0.0004 at the second place is below 2 * 0.05 / 100; 0.002 at the third is not below 0.0015"
        );
        assert_eq!(asked(100_000), 0);
    }

    #[test]
    fn a_unit_gets_no_more_questions_than_it_can_answer() {
        let days = (1..=5).map(|day| Finding {
            window: Window { start: date(2024, 9, day), end: date(2024, 9, day + 1) },
            ..finding("a", 0)
        });
        let asked = Asked { findings: days.collect(), looks: 5 };
        let all = BTreeMap::from([(Rule::Outlier, asked)]);
        assert_eq!(sift(all.clone(), &BTreeMap::new()).len(), QUESTIONS_A_WEEK);
        assert_eq!(sift(all, &BTreeMap::from([(UnitId::named("a"), 2)])).len(), 1);
    }
}
