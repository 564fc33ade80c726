//! For tests: a phone on a real file, fed with hand-made frames, that can be cut and killed between any two steps.

use super::engine::{Engine, Start};
use super::replica::{Draft, Replica, Stored, Swapped};
use super::step::{Next, RecordKey, ScopeKey};
use crate::domain::digest::{Digest, record_hash};
use crate::domain::time::Instant;
use crate::pb;
use crate::pb::sync_response::Frame;
use crate::wire::values::timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) const WORK: ScopeKey = ScopeKey { kind: 2, id: [2; 16] };
pub(crate) const DESK: ScopeKey = ScopeKey { kind: 3, id: [3; 16] };
pub(crate) const REPORT: i16 = 7;
/// A kind that this app does not know.
pub(crate) const NEWER_KIND: i16 = 99;

/// What a server holds, as far as frames tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Town {
    pub(crate) epoch: u64,
    pub(crate) taken: u64,
    pub(crate) seq: i64,
    pub(crate) safe_past: i64,
    pub(crate) time: i64,
    /// What it says of the offline lease; 0: nothing.
    pub(crate) lease_days: u32,
    pub(crate) records: BTreeMap<(ScopeKey, i16, [u8; 16]), (i64, Vec<u8>)>,
}

pub(crate) fn frame(frame: Frame) -> pb::SyncResponse {
    pb::SyncResponse { frame: Some(frame) }
}

pub(crate) fn number(scope: ScopeKey) -> u32 {
    if scope == WORK { 1 } else { 2 }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self { epoch: 1, time: 1_724_000_000_000_000, ..Self::default() }
    }

    pub(crate) fn hold(&mut self, scope: ScopeKey, kind: i16, id: u8, revision: i64, bytes: &[u8]) {
        self.records.insert((scope, kind, [id; 16]), (revision, bytes.to_vec()));
        self.seq += 1;
    }

    pub(crate) fn drop(&mut self, scope: ScopeKey, kind: i16, id: u8) {
        self.records.remove(&(scope, kind, [id; 16]));
        self.seq += 1;
    }

    pub(crate) fn welcome(&self, changes: &[(ScopeKey, pb::ScopeChange)]) -> pb::SyncResponse {
        let grant = |(scope, change): &(ScopeKey, pb::ScopeChange)| pb::ScopeGrant {
            scope: Some(pb::Scope { kind: scope.kind.into(), id: scope.id.to_vec(), number: number(*scope) }),
            change: (*change).into(),
            removal: if *change == pb::ScopeChange::Removed { pb::ScopeRemoval::Revoked.into() } else { 0 },
        };
        frame(Frame::Welcome(pb::Welcome {
            epoch: Some(pb::Epoch { number: self.epoch, id: vec![self.epoch as u8; 16] }),
            server_time: Some(timestamp(Instant(self.time))),
            limits: (self.lease_days > 0)
                .then(|| pb::SyncLimits { offline_lease_days: self.lease_days, ..Default::default() }),
            scopes: changes.iter().map(grant).collect(),
            last_command_number: self.taken,
            trusted_ca_sha256: Vec::new(),
        }))
    }

    /// Every scope that the town holds, rebuilt: the stream of a first sync, one row in a batch.
    pub(crate) fn whole(&self, scope: ScopeKey, generation: u64) -> Vec<pb::SyncResponse> {
        let mut frames = vec![reset(scope, generation)];
        let rows = self.records.iter().filter(|((of, ..), _)| *of == scope);
        for (at, ((_, kind, id), (revision, bytes))) in rows.enumerate() {
            frames.push(put(*kind, id[0], *revision, bytes, &[scope], &format!("{generation}:{scope:?}:{at}")));
        }
        frames.push(frame(Frame::SnapshotEnd(pb::SnapshotEnd { scope_number: number(scope), generation })));
        frames
    }

    pub(crate) fn digest(&self, scope: ScopeKey) -> Digest {
        let mut digest = Digest::default();
        let rows = self.records.iter().filter(|((of, ..), _)| *of == scope);
        rows.for_each(|((_, _, id), (revision, bytes))| digest.add(record_hash(id, *revision, bytes)));
        digest
    }

    pub(crate) fn checkpoint(&self, scopes: &[ScopeKey]) -> pb::SyncResponse {
        let digest = |scope: &ScopeKey| {
            let Digest { count, sum } = self.digest(*scope);
            pb::ScopeDigest {
                scope_number: number(*scope),
                count: count.unsigned_abs(),
                digest: sum.to_be_bytes().to_vec(),
            }
        };
        frame(Frame::Checkpoint(pb::Checkpoint {
            cursor: format!("c{}", self.seq).into_bytes(),
            seq: self.seq,
            digests: scopes.iter().map(digest).collect(),
            commands_taken: self.taken,
            server_time: Some(timestamp(Instant(self.time))),
            sync_mark: format!("mark{}", self.seq).into_bytes(),
            receipt: None,
            safe_past_seq: self.safe_past,
        }))
    }
}

