//! How the people of the synthetic authority report: late sheets, phones offline, typing errors,
//! sheets never sent.
//!
//! Nine in ten sheets come on time, most of the rest late, two in a hundred never. Each phone is
//! offline now and then, some of them for three weeks.

use super::Province;
use super::communes::DemoCommune;
use super::rng::Rng;
use crate::domain::org::UnitKind;
use crate::domain::report::ReportKey;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::{Catalogue, Form};
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::target_rule::{Comparator, Expr, FormRuleExpr, TermSign};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days of the long outage.
const LONG_OFFLINE_DAYS: i32 = 21;

/// A planted wrong figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedError {
    /// The cell.
    pub element: ElementCode,
    /// The typed value: ten times the true one, as when a digit is hit twice.
    pub typed: i64,
    /// Whether the reviewer notices it and returns the report.
    pub is_noticed: bool,
}

/// A concurrent edit of one report on two phones of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConcurrentEdit {
    /// Each phone fills in other cells; the server merges.
    Merge,
    /// Both phones fill in one cell with different values; a person settles the conflict.
    Conflict,
}

/// The planned course of one sheet.
#[derive(Debug, Clone)]
pub struct SheetPlan {
    /// The report.
    pub key: ReportKey,
    /// Code of the contract.
    pub contract: String,
    /// The first day on which it is late.
    pub due: Date,
    /// The true values, in the order of the form.
    pub truth: Vec<(ElementCode, i64)>,
    /// Those of its elements that are no counts of events: stocks and attestations.
    pub standing_elements: Vec<ElementCode>,
    /// The day on which it is to be sent; `None`: never.
    pub send_day: Option<Date>,
    /// A planted error.
    pub planted_error: Option<PlantedError>,
    /// Whether the sheet is sent a second time by mistake.
    pub sent_twice: bool,
    /// Whether the reviewer returns it with a question although nothing is wrong.
    pub is_questioned: bool,
    /// A concurrent edit on two phones.
    pub concurrent_edit: Option<ConcurrentEdit>,
}

impl SheetPlan {
    /// The values that are typed first.
    #[must_use]
    pub fn typed_values(&self) -> Vec<(ElementCode, i64)> {
        let typed = |(code, truth): &(ElementCode, i64)| match &self.planted_error {
            Some(error) if error.element == *code => (code.clone(), error.typed),
            Some(_) | None => (code.clone(), *truth),
        };
        self.truth.iter().map(typed).collect()
    }

    /// Whether all values are zero.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.truth.iter().all(|(_, value)| *value == 0)
    }
}

/// A phone with its offline periods.
#[derive(Debug, Clone)]
pub struct DemoDevice {
    /// The unit it is bound to on the first day.
    pub unit: UnitId,
    /// Uid of the unit.
    pub uid: String,
    /// 1, or 2 for a second phone.
    pub number: u8,
    /// Days offline.
    pub offline: Vec<DateWindow>,
}

impl DemoDevice {
    /// Whether it is online on `day`.
    #[must_use]
    pub fn is_online(&self, day: Date) -> bool {
        !self.offline.iter().any(|window| window.contains(day))
    }
}

