//! Records every call of real processes and checks the recorded history afterwards: S1, S2, S7, S8,
//! S11, S12.
//!
//! Six phones push and pull while their server is killed and restarted repeatedly. The checks use
//! only what phones sent and received, and what the last server answers when everything is sent
//! again.

use crate::crash::ServerProcess;
use crate::harness::{TestClient, TestServer};
use crate::pg::TestDb;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::sync_response::Frame;
use tokio::sync::watch;

const COMMUNES: [&str; 3] = ["com-29236-0", "com-29242-0", "com-29251-0"];
const KILLS: usize = 6;
const LIFETIME: Duration = Duration::from_millis(900);

/// One answered call.
struct RecordedCall {
    verdicts: Vec<pb::Verdict>,
    /// Revisions in the rows of this call, by record.
    rows: BTreeMap<Vec<u8>, i64>,
    /// Seq of the checkpoint at its end.
    seq: i64,
}

/// A phone, its recorded calls, and its records.
struct RecordingWriter {
    phone: TestClient,
    element: u32,
    current_value: Option<CellValue>,
    /// Every command by its number, as it was first encoded.
    commands: BTreeMap<u64, Vec<u8>>,
    unacknowledged: Vec<u64>,
    calls: Vec<RecordedCall>,
    records: BTreeMap<(u32, Vec<u8>), (i64, Vec<u8>)>,
}

impl RecordingWriter {
    /// Types the next figure into the cell that only this phone writes.
    fn enter_figure(&mut self) {
        let next = CellValue::Reported(i64::try_from(self.commands.len()).unwrap() + 1);
        let bytes = match self.current_value {
            None => self.phone.save_command(&BTreeMap::from([(self.element, next)])),
            Some(previous) => self.phone.correction_command(self.element, next, previous),
        };
        self.current_value = Some(next);
        self.commands.insert(self.phone.last_command_number, bytes);
        self.unacknowledged.push(self.phone.last_command_number);
    }

    /// Sends everything that waits in one call and records the response.
    async fn sync_once(&mut self, again: &[u64]) -> bool {
        let numbers: Vec<u64> =
            again.iter().chain(&self.unacknowledged).copied().take(100).collect();
        let commands = numbers.iter().map(|number| self.commands[number].clone()).collect();
        let response =
            tokio::time::timeout(Duration::from_secs(4), self.phone.sync(commands)).await;
        let Ok(Ok(frames)) = response else { return false };
        let Some(Frame::Checkpoint(checkpoint)) = frames.last().cloned() else { return false };
        let (mut verdicts, mut rows) = (Vec::new(), BTreeMap::new());
        for frame in frames {
            match frame {
                Frame::Verdict(verdict) => verdicts.push(verdict),
                Frame::Reset(reset) => {
                    self.records.retain(|(scope, _), _| *scope != reset.scope_number)
                }
                Frame::Rows(batch) => {
                    batch.rows.into_iter().for_each(|row| self.apply_row(row, &mut rows))
                }
                Frame::Welcome(_)
                | Frame::SnapshotEnd(_)
                | Frame::Checkpoint(_)
                | Frame::Bookmark(_)
                | Frame::Notice(_) => {}
            }
        }
        self.unacknowledged
            .retain(|number| !verdicts.iter().any(|verdict| verdict.number == *number));
        assert_eq!(
            self.compute_digests(),
            checkpoint_digests(&checkpoint),
            "S2: what is held is what the checkpoint says"
        );
        self.calls.push(RecordedCall { verdicts, rows, seq: checkpoint.seq });
        true
    }

    fn apply_row(&mut self, row: pb::Row, rows: &mut BTreeMap<Vec<u8>, i64>) {
        for scope in &row.scope_numbers {
            let key = (*scope, row.id.clone());
            if row.operation() == pb::RowOperation::Gone {
                self.records.remove(&key);
            } else {
                self.records.insert(key, (row.revision, row.record.clone()));
            }
        }
        rows.insert(row.id, row.revision);
    }

    fn compute_digests(&self) -> BTreeMap<u32, (u64, u128)> {
        let mut digests: BTreeMap<u32, (u64, u128)> = BTreeMap::new();
        for ((scope, id), (revision, bytes)) in &self.records {
            let hash = thidua::auth::hash_secret(
                &[id.as_slice(), &revision.to_be_bytes(), bytes].concat(),
            );
            let (count, sum) = digests.entry(*scope).or_default();
            (*count, *sum) =
                (*count + 1, sum.wrapping_add(u128::from_be_bytes(hash[..16].try_into().unwrap())));
        }
        digests
    }
}

fn checkpoint_digests(checkpoint: &pb::Checkpoint) -> BTreeMap<u32, (u64, u128)> {
    let digest = |one: &pb::ScopeDigest| {
        (
            one.scope_number,
            (one.count, u128::from_be_bytes(one.digest.as_slice().try_into().unwrap())),
        )
    };
    checkpoint.digests.iter().map(digest).filter(|(_, (count, _))| *count > 0).collect()
}

