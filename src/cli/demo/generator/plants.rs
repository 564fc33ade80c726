//! Planted cases: the synthetic province's figures with one kind of trouble put in at a few known places, so that each rule can be
//! measured by what it finds and by what it asks for nothing.
//!
//! Knows where it planted; asks nothing itself. DỮ LIỆU GIẢ LẬP (synthetic).

use super::plan::Plan;
use super::rng::Rng;
use super::{Province, SEED};
use crate::domain::baseline::Baselines;
use crate::domain::cell::{CellValue, Cells, ElementNo};
use crate::domain::element::ElementCode;
use crate::domain::expectation::UnknownCalendar;
use crate::domain::ids::{DeviceId, UnitId};
use crate::domain::org::View;
use crate::domain::quality::{Looked, Near, Revision, Rule, Sent, Series, ask, look, sift};
use crate::domain::standing::{Entry, Input};
use crate::domain::window::Window;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Places at which a rule's trouble is planted, where there are so many.
const PLACES: usize = 10;

/// How a rule did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The rule.
    pub rule: Rule,
    /// Cases planted.
    pub planted: usize,
    /// Of these found.
    pub found: usize,
    /// Questions about places where nothing was planted.
    pub idle: usize,
    /// Looks that could have become a question.
    pub looks: usize,
}

/// Measures every rule over `weeks` of the synthetic province.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn measure(province: &Province, weeks: u8) -> Result<Vec<Measured>, UnknownCalendar> {
    let plans = province.plans(weeks)?;
    let codes = province.catalogue.elements.iter().map(|element| element.code.clone());
    let numbers: BTreeMap<ElementNo, ElementCode> = (1..).map(ElementNo).zip(codes).collect();
    let sheets: Vec<(&Plan, Cells)> =
        plans.iter().filter(|plan| plan.send.is_some()).map(|plan| (plan, cells(plan, &numbers))).collect();
    let entries: Vec<Entry<'_>> = sheets
        .iter()
        .map(|(plan, cells)| Entry { key: &plan.key, received: true, accepted: true, late: false, cells })
        .collect();
    let baselines = Baselines::new(&province.baseline());
    let today = province.lived_until(weeks);
    let input = Input {
        org: &province.org,
        calendars: &province.calendars,
        catalogue: &province.catalogue,
        campaign: &province.campaign,
        baselines: &baselines,
        numbers: &numbers,
        reports: &entries,
        today,
        view: View::AsWas,
    };
    let clean = Looked { sent: sendings(&plans, today), ..look(&input)? };
    Ok(Rule::ALL.iter().map(|rule| one(&input, &clean, *rule)).collect())
}

fn cells(plan: &Plan, numbers: &BTreeMap<ElementNo, ElementCode>) -> Cells {
    let number = |code: &ElementCode| numbers.iter().find(|(_, known)| *known == code).map(|(number, _)| *number);
    plan.truth.iter().filter_map(|(code, value)| Some((number(code)?, CellValue::Reported(*value)))).collect()
}

/// Sent in the afternoon, each unit from its own device with a clock that is nearly right.
fn sendings(plans: &[Plan], today: Date) -> Vec<Sent> {
    let sent = plans.iter().filter_map(|plan| Some((plan, plan.send?))).filter(|(_, day)| *day < today);
    sent.map(|(plan, day)| {
        let hours_left = i64::from((plan.due - day).get_days()) * 24 - 15;
        let device = Some(DeviceId(plan.key.unit.0));
        Sent { unit: plan.key.unit, minutes_left: hours_left * 60, day, device, ahead: Some(1) }
    })
    .collect()
}

fn one(input: &Input<'_>, clean: &Looked, rule: Rule) -> Measured {
    let mut looked = clean.clone();
    let mut rng = Rng::stream(SEED, &["plants", rule.as_str()]);
    let places = plant(&mut looked, rule, input, &mut rng);
    let asked = ask(input, &looked).remove(&rule).unwrap_or_default();
    let looks = asked.looks;
    let kept = sift(BTreeMap::from([(rule, asked)]), &BTreeMap::new());
    let met: BTreeSet<(UnitId, Option<ElementCode>)> =
        kept.into_iter().map(|finding| (finding.unit, finding.element)).collect();
    let hit = |place: &&(UnitId, Option<ElementCode>)| met.contains(*place);
    let found = places.iter().filter(hit).count();
    let idle = met.iter().filter(|place| !places.contains(*place)).count();
    Measured { rule, planted: places.len(), found, idle, looks }
}

type Places = BTreeSet<(UnitId, Option<ElementCode>)>;

