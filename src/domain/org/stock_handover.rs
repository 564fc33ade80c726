//! A hand-over of stocks as a signed record (biên bản bàn giao): it names who holds a stock from a
//! day on, so that no stock falls because a unit was closed.
//!
//! ```text
//!  E said 30, ended on 1 March, no heir     30 stays at the authority, missing (HOLDER_ENDED)
//!  signed: E hands 30 to F on 1 March       30 is expected at F until F says its own figure
//! ```
//!
//! Who may propose and sign is decided in `permission`; that two persons acted is checked by the
//! caller, and that the amounts balance in [`super::check_handover`].

use super::{HandoverLine, Org, UnitKind};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::report::free_text;
use crate::domain::support::ids::{HandoverId, UnitId, derive_id};
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

string_enum! {
    /// State of a hand-over.
    HandoverState {
        /// One person entered it.
        Proposed = "PROPOSED",
        /// A second person signed it: it counts from its effective day.
        Signed = "SIGNED",
        /// It was refused, or withdrawn.
        Refused = "REFUSED",
    }
}

/// A hand-over of stocks. It names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockHandover {
    /// The first day on which the takers hold the stocks.
    pub effective_day: Date,
    /// The minutes or the decision that it is based on: number, day, title.
    pub basis: String,
    /// What goes where, in ascending order of units and elements; amounts are scaled.
    pub lines: Vec<HandoverLine>,
    /// Its state.
    pub state: HandoverState,
    /// The day on which it was entered.
    pub proposed_day: Date,
    /// The day on which it was signed or refused.
    pub settled_day: Option<Date>,
}

impl StockHandover {
    /// An entered hand-over. `before` is the one with the same content that is there already: one
    /// that was refused may be entered anew.
    pub fn propose(
        effective_day: Date,
        basis: &str,
        mut lines: Vec<HandoverLine>,
        before: Option<&Self>,
        today: Date,
    ) -> Result<Self, RefusalReason> {
        if before.is_some_and(Self::is_open) {
            return Err(RefusalReason::WorkflowForbids);
        }
        let basis = basis.trim();
        if basis.is_empty() || lines.is_empty() {
            return Err(RefusalReason::Malformed);
        }
        if let Some(problem) = free_text::check_free_text(basis) {
            return Err(problem);
        }
        lines.sort_by(|a, b| line_order(a).cmp(&line_order(b)));
        let (basis, state) = (basis.to_owned(), HandoverState::Proposed);
        Ok(Self { effective_day, basis, lines, state, proposed_day: today, settled_day: None })
    }

    /// The id of a hand-over of this content: who signs, signs exactly these lines.
    #[must_use]
    pub fn id_of_content(effective_day: Date, lines: &[HandoverLine]) -> HandoverId {
        let mut sorted: Vec<&HandoverLine> = lines.iter().collect();
        sorted.sort_by(|a, b| line_order(a).cmp(&line_order(b)));
        let text: String = sorted
            .iter()
            .map(|HandoverLine { from, to, element, amount }| {
                format!("{from}|{to}|{element}|{amount}\n")
            })
            .collect();
        HandoverId(derive_id("handover", &[effective_day.to_string().as_bytes(), text.as_bytes()]))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> HandoverId {
        Self::id_of_content(self.effective_day, &self.lines)
    }

    /// Whether it waits for a signature or counts.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, HandoverState::Proposed | HandoverState::Signed)
    }

    /// The hand-over after the decision on it: signed or refused. A signed one may still be
    /// withdrawn.
    pub fn settle(self, sign: bool, today: Date) -> Result<Self, RefusalReason> {
        let state = match (self.state, sign) {
            (HandoverState::Proposed, true) => HandoverState::Signed,
            (HandoverState::Proposed | HandoverState::Signed, false) => HandoverState::Refused,
            (HandoverState::Signed, true) | (HandoverState::Refused, _) => {
                return Err(RefusalReason::WorkflowForbids);
            }
        };
        Ok(Self { state, settled_day: Some(today), ..self })
    }

    /// Its lines of one element.
    pub fn lines_of<'a>(
        &'a self,
        element: &'a ElementCode,
    ) -> impl Iterator<Item = &'a HandoverLine> {
        self.lines.iter().filter(move |line| line.element == *element)
    }
}

fn line_order(line: &HandoverLine) -> (UnitId, UnitId, &ElementCode, i64) {
    (line.from, line.to, &line.element, line.amount)
}

/// What forbids these lines on this day. `others` are the hand-overs that are there already.
#[must_use]
pub fn check_stock_handover(
    org: &Org,
    catalogue: &Catalogue,
    (effective_day, lines): (Date, &[HandoverLine]),
    others: &[StockHandover],
) -> Vec<Violation> {
    let name = |unit: UnitId| org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
    let open = others.iter().filter(|one| one.is_open() && one.effective_day == effective_day);
    let open: Vec<&HandoverLine> = open.flat_map(|one| &one.lines).collect();
    let mut found = Vec::new();
    for HandoverLine { from, to, element, .. } in lines {
        let (giver, taker) = (name(*from), name(*to));
        let mut refuse = |code, message| {
            found.push(Violation::error(code, format!("handover.{element}"), message));
        };
        if catalogue.element(element).is_none_or(|one| one.kind != ElementKind::Stock) {
            refuse("HANDOVER_OF_NO_STOCK", message!("handover-no-stock", element));
            continue;
        }
        if !is_giver_on(org, *from, effective_day) {
            refuse("HANDOVER_DAY", message!("handover-giver-day", giver, effective_day));
        }
        let kind = org.kind_on(*to, effective_day);
        if !kind.is_some_and(|kind| is_owed_at(catalogue, element, (kind, effective_day))) {
            let message = message!("handover-taker-owes-not", taker, element, effective_day);
            refuse("HANDOVER_TAKER", message);
        }
        if open.iter().any(|other| (other.from, &other.element) == (*from, element)) {
            let message = message!("handover-given-already", giver, element, effective_day);
            refuse("HANDOVER_TWICE", message);
        }
    }
    found
}

/// Whether the unit lived until this day, or lives on.
fn is_giver_on(org: &Org, unit: UnitId, day: Date) -> bool {
    let Some(unit) = org.unit(unit) else { return false };
    let days = unit.lifetime();
    days.from < day && day <= days.to
}

/// Whether units of this kind report the element of this day under some contract.
fn is_owed_at(catalogue: &Catalogue, element: &ElementCode, (kind, day): (UnitKind, Date)) -> bool {
    catalogue.contracts.iter().any(|contract| {
        let form = catalogue.form(&contract.form);
        UnitKind::from(contract.levels.on(day)) == kind
            && form.is_some_and(|form| form.elements.contains(element))
    })
}
