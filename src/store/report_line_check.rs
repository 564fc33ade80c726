//! Rebuilds what lists and rules read beside the content of reports, and compares it: the rows of
//! `report`, and state and content hash of each sent revision. They follow from the content, so
//! they need no rows of the audit of their own.
//!
//! Not rebuilt: who wrote last, which decides between APPLIED and MERGED.

use super::content_check::ProblemList;
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::report::state_number;
use super::schema::{audit, record, report, report_revision};
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

/// The columns of a row of `report` that follow from its content.
#[derive(Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = report)]
struct ReportLine {
    contract: Vec<u8>,
    unit: Vec<u8>,
    calendar: String,
    start_day: i32,
    end_day: i32,
    cut: i16,
    state: i16,
    late: i16,
    received_day: Option<i32>,
}

impl ReportLine {
    fn from_report(report: &Report) -> Self {
        let key = &report.key;
        Self {
            contract: key.contract.0.to_vec(),
            unit: key.unit.0.to_vec(),
            calendar: key.period.calendar.clone(),
            start_day: days_from_date(key.period.start),
            end_day: days_from_date(key.period.end),
            cut: i16::from(key.period.cut),
            state: state_number(report.state),
            late: i16::from(report.late),
            received_day: report.received_day.map(days_from_date),
        }
    }

    /// The columns that differ, each with the stored and the rebuilt value.
    fn differences(&self, rebuilt: &Self) -> String {
        let ids = [
            ("contract", encode_hex(&self.contract), encode_hex(&rebuilt.contract)),
            ("unit", encode_hex(&self.unit), encode_hex(&rebuilt.unit)),
            ("calendar", self.calendar.clone(), rebuilt.calendar.clone()),
        ];
        let day = |day: Option<i32>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let numbers = [
            ("start_day", Some(self.start_day), Some(rebuilt.start_day)),
            ("end_day", Some(self.end_day), Some(rebuilt.end_day)),
            ("cut", Some(self.cut.into()), Some(rebuilt.cut.into())),
            ("state", Some(self.state.into()), Some(rebuilt.state.into())),
            ("late", Some(self.late.into()), Some(rebuilt.late.into())),
            ("received_day", self.received_day, rebuilt.received_day),
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
    /// Compares every row of `report` with the record of its report, whose content was checked.
    pub(super) fn check_report_lines(
        &mut self,
        units: &UnitNumbers,
        problems: &mut ProblemList,
    ) -> Result<()> {
        type JoinedReport = (Vec<u8>, i64, Vec<u8>, Option<ReportLine>, Option<i64>);
        let (mut after, mut matched) = (Vec::new(), 0);
        loop {
            let rows: Vec<JoinedReport> = record::table
                .left_join(report::table.on(report::id.eq(record::id)))
                .left_join(
                    report_revision::table.on(report_revision::report
                        .eq(record::id)
                        .and(report_revision::revision.eq(record::revision))),
                )
                .filter(record::kind.eq(RecordKind::Report.number()))
                .filter(record::id.gt(&after))
                .order(record::id)
                .limit(PAGE_ROWS)
                .select((
                    record::id,
                    record::revision,
                    record::bytes,
                    Option::<ReportLine>::as_select(),
                    report_revision::revision.nullable(),
                ))
                .load(self.conn())?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.0);
            for (id, revision, bytes, line, sent_revision) in rows {
                let id = encode_hex(&to_byte_array::<16>(&id)?);
                let report = wire_record::decode_report(&bytes, units)?;
                matched += i64::from(line.is_some());
                match line.map(|line| line.differences(&ReportLine::from_report(&report))) {
                    None => problems.push(0, format!("report {id}: it is missing")),
                    Some(text) if !text.is_empty() => {
                        problems.push(0, format!("report {id}: {text}"))
                    }
                    Some(_) => {}
                }
                if report.state.is_sent() && sent_revision.is_none() {
                    let text = format!("report_revision {id} revision {revision}: it is missing");
                    problems.push(0, text);
                }
            }
        }
        let stored: i64 = report::table.count().get_result(self.conn())?;
        if stored != matched {
            problems.push(0, format!("report: {stored} rows for {matched} records"));
        }
        self.check_revision_gaps(problems)
    }

    /// Finds reports that lack the revision of a submission, or one between two others: each since
    /// the first submission is stored permanently.
    fn check_revision_gaps(&mut self, problems: &mut ProblemList) -> Result<()> {
        let submitted: Vec<(i64, Option<Vec<u8>>, i64)> = audit::table
            .left_join(
                report_revision::table.on(audit::record_id
                    .eq(report_revision::report.nullable())
                    .and(audit::to_revision.eq(report_revision::revision))),
            )
            .filter(audit::action.eq(Action::SubmitReport.code()))
            .filter(audit::record_kind.eq(RecordKind::Report.number()))
            .filter(audit::from_revision.ne(audit::to_revision))
            .filter(report_revision::report.nullable().is_null())
            .order(audit::seq)
            .select((audit::seq, audit::record_id, audit::to_revision))
            .load(self.conn())?;
        for (seq, id, revision) in submitted {
            let id = encode_hex(&id.unwrap_or_default());
            problems.push(seq, format!("report_revision {id} revision {revision}: it is missing"));
        }
        let gaps: Vec<Vec<u8>> = report_revision::table
            .group_by(report_revision::report)
            .having(sql::<Bool>("count(*) <> max(revision) - min(revision) + 1"))
            .select(report_revision::report)
            .load(self.conn())?;
        for id in gaps {
            let id = encode_hex(&id);
            problems.push(0, format!("report_revision {id}: a revision is missing"));
        }
        Ok(())
    }
}
