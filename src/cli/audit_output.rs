//! Audit entries as a table, and the error for a broken chain, for `audit` and `audit check`.

use super::context::CliContext;
use super::error::CliError;
use crate::app::audit::AuditEntry;
use crate::domain::support::hex::encode_hex;

/// The error for a chain that does not verify from entry `seq` on.
pub(super) fn broken_chain_error(number: i64) -> CliError {
    CliError::new(
        "AUDIT_BROKEN",
        format!(
            "nhật ký không còn nguyên vẹn từ dòng {number}; giữ nguyên tệp dữ liệu và so với bản sao: thidua verify-backup"
        ),
        format!(
            "the audit is not whole from line {number} on; keep the file as it is and compare a copy: thidua verify-backup"
        ),
    )
}

/// Prints audit entries as a table.
pub(super) fn print_audit_lines(ctx: &CliContext, lines: &[AuditEntry]) {
    let rows: Vec<Vec<String>> = lines.iter().map(to_table_row).collect();
    let output = &ctx.output;
    let headings = [
        output.pick("số", "number"),
        output.pick("lúc", "at"),
        output.pick("hành động", "action"),
        output.pick("bản ghi", "record"),
        output.pick("lần sửa", "revision"),
        output.pick("tài khoản", "account"),
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
