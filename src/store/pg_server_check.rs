//! Whether a PostgreSQL is one that the store can work with: text in UTF-8, and a session of its
//! own for each connection.

use super::backend::{AnyConn, DatabaseLocation};
use super::error::{Error, Result};
use diesel::sql_types::{Integer, Text};
use diesel::{QueryableByName, RunQueryDsl};

#[derive(QueryableByName)]
struct ServerRow {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Integer)]
    process: i32,
}

const SERVER_SQL: &str =
    "select current_setting('server_encoding') as encoding, pg_backend_pid() as process";

/// Refuses a PostgreSQL in another encoding than UTF-8, or behind a pooler in transaction mode;
/// changes nothing. SQLite is always suitable.
///
/// # Errors
/// [`Error::NotUtf8`], [`Error::TransactionPooler`], or that of the connection.
pub fn check_server(location: &DatabaseLocation) -> Result<()> {
    if matches!(location, DatabaseLocation::Sqlite(_)) {
        return Ok(());
    }
    let mut first = location.connect(true)?;
    let alone = query_server(&mut first)?;
    if alone.encoding != "UTF8" {
        return Err(Error::NotUtf8 { encoding: alone.encoding });
    }
    // While the second connection holds a transaction, a pooler in transaction mode gives it the
    // first one's process, or the first one another.
    let mut second = location.connect(true)?;
    second.begin_read(None)?;
    let other = query_process(&mut second)?;
    if other == alone.process || query_server(&mut first)?.process != alone.process {
        return Err(Error::TransactionPooler);
    }
    second.execute_sql("COMMIT")
}

/// Encoding and process, in one transaction: a prepared statement does not outlive it behind a
/// pooler.
fn query_server(conn: &mut AnyConn) -> Result<ServerRow> {
    conn.begin_read(None)?;
    let row = diesel::sql_query(SERVER_SQL).get_result(conn)?;
    conn.execute_sql("COMMIT")?;
    Ok(row)
}

fn query_process(conn: &mut AnyConn) -> Result<i32> {
    Ok(diesel::sql_query(SERVER_SQL).get_result::<ServerRow>(conn)?.process)
}
