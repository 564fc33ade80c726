//! `thidua audit checkpoint|key|prove|check`: prints documents that another agency stores, and
//! checks them there without the database.
//!
//! ```text
//!  here   checkpoint, key  ->  stored there (a file, a page of minutes)
//!  here   prove            ->  there: check --key KEY stored-checkpoint proof
//! ```
//!
//! `domain::audit` holds the trees and documents, `auth` the signatures.

use super::audit_output::{broken_chain_error, print_audit_lines};
use super::context::CliContext;
use super::error::{CliError, CliResult};
use crate::app::audit::{AuditEntry, AuditLeaves};
use crate::auth::NoteVerifierKey;
use crate::domain::audit::audit_proof::{AuditCheckpoint, AuditProof, SignedCheckpoint};
use crate::domain::audit::merkle::{build_consistency_proof, build_inclusion_proof, compute_root};
use crate::domain::audit::verify::{ProofError, TreeHead, verify_proofs};
use crate::domain::support::message::message;
use crate::server::keys::{ServerKeys, ServerKeysError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua audit prove`
#[derive(Debug, clap::Args)]
pub(super) struct ProveArgs {
    /// That this line stands in the audit.
    #[arg(long, value_name = "N", required_unless_present = "from", conflicts_with = "from")]
    seq: Option<u64>,
    /// Within so many first lines (default: all).
    #[arg(long, value_name = "S", requires = "seq")]
    size: Option<u64>,
    /// That the audit only grew since the checkpoint of so many lines.
    #[arg(long, value_name = "OLD")]
    from: Option<u64>,
    /// Up to so many lines (default: all).
    #[arg(long, value_name = "NEW", requires = "from")]
    to: Option<u64>,
}

/// `thidua audit check`
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// File with the public key, as `thidua audit key` prints it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Checkpoints and proofs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// The whole audit of this machine, with the keys that sign it.
struct AuditSigner {
    leaves: AuditLeaves,
    keys: ServerKeys,
}

impl AuditSigner {
    /// Loads the audit; an audit whose chain does not verify is not signed.
    fn load_verified(ctx: &CliContext, wanted: Option<u64>) -> CliResult<Self> {
        let config = ctx.read_config()?;
        let local_app = ctx.open_local_app_with(&config)?;
        let leaves = local_app.app.audit_leaves(&local_app.actor, wanted)?;
        match leaves.verified.invalid_from_seq {
            Some(number) => Err(broken_chain_error(number)),
            None => Ok(Self { leaves, keys: ServerKeys::open(&config.dir)? }),
        }
    }

    /// The requested number of entries, by default all of them.
    fn resolve_size(&self, requested: Option<u64>) -> CliResult<usize> {
        let all = self.leaves.hashes.len();
        let Some(requested) = requested else { return Ok(all) };
        usize::try_from(requested)
            .ok()
            .filter(|size| (1..=all).contains(size))
            .ok_or_else(|| audit_too_short_error(requested, all))
    }

    /// The signed checkpoint over the first `size` entries.
    fn sign_checkpoint(&self, size: usize) -> CliResult<SignedCheckpoint> {
        let signed = self
            .keys
            .authority
            .sign_checkpoint(size as u64, compute_root(&self.leaves.hashes[..size]));
        Ok(signed.map_err(ServerKeysError::from)?)
    }
}

/// The audit has fewer entries than requested.
fn audit_too_short_error(requested: u64, all: usize) -> CliError {
    CliError::new("AUDIT_SHORT", message!("audit-proof-there-no-line-audit", requested, all))
}

pub(super) fn print_checkpoint(ctx: &CliContext) -> CliResult {
    let audit = AuditSigner::load_verified(ctx, None)?;
    let signed = audit.sign_checkpoint(audit.resolve_size(None)?)?;
    print_document(ctx, &AuditProof::Checkpoint(signed));
    Ok(())
}

pub(super) fn print_public_key(ctx: &CliContext) -> CliResult {
    let key =
        NoteVerifierKey::from_authority(&ServerKeys::open(&ctx.read_config()?.dir)?.authority);
    ctx.output
        .print_answer(|| key.to_string(), || json!({ "name": key.name(), "key": key.to_string() }));
    Ok(())
}

pub(super) fn print_proof(ctx: &CliContext, requested: &ProveArgs) -> CliResult {
    let ProveArgs { seq, size, from, to } = *requested;
    let mut audit = AuditSigner::load_verified(ctx, seq)?;
    let size = audit.resolve_size(size.or(to))?;
    let (signed, hashes) = (audit.sign_checkpoint(size)?, &audit.leaves.hashes[..size]);
    let begun = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
    let paper = match (seq, from) {
        (Some(number), _) => {
            let index = number.saturating_sub(1);
            let path =
                begun(number.checked_sub(1)).and_then(|index| build_inclusion_proof(hashes, index));
            let (path, line) = path
                .zip(audit.leaves.requested_line.take())
                .ok_or_else(|| audit_too_short_error(number, size))?;
            AuditProof::Inclusion { line, index, path, checkpoint: signed }
        }
        (None, from) => {
            let old = from.unwrap_or(0);
            let path = begun(from)
                .and_then(|old| build_consistency_proof(hashes, old))
                .ok_or_else(|| audit_too_short_error(old, size))?;
            AuditProof::Consistency { old_size: old, path, checkpoint: signed }
        }
    };
    print_document(ctx, &paper);
    Ok(())
}

/// Prints a document in its stored form.
fn print_document(ctx: &CliContext, paper: &AuditProof) {
    if !ctx.output.json {
        return ctx.output.print_text(&paper.to_string());
    }
    let AuditCheckpoint { origin, size, root } = &paper.signed_checkpoint().checkpoint;
    let value = json!({ "origin": origin, "size": size, "root": STANDARD.encode(root), "text": paper.to_string() });
    ctx.output.print_line(format!("{value:#}"));
}

pub(super) fn check_documents(ctx: &CliContext, args: &CheckArgs) -> CliResult {
    let key = NoteVerifierKey::parse(&read_document(&args.key)?).ok_or_else(|| {
        CliError::new(
            "AUDIT_KEY",
            message!("audit-proof-not-key-as-thidua", key = args.key.display()),
        )
    })?;
    let mut papers = Vec::new();
    for file in &args.files {
        let paper = AuditProof::parse(&read_document(file)?).map_err(|_| unreadable_error(file))?;
        key.verify_checkpoint(paper.signed_checkpoint()).map_err(|_| unsigned_error(file, &key))?;
        papers.push(paper);
    }
    let agreed = verify_proofs(&papers).map_err(complaint_error)?;
    print_agreement(ctx, &key, &agreed, &papers);
    Ok(())
}

fn print_agreement(
    ctx: &CliContext,
    key: &NoteVerifierKey,
    agreed: &TreeHead,
    papers: &[AuditProof],
) {
    let output = &ctx.output;
    let TreeHead { size, root } = agreed;
    let line = |paper: &AuditProof| match paper {
        AuditProof::Inclusion { line, .. } => AuditEntry::from_canonical_bytes(line),
        AuditProof::Checkpoint(_) | AuditProof::Consistency { .. } => None,
    };
    let lines: Vec<AuditEntry> = papers.iter().filter_map(line).collect();
    if output.json {
        let numbers: Vec<i64> = lines.iter().map(|line| line.seq).collect();
        let value = json!({ "agree": true, "name": key.name(), "size": size, "root": STANDARD.encode(root), "lines": numbers });
        return output.print_line(format!("{value:#}"));
    }
    output.print_line(output.lang.say(message!(
        "audit-proof-one-history-signed-up",
        name = key.name(),
        size,
        root = STANDARD.encode(root)
    )));
    if !lines.is_empty() {
        print_audit_lines(ctx, &lines);
    }
}

fn read_document(path: &Path) -> CliResult<String> {
    std::fs::read_to_string(path).map_err(|error| CliError::file_error(path, &error))
}

fn unreadable_error(file: &Path) -> CliError {
    let file = file.display();
    CliError::new("AUDIT_PAPER", message!("audit-proof-neither-checkpoint-nor-proof", file))
}

fn unsigned_error(file: &Path, key: &NoteVerifierKey) -> CliError {
    let (file, name) = (file.display(), key.name());
    CliError::new("AUDIT_SIGNATURE", message!("audit-proof-not-signed-own-audit", file, name))
}

fn complaint_error(complaint: ProofError) -> CliError {
    let keep = || message!("audit-proof-keep");
    match complaint {
        ProofError::Empty => CliError::usage_error(message!("audit-proof-name-one-file-least")),
        ProofError::Forked(size) => CliError::new(
            "AUDIT_FORKED",
            message!("audit-proof-two-checkpoints-first-lines", size, keep => keep()),
        ),
        ProofError::Inconsistent { old, new } => CliError::new(
            "AUDIT_REWRITTEN",
            message!("audit-proof-audit-lines-does-not", new, old, keep => keep()),
        ),
        ProofError::NotIncluded { line, size } => CliError::new(
            "AUDIT_ABSENT",
            message!("audit-proof-line-as-file-says", line, size, keep => keep()),
        ),
        ProofError::MissingConsistencyProof { old, new } => CliError::new(
            "AUDIT_UNJOINED",
            message!("audit-proof-nothing-shows-lines-begin", new, old),
        ),
    }
}
