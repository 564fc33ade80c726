//! Plants one kind of trouble at a few known places in the figures of the synthetic province, and
//! measures what each quality rule finds there and elsewhere. DỮ LIỆU GIẢ LẬP (synthetic).

use super::Province;
use super::rng::Rng;
use super::sheet_plan::SheetPlan;
use crate::domain::org::StructureView;
use crate::domain::quality::{
    ElementSeries, FirstSubmission, LateRevision, NearLimitCount, QualityData, QualityRule,
    collect_quality_data, run_rules, select_findings,
};
use crate::domain::report::cell::{CellValue, Cells, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::domain::standing::{ReportEntry, StandingInput};
use crate::domain::support::ids::{DeviceId, UnitId};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Most places at which the trouble of one rule is planted.
const CASES_PER_RULE: usize = 10;

/// Result of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleMeasurement {
    /// The rule.
    pub rule: QualityRule,
    /// Cases planted.
    pub planted: usize,
    /// Planted cases that were found.
    pub found: usize,
    /// Findings at places where nothing was planted.
    pub false_positives: usize,
    /// Tests that could have given a finding.
    pub opportunities: usize,
}

/// Measures every rule over `weeks` of the synthetic province.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub(crate) fn measure_rules(
    province: &Province,
    weeks: u8,
) -> Result<Vec<RuleMeasurement>, UnknownCalendar> {
    let plans = province.plan_sheets(weeks)?;
    let codes = province.catalogue.elements.iter().map(|element| element.code.clone());
    let numbers: BTreeMap<ElementNumber, ElementCode> =
        (1..).map(ElementNumber).zip(codes).collect();
    let sheets: Vec<(&SheetPlan, Cells)> = plans
        .iter()
        .filter(|plan| plan.send_day.is_some())
        .map(|plan| (plan, true_cells(plan, &numbers)))
        .collect();
    let entries: Vec<ReportEntry<'_>> = sheets
        .iter()
        .map(|(plan, cells)| ReportEntry {
            key: &plan.key,
            received: true,
            accepted: true,
            late: false,
            cells,
        })
        .collect();
    let baselines = Baselines::new(&province.baseline_rows());
    let today = province.simulated_end(weeks);
    let input = StandingInput {
        org: &province.org,
        calendars: &province.calendars,
        catalogue: &province.catalogue,
        campaign: &province.campaign,
        baselines: &baselines,
        numbers: &numbers,
        waivers: &crate::domain::standing::NO_WAIVERS,
        handovers: &[],
        reports: &entries,
        today,
        view: StructureView::AsWas,
    };
    let clean = QualityData {
        submissions: simulated_submissions(&plans, today),
        ..collect_quality_data(&input)?
    };
    Ok(QualityRule::ALL
        .iter()
        .map(|rule| measure_rule(&input, &clean, *rule, province.seed))
        .collect())
}

fn true_cells(plan: &SheetPlan, numbers: &BTreeMap<ElementNumber, ElementCode>) -> Cells {
    let number = |code: &ElementCode| {
        numbers.iter().find(|(_, known)| *known == code).map(|(number, _)| *number)
    };
    plan.truth
        .iter()
        .filter_map(|(code, value)| Some((number(code)?, CellValue::Reported(*value))))
        .collect()
}

/// First submissions in the afternoon, each unit from its own device with a clock that is one
/// minute ahead.
fn simulated_submissions(plans: &[SheetPlan], today: Date) -> Vec<FirstSubmission> {
    let sent = plans
        .iter()
        .filter_map(|plan| Some((plan, plan.send_day?)))
        .filter(|(_, day)| *day < today);
    sent.map(|(plan, day)| {
        let hours_left = i64::from((plan.due - day).get_days()) * 24 - 15;
        let device = Some(DeviceId(plan.key.unit.0));
        FirstSubmission {
            unit: plan.key.unit,
            minutes_remaining: hours_left * 60,
            early_days: 0,
            day,
            device,
            clock_ahead_minutes: Some(1),
        }
    })
    .collect()
}

