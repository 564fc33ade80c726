//! Rehearsal (diễn tập) of organisation changes: the effect on units, devices, open reports,
//! expectations and baselines, and what does not reconcile. A rehearsal changes nothing; the caller
//! passes what it needs of the store as counts and stocks.

mod report_text;

use crate::domain::org::{
    Fraction, HandoverLine, Hierarchy, Org, OrgChange, RebaseQuality, Stocks, Unit, UnitKind,
    check_handover,
};
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Contract;
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::violation::{Violation, has_errors};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A unit is ranked only if it exists for at least this percentage of the window.
pub(crate) const EXPOSURE_PERCENT: i64 = 75;

/// Input of a rehearsal besides the organisation; empty parts are not checked.
#[derive(Debug, Clone)]
pub struct RehearsalInput {
    /// Calendars of the contracts.
    pub calendars: Calendars,
    /// Reporting contracts in force.
    pub contracts: Vec<Contract>,
    /// The campaign's window: expectations are counted in it, and straddling is judged by the
    /// structure at its start.
    pub window: DateWindow,
    /// Baselines by element and unit, scaled; units of the day before the first change.
    pub baselines: BTreeMap<ElementCode, BTreeMap<UnitId, i64>>,
    /// Stocks stated by closing units.
    pub closing_stocks: Stocks,
    /// The handover as planned or signed.
    pub handover: Vec<HandoverLine>,
    /// Stocks stated by opening units.
    pub opening_stocks: Stocks,
    /// Number of devices bound to each unit.
    pub devices: BTreeMap<UnitId, usize>,
    /// Number of reports of each unit that are not accepted yet.
    pub open_reports: BTreeMap<UnitId, usize>,
}

impl RehearsalInput {
    /// Contracts and a window; without baselines, stocks, devices or reports.
    #[must_use]
    pub fn new(calendars: Calendars, contracts: Vec<Contract>, window: DateWindow) -> Self {
        let (baselines, devices, open_reports) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (closing_stocks, handover, opening_stocks) = (Stocks::new(), Vec::new(), Stocks::new());
        Self {
            calendars,
            contracts,
            window,
            baselines,
            closing_stocks,
            handover,
            opening_stocks,
            devices,
            open_reports,
        }
    }
}

/// Display name of a unit with its code, because names are not unique: `Phường 1 (com-29239-0)`.
pub type UnitLabel = String;

/// A unit that closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingUnit {
    /// The unit.
    pub unit: UnitLabel,
    /// Successors with weights; empty if the unit is dissolved.
    pub successors: Vec<(UnitLabel, Fraction)>,
    /// The unit that signs for it afterwards.
    pub acting_unit: Option<UnitLabel>,
    /// Devices that sync once with the old binding and then bind to the new unit.
    pub devices: usize,
    /// Open reports, which the acting unit takes over.
    pub open_reports: usize,
}

/// A unit that continues under another parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReparentedUnit {
    /// The unit.
    pub unit: UnitLabel,
    /// Parent before, if any.
    pub old_parent: Option<UnitLabel>,
    /// Parent after, if any.
    pub new_parent: Option<UnitLabel>,
}

/// Change in the expectations of one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectationChange {
    /// Code of the contract.
    pub contract: String,
    /// Reports expected in the window without the changes.
    pub before: usize,
    /// Reports expected with them.
    pub after: usize,
    /// Additional pieces of cut periods among them.
    pub added_pieces: usize,
}

/// Change in the baselines of one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebasedElement {
    /// The element.
    pub element: ElementCode,
    /// Sum before and after; equal unless a baseline is lost.
    pub sums: (i64, i64),
    /// Units whose baseline is the sum of whole predecessors.
    pub exact: usize,
    /// Units whose baseline is derived by weights.
    pub derived: usize,
    /// Units that may not use their baseline, because a predecessor has none.
    pub incomplete: Vec<UnitLabel>,
}

/// Result of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RehearsalReport {
    /// Effective days, in order.
    pub days: Vec<Date>,
    /// Legal bases, in order.
    pub legal_bases: Vec<String>,
    /// The window of the expectations.
    pub window: Option<DateWindow>,
    /// Units of each kind on the day before the first change and on the last day of change.
    pub unit_counts: Vec<(UnitKind, usize, usize)>,
    /// Units that open.
    pub opening_units: Vec<UnitLabel>,
    /// Units that close.
    pub closing_units: Vec<ClosingUnit>,
    /// Units that move under another COMMAND parent.
    pub reparented_units: Vec<ReparentedUnit>,
    /// Old and new name of renamed units.
    pub renamed_units: Vec<(UnitLabel, UnitLabel)>,
    /// Expectations, by contract.
    pub expectation_changes: Vec<ExpectationChange>,
    /// Baselines, by element.
    pub rebased_elements: Vec<RebasedElement>,
    /// Units that cannot be compared with the structure at the window's start, by level.
    pub straddling_units: Vec<(UnitKind, Vec<UnitLabel>)>,
    /// New units that exist for less than [`EXPOSURE_PERCENT`] of the window and are not ranked.
    pub unranked_units: Vec<UnitLabel>,
    /// Errors and warnings.
    pub findings: Vec<Violation>,
}

