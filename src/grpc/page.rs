//! Pages of lists: sizes and tokens. A token names the last item seen and the question that it belongs to.
//!
//! Knows no list. A token is not secret and opens nothing: what may be seen is asked again on every page.

use super::status::Failure;
use crate::auth;
use crate::domain::hex::hex;
use crate::domain::reason::Reason;

/// The size asked for, within the limits of the list.
pub(super) fn size(asked: i32, usual: usize, most: usize) -> Result<usize, Failure> {
    match usize::try_from(asked) {
        Ok(0) => Ok(usual),
        Ok(size) => Ok(size.min(most)),
        Err(_) => Err(Failure::App(Reason::Malformed.into())),
    }
}

/// The token behind `last`, for the same `question` only: hexadecimal digits of a check of the question, then of `last`.
pub(super) fn token(last: &[u8], question: &[u8]) -> String {
    hex(&auth::hash(question)[..4]) + &hex(last)
}

/// Reads a token: the last item seen; `None` on the first page.
pub(super) fn read(token: &str, question: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let digits: Option<Vec<u8>> = token.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let bytes: Vec<u8> = digits
        .ok_or(Failure::BadPageToken)?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit))
        .collect();
    let (check, last) = bytes.split_at_checked(4).ok_or(Failure::BadPageToken)?;
    if check == &auth::hash(question)[..4] { Ok(Some(last.to_vec())) } else { Err(Failure::BadPageToken) }
}

/// Reads a token of a list that counts its items from the start: how many to pass over.
pub(super) fn read_offset(token: &str, question: &[u8]) -> Result<usize, Failure> {
    let Some(bytes) = read(token, question)? else { return Ok(0) };
    bytes.try_into().ok().and_then(|bytes| usize::try_from(u64::from_be_bytes(bytes)).ok()).ok_or(Failure::BadPageToken)
}

/// The token of the page that begins at `offset`, empty when the list of `length` items ends before.
pub(super) fn next(offset: usize, length: usize, question: &[u8]) -> String {
    if offset < length { token(&(offset as u64).to_be_bytes(), question) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_question() {
        let given = token(b"last", b"states=SUBMITTED");
        assert_eq!(read(&given, b"states=SUBMITTED").unwrap(), Some(b"last".to_vec()));
        assert!(matches!(read(&given, b"states="), Err(Failure::BadPageToken)));
        for bad in ["x", "ab", "é", "0011223"] {
            assert!(matches!(read(bad, b""), Err(Failure::BadPageToken)), "{bad}");
        }
        assert!(matches!(size(-1, 1, 2), Err(Failure::App(_))));
        assert_eq!((size(0, 1, 2).unwrap(), size(9, 1, 2).unwrap()), (1, 2));
    }
}
