//! Following: changes come as they happen.

use super::{COMMUNE, DISTRICT, app, first_week};
use crate::harness::Town;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use thidua::client::facade::{Change, ChangeListener, ClientError};
use thidua::domain::permission::Role;

struct Ear(Sender<Change>);

impl ChangeListener for Ear {
    fn changed(&self, change: Change) {
        let _ = self.0.send(change);
    }
    fn stopped(&self, error: ClientError) {
        panic!("{error:?}");
    }
}

fn hears(heard: &Receiver<Change>, report: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while let Ok(change) = heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
        if change.reports.iter().any(|one| one == report) {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_who_follows_hears_of_a_report_when_it_is_sent_and_what_she_types_goes_out_at_once() {
    let town = Town::open().await;
    let (commune, district) = (app(&town, COMMUNE, Role::Reporter), app(&town, DISTRICT, Role::Reviewer));
    let (tell, heard) = channel();
    district.set_listener(Some(Box::new(Ear(tell))));
    district.start_following().unwrap();
    let key = first_week(&commune);
    commune.save_nil(key.clone()).unwrap();
    let id = commune.report_id(key);
    commune.submit(id.clone()).unwrap();
    commune.sync_once().unwrap();
    assert!(hears(&heard, &id), "the report came without asking");

    let seen = district.review_queue().unwrap().remove(0).report.content_hash;
    district.accept(id.clone(), seen).unwrap();
    assert!(hears(&heard, &id), "the acceptance went out and came back without asking");
    assert!(district.sync_once().unwrap().agrees, "asking is possible meanwhile");
    district.stop_following();
    town.close().await;
}
