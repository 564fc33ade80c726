//! The deadline of a call: the `grpc-timeout` header, bounded by the server's own maximum.
//!
//! The blocking pool reads it: work whose deadline has passed is not started, and database
//! statements time out at the deadline. Streams and jobs that run in a task of their own are not
//! bound by it.

use http::Request;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

/// The gRPC timeout header.
const GRPC_TIMEOUT: &str = "grpc-timeout";

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Returns the time left until the deadline of the current call; `None` if there is no deadline.
pub(super) fn remaining_time() -> Option<Duration> {
    DEADLINE.try_with(|deadline| deadline.saturating_duration_since(Instant::now())).ok()
}

/// Gives every call a deadline of at most this duration.
#[derive(Debug, Clone, Copy)]
pub struct DeadlineLayer(pub Duration);

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> DeadlineService<S> {
        DeadlineService { inner, max_duration: self.0 }
    }
}

/// A service whose calls have a deadline.
#[derive(Debug, Clone)]
pub struct DeadlineService<S> {
    inner: S,
    max_duration: Duration,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for DeadlineService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskLocalFuture<Instant, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let requested = request
            .headers()
            .get(GRPC_TIMEOUT)
            .and_then(|header| parse_grpc_timeout(header.as_bytes()));
        let deadline =
            Instant::now() + requested.unwrap_or(self.max_duration).min(self.max_duration);
        DEADLINE.scope(deadline, self.inner.call(request))
    }
}

/// Parses a gRPC timeout: at most eight digits and a unit, as in `500m`.
fn parse_grpc_timeout(header: &[u8]) -> Option<Duration> {
    let (unit, digits) = header.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::blocking_pool::BlockingPool;
    use super::*;

    #[test]
    fn only_a_well_formed_timeout_header_is_read() {
        assert_eq!(parse_grpc_timeout(b"500m"), Some(Duration::from_millis(500)));
        assert_eq!(parse_grpc_timeout(b"99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(parse_grpc_timeout(b"7u"), Some(Duration::from_micros(7)));
        for bad in ["", "m", "5", "-5S", "123456789S", "5s", "5 S"] {
            assert_eq!(parse_grpc_timeout(bad.as_bytes()), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn work_past_its_deadline_is_not_started() {
        let pool = BlockingPool::default();
        let late =
            DEADLINE.scope(Instant::now(), pool.run(|| -> Result<(), _> { panic!("begun") }));
        assert!(matches!(late.await, Err(super::super::RpcError::Busy)));
        let in_time = DEADLINE.scope(Instant::now() + Duration::from_secs(60), pool.run(|| Ok(7)));
        assert!(matches!(in_time.await, Ok(7)));
    }
}
