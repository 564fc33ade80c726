//! Indexes of an organisation's facts: by id, text code, official code, parent, child and lineage.
//!
//! The facts may break rules: the check uses the index too.

use super::{DaySpan, Hierarchy, OfficialCode, OrgFacts};
use crate::domain::support::ids::UnitId;
use rustc_hash::FxHashMap as HashMap;

type UnitsByValidity = HashMap<(Hierarchy, UnitId), Vec<(DaySpan, UnitId)>>;

#[derive(Default)]
pub(super) struct OrgIndex {
    /// Index of a unit in the list of facts.
    pub(super) units: HashMap<UnitId, usize>,
    /// Text codes, aliases included.
    pub(super) uids: HashMap<String, UnitId>,
    pub(super) codes: HashMap<OfficialCode, Vec<(DaySpan, UnitId)>>,
    pub(super) parents: UnitsByValidity,
    pub(super) children: UnitsByValidity,
    /// Indexes of lineage lines by their predecessor.
    pub(super) lineage_from: HashMap<UnitId, Vec<usize>>,
    /// Indexes of lineage lines by their successor.
    pub(super) lineage_to: HashMap<UnitId, Vec<usize>>,
}

impl OrgIndex {
    pub(super) fn build(facts: &OrgFacts) -> Self {
        let mut index = Self::default();
        for (at, unit) in facts.units.iter().enumerate() {
            index.units.insert(unit.id, at);
            for uid in std::iter::once(&unit.uid).chain(&unit.aliases) {
                index.uids.insert(uid.clone(), unit.id);
            }
            for version in &unit.versions {
                let Some(code) = &version.code else { continue };
                index.codes.entry(code.clone()).or_default().push((version.days, unit.id));
            }
        }
        for edge in &facts.edges {
            index
                .parents
                .entry((edge.hierarchy, edge.child))
                .or_default()
                .push((edge.days, edge.parent));
            index
                .children
                .entry((edge.hierarchy, edge.parent))
                .or_default()
                .push((edge.days, edge.child));
        }
        for (at, line) in facts.lineage.iter().enumerate() {
            index.lineage_from.entry(line.from).or_default().push(at);
            index.lineage_to.entry(line.to).or_default().push(at);
        }
        index
    }
}