impl RehearsalReport {
    /// Whether the changes can be made effective.
    #[must_use]
    pub fn is_reconciled(&self) -> bool {
        !has_errors(&self.findings)
    }
}

/// Applies the changes to a copy of the organisation. If they break its rules, the report contains
/// only the violations.
pub fn rehearse(
    org: &Org,
    changes: &[OrgChange],
    input: &RehearsalInput,
) -> Result<RehearsalReport, UnknownCalendar> {
    let days: BTreeSet<Date> = changes.iter().map(|change| change.effective_day).collect();
    let legal: BTreeSet<&str> = changes.iter().map(|change| change.legal_basis.as_str()).collect();
    let mut report = RehearsalReport {
        days: days.iter().copied().collect(),
        legal_bases: legal
            .into_iter()
            .filter(|basis| !basis.is_empty())
            .map(str::to_owned)
            .collect(),
        window: Some(input.window),
        ..RehearsalReport::default()
    };
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
        return Ok(report);
    };
    let after = match org.apply_changes(changes) {
        Ok(after) => after,
        Err(found) => {
            report.findings = found.into_iter().map(|finding| finding.violation).collect();
            return Ok(report);
        }
    };
    let day_before = first.yesterday().unwrap_or(Date::MIN);
    let context = RehearsalContext { org, new_org: &after, day_before, last_day: last, input };
    context.add_units(&mut report);
    context.add_continuing_units(&mut report);
    context.add_expectations(&mut report)?;
    context.add_baselines(&mut report);
    context.add_straddling_units(&mut report);
    context.add_handover_findings(&mut report);
    Ok(report)
}

struct RehearsalContext<'a> {
    org: &'a Org,
    new_org: &'a Org,
    day_before: Date,
    last_day: Date,
    input: &'a RehearsalInput,
}