fn measure_rule(
    input: &StandingInput<'_>,
    clean: &QualityData,
    rule: QualityRule,
    seed: u64,
) -> RuleMeasurement {
    let mut data = clean.clone();
    let mut rng = Rng::named_stream(seed, &["plants", rule.as_str()]);
    let places = plant_cases(&mut data, rule, input, &mut rng);
    let results = run_rules(input, &data).remove(&rule).unwrap_or_default();
    let opportunities = results.test_count;
    let selected = select_findings(BTreeMap::from([(rule, results)]), &BTreeMap::new());
    let reported: PlantedCases =
        selected.into_iter().map(|finding| (finding.unit, finding.element)).collect();
    RuleMeasurement {
        rule,
        planted: places.len(),
        found: places.intersection(&reported).count(),
        false_positives: reported.difference(&places).count(),
        opportunities,
    }
}

type PlantedCases = BTreeSet<(UnitId, Option<ElementCode>)>;

/// Plants the trouble of one rule; returns the places.
fn plant_cases(
    data: &mut QualityData,
    rule: QualityRule,
    input: &StandingInput<'_>,
    rng: &mut Rng,
) -> PlantedCases {
    match rule {
        QualityRule::Completeness => plant_in_sheets(data, rng, |sheets| {
            let length = sheets.len();
            sheets[length - 3..].iter_mut().for_each(|(_, sheet)| *sheet = None);
        }),
        QualityRule::Copied => plant_in_sheets(data, rng, |sheets| {
            let length = sheets.len();
            for (_, sheet) in &mut sheets[length - 4..] {
                let same = sheet.as_ref().map_or(5, Vec::len);
                *sheet = Some(vec![4; same]);
            }
        }),
        QualityRule::Identity => {
            plant_in_element(data, rng, "reports_accepted", |values| add_to_last(values, 1, 90))
        }
        QualityRule::Outlier => plant_in_flows(data, rng, |values| add_to_last(values, 1, 41)),
        QualityRule::Change => plant_in_flows(data, rng, |values| add_to_last(values, 4, 9)),
        QualityRule::Smooth => plant_in_flows(data, rng, |values| {
            replace_last(values, &[10, 10, 11, 10, 9, 10, 10, 11, 10, 10, 9, 10])
        }),
        QualityRule::Wild => plant_in_flows(data, rng, |values| {
            replace_last(values, &[0, 0, 40, 0, 0, 38, 0, 1, 41, 0, 0, 0])
        }),
        QualityRule::Digits => plant_digit_preference(data, rng),
        QualityRule::Zeros => plant_zeros(data, input),
        QualityRule::Drift => plant_drift(data, rng),
        QualityRule::RatioDrift => plant_ratio_drift(data, rng),
        QualityRule::Break => plant_breaks(data, input),
        QualityRule::Bunching => plant_bunching(data, input),
        QualityRule::Revisions => plant_revisions(data, rng, input.today),
        QualityRule::Carried => plant_words(data, rng, CellValue::Carried(4)),
        QualityRule::Unsaid => plant_words(data, rng, CellValue::Nil),
        QualityRule::LastMinute | QualityRule::Clock | QualityRule::Early => {
            plant_submission_times(data, rng, rule)
        }
        // No element of this province is an opening balance.
        QualityRule::Opening => PlantedCases::new(),
    }
}

fn plant_in_flows(
    data: &mut QualityData,
    rng: &mut Rng,
    change: impl Fn(&mut [Option<i64>]),
) -> PlantedCases {
    plant_in_series(data, rng, |one| one.flow, change)
}

fn plant_in_element(
    data: &mut QualityData,
    rng: &mut Rng,
    element: &str,
    change: impl Fn(&mut [Option<i64>]),
) -> PlantedCases {
    plant_in_series(data, rng, |one| one.element.as_str() == element, change)
}

/// Fewer accidents and more collisions: cases moved to the element without a target.
fn plant_drift(data: &mut QualityData, rng: &mut Rng) -> PlantedCases {
    let places = plant_in_element(data, rng, "ta_accidents", |values| {
        replace_last(values, &[9, 9, 9, 9, 0, 1, 0, 1])
    });
    places.iter().for_each(|(unit, _)| raise_collisions(data, *unit));
    places
}

/// Up to [`CASES_PER_RULE`] of the fitting items, drawn without replacement.
fn draw_without_replacement(fit: Vec<usize>, rng: &mut Rng) -> Vec<usize> {
    let (mut fit, mut drawn) = (fit, Vec::new());
    while drawn.len() < CASES_PER_RULE && !fit.is_empty() {
        drawn.push(fit.swap_remove(rng.next_below(fit.len())));
    }
    drawn
}

