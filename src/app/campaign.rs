//! Steps on campaigns, forms, contracts and baselines: all of one file, or nothing.

use super::App;
use super::error::{AppError, Result};
use crate::domain::baseline::BaselineRow;
use crate::domain::calendar::Calendar;
use crate::domain::campaign::Campaign;
use crate::domain::form::Catalogue;
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
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

    /// Creates or updates what several files say, in one transaction: all of it, or nothing. A campaign that is there keeps its state.
    pub fn apply_files(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        calendars: &[Calendar],
        campaigns: &[Campaign],
    ) -> Result<Applied> {
        self.store().write("files.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_place(tx)?, self.now().local_date())?;
            let mut applied = Applied { catalogue: tx.put_catalogue(&permit, catalogue, calendars)?, campaigns: 0 };
            let facts = tx.facts()?;
            for campaign in campaigns {
                let before = facts.campaigns.iter().find(|known| known.code == campaign.code);
                let status = before.map_or(campaign.status, |known| known.status);
                let next = Campaign { status, ..campaign.clone() };
                applied.campaigns += usize::from(tx.put_campaign(&permit, &next, &facts.elements)?);
            }
            Ok::<_, AppError>(applied)
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
