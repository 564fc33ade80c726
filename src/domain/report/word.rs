//! Words: the figures that a nil report does not say. "Nothing occurred" speaks of events; how much
//! there is, and whether a duty was done, is answered each time.
//!
//! ```text
//!   element               nil report     to be answered by
//!   FLOW                  0
//!   EVENT_FLAG            0
//!   EVENT_FLAG of a duty  a word         yes, no (may be carried), or MISSING with a reason
//!   STOCK                 a word         a figure, carried, or MISSING with a reason
//! ```

use crate::domain::org::Org;
use crate::domain::report::cell::{CellValue, Cells, ElementNumber};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{FormSchema, Report, ReportKey};
use crate::domain::support::reason::{FieldErrors, Refusal, RefusalReason};

/// Why an element is to be answered in a nil report too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// A stock: how much there is at the end of the period.
    Stock,
    /// A flag that a duty of a campaign names.
    DutyFlag,
}

impl FormSchema {
    /// Whether a nil report leaves this element to be answered.
    #[must_use]
    pub fn is_word(&self, element: ElementNumber) -> bool {
        self.words.contains_key(&element)
    }

    /// Whether this word may be carried with this value: how much there is, and that a duty was not
    /// done. That it was done is said for its own period only.
    #[must_use]
    pub fn may_carry(&self, element: ElementNumber, value: i64) -> bool {
        match self.words.get(&element) {
            Some(Word::Stock) => true,
            Some(Word::DutyFlag) => value == 0,
            None => false,
        }
    }

    /// Whether these cells report that nothing occurred: every event is NIL, and there is one.
    /// Words do not count, whatever they say.
    #[must_use]
    pub fn is_nil(&self, cells: &Cells) -> bool {
        let mut events = cells.iter().filter(|(element, _)| !self.is_word(**element)).peekable();
        events.peek().is_some() && events.all(|(_, value)| *value == CellValue::Nil)
    }
}

impl Report {
    /// Refuses NIL in the cell of a stock: it does not say how much there is.
    pub fn check_stocks_said(&self, shape: &FormSchema) -> Result<(), Refusal> {
        let mut errors = FieldErrors::default();
        let stocks = shape.words.iter().filter(|(_, word)| **word == Word::Stock);
        for (element, _) in stocks {
            if self.cells.get(element) == Some(&CellValue::Nil) {
                errors.add(format!("cells[{}]", element.0), RefusalReason::StockUnsaid);
            }
        }
        errors.into_result()
    }

    /// The words of this report that the next one, of this key, may carry: `None` unless it was
    /// sent, is of the unit's period right before, and the unit took in and gave away no other unit
    /// since.
    #[must_use]
    pub fn words_to_carry(&self, next: &ReportKey, shape: &FormSchema, org: &Org) -> Option<Cells> {
        let sent = self.state.is_sent() && self.state != ReportState::Returned;
        let before = self.key.unit == next.unit
            && self.key.contract == next.contract
            && self.key.period.end == next.period.start;
        if !sent || !before {
            return None;
        }
        let since = |day| self.key.period.end <= day && day < next.period.end;
        let changed = org
            .lineage_to(next.unit)
            .chain(org.lineage_from(next.unit))
            .any(|line| since(line.effective_day));
        let carried = |element: &ElementNumber| match self.cells.get(element)? {
            CellValue::Reported(value) | CellValue::Carried(value) => {
                shape.may_carry(*element, *value).then_some((*element, CellValue::Carried(*value)))
            }
            CellValue::Nil | CellValue::Missing(_) => None,
        };
        (!changed).then(|| shape.words.keys().filter_map(carried).collect())
    }
}
