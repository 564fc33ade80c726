//! The server's side of TLS: our own rustls configuration (1.3 only unless a flag says otherwise), certificates and revocation lists that
//! can be changed while calls go on, and who a client is by its own certificate.
//!
//! Knows files and certificates, no rpc. The chain that is sent ends with the CA itself, so that a phone that knows only the CA's SHA-256
//! can check it at first contact.

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

/// Names of clients begin so, as in `thidua:key:0192...`.
const CLIENT_NAME_PREFIX: &str = "thidua:";

/// Why TLS cannot be set up, or a new certificate is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {error}. Run `thidua tls init`, or name other files in [tls]")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file holds no certificate or key in PEM.
    #[error("{path} holds no {what} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Certificate and key do not belong together, or are not of a kind that rustls takes.
    #[error("certificate and key do not fit: {0}. Make a new pair with `thidua tls init`")]
    KeyMismatch(#[from] rustls::Error),
    /// What is to check the certificates of clients is no authority, or no revocation list.
    #[error(
        "the certificates of clients cannot be checked: {0}. Look at tls.client_ca and tls.client_crl"
    )]
    ClientVerifier(#[from] VerifierBuilderError),
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    CreateCertificate(#[from] rcgen::Error),
}

/// The files that TLS is made of.
#[derive(Debug, Clone)]
pub struct TlsSources {
    /// The server's certificate, followed by the CA's.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Speak TLS 1.2 too: for old partner systems only.
    pub allow_tls12: bool,
    /// Who may show a certificate of its own; `None`: nobody is asked for one.
    pub clients: Option<ClientCertConfig>,
}

/// Who may show a certificate, and which of them no longer.
#[derive(Debug, Clone)]
pub struct ClientCertConfig {
    /// Certificates of the authorities that sign those of clients.
    pub ca: PathBuf,
    /// Their revocation lists. With one, every certificate needs a list that speaks for it and is not out of date.
    pub crl: Option<PathBuf>,
    /// Nobody gets in without a certificate.
    pub required: bool,
}

impl TlsSources {
    /// The server's own pair alone.
    #[must_use]
    pub fn without_client_auth(chain: &Path, key: &Path, allow_tls12: bool) -> Self {
        Self { chain: chain.to_owned(), key: key.to_owned(), allow_tls12, clients: None }
    }

    /// Every file, in an order that stays.
    pub(super) fn file_paths(&self) -> Vec<&Path> {
        let clients =
            self.clients.iter().flat_map(|one| [Some(&one.ca), one.crl.as_ref()]).flatten();
        [&self.chain, &self.key].into_iter().chain(clients).map(PathBuf::as_path).collect()
    }
}

/// The server's side of TLS, shared by all connections; what is reloaded holds from the next handshake on.
///
/// A new configuration comes with an empty memory of sessions: nobody who was revoked goes on with an old one.
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
    /// Loads a chain and its key from PEM files; clients are not asked for certificates.
    pub fn load(chain: &Path, key: &Path, allow_tls12: bool) -> Result<Self, TlsError> {
        Self::load_sources(TlsSources::without_client_auth(chain, key, allow_tls12))
    }

    /// Loads everything that the sources name.
    pub fn load_sources(sources: TlsSources) -> Result<Self, TlsError> {
        let current = Arc::new(RwLock::new(Arc::new(build_server_config(&sources)?)));
        Ok(Self { current, sources: Arc::new(sources) })
    }

    /// Loads the files again and takes them from the next handshake on. On failure what was there stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new_config = Arc::new(build_server_config(&self.sources)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new_config;
        Ok(())
    }

    /// The files that it was loaded from.
    pub(super) fn sources(&self) -> &TlsSources {
        &self.sources
    }

    /// For one handshake.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn build_server_config(sources: &TlsSources) -> Result<ServerConfig, TlsError> {
    let pair = Arc::new(SingleCertAndKey::from(load_key_pair(&sources.chain, &sources.key)?));
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
    let mut config = builder.with_cert_resolver(pair);
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

/// Who a client is by its certificate, which the handshake has verified: the first name of the form `thidua:...` among its URIs.
pub(super) fn read_client_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let read = webpki::EndEntityCert::try_from(certificate).ok()?;
    read.valid_uri_names().find(|uri| uri.starts_with(CLIENT_NAME_PREFIX)).map(str::to_owned)
}

fn load_key_pair(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = read_chain(chain)?;
    let key_der = PrivateKeyDer::from_pem_slice(&read_file(key)?)
        .map_err(|_| missing_pem(key, "private key"))?;
    let key = ring::default_provider().key_provider.load_private_key(key_der)?;
    let pair = CertifiedKey::new(chain, key);
    pair.keys_match()?;
    Ok(pair)
}

/// Reads all certificates of a PEM file; at least one.
pub fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read_file(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| missing_pem(path, "certificate"))
}

fn read_file(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error })
}

fn missing_pem(path: &Path, what: &'static str) -> TlsError {
    TlsError::Pem { path: path.to_owned(), what }
}
