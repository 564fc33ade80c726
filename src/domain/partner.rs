//! Keys of partner agencies: what one opens, for how long, and how many may live at once.
//!
//! A key belongs to an account that holds PARTNER_READER, and opens no more than the account may: part of its units, part of its
//! campaigns, part of the calls. Knows no secret: only its hash is ever kept.

use super::ids::{AccountId, CampaignId, ServiceKeyId, UnitId};
use super::permission::{Actor, Grant, Role};
use super::string_enum::string_enum;
use super::time::{DAY_MICROS, Timestamp};
use super::violation::Violation;

/// Longest life of a key, in days.
pub const KEY_DAYS_MAX: i64 = 365;
/// Keys of one account that may live at once: the one in use and the one that takes its place.
pub const ACTIVE_KEYS_MAX: usize = 2;

string_enum! {
    /// A call that a key may open.
    PartnerCall {
        /// Published runs, as they appear.
        Runs = "RUNS",
        /// The standings of a run.
        Standings = "STANDINGS",
    }
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKey {
    /// Names it; stands in its text.
    pub id: ServiceKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of its text.
    pub hash: Vec<u8>,
    /// It opens this unit and those below.
    pub unit: UnitId,
    /// It opens this campaign alone; `None`: every published one.
    pub campaign: Option<CampaignId>,
    /// The calls that it opens.
    pub allowed_calls: Vec<PartnerCall>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl ServiceKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Why no key is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIssueError {
    /// It would open nothing: no call, or the account does not hold PARTNER_READER on the unit or above it.
    NothingAllowed,
    /// It would live for longer than a year, or not at all.
    InvalidDays,
    /// Two are alive already.
    TooManyActive,
}

impl KeyIssueError {
    /// What to tell whoever asked for the key.
    #[must_use]
    pub fn to_violation(self) -> Violation {
        match self {
            Self::NothingAllowed => Violation::error(
                "KEY_OPENS_NOTHING",
                "unit",
                "Khóa này không mở được gì: tài khoản chưa có vai trò PARTNER_READER ở đơn vị này hoặc cấp trên. Hãy cấp vai trò trước.",
                "This key would open nothing: the account does not hold PARTNER_READER on the unit or above it. Grant the role first.",
            ),
            Self::InvalidDays => Violation::error(
                "KEY_DAYS",
                "days",
                format!("Khóa sống từ 1 đến {KEY_DAYS_MAX} ngày."),
                format!("A key lives for 1 to {KEY_DAYS_MAX} days."),
            ),
            Self::TooManyActive => Violation::error(
                "KEYS_ALIVE",
                "account",
                format!(
                    "Tài khoản đã có {ACTIVE_KEYS_MAX} khóa còn hiệu lực. Hãy thu hồi một khóa trước."
                ),
                format!(
                    "The account has {ACTIVE_KEYS_MAX} keys that are alive. Revoke one of them first."
                ),
            ),
        }
    }
}

/// Looks whether a key of so many days may be issued beside those that the account has.
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

/// Who acts with a key: the account as a partner agency, and nothing else that it may be.
#[must_use]
pub fn build_key_actor(account: AccountId, grants: Vec<Grant>) -> Actor {
    let grants = grants.into_iter().filter(|grant| grant.role == Role::PartnerReader).collect();
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
