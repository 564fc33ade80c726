//! Revocations in a file beside the configuration, each line signed by the authority: a restored database has forgotten who was shut
//! out since its backup, this file has not.
//!
//! ```text
//!  revoked.log   <device> <microseconds> <signature over both>     append only, one line a device
//! ```
//!
//! Knows no table. A line that nobody of this authority signed is an error, not a line to skip.

use super::{AuthorityKey, verify_signature};
use crate::domain::hex::{decode_hex, encode_hex};
use crate::domain::ids::DeviceId;
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file and what it says.
#[derive(Debug)]
pub struct RevocationLog {
    path: PathBuf,
    revoked: Mutex<BTreeMap<DeviceId, Timestamp>>,
}

/// Why the file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A line is damaged, or not signed by this authority.
    #[error("{0}:{1}: this line was not written by this authority; restore the file from a backup")]
    InvalidLine(PathBuf, usize),
}

impl RevocationLog {
    /// Reads the file in `dir`; a missing one says that nobody was revoked.
    pub fn open(dir: &Path, authority: &AuthorityKey) -> Result<Self, RevocationError> {
        let path = dir.join("revoked.log");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(RevocationError::File(path, error)),
        };
        let mut revoked = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let (device, at) = parse_line(line, authority)
                .ok_or_else(|| RevocationError::InvalidLine(path.clone(), index + 1))?;
            revoked.insert(device, at);
        }
        Ok(Self { path, revoked: Mutex::new(revoked) })
    }

    /// Keeps that the device was revoked, on disk before it returns; once is enough.
    pub fn append(
        &self,
        device: DeviceId,
        at: Timestamp,
        authority: &AuthorityKey,
    ) -> Result<(), RevocationError> {
        let mut revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        if revoked.contains_key(&device) {
            return Ok(());
        }
        let failed = |error| RevocationError::File(self.path.clone(), error);
        let unsigned = |_| failed(std::io::Error::other("the authority key does not sign"));
        let signature = authority.sign(&signed_bytes(device, at)).map_err(unsigned)?;
        let line = format!("{} {} {}\n", encode_hex(&device.0), at.0, encode_hex(&signature));
        let mut file =
            OpenOptions::new().create(true).append(true).open(&self.path).map_err(failed)?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        revoked.insert(device, at);
        Ok(())
    }

    /// Whether the device was revoked at any time.
    #[must_use]
    pub fn is_revoked(&self, device: DeviceId) -> bool {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&device)
    }

    /// Every revoked device.
    #[must_use]
    pub fn revoked_devices(&self) -> Vec<DeviceId> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

fn signed_bytes(device: DeviceId, at: Timestamp) -> Vec<u8> {
    [b"thidua revoked".as_slice(), &device.0, &at.0.to_be_bytes()].concat()
}

fn parse_line(line: &str, authority: &AuthorityKey) -> Option<(DeviceId, Timestamp)> {
    let mut parts = line.split(' ');
    let device = DeviceId(decode_hex(parts.next()?)?.try_into().ok()?);
    let at = Timestamp(parts.next()?.parse().ok()?);
    let signature = decode_hex(parts.next()?)?;
    verify_signature(authority.public_key(), &signed_bytes(device, at), &signature).ok()?;
    Some((device, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_outlives_the_process_and_a_line_of_another_hand_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let authority = AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap();
        let (device, other) = (DeviceId([7; 16]), DeviceId([8; 16]));
        let kept = RevocationLog::open(dir.path(), &authority).unwrap();
        kept.append(device, Timestamp(5), &authority).unwrap();
        kept.append(device, Timestamp(6), &authority).unwrap();
        let again = RevocationLog::open(dir.path(), &authority).unwrap();
        assert!(again.is_revoked(device) && !again.is_revoked(other));
        assert_eq!(again.revoked_devices(), [device]);
        let file = dir.path().join("revoked.log");
        let forged = std::fs::read_to_string(&file).unwrap().replace("07", "08");
        std::fs::write(&file, forged).unwrap();
        assert!(matches!(
            RevocationLog::open(dir.path(), &authority),
            Err(RevocationError::InvalidLine(_, 1))
        ));
    }
}
