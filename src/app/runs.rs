//! Published runs: stored with their inputs, recomputed from raw reports, and compared with each
//! other.
//!
//! ```text
//! verify   stored definitions + stored baselines + reports at the cut  --judge-->
//!                                                         the same input, the same standings?
//!          A run of other semantics is not judged again: other rules judged it.
//! diff     standings of A against standings of B, and the reports that changed between their cuts
//! ```

use super::error::{AppError, Result};
use super::standing::{JudgedCampaign, SENT_STATES, judge_reports, to_report_entry};
use super::{App, ReferenceSnapshot};
use crate::domain::access::permission::Actor;
use crate::domain::org::StructureView;
use crate::domain::report::Report;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus, Baselines};
use crate::domain::standing::{
    ReportsDigest, SEMANTICS_VERSION, Standing, StandingInput, StandingRun,
    compute_input_digest_of_version,
};
use crate::domain::support::ids::{CampaignId, RunId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, date_from_days, days_from_date};
use crate::store::reference::ReferenceData;
pub use crate::store::run_manifest::RunManifest;
use crate::store::run_manifest::{decode_parts, decode_standings, encode_parts, encode_standings};
use crate::store::{Error, ReadTx, WriteTx};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The encoded inputs that all runs of one night share: definitions and baselines.
pub(super) struct RunInputBytes {
    reference: Vec<u8>,
    baselines: Vec<u8>,
}

/// The result of recomputing a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunVerification {
    /// Number of reports at the cut.
    pub reports: usize,
    /// Whether the recomputed input digest equals the one in the manifest.
    pub input_matches: bool,
    /// Whether the recomputed standings equal the published ones byte for byte.
    pub output_matches: bool,
    /// Unit and target code of each standing that differs.
    pub differing: Vec<(UnitId, String)>,
    /// The version of the rules by which it was judged, if that is not today's: then it was not
    /// judged again; only its inputs and its stored standings were compared with their digests.
    pub other_semantics: Option<i32>,
}

impl RunVerification {
    /// Whether nothing differs from what was published.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.input_matches && self.output_matches
    }
}

/// One standing that differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingDiff {
    /// The unit.
    pub unit: UnitId,
    /// The target.
    pub target: String,
    /// In the earlier run; `None`: not judged.
    pub before: Option<Standing>,
    /// In the later run.
    pub after: Option<Standing>,
}

/// The difference between two runs of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDiff {
    /// Standings that differ.
    pub standing_diffs: Vec<StandingDiff>,
    /// Reports that changed between the cuts, as they are at the later cut.
    pub changed_reports: Vec<Report>,
    /// Whether definitions changed: organisation, forms, campaigns.
    pub definitions_changed: bool,
    /// Whether baselines changed.
    pub baselines_changed: bool,
}

impl RunInputBytes {
    pub(super) fn load(tx: &mut ReadTx) -> Result<Self> {
        Ok(Self {
            reference: tx.encode_reference()?,
            baselines: encode_baselines(&tx.baselines()?),
        })
    }

    /// Stores the manifest of a run that is published.
    pub(super) fn insert_manifest(
        &self,
        tx: &mut WriteTx,
        run: &StandingRun,
        is_final: bool,
        judged: &JudgedCampaign,
        reference: &ReferenceSnapshot,
    ) -> Result<()> {
        let standings = encode_standings(
            &judged.standings,
            &reference.unit_numbers,
            &reference.element_numbers,
        )?;
        let (of_reference, of_baselines) =
            (Sha256::digest(&self.reference), Sha256::digest(&self.baselines));
        let manifest = RunManifest {
            id: run.id.0.to_vec(),
            campaign: run.campaign.0.to_vec(),
            number: run.number.into(),
            cut_seq: run.cut_seq,
            as_of_day: days_from_date(run.cut_at.local_date()),
            published_at: run.cut_at.0,
            code_version: run.code_version.clone(),
            input_digest: run.input_digest.to_vec(),
            output_digest: Sha256::digest(&standings).to_vec(),
            reference_digest: of_reference.to_vec(),
            baselines_digest: of_baselines.to_vec(),
            standings,
            semantics: SEMANTICS_VERSION,
            is_final: is_final.into(),
            supersedes: run.supersedes.into(),
        };
        let inputs = [
            (&of_reference[..], self.reference.as_slice()),
            (&of_baselines[..], self.baselines.as_slice()),
        ];
        Ok(tx.insert_run_manifest(&manifest, inputs)?)
    }
}

impl App {
    /// Runs of a campaign, newest first.
    pub fn run_manifests(&self, campaign: CampaignId, limit: i64) -> Result<Vec<RunManifest>> {
        Ok(self.store().read(|tx| tx.run_manifests(campaign, limit))?)
    }

