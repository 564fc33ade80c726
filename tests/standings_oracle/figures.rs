//! What is known, what is missing and what it weighs, of one element at one unit over one window.

use crate::fraction::Frac;
use crate::ledger::{Piece, Scene, kind_counting};
use crate::lineage::{day_before, passed_on};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::org::UnitLineage;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::element::{Element, ElementCode, ElementKind};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::UnitId;

/// The part of a window that is judged: all pieces in `window` that end on or before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) window: DateWindow,
    /// Exclusive; at most the end of the window, and its start while nothing is due.
    pub(crate) end: Date,
}

impl Judged {
    pub(crate) fn new(window: DateWindow, judged_end: Option<Date>) -> Self {
        let end = judged_end.map_or(window.start, |end| end.min(window.end).max(window.start));
        Self { window, end }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end == self.window.end
    }

    fn includes(&self, piece: &Piece) -> bool {
        self.window.start <= piece.start && piece.end <= self.end
    }

    pub(crate) fn days(&self) -> i64 {
        days_between(self.window.start, self.end)
    }
}

pub(crate) fn days_between(start: Date, end: Date) -> i64 {
    (end - start).get_days().into()
}

/// The sums of one element.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The sum of what was accepted; `None` if nothing was.
    pub(crate) known: Option<Frac>,
    /// What each missing report is expected to hold.
    pub(crate) missing: Vec<Frac>,
    /// What was accepted for pieces that are not yet due.
    pub(crate) early: Frac,
    /// Expected weight of what was accepted, and of everything that is due.
    pub(crate) weight: (Frac, Frac),
    /// The last word of a unit that ended without an heir is among the missing.
    pub(crate) holder_ended: bool,
    /// Whether the view cannot tell how much of it is this unit's.
    pub(crate) doubtful: bool,
}

