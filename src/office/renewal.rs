//! The session of a browser: the token of a desk session in a cookie, replaced while it is used.
//!
//! A token lives for minutes and its successor ends it at once. A browser sends several requests
//! together, so one that still carries the old token gets the successor for a short time.

use super::cookie::{SESSION, build_cookie, read_cookie};
use crate::clock::Clock;
use crate::domain::support::limits::ACCESS_TOKEN_LIFETIME_MICROS;
use crate::domain::support::time::Timestamp;
use crate::grpc::Services;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use http::{HeaderMap, HeaderValue};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;
use tonic::Request;

/// Age at which a token is replaced: a third of its life.
const RENEWAL_AGE_MICROS: i64 = ACCESS_TOKEN_LIFETIME_MICROS / 3;
/// Time for which an old token leads to its successor.
const SUCCESSION_MICROS: i64 = 30 * 1_000_000;
/// Successors that are remembered; more renewals within the time above lose the oldest.
const SUCCESSIONS_MAX: usize = 1024;

/// The cookie of a session: `SECONDS.TOKEN`, the second since 1970 from which the token is
/// replaced, then the token. The time is only a hint of the browser to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionCookie {
    renewed_from: i64,
    token: String,
}

impl SessionCookie {
    /// The cookie of a token issued at `now`.
    pub(super) fn new(token: String, now: Timestamp) -> Self {
        Self { renewed_from: (now.0 + RENEWAL_AGE_MICROS) / 1_000_000, token }
    }

    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let (seconds, token) = read_cookie(headers, SESSION)?.split_once('.')?;
        Some(Self { renewed_from: seconds.parse().ok()?, token: token.to_owned() })
    }

    /// It ends with the browser; the server ends it earlier.
    pub(super) fn to_header(&self) -> HeaderValue {
        build_cookie(SESSION, &format!("{}.{}", self.renewed_from, self.token), None)
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.renewed_from <= now.0 / 1_000_000
    }
}

/// An old token, its successor, and until when the one leads to the other.
struct Succession {
    old_token: String,
    successor: SessionCookie,
    until: Timestamp,
}

/// The latest renewals of this node.
#[derive(Clone, Default)]
pub(super) struct Renewals(Arc<Mutex<VecDeque<Succession>>>);

impl Renewals {
    /// The cookie with which a session goes on, and whether it is another than the given one. A
    /// token that has ended stays as it is: its first call says so.
    pub(super) async fn renew(
        &self,
        (services, clock): (&Services, &Clock),
        given: SessionCookie,
    ) -> (SessionCookie, bool) {
        let now = clock.now();
        if !given.is_due(now) {
            return (given, false);
        }
        // Held across the call, so that requests of one browser renew its token once.
        let mut successions = self.0.lock().await;
        successions.retain(|one| now < one.until);
        if let Some(known) = successions.iter().find(|one| one.old_token == given.token) {
            return (known.successor.clone(), true);
        }
        let Some(token) = extend_session(services, &given.token).await else {
            return (given, false);
        };
        let successor = SessionCookie::new(token, now);
        if successions.len() == SUCCESSIONS_MAX {
            successions.pop_front();
        }
        successions.push_back(Succession {
            old_token: given.token,
            successor: successor.clone(),
            until: now.saturating_add_micros(SUCCESSION_MICROS),
        });
        (successor, true)
    }
}

async fn extend_session(services: &Services, token: &str) -> Option<String> {
    let mut request = Request::new(pb::ExtendSessionRequest {});
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().ok()?);
    let extended = AccessService::extend_session(services, request).await.ok()?;
    Some(extended.into_inner().token?.token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::COOKIE;

    #[test]
    fn a_cookie_is_read_back_and_what_is_none_is_no_session() {
        let now = Timestamp(1_724_000_000_000_000);
        let cookie = SessionCookie::new("tdt_0a".to_owned(), now);
        let header = cookie.to_header();
        let value = header.to_str().unwrap().split(';').next().unwrap();
        let read = |line: &str| {
            let headers = HeaderMap::from_iter([(COOKIE, line.parse().unwrap())]);
            SessionCookie::read(&headers)
        };
        assert_eq!(read(&format!("a=b; {value}")), Some(cookie.clone()));
        assert!(!cookie.is_due(now));
        assert!(cookie.is_due(now.saturating_add_micros(RENEWAL_AGE_MICROS)));
        for none in ["", "__Host-thidua-session=", "__Host-thidua-session=x.tdt_0a", "other=1.t"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
