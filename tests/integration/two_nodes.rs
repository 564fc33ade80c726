//! Two servers over one PostgreSQL: order, completeness and bookmarks, whichever node answers. S1,
//! S4, S5.

use crate::harness::{TWO_NODES_ENV, TestClient, TestServer, is_applied};
use crate::pg::TestDb;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use thidua::app::ReferenceSnapshot;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::pb;
use thidua::pb::sync_response::Frame;
use tonic::Streaming;

const DISTRICT: &str = "dist-842";
const COMMUNES: [&str; 6] =
    ["com-29236-0", "com-29239-0", "com-29242-0", "com-29245-0", "com-29248-0", "com-29251-0"];
const ROUNDS: i64 = 8;

/// Two nodes and their database.
async fn start_two_nodes() -> Option<(TestServer, TestServer, TestDb)> {
    let db = TestDb::create()?;
    let one = TestServer::start_on_database(db.url()).await;
    let other = TestServer::serve_dir(one.server_dir()).await;
    Some((one, other, db))
}

/// The number of the first element of a commune's weekly form.
pub(crate) fn first_element_number(server: &TestServer) -> u32 {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    reference
        .element_numbers
        .number(&reference.catalogue.form("tuan-xa").unwrap().elements[0])
        .unwrap()
}

/// Sends the first week's report and then corrects it [`ROUNDS`] times.
async fn send_corrections(
    mut phone: TestClient,
    nil: BTreeMap<u32, CellValue>,
    first: u32,
) -> Vec<u8> {
    let (report, acting_unit) = (phone.first_week_key().id(), phone.unit);
    let save = phone.save_command(&nil);
    let submit = phone
        .next_command(thidua::domain::report::command::CommandBody::submit(report, acting_unit));
    phone.sync(vec![save, submit]).await.unwrap();
    let mut current_value = CellValue::Nil;
    for figure in 1..=ROUNDS {
        let next = CellValue::Reported(figure);
        let save = phone.correction_command(first, next, current_value);
        let frames = phone.sync(vec![save]).await.unwrap();
        assert!(frames.iter().any(is_applied), "{frames:?}");
        current_value = next;
    }
    report.0.to_vec()
}

/// Seqs of the checkpoints, revisions by record, and the last cursor.
type FollowResult = (Vec<i64>, BTreeMap<Vec<u8>, i64>, Vec<u8>);

/// Reads a stream until it is idle; returns the checkpoints' seqs, revisions by record and the
/// last cursor.
async fn follow_until_idle(mut stream: Streaming<pb::SyncResponse>) -> FollowResult {
    let (mut seqs, mut revisions, mut cursor) = (Vec::new(), BTreeMap::new(), Vec::new());
    // Read until both nodes have sent nothing for three seconds.
    while let Ok(Ok(Some(message))) =
        tokio::time::timeout(Duration::from_secs(3), stream.message()).await
    {
        match message.frame.unwrap() {
            Frame::Rows(rows) => {
                for row in rows.rows {
                    let before = revisions.insert(row.id, row.revision);
                    assert!(
                        before.is_none_or(|before| before < row.revision),
                        "a revision came back"
                    );
                }
            }
            Frame::Checkpoint(checkpoint) => {
                seqs.push(checkpoint.seq);
                cursor = checkpoint.cursor;
            }
            Frame::Bookmark(bookmark) => cursor = bookmark.cursor,
            Frame::Welcome(_)
            | Frame::Verdict(_)
            | Frame::Reset(_)
            | Frame::SnapshotEnd(_)
            | Frame::Notice(_) => {}
        }
    }
    (seqs, revisions, cursor)
}

/// Nil for every element of the communes' weekly form.
fn nil_cells(reference: &ReferenceSnapshot) -> BTreeMap<u32, CellValue> {
    let form = reference.catalogue.form("tuan-xa").unwrap();
    form.elements
        .iter()
        .map(|code| (reference.element_numbers.number(code).unwrap(), CellValue::Nil))
        .collect()
}

