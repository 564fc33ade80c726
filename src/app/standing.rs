//! The aggregation of standings: judges every campaign over the accepted reports at one cut of the
//! feed, and publishes the runs in one transaction.
//!
//! The same cut gives the same bytes, and a second run over it publishes nothing.

use super::error::{AppError, Result};
use super::runs::RunInputBytes;
use super::{App, ReferenceSnapshot};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::Campaign;
use crate::domain::org::{StructureView, UnitKind};
use crate::domain::report::Report;
use crate::domain::report::workflow::ReportState;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::standing::baseline::{BaselineRow, Baselines};
use crate::domain::standing::{
    ReportEntry, ReportsDigest, Standing, StandingInput, StandingRun, StandingView,
    compute_input_digest, judge_standings,
};
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// The result of a nightly run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregationSummary {
    /// One run for each campaign.
    pub runs: Vec<StandingRun>,
}

/// One judged campaign, before anything is written.
pub struct JudgedCampaign {
    /// The standings, in uid order.
    pub standings: Vec<Standing>,
    /// SHA-256 of all inputs.
    pub input_digest: [u8; 32],
    /// The seq up to which changes are included.
    pub cut_seq: i64,
}

pub(super) const SENT_STATES: [ReportState; 4] =
    [ReportState::Submitted, ReportState::Returned, ReportState::Accepted, ReportState::Locked];

impl App {
    /// Judges every campaign over one snapshot, while writes continue, and publishes the changes in
    /// one short transaction that also checks with `verify_lease` that the caller still holds the
    /// job's lease. Publishes nothing if anything that enters the verdicts, or a right, is not what
    /// the audit says was written.
    pub fn aggregate_campaigns(
        &self,
        actor: &Actor,
        verify_lease: impl Fn(&mut WriteTx) -> Result<bool>,
    ) -> Result<AggregationSummary> {
        let today = self.now().local_date();
        let (reference, input_bytes, judged) = self.store().read(|tx| {
            tx.ensure_evidence()?;
            let reference = self.reference(tx)?;
            let input_bytes = RunInputBytes::load(tx)?;
            let total = reference.judged_campaigns().count();
            let mut judged = Vec::with_capacity(total);
            for campaign in reference.judged_campaigns() {
                self.report_progress(judged.len(), total);
                let of_today = (today, StructureView::AsWas);
                judged.push(self.judge_from_cache(tx, &reference, campaign, of_today)?);
            }
            self.report_progress(total, total);
            Ok::<_, AppError>((reference, input_bytes, judged))
        })?;
        crate::store::fault_point::trigger_fault_point("night_judged");
        self.store().write("job.aggregate", self.now(), |tx| {
            if !verify_lease(tx)? {
                return Err(AppError::LeaseLost);
            }
            let unit_path = self.root_unit_path(tx)?;
            let permit: Permit<action::RunJob> = authorize(actor, &unit_path, today)?;
            let mut runs = Vec::new();
            for (campaign, judged) in reference.judged_campaigns().zip(&judged) {
                runs.push(self.publish_run(
                    tx,
                    &permit,
                    &reference,
                    campaign,
                    judged,
                    &input_bytes,
                )?);
            }
            Ok(AggregationSummary { runs })
        })
    }

