//! `[office]`: `enabled` (default `false`): pages for people who sign in at a desk, under
//! `/office/` on the port of the service.

use serde::Deserialize;

/// The office in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeConfig {
    /// Whether the server serves it.
    pub enabled: bool,
}
