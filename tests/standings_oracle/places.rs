//! Which rows exist, and where a target is judged (M6).

use crate::each::{Due, Named};
use crate::figures::Judged;
use crate::judge::{Court, windows_of};
use crate::ledger::Scene;
use crate::lineage::became;
use crate::measure::bound_of;
use crate::verdict::Verdict;
use std::collections::BTreeSet;
use thidua::domain::campaign::CampaignTarget;
use thidua::domain::org::UnitKind;
use thidua::domain::report::element::ElementCode;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::UnitId;
use thidua::domain::target_rule::{
    Baseline, ChangeMode, Comparison, Measure, RatioBasis, StandingStage, Target,
};

/// What is expected of one row.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// Judged here, with this result.
    Judged { verdict: Box<Verdict>, stage: StandingStage, due: Due },
    /// The unit sees at most its contribution.
    NotJudged,
    /// A unit with a limit of its own; vectors 12 to 14 are about these.
    Allocated,
    /// The elements are counted at another level.
    NotCounted,
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) phase: u8,
    pub(crate) unit: UnitId,
    pub(crate) code: String,
    pub(crate) expected: Expected,
}

/// Where and when a formula is judged unless its target says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// At each level, else only at the owner.
    pub(crate) each_level: bool,
    /// In each phase as well, else only in the whole campaign.
    pub(crate) each_phase: bool,
}

impl Reach {
    const EVERYWHERE: Self = Self { each_level: true, each_phase: true };
    const LEVELS: Self = Self { each_level: true, each_phase: false };
    const OWNER: Self = Self { each_level: false, each_phase: false };

    pub(crate) fn of(formula: &Target) -> Self {
        match formula {
            Target::Compare(comparison) => Self::of_comparison(comparison),
            Target::Attest(_) | Target::Milestone(_) => Self::OWNER,
            Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
                let members = formula.members().into_iter().map(Self::of);
                members.fold(Self::EVERYWHERE, |one, other| Self {
                    each_level: one.each_level && other.each_level,
                    each_phase: one.each_phase && other.each_phase,
                })
            }
        }
    }

    fn of_comparison(comparison: &Comparison) -> Self {
        let reach = Self::of_measure(&comparison.measure, bound_of(comparison.bound).is_zero());
        Self { each_phase: reach.each_phase && comparison.window.is_none(), ..reach }
    }

    fn of_measure(measure: &Measure, zero: bool) -> Self {
        if is_of_cases(measure) {
            return Self::OWNER;
        }
        match measure {
            Measure::Change { baseline, mode, .. } => {
                let fixed = matches!(baseline, Baseline::Fixed(_));
                let of_year = matches!(baseline, Baseline::StatYear(_) | Baseline::CalendarYear(_));
                if fixed || (*mode == ChangeMode::Absolute && !zero) {
                    Self::OWNER
                } else if of_year {
                    Self::LEVELS
                } else {
                    Self::EVERYWHERE
                }
            }
            Measure::Ratio { .. } => Self::EVERYWHERE,
            Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } if zero => {
                Self::EVERYWHERE
            }
            Measure::Rate { .. } => Self::LEVELS,
            Measure::Count(_) | Measure::Stock(_) => Self::OWNER,
        }
    }
}

/// Whether numerator and denominator are cohorts or open cases, not those of one period.
fn is_of_cases(measure: &Measure) -> bool {
    match measure {
        Measure::Ratio { basis, .. } => {
            matches!(basis, Some(RatioBasis::Cohort | RatioBasis::Stock))
        }
        Measure::Change { measure, .. } => is_of_cases(measure),
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => false,
    }
}

