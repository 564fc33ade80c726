//! Expectations: which unit owes which report for which days, and by when.
//!
//! They are the denominator of completeness: a nil report fulfils one, a missing report is never
//! zero. Lateness is computed from instants only.

use crate::domain::org::{Org, Unit, UnitKind};
use crate::domain::report::ReportKey;
use crate::domain::report::form::{Contract, EarlyReports};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ContractId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, days_from_date};
use jiff::ToSpan;
use jiff::civil::Date;

/// One report that one unit owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The contract that requires it.
    pub contract: ContractId,
    /// The unit that the report is about; once it is closed, its successor signs.
    pub unit: UnitId,
    /// The days that the report covers.
    pub period: Period,
    /// The whole period of the calendar that `period` is a piece of. Pieces of one period are
    /// entered on one sheet, sent together and due together.
    pub whole_period: DateWindow,
    /// The last day of the last piece that the unit owes on the sheet: the first day on which the
    /// report may be submitted.
    pub submit_from: Date,
    /// The first day on which the report is late.
    pub due_day: Date,
    /// The first day after the grace period.
    pub grace_end_day: Date,
}

/// A reminder lists a report this many days before it is late.
const REMINDER_DAYS_BEFORE_DUE: i64 = 2;

impl Expectation {
    /// The key of the report that fulfils it.
    #[must_use]
    pub fn report_key(&self) -> ReportKey {
        ReportKey { contract: self.contract, unit: self.unit, period: self.period.clone() }
    }

    /// Refuses a submission on `day` before the last day of the sheet, unless the contract allows
    /// early reports.
    pub fn check_period_over(&self, day: Date, early: EarlyReports) -> Result<(), RefusalReason> {
        if self.is_early(day) && early == EarlyReports::Refused && !planted!("early-taken") {
            Err(RefusalReason::PeriodNotOver)
        } else {
            Ok(())
        }
    }

    /// Whether a report submitted on `day` speaks of days that had not come.
    #[must_use]
    pub fn is_early(&self, day: Date) -> bool {
        day < self.submit_from
    }

    /// Whether a reminder is due: the period is over, and the report is due soon or late, however
    /// late.
    #[must_use]
    pub fn is_due_for_reminder(&self, today: Date) -> bool {
        let soon = today.saturating_add(REMINDER_DAYS_BEFORE_DUE.days());
        self.period.end <= today && self.due_day <= soon
    }

    /// Days by which it is late on `today`: 1 on its first late day, 0 before.
    #[must_use]
    pub fn days_late(&self, today: Date) -> u32 {
        let days = days_from_date(today) - days_from_date(self.due_day) + 1;
        u32::try_from(days).unwrap_or(0)
    }
}

/// A contract names a calendar that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("contract {contract}: there is no calendar {calendar}")]
pub struct UnknownCalendar {
    /// Code of the contract.
    pub contract: String,
    /// The unknown code.
    pub calendar: String,
}

/// What all units owe under all contracts for the days of `window`: by contract, then unit (by
/// uid), then day.
///
/// A period is cut for one unit where the unit begins, ends, changes its kind or its COMMAND
/// parent. It is cut for every unit under the contract where the contract's level changes, where a
/// period begins in a calendar that the form also serves ("enter once") and where a window judged
/// by a campaign begins or ends ([`Calendars::with_campaigns`]); outside the campaigns nothing is
/// owed. The pieces of a period
/// do not depend on `window`; only days outside it are left off the first and the last.
pub fn compute_expectations(
    org: &Org,
    calendars: &Calendars,
    contracts: &[Contract],
    window: DateWindow,
) -> Result<Vec<Expectation>, UnknownCalendar> {
    let mut expectations = Vec::new();
    for contract in contracts {
        let periods = ContractPeriods::new(calendars, contract, window)?;
        org.units()
            .iter()
            .for_each(|unit| periods.add_unit_expectations(org, unit, &mut expectations));
    }
    Ok(expectations)
}

/// What one unit owes under one contract for the days of `window`.
pub fn compute_unit_expectations(
    org: &Org,
    calendars: &Calendars,
    contract: &Contract,
    unit: UnitId,
    window: DateWindow,
) -> Result<Vec<Expectation>, UnknownCalendar> {
    let periods = ContractPeriods::new(calendars, contract, window)?;
    let mut expectations = Vec::new();
    org.unit(unit)
        .into_iter()
        .for_each(|unit| periods.add_unit_expectations(org, unit, &mut expectations));
    Ok(expectations)
}

/// The periods of one contract before they are cut for a unit.
struct ContractPeriods<'a> {
    contract: &'a Contract,
    id: ContractId,
    window: DateWindow,
    /// Windows outside of which nothing is owed; `None` if no campaign names the contract.
    campaigns: Option<&'a [DateWindow]>,
    periods: Vec<ContractPeriod>,
}

struct ContractPeriod {
    period: Period,
    /// Changes of the level, and cut-offs of the other calendars that the form serves and of
    /// campaigns.
    cut_offs: Vec<Date>,
}

