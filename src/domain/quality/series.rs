//! The input of the quality rules: the figures of each unit and element period by period, as sent,
//! accepted or not. A missing figure stays absent and is never zero.

use crate::domain::campaign::word_of;
use crate::domain::report::cell::{CellValue, Cells};
use crate::domain::report::element::{Element, ElementCode, ElementKind};
use crate::domain::report::form::Contract;
use crate::domain::report::word::Word;
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::{ReportEntry, Standing, StandingInput};
use crate::domain::support::ids::{DeviceId, ReportId, UnitId};
use crate::domain::support::ratio::Ratio;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One finished period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesPoint {
    /// Its days.
    pub window: DateWindow,
    /// The figure as sent; `None`: not sent, or missing with a reason.
    pub value: Option<i64>,
}

/// The figures of one element at the unit that counts it, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementSeries {
    /// The unit.
    pub unit: UnitId,
    /// The element.
    pub element: ElementCode,
    /// Whether it is counted over a period, not a level at its end.
    pub flow: bool,
    /// Its periods.
    pub points: Vec<SeriesPoint>,
}

impl ElementSeries {
    /// The last `count` figures; `None` if one is absent.
    #[must_use]
    pub fn last_values(&self, count: usize) -> Option<Vec<i64>> {
        let from = self.points.len().checked_sub(count)?;
        self.points[from..].iter().map(|point| point.value).collect()
    }

    /// The days of the last `count` points.
    #[must_use]
    pub fn last_window(&self, count: usize) -> Option<DateWindow> {
        let from = self.points.len().checked_sub(count)?;
        DateWindow::new(self.points.get(from)?.window.start, self.points.last()?.window.end)
    }
}

/// One unit's sheets under one contract, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSeries {
    /// The unit.
    pub unit: UnitId,
    /// Each finished period with its sheet as sent: figures in the form's order.
    pub reports: Vec<(DateWindow, Option<Vec<i64>>)>,
}

/// How a unit answered one word, in order of time: a stock, or a flag that a duty names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordSeries {
    /// The unit.
    pub unit: UnitId,
    /// The element.
    pub element: ElementCode,
    /// Whether it is a stock.
    pub stock: bool,
    /// Each finished period with the cell as sent; `None`: not sent.
    pub points: Vec<(DateWindow, Option<CellValue>)>,
}

impl WordSeries {
    fn new(unit: UnitId, element: &Element, word: Word) -> Self {
        let (stock, points) = (word == Word::Stock, Vec::new());
        Self { unit, element: element.code.clone(), stock, points }
    }
}

/// The sheets of the campaign, as the rules read them, by time.
fn sort_by_time(data: &mut QualityData) {
    data.series.iter_mut().for_each(|line| line.points.sort_by_key(|point| point.window));
    data.report_series.iter_mut().for_each(|line| line.reports.sort_by_key(|sheet| sheet.0));
    data.word_series.iter_mut().for_each(|line| line.points.sort_by_key(|point| point.0));
}

/// A figure that was changed after its report's deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRevision {
    /// The unit.
    pub unit: UnitId,
    /// The element.
    pub element: ElementCode,
    /// Figure before and after.
    pub change: (i64, i64),
    /// Day of the change.
    pub day: Date,
}

/// The first submission of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSubmission {
    /// The unit.
    pub unit: UnitId,
    /// Minutes from the submission to the end of its due day; negative if late.
    pub minutes_remaining: i64,
    /// Days by which it came before the first day on which a report of its period may be submitted;
    /// 0 if it did not.
    pub early_days: i64,
    /// Day of the submission.
    pub day: Date,
    /// The sending device.
    pub device: Option<DeviceId>,
    /// Minutes by which the device's clock was ahead of the server's, if the device sent its time.
    pub clock_ahead_minutes: Option<i64>,
}

/// Number of units just on either side of one target's limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearLimitCount {
    /// The unit that runs the campaign.
    pub unit: UnitId,
    /// The element.
    pub element: Option<ElementCode>,
    /// The days.
    pub window: DateWindow,
    /// Units at the limit or one case inside it.
    pub met: u32,
    /// Units one or two cases outside of it.
    pub missed: u32,
}

/// Counts the units near the limit of each target that bounds a count from above.
#[must_use]
pub fn count_near_limit(
    standings: &[Standing],
    owner: UnitId,
    window: DateWindow,
) -> Vec<NearLimitCount> {
    let mut all: BTreeMap<String, NearLimitCount> = BTreeMap::new();
    for standing in
        standings.iter().filter(|standing| standing.unit != owner && standing.phase == 0)
    {
        let judgement = &standing.judgement;
        let (Some(limit), Some(now)) =
            (judgement.limit, judgement.count_now.and_then(Ratio::to_integer))
        else {
            continue;
        };
        let element = judgement.figures.first().map(|figure| figure.element.clone());
        let new = || NearLimitCount { unit: owner, element, window, met: 0, missed: 0 };
        let near = all.entry(judgement.code.clone()).or_insert_with(new);
        near.met += u32::from((0..=1).contains(&(limit - now)));
        near.missed += u32::from((1..=2).contains(&(now - limit)));
    }
    all.into_values().collect()
}

