//! Audit entries as a table, and the error for a broken chain, for `audit` and `audit check`.

use super::context::CliContext;
use super::error::CliError;
use crate::app::audit::AuditEntry;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;

/// The error for a chain that does not verify from entry `seq` on.
pub(super) fn broken_chain_error(number: i64) -> CliError {
    CliError::new("AUDIT_BROKEN", message!("audit-output-audit-not-whole-from", number))
}

/// Prints audit entries as a table.
pub(super) fn print_audit_lines(ctx: &CliContext, lines: &[AuditEntry]) {
    let rows: Vec<Vec<String>> = lines.iter().map(to_table_row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("audit-output-number"),
        output.text("audit-output-at"),
        output.text("audit-output-action"),
        output.text("audit-output-record"),
        output.text("audit-output-revision"),
        output.text("access-account"),
    ];
    output.print_rows(
        &headings,
        &["number", "at", "action", "record", "revision", "account"],
        &rows,
    );
}

fn to_table_row(line: &AuditEntry) -> Vec<String> {
    let AuditEntry { seq, account, device: _, action, record, from_revision, to_revision, at } =
        line;
    let record =
        record.map_or_else(String::new, |(kind, id)| format!("{kind:?} {}", encode_hex(&id)));
    let revision =
        if *to_revision == 0 { String::new() } else { format!("{from_revision} -> {to_revision}") };
    vec![seq.to_string(), at.local_text(), action.clone(), record, revision, encode_hex(&account.0)]
}
