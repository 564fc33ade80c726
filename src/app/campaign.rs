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
