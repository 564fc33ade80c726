//! Who sees which report by the documented rules (`docs/ORGANISATION.md`,
//! `tests/permission_table.txt`, `docs/ARCHITECTURE.md`): units with their ends, successors and
//! parents, roles with their windows. An oracle: it calls none of the product's rules.

use jiff::civil::Date;
use std::collections::BTreeMap;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::ReportId;

/// A unit: open from its first day until before its last.
#[derive(Debug, Clone)]
pub(crate) struct OracleUnit {
    pub(crate) uid: String,
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// The unit that takes over at the end.
    pub(crate) successor: Option<usize>,
    /// The parents with their first days, oldest first.
    pub(crate) parents: Vec<(Date, usize)>,
}

/// A role on a unit, from a day until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OracleGrant {
    pub(crate) role: Role,
    pub(crate) unit: usize,
    pub(crate) from: Date,
    pub(crate) to: Date,
}

/// All units and reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessOracle {
    pub(crate) units: Vec<OracleUnit>,
    /// The unit of each report, and whether it was sent.
    pub(crate) reports: BTreeMap<ReportId, (usize, bool)>,
}

const DESK_ROLES: [Role; 2] = [Role::Reporter, Role::UnitHead];
const SYNCED_ROLES: [Role; 6] = [
    Role::Reporter,
    Role::UnitHead,
    Role::Reviewer,
    Role::CampaignHead,
    Role::CouncilSecretary,
    Role::DataSteward,
];
const REVIEWING_ROLES: [Role; 2] = [Role::Reviewer, Role::CampaignHead];
/// Whose phone at a unit holds the sent reports of the units below, and who may read them by rpc.
const READING_ROLES: [Role; 4] =
    [Role::UnitHead, Role::Reviewer, Role::CampaignHead, Role::DataSteward];

impl AccessOracle {
    fn parent(&self, unit: usize, day: Date) -> Option<usize> {
        self.units[unit]
            .parents
            .iter()
            .rev()
            .find(|(since, _)| *since <= day)
            .map(|(_, parent)| *parent)
    }

    /// The unit that acts for a closed one: its successor; for a dissolved one its last parent.
    pub(crate) fn acting_unit(&self, unit: usize, day: Date) -> usize {
        let unit_entry = &self.units[unit];
        if day < unit_entry.to {
            return unit;
        }
        let next =
            unit_entry.successor.or_else(|| self.parent(unit, unit_entry.to.yesterday().unwrap()));
        next.map_or(unit, |next| self.acting_unit(next, day))
    }

    /// The unit itself and its acting unit; and all units above.
    fn unit_and_ancestors(&self, unit: usize, day: Date) -> (Vec<usize>, Vec<usize>) {
        let acting = self.acting_unit(unit, day);
        let (mut ancestors, mut at) = (Vec::new(), acting);
        while let Some(parent) = self.parent(at, day) {
            ancestors.push(parent);
            at = parent;
        }
        (vec![unit, acting], ancestors)
    }

    /// The unit of a role today: roles on a closed unit belong to its successor, also those that
    /// begin later.
    pub(crate) fn acting_unit_of(&self, held: &OracleGrant, day: Date) -> usize {
        self.acting_unit(held.unit, day)
    }

    fn roles_on<'a>(
        &'a self,
        all: &'a [OracleGrant],
        day: Date,
    ) -> impl Iterator<Item = (Role, usize)> + 'a {
        let holds = move |held: &&OracleGrant| held.from <= day && day < held.to;
        all.iter().filter(holds).map(move |held| (held.role, self.acting_unit_of(held, day)))
    }

    /// Whether a phone with these roles holds the report after a sync: a draft only at the acting
    /// unit, a sent report also at all units above.
    pub(crate) fn is_synced(&self, all: &[OracleGrant], report: ReportId, day: Date) -> bool {
        let (unit, sent) = self.reports[&report];
        let (own, ancestors) = self.unit_and_ancestors(unit, day);
        self.roles_on(all, day).any(|(role, unit_of_role)| {
            if sent {
                SYNCED_ROLES.contains(&role)
                    && (own.contains(&unit_of_role) || ancestors.contains(&unit_of_role))
            } else {
                DESK_ROLES.contains(&role) && unit_of_role == own[1]
            }
        })
    }

    /// Whether a caller with these roles may read the report.
    pub(crate) fn is_readable(&self, all: &[OracleGrant], report: ReportId, day: Date) -> bool {
        let (unit, sent) = self.reports[&report];
        let (own, ancestors) = self.unit_and_ancestors(unit, day);
        self.roles_on(all, day).any(|(role, unit_of_role)| {
            let at_home = DESK_ROLES.contains(&role) && own.contains(&unit_of_role);
            let over = READING_ROLES.contains(&role)
                && (own.contains(&unit_of_role) || ancestors.contains(&unit_of_role));
            at_home || (sent && over)
        })
    }

    /// Whether a caller with these roles may read the unit's published standing: those of the
    /// province and of the day's districts are visible in the published scope, those of any unit to
    /// itself and to reviewers above.
    pub(crate) fn sees_standing(
        &self,
        all: &[OracleGrant],
        unit: usize,
        is_published: bool,
        day: Date,
    ) -> bool {
        let (own, ancestors) = self.unit_and_ancestors(unit, day);
        self.roles_on(all, day).any(|(role, unit_of_role)| {
            let everybodys =
                is_published && (SYNCED_ROLES.contains(&role) || role == Role::Auditor);
            let over = REVIEWING_ROLES.contains(&role)
                && (own.contains(&unit_of_role) || ancestors.contains(&unit_of_role));
            everybodys || over || DESK_ROLES.contains(&role) && own.contains(&unit_of_role)
        })
    }

    /// Whether a caller with these roles sees a finding of the unit: the unit itself at once, units
    /// above when it is shared.
    pub(crate) fn sees_question(
        &self,
        all: &[OracleGrant],
        unit: usize,
        shared: bool,
        day: Date,
    ) -> bool {
        let (own, ancestors) = self.unit_and_ancestors(unit, day);
        self.roles_on(all, day).any(|(role, unit_of_role)| {
            let reviews = REVIEWING_ROLES.contains(&role);
            (DESK_ROLES.contains(&role) || reviews) && own.contains(&unit_of_role)
                || shared && reviews && ancestors.contains(&unit_of_role)
        })
    }

    /// Whether the caller has any role on the report's unit or above it.
    pub(crate) fn is_related(&self, all: &[OracleGrant], report: ReportId, day: Date) -> bool {
        let (own, ancestors) = self.unit_and_ancestors(self.reports[&report].0, day);
        self.roles_on(all, day).any(|(_, unit_of_role)| {
            own.contains(&unit_of_role) || ancestors.contains(&unit_of_role)
        })
    }

    /// Whether an administrator among these roles stands above every unit of the other's roles.
    pub(crate) fn administers(
        &self,
        all: &[OracleGrant],
        whose: &[OracleGrant],
        day: Date,
    ) -> bool {
        let admins: Vec<usize> = self
            .roles_on(all, day)
            .filter(|(role, _)| *role == Role::Admin)
            .map(|(_, unit_of_role)| unit_of_role)
            .collect();
        whose.iter().all(|held| {
            let (own, ancestors) = self.unit_and_ancestors(held.unit, day);
            admins.iter().any(|admin| own.contains(admin) || ancestors.contains(admin))
        })
    }

    /// Whether any role of today gives access to the organisation's names.
    pub(crate) fn knows_names(&self, all: &[OracleGrant], day: Date) -> bool {
        self.roles_on(all, day).any(|(role, _)| SYNCED_ROLES.contains(&role))
    }
}
