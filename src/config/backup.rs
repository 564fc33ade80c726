//! `[backup]`: `dir` (default `backups`), `second` (default empty: each start logs NO BACKUP),
//! `keep` (default 14 copies in each directory), `every_minutes` (default 0: only nightly; a
//! standby machine needs 5).

use serde::Deserialize;

/// Directories, number and interval of verified copies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupConfig {
    /// Directory of the copies; empty: no copies.
    pub dir: String,
    /// Second directory, on another disk or machine.
    pub second: String,
    /// Number of copies stored in each directory.
    pub keep: u16,
    /// Minutes between two copies besides the nightly one; 0: none.
    pub every_minutes: u32,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self { dir: "backups".to_owned(), second: String::new(), keep: 14, every_minutes: 0 }
    }
}
