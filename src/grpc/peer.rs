//! The peer of a connection; every request carries it in its extensions.
//!
//! It holds only what the TLS handshake verified. Rights follow from a credential, not from the
//! peer.

use std::net::SocketAddr;
use std::sync::Arc;

/// The peer of a connection.
#[derive(Debug, Clone)]
pub struct PeerInfo {
    /// Address and port; must not be stored.
    pub address: SocketAddr,
    /// The name in its verified client certificate, as in `thidua:key:0192...`; `None` without one.
    pub certificate_name: Option<Arc<str>>,
}
