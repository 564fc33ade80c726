//! `[web]`: `enabled` (default `false`): the field app in the browser, under `/app/` on the port of
//! the service.

use serde::Deserialize;

/// The field app in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Whether the server serves it. A browser keeps working offline only over a certificate that
    /// it trusts: one of a public authority, or of one that was installed on the device.
    pub enabled: bool,
}
