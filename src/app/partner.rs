//! Steps of partner agencies: their keys, the runs that were published, and the standings of one as they leave the house.
//!
//! A key opens no more than its account may, and of that only its own part. Knows no message and no secret.

use super::access::{Identity, identity};
use super::account::{may_over, units_of};
pub use super::runs::Manifest;
use super::runs::definitions;
use super::standing::is_published;
use super::{App, AppError, Reference, Result};
use crate::domain::campaign::Campaign;
use crate::domain::ids::{AccountId, CampaignId, KeyId, RunId, UnitId};
use crate::domain::partner::{NoKey, Read, ServiceKey, key_actor, may_issue};
use crate::domain::permission::{Action, Actor, Permit, Role, UnitPath, action, authorize};
use crate::domain::reason::Reason;
use crate::domain::release::{Line, lines};
use crate::domain::standing::Standing;
use crate::domain::time::{Instant, date_from_days};
use crate::store::ReadTx;
use crate::store::runs::unpack_standings;
use crate::store::tx::Audit;

/// Who reads for an agency: with a key, or on a device whose account holds PARTNER_READER.
#[derive(Debug, Clone)]
pub struct Partner {
    actor: Actor,
    key: Option<ServiceKey>,
    /// The generation of grants, devices and keys at which this was read.
    pub generation: i64,
    /// When the key or the token ends.
    pub ends: Instant,
}

/// What a new key is to open.
#[derive(Debug, Clone)]
pub struct KeyWish {
    /// Whose it will be.
    pub account: AccountId,
    /// The unit with those below.
    pub unit: UnitId,
    /// One campaign; `None`: all.
    pub campaign: Option<CampaignId>,
    /// The calls.
    pub reads: Vec<Read>,
    /// Its life in days.
    pub days: i64,
}

/// A run as it leaves the house.
#[derive(Debug, Clone)]
pub struct Release {
    /// The run.
    pub run: Manifest,
    /// Its lines in sight, by unit number, phase and target.
    pub lines: Vec<Line>,
    /// The campaign as it was then.
    pub campaign: Campaign,
    /// The definitions of that time.
    pub reference: Reference,
    /// The version of the campaign's definition.
    pub definition_version: i64,
}

/// Runs behind a place.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// Oldest first, each with the code of its campaign.
    pub runs: Vec<(Manifest, String)>,
    /// The place is not known here, so these are the first ones.
    pub restarted: bool,
}

impl Partner {
    fn may(&self, place: &UnitPath, app: &App) -> bool {
        let in_key = self.key.as_ref().is_none_or(|key| place.unit == key.unit || place.above.contains(&key.unit));
        in_key && authorize::<action::ReadRelease>(&self.actor, place, app.now().local_date()).is_ok()
    }

    /// Refuses a call that the key does not open.
    fn opens(&self, read: Read) -> Result<()> {
        let denied = self.key.as_ref().is_some_and(|key| !key.reads.contains(&read));
        if denied { Err(Reason::Denied.into()) } else { Ok(()) }
    }

    fn reads_campaign(&self, campaign: CampaignId) -> bool {
        self.key.as_ref().and_then(|key| key.campaign).is_none_or(|only| only == campaign)
    }
}

