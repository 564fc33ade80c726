//! The address of a collector, and the connection to it.
//!
//! Knows TLS and addresses; not what is sent.

use super::super::tls::TlsError;
use super::super::tls_client::{build_client_config, connect_tls};
use http::Uri;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An address such as `http://127.0.0.1:4317`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorAddress(Uri);

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CollectorAddressError {
    /// It is none: a scheme, a host and a port are wanted, and nothing else.
    #[error("expected http://HOST:PORT or https://HOST:PORT, as in http://127.0.0.1:4317")]
    Invalid,
    /// Plain text would leave this machine.
    #[error("nothing is sent in plain text beyond this machine; write https://")]
    Plaintext,
}

impl CollectorAddress {
    /// Reads an address. Plain text is for loopback, or for whoever says so.
    pub fn parse(text: &str, plaintext_allowed: bool) -> Result<Self, CollectorAddressError> {
        let uri: Uri = text.parse().map_err(|_| CollectorAddressError::Invalid)?;
        let bare = uri.path() == "/" && uri.query().is_none() && uri.port().is_some();
        let host = uri.host().unwrap_or_default();
        // A name or password before the host would be sent to nobody and could be read in a list of processes.
        let unnamed = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(CollectorAddressError::Invalid),
        };
        if !bare || !unnamed || host.is_empty() {
            return Err(CollectorAddressError::Invalid);
        }
        let is_local = host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if tls || is_local || plaintext_allowed {
            Ok(Self(uri))
        } else {
            Err(CollectorAddressError::Plaintext)
        }
    }

    /// Whether it is spoken to over TLS, so that a CA is needed.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Connects when the first thing is sent, and again whenever it has to.
    pub(super) fn open_channel(&self, ca: Option<&Path>) -> Result<Channel, TlsError> {
        let endpoint = Endpoint::from(self.0.clone()).connect_timeout(CONNECT_TIMEOUT);
        let Some(ca) = ca.filter(|_| self.is_tls()) else { return Ok(endpoint.connect_lazy()) };
        let config = build_client_config(ca)?;
        Ok(endpoint.connect_with_connector_lazy(tower::service_fn(move |uri: Uri| {
            connect_tls(uri, config.clone())
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine_unless_somebody_says_so_in_as_many_words() {
        for is_local in [
            "http://127.0.0.1:4317",
            "http://[::1]:4317",
            "http://localhost:4317",
            "https://otel.tinh.vn:4317",
        ] {
            assert!(CollectorAddress::parse(is_local, false).is_ok(), "{is_local}");
        }
        for away in ["http://10.0.0.7:4317", "http://otel:4317", "http://127.0.0.1.evil.vn:4317"] {
            assert_eq!(
                CollectorAddress::parse(away, false),
                Err(CollectorAddressError::Plaintext),
                "{away}"
            );
            assert!(CollectorAddress::parse(away, true).is_ok());
        }
    }

    #[test]
    fn what_is_no_bare_address_is_refused() {
        let bad = [
            "",
            "127.0.0.1:4317",
            "http://127.0.0.1",
            "grpc://127.0.0.1:4317",
            "http://127.0.0.1:4317/v1/traces",
            "http://127.0.0.1:4317/?key=1",
            "https://user:secret@otel:4317",
            "http://:4317",
        ];
        for text in bad {
            assert_eq!(
                CollectorAddress::parse(text, true),
                Err(CollectorAddressError::Invalid),
                "{text}"
            );
        }
    }
}
