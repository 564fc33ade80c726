//! Reads from a replica: a real standby that streams, lags, leads a life of its own and dies, and what devices get meanwhile. Each answer
//! of a node with a replica is held against that of a node without one over the same primary.

use crate::harness::{ELSEWHERE, Phone, Town};
use crate::nodes::element;
use crate::pg_server::{PgServer, Programmes, done};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Bool;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use thidua::domain::cell::CellValue;
use thidua::domain::permission::Role;
use thidua::pb;
use thidua::pb::sync_response::Frame;
use thidua::store::{Location, ReplicaReads};

const COMMUNE: &str = "com-29236-0";

/// One primary with a standby behind it, a node that knows both, and one that knows the primary alone.
struct Ground {
    with: Town,
    without: Town,
    primary: PgServer,
    standby: PgServer,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

fn say(server: &PgServer, sql: &str) {
    PgConnection::establish(&server.url()).unwrap().batch_execute(sql).unwrap();
}

/// Waits until this is so.
fn until(server: &PgServer, so: &str) {
    let mut conn = PgConnection::establish(&server.url()).unwrap();
    let ask = format!("select {so} as yes");
    while !diesel::sql_query(&ask).get_result::<Answer>(&mut conn).unwrap().yes {
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Ground {
    /// After the replica has served for the first time.
    async fn laid() -> Option<Self> {
        let programmes = Programmes::found()?;
        let primary = PgServer::start(&programmes, &[], |_| {});
        let with = Town::open_over(&primary.url()).await;
        let without = Town::beside(with.home()).await;
        let standby = PgServer::following(&programmes, &primary);
        let ground = Self { with, without, primary, standby };
        ground.with.app.store().add_replica(&Location::parse(&ground.standby.url()));
        for _ in 0..100 {
            let mut reader = ground.with.phone(COMMUNE, Role::UnitHead).await;
            ground.caught_up();
            if ground.anew(&mut reader).await {
                return Some(ground);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("the replica never served");
    }

    fn reads(&self) -> ReplicaReads {
        self.with.app.store().replica_reads().unwrap()
    }

    /// Waits until the standby has everything that the primary has now.
    fn caught_up(&self) {
        let application = "(select count(*) from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()) = 1";
        until(&self.primary, application);
    }

    /// A first sync gives the same at both nodes; whether the replica had a part in it.
    async fn anew(&self, phone: &mut Phone) -> bool {
        self.from(phone, Vec::new()).await
    }

    /// A sync from this cursor gives the same at both nodes; whether the replica had a part in it.
    async fn from(&self, phone: &mut Phone, cursor: Vec<u8>) -> bool {
        let before = self.reads();
        let mut answers = Vec::new();
        for node in [&self.without, &self.with] {
            phone.channel = node.channel().await;
            phone.cursor.clone_from(&cursor);
            answers.push(told(&phone.sync(Vec::new()).await.unwrap()));
        }
        let plain = answers.remove(0);
        assert!(!plain.1.is_empty(), "a sync ends with a checkpoint");
        assert_eq!(plain, answers.remove(0), "what the primary alone gives, and what both give");
        self.reads().served > before.served
    }

    /// A node over the standby alone, once that takes writes.
    async fn node_over_standby(&self, home: &std::path::Path) -> Town {
        done(Command::new("cp").arg("-r").arg(self.with.home().join(".")).arg(home));
        std::fs::write(home.join(ELSEWHERE), self.standby.url()).unwrap();
        Town::beside(home).await
    }

    async fn close(self) {
        self.without.close().await;
        self.with.close().await;
    }
}

/// What a device holds afterwards, and what the server thinks it holds.
type Told = (BTreeMap<Vec<u8>, pb::Row>, Vec<pb::ScopeDigest>);

fn told(frames: &[Frame]) -> Told {
    let (mut held, mut digests) = (BTreeMap::new(), Vec::new());
    for frame in frames {
        match frame {
            Frame::Rows(rows) => held.extend(rows.rows.iter().map(|row| (row.id.clone(), row.clone()))),
            Frame::Checkpoint(checkpoint) => digests.clone_from(&checkpoint.digests),
            Frame::Welcome(_)
            | Frame::Verdict(_)
            | Frame::Bookmark(_)
            | Frame::Reset(_)
            | Frame::SnapshotEnd(_)
            | Frame::Notice(_) => {}
        }
    }
    (held, digests)
}

/// So many changes to one report, in one call.
async fn keep_changing(writer: &mut Phone, element: u32, times: i64) {
    let mut commands = vec![writer.save(&BTreeMap::from([(element, CellValue::Reported(0))]))];
    for figure in 1..=times {
        commands.push(writer.correct(element, CellValue::Reported(figure), CellValue::Reported(figure - 1)));
    }
    let frames = writer.sync(commands).await.unwrap();
    let taken = |frame: &&Frame| matches!(frame, Frame::Verdict(v) if v.outcome() == pb::Outcome::Applied);
    assert_eq!(frames.iter().filter(taken).count() as i64, times + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_gives_the_bulk_and_nothing_is_missed_while_it_lags_or_when_it_is_dead() {
    let Some(mut ground) = Ground::laid().await else { return };
    let first = element(&ground.with);
    let mut writer = ground.with.phone(COMMUNE, Role::Reporter).await;
    let mut reader = ground.with.phone(COMMUNE, Role::UnitHead).await;
    ground.anew(&mut reader).await;
    let old = reader.cursor.clone();

    say(&ground.standby, "select pg_wal_replay_pause()");
    until(&ground.standby, "pg_get_wal_replay_pause_state() = 'paused'");
    keep_changing(&mut writer, first, 150).await;
    let before = ground.reads();
    assert!(!ground.anew(&mut reader).await, "it lacks what was acknowledged");
    assert!(!ground.from(&mut reader, old.clone()).await, "and what a device that was away has to get");
    assert!(ground.reads().declined > before.declined);

    say(&ground.standby, "select pg_wal_replay_resume()");
    ground.caught_up();
    assert!(ground.anew(&mut reader).await, "it has everything again");
    assert!(ground.from(&mut reader, old.clone()).await, "also for a device that was away");
    let now = reader.cursor.clone();
    assert!(!ground.from(&mut reader, now).await, "who lacks nothing asks the primary alone");

    ground.standby.kill();
    assert!(!ground.anew(&mut reader).await, "it is dead");
    assert!(!ground.from(&mut reader, old).await);
    ground.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_went_its_own_way_is_not_believed_however_far_it_came() {
    let Some(ground) = Ground::laid().await else { return };
    let first = element(&ground.with);
    let mut reader = ground.with.phone(COMMUNE, Role::UnitHead).await;
    ground.caught_up();
    say(&ground.standby, "select pg_promote()");
    let home = tempfile::tempdir().unwrap();
    let apart = ground.node_over_standby(home.path()).await;
    let mut writers = [ground.with.phone(COMMUNE, Role::Reporter).await, apart.phone(COMMUNE, Role::Reporter).await];
    for writer in &mut writers {
        keep_changing(writer, first, 20).await;
    }
    let head = |node: &Town| node.app.store().read(|tx| tx.head()).unwrap();
    assert_eq!(head(&ground.with).seq, head(&apart).seq, "as far as the primary");
    assert_ne!(head(&ground.with).chain, head(&apart).chain, "on another way");
    assert!(!ground.anew(&mut reader).await);
    let further = writers[1].correct(first, CellValue::Reported(7), CellValue::Reported(20));
    writers[1].sync(vec![further]).await.unwrap();
    assert!(head(&ground.with).seq < head(&apart).seq, "further than the primary");
    assert!(!ground.anew(&mut reader).await);
    apart.close().await;
    ground.close().await;
}
