//! Totals that a node caches between two judgements. The cache follows the feed with its own
//! position, so the cost of judging is proportional to the changes.
//!
//! ```text
//! cached: totals at cut 120     judge at head 131: apply the reports that changed in 121..131,
//!                               then judge the targets
//! rebuilt from all reports: at the first use, after a change of definitions or baselines, when the
//! day goes back, in a view of today when the day changes, and when the cut is not a commit of the
//! history that is read
//! ```
//!
//! The result equals that of reading every report again. The job `verify-runs` recomputes each
//! published run from raw reports and fails where a byte differs.

use super::error::Result;
use super::standing::{JudgedCampaign, SENT_STATES, to_report_entry, unknown_calendar_error};
use super::{App, ReferenceSnapshot};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::report::Report;
use crate::domain::standing::baseline::{BaselineRow, Baselines};
use crate::domain::standing::{
    CampaignTotals, ReportEntry, ReportsDigest, StandingInput, StandingView, advance_totals,
    compute_input_digest, compute_totals, judge_standings_from_totals,
};
use crate::domain::support::ids::{CampaignId, ReportId};
use crate::store::ReadTx;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The cached totals of each campaign in each view.
pub(super) type TotalsCache =
    Arc<Mutex<BTreeMap<(CampaignId, StandingView), CachedCampaignTotals>>>;

/// The totals of one campaign, and the seq up to which changes are included.
pub(super) struct CachedCampaignTotals {
    reference: Arc<ReferenceSnapshot>,
    baselines: Vec<BaselineRow>,
    view: StructureView,
    cut_seq: i64,
    chain: [u8; 32],
    totals: CampaignTotals,
    inputs: ReportsDigest,
}

impl App {
    /// Judges one campaign over the snapshot of `tx`, in the structure of the view.
    pub(super) fn judge_from_cache(
        &self,
        tx: &mut ReadTx,
        reference: &Arc<ReferenceSnapshot>,
        campaign: &Campaign,
        (today, view): (Date, StructureView),
    ) -> Result<JudgedCampaign> {
        let (rows, cut) = (tx.baselines()?, tx.head()?.seq);
        let (_, chain) = tx.last_commit_up_to(cut)?;
        let baselines = Baselines::new(&rows);
        let input =
            StandingInput { view, ..reference.standing_input(campaign, &baselines, &[], today) };
        let key = (campaign.id(), view.into());
        // Removed from the cache while in use: a concurrent call builds its own totals.
        let cached = self.lock_totals_cache().remove(&key);
        let cached = match cached {
            Some(cached) if cached.is_reusable(tx, &input, (reference, &rows), cut)? => {
                Some(cached)
            }
            Some(_) | None => None,
        };
        let read_until = cached.as_ref().map_or(0, |cached| cached.cut_seq);
        tx.ensure_reports_audited(read_until, cut)?;
        let mut campaign_totals = match cached {
            Some(mut cached) => {
                cached.catch_up(tx, &input, cut)?;
                cached
            }
            None => CachedCampaignTotals::from_all_reports(tx, &input, (reference, &rows))?,
        };
        (campaign_totals.cut_seq, campaign_totals.chain) = (cut, chain);
        let definition =
            tx.record(RecordKind::Campaign, &campaign.id().0)?.map_or(0, |stored| stored.revision);
        let standings = judge_standings_from_totals(&input, &campaign_totals.totals, definition);
        let input_digest = compute_input_digest(&input, &rows, &campaign_totals.inputs);
        self.lock_totals_cache().insert(key, campaign_totals);
        Ok(JudgedCampaign { standings, input_digest, cut_seq: cut })
    }

    fn lock_totals_cache(
        &self,
    ) -> MutexGuard<'_, BTreeMap<(CampaignId, StandingView), CachedCampaignTotals>> {
        self.totals_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CachedCampaignTotals {
    fn from_all_reports(
        tx: &mut ReadTx,
        input: &StandingInput<'_>,
        (reference, rows): (&Arc<ReferenceSnapshot>, &[BaselineRow]),
    ) -> Result<Self> {
        let filed = tx.reports_in_states(&SENT_STATES, &reference.unit_numbers)?;
        let reports: Vec<Report> = filed.into_iter().map(|filed| filed.report).collect();
        let entries: Vec<ReportEntry<'_>> = reports.iter().map(to_report_entry).collect();
        let input = StandingInput { reports: &entries, ..*input };
        Ok(Self {
            reference: Arc::clone(reference),
            baselines: rows.to_vec(),
            view: input.view,
            cut_seq: 0,
            chain: [0; 32],
            totals: compute_totals(&input).map_err(|unknown| unknown_calendar_error(&unknown))?,
            inputs: ReportsDigest::from_reports(&entries),
        })
    }

    /// Whether the totals lack only the changes after their cut.
    fn is_reusable(
        &self,
        tx: &mut ReadTx,
        input: &StandingInput<'_>,
        (reference, rows): (&Arc<ReferenceSnapshot>, &[BaselineRow]),
        head: i64,
    ) -> Result<bool> {
        let same = Arc::ptr_eq(&self.reference, reference)
            && self.baselines == rows
            && self.view == input.view;
        let forward = self.cut_seq <= head && self.totals.day() <= input.today;
        Ok(same && forward && tx.last_commit_up_to(self.cut_seq)? == (self.cut_seq, self.chain))
    }

    fn catch_up(&mut self, tx: &mut ReadTx, input: &StandingInput<'_>, head: i64) -> Result<()> {
        for id in tx
            .changed_reports(self.cut_seq, head)?
            .into_keys()
            .skip(usize::from(planted!("change-not-followed")))
        {
            let filed = tx.verified_report(ReportId(id), &self.reference.unit_numbers)?;
            let Some(filed) = filed.filter(|filed| filed.report.state.is_sent()) else { continue };
            let entry = to_report_entry(&filed.report);
            self.totals.upsert_report(&entry);
            self.inputs.upsert_report(&entry);
        }
        advance_totals(input, &mut self.totals);
        Ok(())
    }
}
