//! Encodes and decodes messages, for calls that do not go through a gRPC channel.

use crate::domain::support::reason::RefusalReason;
use prost::Message;

/// Encodes a message.
#[must_use]
pub fn encode_message(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// Decodes a message; fails with MALFORMED.
pub fn decode_message<M: Message + Default>(bytes: &[u8]) -> Result<M, RefusalReason> {
    M::decode(bytes).map_err(|_| RefusalReason::Malformed)
}
