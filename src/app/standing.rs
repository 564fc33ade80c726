//! The night: judge every campaign over the accepted reports as of one cut of the feed, and publish at once or not at all.
//!
//! Knows no schedule: `jobs` says when. The same cut gives the same bytes, and a second run of it publishes nothing.

use super::error::{AppError, Result};
use super::runs::Kept;
use super::{App, Reference};
use crate::domain::baseline::{BaselineRow, Baselines};
use crate::domain::campaign::Campaign;
use crate::domain::expectation::UnknownCalendar;
use crate::domain::ids::{CampaignId, UnitId};
use crate::domain::org::{UnitKind, View};
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::report::Report;
use crate::domain::scope::RecordKind;
use crate::domain::standing::{Entry, Input, Inputs, Run, Standing, input_digest, standings};
use crate::domain::workflow::State;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// What a night did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Night {
    /// One run a campaign.
    pub runs: Vec<Run>,
}

/// One campaign judged, before anything is written.
pub struct Judged {
    /// The standings, in uid order.
    pub standings: Vec<Standing>,
    /// SHA-256 over everything that went in.
    pub input_digest: [u8; 32],
    /// The seq up to which changes went in.
    pub cut: i64,
}

pub(super) const SENT: [State; 4] = [State::Submitted, State::Returned, State::Accepted, State::Locked];

impl App {
    /// Judges every campaign over one unchanging state, while writers go on, and publishes what changed in one short transaction that also
    /// checks `holds`: the fencing token of the caller.
    pub fn aggregate(&self, actor: &Actor, holds: impl Fn(&mut WriteTx) -> Result<bool>) -> Result<Night> {
        let today = self.now().local_date();
        let (reference, kept, judged) = self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let kept = Kept::read(tx)?;
            let judge = |campaign| self.judge_following(tx, &reference, campaign, today);
            let judged: Vec<Judged> = reference.judged().map(judge).collect::<Result<_>>()?;
            Ok::<_, AppError>((reference, kept, judged))
        })?;
        crate::store::fault::point("night_judged");
        self.store().write("job.aggregate", self.now(), |tx| {
            if !holds(tx)? {
                return Err(AppError::LeaseLost);
            }
            let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
            let place = UnitPath { unit: root, acting: root, above: Vec::new() };
            let permit: Permit<action::RunJob> = authorize(actor, &place, today)?;
            let mut runs = Vec::new();
            for (campaign, judged) in reference.judged().zip(&judged) {
                runs.push(self.publish(tx, &permit, &reference, campaign, judged, &kept)?);
            }
            Ok(Night { runs })
        })
    }

    /// The published standings of a campaign that the caller may read, by unit as the caller asks for them.
    pub fn standings(&self, actor: &Actor, campaign: CampaignId) -> Result<Vec<Standing>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for standing in tx.standings(campaign, &reference.units, &reference.elements)? {
                let place = tx.unit_path(standing.unit)?;
                if authorize::<action::ReadStanding>(actor, &place, today).is_ok() {
                    seen.push(standing);
                }
            }
            Ok(seen)
        })
    }

    /// Judges one campaign as it stands now, in the structure of the view, and writes nothing: for a live look.
    pub fn judge_now(&self, campaign: &Campaign, view: View) -> Result<Judged> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            match view {
                View::AsWas => self.judge_following(tx, &reference, campaign, today),
                View::AsIs(_) | View::Frozen(_) => judge_campaign(tx, &reference, campaign, (today, view), entry_of),
            }
        })
    }

    /// Judges every campaign twice, from sums that follow the reports and from all raw reports; how many agree to the byte.
    ///
    /// # Errors
    /// One does not: the sums that this process keeps are wrong. Names the campaign.
    pub fn sums_hold(&self, actor: &Actor) -> Result<usize> {
        self.may_run_jobs(actor)?;
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            for campaign in reference.judged() {
                let following = self.judge_following(tx, &reference, campaign, today)?;
                let full = judge_campaign(tx, &reference, campaign, (today, View::AsWas), entry_of)?;
                if following.standings != full.standings || following.input_digest != full.input_digest {
                    let what = format!("the sums of campaign {} do not follow from its reports", campaign.code);
                    return Err(AppError::Store(crate::store::Error::Damaged(what)));
                }
            }
            Ok(reference.judged().count())
        })
    }

    /// Judges one campaign as it would stand if all that is sent were accepted as it is: provisional, and written nowhere.
    pub fn judge_provisional(&self, campaign: &Campaign) -> Result<Judged> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            judge_campaign(tx, &reference, campaign, (today, View::AsWas), entry_if_accepted)
        })
    }

    fn publish(
        &self,
        tx: &mut WriteTx,
        permit: &Permit<action::RunJob>,
        reference: &Reference,
        campaign: &Campaign,
        judged: &Judged,
        kept: &Kept,
    ) -> Result<Run> {
        let now = tx.now();
        let day = now.local_date();
        let mut changed = 0;
        for standing in &judged.standings {
            let published = is_published(reference, standing.unit, day);
            let put = tx.put_standing(permit, standing, &reference.units, &reference.elements, published)?;
            changed += u32::from(put.changed);
        }
        let before = tx.latest_run(campaign.id())?;
        if let Some(before) = &before
            && before.input_digest == judged.input_digest
            && changed == 0
        {
            return Ok(before.clone());
        }
        let run = Run {
            id: Run::id_of(campaign.id(), judged.cut, &judged.input_digest),
            number: before.map_or(1, |before| before.number + 1),
            campaign: campaign.id(),
            cut_seq: judged.cut,
            cut_at: now,
            input_digest: judged.input_digest,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            standings: u32::try_from(judged.standings.len()).unwrap_or(u32::MAX),
            changed,
        };
        tx.put_run(permit, &run)?;
        kept.keep(tx, &run, judged, reference)?;
        Ok(run)
    }
}

