//! Standings that the nightly run published to this phone, and the latest run of each campaign.
//!
//! Typed values for this program's own screens; apps use the views. Judged figures only: the outbox
//! is not read.
#![cfg_attr(
    not(feature = "demo"),
    allow(dead_code, reason = "read by the demo, which checks every phone")
)]

use super::{ClientError, Phone, Result};
use crate::domain::access::scope::RecordKind;
use crate::domain::standing::{Standing, StandingRun};
use crate::wire::record;

impl Phone {
    /// Every standing on this phone, by id.
    pub(crate) fn published_standings(&self) -> Result<Vec<Standing>> {
        let reference = self.reference()?;
        let stored = self.lock_under_lease()?.records(RecordKind::Standing.number())?;
        let read = |bytes: &[u8]| {
            record::decode_standing(bytes, &reference.unit_numbers, &reference.element_numbers)
        };
        stored.iter().map(|one| read(&one.bytes).map_err(damaged_record_error)).collect()
    }

    /// The latest run of each campaign.
    pub(crate) fn latest_runs(&self) -> Result<Vec<StandingRun>> {
        let stored = self.lock_under_lease()?.records(RecordKind::Run.number())?;
        stored
            .iter()
            .map(|one| record::decode_run(&one.bytes).map_err(damaged_record_error))
            .collect()
    }
}

fn damaged_record_error(error: record::RecordError) -> ClientError {
    ClientError::Storage { detail: error.to_string() }
}
