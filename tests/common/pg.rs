//! A PostgreSQL database for one test, on the server in `THIDUA_TEST_PG` (`scripts/test` starts
//! one).
//!
//! Include it with `#[path = "common/pg.rs"] mod pg;`. It creates and drops empty databases.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// A database that only one test uses; dropped with the value.
pub(crate) struct TestDb {
    name: String,
    admin: String,
    url: String,
}

impl TestDb {
    /// Creates an empty database; without PostgreSQL prints a line and returns `None`.
    ///
    /// Panics with `CI=true` and no `THIDUA_TEST_PG`, so that a missing server never counts as a
    /// pass, and when the server refuses: its user must be allowed to create databases.
    pub(crate) fn create() -> Option<Self> {
        Self::create_with("")
    }

    /// The same with options of `create database`.
    pub(crate) fn create_with(options: &str) -> Option<Self> {
        let Ok(admin) = std::env::var("THIDUA_TEST_PG") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must name a PostgreSQL server in THIDUA_TEST_PG"
            );
            println!("skipped: no THIDUA_TEST_PG; run this test through scripts/test");
            return None;
        };
        let name = format!(
            "thidua_test_{}_{:016x}",
            std::process::id(),
            RandomState::new().build_hasher().finish()
        );
        let url = with_database(&admin, &name);
        run_sql(&admin, &format!("create database {name} {options}"))
            .expect("THIDUA_TEST_PG must serve and may create databases");
        Some(Self { name, admin, url })
    }

    /// The URL to connect to, also from another thread or process.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // A stopped server needs no cleanup.
        let _result =
            run_sql(&self.admin, &format!("drop database if exists {} with (force)", self.name));
    }
}

fn run_sql(url: &str, sql: &str) -> Result<(), String> {
    let mut conn = PgConnection::establish(url).map_err(|e| e.to_string())?;
    conn.batch_execute(sql).map_err(|e| e.to_string())
}

/// The URL of another database on the same server: `postgres://user@host/old?x=y` becomes
/// `postgres://user@host/new?x=y`.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url
        .split_once("://")
        .expect("THIDUA_TEST_PG is a url: postgres://user:password@host/database");
    let (place, options) =
        rest.split_once('?').map_or((rest, ""), |(place, options)| (place, options));
    let server = place.split('/').next().unwrap_or(place);
    let question = if options.is_empty() { "" } else { "?" };
    format!("{scheme}://{server}/{name}{question}{options}")
}
