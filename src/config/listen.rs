//! `[listen]`: `address` (default `127.0.0.1:8443`), `public` (addresses that enrolment codes carry, best first; default: the listening
//! address), `plaintext` (default `false`: TLS; without TLS only on loopback).

use serde::Deserialize;

/// Where the server listens and how phones reach it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenConfig {
    /// Address and port, as in `0.0.0.0:8443`; port 0 takes a free one.
    pub address: String,
    /// Addresses as phones see them, as in `https://10.0.0.2:8443`.
    pub public: Vec<String>,
    /// Speak plain HTTP/2, for a proxy on the same machine.
    pub plaintext: bool,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self { address: "127.0.0.1:8443".to_owned(), public: Vec::new(), plaintext: false }
    }
}
