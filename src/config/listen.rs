//! `[listen]`: `address` (default `127.0.0.1:8443`), `public` (addresses in enrolment codes, best
//! first; default: `address`), `plaintext` (default `false`: TLS; without TLS only on loopback),
//! `reflection` (default `false`), `allowed_origins` (default: none; web pages that may call).

use super::WebOrigin;
use serde::Deserialize;

/// Listening address and public addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenConfig {
    /// Address and port, for example `0.0.0.0:8443`; port 0 selects a free one.
    pub address: String,
    /// Addresses as seen by phones, for example `https://10.0.0.2:8443`.
    pub public: Vec<String>,
    /// Plain HTTP/2, for a proxy on the same machine.
    pub plaintext: bool,
    /// Offers gRPC reflection to callers without a token.
    pub reflection: bool,
    /// Origins of the web pages that may call from a browser, for example `https://thidua.tinh.vn`.
    pub allowed_origins: Vec<WebOrigin>,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8443".to_owned(),
            public: Vec::new(),
            plaintext: false,
            reflection: false,
            allowed_origins: Vec::new(),
        }
    }
}
