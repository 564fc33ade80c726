//! The second factor of desk accounts: who needs one, and what a sign-in presents.

use super::permission::{Grant, Role};
use jiff::civil::Date;

/// Roles whose accounts sign in at a desk only with a second factor: they give rights to others, or
/// decide on a campaign.
pub const SECOND_FACTOR_ROLES: [Role; 2] = [Role::Admin, Role::CouncilSecretary];

/// Whether the authority requires a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecondFactorPolicy {
    /// Of accounts with one of [`SECOND_FACTOR_ROLES`], and of those that enrolled one.
    #[default]
    Required,
    /// Of nobody: for tests and demonstrations.
    Off,
}

/// What a sign-in presents beside the password, compared with the account's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedFactor {
    /// Nothing.
    Missing,
    /// A text that is neither a code of this time nor a recovery code.
    Wrong,
    /// The code of this time step.
    Step(i64),
    /// A recovery code, by its SHA-256.
    RecoveryCode([u8; 32]),
}

/// A second factor that an account is to have from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedFactor {
    /// From it and the server's secret the secret of the codes is derived.
    pub salt: [u8; 16],
    /// The SHA-256 of each recovery code.
    pub recovery_hashes: Vec<[u8; 32]>,
    /// The step of the code that confirmed it; a sign-in needs a later one.
    pub step: i64,
}

/// Whether an account with these grants needs a second factor: it holds one of
/// [`SECOND_FACTOR_ROLES`] today or later.
#[must_use]
pub fn needs_second_factor(grants: &[Grant], today: Date) -> bool {
    grants.iter().any(|grant| SECOND_FACTOR_ROLES.contains(&grant.role) && today < grant.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::ids::UnitId;
    use jiff::civil::date;

    #[test]
    fn an_administrator_and_a_secretary_need_one_until_the_role_ends_and_nobody_else_does() {
        let grant = |role| Grant {
            role,
            unit: UnitId::from_code("prov-84"),
            from: date(2024, 9, 1),
            to: date(2024, 10, 1),
        };
        for role in Role::ALL {
            let expected = matches!(role, Role::Admin | Role::CouncilSecretary);
            assert_eq!(
                needs_second_factor(&[grant(role)], date(2024, 9, 30)),
                expected,
                "{role:?}"
            );
        }
        let (reporter, admin) = (grant(Role::Reporter), grant(Role::Admin));
        assert!(needs_second_factor(&[reporter, admin], date(2024, 8, 1)), "before it begins");
        assert!(!needs_second_factor(&[reporter, admin], date(2024, 10, 1)), "after its end");
        assert!(!needs_second_factor(&[], date(2024, 9, 1)));
    }
}
