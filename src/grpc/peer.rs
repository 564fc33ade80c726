//! Who is at the other end of a connection; every request carries it among its extensions.
//!
//! Knows what the handshake has verified, not what follows from it: rights come with a credential.

use std::net::SocketAddr;
use std::sync::Arc;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct PeerInfo {
    /// Address and port; never stored.
    pub address: SocketAddr,
    /// The name in its verified certificate, as in `thidua:key:0192...`; `None` without one.
    pub certificate_name: Option<Arc<str>>,
}
