//! Who sees which report, as the printed rules say it (`docs/ORGANISATION.md`, `tests/who_may_what.txt`, `docs/ARCHITECTURE.md`), kept on paper:
//! units with their ends, heirs and parents, roles with their windows. An oracle: it calls none of the product's rules.

use jiff::civil::Date;
use std::collections::BTreeMap;
use thidua::domain::ids::ReportId;
use thidua::domain::permission::Role;

/// A unit: open from its first day until before its last.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) uid: String,
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// Who takes over at the end.
    pub(crate) heir: Option<usize>,
    /// Under whom since when, oldest first.
    pub(crate) parents: Vec<(Date, usize)>,
}

/// A role on a unit, from a day until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) role: Role,
    pub(crate) unit: usize,
    pub(crate) from: Date,
    pub(crate) to: Date,
}

/// Everything as it is written down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paper {
    pub(crate) units: Vec<Unit>,
    /// For which unit, and whether it was sent.
    pub(crate) reports: BTreeMap<ReportId, (usize, bool)>,
}

const DESK: [Role; 2] = [Role::Reporter, Role::UnitHead];
const SYNCED: [Role; 6] =
    [Role::Reporter, Role::UnitHead, Role::Reviewer, Role::CampaignHead, Role::CouncilSecretary, Role::DataSteward];
const READING_ABOVE: [Role; 2] = [Role::Reviewer, Role::CampaignHead];

impl Paper {
    fn parent(&self, unit: usize, day: Date) -> Option<usize> {
        self.units[unit].parents.iter().rev().find(|(since, _)| *since <= day).map(|(_, parent)| *parent)
    }

    /// A closed unit is followed by its heir, a dissolved one by its last parent.
    pub(crate) fn stands_for(&self, unit: usize, day: Date) -> usize {
        let line = &self.units[unit];
        if day < line.to {
            return unit;
        }
        let next = line.heir.or_else(|| self.parent(unit, line.to.yesterday().unwrap()));
        next.map_or(unit, |next| self.stands_for(next, day))
    }

    /// The unit itself, or who stands for it; and everybody above.
    fn near(&self, unit: usize, day: Date) -> (Vec<usize>, Vec<usize>) {
        let acting = self.stands_for(unit, day);
        let (mut above, mut at) = (Vec::new(), acting);
        while let Some(parent) = self.parent(at, day) {
            above.push(parent);
            at = parent;
        }
        (vec![unit, acting], above)
    }

    /// Where a role is held today: whoever worked for a unit that closed, or was to begin there, works for its successor.
    pub(crate) fn place(&self, held: &Held, day: Date) -> usize {
        self.stands_for(held.unit, day)
    }

    fn today<'a>(&'a self, all: &'a [Held], day: Date) -> impl Iterator<Item = (Role, usize)> + 'a {
        let holds = move |held: &&Held| held.from <= day && day < held.to;
        all.iter().filter(holds).map(move |held| (held.role, self.place(held, day)))
    }

    /// Whether a phone of somebody with these roles holds the report after a sync: a draft only at the desk that may finish it, what was
    /// sent also wherever it hangs.
    pub(crate) fn synced(&self, all: &[Held], report: ReportId, day: Date) -> bool {
        let (unit, sent) = self.reports[&report];
        let (own, above) = self.near(unit, day);
        self.today(all, day).any(|(role, place)| {
            if sent {
                SYNCED.contains(&role) && (own.contains(&place) || above.contains(&place))
            } else {
                DESK.contains(&role) && place == own[1]
            }
        })
    }

    /// Whether somebody with these roles may ask for the report.
    pub(crate) fn readable(&self, all: &[Held], report: ReportId, day: Date) -> bool {
        let (unit, sent) = self.reports[&report];
        let (own, above) = self.near(unit, day);
        self.today(all, day).any(|(role, place)| {
            let at_home = DESK.contains(&role) && own.contains(&place);
            let over = READING_ABOVE.contains(&role) && (own.contains(&place) || above.contains(&place));
            at_home || (sent && over)
        })
    }

    /// Whether what was published of the unit is told to somebody with these roles: of the province and the districts of that day to everybody
    /// for whom the scope of what is published opens, of any unit to itself and to those above who review or lead.
    pub(crate) fn told_of(&self, all: &[Held], unit: usize, is_published: bool, day: Date) -> bool {
        let (own, above) = self.near(unit, day);
        self.today(all, day).any(|(role, place)| {
            let everybodys = is_published && (SYNCED.contains(&role) || role == Role::Auditor);
            let over = READING_ABOVE.contains(&role) && (own.contains(&place) || above.contains(&place));
            everybodys || over || DESK.contains(&role) && own.contains(&place)
        })
    }

    /// Whether somebody with these roles sees a question to the unit: the unit itself at once, those above when it is shared.
    pub(crate) fn sees_question(&self, all: &[Held], unit: usize, shared: bool, day: Date) -> bool {
        let (own, above) = self.near(unit, day);
        self.today(all, day).any(|(role, place)| {
            let reviews = READING_ABOVE.contains(&role);
            (DESK.contains(&role) || reviews) && own.contains(&place) || shared && reviews && above.contains(&place)
        })
    }

    /// Whether somebody has any role at the report's unit or above it.
    pub(crate) fn related(&self, all: &[Held], report: ReportId, day: Date) -> bool {
        let (own, above) = self.near(self.reports[&report].0, day);
        self.today(all, day).any(|(_, place)| own.contains(&place) || above.contains(&place))
    }

    /// Whether administrators among these roles stand over every place of somebody with those.
    pub(crate) fn administers(&self, all: &[Held], whose: &[Held], day: Date) -> bool {
        let admins: Vec<usize> =
            self.today(all, day).filter(|(role, _)| *role == Role::Admin).map(|(_, place)| place).collect();
        whose.iter().all(|held| {
            let (own, above) = self.near(held.unit, day);
            admins.iter().any(|admin| own.contains(admin) || above.contains(admin))
        })
    }

    /// Whether any role of today opens the organisation's names.
    pub(crate) fn knows_names(&self, all: &[Held], day: Date) -> bool {
        self.today(all, day).any(|(role, _)| SYNCED.contains(&role))
    }
}
