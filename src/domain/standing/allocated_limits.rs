//! The limits of units below the owner: shares that are frozen at approval, and what each unit and
//! the units above it hold of them on the last judged day.

use super::aggregate::StandingInput;
use super::baseline::Baselines;
use super::due_days::DueDays;
use super::each_units::last_judged_day;
use crate::domain::campaign::{
    AllocatedShare, Campaign, CampaignTarget, TargetAllocation, UnitShare, share_over_bases,
    shareable_comparison, shares_on,
};
use crate::domain::org::{Hierarchy, Org, UnitKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{Baseline, Comparison, Measure};
use std::collections::BTreeMap;

/// The shares of every allocated target, by target and unit.
pub(super) struct AllocatedLimits {
    shares: BTreeMap<String, BTreeMap<UnitId, UnitShare>>,
}

impl AllocatedLimits {
    /// The limits that hold at the end of the judged part of a window.
    pub(super) fn new(input: &StandingInput<'_>, due: &DueDays<'_>, window: DateWindow) -> Self {
        let last = || last_judged_day(due.latest_through(), window);
        let day = input.view.structure_day().unwrap_or_else(last);
        let mut shares = BTreeMap::new();
        for line in &input.campaign.targets {
            let of_line = |share: &&AllocatedShare| share.target == line.code;
            let own: Vec<&AllocatedShare> = input.campaign.shares.iter().filter(of_line).collect();
            if line.allocation.is_some() && !own.is_empty() {
                // Weights that cannot be computed exactly are rejected when the organisation is
                // imported.
                let held = shares_on(&own, input.org, day).unwrap_or_default();
                shares.insert(line.code.clone(), with_units_above(held, input.org, day));
            }
        }
        Self { shares }
    }

    /// The share of a unit, or of the units below it.
    pub(super) fn share(&self, target: &str, unit: UnitId) -> Option<UnitShare> {
        self.shares.get(target)?.get(&unit).copied()
    }
}

fn with_units_above(
    held: BTreeMap<UnitId, UnitShare>,
    org: &Org,
    day: jiff::civil::Date,
) -> BTreeMap<UnitId, UnitShare> {
    let mut all = held.clone();
    for (unit, share) in held {
        for above in org.ancestors(unit, Hierarchy::Command, day) {
            all.entry(above).and_modify(|sum| *sum = sum.plus(share)).or_insert(share);
        }
    }
    all
}

/// The shares of a campaign's allocated targets, for approval and amendment.
///
/// # Errors
/// A proportional target without bases to share over, or a table that does not add up or names a
/// unit that is not there.
pub fn allocate_shares(
    campaign: &Campaign,
    org: &Org,
    catalogue: &Catalogue,
    baselines: &Baselines,
) -> Result<Vec<AllocatedShare>, Vec<Violation>> {
    let allocation = ShareAllocation { campaign, org, catalogue, baselines };
    let (mut shares, mut violations) = (Vec::new(), Vec::new());
    for line in &campaign.targets {
        match allocation.shares_of(line) {
            Ok(some) => shares.extend(some),
            Err(violation) => violations.push(violation),
        }
    }
    if violations.is_empty() { Ok(shares) } else { Err(violations) }
}

struct ShareAllocation<'a> {
    campaign: &'a Campaign,
    org: &'a Org,
    catalogue: &'a Catalogue,
    baselines: &'a Baselines,
}

impl ShareAllocation<'_> {
    fn shares_of(&self, line: &CampaignTarget) -> Result<Vec<AllocatedShare>, Violation> {
        let Some(comparison) = shareable_comparison(&line.formula) else { return Ok(Vec::new()) };
        match &line.allocation {
            None | Some(TargetAllocation::SameRate) => Ok(Vec::new()),
            Some(TargetAllocation::Proportional) => self.proportional(line, comparison),
            Some(TargetAllocation::Table(parts)) => {
                let day = self.campaign.measurement_window.start;
                let share = |part: &crate::domain::campaign::AllocatedPart| {
                    let unit = self.org.unit_by_uid(&part.unit_uid).ok_or_else(|| {
                        Violation::error(
                            "ALLOCATION_UNIT",
                            format!("targets.{}", line.code),
                            message!("check-target-allocation-unit", uid = part.unit_uid),
                        )
                    })?;
                    Ok(AllocatedShare {
                        target: line.code.clone(),
                        unit_uid: part.unit_uid.clone(),
                        limit: part.limit,
                        base: None,
                        day: day.max(unit.lifetime().from),
                    })
                };
                parts.iter().map(share).collect()
            }
        }
    }

    fn proportional(
        &self,
        line: &CampaignTarget,
        comparison: &Comparison,
    ) -> Result<Vec<AllocatedShare>, Violation> {
        let day = self.campaign.measurement_window.start;
        let no_base = || {
            Violation::error(
                "ALLOCATION_NO_BASE",
                format!("targets.{}", line.code),
                message!("check-target-allocation-no-base"),
            )
        };
        let units = self.counting_units(comparison);
        let bases: Vec<i64> = units
            .iter()
            .map(|unit| self.base(*unit, comparison))
            .collect::<Option<_>>()
            .ok_or_else(no_base)?;
        let total = bases.iter().try_fold(0_i64, |sum, base| sum.checked_add(*base));
        let base = match &comparison.measure {
            Measure::Change { baseline: Baseline::Fixed(bound), .. } => Some(bound.to_ratio()),
            Measure::Change { .. }
            | Measure::Count(_)
            | Measure::Stock(_)
            | Measure::Ratio { .. }
            | Measure::Rate { .. } => total.map(Ratio::from_integer),
        };
        let limit = comparison.last_whole_number(base).ok_or_else(no_base)?;
        let limits = share_over_bases(limit, &bases).ok_or_else(no_base)?;
        let share = |((unit, limit), base): ((&UnitId, i64), &i64)| {
            Some(AllocatedShare {
                target: line.code.clone(),
                unit_uid: self.org.unit(*unit)?.uid.clone(),
                limit: u32::try_from(limit).ok()?,
                base: Some(*base),
                day,
            })
        };
        let shares: Option<Vec<AllocatedShare>> =
            units.iter().zip(limits).zip(&bases).map(share).collect();
        shares.ok_or_else(no_base)
    }

    /// The units that count every element of the comparison on the first day, by uid.
    fn counting_units(&self, comparison: &Comparison) -> Vec<UnitId> {
        let (org, day) = (self.org, self.campaign.measurement_window.start);
        let kinds: Vec<UnitKind> = comparison
            .measure
            .elements()
            .into_iter()
            .filter_map(|code| self.catalogue.element(code))
            .map(|element| UnitKind::from(element.levels.on(day)))
            .collect();
        let below = org.subtree(self.campaign.owner_id(), Hierarchy::Command, day);
        let counts =
            |unit: &UnitId| kinds.iter().all(|kind| org.kind_on(*unit, day) == Some(*kind));
        let mut units: Vec<UnitId> = below.into_iter().filter(counts).collect();
        units.sort_by_key(|unit| org.unit(*unit).map(|unit| unit.uid.clone()));
        units
    }

    /// The count of a unit in the base window, in whole numbers; `None` if a part is not known.
    fn base(&self, unit: UnitId, comparison: &Comparison) -> Option<i64> {
        let window = self.campaign.base_window();
        comparison.measure.elements().into_iter().try_fold(0_i64, |sum, code| {
            let element = self.catalogue.element(code)?;
            let value = self.baselines.value_of(unit, element, window).value()?;
            let whole = Ratio::from_scaled(value, element.scale)?.floor();
            sum.checked_add(i64::try_from(whole).ok()?)
        })
    }
}
