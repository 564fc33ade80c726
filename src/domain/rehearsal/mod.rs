//! Rehearsal (diễn tập) of organisation changes: what would happen to units, devices, open reports, expectations and
//! baselines, and what would not reconcile. Nothing is changed by it.
//!
//! Knows no store: what is needed of it comes as counts and stocks.

mod text;

use super::broken::{Broken, any_refuses};
use super::calendar::Calendars;
use super::element::ElementCode;
use super::expectation::{Expectation, UnknownCalendar, expectations};
use super::form::Contract;
use super::ids::UnitId;
use super::org::{BaseQuality, Change, Fraction, HandoverLine, Hierarchy, Org, Stocks, Unit, UnitKind, check_handover};
use super::window::Window;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A unit is ranked only when it exists for at least this part of the window.
pub const EXPOSURE_PERCENT: i64 = 75;

/// What a rehearsal takes into account besides the organisation; whatever is left empty is not judged.
#[derive(Debug, Clone)]
pub struct Given {
    /// Calendars of the contracts.
    pub calendars: Calendars,
    /// Reporting contracts in force.
    pub contracts: Vec<Contract>,
    /// The campaign's window: expectations are counted in it, and straddling is judged by the structure of its start.
    pub window: Window,
    /// Baselines by element and unit, scaled; units of the day before the first change.
    pub bases: BTreeMap<ElementCode, BTreeMap<UnitId, i64>>,
    /// Stocks that closing units state.
    pub closing: Stocks,
    /// The handover as planned or signed.
    pub handover: Vec<HandoverLine>,
    /// Stocks that opening units state.
    pub opening: Stocks,
    /// Devices bound to each unit.
    pub devices: BTreeMap<UnitId, usize>,
    /// Reports of each unit that are not accepted yet.
    pub open_reports: BTreeMap<UnitId, usize>,
}

impl Given {
    /// Contracts and a window; no bases, stocks, devices or reports.
    #[must_use]
    pub fn new(calendars: Calendars, contracts: Vec<Contract>, window: Window) -> Self {
        let (bases, devices, open_reports) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (closing, handover, opening) = (Stocks::new(), Vec::new(), Stocks::new());
        Self { calendars, contracts, window, bases, closing, handover, opening, devices, open_reports }
    }
}

/// A unit as a person finds it again: names collide, so the code stands behind, as in `Phường 1 (com-29239-0)`.
pub type UnitName = String;

/// A unit that closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The unit.
    pub unit: UnitName,
    /// Who gets what it had, with weights; empty when it is dissolved.
    pub heirs: Vec<(UnitName, Fraction)>,
    /// Who signs for it from then on.
    pub acts: Option<UnitName>,
    /// Devices that sync once with the old binding and then bind to the new unit.
    pub devices: usize,
    /// Reports still open, which the acting unit takes over.
    pub open_reports: usize,
}

/// A unit that goes on under another parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The unit.
    pub unit: UnitName,
    /// Its parent before; `None` for none.
    pub from: Option<UnitName>,
    /// Its parent after; `None` for none.
    pub to: Option<UnitName>,
}

/// What becomes of the expectations of one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Code of the contract.
    pub contract: String,
    /// Reports expected in the window without the changes.
    pub before: usize,
    /// Reports expected with them.
    pub after: usize,
    /// How many more of them are pieces of a cut period.
    pub more_pieces: usize,
}

/// What becomes of the baselines of one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebasedElement {
    /// Which.
    pub element: ElementCode,
    /// Sum before and after; both are equal unless a base is lost.
    pub sums: (i64, i64),
    /// Units whose base is made of whole predecessors.
    pub exact: usize,
    /// Units whose base is derived by weights.
    pub derived: usize,
    /// Units that may not use their base, because a predecessor has none.
    pub incomplete: Vec<UnitName>,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RehearsalReport {
    /// Effective days, in order.
    pub days: Vec<Date>,
    /// Legal bases, in order.
    pub legal: Vec<String>,
    /// The window of the expectations.
    pub window: Option<Window>,
    /// Units of each kind on the day before the first change, and on the last day of change.
    pub counts: Vec<(UnitKind, usize, usize)>,
    /// Units that begin.
    pub opens: Vec<UnitName>,
    /// Units that close.
    pub closes: Vec<Closing>,
    /// Units that go under another COMMAND parent.
    pub moved: Vec<Moved>,
    /// Old and new name of units that are renamed.
    pub renamed: Vec<(UnitName, UnitName)>,
    /// Expectations, by contract.
    pub expected: Vec<Expected>,
    /// Baselines, by element.
    pub rebased: Vec<RebasedElement>,
    /// Units that cannot be compared with the structure at the window's start, by level.
    pub straddling: Vec<(UnitKind, Vec<UnitName>)>,
    /// New units that exist for less than [`EXPOSURE_PERCENT`] of the window: they are not ranked in it.
    pub unranked: Vec<UnitName>,
    /// What does not reconcile, and what somebody should know.
    pub findings: Vec<Broken>,
}

