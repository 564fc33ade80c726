//! Tests the test harness: each test has its own database, which is dropped afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot ask the server has failed")]

#[path = "common/pg.rs"]
mod pg;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

#[test]
fn two_tests_share_a_server_but_no_table_and_leave_nothing_behind() {
    let (Some(one), Some(two)) = (pg::TestDb::create(), pg::TestDb::create()) else { return };
    let mut first = PgConnection::establish(one.url()).unwrap();
    let mut second = PgConnection::establish(two.url()).unwrap();
    first.batch_execute("create table cell (n bigint)").unwrap();
    second.batch_execute("create table cell (n bigint)").unwrap();
    let url = one.url().to_owned();
    // Dropped although a connection is still open.
    drop(one);
    assert!(PgConnection::establish(&url).is_err(), "the database must be gone with its value");
    second.batch_execute("insert into cell values (1)").unwrap();
}
