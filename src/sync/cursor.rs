//! The cursor: the position of a device in each of its scopes, signed by the authority's servers.
//!
//! Cursors are opaque to devices. A cursor with an invalid signature counts as absent, which resets
//! only the device that sent it.

use crate::domain::support::ids::DeviceId;
use crate::domain::support::time::Timestamp;
use ring::hmac;

/// The key that signs cursors and sync marks: HMAC-SHA256, truncated to 16 bytes.
#[derive(Clone)]
pub struct CursorSigner(hmac::Key);

/// The positions of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncCursor {
    /// Ordered number of the epoch.
    pub epoch: i64,
    /// Seq of the last whole commit when the cursor was issued, and the first bytes of the chain
    /// there.
    pub commit: (i64, [u8; 8]),
    /// Position in each scope.
    pub positions: Vec<ScopePosition>,
}

/// A position in one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopePosition {
    /// The scope's short number.
    pub scope: i32,
    /// The generation of the device's rows.
    pub generation: i64,
    /// Seq up to which the device has the changes.
    pub seq: i64,
    /// While the scope is rebuilt: the seq at which its snapshot ends; else 0.
    pub snapshot_seq: i64,
}

/// First byte of a cursor.
const CURSOR_VERSION: u8 = 2;
/// First byte of a sync mark.
const MARK_VERSION: u8 = 1;
const TAG_BYTES: usize = 16;

impl CursorSigner {
    /// Creates the signer from the authority's secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Encodes and signs a cursor for one device. A position at the commit, outside a rebuild, is
    /// the scope's number and generation alone.
    #[must_use]
    pub fn sign_cursor(&self, device: DeviceId, cursor: &SyncCursor) -> Vec<u8> {
        let mut body = vec![CURSOR_VERSION];
        let mut numbers = vec![cursor.epoch, cursor.commit.0, cursor.positions.len() as i64];
        for position in &cursor.positions {
            let ScopePosition { scope, generation, seq, snapshot_seq } = *position;
            let differs = seq != cursor.commit.0 || snapshot_seq != 0;
            numbers.extend([i64::from(scope), generation << 1 | i64::from(differs)]);
            numbers.extend([seq, snapshot_seq].into_iter().filter(|_| differs));
        }
        numbers.into_iter().for_each(|number| write_varint(&mut body, number));
        body.extend_from_slice(&cursor.commit.1);
        self.sign_body(b"cursor", device, body)
    }

    /// Verifies and decodes a cursor; `None` when it is damaged, from another authority or for
    /// another device.
    #[must_use]
    pub fn verify_cursor(&self, device: DeviceId, signed: &[u8]) -> Option<SyncCursor> {
        let mut body = self.verify_body((b"cursor", CURSOR_VERSION), device, signed)?;
        let epoch = read_varint(&mut body)?;
        let commit = read_varint(&mut body)?;
        let count = read_varint(&mut body)?;
        let mut scopes = Vec::new();
        for _ in 0..count {
            let scope = i32::try_from(read_varint(&mut body)?).ok()?;
            let generation = read_varint(&mut body)?;
            let (seq, snapshot_seq) = if generation & 1 == 1 {
                (read_varint(&mut body)?, read_varint(&mut body)?)
            } else {
                (commit, 0)
            };
            scopes.push(ScopePosition { scope, generation: generation >> 1, seq, snapshot_seq });
        }
        Some(SyncCursor { epoch, commit: (commit, body.try_into().ok()?), positions: scopes })
    }

    /// Signs a sync mark: the proof that the device was in contact with the server at `now`.
    #[must_use]
    pub fn sign_sync_mark(&self, device: DeviceId, now: Timestamp) -> Vec<u8> {
        let mut body = vec![MARK_VERSION];
        write_varint(&mut body, now.0);
        self.sign_body(b"mark", device, body)
    }

    /// Verifies a sync mark: when the device was in contact with the server.
    #[must_use]
    pub fn verify_sync_mark(&self, device: DeviceId, signed: &[u8]) -> Option<Timestamp> {
        let mut body = self.verify_body((b"mark", MARK_VERSION), device, signed)?;
        let at = read_varint(&mut body)?;
        body.is_empty().then_some(Timestamp(at))
    }

    /// The id of an epoch that begins after this chain. It is unpredictable without the secret and
    /// differs for each chain and time.
    #[must_use]
    pub fn derive_epoch_id(&self, chain: &[u8; 32], now: Timestamp) -> [u8; 16] {
        let tag = self.compute_tag(
            b"history",
            DeviceId([0; 16]),
            &[chain.as_slice(), &now.0.to_be_bytes()].concat(),
        );
        let mut id = [0; 16];
        id.copy_from_slice(&tag.as_ref()[..16]);
        id
    }

    fn compute_tag(&self, purpose: &[u8], device: DeviceId, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        context.update(&device.0);
        context.update(body);
        context.sign()
    }

    fn sign_body(&self, purpose: &[u8], device: DeviceId, mut body: Vec<u8>) -> Vec<u8> {
        let tag = self.compute_tag(purpose, device, &body);
        body.extend_from_slice(&tag.as_ref()[..TAG_BYTES]);
        body
    }

    fn verify_body<'b>(
        &self,
        (purpose, version): (&[u8], u8),
        device: DeviceId,
        signed: &'b [u8],
    ) -> Option<&'b [u8]> {
        let (body, tag) = signed.split_at_checked(signed.len().checked_sub(TAG_BYTES)?)?;
        let expected = self.compute_tag(purpose, device, body);
        let differs =
            expected.as_ref()[..TAG_BYTES].iter().zip(tag).fold(0, |sum, (a, b)| sum | (a ^ b));
        let (first, rest) = body.split_first()?;
        ((differs == 0 || planted!("seal-unchecked")) && *first == version).then_some(rest)
    }
}

/// LEB128: seven bits a byte, lowest first; negative numbers take ten bytes.
fn write_varint(body: &mut Vec<u8>, number: i64) {
    let mut rest = number as u64;
    while rest >= 0x80 {
        body.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    body.push(rest as u8);
}

fn read_varint(body: &mut &[u8]) -> Option<i64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = body.split_first()?;
        *body = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number as i64);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn test_signer() -> CursorSigner {
        CursorSigner::new(b"the authority's secret")
    }

    proptest! {
        #[test]
        fn a_cursor_opens_as_it_was_sealed_and_only_on_its_own_device(epoch in any::<i64>(), seq in any::<i64>(), behind in any::<i64>(), flip in 0..40usize) {
            let position = ScopePosition { scope: 7, generation: 2, seq, snapshot_seq: 0 };
            let behind = ScopePosition { seq: behind, ..position };
            let rebuilt = ScopePosition { snapshot_seq: 9, ..position };
            let positions = vec![position, behind, rebuilt, position];
            let cursor = SyncCursor { epoch, commit: (seq, [9; 8]), positions };
            let signed = test_signer().sign_cursor(DeviceId([1; 16]), &cursor);
            prop_assert_eq!(test_signer().verify_cursor(DeviceId([1; 16]), &signed), Some(cursor));
            prop_assert_eq!(test_signer().verify_cursor(DeviceId([2; 16]), &signed), None);
            let mut damaged = signed.clone();
            damaged[flip % signed.len()] ^= 1;
            prop_assert_eq!(test_signer().verify_cursor(DeviceId([1; 16]), &damaged), None);
        }

        #[test]
        fn any_bytes_at_all_open_to_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(test_signer().verify_cursor(DeviceId([1; 16]), &bytes), None);
            prop_assert_eq!(test_signer().verify_sync_mark(DeviceId([1; 16]), &bytes), None);
        }
    }
}