fn plant_in_series(
    data: &mut QualityData,
    rng: &mut Rng,
    fits: impl Fn(&ElementSeries) -> bool,
    change: impl Fn(&mut [Option<i64>]),
) -> PlantedCases {
    let fit = (0..data.series.len())
        .filter(|at| fits(&data.series[*at]) && data.series[*at].points.len() >= 12);
    let mut places = PlantedCases::new();
    for at in draw_without_replacement(fit.collect(), rng) {
        let one = &mut data.series[at];
        let mut values: Vec<Option<i64>> =
            one.points.iter().map(|point| Some(point.value.unwrap_or(0))).collect();
        change(&mut values);
        one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
        places.insert((one.unit, Some(one.element.clone())));
    }
    places
}

fn add_to_last(values: &mut [Option<i64>], last: usize, more: i64) {
    let from = values.len() - last;
    values[from..].iter_mut().for_each(|value| *value = value.map(|value| value + more));
}

fn replace_last(values: &mut [Option<i64>], new: &[i64]) {
    let from = values.len() - new.len();
    values[from..].iter_mut().zip(new).for_each(|(value, new)| *value = Some(*new));
}

fn plant_in_sheets(
    data: &mut QualityData,
    rng: &mut Rng,
    change: impl Fn(&mut Vec<(DateWindow, Option<Vec<i64>>)>),
) -> PlantedCases {
    let fit = (0..data.report_series.len())
        .filter(|at| data.report_series[*at].reports.len() >= 4)
        .collect();
    let mut places = PlantedCases::new();
    for at in draw_without_replacement(fit, rng) {
        change(&mut data.report_series[at].reports);
        places.insert((data.report_series[at].unit, None));
    }
    places
}

/// Two years of two-digit figures rounded to fives and tens.
fn plant_digit_preference(data: &mut QualityData, rng: &mut Rng) -> PlantedCases {
    let fit = (0..data.series.len()).filter(|at| data.series[*at].flow).collect();
    let mut places = PlantedCases::new();
    for at in draw_without_replacement(fit, rng) {
        let one = &mut data.series[at];
        let Some(point) = one.points.first().copied() else { continue };
        let figures = (0..110)
            .map(|week: i64| if week % 2 == 0 { 20 + week % 4 * 5 } else { 20 + week % 10 });
        one.points = figures
            .map(|value| crate::domain::quality::SeriesPoint { value: Some(value), ..point })
            .collect();
        places.insert((one.unit, Some(one.element.clone())));
    }
    places
}

/// Zeros where last year's base was at least 6.
fn plant_zeros(data: &mut QualityData, input: &StandingInput<'_>) -> PlantedCases {
    let mut places = PlantedCases::new();
    for one in data.series.iter_mut().filter(|one| one.flow) {
        let (Some(days), Some(element)) =
            (one.last_window(one.points.len()), input.catalogue.element(&one.element))
        else {
            continue;
        };
        let base = input
            .baselines
            .value_of(one.unit, element, days.one_year_earlier())
            .value()
            .unwrap_or(0);
        if places.len() < CASES_PER_RULE && base >= 6 {
            one.points.iter_mut().for_each(|point| point.value = Some(0));
            places.insert((one.unit, Some(one.element.clone())));
        }
    }
    places
}

fn raise_collisions(data: &mut QualityData, unit: UnitId) {
    for one in data
        .series
        .iter_mut()
        .filter(|one| one.unit == unit && one.element.as_str() == "ta_collisions")
    {
        let mut values: Vec<Option<i64>> =
            one.points.iter().map(|point| Some(point.value.unwrap_or(0))).collect();
        replace_last(&mut values, &[2, 2, 2, 2, 9, 9, 9, 9]);
        one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
    }
}

/// Fewer received reports of crime while offences continue.
fn plant_ratio_drift(data: &mut QualityData, rng: &mut Rng) -> PlantedCases {
    let places = plant_in_element(data, rng, "reports_received", |values| {
        replace_last(values, &[12, 12, 12, 12, 3, 3, 3, 3])
    });
    for one in data.series.iter_mut().filter(|one| one.element.as_str() == "so_offences") {
        if places.iter().any(|(unit, _)| *unit == one.unit) {
            let mut values: Vec<Option<i64>> = one.points.iter().map(|point| point.value).collect();
            replace_last(&mut values, &[4, 4, 4, 4, 4, 4, 4, 4]);
            one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
        }
    }
    places
}

