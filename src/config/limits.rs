//! `[limits]`: `connections` (default 20000), `connections_per_address` (2000: phones share the
//! addresses of their operator), `handshake_seconds` (10), `calls_per_minute` (600, for each phone;
//! 0: no limit), `failures_per_address` (60 wrong passwords or codes a minute; 0: no limit, for a
//! server behind a proxy, where all callers have one address), `offline_lease_days` (14: a phone
//! without contact for this long locks its data until the next sync).

use serde::Deserialize;
use std::num::{NonZeroU16, NonZeroU32};

/// Limits of connections, calls and offline use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Open connections in total.
    pub connections: NonZeroU32,
    /// Open connections from one address.
    pub connections_per_address: NonZeroU32,
    /// Seconds for the TLS handshake and the first bytes of HTTP.
    pub handshake_seconds: NonZeroU16,
    /// Calls of one credential per minute; 0: no limit.
    pub calls_per_minute: u32,
    /// Wrong passwords or codes from one address per minute; 0: no limit.
    pub failures_per_address: u32,
    /// Days without contact after which a phone locks its data.
    pub offline_lease_days: NonZeroU16,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections: NonZeroU32::MIN.saturating_add(19_999),
            connections_per_address: NonZeroU32::MIN.saturating_add(1_999),
            handshake_seconds: NonZeroU16::MIN.saturating_add(9),
            calls_per_minute: 600,
            failures_per_address: 60,
            offline_lease_days: NonZeroU16::MIN.saturating_add(13),
        }
    }
}
