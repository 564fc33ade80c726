//! Reads the database with plain SQL, without the product's code, and compares it with the
//! acknowledgements that the phones received.

use crate::Result;
use crate::devices::DrillDevice;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    t: String,
}

/// The number in column `n` of a one-row result.
pub(crate) fn query_number(url: &str, sql: &str) -> Result<i64> {
    let one: CountRow = if url.starts_with("postgres") {
        sql_query(sql).get_result(&mut PgConnection::establish(url)?)?
    } else {
        sql_query(sql).get_result(&mut SqliteConnection::establish(url)?)?
    };
    Ok(one.n)
}

/// The text in column `t` of a one-row result.
pub(crate) fn query_text(url: &str, sql: &str) -> Result<String> {
    let one: TextRow = sql_query(sql).get_result(&mut PgConnection::establish(url)?)?;
    Ok(one.t)
}

/// What a case found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct CheckResult {
    /// Commands acknowledged to a phone that the database does not have, or that have no effect.
    pub(crate) lost: i64,
    /// Effects beyond one for each command.
    pub(crate) doubled: i64,
    /// Nightly runs beyond one for each slot, and older figures published over newer ones.
    pub(crate) published_twice: i64,
}

/// Counts acknowledged commands that are not in the database.
pub(crate) fn count_lost(url: &str, devices: &[DrillDevice]) -> Result<i64> {
    let mut lost = 0;
    for device in devices {
        let acknowledged = device.acknowledged();
        let count_known = format!(
            "select count(*) as n from command \
             where device = {} and number <= {acknowledged} and verdict <= 3",
            blob_literal(url, &device.id)
        );
        lost += acknowledged - query_number(url, &count_known)?;
    }
    Ok(lost)
}

/// Runs all checks; every phone must have sent its whole outbox before.
pub(crate) fn check_database(url: &str, devices: &[DrillDevice]) -> Result<CheckResult> {
    let mut found = CheckResult { lost: count_lost(url, devices)?, ..CheckResult::default() };
    for device in devices {
        // Only this phone writes this report, so the report's revision counts effects.
        let effects = query_number(
            url,
            &format!(
                "select coalesce(max(revision), 0) as n from record where id = {}",
                blob_literal(url, &device.report)
            ),
        )?;
        let commands = query_number(
            url,
            &format!(
                "select count(*) as n from command where device = {}",
                blob_literal(url, &device.id)
            ),
        )?;
        found.lost += (commands - effects).max(0);
        found.doubled += (effects - commands).max(0);
    }
    let published = query_number(url, "select count(*) as n from run_manifest")?;
    let slots = query_number(
        url,
        "select count(*) as n from job_run where job = 'aggregate' and state = 'DONE'",
    )?;
    let back = query_number(
        url,
        "select count(*) as n from run_manifest a \
         join run_manifest b on a.campaign = b.campaign and a.number = b.number + 1 \
         where a.cut_seq < b.cut_seq",
    )?;
    found.published_twice = (published - slots).max(0) + back;
    Ok(found)
}

/// A binary literal from hexadecimal digits in this database's syntax.
fn blob_literal(url: &str, hex: &str) -> String {
    if url.starts_with("postgres") { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}
