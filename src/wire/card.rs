//! Converts printed cards.

use crate::domain::access::enrolment::CardState;
use crate::domain::support::reason::RefusalReason;
use crate::pb;

/// Converts what became of a card.
#[must_use]
pub fn card_state_to_proto(state: CardState) -> pb::CardState {
    match state {
        CardState::Unused => pb::CardState::Unused,
        CardState::Used => pb::CardState::Used,
        CardState::Expired => pb::CardState::Expired,
        CardState::Revoked => pb::CardState::Revoked,
    }
}

/// Converts what became of a card; the unspecified value and unknown values are MALFORMED.
pub fn card_state_from_proto(number: i32) -> Result<CardState, RefusalReason> {
    match pb::CardState::try_from(number) {
        Ok(pb::CardState::Unused) => Ok(CardState::Unused),
        Ok(pb::CardState::Used) => Ok(CardState::Used),
        Ok(pb::CardState::Expired) => Ok(CardState::Expired),
        Ok(pb::CardState::Revoked) => Ok(CardState::Revoked),
        Ok(pb::CardState::Unspecified) | Err(_) => Err(RefusalReason::Malformed),
    }
}
