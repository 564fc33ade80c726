//! The scopes that an account's grants make visible.
//!
//! A record's scope is decided where the record is written. Partner agencies get no scope: they
//! read published results with small figures suppressed, which a scope cannot do.

use crate::domain::access::permission::{Actor, Role};
use crate::domain::access::scope::Scope;
use crate::domain::support::ids::CampaignId;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The scopes that one actor may read today. Only [`compute_visible_scopes`] creates one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisibleScopes {
    scopes: BTreeSet<Scope>,
}

impl VisibleScopes {
    /// The scopes in order.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.scopes.iter().copied()
    }

    /// Whether `scope` may be read.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// The scopes that the actor's grants make visible on `today`, given the launched campaigns.
#[must_use]
pub fn compute_visible_scopes(
    actor: &Actor,
    campaigns: &[CampaignId],
    today: Date,
) -> VisibleScopes {
    let mut scopes = BTreeSet::new();
    for grant in actor.active_grants_on(today) {
        let inside = match grant.role {
            Role::Reporter | Role::UnitHead => {
                scopes.extend([Scope::desk(grant.unit), Scope::work(grant.unit)]);
                scopes.insert(Scope::participation(grant.unit));
                true
            }
            Role::Reviewer | Role::CampaignHead | Role::CouncilSecretary | Role::DataSteward => {
                scopes.extend([Scope::work(grant.unit), Scope::participation(grant.unit)]);
                true
            }
            Role::System => true,
            Role::Auditor => false,
            Role::PartnerReader | Role::PartnerWriter | Role::Admin => continue,
        };
        if inside {
            scopes.insert(Scope::REFERENCE);
        }
        scopes.extend(campaigns.iter().map(|campaign| Scope::published(*campaign)));
    }
    VisibleScopes { scopes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::permission::Grant;
    use crate::domain::support::ids::{AccountId, UnitId};
    use jiff::civil::date;

    #[test]
    fn a_reporter_reads_desk_work_reference_and_published_and_a_partner_no_scope() {
        let unit = UnitId::from_code("com");
        let campaign = CampaignId::from_code("A");
        let held = |role| Actor {
            account: AccountId::from_code("a"),
            device: None,
            grants: vec![Grant { role, unit, from: Date::MIN, to: Date::MAX }],
        };
        let seen = compute_visible_scopes(&held(Role::Reporter), &[campaign], date(2024, 9, 1));
        let all = [
            Scope::REFERENCE,
            Scope::work(unit),
            Scope::desk(unit),
            Scope::published(campaign),
            Scope::participation(unit),
        ];
        assert_eq!(seen.scopes().collect::<Vec<_>>(), all);
        let partner =
            compute_visible_scopes(&held(Role::PartnerReader), &[campaign], date(2024, 9, 1));
        assert_eq!(partner.scopes().collect::<Vec<_>>(), []);
    }
}