    /// The published standings of a campaign that the caller may read.
    pub fn visible_standings(&self, actor: &Actor, campaign: CampaignId) -> Result<Vec<Standing>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for standing in
                tx.standings(campaign, &reference.unit_numbers, &reference.element_numbers)?
            {
                let unit_path = tx.unit_path(standing.unit)?;
                if authorize::<action::ReadStanding>(actor, &unit_path, today).is_ok() {
                    seen.push(standing);
                }
            }
            Ok(seen)
        })
    }

    /// Judges one campaign as it is now, in the structure of the view, and writes nothing.
    pub fn judge_live(&self, campaign: &Campaign, view: StructureView) -> Result<JudgedCampaign> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            self.judge_from_cache(tx, &reference, campaign, (today, view))
        })
    }

    /// Judges every campaign in each view twice, from the cached totals and from all raw reports;
    /// returns how many campaigns agree to the byte.
    ///
    /// # Errors
    /// The first campaign whose cached totals are wrong.
    pub fn verify_cached_totals(&self, actor: &Actor) -> Result<usize> {
        self.authorize_job_run(actor)?;
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let judged = reference
                .judged_campaigns()
                .flat_map(|campaign| StandingView::ALL.iter().map(move |view| (campaign, view)));
            for (campaign, view) in judged {
                let of_today = (today, view.structure_of(campaign, today));
                let from_cache = self.judge_from_cache(tx, &reference, campaign, of_today)?;
                let full = judge_campaign(tx, &reference, campaign, of_today, to_report_entry)?;
                if from_cache.standings != full.standings
                    || from_cache.input_digest != full.input_digest
                {
                    let what = format!(
                        "the sums of campaign {} in the view {view} do not follow from its reports",
                        campaign.code
                    );
                    return Err(AppError::Store(crate::store::Error::Damaged(what)));
                }
            }
            Ok(reference.judged_campaigns().count())
        })
    }

    /// Judges one campaign as if every sent report were accepted: provisional, and written nowhere.
    pub fn judge_provisional(&self, campaign: &Campaign) -> Result<JudgedCampaign> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            judge_campaign(
                tx,
                &reference,
                campaign,
                (today, StructureView::AsWas),
                to_entry_as_accepted,
            )
        })
    }

    fn publish_run(
        &self,
        tx: &mut WriteTx,
        permit: &Permit<action::RunJob>,
        reference: &ReferenceSnapshot,
        campaign: &Campaign,
        judged: &JudgedCampaign,
        input_bytes: &RunInputBytes,
    ) -> Result<StandingRun> {
        let now = tx.now();
        let day = now.local_date();
        let mut changed = 0;
        for standing in &judged.standings {
            let published = is_published(reference, standing.unit, day);
            let put = tx.put_standing(
                permit,
                standing,
                &reference.unit_numbers,
                &reference.element_numbers,
                published,
            )?;
            changed += u32::from(put.changed);
        }
        let before = tx.latest_run(campaign.id())?;
        if let Some(before) = &before
            && before.input_digest == judged.input_digest
            && changed == 0
        {
            return Ok(before.clone());
        }
        let previous = tx.run_manifest_before(campaign.id(), i64::MAX)?;
        let run = StandingRun {
            id: StandingRun::derive_id(campaign.id(), judged.cut_seq, &judged.input_digest),
            number: before.map_or(1, |before| before.number + 1),
            campaign: campaign.id(),
            cut_seq: judged.cut_seq,
            cut_at: now,
            input_digest: judged.input_digest,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            standings: u32::try_from(judged.standings.len()).unwrap_or(u32::MAX),
            changed,
            supersedes: previous.map_or(0, |before| before.last_final_number()),
        };
        tx.put_latest_run(permit, &run)?;
        input_bytes.insert_manifest(tx, &run, campaign.status.is_final(), judged, reference)?;
        Ok(run)
    }
}

/// Standings of the province and of districts are published; those of a commune are not.
pub(crate) fn is_published(reference: &ReferenceSnapshot, unit: UnitId, day: Date) -> bool {
    matches!(reference.org.kind_on(unit, day), Some(UnitKind::Province | UnitKind::District))
}

/// Judges one campaign over the snapshot of `tx`, from every report.
fn judge_campaign(
    tx: &mut ReadTx,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    (today, view): (Date, StructureView),
    entry: fn(&Report) -> ReportEntry<'_>,
) -> Result<JudgedCampaign> {
    let cut = tx.head()?.seq;
    let rows = tx.baselines()?;
    let filed = tx.reports_in_states(&SENT_STATES, &reference.unit_numbers)?;
    let reports: Vec<Report> = filed.into_iter().map(|filed| filed.report).collect();
    let definition =
        tx.record(RecordKind::Campaign, &campaign.id().0)?.map_or(0, |stored| stored.revision);
    let entries: Vec<ReportEntry<'_>> = reports.iter().map(entry).collect();
    judge_reports(reference, campaign, &rows, &entries, (definition, cut, today, view))
}

/// Judges one campaign from the given reports and baselines. The tuple is the revision of its
/// definition, the cut, the day and the view. Pure: the same input gives the same result.
pub(super) fn judge_reports(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    rows: &[BaselineRow],
    reports: &[ReportEntry<'_>],
    (definition, cut, today, view): (i64, i64, Date, StructureView),
) -> Result<JudgedCampaign> {
    let baselines = Baselines::new(rows);
    let input =
        StandingInput { view, ..reference.standing_input(campaign, &baselines, reports, today) };
    let standings =
        judge_standings(&input, definition).map_err(|unknown| unknown_calendar_error(&unknown))?;
    Ok(JudgedCampaign {
        standings,
        input_digest: compute_input_digest(&input, rows, &ReportsDigest::from_reports(reports)),
        cut_seq: cut,
    })
}

pub(super) fn unknown_calendar_error(unknown: &UnknownCalendar) -> AppError {
    AppError::Store(crate::store::Error::Damaged(unknown.to_string()))
}

/// The report as if it were accepted.
fn to_entry_as_accepted(report: &Report) -> ReportEntry<'_> {
    let entry = to_report_entry(report);
    ReportEntry { accepted: entry.received, ..entry }
}

pub(crate) fn to_report_entry(report: &Report) -> ReportEntry<'_> {
    ReportEntry {
        key: &report.key,
        received: report.received_day.is_some(),
        accepted: report.state.is_official(),
        late: report.late,
        cells: &report.cells,
    }
}
