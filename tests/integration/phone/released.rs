//! A phone's file of each released schema, with a full outbox and the answers that its server gave
//! to it: the app of today opens it, loses nothing, and understands the old server.
//!
//! `tests/fixtures/released_phones/NAME` holds `phone.db`, the phone's `clock`, and the frames of
//! each call. They are recorded once, with `THIDUA_RECORD_PHONE=NAME`, and never again.

use super::{COMMUNE, PhoneApp, cell_entry, enrolled_app};
use crate::harness::TestServer;
use std::path::{Path, PathBuf};
use thidua::app::access::load_identity;
use thidua::client::facade::{CallNext, Phone, ReportKeyView};
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::DeviceId;
use thidua::domain::support::time::Timestamp;
use thidua::grpc::in_memory::{InMemoryCall, InMemoryContext};
use thidua::sync::CursorSigner;

/// Commands that wait in the outbox of a recorded phone.
const WAITING: u32 = 40;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/released_phones")
}

/// Reports typed offline, each in several commands.
fn fill_outbox(app: &PhoneApp) {
    let days = |date| thidua::domain::support::time::days_from_date(date);
    let (from, to) = (jiff::civil::date(2024, 8, 1), jiff::civil::date(2024, 9, 15));
    let due = app.due_reports(days(from), days(to)).unwrap();
    let keys: Vec<ReportKeyView> = due.into_iter().map(|due| due.key).collect();
    let element = app.blank_form(keys[0].contract.clone()).unwrap()[0].element.clone();
    for figure in 0..i64::from(WAITING) {
        let key = keys[0].clone();
        app.save_cells(key, vec![cell_entry(&element, figure)], None).unwrap().unwrap();
    }
    assert_eq!(app.outbox_status().unwrap().waiting, WAITING);
}

fn record(server: &TestServer, dir: &Path) {
    let app = enrolled_app(server, COMMUNE, Role::Reporter);
    fill_outbox(&app);
    let device = DeviceId::parse(&app.session().unwrap().unwrap().device_id).unwrap();
    let PhoneApp { phone, dir: home } = app;
    drop(phone);
    std::fs::create_dir_all(dir).unwrap();
    std::fs::copy(home.path().join("phone.db"), dir.join("phone.db")).unwrap();
    std::fs::write(dir.join("clock"), server.app.now().0.to_string()).unwrap();
    let phone =
        Phone::open_with_clock(&home.path().join("phone.db"), server.clock.clone()).unwrap();
    let keys = server.open_keys();
    let (cursor_signer, authority) =
        (CursorSigner::new(&keys.cursor_key), std::sync::Arc::new(keys.authority));
    for number in 1.. {
        let request = phone.build_sync_request(false).unwrap();
        let identity = server.app.store().read(|tx| load_identity(tx, device)).unwrap();
        let context = InMemoryContext {
            app: &server.app,
            cursor_signer: &cursor_signer,
            authority: &authority,
        };
        let mut call = Some(InMemoryCall::begin(context, identity, &request).unwrap());
        let mut frame_number = 0;
        while let Some(open) = call {
            let (frames, rest) = open.next_frames().unwrap();
            for frame in frames {
                frame_number += 1;
                let name = format!("{number:02}-{frame_number:03}.binpb");
                std::fs::write(dir.join(name), &frame).unwrap();
                phone.handle_sync_frame(frame).unwrap();
            }
            call = rest;
        }
        if phone.end_sync_call(None).unwrap() == CallNext::Done {
            return;
        }
    }
}

/// The frames of each recorded call, in order.
fn recorded_calls(dir: &Path) -> Vec<Vec<Vec<u8>>> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "binpb")).collect();
    files.sort();
    let call = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap()[..2].to_owned();
    let calls = files.chunk_by(|one, next| call(one) == call(next));
    calls.map(|files| files.iter().map(|file| std::fs::read(file).unwrap()).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_each_released_schema_opens_sends_its_outbox_and_reads_its_old_server() {
    if let Ok(name) = std::env::var("THIDUA_RECORD_PHONE") {
        let dir = fixtures().join(name);
        assert!(!dir.exists(), "a released phone is recorded once");
        let server = TestServer::start().await;
        record(&server, &dir);
        server.close().await;
    }
    let mut replayed = 0;
    let entries = std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path());
    for dir in entries.filter(|path| path.is_dir()) {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("phone.db");
        std::fs::copy(dir.join("phone.db"), &file).unwrap();
        let clock: i64 = std::fs::read_to_string(dir.join("clock")).unwrap().parse().unwrap();
        let phone = Phone::open_with_clock(&file, Clock::manual(Timestamp(clock))).unwrap();
        let outbox = phone.outbox_status().unwrap();
        assert_eq!((outbox.waiting, outbox.refused), (WAITING, 0), "{}", dir.display());
        let calls = recorded_calls(&dir);
        for (number, frames) in calls.iter().enumerate() {
            phone.build_sync_request(false).unwrap();
            for frame in frames {
                phone.handle_sync_frame(frame.clone()).unwrap();
            }
            let next = phone.end_sync_call(None).unwrap();
            let is_last = number + 1 == calls.len();
            assert_eq!(next == CallNext::Done, is_last, "{}: call {number}", dir.display());
        }
        let outbox = phone.outbox_status().unwrap();
        assert_eq!((outbox.waiting, outbox.sent, outbox.refused), (0, 0, 0));
        assert_eq!(phone.diverged_scope_count().unwrap(), 0);
        replayed += 1;
    }
    assert!(replayed > 0);
}
