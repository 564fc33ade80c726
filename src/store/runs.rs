//! Runs of the night, kept for ever: what each was reckoned from, and what it published.
//!
//! ```text
//!  run_manifest   run 20: cut 16201, digests, standings as bytes      run_input   definitions, baselines: each content once
//!  reports at the cut: `filed_at`
//! ```
//!
//! Knows no rule: who judges is `domain`, who compares is `app`.

use super::backend::on;
use super::error::{Error, Result};
use super::read::{ReadTx, fixed};
use super::reference::{Facts, REFERENCE_KINDS};
use super::schema::{audit, run_input, run_manifest};
use super::tx::WriteTx;
use crate::domain::ids::{CampaignId, RunId};
use crate::domain::scope::RecordKind;
use crate::domain::standing::Standing;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A published run. Never changed afterwards; a correction makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = run_manifest)]
pub struct Manifest {
    /// The run.
    pub id: Vec<u8>,
    /// Its campaign.
    pub campaign: Vec<u8>,
    /// 1, 2, 3 for each campaign.
    pub number: i64,
    /// Seq up to which changes went in.
    pub cut: i64,
    /// The day as of which it judged, since 1970.
    pub day: i32,
    /// When it was published, microseconds UTC.
    pub at: i64,
    /// The programme that computed it.
    pub code: String,
    /// SHA-256 over everything that went in.
    pub input_digest: Vec<u8>,
    /// SHA-256 over everything that came out.
    pub output_digest: Vec<u8>,
    /// Names the definitions in `run_input`: organisation, forms, campaigns.
    pub reference: Vec<u8>,
    /// Names the baselines in `run_input`.
    pub baselines: Vec<u8>,
    /// The standings, one after the other as [`pack`] writes them.
    pub standings: Vec<u8>,
}

/// Parts of varying length as one piece: each behind its length in four bytes.
#[must_use]
pub fn pack<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut whole = Vec::new();
    for part in parts {
        whole.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        whole.extend_from_slice(part);
    }
    whole
}

/// The parts of what [`pack`] wrote.
pub fn unpack(mut whole: &[u8]) -> Result<Vec<&[u8]>> {
    let mut parts = Vec::new();
    let short = || Error::Damaged("a packed value ends early".to_owned());
    while !whole.is_empty() {
        let (length, rest) = whole.split_first_chunk::<4>().ok_or_else(short)?;
        let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(short)?;
        parts.push(part);
        whole = rest;
    }
    Ok(parts)
}

impl ReadTx<'_> {
    /// Runs of a campaign, newest first.
    pub fn manifests(&mut self, campaign: CampaignId, limit: i64) -> Result<Vec<Manifest>> {
        let of = run_manifest::table.filter(run_manifest::campaign.eq(campaign.0.to_vec()));
        let newest = of.order(run_manifest::number.desc()).limit(limit);
        Ok(newest.select(Manifest::as_select()).load(self.conn())?)
    }

    /// One run.
    pub fn manifest(&mut self, id: RunId) -> Result<Option<Manifest>> {
        let one = run_manifest::table.find(id.0.to_vec());
        Ok(one.select(Manifest::as_select()).first(self.conn()).optional()?)
    }

    /// Runs of these campaigns behind one, in the order of their publication: by cut, then campaign.
    pub fn manifests_after(
        &mut self,
        after: Option<&Manifest>,
        campaigns: &[CampaignId],
        limit: i64,
    ) -> Result<Vec<Manifest>> {
        let of: Vec<Vec<u8>> = campaigns.iter().map(|one| one.0.to_vec()).collect();
        let (cut, campaign) = after.map_or((-1, Vec::new()), |run| (run.cut, run.campaign.clone()));
        let behind = run_manifest::cut.gt(cut).or(run_manifest::cut.eq(cut).and(run_manifest::campaign.gt(campaign)));
        Ok(run_manifest::table
            .filter(run_manifest::campaign.eq_any(of))
            .filter(behind)
            .order((run_manifest::cut, run_manifest::campaign, run_manifest::number))
            .limit(limit)
            .select(Manifest::as_select())
            .load(self.conn())?)
    }

    /// What a run was reckoned from, by its digest.
    pub fn run_input(&mut self, digest: &[u8]) -> Result<Vec<u8>> {
        let found = run_input::table.find(digest).select(run_input::bytes).first(self.conn()).optional()?;
        found.ok_or_else(|| Error::Damaged("an input of a run is missing".to_owned()))
    }

    /// The reference scope as bytes: kind, revision and bytes of each record, by kind and id.
    pub fn reference_bytes(&mut self) -> Result<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for kind in REFERENCE_KINDS {
            for (id, stored) in self.records(kind)? {
                let mut part = kind.number().to_be_bytes().to_vec();
                part.extend_from_slice(&stored.revision.to_be_bytes());
                part.extend_from_slice(&id);
                part.extend_from_slice(&stored.bytes);
                parts.push(part);
            }
        }
        Ok(pack(parts.iter().map(Vec::as_slice)))
    }

    /// The run of a campaign before the one with this number.
    pub fn manifest_before(&mut self, campaign: CampaignId, number: i64) -> Result<Option<Manifest>> {
        let of = run_manifest::table.filter(run_manifest::campaign.eq(campaign.0.to_vec()));
        let before = of.filter(run_manifest::number.lt(number)).order(run_manifest::number.desc());
        Ok(before.select(Manifest::as_select()).first(self.conn()).optional()?)
    }

    /// Reports that changed behind `after` and up to `upto`, each with the seq of its last change there.
    pub fn reports_changed(&mut self, after: i64, upto: i64) -> Result<BTreeMap<[u8; 16], i64>> {
        let rows: Vec<(Option<Vec<u8>>, Option<i64>)> = audit::table
            .filter(audit::kind.eq(RecordKind::Report.number()))
            .filter(audit::seq.gt(after))
            .filter(audit::seq.le(upto))
            .group_by(audit::id)
            .select((audit::id, diesel::dsl::max(audit::seq)))
            .load(self.conn())?;
        rows.into_iter().filter_map(|(id, seq)| id.zip(seq)).map(|(id, seq)| Ok((fixed(&id)?, seq))).collect()
    }
}