/// Puts the trouble of one rule in; where it did so.
fn plant(looked: &mut Looked, rule: Rule, input: &Input<'_>, rng: &mut Rng) -> Places {
    match rule {
        Rule::Completeness => sheets(looked, rng, |sheets| {
            let length = sheets.len();
            sheets[length - 3..].iter_mut().for_each(|(_, sheet)| *sheet = None);
        }),
        Rule::Copied => sheets(looked, rng, |sheets| {
            let length = sheets.len();
            for (_, sheet) in &mut sheets[length - 4..] {
                let same = sheet.as_ref().map_or(5, Vec::len);
                *sheet = Some(vec![4; same]);
            }
        }),
        Rule::Identity => {
            series(looked, rng, |one| one.element.as_str() == "reports_accepted", |values| add(values, 1, 90))
        }
        Rule::Outlier => series(looked, rng, |one| one.flow, |values| add(values, 1, 41)),
        Rule::Change => series(looked, rng, |one| one.flow, |values| add(values, 4, 9)),
        Rule::Smooth => {
            series(looked, rng, |one| one.flow, |values| last(values, &[10, 10, 11, 10, 9, 10, 10, 11, 10, 10, 9, 10]))
        }
        Rule::Wild => {
            series(looked, rng, |one| one.flow, |values| last(values, &[0, 0, 40, 0, 0, 38, 0, 1, 41, 0, 0, 0]))
        }
        Rule::Digits => digits(looked, rng),
        Rule::Zeros => zeros(looked, input),
        Rule::Drift => series(
            looked,
            rng,
            |one| one.element.as_str() == "ta_accidents",
            |values| {
                last(values, &[9, 9, 9, 9, 0, 1, 0, 1]);
            },
        )
        .into_iter()
        .inspect(|(unit, _)| rise(looked, *unit))
        .collect(),
        Rule::RatioDrift => ratios(looked, rng),
        Rule::Break => breaks(looked, input),
        Rule::Bunching => bunch(looked, input),
        Rule::Revisions => revisions(looked, rng, input.today),
        Rule::LastMinute | Rule::Clock => sent(looked, rng, rule),
    }
}

/// Some of the items that fit, drawn without putting back.
fn draw(fit: Vec<usize>, rng: &mut Rng) -> Vec<usize> {
    let (mut fit, mut drawn) = (fit, Vec::new());
    while drawn.len() < PLACES && !fit.is_empty() {
        drawn.push(fit.swap_remove(rng.below(fit.len())));
    }
    drawn
}

fn series(
    looked: &mut Looked,
    rng: &mut Rng,
    fits: impl Fn(&Series) -> bool,
    change: impl Fn(&mut [Option<i64>]),
) -> Places {
    let fit = (0..looked.series.len()).filter(|at| fits(&looked.series[*at]) && looked.series[*at].points.len() >= 12);
    let mut places = Places::new();
    for at in draw(fit.collect(), rng) {
        let one = &mut looked.series[at];
        let mut values: Vec<Option<i64>> = one.points.iter().map(|point| Some(point.value.unwrap_or(0))).collect();
        change(&mut values);
        one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
        places.insert((one.unit, Some(one.element.clone())));
    }
    places
}

fn add(values: &mut [Option<i64>], last: usize, more: i64) {
    let from = values.len() - last;
    values[from..].iter_mut().for_each(|value| *value = value.map(|value| value + more));
}

fn last(values: &mut [Option<i64>], new: &[i64]) {
    let from = values.len() - new.len();
    values[from..].iter_mut().zip(new).for_each(|(value, new)| *value = Some(*new));
}

fn sheets(looked: &mut Looked, rng: &mut Rng, change: impl Fn(&mut Vec<(Window, Option<Vec<i64>>)>)) -> Places {
    let fit = (0..looked.sheets.len()).filter(|at| looked.sheets[*at].sheets.len() >= 4).collect();
    let mut places = Places::new();
    for at in draw(fit, rng) {
        change(&mut looked.sheets[at].sheets);
        places.insert((looked.sheets[at].unit, None));
    }
    places
}

/// Two years of figures of two digits, estimated to fives and tens.
fn digits(looked: &mut Looked, rng: &mut Rng) -> Places {
    let fit = (0..looked.series.len()).filter(|at| looked.series[*at].flow).collect();
    let mut places = Places::new();
    for at in draw(fit, rng) {
        let one = &mut looked.series[at];
        let Some(point) = one.points.first().copied() else { continue };
        let figures = (0..110).map(|week: i64| if week % 2 == 0 { 20 + week % 4 * 5 } else { 20 + week % 10 });
        one.points = figures.map(|value| crate::domain::quality::Point { value: Some(value), ..point }).collect();
        places.insert((one.unit, Some(one.element.clone())));
    }
    places
}

/// Nothing at all where last year had enough.
fn zeros(looked: &mut Looked, input: &Input<'_>) -> Places {
    let mut places = Places::new();
    for one in looked.series.iter_mut().filter(|one| one.flow) {
        let (Some(days), Some(element)) = (one.days(one.points.len()), input.catalogue.element(&one.element)) else {
            continue;
        };
        let base = input.baselines.of(one.unit, element, days.year_before()).value().unwrap_or(0);
        if places.len() < PLACES && base >= 6 {
            one.points.iter_mut().for_each(|point| point.value = Some(0));
            places.insert((one.unit, Some(one.element.clone())));
        }
    }
    places
}

