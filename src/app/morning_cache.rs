//! Morning reports that a node keeps between two readings. Most readers of a morning ask for the
//! same few units, and what a report holds changes with the next run.
//!
//! A kept report is used while the run, the definitions and the baselines are those it was made of;
//! one of an earlier run stays as it is. Questions change between runs, so they are read each time.

use super::ReferenceSnapshot;
use super::morning_report::MorningReport;
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::standing::{Standing, StandingRun};
use crate::domain::support::ids::UnitId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reports that are kept; a further one replaces the one that was not read for longest.
const REPORTS_MAX: usize = 32;

/// What a report is made of.
#[derive(Debug, Clone)]
pub(super) struct MorningSource {
    pub(super) reference: Arc<ReferenceSnapshot>,
    pub(super) baselines: Arc<[BaselineRow]>,
    pub(super) run: StandingRun,
    pub(super) unit: UnitId,
    /// The phase that was asked for.
    pub(super) phase: u8,
    /// What an earlier run published; `None`: this is the latest run, whose standings are stored.
    pub(super) earlier: Option<Arc<[Standing]>>,
}

impl MorningSource {
    /// Whether both ask for the same report, of whatever run.
    fn is_of_same_subject(&self, other: &Self) -> bool {
        let earlier_run = |one: &Self| one.earlier.as_ref().map(|_| one.run.id);
        (self.run.campaign, self.unit, self.phase) == (other.run.campaign, other.unit, other.phase)
            && earlier_run(self) == earlier_run(other)
    }

    /// Whether a report of `other` holds what one of `self` does.
    fn gives_same_as(&self, other: &Self) -> bool {
        let has_same_inputs =
            || Arc::ptr_eq(&self.reference, &other.reference) && self.baselines == other.baselines;
        self.is_of_same_subject(other)
            && self.run == other.run
            && (self.earlier.is_some() || has_same_inputs())
    }
}

/// The reports of one node, the last read last.
#[derive(Debug, Clone, Default)]
pub(super) struct MorningCache(Arc<Mutex<VecDeque<(MorningSource, Arc<MorningReport>)>>>);

impl MorningCache {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(MorningSource, Arc<MorningReport>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The report made of this source; without questions.
    pub(super) fn find(&self, source: &MorningSource) -> Option<Arc<MorningReport>> {
        let mut kept = self.lock();
        let at = kept.iter().position(|(of, _)| source.gives_same_as(of))?;
        let entry = kept.remove(at)?;
        let report = Arc::clone(&entry.1);
        kept.push_back(entry);
        Some(report)
    }

    /// Keeps a report, in the place of an older one of the same subject.
    pub(super) fn keep(&self, source: MorningSource, report: Arc<MorningReport>) {
        let mut kept = self.lock();
        kept.retain(|(of, _)| !source.is_of_same_subject(of));
        if kept.len() == REPORTS_MAX {
            kept.pop_front();
        }
        kept.push_back((source, report));
    }
}
