//! How the people of the synthetic province report: who is late, who is offline, who mistypes, who never sends.
//!
//! Nine in ten sheets come on time, most of the rest late, two in a hundred never; a phone is out of reach now and then,
//! fourteen of them for three weeks. Knows the truth and the expectations; knows no phone and no server.

use super::Province;
use super::rng::Rng;
use crate::domain::element::{ElementCode, ElementKind};
use crate::domain::expectation::{Expectation, UnknownCalendar, expectations};
use crate::domain::form::{Catalogue, Form};
use crate::domain::ids::UnitId;
use crate::domain::org::UnitKind;
use crate::domain::report::ReportKey;
use crate::domain::target::{Comparator, Expr, Rule, Sign};
use crate::domain::window::Window;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Communes with a second phone.
pub const SECOND_PHONES: usize = 5;
/// Phones without signal for three weeks.
const LONG_OFFLINE: usize = 14;
/// The weeks of the long silence, from 0, the second exclusive.
const SILENCE: (i32, i32) = (5, 8);

/// A wrong figure, planted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Which cell.
    pub element: ElementCode,
    /// What is typed at first: ten times the truth, as when a digit is hit twice.
    pub typed: i64,
    /// Whether the reviewer sees it and sends the report back.
    pub noticed: bool,
}

/// What two phones of one unit do to one report while neither hears of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twin {
    /// Each fills in other cells: the two merge.
    Merge,
    /// Both fill in one cell, differently: a person settles it.
    Conflict,
}

/// What becomes of one sheet.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it answers.
    pub key: ReportKey,
    /// Code of the contract.
    pub contract: String,
    /// First day on which it is late.
    pub due: Date,
    /// What happened, in the order of the form.
    pub truth: Vec<(ElementCode, i64)>,
    /// The day on which somebody means to send it; `None`: never.
    pub send: Option<Date>,
    /// A planted error.
    pub slip: Option<Slip>,
    /// The same sheet is sent a second time, by mistake.
    pub sent_twice: bool,
    /// The reviewer asks back although nothing is wrong.
    pub asked: bool,
    /// Two phones fill it in.
    pub twin: Option<Twin>,
}

impl Plan {
    /// What is typed at first.
    #[must_use]
    pub fn typed(&self) -> Vec<(ElementCode, i64)> {
        let typed = |(code, truth): &(ElementCode, i64)| match &self.slip {
            Some(slip) if slip.element == *code => (code.clone(), slip.typed),
            Some(_) | None => (code.clone(), *truth),
        };
        self.truth.iter().map(typed).collect()
    }

    /// Whether nothing at all is to be reported.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.truth.iter().all(|(_, value)| *value == 0)
    }
}

/// A phone, and when it cannot be reached.
#[derive(Debug, Clone)]
pub struct Device {
    /// The unit it is bound to on the first day.
    pub unit: UnitId,
    /// Uid of the unit.
    pub uid: String,
    /// 1, or 2 for a second phone.
    pub no: u8,
    /// Days without signal.
    pub offline: Vec<Window>,
}

impl Device {
    /// Whether it has signal on `day`.
    #[must_use]
    pub fn online(&self, day: Date) -> bool {
        !self.offline.iter().any(|window| window.contains(day))
    }
}

impl Province {
    /// The first day after `weeks` weeks of the campaign.
    #[must_use]
    pub fn lived_until(&self, weeks: u8) -> Date {
        self.campaign.measurement_window.start.saturating_add(i32::from(weeks).weeks())
    }

