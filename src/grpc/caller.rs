//! Who calls, from the metadata of a request. Fails closed: without a token that holds there is no caller.
//!
//! Knows tokens and languages; what the caller may do is asked in `app`.

use super::status::Failure;
use super::{Peer, Services};
use crate::app::AppError;
use crate::app::access::Identity;
use crate::app::partner::Partner;
use crate::auth;
use crate::domain::ids::{KeyId, UnitId};
use crate::domain::lang::Lang;
use crate::domain::reason::Reason;
use jiff::civil::Date;
use tonic::Extensions;
use tonic::metadata::MetadataMap;

/// The language that the caller asks for, Vietnamese if none that we speak.
#[must_use]
pub(super) fn lang(metadata: &MetadataMap) -> Lang {
    let wanted = metadata.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or_default();
    wanted
        .split(',')
        .filter_map(|part| part.split([';', '-']).next())
        .find_map(|part| Lang::parse(part.trim()))
        .unwrap_or(Lang::DEFAULT)
}

/// The token or key that the caller shows.
fn shown(metadata: &MetadataMap) -> Result<&str, Failure> {
    let shown = metadata.get("authorization").and_then(|value| value.to_str().ok());
    let token = shown.and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")));
    token.ok_or(Failure::App(AppError::Unauthenticated))
}

/// The hash of the token that the caller shows.
fn token_hash(metadata: &MetadataMap) -> Result<auth::Hash, Failure> {
    Ok(auth::hash(shown(metadata)?.as_bytes()))
}

/// The hash of the token that the caller shows, unless it calls too often. Whose it is, is asked behind the door together with the work: each
/// walk through it costs two changes of thread.
pub(super) fn admitted(services: &Services, metadata: &MetadataMap) -> Result<auth::Hash, Failure> {
    let hash = token_hash(metadata)?;
    services.throttle.take(hash, std::time::Instant::now())?;
    Ok(hash)
}

/// Opens a partner agency: by its service key, by the token of a device, or by a certificate that names its key.
pub(super) async fn partner(
    services: &Services,
    metadata: &MetadataMap,
    extensions: &Extensions,
) -> Result<Partner, Failure> {
    let app = services.app.clone();
    if !metadata.contains_key("authorization")
        && let Some(id) = certified(extensions)
    {
        services.throttle.take(auth::hash(&id.0), std::time::Instant::now())?;
        return services.door.run(move || Ok(app.identify_certified(id)?)).await;
    }
    let (hash, key) = (token_hash(metadata)?, auth::key_id(shown(metadata)?));
    services.throttle.take(hash, std::time::Instant::now())?;
    services
        .door
        .run(move || match key {
            Some(id) => Ok(app.identify_key(id, &hash)?),
            None => Ok(app.identify_partner(&hash)?),
        })
        .await
}

/// The key that the caller's certificate names, as in `thidua:key:0191…`.
fn certified(extensions: &Extensions) -> Option<KeyId> {
    let name = extensions.get::<Peer>()?.identity.clone()?;
    KeyId::parse(name.strip_prefix("thidua:key:")?).ok()
}

/// The unit that the caller acts for: where a grant of today holds, one to report before any other.
pub(super) fn home(identity: &Identity, today: Date) -> Result<UnitId, Failure> {
    let grants = identity.actor.grants_on(today);
    let first = grants.min_by_key(|grant| (grant.role, grant.unit));
    first.map(|grant| grant.unit).ok_or(Failure::App(Reason::Denied.into()))
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
            assert_eq!(lang(&metadata), lang_spoken, "{asked}");
        }
    }

    #[test]
    fn no_token_or_another_scheme_is_no_caller() {
        let mut metadata = MetadataMap::new();
        assert!(token_hash(&metadata).is_err());
        metadata.insert("authorization", "Basic YTpi".parse().unwrap());
        assert!(token_hash(&metadata).is_err());
        metadata.insert("authorization", "Bearer tdt_00".parse().unwrap());
        assert_eq!(token_hash(&metadata).unwrap(), auth::hash(b"tdt_00"));
    }
}
