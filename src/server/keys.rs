//! The server's secrets beside the configuration: the authority key and the key that signs cursors.
//!
//! They are not in the database: a restored server keeps its identity as the authority, and a
//! stolen database cannot sign anything.

use super::ca::write_secret;
use super::tls::TlsError;
use crate::app::checkpoint::CheckpointSigner;
use crate::auth::{
    AuthorityKey, AuthorityKeyError, NoRandom, NoteVerifierKey, RevocationError, RevocationLog,
    random_bytes,
};
use crate::domain::audit::audit_proof::SignedCheckpoint;
use crate::domain::audit::merkle::MerkleHash;
use std::path::{Path, PathBuf};

/// The secrets of a server.
#[derive(Debug)]
pub struct ServerKeys {
    /// Signs device certificates and receipts.
    pub authority: AuthorityKey,
    /// Signs cursors and sync marks.
    pub cursor_key: [u8; 32],
    /// Revoked devices; the log is independent of the database, so a restored database cannot undo
    /// a revocation.
    pub revocations: RevocationLog,
}

/// Why the secrets cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeysError {
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] TlsError),
    /// A file exists but does not contain a valid key. It is not replaced: every device trusts the
    /// old key.
    #[error("{0} does not hold the key it should; restore it from a backup")]
    Damaged(PathBuf),
    /// The system gives no random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The file of revocations is damaged.
    #[error(transparent)]
    Revocations(#[from] RevocationError),
    /// A key cannot be created.
    #[error(transparent)]
    Key(#[from] AuthorityKeyError),
}

impl ServerKeys {
    /// Opens the secrets in `dir`; creates missing ones.
    pub fn open(dir: &Path) -> Result<Self, ServerKeysError> {
        let (authority_file, cursor_key_file) = (dir.join("authority.key"), dir.join("seal.key"));
        let authority = match std::fs::read(&authority_file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = AuthorityKey::generate()?;
                write_secret(&authority_file, &bytes)?;
                bytes
            }
            Err(error) => return Err(TlsError::File { path: authority_file, error }.into()),
        };
        let cursor_key = match std::fs::read(&cursor_key_file) {
            Ok(bytes) => bytes.try_into().map_err(|_| ServerKeysError::Damaged(cursor_key_file))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = random_bytes()?;
                write_secret(&cursor_key_file, &bytes)?;
                bytes
            }
            Err(error) => return Err(TlsError::File { path: cursor_key_file, error }.into()),
        };
        let authority = AuthorityKey::from_pkcs8(&authority)
            .map_err(|_| ServerKeysError::Damaged(authority_file))?;
        let revocations = RevocationLog::open(dir, &authority)?;
        Ok(Self { authority, cursor_key, revocations })
    }
}

/// The authority key of a directory, read when it signs or verifies a checkpoint of the audit; it
/// is not created here.
#[derive(Debug, Clone)]
pub struct AuthorityKeyFile {
    dir: PathBuf,
}

impl AuthorityKeyFile {
    /// The key in the data directory `dir`.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn load(&self) -> Result<AuthorityKey, String> {
        let path = self.dir.join("authority.key");
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        AuthorityKey::from_pkcs8(&bytes)
            .map_err(|_| ServerKeysError::Damaged(path.clone()).to_string())
    }
}

impl CheckpointSigner for AuthorityKeyFile {
    fn sign(&self, size: u64, root: MerkleHash) -> Result<SignedCheckpoint, String> {
        self.load()?.sign_checkpoint(size, root).map_err(|error| error.to_string())
    }

    fn is_own(&self, signed: &SignedCheckpoint) -> Result<bool, String> {
        let key = NoteVerifierKey::from_authority(&self.load()?);
        Ok(key.verify_checkpoint(signed).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_stay_the_same_and_a_damaged_one_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let first = ServerKeys::open(dir.path()).unwrap();
        let again = ServerKeys::open(dir.path()).unwrap();
        assert_eq!(
            (first.authority.id(), first.cursor_key),
            (again.authority.id(), again.cursor_key)
        );
        std::fs::write(dir.path().join("authority.key"), b"").unwrap();
        assert!(matches!(ServerKeys::open(dir.path()), Err(ServerKeysError::Damaged(_))));
    }
}
