//! The phone's TLS configuration: version 1.3 only, and one trusted CA: the one whose SHA-256 came
//! with the enrolment code, or that the authority announced later over a trusted connection. The
//! roots of the system are not trusted.
//!
//! The server's chain contains the CA, so nothing has to be installed. Validity is checked against
//! the system's clock, also where the engine runs with another clock.

use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use std::sync::Arc;

/// The client configuration for servers under a CA with one of these fingerprints.
pub(crate) fn build_client_config(trusted: Vec<[u8; 32]>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        Arc::new(PinnedCaVerifier { trusted_ca_sha256: trusted, provider: provider.clone() });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        // The builder's name for any custom verifier; this one trusts fewer certificates than the
        // default.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The seconds by which the system's clock is outside the validity of the server's certificate:
/// positive after its end, negative before its beginning. `None` for another error.
pub(crate) fn find_clock_error_seconds(error: &Error) -> Option<i64> {
    let difference = |time: &UnixTime, bound: &UnixTime| {
        let seconds = |time: &UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        seconds(time) - seconds(bound)
    };
    let Error::InvalidCertificate(refused) = error else { return None };
    if let CertificateError::ExpiredContext { time, not_after } = refused {
        Some(difference(time, not_after))
    } else if let CertificateError::NotValidYetContext { time, not_before } = refused {
        Some(difference(time, not_before))
    } else {
        None
    }
}

/// Trusts only a CA of the server's chain with one of these fingerprints.
#[derive(Debug)]
struct PinnedCaVerifier {
    trusted_ca_sha256: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCaVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_ours = |der: &&CertificateDer<'_>| {
            self.trusted_ca_sha256.iter().any(|ca| digest(&SHA256, der).as_ref() == ca)
        };
        let ca = intermediates.iter().find(is_ours);
        let ca = ca.ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone());
        let verifier = verifier.build().map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
