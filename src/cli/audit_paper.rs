//! `thidua audit checkpoint|key|prove|check`: what another agency keeps, and how it is checked there without the database.
//!
//! ```text
//!  here   checkpoint, key  ->  kept elsewhere (a file, a page of a protocol)
//!  here   prove            ->  there: check --key KEY what-is-kept the-proof
//! ```
//!
//! Knows files and words; trees and papers are `domain::audit`'s, signatures are `auth`'s.

use super::audit::{broken, lines_of};
use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use crate::app::audit::{AuditLine, Leaves};
use crate::auth::NoteKey;
use crate::domain::audit::check::{Agreed, Complaint, check as agree};
use crate::domain::audit::merkle::{consistency, inclusion, root};
use crate::domain::audit::paper::{Checkpoint, Paper, Signed};
use crate::domain::base64::base64;
use crate::server::keys::{Keys, KeysError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua audit prove`
#[derive(Debug, clap::Args)]
pub(super) struct Proof {
    /// Dòng số mấy nằm trong nhật ký · That this line stands in the audit.
    #[arg(long, value_name = "N", required_unless_present = "from", conflicts_with = "from")]
    seq: Option<u64>,
    /// Trong số dòng đầu tiên · Within so many first lines (default: all).
    #[arg(long, value_name = "S", requires = "seq")]
    size: Option<u64>,
    /// Nhật ký chỉ dài thêm từ chữ ký có số dòng này · That the audit only grew since the checkpoint of so many lines.
    #[arg(long, value_name = "OLD")]
    from: Option<u64>,
    /// Đến số dòng · Up to so many lines (default: all).
    #[arg(long, value_name = "NEW", requires = "from")]
    to: Option<u64>,
}

/// `thidua audit check`
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Tệp khóa công khai · File with the public key, as `thidua audit key` prints it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Chữ ký và bằng chứng · Checkpoints and proofs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// The audit of this machine, whole, with what signs it.
struct Audit {
    leaves: Leaves,
    keys: Keys,
}

impl Audit {
    /// Nothing is signed over an audit whose own chain does not hold.
    fn read(ctx: &Ctx, wanted: Option<u64>) -> Outcome<Self> {
        let config = ctx.config()?;
        let desk = ctx.desk_of(&config)?;
        let leaves = desk.app.audit_leaves(&desk.actor, wanted)?;
        match leaves.verified.broken_at {
            Some(number) => Err(broken(number)),
            None => Ok(Self { leaves, keys: Keys::open(&config.dir)? }),
        }
    }

    /// How many lines are meant: all, unless so many are asked for.
    fn size(&self, asked: Option<u64>) -> Outcome<usize> {
        let all = self.leaves.hashes.len();
        let Some(asked) = asked else { return Ok(all) };
        usize::try_from(asked).ok().filter(|size| (1..=all).contains(size)).ok_or_else(|| short(asked, all))
    }

    /// The signed checkpoint over the first `size` lines.
    fn sign(&self, size: usize) -> Outcome<Signed> {
        let signed = self.keys.authority.sign_checkpoint(size as u64, root(&self.leaves.hashes[..size]));
        Ok(signed.map_err(KeysError::from)?)
    }
}

/// More lines are asked for than there are.
fn short(asked: u64, all: usize) -> Failure {
    Failure::new(
        "AUDIT_SHORT",
        format!(
            "không có dòng số {asked}: nhật ký có {all} dòng; nếu có chữ ký cho số dòng lớn hơn thì phần cuối đã bị cắt, hoặc máy đã được khôi phục từ bản sao cũ hơn"
        ),
        format!(
            "there is no line {asked}: the audit has {all}; where a checkpoint of more was signed, the end was cut off, or an older copy was restored"
        ),
    )
}

pub(super) fn checkpoint(ctx: &Ctx) -> Outcome {
    let audit = Audit::read(ctx, None)?;
    let signed = audit.sign(audit.size(None)?)?;
    hand_out(ctx, &Paper::Checkpoint(signed));
    Ok(())
}

pub(super) fn key(ctx: &Ctx) -> Outcome {
    let key = NoteKey::of(&Keys::open(&ctx.config()?.dir)?.authority);
    ctx.say.answer(|| key.to_string(), || json!({ "name": key.name(), "key": key.to_string() }));
    Ok(())
}

pub(super) fn prove(ctx: &Ctx, asked: &Proof) -> Outcome {
    let Proof { seq, size, from, to } = *asked;
    let mut audit = Audit::read(ctx, seq)?;
    let size = audit.size(size.or(to))?;
    let (signed, hashes) = (audit.sign(size)?, &audit.leaves.hashes[..size]);
    let begun = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
    let paper = match (seq, from) {
        (Some(number), _) => {
            let index = number.saturating_sub(1);
            let path = begun(number.checked_sub(1)).and_then(|index| inclusion(hashes, index));
            let (path, line) = path.zip(audit.leaves.line.take()).ok_or_else(|| short(number, size))?;
            Paper::Inclusion { line, index, path, within: signed }
        }
        (None, from) => {
            let old = from.unwrap_or(0);
            let path = begun(from).and_then(|old| consistency(hashes, old)).ok_or_else(|| short(old, size))?;
            Paper::Consistency { old, path, to: signed }
        }
    };
    hand_out(ctx, &paper);
    Ok(())
}

/// Prints a paper as it is kept.
fn hand_out(ctx: &Ctx, paper: &Paper) {
    if !ctx.say.json {
        return ctx.say.text(&paper.to_string());
    }
    let Checkpoint { origin, size, root } = &paper.signed().checkpoint;
    let value = json!({ "origin": origin, "size": size, "root": base64(root), "text": paper.to_string() });
    ctx.say.line(format!("{value:#}"));
}

pub(super) fn check(ctx: &Ctx, args: &Check) -> Outcome {
    let key = NoteKey::parse(&read(&args.key)?).ok_or_else(|| {
        Failure::new(
            "AUDIT_KEY",
            format!("{}: không phải khóa do thidua audit key in ra", args.key.display()),
            format!("{}: not a key as thidua audit key prints it", args.key.display()),
        )
    })?;
    let mut papers = Vec::new();
    for file in &args.files {
        let paper = Paper::read(&read(file)?).map_err(|_| unreadable(file))?;
        key.check(paper.signed()).map_err(|_| unsigned(file, &key))?;
        papers.push(paper);
    }
    let agreed = agree(&papers).map_err(complained)?;
    answer(ctx, &key, &agreed, &papers);
    Ok(())
}

fn answer(ctx: &Ctx, key: &NoteKey, agreed: &Agreed, papers: &[Paper]) {
    let say = &ctx.say;
    let Agreed { size, root } = agreed;
    let line = |paper: &Paper| match paper {
        Paper::Inclusion { line, .. } => AuditLine::read(line),
        Paper::Checkpoint(_) | Paper::Consistency { .. } => None,
    };
    let lines: Vec<AuditLine> = papers.iter().filter_map(line).collect();
    if say.json {
        let numbers: Vec<i64> = lines.iter().map(|line| line.seq).collect();
        let value = json!({ "agree": true, "name": key.name(), "size": size, "root": base64(root), "lines": numbers });
        return say.line(format!("{value:#}"));
    }
    say.line(say.lang.pick(
        format!("một lịch sử, do {} ký, đến dòng {size}: {}", key.name(), base64(root)),
        format!("one history, signed by {}, up to line {size}: {}", key.name(), base64(root)),
    ));
    if !lines.is_empty() {
        lines_of(ctx, &lines);
    }
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

fn unreadable(file: &Path) -> Failure {
    let file = file.display();
    Failure::new(
        "AUDIT_PAPER",
        format!("{file}: không phải chữ ký hay bằng chứng, hoặc đã bị sửa dù một dấu; hãy xin lại tệp gốc"),
        format!(
            "{file}: neither a checkpoint nor a proof, or changed by as little as a blank; ask for the file as it was printed"
        ),
    )
}

fn unsigned(file: &Path, key: &NoteKey) -> Failure {
    let (file, name) = (file.display(), key.name());
    Failure::new(
        "AUDIT_SIGNATURE",
        format!("{file}: không phải do {name} ký cho nhật ký của mình; xem lại tệp và khóa"),
        format!("{file}: not signed by {name} for its own audit; look at the file and at the key"),
    )
}

fn complained(complaint: Complaint) -> Failure {
    let keep = "giữ cả hai tệp làm bằng chứng và hỏi cơ quan ký";
    let keep_en = "keep both files as evidence and ask the authority";
    match complaint {
        Complaint::Nothing => Failure::usage("hãy nêu ít nhất một tệp", "name one file at least"),
        Complaint::Forked(size) => Failure::new(
            "AUDIT_FORKED",
            format!("hai chữ ký cho {size} dòng đầu không giống nhau: có hai nhật ký; {keep}"),
            format!("two checkpoints of the first {size} lines differ: there are two audits; {keep_en}"),
        ),
        Complaint::Rewritten { old, new } => Failure::new(
            "AUDIT_REWRITTEN",
            format!("nhật ký {new} dòng không bắt đầu bằng {old} dòng đã ký trước: đã có dòng bị sửa hay bỏ; {keep}"),
            format!(
                "the audit of {new} lines does not begin with the {old} signed before: lines were changed or taken out; {keep_en}"
            ),
        ),
        Complaint::Absent { line, size } => Failure::new(
            "AUDIT_ABSENT",
            format!("dòng {line} như trong tệp không nằm trong {size} dòng đã ký; {keep}"),
            format!("line {line} as the file says it does not stand in the {size} lines signed; {keep_en}"),
        ),
        Complaint::Unjoined { old, new } => Failure::new(
            "AUDIT_UNJOINED",
            format!(
                "chưa có gì cho thấy {new} dòng bắt đầu bằng {old} dòng đã ký; cần cả chữ ký {old} dòng và: thidua audit prove --from {old} --to {new}"
            ),
            format!(
                "nothing shows that the {new} lines begin with the {old} signed; it takes the checkpoint of {old} and: thidua audit prove --from {old} --to {new}"
            ),
        ),
    }
}