impl RehearsalReport {
    /// Whether the changes can be made as they stand.
    #[must_use]
    pub fn reconciles(&self) -> bool {
        !any_refuses(&self.findings)
    }
}

/// Tries the changes on the organisation. When they break its rules the report says only which; else all that follows.
pub fn rehearse(org: &Org, changes: &[Change], given: &Given) -> Result<RehearsalReport, UnknownCalendar> {
    let days: BTreeSet<Date> = changes.iter().map(|change| change.effective).collect();
    let legal: BTreeSet<&str> = changes.iter().map(|change| change.legal_basis.as_str()).collect();
    let mut report = RehearsalReport {
        days: days.iter().copied().collect(),
        legal: legal.into_iter().filter(|basis| !basis.is_empty()).map(str::to_owned).collect(),
        window: Some(given.window),
        ..RehearsalReport::default()
    };
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else { return Ok(report) };
    let after = match org.apply(changes) {
        Ok(after) => after,
        Err(found) => {
            report.findings = found.into_iter().map(|finding| finding.broken).collect();
            return Ok(report);
        }
    };
    let eve = first.yesterday().unwrap_or(Date::MIN);
    let stage = Stage { org, after: &after, eve, last, given };
    stage.units(&mut report);
    stage.going_on(&mut report);
    stage.expectations(&mut report)?;
    stage.baselines(&mut report);
    stage.straddling(&mut report);
    stage.handover(&mut report);
    Ok(report)
}

struct Stage<'a> {
    org: &'a Org,
    after: &'a Org,
    eve: Date,
    last: Date,
    given: &'a Given,
}

