//! Random organisations in two or three tiers, with mergers, splits, absorptions, dissolutions and
//! reparenting.

use crate::world::OrgDraft;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use thidua::domain::org::{DaySpan, Org, UnitKind};

/// The first day of every random campaign, a Monday.
pub(crate) const FIRST: Date = date(2026, 1, 5);
/// The province that owns it.
pub(crate) const OWNER: &str = "p";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// Two communes become a new one.
    Merge(usize, usize),
    /// The second takes in the first and keeps its code.
    Absorb(usize, usize),
    /// A commune becomes two new ones, the first with this many sevenths.
    Split(usize, i128),
    /// A commune gives a part to a new one and stays.
    SplitOff(usize, i128),
    /// A commune ends and nobody follows it.
    Dissolve(usize),
    /// A commune gets another district, or the province.
    Move(usize, usize),
    /// A district ends; its communes come below the province.
    CloseDistrict(usize),
    /// A new commune.
    Create(usize),
    /// The province becomes part of a new one.
    MergeProvince,
}

#[derive(Debug, Clone)]
pub(crate) struct OrgPlan {
    pub(crate) districts: usize,
    pub(crate) communes: usize,
    /// Each change with the days since the one before.
    pub(crate) changes: Vec<(i64, Change)>,
}

pub(crate) fn org_strategy() -> impl Strategy<Value = OrgPlan> {
    let at = || 0_usize..8;
    let change = prop_oneof![
        4 => (at(), at()).prop_map(|(one, two)| Change::Merge(one, two)),
        3 => (at(), at()).prop_map(|(one, two)| Change::Absorb(one, two)),
        2 => (at(), 1_i128..7).prop_map(|(one, weight)| Change::Split(one, weight)),
        2 => (at(), 1_i128..7).prop_map(|(one, weight)| Change::SplitOff(one, weight)),
        2 => at().prop_map(Change::Dissolve),
        2 => (at(), at()).prop_map(|(one, two)| Change::Move(one, two)),
        2 => at().prop_map(Change::CloseDistrict),
        1 => at().prop_map(Change::Create),
        1 => Just(Change::MergeProvince),
    ];
    let changes = prop::collection::vec((1_i64..45, change), 0..4);
    (0_usize..3, 3_usize..6, changes).prop_map(|(districts, communes, changes)| OrgPlan {
        districts,
        communes,
        changes,
    })
}

/// A unit that is alive, with its present parent and since when.
#[derive(Debug, Clone)]
struct Living {
    uid: String,
    kind: UnitKind,
    from: Date,
    parent: Option<(String, Date)>,
}

#[derive(Default)]
struct Builder {
    draft: OrgDraft,
    living: Vec<Living>,
    made: usize,
}

impl OrgPlan {
    pub(crate) fn build(&self) -> Org {
        let mut builder = Builder::default();
        builder.open(OWNER, UnitKind::Province, Date::MIN, None);
        for at in 0..self.districts {
            builder.open(&format!("d{at}"), UnitKind::District, Date::MIN, Some(OWNER));
        }
        for at in 0..self.communes {
            let parent = match self.districts {
                0 => OWNER.to_owned(),
                districts => format!("d{}", at % districts),
            };
            builder.open(&format!("c{at}"), UnitKind::Commune, Date::MIN, Some(&parent));
        }
        let mut day = FIRST.saturating_sub(10.days());
        for (gap, change) in &self.changes {
            day = day.saturating_add(gap.days());
            builder.apply(day, *change);
        }
        let left: Vec<String> = builder.living.iter().map(|one| one.uid.clone()).collect();
        left.iter().for_each(|uid| builder.close(uid, Date::MAX));
        builder.draft.build()
    }
}

impl Builder {
    fn open(&mut self, uid: &str, kind: UnitKind, from: Date, parent: Option<&str>) {
        let parent = parent.map(|parent| (parent.to_owned(), from));
        self.living.push(Living { uid: uid.to_owned(), kind, from, parent });
    }

    fn close(&mut self, uid: &str, day: Date) {
        let at = self.living.iter().position(|one| one.uid == uid).unwrap();
        let one = self.living.remove(at);
        self.draft.unit(&one.uid, one.kind, DaySpan::new(one.from, day));
        if let Some((parent, since)) = one.parent {
            self.draft.below(&one.uid, &parent, DaySpan::new(since, day));
        }
    }

