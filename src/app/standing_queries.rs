//! Queries on standings, and on the reports behind one. Lists are in unit order and are not ranked.
//!
//! A unit's standings are readable by itself and by units above it; those of the province and of
//! districts are published.

use super::standing::{SENT_STATES, is_published, to_report_entry, unknown_calendar_error};
use super::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::standing::baseline::Baselines;
use crate::domain::standing::{
    self, Standing, StandingInput, StandingReport, StandingRun, list_standing_reports,
};
use crate::domain::support::ids::{CampaignId, StandingId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::store::ReadTx;
use crate::store::report::StoredReport;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A standing with its revision.
#[derive(Debug, Clone)]
pub struct StoredStanding {
    /// The standing.
    pub standing: Standing,
    /// Its revision, from 1.
    pub revision: i64,
}

/// The standings of a campaign that a caller may read, and their run.
#[derive(Debug, Clone)]
pub struct CampaignResults {
    /// In the order of unit numbers, then target codes.
    pub standings: Vec<StoredStanding>,
    /// The latest run; `None` before the first.
    pub run: Option<StandingRun>,
}

/// The reports behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDrilldown {
    /// The seq up to which reports are read.
    pub cut_seq: i64,
    /// The visible reports, including missing ones: by unit (uid), then day.
    pub lines: Vec<StandingReport>,
    /// Number of further reports that the caller may not read.
    pub hidden_count: usize,
}

struct StandingReader<'a> {
    actor: &'a Actor,
    visible: VisibleScopes,
    reference: &'a ReferenceSnapshot,
    today: Date,
    allowed: BTreeMap<UnitId, bool>,
}

impl StandingReader<'_> {
    fn is_readable(&mut self, tx: &mut ReadTx, standing: &Standing) -> Result<bool> {
        let published = is_published(self.reference, standing.unit, self.today);
        if published && self.visible.contains(Scope::published(standing.campaign)) {
            return Ok(true);
        }
        if let Some(cached) = self.allowed.get(&standing.unit) {
            return Ok(*cached);
        }
        let unit_path = tx.unit_path(standing.unit)?;
        let is_allowed =
            authorize::<action::ReadStanding>(self.actor, &unit_path, self.today).is_ok();
        self.allowed.insert(standing.unit, is_allowed);
        Ok(is_allowed)
    }
}

