//! `[tls]`: `dir` (default `tls`: directory of `ca.pem`, `ca.key`, `server.pem`, `server.key`),
//! `names` (host names and addresses of the server's certificate; default `localhost`, `127.0.0.1`,
//! `::1`), `allow_tls12` (default `false`; for old partner systems only), `client_auth` (`none`,
//! the default, `optional`, `required`), `client_ca`, `client_crl` (PEM files, relative to the data
//! directory).

use serde::Deserialize;

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Directory of certificates and keys, relative to the data directory.
    pub dir: String,
    /// Names for which `thidua tls init` issues the server's certificate.
    pub names: Vec<String>,
    /// Whether TLS 1.2 is accepted too.
    pub allow_tls12: bool,
    /// Whether client certificates are requested.
    pub client_auth: ClientAuthMode,
    /// PEM file with the authorities of client certificates; required unless `client_auth` is
    /// `none`.
    pub client_ca: String,
    /// PEM file with their revocation lists; empty: none.
    pub client_crl: String,
}

/// Whether client certificates are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthMode {
    /// Not requested.
    None,
    /// A valid client certificate identifies the caller; an invalid one is rejected.
    Optional,
    /// A client certificate is required: not usable for a server that phones call.
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
