//! Taking commands from a device: each has exactly one effect, in the device's order, however often it is sent.
//!
//! ```text
//!  number <= taken   same hash: DUPLICATE with its present outcome     other hash: FORKED, stop
//!  number == taken+1 the step runs under a savepoint: an outcome, or REJECTED with the reason; taken moves on either way
//!  number >  taken+1 GAP, stop
//! ```

use super::cursor::Seal;
use super::frame::Outcome;
use crate::app::access::{Identity, still_valid};
use crate::app::held::Sent;
use crate::app::report::{self, Asking, Effect};
use crate::app::{App, AppError, Reference, Result};
use crate::domain::command::{Command, Verdict};
use crate::domain::expectation::Captured;
use crate::domain::permission::Actor;
use crate::domain::reason::{Reason, Refusal};
use crate::store::WriteTx;
use crate::store::report::Taken;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;

/// A command as it came: its number, the hash of its bytes, and what they say if they can be read.
#[derive(Debug, Clone)]
pub struct Pushed {
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
pub struct PushEnd {
    /// One per command read, in order.
    pub outcomes: Vec<Outcome>,
    /// Set when reading stopped.
    pub stop: Option<Stop>,
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A number is missing: this one is expected.
    Gap(u64),
    /// This number came with other content before.
    Forked(u64),
}

/// Takes the commands of one call, all in one shared transaction, each under a savepoint of its own.
pub fn push(app: &App, seal: &Seal, identity: &Identity, commands: &[Pushed]) -> Result<PushEnd> {
    if commands.is_empty() {
        return Ok(PushEnd::default());
    }
    let (mut end, seq) =
        app.store().write_at("sync.push", app.now(), |tx| take_all(tx, app, seal, identity, commands))?;
    for outcome in end.outcomes.iter_mut().filter(|outcome| !outcome.duplicate) {
        outcome.seq = seq;
    }
    Ok(end)
}

fn take_all(tx: &mut WriteTx, app: &App, seal: &Seal, identity: &Identity, commands: &[Pushed]) -> Result<PushEnd> {
    let actor = still_valid(tx, identity)?;
    let device = tx.device(identity.device.id)?.ok_or(AppError::Unauthenticated)?;
    let lossy = tx.head()?.epoch > 1;
    let ground = Ground { reference: app.reference(tx)?, seal, lossy, waits: Cell::new(tx.any_waiting()?) };
    let chain: [u8; 32] = device.outcomes.try_into().unwrap_or([0; 32]);
    let mut place = Place { taken: device.taken, chain };
    let end = take_each(tx, &ground, &actor, commands, &mut place)?;
    if place.taken != device.taken {
        tx.move_device(device.id, (device.taken, place.taken), &place.chain)?;
    }
    Ok(end)
}

/// Where a device stands in its outbox: the last number taken, and the chain of outcomes there.
struct Place {
    taken: u64,
    chain: [u8; 32],
}

fn take_each(
    tx: &mut WriteTx,
    ground: &Ground,
    actor: &Actor,
    commands: &[Pushed],
    place: &mut Place,
) -> Result<PushEnd> {
    let device = actor.device.ok_or(Reason::Denied)?;
    let mut end = PushEnd::default();
    for pushed in commands {
        if pushed.number <= place.taken {
            match duplicate(tx, actor, pushed)? {
                Some(outcome) => end.outcomes.push(outcome),
                None => {
                    tx.mark_forked(device)?;
                    end.stop = Some(Stop::Forked(pushed.number));
                    return Ok(end);
                }
            }
        } else if pushed.number == place.taken + 1 || planted!("gap-taken") {
            let outcome = take(tx, ground, actor, pushed)?;
            if outcome.verdict == Verdict::Rejected && planted!("refusal-blocks") {
                end.outcomes.push(outcome);
                return Ok(end);
            }
            let row = Taken {
                number: pushed.number,
                hash: pushed.hash,
                verdict: outcome.verdict,
                reason: outcome.reason.clone(),
                seq: 0,
                revision: outcome.revision,
            };
            tx.take_command(device, &row)?;
            *place = Place { taken: pushed.number, chain: link(place.chain, &outcome, pushed) };
            end.outcomes.push(outcome);
        } else {
            end.stop = Some(Stop::Gap(place.taken + 1));
            return Ok(end);
        }
    }
    Ok(end)
}

/// The outcome that the command had when it was first taken; `None` when it had other content then.
fn duplicate(tx: &mut WriteTx, actor: &Actor, pushed: &Pushed) -> Result<Option<Outcome>> {
    let Some(device) = actor.device else { return Ok(None) };
    let Some(before) = tx.taken(device, pushed.number)? else { return Ok(None) };
    if before.hash != pushed.hash && !planted!("fork-unnoticed") {
        return Ok(None);
    }
    Ok(Some(Outcome {
        number: before.number,
        duplicate: true,
        verdict: if planted!("first-outcome-forgotten") { Verdict::Applied } else { before.verdict },
        seq: before.seq,
        record: [0; 16],
        revision: before.revision,
        reason: before.reason,
        problems: Vec::new(),
    }))
}

/// Runs a command for the first time. A refusal is an outcome too: it never blocks the outbox behind it.
fn take(tx: &mut WriteTx, ground: &Ground, actor: &Actor, pushed: &Pushed) -> Result<Outcome> {
    let effect = match &pushed.command {
        Err(refusal) => Err(refusal.clone()),
        Ok(command) => match tx.savepoint(|tx| step(tx, ground, actor, pushed, command)) {
            Ok(effect) => Ok(effect),
            Err(error) => Err(report::refusal(error)?),
        },
    };
    let (verdict, record, revision, refusal) = match effect {
        Ok(Effect { verdict, record, revision }) => (verdict, record, revision, None),
        Err(refusal) => (Verdict::Rejected, [0; 16], 0, Some(refusal)),
    };
    Ok(Outcome {
        number: pushed.number,
        duplicate: false,
        verdict,
        seq: 0,
        record,
        revision,
        reason: refusal.as_ref().map(|refusal| refusal.reason.code().to_owned()),
        problems: refusal.map(|refusal| refusal.problems).unwrap_or_default(),
    })
}

/// What all commands of one call stand on: no command changes it.
struct Ground<'a> {
    reference: Arc<Reference>,
    seal: &'a Seal,
    /// Whether this history once lost its end.
    lossy: bool,
    /// Whether any command waits on a desk.
    waits: Cell<bool>,
}

fn step(tx: &mut WriteTx, ground: &Ground, actor: &Actor, pushed: &Pushed, command: &Command) -> Result<Effect> {
    let device = actor.device.ok_or(Reason::Denied)?;
    let captured = command.captured_at.zip(ground.seal.open_mark(device, &command.sync_mark));
    let ask = Asking {
        actor,
        reference: &ground.reference,
        number: pushed.number,
        captured: captured.map(|(at, mark)| Captured { at, mark }),
        sent: Some(Sent { bytes: &pushed.bytes, lossy: ground.lossy, waits: &ground.waits }),
    };
    report::run(tx, &ask, command)
}

/// `chain' = SHA-256(chain || number || hash of the command || verdict)`, as the contract says of `Receipt.outcome_chain`.
fn link(chain: [u8; 32], outcome: &Outcome, pushed: &Pushed) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(outcome.number.to_be_bytes());
    hash.update(pushed.hash);
    hash.update(outcome.verdict.number().to_be_bytes());
    hash.finalize().into()
}
