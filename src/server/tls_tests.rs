//! Tests of client certificates over real TLS: which are accepted, which are refused after a
//! revocation, and what an invalid file changes.

use super::accept::{AcceptedConnection, ServerLimits, accept_connections};
use super::ca::{TlsFiles, init_tls};
use super::tls::{ClientCertConfig, ReloadableTlsConfig, TlsError, TlsSources, read_chain};
use crate::clock::Clock;
use crate::domain::support::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::server::Connected;

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A CA that signs the certificates of partners.
struct PartnerCa {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// The certificate and key of a client.
type ClientCertAndKey = (CertificateDer<'static>, Vec<u8>);

impl PartnerCa {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn issue_certificate(&self, serial: u64, uris: &[&str]) -> ClientCertAndKey {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names =
            uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key.serialize_der())
    }

    /// Builds a revocation list that is valid until the end of `year`.
    fn build_crl(&self, revoked: &[u64], year: i32) -> String {
        let one = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(year, 12, 31),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(one).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// The TLS files of a test server.
struct TlsTestServer {
    dir: tempfile::TempDir,
    files: TlsFiles,
    sources: TlsSources,
}

impl TlsTestServer {
    fn new(partners: &PartnerCa, required: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_dir(dir.path());
        init_tls(&files, &["localhost".into()], now()).unwrap();
        let (ca, crl) = (dir.path().join("partners.pem"), dir.path().join("partners.crl"));
        std::fs::write(&ca, &partners.pem).unwrap();
        std::fs::write(&crl, partners.build_crl(&[], 2199)).unwrap();
        let mut sources = TlsSources::without_client_auth(&files.chain, &files.key, false);
        sources.clients = Some(ClientCertConfig { ca, crl: Some(crl), required });
        Self { dir, files, sources }
    }

    fn crl_path(&self) -> PathBuf {
        self.dir.path().join("partners.crl")
    }

    async fn listen(&self, certificates: &ReloadableTlsConfig) -> TlsTestListener {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        TlsTestListener {
            port,
            ca: self.files.ca.clone(),
            connections: accept_connections(
                listener,
                Some(certificates.clone()),
                ServerLimits::default(),
            ),
        }
    }
}

fn now() -> Timestamp {
    Clock::System.now()
}

struct TlsTestListener {
    port: u16,
    ca: PathBuf,
    connections: mpsc::Receiver<io::Result<AcceptedConnection>>,
}

impl TlsTestListener {
    /// Connects with this certificate and sends the preface; fails if the handshake does.
    async fn connect(
        &self,
        presented: Option<&ClientCertAndKey>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(read_chain(&self.ca).unwrap()[0].clone()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots);
        let config = match presented.cloned() {
            Some((certificate, key)) => config
                .with_client_auth_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.into()))
                .unwrap(),
            None => config.with_no_client_auth(),
        };
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect("localhost".try_into().unwrap(), tcp)
            .await?;
        stream.write_all(PREFACE).await?;
        Ok(stream)
    }

    /// Connects and returns the client name that the server read.
    async fn accept_and_read_name(
        &mut self,
        presented: Option<&ClientCertAndKey>,
    ) -> Option<String> {
        let _stream = self.connect(presented).await.unwrap();
        let connection = self.connections.recv().await.unwrap().unwrap();
        connection.connect_info().certificate_name.map(|name| name.to_string())
    }

    /// Whether the server refuses the client. With TLS 1.3 the client's handshake ends before the
    /// server has verified the certificate, so the refusal is seen when the client reads.
    async fn is_refused(&self, presented: Option<&ClientCertAndKey>) -> bool {
        match self.connect(presented).await {
            Ok(mut stream) => {
                let read_result =
                    tokio::time::timeout(Duration::from_secs(10), stream.read(&mut [0; 1])).await;
                read_result.is_ok_and(|read_result| !matches!(read_result, Ok(1)))
            }
            Err(_) => true,
        }
    }
}

#[tokio::test]
async fn a_server_that_requires_certificates_accepts_a_valid_one_and_reads_its_name() {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let mut listener =
        server.listen(&ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap()).await;
    let known = partners.issue_certificate(7, &["https://so.example", "thidua:key:0192f3c2"]);
    assert_eq!(
        listener.accept_and_read_name(Some(&known)).await.as_deref(),
        Some("thidua:key:0192f3c2")
    );
    assert_eq!(
        listener.accept_and_read_name(Some(&partners.issue_certificate(8, &[]))).await,
        None,
        "accepted, without a name"
    );
    assert!(listener.is_refused(None).await, "no certificate");
    assert!(
        listener
            .is_refused(Some(&PartnerCa::new().issue_certificate(7, &["thidua:key:0192f3c2"])))
            .await,
        "signed by another CA"
    );
}

#[tokio::test]
async fn a_revoked_client_is_refused_from_the_next_handshake_and_an_invalid_list_changes_nothing() {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let certificates = ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap();
    let mut listener = server.listen(&certificates).await;
    let (good, bad) = (
        partners.issue_certificate(7, &["thidua:key:07"]),
        partners.issue_certificate(8, &["thidua:key:08"]),
    );
    assert_eq!(listener.accept_and_read_name(Some(&bad)).await.as_deref(), Some("thidua:key:08"));
    std::fs::write(server.crl_path(), partners.build_crl(&[8], 2199)).unwrap();
    certificates.reload().unwrap();
    assert!(listener.is_refused(Some(&bad)).await);
    assert_eq!(listener.accept_and_read_name(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(server.crl_path(), "no list").unwrap();
    assert!(matches!(certificates.reload(), Err(TlsError::Pem { .. })));
    assert!(listener.is_refused(Some(&bad)).await, "the old list stays");
    assert_eq!(listener.accept_and_read_name(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(server.crl_path(), partners.build_crl(&[], 2024)).unwrap();
    certificates.reload().unwrap();
    assert!(listener.is_refused(Some(&good)).await, "an expired list covers no certificate");
}

#[tokio::test]
async fn with_optional_certificates_a_client_without_one_is_accepted_and_a_revoked_one_is_refused()
{
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, false);
    std::fs::write(server.crl_path(), partners.build_crl(&[8], 2199)).unwrap();
    let mut listener =
        server.listen(&ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap()).await;
    assert_eq!(listener.accept_and_read_name(None).await, None);
    assert_eq!(
        listener
            .accept_and_read_name(Some(&partners.issue_certificate(7, &["thidua:key:07"])))
            .await
            .as_deref(),
        Some("thidua:key:07")
    );
    assert!(listener.is_refused(Some(&partners.issue_certificate(8, &["thidua:key:08"]))).await);
}

#[tokio::test]
async fn without_client_authentication_every_client_is_accepted_without_a_name() {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let mut listener = server
        .listen(&ReloadableTlsConfig::load(&server.files.chain, &server.files.key, false).unwrap())
        .await;
    assert_eq!(listener.accept_and_read_name(None).await, None);
    assert_eq!(
        listener
            .accept_and_read_name(Some(&partners.issue_certificate(7, &["thidua:key:07"])))
            .await,
        None,
        "not requested, not sent"
    );
}
