//! Figures of the past at one unit, in the structure of the view, and whether they may be compared.

use crate::figures::{Judged, year_before};
use crate::fraction::Frac;
use crate::ledger::{Scene, kind_counting};
use crate::lineage::{became, below, made_of};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use thidua::domain::report::element::{BridgeMethod, Element, ElementCode};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::UnitId;
use thidua::domain::target_rule::Baseline;

/// How the definition of an element relates now to what it was in the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bridge {
    Same,
    Factor(Frac),
    Broken,
}

impl Scene<'_> {
    /// The past days that a whole window is compared with; a fixed base has only their course.
    fn base_window(&self, baseline: &Baseline, window: DateWindow) -> Option<DateWindow> {
        let year = |year: u16| i16::try_from(year).unwrap();
        match baseline {
            Baseline::SameWindowPriorYear | Baseline::Fixed(_) => {
                let base = year_before(window);
                (base.start < base.end).then_some(base)
            }
            Baseline::StatYear(of) => {
                DateWindow::new(date(year(*of) - 1, 12, 15), date(year(*of), 12, 15))
            }
            Baseline::CalendarYear(of) => {
                DateWindow::new(date(year(*of), 1, 1), date(year(*of) + 1, 1, 1))
            }
            Baseline::MeanPrior(_) => None,
        }
    }

    /// The base of the whole window, converted to the present definition.
    pub(crate) fn base(
        &self,
        unit: UnitId,
        code: &ElementCode,
        baseline: &Baseline,
        judged: Judged,
    ) -> Option<Frac> {
        if let Baseline::MeanPrior(years) = baseline {
            let mut window = judged.window;
            let mut sum = Frac::ZERO;
            for _ in 0..*years {
                window = year_before(window);
                sum = sum + self.base_at(unit, code, window)?;
            }
            return Some(sum / Frac::int((*years).into()));
        }
        let window = self.base_window(baseline, judged.window)?;
        Some(self.base_at(unit, code, window)? * self.factor(code, baseline, judged))
    }

    /// The base of the days judged so far.
    pub(crate) fn base_to_date(
        &self,
        unit: UnitId,
        code: &ElementCode,
        baseline: &Baseline,
        judged: Judged,
    ) -> Option<Frac> {
        match baseline {
            Baseline::SameWindowPriorYear | Baseline::Fixed(_) => {}
            Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_) => {
                return None;
            }
        }
        let whole = self.base_window(baseline, judged.window)?;
        let end = judged.end.saturating_sub(1.year()).min(whole.end);
        let window = DateWindow::new(whole.start, end)?;
        Some(self.base_at(unit, code, window)? * self.factor(code, baseline, judged))
    }

    fn factor(&self, code: &ElementCode, baseline: &Baseline, judged: Judged) -> Frac {
        match self.bridge(code, baseline, judged) {
            Bridge::Factor(factor) => factor,
            Bridge::Same | Bridge::Broken => Frac::ONE,
        }
    }

    /// A restated definition and a ratio that lies between base and present are bridged.
    pub(crate) fn bridge(&self, code: &ElementCode, baseline: &Baseline, judged: Judged) -> Bridge {
        let Some(base) = self.base_window(baseline, judged.window) else { return Bridge::Same };
        let mut bridge = Bridge::Same;
        for one in &self.element(code).breaks {
            if one.on <= base.start || judged.end <= one.on {
                continue;
            }
            let before = if let Bridge::Factor(factor) = bridge { factor } else { Frac::ONE };
            match one.bridge {
                BridgeMethod::Restated => bridge = Bridge::Factor(before),
                BridgeMethod::Ratio(factor)
                    if base.end <= one.on && one.on <= judged.window.start =>
                {
                    bridge = Bridge::Factor(before * Frac::from(factor));
                }
                BridgeMethod::Ratio(_) | BridgeMethod::None => return Bridge::Broken,
            }
        }
        bridge
    }

    /// The sum of the base over the units whose past is this unit's; `None` unless all of it is
    /// known.
    fn base_at(&self, unit: UnitId, code: &ElementCode, window: DateWindow) -> Option<Frac> {
        let element = self.element(code);
        let units = self.units_of_the_past(unit, element)?;
        let bases: Option<Vec<Frac>> =
            units.iter().map(|one| self.own_base(*one, element, window)).collect();
        bases.filter(|all| !all.is_empty()).map(|all| all.into_iter().sum())
    }

    /// The units of the campaign's first day whose past belongs to `unit`; `None` if one belongs to
    /// it only in part.
    fn units_of_the_past(&self, unit: UnitId, element: &Element) -> Option<BTreeSet<UnitId>> {
        let first = self.input.campaign.measurement_window.start;
        let key = (unit, kind_counting(&element.levels, first));
        if let Some(known) = self.memo.pasts.borrow().get(&key) {
            return known.clone();
        }
        let past = self.find_past(unit, element);
        self.memo.pasts.borrow_mut().insert(key, past.clone());
        past
    }

    fn find_past(&self, unit: UnitId, element: &Element) -> Option<BTreeSet<UnitId>> {
        let (org, first) = (self.org(), self.input.campaign.measurement_window.start);
        let kind = kind_counting(&element.levels, first);
        let counts = |one: &UnitId| org.kind_on(*one, first) == Some(kind);
        let Some(day) = self.input.view.structure_day() else {
            if org.is_open_on(unit, first) {
                return Some(below(org, unit, first).into_iter().filter(counts).collect());
            }
            return self.whole_predecessors(unit, first).map(|from| {
                let all = from.into_iter().flat_map(|one| below(org, one, first));
                all.filter(counts).collect()
            });
        };
        let scope = below(org, unit, day);
        let mut whole = BTreeSet::new();
        for one in org.units().iter().map(|one| one.id).filter(counts) {
            let parts = self.units_on(one, first, day);
            if parts.is_subset(&scope) && !parts.is_empty() {
                whole.insert(one);
            } else if !parts.is_disjoint(&scope) {
                return None;
            }
        }
        Some(whole)
    }

    fn units_on(&self, unit: UnitId, from: Date, day: Date) -> BTreeSet<UnitId> {
        if let Some(known) = self.memo.parts.borrow().get(&unit) {
            return known.clone();
        }
        let trace = if from <= day { became } else { made_of };
        let parts = trace(self.history(), unit, from, day);
        self.memo.parts.borrow_mut().insert(unit, parts.clone());
        parts
    }

    fn whole_predecessors(&self, unit: UnitId, first: Date) -> Option<BTreeSet<UnitId>> {
        let org = self.org();
        let opened = org.unit(unit)?.lifetime().from;
        let from = made_of(self.history(), unit, opened, first);
        let alone = BTreeSet::from([unit]);
        from.iter().all(|one| became(self.history(), *one, first, opened) == alone).then_some(from)
    }

    /// Whether nobody owes this contract from the last day judged on, though somebody did.
    pub(crate) fn is_owed_no_more(&self, contract: &str, judged: Judged) -> bool {
        let key = (contract.to_owned(), judged.window, judged.end);
        if let Some(known) = self.memo.owed_no_more.borrow().get(&key) {
            return *known;
        }
        let owed = || self.ledger.pieces.iter().filter(|piece| piece.contract == contract);
        let over = judged.end > judged.window.start
            && owed().any(|piece| piece.end < judged.end)
            && owed().all(|piece| piece.end < judged.end);
        self.memo.owed_no_more.borrow_mut().insert(key, over);
        over
    }
}
