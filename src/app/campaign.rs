//! Steps on campaigns, forms, contracts and baselines. A file is applied completely or not at all.

use super::act::{ActEnd, ActRequest, Performer};
use super::campaign_shares::freeze_shares;
use super::conclusion::missing_reports;
use super::error::{AppError, Result};
use super::{App, ReferenceSnapshot};
use crate::domain::access::permission::{ActionMarker, Actor, Permit, UnitPath, action, authorize};
use crate::domain::campaign::lifecycle::CampaignStepContext;
use crate::domain::campaign::{Campaign, CampaignStatus, CampaignStep, contracts_of_drafts_only};
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::Calendar;
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use crate::store::{ReadTx, WriteTx};
use std::collections::BTreeSet;

/// What applying a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApplySummary {
    /// Elements, forms, contracts and calendars that are new or changed.
    pub catalogue_changes: usize,
    /// Campaigns that are new or changed.
    pub campaign_changes: usize,
}

/// The content of several files.
#[derive(Debug, Clone, Copy)]
pub struct FilesToApply<'a> {
    /// Elements, forms and contracts.
    pub catalogue: &'a Catalogue,
    /// Calendars that contracts name.
    pub calendars: &'a [Calendar],
    /// Campaigns.
    pub campaigns: &'a [Campaign],
    /// The decision on which a change of an approved campaign rests.
    pub basis: Option<&'a str>,
}

