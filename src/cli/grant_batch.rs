//! Roles of many accounts, from a CSV file or by rule: `thidua access grant-many`, and the first
//! half of `thidua invite print`.

use super::access::parse_role;
use super::context::CliContext;
use super::desk::{Desk, Import, TableOfPeople};
use super::error::{CliError, CliResult};
use super::files;
use super::lookup::unknown_unit;
use super::output::Colour;
use crate::app::ReferenceSnapshot;
use crate::app::enrol_card::{BatchRefusals, GrantRequest};
use crate::domain::access::permission::Role;
use crate::domain::org::UnitKind;
use crate::domain::support::ids::AccountId;
use crate::domain::support::limits::ACCOUNT_LABEL;
use crate::domain::support::message::message;
use crate::domain::support::text::checked_text;
use crate::domain::support::violation::Violation;
use crate::exchange::grants::GrantFile;
use crate::files::table::TableInput;
use jiff::civil::Date;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where the code of the unit stands in a label.
const UNIT_PLACEHOLDER: &str = "{unit}";

/// The roles of many accounts: a file, or every unit below one.
#[derive(Debug, clap::Args)]
pub(super) struct GrantBatchArgs {
    /// CSV or XLSX file: account,role,unit and, if wanted, from,to.
    #[arg(required_unless_present = "all_below", conflicts_with_all = ["all_below", "roles", "level", "account", "to"])]
    file: Option<PathBuf>,
    /// Instead of a file: every unit below this one that is open today.
    #[arg(long, value_name = "UNIT", requires = "roles")]
    all_below: Option<String>,
    /// Role on each of these units, as in `access grant`; may be repeated.
    #[arg(long = "role", value_name = "ROLE", value_parser = parse_role)]
    roles: Vec<Role>,
    /// Only units of this level: province, district, commune, department.
    #[arg(long, value_parser = parse_level)]
    level: Option<UnitKind>,
    /// Label of the accounts, with {unit} for the unit's code.
    #[arg(long, default_value = UNIT_PLACEHOLDER)]
    account: String,
    /// Last day (default: until further notice).
    #[arg(long)]
    to: Option<Date>,
}

fn parse_level(text: &str) -> Result<UnitKind, String> {
    let levels = UnitKind::ALL.iter().filter(|kind| **kind != UnitKind::Cluster);
    let words = || levels.clone().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" | ");
    levels.clone().copied().find(|kind| kind.as_str() == text.to_lowercase()).ok_or_else(words)
}

/// A batch, with what is needed to name a line that is refused.
pub(super) struct GrantBatch {
    /// The roles to give.
    pub(super) requests: Vec<GrantRequest>,
    /// The file, if they come from one.
    file: Option<GrantFile>,
}

impl GrantBatchArgs {
    /// The batch, or every fault of the file with its line.
    pub(super) fn read(&self, reference: &ReferenceSnapshot, today: Date) -> CliResult<GrantBatch> {
        match (&self.file, &self.all_below) {
            (Some(file), _) => read_file(reference, today, file),
            (None, Some(unit)) => self.by_rule(reference, today, unit),
            (None, None) => Err(CliError::usage_error(message!("grant-file-or-rule"))),
        }
    }

    fn by_rule(
        &self,
        reference: &ReferenceSnapshot,
        today: Date,
        above: &str,
    ) -> CliResult<GrantBatch> {
        if !self.account.contains(UNIT_PLACEHOLDER) {
            return Err(CliError::usage_error(message!("grant-label-names-unit")));
        }
        let above = reference.org.unit_by_uid(above).ok_or_else(|| unknown_unit(above))?.id;
        let to = day_after(self.to);
        if to <= today {
            return Err(CliError::usage_error(message!("access-last-day-comes-before")));
        }
        let org = &reference.org;
        let below = org.effective_descendants(above, today);
        let mut requests = Vec::new();
        for unit in below.into_iter().filter_map(|id| org.unit(id)) {
            let kind = org.kind_on(unit.id, today);
            let is_meant = unit.id != above
                && org.is_open_on(unit.id, today)
                && kind != Some(UnitKind::Cluster)
                && self.level.is_none_or(|level| kind == Some(level));
            if !is_meant {
                continue;
            }
            let label = self.account.replace(UNIT_PLACEHOLDER, &unit.uid);
            let label = checked_text(&label, ACCOUNT_LABEL)
                .map_err(|fault| CliError::refused_files([fault.to_violation("account")]))?;
            requests.extend(self.roles.iter().map(|role| GrantRequest {
                account: AccountId::from_code(&label),
                label: label.clone(),
                role: *role,
                unit: unit.id,
                from: None,
                to,
            }));
        }
        if requests.is_empty() {
            return Err(CliError::new("NO_UNIT", message!("grant-no-unit-below")));
        }
        Ok(GrantBatch { requests, file: None })
    }
}

