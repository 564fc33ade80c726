//! `thidua report import`: reports from a table, through the same commands and rights as a phone.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliFinding, CliResult};
use super::files;
use super::output::{Colour, finding_json};
use super::report_places::ReportFilePlaces;
use crate::app::ReferenceSnapshot;
use crate::domain::access::permission::Actor;
use crate::domain::report::cell::{CellChange, CellValue, Cells, ElementNumber};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::element::ElementCode;
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{NoteChange, ReportKey, SaveCells};
use crate::domain::reporting::expectation::compute_unit_expectations;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::files::report_csv::{ReportCsvRow, stage_reports};
use crate::files::table::{DecimalMark, TableInput};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The arguments of `thidua report import`.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The file: CSV or XLSX; docs/EXCHANGE.md says what is refused.
    #[arg(long, short)]
    file: PathBuf,
    /// The account in whose name, with its rights only.
    #[arg(long)]
    account: String,
    /// Decimal mark of figures that are text: point or comma.
    #[arg(long, value_parser = files::parse_decimal_mark)]
    decimal: Option<DecimalMark>,
    /// Take the good lines and name the others, instead of all lines or none.
    #[arg(long)]
    partial: bool,
    /// Submit each report too.
    #[arg(long)]
    submit: bool,
    /// Check only, write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The commands of the lines of a file, each with its line.
struct CommandBatch {
    rows: Vec<ReportCsvRow>,
    /// A command with the index of its row.
    commands: Vec<(usize, Command)>,
    findings: Vec<CliFinding>,
}

pub(super) fn import_reports(
    ctx: &CliContext,
    local_app: &LocalApp,
    args: &ImportArgs,
) -> CliResult {
    let bytes = files::read_bytes(&args.file)?;
    let reference = local_app.load_reference()?;
    let name = files::display_name(&args.file);
    let input = TableInput { decimal_mark: args.decimal, ..TableInput::new(&name, &bytes) };
    let mut staged = stage_reports(&input, &reference.catalogue)?;
    let notes = files::show_notes(&ctx.output, std::mem::take(&mut staged.notes));
    let places = ReportFilePlaces { staged: &staged, reference: &reference };
    let (rows, faults) = staged.clone().split();
    if !faults.is_empty() && !args.partial {
        return Err(CliError::from(faults));
    }
    let actor =
        local_app.app.account_actor(&local_app.actor, AccountId::from_code(&args.account))?;
    let findings = faults.into_iter().map(CliFinding::from).collect();
    let mut batch = CommandBatch { rows, commands: Vec::new(), findings };
    batch.build(local_app, &places, args.submit)?;
    let mut refused = BTreeSet::new();
    if args.partial {
        refused = batch.run(local_app, &places, &actor, false)?;
        batch.commands.retain(|(row, _)| !refused.contains(row));
    }
    let should_commit = !args.dry_run && (args.partial || batch.findings.is_empty());
    batch.run(local_app, &places, &actor, should_commit)?;
    let mut findings = places.join_denied(std::mem::take(&mut batch.findings), &args.account);
    findings.sort_by_key(|finding| finding.place.as_ref().map(|(_, place)| *place));
    if !findings.is_empty() && !args.partial {
        return Err(CliError::refused_files(findings));
    }
    let counts = (batch.rows.len() - refused.len(), batch.commands.len());
    print_import(ctx, args, counts, (&findings, &notes));
    Ok(())
}

fn print_import(
    ctx: &CliContext,
    args: &ImportArgs,
    (count, steps): (usize, usize),
    (findings, notes): (&[CliFinding], &[Value]),
) {
    let output = &ctx.output;
    let text = || {
        let tail = if args.dry_run {
            output.text("baseline-dry-run-nothing-written")
        } else {
            output.text("report-written")
        };
        let said = output.lang.say(message!("report-reports-commands", count, steps, tail));
        output.paint(Colour::Green, &said)
    };
    if !output.json {
        output.print_warnings(findings);
    }
    output.print_answer(text, || {
        let mut answer =
            json!({ "reports": count, "commands": steps, "notes": notes, "dry_run": args.dry_run });
        if let (true, Some(object)) = (args.partial, answer.as_object_mut()) {
            let refused: Vec<_> =
                findings.iter().map(|finding| finding_json(finding, output.lang)).collect();
            object.insert("refused".to_owned(), json!(refused));
        }
        answer
    });
}

impl CommandBatch {
    /// Builds the commands of every row; a row that is refused is taken out.
    fn build(
        &mut self,
        local_app: &LocalApp,
        places: &ReportFilePlaces<'_>,
        submit: bool,
    ) -> CliResult {
        let (mut kept, mut seen) = (Vec::new(), BTreeMap::new());
        for row in std::mem::take(&mut self.rows) {
            // Several text codes may name one unit.
            let unit = places.reference.org.unit_by_uid(&row.unit_uid).map(|unit| unit.id);
            let key = (row.contract.clone(), unit, row.window);
            if let (Some(_), Some(earlier)) = (unit, seen.insert(key, row.line)) {
                self.findings.push(places.repeated(&row, earlier));
                continue;
            }
            match build_commands(local_app, places.reference, &row, submit) {
                Ok(made) => {
                    let index = kept.len();
                    self.commands.extend(made.into_iter().map(|command| (index, command)));
                    kept.push(row);
                }
                Err(ReportLineError::Refused(refusal)) => {
                    self.findings.extend(places.find(&row, None, refusal));
                }
                Err(ReportLineError::Failed(failure)) => return Err(failure),
            }
        }
        self.rows = kept;
        Ok(())
    }

