//! The outbox of a device. Each of its commands has exactly one effect, in the device's order,
//! however often it is sent.
//!
//! ```text
//! number <= last    same hash: DUPLICATE with its present outcome     other hash: FORKED, stop
//! number == last+1  runs under a savepoint: an outcome, or REJECTED with the reason;
//!                   last moves on either way
//! number >  last+1  GAP, stop
//! ```

use super::context::{CommandContext, CommandEffect, RawCommand};
use super::run::run_command;
use crate::app::access::{CallerIdentity, revalidate_identity};
use crate::app::error::{AppError, Result};
use crate::app::{App, ReferenceSnapshot};
use crate::domain::access::permission::Actor;
use crate::domain::report::attachment::HeldPlace;
use crate::domain::report::command::{Command, Verdict};
use crate::domain::reporting::expectation::CaptureEvidence;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::reason::{FieldError, Refusal};
use crate::store::WriteTx;
use crate::store::recorded_command::RecordedCommand;
use sha2::{Digest, Sha256};
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

/// A pushed command with what its sync mark proves.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedCommand<'a> {
    /// The command.
    pub pushed: &'a PushedCommand,
    /// When it was captured, if its sync mark is this authority's for the device.
    pub captured: Option<CaptureEvidence>,
}

/// The outcome of one pushed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutcome {
    /// Its number.
    pub number: u64,
    /// Whether it was processed before this call.
    pub duplicate: bool,
    /// Its verdict; of a duplicate the present one.
    pub verdict: Verdict,
    /// Seq of its effect in the feed.
    pub seq: i64,
    /// The record that it changed; zeros when there is none.
    pub record_id: [u8; 16],
    /// The record's revision afterwards; 0 when there is none.
    pub revision: i64,
    /// Code of the refusal reason.
    pub reason: Option<String>,
    /// All fields that were invalid.
    pub problems: Vec<FieldError>,
    /// Where a held command waits, and the name of that unit; `None` for a proposal.
    pub held_place: Option<(HeldPlace, String)>,
}

/// The result of a push.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PushResult {
    /// One per processed command, in order.
    pub outcomes: Vec<CommandOutcome>,
    /// Set when processing stopped before the last command.
    pub stop: Option<PushStopReason>,
    /// Last seq of the commit; 0 when nothing was written.
    pub commit_seq: i64,
}

/// Why processing stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushStopReason {
    /// A number is missing; the value is the expected number.
    Gap(u64),
    /// The command with this number had other content before.
    Forked(u64),
}

impl App {
    /// Runs the commands of one call in one shared transaction, each under its own savepoint.
    pub(crate) fn receive_commands(
        &self,
        identity: &CallerIdentity,
        commands: &[ReceivedCommand],
    ) -> Result<PushResult> {
        if commands.is_empty() {
            return Ok(PushResult::default());
        }
        let (mut result, seq) = self.store().write_with_seq("sync.push", self.now(), |tx| {
            receive_in_transaction(tx, self, identity, commands)
        })?;
        for outcome in result.outcomes.iter_mut().filter(|outcome| !outcome.duplicate) {
            outcome.seq = seq;
        }
        result.commit_seq = seq;
        Ok(result)
    }
}

fn receive_in_transaction(
    tx: &mut WriteTx,
    app: &App,
    identity: &CallerIdentity,
    commands: &[ReceivedCommand],
) -> Result<PushResult> {
    let actor = revalidate_identity(tx, identity)?;
    let decoded = commands.iter().filter_map(|received| received.pushed.command.as_ref().ok());
    tx.prefetch_reports(decoded.filter_map(|command| command.body.report()))?;
    let device = tx.device(identity.device.id)?.ok_or(AppError::Unauthenticated)?;
    let mut outbox = Outbox {
        device: device.id,
        actor,
        has_lost_history: tx.head()?.epoch > 1,
        reference: app.reference(tx)?,
        has_waiting: tx.has_waiting_commands()?,
        last_command_number: device.last_command_number,
        outcome_chain: device.outcome_chain.try_into().unwrap_or([0; 32]),
    };
    let result = outbox.receive(tx, commands)?;
    if outbox.last_command_number != device.last_command_number {
        tx.advance_command_number(
            device.id,
            (device.last_command_number, outbox.last_command_number),
            &outbox.outcome_chain,
        )?;
    }
    Ok(result)
}

