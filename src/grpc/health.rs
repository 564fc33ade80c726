//! Feeds the standard gRPC health service: SERVING while the database answers, NOT_SERVING once the
//! server drains or the database is unreachable.
//!
//! The empty name stands for the server as a whole; each service of the contract has its own name
//! too. [`CLOCK_HEALTH_NAME`] is NOT_SERVING while the clock is in doubt: phones are served, and no
//! job runs.

use super::{Services, status::RpcError};
use crate::app::AppError;
use crate::pb;
use std::time::Duration;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often the database is polled.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Service names that a load balancer may query.
const SERVICE_NAMES: [&str; 12] = [
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

/// The name under which the health service reports whether the server's clock is believed.
pub const CLOCK_HEALTH_NAME: &str = "thidua.clock";

/// Updates the serving status until the server drains.
pub(super) async fn report_health(services: Services, reporter: HealthReporter) {
    let mut closing = services.closing.clone();
    let (mut last_status, mut last_clock_status) = (None, None);
    loop {
        let draining = *closing.borrow();
        let status = if !draining && is_database_reachable(&services).await {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        if last_status.replace(status) != Some(status) {
            for name in SERVICE_NAMES {
                reporter.set_service_status(name, status).await;
            }
        }
        let clock_status = match services.app.clock_fault() {
            None => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        };
        if last_clock_status.replace(clock_status) != Some(clock_status) {
            reporter.set_service_status(CLOCK_HEALTH_NAME, clock_status).await;
        }
        if draining {
            return;
        }
        tokio::select! {
            changed = closing.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

/// Whether a read transaction succeeds.
async fn is_database_reachable(services: &Services) -> bool {
    let app = services.app.clone();
    let head = services.blocking_pool.run(move || {
        app.store().read(|tx| tx.head()).map_err(|error| RpcError::App(AppError::from(error)))
    });
    match head.await {
        Ok(_) => true,
        // A full blocking pool means load, not a failure: the running calls use the database.
        Err(RpcError::Busy) => true,
        Err(failure) => {
            tracing::warn!(?failure, "the database does not answer: health says NOT_SERVING");
            false
        }
    }
}
