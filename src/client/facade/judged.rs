//! What the night published and this phone may see: standings, and the latest run of each campaign.
//!
//! Typed, for this programme's own screens; apps read them as values. Judged figures only: nothing here looks at the outbox.
#![cfg_attr(not(feature = "server"), allow(dead_code, reason = "read by the demo, which checks every phone"))]

use super::{ClientError, Phone, Result};
use crate::domain::scope::RecordKind;
use crate::domain::standing::{Run, Standing};
use crate::wire::record;

impl Phone {
    /// Every standing on this phone, by id.
    pub(crate) fn judged(&self) -> Result<Vec<Standing>> {
        let reference = self.reference()?;
        let stored = self.unlocked()?.records(RecordKind::Standing.number())?;
        let read = |bytes: &[u8]| record::read_standing(bytes, &reference.units, &reference.elements);
        stored.iter().map(|one| read(&one.bytes).map_err(damaged)).collect()
    }

    /// The latest run of each campaign.
    pub(crate) fn runs(&self) -> Result<Vec<Run>> {
        let stored = self.unlocked()?.records(RecordKind::Run.number())?;
        stored.iter().map(|one| record::read_run(&one.bytes).map_err(damaged)).collect()
    }
}

fn damaged(error: record::BadRecord) -> ClientError {
    ClientError::Storage { message: error.to_string() }
}
