//! A target by each unit of a level or kind (M7), and the coverage of a target.

use crate::figures::Judged;
use crate::judge::Court;
use crate::ledger::{Scene, days_of, kind_counting};
use crate::lineage::{day_before, with_ancestors};
use crate::places::is_summed;
use crate::verdict::Verdict;
use std::collections::BTreeSet;
use thidua::domain::org::{UnitKind, UnitVersion};
use thidua::domain::report::element::{ElementCode, ElementKind};
use thidua::domain::standing::JudgementState;
use thidua::domain::support::ids::UnitId;
use thidua::domain::target_rule::{Comparison, EachUnits, StandingStage, TargetUnits};

/// The units that a comparison names one by one, or the one unit at which it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// Those of the level at which the elements are counted.
    Counted,
    /// Those of a level.
    Level(UnitKind),
    /// Those of a kind, in the word of the register.
    Kind(&'a str),
    /// One unit, by uid.
    One(&'a str),
}

impl<'a> Named<'a> {
    pub(crate) fn by(comparison: &'a Comparison) -> Option<Self> {
        comparison.units.as_ref().map(|units| match units {
            TargetUnits::Each(EachUnits::Counted) => Self::Counted,
            TargetUnits::Each(EachUnits::Level(level)) => Self::Level((*level).into()),
            TargetUnits::Each(EachUnits::Kind(kind)) => Self::Kind(kind.as_str()),
            TargetUnits::Unit(uid) => Self::One(uid.as_str()),
        })
    }
}

/// Reports that are due: how many, and what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) expected: u32,
    pub(crate) received: u32,
    pub(crate) accepted: u32,
    pub(crate) late: u32,
    pub(crate) missing: u32,
}

impl Scene<'_> {
    /// The levels at which an element is counted on the days of a window, of a stock on the last
    /// day judged.
    pub(crate) fn kinds_counting(&self, code: &ElementCode, judged: Judged) -> BTreeSet<UnitKind> {
        let element = self.element(code);
        if element.kind == ElementKind::Stock {
            let last = day_before(judged.end).max(judged.window.start);
            return BTreeSet::from([kind_counting(&element.levels, last)]);
        }
        let days = days_of(judged.window);
        days.map(|day| kind_counting(&element.levels, day)).collect()
    }

    /// The due reports of these contracts in any of these windows that count at the unit.
    pub(crate) fn coverage(
        &self,
        unit: UnitId,
        contracts: &BTreeSet<String>,
        judged: &[Judged],
    ) -> Due {
        let mut due = Due::default();
        for (at, piece) in self.pieces_at(unit) {
            let inside = |of: &Judged| of.window.start <= piece.start && piece.end <= of.end;
            let counts = contracts.contains(&piece.contract)
                && judged.iter().any(inside)
                && self.places[at].certain.contains(&unit);
            if !counts {
                continue;
            }
            due.expected += 1;
            match self.received[at] {
                None => due.missing += 1,
                Some(entry) => {
                    due.received += 1;
                    due.accepted += u32::from(entry.accepted);
                    due.late += u32::from(entry.late);
                }
            }
        }
        due
    }
}

impl Court<'_> {
    pub(crate) fn judge_each(&self, comparison: &Comparison) -> Verdict {
        use JudgementState as S;
        let judged = self.judged(comparison.window.as_ref());
        let alone = Comparison { units: None, ..comparison.clone() };
        let named = self.units_of(comparison, judged);
        if self.is_one_of(comparison, judged) {
            // The unit's own row: its own state, by the rule of the units above it.
            let by_exposure = named.contains(&self.unit) && self.is_exposed(self.unit, judged);
            return Court { by_exposure, ..self.clone() }.judge_comparison(&alone);
        }
        let units = named.into_iter();
        let exposed: Vec<UnitId> = units.filter(|unit| self.is_exposed(*unit, judged)).collect();
        let members: Vec<Verdict> = exposed
            .into_iter()
            .map(|unit| Court { unit, by_exposure: true, ..self.clone() }.judge_comparison(&alone))
            .filter(|verdict| verdict.state != S::NotApplicable)
            .collect();
        let has = |states: &[S]| members.iter().any(|one| states.contains(&one.state));
        let unknown = [S::Undetermined, S::NoData, S::NotComparable];
        let running = self.stage(judged) == StandingStage::Running;
        let state = if members.is_empty() {
            S::NotApplicable
        } else if has(&[S::Missed]) {
            S::Missed
        } else if has(&[S::AlreadyMissed]) {
            S::AlreadyMissed
        } else if has(&[S::Behind]) {
            S::Behind
        } else if has(&unknown) {
            S::Undetermined
        } else if running {
            S::OnPace
        } else {
            S::Met
        };
        let good = members.iter().filter(|one| matches!(one.state, S::Met | S::OnPace)).count();
        Verdict { tally: Some((good, members.len())), ..Verdict::of(state) }
    }

    /// The units that a target names one by one: alive on the last day judged, and in a view of one
    /// day the units of that day.
    fn units_of(&self, comparison: &Comparison, judged: Judged) -> Vec<UnitId> {
        let (scene, org) = (self.scene, self.scene.org());
        let last = day_before(judged.end).max(judged.window.start);
        let view = scene.input.view.structure_day();
        let day = view.unwrap_or(last);
        let is_named = |unit: UnitId| {
            org.version_on(unit, day).is_some_and(|version| self.names(comparison, judged, version))
        };
        let is_below = |unit: UnitId| match view {
            Some(day) => with_ancestors(org, unit, day).contains(&self.unit),
            None => scene.place(unit, day).certain.contains(&self.unit),
        };
        let all = org.units().iter().map(|unit| unit.id);
        all.filter(|unit| is_named(*unit) && is_below(*unit)).collect()
    }

    /// Whether the unit is, or was when it closed, one of those that the target names.
    fn is_one_of(&self, comparison: &Comparison, judged: Judged) -> bool {
        let scene = self.scene;
        let last = day_before(judged.end).max(judged.window.start);
        let day = scene.input.view.structure_day().unwrap_or(last);
        let version = scene.org().unit(self.unit).unwrap().nearest_version(day);
        version.is_some_and(|version| self.names(comparison, judged, version))
    }

    fn names(&self, comparison: &Comparison, judged: Judged, version: &UnitVersion) -> bool {
        let scene = self.scene;
        let counted: BTreeSet<UnitKind> = comparison
            .measure
            .elements()
            .into_iter()
            .flat_map(|code| scene.kinds_counting(code, judged))
            .collect();
        let lowest = [UnitKind::Commune, UnitKind::District, UnitKind::Province]
            .into_iter()
            .find(|kind| counted.iter().all(|one| is_summed(*kind, *one)));
        match Named::by(comparison) {
            Some(Named::Kind(kind)) => version.local_kind == kind,
            Some(Named::Level(kind)) => version.kind == kind,
            Some(Named::Counted | Named::One(_)) | None => Some(version.kind) == lowest,
        }
    }
}
