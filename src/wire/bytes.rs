//! Messages as bytes, for whoever carries a call by other means than a channel. Knows no message by name.

use crate::domain::reason::RefusalReason;
use prost::Message;

/// The bytes of a message.
#[must_use]
pub fn encode_message(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// Reads a message; fails with MALFORMED.
pub fn decode_message<M: Message + Default>(bytes: &[u8]) -> Result<M, RefusalReason> {
    M::decode(bytes).map_err(|_| RefusalReason::Malformed)
}
