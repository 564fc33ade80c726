//! Elements, forms, contracts and campaigns from their files.

use super::outcome::FileOutcome;
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::campaign::{ApplySummary, FilesToApply};
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::action;
use crate::domain::campaign::CheckContext;
use crate::domain::org::{Org, UnitKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::{Calendar, Calendars};
use crate::domain::support::line_diff::{DiffLine, diff_lines};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use crate::files::campaign_set::{CampaignFileSet, NamedText, read_campaign_set};
use crate::files::campaign_writer;
use crate::files::diagnostic::FileDiagnostic;
use crate::i18n::Lang;
use std::fmt::Debug;

string_enum! {
    /// Kind of a defined thing.
    DefinitionKind {
        /// An element.
        Element = "element",
        /// A form.
        Form = "form",
        /// A contract.
        Contract = "contract",
        /// A campaign.
        Campaign = "campaign",
    }
}

/// The change of one defined thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionChange {
    /// Its kind.
    pub kind: DefinitionKind,
    /// Its code.
    pub code: String,
    /// Whether it does not exist yet.
    pub is_new: bool,
    /// The lines that differ, each after `- ` or `+ `; none if it is new.
    pub lines: Vec<String>,
}

/// What is to be applied.
#[derive(Debug, Clone, Copy)]
pub struct Definitions<'a> {
    /// The files.
    pub files: &'a [NamedText],
    /// The decision on which a change of an approved campaign rests.
    pub basis: Option<&'a str>,
    /// After how many days without contact phones hide their data, for a warning.
    pub offline_lease_days: u16,
}

/// What the files say and what they change.
#[derive(Debug, Clone, Default)]
pub struct DefinitionOutcome {
    /// Findings with their place, in the order of the files.
    pub diagnostics: Vec<FileDiagnostic>,
    /// Findings about entries that stand in none of the files.
    pub unplaced: Vec<Violation>,
    /// Whether no finding is an error. Otherwise nothing is written.
    pub is_valid: bool,
    /// What the files change, of a valid set.
    pub changes: Vec<DefinitionChange>,
    /// What was written; nothing if it was only asked for.
    pub written: ApplySummary,
}

impl From<DefinitionOutcome> for FileOutcome {
    /// The same outcome in the form of every file.
    fn from(outcome: DefinitionOutcome) -> Self {
        let DefinitionOutcome { diagnostics, unplaced, is_valid, changes, written: _ } = outcome;
        Self {
            findings: diagnostics,
            unplaced,
            definitions: changes,
            is_taken: is_valid,
            ..Self::default()
        }
    }
}

/// Checks the files against each other, the stored catalogue and an organisation.
#[must_use]
pub fn check_definitions(
    definitions: Definitions<'_>,
    stored: &Catalogue,
    org: Option<&Org>,
) -> CampaignFileSet {
    let level_words = [(UnitKind::District, Lang::VI.text("level-word-district"))];
    let offline_lease_days = definitions.offline_lease_days;
    let context = CheckContext { org, offline_lease_days, level_words: &level_words };
    read_campaign_set(definitions.files, stored, &context)
}

/// Applies the files: all of them, or none.
///
/// # Errors
/// What forbids the change of the stored definitions; a fault of the files is in the outcome.
pub fn apply_definitions(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    definitions: Definitions<'_>,
) -> Result<ActEnd<DefinitionOutcome>> {
    let reference = app.reference_for::<action::ApplyCampaign>(performer.actor())?;
    let set = check_definitions(definitions, &reference.catalogue, known_org(&reference));
    if !set.is_valid() {
        let CampaignFileSet { diagnostics, unplaced, .. } = set;
        let refused = DefinitionOutcome { diagnostics, unplaced, ..DefinitionOutcome::default() };
        return Ok(ActEnd::Performed(refused));
    }
    let changes = find_changes(&reference, &set);
    let calendars = find_missing_calendars(&reference);
    let files = FilesToApply {
        catalogue: &set.catalogue,
        calendars: &calendars,
        campaigns: &set.campaigns,
        basis: definitions.basis,
    };
    let end = app.perform(performer, request, |tx, actor| app.apply_files_in(tx, actor, files))?;
    Ok(end.map(|written| DefinitionOutcome {
        diagnostics: set.diagnostics,
        unplaced: set.unplaced,
        is_valid: true,
        changes,
        written: if request.validate_only { ApplySummary::default() } else { written },
    }))
}

/// The organisation, once there is one.
#[must_use]
pub fn known_org(reference: &ReferenceSnapshot) -> Option<&Org> {
    Some(&reference.org).filter(|org| !org.units().is_empty())
}

/// The standard calendars that the database does not hold yet.
fn find_missing_calendars(reference: &ReferenceSnapshot) -> Vec<Calendar> {
    let standard = Calendars::standard();
    let missing =
        standard.iter().filter(|one| reference.calendars.get(&one.code) != Some(*one)).cloned();
    missing.collect()
}

fn find_changes(
    reference: &ReferenceSnapshot,
    requested: &CampaignFileSet,
) -> Vec<DefinitionChange> {
    let stored = &reference.catalogue;
    let mut changes = Vec::new();
    let mut note = |kind, code: &str, old: Option<String>, new: String| {
        if old.as_ref() == Some(&new) {
            return;
        }
        let lines = old.as_deref().map(|old| to_lines(old, &new)).unwrap_or_default();
        let (code, is_new) = (code.to_owned(), old.is_none());
        changes.push(DefinitionChange { kind, code, is_new, lines });
    };
    let text = |value: &dyn Debug| format!("{value:#?}");
    for one in &requested.catalogue.elements {
        let old = stored.element(&one.code).map(|old| text(old));
        note(DefinitionKind::Element, one.code.as_str(), old, text(one));
    }
    for one in &requested.catalogue.forms {
        let old = stored.form(&one.code).map(|old| text(old));
        note(DefinitionKind::Form, &one.code, old, text(one));
    }
    for one in &requested.catalogue.contracts {
        let old = stored.contract(&one.code).map(|old| text(old));
        note(DefinitionKind::Contract, &one.code, old, text(one));
    }
    for one in &requested.campaigns {
        let old = reference.campaigns.iter().find(|old| old.code == one.code);
        let old = old.map(campaign_writer::format_campaign);
        note(DefinitionKind::Campaign, &one.code, old, campaign_writer::format_campaign(one));
    }
    changes
}

fn to_lines(old: &str, new: &str) -> Vec<String> {
    let line = |line: DiffLine<'_>| match line {
        DiffLine::Removed(text) => format!("- {}", text.trim()),
        DiffLine::Added(text) => format!("+ {}", text.trim()),
    };
    diff_lines(old, new).into_iter().map(line).collect()
}