impl Province {
    /// Every sheet whose period is over within the first `steps` steps, by contract, unit and day.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn plan_sheets(&self, steps: u8) -> Result<Vec<SheetPlan>, UnknownCalendar> {
        let end = self.simulated_end(steps);
        let owed = compute_expectations(
            &self.org,
            &self.calendars,
            &self.catalogue.contracts,
            self.campaign.legal_window,
        )?;
        let over = owed.into_iter().filter(|expected| expected.whole_period.end <= end);
        let mut plans: Vec<SheetPlan> =
            over.filter_map(|expected| self.plan_sheet(&expected)).collect();
        self.plant_concurrent_edits(&mut plans);
        Ok(plans)
    }

    fn plan_sheet(&self, expected: &Expectation) -> Option<SheetPlan> {
        let contract =
            self.catalogue.contracts.iter().find(|contract| contract.id() == expected.contract)?;
        let form = self.catalogue.form(&contract.form)?;
        let unit = self.org.unit(expected.unit)?;
        let start = expected.period.start.to_string();
        let mut rng = Rng::named_stream(self.seed, &["plan", &contract.code, &unit.uid, &start]);
        let truth = self.true_values(form, expected)?;
        let late = |rng: &mut Rng| rng.lognormal(1.5, 0.8).min(12.0) as i32;
        let send = match rng.next_f64() {
            sure if sure < 0.90 => Some(expected.whole_period.last_day()),
            late_share if late_share < 0.98 => {
                Some(expected.due_day.saturating_add(late(&mut rng).days()))
            }
            _ => None,
        };
        let is_silent = self.plan.habits.silent_unit == Some(unit.uid.as_str());
        let send = send.filter(|_| !is_silent);
        let planted_error = if rng.next_bool(0.005) {
            draw_planted_error(&self.catalogue, form, &truth, &mut rng)
        } else {
            None
        };
        Some(SheetPlan {
            key: expected.report_key(),
            contract: contract.code.clone(),
            due: expected.due_day,
            standing_elements: self.standing_elements(form),
            truth,
            send_day: send,
            planted_error,
            sent_twice: rng.next_bool(0.003),
            is_questioned: rng.next_bool(0.01),
            concurrent_edit: None,
        })
    }

    fn standing_elements(&self, form: &Form) -> Vec<ElementCode> {
        let stands = |code: &&ElementCode| {
            self.catalogue.element(code).is_some_and(|element| element.kind != ElementKind::Flow)
        };
        form.elements.iter().filter(stands).cloned().collect()
    }

    fn true_values(&self, form: &Form, expected: &Expectation) -> Option<Vec<(ElementCode, i64)>> {
        let window = DateWindow::new(expected.period.start, expected.period.end)?;
        let value = |code: &ElementCode| {
            let stock = self
                .catalogue
                .element(code)
                .is_some_and(|element| element.kind == ElementKind::Stock);
            let value = if stock {
                self.ground_truth.stock_at_end_of(expected.unit, code, window.last_day())
            } else {
                self.ground_truth.flow_total(expected.unit, code, window)
            };
            (code.clone(), value)
        };
        Some(form.elements.iter().map(value).collect())
    }

    /// Plans one concurrent edit for each commune with two phones.
    fn plant_concurrent_edits(&self, plans: &mut [SheetPlan]) {
        let habits = &self.plan.habits;
        let (first, every) = habits.concurrent_steps;
        let edits = habits.concurrent_edits.iter().zip(0..);
        for (uid, (edit, at)) in self.units_with_second_phone().into_iter().zip(edits) {
            let (unit, start) = (UnitId::from_code(&uid), self.step_day(first + every * at, 0));
            let of_step = |plan: &&mut SheetPlan| {
                plan.key.unit == unit
                    && plan.key.period.start == start
                    && plan.contract == habits.concurrent_contract
            };
            if let Some(plan) = plans.iter_mut().find(of_step) {
                plan.send_day = Some(plan.due.saturating_sub(2.days()));
                plan.planted_error = None;
                plan.concurrent_edit = Some(*edit);
            }
        }
    }

    /// The day with this number, from 0, of a step.
    fn step_day(&self, step: i32, day: i32) -> Date {
        let first = self.campaign.measurement_window.start;
        first.saturating_add(self.plan.step.span(step)).saturating_add(day.days())
    }

    /// The communes with two phones: those with most events that stay open to the end.
    fn units_with_second_phone(&self) -> Vec<String> {
        let last = self.simulated_end(self.plan.steps_max);
        let is_silent = |uid: &str| self.plan.habits.silent_unit == Some(uid);
        let stays =
            |place: &&DemoCommune| self.org.is_open_on(place.unit, last) && !is_silent(&place.uid);
        let mut places: Vec<_> = self.communes.iter().filter(stays).collect();
        places.sort_by(|a, b| b.share.total_cmp(&a.share));
        let count = self.plan.habits.concurrent_edits.len();
        places.into_iter().take(count).map(|place| place.uid.clone()).collect()
    }

    /// Every phone: one for each commune, district and department, and the second ones.
    #[must_use]
    pub fn devices(&self, steps: u8) -> Vec<DemoDevice> {
        let first = self.campaign.measurement_window.start;
        let reports = [UnitKind::Commune, UnitKind::District, UnitKind::Department];
        let units: BTreeMap<&str, UnitId> = reports
            .iter()
            .flat_map(|kind| self.org.units_of_kind_on(*kind, first))
            .map(|unit| (unit.uid.as_str(), unit.id))
            .collect();
        let seconds = self.units_with_second_phone();
        let silent = self.long_offline_units();
        let mut devices = Vec::new();
        for (uid, unit) in units {
            for no in 1..=1 + u8::from(seconds.iter().any(|second| second == uid)) {
                let offline =
                    self.offline_windows(uid, no, steps, silent.iter().any(|silent| silent == uid));
                devices.push(DemoDevice { unit, uid: uid.to_owned(), number: no, offline });
            }
        }
        devices
    }

    fn long_offline_units(&self) -> Vec<String> {
        let mut rng = Rng::named_stream(self.seed, &["silent"]);
        let seconds = self.units_with_second_phone();
        let mut left: Vec<&str> = self.communes.iter().map(|place| place.uid.as_str()).collect();
        left.retain(|uid| !seconds.iter().any(|second| second == uid));
        let count = self.plan.habits.long_offline_units.min(left.len());
        (0..count).map(|_| left.swap_remove(rng.next_below(left.len())).to_owned()).collect()
    }

    /// The offline periods: short ones in some steps, and with `silent` three weeks.
    fn offline_windows(&self, uid: &str, no: u8, steps: u8, silent: bool) -> Vec<DateWindow> {
        let mut rng = Rng::named_stream(self.seed, &["signal", uid, &no.to_string()]);
        let habits = &self.plan.habits;
        let steps = (0..i32::from(steps)).filter(|_| rng.next_bool(habits.short_offline));
        let steps: Vec<i32> = steps.collect();
        let (from, to) = habits.short_offline_days;
        let short = steps
            .into_iter()
            .filter_map(|step| DateWindow::new(self.step_day(step, from), self.step_day(step, to)));
        let (step, day) = habits.long_offline_from;
        let days = (self.step_day(step, day), self.step_day(step, day + LONG_OFFLINE_DAYS));
        let long = silent.then(|| DateWindow::new(days.0, days.1)).flatten();
        short.chain(long).collect()
    }
}

