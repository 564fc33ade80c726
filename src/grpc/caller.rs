//! Identifies the caller from the request metadata: credential, language and acting unit.
//!
//! Fails closed: a request without a valid token has no caller. What the caller may do is decided
//! in `app`.

use super::status::RpcError;
use super::{PeerInfo, Services};
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::app::partner::PartnerIdentity;
use crate::auth;
use crate::domain::support::ids::{ServiceKeyId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::i18n::Lang;
use jiff::civil::Date;
use tonic::Extensions;
use tonic::metadata::MetadataMap;

/// Returns the first supported language of the `accept-language` header; Vietnamese if there is
/// none.
#[must_use]
pub(super) fn read_accept_language(metadata: &MetadataMap) -> Lang {
    let requested = metadata.get("accept-language").and_then(|value| value.to_str().ok());
    parse_accept_language(requested.unwrap_or_default())
}

/// Returns the first supported language of the value of an `accept-language` header; Vietnamese if
/// there is none.
#[must_use]
pub fn parse_accept_language(requested: &str) -> Lang {
    requested
        .split(',')
        .filter_map(|part| part.split([';', '-']).next())
        .find_map(|part| Lang::parse(part.trim()))
        .unwrap_or(Lang::DEFAULT)
}

/// Returns the bearer token or key of the `authorization` header.
fn read_bearer_token(metadata: &MetadataMap) -> Result<&str, RpcError> {
    let header = metadata.get("authorization").and_then(|value| value.to_str().ok());
    header.and_then(parse_bearer_token).ok_or(RpcError::App(AppError::Unauthenticated))
}

/// Returns the token or key in the value of an `authorization` header.
pub(super) fn parse_bearer_token(header: &str) -> Option<&str> {
    header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("bearer "))
}

/// Returns the hash of the bearer token.
fn hash_bearer_token(metadata: &MetadataMap) -> Result<auth::SecretHash, RpcError> {
    Ok(auth::hash_secret(read_bearer_token(metadata)?.as_bytes()))
}

/// Returns the hash of the bearer token; fails when its call rate is exceeded.
///
/// The owner of the token is looked up later, in the same blocking task as the work, because each
/// use of the blocking pool costs two thread switches.
pub(super) fn admit_token(
    services: &Services,
    metadata: &MetadataMap,
) -> Result<auth::SecretHash, RpcError> {
    let hash = hash_bearer_token(metadata)?;
    services.throttle.try_acquire(hash, std::time::Instant::now())?;
    Ok(hash)
}

/// Authenticates a partner agency by its service key, by the token of a device, or by a client
/// certificate that names its key.
pub(super) async fn authenticate_partner(
    services: &Services,
    metadata: &MetadataMap,
    extensions: &Extensions,
) -> Result<PartnerIdentity, RpcError> {
    let app = services.app.clone();
    if !metadata.contains_key("authorization")
        && let Some(id) = read_certificate_key_id(extensions)
    {
        services.throttle.try_acquire(auth::hash_secret(&id.0), std::time::Instant::now())?;
        return services
            .blocking_pool
            .run(move || Ok(app.authenticate_client_certificate(id)?))
            .await;
    }
    let (hash, key) =
        (hash_bearer_token(metadata)?, auth::parse_service_key_id(read_bearer_token(metadata)?));
    services.throttle.try_acquire(hash, std::time::Instant::now())?;
    services
        .blocking_pool
        .run(move || match key {
            Some(id) => Ok(app.authenticate_service_key(id, &hash)?),
            None => Ok(app.authenticate_partner_token(&hash)?),
        })
        .await
}

/// Whether a caller brings a service key, or nothing but a certificate.
pub(super) fn is_partner_call(metadata: &MetadataMap) -> bool {
    if !metadata.contains_key("authorization") {
        return true;
    }
    let key = read_bearer_token(metadata).map(auth::parse_service_key_id);
    key.is_ok_and(|key| key.is_some())
}

/// Returns the key id in the client certificate, as in `thidua:key:0191…`.
fn read_certificate_key_id(extensions: &Extensions) -> Option<ServiceKeyId> {
    let name = extensions.get::<PeerInfo>()?.certificate_name.clone()?;
    ServiceKeyId::parse(name.strip_prefix("thidua:key:")?).ok()
}

/// Returns the unit that the caller acts for: the unit of a grant that is valid today. Grants are
/// ordered by role, the reporter first, then by unit.
pub(super) fn find_acting_unit(identity: &CallerIdentity, today: Date) -> Result<UnitId, RpcError> {
    let grants = identity.actor.active_grants_on(today);
    let first = grants.min_by_key(|grant| (grant.role, grant.unit));
    first.map(|grant| grant.unit).ok_or(RpcError::App(RefusalReason::Denied.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_is_used_unless_english_is_requested() {
        for (requested, expected) in
            [("", Lang::VI), ("en-GB,en;q=0.9", Lang::EN), ("fr, en", Lang::EN), ("vi", Lang::VI)]
        {
            let mut metadata = MetadataMap::new();
            metadata.insert("accept-language", requested.parse().unwrap());
            assert_eq!(read_accept_language(&metadata), expected, "{requested}");
        }
    }

    #[test]
    fn no_token_or_another_scheme_is_no_caller() {
        let mut metadata = MetadataMap::new();
        assert!(hash_bearer_token(&metadata).is_err());
        metadata.insert("authorization", "Basic YTpi".parse().unwrap());
        assert!(hash_bearer_token(&metadata).is_err());
        metadata.insert("authorization", "Bearer tdt_00".parse().unwrap());
        assert_eq!(hash_bearer_token(&metadata).unwrap(), auth::hash_secret(b"tdt_00"));
    }
}
