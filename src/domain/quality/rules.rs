//! The rules: each looks at a series, a sheet or a sending and may ask one question about the newest days.
//!
//! Each rule says how many series it could look at, so that many looks do not become many questions by luck (see `many`). A rule
//! never concludes: it has evidence and a question. Knows no store and no right.

use super::exact;
use super::finding::{Finding, FindingState, Rule};
use super::series::{Looked, Series, Sheets};
use crate::domain::baseline::Base;
use crate::domain::element::ElementCode;
use crate::domain::ids::{DeviceId, UnitId};
use crate::domain::ratio::Ratio;
use crate::domain::standing::Input;
use crate::domain::target::spread::poisson_at_most;
use crate::domain::window::Window;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What one rule asked, and at how many series it looked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Questions.
    pub findings: Vec<Finding>,
    /// Looks that could have become a question.
    pub looks: usize,
}

/// Periods of a unit's own past that count as its usual.
const OWN: usize = 12;
/// Fewer cases than this together, or half of it apart, are no question: small numbers move by themselves.
const FEW: i64 = 10;
/// Weeks that are held together where single ones are too small.
const BLOCK: usize = 4;
/// One count that should not fall as the one beside it rises.
const DRIFTS: [(&str, &str); 2] = [("ta_accidents", "ta_collisions"), ("vses_occurred", "so_offences")];
/// Two counts whose ratio is steady.
const STEADY: [(&str, &str); 2] = [("reports_received", "so_offences"), ("ta_injured", "ta_accidents")];
/// A part, and the whole that it cannot pass over all the days.
const PARTS: [(&str, &str); 3] =
    [("reports_accepted", "reports_received"), ("reports_resolved", "reports_handled"), ("vses_solved", "solved")];

/// Asks every rule.
#[must_use]
pub fn ask(input: &Input<'_>, looked: &Looked) -> BTreeMap<Rule, Asked> {
    let ground = Ground { input, looked };
    Rule::ALL.iter().map(|rule| (*rule, ground.rule(*rule))).collect()
}

struct Ground<'a> {
    input: &'a Input<'a>,
    looked: &'a Looked,
}

