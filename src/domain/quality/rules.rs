//! The quality rules: each tests a series, a sheet or a submission and may ask one question about
//! the newest days.
//!
//! Each rule counts its tests, because the false discovery rate depends on their number (see
//! `false_discovery`). A rule must not conclude: it has evidence and a question.

use super::finding::{Finding, FindingState, QualityRule};
use super::series::{ElementSeries, QualityData, ReportSeries, WordSeries};
use super::series_checks::{
    BLOCK_PERIODS, RuleTest, block_sums, check_carried, check_change, check_completeness,
    check_copied, check_digits, check_outlier, check_spread, check_unsaid, counts_differ,
};
use super::statistics;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::StandingInput;
use crate::domain::standing::baseline::BaselineValue;
use crate::domain::support::ids::{DeviceId, UnitId};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::distribution::poisson_cdf;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one rule, and the number of its tests.
#[derive(Debug, Clone, Default)]
pub struct RuleFindings {
    /// Questions.
    pub findings: Vec<Finding>,
    /// Number of tests that could have made a finding.
    pub test_count: usize,
}

/// A count that should not fall while its companion rises.
const DRIFT_PAIRS: [(&str, &str); 2] =
    [("ta_accidents", "ta_collisions"), ("vses_occurred", "so_offences")];
/// Two counts whose ratio is steady.
const STEADY_RATIO_PAIRS: [(&str, &str); 2] =
    [("reports_received", "so_offences"), ("ta_injured", "ta_accidents")];
/// A part, and the whole that it cannot exceed over all days.
const PART_WHOLE_PAIRS: [(&str, &str); 3] = [
    ("reports_accepted", "reports_received"),
    ("reports_resolved", "reports_handled"),
    ("vses_solved", "solved"),
];

/// Runs every rule.
#[must_use]
pub fn run_rules(
    input: &StandingInput<'_>,
    data: &QualityData,
) -> BTreeMap<QualityRule, RuleFindings> {
    let context = RuleContext { input, data };
    QualityRule::ALL.iter().map(|rule| (*rule, context.run_rule(*rule))).collect()
}

pub(super) struct RuleContext<'a> {
    pub(super) input: &'a StandingInput<'a>,
    data: &'a QualityData,
}

