//! TLS of outgoing calls: only one CA, from a file, is trusted.

use super::tls::{TlsError, parse_chain, read_chain};
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Builds a client configuration that trusts only the certificates in the file `ca`.
pub(super) fn build_client_config(ca: &Path) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    trust_only(read_chain(ca)?)
}

/// The certificates of a text in PEM; at least one.
pub(super) fn parse_authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    parse_chain(pem, Path::new("ca.crt"))
}

/// Builds a client configuration that trusts only these certificates.
pub(super) fn trust_only(
    authorities: Vec<CertificateDer<'static>>,
) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in authorities {
        roots.add(certificate)?;
    }
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config = builder
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Connects over TLS.
pub(super) async fn connect_tls(
    uri: Uri,
    config: Arc<rustls::ClientConfig>,
) -> io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let host = uri.host().ok_or_else(|| invalid("no host"))?.trim_matches(['[', ']']).to_owned();
    let stream = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
    let name = ServerName::try_from(host).map_err(|_| invalid("a host that is no name"))?;
    Ok(TokioIo::new(TlsConnector::from(config).connect(name, stream).await?))
}