impl Ground<'_> {
    fn rule(&self, rule: Rule) -> Asked {
        let looked = self.looked;
        match rule {
            Rule::Completeness => self.each(rule, &looked.sheets, |_, sheets| absent(sheets)),
            Rule::Identity => self.identity(),
            Rule::Outlier => self.each(rule, &looked.series, |_, series| outlier(series)),
            Rule::Change => self.each(rule, &looked.series, |_, series| change(series)),
            Rule::Smooth => self.each(rule, &looked.series, |_, series| spread(series, |(smooth, _)| smooth)),
            Rule::Wild => self.each(rule, &looked.series, |_, series| spread(series, |(_, wild)| wild)),
            Rule::Digits => self.each(rule, &looked.series, |_, series| digits(series)),
            Rule::Bunching => self.bunching(),
            Rule::Revisions => self.revisions(),
            Rule::Zeros => self.each(rule, &looked.series, |ground, series| ground.zeros(series)),
            Rule::Drift => self.drift(),
            Rule::RatioDrift => self.ratio_drift(),
            Rule::Copied => self.each(rule, &looked.sheets, |_, sheets| copied(sheets)),
            Rule::LastMinute => self.last_minute(),
            Rule::Clock => self.clock(),
            Rule::Break => self.each(rule, &looked.series, |ground, series| ground.at_a_break(series)),
        }
    }

    fn each<T: About>(&self, rule: Rule, all: &[T], look: impl Fn(&Self, &T) -> Option<Look>) -> Asked {
        let mut asked = Asked::default();
        for one in all {
            let Some(look) = look(self, one) else { continue };
            asked.looks += 1;
            asked.findings.extend(self.finding(rule, one.unit(), one.element(), look));
        }
        asked
    }

    fn finding(&self, rule: Rule, unit: UnitId, element: Option<ElementCode>, look: Look) -> Option<Finding> {
        let Look { window, evidence, strength, chance, odd } = look;
        let (asked, state) = (self.input.today, FindingState::Open);
        odd.then_some(Finding {
            rule,
            unit,
            element,
            window,
            evidence,
            strength,
            chance,
            asked,
            state,
            reply: None,
            shared: false,
        })
    }

    fn series(&self, unit: UnitId, code: &str) -> Option<&Series> {
        self.looked.series.iter().find(|series| series.unit == unit && series.element.as_str() == code)
    }

    fn units(&self) -> BTreeSet<UnitId> {
        self.looked.series.iter().map(|series| series.unit).collect()
    }

    /// Pairs of series of one unit.
    fn pairs(&self, pairs: &[(&str, &str)], rule: Rule, look: impl Fn(&Series, &Series) -> Option<Look>) -> Asked {
        let mut asked = Asked::default();
        for unit in self.units() {
            for (one, other) in pairs {
                let Some((one, other)) = self.series(unit, one).zip(self.series(unit, other)) else { continue };
                let Some(look) = look(one, other) else { continue };
                asked.looks += 1;
                asked.findings.extend(self.finding(rule, unit, Some(one.element.clone()), look));
            }
        }
        asked
    }

    fn identity(&self) -> Asked {
        self.pairs(&PARTS, Rule::Identity, |part, whole| {
            // With a week absent on either side the sums are not of the same days.
            let sum = |series: &Series| series.points.iter().map(|point| point.value).sum::<Option<i64>>();
            let (part_sum, sum) = (sum(part)?, sum(whole)?);
            let evidence = vec![sum, part_sum];
            Some(Look { odd: part_sum > sum, ..Look::certain(part.days(part.points.len())?, evidence, part_sum - sum) })
        })
    }

    /// One falls as the other rises, both beyond 2 of usual variation, block against block.
    fn drift(&self) -> Asked {
        self.pairs(&DRIFTS, Rule::Drift, |falls, rises| {
            let ([before, now], [other, beside]) = (blocks(falls)?, blocks(rises)?);
            let odd = now < before && beside > other && differs(before, now, 200) && differs(other, beside, 200);
            let (window, evidence) = (falls.days(2 * BLOCK)?, vec![before, now, other, beside]);
            // Two independent counts, each beyond 2: the product of two chances of 0.0455.
            Some(Look { odd, window, evidence, strength: 200, chance: 2_070_274 })
        })
    }

    /// The ratio of two counts in the last block against the one before, both scaled to the same whole.
    fn ratio_drift(&self) -> Asked {
        self.pairs(&STEADY, Rule::RatioDrift, |above, below| {
            let ([a, b], [c, d]) = (blocks(above)?, blocks(below)?);
            // With the ratio of the block before, so many of the one were to be expected for the other now.
            let expected = if c == 0 { return None } else { a * d / c };
            let odd = expected >= 5 && differs(expected, b, 400);
            let (window, evidence) = (above.days(2 * BLOCK)?, vec![a, c, b, d]);
            Some(Look { odd, window, evidence, strength: 400, chance: exact::chance_of_z(400) })
        })
    }

    /// Units that just keep a limit against units that just miss it: about all of them together, so who runs the campaign is asked.
    fn bunching(&self) -> Asked {
        let mut asked = Asked::default();
        for near in &self.looked.near {
            let Some(chance) = exact::coin(near.met, near.met + near.missed).filter(|_| near.met + near.missed >= 5)
            else {
                continue;
            };
            asked.looks += 1;
            let evidence = vec![near.met.into(), near.missed.into()];
            let look = Look { odd: chance < 10_000_000, window: near.window, evidence, strength: 0, chance };
            asked.findings.extend(self.finding(Rule::Bunching, near.unit, near.element.clone(), look));
        }
        asked
    }

    fn revisions(&self) -> Asked {
        let mut by_unit: BTreeMap<UnitId, (Vec<Date>, u32, u32)> = BTreeMap::new();
        for revision in &self.looked.revisions {
            let (before, after) = revision.change;
            let (days, down, up) = by_unit.entry(revision.unit).or_default();
            days.push(revision.day);
            *down += u32::from(after < before);
            *up += u32::from(after > before);
        }
        let mut asked = Asked::default();
        for (unit, (days, down, up)) in by_unit {
            let (first, last) = (days.iter().min().copied(), days.iter().max().copied());
            let Some(window) = first.zip(last).and_then(|(first, last)| Window::of_days(first, last)) else { continue };
            let Some(chance) = exact::coin(down, down + up).filter(|_| down + up >= 5) else { continue };
            asked.looks += 1;
            let odd = chance < 50_000_000;
            let look = Look { odd, window, evidence: vec![down.into(), up.into()], strength: 0, chance };
            asked.findings.extend(self.finding(Rule::Revisions, unit, None, look));
        }
        asked
    }

    /// No case in all the periods, each of them sent, although last year had enough that this is improbable; by place, not by person.
    fn zeros(&self, series: &Series) -> Option<Look> {
        let window = series.days(series.points.len())?;
        let values = series.last(series.points.len()).filter(|_| series.flow)?;
        let element = self.input.catalogue.element(&series.element)?;
        let before = window.year_before();
        let base = match self.input.baselines.of(series.unit, element, before) {
            Base::Known { value, .. } => value,
            Base::Partial | Base::None => return None,
        };
        let none = poisson_at_most(Ratio::scaled(base, element.scale)?.approximately(), 0)?;
        let chance = (none * 1e9) as i64;
        let odd = values.iter().all(|value| *value == 0) && chance < 10_000_000;
        Some(Look { odd, window, evidence: vec![base, 0], strength: base * 100, chance })
    }

    /// A jump from what the predecessors counted in their last periods to what their successor counted in its first.
    fn at_a_break(&self, series: &Series) -> Option<Look> {
        let first = series.points.get(..BLOCK)?;
        let born = first.first()?.window.start;
        let lines =
            self.input.org.lines_into(series.unit).filter(|line| line.kind.succeeds() && line.effective == born);
        let former: Vec<&Series> =
            lines.map(|line| self.series(line.from, series.element.as_str())).collect::<Option<_>>()?;
        let last: Vec<Vec<i64>> = former.iter().map(|series| series.last(BLOCK)).collect::<Option<_>>()?;
        let before = last.iter().flatten().sum();
        let after = first.iter().map(|point| point.value).sum::<Option<i64>>()?;
        let window = Window::new(born, first.last()?.window.end).filter(|_| !former.is_empty() && series.flow)?;
        let odd = differs(before, after, 300);
        Some(Look { odd, window, evidence: vec![before, after], strength: 300, chance: exact::chance_of_z(300) })
    }

    /// Nearly every sheet in the last hour, or one device that sends for many units.
    fn last_minute(&self) -> Asked {
        let mut by_unit: BTreeMap<UnitId, Vec<&super::series::Sent>> = BTreeMap::new();
        let mut by_device: BTreeMap<DeviceId, BTreeSet<UnitId>> = BTreeMap::new();
        for sent in &self.looked.sent {
            by_unit.entry(sent.unit).or_default().push(sent);
            by_device.entry(sent.device.unwrap_or(DeviceId([0; 16]))).or_default().insert(sent.unit);
        }
        by_device.remove(&DeviceId([0; 16]));
        let mut asked = Asked::default();
        for (unit, sent) in by_unit {
            let last =
                i64::try_from(sent.iter().filter(|one| (0..60).contains(&one.minutes_left)).count()).unwrap_or(0);
            let all = i64::try_from(sent.len()).unwrap_or(0);
            let shared = by_device.values().filter(|units| units.contains(&unit)).map(BTreeSet::len).max().unwrap_or(1);
            let days = sent.iter().map(|one| one.day).min().zip(sent.iter().map(|one| one.day).max());
            let Some(window) = days.and_then(|(first, last)| Window::of_days(first, last)) else { continue };
            asked.looks += 1;
            let odd = (all >= 6 && last * 10 >= all * 8) || shared >= 5;
            let evidence = vec![last, all, i64::try_from(shared).unwrap_or(i64::MAX)];
            let look = Look { odd, ..Look::certain(window, evidence, last) };
            asked.findings.extend(self.finding(Rule::LastMinute, unit, None, look));
        }
        asked
    }

    fn clock(&self) -> Asked {
        let mut asked = Asked::default();
        for sent in &self.looked.sent {
            let (Some(ahead), Some(window)) = (sent.ahead, Window::of_days(sent.day, sent.day)) else { continue };
            asked.looks += 1;
            // Before the server's time it cannot have been written; long after it was, it may have waited for signal.
            let look = Look { odd: ahead > 10, ..Look::certain(window, vec![ahead], ahead) };
            asked.findings.extend(self.finding(Rule::Clock, sent.unit, None, look));
        }
        asked
    }
}

