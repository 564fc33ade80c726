//! Roles of many accounts from a table.

use super::outcome::{FieldsByKey, FileOutcome, RowVerdict, compare_fields, too_many_rows};
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::enrol_card::{BatchRefusals, GrantRequest};
use crate::app::grant::HeldGrant;
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Action, Grant, Role};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::limits::GRANTS_MAX;
use crate::domain::support::violation::Violation;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::grant::{GrantLine, line_diagnostic, read_grants};
use crate::files::table::TableInput;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The roles of a file, each with its line.
#[derive(Debug, Clone)]
pub struct GrantFile {
    /// The roles to give.
    pub requests: Vec<GrantRequest>,
    /// The line of each.
    pub lines: Vec<usize>,
    file: String,
}

impl GrantFile {
    /// Reads a file. `today` is the first day of rows without one.
    ///
    /// # Errors
    /// Every fault of the file with its place.
    pub fn read(
        input: &TableInput<'_>,
        reference: &ReferenceSnapshot,
        today: Date,
    ) -> std::result::Result<Self, Vec<FileDiagnostic>> {
        let read = read_grants(input, &reference.org, today)?;
        let lines = read.iter().map(|line| line.line).collect();
        let requests = read.into_iter().map(to_request).collect();
        Ok(Self { requests, lines, file: input.file.to_owned() })
    }

    /// The finding of each refused role, with its line.
    #[must_use]
    pub fn to_findings(&self, refusals: BatchRefusals) -> Vec<FileDiagnostic> {
        let finding = |(position, refusal): (usize, crate::domain::support::reason::Refusal)| {
            let label = self.requests.get(position).map_or("", |request| &request.label);
            let reason = refusal.reason;
            let violation = Violation::error(reason.code(), label, reason.message());
            let line = self.lines.get(position).copied().unwrap_or(1);
            line_diagnostic(&self.file, line, violation)
        };
        refusals.into_iter().map(finding).collect()
    }
}

fn to_request(line: GrantLine) -> GrantRequest {
    let GrantLine { account, role, unit, from, last, .. } = line;
    let to = last.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX));
    let id = AccountId::from_code(&account);
    GrantRequest { account: id, label: account, role, unit, from, to }
}

/// Gives the roles of a file: all of them or none. The outcome has a verdict for each row.
///
/// # Errors
/// DENIED: the performer may give roles nowhere.
pub fn import_grants(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    input: &TableInput<'_>,
) -> Result<ActEnd<FileOutcome>> {
    if let Performer::Caller(caller) = performer {
        app.check_may_somewhere(&caller.actor, Action::Enrol)?;
    }
    let (reference, today) = (app.current_reference()?, app.now().local_date());
    let file = match GrantFile::read(input, &reference, today) {
        Ok(file) => file,
        Err(faults) => return Ok(ActEnd::Performed(to_refusal(input.file, faults))),
    };
    if let (Performer::Caller(_), Some(line)) = (performer, file.lines.get(GRANTS_MAX)) {
        let fault = line_diagnostic(input.file, *line, too_many_rows(GRANTS_MAX));
        return Ok(ActEnd::Performed(FileOutcome::refused(vec![fault])));
    }
    let held = app.visible_grants(performer.actor(), None, None)?;
    let verdicts = compare_grants(&file, &held, &reference, today);
    let end = app.perform_grant_batch(performer, request, &file.requests)?;
    Ok(end.map(|given| match given {
        Ok(_) => FileOutcome { rows: verdicts, is_taken: true, ..FileOutcome::default() },
        Err(refusals) => to_refusal(input.file, file.to_findings(refusals)),
    }))
}

fn to_refusal(file: &str, findings: Vec<FileDiagnostic>) -> FileOutcome {
    let mut outcome = FileOutcome::default();
    outcome.add_refusals(file, findings);
    outcome
}

type GrantKey = (AccountId, Role, UnitId);

fn compare_grants(
    file: &GrantFile,
    held: &[HeldGrant],
    reference: &ReferenceSnapshot,
    today: Date,
) -> Vec<RowVerdict> {
    let held: BTreeMap<GrantKey, Grant> =
        held.iter().map(|one| ((one.account, one.grant.role, one.grant.unit), one.grant)).collect();
    let (mut old, mut new) = (FieldsByKey::new(), FieldsByKey::new());
    let mut lines = BTreeMap::new();
    for (request, line) in file.requests.iter().zip(&file.lines) {
        let GrantRequest { account, label, role, unit, from, to } = request;
        let uid = reference.org.unit(*unit).map_or("", |unit| unit.uid.as_str());
        let key = format!("{label}, {}, {uid}", role.code());
        let before = held.get(&(*account, *role, *unit));
        // A role that is held goes on from its first day.
        let started = before.filter(|grant| today < grant.to).map(|grant| grant.from);
        let first = from.or(started).unwrap_or(today);
        if let Some(grant) = before {
            old.insert(key.clone(), to_fields(grant.from, grant.to));
        }
        new.insert(key.clone(), to_fields(first, *to));
        lines.insert(key, *line);
    }
    let place = |key: &str| (file.file.clone(), lines.get(key).copied().unwrap_or(0));
    compare_fields(&old, &new, place)
}

fn to_fields(from: Date, end: Date) -> BTreeMap<String, String> {
    let last = if end == Date::MAX { None } else { end.yesterday().ok() };
    let last = last.map_or_else(String::new, |day| day.to_string());
    BTreeMap::from([("from".to_owned(), from.to_string()), ("to".to_owned(), last)])
}
