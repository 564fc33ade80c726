//! Pushed commands. Each command of a device has exactly one effect, in the device's order, however
//! often it is sent.
//!
//! ```text
//! number <= last    same hash: DUPLICATE with its present outcome     other hash: FORKED, stop
//! number == last+1  runs under a savepoint: an outcome, or REJECTED with the reason;
//!                   last moves on either way
//! number >  last+1  GAP, stop
//! ```

use super::cursor::CursorSigner;
use super::frame::CommandOutcome;
use crate::app::access::{CallerIdentity, revalidate_identity};
use crate::app::held_command::RawCommand;
use crate::app::report::{self, CommandContext, CommandEffect};
use crate::app::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::Actor;
use crate::domain::report::attachment::HeldPlace;
use crate::domain::report::command::{Command, Verdict};
use crate::domain::reporting::expectation::CaptureEvidence;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::WriteTx;
use crate::store::recorded_command::RecordedCommand;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;

/// A command as received: its number, the hash of its bytes, and its content if it can be decoded.
#[derive(Debug, Clone)]
pub struct PushedCommand {
    /// Its number, from 1.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The decoded command. A refusal when it cannot be decoded: that rejects the command, not the
    /// call.
    pub command: std::result::Result<Command, Refusal>,
}

/// The result of a push.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PushResult {
    /// One per processed command, in order.
    pub outcomes: Vec<CommandOutcome>,
    /// Set when processing stopped before the last command.
    pub stop: Option<PushStopReason>,
}

/// Why processing stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushStopReason {
    /// A number is missing; the value is the expected number.
    Gap(u64),
    /// The command with this number had other content before.
    Forked(u64),
}

/// Runs the commands of one call in one shared transaction, each under its own savepoint.
pub(crate) fn push_commands(
    app: &App,
    cursor_signer: &CursorSigner,
    identity: &CallerIdentity,
    commands: &[PushedCommand],
) -> Result<PushResult> {
    if commands.is_empty() {
        return Ok(PushResult::default());
    }
    let (mut result, seq) = app.store().write_with_seq("sync.push", app.now(), |tx| {
        push_in_transaction(tx, app, cursor_signer, identity, commands)
    })?;
    for outcome in result.outcomes.iter_mut().filter(|outcome| !outcome.duplicate) {
        outcome.seq = seq;
    }
    Ok(result)
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
    let has_lost_history = tx.head()?.epoch > 1;
    let context = PushContext {
        reference: app.reference(tx)?,
        cursor_signer,
        has_lost_history,
        has_waiting: Cell::new(tx.has_waiting_commands()?),
    };
    let chain: [u8; 32] = device.outcome_chain.try_into().unwrap_or([0; 32]);
    let mut progress =
        DeviceProgress { last_command_number: device.last_command_number, outcome_chain: chain };
    let result = run_commands(tx, &context, &actor, commands, &mut progress)?;
    if progress.last_command_number != device.last_command_number {
        tx.advance_command_number(
            device.id,
            (device.last_command_number, progress.last_command_number),
            &progress.outcome_chain,
        )?;
    }
    Ok(result)
}

/// The position of a device in its outbox: the number of the last command, and the chain of
/// outcomes there.
struct DeviceProgress {
    last_command_number: u64,
    outcome_chain: [u8; 32],
}

fn run_commands(
    tx: &mut WriteTx,
    context: &PushContext,
    actor: &Actor,
    commands: &[PushedCommand],
    progress: &mut DeviceProgress,
) -> Result<PushResult> {
    let device = actor.device.ok_or(RefusalReason::Denied)?;
    let mut result = PushResult::default();
    for pushed in commands {
        if pushed.number <= progress.last_command_number {
            match find_duplicate_outcome(tx, context, actor, pushed)? {
                Some(outcome) => result.outcomes.push(outcome),
                None => {
                    tx.mark_forked(device)?;
                    result.stop = Some(PushStopReason::Forked(pushed.number));
                    return Ok(result);
                }
            }
        } else if pushed.number == progress.last_command_number + 1 || planted!("gap-taken") {
            let outcome = run_new_command(tx, context, actor, pushed)?;
            if outcome.verdict == Verdict::Rejected && planted!("refusal-blocks") {
                result.outcomes.push(outcome);
                return Ok(result);
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
            result.outcomes.push(outcome);
        } else {
            result.stop = Some(PushStopReason::Gap(progress.last_command_number + 1));
            return Ok(result);
        }
    }
    Ok(result)
}

/// The outcome of the command when it was first processed; `None` when it had other content then.
fn find_duplicate_outcome(
    tx: &mut WriteTx,
    context: &PushContext,
    actor: &Actor,
    pushed: &PushedCommand,
) -> Result<Option<CommandOutcome>> {
    let Some(device) = actor.device else { return Ok(None) };
    let Some(recorded) = tx.recorded_command(device, pushed.number)? else { return Ok(None) };
    if recorded.hash != pushed.hash && !planted!("fork-unnoticed") {
        return Ok(None);
    }
    let held_place = find_held_place(tx, context, device, pushed.number, recorded.verdict)?;
    Ok(Some(CommandOutcome {
        held_place,
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

/// Where a held command waits, with the name of the unit: its author may no longer hold the
/// organisation.
fn find_held_place(
    tx: &mut WriteTx,
    context: &PushContext,
    device: DeviceId,
    number: u64,
    verdict: Verdict,
) -> Result<Option<(HeldPlace, String)>> {
    if verdict != Verdict::Held {
        return Ok(None);
    }
    let place = tx.held_place(device, number)?;
    let today = tx.now().local_date();
    let name = |unit| context.reference.org.nearest_name(unit, today).to_owned();
    Ok(place.map(|place| (place, name(place.unit))))
}

/// Runs a command for the first time. A refusal is an outcome too and does not block later
/// commands.
fn run_new_command(
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
    let device = actor.device.ok_or(RefusalReason::Denied)?;
    let held_place = find_held_place(tx, context, device, pushed.number, verdict)?;
    Ok(CommandOutcome {
        held_place,
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

/// Data that all commands of one call share. No command changes it.
struct PushContext<'a> {
    reference: Arc<ReferenceSnapshot>,
    cursor_signer: &'a CursorSigner,
    /// Whether this database lost commits once: its epoch is higher than 1.
    has_lost_history: bool,
    /// Whether any held command waits for its parent.
    has_waiting: Cell<bool>,
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
    let ctx = CommandContext {
        actor,
        reference: &context.reference,
        command_number: pushed.number,
        captured: captured
            .map(|(at, mark)| CaptureEvidence { captured_at: at, sync_mark_time: mark }),
        raw: Some(RawCommand {
            bytes: &pushed.bytes,
            has_lost_history: context.has_lost_history,
            has_waiting: &context.has_waiting,
        }),
    };
    report::run_command(tx, &ctx, command)
}

/// `chain' = SHA-256(chain || number || hash of the command || verdict)`, as the contract defines
/// `Receipt.outcome_chain`.
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
