//! The recorded exchanges under `proto/vectors`, for authors of clients in other languages: the
//! bytes of each frame, with what must follow from them. `THIDUA_BLESS=1` records new ones from a
//! real server; without it the stored ones are read and checked.

use crate::harness::{TestClient, TestServer};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::CommandBody;
use thidua::pb;
use thidua::pb::sync_response::Frame;

const COMMUNE: &str = "com-29242-0";

fn vectors_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/vectors")
}

fn frame_kind(frame: &Frame) -> &'static str {
    match frame {
        Frame::Welcome(_) => "welcome",
        Frame::Verdict(_) => "verdict",
        Frame::Reset(_) => "reset",
        Frame::Rows(_) => "rows",
        Frame::SnapshotEnd(_) => "snapshot-end",
        Frame::Checkpoint(_) => "checkpoint",
        Frame::Bookmark(_) => "bookmark",
        Frame::Notice(_) => "notice",
    }
}

/// An exchange as stored on disk: the request, then every frame in order.
struct ExchangeVector {
    request: pb::SyncRequest,
    frames: Vec<Frame>,
}

impl ExchangeVector {
    fn read(name: &str) -> Self {
        let mut files: Vec<PathBuf> = std::fs::read_dir(vectors_dir().join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "binpb"));
        files.sort();
        let bytes = |path: &PathBuf| std::fs::read(path).unwrap();
        let request = bytes(&files[0]);
        let read = pb::SyncRequest::decode(&*request).unwrap();
        assert_eq!(
            read.encode_to_vec(),
            request,
            "{name}: the request reads back as the same bytes"
        );
        let mut frames = Vec::new();
        for path in &files[1..] {
            let bytes = bytes(path);
            let message = pb::SyncResponse::decode(&*bytes).unwrap();
            assert_eq!(
                message.encode_to_vec(),
                bytes,
                "{} reads back as the same bytes",
                path.display()
            );
            let frame = message.frame.unwrap();
            let named = path.file_stem().unwrap().to_str().unwrap();
            assert!(named.ends_with(frame_kind(&frame)), "{named} is a {}", frame_kind(&frame));
            frames.push(frame);
        }
        Self { request: read, frames }
    }

    fn write(&self, name: &str) {
        let dir = vectors_dir().join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("00-request.binpb"), self.request.encode_to_vec()).unwrap();
        for (at, frame) in self.frames.iter().enumerate() {
            let message = pb::SyncResponse { frame: Some(frame.clone()) };
            let file = format!("{:02}-{}.binpb", at + 1, frame_kind(frame));
            std::fs::write(dir.join(file), message.encode_to_vec()).unwrap();
        }
    }

    async fn record_exchange(phone: &mut TestClient, commands: Vec<Vec<u8>>) -> Self {
        let request = pb::SyncRequest {
            cursor: phone.cursor.clone(),
            commands: commands.clone(),
            brief: phone.brief,
            ..Default::default()
        };
        Self { request, frames: phone.sync(commands).await.unwrap() }
    }
}

async fn record_vectors() {
    let server = TestServer::start().await;
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap();
    let nil: BTreeMap<u32, CellValue> = form
        .elements
        .iter()
        .map(|code| (reference.element_numbers.number(code).unwrap(), CellValue::Nil))
        .collect();
    let first = *nil.keys().next().unwrap();
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    ExchangeVector::record_exchange(&mut phone, Vec::new()).await.write("first-sync");

    let report = phone.first_week_key().id();
    let save = phone.save_command(&nil);
    let submit = phone.next_command(CommandBody::submit(report, phone.unit));
    let bad = phone.save_command(&BTreeMap::from([
        (first, CellValue::Reported(-5)),
        (90_000, CellValue::Nil),
    ]));
    let pushed = vec![save, submit, bad];
    ExchangeVector::record_exchange(&mut phone, pushed.clone()).await.write("push");
    ExchangeVector::record_exchange(&mut phone, pushed).await.write("push-again");
    ExchangeVector::record_exchange(&mut phone, Vec::new()).await.write("nothing-new");
    phone.brief = true;
    ExchangeVector::record_exchange(&mut phone, Vec::new()).await.write("nothing-new-brief");
    let correction = phone.correction_command(first, CellValue::Reported(2), CellValue::Nil);
    ExchangeVector::record_exchange(&mut phone, vec![correction]).await.write("push-brief");
    phone.brief = false;

    phone.last_command_number += 3;
    let gap = phone.correction_command(first, CellValue::Reported(2), CellValue::Nil);
    ExchangeVector::record_exchange(&mut phone, vec![gap]).await.write("gap");
    phone.last_command_number = 2;
    let forked = phone.correction_command(first, CellValue::Reported(2), CellValue::Nil);
    ExchangeVector::record_exchange(&mut phone, vec![forked]).await.write("forked");

    let mut idle = server.enrol_client(COMMUNE, Role::UnitHead).await;
    idle.sync(Vec::new()).await.unwrap();
    let request =
        pb::SyncRequest { cursor: idle.cursor.clone(), follow: true, ..Default::default() };
    let mut stream = idle.open_stream(Vec::new(), true).await.unwrap();
    let mut frames = Vec::new();
    while !matches!(frames.last(), Some(Frame::Bookmark(_))) {
        let message =
            tokio::time::timeout(Duration::from_secs(60), stream.message()).await.unwrap();
        frames.extend(message.unwrap().unwrap().frame);
    }
    ExchangeVector { request, frames }.write("follow");
    drop(stream);
    server.close().await;
}

