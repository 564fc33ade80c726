//! The server's secrets beside the configuration: the authority key and the key that signs cursors.
//!
//! They are not in the database: a restored server keeps its identity as the authority, and a
//! stolen database cannot sign anything.

use super::ca::write_secret;
use super::tls::TlsError;
use crate::auth::{
    AuthorityKey, AuthorityKeyError, NoRandom, RevocationError, RevocationLog, random_bytes,
};
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
