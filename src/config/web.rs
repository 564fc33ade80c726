//! `[web]`: `enabled` (default `false`): the field app in the browser, under `/app/` on the port of
//! the service. `host`, `certificate`, `key` (default: none; PEM files, relative to the data
//! directory): a certificate of its own for the browsers that call the server by this name.

use serde::Deserialize;

/// The field app in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Whether the server serves it. A browser keeps working offline only over a certificate that
    /// it trusts: one of a public authority, or of one that was installed on the device.
    pub enabled: bool,
    /// The name under which browsers call the server; clients that ask for it get `certificate`.
    /// No address of phones may have it: they trust the authority's own CA only.
    pub host: String,
    /// PEM file with the certificate of `host`, then those of its issuers.
    pub certificate: String,
    /// PEM file with its key.
    pub key: String,
}
