//! Two weeks after units merged, two persons of the authority sign the hand-over of their stocks:
//! the last accepted words of the units that closed.

use super::DemoError;
use super::server::DemoServer;
use super::simulation::Simulation;
use crate::domain::access::permission::{Actor, Grant, Role};
use crate::domain::org::HandoverLine;
use crate::domain::report::element::ElementKind;
use crate::domain::support::ids::AccountId;
use jiff::ToSpan;
use jiff::civil::Date;

/// Days from a merger to the signature.
const DAYS_TO_SIGN: i64 = 14;

impl Simulation<'_> {
    /// Enters and signs the hand-over of the merger of two weeks ago, if there was one. Returns the
    /// number of its lines.
    pub(super) fn hand_over_stocks(&self, day: Date) -> Result<usize, DemoError> {
        let effective_day = day.saturating_sub(DAYS_TO_SIGN.days());
        let lines = self.stocks_handed_over(effective_day);
        if lines.is_empty() {
            return Ok(0);
        }
        self.server.set_clock(day, 9, 0);
        let app = &self.server.app;
        let [first, second] = ["ban-giao-1", "ban-giao-2"];
        let signer = |account| signer(self.server, self.province.campaign.owner_id(), account, day);
        let entered = app.propose_handover(&signer(first)?, effective_day, "SYNTHETIC", &lines)?;
        app.settle_handover(&signer(second)?, entered.id(), true)?;
        Ok(lines.len())
    }

    /// What the units that closed on this day said last of their stocks, for the one that each
    /// became.
    fn stocks_handed_over(&self, effective_day: Date) -> Vec<HandoverLine> {
        let (org, catalogue) = (&self.province.org, &self.province.catalogue);
        let said = self.ledger.lines();
        let merged = org.lineage().iter().filter(|line| {
            let closed = !org.is_open_on(line.from, effective_day);
            line.effective_day == effective_day && line.kind.is_succession() && closed
        });
        let stocks = catalogue.elements.iter().filter(|one| one.kind == ElementKind::Stock);
        let stocks: Vec<_> = stocks.collect();
        let mut lines = Vec::new();
        for line in merged {
            for element in &stocks {
                let word = said.get(&(line.from, element.code.clone()));
                lines.extend(word.map(|word| HandoverLine {
                    from: line.from,
                    to: line.to,
                    element: element.code.clone(),
                    amount: word.official,
                }));
            }
        }
        lines
    }
}

/// A person of the authority who may sign.
fn signer(
    server: &DemoServer,
    unit: crate::domain::support::ids::UnitId,
    account: &str,
    day: Date,
) -> Result<Actor, DemoError> {
    let (system, id) = (server.app.system_actor()?, AccountId::from_code(account));
    let grant = Grant { role: Role::UnitHead, unit, from: day, to: day.saturating_add(1.year()) };
    server.app.grant_role(&system, id, account, &grant)?;
    Ok(Actor { account: id, device: None, grants: vec![grant] })
}