impl<'a> ContractPeriods<'a> {
    fn new(
        calendars: &'a Calendars,
        contract: &'a Contract,
        window: DateWindow,
    ) -> Result<Self, UnknownCalendar> {
        let unknown = |code: &str| UnknownCalendar {
            contract: contract.code.clone(),
            calendar: code.to_owned(),
        };
        let calendar =
            calendars.get(&contract.calendar).ok_or_else(|| unknown(&contract.calendar))?;
        let campaigns = calendars.campaign_days(&contract.code);
        let mut periods = Vec::new();
        for period in calendar.periods_in(window) {
            let whole = DateWindow { start: period.start, end: period.end };
            let level_days = contract.levels.change_days();
            let mut cut_offs: Vec<Date> = level_days.filter(|day| whole.contains(*day)).collect();
            for code in &contract.serves {
                cut_offs.extend(calendars.cut_offs_in(code, whole).ok_or_else(|| unknown(code))?);
            }
            cut_offs.extend(
                campaigns
                    .iter()
                    .flat_map(|days| &days.cut_offs)
                    .filter(|day| whole.contains(**day)),
            );
            periods.push(ContractPeriod { period, cut_offs });
        }
        let campaigns = campaigns.map(|days| days.windows.as_slice());
        Ok(Self { contract, id: contract.id(), window, campaigns, periods })
    }

    fn add_unit_expectations(&self, org: &Org, unit: &Unit, expectations: &mut Vec<Expectation>) {
        let levels = &self.contract.levels;
        let may_owe = |kind| levels.all().any(|level| UnitKind::from(level) == kind);
        if !unit.versions.iter().any(|version| may_owe(version.kind)) {
            return;
        }
        let changes = org.period_cut_days(unit.id);
        for period in &self.periods {
            let cuts: Vec<Date> = changes.iter().chain(&period.cut_offs).copied().collect();
            let whole = DateWindow { start: period.period.start, end: period.period.end };
            let owes = |piece: &Period| {
                let level = UnitKind::from(levels.on(piece.start));
                unit.version_on(piece.start).is_some_and(|version| version.kind == level)
            };
            let mut pieces = period.period.split_at(&cuts);
            pieces.retain(|piece| self.is_judged(piece) && owes(piece));
            let Some(last) = pieces.last().map(|piece| piece.window().last_day()) else { continue };
            expectations.extend(
                pieces
                    .into_iter()
                    .filter_map(|piece| self.clip_to_window(piece))
                    .map(|piece| self.build_expectation(unit.id, (whole, last), piece)),
            );
        }
    }

    fn is_judged(&self, piece: &Period) -> bool {
        self.campaigns.is_none_or(|windows| {
            windows.iter().any(|window| piece.is_within(window.start, window.end))
        })
    }

    /// The piece without its days outside the requested window.
    fn clip_to_window(&self, piece: Period) -> Option<Period> {
        let DateWindow { start, end } =
            DateWindow::new(piece.start.max(self.window.start), piece.end.min(self.window.end))?;
        Some(Period { start, end, ..piece })
    }

    fn build_expectation(
        &self,
        unit: UnitId,
        (whole, submit_from): (DateWindow, Date),
        period: Period,
    ) -> Expectation {
        let due_day = whole.end.saturating_add(i64::from(self.contract.due_days).days());
        let grace_end_day = due_day.saturating_add(i64::from(self.contract.grace_days).days());
        Expectation {
            contract: self.id,
            unit,
            period,
            whole_period: whole,
            submit_from,
            due_day,
            grace_end_day,
        }
    }
}

/// When a report was made according to its device, and the evidence for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureEvidence {
    /// The device's clock at that moment.
    pub captured_at: Timestamp,
    /// The server's time in the sync mark that the command names. The caller has verified the
    /// mark's signature and that it is the last one the device held: the device has had no contact
    /// since, so only the offline work that the grace is meant for lies between the mark and the
    /// receipt.
    pub sync_mark_time: Timestamp,
}

/// Whether a report was received in time.
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
        /// Whether it was received after the grace as well.
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

/// Computes the lateness from the server's receipt. A capture time counts only for a receipt within
/// the grace, and only if the sync mark supports it: the device's last contact was before the due
/// time and not after the capture, so the command cannot have been made after a later sync and
/// backdated. Neither the device's clock nor a mark alone changes the result.
#[must_use]
pub fn judge_lateness(
    expected: &Expectation,
    received: Timestamp,
    captured: Option<CaptureEvidence>,
) -> Lateness {
    judge_lateness_of_days(expected.due_day, expected.grace_end_day, received, captured)
}

/// Computes the lateness of anything that is due before the local midnight of `due_day`, as
/// [`judge_lateness`] does of a report.
#[must_use]
pub fn judge_lateness_of_days(
    due_day: Date,
    grace_end_day: Date,
    received: Timestamp,
    captured: Option<CaptureEvidence>,
) -> Lateness {
    let due = Timestamp::from_local_midnight(due_day);
    let grace_end = Timestamp::from_local_midnight(grace_end_day);
    if received < due {
        return Lateness::OnTime;
    }
    let is_supported = |made: CaptureEvidence| {
        made.sync_mark_time <= made.captured_at || planted!("capture-believed")
    };
    let in_time = |made: CaptureEvidence| {
        is_supported(made) && made.captured_at < due && made.captured_at <= received
    };
    let after_grace = received >= grace_end;
    if !after_grace && captured.is_some_and(in_time) {
        return Lateness::OnTimeByCapture;
    }
    let days = days_from_date(received.local_date()) - days_from_date(due_day) + 1;
    Lateness::Late { days, after_grace }
}