/// The outbox of one device during one call.
struct Outbox {
    device: DeviceId,
    actor: Actor,
    /// No command changes it.
    reference: Arc<ReferenceSnapshot>,
    /// Whether this database lost commits once: its epoch is higher than 1.
    has_lost_history: bool,
    /// Whether any command may be held.
    has_waiting: bool,
    last_command_number: u64,
    outcome_chain: [u8; 32],
}

impl Outbox {
    fn receive(&mut self, tx: &mut WriteTx, commands: &[ReceivedCommand]) -> Result<PushResult> {
        let mut result = PushResult::default();
        for received in commands {
            let pushed = received.pushed;
            if pushed.number <= self.last_command_number {
                let Some(outcome) = self.find_duplicate_outcome(tx, pushed)? else {
                    tx.mark_forked(self.device)?;
                    result.stop = Some(PushStopReason::Forked(pushed.number));
                    return Ok(result);
                };
                result.outcomes.push(outcome);
            } else if pushed.number == self.last_command_number + 1 || planted!("gap-taken") {
                let outcome = self.run_new_command(tx, received)?;
                if outcome.verdict == Verdict::Rejected && planted!("refusal-blocks") {
                    result.outcomes.push(outcome);
                    return Ok(result);
                }
                self.record_outcome(tx, pushed, &outcome)?;
                result.outcomes.push(outcome);
            } else {
                result.stop = Some(PushStopReason::Gap(self.last_command_number + 1));
                return Ok(result);
            }
        }
        Ok(result)
    }

    /// The outcome of the command when it was first processed; `None` when it had other content
    /// then.
    fn find_duplicate_outcome(
        &self,
        tx: &mut WriteTx,
        pushed: &PushedCommand,
    ) -> Result<Option<CommandOutcome>> {
        let Some(recorded) = tx.recorded_command(self.device, pushed.number)? else {
            return Ok(None);
        };
        if recorded.hash != pushed.hash && !planted!("fork-unnoticed") {
            return Ok(None);
        }
        Ok(Some(CommandOutcome {
            held_place: self.find_held_place(tx, pushed.number, recorded.verdict)?,
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
        &self,
        tx: &mut WriteTx,
        number: u64,
        verdict: Verdict,
    ) -> Result<Option<(HeldPlace, String)>> {
        if verdict != Verdict::Held {
            return Ok(None);
        }
        let place = tx.held_place(self.device, number)?;
        let today = tx.now().local_date();
        let name = |unit| self.reference.org.nearest_name(unit, today).to_owned();
        Ok(place.map(|place| (place, name(place.unit))))
    }

    /// Runs a command for the first time. A refusal is an outcome too and does not block later
    /// commands.
    fn run_new_command(
        &mut self,
        tx: &mut WriteTx,
        received: &ReceivedCommand,
    ) -> Result<CommandOutcome> {
        let pushed = received.pushed;
        let effect = match &pushed.command {
            Err(refusal) => Err(refusal.clone()),
            Ok(command) => {
                let ctx = CommandContext {
                    actor: &self.actor,
                    reference: &self.reference,
                    command_number: pushed.number,
                    captured: received.captured,
                    raw: Some(RawCommand {
                        bytes: &pushed.bytes,
                        has_lost_history: self.has_lost_history,
                        has_waiting: self.has_waiting,
                    }),
                };
                match tx.with_savepoint(|tx| run_command(tx, &ctx, command)) {
                    Ok(effect) => Ok(effect),
                    Err(error) => Err(error.into_refusal()?),
                }
            }
        };
        let (verdict, record, revision, refusal) = match effect {
            Ok(CommandEffect { verdict, record, revision }) => (verdict, record, revision, None),
            Err(refusal) => (Verdict::Rejected, [0; 16], 0, Some(refusal)),
        };
        self.has_waiting |= verdict == Verdict::Held;
        Ok(CommandOutcome {
            held_place: self.find_held_place(tx, pushed.number, verdict)?,
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

    /// Records the outcome under the command's number, which makes the command take effect once,
    /// and moves on.
    fn record_outcome(
        &mut self,
        tx: &mut WriteTx,
        pushed: &PushedCommand,
        outcome: &CommandOutcome,
    ) -> Result<()> {
        let row = RecordedCommand {
            number: pushed.number,
            hash: pushed.hash,
            verdict: outcome.verdict,
            reason: outcome.reason.clone(),
            commit_seq: 0,
            revision: outcome.revision,
        };
        tx.insert_command(self.device, &row)?;
        self.last_command_number = pushed.number;
        self.outcome_chain = extend_outcome_chain(self.outcome_chain, outcome, pushed);
        Ok(())
    }
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
