//! Stocks (M1): the level at the end of the last day judged, from what each unit alive on that day
//! said of its last due period.
//!
//! ```text
//!  A said 11 ─┐                 C says 19: the stock is 19, never 30
//!  B said 8 ──┴─> C in May      C is silent: one missing report, expected 11 + 8
//!  E said 30 ───> dissolved, and no unit alive owes the element: 30 stays as missing
//!  D said 30 ───> alive, the element moved to the communes:      30 stays as missing
//! ```
//!
//! The view decides only on whose sums a unit's stock stands. A word is stale if it is of an
//! earlier period, or was said before the unit took in or gave away others, by lineage or by a
//! signed hand-over. A hand-over says the amounts that lineage only lets one expect.

use super::expected::{inherited_base, lower_median, to_weight};
use super::{CampaignTotals, ContractLayout, TrackedReport};
use crate::domain::org::{HandoverLine, Org, Unit, UnitLineage};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::aggregate::{ElementSum, StandingInput};
use crate::domain::standing::attribution::{Attribution, FigureAttribution};
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::MissingReports;
use jiff::civil::Date;

/// A unit that owes a stock on the last day judged, or whose stock nobody alive owes in its place.
struct StockHolder {
    unit: UnitId,
    /// The day from which it owes the element no more, and no unit owes it in its place.
    ended: Option<Date>,
    attribution: FigureAttribution,
    /// Index in `tracked` of its last due report.
    last_report: Option<usize>,
}

/// A stock on a form.
#[derive(Clone, Copy)]
struct StockColumn<'a> {
    element: &'a ElementCode,
    /// Its place on the form.
    nth: usize,
    /// Index in the catalogue.
    column: usize,
    /// Decimals of its stored values.
    scale: u8,
}

impl StockColumn<'_> {
    fn natural(self, stored: i64) -> Option<Ratio> {
        Ratio::from_scaled(stored, self.scale)
    }
}

/// The stock of one holder in one column.
pub(in crate::domain::standing) struct StockWord {
    /// Index in `tracked` of the report whose figure counts; `None` if the holder has no current
    /// word.
    pub(in crate::domain::standing) report: Option<usize>,
    /// Index in the catalogue.
    pub(in crate::domain::standing) column: usize,
    /// The units whose sums it stands in.
    pub(in crate::domain::standing) rows: Vec<usize>,
    sum: ElementSum,
}

impl CampaignTotals {
    /// Computes every stock anew.
    pub(super) fn settle_stocks(&mut self, input: &StandingInput<'_>) {
        for window in 0..self.windows.len() {
            let (words, indeterminate) = self.stock_words(input, window);
            let sums = &mut self.windows[window].1;
            for layout in &self.layouts {
                for one in layout.columns.iter().filter(|one| one.stock) {
                    sums.clear_column(one.column);
                }
            }
            for (layout, units) in &indeterminate {
                sums.add_indeterminate(&self.layouts[*layout].code, ElementKind::Stock, units);
            }
            for word in &words {
                sums.apply_sum(&word.rows, word.column, word.sum, true);
            }
        }
    }

    /// The stocks of one window, and by layout the units whose share of them the view cannot
    /// determine.
    pub(in crate::domain::standing) fn stock_words(
        &self,
        input: &StandingInput<'_>,
        window: usize,
    ) -> (Vec<StockWord>, Vec<(usize, Vec<UnitId>)>) {
        let attribution = Attribution::new(input);
        let (mut words, mut indeterminate) = (Vec::new(), Vec::new());
        for at in 0..self.layouts.len() {
            if !self.layouts[at].columns.iter().any(|one| one.stock) {
                continue;
            }
            let days = self.windows[window].0.window;
            let through = self.windows[window].1.through(&self.layouts[at].code);
            let Some(end) = through.map(|end| end.min(days.end)).filter(|end| days.start < *end)
            else {
                continue;
            };
            let stocks = LayoutStocks {
                totals: self,
                input,
                attribution: &attribution,
                layout: at,
                window: days,
                end,
            };
            let holders = stocks.list_holders();
            for holder in &holders {
                indeterminate.push((at, holder.attribution.indeterminate_units.clone()));
            }
            stocks.add_words(&holders, &mut words);
        }
        (words, indeterminate)
    }
}