    /// Every sheet that falls due within the first `weeks` weeks, by contract, unit and day.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn plans(&self, weeks: u8) -> Result<Vec<Plan>, UnknownCalendar> {
        let end = self.lived_until(weeks);
        let owed = expectations(&self.org, &self.calendars, &self.catalogue.contracts, self.campaign.legal_window)?;
        let over = owed.into_iter().filter(|expected| expected.whole.end <= end);
        let mut plans: Vec<Plan> = over.filter_map(|expected| self.plan(&expected)).collect();
        self.plant_twins(&mut plans);
        Ok(plans)
    }

    fn plan(&self, expected: &Expectation) -> Option<Plan> {
        let contract = self.catalogue.contracts.iter().find(|contract| contract.id() == expected.contract)?;
        let form = self.catalogue.form(&contract.form)?;
        let unit = self.org.unit(expected.unit)?;
        let start = expected.period.start.to_string();
        let mut rng = Rng::stream(self.seed, &["plan", &contract.code, &unit.uid, &start]);
        let truth = self.happened(form, expected)?;
        let late = |rng: &mut Rng| rng.lognormal(1.5, 0.8).min(12.0) as i32;
        let send = match rng.unit() {
            sure if sure < 0.90 => Some(expected.whole.last_day()),
            late_share if late_share < 0.98 => Some(expected.due.saturating_add(late(&mut rng).days())),
            _ => None,
        };
        let slip = if rng.chance(0.005) { slip(&self.catalogue, form, &truth, &mut rng) } else { None };
        Some(Plan {
            key: expected.key(),
            contract: contract.code.clone(),
            due: expected.due,
            truth,
            send,
            slip,
            sent_twice: rng.chance(0.003),
            asked: rng.chance(0.01),
            twin: None,
        })
    }

    fn happened(&self, form: &Form, expected: &Expectation) -> Option<Vec<(ElementCode, i64)>> {
        let window = Window::new(expected.period.start, expected.period.end)?;
        let value = |code: &ElementCode| {
            let stock = self.catalogue.element(code).is_some_and(|element| element.kind == ElementKind::Stock);
            let value = if stock {
                self.truth.stock(expected.unit, code, window.last_day())
            } else {
                self.truth.flow(expected.unit, code, window)
            };
            (code.clone(), value)
        };
        Some(form.elements.iter().map(value).collect())
    }

    /// One report each of the communes with two phones: three merge, two conflict; spread over the weeks.
    fn plant_twins(&self, plans: &mut [Plan]) {
        let week = |at: usize| self.campaign.measurement_window.start.saturating_add((2 + 3 * at as i32).weeks());
        for (at, uid) in self.second_phones().into_iter().enumerate() {
            let unit = UnitId::named(&uid);
            let of_week = |plan: &&mut Plan| {
                plan.key.unit == unit && plan.key.period.start == week(at) && plan.contract == "tuan-xa"
            };
            if let Some(plan) = plans.iter_mut().find(of_week) {
                plan.send = Some(plan.due.saturating_sub(2.days()));
                plan.slip = None;
                plan.twin = Some(if at < 3 { Twin::Merge } else { Twin::Conflict });
            }
        }
    }

    /// The communes with two phones: those where most happens, without the three that merge.
    #[must_use]
    pub fn second_phones(&self) -> Vec<String> {
        let last = self.lived_until(super::WEEKS_MAX);
        let stays = |unit: UnitId| self.org.open_on(unit, last);
        let mut places: Vec<_> = self.places.iter().filter(|place| stays(place.unit)).collect();
        places.sort_by(|a, b| b.part.total_cmp(&a.part));
        places.into_iter().take(SECOND_PHONES).map(|place| place.uid.clone()).collect()
    }

    /// Every phone: one for each commune, district and department, and the second ones.
    #[must_use]
    pub fn devices(&self, weeks: u8) -> Vec<Device> {
        let first = self.campaign.measurement_window.start;
        let reports = [UnitKind::Commune, UnitKind::District, UnitKind::Department];
        let units: BTreeMap<&str, UnitId> = reports
            .iter()
            .flat_map(|kind| self.org.units_of_kind_on(*kind, first))
            .map(|unit| (unit.uid.as_str(), unit.id))
            .collect();
        let seconds = self.second_phones();
        let silent = self.silent();
        let mut devices = Vec::new();
        for (uid, unit) in units {
            for no in 1..=1 + u8::from(seconds.iter().any(|second| second == uid)) {
                let offline = self.offline(uid, no, weeks, silent.iter().any(|silent| silent == uid));
                devices.push(Device { unit, uid: uid.to_owned(), no, offline });
            }
        }
        devices
    }

    fn silent(&self) -> Vec<String> {
        let mut rng = Rng::stream(self.seed, &["silent"]);
        let seconds = self.second_phones();
        let mut left: Vec<&str> = self.places.iter().map(|place| place.uid.as_str()).collect();
        left.retain(|uid| !seconds.iter().any(|second| second == uid));
        let count = LONG_OFFLINE.min(left.len());
        (0..count).map(|_| left.swap_remove(rng.below(left.len())).to_owned()).collect()
    }

    /// Now and then from Saturday to Tuesday; the silent ones for three weeks.
    fn offline(&self, uid: &str, no: u8, weeks: u8, silent: bool) -> Vec<Window> {
        let mut rng = Rng::stream(self.seed, &["signal", uid, &no.to_string()]);
        let first = self.campaign.measurement_window.start;
        let day = |week: i32, day: i32| first.saturating_add(week.weeks()).saturating_add(day.days());
        let short = (0..i32::from(weeks)).filter(|_| rng.chance(0.03)).collect::<Vec<_>>();
        let short = short.into_iter().filter_map(|week| Window::new(day(week, 5), day(week, 9)));
        let long = silent.then(|| Window::new(day(SILENCE.0, 0), day(SILENCE.1, 0))).flatten();
        short.chain(long).collect()
    }
}

/// A figure ten times too high, where the range and the form's own rules do not catch it.
fn slip(catalogue: &Catalogue, form: &Form, truth: &[(ElementCode, i64)], rng: &mut Rng) -> Option<Slip> {
    let noticed = rng.chance(0.85);
    let slips = truth.iter().filter(|(_, value)| *value > 0).map(|(code, value)| (code, value * 10));
    let fits = |(code, typed): &(&ElementCode, i64)| {
        let value = |of: &ElementCode| {
            if of == *code { *typed } else { truth.iter().find(|(code, _)| code == of).map_or(0, |(_, value)| *value) }
        };
        catalogue.element(code).is_some_and(|element| element.allows(*typed))
            && form.rules.iter().all(|rule| holds(rule, value))
    };
    let mut can: Vec<_> = slips.filter(fits).collect();
    if can.is_empty() {
        return None;
    }
    let (element, typed) = can.swap_remove(rng.below(can.len()));
    Some(Slip { element: element.clone(), typed, noticed })
}

fn holds(rule: &Rule, value: impl Fn(&ElementCode) -> i64) -> bool {
    let sum = |expr: &Expr| -> i64 {
        let signed = |(sign, code): (Sign, &ElementCode)| match sign {
            Sign::Plus => value(code),
            Sign::Minus => -value(code),
        };
        expr.terms().map(signed).sum()
    };
    let (left, right) = (sum(&rule.left), sum(&rule.right));
    match rule.cmp {
        Comparator::Greater => left > right,
        Comparator::AtLeast => left >= right,
        Comparator::Equal => left == right,
        Comparator::AtMost => left <= right,
        Comparator::Less => left < right,
    }
}
