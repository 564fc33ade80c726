//! Whether a caller has a live token, before its call runs: callers with one get larger limits.
//!
//! It permits nothing; every method authenticates its caller again.

use super::blocking_pool::BlockingPool;
use super::caller::parse_bearer_token;
use super::status::RpcError;
use crate::app::{App, AppError};
use crate::auth;
use http::HeaderValue;

/// Tells who has a live token.
#[derive(Clone)]
pub struct TokenCheck {
    app: App,
    blocking_pool: BlockingPool,
}

impl TokenCheck {
    pub(super) fn new(app: App, blocking_pool: BlockingPool) -> Self {
        Self { app, blocking_pool }
    }

    /// Succeeds for the `authorization` header of a caller with a live token or service key; fails
    /// as the call itself would.
    pub async fn verify(self, authorization: HeaderValue) -> Result<(), RpcError> {
        let token = authorization.to_str().ok().and_then(parse_bearer_token);
        let token = token.ok_or(RpcError::App(AppError::Unauthenticated))?;
        let (hash, key) = (auth::hash_secret(token.as_bytes()), auth::parse_service_key_id(token));
        let app = self.app;
        self.blocking_pool
            .run(move || match key {
                Some(id) => Ok(app.authenticate_service_key(id, &hash).map(|_| ())?),
                None => Ok(app.authenticate_token(&hash).map(|_| ())?),
            })
            .await
    }
}
