//! `[tls]`: `dir` (default `tls`: where `ca.pem`, `ca.key`, `server.pem`, `server.key` lie), `names` (host names and addresses of the
//! server's certificate; default `localhost`, `127.0.0.1`, `::1`), `allow_tls12` (default `false`; for old partner systems only).

use serde::Deserialize;

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Directory of the certificates and keys, from the data directory.
    pub dir: String,
    /// Names for which `thidua tls init` makes the server's certificate.
    pub names: Vec<String>,
    /// Speak TLS 1.2 too.
    pub allow_tls12: bool,
}

impl Default for Tls {
    fn default() -> Self {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        Self { dir: "tls".to_owned(), names, allow_tls12: false }
    }
}
