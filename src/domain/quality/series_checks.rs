//! Tests of single series and sheets: the rules that need no other data of the unit.

use super::series::{ElementSeries, ReportSeries, WordSeries};
use super::statistics;
use crate::domain::report::cell::CellValue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ratio::Ratio;

/// Number of a unit's own past periods that define its usual.
const OWN_PERIODS: usize = 12;
/// Minimum number of cases in total, and twice the minimum difference: smaller numbers vary by
/// themselves.
const CASES_MIN: i64 = 10;
/// Number of weeks summed into a block where single ones are too small.
pub(super) const BLOCK_PERIODS: usize = 4;

/// Number of last periods in which a word was only confirmed.
const CARRIED_PERIODS: usize = 6;

/// One test of one rule.
pub(super) struct RuleTest {
    pub(super) window: DateWindow,
    pub(super) evidence: Vec<i64>,
    pub(super) strength: i64,
    pub(super) chance: i64,
    pub(super) unusual: bool,
}

impl RuleTest {
    /// A test without a chance model.
    pub(super) fn without_chance(window: DateWindow, evidence: Vec<i64>, strength: i64) -> Self {
        Self { window, evidence, strength, chance: 0, unusual: true }
    }
}

/// See [`statistics::is_significant_change`]; sums of figures are never negative.
pub(super) fn counts_differ(a: i64, b: i64, hundredths: i64) -> bool {
    statistics::is_significant_change(a.max(0), b.max(0), hundredths)
}

/// The sums of the last block and of the one before it, earlier first; `None` unless every sheet is
/// in.
pub(super) fn block_sums(series: &ElementSeries) -> Option<[i64; 2]> {
    let values = series.last_values(2 * BLOCK_PERIODS).filter(|_| series.flow)?;
    Some([values[..BLOCK_PERIODS].iter().sum(), values[BLOCK_PERIODS..].iter().sum()])
}

/// The integer part.
fn floor_to_i64(ratio: Ratio) -> Option<i64> {
    i64::try_from(ratio.floor()).ok()
}

/// The newest word against the ones before it: confirmed in each of the last periods.
pub(super) fn check_carried(word: &WordSeries) -> Option<RuleTest> {
    let from = word.points.len().checked_sub(CARRIED_PERIODS)?;
    let last = &word.points[from..];
    let window = DateWindow::new(last.first()?.0.start, last.last()?.0.end)?;
    let carried = |(_, cell): &(DateWindow, Option<CellValue>)| match cell {
        Some(CellValue::Carried(value)) => Some(*value),
        Some(CellValue::Reported(_) | CellValue::Nil | CellValue::Missing(_)) | None => None,
    };
    let values: Vec<i64> = last.iter().filter_map(carried).collect();
    let unusual = word.stock && values.len() == CARRIED_PERIODS;
    let evidence = vec![CARRIED_PERIODS as i64, values.last().copied().unwrap_or_default()];
    Some(RuleTest { unusual, ..RuleTest::without_chance(window, evidence, 100) })
}

/// A stock that was answered with NIL. All of its periods are one question.
pub(super) fn check_unsaid(word: &WordSeries) -> Option<RuleTest> {
    let all = DateWindow::new(word.points.first()?.0.start, word.points.last()?.0.end)?;
    let unsaid = word.points.iter().filter(|(_, cell)| *cell == Some(CellValue::Nil));
    let unsaid: Vec<DateWindow> = unsaid.map(|(window, _)| *window).collect();
    let window = match (unsaid.first(), unsaid.last()) {
        (Some(first), Some(last)) => DateWindow::new(first.start, last.end)?,
        (None, _) | (_, None) => all,
    };
    let count = i64::try_from(unsaid.len()).ok()?;
    let unusual = word.stock && count > 0;
    Some(RuleTest { unusual, ..RuleTest::without_chance(window, vec![count], count * 100) })
}

pub(super) fn check_completeness(sheets: &ReportSeries) -> Option<RuleTest> {
    let last: Vec<_> = sheets.reports.iter().rev().take(BLOCK_PERIODS).collect();
    let (first, end) = (last.last()?.0.start, last.first()?.0.end);
    let missing = i64::try_from(last.iter().filter(|(_, sheet)| sheet.is_none()).count()).ok()?;
    let all = i64::try_from(last.len()).ok()?;
    Some(RuleTest {
        unusual: missing >= 2,
        ..RuleTest::without_chance(DateWindow::new(first, end)?, vec![all, missing], missing * 100)
    })
}

