//! Handover of stocks (bàn giao) when units close: the amounts given must equal the amounts
//! received.

use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use std::collections::{BTreeMap, BTreeSet};

/// A stock of one element at one unit.
pub type Stocks = BTreeMap<(UnitId, ElementCode), i64>;

/// One line of a handover: an amount of a stock goes from one unit to another. A unit that
/// continues with its own stock has a line to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverLine {
    /// The giving unit.
    pub from: UnitId,
    /// The receiving unit.
    pub to: UnitId,
    /// The element of the stock.
    pub element: ElementCode,
    /// The scaled amount; not negative.
    pub amount: i64,
}

/// The side of an imbalance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HandoverSide {
    /// Closing stock against the amounts given.
    Out,
    /// Amounts received against the opening stock.
    In,
}

/// A handover that does not balance at one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverImbalance {
    /// The unit.
    pub unit: UnitId,
    /// The element of the stock.
    pub element: ElementCode,
    /// The side.
    pub side: HandoverSide,
    /// The stock stated by the unit, closing or opening; `None` if it states none.
    pub stated: Option<i64>,
    /// The sum of the lines.
    pub transferred: i64,
}

impl HandoverImbalance {
    /// The violation; `name` is the name of the unit.
    #[must_use]
    pub fn to_violation(&self, name: &str) -> Violation {
        let stated = self.stated.map_or_else(|| "—".to_owned(), |stock| stock.to_string());
        let (element, transferred) = (&self.element, self.transferred);
        let message = match self.side {
            HandoverSide::Out => {
                message!("handover-closing-stock-but-handed", name, element, stated, transferred)
            }
            HandoverSide::In => {
                message!("handover-taken-but-opening-stock", name, element, transferred, stated)
            }
        };
        Violation::error("HANDOVER_DOES_NOT_BALANCE", format!("handover.{element}"), message)
    }
}

/// Every unit and element whose lines do not equal the closing or the opening stock. An empty
/// result means Σ closing = Σ given = Σ received = Σ opening for each element.
#[must_use]
pub fn check_handover(
    closing: &Stocks,
    lines: &[HandoverLine],
    opening: &Stocks,
) -> Vec<HandoverImbalance> {
    let mut out = Stocks::new();
    let mut received = Stocks::new();
    for line in lines {
        *out.entry((line.from, line.element.clone())).or_default() += line.amount;
        *received.entry((line.to, line.element.clone())).or_default() += line.amount;
    }
    let mut imbalances = find_imbalances(HandoverSide::Out, closing, &out);
    imbalances.extend(find_imbalances(HandoverSide::In, opening, &received));
    imbalances
}

fn find_imbalances(
    side: HandoverSide,
    stated: &Stocks,
    transferred: &Stocks,
) -> Vec<HandoverImbalance> {
    let keys: BTreeSet<_> = stated.keys().chain(transferred.keys()).collect();
    let differs = |key: &(UnitId, ElementCode)| {
        let (stated, transferred) =
            (stated.get(key).copied(), transferred.get(key).copied().unwrap_or(0));
        let imbalance =
            || HandoverImbalance { unit: key.0, element: key.1.clone(), side, stated, transferred };
        (stated.unwrap_or(0) != transferred || stated.is_none()).then(imbalance)
    };
    keys.into_iter().filter_map(differs).collect()
}

/// The movement of a stock over one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockFlow {
    /// Stock at the beginning.
    pub opening: i64,
    /// Added.
    pub inflow: i64,
    /// Removed.
    pub outflow: i64,
}

impl StockFlow {
    /// opening + in − out; `None` beyond 64 bits.
    #[must_use]
    pub fn closing_stock(&self) -> Option<i64> {
        self.opening.checked_add(self.inflow)?.checked_sub(self.outflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn i10_a_handover_balances_exactly_until_a_single_figure_is_altered(
            amounts in prop::collection::vec((0_u8..6, 6_u8..9, 0_i64..200), 1..12),
            planted in 0_usize..12, by in prop_oneof![-50_i64..0, 1_i64..50],
        ) {
            let element = ElementCode::new("suspended_cases").unwrap();
            let unit = |n: u8| UnitId([n; 16]);
            let (mut closing, mut opening, mut lines) = (Stocks::new(), Stocks::new(), Vec::new());
            for (from, to, amount) in amounts {
                *closing.entry((unit(from), element.clone())).or_default() += amount;
                *opening.entry((unit(to), element.clone())).or_default() += amount;
                lines.push(HandoverLine { from: unit(from), to: unit(to), element: element.clone(), amount });
            }
            prop_assert_eq!(check_handover(&closing, &lines, &opening), vec![]);
            prop_assert_eq!(closing.values().sum::<i64>(), opening.values().sum::<i64>());
            let at = planted % lines.len();
            lines[at].amount += by;
            let imbalances = check_handover(&closing, &lines, &opening);
            let wrong: Vec<UnitId> = imbalances.iter().map(|imbalance| imbalance.unit).collect();
            prop_assert_eq!(wrong, vec![lines[at].from, lines[at].to], "both ends are named, and nobody else");
        }

        #[test]
        fn i10_what_closes_one_period_opens_the_next(flows in prop::collection::vec((0_i64..90, 0_i64..90), 1..20)) {
            let closing = flows.iter().try_fold(100, |opening, (inflow, outflow)| {
                StockFlow { opening, inflow: *inflow, outflow: *outflow }.closing_stock()
            });
            let (came, went) = (flows.iter().map(|f| f.0).sum::<i64>(), flows.iter().map(|f| f.1).sum::<i64>());
            prop_assert_eq!(closing, Some(100 + came - went));
        }
    }
}
