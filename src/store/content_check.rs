//! Hashes stored content and compares it with what the audit says was written.
//!
//! ```text
//!  record.bytes            --SHA-256-->  record.hash   and   the last row of the audit about it
//!  report_revision.bytes   --SHA-256-->  the row of the audit about that revision
//!  run_input, run_manifest --SHA-256-->  their own digests
//! ```
//!
//! The chain of the audit, and with it these rows, is verified in `audit`.

use super::commit::{AuditRow, OP_PUT};
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::report_line_check::find_revision_mismatch;
use super::schema::{audit, feed, record, report_revision, run_input, run_manifest, scope};
use crate::domain::access::scope::{RecordKind, Scope, ScopeKind};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::scope_digest::hash_record;
use crate::wire::record::UnitNumbers;
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Rows of one query, so that memory does not grow with the database.
const PAGE_ROWS: i64 = 1000;
/// Seqs of the audit in one query.
const SEQS_PER_QUERY: i64 = 10_000;
/// Ids in one query; both databases accept far more.
const IDS_PER_QUERY: usize = 500;
/// A check stops at so many problems: one is reason enough to restore.
const MAX_PROBLEMS: usize = 20;

/// An error names so many places.
const NAMED_PROBLEMS: usize = 5;

/// A place where stored content is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProblem {
    /// Seq of the audit row with the hash of what was written; 0: there is none.
    pub seq: i64,
    /// Table, key, scopes and seq of the place, and what is wrong there, for the operator.
    pub text: String,
}

/// What the audit says last of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AuditedRecord {
    seq: i64,
    pub(super) revision: i64,
    /// `None`: the record was deleted.
    pub(super) hash: Option<u128>,
}

/// What the audit says last of every record.
#[derive(Debug, Default)]
pub(super) struct AuditedRecords(BTreeMap<(i16, [u8; 16]), AuditedRecord>);

impl AuditedRecords {
    /// Adds a row of the audit; rows come in the order of their seq.
    pub(super) fn insert(&mut self, row: &AuditRow) {
        let id = row.record_id.as_deref().and_then(|id| <[u8; 16]>::try_from(id).ok());
        let (Some(kind), Some(id)) = (row.record_kind, id) else { return };
        let hash = row.record_hash.as_deref().and_then(parse_hash);
        self.0.insert((kind, id), AuditedRecord { seq: row.seq, revision: row.to_revision, hash });
    }

    /// Seqs of these rows.
    pub(super) fn seqs(&self) -> impl Iterator<Item = i64> {
        self.0.values().map(|row| row.seq)
    }

    /// Records that were not removed by a check and should exist.
    pub(super) fn report_missing(self, problems: &mut ProblemList) {
        for ((kind, id), AuditedRecord { seq, revision, hash }) in self.0 {
            if hash.is_some() {
                let (table, id) = (
                    RecordKind::from_number(kind).map_or_else(|| "record".into(), format_table),
                    encode_hex(&id),
                );
                problems.push(seq, format!("{table} {id}: revision {revision} is missing"));
            }
        }
    }
}

/// A replaced revision with the row of the audit that wrote it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit)]
struct AuditedRevisionRow {
    seq: i64,
    record_hash: Option<Vec<u8>>,
    #[diesel(select_expression = report_revision::report)]
    report: Vec<u8>,
    #[diesel(select_expression = report_revision::revision)]
    revision: i64,
    #[diesel(select_expression = report_revision::state)]
    state: i16,
    #[diesel(select_expression = report_revision::content_hash)]
    content_hash: Vec<u8>,
    #[diesel(select_expression = report_revision::bytes)]
    bytes: Vec<u8>,
}

impl AuditedRevisionRow {
    /// What is wrong with it; `None`: nothing.
    fn find_mismatch(&self, units: Option<&UnitNumbers>) -> Result<Option<&'static str>> {
        let hash = self.record_hash.as_deref().and_then(parse_hash);
        if !is_content(&to_byte_array(&self.report)?, self.revision, &self.bytes, hash) {
            return Ok(Some("its bytes are not what the audit says was written"));
        }
        Ok(units.and_then(|units| {
            find_revision_mismatch(&self.bytes, (self.state, &self.content_hash), units)
        }))
    }
}

/// The problems of a check, at most [`MAX_PROBLEMS`].
#[derive(Debug, Default)]
pub(super) struct ProblemList(Vec<ContentProblem>);

impl ProblemList {
    pub(super) fn push(&mut self, seq: i64, text: String) {
        if self.is_full() {
            return;
        }
        let text = if seq > 0 { format!("{text} (seq {seq})") } else { text };
        self.0.push(ContentProblem { seq, text });
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_PROBLEMS
    }

    /// An error that names the first places; `Ok` without a problem.
    pub(super) fn into_result(self) -> Result<()> {
        let places: Vec<String> = self.0.into_iter().map(|problem| problem.text).collect();
        if places.is_empty() { Ok(()) } else { Err(Error::ContentAltered(join_places(&places))) }
    }
}

