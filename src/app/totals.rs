//! Sums that a node keeps between one look and the next: a client of the feed with its own place, so that judging costs what changed.
//!
//! ```text
//!  kept: sums as of cut 120      look at head 131: reports that changed in 121..131 are put in, then the targets are judged
//!  made from nothing again: at the first look, after a change of definitions or baselines, when the day goes back,
//!  and when the history that the cut belongs to is not the one that is read
//! ```
//!
//! Knows no schedule and publishes nothing. What it gives is what reading every report again would give; the job `verify-runs` reckons
//! each published run from raw reports and fails where a byte differs.

use super::error::Result;
use super::standing::{Judged, SENT, damaged, entry_of};
use super::{App, Reference};
use crate::domain::baseline::{BaselineRow, Baselines};
use crate::domain::campaign::Campaign;
use crate::domain::ids::{CampaignId, ReportId};
use crate::domain::report::Report;
use crate::domain::scope::RecordKind;
use crate::domain::standing::{Entry, Input, Inputs, Totals, input_digest, standings_of, totals};
use crate::store::ReadTx;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The sums of each campaign, as far as this node has read.
pub(super) type Followed = Arc<Mutex<BTreeMap<CampaignId, Following>>>;

/// One campaign's sums and the place up to which changes are in them.
pub(super) struct Following {
    reference: Arc<Reference>,
    baselines: Vec<BaselineRow>,
    cut: i64,
    chain: [u8; 32],
    totals: Totals,
    inputs: Inputs,
}

impl App {
    /// Judges one campaign over what `tx` sees, as the organisation was in each period.
    pub(super) fn judge_following(
        &self,
        tx: &mut ReadTx,
        reference: &Arc<Reference>,
        campaign: &Campaign,
        today: Date,
    ) -> Result<Judged> {
        let (rows, cut) = (tx.baselines()?, tx.head()?.seq);
        let (_, chain) = tx.commit_at(cut)?;
        let baselines = Baselines::new(&rows);
        let input = reference.input(campaign, &baselines, &[], today);
        // Taken out while it is used: whoever looks at the same time makes sums of its own.
        let known = self.followed().remove(&campaign.id());
        let known = match known {
            Some(known) if known.goes_on(tx, reference, &rows, cut, today)? => Some(known),
            Some(_) | None => None,
        };
        let mut following = match known {
            Some(mut known) => {
                known.catch_up(tx, &input, cut)?;
                known
            }
            None => Following::begin(tx, reference, campaign, &rows, today)?,
        };
        (following.cut, following.chain) = (cut, chain);
        let definition = tx.record(RecordKind::Campaign, &campaign.id().0)?.map_or(0, |stored| stored.revision);
        let standings = standings_of(&input, &following.totals, definition);
        let input_digest = input_digest(&input, &rows, &following.inputs);
        self.followed().insert(campaign.id(), following);
        Ok(Judged { standings, input_digest, cut })
    }

    fn followed(&self) -> std::sync::MutexGuard<'_, BTreeMap<CampaignId, Following>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Following {
    fn begin(
        tx: &mut ReadTx,
        reference: &Arc<Reference>,
        campaign: &Campaign,
        rows: &[BaselineRow],
        today: Date,
    ) -> Result<Self> {
        let filed = tx.filed_reports(&SENT, &reference.units)?;
        let reports: Vec<Report> = filed.into_iter().map(|filed| filed.report).collect();
        let entries: Vec<Entry<'_>> = reports.iter().map(entry_of).collect();
        let baselines = Baselines::new(rows);
        let input = reference.input(campaign, &baselines, &entries, today);
        Ok(Self {
            reference: Arc::clone(reference),
            baselines: rows.to_vec(),
            cut: 0,
            chain: [0; 32],
            totals: totals(&input).map_err(|unknown| damaged(&unknown))?,
            inputs: Inputs::of(&entries),
        })
    }

    /// Whether the sums only lack what came behind their cut.
    fn goes_on(
        &self,
        tx: &mut ReadTx,
        reference: &Arc<Reference>,
        rows: &[BaselineRow],
        head: i64,
        today: Date,
    ) -> Result<bool> {
        let same = Arc::ptr_eq(&self.reference, reference) && self.baselines == rows;
        let forward = self.cut <= head && self.totals.day() <= today;
        Ok(same && forward && tx.commit_at(self.cut)? == (self.cut, self.chain))
    }

    fn catch_up(&mut self, tx: &mut ReadTx, input: &Input<'_>, head: i64) -> Result<()> {
        for id in tx.reports_changed(self.cut, head)?.into_keys().skip(usize::from(planted!("change-not-followed"))) {
            let filed = tx.report(ReportId(id), &self.reference.units)?;
            let Some(filed) = filed.filter(|filed| filed.report.state.is_sent()) else { continue };
            let entry = entry_of(&filed.report);
            self.totals.put(input, &entry);
            self.inputs.put(&entry);
        }
        self.totals.advance(input, input.today);
        Ok(())
    }
}