impl RehearsalContext<'_> {
    fn unit_label(&self, id: UnitId) -> UnitLabel {
        let day = if self.new_org.is_open_on(id, self.last_day) {
            self.last_day
        } else {
            self.day_before
        };
        self.new_org.unit(id).map_or_else(
            || id.to_string(),
            |unit| format!("{} ({})", unit.nearest_name(day), unit.uid),
        )
    }

    fn unit_labels(&self, ids: impl IntoIterator<Item = UnitId>) -> Vec<UnitLabel> {
        ids.into_iter().map(|id| self.unit_label(id)).collect()
    }

    fn add_units(&self, report: &mut RehearsalReport) {
        for kind in UnitKind::ALL.iter().copied() {
            let count = |org: &Org, day| org.units_of_kind_on(kind, day).count();
            let (before, after) =
                (count(self.org, self.day_before), count(self.new_org, self.last_day));
            if before + after > 0 {
                report.unit_counts.push((kind, before, after));
            }
        }
        for unit in self.new_org.units() {
            let (was_open, is_open) =
                (unit.is_open_on(self.day_before), unit.is_open_on(self.last_day));
            if is_open && !was_open {
                report.opening_units.push(self.unit_label(unit.id));
                if self.is_exposure_too_short(unit) {
                    report.unranked_units.push(self.unit_label(unit.id));
                }
            }
            if was_open && !is_open {
                let closing = self.closing_unit(unit.id, report);
                report.closing_units.push(closing);
            }
        }
    }

    fn is_exposure_too_short(&self, unit: &Unit) -> bool {
        let (window, life) = (self.input.window, unit.lifetime());
        let life = DateWindow { start: life.from, end: life.to };
        i64::from(window.overlap_days(&life)) * 100 < i64::from(window.days()) * EXPOSURE_PERCENT
    }

    fn closing_unit(&self, id: UnitId, report: &mut RehearsalReport) -> ClosingUnit {
        let count = |of: &BTreeMap<UnitId, usize>| of.get(&id).copied().unwrap_or(0);
        let lines = self
            .new_org
            .lineage_from(id)
            .filter(|line| line.kind.is_succession() && line.effective_day > self.day_before);
        let closing = ClosingUnit {
            unit: self.unit_label(id),
            successors: lines.map(|line| (self.unit_label(line.to), line.weight)).collect(),
            acting_unit: self
                .new_org
                .acting_unit(id, self.last_day)
                .map(|unit| self.unit_label(unit)),
            devices: count(&self.input.devices),
            open_reports: count(&self.input.open_reports),
        };
        if closing.acting_unit.is_none() {
            let unit = &closing.unit;
            report.findings.push(Violation::error(
                "NOBODY_ACTS",
                "closes",
                message!("rehearsal-nobody-signs-once-closed", unit),
            ));
        }
        closing
    }

    /// Units that exist before and after: new parents and new names.
    fn add_continuing_units(&self, report: &mut RehearsalReport) {
        for unit in self
            .new_org
            .open_units_on(self.last_day)
            .filter(|unit| unit.is_open_on(self.day_before))
        {
            let parent = |org: &Org, day| org.parent(unit.id, Hierarchy::Command, day);
            let (from, to) =
                (parent(self.org, self.day_before), parent(self.new_org, self.last_day));
            if from != to {
                let named = |id: Option<UnitId>| id.map(|id| self.unit_label(id));
                report.reparented_units.push(ReparentedUnit {
                    unit: self.unit_label(unit.id),
                    old_parent: named(from),
                    new_parent: named(to),
                });
            }
            let (old, new) =
                (self.org.nearest_name(unit.id, self.day_before), unit.nearest_name(self.last_day));
            if old != new {
                report
                    .renamed_units
                    .push((format!("{old} ({})", unit.uid), self.unit_label(unit.id)));
            }
        }
    }

    fn add_expectations(&self, report: &mut RehearsalReport) -> Result<(), UnknownCalendar> {
        let input = self.input;
        for contract in &input.contracts {
            let owed = |org| {
                compute_expectations(
                    org,
                    &input.calendars,
                    std::slice::from_ref(contract),
                    input.window,
                )
            };
            let (before, after) = (owed(self.org)?, owed(self.new_org)?);
            let more_pieces = self.count_pieces(&after).saturating_sub(self.count_pieces(&before));
            let (before, after) = (before.len(), after.len());
            report.expectation_changes.push(ExpectationChange {
                contract: contract.code.clone(),
                before,
                after,
                added_pieces: more_pieces,
            });
        }
        Ok(())
    }

    /// Number of expectations that cover less than their whole period within the window.
    fn count_pieces(&self, owed: &[Expectation]) -> usize {
        let window = self.input.window;
        let cut = |e: &&Expectation| {
            e.period.start > e.whole_period.start.max(window.start)
                || e.period.end < e.whole_period.end.min(window.end)
        };
        owed.iter().filter(cut).count()
    }

    fn add_baselines(&self, report: &mut RehearsalReport) {
        for (element, bases) in &self.input.baselines {
            let Ok(rebased) = self.new_org.rebase_baselines(bases, self.day_before, self.last_day)
            else {
                report.findings.push(Violation::error(
                    "BASE_TOO_FINE",
                    element.as_str(),
                    message!("rehearsal-weights-too-fine-exact"),
                ));
                continue;
            };
            let derived = rebased
                .baselines
                .iter()
                .filter(|unit| unit.quality == RebaseQuality::Derived)
                .count();
            let incomplete = rebased
                .baselines
                .iter()
                .filter(|unit| !unit.without_baseline.is_empty())
                .map(|unit| unit.unit);
            let incomplete = self.unit_labels(incomplete);
            for (unit, base) in &rebased.unassigned {
                report.findings.push(base_lost_violation(element, &self.unit_label(*unit), *base));
            }
            if !incomplete.is_empty() {
                report.findings.push(base_missing_violation(element, &incomplete));
            }
            report.rebased_elements.push(RebasedElement {
                element: element.clone(),
                sums: (
                    bases.values().sum(),
                    rebased.baselines.iter().map(|unit| unit.rounded).sum(),
                ),
                exact: rebased.baselines.len() - derived,
                derived,
                incomplete,
            });
        }
    }

    fn add_straddling_units(&self, report: &mut RehearsalReport) {
        for level in [UnitKind::District, UnitKind::Province] {
            let units =
                self.new_org.units_not_comparable(self.input.window.start, level, self.last_day);
            if !units.is_empty() {
                report.straddling_units.push((level, self.unit_labels(units)));
            }
        }
    }

    fn add_handover_findings(&self, report: &mut RehearsalReport) {
        let RehearsalInput { closing_stocks: closing, handover, opening_stocks: opening, .. } =
            self.input;
        for imbalance in check_handover(closing, handover, opening) {
            report.findings.push(imbalance.to_violation(&self.unit_label(imbalance.unit)));
        }
        for line in handover {
            let carried = self
                .new_org
                .trace_successors(line.from, self.day_before, self.last_day)
                .unwrap_or_default();
            if line.amount < 0 || !carried.iter().any(|(successor, _)| *successor == line.to) {
                let (from, to) = (self.unit_label(line.from), self.unit_label(line.to));
                report.findings.push(Violation::error(
                    "HANDOVER_OFF_LINEAGE",
                    format!("handover.{}", line.element),
                    message!("rehearsal-does-not-follow-amount", to, from),
                ));
            }
        }
    }
}

fn base_lost_violation(element: &ElementCode, unit: &str, base: i64) -> Violation {
    Violation::error(
        "BASE_LOST",
        element.as_str(),
        message!("rehearsal-base-would-belong-nobody", base, unit),
    )
}

fn base_missing_violation(element: &ElementCode, units: &[UnitLabel]) -> Violation {
    let units = units.join(", ");
    Violation::warning(
        "BASE_INCOMPLETE",
        element.as_str(),
        message!("rehearsal-predecessor-no-base-so", units),
    )
}