fn read_file(reference: &ReferenceSnapshot, today: Date, file: &Path) -> CliResult<GrantBatch> {
    let (name, bytes) = (files::display_name(file), files::read_bytes(file)?);
    let input = TableInput::new(&name, &bytes);
    let file = GrantFile::read(&input, reference, today).map_err(CliError::refused_files)?;
    Ok(GrantBatch { requests: file.requests.clone(), file: Some(file) })
}

fn day_after(last: Option<Date>) -> Date {
    last.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX))
}

impl GrantBatch {
    /// The error that names every refused request, by line or by account.
    pub(super) fn refused(&self, refusals: BatchRefusals) -> CliError {
        if let Some(file) = &self.file {
            return CliError::refused_files(file.to_findings(refusals));
        }
        let findings = refusals.into_iter().map(|(position, refusal)| {
            let label = self.requests.get(position).map_or("", |request| &request.label);
            Violation::error(refusal.reason.code(), label, refusal.reason.message())
        });
        CliError::refused_files(findings.collect::<Vec<Violation>>())
    }
}

/// `thidua access grant-many`
pub(super) fn grant_many(
    ctx: &CliContext,
    desk: &Desk,
    args: &GrantBatchArgs,
    dry_run: bool,
) -> CliResult {
    if let Some(file) = &args.file {
        return give_from_file(ctx, desk, file, dry_run);
    }
    let batch = args.read(&*desk.load_reference()?, desk.now().local_date())?;
    let (count, output) = (batch.requests.len(), &ctx.output);
    let (given, unchanged) = desk.grant_batch(&batch, dry_run)?;
    if dry_run {
        output.print_answer(
            || output.paint(Colour::Green, &output.say(message!("grant-would-give", count))),
            || json!({ "roles": count, "dry_run": true }),
        );
        return Ok(());
    }
    output.print_answer(
        || output.paint(Colour::Green, &output.say(message!("grant-given", given, unchanged))),
        || json!({ "roles": count, "given": given, "unchanged": unchanged, "dry_run": false }),
    );
    Ok(())
}

fn give_from_file(ctx: &CliContext, desk: &Desk, file: &Path, dry_run: bool) -> CliResult {
    let (name, bytes) = (files::display_name(file), files::read_bytes(file)?);
    let table = TableOfPeople { name, bytes, decimal_mark: None };
    let outcome = desk.import(Import::Grants(&table), dry_run)?;
    let (refused, notes) = outcome.split_findings();
    let notes = files::show_notes(&ctx.output, &notes);
    if !outcome.is_taken {
        return Err(CliError::refused_files(refused));
    }
    let (count, counts, output) = (outcome.row_count(), outcome.counts, &ctx.output);
    let (given, unchanged) = (counts.created + counts.changed, counts.unchanged);
    let text = || {
        let said = if dry_run {
            output.say(message!("grant-would-give", count))
        } else {
            output.say(message!("grant-given", given, unchanged))
        };
        format!("{}\n{}", output.paint(Colour::Green, &said), outcome.counts_text(output))
    };
    output.print_answer(text, || {
        let mut answer = json!({ "roles": count, "notes": notes, "dry_run": dry_run });
        if !dry_run {
            answer["given"] = json!(given);
            answer["unchanged"] = json!(unchanged);
        }
        outcome.add_to(answer, output)
    });
    Ok(())
}
