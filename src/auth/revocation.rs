//! Revocations in a file beside the configuration, each line signed by the authority: a restored database has forgotten who was shut
//! out since its backup, this file has not.
//!
//! ```text
//!  revoked.log   <device> <microseconds> <signature over both>     append only, one line a device
//! ```
//!
//! Knows no table. A line that nobody of this authority signed is an error, not a line to skip.

use super::{Authority, verify};
use crate::domain::hex::{hex, unhex};
use crate::domain::ids::DeviceId;
use crate::domain::time::Instant;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file and what it says.
#[derive(Debug)]
pub struct Revocations {
    path: PathBuf,
    known: Mutex<BTreeMap<DeviceId, Instant>>,
}

/// Why the file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A line is damaged, or not signed by this authority.
    #[error("{0}:{1}: this line was not written by this authority; restore the file from a backup")]
    Line(PathBuf, usize),
}

impl Revocations {
    /// Reads the file in `dir`; a missing one says that nobody was revoked.
    pub fn open(dir: &Path, authority: &Authority) -> Result<Self, RevocationError> {
        let path = dir.join("revoked.log");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(RevocationError::File(path, error)),
        };
        let mut known = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let (device, at) = read(line, authority).ok_or_else(|| RevocationError::Line(path.clone(), index + 1))?;
            known.insert(device, at);
        }
        Ok(Self { path, known: Mutex::new(known) })
    }

    /// Keeps that the device was revoked, on disk before it returns; once is enough.
    pub fn add(&self, device: DeviceId, at: Instant, authority: &Authority) -> Result<(), RevocationError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains_key(&device) {
            return Ok(());
        }
        let failed = |error| RevocationError::File(self.path.clone(), error);
        let unsigned = |_| failed(std::io::Error::other("the authority key does not sign"));
        let signature = authority.sign(&body(device, at)).map_err(unsigned)?;
        let line = format!("{} {} {}\n", hex(&device.0), at.0, hex(&signature));
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).map_err(failed)?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        known.insert(device, at);
        Ok(())
    }

    /// Whether the device was revoked at any time.
    #[must_use]
    pub fn has(&self, device: DeviceId) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&device)
    }

    /// Every revoked device.
    #[must_use]
    pub fn all(&self) -> Vec<DeviceId> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

fn body(device: DeviceId, at: Instant) -> Vec<u8> {
    [b"thidua revoked".as_slice(), &device.0, &at.0.to_be_bytes()].concat()
}

fn read(line: &str, authority: &Authority) -> Option<(DeviceId, Instant)> {
    let mut parts = line.split(' ');
    let device = DeviceId(unhex(parts.next()?)?.try_into().ok()?);
    let at = Instant(parts.next()?.parse().ok()?);
    let signature = unhex(parts.next()?)?;
    verify(authority.public_key(), &body(device, at), &signature).ok()?;
    Some((device, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_outlives_the_process_and_a_line_of_another_hand_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::from_pkcs8(&Authority::generate().unwrap()).unwrap();
        let (device, other) = (DeviceId([7; 16]), DeviceId([8; 16]));
        let kept = Revocations::open(dir.path(), &authority).unwrap();
        kept.add(device, Instant(5), &authority).unwrap();
        kept.add(device, Instant(6), &authority).unwrap();
        let again = Revocations::open(dir.path(), &authority).unwrap();
        assert!(again.has(device) && !again.has(other));
        assert_eq!(again.all(), [device]);
        let file = dir.path().join("revoked.log");
        let forged = std::fs::read_to_string(&file).unwrap().replace("07", "08");
        std::fs::write(&file, forged).unwrap();
        assert!(matches!(Revocations::open(dir.path(), &authority), Err(RevocationError::Line(_, 1))));
    }
}
