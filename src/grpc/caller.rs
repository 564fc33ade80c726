//! Who calls, from the metadata of a request. Fails closed: without a token that holds there is no caller.
//!
//! Knows tokens and languages; what the caller may do is asked in `app`.

use super::status::RpcError;
use super::{PeerInfo, Services};
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::app::partner::PartnerIdentity;
use crate::auth;
use crate::domain::ids::{ServiceKeyId, UnitId};
use crate::domain::lang::Lang;
use crate::domain::reason::RefusalReason;
use jiff::civil::Date;
use tonic::Extensions;
use tonic::metadata::MetadataMap;

/// The language that the caller asks for, Vietnamese if none that we speak.
#[must_use]
pub(super) fn read_accept_language(metadata: &MetadataMap) -> Lang {
    let requested =
        metadata.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or_default();
    requested
        .split(',')
        .filter_map(|part| part.split([';', '-']).next())
        .find_map(|part| Lang::parse(part.trim()))
        .unwrap_or(Lang::DEFAULT)
}

/// The token or key that the caller shows.
fn read_bearer_token(metadata: &MetadataMap) -> Result<&str, RpcError> {
    let shown = metadata.get("authorization").and_then(|value| value.to_str().ok());
    let token = shown
        .and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")));
    token.ok_or(RpcError::App(AppError::Unauthenticated))
}

/// The hash of the token that the caller shows.
fn hash_bearer_token(metadata: &MetadataMap) -> Result<auth::SecretHash, RpcError> {
    Ok(auth::hash_secret(read_bearer_token(metadata)?.as_bytes()))
}

/// The hash of the token that the caller shows, unless it calls too often. Whose it is, is asked behind the door together with the work: each
/// walk through it costs two changes of thread.
pub(super) fn admit_token(
    services: &Services,
    metadata: &MetadataMap,
) -> Result<auth::SecretHash, RpcError> {
    let hash = hash_bearer_token(metadata)?;
    services.throttle.try_acquire(hash, std::time::Instant::now())?;
    Ok(hash)
}

/// Opens a partner agency: by its service key, by the token of a device, or by a certificate that names its key.
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

/// The key that the caller's certificate names, as in `thidua:key:0191…`.
fn read_certificate_key_id(extensions: &Extensions) -> Option<ServiceKeyId> {
    let name = extensions.get::<PeerInfo>()?.certificate_name.clone()?;
    ServiceKeyId::parse(name.strip_prefix("thidua:key:")?).ok()
}

/// The unit that the caller acts for: where a grant of today holds, one to report before any other.
pub(super) fn find_acting_unit(identity: &CallerIdentity, today: Date) -> Result<UnitId, RpcError> {
    let grants = identity.actor.active_grants_on(today);
    let first = grants.min_by_key(|grant| (grant.role, grant.unit));
    first.map(|grant| grant.unit).ok_or(RpcError::App(RefusalReason::Denied.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_is_spoken_unless_english_is_asked_for() {
        for (asked, lang_spoken) in
            [("", Lang::Vi), ("en-GB,en;q=0.9", Lang::En), ("fr, en", Lang::En), ("vi", Lang::Vi)]
        {
            let mut metadata = MetadataMap::new();
            metadata.insert("accept-language", asked.parse().unwrap());
            assert_eq!(read_accept_language(&metadata), lang_spoken, "{asked}");
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
