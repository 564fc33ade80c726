//! The units that `by each` means at a unit above them, with their figures.
//!
//! Judged are the units alive on the last judged day that lived at least three quarters of the days
//! judged so far. The others are listed and neutral.

use super::attribution::Attribution;
use super::unit_figures::{UnitFigures, resolve_window};
use super::unit_judge::is_level_summed;
use crate::domain::org::{Hierarchy, Unit, UnitKind, UnitVersion};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::time::days_from_date;
use crate::domain::target_rule::{Comparison, EachFigures, EachUnits, NeutralReason, TargetUnits};
use jiff::ToSpan;
use jiff::civil::Date;

/// `None` if the unit is itself one of them.
pub(super) fn list_each_units<'a>(
    figures: &UnitFigures<'a>,
    units: &EachUnits,
    comparison: &Comparison,
) -> Option<Vec<EachFigures<'a>>> {
    let input = figures.input;
    let window = resolve_window(input, figures.default_window, comparison.window.as_ref())?;
    let last = last_judged_day(figures.judged_end(window, comparison), window);
    let day = input.view.structure_day().unwrap_or(last);
    let wanted = WantedUnits::new(figures, units, comparison);
    let own = input.org.unit(figures.unit)?.nearest_version(day)?;
    if wanted.includes(own) {
        return None;
    }
    let attribution = Attribution::new(input);
    let is_below = |unit: &Unit| {
        unit.is_open_on(day)
            && attribution.of_figure(unit.id, day).counting_units.contains(&figures.unit)
    };
    let judged_days = DateWindow { start: window.start, end: last.saturating_add(1.day()) };
    let mut found: Vec<(&Unit, Option<NeutralReason>)> = Vec::new();
    for unit in input.org.units() {
        let is_wanted = unit.version_on(day).is_some_and(|version| wanted.includes(version));
        if is_wanted && is_below(unit) {
            let as_was = input.view.structure_day().is_none();
            let short = as_was && !has_exposure(unit, judged_days);
            found.push((unit, short.then_some(NeutralReason::Exposure)));
        } else if is_closed_below(figures, unit, &wanted, judged_days) {
            found.push((unit, Some(NeutralReason::Closed)));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.uid.cmp(&b.uid));
    let one = |(unit, neutral): (&Unit, Option<NeutralReason>)| {
        let by_exposure = !comparison.measure.is_change();
        let own = UnitFigures { unit: unit.id, by_exposure, ..*figures };
        let (coverage, weight) = (own.report_share(comparison), own.weight_share(comparison));
        EachFigures { unit: unit.id, neutral, coverage, weight, figures: Box::new(own) }
    };
    Some(found.into_iter().map(one).collect())
}

/// Whether a unit of `by each` is judged for itself although it did not live the whole window: the
/// unit above counts it by the same rule.
pub(super) fn is_judged_by_exposure(figures: &UnitFigures<'_>, comparison: &Comparison) -> bool {
    let Some(TargetUnits::Each(units)) = &comparison.units else { return false };
    let window = resolve_window(figures.input, figures.default_window, comparison.window.as_ref());
    let (Some(window), Some(unit)) = (window, figures.input.org.unit(figures.unit)) else {
        return false;
    };
    let last = last_judged_day(figures.judged_end(window, comparison), window);
    let days = DateWindow { start: window.start, end: last.saturating_add(1.day()) };
    let wanted = WantedUnits::new(figures, units, comparison);
    !comparison.measure.is_change()
        && unit.version_on(last).is_some_and(|version| wanted.includes(version))
        && has_exposure(unit, days)
}

/// The last day of the window that is judged; before anything is due its first day. `through` is
/// the day after the last one that counts.
pub(super) fn last_judged_day(through: Date, window: DateWindow) -> Date {
    through.min(window.end).saturating_sub(1.day()).max(window.start)
}

/// Which versions of units are meant.
struct WantedUnits<'a> {
    units: &'a EachUnits,
    /// The level at which the elements are counted.
    counted: UnitKind,
}

impl<'a> WantedUnits<'a> {
    fn new(figures: &UnitFigures<'_>, units: &'a EachUnits, comparison: &Comparison) -> Self {
        let levels = figures.counted_levels(comparison);
        // The lowest level that sums all elements.
        let order =
            [UnitKind::Commune, UnitKind::Department, UnitKind::District, UnitKind::Province];
        let sums_all = |kind: &UnitKind| levels.iter().all(|level| is_level_summed(*kind, *level));
        Self { units, counted: order.into_iter().find(sums_all).unwrap_or(UnitKind::Province) }
    }

    fn includes(&self, version: &UnitVersion) -> bool {
        match self.units {
            EachUnits::Counted => version.kind == self.counted,
            EachUnits::Level(level) => version.kind == UnitKind::from(*level),
            EachUnits::Kind(word) => version.local_kind == word.as_str(),
        }
    }
}

fn has_exposure(unit: &Unit, days: DateWindow) -> bool {
    let lifetime = unit.lifetime();
    let (from, to) = (lifetime.from.max(days.start), lifetime.to.min(days.end));
    let lived = i64::from(days_from_date(to)) - i64::from(days_from_date(from));
    lived * 4 >= i64::from(days.days()) * 3
}

/// Whether a wanted unit was closed below this one within the judged days.
fn is_closed_below(
    figures: &UnitFigures<'_>,
    unit: &Unit,
    wanted: &WantedUnits<'_>,
    days: DateWindow,
) -> bool {
    let input = figures.input;
    let lifetime = unit.lifetime();
    if input.view.structure_day().is_some() || lifetime.to <= days.start || days.end <= lifetime.to
    {
        return false;
    }
    let last = lifetime.to.saturating_sub(1.day());
    let meant = unit.version_on(last).is_some_and(|version| wanted.includes(version));
    meant && input.org.ancestors(unit.id, Hierarchy::Command, last).contains(&figures.unit)
}
