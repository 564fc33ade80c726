//! TLS of the server: the rustls configuration (TLS 1.3 only unless a flag allows 1.2),
//! certificates and revocation lists that can be reloaded while calls run, and the name of a client
//! from its certificate.
//!
//! The chain that is sent ends with the CA certificate, so that a phone that has only the SHA-256
//! of the CA can verify it at first contact.

use super::web_certificate::{CertificateByName, WebCertificate};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// UTF-8's byte order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Prefix of client names, as in `thidua:key:0192...`.
const CLIENT_NAME_PREFIX: &str = "thidua:";

/// Why TLS cannot be configured or reloaded.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {error}. Run `thidua tls init`, or name other files in [tls]")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A file contains no certificate or key in PEM.
    #[error("{path} holds no {what} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// No certificate of the file belongs to the key.
    #[error(
        "{chain} holds no certificate of the key {key}: name the pair that belongs together in [tls], or make a new one with `thidua tls init`"
    )]
    KeyMismatch {
        /// The file of certificates.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate for browsers is not valid for their host.
    #[error(
        "{chain} is no certificate of the host {host}: name the right file in web.certificate, or the right host in web.host"
    )]
    HostMismatch {
        /// The file of certificates.
        chain: PathBuf,
        /// The host of `[web]`.
        host: String,
    },
    /// rustls does not support the certificate or the key.
    #[error("certificate or key cannot be used: {0}. Make a new pair with `thidua tls init`")]
    Unsupported(#[from] rustls::Error),
    /// The client CA is not a valid authority, or the revocation list is invalid.
    #[error(
        "the certificates of clients cannot be checked: {0}. Look at tls.client_ca and tls.client_crl"
    )]
    ClientVerifier(#[from] VerifierBuilderError),
    /// A certificate cannot be created.
    #[error("cannot make a certificate: {0}")]
    CreateCertificate(#[from] rcgen::Error),
}

/// The files of the TLS configuration.
#[derive(Debug, Clone)]
pub struct TlsSources {
    /// The server certificate, followed by the CA certificate.
    pub chain: PathBuf,
    /// The key of the server certificate.
    pub key: PathBuf,
    /// Allows TLS 1.2 too, for old partner systems only.
    pub allow_tls12: bool,
    /// Client authentication; `None` means that no client certificate is requested.
    pub clients: Option<ClientCertConfig>,
    /// The certificate for browsers; `None`: they get the same as every other client.
    pub web: Option<WebCertificate>,
}

/// Configuration of client certificates.
#[derive(Debug, Clone)]
pub struct ClientCertConfig {
    /// Certificates of the authorities that sign client certificates.
    pub ca: PathBuf,
    /// Their revocation lists. If set, every client certificate must be covered by a list that has
    /// not expired.
    pub crl: Option<PathBuf>,
    /// Whether a client without a certificate is refused.
    pub required: bool,
}

impl TlsSources {
    /// Returns sources with the server's own certificate and key only.
    #[must_use]
    pub fn without_client_auth(chain: &Path, key: &Path, allow_tls12: bool) -> Self {
        Self { chain: chain.to_owned(), key: key.to_owned(), allow_tls12, clients: None, web: None }
    }

    /// Returns every file, in a fixed order.
    pub(super) fn file_paths(&self) -> Vec<&Path> {
        let clients =
            self.clients.iter().flat_map(|one| [Some(&one.ca), one.crl.as_ref()]).flatten();
        let web = self.web.iter().flat_map(|one| [&one.chain, &one.key]);
        let own = [&self.chain, &self.key].into_iter();
        own.chain(clients).chain(web).map(PathBuf::as_path).collect()
    }
}

/// The TLS configuration, shared by all connections; a reload takes effect from the next handshake
/// on.
///
/// A new configuration starts with an empty session cache, so that a revoked client cannot resume
/// an old session.
#[derive(Clone)]
pub struct ReloadableTlsConfig {
    current: Arc<RwLock<Arc<ServerConfig>>>,
    sources: Arc<TlsSources>,
}

impl std::fmt::Debug for ReloadableTlsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}

impl ReloadableTlsConfig {
    /// Loads a chain and its key from PEM files, without client certificates.
    pub fn load(chain: &Path, key: &Path, allow_tls12: bool) -> Result<Self, TlsError> {
        Self::load_sources(TlsSources::without_client_auth(chain, key, allow_tls12))
    }

