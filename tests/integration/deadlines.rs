//! A read whose caller no longer waits also ends in the database.

use crate::harness::{TestClient, TestServer};
use crate::pg::TestDb;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::report_service_client::ReportServiceClient;

#[derive(QueryableByName)]
struct WaitingCountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Waits until this number of the database's statements wait for a lock; `false` after 10 s.
fn wait_for_waiting_statements(conn: &mut PgConnection, count: i64) -> bool {
    let query = "select count(*) as count from pg_stat_activity \
        where datname = current_database() and wait_event_type = 'Lock'";
    (0..1000).any(|_| {
        let waiting: WaitingCountRow = diesel::sql_query(query).get_result(conn).unwrap();
        waiting.count == count || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }
    })
}

async fn get_report(
    phone: &TestClient,
    timeout: Duration,
) -> Result<pb::GetReportResponse, tonic::Status> {
    let mut request =
        phone.request(pb::GetReportRequest { report_id: phone.first_week_key().id().0.to_vec() });
    request.set_timeout(timeout);
    ReportServiceClient::new(phone.channel.clone())
        .get_report(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_nobody_waits_for_any_more_is_ended_by_postgresql_and_the_next_one_finds_its_place()
 {
    let Some(db) = TestDb::create() else { return };
    let server = TestServer::start_on_database(db.url()).await;
    let mut phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let save = phone.save_command(&std::collections::BTreeMap::new());
    phone.sync(vec![save]).await.unwrap();
    let minute = Duration::from_secs(60);
    let before = get_report(&phone, minute).await.map_err(|status| status.code());

    let mut other = PgConnection::establish(db.url()).unwrap();
    let mut observer = PgConnection::establish(db.url()).unwrap();
    other.batch_execute("begin; lock table record in access exclusive mode").unwrap();
    let call = async { get_report(&phone, Duration::from_secs(4)).await };
    let waits = tokio::task::spawn_blocking(move || {
        (wait_for_waiting_statements(&mut observer, 1), observer)
    });
    let (answer, waits) = tokio::join!(call, waits);
    let (is_waiting, mut observer) = waits.unwrap();
    assert!(is_waiting && answer.is_err(), "it waited for the table: {answer:?}");
    let ended = tokio::task::spawn_blocking(move || wait_for_waiting_statements(&mut observer, 0));
    assert!(
        ended.await.unwrap(),
        "the caller has gone and its statement too, though the table is still taken"
    );
    other.batch_execute("commit").unwrap();
    assert_eq!(get_report(&phone, minute).await.map_err(|status| status.code()), before);
    server.close().await;
}
