//! How a measure has gone, period by period, beside last year: what the pace of a target is drawn from.
//!
//! The same accepted figures as in `fold`, in the order of time; the last point is the figure that was judged. Judges nothing.

use super::figures::{UnitFigures, resolve};
use super::fold::Input;
use super::place::{Origins, placed};
use crate::domain::campaign::Campaign;
use crate::domain::element::{ElementCode, ElementKind};
use crate::domain::expectation::{UnknownCalendar, expectations};
use crate::domain::form::Contract;
use crate::domain::ids::{ReportId, UnitId};
use crate::domain::ratio::Ratio;
use crate::domain::target::{Baseline, Comparison, Expr, Measure, Mode, Sign};
use crate::domain::window::Window;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// One measure up to the end of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoursePoint {
    /// The day after the period's last.
    pub until: Date,
    /// Accepted so far; `None` after the day of the run, and where nothing is accepted yet.
    pub now: Option<Ratio>,
    /// The baseline to the same cut-off a year before; `None` where there is none.
    pub before: Option<Ratio>,
}

/// Running totals of one unit by the end of each period that is over.
pub struct Courses<'a> {
    input: &'a Input<'a>,
    unit: UnitId,
    window: Window,
    totals: BTreeMap<Date, BTreeMap<ElementCode, i64>>,
    /// Ends of all periods of each contract, those to come among them.
    ends: BTreeMap<String, BTreeSet<Date>>,
    origins: Option<Origins>,
}

impl<'a> Courses<'a> {
    /// Adds up the accepted figures of `unit`, and of everything below it, over `window`.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn of(input: &'a Input<'a>, unit: UnitId, window: Window) -> Result<Self, UnknownCalendar> {
        let contracts = contracts(input);
        let owed = expectations(input.org, input.calendars, &contracts, window)?;
        let reports: BTreeMap<ReportId, _> = input.reports.iter().map(|entry| (entry.key.id(), entry)).collect();
        let mut ends: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();
        let mut figures: BTreeMap<Date, Vec<(UnitId, ElementCode, i64)>> = BTreeMap::new();
        for expected in &owed {
            let Some(contract) = contracts.iter().find(|contract| contract.id() == expected.contract) else { continue };
            ends.entry(contract.code.clone()).or_default().insert(expected.period.end);
            let below = placed(input.org, input.view, expected.unit, expected.period.start).path.contains(&unit);
            let entry = reports.get(&expected.key().id()).filter(|entry| below && entry.received && entry.accepted);
            let (Some(entry), true) = (entry, expected.whole.end <= input.today) else { continue };
            for (number, cell) in entry.cells {
                if let (Some(code), Some(figure)) = (input.numbers.get(number), cell.figure()) {
                    figures.entry(expected.period.end).or_default().push((expected.unit, code.clone(), figure));
                }
            }
        }
        Ok(Self { input, unit, window, totals: totals(input, figures), ends, origins: Origins::of(input) })
    }

    /// One comparison's course over its own window; empty where the target names another one than was added up.
    #[must_use]
    pub fn points(&self, comparison: &Comparison) -> Vec<CoursePoint> {
        let first = comparison.measure.elements().into_iter().next();
        let contract = first.and_then(|code| self.input.catalogue.counted_by(code));
        let ends = contract.and_then(|contract| self.ends.get(&contract.code));
        let (Some(ends), Some(window)) = (ends, resolve(self.input, self.window, comparison.window.as_ref())) else {
            return Vec::new();
        };
        if window != self.window {
            return Vec::new();
        }
        let figures = self.figures(window);
        let point = |until: &Date| {
            let over = self.totals.range(..=*until).next_back().map(|(_, totals)| totals);
            let past = *until <= self.input.today;
            let now = over
                .filter(|_| past)
                .and_then(|totals| value(&comparison.measure, &|code| self.scaled(code, totals.get(code).copied()?)));
            CoursePoint { until: *until, now, before: self.before(&figures, &comparison.measure, *until) }
        };
        ends.iter().map(point).collect()
    }

    /// One element by the end of the last period that is over, with its baseline to the same cut-off.
    #[must_use]
    pub fn latest(&self, code: &ElementCode) -> Option<CoursePoint> {
        let contract = self.input.catalogue.counted_by(code)?;
        let until = *self.ends.get(&contract.code)?.range(..=self.input.today).next_back()?;
        let expr = Expr { first: code.clone(), rest: Vec::new() };
        let stock = self.input.catalogue.element(code)?.kind == ElementKind::Stock;
        let of = Box::new(if stock { Measure::Stock(expr) } else { Measure::Count(expr) });
        let measure = Measure::Change { of, baseline: Baseline::SameWindowPriorYear, mode: Mode::Relative };
        let figures = self.figures(self.window);
        let totals = self.totals.range(..=until).next_back().map(|(_, totals)| totals);
        let now = totals.and_then(|totals| self.scaled(code, totals.get(code).copied()?));
        Some(CoursePoint { until, now, before: self.before(&figures, &measure, until) })
    }

    fn figures(&self, window: Window) -> UnitFigures<'_> {
        let Self { input, unit, origins, .. } = self;
        UnitFigures { input, unit: *unit, window, folded: &[], origins: origins.as_ref() }
    }

    fn before(&self, figures: &UnitFigures<'_>, measure: &Measure, until: Date) -> Option<Ratio> {
        let Measure::Change { of, baseline: Baseline::SameWindowPriorYear, .. } = measure else { return None };
        let whole = figures.base_window(&Baseline::SameWindowPriorYear, self.window)?;
        let shifted = Window::new(self.window.start, until)?.year_before();
        let over = Window::new(shifted.start, shifted.end.min(whole.end))?;
        value(of, &|code| self.scaled(code, figures.base(code, over)?))
    }

    fn scaled(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::scaled(value, self.input.catalogue.element(code)?.scale)
    }
}

