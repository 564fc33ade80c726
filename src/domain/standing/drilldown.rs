//! The reports behind a number: what each of them adds, and which are missing.
//!
//! Read from the sums themselves, so the addends that count always add up to the number.
//! Permissions are checked elsewhere.

use super::aggregate::StandingInput;
use super::due_days::{DueDays, SummedWindow};
use super::judge::attested_elements;
use super::totals::{CampaignTotals, ContractLayout, LayoutColumn, TrackedReport};
use super::unit_figures::resolve_window;
use crate::domain::campaign::CampaignTarget;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::period::Period;
use crate::domain::support::ids::{ContractId, ReportId, UnitId};
use crate::domain::support::string_enum::string_enum;
use crate::domain::target_rule::Target;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// How a report supports a number.
    ReportSupport {
        /// Not received; never the same as zero.
        Missing = "MISSING",
        /// Not received, and not due yet.
        NotDue = "NOT_DUE",
        /// Received and not accepted yet: it adds nothing.
        Waiting = "WAITING",
        /// Accepted: its figures are official.
        Accepted = "ACCEPTED",
    }
}

/// What a report adds to one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addend {
    /// The element.
    pub element: ElementCode,
    /// The official figure, scaled; `None` if there is none.
    pub figure: Option<i64>,
    /// Whether the figure is part of the number: of a stock only each unit's latest figure is.
    pub counts: bool,
}

/// One expected report, and what it adds to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingReport {
    /// Id of the report, which may not exist yet.
    pub report: ReportId,
    /// Its contract.
    pub contract: ContractId,
    /// The unit that must send it.
    pub unit: UnitId,
    /// The days it covers.
    pub period: Period,
    /// The first day on which it is late.
    pub due: Date,
    /// How it supports the number.
    pub support: ReportSupport,
    /// Whether it was received after its due day.
    pub late: bool,
    /// What it adds, by element.
    pub addends: Vec<Addend>,
}

/// The reports behind the target or member with this code at `unit` in `phase` (0: the whole
/// campaign), by unit (uid), then day, then contract. `None` if the campaign has no such target.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn list_standing_reports(
    input: &StandingInput<'_>,
    (unit, phase): (UnitId, u8),
    code: &str,
) -> Result<Option<Vec<StandingReport>>, UnknownCalendar> {
    let named = input
        .campaign
        .targets
        .iter()
        .find_map(|line| Some((line, find_member(&line.code, &line.formula, code)?)));
    let Some(formula) = named else { return Ok(None) };
    let mut all: BTreeMap<ReportId, StandingReport> = BTreeMap::new();
    let requested = requested_elements(input, formula, phase);
    let windows: Vec<SummedWindow> = requested.keys().copied().collect();
    let totals = CampaignTotals::compute_rows(input, &windows, &[unit])?;
    for (at, elements) in requested.values().enumerate() {
        for line in window_reports(input, &totals, at, elements) {
            match all.get_mut(&line.report) {
                Some(existing) => existing.addends.extend(line.addends),
                None => drop(all.insert(line.report, line)),
            }
        }
    }
    let mut all: Vec<StandingReport> = all.into_values().collect();
    let uid = |unit: UnitId| input.org.unit(unit).map(|unit| unit.uid.clone());
    all.sort_by_cached_key(|line| {
        (uid(line.unit), line.period.start, line.contract, line.period.end)
    });
    Ok(Some(all))
}

/// The formula with this code. Members have the codes of their judgements: `T3a`, `T3b`.
pub(super) fn find_member<'a>(here: &str, formula: &'a Target, code: &str) -> Option<&'a Target> {
    if here == code {
        return Some(formula);
    }
    let mut members = formula.members().into_iter().zip('a'..='z');
    members.find_map(|(formula, letter)| find_member(&format!("{here}{letter}"), formula, code))
}

/// The elements of a target's member by summed window; the phase's window where it names none.
fn requested_elements(
    input: &StandingInput<'_>,
    (line, formula): (&CampaignTarget, &Target),
    phase: u8,
) -> BTreeMap<SummedWindow, BTreeSet<ElementCode>> {
    let of_phase = input.campaign.phases.iter().find(|one| one.no == phase).map(|one| one.window);
    let whole = of_phase.unwrap_or(input.campaign.measurement_window);
    let through = DueDays::new(input).common_through_of(&line.formula);
    let mut requested: BTreeMap<SummedWindow, BTreeSet<ElementCode>> = BTreeMap::new();
    let Some(whole) = line.judged_window(whole) else { return requested };
    for comparison in formula.comparisons() {
        if let Some(window) = resolve_window(input, whole, comparison.window.as_ref()) {
            let elements = comparison.measure.elements();
            let summed = SummedWindow { window, through };
            requested.entry(summed).or_default().extend(elements.into_iter().cloned());
        }
    }
    for duty in attested_elements(input.campaign, formula) {
        let summed = SummedWindow { window: whole, through };
        requested.entry(summed).or_default().insert(duty);
    }
    requested
}

/// The reports of one window that stand in the unit's sums, and those that are not due yet.
fn window_reports(
    input: &StandingInput<'_>,
    totals: &CampaignTotals,
    window: usize,
    elements: &BTreeSet<ElementCode>,
) -> Vec<StandingReport> {
    let (words, _) = totals.stock_words(input, window);
    let said: BTreeSet<(Option<usize>, usize)> = words
        .iter()
        .filter(|word| !word.rows.is_empty())
        .map(|word| (word.report, word.column))
        .collect();
    let mut lines = Vec::new();
    for (at, report) in totals.tracked.iter().enumerate() {
        let Some(membership) = report.windows.iter().find(|one| one.window == window) else {
            continue;
        };
        let here = !report.rows.is_empty();
        let layout = &totals.layouts[report.layout];
        let addend = |(nth, column): (usize, &LayoutColumn)| {
            let element = &input.catalogue.elements[column.column];
            let figure = report.official_figure(nth);
            let counts = if column.stock {
                said.contains(&(Some(at), column.column))
            } else {
                here && membership.counted && figure.is_some()
            };
            let requested = elements.contains(&element.code);
            requested.then(|| Addend { element: element.code.clone(), figure, counts })
        };
        let addends: Vec<Addend> = layout.columns.iter().enumerate().filter_map(addend).collect();
        let over = report.whole_end <= input.today || report.received.is_some();
        let shown = here && (membership.counted || over) || addends.iter().any(|one| one.counts);
        if !addends.is_empty() && shown {
            lines.push(build_standing_report(input, layout, report, membership.counted, addends));
        }
    }
    lines
}

fn build_standing_report(
    input: &StandingInput<'_>,
    layout: &ContractLayout,
    report: &TrackedReport,
    due: bool,
    addends: Vec<Addend>,
) -> StandingReport {
    let key = report.report_key(layout);
    let contract = input.catalogue.contracts.iter().find(|one| one.code == layout.code);
    let due_days = contract.map_or(0, |contract| i64::from(contract.due_days));
    StandingReport {
        report: key.id(),
        contract: layout.id,
        unit: report.unit,
        period: key.period,
        due: report.whole_end.saturating_add(due_days.days()),
        support: match &report.received {
            None if due => ReportSupport::Missing,
            None => ReportSupport::NotDue,
            Some(received) if received.accepted => ReportSupport::Accepted,
            Some(_) => ReportSupport::Waiting,
        },
        late: report.received.as_ref().is_some_and(|received| received.late),
        addends,
    }
}