/// A jump at units that succeed others.
fn plant_breaks(data: &mut QualityData, input: &StandingInput<'_>) -> PlantedCases {
    let mut places = PlantedCases::new();
    for one in data.series.iter_mut().filter(|one| one.flow && one.points.len() >= 4) {
        if input
            .org
            .lineage_to(one.unit)
            .any(|line| line.effective_day == one.points[0].window.start)
        {
            one.points[..4]
                .iter_mut()
                .for_each(|point| point.value = Some(point.value.unwrap_or(0) + 9));
            places.insert((one.unit, Some(one.element.clone())));
        }
    }
    places
}

/// A cluster just inside one limit, and an unclustered pair for comparison.
fn plant_bunching(data: &mut QualityData, input: &StandingInput<'_>) -> PlantedCases {
    let (unit, window) = (input.campaign.owner_id(), input.campaign.measurement_window);
    let near = |code: &str, met, missed| NearLimitCount {
        unit,
        element: ElementCode::new(code).ok(),
        window,
        met,
        missed,
    };
    data.near_limits = vec![near("so_offences", 12, 1), near("ta_accidents", 6, 5)];
    PlantedCases::from([(unit, ElementCode::new("so_offences").ok())])
}

/// Nine of ten late corrections go down at some units; at others they go either way.
fn plant_revisions(data: &mut QualityData, rng: &mut Rng, today: Date) -> PlantedCases {
    let units: Vec<UnitId> = data
        .report_series
        .iter()
        .map(|one| one.unit)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let Ok(element) = ElementCode::new("so_offences") else { return PlantedCases::new() };
    let drawn = draw_without_replacement((0..units.len()).collect(), rng);
    let mut places = PlantedCases::new();
    for (at, unit) in units.iter().enumerate().filter(|(at, _)| drawn.contains(at) || at % 5 == 0) {
        let one_way = drawn.contains(&at);
        for turn in 0..10 {
            let down = if one_way { turn != 0 } else { rng.next_below(2) == 0 };
            let change = if down { (3, 2) } else { (2, 3) };
            let day = today.saturating_sub((10 - turn).days());
            data.revisions.push(LateRevision {
                unit: *unit,
                element: element.clone(),
                change,
                day,
            });
        }
        places.extend(one_way.then_some((*unit, None)));
    }
    places
}

fn plant_submission_times(
    data: &mut QualityData,
    rng: &mut Rng,
    rule: QualityRule,
) -> PlantedCases {
    let units: Vec<UnitId> = data
        .report_series
        .iter()
        .map(|one| one.unit)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let drawn: BTreeSet<UnitId> = draw_without_replacement((0..units.len()).collect(), rng)
        .into_iter()
        .map(|at| units[at])
        .collect();
    for sent in data.submissions.iter_mut().filter(|sent| drawn.contains(&sent.unit)) {
        if rule == QualityRule::Clock {
            sent.clock_ahead_minutes = Some(45);
        } else if rule == QualityRule::Early {
            sent.early_days = 2;
        } else {
            sent.minutes_remaining = 20;
        }
    }
    let sent: BTreeSet<UnitId> = data.submissions.iter().map(|sent| sent.unit).collect();
    drawn.intersection(&sent).map(|unit| (*unit, None)).collect()
}

/// Answers some stocks with this cell in every period.
fn plant_words(data: &mut QualityData, rng: &mut Rng, cell: CellValue) -> PlantedCases {
    let stocks = (0..data.word_series.len()).filter(|at| data.word_series[*at].stock).collect();
    let places = draw_without_replacement(stocks, rng);
    let planted = |at: usize| {
        let word = &mut data.word_series[at];
        word.points.iter_mut().for_each(|point| point.1 = Some(cell));
        (word.unit, Some(word.element.clone()))
    };
    places.into_iter().map(planted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::authority::DemoAuthority;

    #[test]
    fn each_rule_finds_what_was_planted_for_it_and_asks_little_for_nothing() {
        let authority = DemoAuthority::TraVinh;
        let province = Province::new(authority, authority.plan().seed).unwrap();
        let mut measured = measure_rules(&province, 27).unwrap();
        measured.retain(|one| one.rule != QualityRule::Opening);
        for one in measured {
            assert!(one.planted > 0 && one.found * 10 >= one.planted * 6, "{one:?}");
            assert!(one.false_positives <= one.found.max(2), "{one:?}");
        }
    }
}
