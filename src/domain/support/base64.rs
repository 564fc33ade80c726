//! Base64 with padding (RFC 4648, section 4), in canonical form only.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Four letters for each three bytes.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    let letters = bytes.chunks(3).flat_map(|part| {
        let bits =
            (0..3).fold(0, |bits, at| bits << 8 | usize::from(part.get(at).copied().unwrap_or(0)));
        let letter = move |at: usize| {
            if at <= part.len() { ALPHABET[bits >> (18 - 6 * at) & 63] } else { b'=' }
        };
        (0..4).map(letter)
    });
    letters.map(char::from).collect()
}

/// The bytes of this text; `None` for any text that [`encode_base64`] does not produce.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let padding = four.iter().rev().take_while(|letter| **letter == b'=').count().min(2);
        let value = |letter: &u8| ALPHABET.iter().position(|one| one == letter);
        let bits = four[..four.len() - padding]
            .iter()
            .map(value)
            .try_fold(0, |bits, six| Some(bits << 6 | six?))?;
        let bits = (bits << (6 * padding)).to_be_bytes();
        bytes.extend_from_slice(&bits[bits.len() - 3..bits.len() - padding]);
    }
    // Rejects padding in the middle, non-zero bits after the end and short parts: none of them is
    // encoded back to the same text.
    (encode_base64(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in vectors.into_iter().enumerate() {
            assert_eq!(encode_base64(&b"foobar"[..length]), text);
            assert_eq!(decode_base64(text).unwrap(), b"foobar"[..length]);
        }
    }

    #[test]
    fn what_has_another_form_is_refused() {
        for text in [
            "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zg==Zg==", "=Zg=", "====", "Zm9v\n", "Zm9-", "Zmé=",
        ] {
            assert_eq!(decode_base64(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode_base64(&encode_base64(&bytes)), Some(bytes));
        }
    }
}