fn contracts(input: &Input<'_>) -> Vec<Contract> {
    let Campaign { contracts: codes, .. } = input.campaign;
    input.catalogue.contracts.iter().filter(|contract| codes.contains(&contract.code)).cloned().collect()
}

/// A flow adds up; a stock is the last accepted word of each unit.
fn totals(
    input: &Input<'_>,
    figures: BTreeMap<Date, Vec<(UnitId, ElementCode, i64)>>,
) -> BTreeMap<Date, BTreeMap<ElementCode, i64>> {
    let mut flows: BTreeMap<ElementCode, i64> = BTreeMap::new();
    let mut stocks: BTreeMap<(ElementCode, UnitId), i64> = BTreeMap::new();
    let mut totals = BTreeMap::new();
    for (end, figures) in figures {
        for (unit, code, figure) in figures {
            match input.catalogue.element(&code).map(|element| element.kind) {
                Some(ElementKind::Stock) => {
                    stocks.insert((code, unit), figure);
                }
                Some(ElementKind::Flow | ElementKind::EventFlag) => *flows.entry(code).or_default() += figure,
                None => {}
            }
        }
        let mut all = flows.clone();
        stocks.iter().for_each(|((code, _), figure)| *all.entry(code.clone()).or_default() += figure);
        totals.insert(end, all);
    }
    totals
}

fn value(measure: &Measure, of: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Option<Ratio> {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => sum(expr, of),
        Measure::Ratio { num, den, .. } => sum(num, of)?.over(sum(den, of)?),
        Measure::Rate { num, per, den } => {
            sum(num, of)?.times(Ratio::whole(i64::try_from(*per).ok()?))?.over(sum(den, of)?)
        }
        Measure::Change { of: measure, .. } => value(measure, of),
    }
}

fn sum(expr: &Expr, of: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Option<Ratio> {
    expr.terms().try_fold(Ratio::ZERO, |sum, (sign, code)| match sign {
        Sign::Plus => sum.plus(of(code)?),
        Sign::Minus => sum.minus(of(code)?),
    })
}
