//! `[tls]`: `dir` (default `tls`: where `ca.pem`, `ca.key`, `server.pem`, `server.key` lie), `names` (host names and addresses of the
//! server's certificate; default `localhost`, `127.0.0.1`, `::1`), `allow_tls12` (default `false`; for old partner systems only),
//! `client_auth` (`none`, the default, `optional`, `required`), `client_ca`, `client_crl` (files in PEM, from the data directory).

use serde::Deserialize;

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Directory of the certificates and keys, from the data directory.
    pub dir: String,
    /// Names for which `thidua tls init` makes the server's certificate.
    pub names: Vec<String>,
    /// Speak TLS 1.2 too.
    pub allow_tls12: bool,
    /// Whether clients are asked for certificates of their own.
    pub client_auth: ClientAuthMode,
    /// Certificates of the authorities that sign those of clients; needed unless nobody is asked.
    pub client_ca: String,
    /// Their revocation lists; empty: none.
    pub client_crl: String,
}

/// Whether clients are asked for certificates of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthMode {
    /// Nobody is asked.
    None,
    /// Who shows one is known by it; one that does not hold is refused.
    Optional,
    /// Nobody gets in without one: not for a server that phones call.
    Required,
}

impl Default for TlsConfig {
    fn default() -> Self {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let (client_ca, client_crl) = (String::new(), String::new());
        Self {
            dir: "tls".to_owned(),
            names,
            allow_tls12: false,
            client_auth: ClientAuthMode::None,
            client_ca,
            client_crl,
        }
    }
}