impl App {
    /// The visible standings of a campaign.
    pub fn campaign_results(&self, actor: &Actor, campaign: CampaignId) -> Result<CampaignResults> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut reader = self.standing_reader(actor, &reference);
            let run = tx.latest_run(campaign)?;
            let mut standings = Vec::new();
            for standing in
                tx.standings(campaign, &reference.unit_numbers, &reference.element_numbers)?
            {
                if reader.is_readable(tx, &standing)? {
                    let revision = tx
                        .record(RecordKind::Standing, &standing.id().0)?
                        .map_or(0, |found| found.revision);
                    standings.push(StoredStanding { standing, revision });
                }
            }
            standings.sort_by_cached_key(|published| {
                let Standing { unit, phase, judgement, .. } = &published.standing;
                (reference.unit_numbers.number(unit), *phase, judgement.code.clone())
            });
            Ok(CampaignResults { run: if standings.is_empty() { None } else { run }, standings })
        })
    }

    /// One standing.
    pub fn standing_result(&self, actor: &Actor, id: StandingId) -> Result<StoredStanding> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let standing = tx
                .standing(id, &reference.unit_numbers, &reference.element_numbers)?
                .ok_or(RefusalReason::NotFound)?;
            if !self.standing_reader(actor, &reference).is_readable(tx, &standing)? {
                return Err(RefusalReason::NotFound.into());
            }
            let revision =
                tx.record(RecordKind::Standing, &id.0)?.map_or(0, |found| found.revision);
            Ok(StoredStanding { standing, revision })
        })
    }

    /// The reports behind a published standing, or behind its member with this code, at the cut of
    /// the latest run.
    pub fn drill_down(
        &self,
        actor: &Actor,
        id: StandingId,
        member: &str,
    ) -> Result<ReportDrilldown> {
        let StoredStanding { standing, .. } = self.standing_result(actor, id)?;
        let code = if member.is_empty() { &standing.judgement.code } else { member };
        standing.judgement.find_member(code).ok_or(RefusalReason::NotFound)?;
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let run = tx.latest_run(standing.campaign)?.ok_or(RefusalReason::NotFound)?;
            let filed = tx.reports_at_cut(run.cut_seq, &reference.unit_numbers)?;
            let campaign = reference.campaign(standing.campaign);
            let query = DrilldownQuery {
                campaign: campaign.ok_or(RefusalReason::NotFound)?,
                unit_and_phase: (standing.unit, standing.phase),
                code,
                view: StructureView::AsWas,
            };
            let lines =
                load_drilldown_lines(tx, &reference, &query, &filed, run.cut_at.local_date())?;
            self.filter_drilldown(tx, actor, run.cut_seq, lines)
        })
    }

    /// The reports behind a target at a unit as they are now.
    pub fn drill_down_live(
        &self,
        actor: &Actor,
        campaign: &Campaign,
        (unit, phase, view): (UnitId, u8, StructureView),
        code: &str,
    ) -> Result<ReportDrilldown> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let filed = tx.reports_in_states(&SENT_STATES, &reference.unit_numbers)?;
            let query = DrilldownQuery { campaign, unit_and_phase: (unit, phase), code, view };
            let lines =
                load_drilldown_lines(tx, &reference, &query, &filed, self.now().local_date())?;
            let cut = tx.head()?.seq;
            self.filter_drilldown(tx, actor, cut, lines)
        })
    }

    fn filter_drilldown(
        &self,
        tx: &mut ReadTx,
        actor: &Actor,
        cut: i64,
        mut lines: Vec<StandingReport>,
    ) -> Result<ReportDrilldown> {
        let today = self.now().local_date();
        let mut allowed: BTreeMap<UnitId, bool> = BTreeMap::new();
        for line in &lines {
            if let Entry::Vacant(unknown) = allowed.entry(line.unit) {
                let unit_path = tx.unit_path(line.unit)?;
                unknown.insert(authorize::<action::ReadReport>(actor, &unit_path, today).is_ok());
            }
        }
        let all = lines.len();
        lines.retain(|line| allowed.get(&line.unit).copied().unwrap_or(false));
        Ok(ReportDrilldown { cut_seq: cut, hidden_count: all - lines.len(), lines })
    }

    fn standing_reader<'a>(
        &self,
        actor: &'a Actor,
        reference: &'a ReferenceSnapshot,
    ) -> StandingReader<'a> {
        let today = self.now().local_date();
        let visible = compute_visible_scopes(actor, &reference.published_campaigns(), today);
        StandingReader { actor, visible, reference, today, allowed: BTreeMap::new() }
    }
}

struct DrilldownQuery<'a> {
    campaign: &'a Campaign,
    /// The unit and the phase; phase 0 is the whole campaign.
    unit_and_phase: (UnitId, u8),
    code: &'a str,
    view: StructureView,
}

fn load_drilldown_lines(
    tx: &mut ReadTx,
    reference: &ReferenceSnapshot,
    query: &DrilldownQuery<'_>,
    filed: &[StoredReport],
    today: Date,
) -> Result<Vec<StandingReport>> {
    let baselines = Baselines::new(&tx.baselines()?);
    let reports: Vec<standing::ReportEntry<'_>> =
        filed.iter().map(|filed| to_report_entry(&filed.report)).collect();
    let input = StandingInput {
        view: query.view,
        ..reference.standing_input(query.campaign, &baselines, &reports, today)
    };
    let found = list_standing_reports(&input, query.unit_and_phase, query.code);
    let found = found.map_err(|unknown| unknown_calendar_error(&unknown))?;
    found.ok_or_else(|| RefusalReason::NotFound.into())
}
