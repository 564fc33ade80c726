//! The figures of one unit, as a target asks for them.
//!
//! Knows sums and baselines; knows no verdict. A figure of the past is known for a unit only if it is known, in whole, for
//! every unit that counts below it: a part of a base is no base.

use super::fold::{Folded, Input};
use super::place::Origins;
use crate::domain::baseline::Base;
use crate::domain::element::{Element, ElementCode, Joined};
use crate::domain::ids::UnitId;
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::ratio::Ratio;
use crate::domain::target::{Attested, Baseline, Comparability, Figures, Missing, Name, Window as When};
use crate::domain::window::Window;
use jiff::civil::Date;

/// One unit's figures.
pub(super) struct UnitFigures<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) unit: UnitId,
    /// The window that is meant where a target names none.
    pub(super) window: Window,
    /// Sums of every window that the targets name.
    pub(super) folded: &'a [(Window, Folded)],
    /// Whose past counts for whom, in a view of one day.
    pub(super) origins: Option<&'a Origins>,
}

/// The days that a window of the grammar means; `None` for one that the campaign does not have.
pub(super) fn resolve(input: &Input<'_>, default: Window, window: Option<&When>) -> Option<Window> {
    match window {
        None => Some(default),
        Some(When::Legal) => Some(input.campaign.legal_window),
        Some(When::Phase(no)) => {
            input.campaign.phases.iter().find(|phase| u16::from(phase.no) == *no).map(|phase| phase.window)
        }
        Some(When::Dates(start, end)) => Window::new(*start, *end),
        Some(When::Milestone(_)) => None,
    }
}

impl UnitFigures<'_> {
    pub(super) fn folded(&self, window: Option<&When>) -> Option<(Window, &Folded)> {
        let window = resolve(self.input, self.window, window)?;
        self.folded.iter().find(|(of, _)| *of == window).map(|(of, folded)| (*of, folded))
    }

    fn element(&self, code: &ElementCode) -> Option<&Element> {
        self.input.catalogue.element(code)
    }

    /// A figure of the past, scaled, over a window of the past.
    pub(super) fn base(&self, code: &ElementCode, window: Window) -> Option<i64> {
        let (element, org) = (self.element(code)?, self.input.org);
        let kind = UnitKind::from(element.level);
        let first = self.input.campaign.measurement_window.start;
        let counting: Vec<UnitId> = if let Some((origins, day)) = self.origins.zip(self.input.view.day()) {
            origins.within(kind, &org.subtree(self.unit, Hierarchy::Command, day).into_iter().collect())?
        } else if org.open_on(self.unit, first) {
            let below = org.subtree(self.unit, Hierarchy::Command, first);
            below.into_iter().filter(|unit| org.kind_on(*unit, first) == Some(kind)).collect()
        } else {
            self.predecessors(first)?
        };
        if counting.is_empty() {
            return None;
        }
        counting.into_iter().map(|unit| self.input.baselines.of(unit, element, window)).map(Base::value).sum()
    }

    /// The units of the first day that went whole into this one; `None` if some went into it in part.
    fn predecessors(&self, first: Date) -> Option<Vec<UnitId>> {
        let org = self.input.org;
        let born = org.unit(self.unit)?.span().from;
        let from = org.came_from(self.unit, born, first);
        let whole = |unit: &UnitId| {
            let carried = org.carried_on(*unit, first, born);
            carried.is_ok_and(|carried| carried.len() == 1 && carried[0].0 == self.unit)
        };
        from.iter().all(whole).then(|| from.into_iter().collect())
    }

    /// The days of the past that a whole window is held against.
    pub(super) fn base_window(&self, baseline: &Baseline, window: Window) -> Option<Window> {
        let day = |year: u16, month, day| Date::new(i16::try_from(year).ok()?, month, day).ok();
        match baseline {
            Baseline::SameWindowPriorYear => {
                let shifted = window.year_before();
                // Both ends of an official window are inclusive: shifted, a year and a day would share a day.
                Window::new(shifted.start, shifted.end.min(window.start))
            }
            Baseline::StatYear(year) => Window::new(day(year.checked_sub(1)?, 12, 15)?, day(*year, 12, 15)?),
            Baseline::CalendarYear(year) => Window::new(day(*year, 1, 1)?, day(year.checked_add(1)?, 1, 1)?),
            // A fixed base has no figures; the mean of several years has no one window.
            Baseline::Fixed(_) => self.base_window(&Baseline::SameWindowPriorYear, window),
            Baseline::MeanPrior(_) => None,
        }
    }

    /// The part of them that corresponds to what is over of `window`; only the same window a year before has one.
    pub(super) fn base_to_date(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        window: Option<&When>,
    ) -> Option<Window> {
        match baseline {
            Baseline::SameWindowPriorYear | Baseline::Fixed(_) => {}
            Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_) => return None,
        }
        let (window, folded) = self.folded(window)?;
        let contract = self.input.catalogue.counted_by(code)?;
        let over = Window::new(window.start, folded.until(&contract.code)?.min(window.end))?;
        let whole = self.base_window(baseline, window)?;
        let shifted = over.year_before();
        Window::new(shifted.start, shifted.end.min(whole.end))
    }

    /// The mean of the same days of so many years before; `None` while one of them is not known.
    fn mean_prior(&self, code: &ElementCode, years: u8, window: Window) -> Option<Ratio> {
        let (mut sum, mut of) = (0_i64, window);
        for _ in 0..years {
            let shifted = of.year_before();
            of = Window::new(shifted.start, shifted.end.min(of.start))?;
            sum = sum.checked_add(self.base(code, of)?)?;
        }
        self.ratio(code, sum)?.over(Ratio::whole(years.into()))
    }

    /// Whether the element was defined alike in the days that are over and in the base; `None`: nothing to compare with.
    fn joined(&self, code: &ElementCode, baseline: &Baseline, window: Option<&When>) -> Option<Joined> {
        let window = resolve(self.input, self.window, window)?;
        let base = self.base_window(baseline, window)?;
        let over = Window { start: window.start, end: window.end.min(self.input.today) };
        Some(self.element(code)?.joined(base, over))
    }

    /// A figure of the past, as it counts by the definition of now.
    fn bridged(&self, code: &ElementCode, baseline: &Baseline, window: Option<&When>, value: i64) -> Option<Ratio> {
        let value = self.ratio(code, value)?;
        match self.joined(code, baseline, window) {
            Some(Joined::By(factor)) => value.times(factor),
            None | Some(Joined::Whole | Joined::Torn) => Some(value),
        }
    }

    fn ratio(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::scaled(value, self.element(code)?.scale)
    }
}