impl Stage<'_> {
    fn name(&self, id: UnitId) -> UnitName {
        let day = if self.after.open_on(id, self.last) { self.last } else { self.eve };
        self.after.unit(id).map_or_else(|| id.to_string(), |unit| format!("{} ({})", unit.name_near(day), unit.uid))
    }

    fn names(&self, ids: impl IntoIterator<Item = UnitId>) -> Vec<UnitName> {
        ids.into_iter().map(|id| self.name(id)).collect()
    }

    fn units(&self, report: &mut RehearsalReport) {
        for kind in UnitKind::ALL.iter().copied() {
            let count = |org: &Org, day| org.units_of_kind_on(kind, day).count();
            let (before, after) = (count(self.org, self.eve), count(self.after, self.last));
            if before + after > 0 {
                report.counts.push((kind, before, after));
            }
        }
        for unit in self.after.units() {
            let (was, is) = (unit.open_on(self.eve), unit.open_on(self.last));
            if is && !was {
                report.opens.push(self.name(unit.id));
                if self.too_short(unit) {
                    report.unranked.push(self.name(unit.id));
                }
            }
            if was && !is {
                let closing = self.closing(unit.id, report);
                report.closes.push(closing);
            }
        }
    }

    fn too_short(&self, unit: &Unit) -> bool {
        let (window, life) = (self.given.window, unit.span());
        let life = Window { start: life.from, end: life.to };
        i64::from(window.common_days(&life)) * 100 < i64::from(window.days()) * EXPOSURE_PERCENT
    }

    fn closing(&self, id: UnitId, report: &mut RehearsalReport) -> Closing {
        let count = |of: &BTreeMap<UnitId, usize>| of.get(&id).copied().unwrap_or(0);
        let lines = self.after.lines_from(id).filter(|line| line.kind.succeeds() && line.effective > self.eve);
        let closing = Closing {
            unit: self.name(id),
            heirs: lines.map(|line| (self.name(line.to), line.weight)).collect(),
            acts: self.after.acts_for(id, self.last).map(|unit| self.name(unit)),
            devices: count(&self.given.devices),
            open_reports: count(&self.given.open_reports),
        };
        if closing.acts.is_none() {
            let unit = &closing.unit;
            report.findings.push(Broken::refuses(
                "NOBODY_ACTS",
                "closes",
                format!("không ai ký thay {unit} sau khi kết thúc; hãy chỉ định đơn vị kế thừa hoặc cấp trên"),
                format!("nobody signs for {unit} once it is closed; name a successor or a parent"),
            ));
        }
        closing
    }

    /// Units that are there before and after: new parents and new names.
    fn going_on(&self, report: &mut RehearsalReport) {
        for unit in self.after.units_on(self.last).filter(|unit| unit.open_on(self.eve)) {
            let parent = |org: &Org, day| org.parent(unit.id, Hierarchy::Command, day);
            let (from, to) = (parent(self.org, self.eve), parent(self.after, self.last));
            if from != to {
                let named = |id: Option<UnitId>| id.map(|id| self.name(id));
                report.moved.push(Moved { unit: self.name(unit.id), from: named(from), to: named(to) });
            }
            let (old, new) = (self.org.name_near(unit.id, self.eve), unit.name_near(self.last));
            if old != new {
                report.renamed.push((format!("{old} ({})", unit.uid), self.name(unit.id)));
            }
        }
    }

    fn expectations(&self, report: &mut RehearsalReport) -> Result<(), UnknownCalendar> {
        let given = self.given;
        for contract in &given.contracts {
            let owed = |org| expectations(org, &given.calendars, std::slice::from_ref(contract), given.window);
            let (before, after) = (owed(self.org)?, owed(self.after)?);
            let more_pieces = self.pieces(&after).saturating_sub(self.pieces(&before));
            let (before, after) = (before.len(), after.len());
            report.expected.push(Expected { contract: contract.code.clone(), before, after, more_pieces });
        }
        Ok(())
    }

    /// How many expectations are for less than their whole period, as far as the window holds it.
    fn pieces(&self, owed: &[Expectation]) -> usize {
        let window = self.given.window;
        let cut = |e: &&Expectation| {
            e.period.start > e.whole.start.max(window.start) || e.period.end < e.whole.end.min(window.end)
        };
        owed.iter().filter(cut).count()
    }

    fn baselines(&self, report: &mut RehearsalReport) {
        for (element, bases) in &self.given.bases {
            let Ok(rebased) = self.after.rebase(bases, self.eve, self.last) else {
                report.findings.push(Broken::refuses(
                    "BASE_TOO_FINE",
                    element.as_str(),
                    "tỷ trọng quá lẻ, không tính chính xác được; hãy dùng phân số đơn giản hơn",
                    "the weights are too fine to be exact; use simpler fractions",
                ));
                continue;
            };
            let derived = rebased.units.iter().filter(|unit| unit.quality == BaseQuality::Derived).count();
            let incomplete = rebased.units.iter().filter(|unit| !unit.missing.is_empty()).map(|unit| unit.unit);
            let incomplete = self.names(incomplete);
            for (unit, base) in &rebased.unplaced {
                report.findings.push(base_lost(element, &self.name(*unit), *base));
            }
            if !incomplete.is_empty() {
                report.findings.push(base_missing(element, &incomplete));
            }
            report.rebased.push(RebasedElement {
                element: element.clone(),
                sums: (bases.values().sum(), rebased.units.iter().map(|unit| unit.whole).sum()),
                exact: rebased.units.len() - derived,
                derived,
                incomplete,
            });
        }
    }

    fn straddling(&self, report: &mut RehearsalReport) {
        for level in [UnitKind::District, UnitKind::Province] {
            let units = self.after.straddling(self.given.window.start, level, self.last);
            if !units.is_empty() {
                report.straddling.push((level, self.names(units)));
            }
        }
    }

    fn handover(&self, report: &mut RehearsalReport) {
        let Given { closing, handover, opening, .. } = self.given;
        for imbalance in check_handover(closing, handover, opening) {
            report.findings.push(imbalance.broken(&self.name(imbalance.unit)));
        }
        for line in handover {
            let carried = self.after.carried_on(line.from, self.eve, self.last).unwrap_or_default();
            if line.amount < 0 || !carried.iter().any(|(heir, _)| *heir == line.to) {
                let (from, to) = (self.name(line.from), self.name(line.to));
                report.findings.push(Broken::refuses(
                    "HANDOVER_OFF_LINEAGE",
                    format!("handover.{}", line.element),
                    format!(
                        "{to} không kế thừa {from} hoặc số bàn giao âm; hãy sửa dòng bàn giao hoặc quan hệ kế thừa"
                    ),
                    format!("{to} does not follow {from}, or the amount is negative; mend the line or the lineage"),
                ));
            }
        }
    }
}

fn base_lost(element: &ElementCode, unit: &str, base: i64) -> Broken {
    Broken::refuses(
        "BASE_LOST",
        element.as_str(),
        format!("số gốc {base} của {unit} không còn thuộc đơn vị nào; hãy chỉ định đơn vị kế thừa"),
        format!("the base {base} of {unit} would belong to nobody; name a successor"),
    )
}

fn base_missing(element: &ElementCode, units: &[UnitName]) -> Broken {
    let units = units.join(", ");
    Broken::warns(
        "BASE_INCOMPLETE",
        element.as_str(),
        format!("thiếu số gốc của đơn vị trước, chưa được dùng số gốc của: {units}"),
        format!("a predecessor has no base, so these may not use theirs: {units}"),
    )
}
