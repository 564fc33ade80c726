//! Keys of partner agencies: what one opens, for how long, and how many may live at once.
//!
//! A key belongs to an account that holds PARTNER_READER, and opens no more than the account may: part of its units, part of its
//! campaigns, part of the calls. Knows no secret: only its hash is ever kept.

use super::broken::Broken;
use super::ids::{AccountId, CampaignId, KeyId, UnitId};
use super::permission::{Actor, Grant, Role};
use super::time::{DAY_MICROS, Instant};
use super::worded::worded;

/// Longest life of a key, in days.
pub const KEY_DAYS_MAX: i64 = 365;
/// Keys of one account that may live at once: the one in use and the one that takes its place.
pub const KEYS_ALIVE_MAX: usize = 2;

worded! {
    /// A call that a key may open.
    Read {
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
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of its text.
    pub hash: Vec<u8>,
    /// It opens this unit and those below.
    pub unit: UnitId,
    /// It opens this campaign alone; `None`: every published one.
    pub campaign: Option<CampaignId>,
    /// The calls that it opens.
    pub reads: Vec<Read>,
    /// When it was issued.
    pub issued: Instant,
    /// When it ends.
    pub expires: Instant,
    /// When it was revoked, if it was.
    pub revoked: Option<Instant>,
}

impl ServiceKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_alive(&self, now: Instant) -> bool {
        self.revoked.is_none() && now < self.expires
    }
}

/// Why no key is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// It would open nothing: no call, or the account does not hold PARTNER_READER on the unit or above it.
    OpensNothing,
    /// It would live for longer than a year, or not at all.
    Days,
    /// Two are alive already.
    TooMany,
}

impl NoKey {
    /// What to tell whoever asked for the key.
    #[must_use]
    pub fn broken(self) -> Broken {
        match self {
            Self::OpensNothing => Broken::refuses(
                "KEY_OPENS_NOTHING",
                "unit",
                "Khóa này không mở được gì: tài khoản chưa có vai trò PARTNER_READER ở đơn vị này hoặc cấp trên. Hãy cấp vai trò trước.",
                "This key would open nothing: the account does not hold PARTNER_READER on the unit or above it. Grant the role first.",
            ),
            Self::Days => Broken::refuses(
                "KEY_DAYS",
                "days",
                format!("Khóa sống từ 1 đến {KEY_DAYS_MAX} ngày."),
                format!("A key lives for 1 to {KEY_DAYS_MAX} days."),
            ),
            Self::TooMany => Broken::refuses(
                "KEYS_ALIVE",
                "account",
                format!("Tài khoản đã có {KEYS_ALIVE_MAX} khóa còn hiệu lực. Hãy thu hồi một khóa trước."),
                format!("The account has {KEYS_ALIVE_MAX} keys that are alive. Revoke one of them first."),
            ),
        }
    }
}

/// Looks whether a key of so many days may be issued beside those that the account has.
pub fn may_issue(days: i64, reads: &[Read], others: &[ServiceKey], now: Instant) -> Result<Instant, NoKey> {
    if reads.is_empty() {
        return Err(NoKey::OpensNothing);
    }
    if !(1..=KEY_DAYS_MAX).contains(&days) {
        return Err(NoKey::Days);
    }
    if others.iter().filter(|key| key.is_alive(now)).count() >= KEYS_ALIVE_MAX {
        return Err(NoKey::TooMany);
    }
    Ok(now.plus_micros(days * DAY_MICROS))
}

/// Who acts with a key: the account as a partner agency, and nothing else that it may be.
#[must_use]
pub fn key_actor(account: AccountId, grants: Vec<Grant>) -> Actor {
    let grants = grants.into_iter().filter(|grant| grant.role == Role::PartnerReader).collect();
    Actor { account, device: None, grants }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expires: Instant, revoked: Option<Instant>) -> ServiceKey {
        ServiceKey {
            id: KeyId([1; 16]),
            account: AccountId::named("court"),
            hash: vec![0; 32],
            unit: UnitId::named("prov-84"),
            campaign: None,
            reads: vec![Read::Runs],
            issued: Instant(0),
            expires,
            revoked,
        }
    }

    #[test]
    fn two_keys_live_at_once_and_a_third_only_when_one_of_them_ended() {
        let now = Instant(1_724_000_000_000_000);
        let alive = key(now.plus_micros(1), None);
        let (over, revoked) = (key(now, None), key(now.plus_micros(1), Some(now)));
        let reads = [Read::Standings];
        assert_eq!(may_issue(30, &reads, &[alive.clone(), alive.clone()], now), Err(NoKey::TooMany));
        let until = may_issue(30, &reads, &[alive, over, revoked], now);
        assert_eq!(until, Ok(now.plus_micros(30 * DAY_MICROS)));
        for days in [0, -1, KEY_DAYS_MAX + 1] {
            assert_eq!(may_issue(days, &reads, &[], now), Err(NoKey::Days));
        }
        assert_eq!(may_issue(1, &[], &[], now), Err(NoKey::OpensNothing));
    }
}
