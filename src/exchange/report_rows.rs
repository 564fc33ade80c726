//! Reports as rows of files: those that were sent, and those that are to be filled in.

use crate::app::ReferenceSnapshot;
use crate::domain::org::Hierarchy;
use crate::domain::report::cell::{CellValue, Cells};
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::{Contract, Form};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{Report, ReportKey};
use crate::domain::reporting::calendar::Calendar;
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::reporting::report_name::{ReportIndex, ReportLabel};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use crate::files::report_csv::{ReportCsvRow, ReportCsvStatus};
use crate::files::report_template::{ReportTemplate, TemplateRow};
use crate::i18n::Lang;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most periods that a refusal lists.
const PERIODS_LISTED: usize = 10;

/// Which reports are to be filled in.
#[derive(Debug, Clone, Copy)]
pub struct TemplateRequest<'a> {
    /// Code of the reporting contract, or of a form that only one contract has.
    pub contract: &'a str,
    /// Units, each with all below it.
    pub units: &'a [UnitId],
    /// The period as people name it: `2024-W34`, `34/2024`, `2024-08-19`, `19/8/2024`.
    pub period: &'a str,
}

/// Whether reports that match are found for a template.
pub type TemplatePlan = std::result::Result<ReportTemplate, Violation>;

/// The report as a row of a file. A nil report has only the cells that nil does not say.
#[must_use]
pub fn to_report_row(
    reference: &ReferenceSnapshot,
    contract: &str,
    report: &Report,
) -> (ReportCsvRow, ReportCsvStatus) {
    let shape = reference.form_schema(report.key.contract);
    let is_word = |element| shape.is_some_and(|shape| shape.is_word(element));
    let mut cells = report.cells.clone();
    cells.retain(|element, _| !report.nil || is_word(*element));
    let row = ReportCsvRow {
        nil: report.nil,
        note: report.note.clone(),
        cells: coded_cells(reference, &cells),
        ..blank_row(reference, contract, &report.key)
    };
    let state = report.state.code().to_owned();
    (row, ReportCsvStatus { state, late: report.late, received_day: report.received_day })
}

fn blank_row(reference: &ReferenceSnapshot, contract: &str, key: &ReportKey) -> ReportCsvRow {
    let unit = reference.org.unit(key.unit);
    ReportCsvRow {
        line: 0,
        contract: contract.to_owned(),
        unit_uid: unit.map_or_else(String::new, |unit| unit.uid.clone()),
        window: key.period.window(),
        nil: false,
        note: String::new(),
        cells: Vec::new(),
    }
}

fn coded_cells(reference: &ReferenceSnapshot, cells: &Cells) -> Vec<(ElementCode, CellValue)> {
    let coded = cells
        .iter()
        .map(|(element, value)| Some((reference.element_numbers.item(element.0)?.clone(), *value)));
    coded.flatten().collect()
}

/// The reports that the units owe under a contract for a period, as they stand, each with the
/// figures of the period before. `reference` is without drafts, because what waits for a draft is
/// owed by nobody yet; `load` gives the stored reports with these keys.
///
/// # Errors
/// Those of `load`. A request that names no contract, no period or no report is
/// refused in the result.
pub fn plan_template<E>(
    reference: &ReferenceSnapshot,
    today: Date,
    request: TemplateRequest<'_>,
    load: impl FnOnce(&[ReportKey]) -> std::result::Result<Vec<Report>, E>,
) -> std::result::Result<TemplatePlan, E> {
    let known = match TemplateContract::find(reference, request.contract) {
        Ok(known) => known,
        Err(violation) => return Ok(Err(violation)),
    };
    let (owed, before) = match known.find_owed(request, today) {
        Ok(found) => found,
        Err(violation) => return Ok(Err(violation)),
    };
    let keys = owed.iter().chain(before.values()).map(Expectation::report_key);
    let stored = load(&keys.collect::<Vec<_>>())?;
    let stored: HashMap<ReportId, _> =
        stored.into_iter().map(|report| (report.key.id(), report)).collect();
    let row = |one: &Expectation| {
        let key = one.report_key();
        let present = stored.get(&key.id());
        let last = before.get(&one.unit).and_then(|last| stored.get(&last.report_key().id()));
        let last = last.filter(|one| one.state.is_sent() && one.state != ReportState::Returned);
        TemplateRow {
            unit_name: reference.org.nearest_name(one.unit, one.period.start).to_owned(),
            report: present.map_or_else(
                || blank_row(reference, &known.contract.code, &key),
                |report| to_report_row(reference, &known.contract.code, report).0,
            ),
            last_cells: last.map_or_else(Vec::new, |one| coded_cells(reference, &one.cells)),
        }
    };
    let period_name = owed.first().map(|one| known.calendar.period_name(&one.period));
    let codes = known.form.elements.iter();
    Ok(Ok(ReportTemplate {
        form_names: [known.form.name_vi.clone(), known.form.name_en.clone()],
        period_name: period_name.unwrap_or_else(|| Message::verbatim("")),
        elements: codes.filter_map(|code| reference.catalogue.element(code).cloned()).collect(),
        rows: owed.iter().map(row).collect(),
    }))
}