impl Scene<'_> {
    pub(crate) fn read(&self, unit: UnitId, code: &ElementCode, judged: Judged) -> Reading {
        let key = (unit, code.clone(), judged.window, judged.end);
        if let Some(known) = self.memo.readings.borrow().get(&key) {
            return known.clone();
        }
        let reading = match self.element(code).kind {
            ElementKind::Stock => self.read_stock(unit, code, judged),
            ElementKind::Flow | ElementKind::EventFlag => self.read_flow(unit, code, judged),
        };
        self.memo.readings.borrow_mut().insert(key, reading.clone());
        reading
    }

    pub(crate) fn contract_of(&self, code: &ElementCode) -> String {
        let counted = |form: &str| {
            self.input.catalogue.form(form).is_some_and(|form| form.elements.contains(code))
        };
        let contract = self.input.catalogue.contracts.iter().find(|one| counted(&one.form));
        contract.unwrap().code.clone()
    }

    fn read_flow(&self, unit: UnitId, code: &ElementCode, judged: Judged) -> Reading {
        let (contract, element) = (self.contract_of(code), self.element(code));
        let mut reading = Reading::empty();
        for (at, piece) in self.pieces_at(unit) {
            let inside = judged.window.start <= piece.start && piece.end <= judged.window.end;
            if piece.contract != contract || !inside {
                continue;
            }
            let place = &self.places[at];
            let figure = self.accepted_cell(at, code).and_then(CellValue::figure);
            let figure = figure.map(|value| Frac::scaled(value, element.scale));
            if !judged.includes(piece) {
                if place.certain.contains(&unit) {
                    reading.early = reading.early + figure.unwrap_or(Frac::ZERO);
                }
                continue;
            }
            reading.doubtful |= place.doubtful.contains(&unit);
            if !place.certain.contains(&unit) {
                continue;
            }
            match figure {
                Some(figure) => reading.add_known(figure),
                None => reading.missing.push(self.expected_flow(piece, element)),
            }
            let weight = self.flow_weight(piece, element);
            reading.weight.1 = reading.weight.1 + weight;
            // An accepted report with a reason instead of the figure covers nothing of it.
            if figure.is_some() {
                reading.weight.0 = reading.weight.0 + weight;
            }
        }
        reading
    }

    /// The share of last year that belongs to the days of this piece.
    fn base_of_piece(&self, unit: UnitId, days: i64, element: &Element) -> Option<Frac> {
        let base = self.campaign_base();
        let whole = self.inherited_base(unit, element, base)?;
        Some(whole * Frac::new(days.into(), days_between(base.start, base.end).into()))
    }

    fn expected_flow(&self, piece: &Piece, element: &Element) -> Frac {
        let days = days_between(piece.start, piece.end);
        self.base_of_piece(piece.unit, days, element).unwrap_or(Frac::ZERO)
    }

    /// Without a base, the lower median of the units of the same level that have one; else 1.
    fn flow_weight(&self, piece: &Piece, element: &Element) -> Frac {
        let days = days_between(piece.start, piece.end);
        self.base_of_piece(piece.unit, days, element)
            .or_else(|| self.median_of_level(piece, days, element))
            .unwrap_or(Frac::ONE)
    }

    fn median_of_level(&self, of: &Piece, days: i64, element: &Element) -> Option<Frac> {
        let level = |piece: &Piece| kind_counting(&element.levels, piece.start);
        let key = (element.code.clone(), days, level(of));
        if let Some(known) = self.memo.medians.borrow().get(&key) {
            return *known;
        }
        let owed = self
            .ledger
            .pieces
            .iter()
            .filter(|one| one.contract == of.contract && level(one) == level(of));
        let peers: BTreeSet<UnitId> = owed.map(|one| one.unit).collect();
        let median = lower_median(
            peers.into_iter().filter_map(|one| self.base_of_piece(one, days, element)),
        );
        self.memo.medians.borrow_mut().insert(key, median);
        median
    }

    fn campaign_base(&self) -> DateWindow {
        year_before(self.input.campaign.measurement_window)
    }

    /// The units that hold a stock on the last day judged.
    pub(crate) fn holders(&self, element: &Element, day: Date) -> BTreeSet<UnitId> {
        let kind = kind_counting(&element.levels, day);
        let org = self.org();
        let open = org.units().iter().map(|unit| unit.id);
        open.filter(|unit| org.kind_on(*unit, day) == Some(kind)).collect()
    }

    fn read_stock(&self, unit: UnitId, code: &ElementCode, judged: Judged) -> Reading {
        let mut reading = Reading::empty();
        if judged.end == judged.window.start {
            return reading;
        }
        let (element, last) = (self.element(code), day_before(judged.end));
        let holders = self.holders(element, last);
        for holder in &holders {
            let place = self.place(*holder, last);
            reading.doubtful |= place.doubtful.contains(&unit);
            if !place.certain.contains(&unit) {
                continue;
            }
            match self.current_word(*holder, code, judged) {
                Some(word) => {
                    reading.add_known(word);
                    reading.weight.0 = reading.weight.0 + word;
                    reading.weight.1 = reading.weight.1 + word;
                }
                None => {
                    reading.add_missing(self.expected_stock(*holder, code, (judged.end, judged)))
                }
            }
        }
        for ended in self.ended_holders(code, &holders, judged) {
            let (ended, since) = ended;
            let (counts, doubtful) = self.place_of_ended(ended, last);
            reading.doubtful |= doubtful.contains(&unit);
            if counts.contains(&unit) {
                reading.holder_ended = true;
                reading.add_missing(self.expected_stock(ended, code, (since, judged)));
            }
        }
        reading
    }

    /// The units that owed the element, do not hold it on the last day, and passed it on to nobody
    /// who does, each with the day from which it owes nothing more.
    fn ended_holders(
        &self,
        code: &ElementCode,
        holders: &BTreeSet<UnitId>,
        judged: Judged,
    ) -> BTreeMap<UnitId, Date> {
        let contract = self.contract_of(code);
        let mut until: BTreeMap<UnitId, Date> = BTreeMap::new();
        for piece in &self.ledger.pieces {
            if piece.contract == contract && piece.end <= judged.end {
                let last = until.entry(piece.unit).or_insert(piece.end);
                *last = piece.end.max(*last);
            }
        }
        let last = day_before(judged.end);
        // What was passed on is held, or was left, by a unit that owed the element from then on.
        let owed_from = |unit: UnitId, day: Date| {
            holders.contains(&unit) || until.get(&unit).is_some_and(|until| day < *until)
        };
        let ended = until.iter().filter(|(unit, since)| {
            !holders.contains(unit) && !passed_on(self.org(), **unit, (**since, last), &owed_from)
        });
        ended.map(|(unit, since)| (*unit, *since)).collect()
    }

    fn place_of_ended(&self, ended: UnitId, last: Date) -> (BTreeSet<UnitId>, BTreeSet<UnitId>) {
        let org = self.org();
        if org.is_open_on(ended, last) {
            let place = self.place(ended, last);
            return (place.certain, place.doubtful);
        }
        let end = day_before(org.unit(ended).unwrap().lifetime().to.min(last.tomorrow().unwrap()));
        if self.input.view.structure_day().is_some() {
            let place = self.place(ended, end);
            return (place.certain, place.doubtful);
        }
        let owner = self.legacy_owner().map(|(owner, _)| owner);
        // Those that had its figures on its last day, a closed owner's legacy scope included.
        let above = self.place(ended, end).certain.into_iter();
        let still = above.filter(|unit| org.is_open_on(*unit, last) || Some(*unit) == owner);
        (still.collect(), BTreeSet::new())
    }

    /// The last accepted word of a unit for a piece that ends on or before `by`, with that end.
    fn last_word(&self, unit: UnitId, code: &ElementCode, by: Date) -> Option<(Date, Frac)> {
        let (contract, scale) = (self.contract_of(code), self.element(code).scale);
        let pieces =
            self.pieces_by(unit).filter(|(_, piece)| piece.contract == contract && piece.end <= by);
        let words = pieces.filter_map(|(at, piece)| match self.accepted_cell(at, code)? {
            CellValue::Reported(value) | CellValue::Carried(value) => {
                Some((piece.end, Frac::scaled(value, scale)))
            }
            CellValue::Nil | CellValue::Missing(_) => None,
        });
        words.max_by_key(|(end, _)| *end)
    }

    /// The word of the holder's last due piece, said since its last change of lineage.
    fn current_word(&self, holder: UnitId, code: &ElementCode, judged: Judged) -> Option<Frac> {
        let contract = self.contract_of(code);
        let due = self
            .pieces_by(holder)
            .filter(|(_, piece)| piece.contract == contract && judged.includes(piece));
        let last_due = due.map(|(_, piece)| piece.end).max()?;
        let (end, word) = self.last_word(holder, code, judged.end)?;
        let changed = self.last_change(holder, judged.end);
        (end == last_due && changed.is_none_or(|day| end > day)).then_some(word)
    }

    /// The last day before `by` on which the unit took in or gave away others.
    fn last_change(&self, unit: UnitId, by: Date) -> Option<Date> {
        let touches = self
            .org()
            .lineage()
            .iter()
            .filter(|line| line.kind.is_succession() && (line.from == unit || line.to == unit));
        touches.map(|line| line.effective_day).filter(|day| *day < by).max()
    }

    /// The stock of a unit at the end of the day before `by`, from its own words and those of its
    /// predecessors; `None` if none of them ever said one.
    fn estimate(&self, unit: UnitId, code: &ElementCode, by: Date) -> Option<Frac> {
        let word = self.last_word(unit, code, by);
        let Some(change) = self.last_change(unit, by) else { return word.map(|(_, word)| word) };
        if let Some((_, word)) = word.filter(|(end, _)| *end > change) {
            return Some(word);
        }
        let lines: Vec<_> = self
            .org()
            .lineage()
            .iter()
            .filter(|line| line.kind.is_succession() && line.effective_day == change)
            .collect();
        let mut parts: Vec<Option<Frac>> = lines
            .iter()
            .filter(|line| line.to == unit)
            .map(|line| {
                let weight = Frac::new(line.weight.num(), line.weight.den());
                self.estimate(line.from, code, change).map(|stock| weight * stock)
            })
            .collect();
        // A unit that gave everything away in lines keeps only the share of its line to itself.
        if lines.iter().all(|line| line.from != unit) {
            parts.push(self.estimate(unit, code, change));
        }
        parts.iter().any(Option::is_some).then(|| parts.into_iter().flatten().sum())
    }

    /// Of a unit that owes nothing more: what it had when it stopped.
    fn expected_stock(
        &self,
        unit: UnitId,
        code: &ElementCode,
        (until, judged): (Date, Judged),
    ) -> Frac {
        let element = self.element(code);
        self.estimate(unit, code, until)
            .or_else(|| self.inherited_base(unit, element, year_before(judged.window)))
            .or_else(|| {
                let holders = self.holders(element, day_before(judged.end)).into_iter();
                lower_median(holders.filter_map(|one| self.current_word(one, code, judged)))
            })
            .unwrap_or(Frac::ONE)
    }

    /// The base of a unit from its own rows, else from those of its predecessors by weight (R10).
    fn inherited_base(&self, unit: UnitId, element: &Element, window: DateWindow) -> Option<Frac> {
        self.base_of_kin(unit, element, (window, Date::MAX))
    }

    /// With the predecessors of days before `day` only.
    fn base_of_kin(
        &self,
        unit: UnitId,
        element: &Element,
        (window, day): (DateWindow, Date),
    ) -> Option<Frac> {
        self.own_base(unit, element, window).or_else(|| {
            let is_into = |line: &&UnitLineage| {
                let earlier = line.kind.is_succession() && line.effective_day < day;
                earlier && line.to == unit && line.from != unit
            };
            let lines: Vec<_> = self.org().lineage().iter().filter(is_into).collect();
            let share = |line: &&UnitLineage| {
                let weight = Frac::new(line.weight.num(), line.weight.den());
                let before = (window, line.effective_day);
                Some(weight * self.base_of_kin(line.from, element, before)?)
            };
            let parts: Option<Vec<Frac>> = lines.iter().map(share).collect();
            parts.filter(|parts| !parts.is_empty()).map(|parts| parts.into_iter().sum())
        })
    }

    /// The base of a unit from its own rows: for a flow every day is covered, for a stock a row
    /// ends with the window.
    pub(crate) fn own_base(
        &self,
        unit: UnitId,
        element: &Element,
        window: DateWindow,
    ) -> Option<Frac> {
        let key = (unit, element.code.clone(), window);
        if let Some(known) = self.memo.bases.borrow().get(&key) {
            return *known;
        }
        let base = self.sum_rows(unit, element, window);
        self.memo.bases.borrow_mut().insert(key, base);
        base
    }

    fn sum_rows(&self, unit: UnitId, element: &Element, window: DateWindow) -> Option<Frac> {
        let rows = self.ledger.rows.get(&(unit, element.code.clone()))?;
        let newest = rows.iter().map(|row| row.version).max()?;
        let mut rows = rows.iter().filter(|row| row.version == newest);
        if element.kind == ElementKind::Stock {
            let row = rows.find(|row| row.window.end == window.end)?;
            return Some(Frac::scaled(row.value, element.scale));
        }
        let inside: Vec<_> = rows.filter(|row| row.window.overlap_days(&window) > 0).collect();
        let is_split = |row: &&thidua::domain::standing::baseline::BaselineRow| {
            row.value != 0 && (row.window.start < window.start || window.end < row.window.end)
        };
        let mut day = window.start;
        while day < window.end {
            let covering = inside.iter().filter(|row| row.window.contains(day));
            day = covering.map(|row| row.window.end).max()?;
        }
        let whole = !inside.iter().any(is_split);
        whole.then(|| Frac::scaled(inside.iter().map(|row| row.value).sum(), element.scale))
    }
}

impl Reading {
    fn empty() -> Self {
        Self {
            known: None,
            missing: Vec::new(),
            early: Frac::ZERO,
            weight: (Frac::ZERO, Frac::ZERO),
            holder_ended: false,
            doubtful: false,
        }
    }

    fn add_known(&mut self, figure: Frac) {
        self.known = Some(self.known.unwrap_or(Frac::ZERO) + figure);
    }

    fn add_missing(&mut self, expected: Frac) {
        self.weight.1 = self.weight.1 + expected;
        self.missing.push(expected);
    }
}

pub(crate) fn lower_median(values: impl Iterator<Item = Frac>) -> Option<Frac> {
    let mut sorted: Vec<Frac> = values.collect();
    sorted.sort();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// The same days a year before, ending at the latest where the window begins.
pub(crate) fn year_before(window: DateWindow) -> DateWindow {
    let start = window.start.saturating_sub(1.year());
    DateWindow { start, end: window.end.saturating_sub(1.year()).min(window.start) }
}
