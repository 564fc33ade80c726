//! The opening balance of a successor against what its predecessors said last. A difference is a
//! question to the successor; no sum reads an opening balance.
//!
//! ```text
//!  A said 11, B 8 on 30 April      C = A + B opens with 19 on 1 May: no question
//!                                  C opens with 12: is it 12, or 19?
//! ```

use super::rules::RuleContext;
use super::series::ElementSeries;
use super::series_checks::RuleTest;
use crate::domain::org::{HandoverLine, UnitLineage};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use jiff::civil::Date;
use std::collections::BTreeMap;

impl RuleContext<'_> {
    /// The newest period that began with a succession or a hand-over. No test without the opening
    /// balance or without the last word of one who gave.
    pub(super) fn check_opening(&self, series: &ElementSeries) -> Option<RuleTest> {
        let stock = self.input.catalogue.element(&series.element)?.opening_of.as_ref()?;
        let (point, shares) = series.points.iter().rev().find_map(|point| {
            let shares = self.shares_taken(series.unit, stock, point.window.start);
            (!shares.is_empty()).then_some((point, shares))
        })?;
        let (said, day) = (point.value?, point.window.start);
        let mut closing = Ratio::ZERO;
        for (from, weight) in self.with_own_share(shares, series.unit, day) {
            closing =
                closing.checked_add(self.taken_from(from, weight, series.unit, stock, day)?)?;
        }
        let difference = Ratio::from_integer(said).checked_sub(closing)?;
        // A share may leave a part of one; only a whole one is a difference.
        let unusual = difference >= Ratio::ONE || difference <= Ratio::ONE.checked_neg()?;
        let closing = closing.checked_add(Ratio::new(1, 2)?)?.floor();
        let evidence = vec![i64::try_from(closing).ok()?, said];
        Some(RuleTest { unusual, ..RuleTest::without_chance(point.window, evidence, 100) })
    }

    /// Who gave to the unit on this day, with the share by lineage; a share of 0 where only a
    /// hand-over says how much.
    fn shares_taken(
        &self,
        unit: UnitId,
        stock: &ElementCode,
        day: Date,
    ) -> BTreeMap<UnitId, Ratio> {
        let lines = self.input.org.lineage_to(unit);
        let lines = lines.filter(|line| line.kind.is_succession() && line.effective_day == day);
        let share = |line: &UnitLineage| Ratio::new(line.weight.num(), line.weight.den());
        let mut shares: BTreeMap<UnitId, Ratio> =
            lines.filter_map(|line| Some((line.from, share(line)?))).collect();
        for line in self.handed_over(stock, day).filter(|line| line.to == unit) {
            shares.entry(line.from).or_insert(Ratio::ZERO);
        }
        shares
    }

    /// The same with the unit itself, which keeps what it had if it was there before.
    fn with_own_share(
        &self,
        mut shares: BTreeMap<UnitId, Ratio>,
        unit: UnitId,
        day: Date,
    ) -> BTreeMap<UnitId, Ratio> {
        if self.input.org.unit(unit).is_some_and(|unit| unit.lifetime().from < day) {
            shares.entry(unit).or_insert(Ratio::ONE);
        }
        shares
    }

    /// What the unit took from another one: by the signed hand-over of that day if there is one,
    /// else by its share of what the other one said last. `None`: it said nothing.
    fn taken_from(
        &self,
        from: UnitId,
        weight: Ratio,
        unit: UnitId,
        stock: &ElementCode,
        day: Date,
    ) -> Option<Ratio> {
        let mut given = self.handed_over(stock, day).filter(|line| line.from == from).peekable();
        if given.peek().is_some() {
            let amounts = given.filter(|line| line.to == unit).map(|line| line.amount);
            return Some(Ratio::from_integer(amounts.sum()));
        }
        let series = self.find_series(from, stock.as_str())?;
        let last = series.points.iter().find(|point| point.window.end == day)?;
        Ratio::from_integer(last.value?).checked_mul(weight)
    }

    /// The signed lines of a stock on a day.
    fn handed_over<'a>(
        &'a self,
        stock: &'a ElementCode,
        day: Date,
    ) -> impl Iterator<Item = &'a HandoverLine> {
        let signed = self.input.handovers.iter().filter(move |one| one.effective_day == day);
        signed.flat_map(move |one| one.lines_of(stock))
    }
}
