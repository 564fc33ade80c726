//! The address of a collector, and the connection to it.

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

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CollectorAddressError {
    /// It is malformed: an address is a scheme, a host and a port, and nothing else.
    #[error("expected http://HOST:PORT or https://HOST:PORT, as in http://127.0.0.1:4317")]
    Invalid,
    /// Plain text would be sent to another machine.
    #[error("nothing is sent in plain text beyond this machine; write https://")]
    Plaintext,
}

impl CollectorAddress {
    /// Parses an address. Plain text is allowed on loopback, and elsewhere only with
    /// `plaintext_allowed`.
    pub fn parse(text: &str, plaintext_allowed: bool) -> Result<Self, CollectorAddressError> {
        let uri: Uri = text.parse().map_err(|_| CollectorAddressError::Invalid)?;
        let is_bare_origin = uri.path() == "/" && uri.query().is_none() && uri.port().is_some();
        let host = uri.host().unwrap_or_default();
        // User information before the host would never be sent, but would be visible in the list of
        // processes.
        let has_no_user =
            uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(CollectorAddressError::Invalid),
        };
        if !is_bare_origin || !has_no_user || host.is_empty() {
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

    /// Whether the connection uses TLS, which needs a CA.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Opens a channel that connects at the first call and reconnects when necessary.
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
    fn plain_text_to_another_machine_is_refused_unless_it_is_allowed_explicitly() {
        for local in [
            "http://127.0.0.1:4317",
            "http://[::1]:4317",
            "http://localhost:4317",
            "https://otel.tinh.vn:4317",
        ] {
            assert!(CollectorAddress::parse(local, false).is_ok(), "{local}");
        }
        for remote in ["http://10.0.0.7:4317", "http://otel:4317", "http://127.0.0.1.evil.vn:4317"]
        {
            assert_eq!(
                CollectorAddress::parse(remote, false),
                Err(CollectorAddressError::Plaintext),
                "{remote}"
            );
            assert!(CollectorAddress::parse(remote, true).is_ok());
        }
    }

    #[test]
    fn an_address_with_more_than_host_and_port_is_refused() {
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