trait About {
    fn unit(&self) -> UnitId;
    fn element(&self) -> Option<ElementCode>;
}

impl About for Series {
    fn unit(&self) -> UnitId {
        self.unit
    }
    fn element(&self) -> Option<ElementCode> {
        Some(self.element.clone())
    }
}

impl About for Sheets {
    fn unit(&self) -> UnitId {
        self.unit
    }
    fn element(&self) -> Option<ElementCode> {
        None
    }
}

/// One look of one rule.
struct Look {
    window: Window,
    evidence: Vec<i64>,
    strength: i64,
    chance: i64,
    odd: bool,
}

impl Look {
    /// A look that is no matter of chance.
    fn certain(window: Window, evidence: Vec<i64>, strength: i64) -> Self {
        Self { window, evidence, strength, chance: 0, odd: true }
    }
}

/// See [`exact::differs`]; sums of figures are never below zero.
fn differs(a: i64, b: i64, hundredths: i64) -> bool {
    exact::differs(a.max(0), b.max(0), hundredths)
}

/// The sums of the last block and of the one before it, earlier first; every sheet in.
fn blocks(series: &Series) -> Option<[i64; 2]> {
    let values = series.last(2 * BLOCK).filter(|_| series.flow)?;
    Some([values[..BLOCK].iter().sum(), values[BLOCK..].iter().sum()])
}

