//! Taking commands from a device: each has exactly one effect, in the device's order, however often it is sent.
//!
//! ```text
//!  number <= taken   same hash: DUPLICATE with its present outcome     other hash: FORKED, stop
//!  number == taken+1 the step runs under a savepoint: an outcome, or REJECTED with the reason; taken moves on either way
//!  number >  taken+1 GAP, stop
//! ```

use super::cursor::CursorSigner;
use super::frame::CommandOutcome;
use crate::app::access::{CallerIdentity, revalidate_identity};
use crate::app::held_command::RawCommand;
use crate::app::report::{self, CommandContext, CommandEffect};
use crate::app::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::command::{Command, Verdict};
use crate::domain::expectation::CaptureEvidence;
use crate::domain::permission::Actor;
use crate::domain::reason::{Refusal, RefusalReason};
use crate::store::WriteTx;
use crate::store::recorded_command::RecordedCommand;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;

/// A command as it came: its number, the hash of its bytes, and what they say if they can be read.
#[derive(Debug, Clone)]
pub struct PushedCommand {
    /// Its number, 1 and up.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The command; a refusal when it cannot be read: that refuses the command, not the call.
    pub command: std::result::Result<Command, Refusal>,
}

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PushResult {
    /// One per command read, in order.
    pub outcomes: Vec<CommandOutcome>,
    /// Set when reading stopped.
    pub stop: Option<PushStopReason>,
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushStopReason {
    /// A number is missing: this one is expected.
    Gap(u64),
    /// This number came with other content before.
    Forked(u64),
}

/// Takes the commands of one call, all in one shared transaction, each under a savepoint of its own.
pub fn push_commands(
    app: &App,
    cursor_signer: &CursorSigner,
    identity: &CallerIdentity,
    commands: &[PushedCommand],
) -> Result<PushResult> {
    if commands.is_empty() {
        return Ok(PushResult::default());
    }
    let (mut end, seq) = app.store().write_with_seq("sync.push", app.now(), |tx| {
        push_in_transaction(tx, app, cursor_signer, identity, commands)
    })?;
    for outcome in end.outcomes.iter_mut().filter(|outcome| !outcome.duplicate) {
        outcome.seq = seq;
    }
    Ok(end)
}

fn push_in_transaction(
    tx: &mut WriteTx,
    app: &App,
    cursor_signer: &CursorSigner,
    identity: &CallerIdentity,
    commands: &[PushedCommand],
) -> Result<PushResult> {
    let actor = revalidate_identity(tx, identity)?;
    let device = tx.device(identity.device.id)?.ok_or(AppError::Unauthenticated)?;
    let lossy = tx.head()?.epoch > 1;
    let context = PushContext {
        reference: app.reference(tx)?,
        cursor_signer,
        lossy,
        any_held: Cell::new(tx.has_waiting_commands()?),
    };
    let chain: [u8; 32] = device.outcome_chain.try_into().unwrap_or([0; 32]);
    let mut progress =
        DeviceProgress { last_command_number: device.last_command_number, outcome_chain: chain };
    let end = take_commands(tx, &context, &actor, commands, &mut progress)?;
    if progress.last_command_number != device.last_command_number {
        tx.advance_command_number(
            device.id,
            (device.last_command_number, progress.last_command_number),
            &progress.outcome_chain,
        )?;
    }
    Ok(end)
}

/// Where a device stands in its outbox: the last number taken, and the chain of outcomes there.
struct DeviceProgress {
    last_command_number: u64,
    outcome_chain: [u8; 32],
}

fn take_commands(
    tx: &mut WriteTx,
    context: &PushContext,
    actor: &Actor,
    commands: &[PushedCommand],
    progress: &mut DeviceProgress,
) -> Result<PushResult> {
    let device = actor.device.ok_or(RefusalReason::Denied)?;
    let mut end = PushResult::default();
    for pushed in commands {
        if pushed.number <= progress.last_command_number {
            match find_duplicate_outcome(tx, actor, pushed)? {
                Some(outcome) => end.outcomes.push(outcome),
                None => {
                    tx.mark_forked(device)?;
                    end.stop = Some(PushStopReason::Forked(pushed.number));
                    return Ok(end);
                }
            }
        } else if pushed.number == progress.last_command_number + 1 || planted!("gap-taken") {
            let outcome = take_new_command(tx, context, actor, pushed)?;
            if outcome.verdict == Verdict::Rejected && planted!("refusal-blocks") {
                end.outcomes.push(outcome);
                return Ok(end);
            }
            let row = RecordedCommand {
                number: pushed.number,
                hash: pushed.hash,
                verdict: outcome.verdict,
                reason: outcome.reason.clone(),
                commit_seq: 0,
                revision: outcome.revision,
            };
            tx.insert_command(device, &row)?;
            *progress = DeviceProgress {
                last_command_number: pushed.number,
                outcome_chain: extend_outcome_chain(progress.outcome_chain, &outcome, pushed),
            };
            end.outcomes.push(outcome);
        } else {
            end.stop = Some(PushStopReason::Gap(progress.last_command_number + 1));
            return Ok(end);
        }
    }
    Ok(end)
}

/// The outcome that the command had when it was first taken; `None` when it had other content then.
fn find_duplicate_outcome(
    tx: &mut WriteTx,
    actor: &Actor,
    pushed: &PushedCommand,
) -> Result<Option<CommandOutcome>> {
    let Some(device) = actor.device else { return Ok(None) };
    let Some(recorded) = tx.recorded_command(device, pushed.number)? else { return Ok(None) };
    if recorded.hash != pushed.hash && !planted!("fork-unnoticed") {
        return Ok(None);
    }
    Ok(Some(CommandOutcome {
        number: recorded.number,
        duplicate: true,
        verdict: if planted!("first-outcome-forgotten") {
            Verdict::Applied
        } else {
            recorded.verdict
        },
        seq: recorded.commit_seq,
        record_id: [0; 16],
        revision: recorded.revision,
        reason: recorded.reason,
        problems: Vec::new(),
    }))
}

/// Runs a command for the first time. A refusal is an outcome too: it never blocks the outbox behind it.
fn take_new_command(
    tx: &mut WriteTx,
    context: &PushContext,
    actor: &Actor,
    pushed: &PushedCommand,
) -> Result<CommandOutcome> {
    let effect = match &pushed.command {
        Err(refusal) => Err(refusal.clone()),
        Ok(command) => {
            match tx.with_savepoint(|tx| run_command(tx, context, actor, pushed, command)) {
                Ok(effect) => Ok(effect),
                Err(error) => Err(report::into_refusal(error)?),
            }
        }
    };
    let (verdict, record, revision, refusal) = match effect {
        Ok(CommandEffect { verdict, record, revision }) => (verdict, record, revision, None),
        Err(refusal) => (Verdict::Rejected, [0; 16], 0, Some(refusal)),
    };
    Ok(CommandOutcome {
        number: pushed.number,
        duplicate: false,
        verdict,
        seq: 0,
        record_id: record,
        revision,
        reason: refusal.as_ref().map(|refusal| refusal.reason.code().to_owned()),
        problems: refusal.map(|refusal| refusal.field_errors).unwrap_or_default(),
    })
}

/// What all commands of one call stand on: no command changes it.
struct PushContext<'a> {
    reference: Arc<ReferenceSnapshot>,
    cursor_signer: &'a CursorSigner,
    /// Whether this history once lost its end.
    lossy: bool,
    /// Whether any command waits on a desk.
    any_held: Cell<bool>,
}

fn run_command(
    tx: &mut WriteTx,
    context: &PushContext,
    actor: &Actor,
    pushed: &PushedCommand,
    command: &Command,
) -> Result<CommandEffect> {
    let device = actor.device.ok_or(RefusalReason::Denied)?;
    let captured =
        command.captured_at.zip(context.cursor_signer.verify_sync_mark(device, &command.sync_mark));
    let ask = CommandContext {
        actor,
        reference: &context.reference,
        command_number: pushed.number,
        captured: captured
            .map(|(at, mark)| CaptureEvidence { captured_at: at, sync_mark_time: mark }),
        raw: Some(RawCommand {
            bytes: &pushed.bytes,
            has_lost_history: context.lossy,
            has_waiting: &context.any_held,
        }),
    };
    report::run_command(tx, &ask, command)
}

/// `chain' = SHA-256(chain || number || hash of the command || verdict)`, as the contract says of `Receipt.outcome_chain`.
fn extend_outcome_chain(
    chain: [u8; 32],
    outcome: &CommandOutcome,
    pushed: &PushedCommand,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(outcome.number.to_be_bytes());
    hash.update(pushed.hash);
    hash.update(outcome.verdict.number().to_be_bytes());
    hash.finalize().into()
}
