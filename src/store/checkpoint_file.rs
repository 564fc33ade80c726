//! Files with signed checkpoints of the audit, in the directories of the backups.
//!
//! ```text
//!  audit-0001-000000001520.checkpoint      epoch 1, the first 1520 lines of the audit
//! ```
//!
//! Neither signs nor verifies.

use super::backup::to_file_error;
use super::error::Result;
use super::owner_only;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// A stored checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointFile {
    /// Epoch of the history.
    pub epoch: i64,
    /// Number of lines of the audit under it, by its name.
    pub size: u64,
    /// Its path.
    pub path: PathBuf,
}

impl CheckpointFile {
    /// The file of a checkpoint in `dir`, whether or not it exists.
    #[must_use]
    pub fn new(dir: &Path, epoch: i64, size: u64) -> Self {
        Self { epoch, size, path: dir.join(format!("audit-{epoch:04}-{size:012}.checkpoint")) }
    }

    fn from_path(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_prefix("audit-")?.strip_suffix(".checkpoint")?;
        let (epoch, size) = name.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, size: size.parse().ok()?, path })
    }

    /// The newest checkpoint of an epoch in `dir`; `None` also if there is no such directory.
    pub fn newest(dir: &Path, epoch: i64) -> Result<Option<Self>> {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(to_file_error(dir, &error)),
        };
        let found = entries.filter_map(|entry| Self::from_path(entry.ok()?.path()));
        Ok(found.filter(|one| one.epoch == epoch).max())
    }

    /// Its text.
    pub fn read(&self) -> Result<String> {
        fs::read_to_string(&self.path).map_err(|error| to_file_error(&self.path, &error))
    }

    /// Writes its text, synced before it gets its name. The directory must exist: a second place
    /// that is not mounted is an error.
    pub fn write(&self, text: &str) -> Result<()> {
        let partial_path = self.path.with_extension("part");
        let write = || {
            let mut file = owner_only::create_file(&partial_path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial_path, &self.path)?;
            self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
        };
        write().map_err(|error| to_file_error(&self.path, &error))
    }
}
