//! Expectations: which unit owes which report for which days, by when; computed, never guessed.
//!
//! They are the denominator of completeness: a nil report answers one, a missing one never becomes zero. Knows of a report its key alone;
//! lateness is judged from instants alone.

use super::calendar::Calendars;
use super::form::Contract;
use super::ids::{ContractId, UnitId};
use super::org::{Org, Unit, UnitKind};
use super::period::Period;
use super::report::ReportKey;
use super::time::{Instant, days_from_date};
use super::window::Window;
use jiff::ToSpan;
use jiff::civil::Date;

/// One report that one unit owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Under which contract.
    pub contract: ContractId,
    /// The unit the report is about; once it is closed, its successor signs.
    pub unit: UnitId,
    /// The days it answers for.
    pub period: Period,
    /// The whole period of the calendar that `period` is a piece of: pieces of one whole are entered on one sheet, sent
    /// together, and due together.
    pub whole: Window,
    /// The first day on which the report is late.
    pub due: Date,
    /// The first day after the grace.
    pub grace_end: Date,
}

/// So many days before a report is late it is named to whoever reminds units.
const NAMED_DAYS_BEFORE: i64 = 2;

impl Expectation {
    /// The report that answers it.
    #[must_use]
    pub fn key(&self) -> ReportKey {
        ReportKey { contract: self.contract, unit: self.unit, period: self.period.clone() }
    }

    /// Whether its report should be on its way: its days are over, it is due soon or late, and its grace is not over.
    #[must_use]
    pub fn should_be_on_its_way(&self, today: Date) -> bool {
        let soon = today.saturating_add(NAMED_DAYS_BEFORE.days());
        self.period.end <= today && self.due <= soon && today < self.grace_end
    }
}

/// A contract names a calendar that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("contract {contract}: there is no calendar {calendar}")]
pub struct UnknownCalendar {
    /// Code of the contract.
    pub contract: String,
    /// The code that no calendar has.
    pub calendar: String,
}

/// What all units owe under all contracts for the days of `window`: by contract, then unit (by uid), then day.
///
/// A period is cut, for the unit concerned only, where the unit begins, ends, changes its kind or its COMMAND parent; and
/// for everybody under the contract where a calendar that the form serves too begins a period ("enter once") and where a
/// campaign begins or ends something that it judges ([`Calendars::with_campaigns`]); outside the campaigns nothing is owed. The
/// pieces of a period are the same whatever is asked for; days outside `window` are left off the first and the last.
pub fn expectations(
    org: &Org,
    calendars: &Calendars,
    contracts: &[Contract],
    window: Window,
) -> Result<Vec<Expectation>, UnknownCalendar> {
    let mut found = Vec::new();
    for contract in contracts {
        let sheets = Sheets::new(calendars, contract, window)?;
        org.units().iter().for_each(|unit| sheets.owed_by(org, unit, &mut found));
    }
    Ok(found)
}

/// What one unit owes under one contract for the days of `window`.
pub fn expectations_of(
    org: &Org,
    calendars: &Calendars,
    contract: &Contract,
    unit: UnitId,
    window: Window,
) -> Result<Vec<Expectation>, UnknownCalendar> {
    let sheets = Sheets::new(calendars, contract, window)?;
    let mut found = Vec::new();
    org.unit(unit).into_iter().for_each(|unit| sheets.owed_by(org, unit, &mut found));
    Ok(found)
}

/// The periods of one contract, before they are cut for a unit.
struct Sheets<'a> {
    contract: &'a Contract,
    id: ContractId,
    kind: UnitKind,
    window: Window,
    /// Windows outside of which nothing is owed; `None`: no campaign names the contract.
    campaigns: Option<&'a [Window]>,
    sheets: Vec<Sheet>,
}

struct Sheet {
    period: Period,
    /// Cut-offs of the other calendars that the form serves, and of campaigns.
    served: Vec<Date>,
}