/// The newest figure against the unit's own last periods.
pub(super) fn check_outlier(series: &ElementSeries) -> Option<RuleTest> {
    let from = series.points.len().saturating_sub(OWN_PERIODS);
    let own: Vec<i64> = series.points[from..].iter().filter_map(|point| point.value).collect();
    let newest = series.points.last()?;
    let value = newest.value.filter(|_| own.len() >= 8)?;
    let z = statistics::modified_z(&own, value)?;
    let strength = z.checked_mul(Ratio::from_integer(100)).and_then(floor_to_i64).unwrap_or(0);
    let chance = statistics::z_tail_chance(strength);
    let usual =
        statistics::median(&own.iter().map(|one| Ratio::from_integer(*one)).collect::<Vec<_>>())?;
    let unusual = z > Ratio::new(35, 10)?
        && Ratio::from_integer(value) >= usual.checked_add(Ratio::from_integer(CASES_MIN / 2))?;
    Some(RuleTest { unusual, window: newest.window, evidence: own, strength, chance })
}

pub(super) fn check_change(series: &ElementSeries) -> Option<RuleTest> {
    let [before, now] = block_sums(series)?;
    // From 0 to 3 exceeds usual variation by the formula, but means nothing in a small commune.
    let unusual = counts_differ(before, now, 300) && before + now >= CASES_MIN;
    let window = series.last_window(2 * BLOCK_PERIODS)?;
    let strength =
        (3..=12).rev().map(|z| z * 100).find(|z| counts_differ(before, now, *z)).unwrap_or(0);
    Some(RuleTest {
        unusual,
        window,
        evidence: vec![before, now],
        strength,
        chance: statistics::z_tail_chance(strength),
    })
}

pub(super) fn check_spread(
    series: &ElementSeries,
    which: impl Fn((bool, bool)) -> bool,
) -> Option<RuleTest> {
    let values = (8..=OWN_PERIODS)
        .rev()
        .find_map(|count| series.last_values(count))
        .filter(|_| series.flow)?;
    let sum: i64 = values.iter().sum();
    let enough = sum >= 5 * i64::try_from(values.len()).ok()?;
    let both = statistics::check_dispersion(&values).filter(|_| enough)?;
    let window = series.last_window(values.len())?;
    Some(RuleTest {
        unusual: which(both),
        window,
        evidence: values,
        strength: 0,
        chance: 1_000_000,
    })
}

pub(super) fn check_digits(series: &ElementSeries) -> Option<RuleTest> {
    let mut counts = [0_i64; 10];
    for value in series.points.iter().filter_map(|point| point.value).filter(|value| *value >= 10) {
        counts[usize::try_from(value % 10).ok()?] += 1;
    }
    let enough = counts.iter().sum::<i64>() >= 100;
    let (spread, unusual) = statistics::chi_square_digits(&counts).filter(|_| enough)?;
    let strength = spread.checked_mul(Ratio::from_integer(100)).and_then(floor_to_i64).unwrap_or(0);
    let window = series.last_window(series.points.len())?;
    Some(RuleTest { unusual, window, evidence: counts.to_vec(), strength, chance: 1_000_000 })
}

/// The same sheet at least three times, with enough cases on it.
pub(super) fn check_copied(sheets: &ReportSeries) -> Option<RuleTest> {
    let (_, newest) = sheets.reports.last()?;
    let newest = newest.as_ref()?;
    let same =
        sheets.reports.iter().rev().take_while(|(_, sheet)| sheet.as_ref() == Some(newest)).count();
    let from = sheets.reports.len().checked_sub(same.max(1))?;
    let window = DateWindow::new(sheets.reports[from].0.start, sheets.reports.last()?.0.end)?;
    let (sum, count) = (newest.iter().sum::<i64>(), i64::try_from(newest.len()).ok()?);
    let unusual = same >= 3 && sum >= 3 * count;
    Some(RuleTest {
        unusual,
        ..RuleTest::without_chance(window, newest.clone(), i64::try_from(same).ok()? * 100)
    })
}
