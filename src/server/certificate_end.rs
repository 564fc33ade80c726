//! When the certificates that the server presents end.

use super::tls::{TlsError, TlsSources, load_key_pair};
use crate::domain::support::time::Timestamp;
use std::path::{Path, PathBuf};
use x509_parser::prelude::{FromDer, X509Certificate};

/// A certificate that callers receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEnd {
    /// Its file.
    pub file: PathBuf,
    /// The last moment at which it is valid.
    pub ends_at: Timestamp,
}

/// The end of each certificate of `sources`: the server's own, then the one for browsers.
///
/// # Errors
/// A file that cannot be read or does not fit its key.
pub fn certificate_ends(sources: &TlsSources) -> Result<Vec<CertificateEnd>, TlsError> {
    let own = [(sources.chain.as_path(), sources.key.as_path())];
    let web = sources.web.iter().map(|web| (web.chain.as_path(), web.key.as_path()));
    own.into_iter().chain(web).map(|(chain, key)| certificate_end(chain, key)).collect()
}

fn certificate_end(chain: &Path, key: &Path) -> Result<CertificateEnd, TlsError> {
    let pair = load_key_pair(chain, key)?;
    let unreadable = |_| TlsError::Pem { path: chain.to_owned(), what: "readable certificate" };
    let (_, parsed) = X509Certificate::from_der(pair.end_entity_cert()?).map_err(unreadable)?;
    let seconds = parsed.validity().not_after.timestamp();
    Ok(CertificateEnd {
        file: chain.to_owned(),
        ends_at: Timestamp(seconds.saturating_mul(1_000_000)),
    })
}