/// A figure ten times too high that neither the range nor the form's rules refuse.
fn draw_planted_error(
    catalogue: &Catalogue,
    form: &Form,
    truth: &[(ElementCode, i64)],
    rng: &mut Rng,
) -> Option<PlantedError> {
    let noticed = rng.next_bool(0.85);
    let slips =
        truth.iter().filter(|(_, value)| *value > 0).map(|(code, value)| (code, value * 10));
    let fits = |(code, typed): &(&ElementCode, i64)| {
        let value = |of: &ElementCode| {
            if of == *code {
                *typed
            } else {
                truth.iter().find(|(code, _)| code == of).map_or(0, |(_, value)| *value)
            }
        };
        catalogue.element(code).is_some_and(|element| element.is_in_range(*typed))
            && form.rules.iter().all(|rule| rule_holds(rule, value))
    };
    let mut can: Vec<_> = slips.filter(fits).collect();
    if can.is_empty() {
        return None;
    }
    let (element, typed) = can.swap_remove(rng.next_below(can.len()));
    Some(PlantedError { element: element.clone(), typed, is_noticed: noticed })
}

fn rule_holds(rule: &FormRuleExpr, value: impl Fn(&ElementCode) -> i64) -> bool {
    let sum = |expr: &Expr| -> i64 {
        let signed = |(sign, code): (TermSign, &ElementCode)| match sign {
            TermSign::Plus => value(code),
            TermSign::Minus => -value(code),
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
