//! Files of people: imported in the database of this machine, or sent to a server in pieces.

use super::super::context::LocalApp;
use super::super::error::CliResult;
use super::super::import_outcome::ImportedFile;
use super::super::org_files::OrgFiles;
use super::campaigns::read_finding;
use super::{Desk, RemoteDesk, new_request_id, unknown_answer};
use crate::app::act::{ActRequest, Performer};
use crate::domain::support::ids::AccountId;
use crate::domain::support::limits::FILE_NAME;
use crate::exchange::baselines::import_baselines;
use crate::exchange::grants::import_grants;
use crate::exchange::organisation::{OrgImport, import_organisation};
use crate::exchange::outcome::{FileOutcome, RowCounts, RowState, RowVerdict, ValueChange};
use crate::exchange::reports::{ReportFile, import_reports};
use crate::files::table::{DecimalMark, TableInput};
use crate::pb;

/// One table.
pub(in crate::cli) struct TableOfPeople {
    /// The name as it was given.
    pub(in crate::cli) name: String,
    pub(in crate::cli) bytes: Vec<u8>,
    /// The decimal mark of figures that are text.
    pub(in crate::cli) decimal_mark: Option<DecimalMark>,
}

impl TableOfPeople {
    pub(super) fn to_input(&self) -> TableInput<'_> {
        let Self { name, bytes, decimal_mark } = self;
        TableInput { decimal_mark: *decimal_mark, ..TableInput::new(name, bytes) }
    }
}

/// What is imported.
#[derive(Clone, Copy)]
pub(in crate::cli) enum Import<'a> {
    Organisation {
        files: &'a OrgFiles,
        accept_code_changes: bool,
    },
    Baselines(&'a TableOfPeople),
    Grants(&'a TableOfPeople),
    /// Reports in the name of an account.
    Reports {
        table: &'a TableOfPeople,
        account: AccountId,
        submit: bool,
        partial: bool,
    },
}

impl Desk {
    /// Imports files, all rows or none; of reports the good rows with `partial`. With `dry_run` it
    /// only says what would become of them.
    pub(in crate::cli) fn import(
        &self,
        import: Import<'_>,
        dry_run: bool,
    ) -> CliResult<ImportedFile> {
        match self {
            Self::Local(local_app) => Ok(import_locally(local_app, import, dry_run)?.into()),
            Self::Remote(remote) => remote.import(import, dry_run),
        }
    }
}

fn import_locally(
    local_app: &LocalApp,
    import: Import<'_>,
    dry_run: bool,
) -> CliResult<FileOutcome> {
    let (app, operator) = (&local_app.app, Performer::Operator(&local_app.actor));
    let request = |name| ActRequest::of_operator(name, dry_run);
    let end = match import {
        Import::Organisation { files, accept_code_changes } => {
            let import = OrgImport { tables: files.tables(), accept_code_changes };
            let end = import_organisation(app, operator, &request("org.import"), import)?;
            end.map(|(outcome, _)| outcome)
        }
        Import::Baselines(table) => {
            import_baselines(app, operator, &request("baseline.import"), &table.to_input())?
        }
        Import::Grants(table) => {
            import_grants(app, operator, &request("access.grant"), &table.to_input())?
        }
        Import::Reports { table, account, submit, partial } => {
            let actor = app.account_actor(&local_app.actor, account)?;
            let file = ReportFile { input: table.to_input(), submit, partial };
            import_reports(app, Performer::Operator(&actor), &request("files.reports"), file)?
        }
    };
    Ok(end.performed().unwrap_or_default())
}

impl RemoteDesk {
    fn import(&self, import: Import<'_>, validate_only: bool) -> CliResult<ImportedFile> {
        let mut options = pb::ImportOptions { validate_only, ..Default::default() };
        let files = match import {
            Import::Organisation { files, accept_code_changes } => {
                options.set_kind(pb::ImportKind::Organisation);
                options.accept_code_changes = accept_code_changes;
                files.named_bytes().into()
            }
            Import::Baselines(table) => to_parts(table, pb::ImportKind::Baselines, &mut options),
            Import::Grants(table) => to_parts(table, pb::ImportKind::Grants, &mut options),
            Import::Reports { table, account: _, submit, partial } => {
                (options.submit, options.partial) = (submit, partial);
                to_parts(table, pb::ImportKind::Reports, &mut options)
            }
        };
        let files = files.into_iter().map(|(name, bytes)| (short_name(name), bytes)).collect();
        let request_id = new_request_id()?;
        read_outcome(self.ask(self.client.import_file(request_id, options, files))?)
    }
}

fn to_parts(
    table: &TableOfPeople,
    kind: pb::ImportKind,
    options: &mut pb::ImportOptions,
) -> Vec<(String, Vec<u8>)> {
    options.set_kind(kind);
    options.set_decimal_mark(match table.decimal_mark {
        None => pb::DecimalMark::Unspecified,
        Some(DecimalMark::Point) => pb::DecimalMark::Point,
        Some(DecimalMark::Comma) => pb::DecimalMark::Comma,
    });
    vec![(table.name.clone(), table.bytes.clone())]
}

/// The name as a message takes it: of a long path the last part.
pub(super) fn short_name(name: String) -> String {
    if name.chars().count() <= FILE_NAME.chars_max {
        return name;
    }
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().take(FILE_NAME.chars_max).collect()
}

fn read_outcome(answer: pb::ImportFileResponse) -> CliResult<ImportedFile> {
    let pb::ImportFileResponse { findings, rows, summary, changes: _, applied, commands, valid } =
        answer;
    let pb::DeliverySummary { created, changed, unchanged, held, refused } =
        summary.unwrap_or_default();
    let mut rows = rows.into_iter().map(read_row).collect::<CliResult<Vec<_>>>()?;
    rows.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(ImportedFile {
        findings: findings.into_iter().map(read_finding).collect(),
        rows,
        counts: RowCounts {
            created: created as usize,
            changed: changed as usize,
            unchanged: unchanged as usize,
            held: held as usize,
            refused: refused as usize,
        },
        // A server of an earlier version says only what it has written.
        is_taken: valid || applied,
        commands: commands as usize,
    })
}

fn read_row(row: pb::RowVerdict) -> CliResult<RowVerdict> {
    let state = match row.state() {
        pb::RowState::Created => RowState::Created,
        pb::RowState::Changed => RowState::Changed,
        pb::RowState::Unchanged => RowState::Unchanged,
        pb::RowState::Held => RowState::Held,
        pb::RowState::Refused => RowState::Refused,
        pb::RowState::Unspecified => return Err(unknown_answer()),
    };
    let pb::RowVerdict { file, line, subject, state: _, changes } = row;
    let change = |pb::ValueChange { field, old, new }| ValueChange { field, old, new };
    let changes = changes.into_iter().map(change).collect();
    Ok(RowVerdict { file, line: line as usize, subject, state, changes })
}