/// The stocks reported under one contract, by the end of one day.
struct LayoutStocks<'a> {
    totals: &'a CampaignTotals,
    input: &'a StandingInput<'a>,
    attribution: &'a Attribution<'a>,
    layout: usize,
    window: DateWindow,
    /// The day after the last one judged.
    end: Date,
}

impl LayoutStocks<'_> {
    fn layout(&self) -> &ContractLayout {
        &self.totals.layouts[self.layout]
    }

    fn last_day(&self) -> Date {
        self.end.yesterday().unwrap_or(self.end)
    }

    fn list_holders(&self) -> Vec<StockHolder> {
        let (org, day) = (self.input.org, self.last_day());
        let mut holders = Vec::new();
        for unit in org.units() {
            let Some(range) = self.totals.range_by_unit.get(&(self.layout, unit.id)) else {
                continue;
            };
            let last_report =
                range.clone().rev().find(|at| self.totals.tracked[*at].end <= self.end);
            let Some(owed_until) = self.owed_until(unit) else { continue };
            if owed_until == self.end {
                let attribution = self.attribution.of_figure(unit.id, day);
                holders.push(StockHolder { unit: unit.id, ended: None, attribution, last_report });
            } else if (last_report.is_some() || self.has_taken(unit.id))
                && !self.has_heir(unit.id, owed_until, org.lineage().len())
            {
                let (ended, attribution) = (Some(owed_until), self.attribute_ended(unit));
                holders.push(StockHolder { unit: unit.id, ended, attribution, last_report });
            }
        }
        holders
    }

    /// The day after the last one, up to the last day judged, on which the unit owes the element.
    fn owed_until(&self, unit: &Unit) -> Option<Date> {
        let past = DateWindow { start: Date::MIN, end: self.end };
        unit.days_at_level(&self.layout().levels, past).map(|owed| owed.end).max()
    }

    /// Whether a unit took this one over on `since` or later and owed the element from then on, or
    /// has such an heir.
    fn has_heir(&self, unit: UnitId, since: Date, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        let org = self.input.org;
        let lines = org.lineage_from(unit).filter(|line| line.kind.is_succession());
        let mut lines = lines.filter(|line| {
            line.to != unit && since <= line.effective_day && line.effective_day < self.end
        });
        lines.any(|line| {
            let day = line.effective_day;
            let owed_until = org.unit(line.to).and_then(|heir| self.owed_until(heir));
            owed_until.is_some_and(|until| day < until) || self.has_heir(line.to, day, steps)
        })
    }

    /// The units above an ended one: those of its last day that are still there; in a view of one
    /// day those that have its figures.
    fn attribute_ended(&self, unit: &Unit) -> FigureAttribution {
        let (org, day) = (self.input.org, self.last_day());
        let (unit, end) = (unit.id, unit.lifetime().to);
        if day < end {
            return self.attribution.of_figure(unit, day);
        }
        let last = end.yesterday().unwrap_or(end).min(day);
        if self.input.view.structure_day().is_some() {
            return self.attribution.of_figure(unit, last);
        }
        let above = org.ancestors(unit, crate::domain::org::Hierarchy::Command, last);
        let owner = self.attribution.legacy_owner();
        let still = above.into_iter().find(|one| org.is_open_on(*one, day) || Some(*one) == owner);
        match still {
            Some(above) if Some(above) == owner => {
                FigureAttribution { counting_units: vec![above], ..FigureAttribution::default() }
            }
            Some(above) => self.attribution.of_figure(above, day),
            None => FigureAttribution::default(),
        }
    }

    fn add_words(&self, holders: &[StockHolder], words: &mut Vec<StockWord>) {
        for (nth, one) in self.layout().columns.iter().enumerate().filter(|(_, one)| one.stock) {
            let element = &self.input.catalogue.elements[one.column];
            let (element, scale) = (&element.code, element.scale);
            let column = StockColumn { element, nth, column: one.column, scale };
            let owing = holders.iter();
            let owing = owing.filter(|one| one.ended.is_none() || !self.has_given_all(one, column));
            let holders: Vec<&StockHolder> = owing.collect();
            let current: Vec<Option<i64>> =
                holders.iter().map(|holder| self.current_word(holder, column)).collect();
            let said = current.iter().flatten();
            let median = lower_median(said.filter_map(|word| column.natural(*word)).collect());
            for (holder, word) in holders.iter().zip(current) {
                let sum = match word {
                    Some(value) => said_sum(value, column.natural(value)),
                    None => {
                        missing_sum(self.expected(holder, column, median), holder.ended.is_some())
                    }
                };
                words.push(StockWord {
                    report: holder.last_report.filter(|_| word.is_some()),
                    column: one.column,
                    rows: self.totals.rows_of(&holder.attribution.counting_units),
                    sum,
                });
            }
        }
    }

    /// The figure of the holder's last due period, if it was said since the holder last took in or
    /// gave away other units.
    fn current_word(&self, holder: &StockHolder, column: StockColumn<'_>) -> Option<i64> {
        let report = &self.totals.tracked[holder.last_report?];
        let last_change = self.last_change(holder.unit, self.last_day(), column);
        let is_current = holder.ended.is_none() && last_change.is_none_or(|day| day < report.end);
        report.official_figure(column.nth).filter(|_| is_current)
    }

    /// The last day, up to `day`, on which the unit took in or gave away others, or their stock.
    fn last_change(&self, unit: UnitId, day: Date, column: StockColumn<'_>) -> Option<Date> {
        let handed = self.input.handovers.iter().filter(|one| one.effective_day <= day);
        let handed = handed.filter(|one| {
            one.lines_of(column.element).any(|line| line.from == unit || line.to == unit)
        });
        let handed = handed.map(|one| one.effective_day).max();
        handed.max(last_succession(self.input.org, unit, day))
    }

    /// The lines of the element in the hand-overs of one day.
    fn handed_on(&self, day: Date, column: StockColumn<'_>) -> Vec<&HandoverLine> {
        let of_day = self.input.handovers.iter().filter(|one| one.effective_day == day);
        let lines = of_day.flat_map(|one| &one.lines);
        lines.filter(|line| line.element == *column.element).collect()
    }

    /// Whether a hand-over in or after the last period of an ended unit, up to the last day judged,
    /// names who holds its stock.
    fn has_given_all(&self, holder: &StockHolder, column: StockColumn<'_>) -> bool {
        let unit = holder.unit;
        let since = holder.last_report.map_or(Date::MIN, |at| self.totals.tracked[at].start);
        let past = self.input.handovers.iter();
        let past = past.filter(|one| since < one.effective_day && one.effective_day < self.end);
        let mut lines = past.flat_map(|one| one.lines_of(column.element));
        lines.any(|line| line.from == unit && line.to != unit)
    }

    /// Whether the unit took a stock over up to the last day judged.
    fn has_taken(&self, unit: UnitId) -> bool {
        let past = self.input.handovers.iter().filter(|one| one.effective_day < self.end);
        past.flat_map(|one| &one.lines).any(|line| line.to == unit)
    }

    /// The level to expect of a holder without a current word; of an ended one that of its end.
    fn expected(
        &self,
        holder: &StockHolder,
        column: StockColumn<'_>,
        median: Option<Ratio>,
    ) -> Ratio {
        let steps = self.input.org.lineage().len() + self.input.handovers.len() + 1;
        self.estimate(holder.unit, holder.ended.unwrap_or(self.end), column, steps)
            .or_else(|| self.base(holder.unit, column))
            .or(median)
            .unwrap_or(Ratio::ONE)
    }

    /// The stock of the unit at the same time a year before.
    fn base(&self, unit: UnitId, column: StockColumn) -> Option<Ratio> {
        let element = &self.input.catalogue.elements[column.column];
        let past = self.window.one_year_earlier();
        let window = DateWindow::new(past.start, past.end.min(self.window.start))?;
        inherited_base(self.input, element, unit, window)
    }

    /// What `unit` is likely to have before `end`: its last word, and what it has taken in or given
    /// away since. `None` if nothing was ever said of it.
    fn estimate(
        &self,
        unit: UnitId,
        end: Date,
        column: StockColumn<'_>,
        steps: usize,
    ) -> Option<Ratio> {
        let steps = steps.checked_sub(1)?;
        let org = self.input.org;
        let own = self.last_word(unit, end, column);
        let day = end.yesterday().ok()?;
        let changed = self
            .last_change(unit, day, column)
            .filter(|changed| own.is_none_or(|(said_until, _)| said_until <= *changed));
        let Some(changed) = changed else { return own.map(|(_, word)| word) };
        let handed = self.handed_on(changed, column);
        let mut parts: Vec<Option<Ratio>> = Vec::new();
        let taken = handed.iter().filter(|line| line.to == unit);
        parts.extend(taken.map(|line| column.natural(line.amount)));
        let has_given = |unit: UnitId| handed.iter().any(|line| line.from == unit);
        let inherited = org.lineage_to(unit).filter(|line| is_succession_on(line, changed));
        let inherited = inherited.filter(|line| line.from != unit && !has_given(line.from));
        parts.extend(inherited.map(|line| self.estimate_share(line, changed, column, steps)));
        if !has_given(unit) {
            parts.push(self.estimate_kept(unit, changed, column, steps));
        }
        sum_of_known(parts)
    }

    /// What the unit is likely to have kept on a day on which its lineage, or its stock, changed.
    fn estimate_kept(
        &self,
        unit: UnitId,
        changed: Date,
        column: StockColumn<'_>,
        steps: usize,
    ) -> Option<Ratio> {
        let given = self.input.org.lineage_from(unit);
        let mut given = given.filter(|line| is_succession_on(line, changed)).peekable();
        if given.peek().is_none() {
            return self.estimate(unit, changed, column, steps);
        }
        let kept = given.find(|line| line.to == unit)?;
        self.estimate_share(kept, changed, column, steps)
    }

    fn estimate_share(
        &self,
        line: &UnitLineage,
        changed: Date,
        column: StockColumn<'_>,
        steps: usize,
    ) -> Option<Ratio> {
        let weight = Ratio::new(line.weight.num(), line.weight.den())?;
        self.estimate(line.from, changed, column, steps)?.checked_mul(weight)
    }

    /// The last accepted figure of a unit before `end`, with the day after its period.
    fn last_word(&self, unit: UnitId, end: Date, column: StockColumn<'_>) -> Option<(Date, Ratio)> {
        let range = self.totals.range_by_unit.get(&(self.layout, unit))?.clone();
        let reports = range.rev().map(|at| &self.totals.tracked[at]);
        let mut said = reports.filter(|report| report.end <= end);
        said.find_map(|report: &TrackedReport| {
            Some((report.end, column.natural(report.official_figure(column.nth)?)?))
        })
    }
}

