//! What a report is expected to contain: the weight of a missing one (M2).
//!
//! A flow is expected as the unit's share of last year by days. A unit without a figure of last
//! year has that of its predecessors, by the weights of their lineage; without any, the lower
//! median of its level; without that, one.

use crate::domain::org::UnitKind;
use crate::domain::report::element::Element;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::aggregate::StandingInput;
use crate::domain::standing::baseline::BaselineValue;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;

/// Weights are whole numbers of millionths, so that a sum is exact however often a report changes.
const MILLIONTHS: i64 = 1_000_000;

/// Figures of last year for each unit and element of the campaign, in the element's own unit.
#[derive(Debug, Clone, Default)]
pub(super) struct ExpectedFigures {
    bases: HashMap<(UnitId, usize), ExpectedBase>,
    /// The weight of a unit without a base, for one day.
    median_weights: HashMap<(UnitKind, usize), i128>,
    base_days: i64,
}

/// A figure of last year, with its weight for one day.
#[derive(Debug, Clone, Copy)]
struct ExpectedBase {
    figure: Ratio,
    weight: i128,
}

/// What one unit is expected to report of one flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExpectedFlow {
    /// The figure of last year's whole window; `None` if neither the unit nor its predecessors have
    /// one.
    base: Option<Ratio>,
    /// The weight of one day; `None` if no unit of the level has a base.
    day_weight: Option<i128>,
    base_days: i64,
}

impl ExpectedFigures {
    /// Reads last year's figures of these units and columns of the catalogue.
    pub(super) fn read(input: &StandingInput<'_>, wanted: Vec<(UnitId, UnitKind, usize)>) -> Self {
        let mut figures = Self {
            base_days: i64::from(input.campaign.base_window().days().max(1)),
            ..Self::default()
        };
        let mut by_level: HashMap<(UnitKind, usize), Vec<Ratio>> = HashMap::default();
        for (unit, kind, column) in wanted {
            let element = &input.catalogue.elements[column];
            let window = input.campaign.base_window();
            let Some(base) = inherited_base(input, element, unit, window) else { continue };
            let known = ExpectedBase { figure: base, weight: to_weight(base) };
            figures.bases.insert((unit, column), known);
            by_level.entry((kind, column)).or_default().push(base);
        }
        let median = |(key, values)| Some((key, to_weight(lower_median(values)?)));
        figures.median_weights = by_level.into_iter().filter_map(median).collect();
        figures
    }

    /// What a unit of this level is expected to report in a column.
    pub(super) fn flow(&self, unit: UnitId, level: UnitKind, column: usize) -> ExpectedFlow {
        let own = self.bases.get(&(unit, column));
        let median = || self.median_weights.get(&(level, column)).copied();
        ExpectedFlow {
            base: own.map(|base| base.figure),
            day_weight: own.map(|base| base.weight).or_else(median),
            base_days: self.base_days,
        }
    }
}

impl ExpectedFlow {
    /// The expected figure of a report over `days`; zero without a figure of last year.
    pub(super) fn figure(self, days: i32) -> Ratio {
        self.share_by_days(days).unwrap_or(Ratio::ZERO)
    }

    /// The weight of a report over `days`: the base times the days, since all bases of one element
    /// are over the same number of days.
    pub(super) fn weight(self, days: i32) -> i128 {
        match self.day_weight {
            Some(weight) => weight.saturating_mul(i128::from(days)),
            // One for each report, whatever its days.
            None => to_weight(Ratio::ONE).saturating_mul(i128::from(self.base_days)),
        }
    }

    fn share_by_days(self, days: i32) -> Option<Ratio> {
        let base = self.base.filter(|base| !base.is_negative())?;
        base.checked_mul(Ratio::new(i128::from(days), i128::from(self.base_days))?)
    }
}

/// A weight in whole millionths; one that is too large counts as the largest.
pub(super) fn to_weight(expected: Ratio) -> i128 {
    let millionths = expected.checked_mul(Ratio::from_integer(MILLIONTHS));
    millionths.map_or(i128::from(i64::MAX), |weight| weight.floor().max(0))
}

/// Of an even number of values the lower of the two in the middle.
pub(super) fn lower_median(mut values: Vec<Ratio>) -> Option<Ratio> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// The unit's own figure of a past window, else those of its predecessors by the weights of
/// lineage.
pub(super) fn inherited_base(
    input: &StandingInput<'_>,
    element: &Element,
    unit: UnitId,
    window: DateWindow,
) -> Option<Ratio> {
    inherited_base_before(input, element, unit, (window, Date::MAX))
}

/// `day` bounds the succession: each step goes to an earlier day.
fn inherited_base_before(
    input: &StandingInput<'_>,
    element: &Element,
    unit: UnitId,
    (window, day): (DateWindow, Date),
) -> Option<Ratio> {
    if let BaselineValue::Known { value, .. } = input.baselines.value_of(unit, element, window) {
        return Ratio::from_scaled(value, element.scale);
    }
    let lines = input.org.lineage_to(unit).filter(|line| line.kind.is_succession());
    let mut sum = None;
    for line in lines.filter(|line| line.from != unit && line.effective_day < day) {
        let weight = Ratio::new(line.weight.num(), line.weight.den())?;
        let rest = (window, line.effective_day);
        let base = inherited_base_before(input, element, line.from, rest)?;
        sum = Some(sum.unwrap_or(Ratio::ZERO).checked_add(base.checked_mul(weight)?)?);
    }
    sum
}
