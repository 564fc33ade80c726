//! The Sync rpc from a client's view.

use crate::harness::TestServer;
use std::collections::BTreeMap;
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::CommandBody;
use thidua::pb;
use thidua::pb::sync_response::Frame;
use tonic::Code;

const COMMUNE: &str = "com-29242-0";

fn frame_name(frame: &Frame) -> &'static str {
    match frame {
        Frame::Welcome(_) => "Welcome",
        Frame::Verdict(_) => "Verdict",
        Frame::Rows(_) => "Rows",
        Frame::Reset(_) => "Reset",
        Frame::SnapshotEnd(_) => "SnapshotEnd",
        Frame::Checkpoint(_) => "Checkpoint",
        Frame::Bookmark(_) => "Bookmark",
        Frame::Notice(_) => "Notice",
    }
}

/// The numbers of the elements of the communes' weekly form.
fn element_numbers(server: &TestServer) -> Vec<u32> {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap();
    let mut numbers: Vec<u32> =
        form.elements.iter().map(|code| reference.element_numbers.number(code).unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_first_sync_gives_every_scope_and_ends_with_a_checkpoint_and_the_next_has_nothing_new() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let frames = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Welcome(welcome)) = frames.first() else { panic!("{:?}", frames.first()) };
    let kinds: Vec<_> =
        welcome.scopes.iter().map(|grant| grant.scope.as_ref().unwrap().kind()).collect();
    assert!(
        kinds.contains(&pb::ScopeKind::Reference) && kinds.contains(&pb::ScopeKind::Desk),
        "{kinds:?}"
    );
    let new = frames.iter().all(
        |frame| !matches!(frame, Frame::Reset(reset) if reset.reason() != pb::ResetReason::New),
    );
    assert!(new, "a first sync is no change of history");
    let Some(Frame::Checkpoint(checkpoint)) = frames.last() else { panic!("no checkpoint") };
    assert_eq!(checkpoint.digests.len(), kinds.len());
    let rows: usize = frames
        .iter()
        .map(|frame| if let Frame::Rows(rows) = frame { rows.rows.len() } else { 0 })
        .sum();
    let promised: u64 = checkpoint.digests.iter().map(|digest| digest.count).sum();
    assert_eq!(rows as u64, promised, "every record that the digests count was sent");

    let again = phone.sync(vec![]).await.unwrap();
    assert_eq!(again.iter().map(frame_name).collect::<Vec<_>>(), ["Welcome", "Checkpoint"]);
    server.close().await;
}

#[tokio::test]
async fn a_brief_answer_says_what_changed_and_a_caller_who_does_not_ask_for_it_gets_all() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    phone.brief = true;
    let first = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Welcome(welcome)) = first.first() else { panic!("{:?}", first.first()) };
    assert!(!welcome.brief && welcome.epoch.is_some() && !welcome.scopes.is_empty());

    let again = phone.sync(vec![]).await.unwrap();
    let [Frame::Checkpoint(brief)] = again.as_slice() else { panic!("{again:?}") };
    assert!(brief.digests.is_empty() && brief.cursor.is_empty());
    let Some(Frame::Checkpoint(before)) = first.last() else { panic!("no checkpoint") };
    assert_eq!(brief.state_digest, before.state_digest);
    assert_eq!(brief.state_digest.len(), 8);

    phone.brief = false;
    let full = phone.sync(vec![]).await.unwrap();
    let [Frame::Welcome(welcome), Frame::Checkpoint(checkpoint)] = full.as_slice() else {
        panic!("{full:?}")
    };
    assert!(welcome.epoch.is_some() && welcome.limits.is_some());
    assert_eq!(welcome.scopes.len(), checkpoint.digests.len());
    assert!(checkpoint.state_digest.is_empty() && checkpoint.cursor == phone.cursor);

    phone.brief = true;
    phone.cursor[5] ^= 1;
    let reset = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Welcome(welcome)) = reset.first() else { panic!("{:?}", reset.first()) };
    assert!(!welcome.brief && !welcome.scopes.is_empty(), "a damaged cursor names no scopes");
    server.close().await;
}