    /// Recomputes a run from the raw reports at its cut, and compares it with the published
    /// standings. A run of other semantics is not recomputed.
    pub fn verify_run(&self, manifest: &RunManifest) -> Result<RunVerification> {
        self.store().read(|tx| {
            let (reference, definitions) = load_definitions(tx, manifest)?;
            let rows = decode_baselines(&tx.run_input(&manifest.baselines_digest)?)?;
            let reports = load_reports_at(tx, manifest.cut_seq, &reference)?;
            let id = CampaignId::from_slice(&manifest.campaign)
                .map_err(|_| damaged_run_error("campaign"))?;
            let campaign = reference.campaign(id).ok_or_else(|| damaged_run_error("campaign"))?;
            let definition = definitions.get(&id.0).copied().unwrap_or_default();
            let as_of = (
                definition,
                manifest.cut_seq,
                date_from_days(manifest.as_of_day),
                StructureView::AsWas,
            );
            let entries: Vec<_> = reports.iter().map(to_report_entry).collect();
            if manifest.semantics != SEMANTICS_VERSION {
                let baselines = Baselines::new(&rows);
                let input = reference.standing_input(campaign, &baselines, &entries, as_of.2);
                return Ok(verify_other_semantics(manifest, &input, &rows));
            }
            let recomputed = judge_reports(&reference, campaign, &rows, &entries, as_of)?;
            let packed = encode_standings(
                &recomputed.standings,
                &reference.unit_numbers,
                &reference.element_numbers,
            )?;
            let published = decode_standings(
                &manifest.standings,
                &reference.unit_numbers,
                &reference.element_numbers,
            )?;
            let is_output_intact =
                Sha256::digest(&manifest.standings)[..] == manifest.output_digest[..];
            let changed = diff_standings(&published, &recomputed.standings);
            Ok(RunVerification {
                reports: reports.len(),
                input_matches: recomputed.input_digest[..] == manifest.input_digest[..],
                output_matches: is_output_intact && packed == manifest.standings,
                differing: changed.into_iter().map(|one| (one.unit, one.target)).collect(),
                other_semantics: None,
            })
        })
    }

    /// Hashes all stored content, then recomputes the newest run of each campaign from it; returns
    /// how many match. One of other semantics is only compared with its digest.
    ///
    /// # Errors
    /// Content that is not what was written, or the first run whose published standings do not
    /// follow from the reports.
    pub fn verify_latest_runs(&self, actor: &Actor) -> Result<usize> {
        self.authorize_job_run(actor)?;
        self.check_content()?;
        let campaigns = self.store().read(|tx| self.reference(tx))?.published_campaigns();
        let manifests: Vec<Vec<RunManifest>> =
            campaigns.into_iter().map(|one| self.run_manifests(one, 1)).collect::<Result<_>>()?;
        let mut verified_count = 0;
        for (number, manifest) in manifests.iter().flatten().enumerate() {
            self.report_progress(number, manifests.len());
            let found = self.verify_run(manifest)?;
            if !found.holds() {
                let differing = found.differing.len();
                return Err(damaged_run_error(&format!(
                    "number {}: {differing} standings do not follow from the reports",
                    manifest.number
                )));
            }
            verified_count += usize::from(found.other_semantics.is_none());
        }
        Ok(verified_count)
    }

    /// The standings that differ between two runs, and the reports that changed between their cuts.
    pub fn diff_runs(&self, before: &RunManifest, after: &RunManifest) -> Result<RunDiff> {
        self.store().read(|tx| {
            let (old, _) = load_definitions(tx, before)?;
            let (new, _) = load_definitions(tx, after)?;
            let earlier =
                decode_standings(&before.standings, &old.unit_numbers, &old.element_numbers)?;
            let later =
                decode_standings(&after.standings, &new.unit_numbers, &new.element_numbers)?;
            let changed_ids = tx.changed_reports(before.cut_seq, after.cut_seq)?;
            let mut reports = load_reports_at(tx, after.cut_seq, &new)?;
            reports.retain(|report| changed_ids.contains_key(&report.key.id().0));
            Ok(RunDiff {
                standing_diffs: diff_standings(&earlier, &later),
                changed_reports: reports,
                definitions_changed: before.reference_digest != after.reference_digest,
                baselines_changed: before.baselines_digest != after.baselines_digest,
            })
        })
    }

    /// The standings of a run, with the definitions that it used.
    pub fn run_standings(
        &self,
        manifest: &RunManifest,
    ) -> Result<(Vec<Standing>, ReferenceSnapshot)> {
        self.store().read(|tx| {
            let (reference, _) = load_definitions(tx, manifest)?;
            Ok((
                decode_standings(
                    &manifest.standings,
                    &reference.unit_numbers,
                    &reference.element_numbers,
                )?,
                reference,
            ))
        })
    }

    /// One run by its id.
    pub fn run_manifest(&self, id: RunId) -> Result<Option<RunManifest>> {
        Ok(self.store().read(|tx| tx.run_manifest(id))?)
    }
}

/// Compares the inputs and the standings of a run with their digests, without judging it again.
fn verify_other_semantics(
    manifest: &RunManifest,
    input: &StandingInput<'_>,
    rows: &[BaselineRow],
) -> RunVerification {
    let reports = ReportsDigest::from_reports(input.reports);
    let digest = compute_input_digest_of_version(manifest.semantics, input, rows, &reports);
    RunVerification {
        reports: input.reports.len(),
        input_matches: digest[..] == manifest.input_digest[..],
        output_matches: Sha256::digest(&manifest.standings)[..] == manifest.output_digest[..],
        differing: Vec::new(),
        other_semantics: Some(manifest.semantics),
    }
}

