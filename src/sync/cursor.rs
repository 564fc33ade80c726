//! The cursor: where a device stands in each of its scopes, sealed so that only this authority's servers can write one.
//!
//! Opaque to devices. A cursor that was damaged or made by somebody else reads as none at all, and resets only its own device. Knows no
//! feed: only positions.

use crate::domain::ids::DeviceId;
use crate::domain::time::Instant;
use ring::hmac;

/// The key with which cursors and sync marks are sealed.
#[derive(Clone)]
pub struct Seal(hmac::Key);

/// Where a device stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Ordered number of the history.
    pub epoch: i64,
    /// Last whole commit at or below the lowest position, and the first bytes of the chain there.
    pub commit: (i64, [u8; 8]),
    /// Position in each scope.
    pub scopes: Vec<Position>,
}

/// A position in one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The scope's short number.
    pub scope: i32,
    /// The generation of the device's rows.
    pub generation: i64,
    /// Seq up to which the device has the changes.
    pub seq: i64,
    /// While the scope is rebuilt: the seq at which it is whole; else 0.
    pub whole_at: i64,
}

const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;

impl Seal {
    /// From the authority's secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Seals a cursor for one device.
    #[must_use]
    pub fn cursor(&self, device: DeviceId, cursor: &Cursor) -> Vec<u8> {
        let mut body = vec![VERSION];
        let mut numbers = vec![cursor.epoch, cursor.commit.0, cursor.scopes.len() as i64];
        for position in &cursor.scopes {
            numbers.extend([i64::from(position.scope), position.generation, position.seq, position.whole_at]);
        }
        numbers.into_iter().for_each(|number| put_number(&mut body, number));
        body.extend_from_slice(&cursor.commit.1);
        self.close(b"cursor", device, body)
    }

    /// Opens a cursor; `None` when it is damaged, from another authority or for another device.
    #[must_use]
    pub fn open_cursor(&self, device: DeviceId, sealed: &[u8]) -> Option<Cursor> {
        let mut body = self.open(b"cursor", device, sealed)?;
        let epoch = take_number(&mut body)?;
        let commit = take_number(&mut body)?;
        let count = take_number(&mut body)?;
        let mut scopes = Vec::new();
        for _ in 0..count {
            let scope = i32::try_from(take_number(&mut body)?).ok()?;
            let (generation, seq) = (take_number(&mut body)?, take_number(&mut body)?);
            let whole_at = take_number(&mut body)?;
            scopes.push(Position { scope, generation, seq, whole_at });
        }
        Some(Cursor { epoch, commit: (commit, body.try_into().ok()?), scopes })
    }

    /// Seals the proof that a device was in touch at `now`.
    #[must_use]
    pub fn mark(&self, device: DeviceId, now: Instant) -> Vec<u8> {
        let mut body = vec![VERSION];
        put_number(&mut body, now.0);
        self.close(b"mark", device, body)
    }

    /// Opens a mark: when the device was in touch.
    #[must_use]
    pub fn open_mark(&self, device: DeviceId, sealed: &[u8]) -> Option<Instant> {
        let mut body = self.open(b"mark", device, sealed)?;
        let at = take_number(&mut body)?;
        body.is_empty().then_some(Instant(at))
    }

    /// The random id of a history that begins behind this chain: nobody without the secret can foresee it, no two begin alike.
    #[must_use]
    pub fn history(&self, chain: &[u8; 32], now: Instant) -> [u8; 16] {
        let tag = self.tag(b"history", DeviceId([0; 16]), &[chain.as_slice(), &now.0.to_be_bytes()].concat());
        let mut id = [0; 16];
        id.copy_from_slice(&tag.as_ref()[..16]);
        id
    }

    fn tag(&self, purpose: &[u8], device: DeviceId, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        context.update(&device.0);
        context.update(body);
        context.sign()
    }

    fn close(&self, purpose: &[u8], device: DeviceId, mut body: Vec<u8>) -> Vec<u8> {
        let tag = self.tag(purpose, device, &body);
        body.extend_from_slice(&tag.as_ref()[..TAG_BYTES]);
        body
    }

    fn open<'b>(&self, purpose: &[u8], device: DeviceId, sealed: &'b [u8]) -> Option<&'b [u8]> {
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let expected = self.tag(purpose, device, body);
        let differs = expected.as_ref()[..TAG_BYTES].iter().zip(tag).fold(0, |sum, (a, b)| sum | (a ^ b));
        let (version, rest) = body.split_first()?;
        ((differs == 0 || planted!("seal-unchecked")) && *version == VERSION).then_some(rest)
    }
}

/// Seven bits a byte, lowest first; negative numbers take ten bytes.
fn put_number(body: &mut Vec<u8>, number: i64) {
    let mut rest = number as u64;
    while rest >= 0x80 {
        body.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    body.push(rest as u8);
}

fn take_number(body: &mut &[u8]) -> Option<i64> {
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

    fn seal() -> Seal {
        Seal::new(b"the authority's secret")
    }

    proptest! {
        #[test]
        fn a_cursor_opens_as_it_was_sealed_and_only_on_its_own_device(epoch in any::<i64>(), seq in any::<i64>(), flip in 0..40usize) {
            let position = Position { scope: 7, generation: 2, seq, whole_at: 0 };
            let cursor = Cursor { epoch, commit: (seq, [9; 8]), scopes: vec![position; 3] };
            let sealed = seal().cursor(DeviceId([1; 16]), &cursor);
            prop_assert_eq!(seal().open_cursor(DeviceId([1; 16]), &sealed), Some(cursor));
            prop_assert_eq!(seal().open_cursor(DeviceId([2; 16]), &sealed), None);
            let mut damaged = sealed.clone();
            damaged[flip % sealed.len()] ^= 1;
            prop_assert_eq!(seal().open_cursor(DeviceId([1; 16]), &damaged), None);
        }

        #[test]
        fn any_bytes_at_all_open_to_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(seal().open_cursor(DeviceId([1; 16]), &bytes), None);
            prop_assert_eq!(seal().open_mark(DeviceId([1; 16]), &bytes), None);
        }
    }
}
