//! Test fixture: a phone with a real file that receives hand-made frames and can be cut or
//! restarted between any two actions.

use super::engine::{Engine, SyncInput};
use super::protocol::{NextAction, RecordKey, ScopeKey};
use super::replica::{CommandDraft, LocalReplica, ReplicaRecord, SwapResult};
use crate::domain::support::scope_digest::{ScopeDigest, compute_state_digest, hash_record};
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::pb::sync_response::Frame;
use crate::wire::values::timestamp_to_proto;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) const WORK_SCOPE: ScopeKey = ScopeKey { kind: 2, id: [2; 16] };
pub(crate) const DESK_SCOPE: ScopeKey = ScopeKey { kind: 3, id: [3; 16] };
pub(crate) const REPORT_KIND: i16 = 7;
/// A kind that this app does not define.
pub(crate) const NEWER_KIND: i16 = 99;

/// A server's state, as far as frames show it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeServer {
    pub(crate) epoch: u64,
    pub(crate) commands_taken: u64,
    pub(crate) seq: i64,
    pub(crate) safe_past_seq: i64,
    pub(crate) time: i64,
    /// Days of the offline lease in Welcome; 0 omits the limit.
    pub(crate) lease_days: u32,
    /// The bytes of the epoch's id; `None`: its number.
    pub(crate) epoch_id_byte: Option<u8>,
    pub(crate) records: BTreeMap<(ScopeKey, i16, [u8; 16]), (i64, Vec<u8>)>,
}

pub(crate) fn sync_response(frame: Frame) -> pb::SyncResponse {
    pb::SyncResponse { frame: Some(frame) }
}

pub(crate) fn scope_number(scope: ScopeKey) -> u32 {
    if scope == WORK_SCOPE { 1 } else { 2 }
}

impl FakeServer {
    pub(crate) fn new() -> Self {
        Self { epoch: 1, time: 1_724_000_000_000_000, ..Self::default() }
    }

    pub(crate) fn put_record(
        &mut self,
        scope: ScopeKey,
        kind: i16,
        id: u8,
        revision: i64,
        bytes: &[u8],
    ) {
        self.records.insert((scope, kind, [id; 16]), (revision, bytes.to_vec()));
        self.seq += 1;
    }

    pub(crate) fn remove_record(&mut self, scope: ScopeKey, kind: i16, id: u8) {
        self.records.remove(&(scope, kind, [id; 16]));
        self.seq += 1;
    }

    fn epoch_id(&self) -> [u8; 16] {
        [self.epoch_id_byte.unwrap_or(self.epoch as u8); 16]
    }

    /// The Welcome of a brief answer: only changes.
    pub(crate) fn brief_welcome_frame(
        &self,
        changes: &[(ScopeKey, pb::ScopeChange)],
    ) -> pb::SyncResponse {
        let Some(Frame::Welcome(full)) = self.welcome_frame(changes).frame else { unreachable!() };
        sync_response(Frame::Welcome(pb::Welcome {
            epoch: None,
            server_time: None,
            brief: true,
            ..full
        }))
    }

    /// The Checkpoint of a brief answer; an empty cursor is the last one that the phone has.
    pub(crate) fn brief_checkpoint_frame(
        &self,
        scopes: &[ScopeKey],
        cursor: &str,
    ) -> pb::SyncResponse {
        let Some(Frame::Checkpoint(full)) = self.checkpoint_frame(scopes).frame else {
            unreachable!()
        };
        let digests = scopes.iter().map(|scope| (scope.kind, scope.id, self.scope_digest(*scope)));
        sync_response(Frame::Checkpoint(pb::Checkpoint {
            cursor: cursor.as_bytes().to_vec(),
            digests: Vec::new(),
            state_digest: compute_state_digest((self.epoch, self.epoch_id()), digests).to_vec(),
            ..full
        }))
    }

