//! Reading standings, and the reports behind one. Nobody is ranked here: lists are in unit order.
//!
//! A unit's standings are for itself and for those above it; those of province and districts are published. Knows no message.

use super::review::{ReportLine, Wanted};
use super::standing::is_published;
use super::{App, Reference, Result};
use crate::domain::campaign::Campaign;
use crate::domain::ids::{CampaignId, StandingId, UnitId};
use crate::domain::permission::{Actor, action, authorize};
use crate::domain::reason::Reason;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::sight::{Sight, sight};
use crate::domain::standing::{Judgement, Run, Standing};
use crate::store::ReadTx;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A standing with its revision.
#[derive(Debug, Clone)]
pub struct Published {
    /// The standing.
    pub standing: Standing,
    /// Its revision, from 1.
    pub revision: i64,
}

/// The standings of a campaign that a caller may read, and the run behind them.
#[derive(Debug, Clone)]
pub struct Results {
    /// In the order of unit numbers, then target codes.
    pub standings: Vec<Published>,
    /// The latest run; `None` before the first.
    pub run: Option<Run>,
}

struct Reader<'a> {
    actor: &'a Actor,
    sight: Sight,
    reference: &'a Reference,
    today: Date,
    allowed: BTreeMap<UnitId, bool>,
}

impl Reader<'_> {
    fn may(&mut self, tx: &mut ReadTx, standing: &Standing) -> Result<bool> {
        let published = is_published(self.reference, standing.unit, self.today);
        if published && self.sight.contains(Scope::published(standing.campaign)) {
            return Ok(true);
        }
        if let Some(known) = self.allowed.get(&standing.unit) {
            return Ok(*known);
        }
        let place = tx.unit_path(standing.unit)?;
        let may = authorize::<action::ReadStanding>(self.actor, &place, self.today).is_ok();
        self.allowed.insert(standing.unit, may);
        Ok(may)
    }
}

impl App {
    /// The standings of a campaign in sight.
    pub fn results(&self, actor: &Actor, campaign: CampaignId) -> Result<Results> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut reader = self.reader(actor, &reference);
            let run = tx.latest_run(campaign)?;
            let mut standings = Vec::new();
            for standing in tx.standings(campaign, &reference.units, &reference.elements)? {
                if reader.may(tx, &standing)? {
                    let revision = tx.record(RecordKind::Standing, &standing.id().0)?.map_or(0, |found| found.revision);
                    standings.push(Published { standing, revision });
                }
            }
            standings.sort_by_cached_key(|published| {
                let Standing { unit, phase, judgement, .. } = &published.standing;
                (reference.units.number(unit), *phase, judgement.code.clone())
            });
            Ok(Results { run: if standings.is_empty() { None } else { run }, standings })
        })
    }

    /// One standing.
    pub fn result(&self, actor: &Actor, id: StandingId) -> Result<Published> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let standing = tx.standing(id, &reference.units, &reference.elements)?.ok_or(Reason::NotFound)?;
            if !self.reader(actor, &reference).may(tx, &standing)? {
                return Err(Reason::NotFound.into());
            }
            let revision = tx.record(RecordKind::Standing, &id.0)?.map_or(0, |found| found.revision);
            Ok(Published { standing, revision })
        })
    }

    /// The reports in sight behind a standing, or behind the member of it with this code.
    pub fn reports_behind(&self, actor: &Actor, id: StandingId, member: &str) -> Result<Vec<ReportLine>> {
        let standing = self.result(actor, id)?.standing;
        let reference = self.store().read(|tx| self.reference(tx))?;
        let judgement = if member.is_empty() {
            &standing.judgement
        } else {
            standing.judgement.find(member).ok_or(Reason::NotFound)?
        };
        let campaign = reference.campaigns.iter().find(|campaign| campaign.id() == standing.campaign);
        let days = campaign.and_then(|campaign| window(campaign, standing.phase)).ok_or(Reason::NotFound)?;
        let mut elements = BTreeSet::new();
        collect(judgement, &mut elements);
        let contracts: BTreeSet<_> = elements
            .into_iter()
            .filter_map(|code| reference.catalogue.counted_by(&code))
            .map(crate::domain::form::Contract::id)
            .collect();
        let mut lines = Vec::new();
        for contract in contracts {
            let (unit, contract) = (Some(standing.unit), Some(contract));
            let wanted = Wanted { unit, states: Vec::new(), contract, days: Some(days) };
            lines.extend(self.reports_in_sight(actor, &wanted)?);
        }
        lines.sort_by_key(|line| (line.start, line.end, line.cut, line.unit, line.contract));
        Ok(lines)
    }

    fn reader<'a>(&self, actor: &'a Actor, reference: &'a Reference) -> Reader<'a> {
        let today = self.now().local_date();
        let sight = sight(actor, &reference.published(), today);
        Reader { actor, sight, reference, today, allowed: BTreeMap::new() }
    }
}

fn window(campaign: &Campaign, phase: u8) -> Option<(Date, Date)> {
    let whole = campaign.measurement_window;
    let of =
        if phase == 0 { Some(whole) } else { campaign.phases.iter().find(|one| one.no == phase).map(|one| one.window) };
    of.map(|window| (window.start, window.end))
}

fn collect(judgement: &Judgement, into: &mut BTreeSet<crate::domain::element::ElementCode>) {
    into.extend(judgement.figures.iter().map(|figure| figure.element.clone()));
    judgement.members.iter().for_each(|member| collect(member, into));
}
