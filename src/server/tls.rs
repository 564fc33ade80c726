//! The server's side of TLS: our own rustls configuration (1.3 only unless a flag says otherwise) and certificates that can be changed
//! while calls go on.
//!
//! Knows files and certificates, no rpc. The chain that is sent ends with the CA itself, so that a phone that knows only the CA's SHA-256
//! can check it at first contact.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;

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
    Pair(#[from] rustls::Error),
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// The server's certificates, shared by all connections; a new pair holds from the next handshake on.
#[derive(Clone)]
pub struct Certificates {
    current: Arc<Current>,
    config: Arc<rustls::ServerConfig>,
    files: Arc<(PathBuf, PathBuf)>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Certificates {
    /// Loads a chain and its key from PEM files. `allow_tls12` is for old partner systems only.
    pub fn load(chain: &Path, key: &Path, allow_tls12: bool) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(Arc::new(load_pair(chain, key)?))));
        let versions = if allow_tls12 { vec![&TLS13, &TLS12] } else { vec![&TLS13] };
        let provider = Arc::new(ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let files = Arc::new((chain.to_owned(), key.to_owned()));
        Ok(Self { current, config: Arc::new(config), files })
    }

    /// Loads a new pair and takes it from the next handshake on. On failure the old one stays.
    pub fn reload(&self, chain: &Path, key: &Path) -> Result<(), TlsError> {
        let pair = Arc::new(load_pair(chain, key)?);
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(())
    }

    /// The files of chain and key that it was loaded from.
    pub(super) fn files(&self) -> (&Path, &Path) {
        (&self.files.0, &self.files.1)
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }
}

fn load_pair(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = read_chain(chain)?;
    let key_der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| no_pem(key, "private key"))?;
    let key = ring::default_provider().key_provider.load_private_key(key_der)?;
    let pair = CertifiedKey::new(chain, key);
    pair.keys_match()?;
    Ok(pair)
}

/// Reads all certificates of a PEM file; at least one.
pub fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| no_pem(path, "certificate"))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error })
}

fn no_pem(path: &Path, what: &'static str) -> TlsError {
    TlsError::Pem { path: path.to_owned(), what }
}