impl Scene<'_> {
    /// Every row of the campaign on this day and in this view.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let (campaign, today) = (self.input.campaign, self.input.today);
        let begun = campaign.phases.iter().filter(|phase| phase.window.start < today);
        let phases = begun.map(|phase| (phase.no, phase.window));
        let windows = std::iter::once((0, campaign.measurement_window)).chain(phases);
        let mut rows = Vec::new();
        for (phase, window) in windows {
            for (unit, kind) in self.units_of_rows(window) {
                for line in &campaign.targets {
                    let expected = self.expected(phase, window, unit, kind, line);
                    rows.push(Row { phase, unit, code: line.code.clone(), expected });
                }
            }
        }
        rows
    }

    fn units_of_rows(&self, window: DateWindow) -> Vec<(UnitId, UnitKind)> {
        let (org, today) = (self.org(), self.input.today);
        let units = org.units().iter().filter_map(|unit| {
            if let Some(day) = self.input.view.structure_day() {
                return org.kind_on(unit.id, day).map(|kind| (unit.id, kind));
            }
            let (life, last) = (unit.lifetime(), unit.versions.last()?);
            let is_legacy = self.legacy_owner().is_some_and(|(owner, _)| owner == unit.id);
            let lived = life.from < today.min(window.end) && window.start < life.to;
            (lived || is_legacy).then_some((unit.id, last.kind))
        });
        units.filter(|(_, kind)| *kind != UnitKind::Cluster).collect()
    }

    fn expected(
        &self,
        phase: u8,
        window: DateWindow,
        unit: UnitId,
        kind: UnitKind,
        line: &CampaignTarget,
    ) -> Expected {
        let elements = self.elements_of(&line.formula);
        let reach = Reach::of(&line.formula);
        let named = unit_named(&line.formula);
        let contracts: BTreeSet<String> =
            elements.iter().map(|code| self.contract_of(code)).collect();
        let judged_end = self.judged_end(&contracts);
        let court = Court {
            scene: self,
            line,
            unit,
            window,
            contracts: &contracts,
            judged_end,
            by_exposure: false,
        };
        if !court.counting(&line.formula).into_iter().all(|one| is_summed(kind, one)) {
            return Expected::NotCounted;
        }
        let is_here = match named {
            Some(uid) => unit == UnitId::from_code(uid),
            None => {
                let is_owner = Some(unit) == self.owner_in_view();
                reach.each_level || is_owner || is_by_each(&line.formula)
            }
        };
        if line.allocation.is_some() && Some(unit) != self.owner_in_view() {
            return Expected::Allocated;
        }
        if !is_here || (phase > 0 && !reach.each_phase) {
            return Expected::NotJudged;
        }
        let windows: Vec<Judged> =
            windows_of(&line.formula).into_iter().map(|window| court.judged(window)).collect();
        Expected::Judged {
            verdict: Box::new(court.judge(&line.formula)),
            stage: court.stage_of(&line.formula),
            due: self.coverage(unit, &contracts, &windows),
        }
    }

    /// The owner; in a view of one day the one unit that it is on that day.
    fn owner_in_view(&self) -> Option<UnitId> {
        let (org, owner) = (self.org(), self.input.campaign.owner_id());
        match self.input.view.structure_day() {
            Some(day) if !org.is_open_on(owner, day) => {
                let first = self.input.campaign.measurement_window.start;
                let heirs = became(self.history(), owner, first, day);
                heirs.first().copied().filter(|_| heirs.len() == 1)
            }
            Some(_) | None => Some(owner),
        }
    }

    fn elements_of(&self, formula: &Target) -> BTreeSet<ElementCode> {
        match formula {
            Target::Compare(one) => one.measure.elements().into_iter().cloned().collect(),
            Target::Milestone(_) => BTreeSet::new(),
            Target::Attest(duty) => {
                self.input.campaign.duty(duty.as_str()).unwrap().element.iter().cloned().collect()
            }
            Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
                let members = formula.members().into_iter();
                members.flat_map(|member| self.elements_of(member)).collect()
            }
        }
    }
}

impl Court<'_> {
    /// The levels at which the elements of a target are counted in its windows.
    fn counting(&self, formula: &Target) -> BTreeSet<UnitKind> {
        let comparisons = formula.comparisons().into_iter().flat_map(|one| {
            let judged = self.judged(one.window.as_ref());
            let elements = one.measure.elements().into_iter();
            elements.flat_map(move |code| self.scene.kinds_counting(code, judged))
        });
        let campaign = self.scene.input.campaign;
        let duties = formula.attested_duties().into_iter();
        let attested = duties.filter_map(|duty| campaign.duty(duty.as_str())?.element.as_ref());
        let attested = attested.flat_map(|code| self.scene.kinds_counting(code, self.judged(None)));
        comparisons.chain(attested).collect()
    }
}

/// Whether a unit of this kind sums what is counted at `level`.
pub(crate) fn is_summed(kind: UnitKind, level: UnitKind) -> bool {
    let below_district = matches!(level, UnitKind::District | UnitKind::Commune);
    kind == level || kind == UnitKind::Province || (kind == UnitKind::District && below_district)
}

/// A target by each unit is judged at each of them, and at every unit above.
fn is_by_each(formula: &Target) -> bool {
    let Target::Compare(comparison) = formula else { return false };
    Named::by(comparison).is_some_and(|named| !matches!(named, Named::One(_)))
}

/// The unit of `by unit(x)`, in a formula of one comparison.
fn unit_named(formula: &Target) -> Option<&str> {
    let Target::Compare(comparison) = formula else { return None };
    match Named::by(comparison)? {
        Named::One(uid) => Some(uid),
        Named::Counted | Named::Level(_) | Named::Kind(_) => None,
    }
}
