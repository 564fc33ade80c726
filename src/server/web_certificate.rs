//! A second certificate for browsers, on the same port: a client that asks for its host by name
//! gets it, every other one gets the authority's own, whose CA phones pin.

use super::tls::{TlsError, load_key_pair};
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::Arc;

/// The certificate of a host that browsers trust without further steps.
#[derive(Debug, Clone)]
pub struct WebCertificate {
    /// The name under which browsers call the server.
    pub host: String,
    /// The certificate of that host, then those of its issuers.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Chooses the certificate by the name in the client's first message.
#[derive(Debug)]
pub(super) struct CertificateByName {
    own: Arc<CertifiedKey>,
    web: Option<(String, Arc<CertifiedKey>)>,
}

impl CertificateByName {
    pub(super) fn load(own: CertifiedKey, web: Option<&WebCertificate>) -> Result<Self, TlsError> {
        let web = match web {
            Some(web) => Some((web.host.clone(), Arc::new(load_web_pair(web)?))),
            None => None,
        };
        Ok(Self { own: Arc::new(own), web })
    }
}

impl ResolvesServerCert for CertificateByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name();
        let web = self
            .web
            .as_ref()
            .filter(|(host, _)| asked.is_some_and(|name| name.eq_ignore_ascii_case(host)));
        Some(web.map_or(&self.own, |(_, pair)| pair).clone())
    }
}

/// Loads the pair. A certificate of another name would show every browser a warning.
fn load_web_pair(web: &WebCertificate) -> Result<CertifiedKey, TlsError> {
    let pair = load_key_pair(&web.chain, &web.key)?;
    let mismatch = || TlsError::HostMismatch { chain: web.chain.clone(), host: web.host.clone() };
    let name = ServerName::try_from(web.host.as_str()).map_err(|_| mismatch())?;
    let certificate = pair.end_entity_cert()?;
    let parsed = webpki::EndEntityCert::try_from(certificate).map_err(|_| mismatch())?;
    parsed.verify_is_valid_for_subject_name(&name).map_err(|_| mismatch())?;
    Ok(pair)
}
