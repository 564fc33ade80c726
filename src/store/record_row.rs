//! Rows of `record`, as a batch reads and keeps them. Those of reports have columns for lists and
//! rules.

use super::backend::{AnyConn, with_conn};
use super::error::Result;
use super::kept_statement::kept_statement;
use super::pending::{RecordRow, ReportColumns};
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::record;
use crate::domain::access::scope::RecordKind;
use crate::domain::support::ids::ReportId;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt};
use std::collections::BTreeSet;

/// Ids in one query; both databases accept far more.
const IDS_PER_QUERY: usize = 500;

/// Columns of a report's row, as selected.
#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct ReportRow {
    id: Vec<u8>,
    revision: i64,
    hash: Vec<u8>,
    bytes: Vec<u8>,
    contract: Option<Vec<u8>>,
    unit: Option<Vec<u8>>,
    start_day: Option<i32>,
    end_day: Option<i32>,
    cut: Option<i16>,
    state: Option<i16>,
    late: Option<i16>,
    last_device: Option<Vec<u8>>,
    other_device_revision: Option<i64>,
    author: Option<Vec<u8>>,
    sent_at: Option<i64>,
}

impl ReportRow {
    fn into_row(self) -> Result<([u8; 16], RecordRow)> {
        let id = to_byte_array(&self.id)?;
        let hash = u128::from_be_bytes(to_byte_array(&self.hash)?);
        let report = self.to_columns();
        Ok((id, RecordRow { revision: self.revision, hash, bytes: self.bytes, report }))
    }

    /// `None` where a column is missing, which `thidua audit verify` reports.
    fn to_columns(&self) -> Option<ReportColumns> {
        let id = |id: &Option<Vec<u8>>| id.as_ref().and_then(|id| id[..].try_into().ok());
        Some(ReportColumns {
            contract: id(&self.contract)?,
            unit: id(&self.unit)?,
            start_day: self.start_day?,
            end_day: self.end_day?,
            cut: self.cut?,
            state: self.state?,
            late: self.late?,
            last_device: id(&self.last_device),
            other_device_revision: self.other_device_revision?,
            author: id(&self.author),
            sent_at: self.sent_at,
        })
    }
}

impl ReadTx<'_> {
    /// The row of a record as the batch sees it.
    pub(super) fn record_row(
        &mut self,
        kind: RecordKind,
        id: &[u8; 16],
    ) -> Result<Option<RecordRow>> {
        self.with_record_row(kind, id, |row| row.cloned())
    }

    /// What `pick` takes from the row of a record as the batch sees it.
    pub(super) fn with_record_row<T>(
        &mut self,
        kind: RecordKind,
        id: &[u8; 16],
        pick: impl FnOnce(Option<&RecordRow>) -> T,
    ) -> Result<T> {
        if !self.is_batch() {
            return Ok(pick(load_row(self.settled_conn(), kind, id)?.as_ref()));
        }
        if self.pending().writes.records.get(&(kind, *id)).is_none() {
            let row = if kind == RecordKind::Report {
                load_report_row(self.settled_conn(), id)?
            } else {
                load_row(self.settled_conn(), kind, id)?
            };
            self.pending().writes.records.insert_stored((kind, *id), row);
        }
        Ok(pick(self.pending().writes.records.get(&(kind, *id)).flatten()))
    }

    /// Reads the rows of these reports in one query, where a query is a round trip.
    pub fn prefetch_reports(&mut self, ids: impl Iterator<Item = ReportId>) -> Result<()> {
        if matches!(self.settled_conn(), AnyConn::Sqlite(_)) {
            return Ok(());
        }
        let ids: BTreeSet<[u8; 16]> = ids.map(|id| id.0).collect();
        let records = &self.pending().writes.records;
        let is_unread = |id: &[u8; 16]| records.get(&(RecordKind::Report, *id)).is_none();
        let unread: Vec<[u8; 16]> = ids.into_iter().filter(is_unread).collect();
        let AnyConn::Pg(conn) = self.settled_conn() else { return Ok(()) };
        let kind = RecordKind::Report.number();
        let mut rows: Vec<ReportRow> = Vec::new();
        for ids in unread.chunks(IDS_PER_QUERY) {
            rows.extend(PgReportRows { ids: ids.to_vec(), kind }.load(conn)?);
        }
        let records = &mut self.pending().writes.records;
        for row in rows {
            let (id, row) = row.into_row()?;
            records.insert_stored((RecordKind::Report, id), Some(row));
        }
        for id in unread {
            records.insert_stored((RecordKind::Report, id), None);
        }
        Ok(())
    }
}

kept_statement! {
    /// Rows of these reports, each by the index. With `id = ANY` PostgreSQL reads every report
    /// while its statistics are those of a new database.
    [Pg], PgReportRows -> (
        Binary,
        BigInt,
        Binary,
        Binary,
        Nullable<Binary>,
        Nullable<Binary>,
        Nullable<Integer>,
        Nullable<Integer>,
        Nullable<SmallInt>,
        Nullable<SmallInt>,
        Nullable<SmallInt>,
        Nullable<Binary>,
        Nullable<BigInt>,
        Nullable<Binary>,
        Nullable<BigInt>,
    ) {
        "SELECT found.* FROM unnest(" ids: Array<Binary> = Vec<[u8; 16]>,
        ") AS wanted (id) CROSS JOIN LATERAL (SELECT id, revision, hash, bytes, contract, unit, \
         start_day, end_day, cut, state, late, last_device, other_device_revision, author, sent_at \
         FROM record WHERE kind = " kind: SmallInt = i16,
        " AND id = wanted.id OFFSET 0) AS found",
    }
}

fn load_row(conn: &mut AnyConn, kind: RecordKind, id: &[u8; 16]) -> Result<Option<RecordRow>> {
    let row: Option<(i64, Vec<u8>, Vec<u8>)> = with_conn!(conn, |conn| record::table
        .find((kind.number(), &id[..]))
        .select((record::revision, record::hash, record::bytes))
        .first(conn)
        .optional())?;
    row.map(|(revision, hash, bytes)| {
        let hash = u128::from_be_bytes(to_byte_array(&hash)?);
        Ok(RecordRow { revision, hash, bytes, report: None })
    })
    .transpose()
}

fn load_report_row(conn: &mut AnyConn, id: &[u8; 16]) -> Result<Option<RecordRow>> {
    let row: Option<ReportRow> = with_conn!(conn, |conn| record::table
        .filter(record::kind.eq(RecordKind::Report.number()))
        .filter(record::id.eq(&id[..]))
        .select(ReportRow::as_select())
        .first(conn)
        .optional())?;
    Ok(row.map(ReportRow::into_row).transpose()?.map(|(_, row)| row))
}
