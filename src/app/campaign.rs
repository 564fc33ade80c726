//! Steps on campaigns, forms, contracts and baselines: all of one file, or nothing.

use super::error::{AppError, Result};
use super::{App, Reference};
use crate::domain::baseline::BaselineRow;
use crate::domain::calendar::Calendar;
use crate::domain::campaign::life::Facts;
use crate::domain::campaign::{Campaign, Step};
use crate::domain::form::Catalogue;
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::reason::Reason;
use crate::store::WriteTx;

/// What applying a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Elements, forms, contracts and calendars that are new or changed.
    pub catalogue: usize,
    /// Campaigns that are new or changed.
    pub campaigns: usize,
}

impl App {
    /// Creates or updates the catalogue.
    pub fn apply_catalogue(&self, actor: &Actor, catalogue: &Catalogue, calendars: &[Calendar]) -> Result<usize> {
        self.store().write("catalogue.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_place(tx)?, self.now().local_date())?;
            Ok::<_, AppError>(tx.put_catalogue(&permit, catalogue, calendars)?)
        })
    }

    /// Creates or updates a campaign; true when that changed it.
    pub fn apply_campaign(&self, actor: &Actor, campaign: &Campaign) -> Result<bool> {
        self.store().write("campaign.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_place(tx)?, self.now().local_date())?;
            let elements = tx.facts()?.elements;
            Ok::<_, AppError>(tx.put_campaign(&permit, campaign, &elements)?)
        })
    }

    /// Creates or updates what several files say, in one transaction: all of it, or nothing. A campaign that is there keeps its state, and
    /// once it is approved a change of it is an amendment, which names its `basis`.
    pub fn apply_files(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        calendars: &[Calendar],
        campaigns: &[Campaign],
        basis: Option<&str>,
    ) -> Result<Applied> {
        let today = self.now().local_date();
        self.store().write("files.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_place(tx)?, self.now().local_date())?;
            let mut applied = Applied { catalogue: tx.put_catalogue(&permit, catalogue, calendars)?, campaigns: 0 };
            let facts = tx.facts()?;
            for campaign in campaigns {
                let before = facts.campaigns.iter().find(|known| known.code == campaign.code);
                let next = match before {
                    Some(known) => {
                        known.amended(campaign, basis, today).map_err(|broken| AppError::Broken(vec![broken]))?
                    }
                    None => campaign.clone(),
                };
                applied.campaigns += usize::from(tx.put_campaign(&permit, &next, &facts.elements)?);
            }
            Ok::<_, AppError>(applied)
        })
    }

    /// Takes a campaign to its next state.
    ///
    /// # Errors
    /// [`AppError::Broken`] with everything that stands against it.
    pub fn step_campaign(&self, actor: &Actor, code: &str, step: Step) -> Result<Campaign> {
        let today = self.now().local_date();
        self.store().write("campaign.step", self.now(), |tx| {
            let permit: Permit<action::StepCampaign> = authorize(actor, &self.root_place(tx)?, today)?;
            let reference = self.reference(tx)?;
            let campaign = reference.campaigns.iter().find(|one| one.code == code).ok_or(Reason::NotFound)?;
            let unreachable = unreachable(&reference, campaign);
            let facts = Facts { today, catalogue: &reference.catalogue, unreachable: &unreachable };
            let next = Campaign { status: campaign.step(step, &facts).map_err(AppError::Broken)?, ..campaign.clone() };
            tx.put_stepped(&permit, &next, &reference.elements)?;
            Ok(next)
        })
    }

    /// Takes every campaign to the state that today brings: launched, running, over. How many moved.
    pub fn step_by_day(&self, actor: &Actor) -> Result<usize> {
        let today = self.now().local_date();
        self.store().write("campaign.step_by_day", self.now(), |tx| {
            let permit: Permit<action::StepCampaign> = authorize(actor, &self.root_place(tx)?, today)?;
            let reference = self.reference(tx)?;
            let facts = Facts { today, catalogue: &reference.catalogue, unreachable: &[] };
            let mut moved = 0;
            for campaign in &reference.campaigns {
                let status = campaign.status_by_day(&facts);
                let next = Campaign { status, ..campaign.clone() };
                moved += usize::from(tx.put_stepped(&permit, &next, &reference.elements)?);
            }
            Ok::<_, AppError>(moved)
        })
    }

    /// All baseline figures, every version, for whoever may import them.
    pub fn baselines(&self, actor: &Actor) -> Result<Vec<BaselineRow>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            let _: Permit<action::ImportBaseline> = authorize(actor, &place, today)?;
            Ok::<_, AppError>(tx.baselines()?)
        })
    }

    /// Adds baseline figures as new versions: all or none.
    pub fn import_baselines(&self, actor: &Actor, rows: &[BaselineRow]) -> Result<usize> {
        self.store().write("baseline.import", self.now(), |tx| {
            let permit: Permit<action::ImportBaseline> =
                authorize(actor, &self.root_place(tx)?, self.now().local_date())?;
            tx.add_baselines(&permit, rows).map_err(AppError::from)
        })
    }

    /// The place of the authority itself.
    pub(crate) fn root_place(&self, tx: &mut WriteTx) -> Result<UnitPath> {
        let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
        Ok(UnitPath { unit: root, acting: root, above: Vec::new() })
    }
}

/// Units of the owner's province that hang under nobody on the campaign's first day, by uid.
fn unreachable(reference: &Reference, campaign: &Campaign) -> Vec<String> {
    let (org, first) = (&reference.org, campaign.legal_window.start);
    let addressed = org.units_on(first).filter(|unit| {
        let kind = org.kind_on(unit.id, first);
        unit.id != campaign.owner() && !matches!(kind, None | Some(UnitKind::Cluster | UnitKind::Province))
    });
    let cut_off =
        addressed.filter(|unit| !org.ancestors(unit.id, Hierarchy::Command, first).contains(&campaign.owner()));
    cut_off.map(|unit| unit.uid.clone()).collect()
}
