//! Who sees which report, as the printed rules say it (`docs/ORGANISATION.md`, `tests/permission_table.txt`, `docs/ARCHITECTURE.md`), kept on paper:
//! units with their ends, heirs and parents, roles with their windows. An oracle: it calls none of the product's rules.

use jiff::civil::Date;
use std::collections::BTreeMap;
use thidua::domain::ids::ReportId;
use thidua::domain::permission::Role;

/// A unit: open from its first day until before its last.
#[derive(Debug, Clone)]
pub(crate) struct OracleUnit {
    pub(crate) uid: String,
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// Who takes over at the end.
    pub(crate) successor: Option<usize>,
    /// Under whom since when, oldest first.
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

/// Everything as it is written down.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessOracle {
    pub(crate) units: Vec<OracleUnit>,
    /// For which unit, and whether it was sent.
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

impl AccessOracle {
    fn parent(&self, unit: usize, day: Date) -> Option<usize> {
        self.units[unit]
            .parents
            .iter()
            .rev()
            .find(|(since, _)| *since <= day)
            .map(|(_, parent)| *parent)
    }

    /// A closed unit is followed by its heir, a dissolved one by its last parent.
    pub(crate) fn acting_unit(&self, unit: usize, day: Date) -> usize {
        let line = &self.units[unit];
        if day < line.to {
            return unit;
        }
        let next = line.successor.or_else(|| self.parent(unit, line.to.yesterday().unwrap()));
        next.map_or(unit, |next| self.acting_unit(next, day))
    }

    /// The unit itself, or who stands for it; and everybody above.
    fn unit_and_ancestors(&self, unit: usize, day: Date) -> (Vec<usize>, Vec<usize>) {
        let acting = self.acting_unit(unit, day);
        let (mut ancestors, mut at) = (Vec::new(), acting);
        while let Some(parent) = self.parent(at, day) {
            ancestors.push(parent);
            at = parent;
        }
        (vec![unit, acting], ancestors)
    }

    /// Where a role is held today: whoever worked for a unit that closed, or was to begin there, works for its successor.
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

    /// Whether a phone of somebody with these roles holds the report after a sync: a draft only at the desk that may finish it, what was
    /// sent also wherever it hangs.
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

    /// Whether somebody with these roles may ask for the report.
    pub(crate) fn is_readable(&self, all: &[OracleGrant], report: ReportId, day: Date) -> bool {
        let (unit, sent) = self.reports[&report];
        let (own, ancestors) = self.unit_and_ancestors(unit, day);
        self.roles_on(all, day).any(|(role, unit_of_role)| {
            let at_home = DESK_ROLES.contains(&role) && own.contains(&unit_of_role);
            let over = REVIEWING_ROLES.contains(&role)
                && (own.contains(&unit_of_role) || ancestors.contains(&unit_of_role));
            at_home || (sent && over)
        })
    }

    /// Whether what was published of the unit is told to somebody with these roles: of the province and the districts of that day to everybody
    /// for whom the scope of what is published opens, of any unit to itself and to those above who review or lead.
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

    /// Whether somebody with these roles sees a question to the unit: the unit itself at once, those above when it is shared.
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

    /// Whether somebody has any role at the report's unit or above it.
    pub(crate) fn is_related(&self, all: &[OracleGrant], report: ReportId, day: Date) -> bool {
        let (own, ancestors) = self.unit_and_ancestors(self.reports[&report].0, day);
        self.roles_on(all, day).any(|(_, unit_of_role)| {
            own.contains(&unit_of_role) || ancestors.contains(&unit_of_role)
        })
    }

    /// Whether administrators among these roles stand over every place of somebody with those.
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

    /// Whether any role of today opens the organisation's names.
    pub(crate) fn knows_names(&self, all: &[OracleGrant], day: Date) -> bool {
        self.roles_on(all, day).any(|(role, _)| SYNCED_ROLES.contains(&role))
    }
}