/// All input of the rules.
#[derive(Debug, Clone, Default)]
pub struct QualityData {
    /// Figures by unit and element.
    pub series: Vec<ElementSeries>,
    /// Sheets by unit and contract.
    pub report_series: Vec<ReportSeries>,
    /// Words by unit and element.
    pub word_series: Vec<WordSeries>,
    /// Changes after the deadline.
    pub revisions: Vec<LateRevision>,
    /// First submissions.
    pub submissions: Vec<FirstSubmission>,
    /// Units near a limit.
    pub near_limits: Vec<NearLimitCount>,
}

impl QualityData {
    /// The data as of `day`, to check whether a question of that day still holds.
    #[must_use]
    pub fn truncated_to(&self, day: Date) -> Self {
        let mut then = self.clone();
        then.series
            .iter_mut()
            .for_each(|series| series.points.retain(|point| point.window.end <= day));
        then.report_series
            .iter_mut()
            .for_each(|sheets| sheets.reports.retain(|(window, _)| window.end <= day));
        then.word_series
            .iter_mut()
            .for_each(|word| word.points.retain(|(window, _)| window.end <= day));
        then.revisions.retain(|revision| revision.day < day);
        then.submissions.retain(|sent| sent.day < day);
        then
    }
}

fn find_cell(input: &StandingInput<'_>, cells: &Cells, code: &ElementCode) -> Option<CellValue> {
    let number = input.numbers.iter().find(|(_, existing)| *existing == code)?.0;
    cells.get(number).copied()
}

/// How every unit answered its words, over the finished periods.
fn collect_words(
    input: &StandingInput<'_>,
    contracts: &[Contract],
    owed: &[Expectation],
    reports: &BTreeMap<ReportId, &ReportEntry<'_>>,
) -> Vec<WordSeries> {
    let mut words: BTreeMap<(UnitId, &ElementCode), WordSeries> = BTreeMap::new();
    let campaign = std::slice::from_ref(input.campaign);
    for expected in owed.iter().filter(|expected| expected.whole_period.end <= input.today) {
        let contract = contracts.iter().find(|contract| contract.id() == expected.contract);
        let form = contract.and_then(|contract| input.catalogue.form(&contract.form));
        let cells = reports.get(&expected.report_key().id()).map(|entry| entry.cells);
        let elements = form.into_iter().flat_map(|form| &form.elements);
        for element in elements.filter_map(|code| input.catalogue.element(code)) {
            let Some(word) = word_of(element, campaign) else { continue };
            let line = words
                .entry((expected.unit, &element.code))
                .or_insert_with(|| WordSeries::new(expected.unit, element, word));
            let cell = cells.and_then(|cells| find_cell(input, cells, &element.code));
            line.points.push((expected.period.window(), cell));
        }
    }
    words.into_values().collect()
}

/// Series and sheets of every unit under the campaign's contracts, over the finished days of the
/// measurement window.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn collect_quality_data(input: &StandingInput<'_>) -> Result<QualityData, UnknownCalendar> {
    let contracts = input.catalogue.contracts_with_codes(&input.campaign.contracts);
    let owed = compute_expectations(
        input.org,
        input.calendars,
        &contracts,
        input.campaign.measurement_window,
    )?;
    let reports: BTreeMap<ReportId, _> = input
        .reports
        .iter()
        .filter(|entry| entry.received)
        .map(|entry| (entry.key.id(), entry))
        .collect();
    let mut series: BTreeMap<(UnitId, ElementCode), ElementSeries> = BTreeMap::new();
    let mut sheets: BTreeMap<(UnitId, &str), ReportSeries> = BTreeMap::new();
    for expected in owed.iter().filter(|expected| expected.whole_period.end <= input.today) {
        let Some(contract) = contracts.iter().find(|contract| contract.id() == expected.contract)
        else {
            continue;
        };
        let Some(form) = input.catalogue.form(&contract.form) else { continue };
        let (unit, period) = (expected.unit, &expected.period);
        let Some(window) = DateWindow::new(period.start, period.end) else { continue };
        let cells = reports.get(&expected.report_key().id()).map(|entry| entry.cells);
        let figure = |code: &ElementCode| {
            let kind = input.catalogue.element(code)?.kind;
            find_cell(input, cells?, code)?.figure_of(kind)
        };
        for element in form.elements.iter().filter_map(|code| input.catalogue.element(code)) {
            let line =
                series.entry((unit, element.code.clone())).or_insert_with(|| ElementSeries {
                    unit,
                    element: element.code.clone(),
                    flow: element.kind != ElementKind::Stock,
                    points: Vec::new(),
                });
            line.points.push(SeriesPoint { window, value: figure(&element.code) });
        }
        let sheet = form.elements.iter().map(figure).collect();
        sheets
            .entry((unit, &contract.code))
            .or_insert_with(|| ReportSeries { unit, reports: Vec::new() })
            .reports
            .push((window, sheet));
    }
    let mut data = QualityData {
        series: series.into_values().collect(),
        report_series: sheets.into_values().collect(),
        word_series: collect_words(input, &contracts, &owed, &reports),
        ..QualityData::default()
    };
    sort_by_time(&mut data);
    Ok(data)
}