impl Facts {
    /// Reads what [`ReadTx::reference_bytes`] wrote; also the revision of each campaign's definition then.
    pub fn read(bytes: &[u8]) -> Result<(Self, BTreeMap<[u8; 16], i64>)> {
        let mut by_kind: BTreeMap<i16, Vec<Vec<u8>>> = BTreeMap::new();
        let mut definitions = BTreeMap::new();
        for part in unpack(bytes)? {
            let short = || Error::Damaged("a kept definition ends early".to_owned());
            let (kind, rest) = part.split_first_chunk::<2>().ok_or_else(short)?;
            let (revision, rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
            let (id, record) = rest.split_first_chunk::<16>().ok_or_else(short)?;
            by_kind.entry(i16::from_be_bytes(*kind)).or_default().push(record.to_vec());
            definitions.insert(*id, i64::from_be_bytes(*revision));
        }
        let facts = Self::from_records(&mut |kind| Ok(by_kind.remove(&kind.number()).unwrap_or_default()))?;
        Ok((facts, definitions))
    }
}

impl WriteTx<'_> {
    /// Keeps a run. One that is there stays as it is.
    pub(crate) fn keep_run(&mut self, manifest: &Manifest, inputs: [(&[u8], &[u8]); 2]) -> Result<()> {
        for (digest, bytes) in inputs {
            on!(self.conn(), |conn| diesel::insert_into(run_input::table)
                .values((run_input::digest.eq(digest), run_input::bytes.eq(bytes)))
                .on_conflict_do_nothing()
                .execute(conn))?;
        }
        on!(self.conn(), |conn| diesel::insert_into(run_manifest::table)
            .values(manifest)
            .on_conflict_do_nothing()
            .execute(conn))?;
        Ok(())
    }
}

/// Standings as the bytes that phones hold, by their id, so that the same standings are the same bytes.
pub fn pack_standings(standings: &[Standing], units: &UnitNumbers, elements: &ElementNumbers) -> Result<Vec<u8>> {
    let mut parts: BTreeMap<[u8; 16], Vec<u8>> = BTreeMap::new();
    for standing in standings {
        parts.insert(standing.id().0, record::standing(standing, units, elements)?);
    }
    Ok(pack(parts.values().map(Vec::as_slice)))
}

/// The standings of a run.
pub fn unpack_standings(bytes: &[u8], units: &UnitNumbers, elements: &ElementNumbers) -> Result<Vec<Standing>> {
    unpack(bytes)?.into_iter().map(|part| Ok(record::read_standing(part, units, elements)?)).collect()
}