/// A published run with everything of its time.
pub(super) struct RunSnapshot {
    pub(super) reference: ReferenceSnapshot,
    pub(super) baselines: Vec<BaselineRow>,
    pub(super) run: StandingRun,
    pub(super) standings: Vec<Standing>,
}

/// A run of the campaign, from its manifest.
///
/// # Errors
/// NOT_FOUND for an unknown run, and for one of another campaign.
pub(super) fn load_run_snapshot(
    tx: &mut ReadTx,
    campaign: CampaignId,
    id: RunId,
) -> Result<RunSnapshot> {
    let found = tx.run_manifest(id)?.filter(|manifest| manifest.campaign[..] == campaign.0[..]);
    let manifest = found.ok_or(RefusalReason::NotFound)?;
    let (reference, _) = load_definitions(tx, &manifest)?;
    let standings =
        decode_standings(&manifest.standings, &reference.unit_numbers, &reference.element_numbers)?;
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let digest = <[u8; 32]>::try_from(&manifest.input_digest[..]);
    let run = StandingRun {
        id,
        number: number(manifest.number),
        campaign,
        cut_seq: manifest.cut_seq,
        cut_at: Timestamp(manifest.published_at),
        input_digest: digest.map_err(|_| damaged_run_error("digest"))?,
        code_version: manifest.code_version.clone(),
        standings: u32::try_from(standings.len()).unwrap_or(u32::MAX),
        changed: 0,
        supersedes: number(manifest.supersedes),
    };
    let baselines = decode_baselines(&tx.run_input(&manifest.baselines_digest)?)?;
    Ok(RunSnapshot { reference, baselines, run, standings })
}

pub(super) fn load_definitions(
    tx: &mut ReadTx,
    manifest: &RunManifest,
) -> Result<(ReferenceSnapshot, BTreeMap<[u8; 16], i64>)> {
    let (facts, definitions) = ReferenceData::decode(&tx.run_input(&manifest.reference_digest)?)?;
    Ok((ReferenceSnapshot::new(facts)?, definitions))
}

fn load_reports_at(
    tx: &mut ReadTx,
    cut: i64,
    reference: &ReferenceSnapshot,
) -> Result<Vec<Report>> {
    let filed = tx.reports_at_cut(cut, &reference.unit_numbers)?;
    let mut reports: Vec<Report> = filed
        .into_iter()
        .map(|filed| filed.report)
        .filter(|report| SENT_STATES.contains(&report.state))
        .collect();
    reports.sort_by_key(|report| report.key.id());
    Ok(reports)
}

/// Standings that differ, by unit and target.
fn diff_standings(before: &[Standing], after: &[Standing]) -> Vec<StandingDiff> {
    let key = |one: &Standing| (one.unit, one.phase, one.view, one.judgement.code.clone());
    let old: BTreeMap<_, &Standing> = before.iter().map(|one| (key(one), one)).collect();
    let new: BTreeMap<_, &Standing> = after.iter().map(|one| (key(one), one)).collect();
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let differ = |key: &(UnitId, u8, _, String)| {
        let (before, after) = (old.get(key).copied(), new.get(key).copied());
        (before != after).then(|| StandingDiff {
            unit: key.0,
            target: key.3.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
    };
    keys.iter().filter_map(differ).collect()
}

fn damaged_run_error(what: &str) -> AppError {
    AppError::Store(Error::Damaged(format!("a run's {what}")))
}

/// Encodes baselines: one part for each row, in their order.
fn encode_baselines(rows: &[BaselineRow]) -> Vec<u8> {
    let part = |row: &BaselineRow| {
        let BaselineRow { unit_uid, element, window, value, source, status, version } = row;
        let (start, end) = (days_from_date(window.start), days_from_date(window.end));
        format!(
            "{unit_uid}\t{element}\t{start}\t{end}\t{value}\t{}\t{version}\t{source}",
            status.as_str()
        )
        .into_bytes()
    };
    let parts: Vec<Vec<u8>> = rows.iter().map(part).collect();
    encode_parts(parts.iter().map(Vec::as_slice))
}

fn decode_baselines(bytes: &[u8]) -> Result<Vec<BaselineRow>> {
    let row = |part: &[u8]| {
        let mut fields = std::str::from_utf8(part).ok()?.splitn(8, '\t');
        let (unit, element) = (fields.next()?, fields.next()?);
        let (start, end): (i32, i32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let (value, status, version) =
            (fields.next()?.parse().ok()?, fields.next()?, fields.next()?.parse().ok()?);
        Some(BaselineRow {
            unit_uid: unit.to_owned(),
            element: ElementCode::new(element).ok()?,
            window: DateWindow::new(date_from_days(start), date_from_days(end))?,
            value,
            status: BaselineStatus::parse(status)?,
            version,
            source: fields.next()?.to_owned(),
        })
    };
    decode_parts(bytes)?
        .into_iter()
        .map(|part| row(part).ok_or_else(|| damaged_run_error("baselines")))
        .collect()
}
