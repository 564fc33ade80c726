//! The ledger of the synthetic province: for every unit and element,
//! happened - never reported + effect of planted errors - not yet accepted = official.
//!
//! It is built from the simulated actions (typed, sent, accepted) and does not depend on the
//! server.

use super::sheet_plan::SheetPlan;
use crate::domain::org::{Hierarchy, Org};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ReportId, UnitId};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// State of one sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SheetState {
    NeverSent,
    Sent,
    Returned,
    Accepted,
}

#[derive(Debug, Clone)]
struct LedgerSheet {
    unit: UnitId,
    contract: String,
    start: Date,
    /// The day after the last one.
    end: Date,
    state: SheetState,
    /// The true value and the typed one, by element.
    cells: BTreeMap<ElementCode, LedgerCell>,
}

#[derive(Debug, Clone, Copy)]
struct LedgerCell {
    truth: i64,
    typed: i64,
}

/// One line of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerLine {
    /// What happened; of a stock, its value at the end.
    pub happened: i64,
    /// Part of it on sheets that were never sent.
    pub never_reported: i64,
    /// What planted errors that nobody found add; may be negative.
    pub error_effect: i64,
    /// Part of it on sheets that were sent or returned and are not accepted.
    pub not_accepted: i64,
    /// The figure that the server must publish.
    pub official: i64,
}

impl LedgerLine {
    /// Whether the line adds up.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.happened - self.never_reported + self.error_effect - self.not_accepted == self.official
    }

    fn add(&mut self, other: Self) {
        self.happened += other.happened;
        self.never_reported += other.never_reported;
        self.error_effect += other.error_effect;
        self.not_accepted += other.not_accepted;
        self.official += other.official;
    }
}

/// The lines of units, and of all units above them, by element.
pub type StandingLines = BTreeMap<(UnitId, ElementCode), LedgerLine>;

/// Sheets of one contract, counted by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SheetCounts {
    /// Sheets owed.
    pub expected: usize,
    /// Of these never sent.
    pub never_sent: usize,
    /// Sent and not yet reviewed.
    pub waiting: usize,
    /// Returned and not sent again.
    pub returned: usize,
    /// Accepted.
    pub accepted: usize,
}

/// The ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    sheets: BTreeMap<ReportId, LedgerSheet>,
    stocks: BTreeSet<ElementCode>,
}

impl Ledger {
    /// Opens the ledger with every sheet owed and none sent.
    #[must_use]
    pub fn open(plans: &[SheetPlan], catalogue: &Catalogue) -> Self {
        let stocks = catalogue.elements.iter().filter(|element| element.kind == ElementKind::Stock);
        Self {
            sheets: plans.iter().map(|plan| (plan.key.id(), to_ledger_sheet(plan))).collect(),
            stocks: stocks.map(|element| element.code.clone()).collect(),
        }
    }

    /// Adds sheets that are owed.
    pub fn extend(&mut self, plans: &[SheetPlan]) {
        self.sheets.extend(plans.iter().map(|plan| (plan.key.id(), to_ledger_sheet(plan))));
    }

    /// Records that `value` was typed on the sheet.
    pub fn record_typed(&mut self, report: ReportId, element: &ElementCode, value: i64) {
        if let Some(cell) =
            self.sheets.get_mut(&report).and_then(|sheet| sheet.cells.get_mut(element))
        {
            cell.typed = value;
        }
    }

    /// Records that the sheet was sent, or sent again.
    pub fn record_sent(&mut self, report: ReportId) {
        self.set_state(report, SheetState::Sent);
    }

    /// Records that a reviewer returned it.
    pub fn record_returned(&mut self, report: ReportId) {
        self.set_state(report, SheetState::Returned);
    }

    /// Records that a reviewer accepted it with its present values.
    pub fn record_accepted(&mut self, report: ReportId) {
        self.set_state(report, SheetState::Accepted);
    }

    fn set_state(&mut self, report: ReportId, state: SheetState) {
        // An accepted sheet stays accepted: sending it twice by mistake changes nothing.
        if let Some(sheet) =
            self.sheets.get_mut(&report).filter(|sheet| sheet.state != SheetState::Accepted)
        {
            sheet.state = state;
        }
    }

    /// A line for every reporting unit and each of its elements.
    #[must_use]
    pub fn lines(&self) -> BTreeMap<(UnitId, ElementCode), LedgerLine> {
        let mut lines: BTreeMap<(UnitId, ElementCode), LedgerLine> = BTreeMap::new();
        let mut sheets: Vec<&LedgerSheet> = self.sheets.values().collect();
        sheets.sort_by_key(|sheet| sheet.start);
        for sheet in sheets {
            for (code, cell) in &sheet.cells {
                let line = lines.entry((sheet.unit, code.clone())).or_default();
                if self.stocks.contains(code) {
                    line.apply_stock(sheet.state, *cell);
                } else {
                    line.add(flow_line(sheet.state, *cell));
                }
            }
        }
        lines
    }

