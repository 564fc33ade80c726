//! The reports behind a number: what each of them adds, and which are missing.
//!
//! Computed from the same list as the sums, so the addends that count always add up to the number.
//! Permissions are checked elsewhere.

use super::aggregate::{ExpectedReport, StandingInput, list_expected_reports};
use super::judge::attested_elements;
use super::unit_figures::resolve_window;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ContractId, ReportId, UnitId};
use crate::domain::support::string_enum::string_enum;
use crate::domain::target_rule::Target;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// How a report supports a number.
    ReportSupport {
        /// Not received; never the same as zero.
        Missing = "MISSING",
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
    let named =
        input.campaign.targets.iter().find_map(|line| find_member(&line.code, &line.formula, code));
    let Some(formula) = named else { return Ok(None) };
    let mut all: BTreeMap<ReportId, StandingReport> = BTreeMap::new();
    for (window, elements) in requested_elements(input, formula, phase) {
        for line in window_reports(input, unit, window, &elements)? {
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
fn find_member<'a>(here: &str, formula: &'a Target, code: &str) -> Option<&'a Target> {
    if here == code {
        return Some(formula);
    }
    let mut members = formula.members().into_iter().zip('a'..='z');
    members.find_map(|(formula, letter)| find_member(&format!("{here}{letter}"), formula, code))
}

/// The elements of a formula by window; the phase's window where the formula names none.
fn requested_elements(
    input: &StandingInput<'_>,
    formula: &Target,
    phase: u8,
) -> BTreeMap<DateWindow, BTreeSet<ElementCode>> {
    let of_phase = input.campaign.phases.iter().find(|one| one.no == phase).map(|one| one.window);
    let whole = of_phase.unwrap_or(input.campaign.measurement_window);
    let mut requested: BTreeMap<DateWindow, BTreeSet<ElementCode>> = BTreeMap::new();
    for comparison in formula.comparisons() {
        if let Some(window) = resolve_window(input, whole, comparison.window.as_ref()) {
            requested
                .entry(window)
                .or_default()
                .extend(comparison.measure.elements().into_iter().cloned());
        }
    }
    let duties: BTreeSet<ElementCode> = attested_elements(input.campaign, formula).collect();
    if !duties.is_empty() {
        requested.entry(whole).or_default().extend(duties);
    }
    requested
}

fn window_reports(
    input: &StandingInput<'_>,
    unit: UnitId,
    window: DateWindow,
    elements: &BTreeSet<ElementCode>,
) -> Result<Vec<StandingReport>, UnknownCalendar> {
    let mut expected_reports = list_expected_reports(input, window)?;
    expected_reports
        .retain(|expected_report| expected_report.expected.whole_period.end <= input.today);
    let last = latest_stock_reports(input, &expected_reports, elements);
    let mut lines = Vec::new();
    for (at, expected_report) in expected_reports.iter().enumerate() {
        let reported = reported_elements(input.catalogue, expected_report, elements);
        let official = expected_report.official_figures(input);
        let here = expected_report.counting_units.contains(&unit);
        let addends = reported.into_iter().map(|(code, kind)| {
            let figure = official.get(code).copied();
            let counts = match kind {
                ElementKind::Stock => {
                    let latest = last.get(&(expected_report.expected.unit, code));
                    latest.is_some_and(|latest| {
                        latest.path.contains(&unit) && latest.index == Some(at)
                    })
                }
                ElementKind::Flow | ElementKind::EventFlag => here && figure.is_some(),
            };
            Addend { element: code.clone(), figure, counts }
        });
        let addends: Vec<Addend> = addends.collect();
        if !addends.is_empty() && (here || addends.iter().any(|one| one.counts)) {
            lines.push(build_standing_report(expected_report, addends));
        }
    }
    Ok(lines)
}

fn build_standing_report(
    expected_report: &ExpectedReport<'_>,
    addends: Vec<Addend>,
) -> StandingReport {
    StandingReport {
        report: expected_report.key.id(),
        contract: expected_report.expected.contract,
        unit: expected_report.expected.unit,
        period: expected_report.expected.period.clone(),
        due: expected_report.expected.due_day,
        support: match expected_report.report {
            None => ReportSupport::Missing,
            Some(entry) if entry.accepted => ReportSupport::Accepted,
            Some(_) => ReportSupport::Waiting,
        },
        late: expected_report.report.is_some_and(|entry| entry.late),
        addends,
    }
}

/// Those of `elements` that are on the report's form, with their kind.
fn reported_elements<'e>(
    catalogue: &Catalogue,
    expected_report: &ExpectedReport<'_>,
    elements: &'e BTreeSet<ElementCode>,
) -> Vec<(&'e ElementCode, ElementKind)> {
    let Some(form) = catalogue.form(&expected_report.contract.form) else { return Vec::new() };
    let on_form = elements.iter().filter(|code| form.elements.contains(code));
    on_form.filter_map(|code| Some((code, catalogue.element(code)?.kind))).collect()
}

/// The latest report of one unit on one stock.
struct LatestStockReport<'o> {
    /// The units whose sums include it, as of the unit's last period, whether or not that report is
    /// in.
    path: &'o [UnitId],
    end: Date,
    /// Index of the expected report that contains the figure.
    index: Option<usize>,
}

fn latest_stock_reports<'o, 'e>(
    input: &StandingInput<'_>,
    expected_reports: &'o [ExpectedReport<'_>],
    elements: &'e BTreeSet<ElementCode>,
) -> BTreeMap<(UnitId, &'e ElementCode), LatestStockReport<'o>> {
    let mut latest_reports: BTreeMap<(UnitId, &ElementCode), LatestStockReport<'_>> =
        BTreeMap::new();
    for (at, one) in expected_reports.iter().enumerate() {
        let stocks = reported_elements(input.catalogue, one, elements)
            .into_iter()
            .filter(|(_, kind)| *kind == ElementKind::Stock);
        let official = one.official_figures(input);
        for (code, _) in stocks {
            let end = one.expected.period.end;
            let new =
                || LatestStockReport { path: &one.counting_units, end: Date::MIN, index: None };
            let latest = latest_reports.entry((one.expected.unit, code)).or_insert_with(new);
            if latest.end <= end {
                let reported_index = official.get(code).map(|_| at);
                *latest = LatestStockReport {
                    path: &one.counting_units,
                    end,
                    index: reported_index.or(latest.index),
                };
            }
        }
    }
    latest_reports
}