#[tokio::test]
async fn a_nil_report_is_saved_and_sent_in_one_call_and_the_answer_holds_its_effect_and_a_signed_receipt()
 {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let cells: BTreeMap<u32, CellValue> =
        element_numbers(&server).into_iter().map(|no| (no, CellValue::Nil)).collect();
    let report = phone.first_week_key().id();
    let save = phone.save_command(&cells);
    let submit = CommandBody::submit(report, phone.unit);
    let submit = phone.next_command(submit);
    let commands = vec![save, submit];
    let frames = phone.sync(commands.clone()).await.unwrap();
    let outcomes: Vec<_> = frames
        .iter()
        .filter_map(|frame| {
            if let Frame::Verdict(verdict) = frame {
                Some((verdict.number, verdict.outcome()))
            } else {
                None
            }
        })
        .collect();
    assert_eq!(outcomes, [(1, pb::Outcome::Applied), (2, pb::Outcome::Applied)]);
    let has_report = |rows: &pb::Rows| rows.rows.iter().any(|row| row.id == report.0);
    let sent = frames.iter().any(|frame| matches!(frame, Frame::Rows(rows) if has_report(rows)));
    assert!(sent, "S12: the rows of the same call hold the effect");
    let Some(Frame::Checkpoint(checkpoint)) = frames.last() else { panic!("no checkpoint") };
    assert_eq!(checkpoint.commands_taken, 2);
    assert_eq!(checkpoint.receipt.as_ref().unwrap().signature.len(), 64);

    let again = phone.sync(commands).await.unwrap();
    let is_duplicate = |frame: &&Frame| {
        matches!(frame, Frame::Verdict(v) if v.outcome() == pb::Outcome::Duplicate
            && v.present_outcome() == pb::Outcome::Applied)
    };
    let duplicates = again.iter().filter(is_duplicate);
    assert_eq!(duplicates.count(), 2, "S7: sent again, done once");
    server.close().await;
}

#[tokio::test]
async fn a_bad_command_is_rejected_with_every_field_and_does_not_block_the_next() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let element = element_numbers(&server)[0];
    let bad = phone.save_command(&BTreeMap::from([
        (element, CellValue::Reported(-5)),
        (90_000, CellValue::Nil),
    ]));
    let good = phone.save_command(&BTreeMap::from([(element, CellValue::Reported(1))]));
    let frames = phone.sync(vec![bad, good]).await.unwrap();
    let verdicts: Vec<_> = frames
        .into_iter()
        .filter_map(|frame| if let Frame::Verdict(verdict) = frame { Some(verdict) } else { None })
        .collect();
    assert_eq!(verdicts[0].outcome(), pb::Outcome::Rejected);
    let fields: Vec<_> = verdicts[0]
        .problems
        .iter()
        .map(|problem| (problem.field.as_str(), problem.reason()))
        .collect();
    assert_eq!(
        fields,
        [
            ("changes[0].mine", pb::ErrorReason::ValueOutOfRange),
            ("changes[1].element", pb::ErrorReason::UnknownElement)
        ]
    );
    assert_eq!(verdicts[1].outcome(), pb::Outcome::Applied, "S10");
    server.close().await;
}

#[tokio::test]
async fn bytes_that_are_no_command_refuse_the_call_and_nothing_of_it_is_done() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let good = phone
        .save_command(&BTreeMap::from([(element_numbers(&server)[0], CellValue::Reported(1))]));
    let refused = phone.sync(vec![good, vec![0xff, 0xff]]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let frames = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Welcome(welcome)) = frames.first() else { panic!("no welcome") };
    assert_eq!(welcome.last_command_number, 0);
    let damaged = std::mem::replace(&mut phone.cursor, vec![1, 2, 3]);
    let frames = phone.sync(vec![]).await.unwrap();
    assert!(
        frames.iter().any(|frame| matches!(frame, Frame::Reset(_))),
        "a damaged cursor resets its own device"
    );
    assert_eq!(phone.cursor, damaged, "rebuilt to where it stood");
    server.close().await;
}

#[tokio::test]
async fn a_follower_hears_of_a_colleagues_change_and_then_that_it_was_shut_out() {
    let server = TestServer::start().await;
    let mut reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let head = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let mut stream = head.open_stream(vec![], true).await.unwrap();
    let next = async |stream: &mut tonic::Streaming<pb::SyncResponse>| {
        tokio::time::timeout(Duration::from_secs(10), stream.message())
            .await
            .expect("the server says nothing")
    };
    while !matches!(next(&mut stream).await.unwrap().unwrap().frame, Some(Frame::Checkpoint(_))) {}
    let save = reporter
        .save_command(&BTreeMap::from([(element_numbers(&server)[0], CellValue::Reported(2))]));
    reporter.sync(vec![save]).await.unwrap();
    let received = next(&mut stream).await.unwrap().unwrap().frame.unwrap();
    assert_eq!(frame_name(&received), "Rows");

    let system = server.app.system_actor().unwrap();
    server.app.revoke_device(&system, head.device).unwrap();
    let ended = loop {
        match next(&mut stream).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unauthenticated);
    server.close().await;
}

