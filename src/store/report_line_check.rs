//! Rebuilds what lists and rules read beside the content of reports, and compares it: the columns
//! of their records, and state and content hash of each replaced revision. They follow from the
//! content, so they need no rows of the audit of their own.
//!
//! Not rebuilt: who wrote last, which decides between APPLIED and MERGED.

use super::content_check::ProblemList;
use super::error::Result;
use super::read_tx::ReadTx;
use super::report::state_number;
use super::schema::{audit, record, report_revision};
use crate::domain::access::permission::Action;
use crate::domain::access::scope::RecordKind;
use crate::domain::report::Report;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::time::days_from_date;
use crate::wire::record::{self as wire_record, UnitNumbers};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Rows of one query, so that memory does not grow with the database.
const PAGE_ROWS: i64 = 1000;

/// The columns of a report that follow from its content.
#[derive(Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = record)]
struct ReportLine {
    contract: Option<Vec<u8>>,
    unit: Option<Vec<u8>>,
    start_day: Option<i32>,
    end_day: Option<i32>,
    cut: Option<i16>,
    state: Option<i16>,
    late: Option<i16>,
    #[diesel(select_expression = record::sent_at.is_not_null())]
    is_sent: bool,
}

impl ReportLine {
    fn from_report(report: &Report) -> Self {
        let key = &report.key;
        Self {
            contract: Some(key.contract.0.to_vec()),
            unit: Some(key.unit.0.to_vec()),
            start_day: Some(days_from_date(key.period.start)),
            end_day: Some(days_from_date(key.period.end)),
            cut: Some(i16::from(key.period.cut)),
            state: Some(state_number(report.state)),
            late: Some(i16::from(report.late)),
            is_sent: report.state.is_sent(),
        }
    }

    /// The columns that differ, each with the stored and the rebuilt value.
    fn differences(&self, rebuilt: &Self) -> String {
        let id = |id: &Option<Vec<u8>>| id.as_ref().map_or("-".to_owned(), |id| encode_hex(id));
        let ids = [
            ("contract", id(&self.contract), id(&rebuilt.contract)),
            ("unit", id(&self.unit), id(&rebuilt.unit)),
        ];
        let day = |day: Option<i32>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let numbers = [
            ("start_day", self.start_day, rebuilt.start_day),
            ("end_day", self.end_day, rebuilt.end_day),
            ("cut", self.cut.map(i32::from), rebuilt.cut.map(i32::from)),
            ("state", self.state.map(i32::from), rebuilt.state.map(i32::from)),
            ("late", self.late.map(i32::from), rebuilt.late.map(i32::from)),
            ("is_sent", Some(self.is_sent.into()), Some(rebuilt.is_sent.into())),
        ];
        let numbers = numbers.map(|(name, stored, rebuilt)| (name, day(stored), day(rebuilt)));
        let differing: Vec<String> = ids
            .into_iter()
            .chain(numbers)
            .filter(|(_, stored, rebuilt)| stored != rebuilt)
            .map(|(name, stored, rebuilt)| format!("{name} is {stored}, its record says {rebuilt}"))
            .collect();
        differing.join(", ")
    }
}

/// What is wrong with state and content hash of a sent revision; `None`: nothing.
pub(super) fn find_revision_mismatch(
    bytes: &[u8],
    (state, content_hash): (i16, &[u8]),
    units: &UnitNumbers,
) -> Option<&'static str> {
    let Ok(report) = wire_record::decode_report(bytes, units) else {
        return Some("its bytes cannot be read");
    };
    if state_number(report.state) != state {
        Some("its state is not that of its bytes")
    } else if report.content_hash().0[..] != *content_hash {
        Some("its content_hash is not that of its bytes")
    } else {
        None
    }
}

impl ReadTx<'_> {
    /// Compares the columns of every report with its content, which was checked.
    pub(super) fn check_report_lines(
        &mut self,
        units: &UnitNumbers,
        problems: &mut ProblemList,
    ) -> Result<()> {
        let mut after = Vec::new();
        loop {
            let rows: Vec<(Vec<u8>, Vec<u8>, ReportLine)> = record::table
                .filter(record::kind.eq(RecordKind::Report.number()))
                .filter(record::id.gt(&after))
                .order(record::id)
                .limit(PAGE_ROWS)
                .select((record::id, record::bytes, ReportLine::as_select()))
                .load(self.conn()?)?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.0);
            for (id, bytes, line) in rows {
                let report = wire_record::decode_report(&bytes, units)?;
                let text = line.differences(&ReportLine::from_report(&report));
                if !text.is_empty() {
                    problems.push(0, format!("record report {}: {text}", encode_hex(&id)));
                }
            }
        }
        self.check_revision_gaps(problems)
    }

    /// Finds reports that lack the revision of a submission, or a later one before the newest,
    /// which is the record: each since the first submission is stored permanently.
    fn check_revision_gaps(&mut self, problems: &mut ProblemList) -> Result<()> {
        let submitted: Vec<(i64, Option<Vec<u8>>, i64)> = audit::table
            .left_join(
                report_revision::table.on(audit::record_id
                    .eq(report_revision::report.nullable())
                    .and(audit::to_revision.eq(report_revision::revision))),
            )
            .left_join(
                record::table.on(audit::record_kind
                    .eq(record::kind.nullable())
                    .and(audit::record_id.eq(record::id.nullable()))
                    .and(audit::to_revision.eq(record::revision))),
            )
            .filter(audit::action.eq(Action::SubmitReport.code()))
            .filter(audit::record_kind.eq(RecordKind::Report.number()))
            .filter(audit::from_revision.ne(audit::to_revision))
            .filter(report_revision::report.nullable().is_null())
            .filter(record::id.nullable().is_null())
            .order(audit::seq)
            .select((audit::seq, audit::record_id, audit::to_revision))
            .load(self.conn()?)?;
        for (seq, id, revision) in submitted {
            let id = encode_hex(&id.unwrap_or_default());
            problems.push(seq, format!("report_revision {id} revision {revision}: it is missing"));
        }
        let newest = format!(
            "(SELECT record.revision FROM record WHERE record.kind = {} \
             AND record.id = report_revision.report)",
            RecordKind::Report.number()
        );
        let gaps: Vec<Vec<u8>> = report_revision::table
            .group_by(report_revision::report)
            .having(sql::<Bool>(&format!("count(*) <> {newest} - min(revision)")))
            .select(report_revision::report)
            .load(self.conn()?)?;
        for id in gaps {
            let id = encode_hex(&id);
            problems.push(0, format!("report_revision {id}: a revision is missing"));
        }
        Ok(())
    }
}