impl Figures for UnitFigures<'_> {
    fn now(&self, element: &ElementCode, window: Option<&When>) -> Option<Ratio> {
        let value = self.folded(window)?.1.value(self.unit, element)?;
        self.ratio(element, value)
    }

    fn missing(&self, element: &ElementCode, window: Option<&When>) -> Missing {
        let tally = self.folded(window).and_then(|(_, folded)| folded.tally(self.unit, element));
        tally.map_or_else(Missing::default, |tally| tally.missing)
    }

    fn before(&self, element: &ElementCode, baseline: &Baseline, window: Option<&When>) -> Option<Ratio> {
        let whole = resolve(self.input, self.window, window)?;
        if let Baseline::MeanPrior(years) = baseline {
            return self.mean_prior(element, *years, whole);
        }
        let of = self.base_window(baseline, whole)?;
        self.bridged(element, baseline, window, self.base(element, of)?)
    }

    fn before_to_date(&self, element: &ElementCode, baseline: &Baseline, window: Option<&When>) -> Option<Ratio> {
        let of = self.base_to_date(element, baseline, window)?;
        self.bridged(element, baseline, window, self.base(element, of)?)
    }

    fn definition(&self, element: &ElementCode, baseline: &Baseline, window: Option<&When>) -> Comparability {
        match self.joined(element, baseline, window) {
            None | Some(Joined::Whole) => Comparability::Exact,
            Some(Joined::By(_)) => Comparability::Bridged,
            Some(Joined::Torn) => Comparability::Broken,
        }
    }

    /// As it was, a unit that does not exist through all the days that are over has figures for a part of them only; in the structure of
    /// one day it has all of them, unless something of it is torn.
    fn comparability(&self, _element: &ElementCode) -> Comparability {
        if self.folded.iter().any(|(_, folded)| folded.is_torn(self.unit)) {
            return Comparability::Broken;
        }
        if self.origins.is_some() {
            return Comparability::Exact;
        }
        let life = self.input.org.unit(self.unit).map(|unit| unit.span());
        let whole =
            life.is_some_and(|life| life.from <= self.window.start && self.input.today.min(self.window.end) <= life.to);
        if whole { Comparability::Exact } else { Comparability::Broken }
    }

    fn attested(&self, duty: &Name) -> Option<Attested> {
        let duty = self.input.campaign.duty(duty.as_str())?;
        let done = self.folded(None)?.1.value(self.unit, duty.element.as_ref()?).unwrap_or(0);
        Some(Attested { done: u32::try_from(done).unwrap_or(0), of: duty.due })
    }

    fn milestone(&self, _milestone: &Name) -> Option<Attested> {
        None
    }
}