impl App {
    /// Keeps a new key by its hash. The account must hold PARTNER_READER on the unit or above it.
    pub fn issue_key(&self, actor: &Actor, id: KeyId, hash: &[u8], wish: KeyWish) -> Result<ServiceKey> {
        let KeyWish { account, unit, campaign, reads, days } = wish;
        self.store().write("access.issue_key", self.now(), |tx| {
            let (now, place) = (self.now(), tx.unit_path(unit)?);
            let permit: Permit<action::Enrol> = authorize(actor, &place, now.local_date())?;
            let units = units_of(self, tx, account)?;
            may_over::<action::Enrol>(tx, actor, &units, now.local_date())??;
            let of_account = key_actor(account, tx.grants(account)?);
            if authorize::<action::ReadRelease>(&of_account, &place, now.local_date()).is_err() {
                return Err(refused(NoKey::OpensNothing));
            }
            let others: Vec<ServiceKey> = tx.service_keys()?.into_iter().filter(|key| key.account == account).collect();
            let expires = may_issue(days, &reads, &others, now).map_err(refused)?;
            let (hash, reads) = (hash.to_vec(), reads.clone());
            let key = ServiceKey { id, account, hash, unit, campaign, reads, issued: now, expires, revoked: None };
            tx.put_service_key(&key)?;
            tx.note_act(&Audit::from(&permit));
            Ok(key)
        })
    }

