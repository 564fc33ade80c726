//! An organisation kept twice, in the oracle and in the product, and its random changes.

use crate::access_oracle::{AccessOracle, OracleUnit};
use jiff::civil::Date;
use thidua::domain::org::{
    DaySpan, Hierarchy, Org, OrgAction, OrgChange, OrgFacts, Unit, UnitDescription, UnitKind,
    UnitParent, UnitVersion,
};
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::time::Timestamp;

const COMMUNES: usize = 5;

fn unit_description(uid: &str, kind: UnitKind) -> UnitDescription {
    UnitDescription {
        name: format!("Đơn vị {uid}"),
        kind,
        local_kind: "xa".to_owned(),
        code: None,
        note: String::new(),
    }
}

/// The organisation twice: in the oracle and in the product.
pub(crate) struct MirroredOrg {
    pub(crate) oracle: AccessOracle,
    pub(crate) org: Org,
    pub(crate) communes: Vec<usize>,
    pub(crate) districts: Vec<usize>,
}

impl MirroredOrg {
    /// A province, two districts, a few communes.
    pub(crate) fn new() -> Self {
        let mut oracle = AccessOracle::default();
        let mut facts = OrgFacts::default();
        let mut add = |uid: String, kind, parent: Option<usize>| {
            let UnitDescription { name, kind, local_kind, code, note } =
                unit_description(&uid, kind);
            facts.units.push(Unit::new(
                &uid,
                UnitVersion { days: DaySpan::ALWAYS, name, kind, local_kind, code, note },
            ));
            if let Some(parent) = parent {
                let (child, parent) =
                    (UnitId::from_code(&uid), UnitId::from_code(&oracle.units[parent].uid));
                facts.edges.push(UnitParent {
                    child,
                    parent,
                    hierarchy: Hierarchy::Command,
                    days: DaySpan::ALWAYS,
                });
            }
            let parents = parent.map(|parent| (Date::MIN, parent)).into_iter().collect();
            oracle.units.push(OracleUnit {
                uid,
                from: Date::MIN,
                to: Date::MAX,
                successor: None,
                parents,
            });
            oracle.units.len() - 1
        };
        // The example's campaign belongs to this province.
        let province = add("prov-84".into(), UnitKind::Province, None);
        let districts: Vec<usize> =
            (0..2).map(|at| add(format!("d{at}"), UnitKind::District, Some(province))).collect();
        let communes = (0..COMMUNES)
            .map(|at| add(format!("c{at}"), UnitKind::Commune, Some(districts[at % 2])))
            .collect();
        Self { oracle, org: Org::new(facts).unwrap(), communes, districts }
    }

    pub(crate) fn open_units(&self, list: &[usize], day: Date) -> Vec<usize> {
        list.iter()
            .copied()
            .filter(|at| self.oracle.units[*at].from <= day && day < self.oracle.units[*at].to)
            .collect()
    }

    pub(crate) fn id(&self, unit: usize) -> UnitId {
        UnitId::from_code(&self.oracle.units[unit].uid)
    }

    /// Changes the organisation on this day: two communes merge into a new one, one merges into
    /// another, one moves to another district, or a district is dissolved.
    pub(crate) fn apply_org_change(&mut self, day: Date, (kind, a, b): (u8, usize, usize)) {
        let (communes, districts) =
            (self.open_units(&self.communes, day), self.open_units(&self.districts, day));
        let (one, two) = (communes[a % communes.len()], communes[b % communes.len()]);
        let actions = match kind {
            0 | 1 if one != two => self.merge_into_new(day, [one, two]),
            2 if one != two => {
                (self.oracle.units[one].to, self.oracle.units[one].successor) = (day, Some(two));
                vec![OrgAction::Merge { from: vec![self.id(one)], into: self.id(two) }]
            }
            3 | 4 if !districts.is_empty() => {
                vec![self.reparent(day, one, districts[b % districts.len()])]
            }
            5 if !districts.is_empty() => {
                self.dissolve_district(day, districts[b % districts.len()], &communes)
            }
            _ => return,
        };
        let change = |action| OrgChange {
            effective_day: day,
            legal_basis: format!("NQ {day}"),
            recorded_at: Timestamp(0),
            action,
        };
        let changes: Vec<OrgChange> = actions.into_iter().map(change).collect();
        self.org = self
            .org
            .apply_changes(&changes)
            .unwrap_or_else(|found| panic!("{changes:?}: {}", found[0].violation));
    }

    /// Merges two communes into a new one under the first one's parent.
    fn merge_into_new(&mut self, day: Date, merged: [usize; 2]) -> Vec<OrgAction> {
        let parent = self.oracle.units[merged[0]].parents.last().unwrap().1;
        let (uid, new) = (format!("n{}", self.oracle.units.len()), self.oracle.units.len());
        self.oracle.units.push(OracleUnit {
            uid: uid.clone(),
            from: day,
            to: Date::MAX,
            successor: None,
            parents: vec![(day, parent)],
        });
        self.communes.push(new);
        for closed in merged {
            (self.oracle.units[closed].to, self.oracle.units[closed].successor) = (day, Some(new));
        }
        let unit = unit_description(&uid, UnitKind::Commune);
        let parents = vec![(Hierarchy::Command, self.id(parent))];
        vec![
            OrgAction::Create { uid, unit, parents },
            OrgAction::Merge { from: merged.map(|one| self.id(one)).to_vec(), into: self.id(new) },
        ]
    }

    fn reparent(&mut self, day: Date, unit: usize, parent: usize) -> OrgAction {
        self.oracle.units[unit].parents.push((day, parent));
        OrgAction::Reparent {
            unit: self.id(unit),
            hierarchy: Hierarchy::Command,
            parent: Some(self.id(parent)),
        }
    }

    /// Dissolves a district; its communes move under the province.
    fn dissolve_district(
        &mut self,
        day: Date,
        district: usize,
        communes: &[usize],
    ) -> Vec<OrgAction> {
        let mut actions = Vec::new();
        for child in communes {
            if self.oracle.units[*child].parents.last().unwrap().1 == district {
                actions.push(self.reparent(day, *child, 0));
            }
        }
        self.oracle.units[district].to = day;
        actions.push(OrgAction::Dissolve { unit: self.id(district) });
        actions
    }
}
