//! What is owed, found day by day: which unit owes which piece under which contract, and through
//! which day a set of contracts is judged (M5).

use crate::figures::Reading;
use crate::fraction::Frac;
use crate::lineage::{History, Place, below, change_days, day_before, made_of, place_of};
use jiff::ToSpan;
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::org::{Hierarchy, Org, UnitKind};
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::counting_levels::CountingLevels;
use thidua::domain::report::element::{Element, ElementCode};
use thidua::domain::report::form::Contract;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::BaselineRow;
use thidua::domain::standing::{ReportEntry, StandingInput};
use thidua::domain::support::ids::UnitId;

/// One owed report.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) contract: String,
    pub(crate) unit: UnitId,
    pub(crate) start: Date,
    pub(crate) end: Date,
    /// The first day after the grace of its whole period.
    pub(crate) grace_end: Date,
}

/// An end of a piece that all units have in common, and the day on which it is due.
#[derive(Debug, Clone, Copy)]
struct CommonEnd {
    end: Date,
    grace_end: Date,
}

/// What is owed over the campaign; the same on every day and in every view.
pub(crate) struct Ledger {
    pub(crate) pieces: Vec<Piece>,
    /// Indexes of the pieces that each unit owes, by day.
    pub(crate) owed_by: BTreeMap<UnitId, Vec<usize>>,
    /// Figures of the past by unit and element.
    pub(crate) rows: BTreeMap<(UnitId, ElementCode), Vec<BaselineRow>>,
    common_ends: BTreeMap<String, Vec<CommonEnd>>,
    days: DateWindow,
    changes: BTreeSet<Date>,
}

/// The level at which units count on a day.
pub(crate) fn kind_counting(levels: &CountingLevels, day: Date) -> UnitKind {
    let mut level = levels.first;
    for change in &levels.changes {
        if change.on <= day {
            level = change.level;
        }
    }
    level.into()
}

fn grace_end(contract: &Contract, whole_end: Date) -> Date {
    let days = i64::from(contract.due_days) + i64::from(contract.grace_days);
    whole_end.saturating_add(days.days())
}

pub(crate) fn days_of(window: DateWindow) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(window.start), |day| day.tomorrow().ok())
        .take_while(move |day| *day < window.end)
}

impl Ledger {
    pub(crate) fn new(input: &StandingInput<'_>, past: &[BaselineRow]) -> Self {
        let campaign = input.campaign;
        let (legal, measured) = (campaign.legal_window, campaign.measurement_window);
        let days =
            DateWindow { start: legal.start.min(measured.start), end: legal.end.max(measured.end) };
        let mut rows: BTreeMap<_, Vec<BaselineRow>> = BTreeMap::new();
        for row in past {
            rows.entry((row.unit_id(), row.element.clone())).or_default().push(row.clone());
        }
        let (pieces, owed_by) = (Vec::new(), BTreeMap::new());
        let (common_ends, changes) = (BTreeMap::new(), change_days(input.org));
        let mut ledger = Self { pieces, owed_by, rows, common_ends, days, changes };
        for contract in &input.catalogue.contracts {
            if campaign.contracts.contains(&contract.code) {
                ledger.add_contract(input, contract);
            }
        }
        for (at, piece) in ledger.pieces.iter().enumerate() {
            ledger.owed_by.entry(piece.unit).or_default().push(at);
        }
        ledger
    }

    fn add_contract(&mut self, input: &StandingInput<'_>, contract: &Contract) {
        let calendar = input.calendars.get(&contract.calendar).unwrap();
        let around = DateWindow {
            start: day_before(self.days.start),
            end: self.days.end.saturating_add(1.day()),
        };
        let mut cuts: BTreeSet<Date> = input
            .campaign
            .judged_windows()
            .iter()
            .flat_map(|window| [window.start, window.end])
            .collect();
        for served in &contract.serves {
            cuts.extend(input.calendars.cut_offs_in(served, around).unwrap());
        }
        cuts.extend(contract.levels.changes.iter().map(|change| change.on));
        let whole_end = |day: Date| calendar.period_containing(day).end;
        let begins = |day: Date| calendar.period_containing(day).start == day;
        let bounds: BTreeSet<Date> =
            days_of(around).filter(|day| cuts.contains(day) || begins(*day)).collect();
        let ends = bounds.iter().filter(|end| self.days.start < **end && **end <= self.days.end);
        let common = ends.map(|end| CommonEnd {
            end: *end,
            grace_end: grace_end(contract, whole_end(day_before(*end))),
        });
        let common = common.collect();
        self.common_ends.insert(contract.code.clone(), common);
        for unit in input.org.units() {
            self.add_unit(input, contract, unit.id, &bounds, &whole_end);
        }
    }