impl App {
    /// Creates or updates the catalogue.
    pub fn apply_catalogue(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        calendars: &[Calendar],
    ) -> Result<usize> {
        self.store().write("catalogue.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_unit_path(tx)?, self.now().local_date())?;
            Ok::<_, AppError>(tx.put_catalogue(&permit, catalogue, calendars, &BTreeSet::new())?)
        })
    }

    /// Creates or updates a campaign; `true` if it changed.
    pub fn apply_campaign(&self, actor: &Actor, campaign: &Campaign) -> Result<bool> {
        self.store().write("campaign.apply", self.now(), |tx| {
            let permit: Permit<action::ApplyCampaign> =
                authorize(actor, &self.root_unit_path(tx)?, self.now().local_date())?;
            let elements = tx.reference_data()?.element_numbers;
            Ok::<_, AppError>(tx.put_campaign(&permit, campaign, &elements)?)
        })
    }

    /// Creates or updates the content of several files in one transaction. An existing campaign
    /// keeps its state. After approval a change is an amendment and needs a `basis`.
    pub fn apply_files(
        &self,
        actor: &Actor,
        catalogue: &Catalogue,
        calendars: &[Calendar],
        campaigns: &[Campaign],
        basis: Option<&str>,
    ) -> Result<ApplySummary> {
        let files = FilesToApply { catalogue, calendars, campaigns, basis };
        self.store().write("files.apply", self.now(), |tx| self.apply_files_in(tx, actor, files))
    }

    /// [`App::apply_files`] inside a transaction.
    pub(crate) fn apply_files_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        FilesToApply { catalogue, calendars, campaigns, basis }: FilesToApply<'_>,
    ) -> Result<ApplySummary> {
        let today = tx.now().local_date();
        let permit: Permit<action::ApplyCampaign> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let mut stored = tx.reference_data()?.campaigns;
        let (mut next_campaigns, mut amended) = (Vec::new(), Vec::new());
        for campaign in campaigns {
            let before = stored.iter().position(|existing| existing.code == campaign.code);
            next_campaigns.push(match before.map(|at| stored.swap_remove(at)) {
                Some(existing) => {
                    let next = existing
                        .apply_amendment(campaign, basis, today)
                        .map_err(|violation| AppError::Violations(vec![violation]))?;
                    if next.status != CampaignStatus::Draft {
                        amended.push(existing);
                    }
                    next
                }
                None => campaign.clone(),
            });
        }
        let waiting = contracts_of_drafts_only(stored.iter().chain(&next_campaigns));
        let mut applied = ApplySummary {
            catalogue_changes: tx.put_catalogue(&permit, catalogue, calendars, &waiting)?,
            campaign_changes: 0,
        };
        let reference = self.reference_with_drafts(tx)?;
        let (org, calendars) = (&reference.org, &reference.calendars);
        let closing = next_campaigns.iter();
        let closing: Vec<Violation> = closing
            .flat_map(|next| next.check_closing_days(org, calendars, &reference.catalogue))
            .collect();
        if !closing.is_empty() {
            return Err(AppError::Violations(closing));
        }
        for next in next_campaigns {
            let before = amended.iter().find(|existing| existing.code == next.code);
            let next = match before {
                Some(before) => freeze_shares(tx, &reference, Some(before), next)?,
                None => next,
            };
            let elements = &reference.element_numbers;
            applied.campaign_changes += usize::from(tx.put_campaign(&permit, &next, elements)?);
        }
        Ok(applied)
    }

    /// Moves a campaign to its next state.
    ///
    /// # Errors
    /// [`AppError::Violations`] with everything that prevents the step.
    pub fn advance_campaign(
        &self,
        actor: &Actor,
        code: &str,
        step: CampaignStep,
    ) -> Result<Campaign> {
        let step = |tx: &mut WriteTx| self.advance_campaign_in(tx, actor, code, step);
        self.store().write("campaign.step", self.now(), step)
    }

    /// [`App::advance_campaign`] as an act.
    pub fn perform_campaign_step(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        code: &str,
        step: CampaignStep,
    ) -> Result<ActEnd<Campaign>> {
        self.perform(performer, request, |tx, actor| {
            self.advance_campaign_in(tx, actor, code, step)
        })
    }

    /// All reference data with drafts, for a caller that may perform an action at the root.
    pub fn reference_for<A: ActionMarker>(&self, actor: &Actor) -> Result<ReferenceSnapshot> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = self.root_unit_path(tx)?;
            let _: Permit<A> = authorize(actor, &unit_path, today)?;
            self.reference_with_drafts(tx)
        })
    }

    /// [`App::advance_campaign`] inside a transaction.
    pub(crate) fn advance_campaign_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        code: &str,
        step: CampaignStep,
    ) -> Result<Campaign> {
        let today = tx.now().local_date();
        let permit: Permit<action::StepCampaign> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference_with_drafts(tx)?;
        let campaign = reference
            .campaigns
            .iter()
            .find(|one| one.code == code)
            .ok_or(RefusalReason::NotFound)?;
        let unreachable = unreachable_units(&reference, campaign);
        let missing = match step {
            CampaignStep::Conclude => missing_reports(tx, &reference, campaign, None, today)?,
            CampaignStep::Approve
            | CampaignStep::Launch
            | CampaignStep::Start
            | CampaignStep::Close
            | CampaignStep::Review
            | CampaignStep::Archive
            | CampaignStep::Suspend
            | CampaignStep::Resume
            | CampaignStep::CloseEarly
            | CampaignStep::Reopen => Vec::new(),
        };
        let step_context = CampaignStepContext {
            today,
            catalogue: &reference.catalogue,
            unreachable_units: &unreachable,
            missing_reports: &missing,
        };
        let next = Campaign {
            status: campaign.next_status(step, &step_context).map_err(AppError::Violations)?,
            ..campaign.clone()
        };
        let next = if step == CampaignStep::Approve {
            freeze_shares(tx, &reference, None, next)?
        } else {
            next
        };
        tx.put_campaign_status(&permit, &next, &reference.element_numbers)?;
        Ok(next)
    }

    /// Moves every campaign to its state of today: launched, running or over. Returns how many
    /// changed. Acts for the root unit of today: on the day on which the authority itself is
    /// merged, that is its successor.
    pub fn advance_campaigns_by_day(&self) -> Result<usize> {
        let today = self.now().local_date();
        self.store().write("campaign.step_by_day", self.now(), |tx| {
            let unit_path = self.root_unit_path(tx)?;
            let permit: Permit<action::StepCampaign> =
                authorize(&Actor::system_actor(unit_path.unit), &unit_path, today)?;
            let reference = self.reference_with_drafts(tx)?;
            let step_context = CampaignStepContext {
                today,
                catalogue: &reference.catalogue,
                unreachable_units: &[],
                missing_reports: &[],
            };
            let mut moved = 0;
            for campaign in &reference.campaigns {
                let status = campaign.status_by_date(&step_context);
                let next = Campaign { status, ..campaign.clone() };
                moved += usize::from(tx.put_campaign_status(
                    &permit,
                    &next,
                    &reference.element_numbers,
                )?);
            }
            Ok::<_, AppError>(moved)
        })
    }

    /// All baseline figures in every version, for a caller that may import them; by unit, element,
    /// version and days.
    pub fn baselines(&self, actor: &Actor) -> Result<Vec<BaselineRow>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = self.root_unit_path(tx)?;
            let _: Permit<action::ImportBaseline> = authorize(actor, &unit_path, today)?;
            let mut rows = tx.baselines()?;
            rows.sort_by(|a, b| {
                let other = (&b.unit_uid, &b.element, b.version, b.window);
                (&a.unit_uid, &a.element, a.version, a.window).cmp(&other)
            });
            Ok::<_, AppError>(rows)
        })
    }

    /// Adds baseline figures as new versions, in one transaction.
    pub fn import_baselines(&self, actor: &Actor, rows: &[BaselineRow]) -> Result<usize> {
        let request = ActRequest::of_operator("baseline.import", false);
        let end = self.perform_baseline_import(Performer::Operator(actor), &request, rows)?;
        Ok(end.performed().unwrap_or_default())
    }

    /// [`App::import_baselines`] under a request; returns how many figures were written.
    pub fn perform_baseline_import(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        rows: &[BaselineRow],
    ) -> Result<ActEnd<usize>> {
        self.perform(performer, request, |tx, actor| {
            let today = tx.now().local_date();
            let permit: Permit<action::ImportBaseline> =
                authorize(actor, &self.root_unit_path(tx)?, today)?;
            tx.insert_baselines(&permit, rows).map_err(AppError::from)
        })
    }

    /// The path of the root unit.
    pub(crate) fn root_unit_path(&self, tx: &mut ReadTx) -> Result<UnitPath> {
        let root = self.root_unit(tx)?.ok_or_else(AppError::no_organisation)?;
        Ok(UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() })
    }
}

/// Units that are not below the owner on the campaign's first day, by uid.
fn unreachable_units(reference: &ReferenceSnapshot, campaign: &Campaign) -> Vec<String> {
    let (org, first) = (&reference.org, campaign.legal_window.start);
    let addressed = org.open_units_on(first).filter(|unit| {
        let kind = org.kind_on(unit.id, first);
        unit.id != campaign.owner_id()
            && !matches!(kind, None | Some(UnitKind::Cluster | UnitKind::Province))
    });
    let cut_off = addressed.filter(|unit| {
        !org.ancestors(unit.id, Hierarchy::Command, first).contains(&campaign.owner_id())
    });
    cut_off.map(|unit| unit.uid.clone()).collect()
}
