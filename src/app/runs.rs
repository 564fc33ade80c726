//! Published runs: kept with what they were reckoned from, reckoned again from raw data, compared with one another.
//!
//! ```text
//!  verify   kept definitions + kept baselines + reports as they were at the cut  --judge-->  the same input, the same standings?
//!  diff     standings of A  against standings of B, and the reports that changed between their cuts
//! ```
//!
//! Knows no schedule and no screen.

use super::error::{AppError, Result};
use super::standing::{Judged, SENT, entry_of, judge};
use super::{App, Reference};
use crate::domain::baseline::{BaselineRow, BaselineStatus};
use crate::domain::element::ElementCode;
use crate::domain::ids::{CampaignId, RunId, UnitId};
use crate::domain::org::View;
use crate::domain::permission::Actor;
use crate::domain::report::Report;
use crate::domain::standing::{Run, Standing};
use crate::domain::time::{date_from_days, days_from_date};
use crate::domain::window::Window;
use crate::store::reference::Facts;
pub use crate::store::runs::Manifest;
use crate::store::runs::{pack, pack_standings, unpack, unpack_standings};
use crate::store::{Error, ReadTx, WriteTx};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a night's runs have in common besides the reports: definitions and baselines, as bytes.
pub(super) struct Kept {
    reference: Vec<u8>,
    baselines: Vec<u8>,
}

/// What reckoning a run again gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Reports that went in, as they were at the cut.
    pub reports: usize,
    /// Whether what went in is what the manifest names.
    pub input_holds: bool,
    /// Whether what came out is what was published, byte for byte.
    pub output_holds: bool,
    /// Codes of units and targets whose standing differs.
    pub differing: Vec<(UnitId, String)>,
}

/// One standing that differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The unit.
    pub unit: UnitId,
    /// The target.
    pub target: String,
    /// In the earlier run; `None`: it was not judged.
    pub before: Option<Standing>,
    /// In the later run.
    pub after: Option<Standing>,
}

/// What lies between two runs of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// Standings that differ.
    pub changed: Vec<Changed>,
    /// Reports that changed between the cuts, each as it is at the later one.
    pub reports: Vec<Report>,
    /// Whether definitions changed too: organisation, forms, campaigns.
    pub definitions: bool,
    /// Whether baselines changed too.
    pub baselines: bool,
}

impl Kept {
    pub(super) fn read(tx: &mut ReadTx) -> Result<Self> {
        Ok(Self { reference: tx.reference_bytes()?, baselines: baseline_bytes(&tx.baselines()?) })
    }

    /// Keeps the manifest of a run that is being published.
    pub(super) fn keep(&self, tx: &mut WriteTx, run: &Run, judged: &Judged, reference: &Reference) -> Result<()> {
        let standings = pack_standings(&judged.standings, &reference.units, &reference.elements)?;
        let (of_reference, of_baselines) = (Sha256::digest(&self.reference), Sha256::digest(&self.baselines));
        let manifest = Manifest {
            id: run.id.0.to_vec(),
            campaign: run.campaign.0.to_vec(),
            number: run.number.into(),
            cut: run.cut_seq,
            day: days_from_date(run.cut_at.local_date()),
            at: run.cut_at.0,
            code: run.code_version.clone(),
            input_digest: run.input_digest.to_vec(),
            output_digest: Sha256::digest(&standings).to_vec(),
            reference: of_reference.to_vec(),
            baselines: of_baselines.to_vec(),
            standings,
        };
        let inputs = [(&of_reference[..], self.reference.as_slice()), (&of_baselines[..], self.baselines.as_slice())];
        Ok(tx.keep_run(&manifest, inputs)?)
    }
}

impl App {
    /// Runs of a campaign, newest first.
    pub fn runs(&self, campaign: CampaignId, limit: i64) -> Result<Vec<Manifest>> {
        Ok(self.store().read(|tx| tx.manifests(campaign, limit))?)
    }

    /// Reckons a run again from the raw reports as they were at its cut, and compares it with what was published.
    pub fn verify_run(&self, manifest: &Manifest) -> Result<Verified> {
        self.store().read(|tx| {
            let (reference, definitions) = definitions(tx, manifest)?;
            let rows = baseline_rows(&tx.run_input(&manifest.baselines)?)?;
            let reports = reports_at(tx, manifest.cut, &reference)?;
            let id = CampaignId::from_slice(&manifest.campaign).map_err(|_| damaged("campaign"))?;
            let campaign = reference.campaigns.iter().find(|one| one.id() == id).ok_or_else(|| damaged("campaign"))?;
            let definition = definitions.get(&id.0).copied().unwrap_or_default();
            let as_of = (definition, manifest.cut, date_from_days(manifest.day), View::AsWas);
            let entries: Vec<_> = reports.iter().map(entry_of).collect();
            let again = judge(&reference, campaign, &rows, &entries, as_of)?;
            let packed = pack_standings(&again.standings, &reference.units, &reference.elements)?;
            let published = unpack_standings(&manifest.standings, &reference.units, &reference.elements)?;
            let unharmed = Sha256::digest(&manifest.standings)[..] == manifest.output_digest[..];
            let changed = changed(&published, &again.standings);
            Ok(Verified {
                reports: reports.len(),
                input_holds: again.input_digest[..] == manifest.input_digest[..],
                output_holds: unharmed && packed == manifest.standings,
                differing: changed.into_iter().map(|one| (one.unit, one.target)).collect(),
            })
        })
    }