    fn reparent(&mut self, uid: &str, parent: &str, day: Date) {
        let one = self.living.iter_mut().find(|one| one.uid == uid).unwrap();
        let (old, since) = one.parent.replace((parent.to_owned(), day)).unwrap();
        self.draft.below(uid, &old, DaySpan::new(since, day));
    }

    fn of_kind(&self, kind: UnitKind) -> Vec<String> {
        let all = self.living.iter().filter(|one| one.kind == kind);
        all.map(|one| one.uid.clone()).collect()
    }

    fn parent_of(&self, uid: &str) -> String {
        self.living.iter().find(|one| one.uid == uid).unwrap().parent.clone().unwrap().0
    }

    fn fresh(&mut self, parent: &str, day: Date) -> String {
        self.made += 1;
        let uid = format!("n{}", self.made);
        self.open(&uid, UnitKind::Commune, day, Some(parent));
        uid
    }

    fn children(&self, uid: &str) -> Vec<String> {
        let below = |one: &&Living| one.parent.as_ref().is_some_and(|(parent, _)| parent == uid);
        self.living.iter().filter(below).map(|one| one.uid.clone()).collect()
    }

    fn apply(&mut self, day: Date, change: Change) {
        let communes = self.of_kind(UnitKind::Commune);
        let pick = |at: usize| communes[at % communes.len()].clone();
        match change {
            Change::Merge(one, two) if pick(one) != pick(two) => {
                let (one, two) = (pick(one), pick(two));
                let new = self.fresh(&self.parent_of(&one), day);
                for from in [one, two] {
                    self.draft.line(day, &from, &new, (1, 1));
                    self.close(&from, day);
                }
            }
            Change::Absorb(one, two) if pick(one) != pick(two) => {
                self.draft.line(day, &pick(one), &pick(two), (1, 1));
                self.close(&pick(one), day);
            }
            Change::Split(one, weight) => {
                let parent = self.parent_of(&pick(one));
                for weight in [weight, 7 - weight] {
                    let new = self.fresh(&parent, day);
                    self.draft.line(day, &pick(one), &new, (weight, 7));
                }
                self.close(&pick(one), day);
            }
            Change::SplitOff(one, weight) => {
                let new = self.fresh(&self.parent_of(&pick(one)), day);
                self.draft.line(day, &pick(one), &new, (weight, 7));
                self.draft.line(day, &pick(one), &pick(one), (7 - weight, 7));
            }
            Change::Dissolve(one) if communes.len() > 1 => self.close(&pick(one), day),
            Change::Move(one, to) => self.move_commune(&pick(one), to, day),
            Change::CloseDistrict(at) => self.close_district(at, day),
            Change::Create(at) => {
                let parent = self.parent_of(&pick(at));
                self.fresh(&parent, day);
            }
            Change::MergeProvince if self.of_kind(UnitKind::Province) == [OWNER] => {
                self.open("q", UnitKind::Province, day, None);
                self.children(OWNER).iter().for_each(|uid| self.reparent(uid, "q", day));
                self.draft.line(day, OWNER, "q", (1, 1));
                self.close(OWNER, day);
            }
            Change::Merge(..)
            | Change::Absorb(..)
            | Change::Dissolve(_)
            | Change::MergeProvince => {}
        }
    }

    fn move_commune(&mut self, uid: &str, to: usize, day: Date) {
        let mut parents = self.of_kind(UnitKind::District);
        parents.extend(self.of_kind(UnitKind::Province));
        let parent = parents[to % parents.len()].clone();
        if self.parent_of(uid) != parent {
            self.reparent(uid, &parent, day);
        }
    }

    fn close_district(&mut self, at: usize, day: Date) {
        let districts = self.of_kind(UnitKind::District);
        if districts.is_empty() {
            return;
        }
        let district = &districts[at % districts.len()];
        let above = self.parent_of(district);
        self.children(district).iter().for_each(|uid| self.reparent(uid, &above, day));
        self.close(district, day);
    }
}
