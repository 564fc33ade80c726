//! Published runs, never deleted: the inputs and the output of each.
//!
//! ```text
//!  run_manifest   run 20: cut 16201, digests, standings as bytes
//!  run_input      reference data and baselines: each content once
//!  reports        `reports_at_cut`
//! ```
//!
//! Contains no rule: `domain` computes, `app` compares.

use super::backend::with_conn;
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::reference::{DEFINITION_KINDS, ReferenceData};
use super::schema::{audit, run_input, run_manifest};
use super::write_tx::WriteTx;
use crate::domain::access::scope::RecordKind;
use crate::domain::standing::Standing;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{CampaignId, RunId};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// A published run, never changed; a correction is a new run.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = run_manifest)]
pub struct RunManifest {
    /// The run.
    pub id: Vec<u8>,
    /// Its campaign.
    pub campaign: Vec<u8>,
    /// 1, 2, 3, … within the campaign.
    pub number: i64,
    /// Seq up to which changes were included.
    pub cut_seq: i64,
    /// The day as of which it was computed, days since 1970.
    pub as_of_day: i32,
    /// When it was published, microseconds UTC.
    pub published_at: i64,
    /// The version of the program that computed it.
    pub code_version: String,
    /// SHA-256 of all inputs.
    pub input_digest: Vec<u8>,
    /// SHA-256 of all outputs.
    pub output_digest: Vec<u8>,
    /// Key in `run_input` of the reference data: organisation, forms, campaigns.
    pub reference_digest: Vec<u8>,
    /// Key in `run_input` of the baselines.
    pub baselines_digest: Vec<u8>,
    /// The standings, encoded by [`encode_parts`].
    pub standings: Vec<u8>,
    /// The version of the rules by which it was judged.
    pub semantics: i32,
    /// Whether it judged a concluded campaign.
    pub is_final: i16,
    /// Number of the final run that it supersedes, after a reopening; 0: none.
    pub supersedes: i64,
}

impl RunManifest {
    /// Number of the last final run up to this one, which the next run supersedes; 0: none.
    #[must_use]
    pub fn last_final_number(&self) -> u32 {
        let number = if self.is_final == 0 { self.supersedes } else { self.number };
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

/// Concatenates parts, each after its length in four bytes, big-endian.
#[must_use]
pub fn encode_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut encoded = Vec::new();
    for part in parts {
        encoded.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        encoded.extend_from_slice(part);
    }
    encoded
}

/// Splits what [`encode_parts`] wrote.
pub fn decode_parts(mut encoded: &[u8]) -> Result<Vec<&[u8]>> {
    let mut parts = Vec::new();
    let short = || Error::Damaged("a packed value ends early".to_owned());
    while !encoded.is_empty() {
        let (length, rest) = encoded.split_first_chunk::<4>().ok_or_else(short)?;
        let (part, rest) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(short)?;
        parts.push(part);
        encoded = rest;
    }
    Ok(parts)
}

impl ReadTx<'_> {
    /// Runs of a campaign, newest first.
    pub fn run_manifests(&mut self, campaign: CampaignId, limit: i64) -> Result<Vec<RunManifest>> {
        let of = run_manifest::table.filter(run_manifest::campaign.eq(campaign.0.to_vec()));
        let newest = of.order(run_manifest::number.desc()).limit(limit);
        Ok(newest.select(RunManifest::as_select()).load(self.conn()?)?)
    }

    /// One run.
    pub fn run_manifest(&mut self, id: RunId) -> Result<Option<RunManifest>> {
        let one = run_manifest::table.find(id.0.to_vec());
        Ok(one.select(RunManifest::as_select()).first(self.conn()?).optional()?)
    }

    /// Runs of these campaigns after the given one, in order of publication: by cut, then campaign.
    pub fn run_manifests_after(
        &mut self,
        after: Option<&RunManifest>,
        campaigns: &[CampaignId],
        limit: i64,
    ) -> Result<Vec<RunManifest>> {
        let of: Vec<Vec<u8>> = campaigns.iter().map(|one| one.0.to_vec()).collect();
        let (cut, campaign) =
            after.map_or((-1, Vec::new()), |run| (run.cut_seq, run.campaign.clone()));
        let is_after = run_manifest::cut_seq
            .gt(cut)
            .or(run_manifest::cut_seq.eq(cut).and(run_manifest::campaign.gt(campaign)));
        Ok(run_manifest::table
            .filter(run_manifest::campaign.eq_any(of))
            .filter(is_after)
            .order((run_manifest::cut_seq, run_manifest::campaign, run_manifest::number))
            .limit(limit)
            .select(RunManifest::as_select())
            .load(self.conn()?)?)
    }

