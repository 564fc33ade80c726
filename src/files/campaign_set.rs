//! Several files of one campaign read and checked together, so that everything that is wrong with
//! any of them is told at once.
//!
//! What could be read of a file with faults is checked against the others. A fault that may only
//! follow from an entry that was left out is not told: it goes, or stays, when the entry is
//! mended.

use super::campaign::{ParsedCampaign, read_campaign_leniently};
use super::catalogue::{ParsedCatalogue, merge_catalogues, read_catalogue_leniently};
use super::diagnostic::FileDiagnostic;
use crate::domain::campaign::{Campaign, CheckContext, check_magnitudes};
use crate::domain::report::form::Catalogue;
use crate::domain::support::violation::{Severity, Violation};
use std::collections::BTreeSet;

/// One file: its name in diagnostics, and its text.
#[derive(Debug, Clone)]
pub struct NamedText {
    /// As the user gave it.
    pub name: String,
    /// The content.
    pub text: String,
}

/// The content of several files, and what was found in them.
#[derive(Debug, Clone)]
pub struct CampaignFileSet {
    /// The catalogue as it will be: the existing one with the entries of the files in place of
    /// those with the same code.
    pub catalogue: Catalogue,
    /// The campaigns.
    pub campaigns: Vec<Campaign>,
    /// Faults and warnings with their position, in the order of the files.
    pub diagnostics: Vec<FileDiagnostic>,
    /// Those about entries that stand in none of the files.
    pub unplaced: Vec<Violation>,
}

impl CampaignFileSet {
    /// Whether nothing worse than a warning was found.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let placed = self.diagnostics.iter().map(|diagnostic| &diagnostic.violation);
        placed.chain(&self.unplaced).all(|violation| violation.severity == Severity::Warning)
    }
}

/// What a list that lacks entries makes other rules say.
const CONSEQUENCES: [(&str, &[&str]); 12] = [
    ("UNKNOWN_FIELD", &["fields"]),
    ("UNKNOWN_ELEMENT", &["elements"]),
    ("ELEMENT_NOT_COUNTED", &["elements", "forms", "contracts"]),
    ("LEVELS_DIFFER", &["elements", "contracts"]),
    ("UNKNOWN_FORM", &["forms"]),
    ("UNKNOWN_CONTRACT", &["contracts"]),
    ("DUTY_EVIDENCE", &["elements"]),
    ("PHASES_DO_NOT_TILE", &["phases"]),
    ("UNKNOWN_PHASE", &["phases"]),
    ("UNKNOWN_DUTY", &["duties"]),
    ("UNKNOWN_PAIR", &["targets"]),
    ("UNKNOWN_TARGET", &["targets"]),
];

/// Reads and checks files against each other, the existing catalogue and their surroundings.
#[must_use]
pub fn read_campaign_set(
    files: &[NamedText],
    existing: &Catalogue,
    context: &CheckContext<'_>,
) -> CampaignFileSet {
    let mut readings = FileReadings::default();
    files.iter().for_each(|file| readings.read(file));
    let parts = readings.catalogues.iter().map(|one| one.catalogue.clone()).collect();
    let catalogue = merge_into(existing, &merge_catalogues(parts));
    let mut unplaced = Vec::new();
    for violation in catalogue.check().into_iter().chain(check_magnitudes(&catalogue, context)) {
        if !readings.may_follow(&violation) {
            readings.place(violation, &mut unplaced);
        }
    }
    for parsed in std::mem::take(&mut readings.campaigns) {
        let found = parsed.check(&catalogue).into_iter();
        let around = parsed.check_context(&catalogue, context);
        let told: Vec<FileDiagnostic> =
            found.chain(around).filter(|one| !readings.may_follow(&one.violation)).collect();
        readings.diagnostics.extend(told);
        readings.campaigns.push(parsed);
    }
    let mut diagnostics = readings.diagnostics;
    let place = |name: &str| files.iter().position(|file| file.name == name);
    diagnostics.sort_by_key(|one| (place(&one.file), one.position));
    let campaigns = readings.campaigns.into_iter().map(|parsed| parsed.campaign).collect();
    CampaignFileSet { catalogue, campaigns, diagnostics, unplaced }
}

#[derive(Default)]
struct FileReadings {
    catalogues: Vec<ParsedCatalogue>,
    campaigns: Vec<ParsedCampaign>,
    diagnostics: Vec<FileDiagnostic>,
    left_out: BTreeSet<String>,
}

impl FileReadings {
    fn read(&mut self, NamedText { name, text }: &NamedText) {
        let before = self.diagnostics.len();
        let is_read = if is_catalogue_file(text) {
            let reading = read_catalogue_leniently(name, text);
            self.diagnostics.extend(reading.diagnostics);
            self.left_out.extend(reading.left_out);
            self.catalogues.extend(reading.value.clone());
            reading.value.is_some()
        } else {
            let reading = read_campaign_leniently(name, text);
            self.diagnostics.extend(reading.diagnostics);
            self.left_out.extend(reading.left_out);
            self.campaigns.extend(reading.value.clone());
            reading.value.is_some()
        };
        if !is_read && self.diagnostics.len() > before {
            let lists = ["fields", "elements", "forms", "contracts"];
            self.left_out.extend(lists.map(str::to_owned));
        }
    }

    /// Whether a violation may only follow from an entry that was left out.
    fn may_follow(&self, violation: &Violation) -> bool {
        let lists = CONSEQUENCES.iter().find(|(code, _)| *code == violation.code);
        lists.is_some_and(|(_, lists)| lists.iter().any(|list| self.left_out.contains(*list)))
    }

    fn place(&mut self, violation: Violation, unplaced: &mut Vec<Violation>) {
        match self.catalogues.iter().find_map(|parsed| parsed.locate(&violation)) {
            Some(diagnostic) => self.diagnostics.push(diagnostic),
            None => unplaced.push(violation),
        }
    }
}

/// Whether a file holds fields, elements, forms or contracts rather than a campaign.
fn is_catalogue_file(text: &str) -> bool {
    text.lines().any(|line| {
        let heading = line.split('#').next().unwrap_or_default().trim();
        let name = heading.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
        name.is_some_and(|name| super::keys::toml_tables::CATALOGUE.find(name.trim()).is_some())
    })
}

/// The existing catalogue with the entries of the files in place of those with the same code.
fn merge_into(existing: &Catalogue, said: &Catalogue) -> Catalogue {
    let mut whole = said.clone();
    whole
        .fields
        .extend(existing.fields.iter().filter(|one| said.field(&one.code).is_none()).cloned());
    whole
        .elements
        .extend(existing.elements.iter().filter(|one| said.element(&one.code).is_none()).cloned());
    whole.forms.extend(existing.forms.iter().filter(|one| said.form(&one.code).is_none()).cloned());
    whole.contracts.extend(
        existing.contracts.iter().filter(|one| said.contract(&one.code).is_none()).cloned(),
    );
    whole
}

#[cfg(test)]
#[path = "campaign_set_tests.rs"]
mod tests;
