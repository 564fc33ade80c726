//! `thidua audit`: whether the record of what was done is whole, and what it says; papers with which others hold the authority to it.
//!
//! Every reading is itself noted in the audit. Persons stand as the ids of their accounts. Knows how to show; the chain is the store's, papers
//! are `audit_paper`'s.

use super::audit_paper;
use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use crate::app::audit::{AuditLine, Verified};
use crate::domain::hex::{hex, unhex};
use serde_json::json;

/// `thidua audit ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Kiểm tra chuỗi: dòng bị sửa, bị bỏ, bị đổi chỗ · Recompute the chain: finds rows that were edited, dropped or moved, and with --head a
    /// tail that was cut off.
    #[command(after_help = "Ví dụ / Examples:\n  thidua audit verify\n  thidua audit verify --head 1520:9f86d081...")]
    Verify {
        /// Số và mã băm đã in trước đây · Number and hash of a head that was printed earlier, as this command prints it.
        #[arg(long, value_name = "N:HEX", value_parser = head)]
        head: Option<(i64, [u8; 32])>,
    },
    /// Xem các dòng nhật ký · Show lines of the audit, oldest first.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua audit show --purpose \"kiểm tra theo kế hoạch quý 1\" --after 1500"
    )]
    Show {
        /// Lý do xem · Why they are read.
        #[arg(long)]
        purpose: String,
        /// Sau dòng số · Behind this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// Số dòng · At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// In chữ ký của cơ quan trên toàn bộ nhật ký đến nay · Print a signed checkpoint over all lines so far, for another agency to keep.
    #[command(after_help = "Ví dụ / Examples:\n  thidua audit checkpoint > 2026-11-26.checkpoint")]
    Checkpoint,
    /// In khóa công khai để kiểm tra chữ ký · Print the public key with which checkpoints are checked.
    #[command(after_help = "Ví dụ / Examples:\n  thidua audit key > authority.key.txt")]
    Key,
    /// In bằng chứng cho người giữ chữ ký cũ · Print a proof for whoever keeps checkpoints.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua audit prove --seq 1234 > 1234.tlog-proof\n  thidua audit prove --from 900 --to 1520 > 900-1520.proof"
    )]
    Prove(audit_paper::Proof),
    /// Kiểm tra chữ ký và bằng chứng, không cần cơ sở dữ liệu · Check checkpoints and proofs against each other, without the database.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua audit check --key authority.key.txt 900.checkpoint 900-1520.proof 1234.tlog-proof"
    )]
    Check(audit_paper::Check),
}

/// Reads a head as it is printed.
fn head(text: &str) -> Result<(i64, [u8; 32]), String> {
    let parts = text.split_once(':').and_then(|(number, hash)| {
        let hash: [u8; 32] = unhex(hash)?.try_into().ok()?;
        Some((number.parse().ok()?, hash))
    });
    parts.ok_or_else(|| "expected a number, a colon and 64 hexadecimal digits, as audit verify prints them".to_owned())
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::Verify { head } => verify(ctx, *head),
        What::Show { purpose, after, limit } => show(ctx, purpose, *after, *limit),
        What::Checkpoint => audit_paper::checkpoint(ctx),
        What::Key => audit_paper::key(ctx),
        What::Prove(proof) => audit_paper::prove(ctx, proof),
        What::Check(args) => audit_paper::check(ctx, args),
    }
}

fn verify(ctx: &Ctx, expected: Option<(i64, [u8; 32])>) -> Outcome {
    let desk = ctx.desk()?;
    let Verified { rows, chain, broken_at } = desk.app.verify_audit(&desk.actor, expected)?;
    if let Some(number) = broken_at {
        return Err(broken(number));
    }
    let head = format!("{rows}:{}", hex(&chain));
    ctx.say.answer(
        || {
            ctx.say.lang.pick(
                format!("nhật ký nguyên vẹn, {rows} dòng; ghi lại để so sau này: {head}"),
                format!("the audit is whole, {rows} lines; note this to compare later: {head}"),
            )
        },
        || json!({ "whole": true, "rows": rows, "head": head }),
    );
    Ok(())
}

/// The chain does not hold.
pub(super) fn broken(number: i64) -> Failure {
    Failure::new(
        "AUDIT_BROKEN",
        format!(
            "nhật ký không còn nguyên vẹn từ dòng {number}; giữ nguyên tệp dữ liệu và so với bản sao: thidua verify-backup"
        ),
        format!(
            "the audit is not whole from line {number} on; keep the file as it is and compare a copy: thidua verify-backup"
        ),
    )
}

fn show(ctx: &Ctx, purpose: &str, after: i64, limit: u16) -> Outcome {
    if purpose.trim().is_empty() {
        return Err(Failure::usage("hãy nêu lý do xem: --purpose", "say why they are read: --purpose"));
    }
    let desk = ctx.desk()?;
    let lines = desk.app.audit_lines(&desk.actor, purpose, after, limit.into())?;
    lines_of(ctx, &lines);
    Ok(())
}

/// Lines of the audit as a table.
pub(super) fn lines_of(ctx: &Ctx, lines: &[AuditLine]) {
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    let say = &ctx.say;
    let headings = [
        say.pick("số", "number"),
        say.pick("lúc", "at"),
        say.pick("hành động", "action"),
        say.pick("bản ghi", "record"),
        say.pick("lần sửa", "revision"),
        say.pick("tài khoản", "account"),
    ];
    say.rows(&headings, &["number", "at", "action", "record", "revision", "account"], &rows);
}

fn row(line: &AuditLine) -> Vec<String> {
    let AuditLine { seq, account, device: _, action, record, from_revision, to_revision, at } = line;
    let record = record.map_or_else(String::new, |(kind, id)| format!("{kind:?} {}", hex(&id)));
    let revision = if *to_revision == 0 { String::new() } else { format!("{from_revision} -> {to_revision}") };
    vec![seq.to_string(), at.local_text(), action.clone(), record, revision, hex(&account.0)]
}