    pub(crate) fn welcome_frame(
        &self,
        changes: &[(ScopeKey, pb::ScopeChange)],
    ) -> pb::SyncResponse {
        let grant = |(scope, change): &(ScopeKey, pb::ScopeChange)| pb::ScopeGrant {
            scope: Some(pb::Scope {
                kind: scope.kind.into(),
                id: scope.id.to_vec(),
                number: scope_number(*scope),
            }),
            change: (*change).into(),
            removal: if *change == pb::ScopeChange::Removed {
                pb::ScopeRemoval::Revoked.into()
            } else {
                0
            },
        };
        sync_response(Frame::Welcome(pb::Welcome {
            epoch: Some(pb::Epoch { number: self.epoch, id: self.epoch_id().to_vec() }),
            server_time: Some(timestamp_to_proto(Timestamp(self.time))),
            limits: (self.lease_days > 0).then(|| pb::SyncLimits {
                offline_lease_days: self.lease_days,
                ..Default::default()
            }),
            scopes: changes.iter().map(grant).collect(),
            last_command_number: self.commands_taken,
            trusted_ca_sha256: Vec::new(),
            brief: false,
        }))
    }

    /// The frames that rebuild a scope with all its records, one row per batch.
    pub(crate) fn snapshot_frames(
        &self,
        scope: ScopeKey,
        generation: u64,
    ) -> Vec<pb::SyncResponse> {
        let mut frames = vec![reset_frame(scope, generation)];
        let rows = self.records.iter().filter(|((of, ..), _)| *of == scope);
        for (at, ((_, kind, id), (revision, bytes))) in rows.enumerate() {
            frames.push(put_frame(
                *kind,
                id[0],
                *revision,
                bytes,
                &[scope],
                &format!("{generation}:{scope:?}:{at}"),
            ));
        }
        frames.push(sync_response(Frame::SnapshotEnd(pb::SnapshotEnd {
            scope_number: scope_number(scope),
            generation,
        })));
        frames
    }

    pub(crate) fn scope_digest(&self, scope: ScopeKey) -> ScopeDigest {
        let mut digest = ScopeDigest::default();
        let rows = self.records.iter().filter(|((of, ..), _)| *of == scope);
        rows.for_each(|((_, _, id), (revision, bytes))| {
            digest.add(hash_record(id, *revision, bytes))
        });
        digest
    }

    pub(crate) fn checkpoint_frame(&self, scopes: &[ScopeKey]) -> pb::SyncResponse {
        let digest = |scope: &ScopeKey| {
            let ScopeDigest { count, sum } = self.scope_digest(*scope);
            pb::ScopeDigest {
                scope_number: scope_number(*scope),
                count: count.unsigned_abs(),
                digest: sum.to_be_bytes().to_vec(),
            }
        };
        sync_response(Frame::Checkpoint(pb::Checkpoint {
            cursor: format!("c{}", self.seq).into_bytes(),
            seq: self.seq,
            digests: scopes.iter().map(digest).collect(),
            commands_taken: self.commands_taken,
            server_time: Some(timestamp_to_proto(Timestamp(self.time))),
            sync_mark: format!("mark{}", self.seq).into_bytes(),
            receipt: None,
            safe_past_seq: self.safe_past_seq,
            state_digest: Vec::new(),
        }))
    }
}

pub(crate) fn reset_frame(scope: ScopeKey, generation: u64) -> pb::SyncResponse {
    let reason = pb::ResetReason::New.into();
    sync_response(Frame::Reset(pb::Reset { scope_number: scope_number(scope), reason, generation }))
}

pub(crate) fn put_frame(
    kind: i16,
    id: u8,
    revision: i64,
    bytes: &[u8],
    scopes: &[ScopeKey],
    cursor: &str,
) -> pb::SyncResponse {
    row_frame(pb::RowOperation::Put, kind, id, revision, bytes, scopes, cursor)
}

pub(crate) fn gone_frame(kind: i16, id: u8, scopes: &[ScopeKey], cursor: &str) -> pb::SyncResponse {
    row_frame(pb::RowOperation::Gone, kind, id, 0, &[], scopes, cursor)
}

fn row_frame(
    operation: pb::RowOperation,
    kind: i16,
    id: u8,
    revision: i64,
    bytes: &[u8],
    scopes: &[ScopeKey],
    cursor: &str,
) -> pb::SyncResponse {
    let row = pb::Row {
        operation: operation.into(),
        kind: kind.into(),
        id: vec![id; 16],
        revision,
        record: bytes.to_vec(),
        scope_numbers: scopes.iter().map(|scope| scope_number(*scope)).collect(),
        gone_reason: 0,
    };
    let cursor = cursor.as_bytes().to_vec();
    sync_response(Frame::Rows(pb::Rows {
        rows: vec![row],
        cursor,
        compressed_rows: Vec::new(),
        compression: 0,
    }))
}

