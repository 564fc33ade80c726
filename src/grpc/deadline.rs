//! Until when a caller waits: the header `grpc-timeout`, and never longer than the server's own bound.
//!
//! The door reads it: work whose caller has gone is not begun, and what is begun asks the database for no longer. A stream that goes on in
//! a task of its own, and a job that was asked for, are not bound by it. Knows no rpc.

use http::Request;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

/// The header of gRPC.
const GRPC_TIMEOUT: &str = "grpc-timeout";

tokio::task_local! {
    static DEADLINE: Instant;
}

/// What is left of the time of the call that this task answers; `None` where nothing bounds it.
pub(super) fn remaining_time() -> Option<Duration> {
    DEADLINE.try_with(|until| until.saturating_duration_since(Instant::now())).ok()
}

/// Bounds each call.
#[derive(Debug, Clone, Copy)]
pub struct DeadlineLayer(pub Duration);

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> DeadlineService<S> {
        DeadlineService { inner, max_duration: self.0 }
    }
}

/// A service whose calls are bounded.
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
        let until = Instant::now() + requested.unwrap_or(self.max_duration).min(self.max_duration);
        DEADLINE.scope(until, self.inner.call(request))
    }
}

/// At most eight digits and a unit, as in `500m`.
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
    fn the_header_is_read_as_grpc_writes_it_and_else_not_at_all() {
        assert_eq!(parse_grpc_timeout(b"500m"), Some(Duration::from_millis(500)));
        assert_eq!(parse_grpc_timeout(b"99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(parse_grpc_timeout(b"7u"), Some(Duration::from_micros(7)));
        for bad in ["", "m", "5", "-5S", "123456789S", "5s", "5 S"] {
            assert_eq!(parse_grpc_timeout(bad.as_bytes()), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn work_whose_caller_has_gone_is_not_begun() {
        let pool = BlockingPool::default();
        let late =
            DEADLINE.scope(Instant::now(), pool.run(|| -> Result<(), _> { panic!("begun") }));
        assert!(matches!(late.await, Err(super::super::RpcError::Busy)));
        let in_time = DEADLINE.scope(Instant::now() + Duration::from_secs(60), pool.run(|| Ok(7)));
        assert!(matches!(in_time.await, Ok(7)));
    }
}
