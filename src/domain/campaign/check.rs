//! Every rule that a campaign breaks, each with its reason and the next step.
//!
//! Rules of a single target are in `check_target`.

use super::{Anniversary, Campaign, Classification, Duty, DutyEvidence};
use crate::domain::report::element::ElementKind;
use crate::domain::report::form::{Catalogue, duplicate_code_violations};
use crate::domain::support::message::{Message, message};
use crate::domain::support::nearest_word::with_nearest;
use crate::domain::support::violation::Violation;

/// Maximum number each of targets, duties and lines of work of a campaign.
pub(super) const LINES_MAX: usize = 64;

impl Campaign {
    /// Every rule broken by the campaign alone or against the catalogue.
    #[must_use]
    pub fn check(&self, catalogue: &Catalogue) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.check_header(&mut violations);
        self.check_phases(&mut violations);
        self.anniversaries.iter().for_each(|day| violations.extend(check_anniversary(day)));
        self.check_codes(&mut violations);
        for code in self.contracts.iter().filter(|code| catalogue.contract(code).is_none()) {
            violations.push(unknown_code_violation(
                "UNKNOWN_CONTRACT",
                "contracts",
                message!("check-contract"),
                code,
                catalogue.contracts.iter().map(|contract| contract.code.as_str()),
            ));
        }
        self.check_fields(catalogue, &mut violations);
        for target in &self.targets {
            super::check_target::check_target(self, target, catalogue, &mut violations);
            super::check_judged::check_judged(self, target, &mut violations);
        }
        self.check_activities(catalogue, &mut violations);
        self.duties.iter().for_each(|duty| check_duty(duty, catalogue, &mut violations));
        self.check_participation(&mut violations);
        violations
    }

    fn check_header(&self, violations: &mut Vec<Violation>) {
        if self.classification != Classification::NotSecret {
            violations.push(Violation::error(
                "CLASSIFIED",
                "classification",
                message!("check-nothing-secret-may-enter", classification = self.classification),
            ));
        }
        let named = [
            ("code", &self.code),
            ("name_vi", &self.name_vi),
            ("name_en", &self.name_en),
            ("owner", &self.owner_uid),
        ];
        for (key, _) in named.iter().filter(|(_, text)| text.trim().is_empty()) {
            violations.push(missing_value_violation(key));
        }
        if self.theme.is_none() {
            violations.push(missing_value_violation("theme"));
        }
        if self.fields.is_empty() {
            violations.push(missing_value_violation("fields"));
        }
        if self.contracts.is_empty() {
            violations.push(missing_value_violation("contracts"));
        }
        if self.launched_on.is_some_and(|day| day >= self.legal_window.end) {
            violations.push(Violation::error(
                "LAUNCH_AFTER_END",
                "launched_on",
                message!("check-launch-comes-after-last"),
            ));
        }
        if self.registration_deadline.is_some_and(|day| day >= self.legal_window.end) {
            violations.push(Violation::error(
                "DEADLINE_AFTER_END",
                "registration_deadline",
                message!("check-deadline-after-last"),
            ));
        }
    }

    /// The phases cover the legal window: numbered 1, 2, 3, without gap or overlap.
    fn check_phases(&self, violations: &mut Vec<Violation>) {
        let mut next = self.legal_window.start;
        for (index, phase) in self.phases.iter().enumerate() {
            if usize::from(phase.no) != index + 1 || phase.window.start != next {
                violations.push(phase_tiling_violation(
                    format!("phases.{}", phase.no),
                    message!(
                        "check-phase-must-begin-here",
                        index = index + 1,
                        next,
                        no = phase.no,
                        start = phase.window.start
                    ),
                ));
            }
            next = phase.window.end;
        }
        if next != self.legal_window.end {
            let (last, end) = (next, self.legal_window.end);
            violations.push(phase_tiling_violation(
                "phases".to_owned(),
                message!("check-phases-end-before-campaign", last, end),
            ));
        }
    }

    /// Every field named is one of the catalogue, if it declares any; the violation lists them.
    fn check_fields(&self, catalogue: &Catalogue, violations: &mut Vec<Violation>) {
        let of_targets =
            self.targets.iter().map(|one| (format!("targets.{}", one.code), &one.field));
        let of_duties = self.duties.iter().map(|one| (format!("duties.{}", one.code), &one.field));
        let of_lines =
            of_targets.chain(of_duties).filter_map(|(at, field)| Some((at, field.as_ref()?)));
        let own = self.fields.iter().map(|field| ("fields".to_owned(), field));
        for (at, field) in own.chain(of_lines).filter(|(_, field)| catalogue.field(field).is_none())
        {
            // Without any declaration a field is its code: people see that instead of a name.
            if catalogue.fields.is_empty() {
                let message = message!("check-no-fields-declared", field);
                violations.push(Violation::warning("FIELDS_NOT_DECLARED", at, message));
                return;
            }
            let known: Vec<&str> = catalogue.fields.iter().map(|one| one.code.as_str()).collect();
            let message = message!("check-no-such-field", field, known = known.join(" | "));
            violations.push(Violation::error("UNKNOWN_FIELD", at, message));
        }
    }

    fn check_codes(&self, violations: &mut Vec<Violation>) {
        violations.extend(duplicate_code_violations(
            "targets",
            self.targets.iter().map(|target| target.code.as_str()),
        ));
        violations.extend(duplicate_code_violations(
            "activities",
            self.activities.iter().map(|activity| activity.code.as_str()),
        ));
        violations.extend(duplicate_code_violations(
            "duties",
            self.duties.iter().map(|duty| duty.code.as_str()),
        ));
        let counts = [
            ("targets", self.targets.len()),
            ("activities", self.activities.len()),
            ("duties", self.duties.len()),
        ];
        for (at, count) in counts.into_iter().filter(|(_, count)| *count > LINES_MAX) {
            violations.push(Violation::error(
                "TOO_MANY_LINES",
                at,
                message!("check-lines-most-merge-some", count, limit = LINES_MAX),
            ));
        }
    }

    fn check_activities(&self, catalogue: &Catalogue, violations: &mut Vec<Violation>) {
        for activity in &self.activities {
            let at = format!("activities.{}", activity.code);
            if !self.counts_element(&activity.element, catalogue) {
                violations.push(not_counted_violation(&at, activity.element.as_str(), catalogue));
            }
        }
    }

    /// Whether this element is reported under one of the campaign's contracts.
    pub(super) fn counts_element(
        &self,
        element: &crate::domain::report::element::ElementCode,
        catalogue: &Catalogue,
    ) -> bool {
        catalogue
            .contract_for_element(element)
            .is_some_and(|contract| self.contracts.contains(&contract.code))
    }
}

