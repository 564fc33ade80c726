//! `[release]`: `levels` (default empty: the level of the owner and the one below it, which are the
//! districts, or the communes where there are no districts), the levels whose standings partner
//! agencies read. Every node of one authority has the same levels: what is hidden depends on them.

use serde::Deserialize;

/// Which standings are released to partner agencies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReleaseConfig {
    /// The released levels; empty: the owner's and the one below it.
    pub levels: Vec<ReleaseLevel>,
}

/// A level of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReleaseLevel {
    /// The province.
    Province,
    /// The districts.
    District,
    /// The departments of the province.
    Department,
    /// The communes.
    Commune,
}