/// Province and districts are published; a commune's standings are its own.
pub(crate) fn is_published(reference: &Reference, unit: UnitId, day: Date) -> bool {
    matches!(reference.org.kind_on(unit, day), Some(UnitKind::Province | UnitKind::District))
}

/// Judges one campaign over what `tx` sees, from every report.
fn judge_campaign(
    tx: &mut ReadTx,
    reference: &Reference,
    campaign: &Campaign,
    (today, view): (Date, View),
    entry: fn(&Report) -> Entry<'_>,
) -> Result<Judged> {
    let cut = tx.head()?.seq;
    let rows = tx.baselines()?;
    let filed = tx.filed_reports(&SENT, &reference.units)?;
    let reports: Vec<Report> = filed.into_iter().map(|filed| filed.report).collect();
    let definition = tx.record(RecordKind::Campaign, &campaign.id().0)?.map_or(0, |stored| stored.revision);
    let entries: Vec<Entry<'_>> = reports.iter().map(entry).collect();
    judge(reference, campaign, &rows, &entries, (definition, cut, today, view))
}

/// Judges one campaign over what is given: its definition's revision, the cut and the day among it. Pure: the same gives the same.
pub(super) fn judge(
    reference: &Reference,
    campaign: &Campaign,
    rows: &[BaselineRow],
    reports: &[Entry<'_>],
    (definition, cut, today, view): (i64, i64, Date, View),
) -> Result<Judged> {
    let baselines = Baselines::new(rows);
    let input = Input { view, ..reference.input(campaign, &baselines, reports, today) };
    let standings = standings(&input, definition).map_err(|unknown| damaged(&unknown))?;
    Ok(Judged { standings, input_digest: input_digest(&input, rows, &Inputs::of(reports)), cut })
}

pub(super) fn damaged(unknown: &UnknownCalendar) -> AppError {
    AppError::Store(crate::store::Error::Damaged(unknown.to_string()))
}

/// The report as if it were accepted as it is.
fn entry_if_accepted(report: &Report) -> Entry<'_> {
    let entry = entry_of(report);
    Entry { accepted: entry.received, ..entry }
}

pub(crate) fn entry_of(report: &Report) -> Entry<'_> {
    Entry {
        key: &report.key,
        received: report.received_day.is_some(),
        accepted: report.state.is_official(),
        late: report.late,
        cells: &report.cells,
    }
}
