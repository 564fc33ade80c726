//! How the people of the synthetic province report: late sheets, phones offline, typing errors,
//! sheets never sent.
//!
//! Nine in ten sheets come on time, most of the rest late, two in a hundred never. Each phone is
//! offline now and then, fourteen of them for three weeks.

use super::Province;
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

/// Communes with a second phone.
pub(crate) const SECOND_PHONE_COUNT: usize = 5;
/// Phones that are offline for three weeks.
const LONG_OFFLINE_COUNT: usize = 14;
/// The weeks of the long outage, from 0, the second exclusive.
const LONG_OFFLINE_WEEKS: (i32, i32) = (5, 8);

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
    /// The first day after `weeks` weeks of the campaign.
    #[must_use]
    pub fn simulated_end(&self, weeks: u8) -> Date {
        self.campaign.measurement_window.start.saturating_add(i32::from(weeks).weeks())
    }

    /// Every sheet that falls due within the first `weeks` weeks, by contract, unit and day.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn plan_sheets(&self, weeks: u8) -> Result<Vec<SheetPlan>, UnknownCalendar> {
        let end = self.simulated_end(weeks);
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
        let planted_error = if rng.next_bool(0.005) {
            draw_planted_error(&self.catalogue, form, &truth, &mut rng)
        } else {
            None
        };
        Some(SheetPlan {
            key: expected.report_key(),
            contract: contract.code.clone(),
            due: expected.due_day,
            truth,
            send_day: send,
            planted_error,
            sent_twice: rng.next_bool(0.003),
            is_questioned: rng.next_bool(0.01),
            concurrent_edit: None,
        })
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

    /// Plans one concurrent edit for each commune with two phones: three merge, two conflict, three
    /// weeks apart.
    fn plant_concurrent_edits(&self, plans: &mut [SheetPlan]) {
        let week = |at: usize| {
            self.campaign.measurement_window.start.saturating_add((2 + 3 * at as i32).weeks())
        };
        for (at, uid) in self.units_with_second_phone().into_iter().enumerate() {
            let unit = UnitId::from_code(&uid);
            let of_week = |plan: &&mut SheetPlan| {
                plan.key.unit == unit
                    && plan.key.period.start == week(at)
                    && plan.contract == "tuan-xa"
            };
            if let Some(plan) = plans.iter_mut().find(of_week) {
                plan.send_day = Some(plan.due.saturating_sub(2.days()));
                plan.planted_error = None;
                plan.concurrent_edit =
                    Some(if at < 3 { ConcurrentEdit::Merge } else { ConcurrentEdit::Conflict });
            }
        }
    }

    /// The communes with two phones: those with most events that stay open to the end.
    fn units_with_second_phone(&self) -> Vec<String> {
        let last = self.simulated_end(super::WEEKS_MAX);
        let stays = |unit: UnitId| self.org.is_open_on(unit, last);
        let mut places: Vec<_> = self.communes.iter().filter(|place| stays(place.unit)).collect();
        places.sort_by(|a, b| b.share.total_cmp(&a.share));
        places.into_iter().take(SECOND_PHONE_COUNT).map(|place| place.uid.clone()).collect()
    }

    /// Every phone: one for each commune, district and department, and the second ones.
    #[must_use]
    pub fn devices(&self, weeks: u8) -> Vec<DemoDevice> {
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
                    self.offline_windows(uid, no, weeks, silent.iter().any(|silent| silent == uid));
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
        let count = LONG_OFFLINE_COUNT.min(left.len());
        (0..count).map(|_| left.swap_remove(rng.next_below(left.len())).to_owned()).collect()
    }

    /// The offline periods: some weeks from Saturday to Tuesday, and with `silent` three weeks.
    fn offline_windows(&self, uid: &str, no: u8, weeks: u8, silent: bool) -> Vec<DateWindow> {
        let mut rng = Rng::named_stream(self.seed, &["signal", uid, &no.to_string()]);
        let first = self.campaign.measurement_window.start;
        let day =
            |week: i32, day: i32| first.saturating_add(week.weeks()).saturating_add(day.days());
        let short = (0..i32::from(weeks)).filter(|_| rng.next_bool(0.03)).collect::<Vec<_>>();
        let short =
            short.into_iter().filter_map(|week| DateWindow::new(day(week, 5), day(week, 9)));
        let long = silent
            .then(|| DateWindow::new(day(LONG_OFFLINE_WEEKS.0, 0), day(LONG_OFFLINE_WEEKS.1, 0)))
            .flatten();
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