    fn add_unit(
        &mut self,
        input: &StandingInput<'_>,
        contract: &Contract,
        unit: UnitId,
        bounds: &BTreeSet<Date>,
        whole_end: &dyn Fn(Date) -> Date,
    ) {
        let (org, campaign) = (input.org, input.campaign);
        let place = |day: Date| (org.kind_on(unit, day), org.parent(unit, Hierarchy::Command, day));
        let mut open: Option<Piece> = None;
        let mut before = place(day_before(self.days.start));
        for day in days_of(self.days) {
            let now = place(day);
            let is_owed = now.0 == Some(kind_counting(&contract.levels, day))
                && (campaign.legal_window.contains(day)
                    || campaign.measurement_window.contains(day));
            if bounds.contains(&day) || now != before || !is_owed {
                self.pieces.extend(open.take());
            }
            if is_owed {
                let piece = open.get_or_insert_with(|| Piece {
                    contract: contract.code.clone(),
                    unit,
                    start: day,
                    end: day,
                    grace_end: grace_end(contract, whole_end(day)),
                });
                piece.end = day.tomorrow().unwrap();
            }
            before = now;
        }
        self.pieces.extend(open);
    }

    /// The end (exclusive) of the last piece that was due, as of `today`, under each of these
    /// contracts. A contract that nobody owes any more holds nothing back once its last piece was
    /// due.
    pub(crate) fn judged_end(&self, contracts: &BTreeSet<String>, today: Date) -> Option<Date> {
        let ends = |code: &String| self.common_ends.get(code).into_iter().flatten();
        let is_due = |code: &String, end: Date| {
            ends(code).any(|one| one.end == end && one.grace_end <= today)
        };
        let holds_back = |code: &&String, end: Date| {
            let owed = self.pieces.iter().filter(|piece| piece.contract == **code);
            let last = owed.map(|piece| (piece.end, piece.grace_end)).max();
            let is_over = last.is_none_or(|(last, grace_end)| last <= end && grace_end <= today);
            !is_over || is_due(code, end)
        };
        let candidates: BTreeSet<Date> =
            contracts.iter().flat_map(ends).map(|one| one.end).collect();
        candidates.into_iter().rev().find(|end| {
            let holding: Vec<&String> =
                contracts.iter().filter(|code| holds_back(code, *end)).collect();
            !holding.is_empty() && holding.into_iter().all(|code| is_due(code, *end))
        })
    }
}

/// The ledger with the reports, as of one day and in one view.
pub(crate) struct Scene<'a> {
    pub(crate) input: &'a StandingInput<'a>,
    pub(crate) ledger: &'a Ledger,
    /// The report received for each piece.
    pub(crate) received: Vec<Option<&'a ReportEntry<'a>>>,
    /// Whose sums include each piece.
    pub(crate) places: Vec<Place>,
    /// The pieces that count at each unit, or may.
    pub(crate) pieces_of: BTreeMap<UnitId, Vec<usize>>,
    pub(crate) memo: Memo,
}

