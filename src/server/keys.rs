//! The server's own secrets beside the configuration: the authority key and the key that seals cursors.
//!
//! They are not in the database: a restored server is still the same authority, and a stolen database signs nothing.

use super::ca::write_secret;
use super::tls::TlsError;
use crate::auth::{Authority, BadKey, NoRandom, RevocationError, Revocations, random};
use std::path::{Path, PathBuf};

/// The secrets.
#[derive(Debug)]
pub struct Keys {
    /// Signs certificates of devices and receipts.
    pub authority: Authority,
    /// Seals cursors and sync marks.
    pub seal: [u8; 32],
    /// Who was shut out, whatever a restored database says.
    pub revocations: Revocations,
}

/// Why the secrets cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] TlsError),
    /// A file is there and holds no such key. It is not replaced: every device trusts the old one.
    #[error("{0} does not hold the key it should; restore it from a backup")]
    Damaged(PathBuf),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The file of revocations is damaged.
    #[error(transparent)]
    Revocations(#[from] RevocationError),
    /// No key can be made.
    #[error(transparent)]
    Key(#[from] BadKey),
}

impl Keys {
    /// Opens the secrets in `dir`, or makes them on the first day.
    pub fn open(dir: &Path) -> Result<Self, KeysError> {
        let (authority_file, seal_file) = (dir.join("authority.key"), dir.join("seal.key"));
        let authority = match std::fs::read(&authority_file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = Authority::generate()?;
                write_secret(&authority_file, &bytes)?;
                bytes
            }
            Err(error) => return Err(TlsError::File { path: authority_file, error }.into()),
        };
        let seal = match std::fs::read(&seal_file) {
            Ok(bytes) => bytes.try_into().map_err(|_| KeysError::Damaged(seal_file))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = random()?;
                write_secret(&seal_file, &bytes)?;
                bytes
            }
            Err(error) => return Err(TlsError::File { path: seal_file, error }.into()),
        };
        let authority = Authority::from_pkcs8(&authority).map_err(|_| KeysError::Damaged(authority_file))?;
        let revocations = Revocations::open(dir, &authority)?;
        Ok(Self { authority, seal, revocations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_stay_the_same_and_a_damaged_one_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::open(dir.path()).unwrap();
        let again = Keys::open(dir.path()).unwrap();
        assert_eq!((first.authority.id(), first.seal), (again.authority.id(), again.seal));
        std::fs::write(dir.path().join("authority.key"), b"").unwrap();
        assert!(matches!(Keys::open(dir.path()), Err(KeysError::Damaged(_))));
    }
}