fn rise(looked: &mut Looked, unit: UnitId) {
    for one in looked.series.iter_mut().filter(|one| one.unit == unit && one.element.as_str() == "ta_collisions") {
        let mut values: Vec<Option<i64>> = one.points.iter().map(|point| Some(point.value.unwrap_or(0))).collect();
        last(&mut values, &[2, 2, 2, 2, 9, 9, 9, 9]);
        one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
    }
}

/// Half of the reports of crime are no longer received while offences go on.
fn ratios(looked: &mut Looked, rng: &mut Rng) -> Places {
    let places = series(
        looked,
        rng,
        |one| one.element.as_str() == "reports_received",
        |values| {
            last(values, &[12, 12, 12, 12, 3, 3, 3, 3]);
        },
    );
    for one in looked.series.iter_mut().filter(|one| one.element.as_str() == "so_offences") {
        if places.iter().any(|(unit, _)| *unit == one.unit) {
            let mut values: Vec<Option<i64>> = one.points.iter().map(|point| point.value).collect();
            last(&mut values, &[4, 4, 4, 4, 4, 4, 4, 4]);
            one.points.iter_mut().zip(values).for_each(|(point, value)| point.value = value);
        }
    }
    places
}

/// A jump where a unit took the place of others.
fn breaks(looked: &mut Looked, input: &Input<'_>) -> Places {
    let mut places = Places::new();
    for one in looked.series.iter_mut().filter(|one| one.flow && one.points.len() >= 4) {
        if input.org.lines_into(one.unit).any(|line| line.effective == one.points[0].window.start) {
            one.points[..4].iter_mut().for_each(|point| point.value = Some(point.value.unwrap_or(0) + 9));
            places.insert((one.unit, Some(one.element.clone())));
        }
    }
    places
}

/// A crowd just inside one limit; beside it a fair one.
fn bunch(looked: &mut Looked, input: &Input<'_>) -> Places {
    let (unit, window) = (input.campaign.owner(), input.campaign.measurement_window);
    let near = |code: &str, met, missed| Near { unit, element: ElementCode::new(code).ok(), window, met, missed };
    looked.near = vec![near("so_offences", 12, 1), near("ta_accidents", 6, 5)];
    Places::from([(unit, ElementCode::new("so_offences").ok())])
}

/// Nine of ten late corrections go down at some units; at others they go either way.
fn revisions(looked: &mut Looked, rng: &mut Rng, today: Date) -> Places {
    let units: Vec<UnitId> = looked.sheets.iter().map(|one| one.unit).collect::<BTreeSet<_>>().into_iter().collect();
    let Ok(element) = ElementCode::new("so_offences") else { return Places::new() };
    let drawn = draw((0..units.len()).collect(), rng);
    let mut places = Places::new();
    for (at, unit) in units.iter().enumerate().filter(|(at, _)| drawn.contains(at) || at % 5 == 0) {
        let one_way = drawn.contains(&at);
        for turn in 0..10 {
            let down = if one_way { turn != 0 } else { rng.below(2) == 0 };
            let change = if down { (3, 2) } else { (2, 3) };
            let day = today.saturating_sub((10 - turn).days());
            looked.revisions.push(Revision { unit: *unit, element: element.clone(), change, day });
        }
        places.extend(one_way.then_some((*unit, None)));
    }
    places
}

fn sent(looked: &mut Looked, rng: &mut Rng, rule: Rule) -> Places {
    let units: Vec<UnitId> = looked.sheets.iter().map(|one| one.unit).collect::<BTreeSet<_>>().into_iter().collect();
    let drawn: BTreeSet<UnitId> = draw((0..units.len()).collect(), rng).into_iter().map(|at| units[at]).collect();
    for sent in looked.sent.iter_mut().filter(|sent| drawn.contains(&sent.unit)) {
        if rule == Rule::Clock {
            sent.ahead = Some(45);
        } else {
            sent.minutes_left = 20;
        }
    }
    let sent: BTreeSet<UnitId> = looked.sent.iter().map(|sent| sent.unit).collect();
    drawn.intersection(&sent).map(|unit| (*unit, None)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::example::example;

    #[test]
    fn each_rule_finds_what_was_planted_for_it_and_asks_little_for_nothing() {
        let example = example().unwrap();
        let province = Province::new(SEED, example.org, example.catalogue, example.campaign_a, &[&example.campaign_b]);
        for one in measure(&province, 27).unwrap() {
            assert!(one.planted > 0 && one.found * 10 >= one.planted * 6, "{one:?}");
            assert!(one.idle <= one.found.max(2), "{one:?}");
        }
    }
}