fn check_anniversary(day: &Anniversary) -> Option<Violation> {
    let falls_on = |origin: jiff::civil::Date| {
        origin.year() + day.ordinal == day.commemorated_on.year()
            && (origin.month(), origin.day())
                == (day.commemorated_on.month(), day.commemorated_on.day())
    };
    let origin = day.correction.as_ref().map_or(day.origin, |correction| correction.origin);
    if falls_on(origin) {
        return None;
    }
    let (ordinal, on) = (day.ordinal, day.commemorated_on);
    Some(Violation::error(
        "ANNIVERSARY_DOES_NOT_ADD_UP",
        format!("anniversaries.{}", day.name_vi),
        message!("check-years-do-not-make", origin, ordinal, on),
    ))
}

fn check_duty(duty: &Duty, catalogue: &Catalogue, violations: &mut Vec<Violation>) {
    let at = format!("duties.{}", duty.code);
    let kind =
        duty.element.as_ref().map(|code| catalogue.element(code).map(|element| element.kind));
    let fits = match (duty.evidence, kind) {
        (DutyEvidence::Narrative, None) => true,
        (DutyEvidence::Attestation, Some(Some(kind))) => {
            kind == ElementKind::EventFlag && duty.due > 0
        }
        (DutyEvidence::ActivityCount, Some(Some(kind))) => kind == ElementKind::Flow,
        (DutyEvidence::Narrative | DutyEvidence::Attestation | DutyEvidence::ActivityCount, _) => {
            false
        }
    };
    if !fits {
        violations.push(Violation::error(
            "DUTY_EVIDENCE",
            at,
            message!("check-evidence-does-not-fit"),
        ));
    }
}

fn phase_tiling_violation(at: String, message: Message) -> Violation {
    Violation::error("PHASES_DO_NOT_TILE", at, message)
}

fn missing_value_violation(key: &str) -> Violation {
    Violation::error("NOT_GIVEN", key, message!("check-not-given-fill", key))
}

fn unknown_code_violation<'a>(
    code: &'static str,
    at: &str,
    kind: Message,
    name: &str,
    existing: impl Iterator<Item = &'a str>,
) -> Violation {
    let text = message!("check-there-no-declare-mend", kind => kind, name);
    Violation::error(code, at, with_nearest(text, name, existing))
}

pub(super) fn not_counted_violation(at: &str, element: &str, catalogue: &Catalogue) -> Violation {
    let text = message!("check-no-contract-campaign-brings", element);
    let others = catalogue.elements.iter().map(|other| other.code.as_str());
    let text = with_nearest(text, element, others.filter(|other| *other != element));
    Violation::error("ELEMENT_NOT_COUNTED", at, text)
}
