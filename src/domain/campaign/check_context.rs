//! What a campaign and its catalogue lack against the organisation and the server that they are
//! for: warnings, and the one refusal of elements whose sums would be too large.
//!
//! The rules that hold anywhere are in `check`.

use super::attainable::{Attainability, attainability};
use super::{Campaign, DutyEvidence};
use crate::domain::org::{Org, Unit, UnitKind};
use crate::domain::report::counting_levels::CountingLevels;
use crate::domain::report::element::CountingLevel;
use crate::domain::report::form::{Catalogue, Contract};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::nearest_word::nearest_word;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{EachUnits, TargetUnits, TargetWindow};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The greatest sum of ten years that every computation holds: 10^18.
const SUM_MAX: i128 = 1_000_000_000_000_000_000;
/// Most periods of ten years under an element that no contract brings in: one each day.
const DAYS_OF_TEN_YEARS: u32 = 3653;
/// All days.
const EVER: DateWindow = DateWindow { start: Date::MIN, end: Date::MAX };
/// Shorter names of units also occur as parts of other words.
const UNIT_NAME_CHARS_MIN: usize = 8;

/// What the files are checked against.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// The organisation, if one is known.
    pub org: Option<&'a Org>,
    /// Days without contact after which a phone locks its data.
    pub offline_lease_days: u16,
    /// The words by which texts name the units of a level, in lower case.
    pub level_words: &'a [(UnitKind, &'a str)],
}

/// The elements whose sums over units and ten years could pass 10^18.
#[must_use]
pub fn check_magnitudes(catalogue: &Catalogue, context: &CheckContext<'_>) -> Vec<Violation> {
    let calendars = Calendars::standard();
    let too_large = catalogue.elements.iter().filter_map(|element| {
        let units = context.org.map_or(1, |org| count_units(org, &element.levels, EVER).max(1));
        let calendar = catalogue
            .contract_for_element(&element.code)
            .and_then(|contract| calendars.get(&contract.calendar));
        let periods =
            calendar.map_or(DAYS_OF_TEN_YEARS, |calendar| calendar.rule.periods_in_ten_years());
        let most = i128::from(element.min).abs().max(i128::from(element.max).abs());
        let times = i128::try_from(units).ok()?.checked_mul(i128::from(periods))?;
        if most.checked_mul(times).is_some_and(|sum| sum <= SUM_MAX) {
            return None;
        }
        let limit = SUM_MAX / times;
        Some(Violation::error(
            "ELEMENT_TOO_LARGE",
            format!("element.{}", element.code),
            message!("check-context-element-too-large", most, units, periods, limit),
        ))
    });
    too_large.collect()
}

/// How many units are of the level of some day of a window.
fn count_units(org: &Org, levels: &CountingLevels, window: DateWindow) -> usize {
    let is_counted = |unit: &&Unit| unit.days_at_level(levels, window).next().is_some();
    org.units().iter().filter(is_counted).count()
}

fn is_open_in(unit: &Unit, window: DateWindow) -> bool {
    unit.versions
        .iter()
        .any(|version| version.days.from < window.end && window.start < version.days.to)
}

impl Campaign {
    /// What probably was not meant: none of it keeps the campaign from running.
    #[must_use]
    pub fn check_context(
        &self,
        catalogue: &Catalogue,
        context: &CheckContext<'_>,
    ) -> Vec<Violation> {
        let mut warnings = Vec::new();
        if self.launched_on.is_none() {
            let text = message!("check-context-no-launch-day");
            warnings.push(Violation::warning("NO_LAUNCH_DAY", "launched_on", text));
        }
        let contracts = catalogue.contracts_with_codes(&self.contracts);
        self.check_lease(&contracts, context, &mut warnings);
        self.check_attainable(catalogue, &mut warnings);
        if let Some(org) = context.org {
            self.check_levels(org, &contracts, &mut warnings);
            self.check_named_units(org, &mut warnings);
            self.check_units_in_texts(org, &mut warnings);
            self.check_levels_in_texts(org, context, &mut warnings);
            self.check_due_attestations(org, catalogue, &mut warnings);
        }
        warnings
    }