/// The sum of the parts that are known; `None` if none is.
fn sum_of_known(parts: Vec<Option<Ratio>>) -> Option<Ratio> {
    let mut known = parts.into_iter().flatten();
    let first = known.next()?;
    known.try_fold(first, Ratio::checked_add)
}

fn is_succession_on(line: &UnitLineage, day: Date) -> bool {
    line.kind.is_succession() && line.effective_day == day
}

/// The last day, up to `day`, on which the unit took in or gave away other units.
fn last_succession(org: &Org, unit: UnitId, day: Date) -> Option<Date> {
    let lines = org.lineage_to(unit).chain(org.lineage_from(unit));
    let past = lines.filter(|line| line.kind.is_succession() && line.effective_day <= day);
    past.map(|line| line.effective_day).max()
}

fn said_sum(value: i64, natural: Option<Ratio>) -> ElementSum {
    let weight = to_weight(natural.unwrap_or(Ratio::ZERO));
    ElementSum {
        value: i128::from(value),
        figure_count: 1,
        due_weight: weight,
        accepted_weight: weight,
        ..ElementSum::default()
    }
}

fn missing_sum(expected: Ratio, ended: bool) -> ElementSum {
    let missing = MissingReports::default().with_report(expected);
    ElementSum {
        missing: MissingReports { ended_holders: u32::from(ended), ..missing },
        due_weight: to_weight(expected),
        ..ElementSum::default()
    }
}
