//! `[auth]`: `second_factor` (`required`, the default: accounts with ADMIN or COUNCIL_SECRETARY
//! sign in at a desk with a code of an authenticator app too; `off`: nobody does, for tests and
//! demonstrations).

use serde::Deserialize;

/// Signing in at a desk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Whether a second factor is required.
    pub second_factor: SecondFactorMode,
}

/// Whether a second factor is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorMode {
    /// Of accounts whose role needs it, and of those that enrolled one.
    #[default]
    Required,
    /// Of nobody.
    Off,
}
