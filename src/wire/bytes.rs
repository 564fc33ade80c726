//! Messages as bytes, for whoever carries a call by other means than a channel. Knows no message by name.

use crate::domain::reason::Reason;
use prost::Message;

/// The bytes of a message.
#[must_use]
pub fn encode(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// Reads a message; fails with MALFORMED.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Reason> {
    M::decode(bytes).map_err(|_| Reason::Malformed)
}
