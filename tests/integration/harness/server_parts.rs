//! Parts of a test's server: its listener, and what a check of it finds.

use super::first_monday;
use std::time::Duration;
use thidua::domain::support::clock_fault::ClockFault;
use thidua::domain::support::time::Timestamp;
use thidua::grpc::{ProblemUrgency, ServerCheck, ServerProblem};
use tokio::net::TcpListener;

/// If this file exists in a server's directory, a check of the server finds a problem.
pub(crate) const PROBLEM_FILE: &str = "problem";

pub(super) fn server_check(dir: &std::path::Path) -> ServerCheck {
    let file = dir.join(PROBLEM_FILE);
    ServerCheck::new(move || {
        let problem = || {
            let fault = ClockFault::while_running(first_monday(), Timestamp(i64::MAX)).unwrap();
            let (text, remedy) = (fault.message(), ClockFault::remedy());
            ServerProblem::new(ProblemUrgency::Now, "CLOCK", text, remedy)
        };
        file.exists().then(problem).into_iter().collect()
    })
}

/// Listens on a port, or on any with 0. Meanwhile a connection of another test may have taken the
/// port that a server before had: it is soon over.
pub(super) async fn listen(port: u16) -> TcpListener {
    for _ in 0..100 {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            bound => return bound.unwrap(),
        }
    }
    panic!("port {port} is in use");
}
