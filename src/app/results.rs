//! Reading standings, and the reports behind one. Nobody is ranked here: lists are in unit order.
//!
//! A unit's standings are for itself and for those above it; those of province and districts are published. Knows no message.

use super::standing::{SENT, entry_of, is_published};
use super::{App, AppError, Reference, Result};
use crate::domain::baseline::Baselines;
use crate::domain::campaign::Campaign;
use crate::domain::ids::{CampaignId, StandingId, UnitId};
use crate::domain::org::View;
use crate::domain::permission::{Actor, action, authorize};
use crate::domain::reason::Reason;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::sight::{Sight, sight};
use crate::domain::standing::{self, Behind, Input, Run, Standing, behind};
use crate::store::ReadTx;
use crate::store::report::Filed;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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

/// The single reports behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backing {
    /// The place in the feed up to which reports are looked at.
    pub cut: i64,
    /// Those in sight, missing ones among them: by unit (uid), then day.
    pub lines: Vec<Behind>,
    /// How many more there are that the caller may not read one by one.
    pub out_of_sight: usize,
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

    /// The reports behind a standing as it was published, or behind the member of it with this code: as of the cut of the latest run.
    pub fn reports_behind(&self, actor: &Actor, id: StandingId, member: &str) -> Result<Backing> {
        let Published { standing, .. } = self.result(actor, id)?;
        let code = if member.is_empty() { &standing.judgement.code } else { member };
        standing.judgement.find(code).ok_or(Reason::NotFound)?;
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let run = tx.latest_run(standing.campaign)?.ok_or(Reason::NotFound)?;
            let filed = tx.filed_at(run.cut_seq, &reference.units)?;
            let campaign = reference.campaigns.iter().find(|one| one.id() == standing.campaign);
            let asked = Asked {
                campaign: campaign.ok_or(Reason::NotFound)?,
                place: (standing.unit, standing.phase),
                code,
                view: View::AsWas,
            };
            let lines = lines_behind(tx, &reference, &asked, &filed, run.cut_at.local_date())?;
            self.backing(tx, actor, run.cut_seq, lines)
        })
    }

    /// The reports behind a target at a unit as they stand now, for a live look.
    pub fn reports_behind_now(
        &self,
        actor: &Actor,
        campaign: &Campaign,
        (unit, phase, view): (UnitId, u8, View),
        code: &str,
    ) -> Result<Backing> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let filed = tx.filed_reports(&SENT, &reference.units)?;
            let asked = Asked { campaign, place: (unit, phase), code, view };
            let lines = lines_behind(tx, &reference, &asked, &filed, self.now().local_date())?;
            let cut = tx.head()?.seq;
            self.backing(tx, actor, cut, lines)
        })
    }

    fn backing(&self, tx: &mut ReadTx, actor: &Actor, cut: i64, mut lines: Vec<Behind>) -> Result<Backing> {
        let today = self.now().local_date();
        let mut allowed: BTreeMap<UnitId, bool> = BTreeMap::new();
        for line in &lines {
            if let Entry::Vacant(unknown) = allowed.entry(line.unit) {
                let place = tx.unit_path(line.unit)?;
                unknown.insert(authorize::<action::ReadReport>(actor, &place, today).is_ok());
            }
        }
        let all = lines.len();
        lines.retain(|line| allowed.get(&line.unit).copied().unwrap_or(false));
        Ok(Backing { cut, out_of_sight: all - lines.len(), lines })
    }

    fn reader<'a>(&self, actor: &'a Actor, reference: &'a Reference) -> Reader<'a> {
        let today = self.now().local_date();
        let sight = sight(actor, &reference.published(), today);
        Reader { actor, sight, reference, today, allowed: BTreeMap::new() }
    }
}

struct Asked<'a> {
    campaign: &'a Campaign,
    /// The unit and the phase; 0: the whole campaign.
    place: (UnitId, u8),
    code: &'a str,
    view: View,
}

fn lines_behind(
    tx: &mut ReadTx,
    reference: &Reference,
    asked: &Asked<'_>,
    filed: &[Filed],
    today: Date,
) -> Result<Vec<Behind>> {
    let baselines = Baselines::new(&tx.baselines()?);
    let reports: Vec<standing::Entry<'_>> = filed.iter().map(|filed| entry_of(&filed.report)).collect();
    let input = Input { view: asked.view, ..reference.input(asked.campaign, &baselines, &reports, today) };
    let found = behind(&input, asked.place, asked.code);
    let found = found.map_err(|unknown| AppError::Store(crate::store::Error::Damaged(unknown.to_string())))?;
    found.ok_or_else(|| Reason::NotFound.into())
}
