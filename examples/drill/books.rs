//! Looks into a database with plain SQL, past all code of the product, and compares it with what phones were told.

use crate::Result;
use crate::devices::Device;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    t: String,
}

/// The number `n` of the one row of an answer.
pub(crate) fn number(url: &str, sql: &str) -> Result<i64> {
    let one: One = if url.starts_with("postgres") {
        sql_query(sql).get_result(&mut PgConnection::establish(url)?)?
    } else {
        sql_query(sql).get_result(&mut SqliteConnection::establish(url)?)?
    };
    Ok(one.n)
}

/// The text `t` of the one row of an answer.
pub(crate) fn text(url: &str, sql: &str) -> Result<String> {
    let one: Word = sql_query(sql).get_result(&mut PgConnection::establish(url)?)?;
    Ok(one.t)
}

/// What a case found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Found {
    /// Commands that a phone was told are done and of which the database knows nothing, or whose effect is not there.
    pub(crate) lost: i64,
    /// Effects beyond one a command.
    pub(crate) doubled: i64,
    /// Runs of the night beyond one a slot, or older figures published over newer ones.
    pub(crate) twice: i64,
}

/// How many of what phones were told is done are not in the database.
pub(crate) fn lost(url: &str, devices: &[Device]) -> Result<i64> {
    let mut lost = 0;
    for device in devices {
        let acknowledged = device.acknowledged();
        let known = format!(
            "select count(*) as n from command where device = {} and number <= {acknowledged} and verdict <= 3",
            blob(url, &device.id)
        );
        lost += acknowledged - number(url, &known)?;
    }
    Ok(lost)
}

/// Compares everything, after every phone has sent all it had.
pub(crate) fn check(url: &str, devices: &[Device]) -> Result<Found> {
    let mut found = Found { lost: lost(url, devices)?, ..Found::default() };
    for device in devices {
        // Each phone writes one report that nobody else writes: its revision counts effects.
        let effects = number(
            url,
            &format!("select coalesce(max(revision), 0) as n from record where id = {}", blob(url, &device.report)),
        )?;
        let commands =
            number(url, &format!("select count(*) as n from command where device = {}", blob(url, &device.id)))?;
        found.lost += (commands - effects).max(0);
        found.doubled += (effects - commands).max(0);
    }
    let published = number(url, "select count(*) as n from run_manifest")?;
    let slots = number(url, "select count(*) as n from job_run where job = 'aggregate' and state = 'DONE'")?;
    let back = number(
        url,
        "select count(*) as n from run_manifest a join run_manifest b on a.campaign = b.campaign and a.number = b.number + 1 \
         where a.cut < b.cut",
    )?;
    found.twice = (published - slots).max(0) + back;
    Ok(found)
}

/// Bytes in hexadecimal digits as this database writes them.
fn blob(url: &str, hex: &str) -> String {
    if url.starts_with("postgres") { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}