    /// Runs the commands in one transaction; adds what is refused, and returns the rows of it.
    fn run(
        &mut self,
        local_app: &LocalApp,
        places: &ReportFilePlaces<'_>,
        actor: &Actor,
        should_commit: bool,
    ) -> CliResult<BTreeSet<usize>> {
        let commands: Vec<Command> =
            self.commands.iter().map(|(_, command)| command.clone()).collect();
        let ended = local_app.app.run_command_batch(actor, &commands, should_commit)?;
        let mut refused = BTreeSet::new();
        for ((row, command), end) in self.commands.iter().zip(ended) {
            let Err(refusal) = end else { continue };
            if let Some(line) = self.rows.get(*row) {
                self.findings.extend(places.find(line, Some(command), refusal));
            }
            refused.insert(*row);
        }
        Ok(refused)
    }
}

/// A refusal of one line, or an error that does not belong to a line.
enum ReportLineError {
    Refused(Refusal),
    Failed(CliError),
}

impl From<RefusalReason> for ReportLineError {
    fn from(reason: RefusalReason) -> Self {
        Self::Refused(reason.into())
    }
}

/// The commands of one line: a save where a value differs, and a submission with `submit`.
fn build_commands(
    local_app: &LocalApp,
    reference: &ReferenceSnapshot,
    row: &ReportCsvRow,
    submit: bool,
) -> Result<Vec<Command>, ReportLineError> {
    let key = find_report_key(reference, row)?;
    let (id, today) = (key.id(), local_app.app.now().local_date());
    let filed = local_app
        .app
        .reports_by_id(&[id])
        .map_err(|error| ReportLineError::Failed(error.into()))?
        .pop();
    let acting_unit = reference.org.acting_unit(key.unit, today).unwrap_or(key.unit);
    let blank = Cells::new();
    let before = filed.as_ref().map_or(&blank, |filed| &filed.report.cells);
    let mut changes = Vec::new();
    for (element, mine) in parse_row_cells(reference, &key, row)? {
        let base = before.get(&element).copied();
        if base != Some(mine) {
            changes.push(CellChange { element, mine: Some(mine), base });
        }
    }
    changes.sort_by_key(|change| change.element);
    let base_note = filed.as_ref().map_or("", |filed| filed.report.note.as_str());
    let note = (row.note != base_note)
        .then(|| NoteChange { mine: row.note.clone(), base: base_note.to_owned() });
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    let mut commands = Vec::new();
    if !changes.is_empty() || note.is_some() {
        let base_revision = filed.as_ref().map_or(0, |filed| filed.revision);
        commands.push(command(CommandBody::SaveCells(SaveCells {
            key,
            acting_unit,
            changes,
            note,
            base_revision,
        })));
    }
    // A file may be imported twice: a report that was sent and has not changed is not submitted
    // again.
    let sent = filed.as_ref().is_some_and(|filed| {
        filed.report.state.is_sent() && filed.report.state != ReportState::Returned
    });
    if submit && !(sent && commands.is_empty()) {
        commands.push(command(CommandBody::submit(id, acting_unit)));
    }
    Ok(commands)
}

/// The report key of a line: the period, or part of one, that the unit owes for exactly these days.
fn find_report_key(
    reference: &ReferenceSnapshot,
    row: &ReportCsvRow,
) -> Result<ReportKey, ReportLineError> {
    let contract = reference.catalogue.contract(&row.contract).ok_or(RefusalReason::NotFound)?;
    let unit = reference.org.unit_by_uid(&row.unit_uid).ok_or(RefusalReason::NotFound)?.id;
    let calendar = reference.calendars.get(&contract.calendar).ok_or(RefusalReason::NotExpected)?;
    let whole = calendar.period_containing(row.window.start);
    let window = DateWindow { start: whole.start, end: whole.end };
    let owed =
        compute_unit_expectations(&reference.org, &reference.calendars, contract, unit, window)
            .map_err(|_| RefusalReason::NotExpected)?;
    let requested = owed
        .into_iter()
        .find(|one| one.period.start == row.window.start && one.period.end == row.window.end);
    let period = requested.ok_or(RefusalReason::NotExpected)?.period;
    Ok(ReportKey { contract: contract.id(), unit, period })
}

/// The cells of a line; for a nil line every event of the form as an explicit zero, beside the
/// words that the line gives.
fn parse_row_cells(
    reference: &ReferenceSnapshot,
    key: &ReportKey,
    row: &ReportCsvRow,
) -> Result<Cells, ReportLineError> {
    let mut cells = Cells::new();
    if row.nil {
        let shape = reference.form_schema(key.contract).ok_or(RefusalReason::NotExpected)?;
        let events = shape.ranges.keys().filter(|element| !shape.is_word(**element));
        cells.extend(events.map(|element| (*element, CellValue::Nil)));
    }
    let number = |(code, value): &(ElementCode, CellValue)| {
        let number = reference.element_numbers.number(code).ok_or(RefusalReason::UnknownElement)?;
        Ok((ElementNumber(number), *value))
    };
    let given: Vec<_> = row.cells.iter().map(number).collect::<Result<_, ReportLineError>>()?;
    cells.extend(given);
    Ok(cells)
}