/// Types and syncs until `stop` is set, then syncs until nothing waits.
async fn run_writer(
    mut writer: RecordingWriter,
    dir: Arc<Path>,
    port: watch::Receiver<Option<u16>>,
    stop: watch::Receiver<bool>,
) -> RecordingWriter {
    let mut reached = 0;
    loop {
        let ended = *stop.borrow();
        if ended && writer.unacknowledged.is_empty() {
            return writer;
        }
        if !ended {
            writer.enter_figure();
        }
        let now = *port.borrow();
        let Some(now) = now else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if now != reached {
            writer.phone.channel = crate::harness::connect_dir(&dir, now).await;
            reached = now;
        }
        if !writer.sync_once(&[]).await {
            // The connection broke or the server is down: retry with the same bytes and numbers.
            reached = 0;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The first outcome and seq of each command.
type FirstOutcomes = BTreeMap<u64, (i32, i64)>;

/// Checks S1, S7, S8 and S12 over one phone's calls; returns the first outcome of each command.
fn check_history(writer: &RecordingWriter) -> FirstOutcomes {
    let mut first: FirstOutcomes = BTreeMap::new();
    let (mut seq, mut revisions): (i64, BTreeMap<&[u8], i64>) = (0, BTreeMap::new());
    for call in &writer.calls {
        assert!(seq <= call.seq, "S1: a checkpoint went back from {seq} to {}", call.seq);
        seq = call.seq;
        for (record, revision) in &call.rows {
            let before = revisions.insert(record, *revision);
            assert!(before.is_none_or(|before| before <= *revision), "S1: a record went back");
        }
        let numbers: Vec<u64> = call.verdicts.iter().map(|verdict| verdict.number).collect();
        assert!(numbers.is_sorted(), "S8: answered in the order of numbers: {numbers:?}");
        for verdict in &call.verdicts {
            let duplicate = verdict.outcome() == pb::Outcome::Duplicate;
            let outcome = if duplicate { verdict.present_outcome } else { verdict.outcome };
            let first_outcome = first.entry(verdict.number).or_insert((outcome, verdict.seq));
            assert_eq!(
                *first_outcome,
                (outcome, verdict.seq),
                "S7: command {} has one outcome",
                verdict.number
            );
            assert!(
                verdict.seq <= call.seq,
                "S12: the call ends at {} and its command stands at {}",
                call.seq,
                verdict.seq
            );
            let row_revision =
                revisions.get(verdict.record_id.as_slice()).copied().unwrap_or(i64::MAX);
            assert!(
                duplicate || row_revision >= verdict.revision,
                "S12: the rows hold what the command did"
            );
        }
    }
    first
}

/// Enrols two phones in each commune at a server process over the directory of `test_server`.
async fn start_writers(
    test_server: TestServer,
) -> (tempfile::TempDir, ServerProcess, Vec<RecordingWriter>) {
    let first = crate::two_nodes::first_element_number(&test_server);
    let codes: Vec<_> = COMMUNES
        .iter()
        .flat_map(|unit| {
            [
                test_server.create_code(unit, Role::Reporter),
                test_server.create_code(unit, Role::Reporter),
            ]
        })
        .collect();
    let home = test_server.stop().await;
    let dir = home.path();
    let server = ServerProcess::start(dir, "");
    let mut writers = Vec::new();
    for (at, code) in codes.into_iter().enumerate() {
        let channel = crate::harness::connect_dir(dir, server.port).await;
        let mut phone = TestClient::new(channel, UnitId::from_code(COMMUNES[at / 2]));
        phone.enrol(&code).await.unwrap();
        let element = first + u32::try_from(at % 2).unwrap();
        let (commands, calls, held) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        writers.push(RecordingWriter {
            phone,
            element,
            current_value: None,
            commands,
            unacknowledged: Vec::new(),
            calls,
            records: held,
        });
    }
    (home, server, writers)
}

/// Checks the history, sends every command again (S11) and checks that no outcome has changed.
async fn check_again_after_resend(writer: &mut RecordingWriter) -> FirstOutcomes {
    let before = check_history(writer);
    assert_eq!(before.len(), writer.commands.len(), "every command was answered");
    // Send everything again to a server that processed only the last part of it: S11.
    let numbers: Vec<u64> = writer.commands.keys().copied().collect();
    for part in numbers.chunks(50) {
        assert!(writer.sync_once(part).await);
    }
    assert_eq!(
        check_history(writer),
        before,
        "S11: what was acknowledged is there, as it was acknowledged"
    );
    before
}

async fn run_history(test_server: TestServer) {
    let (home, server, writers) = start_writers(test_server).await;
    let dir: Arc<Path> = home.path().into();
    let (port_sender, port) = watch::channel(Some(server.port));
    let (stop_sender, stop) = watch::channel(false);
    let work: Vec<_> = writers
        .into_iter()
        .map(|one| tokio::spawn(run_writer(one, dir.clone(), port.clone(), stop.clone())))
        .collect();
    let mut server = Some(server);
    for _ in 0..KILLS {
        tokio::time::sleep(LIFETIME).await;
        port_sender.send(None).unwrap();
        drop(server.take()); // kill -9
        let dir = dir.clone();
        let next =
            tokio::task::spawn_blocking(move || ServerProcess::start(&dir, "")).await.unwrap();
        port_sender.send(Some(next.port)).unwrap();
        server = Some(next);
    }
    tokio::time::sleep(LIFETIME).await;
    stop_sender.send(true).unwrap();
    let (mut answered, mut again) = (0, 0);
    for one in work {
        let mut writer = tokio::time::timeout(Duration::from_secs(60), one)
            .await
            .expect("all is answered in the end")
            .unwrap();
        let before = check_again_after_resend(&mut writer).await;
        answered += before.len();
        again += writer
            .calls
            .iter()
            .flat_map(|call| &call.verdicts)
            .filter(|v| v.outcome() == pb::Outcome::Duplicate)
            .count();
    }
    println!("{answered} commands, {again} answers to commands sent again, {KILLS} kills");
    assert!(answered > 60, "{answered} commands were answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_again_and_again_keeps_its_word_call_by_call() {
    run_history(TestServer::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_server_that_is_killed_again_and_again_keeps_its_word_too() {
    let Some(db) = TestDb::create() else { return };
    run_history(TestServer::start_on_database(db.url()).await).await;
}