impl RuleContext<'_> {
    fn run_rule(&self, rule: QualityRule) -> RuleFindings {
        let data = self.data;
        match rule {
            QualityRule::Completeness => {
                self.test_each(rule, &data.report_series, |_, sheets| check_completeness(sheets))
            }
            QualityRule::Identity => self.check_identity(),
            QualityRule::Outlier => {
                self.test_each(rule, &data.series, |_, series| check_outlier(series))
            }
            QualityRule::Change => {
                self.test_each(rule, &data.series, |_, series| check_change(series))
            }
            QualityRule::Smooth => self.test_each(rule, &data.series, |_, series| {
                check_spread(series, |(smooth, _)| smooth)
            }),
            QualityRule::Wild => self
                .test_each(rule, &data.series, |_, series| check_spread(series, |(_, wild)| wild)),
            QualityRule::Digits => {
                self.test_each(rule, &data.series, |_, series| check_digits(series))
            }
            QualityRule::Bunching => self.check_bunching(),
            QualityRule::Revisions => self.check_revisions(),
            QualityRule::Zeros => {
                self.test_each(rule, &data.series, |context, series| context.check_zeros(series))
            }
            QualityRule::Drift => self.check_drift(),
            QualityRule::RatioDrift => self.check_ratio_drift(),
            QualityRule::Copied => {
                self.test_each(rule, &data.report_series, |_, sheets| check_copied(sheets))
            }
            QualityRule::LastMinute => self.check_last_minute(),
            QualityRule::Clock => self.check_clock(),
            QualityRule::Break => {
                self.test_each(rule, &data.series, |context, series| context.check_break(series))
            }
            QualityRule::Carried => {
                self.test_each(rule, &data.word_series, |_, word| check_carried(word))
            }
            QualityRule::Unsaid => {
                self.test_each(rule, &data.word_series, |_, word| check_unsaid(word))
            }
            QualityRule::Early => self.check_early(),
            QualityRule::Opening => {
                self.test_each(rule, &data.series, |context, series| context.check_opening(series))
            }
        }
    }

    fn test_each<T: RuleSubject>(
        &self,
        rule: QualityRule,
        all: &[T],
        test: impl Fn(&Self, &T) -> Option<RuleTest>,
    ) -> RuleFindings {
        let mut findings = RuleFindings::default();
        for one in all {
            let Some(test) = test(self, one) else { continue };
            findings.test_count += 1;
            findings.findings.extend(self.build_finding(rule, one.unit(), one.element(), test));
        }
        findings
    }

    fn build_finding(
        &self,
        rule: QualityRule,
        unit: UnitId,
        element: Option<ElementCode>,
        test: RuleTest,
    ) -> Option<Finding> {
        let RuleTest { window, evidence, strength, chance, unusual } = test;
        unusual.then_some(Finding {
            rule,
            unit,
            element,
            window,
            evidence,
            strength,
            chance_per_billion: chance,
            asked_day: self.input.today,
            state: FindingState::Open,
            reply: None,
            shared: false,
        })
    }

    pub(super) fn find_series(&self, unit: UnitId, code: &str) -> Option<&ElementSeries> {
        self.data
            .series
            .iter()
            .find(|series| series.unit == unit && series.element.as_str() == code)
    }

    fn unit_ids(&self) -> BTreeSet<UnitId> {
        self.data.series.iter().map(|series| series.unit).collect()
    }

    /// Tests pairs of series of the same unit.
    fn test_pairs(
        &self,
        pairs: &[(&str, &str)],
        rule: QualityRule,
        test: impl Fn(&ElementSeries, &ElementSeries) -> Option<RuleTest>,
    ) -> RuleFindings {
        let mut findings = RuleFindings::default();
        for unit in self.unit_ids() {
            for (one, other) in pairs {
                let Some((one, other)) =
                    self.find_series(unit, one).zip(self.find_series(unit, other))
                else {
                    continue;
                };
                let Some(test) = test(one, other) else { continue };
                findings.test_count += 1;
                findings.findings.extend(self.build_finding(
                    rule,
                    unit,
                    Some(one.element.clone()),
                    test,
                ));
            }
        }
        findings
    }

    fn check_identity(&self) -> RuleFindings {
        self.test_pairs(&PART_WHOLE_PAIRS, QualityRule::Identity, |part, whole| {
            // If a week is absent on either side, the sums do not cover the same days.
            let sum = |series: &ElementSeries| {
                series.points.iter().map(|point| point.value).sum::<Option<i64>>()
            };
            let (part_sum, sum) = (sum(part)?, sum(whole)?);
            let evidence = vec![sum, part_sum];
            Some(RuleTest {
                unusual: part_sum > sum,
                ..RuleTest::without_chance(
                    part.last_window(part.points.len())?,
                    evidence,
                    part_sum - sum,
                )
            })
        })
    }

    /// One count falls while the other rises, both by more than z = 2, block against block.
    fn check_drift(&self) -> RuleFindings {
        self.test_pairs(&DRIFT_PAIRS, QualityRule::Drift, |falls, rises| {
            let ([before, now], [other, beside]) = (block_sums(falls)?, block_sums(rises)?);
            let unusual = now < before
                && beside > other
                && counts_differ(before, now, 200)
                && counts_differ(other, beside, 200);
            let (window, evidence) =
                (falls.last_window(2 * BLOCK_PERIODS)?, vec![before, now, other, beside]);
            // Two independent counts, each beyond z = 2: the product of two probabilities of
            // 0.0455.
            Some(RuleTest { unusual, window, evidence, strength: 200, chance: 2_070_274 })
        })
    }

    /// The ratio of two counts in the last block against the block before.
    fn check_ratio_drift(&self) -> RuleFindings {
        self.test_pairs(&STEADY_RATIO_PAIRS, QualityRule::RatioDrift, |above, below| {
            let ([a, b], [c, d]) = (block_sums(above)?, block_sums(below)?);
            // Expected count now, at the ratio of the block before.
            let expected = if c == 0 { return None } else { a * d / c };
            let unusual = expected >= 5 && counts_differ(expected, b, 400);
            let (window, evidence) = (above.last_window(2 * BLOCK_PERIODS)?, vec![a, c, b, d]);
            Some(RuleTest {
                unusual,
                window,
                evidence,
                strength: 400,
                chance: statistics::z_tail_chance(400),
            })
        })
    }

    /// Units just inside a limit against units just outside. The question concerns all of them, so
    /// the unit that runs the campaign is asked.
    fn check_bunching(&self) -> RuleFindings {
        let mut findings = RuleFindings::default();
        for near in &self.data.near_limits {
            let Some(chance) = statistics::binomial_tail_chance(near.met, near.met + near.missed)
                .filter(|_| near.met + near.missed >= 5)
            else {
                continue;
            };
            findings.test_count += 1;
            let evidence = vec![near.met.into(), near.missed.into()];
            let test = RuleTest {
                unusual: chance < 10_000_000,
                window: near.window,
                evidence,
                strength: 0,
                chance,
            };
            findings.findings.extend(self.build_finding(
                QualityRule::Bunching,
                near.unit,
                near.element.clone(),
                test,
            ));
        }
        findings
    }

    fn check_revisions(&self) -> RuleFindings {
        let mut by_unit: BTreeMap<UnitId, (Vec<Date>, u32, u32)> = BTreeMap::new();
        for revision in &self.data.revisions {
            let (before, after) = revision.change;
            let (days, down, up) = by_unit.entry(revision.unit).or_default();
            days.push(revision.day);
            *down += u32::from(after < before);
            *up += u32::from(after > before);
        }
        let mut findings = RuleFindings::default();
        for (unit, (days, down, up)) in by_unit {
            let (first, last) = (days.iter().min().copied(), days.iter().max().copied());
            let Some(window) = first
                .zip(last)
                .and_then(|(first, last)| DateWindow::from_inclusive_days(first, last))
            else {
                continue;
            };
            let Some(chance) =
                statistics::binomial_tail_chance(down, down + up).filter(|_| down + up >= 5)
            else {
                continue;
            };
            findings.test_count += 1;
            let unusual = chance < 50_000_000;
            let test = RuleTest {
                unusual,
                window,
                evidence: vec![down.into(), up.into()],
                strength: 0,
                chance,
            };
            findings.findings.extend(self.build_finding(QualityRule::Revisions, unit, None, test));
        }
        findings
    }

    /// All periods reported and all zero, although last year's count makes that improbable.
    fn check_zeros(&self, series: &ElementSeries) -> Option<RuleTest> {
        let window = series.last_window(series.points.len())?;
        let values = series.last_values(series.points.len()).filter(|_| series.flow)?;
        let element = self.input.catalogue.element(&series.element)?;
        let before = window.one_year_earlier();
        let base = match self.input.baselines.value_of(series.unit, element, before) {
            BaselineValue::Known { value, .. } => value,
            BaselineValue::Partial | BaselineValue::None => return None,
        };
        let chance_of_none = poisson_cdf(Ratio::from_scaled(base, element.scale)?.to_f64(), 0)?;
        let chance = (chance_of_none * 1e9) as i64;
        let unusual = values.iter().all(|value| *value == 0) && chance < 10_000_000;
        Some(RuleTest { unusual, window, evidence: vec![base, 0], strength: base * 100, chance })
    }

    /// A jump from the predecessors' last periods to the successor's first periods.
    fn check_break(&self, series: &ElementSeries) -> Option<RuleTest> {
        let first = series.points.get(..BLOCK_PERIODS)?;
        let opened_on = first.first()?.window.start;
        let lines = self
            .input
            .org
            .lineage_to(series.unit)
            .filter(|line| line.kind.is_succession() && line.effective_day == opened_on);
        let former: Vec<&ElementSeries> = lines
            .map(|line| self.find_series(line.from, series.element.as_str()))
            .collect::<Option<_>>()?;
        let last: Vec<Vec<i64>> =
            former.iter().map(|series| series.last_values(BLOCK_PERIODS)).collect::<Option<_>>()?;
        let before = last.iter().flatten().sum();
        let after = first.iter().map(|point| point.value).sum::<Option<i64>>()?;
        let window = DateWindow::new(opened_on, first.last()?.window.end)
            .filter(|_| !former.is_empty() && series.flow)?;
        let unusual = counts_differ(before, after, 300);
        Some(RuleTest {
            unusual,
            window,
            evidence: vec![before, after],
            strength: 300,
            chance: statistics::z_tail_chance(300),
        })
    }

    /// Nearly all sheets in the last hour, or one device that sends for many units.
    fn check_last_minute(&self) -> RuleFindings {
        let mut by_unit: BTreeMap<UnitId, Vec<&super::series::FirstSubmission>> = BTreeMap::new();
        let mut by_device: BTreeMap<DeviceId, BTreeSet<UnitId>> = BTreeMap::new();
        for sent in &self.data.submissions {
            by_unit.entry(sent.unit).or_default().push(sent);
            by_device
                .entry(sent.device.unwrap_or(DeviceId([0; 16])))
                .or_default()
                .insert(sent.unit);
        }
        by_device.remove(&DeviceId([0; 16]));
        let mut findings = RuleFindings::default();
        for (unit, sent) in by_unit {
            let last = i64::try_from(
                sent.iter().filter(|one| (0..60).contains(&one.minutes_remaining)).count(),
            )
            .unwrap_or(0);
            let all = i64::try_from(sent.len()).unwrap_or(0);
            let shared = by_device
                .values()
                .filter(|units| units.contains(&unit))
                .map(BTreeSet::len)
                .max()
                .unwrap_or(1);
            let days =
                sent.iter().map(|one| one.day).min().zip(sent.iter().map(|one| one.day).max());
            let Some(window) =
                days.and_then(|(first, last)| DateWindow::from_inclusive_days(first, last))
            else {
                continue;
            };
            findings.test_count += 1;
            let unusual = (all >= 6 && last * 10 >= all * 8) || shared >= 5;
            let evidence = vec![last, all, i64::try_from(shared).unwrap_or(i64::MAX)];
            let test = RuleTest { unusual, ..RuleTest::without_chance(window, evidence, last) };
            findings.findings.extend(self.build_finding(QualityRule::LastMinute, unit, None, test));
        }
        findings
    }

    fn check_early(&self) -> RuleFindings {
        let mut findings = RuleFindings::default();
        for sent in &self.data.submissions {
            let Some(window) = DateWindow::from_inclusive_days(sent.day, sent.day) else {
                continue;
            };
            findings.test_count += 1;
            let days = sent.early_days;
            let test = RuleTest {
                unusual: days > 0,
                ..RuleTest::without_chance(window, vec![days], days * 100)
            };
            findings.findings.extend(self.build_finding(QualityRule::Early, sent.unit, None, test));
        }
        findings
    }

    fn check_clock(&self) -> RuleFindings {
        let mut findings = RuleFindings::default();
        for sent in &self.data.submissions {
            let (Some(ahead), Some(window)) =
                (sent.clock_ahead_minutes, DateWindow::from_inclusive_days(sent.day, sent.day))
            else {
                continue;
            };
            findings.test_count += 1;
            // A device time after the server's is an error; a device time long before it can be a
            // delayed sync.
            let test = RuleTest {
                unusual: ahead > 10,
                ..RuleTest::without_chance(window, vec![ahead], ahead)
            };
            findings.findings.extend(self.build_finding(QualityRule::Clock, sent.unit, None, test));
        }
        findings
    }
}

trait RuleSubject {
    fn unit(&self) -> UnitId;
    fn element(&self) -> Option<ElementCode>;
}

impl RuleSubject for ElementSeries {
    fn unit(&self) -> UnitId {
        self.unit
    }
    fn element(&self) -> Option<ElementCode> {
        Some(self.element.clone())
    }
}

impl RuleSubject for WordSeries {
    fn unit(&self) -> UnitId {
        self.unit
    }
    fn element(&self) -> Option<ElementCode> {
        Some(self.element.clone())
    }
}

impl RuleSubject for ReportSeries {
    fn unit(&self) -> UnitId {
        self.unit
    }
    fn element(&self) -> Option<ElementCode> {
        None
    }
}
