//! The digest of the input of a run: the same input gives the same run.

use super::{ReportEntry, SEMANTICS_VERSION, StandingInput};
use crate::domain::org::StructureView;
use crate::domain::report::cell::{CellValue, MissingReason};
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::ids::ReportId;
use crate::domain::support::scope_digest::ScopeDigest;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Digest of the input reports: their number and the sum of one hash per report, so an update does
/// not read the other reports.
#[derive(Debug, Clone, Default)]
pub struct ReportsDigest {
    digest: ScopeDigest,
    hashes: HashMap<ReportId, u128>,
}

impl ReportsDigest {
    /// The digest of these reports.
    #[must_use]
    pub fn from_reports(reports: &[ReportEntry<'_>]) -> Self {
        let mut inputs = Self::default();
        reports.iter().for_each(|entry| inputs.upsert_report(entry));
        inputs
    }

    /// Replaces the hash of a report with that of its present content.
    pub fn upsert_report(&mut self, entry: &ReportEntry<'_>) {
        let id = entry.key.id();
        let hash = hash_report(id, entry);
        if let Some(before) = self.hashes.insert(id, hash) {
            self.digest.remove(before);
        }
        self.digest.add(hash);
    }
}

/// First 16 bytes, big-endian, of SHA-256 over a report's id, its state and its cells.
fn hash_report(id: ReportId, entry: &ReportEntry<'_>) -> u128 {
    let mut hash = Sha256::new();
    hash.update(id.0);
    hash.update([u8::from(entry.received), u8::from(entry.accepted), u8::from(entry.late)]);
    for (element, value) in entry.cells {
        hash.update(format!("{}={};", element.0, hashed_text(*value)));
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(first)
}

/// The text of a cell as it is hashed. It is data and must never change.
fn hashed_text(value: CellValue) -> String {
    match value {
        CellValue::Reported(figure) => format!("Reported({figure})"),
        CellValue::Carried(figure) => format!("Carried({figure})"),
        CellValue::Nil => "Nil".to_owned(),
        CellValue::Missing(MissingReason::AwaitingSource) => "Missing(AwaitingSource)".to_owned(),
        CellValue::Missing(MissingReason::NotCounted) => "Missing(NotCounted)".to_owned(),
        CellValue::Missing(MissingReason::SeeNote) => "Missing(SeeNote)".to_owned(),
    }
}

/// SHA-256 over the version of the rules, the campaign, the day, the view, the baselines, the
/// waivers, the signed hand-overs and the digest of every report's content and state.
#[must_use]
pub fn compute_input_digest(
    input: &StandingInput<'_>,
    baselines: &[BaselineRow],
    reports: &ReportsDigest,
) -> [u8; 32] {
    compute_input_digest_of_version(SEMANTICS_VERSION, input, baselines, reports)
}

/// The digest of the same input under another version of the rules. Version 1 was not hashed.
#[must_use]
pub fn compute_input_digest_of_version(
    version: i32,
    input: &StandingInput<'_>,
    baselines: &[BaselineRow],
    reports: &ReportsDigest,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    if version > 1 {
        hash.update(version.to_be_bytes());
    }
    hash.update(input.campaign.id().0);
    hash.update(input.today.to_string());
    if input.view != StructureView::AsWas {
        hash.update(input.view.to_string());
    }
    for BaselineRow { unit_uid, element, window, value, source, status, version } in baselines {
        hash.update(format!(
            "{unit_uid}|{element}|{}|{}|{value}|{source}|{status}|{version}\n",
            window.start, window.end
        ));
    }
    for report in input.waivers {
        hash.update(b"waived ");
        hash.update(report.0);
    }
    for handover in input.handovers {
        hash.update(b"handed over ");
        hash.update(handover.id().0);
    }
    hash.update(reports.digest.count.to_be_bytes());
    hash.update(reports.digest.sum.to_be_bytes());
    hash.finalize().into()
}
