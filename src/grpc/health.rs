//! What the standard health service says: SERVING while the database answers, NOT_SERVING once the server drains or the database is gone.
//!
//! The empty name is the server as a whole; each service of the contract has its own name too. Knows no rpc of ours.

use super::{Services, status::Failure};
use crate::app::AppError;
use crate::pb;
use std::time::Duration;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often the database is asked.
const LOOK: Duration = Duration::from_secs(2);

/// Names under which a load balancer may ask.
const NAMES: [&str; 12] = [
    "",
    pb::access_service_server::SERVICE_NAME,
    pb::org_service_server::SERVICE_NAME,
    pb::campaign_service_server::SERVICE_NAME,
    pb::report_service_server::SERVICE_NAME,
    pb::standing_service_server::SERVICE_NAME,
    pb::partner_service_server::SERVICE_NAME,
    pb::quality_service_server::SERVICE_NAME,
    pb::target_service_server::SERVICE_NAME,
    pb::job_service_server::SERVICE_NAME,
    pb::audit_service_server::SERVICE_NAME,
    pb::sync_service_server::SERVICE_NAME,
];

/// Keeps the answer true until the server ends.
pub(super) async fn tell(services: Services, reporter: HealthReporter) {
    let mut closing = services.closing.clone();
    let mut said = None;
    loop {
        let draining = *closing.borrow();
        let status =
            if !draining && answers(&services).await { ServingStatus::Serving } else { ServingStatus::NotServing };
        if said.replace(status) != Some(status) {
            for name in NAMES {
                reporter.set_service_status(name, status).await;
            }
        }
        if draining {
            return;
        }
        tokio::select! {
            changed = closing.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Whether the database answers a reader.
async fn answers(services: &Services) -> bool {
    let app = services.app.clone();
    let head = services
        .door
        .run(move || app.store().read(|tx| tx.head()).map_err(|error| Failure::App(AppError::from(error))));
    match head.await {
        Ok(_) => true,
        // A full door is load, not illness: the calls at work have the database.
        Err(Failure::Busy) => true,
        Err(failure) => {
            tracing::warn!(?failure, "the database does not answer: health says NOT_SERVING");
            false
        }
    }
}
