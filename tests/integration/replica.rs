//! Reads from a replica: a real standby that streams, lags, diverges and dies, and what devices
//! receive meanwhile. Each response of a node with a replica is compared with that of a node
//! without one over the same primary.

use crate::harness::{DATABASE_URL_FILE, TestClient, TestServer, is_applied};
use crate::pg_server::{PgServer, PostgresInstallation, run_checked};
use crate::two_nodes::first_element_number;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Bool;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::pb;
use thidua::pb::sync_response::Frame;
use thidua::store::{DatabaseLocation, ReplicaReadCounts};

const COMMUNE: &str = "com-29236-0";

/// A primary with a standby, a node that uses both, and a node that uses only the primary.
struct ReplicaFixture {
    replica_node: TestServer,
    primary_node: TestServer,
    primary: PgServer,
    standby: PgServer,
}

#[derive(QueryableByName)]
struct BoolRow {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

fn execute_sql(server: &PgServer, sql: &str) {
    PgConnection::establish(&server.url()).unwrap().batch_execute(sql).unwrap();
}

/// Waits until the SQL condition is true.
fn wait_until(server: &PgServer, condition: &str) {
    let mut conn = PgConnection::establish(&server.url()).unwrap();
    let query = format!("select {condition} as yes");
    while !diesel::sql_query(&query).get_result::<BoolRow>(&mut conn).unwrap().yes {
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl ReplicaFixture {
    /// Starts everything and waits until the replica has served a read.
    async fn start() -> Option<Self> {
        let installation = PostgresInstallation::find()?;
        let primary = PgServer::start(&installation, &[], |_| {});
        let with = TestServer::start_on_database(&primary.url()).await;
        let without = TestServer::serve_dir(with.server_dir()).await;
        let standby = PgServer::start_standby(&installation, &primary);
        let fixture = Self { replica_node: with, primary_node: without, primary, standby };
        fixture
            .replica_node
            .app
            .store()
            .add_replica(&DatabaseLocation::parse(&fixture.standby.url()));
        for _ in 0..100 {
            let mut reader = fixture.replica_node.enrol_client(COMMUNE, Role::UnitHead).await;
            fixture.wait_until_caught_up();
            if fixture.first_sync_matches(&mut reader).await {
                return Some(fixture);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("the replica never served");
    }

    fn replica_reads(&self) -> ReplicaReadCounts {
        self.replica_node.app.store().replica_read_counts().unwrap()
    }

    /// Waits until the standby has replayed everything that the primary has now.
    fn wait_until_caught_up(&self) {
        let replayed = "(select count(*) from pg_stat_replication \
            where replay_lsn >= pg_current_wal_lsn()) = 1";
        wait_until(&self.primary, replayed);
    }

    /// Checks that a first sync gives the same at both nodes; returns whether the replica served a
    /// part.
    async fn first_sync_matches(&self, phone: &mut TestClient) -> bool {
        self.sync_matches(phone, Vec::new()).await
    }

    /// Checks that a sync from this cursor gives the same at both nodes; returns whether the
    /// replica served a part.
    async fn sync_matches(&self, phone: &mut TestClient, cursor: Vec<u8>) -> bool {
        let before = self.replica_reads();
        let mut answers = Vec::new();
        for node in [&self.primary_node, &self.replica_node] {
            phone.channel = node.connect().await;
            phone.cursor.clone_from(&cursor);
            answers.push(synced_state(&phone.sync(Vec::new()).await.unwrap()));
        }
        let without_replica = answers.remove(0);
        assert!(!without_replica.1.is_empty(), "a sync ends with a checkpoint");
        assert_eq!(
            without_replica,
            answers.remove(0),
            "what the primary alone gives, and what both give"
        );
        self.replica_reads().served_count > before.served_count
    }

    /// A node over the standby alone, after its promotion.
    async fn node_over_standby(&self, home: &std::path::Path) -> TestServer {
        run_checked(
            Command::new("cp").arg("-r").arg(self.replica_node.server_dir().join(".")).arg(home),
        );
        std::fs::write(home.join(DATABASE_URL_FILE), self.standby.url()).unwrap();
        TestServer::serve_dir(home).await
    }

    async fn close(self) {
        self.primary_node.close().await;
        self.replica_node.close().await;
    }
}

/// The rows that a device holds after a sync, and the server's digests.
type SyncedState = (BTreeMap<Vec<u8>, pb::Row>, Vec<pb::ScopeDigest>);

fn synced_state(frames: &[Frame]) -> SyncedState {
    let (mut rows_by_id, mut digests) = (BTreeMap::new(), Vec::new());
    for frame in frames {
        match frame {
            Frame::Rows(rows) => {
                rows_by_id.extend(rows.rows.iter().map(|row| (row.id.clone(), row.clone())))
            }
            Frame::Checkpoint(checkpoint) => digests.clone_from(&checkpoint.digests),
            Frame::Welcome(_)
            | Frame::Verdict(_)
            | Frame::Bookmark(_)
            | Frame::Reset(_)
            | Frame::SnapshotEnd(_)
            | Frame::Notice(_) => {}
        }
    }
    (rows_by_id, digests)
}

/// Sends this many changes to one report in one call.
async fn send_changes(writer: &mut TestClient, element: u32, times: i64) {
    let mut commands =
        vec![writer.save_command(&BTreeMap::from([(element, CellValue::Reported(0))]))];
    for figure in 1..=times {
        commands.push(writer.correction_command(
            element,
            CellValue::Reported(figure),
            CellValue::Reported(figure - 1),
        ));
    }
    let frames = writer.sync(commands).await.unwrap();
    assert_eq!(frames.iter().filter(|frame| is_applied(frame)).count() as i64, times + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_gives_the_bulk_and_nothing_is_missed_while_it_lags_or_when_it_is_dead() {
    let Some(mut fixture) = ReplicaFixture::start().await else { return };
    let first = first_element_number(&fixture.replica_node);
    let mut writer = fixture.replica_node.enrol_client(COMMUNE, Role::Reporter).await;
    let mut reader = fixture.replica_node.enrol_client(COMMUNE, Role::UnitHead).await;
    fixture.first_sync_matches(&mut reader).await;
    let old = reader.cursor.clone();

    execute_sql(&fixture.standby, "select pg_wal_replay_pause()");
    wait_until(&fixture.standby, "pg_get_wal_replay_pause_state() = 'paused'");
    send_changes(&mut writer, first, 150).await;
    let before = fixture.replica_reads();
    assert!(!fixture.first_sync_matches(&mut reader).await, "it lacks what was acknowledged");
    assert!(
        !fixture.sync_matches(&mut reader, old.clone()).await,
        "and what a device that was away has to get"
    );
    assert!(fixture.replica_reads().declined_count > before.declined_count);

    execute_sql(&fixture.standby, "select pg_wal_replay_resume()");
    fixture.wait_until_caught_up();
    assert!(fixture.first_sync_matches(&mut reader).await, "it has everything again");
    assert!(
        fixture.sync_matches(&mut reader, old.clone()).await,
        "also for a device that was away"
    );
    let now = reader.cursor.clone();
    assert!(
        !fixture.sync_matches(&mut reader, now).await,
        "who lacks nothing asks the primary alone"
    );

    fixture.standby.kill();
    assert!(!fixture.first_sync_matches(&mut reader).await, "it is dead");
    assert!(!fixture.sync_matches(&mut reader, old).await);
    fixture.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_went_its_own_way_is_not_believed_however_far_it_came() {
    let Some(fixture) = ReplicaFixture::start().await else { return };
    let first = first_element_number(&fixture.replica_node);
    let mut reader = fixture.replica_node.enrol_client(COMMUNE, Role::UnitHead).await;
    fixture.wait_until_caught_up();
    execute_sql(&fixture.standby, "select pg_promote()");
    let home = tempfile::tempdir().unwrap();
    let diverged_node = fixture.node_over_standby(home.path()).await;
    let mut writers = [
        fixture.replica_node.enrol_client(COMMUNE, Role::Reporter).await,
        diverged_node.enrol_client(COMMUNE, Role::Reporter).await,
    ];
    for writer in &mut writers {
        send_changes(writer, first, 20).await;
    }
    let head = |node: &TestServer| node.app.store().read(|tx| tx.head()).unwrap();
    assert_eq!(head(&fixture.replica_node).seq, head(&diverged_node).seq, "as far as the primary");
    assert_ne!(head(&fixture.replica_node).chain, head(&diverged_node).chain, "on another way");
    assert!(!fixture.first_sync_matches(&mut reader).await);
    let further =
        writers[1].correction_command(first, CellValue::Reported(7), CellValue::Reported(20));
    writers[1].sync(vec![further]).await.unwrap();
    assert!(head(&fixture.replica_node).seq < head(&diverged_node).seq, "further than the primary");
    assert!(!fixture.first_sync_matches(&mut reader).await);
    diverged_node.close().await;
    fixture.close().await;
}