    /// Reckons the newest run of each campaign again; how many held.
    ///
    /// # Errors
    /// One does not: what was published does not follow from the reports. Names it.
    pub fn verify_latest_runs(&self, actor: &Actor) -> Result<usize> {
        self.may_run_jobs(actor)?;
        let campaigns = self.store().read(|tx| self.reference(tx))?.published();
        let mut held = 0;
        for manifest in campaigns.into_iter().map(|one| self.runs(one, 1)).collect::<Result<Vec<_>>>()?.iter().flatten()
        {
            let found = self.verify_run(manifest)?;
            if !(found.input_holds && found.output_holds) {
                let differing = found.differing.len();
                return Err(damaged(&format!(
                    "number {}: {differing} standings do not follow from the reports",
                    manifest.number
                )));
            }
            held += 1;
        }
        Ok(held)
    }

    /// What changed from one run to another, and the reports that changed between their cuts.
    pub fn between_runs(&self, before: &Manifest, after: &Manifest) -> Result<Between> {
        self.store().read(|tx| {
            let (old, _) = definitions(tx, before)?;
            let (new, _) = definitions(tx, after)?;
            let earlier = unpack_standings(&before.standings, &old.units, &old.elements)?;
            let later = unpack_standings(&after.standings, &new.units, &new.elements)?;
            let touched = tx.reports_changed(before.cut, after.cut)?;
            let mut reports = reports_at(tx, after.cut, &new)?;
            reports.retain(|report| touched.contains_key(&report.key.id().0));
            Ok(Between {
                changed: changed(&earlier, &later),
                reports,
                definitions: before.reference != after.reference,
                baselines: before.baselines != after.baselines,
            })
        })
    }

    /// The standings of a run, with the definitions that it was judged by.
    pub fn run_standings(&self, manifest: &Manifest) -> Result<(Vec<Standing>, Reference)> {
        self.store().read(|tx| {
            let (reference, _) = definitions(tx, manifest)?;
            Ok((unpack_standings(&manifest.standings, &reference.units, &reference.elements)?, reference))
        })
    }

    /// One run by its id.
    pub fn run(&self, id: RunId) -> Result<Option<Manifest>> {
        Ok(self.store().read(|tx| tx.manifest(id))?)
    }
}

pub(super) fn definitions(tx: &mut ReadTx, manifest: &Manifest) -> Result<(Reference, BTreeMap<[u8; 16], i64>)> {
    let (facts, definitions) = Facts::read(&tx.run_input(&manifest.reference)?)?;
    Ok((Reference::new(facts)?, definitions))
}

fn reports_at(tx: &mut ReadTx, cut: i64, reference: &Reference) -> Result<Vec<Report>> {
    let filed = tx.filed_at(cut, &reference.units)?;
    let mut reports: Vec<Report> =
        filed.into_iter().map(|filed| filed.report).filter(|report| SENT.contains(&report.state)).collect();
    reports.sort_by_key(|report| report.key.id());
    Ok(reports)
}

/// Standings that differ, by unit and target.
fn changed(before: &[Standing], after: &[Standing]) -> Vec<Changed> {
    let key = |one: &Standing| (one.unit, one.phase, one.view, one.judgement.code.clone());
    let old: BTreeMap<_, &Standing> = before.iter().map(|one| (key(one), one)).collect();
    let new: BTreeMap<_, &Standing> = after.iter().map(|one| (key(one), one)).collect();
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let differ = |key: &(UnitId, u8, _, String)| {
        let (before, after) = (old.get(key).copied(), new.get(key).copied());
        (before != after).then(|| Changed {
            unit: key.0,
            target: key.3.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
    };
    keys.iter().filter_map(differ).collect()
}

fn damaged(what: &str) -> AppError {
    AppError::Store(Error::Damaged(format!("a run's {what}")))
}

/// Baselines as bytes: one packed row each, in their order.
fn baseline_bytes(rows: &[BaselineRow]) -> Vec<u8> {
    let part = |row: &BaselineRow| {
        let BaselineRow { unit_uid, element, window, value, source, status, version } = row;
        let (start, end) = (days_from_date(window.start), days_from_date(window.end));
        format!("{unit_uid}\t{element}\t{start}\t{end}\t{value}\t{}\t{version}\t{source}", status.as_str()).into_bytes()
    };
    let parts: Vec<Vec<u8>> = rows.iter().map(part).collect();
    pack(parts.iter().map(Vec::as_slice))
}

fn baseline_rows(bytes: &[u8]) -> Result<Vec<BaselineRow>> {
    let row = |part: &[u8]| {
        let mut fields = std::str::from_utf8(part).ok()?.splitn(8, '\t');
        let (unit, element) = (fields.next()?, fields.next()?);
        let (start, end): (i32, i32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let (value, status, version) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?.parse().ok()?);
        Some(BaselineRow {
            unit_uid: unit.to_owned(),
            element: ElementCode::new(element).ok()?,
            window: Window::new(date_from_days(start), date_from_days(end))?,
            value,
            status: BaselineStatus::parse(status)?,
            version,
            source: fields.next()?.to_owned(),
        })
    };
    unpack(bytes)?.into_iter().map(|part| row(part).ok_or_else(|| damaged("baselines"))).collect()
}