pub(crate) fn verdict_frame(
    number: u64,
    outcome: pb::Outcome,
    reason: pb::ErrorReason,
) -> pb::SyncResponse {
    let (outcome, reason) = (outcome.into(), reason.into());
    sync_response(Frame::Verdict(pb::Verdict {
        number,
        outcome,
        reason,
        seq: 1,
        revision: 1,
        ..pb::Verdict::default()
    }))
}

pub(crate) fn notice_frame(notice: pb::notice::Notice) -> pb::SyncResponse {
    sync_response(Frame::Notice(pb::Notice { notice: Some(notice) }))
}

/// Appends a command about report `report` to the outbox of `replica`; its bytes are `command
/// <number>`.
pub(crate) fn append_command(replica: &mut LocalReplica, report: u8) -> u64 {
    let draft = CommandDraft {
        report_id: vec![report; 16],
        body_number: 5,
        made_at: 0,
        resolved_refusals: Vec::new(),
    };
    replica.append_command(&draft, |number, _| format!("command {number}").into_bytes()).unwrap()
}

/// A phone with a real file.
pub(crate) struct PhoneFixture {
    path: PathBuf,
    pub(crate) replica: LocalReplica,
    pub(crate) engine: Engine,
    pub(crate) swaps: Vec<SwapResult>,
    /// The phone's clock, in microseconds.
    pub(crate) clock: i64,
    _dir: tempfile::TempDir,
}

impl PhoneFixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phone.db");
        let replica = LocalReplica::open(&path).unwrap();
        Self {
            path,
            replica,
            engine: Engine::default(),
            swaps: Vec::new(),
            clock: FakeServer::new().time,
            _dir: dir,
        }
    }

    /// Restarts the app: reopens the file, with a new engine.
    pub(crate) fn reopen_after_crash(&mut self) {
        self.replica = LocalReplica::open(&self.path).unwrap();
        self.engine = Engine::default();
    }

    pub(crate) fn begin_call(&mut self) -> SyncInput {
        let start = self.replica.load_sync_input(200).unwrap();
        self.engine.build_request(start.clone(), false);
        start
    }

    /// Handles one frame and writes its actions at once.
    pub(crate) fn apply_frame(&mut self, frame: pb::SyncResponse) {
        let actions = self.engine.handle_frame(frame).unwrap();
        let engine = &mut self.engine;
        self.swaps.extend(
            self.replica
                .apply_actions(&actions, Timestamp(self.clock), &mut |checkpoint, local| {
                    engine.compare_digests(checkpoint, local)
                })
                .unwrap(),
        );
    }

    /// Runs a whole call.
    pub(crate) fn run_call(&mut self, frames: &[pb::SyncResponse]) -> NextAction {
        self.begin_call();
        frames.iter().for_each(|frame| self.apply_frame(frame.clone()));
        self.engine.on_stream_closed(0)
    }

    /// Appends a command about report `report` to the outbox.
    pub(crate) fn append_command(&mut self, report: u8) -> u64 {
        append_command(&mut self.replica, report)
    }

    pub(crate) fn records(&mut self, kind: i16) -> Vec<(u8, i64, Vec<u8>)> {
        let records = self.replica.records(kind).unwrap();
        records
            .into_iter()
            .map(|ReplicaRecord { key, revision, bytes }| (key.id[0], revision, bytes))
            .collect()
    }

    pub(crate) fn has_record(&mut self, kind: i16, id: u8) -> bool {
        self.replica.record(RecordKey { kind, id: [id; 16] }).unwrap().is_some()
    }

    pub(crate) fn scope_digest(&mut self, scope: ScopeKey) -> ScopeDigest {
        let scopes = self.replica.scopes().unwrap();
        scopes
            .into_iter()
            .find(|(key, _)| *key == scope)
            .map(|(_, row)| row.digest)
            .unwrap_or_default()
    }

    /// The visible data and the state that decides the next call, as text.
    pub(crate) fn dump_state(&mut self) -> String {
        let (work, desk) = (self.scope_digest(WORK_SCOPE), self.scope_digest(DESK_SCOPE));
        let (records, counts) = (self.records(REPORT_KIND), self.replica.count_by_state().unwrap());
        let progress = self.replica.progress().unwrap();
        format!("{records:?} {work:?} {desk:?} {counts:?} {progress:?}")
    }
}