    /// A phone that has contact once a period must not lock its data in between.
    fn check_lease(
        &self,
        contracts: &[Contract],
        context: &CheckContext<'_>,
        warnings: &mut Vec<Violation>,
    ) {
        let calendars = Calendars::standard();
        for contract in contracts {
            let Some(calendar) = calendars.get(&contract.calendar) else { continue };
            let (days, lease) = (calendar.rule.longest_days(), context.offline_lease_days);
            if u32::from(lease) < days {
                let code = &contract.code;
                let text = message!("check-context-lease-shorter", lease, code, days);
                warnings.push(Violation::warning("LEASE_SHORTER", "contracts", text));
            }
        }
    }

    fn check_attainable(&self, catalogue: &Catalogue, warnings: &mut Vec<Violation>) {
        for target in &self.targets {
            let mut warn = |code, text| {
                let path = format!("targets.{}", target.code);
                warnings.push(Violation::warning(code, path, text));
            };
            for comparison in target.formula.comparisons() {
                match attainability(comparison, catalogue) {
                    Attainability::Always => {
                        warn("TARGET_ALWAYS_MET", message!("check-context-always-met"));
                    }
                    Attainability::Never => {
                        warn("TARGET_NEVER_MET", message!("check-context-never-met"));
                    }
                    Attainability::Open => {}
                }
                if let Some(TargetWindow::Dates(from, to)) = comparison.window
                    && DateWindow::new(from, to)
                        .is_some_and(|days| days.overlap_days(&self.measurement_window) == 0)
                {
                    warn("TARGET_OUTSIDE", message!("check-context-target-outside"));
                }
            }
        }
    }

    /// A contract at a level without units brings in nothing.
    fn check_levels(&self, org: &Org, contracts: &[Contract], warnings: &mut Vec<Violation>) {
        for contract in contracts {
            for (days, level) in contract.levels.within(self.measurement_window) {
                if count_units(org, &level.into(), days) == 0 {
                    let code = &contract.code;
                    let text = message!("check-context-no-units-at-level", code, level);
                    warnings.push(Violation::warning("NO_UNITS_AT_LEVEL", "contracts", text));
                }
            }
        }
    }

    /// The units that keys and formulas name by code, each with its path.
    fn named_units(&self) -> Vec<(String, &str)> {
        let owner = [("owner".to_owned(), self.owner_uid.as_str())];
        let launches = self.launches.iter().map(|one| ("launches", one.unit_uid.as_str()));
        let pledges = self.pledges.iter().map(|one| ("pledges", one.unit_uid.as_str()));
        let plans = self.plans.iter().map(|one| ("plans", one.unit_uid.as_str()));
        let lists = launches.chain(pledges).chain(plans);
        let formulas = self.targets.iter().flat_map(|target| {
            let units = target.formula.comparisons().into_iter().filter_map(|one| {
                let Some(TargetUnits::Unit(unit)) = &one.units else { return None };
                Some(unit.as_str())
            });
            units.map(|unit| (format!("targets.{}", target.code), unit)).collect::<Vec<_>>()
        });
        let listed = lists.map(|(list, unit)| (format!("{list}.{unit}"), unit));
        owner.into_iter().chain(listed).chain(formulas).collect()
    }

    fn check_named_units(&self, org: &Org, warnings: &mut Vec<Violation>) {
        for (path, uid) in self.named_units() {
            let unit = org.unit_by_uid(uid);
            if unit.is_some_and(|unit| is_open_in(unit, self.legal_window)) {
                continue;
            }
            let near = nearest_word(uid, org.units().iter().map(|unit| unit.uid.as_str()));
            let text = match (unit, near) {
                (Some(_), _) => message!("check-context-unit-not-open", uid),
                (None, Some(near)) => message!("check-context-unknown-unit-near", uid, near),
                (None, None) => message!("check-context-unknown-unit", uid),
            };
            warnings.push(Violation::warning("UNKNOWN_UNIT", path, text));
        }
        let kinds: BTreeSet<&str> = org
            .units()
            .iter()
            .filter(|unit| is_open_in(unit, self.measurement_window))
            .flat_map(|unit| unit.versions.iter().map(|version| version.local_kind.as_str()))
            .collect();
        for target in &self.targets {
            for comparison in target.formula.comparisons() {
                if let Some(TargetUnits::Each(EachUnits::Kind(kind))) = &comparison.units
                    && !kinds.contains(kind.as_str())
                {
                    let list = kinds.iter().copied().collect::<Vec<_>>().join(" | ");
                    let path = format!("targets.{}", target.code);
                    let text = message!("check-context-unknown-kind", kind, list);
                    warnings.push(Violation::warning("UNKNOWN_KIND", path, text));
                }
            }
        }
    }