#[tokio::test]
async fn every_kind_of_frame_has_a_vector_and_a_first_sync_agrees_with_the_digests_that_it_ends_with()
 {
    if std::env::var_os("THIDUA_BLESS").is_some() {
        record_vectors().await;
    }
    let names = [
        "first-sync",
        "push",
        "push-again",
        "nothing-new",
        "nothing-new-brief",
        "push-brief",
        "gap",
        "forked",
        "follow",
    ];
    let all: Vec<ExchangeVector> = names.iter().map(|name| ExchangeVector::read(name)).collect();
    let kinds: BTreeSet<&str> = all.iter().flat_map(|one| &one.frames).map(frame_kind).collect();
    let all_kinds =
        ["bookmark", "checkpoint", "notice", "reset", "rows", "snapshot-end", "verdict", "welcome"];
    assert_eq!(kinds, all_kinds.into());

    let [first, push, again, nothing, brief, push_brief, ..] = all.as_slice() else {
        panic!("too few")
    };
    assert_eq!(brief.frames.len(), 1, "a checkpoint alone");
    assert_eq!(brief_checkpoint(brief).state_digest, client_state_digest(first, nothing));
    assert!(
        brief_checkpoint(brief).cursor.is_empty() && brief_checkpoint(push_brief).cursor.is_empty()
    );
    assert_eq!(client_digests(first), checkpoint_digests(first), "count and sum of every scope");
    let outcomes = |one: &ExchangeVector| -> Vec<pb::Outcome> {
        let verdict =
            |frame: &Frame| if let Frame::Verdict(v) = frame { Some(v.outcome()) } else { None };
        one.frames.iter().filter_map(verdict).collect()
    };
    assert_eq!(push.request.commands.len(), 3);
    assert_eq!(outcomes(push), [pb::Outcome::Applied, pb::Outcome::Applied, pb::Outcome::Rejected]);
    assert_eq!(outcomes(again), [pb::Outcome::Duplicate; 3], "S7");
    for command in &push.request.commands {
        assert_eq!(&pb::Command::decode(&**command).unwrap().encode_to_vec(), command);
    }
}

/// The count and digest by scope number that a client computes from the rows alone (docs/SYNC.md).
fn client_digests(exchange: &ExchangeVector) -> BTreeMap<u32, (u64, u128)> {
    let mut records: BTreeMap<(u32, Vec<u8>), (i64, Vec<u8>)> = BTreeMap::new();
    for frame in &exchange.frames {
        let Frame::Rows(batch) = frame else { continue };
        for row in &batch.rows {
            for scope in &row.scope_numbers {
                let key = (*scope, row.id.clone());
                if row.operation() == pb::RowOperation::Gone {
                    records.remove(&key);
                } else {
                    records.insert(key, (row.revision, row.record.clone()));
                }
            }
        }
    }
    let mut digests: BTreeMap<u32, (u64, u128)> = BTreeMap::new();
    for ((scope, id), (revision, bytes)) in records {
        let hash = sha256(&[&id, &revision.to_be_bytes()[..], &bytes]);
        let part = u128::from_be_bytes(hash[..16].try_into().unwrap());
        let (count, sum) = digests.entry(scope).or_default();
        (*count, *sum) = (*count + 1, sum.wrapping_add(part));
    }
    digests
}

fn brief_checkpoint(exchange: &ExchangeVector) -> &pb::Checkpoint {
    let Some(Frame::Checkpoint(checkpoint)) = exchange.frames.last() else {
        panic!("no checkpoint at the end")
    };
    assert!(exchange.request.brief && checkpoint.digests.is_empty());
    checkpoint
}

/// The digest of a brief answer that a client computes: epoch and scopes from the first Welcome,
/// count and sum as of the state that `nothing` states (docs/SYNC.md).
fn client_state_digest(first: &ExchangeVector, nothing: &ExchangeVector) -> Vec<u8> {
    let Frame::Welcome(welcome) = &first.frames[0] else { panic!("no welcome") };
    let epoch = welcome.epoch.as_ref().unwrap();
    let sums = checkpoint_digests(nothing);
    let mut scopes = BTreeMap::new();
    for grant in &welcome.scopes {
        let pb::Scope { kind, id, number } = grant.scope.clone().unwrap();
        let id = if id.is_empty() { vec![0; 16] } else { id };
        scopes.insert((kind, id), sums.get(&number).copied().unwrap_or_default());
    }
    let mut bytes = [&epoch.number.to_be_bytes()[..], &epoch.id].concat();
    for ((kind, id), (count, sum)) in scopes {
        bytes.extend(kind.to_be_bytes());
        bytes.extend(id);
        bytes.extend(count.to_be_bytes());
        bytes.extend(sum.to_be_bytes());
    }
    sha256(&[&bytes])[..8].to_vec()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    thidua::auth::hash_secret(&parts.concat())
}

fn checkpoint_digests(exchange: &ExchangeVector) -> BTreeMap<u32, (u64, u128)> {
    let Some(Frame::Checkpoint(checkpoint)) = exchange.frames.last() else {
        panic!("no checkpoint at the end")
    };
    let digest = |one: &pb::ScopeDigest| {
        let sum = u128::from_be_bytes(one.digest.as_slice().try_into().unwrap());
        (one.scope_number, (one.count, sum))
    };
    checkpoint.digests.iter().map(digest).filter(|(_, (count, _))| *count > 0).collect()
}
