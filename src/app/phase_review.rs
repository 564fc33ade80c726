//! The review of a phase (sơ kết): due on the day on which the grace of its last report is over,
//! because its figures are then complete.
//!
//! Reports the state of the phase; writes nothing.

use super::standing::unknown_calendar_error;
use super::{App, ReferenceSnapshot, Result};
use crate::domain::campaign::{Campaign, Phase};
use crate::domain::reporting::expectation::compute_expectations;
use crate::domain::standing::JudgementState;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A phase with complete figures, and the states of its targets at the unit that runs the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseReview {
    /// Code of the campaign.
    pub campaign: String,
    /// Number of the phase.
    pub phase: u8,
    /// Number of targets in each state.
    pub states: BTreeMap<JudgementState, usize>,
}

impl App {
    /// The phases whose last grace is over on `day`, as the latest run published them.
    pub fn phase_reviews_due(&self, day: Date) -> Result<Vec<PhaseReview>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut found = Vec::new();
            for campaign in reference.judged_campaigns() {
                for phase in &campaign.phases {
                    if phase_grace_end(&reference, campaign, phase)? != Some(day) {
                        continue;
                    }
                    let mut states = BTreeMap::new();
                    for one in tx.standings(
                        campaign.id(),
                        &reference.unit_numbers,
                        &reference.element_numbers,
                    )? {
                        if one.phase == phase.no && one.unit == campaign.owner_id() {
                            *states.entry(one.judgement.state).or_default() += 1;
                        }
                    }
                    found.push(PhaseReview {
                        campaign: campaign.code.clone(),
                        phase: phase.no,
                        states,
                    });
                }
            }
            Ok(found)
        })
    }
}

/// The first day after the grace of the phase's last report.
pub(super) fn phase_grace_end(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    phase: &Phase,
) -> Result<Option<Date>> {
    let contracts = reference.catalogue.contracts_with_codes(&campaign.contracts);
    let owed = compute_expectations(&reference.org, &reference.calendars, &contracts, phase.window);
    Ok(owed
        .map_err(|unknown| unknown_calendar_error(&unknown))?
        .into_iter()
        .map(|expected| expected.grace_end_day)
        .max())
}