    /// The keys that the caller may list.
    pub fn keys_in_sight(&self, actor: &Actor) -> Result<Vec<ServiceKey>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let mut seen = Vec::new();
            for key in tx.service_keys()? {
                if authorize::<action::ListDevices>(actor, &tx.unit_path(key.unit)?, today).is_ok() {
                    seen.push(key);
                }
            }
            Ok(seen)
        })
    }

    /// Ends a key at once, also inside open streams.
    pub fn revoke_key(&self, actor: &Actor, id: KeyId) -> Result<()> {
        self.store().write("access.revoke_key", self.now(), |tx| {
            let key = tx.service_key(id)?.ok_or(Reason::NotFound)?;
            let place = tx.unit_path(key.unit)?;
            let permit: Permit<action::Revoke> = authorize(actor, &place, self.now().local_date())?;
            tx.revoke_service_key(id)?;
            tx.note_act(&Audit::from(&permit));
            Ok(())
        })
    }

    /// Who holds the key with this id, if its text has this hash and it is alive.
    pub fn identify_key(&self, id: KeyId, hash: &[u8]) -> Result<Partner> {
        self.living_key(id, |key| key.hash == hash)
    }

    /// Who acts as the key with this id, if it is alive: the caller's certificate, checked in the handshake, names it.
    pub fn identify_certified(&self, id: KeyId) -> Result<Partner> {
        self.living_key(id, |_| true)
    }

    fn living_key(&self, id: KeyId, shown: impl Fn(&ServiceKey) -> bool) -> Result<Partner> {
        let now = self.now();
        self.store().read(|tx| {
            let key = tx.service_key(id)?.filter(|key| key.is_alive(now) && shown(key));
            let key = key.ok_or(AppError::Unauthenticated)?;
            let actor = key_actor(key.account, tx.grants(key.account)?);
            Ok(Partner { actor, ends: key.expires, key: Some(key), generation: tx.head()?.auth_generation })
        })
    }

    /// Who holds the device token with this hash, as a partner agency.
    pub fn identify_partner(&self, token_hash: &[u8]) -> Result<Partner> {
        let Identity { device, actor, generation } = self.identify(token_hash)?;
        Ok(Partner { actor, key: None, generation, ends: device.token_expires.unwrap_or(self.now()) })
    }

    /// Reads the partner again: a grant, a device or the key may have ended.
    pub fn partner_again(&self, partner: &Partner) -> Result<Partner> {
        match (&partner.key, partner.actor.device) {
            (Some(key), _) => self.identify_key(key.id, &key.hash),
            (None, Some(device)) => self.store().read(|tx| {
                let known = identity(tx, device)?;
                Ok(Partner { actor: known.actor, key: None, generation: known.generation, ends: partner.ends })
            }),
            (None, None) => Err(AppError::Unauthenticated),
        }
    }

    /// At most `limit` runs behind the one named, oldest first.
    pub fn runs_after(
        &self,
        partner: &Partner,
        after: Option<RunId>,
        campaign: Option<CampaignId>,
        limit: i64,
    ) -> Result<Runs> {
        partner.opens(Read::Runs)?;
        self.reads_something(partner)?;
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let known = after.map(|id| tx.manifest(id)).transpose()?.flatten();
            let restarted = after.is_some() && known.is_none();
            let published = reference.published();
            let wanted = |id: &CampaignId| partner.reads_campaign(*id) && campaign.is_none_or(|only| only == *id);
            let campaigns: Vec<CampaignId> = published.into_iter().filter(wanted).collect();
            let found = tx.manifests_after(known.as_ref(), &campaigns, limit)?;
            let code = |run: &Manifest| {
                let of = reference.campaigns.iter().find(|one| one.id().0[..] == run.campaign[..]);
                of.map_or_else(String::new, |one| one.code.clone())
            };
            Ok(Runs { runs: found.into_iter().map(|run| (run.clone(), code(&run))).collect(), restarted })
        })
    }

    /// A run with its definitions; no lines.
    pub fn released_run(&self, partner: &Partner, id: RunId) -> Result<Release> {
        partner.opens(Read::Runs)?;
        self.reads_something(partner)?;
        self.store().read(|tx| self.released(tx, partner, id))
    }

    /// The standings of a run, small figures hidden.
    pub fn release(&self, partner: &Partner, id: RunId) -> Result<Release> {
        partner.opens(Read::Standings)?;
        self.reads_something(partner)?;
        self.store().read(|tx| {
            let release = self.released(tx, partner, id)?;
            let Release { run, reference, .. } = &release;
            let (org, day) = (&reference.org, date_from_days(run.day));
            let standings = unpack_standings(&run.standings, &reference.units, &reference.elements)?;
            let mut published: Vec<&Standing> =
                standings.iter().filter(|one| is_published(reference, one.unit, day)).collect();
            published.sort_by_key(|one| (reference.units.number(&one.unit), one.phase, &one.judgement.code));
            let above = |unit: UnitId| {
                org.hangs_under(unit, day).into_iter().find(|above| is_published(reference, *above, day))
            };
            let scale = |code: &_| reference.catalogue.element(code).map_or(0, |element| element.scale);
            let mut seen = Vec::new();
            // What is hidden follows from the whole run, not from what this partner sees of it.
            for line in lines(&published, above, scale) {
                if partner.may(&tx.unit_path(line.unit)?, self) {
                    seen.push(line);
                }
            }
            Ok(Release { lines: seen, ..release })
        })
    }

    /// Writes down that a partner takes the figures of a run.
    pub fn note_release(&self, partner: &Partner) -> Result<()> {
        self.store().write("release.read", self.now(), |tx| {
            tx.note_act(&Audit::credential(&partner.actor, Action::ReadRelease.code()));
            Ok(())
        })
    }

    fn released(&self, tx: &mut ReadTx, partner: &Partner, id: RunId) -> Result<Release> {
        let run = tx.manifest(id)?.ok_or(Reason::NotFound)?;
        let campaign = CampaignId::from_slice(&run.campaign).map_err(|_| Reason::NotFound)?;
        let published = self.reference(tx)?.published().contains(&campaign);
        if !published || !partner.reads_campaign(campaign) {
            return Err(Reason::NotFound.into());
        }
        let (reference, versions) = definitions(tx, &run)?;
        let then = reference.campaigns.iter().find(|one| one.id() == campaign).cloned().ok_or(Reason::NotFound)?;
        let definition_version = versions.get(&campaign.0).copied().unwrap_or_default();
        Ok(Release { run, lines: Vec::new(), campaign: then, reference, definition_version })
    }

    /// Refuses, as if there were nothing, whoever is no partner today.
    fn reads_something(&self, partner: &Partner) -> Result<()> {
        let today = self.now().local_date();
        let holds = partner.actor.grants_on(today).any(|grant| grant.role == Role::PartnerReader);
        if holds { Ok(()) } else { Err(Reason::NotFound.into()) }
    }
}

fn refused(why: NoKey) -> AppError {
    AppError::Broken(vec![why.broken()])
}