#[tokio::test]
async fn an_open_follower_does_not_keep_the_server_from_ending() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut stream = phone.open_stream(vec![], true).await.unwrap();
    stream.message().await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.close())
        .await
        .expect("the server waits for its follower");
}

#[tokio::test]
async fn s29_every_limit_of_a_call_is_named_with_the_time_to_come_back_and_nothing_is_half_applied()
{
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let cells: BTreeMap<u32, CellValue> =
        element_numbers(&server).into_iter().map(|no| (no, CellValue::Nil)).collect();
    let save = phone.save_command(&cells);
    let large = vec![0; 5 * 1024 * 1024];
    let requests = [
        ("commands", pb::SyncRequest { commands: vec![save.clone(); 201], ..Default::default() }),
        (
            "client_version",
            pb::SyncRequest {
                client_version: "x".repeat(65),
                commands: vec![save.clone()],
                ..Default::default()
            },
        ),
        (
            "rebuild_scopes",
            pb::SyncRequest {
                rebuild_scopes: vec![pb::Scope::default(); 65],
                commands: vec![save.clone()],
                ..Default::default()
            },
        ),
        (
            "message_bytes",
            pb::SyncRequest { cursor: large, commands: vec![save.clone()], ..Default::default() },
        ),
    ];
    for (limit, message) in requests {
        let mut client = pb::sync_service_client::SyncServiceClient::new(phone.channel.clone());
        let refused = client.sync(phone.request(message)).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted, "{limit}: {refused:?}");
        let details = tonic_types::StatusExt::get_error_details(&refused);
        assert_eq!(details.error_info().unwrap().metadata["limit"], limit);
        assert!(details.retry_info().is_some(), "{limit}");
    }
    let report = phone.first_week_key().id();
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    assert!(
        server.app.store().read(|tx| tx.report(report, &reference.unit_numbers)).unwrap().is_none(),
        "nothing was applied"
    );
    phone.sync(vec![save]).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn an_old_app_is_asked_to_be_renewed_and_its_outbox_is_taken_all_the_same() {
    let server = TestServer::start().await;
    let mut phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let cells: BTreeMap<u32, CellValue> =
        element_numbers(&server).into_iter().map(|no| (no, CellValue::Nil)).collect();
    let save = phone.save_command(&cells);
    let message = pb::SyncRequest {
        commands: vec![save],
        client_version: "0.0.9".into(),
        ..Default::default()
    };
    let mut client = pb::sync_service_client::SyncServiceClient::new(phone.channel.clone());
    let mut stream = client.sync(phone.request(message)).await.unwrap().into_inner();
    let mut frames = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        frames.extend(message.frame);
    }
    assert_eq!(
        frames[..3].iter().map(frame_name).collect::<Vec<_>>(),
        ["Welcome", "Notice", "Verdict"]
    );
    let Frame::Verdict(verdict) = &frames[2] else { panic!("{:?}", frames[2]) };
    assert_eq!(verdict.outcome(), pb::Outcome::Applied);
    server.close().await;
}

#[tokio::test]
async fn a_follower_is_told_before_its_token_ends_and_when_to_come_back_from_a_server_that_ends() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut stream = phone.open_stream(Vec::new(), true).await.unwrap();
    let mut kinds = Vec::new();
    let until = |kinds: &[&str], expected: &str| kinds.last() == Some(&expected);
    while !until(&kinds, "Checkpoint") {
        kinds.extend(stream.message().await.unwrap().unwrap().frame.iter().map(frame_name));
    }
    let ends = server
        .app
        .store()
        .read(|tx| tx.device(phone.device))
        .unwrap()
        .unwrap()
        .token_expires_at
        .unwrap();
    server.clock.set(ends.saturating_add_micros(-60_000_000));
    // Any commit wakes the follower, which then checks its token.
    let other = server.enrol_client(COMMUNE, Role::Reporter).await;
    drop(other);
    let notice = loop {
        if let Some(Frame::Notice(notice)) = stream.message().await.unwrap().unwrap().frame {
            break notice.notice.unwrap();
        }
    };
    assert!(matches!(notice, pb::notice::Notice::TokenExpires(_)), "{notice:?}");
    let closing = tokio::spawn(server.close());
    let notice = loop {
        match stream.message().await.unwrap() {
            Some(message) => {
                if let Some(Frame::Notice(notice)) = message.frame {
                    break notice.notice.unwrap();
                }
            }
            None => panic!("the stream ended without a word"),
        }
    };
    assert!(matches!(notice, pb::notice::Notice::RetryAfter(_)), "{notice:?}");
    drop(stream);
    closing.await.unwrap();
}
