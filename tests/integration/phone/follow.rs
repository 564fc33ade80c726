//! Following: phones receive changes as they are committed.

use super::{COMMUNE, DISTRICT, enrolled_app, first_week_key};
use crate::harness::TestServer;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use thidua::client::facade::{ChangeListener, ClientError, ReplicaChange};
use thidua::domain::access::permission::Role;

struct ChannelListener(Sender<ReplicaChange>);

impl ChangeListener for ChannelListener {
    fn on_change(&self, change: ReplicaChange) {
        let _ = self.0.send(change);
    }
    fn on_stopped(&self, error: ClientError) {
        panic!("{error:?}");
    }
}

fn is_notified_of(changes: &Receiver<ReplicaChange>, report: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while let Ok(change) = changes.recv_timeout(until.saturating_duration_since(Instant::now())) {
        if change.reports.iter().any(|one| one == report) {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_who_follows_hears_of_a_report_when_it_is_sent_and_what_she_types_goes_out_at_once()
 {
    let server = TestServer::start().await;
    let (commune, district) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, DISTRICT, Role::Reviewer),
    );
    let (sender, changes) = channel();
    district.set_listener(Some(std::sync::Arc::new(ChannelListener(sender))));
    district.start_following().unwrap();
    let key = first_week_key(&commune);
    commune.save_nil(key.clone()).unwrap();
    let id = commune.report_id(key);
    commune.submit_report(id.clone()).unwrap();
    commune.sync_once().unwrap();
    assert!(is_notified_of(&changes, &id), "the report came without asking");

    let seen = district.review_queue().unwrap().remove(0).report.content_hash;
    district.accept_report(id.clone(), seen).unwrap();
    assert!(is_notified_of(&changes, &id), "the acceptance went out and came back without asking");
    assert!(district.sync_once().unwrap().digests_match, "asking is possible meanwhile");
    district.stop_following();
    server.close().await;
}