    /// The lines that standings over `window` rest on, of reporting units and of all units above
    /// them; each sheet counts for the units that were above on its first day. A flow is the sum of
    /// its sheets.
    #[must_use]
    pub fn standing_lines(&self, org: &Org, window: DateWindow) -> StandingLines {
        let within = |sheet: &&LedgerSheet| window.start <= sheet.start && sheet.end <= window.end;
        let mut sheets: Vec<&LedgerSheet> = self.sheets.values().filter(within).collect();
        sheets.sort_by_key(|sheet| sheet.start);
        let mut lines = StandingLines::new();
        let mut add = |sheet: &LedgerSheet, code: &ElementCode, added: LedgerLine| {
            let above = org.ancestors(sheet.unit, Hierarchy::Command, sheet.start);
            for unit in std::iter::once(sheet.unit).chain(above) {
                lines.entry((unit, code.clone())).or_default().add(added);
            }
        };
        for sheet in &sheets {
            for (code, cell) in sheet.cells.iter().filter(|(code, _)| !self.stocks.contains(code)) {
                add(sheet, code, flow_line(sheet.state, *cell));
            }
        }
        for (sheet, code, line) in self.last_words(org, &sheets) {
            add(sheet, code, line);
        }
        lines
    }

    /// The word of each unit on each stock, with its last sheet: it counts if it is of that sheet
    /// and the unit is open on the last day. `sheets` are in the order of time.
    fn last_words<'a>(
        &self,
        org: &Org,
        sheets: &[&'a LedgerSheet],
    ) -> Vec<(&'a LedgerSheet, &'a ElementCode, LedgerLine)> {
        let mut words: BTreeMap<(UnitId, &ElementCode), (&LedgerSheet, LedgerLine)> =
            BTreeMap::new();
        for sheet in sheets {
            for (code, cell) in sheet.cells.iter().filter(|(code, _)| self.stocks.contains(code)) {
                let word =
                    words.entry((sheet.unit, code)).or_insert((sheet, LedgerLine::default()));
                word.0 = sheet;
                word.1 = flow_line(sheet.state, *cell);
            }
        }
        let last_day = sheets.iter().map(|sheet| sheet.end).max().unwrap_or(Date::MIN);
        let last_day = last_day.saturating_sub(1.day());
        let counts = |unit: UnitId| org.is_open_on(unit, last_day);
        let words = words.into_iter().filter(|((unit, _), _)| counts(*unit));
        words.map(|((_, code), (sheet, line))| (sheet, code, line)).collect()
    }

    /// Counts the sheets of one contract by state.
    #[must_use]
    pub fn count_sheets(&self, contract: &str) -> SheetCounts {
        let mut count = SheetCounts::default();
        for sheet in self.sheets.values().filter(|sheet| sheet.contract == contract) {
            count.expected += 1;
            match sheet.state {
                SheetState::NeverSent => count.never_sent += 1,
                SheetState::Sent => count.waiting += 1,
                SheetState::Returned => count.returned += 1,
                SheetState::Accepted => count.accepted += 1,
            }
        }
        count
    }
}

fn to_ledger_sheet(plan: &SheetPlan) -> LedgerSheet {
    LedgerSheet {
        unit: plan.key.unit,
        contract: plan.contract.clone(),
        start: plan.key.period.start,
        end: plan.key.period.end,
        state: SheetState::NeverSent,
        cells: plan
            .truth
            .iter()
            .map(|(code, truth)| (code.clone(), LedgerCell { truth: *truth, typed: 0 }))
            .collect(),
    }
}

/// What one cell adds to its line.
fn flow_line(state: SheetState, cell: LedgerCell) -> LedgerLine {
    let happened = LedgerLine { happened: cell.truth, ..LedgerLine::default() };
    match state {
        SheetState::NeverSent => LedgerLine { never_reported: cell.truth, ..happened },
        SheetState::Sent | SheetState::Returned => {
            LedgerLine { not_accepted: cell.truth, ..happened }
        }
        SheetState::Accepted => {
            LedgerLine { error_effect: cell.typed - cell.truth, official: cell.typed, ..happened }
        }
    }
}

impl LedgerLine {
    /// Applies the next sheet of a stock: its value replaces the earlier one.
    fn apply_stock(&mut self, state: SheetState, cell: LedgerCell) {
        let moved = cell.truth - self.happened;
        self.happened = cell.truth;
        match state {
            SheetState::NeverSent => self.never_reported += moved,
            SheetState::Sent | SheetState::Returned => self.not_accepted += moved,
            SheetState::Accepted => {
                (self.never_reported, self.not_accepted) = (0, 0);
                self.error_effect = cell.typed - cell.truth;
                self.official = cell.typed;
            }
        }
    }
}