pub(crate) fn reset(scope: ScopeKey, generation: u64) -> pb::SyncResponse {
    let reason = pb::ResetReason::New.into();
    frame(Frame::Reset(pb::Reset { scope_number: number(scope), reason, generation }))
}

pub(crate) fn put(
    kind: i16,
    id: u8,
    revision: i64,
    bytes: &[u8],
    scopes: &[ScopeKey],
    cursor: &str,
) -> pb::SyncResponse {
    row(pb::RowOperation::Put, kind, id, revision, bytes, scopes, cursor)
}

pub(crate) fn gone(kind: i16, id: u8, scopes: &[ScopeKey], cursor: &str) -> pb::SyncResponse {
    row(pb::RowOperation::Gone, kind, id, 0, &[], scopes, cursor)
}

fn row(
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
        scope_numbers: scopes.iter().map(|scope| number(*scope)).collect(),
        gone_reason: 0,
    };
    let cursor = cursor.as_bytes().to_vec();
    frame(Frame::Rows(pb::Rows { rows: vec![row], cursor, compressed_rows: Vec::new(), compression: 0 }))
}

pub(crate) fn verdict(number: u64, outcome: pb::Outcome, reason: pb::ErrorReason) -> pb::SyncResponse {
    let (outcome, reason) = (outcome.into(), reason.into());
    frame(Frame::Verdict(pb::Verdict { number, outcome, reason, seq: 1, revision: 1, ..pb::Verdict::default() }))
}

pub(crate) fn notice(notice: pb::notice::Notice) -> pb::SyncResponse {
    frame(Frame::Notice(pb::Notice { notice: Some(notice) }))
}

/// A phone on a real file.
pub(crate) struct Rig {
    path: PathBuf,
    pub(crate) replica: Replica,
    pub(crate) engine: Engine,
    pub(crate) swaps: Vec<Swapped>,
    /// The phone's clock, microseconds.
    pub(crate) clock: i64,
    _dir: tempfile::TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phone.db");
        let replica = Replica::open(&path).unwrap();
        Self { path, replica, engine: Engine::default(), swaps: Vec::new(), clock: Town::new().time, _dir: dir }
    }

    /// The app dies and is opened again.
    pub(crate) fn crash(&mut self) {
        self.replica = Replica::open(&self.path).unwrap();
        self.engine = Engine::default();
    }

    pub(crate) fn begin(&mut self) -> Start {
        let start = self.replica.start(200).unwrap();
        self.engine.begin(start.clone(), false);
        start
    }

    /// One frame, written at once.
    pub(crate) fn feed(&mut self, frame: pb::SyncResponse) {
        let steps = self.engine.frame(frame).unwrap();
        let engine = &mut self.engine;
        self.swaps.extend(
            self.replica.apply(&steps, Instant(self.clock), &mut |mark, held| engine.compare(mark, held)).unwrap(),
        );
    }

    /// A whole call.
    pub(crate) fn call(&mut self, frames: &[pb::SyncResponse]) -> Next {
        self.begin();
        frames.iter().for_each(|frame| self.feed(frame.clone()));
        self.engine.closed(0)
    }

    /// A command about report `report`, in the outbox.
    pub(crate) fn type_in(&mut self, report: u8) -> u64 {
        let draft = Draft { report: vec![report; 16], body: 5, made_at: 0, mends: Vec::new() };
        self.replica.append(&draft, |number, _| format!("command {number}").into_bytes()).unwrap()
    }

    pub(crate) fn records(&mut self, kind: i16) -> Vec<(u8, i64, Vec<u8>)> {
        let records = self.replica.records(kind).unwrap();
        records.into_iter().map(|Stored { key, revision, bytes }| (key.id[0], revision, bytes)).collect()
    }

    pub(crate) fn holds(&mut self, kind: i16, id: u8) -> bool {
        self.replica.record(RecordKey { kind, id: [id; 16] }).unwrap().is_some()
    }

    pub(crate) fn digest(&mut self, scope: ScopeKey) -> Digest {
        let scopes = self.replica.scopes().unwrap();
        scopes.into_iter().find(|(key, _)| *key == scope).map(|(_, row)| row.digest).unwrap_or_default()
    }

    /// Everything in view and everything that decides what comes next.
    pub(crate) fn state(&mut self) -> String {
        let (work, desk) = (self.digest(WORK), self.digest(DESK));
        let (records, counts) = (self.records(REPORT), self.replica.counts().unwrap());
        let progress = self.replica.progress().unwrap();
        format!("{records:?} {work:?} {desk:?} {counts:?} {progress:?}")
    }
}