    /// The texts that people read, each with its path.
    fn texts(&self) -> Vec<(String, &str)> {
        let head = [
            ("name_vi", Some(&self.name_vi)),
            ("audience_vi", Some(&self.audience_vi)),
            ("theme", self.theme.as_ref()),
            ("motto", self.motto.as_ref()),
        ];
        let mut texts: Vec<(String, &str)> =
            head.into_iter().filter_map(|(key, text)| Some((key.to_owned(), &**text?))).collect();
        for phase in &self.phases {
            let path = format!("phases.{}", phase.no);
            texts.extend(phase.focus.iter().map(|text| (path.clone(), text.as_str())));
        }
        for target in &self.targets {
            let path = format!("targets.{}", target.code);
            texts.push((path.clone(), &target.text_vi));
            texts.push((path, &target.gaming_note));
        }
        let duties = self.duties.iter();
        texts.extend(duties.map(|duty| (format!("duties.{}", duty.code), duty.text_vi.as_str())));
        texts
    }

    /// A text must not speak of a unit that is gone when the campaign runs.
    fn check_units_in_texts(&self, org: &Org, warnings: &mut Vec<Violation>) {
        let names = |is_open: bool| -> BTreeSet<String> {
            let units =
                org.units().iter().filter(|one| is_open_in(one, self.legal_window) == is_open);
            let names = units.flat_map(|unit| unit.versions.iter().map(|one| &one.name));
            names.map(|name| name.to_lowercase()).collect()
        };
        let (open, closed) = (names(true), names(false));
        let gone: Vec<&String> = closed
            .iter()
            .filter(|name| name.chars().count() >= UNIT_NAME_CHARS_MIN && !open.contains(*name))
            .collect();
        for (path, text) in self.texts() {
            let text = text.to_lowercase();
            for name in gone.iter().filter(|name| text.contains(name.as_str())) {
                let inside = open
                    .iter()
                    .any(|one| one.contains(name.as_str()) && text.contains(one.as_str()));
                if !inside {
                    let words = message!("check-context-text-names-closed-unit", name);
                    warnings.push(Violation::warning("UNIT_NOT_THERE", &path, words));
                }
            }
        }
    }

    /// A text must not speak of a level that has no unit when the campaign runs.
    fn check_levels_in_texts(
        &self,
        org: &Org,
        context: &CheckContext<'_>,
        warnings: &mut Vec<Violation>,
    ) {
        let has_unit = |kind: UnitKind| {
            let mut open = org.units().iter().filter(|unit| is_open_in(unit, self.legal_window));
            open.any(|unit| unit.versions.iter().any(|version| version.kind == kind))
        };
        for (kind, word) in context.level_words.iter().filter(|(kind, _)| !has_unit(*kind)) {
            for (path, text) in self.texts() {
                let text = text.to_lowercase();
                let mut words = text.split(|letter: char| !letter.is_alphanumeric());
                if words.any(|one| one == *word) {
                    let text = message!("check-context-text-names-level", word, kind);
                    warnings.push(Violation::warning("UNIT_NOT_THERE", path, text));
                }
            }
        }
    }

    /// More attestations than reports can hold are due from nobody.
    fn check_due_attestations(
        &self,
        org: &Org,
        catalogue: &Catalogue,
        warnings: &mut Vec<Violation>,
    ) {
        let calendars = Calendars::standard();
        for duty in self.duties.iter().filter(|one| one.evidence == DutyEvidence::Attestation) {
            let contract =
                duty.element.as_ref().and_then(|code| catalogue.contract_for_element(code));
            let Some(contract) = contract else { continue };
            let Some(calendar) = calendars.get(&contract.calendar) else { continue };
            let reports = |(days, level): (DateWindow, CountingLevel)| {
                count_units(org, &level.into(), days) * calendar.clipped_periods_in(days).len()
            };
            let most: usize = contract.levels.within(self.measurement_window).map(reports).sum();
            if most > 0 && usize::try_from(duty.due).is_ok_and(|due| due > most) {
                let path = format!("duties.{}", duty.code);
                let text = message!("check-context-due-beyond-reports", due = duty.due, most);
                warnings.push(Violation::warning("TARGET_NEVER_MET", path, text));
            }
        }
    }
}
