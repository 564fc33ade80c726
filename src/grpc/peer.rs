//! The peer of a connection; every request carries it in its extensions.
//!
//! It holds only what the TLS handshake verified. Rights follow from a credential, not from the
//! peer. Limits count the addresses of callers: in memory only, under a hash with a random key of
//! this process, which can be neither printed nor logged.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// The peer of a connection.
#[derive(Debug, Clone)]
pub struct PeerInfo {
    /// Address and port; must not be stored.
    pub address: SocketAddr,
    /// The name in its verified client certificate, as in `thidua:key:0192...`; `None` without one.
    pub certificate_name: Option<Arc<str>>,
}

/// Leading bytes of an IPv6 address that one site has in common: a prefix of 56 bits.
const IPV6_SITE_BYTES: usize = 7;

/// The site from which a call comes, as a hash with the random key of one [`AddressHasher`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBucket(u64);

/// Turns addresses into buckets, with a random key of its own.
#[derive(Clone, Default)]
pub struct AddressHasher(RandomState);

impl AddressHasher {
    /// The bucket of a caller: its IPv4 address, or the prefix of its IPv6 site. Callers without an
    /// address share one bucket.
    #[must_use]
    pub fn bucket(&self, peer: Option<&PeerInfo>) -> AddressBucket {
        let site = peer.map(|peer| match peer.address.ip().to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(site_prefix(address)),
        });
        AddressBucket(self.0.hash_one(site))
    }
}

fn site_prefix(address: Ipv6Addr) -> Ipv6Addr {
    let mut bytes = address.octets();
    bytes[IPV6_SITE_BYTES..].fill(0);
    Ipv6Addr::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_site_under_a_random_key_of_this_process() {
        let bucket = |hasher: &AddressHasher, address: &str| {
            let address = SocketAddr::new(address.parse().unwrap(), 7);
            hasher.bucket(Some(&PeerInfo { address, certificate_name: None }))
        };
        let hasher = AddressHasher::default();
        let same = |a, b| bucket(&hasher, a) == bucket(&hasher, b);
        assert!(same("10.0.0.1", "::ffff:10.0.0.1"));
        assert!(!same("10.0.0.1", "10.0.0.2"));
        assert!(same("2001:db8:1:2200::1", "2001:db8:1:22ff::9"), "one site of 56 bits");
        assert!(!same("2001:db8:1:2200::1", "2001:db8:1:2300::1"));
        assert!(bucket(&hasher, "10.0.0.1") != bucket(&AddressHasher::default(), "10.0.0.1"));
    }
}
