//! API keys of partner agencies: what a key allows, for how long, and how many may be active at
//! once.
//!
//! A key belongs to an account that holds PARTNER_READER or PARTNER_WRITER and allows at most what
//! the account may do: part of its units, campaigns, contracts and calls. Only the hash of its
//! secret is stored.

use crate::domain::access::permission::{Actor, Grant, Role};
use crate::domain::support::ids::{AccountId, CampaignId, ServiceKeyId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::domain::support::violation::Violation;

/// Longest validity of a key, in days.
pub const KEY_DAYS_MAX: i64 = 365;
/// Active keys of one account at most: the one in use and its replacement.
const ACTIVE_KEYS_MAX: usize = 2;

string_enum! {
    /// A call that a key may allow.
    PartnerCall {
        /// Published runs, as they appear.
        Runs = "RUNS",
        /// The standings of a run.
        Standings = "STANDINGS",
        /// Reports of units, sent for review.
        Reports = "REPORTS",
    }
}

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKey {
    /// The id; part of the key's text.
    pub id: ServiceKeyId,
    /// The account that it belongs to.
    pub account: AccountId,
    /// SHA-256 of the key's text.
    pub hash: Vec<u8>,
    /// The key allows this unit and those below.
    pub unit: UnitId,
    /// The key allows only this campaign; `None`: every published one.
    pub campaign: Option<CampaignId>,
    /// The calls that it allows.
    pub allowed_calls: Vec<PartnerCall>,
    /// Codes of the contracts whose reports it may send; none without [`PartnerCall::Reports`].
    pub contracts: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl ServiceKey {
    /// Whether it is valid at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Why a key is not issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIssueError {
    /// It would allow nothing: no call, or the account does not hold the role for it on the unit or
    /// above it: PARTNER_READER to read, PARTNER_WRITER to send reports.
    NothingAllowed,
    /// It may send reports and names no contract, or names one that there is not, or it names
    /// contracts and may send nothing.
    Contracts,
    /// Its validity would be longer than a year, or less than a day.
    InvalidDays,
    /// The account has the maximum number of active keys.
    TooManyActive,
}

impl KeyIssueError {
    /// The violation to report to the caller.
    #[must_use]
    pub fn to_violation(self) -> Violation {
        match self {
            Self::NothingAllowed => Violation::error(
                "KEY_OPENS_NOTHING",
                "unit",
                message!("partner-key-would-open-nothing"),
            ),
            Self::Contracts => Violation::error(
                "KEY_CONTRACTS",
                "contracts",
                message!("partner-key-names-contracts"),
            ),
            Self::InvalidDays => Violation::error(
                "KEY_DAYS",
                "days",
                message!("partner-key-lives-1-days", limit = KEY_DAYS_MAX),
            ),
            Self::TooManyActive => Violation::error(
                "KEYS_ALIVE",
                "account",
                message!("partner-account-keys-alive-revoke", limit = ACTIVE_KEYS_MAX),
            ),
        }
    }
}

/// Checks whether a key for `days` days may be issued in addition to `others`; returns when it
/// expires.
pub fn check_key_issue(
    days: i64,
    reads: &[PartnerCall],
    others: &[ServiceKey],
    now: Timestamp,
) -> Result<Timestamp, KeyIssueError> {
    if reads.is_empty() {
        return Err(KeyIssueError::NothingAllowed);
    }
    if !(1..=KEY_DAYS_MAX).contains(&days) {
        return Err(KeyIssueError::InvalidDays);
    }
    if others.iter().filter(|key| key.is_active(now)).count() >= ACTIVE_KEYS_MAX {
        return Err(KeyIssueError::TooManyActive);
    }
    Ok(now.saturating_add_micros(days * DAY_MICROS))
}

/// The actor of a call with a key: the account with its roles of a partner agency only.
#[must_use]
pub fn build_key_actor(account: AccountId, grants: Vec<Grant>) -> Actor {
    let is_of_partner =
        |grant: &Grant| matches!(grant.role, Role::PartnerReader | Role::PartnerWriter);
    let grants = grants.into_iter().filter(is_of_partner).collect();
    Actor { account, device: None, grants }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expires: Timestamp, revoked: Option<Timestamp>) -> ServiceKey {
        ServiceKey {
            id: ServiceKeyId([1; 16]),
            account: AccountId::from_code("court"),
            hash: vec![0; 32],
            unit: UnitId::from_code("prov-84"),
            campaign: None,
            allowed_calls: vec![PartnerCall::Runs],
            contracts: Vec::new(),
            issued_at: Timestamp(0),
            expires_at: expires,
            revoked_at: revoked,
        }
    }

    #[test]
    fn two_keys_live_at_once_and_a_third_only_when_one_of_them_ended() {
        let now = Timestamp(1_724_000_000_000_000);
        let alive = key(now.saturating_add_micros(1), None);
        let (over, revoked) = (key(now, None), key(now.saturating_add_micros(1), Some(now)));
        let reads = [PartnerCall::Standings];
        assert_eq!(
            check_key_issue(30, &reads, &[alive.clone(), alive.clone()], now),
            Err(KeyIssueError::TooManyActive)
        );
        let until = check_key_issue(30, &reads, &[alive, over, revoked], now);
        assert_eq!(until, Ok(now.saturating_add_micros(30 * DAY_MICROS)));
        for days in [0, -1, KEY_DAYS_MAX + 1] {
            assert_eq!(check_key_issue(days, &reads, &[], now), Err(KeyIssueError::InvalidDays));
        }
        assert_eq!(check_key_issue(1, &[], &[], now), Err(KeyIssueError::NothingAllowed));
    }
}