/// S4: the follower received the latest revision of every report.
fn assert_latest_revisions(
    server: &TestServer,
    reports: &BTreeSet<Vec<u8>>,
    revisions: &BTreeMap<Vec<u8>, i64>,
) {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    for report in reports {
        let stored = server.app.store().read(|tx| {
            tx.report(
                report.as_slice().try_into().map(thidua::domain::support::ids::ReportId).unwrap(),
                &reference.unit_numbers,
            )
        });
        assert_eq!(
            revisions.get(report),
            Some(&stored.unwrap().unwrap().revision),
            "S4: the latest state came"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s01_s04_s05_a_follower_misses_nothing_that_two_nodes_write_and_its_bookmark_holds_at_either_of_them()
 {
    let Some((one, other, _db)) = start_two_nodes().await else { return };
    let first = first_element_number(&one);
    let reference = one.app.store().read(|tx| one.app.reference(tx)).unwrap();
    let nil = nil_cells(&reference);

    let mut reviewer = one.enrol_client(DISTRICT, Role::Reviewer).await;
    reviewer.sync(Vec::new()).await.unwrap();
    let stream = reviewer.open_stream(Vec::new(), true).await.unwrap();

    let mut writing = Vec::new();
    for (at, unit) in COMMUNES.into_iter().enumerate() {
        let node = if at % 2 == 0 { &one } else { &other };
        let phone = node.enrol_client(unit, Role::Reporter).await;
        writing.push(tokio::spawn(send_corrections(phone, nil.clone(), first)));
    }
    let following = tokio::spawn(follow_until_idle(stream));
    let mut reports = BTreeSet::new();
    for one in writing {
        reports.insert(one.await.unwrap());
    }
    let (seqs, revisions, cursor) = following.await.unwrap();
    assert!(seqs.is_sorted(), "S1: {seqs:?}");
    assert_latest_revisions(&one, &reports, &revisions);
    for node in [&other, &one] {
        reviewer.channel = node.connect().await;
        reviewer.cursor = cursor.clone();
        let again = reviewer.sync(Vec::new()).await.unwrap();
        assert!(
            !again.iter().any(|frame| matches!(frame, Frame::Rows(_) | Frame::Reset(_))),
            "S5: {again:?}"
        );
    }
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s04_what_one_node_acknowledged_is_in_the_next_pull_from_the_other() {
    let Some((one, other, _db)) = start_two_nodes().await else { return };
    let first = first_element_number(&one);
    let mut writer = one.enrol_client(COMMUNES[0], Role::Reporter).await;
    let mut colleague = other.enrol_client(COMMUNES[0], Role::UnitHead).await;
    colleague.sync(Vec::new()).await.unwrap();
    let mut current_value = None;
    for figure in 1..=20 {
        let next = CellValue::Reported(figure);
        let save = match current_value {
            None => writer.save_command(&BTreeMap::from([(first, next)])),
            Some(current_value) => writer.correction_command(first, next, current_value),
        };
        current_value = Some(next);
        writer.sync(vec![save]).await.unwrap();
        let frames = colleague.sync(Vec::new()).await.unwrap();
        let id = writer.first_week_key().id().0;
        let seen = frames.iter().any(
            |frame| matches!(frame, Frame::Rows(rows) if rows.rows.iter().any(|row| row.id == id)),
        );
        assert!(seen, "change {figure} was missing from the other node's answer");
    }
    drop((writer, colleague));
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_shut_out_at_one_node_is_out_of_its_open_stream_at_the_other_too() {
    let Some((one, other, _db)) = start_two_nodes().await else { return };
    let mut head = other.enrol_client(COMMUNES[0], Role::UnitHead).await;
    let mut stream = head.open_stream(Vec::new(), true).await.unwrap();
    let next = async |stream: &mut Streaming<pb::SyncResponse>| {
        tokio::time::timeout(Duration::from_secs(10), stream.message())
            .await
            .expect("the other node says nothing")
    };
    while !matches!(next(&mut stream).await.unwrap().unwrap().frame, Some(Frame::Checkpoint(_))) {}
    let start = std::time::Instant::now();
    one.app.revoke_device(&one.app.system_actor().unwrap(), head.device).unwrap();
    let ended = loop {
        match next(&mut stream).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    println!("out of the other node's open stream after {} ms", start.elapsed().as_millis());
    assert_eq!(ended.code(), tonic::Code::Unauthenticated);
    assert_eq!(head.sync(Vec::new()).await.unwrap_err().code(), tonic::Code::Unauthenticated);
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_the_database_ends_under_a_node_cost_no_phone_a_call() {
    let Some((one, other, db)) = start_two_nodes().await else { return };
    let first = first_element_number(&one);
    let mut phone = one.enrol_client(COMMUNES[0], Role::Reporter).await;
    let mut current_value = None;
    for figure in 1..=5 {
        // As after a database restart: every session has ended, new ones are accepted.
        let mut operator = PgConnection::establish(db.url()).unwrap();
        operator.batch_execute(END_SESSIONS_SQL).unwrap();
        let next = CellValue::Reported(figure);
        let save = match current_value {
            None => phone.save_command(&BTreeMap::from([(first, next)])),
            Some(current_value) => phone.correction_command(first, next, current_value),
        };
        current_value = Some(next);
        let frames = phone.sync(vec![save]).await.unwrap();
        assert!(frames.iter().any(is_applied), "{frames:?}");
    }
    drop(phone);
    other.close().await;
    one.close().await;
}

const END_SESSIONS_SQL: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
     where datname = current_database() and pid <> pg_backend_pid()";

/// Tests of sync, reports and access, which run elsewhere against one server.
const TWO_NODE_TESTS: [&str; 20] = [
    "rpc::access::a_code_enrols_one_phone_and_a_lost_answer_is_given_again_to_it_alone",
    "rpc::access::a_nonce_serves_once_and_only_the_key_it_was_given_for",
    "rpc::access::a_revoked_phone_is_refused_at_the_next_call_and_told_so_when_it_shows_its_key",
    "rpc::access::an_administrator_enrols_a_commune_by_an_invitation_and_a_reporter_may_not",
    "rpc::invalid_input::a_period_of_a_concluded_campaign_is_closed",
    "rpc::invalid_input::every_mistake_is_named_with_its_field_in_vietnamese_and_english_\
     and_nothing_is_written",
    "rpc::drilldown::behind_a_number_stand_single_reports_in_code_order_\
     and_the_missing_ones_by_name",
    "rpc::jobs::a_commune_reads_no_other_communes_standings",
    "rpc::jobs::an_administrator_runs_the_nightly_job_and_a_district_reads_its_standings_in_unit_order",
    "rpc::org::the_communes_before_and_after_the_merger_are_counted_page_by_page",
    "rpc::quality::a_question_goes_to_the_unit_first_and_to_its_superiors_with_the_reply_beside_it",
    "rpc::report::a_comment_is_stored_under_the_post_of_its_author_and_personal_data_is_refused",
    "rpc::report::a_malformed_save_names_every_field_in_the_callers_language",
    "rpc::report::a_nil_report_goes_from_the_commune_to_the_district_\
     and_is_returned_corrected_and_accepted",
    "rpc::report::a_request_made_twice_is_done_once_and_its_id_serves_nothing_else",
    "rpc::report::another_commune_cannot_tell_a_report_from_one_that_never_was",
    "rpc::sync::a_bad_command_is_rejected_with_every_field_and_does_not_block_the_next",
    "rpc::sync::a_first_sync_gives_every_scope_and_ends_with_a_checkpoint_\
     and_the_next_has_nothing_new",
    "rpc::sync::a_follower_hears_of_a_colleagues_change_and_then_that_it_was_shut_out",
    "rpc::sync::a_nil_report_is_saved_and_sent_in_one_call_\
     and_the_answer_holds_its_effect_and_a_signed_receipt",
];

#[test]
fn twenty_stories_end_as_well_when_each_call_goes_to_a_node_chosen_by_chance() {
    let Some(_server) = TestDb::create() else { return };
    let random_seed = || u32::from_be_bytes(thidua::auth::random_bytes().unwrap());
    let seed = std::env::var("SEED").unwrap_or_else(|_| random_seed().to_string());
    println!("replay: SEED={seed} scripts/test -- twenty_stories");
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(TWO_NODE_TESTS)
        .args(["--exact", "--test-threads=2"])
        .env(TWO_NODES_ENV, seed)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && output.contains("20 passed"),
        "{output}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}
