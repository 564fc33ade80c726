//! `[backup]`: `dir` (default `backups`), `second` (default empty: NO BACKUP is said at each start), `keep` (default 14 copies in each place),
//! `every_minutes` (default 0: at night only; a second machine that stands by wants 5).

use serde::Deserialize;

/// Where verified copies go, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupConfig {
    /// Directory in which copies are made; empty: none are.
    pub dir: String,
    /// Directory of another disk or machine.
    pub second: String,
    /// Copies that each place keeps.
    pub keep: u16,
    /// Minutes between two copies besides the nightly one; 0: none.
    pub every_minutes: u32,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self { dir: "backups".to_owned(), second: String::new(), keep: 14, every_minutes: 0 }
    }
}
