//! The books of the synthetic province: for every unit and element,
//! happened - never reported + planted errors left - not yet accepted = official.
//!
//! Kept from what people did (typed, sent, accepted), as a careful clerk outside the system would keep them. Knows nothing
//! of what the server holds; whoever has both compares.

use super::plan::Plan;
use crate::domain::element::{ElementCode, ElementKind};
use crate::domain::form::Catalogue;
use crate::domain::ids::{ReportId, UnitId};
use crate::domain::org::{Hierarchy, Org};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What became of one sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Never,
    Sent,
    Returned,
    Accepted,
}

#[derive(Debug, Clone)]
struct Sheet {
    unit: UnitId,
    contract: String,
    start: Date,
    fate: Fate,
    /// Truth and what stands on the sheet, by element.
    cells: BTreeMap<ElementCode, Cell>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    truth: i64,
    typed: i64,
}

/// One line of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line {
    /// What happened; of a stock, what stands at the end.
    pub happened: i64,
    /// Part of it on sheets that nobody sent.
    pub never: i64,
    /// What planted errors that nobody found add; may be negative.
    pub errors: i64,
    /// Part of it on sheets that are sent, or sent back, but not accepted.
    pub waiting: i64,
    /// What the server must say.
    pub official: i64,
}

impl Line {
    /// Whether the line adds up.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.happened - self.never + self.errors - self.waiting == self.official
    }

    fn add(&mut self, other: Self) {
        self.happened += other.happened;
        self.never += other.never;
        self.errors += other.errors;
        self.waiting += other.waiting;
        self.official += other.official;
    }
}

/// Sheets of one contract, counted by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Sheets owed.
    pub expected: usize,
    /// Of these never sent.
    pub never: usize,
    /// Sent, and nobody has said yes or no yet.
    pub waiting: usize,
    /// Sent back and not sent again.
    pub returned: usize,
    /// Accepted.
    pub accepted: usize,
}

/// The books.
#[derive(Debug, Clone)]
pub struct Ledger {
    sheets: BTreeMap<ReportId, Sheet>,
    stocks: BTreeSet<ElementCode>,
}

impl Ledger {
    /// Opens the books: every sheet owed, nothing sent.
    #[must_use]
    pub fn open(plans: &[Plan], catalogue: &Catalogue) -> Self {
        let stocks = catalogue.elements.iter().filter(|element| element.kind == ElementKind::Stock);
        Self {
            sheets: plans.iter().map(|plan| (plan.key.id(), sheet(plan))).collect(),
            stocks: stocks.map(|element| element.code.clone()).collect(),
        }
    }

    /// More sheets are owed.
    pub fn extend(&mut self, plans: &[Plan]) {
        self.sheets.extend(plans.iter().map(|plan| (plan.key.id(), sheet(plan))));
    }

    /// Somebody typed `value`; it stands on the sheet.
    pub fn typed(&mut self, report: ReportId, element: &ElementCode, value: i64) {
        if let Some(cell) = self.sheets.get_mut(&report).and_then(|sheet| sheet.cells.get_mut(element)) {
            cell.typed = value;
        }
    }

    /// The sheet was sent, or sent again.
    pub fn sent(&mut self, report: ReportId) {
        self.turn(report, Fate::Sent);
    }

    /// A reviewer sent it back.
    pub fn returned(&mut self, report: ReportId) {
        self.turn(report, Fate::Returned);
    }

    /// A reviewer accepted it as it stands.
    pub fn accepted(&mut self, report: ReportId) {
        self.turn(report, Fate::Accepted);
    }

    fn turn(&mut self, report: ReportId, fate: Fate) {
        // What is accepted stays accepted: a sheet sent twice by mistake changes nothing.
        if let Some(sheet) = self.sheets.get_mut(&report).filter(|sheet| sheet.fate != Fate::Accepted) {
            sheet.fate = fate;
        }
    }

    /// A line for every unit that counts and every element it counts.
    #[must_use]
    pub fn lines(&self) -> BTreeMap<(UnitId, ElementCode), Line> {
        let mut lines: BTreeMap<(UnitId, ElementCode), Line> = BTreeMap::new();
        let mut sheets: Vec<&Sheet> = self.sheets.values().collect();
        sheets.sort_by_key(|sheet| sheet.start);
        for sheet in sheets {
            for (code, cell) in &sheet.cells {
                let line = lines.entry((sheet.unit, code.clone())).or_default();
                if self.stocks.contains(code) {
                    line.stand(sheet.fate, *cell);
                } else {
                    line.add(entry(sheet.fate, *cell));
                }
            }
        }
        lines
    }

    /// The lines of everything below each unit above, each sheet under whoever was above on its first day.
    #[must_use]
    pub fn lines_above(&self, org: &Org) -> BTreeMap<(UnitId, ElementCode), Line> {
        let days: BTreeMap<UnitId, Date> = self.sheets.values().map(|sheet| (sheet.unit, sheet.start)).collect();
        let mut above: BTreeMap<(UnitId, ElementCode), Line> = BTreeMap::new();
        for ((unit, code), line) in self.lines() {
            let day = days.get(&unit).copied().unwrap_or(Date::MIN);
            for parent in org.ancestors(unit, Hierarchy::Command, day) {
                above.entry((parent, code.clone())).or_default().add(line);
            }
        }
        above
    }

    /// What became of the sheets of one contract.
    #[must_use]
    pub fn count(&self, contract: &str) -> Count {
        let mut count = Count::default();
        for sheet in self.sheets.values().filter(|sheet| sheet.contract == contract) {
            count.expected += 1;
            match sheet.fate {
                Fate::Never => count.never += 1,
                Fate::Sent => count.waiting += 1,
                Fate::Returned => count.returned += 1,
                Fate::Accepted => count.accepted += 1,
            }
        }
        count
    }
}

fn sheet(plan: &Plan) -> Sheet {
    Sheet {
        unit: plan.key.unit,
        contract: plan.contract.clone(),
        start: plan.key.period.start,
        fate: Fate::Never,
        cells: plan.truth.iter().map(|(code, truth)| (code.clone(), Cell { truth: *truth, typed: 0 })).collect(),
    }
}

/// What one cell of a flow adds to its line.
fn entry(fate: Fate, cell: Cell) -> Line {
    let happened = Line { happened: cell.truth, ..Line::default() };
    match fate {
        Fate::Never => Line { never: cell.truth, ..happened },
        Fate::Sent | Fate::Returned => Line { waiting: cell.truth, ..happened },
        Fate::Accepted => Line { errors: cell.typed - cell.truth, official: cell.typed, ..happened },
    }
}

impl Line {
    /// Takes the next sheet of a stock: what it says replaces what the sheets before said.
    fn stand(&mut self, fate: Fate, cell: Cell) {
        let moved = cell.truth - self.happened;
        self.happened = cell.truth;
        match fate {
            Fate::Never => self.never += moved,
            Fate::Sent | Fate::Returned => self.waiting += moved,
            Fate::Accepted => {
                (self.never, self.waiting) = (0, 0);
                self.errors = cell.typed - cell.truth;
                self.official = cell.typed;
            }
        }
    }
}
