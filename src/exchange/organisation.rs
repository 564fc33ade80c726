//! The organisation from its three tables.

use super::outcome::{FieldsByKey, FileOutcome, compare_fields};
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::{App, Result};
use crate::domain::access::permission::action;
use crate::domain::org::{DaySpan, Org, Unit};
use crate::domain::support::violation::Severity;
use crate::files::org::{OrgRead, OrgTables, read_org_tables};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The tables of an organisation, and what is asked.
#[derive(Debug, Clone, Copy)]
pub struct OrgImport<'a> {
    /// The tables.
    pub tables: OrgTables<'a>,
    /// Take changed official codes of known units that no line of the lineage explains.
    pub accept_code_changes: bool,
}

/// Imports an organisation: all of it or nothing. The outcome has a verdict for each unit, and the
/// organisation as read, if it can be.
///
/// # Errors
/// DENIED or NOT_FOUND: the performer may not change the organisation.
pub fn import_organisation(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    import: OrgImport<'_>,
) -> Result<ActEnd<(FileOutcome, Option<Org>)>> {
    if let Performer::Caller(caller) = performer {
        app.reference_for::<action::ChangeOrg>(&caller.actor)?;
    }
    let mut read = match read_org_tables(&import.tables) {
        Ok(read) => read,
        Err(faults) => return Ok(ActEnd::Performed((FileOutcome::refused(faults), None))),
    };
    let stored = app.current_reference()?;
    let mut findings = read.check_code_changes(&stored.org);
    if import.accept_code_changes {
        findings.iter_mut().for_each(|one| one.violation.severity = Severity::Warning);
    }
    findings.append(&mut read.notes);
    let rows = compare_units(&stored.org, &read);
    let mut outcome = FileOutcome { findings, rows, ..FileOutcome::default() };
    if outcome.has_refusals() {
        return Ok(ActEnd::Performed((outcome, Some(read.org))));
    }
    outcome.is_taken = true;
    let end = app.perform_org_import(performer, request, read.org.facts())?;
    Ok(end.map(|_| (outcome, Some(read.org))))
}

fn compare_units(stored: &Org, read: &OrgRead) -> Vec<super::outcome::RowVerdict> {
    compare_fields(&unit_fields(stored), &unit_fields(&read.org), |uid| {
        let unit = read.org.unit_by_uid(uid).map(|unit| unit.id);
        unit.map_or_else(Default::default, |id| read.place(id))
    })
}

/// What the tables say of each unit, by its code. A field begins with the first day.
fn unit_fields(org: &Org) -> FieldsByKey {
    let uid = |id| org.unit(id).map_or_else(String::new, |unit| unit.uid.clone());
    let facts = org.facts();
    let mut fields: FieldsByKey =
        facts.units.iter().map(|unit| (unit.uid.clone(), version_fields(unit))).collect();
    for edge in &facts.edges {
        let field = format!("{} {}", first_day(edge.days.from), edge.hierarchy);
        let value = format!("{} {}", uid(edge.parent), last_day(edge.days));
        fields.entry(uid(edge.child)).or_default().insert(field, value.trim_end().to_owned());
    }
    for line in &facts.lineage {
        let field = format!("{} {} {}", line.effective_day, line.kind, uid(line.to));
        let value = format!("{} {}", line.weight, line.basis);
        fields.entry(uid(line.from)).or_default().insert(field, value);
    }
    fields
}

fn version_fields(unit: &Unit) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for version in &unit.versions {
        let day = first_day(version.days.from);
        let code = version.code.as_ref().map_or("", |code| code.code.as_str());
        let values = [
            ("name_vi", version.name.as_str()),
            ("level", version.kind.as_str()),
            ("kind", version.local_kind.as_str()),
            ("gso_code", code),
            ("valid_to", &last_day(version.days)),
            ("note", version.note.as_str()),
        ];
        let named = values.map(|(name, value)| (format!("{day} {name}"), value.to_owned()));
        fields.extend(named.into_iter().filter(|(_, value)| !value.is_empty()));
    }
    if !unit.aliases.is_empty() {
        fields.insert("uid".to_owned(), unit.aliases.join(" "));
    }
    fields
}

/// The first day as files write it; empty if there is none.
fn first_day(day: Date) -> String {
    if day == Date::MIN { String::new() } else { day.to_string() }
}

/// The last day as files write it; empty if there is none.
fn last_day(days: DaySpan) -> String {
    if days.to == Date::MAX {
        return String::new();
    }
    days.to.yesterday().map_or_else(|_| String::new(), |day| day.to_string())
}