/// A contract with what it refers to.
struct TemplateContract<'a> {
    reference: &'a ReferenceSnapshot,
    contract: &'a Contract,
    form: &'a Form,
    calendar: &'a Calendar,
}

/// Reports that are owed, and those of the period before by unit.
type OwedReports = (Vec<Expectation>, BTreeMap<UnitId, Expectation>);

impl<'a> TemplateContract<'a> {
    fn find(reference: &'a ReferenceSnapshot, code: &str) -> std::result::Result<Self, Violation> {
        let catalogue = &reference.catalogue;
        let mut of_form = catalogue.contracts.iter().filter(|one| one.form == code);
        let only = of_form.next().filter(|_| of_form.next().is_none());
        let found = catalogue.contract(code).or(only).and_then(|contract| {
            let calendar = reference.calendars.get(&contract.calendar)?;
            let form = catalogue.form(&contract.form)?;
            Some(Self { reference, contract, form, calendar })
        });
        found.ok_or_else(|| {
            let codes: Vec<&str> =
                catalogue.contracts.iter().map(|one| one.code.as_str()).collect();
            let (contract, codes) = (code, codes.join(", "));
            let text = message!("template-no-such-contract", contract, codes);
            Violation::error("UNKNOWN_CONTRACT", "form", text)
        })
    }

    fn find_owed(
        &self,
        request: TemplateRequest<'_>,
        today: Date,
    ) -> std::result::Result<OwedReports, Violation> {
        let period = request.period;
        let unknown = || {
            let text = message!("template-no-such-period", period);
            Violation::error("NOT_FOUND", "period", text)
        };
        let window = years_around(period).ok_or_else(unknown)?;
        let mut owed = self.owed_by(request.units, window, today);
        let windows: BTreeSet<DateWindow> = owed.iter().map(|one| one.period.window()).collect();
        let named = self.find_windows(period, windows);
        let wholes: BTreeSet<Date> =
            named.iter().map(|one| self.calendar.period_containing(one.start).start).collect();
        let Some(whole) = wholes.first().map(|day| self.calendar.period_containing(*day)) else {
            return Err(unknown());
        };
        if wholes.len() > 1 {
            let names = wholes
                .iter()
                .take(PERIODS_LISTED)
                .map(|day| self.calendar.period_code(&self.calendar.period_containing(*day)));
            let (names, count) = (names.collect::<Vec<_>>().join(", "), wholes.len());
            let text = message!("template-ambiguous-period", period, count, names);
            return Err(Violation::error("AMBIGUOUS", "period", text));
        }
        let first_day = named.first().map_or(whole.start, |one| one.start);
        let mut before = BTreeMap::new();
        for one in owed.iter().filter(|one| one.period.end <= first_day) {
            let last = before.entry(one.unit).or_insert_with(|| one.clone());
            if last.period.start < one.period.start {
                *last = one.clone();
            }
        }
        owed.retain(|one| named.contains(&one.period.window()));
        Ok((owed, before))
    }

    /// What the units and those below them owe, by unit and day.
    fn owed_by(&self, units: &[UnitId], window: DateWindow, today: Date) -> Vec<Expectation> {
        let ReferenceSnapshot { org, calendars, .. } = self.reference;
        let contracts = std::slice::from_ref(self.contract);
        let mut owed = compute_expectations(org, calendars, contracts, window).unwrap_or_default();
        let below_today: BTreeSet<UnitId> =
            units.iter().flat_map(|unit| org.effective_descendants(*unit, today)).collect();
        owed.retain(|one| {
            let above = || org.ancestors(one.unit, Hierarchy::Command, one.period.start);
            below_today.contains(&one.unit) || above().iter().any(|unit| units.contains(unit))
        });
        owed
    }

    /// The periods, or pieces of them, that the words name.
    fn find_windows(&self, words: &str, windows: BTreeSet<DateWindow>) -> BTreeSet<DateWindow> {
        let label = |window: DateWindow| {
            let period = crate::domain::reporting::period::Period::new(
                &self.calendar.code,
                window.start,
                window.end,
            );
            let name = self.calendar.period_name(&period);
            ReportLabel {
                id: String::new(),
                unit: String::new(),
                contract: self.contract.code.clone(),
                period_code: self.calendar.period_code(&period),
                window,
                period_names: Lang::all().map(|lang| name.text(lang)).collect(),
                names: Vec::new(),
            }
        };
        let index = ReportIndex::new(windows.into_iter().map(label).collect());
        index.find(words).into_iter().map(|label| label.window).collect()
    }
}

/// The year that the words name, with the ones before and after.
fn years_around(words: &str) -> Option<DateWindow> {
    let digits = words.split(|c: char| !c.is_ascii_digit());
    let year: i16 = digits.filter(|part| part.len() == 4).find_map(|part| part.parse().ok())?;
    let start = date(year.max(2), 1, 1).checked_sub(1.year()).ok()?;
    let end = date(year.clamp(2, 9_990), 1, 1).checked_add(2.years()).ok()?;
    DateWindow::new(start, end)
}