impl<'a> Sheets<'a> {
    fn new(calendars: &'a Calendars, contract: &'a Contract, window: Window) -> Result<Self, UnknownCalendar> {
        let unknown = |code: &str| UnknownCalendar { contract: contract.code.clone(), calendar: code.to_owned() };
        let calendar = calendars.get(&contract.calendar).ok_or_else(|| unknown(&contract.calendar))?;
        let campaigns = calendars.campaign_days(&contract.code);
        let mut sheets = Vec::new();
        for period in calendar.periods_in(window) {
            let whole = Window { start: period.start, end: period.end };
            let mut served = Vec::new();
            for code in &contract.serves {
                served.extend(calendars.cut_offs_in(code, whole).ok_or_else(|| unknown(code))?);
            }
            served.extend(campaigns.iter().flat_map(|days| &days.cuts).filter(|day| whole.contains(**day)));
            sheets.push(Sheet { period, served });
        }
        let campaigns = campaigns.map(|days| days.windows.as_slice());
        Ok(Self { contract, id: contract.id(), kind: contract.level.into(), window, campaigns, sheets })
    }

    fn owed_by(&self, org: &Org, unit: &Unit, found: &mut Vec<Expectation>) {
        if unit.versions.iter().all(|version| version.kind != self.kind) {
            return;
        }
        let changes = org.change_days(unit.id);
        for sheet in &self.sheets {
            let cuts: Vec<Date> = changes.iter().chain(&sheet.served).copied().collect();
            let whole = Window { start: sheet.period.start, end: sheet.period.end };
            let owes = |piece: &Period| unit.version_on(piece.start).is_some_and(|version| version.kind == self.kind);
            let pieces = sheet.period.cut_at(&cuts).into_iter().filter(|piece| self.is_judged(piece) && owes(piece));
            found.extend(pieces.filter_map(|piece| self.inside(piece)).map(|piece| self.expect(unit.id, whole, piece)));
        }
    }

    fn is_judged(&self, piece: &Period) -> bool {
        self.campaigns.is_none_or(|windows| windows.iter().any(|window| piece.within(window.start, window.end)))
    }

    /// The piece without its days outside the window asked for.
    fn inside(&self, piece: Period) -> Option<Period> {
        let Window { start, end } = Window::new(piece.start.max(self.window.start), piece.end.min(self.window.end))?;
        Some(Period { start, end, ..piece })
    }

    fn expect(&self, unit: UnitId, whole: Window, period: Period) -> Expectation {
        let due = whole.end.saturating_add(i64::from(self.contract.due_days).days());
        let grace_end = due.saturating_add(i64::from(self.contract.grace_days).days());
        Expectation { contract: self.id, unit, period, whole, due, grace_end }
    }
}

/// When a report was made, as its device says, and what supports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured {
    /// What the device's clock showed.
    pub at: Instant,
    /// The server's time in the sync mark that the command names. The caller has checked the mark's signature, and that it
    /// is the last one the device held: whoever names it has not been in touch since, so nothing but the offline work
    /// that the grace is for lies between it and the receipt.
    pub mark: Instant,
}

/// Whether a report came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Received in time.
    OnTime,
    /// Received within the grace, and made in time by a device that was offline.
    OnTimeByCapture,
    /// Too late by this many civil days, at least 1.
    Late {
        /// Civil days from the last day in time to the day of receipt.
        days: i32,
        /// Whether it came after the grace too.
        after_grace: bool,
    },
}

impl Lateness {
    /// Whether the late flag is set.
    #[must_use]
    pub fn is_late(self) -> bool {
        match self {
            Self::OnTime | Self::OnTimeByCapture => false,
            Self::Late { .. } => true,
        }
    }
}

/// Judges by the server's receipt. A capture time counts only for a receipt within the grace, and only if the sync mark
/// bears it out: the device was last in touch before the due time and not after the capture, so the command cannot be
/// one made after a later sync and dated back. Neither the device's clock alone nor a mark alone changes anything.
#[must_use]
pub fn lateness(expected: &Expectation, received: Instant, captured: Option<Captured>) -> Lateness {
    let (due, grace_end) = (Instant::local_midnight(expected.due), Instant::local_midnight(expected.grace_end));
    if received < due {
        return Lateness::OnTime;
    }
    let borne_out = |made: Captured| made.mark <= made.at || planted!("capture-believed");
    let in_time = |made: Captured| borne_out(made) && made.at < due && made.at <= received;
    let after_grace = received >= grace_end;
    if !after_grace && captured.is_some_and(in_time) {
        return Lateness::OnTimeByCapture;
    }
    let days = days_from_date(received.local_date()) - days_from_date(expected.due) + 1;
    Lateness::Late { days, after_grace }
}
