//! Signed checkpoints of the audit, which the nightly job stores beside the backups, also in their
//! second place.
//!
//! ```text
//! the audit verifies -> it continues the newest checkpoint of each place -> sign -> write to each
//! ```
//!
//! So whoever rewrites the whole chain has to reach both places before the next night, and cannot
//! sign what was there. The format is that of `thidua audit checkpoint`.

use super::App;
use super::error::Result;
use crate::domain::audit::audit_proof::{AuditProof, SignedCheckpoint};
use crate::domain::audit::merkle::{MerkleHash, compute_root};
use crate::store::Error;
use crate::store::checkpoint_file::CheckpointFile;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The authority's signature, whose key `app` does not know.
pub trait CheckpointSigner: Send + Sync {
    /// Signs the audit's tree of this size and root; or why it cannot.
    fn sign(&self, size: u64, root: MerkleHash) -> std::result::Result<SignedCheckpoint, String>;

    /// Whether this authority signed the checkpoint of its own audit; or why that is not known.
    fn is_own(&self, signed: &SignedCheckpoint) -> std::result::Result<bool, String>;
}

/// Who signs checkpoints, and where they are stored.
#[derive(Clone)]
pub struct CheckpointPlaces {
    /// Who signs.
    pub signer: Arc<dyn CheckpointSigner>,
    /// The directory of the backups; it is made if it does not exist. `None`: none.
    pub primary: Option<PathBuf>,
    /// The second place of the backups, which must exist.
    pub secondary: Option<PathBuf>,
}

impl fmt::Debug for CheckpointPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.dirs()).finish()
    }
}

impl CheckpointPlaces {
    fn dirs(&self) -> impl Iterator<Item = &PathBuf> {
        self.primary.iter().chain(&self.secondary)
    }
}

/// The newest checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointSummary {
    /// Number of lines of the audit under it.
    pub size: usize,
    /// Whether it is in the second place too.
    pub has_secondary_copy: bool,
}

impl App {
    /// The same application with these places for checkpoints.
    #[must_use]
    pub fn with_checkpoints(self, places: CheckpointPlaces) -> Self {
        Self { checkpoints: Some(Arc::new(places)), ..self }
    }

    /// The places for checkpoints, if there are any.
    pub(super) fn checkpoint_places(&self) -> Option<&CheckpointPlaces> {
        self.checkpoints.as_deref()
    }
}

/// Compares a verified audit of an epoch with the newest checkpoint of each place, signs it as it
/// is now, and writes the checkpoint to every place that lacks it.
///
/// # Errors
/// A checkpoint that the audit does not continue, with its file; a place that cannot be written.
pub(super) fn renew_checkpoints(
    places: &CheckpointPlaces,
    epoch: i64,
    leaves: &[MerkleHash],
) -> Result<CheckpointSummary> {
    let size = leaves.len() as u64;
    let mut lacking = Vec::new();
    for dir in places.dirs() {
        let newest = CheckpointFile::newest(dir, epoch)?;
        if let Some(newest) = &newest {
            check_continues(places, newest, leaves)?;
        }
        if newest.is_none_or(|newest| newest.size != size) {
            lacking.push(CheckpointFile::new(dir, epoch, size));
        }
    }
    if !lacking.is_empty() {
        let signed = places.signer.sign(size, compute_root(leaves)).map_err(Error::FileIo)?;
        let text = AuditProof::Checkpoint(signed).to_string();
        if let Some(dir) = &places.primary {
            crate::store::backup::ensure_directory(dir)?;
        }
        for file in lacking {
            file.write(&text)?;
        }
    }
    let has_secondary_copy = places.secondary.is_some();
    Ok(CheckpointSummary { size: leaves.len(), has_secondary_copy })
}

/// Fails unless the stored checkpoint is this authority's and the audit begins with its lines.
fn check_continues(
    places: &CheckpointPlaces,
    file: &CheckpointFile,
    leaves: &[MerkleHash],
) -> Result<()> {
    let altered = |what: &str| {
        let path = file.path.display();
        Err(Error::ContentAltered(format!("audit: {what} the checkpoint {path}")).into())
    };
    let parsed = AuditProof::parse(&file.read()?).ok();
    let Some(AuditProof::Checkpoint(signed)) = parsed else {
        return altered("no checkpoint can be read from");
    };
    if !places.signer.is_own(&signed).map_err(Error::FileIo)? {
        return altered("this authority did not sign");
    }
    let lines = usize::try_from(signed.checkpoint.size).unwrap_or(usize::MAX);
    match leaves.get(..lines) {
        None => altered(&format!("it has {} lines, fewer than", leaves.len())),
        Some(leaves) if compute_root(leaves) != signed.checkpoint.root => {
            altered("its lines are not those that were signed in")
        }
        Some(_) => Ok(()),
    }
}