    /// Loads all files of `sources`.
    pub fn load_sources(sources: TlsSources) -> Result<Self, TlsError> {
        let current = Arc::new(RwLock::new(Arc::new(build_server_config(&sources)?)));
        Ok(Self { current, sources: Arc::new(sources) })
    }

    /// Loads the files again; they take effect from the next handshake on. After an error the old
    /// configuration stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new_config = Arc::new(build_server_config(&self.sources)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new_config;
        Ok(())
    }

    /// Returns the files that the configuration was loaded from.
    pub(super) fn sources(&self) -> &TlsSources {
        &self.sources
    }

    /// Returns an acceptor with the current configuration, for one handshake.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn build_server_config(sources: &TlsSources) -> Result<ServerConfig, TlsError> {
    let own = load_key_pair(&sources.chain, &sources.key)?;
    let certificates = Arc::new(CertificateByName::load(own, sources.web.as_ref())?);
    let versions = if sources.allow_tls12 { vec![&TLS13, &TLS12] } else { vec![&TLS13] };
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&versions)?;
    let builder = match &sources.clients {
        Some(clients) => {
            builder.with_client_cert_verifier(build_client_verifier(clients, provider)?)
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn build_client_verifier(
    clients: &ClientCertConfig,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_chain(&clients.ca)? {
        roots.add(certificate)?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if let Some(path) = &clients.crl {
        let pem = read_file(path)?;
        let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&pem).collect();
        let lists = lists
            .ok()
            .filter(|lists| !lists.is_empty())
            .ok_or_else(|| missing_pem(path, "revocation list"))?;
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    let builder = if clients.required { builder } else { builder.allow_unauthenticated() };
    Ok(builder.build()?)
}

/// Returns the name of a client from its certificate, which the handshake has verified: the first
/// URI name of the form `thidua:...`.
pub(super) fn read_client_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    parsed.valid_uri_names().find(|uri| uri.starts_with(CLIENT_NAME_PREFIX)).map(str::to_owned)
}

pub(super) fn load_key_pair(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let certificates = read_chain(chain)?;
    let key_der = PrivateKeyDer::from_pem_slice(&read_file(key)?)
        .map_err(|_| missing_pem(key, "private key"))?;
    let signing_key = ring::default_provider().key_provider.load_private_key(key_der)?;
    let fits = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], signing_key.clone()).keys_match().is_ok()
    };
    let own = certificates
        .iter()
        .position(fits)
        .ok_or_else(|| TlsError::KeyMismatch { chain: chain.to_owned(), key: key.to_owned() })?;
    if own > 0 {
        tracing::warn!(
            file = %chain.display(),
            "the server's certificate is not the first of its file: the chain is sent in the right order"
        );
    }
    Ok(CertifiedKey::new(order_chain(certificates, own), signing_key))
}

/// The certificates in the order that TLS asks for, whatever their order in the file: the server's
/// own, then each one's issuer, then those that belong to none.
fn order_chain(mut rest: Vec<CertificateDer<'static>>, own: usize) -> Vec<CertificateDer<'static>> {
    let mut ordered = vec![rest.remove(own)];
    while let Some(last) = ordered.last()
        && let Some(issuer) = rest.iter().position(|other| is_issued_by(last, other))
    {
        ordered.push(rest.remove(issuer));
    }
    ordered.extend(rest);
    ordered
}

fn is_issued_by(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> bool {
    let parse = |der| webpki::EndEntityCert::try_from(der).ok();
    let (Some(certificate), Some(issuer)) = (parse(certificate), parse(issuer)) else {
        return false;
    };
    certificate.issuer() == issuer.subject()
}

/// Reads all certificates of a PEM file; at least one.
pub fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    parse_chain(&read_file(path)?, path)
}

/// The certificates of the text of the PEM file `path`; at least one.
pub(super) fn parse_chain(
    pem: &[u8],
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| missing_pem(path, "certificate"))
}

/// Reads a file without the byte order mark that some editors put before it: the line after it
/// would not be one of PEM.
fn read_file(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut bytes =
        std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error })?;
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(bytes)
}

fn missing_pem(path: &Path, what: &'static str) -> TlsError {
    TlsError::Pem { path: path.to_owned(), what }
}