    /// An input of a run, by its digest; fails if the bytes do not have it.
    pub fn run_input(&mut self, digest: &[u8]) -> Result<Vec<u8>> {
        let found = run_input::table
            .find(digest)
            .select(run_input::bytes)
            .first(self.conn()?)
            .optional()?;
        let bytes: Vec<u8> =
            found.ok_or_else(|| Error::Damaged("an input of a run is missing".to_owned()))?;
        if Sha256::digest(&bytes)[..] != *digest {
            let digest = encode_hex(digest);
            return Err(Error::ContentAltered(format!(
                "run_input {digest}: its bytes do not have this digest"
            )));
        }
        Ok(bytes)
    }

    /// The reference scope and the waivers as bytes: kind, revision, id and bytes of each record,
    /// by kind and id.
    pub fn encode_reference(&mut self) -> Result<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for kind in DEFINITION_KINDS {
            for (id, stored) in self.records(kind)? {
                let mut part = kind.number().to_be_bytes().to_vec();
                part.extend_from_slice(&stored.revision.to_be_bytes());
                part.extend_from_slice(&id);
                part.extend_from_slice(&stored.bytes);
                parts.push(part);
            }
        }
        Ok(encode_parts(parts.iter().map(Vec::as_slice)))
    }

    /// The run of a campaign before this number.
    pub fn run_manifest_before(
        &mut self,
        campaign: CampaignId,
        number: i64,
    ) -> Result<Option<RunManifest>> {
        let of = run_manifest::table.filter(run_manifest::campaign.eq(campaign.0.to_vec()));
        let before = of.filter(run_manifest::number.lt(number)).order(run_manifest::number.desc());
        Ok(before.select(RunManifest::as_select()).first(self.conn()?).optional()?)
    }

    /// Reports that changed with `after < seq <= upto`, each with the seq of its last change.
    pub fn changed_reports(&mut self, after: i64, upto: i64) -> Result<BTreeMap<[u8; 16], i64>> {
        let rows: Vec<(Option<Vec<u8>>, Option<i64>)> = audit::table
            .filter(audit::record_kind.eq(RecordKind::Report.number()))
            .filter(audit::seq.gt(after))
            .filter(audit::seq.le(upto))
            .group_by(audit::record_id)
            .select((audit::record_id, diesel::dsl::max(audit::seq)))
            .load(self.conn()?)?;
        rows.into_iter()
            .filter_map(|(id, seq)| id.zip(seq))
            .map(|(id, seq)| Ok((to_byte_array(&id)?, seq)))
            .collect()
    }
}

impl ReferenceData {
    /// Decodes what [`ReadTx::encode_reference`] wrote; also the revision of each record.
    pub fn decode(bytes: &[u8]) -> Result<(Self, BTreeMap<[u8; 16], i64>)> {
        let mut by_kind: BTreeMap<i16, Vec<Vec<u8>>> = BTreeMap::new();
        let mut definitions = BTreeMap::new();
        for part in decode_parts(bytes)? {
            let short = || Error::Damaged("a kept definition ends early".to_owned());
            let (kind, rest) = part.split_first_chunk::<2>().ok_or_else(short)?;
            let (revision, rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
            let (id, record) = rest.split_first_chunk::<16>().ok_or_else(short)?;
            by_kind.entry(i16::from_be_bytes(*kind)).or_default().push(record.to_vec());
            definitions.insert(*id, i64::from_be_bytes(*revision));
        }
        let facts =
            Self::from_records(&mut |kind| Ok(by_kind.remove(&kind.number()).unwrap_or_default()))?;
        Ok((facts, definitions))
    }
}

impl WriteTx<'_> {
    /// Stores a run with its inputs. An existing run stays unchanged.
    pub(crate) fn insert_run_manifest(
        &mut self,
        manifest: &RunManifest,
        inputs: [(&[u8], &[u8]); 2],
    ) -> Result<()> {
        for (digest, bytes) in inputs {
            with_conn!(self.conn()?, |conn| diesel::insert_into(run_input::table)
                .values((run_input::digest.eq(digest), run_input::bytes.eq(bytes)))
                .on_conflict_do_nothing()
                .execute(conn))?;
        }
        with_conn!(self.conn()?, |conn| diesel::insert_into(run_manifest::table)
            .values(manifest)
            .on_conflict_do_nothing()
            .execute(conn))?;
        Ok(())
    }
}

/// Encodes standings in id order, so that equal standings give equal bytes.
pub fn encode_standings(
    standings: &[Standing],
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Vec<u8>> {
    let mut parts: BTreeMap<[u8; 16], Vec<u8>> = BTreeMap::new();
    for standing in standings {
        parts.insert(standing.id().0, record::encode_standing(standing, units, elements)?);
    }
    Ok(encode_parts(parts.values().map(Vec::as_slice)))
}

/// Decodes what [`encode_standings`] wrote.
pub fn decode_standings(
    bytes: &[u8],
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Vec<Standing>> {
    decode_parts(bytes)?
        .into_iter()
        .map(|part| Ok(record::decode_standing(part, units, elements)?))
        .collect()
}
