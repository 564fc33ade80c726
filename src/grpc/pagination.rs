//! Page sizes and page tokens of lists. A token holds the last item seen and a check of the filter
//! that it belongs to.
//!
//! A token is not secret and grants nothing: every page checks access again.

use super::status::RpcError;
use crate::auth;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::reason::RefusalReason;

/// Returns the requested size, at most `max_size`; 0 means `default_size`. A negative size is
/// refused.
pub(super) fn resolve_page_size(
    requested: i32,
    default_size: usize,
    max_size: usize,
) -> Result<usize, RpcError> {
    match usize::try_from(requested) {
        Ok(0) => Ok(default_size),
        Ok(size) => Ok(size.min(max_size)),
        Err(_) => Err(RpcError::App(RefusalReason::Malformed.into())),
    }
}

/// Returns the token of the page after `last`, valid for the same `filter_key` only: the first four
/// bytes of the hash of `filter_key`, then `last`, in hexadecimal.
pub(super) fn encode_page_token(last: &[u8], filter_key: &[u8]) -> String {
    encode_hex(&auth::hash_secret(filter_key)[..4]) + &encode_hex(last)
}

/// Decodes a token into the last item seen; `None` on the first page.
pub(super) fn decode_page_token(
    token: &str,
    filter_key: &[u8],
) -> Result<Option<Vec<u8>>, RpcError> {
    if token.is_empty() {
        return Ok(None);
    }
    let digits: Option<Vec<u8>> =
        token.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let bytes: Vec<u8> = digits
        .ok_or(RpcError::BadPageToken)?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit))
        .collect();
    let (check, last) = bytes.split_at_checked(4).ok_or(RpcError::BadPageToken)?;
    if check == &auth::hash_secret(filter_key)[..4] {
        Ok(Some(last.to_vec()))
    } else {
        Err(RpcError::BadPageToken)
    }
}

/// Decodes a token of a list that is paged by offset: the number of items to skip.
pub(super) fn decode_offset_token(token: &str, filter_key: &[u8]) -> Result<usize, RpcError> {
    let Some(bytes) = decode_page_token(token, filter_key)? else { return Ok(0) };
    bytes
        .try_into()
        .ok()
        .and_then(|bytes| usize::try_from(u64::from_be_bytes(bytes)).ok())
        .ok_or(RpcError::BadPageToken)
}

/// Returns the token of the page that begins at `offset`; empty if the list of `length` items ends
/// before.
pub(super) fn next_offset_token(offset: usize, length: usize, filter_key: &[u8]) -> String {
    if offset < length {
        encode_page_token(&(offset as u64).to_be_bytes(), filter_key)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_for_its_filter_only() {
        let given = encode_page_token(b"last", b"states=SUBMITTED");
        assert_eq!(decode_page_token(&given, b"states=SUBMITTED").unwrap(), Some(b"last".to_vec()));
        assert!(matches!(decode_page_token(&given, b"states="), Err(RpcError::BadPageToken)));
        for bad in ["x", "ab", "é", "0011223"] {
            assert!(matches!(decode_page_token(bad, b""), Err(RpcError::BadPageToken)), "{bad}");
        }
        assert!(matches!(resolve_page_size(-1, 1, 2), Err(RpcError::App(_))));
        assert_eq!(
            (resolve_page_size(0, 1, 2).unwrap(), resolve_page_size(9, 1, 2).unwrap()),
            (1, 2)
        );
    }
}