/// What was computed already; only for speed.
#[derive(Default)]
pub(crate) struct Memo {
    pub(crate) readings: RefCell<BTreeMap<(UnitId, ElementCode, DateWindow, Date), Reading>>,
    pub(crate) bases: RefCell<BTreeMap<(UnitId, ElementCode, DateWindow), Option<Frac>>>,
    pub(crate) pasts: RefCell<BTreeMap<(UnitId, UnitKind), Option<BTreeSet<UnitId>>>>,
    pub(crate) parts: RefCell<BTreeMap<UnitId, BTreeSet<UnitId>>>,
    pub(crate) medians: RefCell<BTreeMap<(ElementCode, i64, UnitKind), Option<Frac>>>,
    pub(crate) owed_no_more: RefCell<BTreeMap<(String, DateWindow, Date), bool>>,
    judged_ends: RefCell<BTreeMap<BTreeSet<String>, Option<Date>>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(input: &'a StandingInput<'a>, ledger: &'a Ledger) -> Self {
        let mut by_key: BTreeMap<_, &ReportEntry<'_>> = BTreeMap::new();
        for entry in input.reports.iter().filter(|entry| entry.received) {
            let period = &entry.key.period;
            by_key.insert((entry.key.contract, entry.key.unit, period.start, period.end), entry);
        }
        let contract_id = |code: &str| input.catalogue.contract(code).unwrap().id();
        let received = ledger.pieces.iter().map(|piece| {
            by_key.get(&(contract_id(&piece.contract), piece.unit, piece.start, piece.end)).copied()
        });
        let mut scene = Self {
            input,
            ledger,
            received: received.collect(),
            places: Vec::new(),
            pieces_of: BTreeMap::new(),
            memo: Memo::default(),
        };
        let mut known: BTreeMap<(UnitId, Date), Place> = BTreeMap::new();
        for (at, piece) in ledger.pieces.iter().enumerate() {
            let place = known
                .entry((piece.unit, piece.start))
                .or_insert_with(|| scene.place(piece.unit, piece.start))
                .clone();
            for unit in place.certain.iter().chain(&place.doubtful) {
                scene.pieces_of.entry(*unit).or_default().push(at);
            }
            scene.places.push(place);
        }
        scene
    }

    pub(crate) fn org(&self) -> &'a Org {
        self.input.org
    }

    pub(crate) fn history(&self) -> History<'a> {
        History { org: self.input.org, days: &self.ledger.changes }
    }

    pub(crate) fn element(&self, code: &ElementCode) -> &'a Element {
        self.input.catalogue.element(code).unwrap()
    }

    /// Whose sums include what `unit` says about `day`. A closed owner keeps what the units made of
    /// its own say afterwards (R11).
    pub(crate) fn place(&self, unit: UnitId, day: Date) -> Place {
        let mut place = place_of(self.history(), self.input.view, unit, day);
        let Some((owner, last)) = self.legacy_owner() else { return place };
        if day > last {
            let (scope, parts) =
                (below(self.org(), owner, last), made_of(self.history(), unit, day, last));
            if parts.is_subset(&scope) {
                place.certain.insert(owner);
            } else if !parts.is_disjoint(&scope) {
                place.doubtful.insert(owner);
            }
        }
        place
    }

    /// In the view of each period: the campaign's owner, if it has closed, and its last day.
    pub(crate) fn legacy_owner(&self) -> Option<(UnitId, Date)> {
        let owner = self.input.campaign.owner_id();
        let end = self.org().unit(owner)?.lifetime().to;
        let first = self.input.campaign.measurement_window.start;
        let closes = self.input.view.structure_day().is_none() && first < end && end != Date::MAX;
        closes.then(|| (owner, day_before(end)))
    }

    /// The pieces whose figures count at a unit, or may, in the order of the ledger.
    pub(crate) fn pieces_at(&self, unit: UnitId) -> impl Iterator<Item = (usize, &Piece)> {
        let pieces = self.pieces_of.get(&unit).into_iter().flatten();
        pieces.map(|at| (*at, &self.ledger.pieces[*at]))
    }

    /// The pieces that a unit owes.
    pub(crate) fn pieces_by(&self, unit: UnitId) -> impl Iterator<Item = (usize, &Piece)> {
        let pieces = self.ledger.owed_by.get(&unit).into_iter().flatten();
        pieces.map(|at| (*at, &self.ledger.pieces[*at]))
    }

    /// The cell of an accepted report.
    pub(crate) fn accepted_cell(&self, at: usize, code: &ElementCode) -> Option<CellValue> {
        let entry = self.received[at].filter(|entry| entry.accepted)?;
        let number = self.input.numbers.iter().find(|(_, one)| *one == code)?.0;
        entry.cells.get(number).copied()
    }

    /// The days through which these contracts are judged, exclusive.
    pub(crate) fn judged_end(&self, contracts: &BTreeSet<String>) -> Option<Date> {
        if self.input.campaign.status.is_final() {
            return Some(Date::MAX);
        }
        if let Some(known) = self.memo.judged_ends.borrow().get(contracts) {
            return *known;
        }
        let end = self.ledger.judged_end(contracts, self.input.today);
        self.memo.judged_ends.borrow_mut().insert(contracts.clone(), end);
        end
    }
}