/// The whole part as a strength.
fn floor_of(ratio: Ratio) -> Option<i64> {
    i64::try_from(ratio.floor()).ok()
}

fn absent(sheets: &Sheets) -> Option<Look> {
    let last: Vec<_> = sheets.sheets.iter().rev().take(BLOCK).collect();
    let (first, end) = (last.last()?.0.start, last.first()?.0.end);
    let missing = i64::try_from(last.iter().filter(|(_, sheet)| sheet.is_none()).count()).ok()?;
    let all = i64::try_from(last.len()).ok()?;
    Some(Look { odd: missing >= 2, ..Look::certain(Window::new(first, end)?, vec![all, missing], missing * 100) })
}

/// The newest figure against the unit's own last periods.
fn outlier(series: &Series) -> Option<Look> {
    let from = series.points.len().saturating_sub(OWN);
    let own: Vec<i64> = series.points[from..].iter().filter_map(|point| point.value).collect();
    let newest = series.points.last()?;
    let value = newest.value.filter(|_| own.len() >= 8)?;
    let z = exact::modified_z(&own, value)?;
    let strength = z.times(Ratio::whole(100)).and_then(floor_of).unwrap_or(0);
    let chance = exact::chance_of_z(strength);
    let usual = exact::median(&own.iter().map(|one| Ratio::whole(*one)).collect::<Vec<_>>())?;
    let odd = z > Ratio::new(35, 10)? && Ratio::whole(value) >= usual.plus(Ratio::whole(FEW / 2))?;
    Some(Look { odd, window: newest.window, evidence: own, strength, chance })
}

fn change(series: &Series) -> Option<Look> {
    let [before, now] = blocks(series)?;
    // From none to three is beyond usual variation on paper, and in a small commune nothing.
    let odd = differs(before, now, 300) && before + now >= FEW;
    let window = series.days(2 * BLOCK)?;
    let strength = (3..=12).rev().map(|z| z * 100).find(|z| differs(before, now, *z)).unwrap_or(0);
    Some(Look { odd, window, evidence: vec![before, now], strength, chance: exact::chance_of_z(strength) })
}

fn spread(series: &Series, which: impl Fn((bool, bool)) -> bool) -> Option<Look> {
    let values = (8..=OWN).rev().find_map(|count| series.last(count)).filter(|_| series.flow)?;
    let sum: i64 = values.iter().sum();
    let enough = sum >= 5 * i64::try_from(values.len()).ok()?;
    let both = exact::too_smooth_or_wild(&values).filter(|_| enough)?;
    let window = series.days(values.len())?;
    Some(Look { odd: which(both), window, evidence: values, strength: 0, chance: 1_000_000 })
}

fn digits(series: &Series) -> Option<Look> {
    let mut counts = [0_i64; 10];
    for value in series.points.iter().filter_map(|point| point.value).filter(|value| *value >= 10) {
        counts[usize::try_from(value % 10).ok()?] += 1;
    }
    let enough = counts.iter().sum::<i64>() >= 100;
    let (spread, odd) = exact::uneven_digits(&counts).filter(|_| enough)?;
    let strength = spread.times(Ratio::whole(100)).and_then(floor_of).unwrap_or(0);
    let window = series.days(series.points.len())?;
    Some(Look { odd, window, evidence: counts.to_vec(), strength, chance: 1_000_000 })
}

/// The same sheet three times or more, and not a sheet of almost nothing.
fn copied(sheets: &Sheets) -> Option<Look> {
    let (_, newest) = sheets.sheets.last()?;
    let newest = newest.as_ref()?;
    let same = sheets.sheets.iter().rev().take_while(|(_, sheet)| sheet.as_ref() == Some(newest)).count();
    let from = sheets.sheets.len().checked_sub(same.max(1))?;
    let window = Window::new(sheets.sheets[from].0.start, sheets.sheets.last()?.0.end)?;
    let (sum, count) = (newest.iter().sum::<i64>(), i64::try_from(newest.len()).ok()?);
    let odd = same >= 3 && sum >= 3 * count;
    Some(Look { odd, ..Look::certain(window, newest.clone(), i64::try_from(same).ok()? * 100) })
}
