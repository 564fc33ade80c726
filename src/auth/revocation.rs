//! Revoked devices in a file beside the configuration. A database that is restored from a backup
//! lacks the revocations since that backup; this file has them.
//!
//! ```text
//!  revoked.log   <device> <microseconds> <signature over both>     append only, one line a device
//! ```
//!
//! The authority signs each line. A line without a valid signature is an error and is not skipped.

use super::{AuthorityKey, verify_signature};
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::time::Timestamp;
use crate::store::owner_only;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file and its content.
#[derive(Debug)]
pub struct RevocationLog {
    path: PathBuf,
    revoked: Mutex<BTreeMap<DeviceId, Timestamp>>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The line with this number is damaged or not signed by this authority.
    #[error("{0}:{1}: this line was not written by this authority; restore the file from a backup")]
    InvalidLine(PathBuf, usize),
}

impl RevocationLog {
    /// Reads `revoked.log` in `dir`. A missing file means that no device is revoked.
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

    /// Appends the revocation and syncs the file before it returns. A device that is already in the
    /// file is not written again.
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
        let mut file = owner_only::append_file(&self.path).map_err(failed)?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        revoked.insert(device, at);
        Ok(())
    }

    /// Whether the device was revoked at any time.
    #[must_use]
    pub fn is_revoked(&self, device: DeviceId) -> bool {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&device)
    }

    /// All revoked devices.
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
        let log = RevocationLog::open(dir.path(), &authority).unwrap();
        log.append(device, Timestamp(5), &authority).unwrap();
        log.append(device, Timestamp(6), &authority).unwrap();
        let reopened = RevocationLog::open(dir.path(), &authority).unwrap();
        assert!(reopened.is_revoked(device) && !reopened.is_revoked(other));
        assert_eq!(reopened.revoked_devices(), [device]);
        let file = dir.path().join("revoked.log");
        let forged = std::fs::read_to_string(&file).unwrap().replace("07", "08");
        std::fs::write(&file, forged).unwrap();
        assert!(matches!(
            RevocationLog::open(dir.path(), &authority),
            Err(RevocationError::InvalidLine(_, 1))
        ));
    }
}