/// The first places and the number of further ones, for an error.
#[must_use]
pub fn join_places(places: &[String]) -> String {
    let named = places.len().min(NAMED_PROBLEMS);
    let text = places[..named].join("; ");
    match places.len() - named {
        0 => text,
        more => format!("{text} (and {more} more)"),
    }
}

/// Fails with its place if content that is read for a result is not what was written.
pub(super) fn ensure_unaltered(
    table: &str,
    id: &[u8; 16],
    (revision, hash): (i64, u128),
    bytes: &[u8],
) -> Result<()> {
    if is_content(id, revision, bytes, Some(hash)) {
        return Ok(());
    }
    let id = encode_hex(id);
    Err(Error::ContentAltered(format!(
        "{table} {id} revision {revision}: its bytes do not have their hash"
    )))
}

/// Whether the bytes have the hash.
fn is_content(id: &[u8; 16], revision: i64, bytes: &[u8], hash: Option<u128>) -> bool {
    planted!("content-unread") || Some(hash_record(id, revision, bytes)) == hash
}

fn parse_hash(bytes: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(bytes.try_into().ok()?))
}

/// The table with the kind of the record.
pub(super) fn format_table(kind: RecordKind) -> String {
    format!("record {}", kind.code())
}

impl ReadTx<'_> {
    /// Hashes all content and compares it with the audit, whose chain holds.
    pub(super) fn check_content(
        &mut self,
        mut audited: AuditedRecords,
    ) -> Result<Vec<ContentProblem>> {
        let mut problems = ProblemList::default();
        for kind in RecordKind::ALL {
            self.check_records(kind, &mut audited, &mut problems)?;
        }
        audited.report_missing(&mut problems);
        self.check_audited_rows(&mut problems)?;
        // Beside altered content nothing can be rebuilt.
        let units =
            if problems.is_empty() { Some(self.reference_data()?.unit_numbers) } else { None };
        self.check_revisions(units.as_ref(), &mut problems)?;
        self.check_runs(&mut problems)?;
        if let Some(units) = units.filter(|_| problems.is_empty()) {
            self.check_report_lines(&units, &mut problems)?;
        }
        Ok(problems.0)
    }

    /// Compares the records of one kind with their hashes and with the audit, and removes them from
    /// `audited`.
    pub(super) fn check_records(
        &mut self,
        kind: RecordKind,
        audited: &mut AuditedRecords,
        problems: &mut ProblemList,
    ) -> Result<()> {
        let mut after = Vec::new();
        loop {
            let rows: Vec<(Vec<u8>, i64, Vec<u8>, Vec<u8>)> = record::table
                .filter(record::kind.eq(kind.number()))
                .filter(record::id.gt(&after))
                .order(record::id)
                .limit(PAGE_ROWS)
                .select((record::id, record::revision, record::hash, record::bytes))
                .load(self.conn()?)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.0);
            for (id, revision, hash, bytes) in rows {
                let id: [u8; 16] = to_byte_array(&id)?;
                let written = audited.0.remove(&(kind.number(), id));
                let wrong = if !is_content(&id, revision, &bytes, parse_hash(&hash)) {
                    "its bytes do not have their hash"
                } else if written.and_then(|row| row.hash) != parse_hash(&hash) {
                    "it is not what the audit says was written"
                } else {
                    continue;
                };
                let (what, scopes) = (format_table(kind), self.scopes_of(kind, &id)?);
                let id = encode_hex(&id);
                let text = format!("{what} {id} revision {revision}, scopes {scopes}: {wrong}");
                problems.push(written.map_or(0, |row| row.seq), text);
            }
        }
    }

    /// The scopes that the feed names for a record, as text.
    fn scopes_of(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<String> {
        let rows: Vec<(i16, Vec<u8>)> = feed::table
            .inner_join(scope::table.on(scope::number.eq(feed::scope_number)))
            .filter(feed::kind.eq(kind.number()))
            .filter(feed::id.eq(&id[..]))
            .filter(feed::op.eq(OP_PUT))
            .order(scope::number)
            .select((scope::kind, scope::id))
            .load(self.conn()?)?;
        let scopes = rows.into_iter().filter_map(|(kind, id)| {
            Some(Scope { kind: ScopeKind::from_number(kind)?, id: id.try_into().ok()? }.to_string())
        });
        Ok(scopes.collect::<Vec<_>>().join(" "))
    }

    /// Compares every replaced revision with the row of the audit that wrote it, and with `units`
    /// its other columns with its bytes.
    fn check_revisions(
        &mut self,
        units: Option<&UnitNumbers>,
        problems: &mut ProblemList,
    ) -> Result<()> {
        let (head, mut matched) = (self.head()?.seq, 0);
        let mut after = 0;
        while after < head {
            let rows: Vec<AuditedRevisionRow> = audit::table
                .inner_join(
                    report_revision::table.on(audit::record_id
                        .eq(report_revision::report.nullable())
                        .and(audit::to_revision.eq(report_revision::revision))),
                )
                .filter(audit::seq.gt(after).and(audit::seq.le(after + PAGE_ROWS)))
                .filter(audit::record_kind.eq(RecordKind::Report.number()))
                // A row of equal revisions moves the record to other scopes.
                .filter(audit::from_revision.ne(audit::to_revision))
                .order(audit::seq)
                .select(AuditedRevisionRow::as_select())
                .load(self.conn()?)?;
            after += PAGE_ROWS;
            matched += rows.len() as i64;
            for row in rows {
                if let Some(wrong) = row.find_mismatch(units)? {
                    let id = to_byte_array(&row.report)?;
                    let scopes = self.scopes_of(RecordKind::Report, &id)?;
                    let (id, revision) = (encode_hex(&id), row.revision);
                    problems.push(
                        row.seq,
                        format!(
                            "report_revision {id} revision {revision}, scopes {scopes}: {wrong}"
                        ),
                    );
                }
            }
        }
        let stored: i64 = report_revision::table.count().get_result(self.conn()?)?;
        if stored != matched {
            let text =
                format!("report_revision: {stored} rows, {matched} of which the audit knows");
            problems.push(0, text);
        }
        Ok(())
    }

    /// Compares published runs and their inputs with their digests.
    fn check_runs(&mut self, problems: &mut ProblemList) -> Result<()> {
        let digests: Vec<Vec<u8>> =
            run_input::table.select(run_input::digest).load(self.conn()?)?;
        for digest in digests {
            if let Err(Error::ContentAltered(text)) = self.run_input(&digest) {
                problems.push(0, text);
            }
        }
        let runs: Vec<(Vec<u8>, i64)> = run_manifest::table
            .select((run_manifest::id, run_manifest::number))
            .load(self.conn()?)?;
        for (id, number) in runs {
            let (standings, digest): (Vec<u8>, Vec<u8>) = run_manifest::table
                .find(&id)
                .select((run_manifest::standings, run_manifest::output_digest))
                .first(self.conn()?)?;
            if Sha256::digest(standings)[..] != digest[..] {
                let id = encode_hex(&id);
                let text = format!(
                    "run_manifest {id} number {number}: its standings do not have their digest"
                );
                problems.push(0, text);
            }
        }
        Ok(())
    }

    /// What the audit says last of each report that changed with `after < seq <= upto`.
    pub(super) fn audited_reports(
        &mut self,
        after: i64,
        upto: i64,
    ) -> Result<BTreeMap<[u8; 16], AuditedRecord>> {
        let mut newest = BTreeMap::new();
        let mut read_until = after;
        while read_until < upto {
            let end = upto.min(read_until + SEQS_PER_QUERY);
            let rows: Vec<(i64, Option<Vec<u8>>, i64, Option<Vec<u8>>)> = audit::table
                .filter(audit::seq.gt(read_until).and(audit::seq.le(end)))
                .filter(audit::record_kind.eq(RecordKind::Report.number()))
                .order(audit::seq)
                .select((audit::seq, audit::record_id, audit::to_revision, audit::record_hash))
                .load(self.conn()?)?;
            read_until = end;
            for (seq, id, revision, hash) in rows {
                let hash = hash.as_deref().and_then(parse_hash);
                let id = to_byte_array(&id.unwrap_or_default())?;
                newest.insert(id, AuditedRecord { seq, revision, hash });
            }
        }
        Ok(newest)
    }

    /// Fails with the place unless each report that changed with `after < seq <= upto` is stored as
    /// the audit says it was written last.
    pub fn ensure_reports_audited(&mut self, after: i64, upto: i64) -> Result<()> {
        let audited: Vec<([u8; 16], AuditedRecord)> =
            self.audited_reports(after, upto)?.into_iter().collect();
        for page in audited.chunks(IDS_PER_QUERY) {
            let ids: Vec<&[u8]> = page.iter().map(|(id, _)| &id[..]).collect();
            let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = record::table
                .filter(record::kind.eq(RecordKind::Report.number()))
                .filter(record::id.eq_any(ids))
                .select((record::id, record::revision, record::hash))
                .load(self.conn()?)?;
            let stored: BTreeMap<Vec<u8>, (i64, Option<u128>)> = rows
                .into_iter()
                .map(|(id, revision, hash)| (id, (revision, parse_hash(&hash))))
                .collect();
            for (id, AuditedRecord { seq, revision, hash }) in page {
                let written = hash.map(|hash| (*revision, Some(hash)));
                if stored.get(&id[..]).copied() != written {
                    let id = encode_hex(id);
                    return Err(Error::ContentAltered(format!(
                        "record report {id} is not revision {revision} that the audit says was written (seq {seq})"
                    )));
                }
            }
        }
        Ok(())
    }
}
