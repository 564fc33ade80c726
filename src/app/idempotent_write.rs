//! Single commands from online callers: the same steps as a push, each under a request id instead
//! of a command number.
//!
//! The caller provides the hash of the request, so the reuse of an id for another request is
//! detected.

use super::access::{CallerIdentity, revalidate_identity};
use super::command::{CommandContext, CommandEffect, run_command};
use super::{App, AppError, Result};
use crate::domain::access::permission::Actor;
use crate::domain::report::command::{Command, Verdict};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::Error;

/// A single write under a request id.
pub struct IdempotentWrite<'a> {
    /// Chosen by the caller.
    pub request_id: [u8; 16],
    /// The method's name.
    pub method: &'static str,
    /// SHA-256 of the request.
    pub request_hash: [u8; 32],
    /// The command to run.
    pub command: &'a Command,
}

impl App {
    /// Runs the command, or returns its stored response. `None`: the request id was used for
    /// another request.
    pub fn run_idempotent(
        &self,
        identity: &CallerIdentity,
        write: &IdempotentWrite,
    ) -> Result<Option<CommandEffect>> {
        self.store().write(write.method, self.now(), |tx| {
            let actor = revalidate_identity(tx, identity)?;
            if let Some((method, response)) =
                tx.find_idempotent_response(actor.account, &write.request_id)?
            {
                let is_same_request =
                    method == write.method && response.get(..32) == Some(&write.request_hash[..]);
                return if is_same_request {
                    decode_response(&response).map(Some)
                } else {
                    Ok(None)
                };
            }
            let reference = self.reference(tx)?;
            let ctx = CommandContext::without_outbox(&actor, &reference);
            let effect = run_command(tx, &ctx, write.command)?;
            tx.insert_idempotent_response(
                actor.account,
                &write.request_id,
                write.method,
                &encode_response(&write.request_hash, &effect),
            )?;
            Ok(Some(effect))
        })
    }

    /// Runs the commands of one file in one transaction, each by the same step as a pushed command.
    /// One refusal rolls back all of them; without `should_commit` all are rolled back in any case.
    /// Returns one result for each command; commands after a refusal run too.
    pub fn run_command_batch(
        &self,
        actor: &Actor,
        commands: &[Command],
        should_commit: bool,
    ) -> Result<Vec<std::result::Result<CommandEffect, Refusal>>> {
        let mut results = Vec::new();
        let result = self.store().write("files.reports", self.now(), |tx| {
            results.clear();
            let reference = self.reference(tx)?;
            let ctx = CommandContext::without_outbox(actor, &reference);
            for command in commands {
                results.push(match run_command(tx, &ctx, command) {
                    Ok(effect) => Ok(effect),
                    Err(error) => Err(error.into_refusal()?),
                });
            }
            let all_succeeded = results.iter().all(std::result::Result::is_ok);
            // The error only causes the rollback.
            if should_commit && all_succeeded {
                Ok(())
            } else {
                Err(AppError::from(RefusalReason::NothingToDo))
            }
        });
        match result {
            Ok(()) | Err(AppError::Refused(_)) => Ok(results),
            Err(error) => Err(error),
        }
    }
}

fn encode_response(request_hash: &[u8; 32], effect: &CommandEffect) -> Vec<u8> {
    let CommandEffect { verdict, record, revision } = effect;
    [&request_hash[..], &verdict.number().to_be_bytes(), &record[..], &revision.to_be_bytes()]
        .concat()
}

fn decode_response(response: &[u8]) -> Result<CommandEffect> {
    let part = |from: usize, to: usize| {
        response.get(from..to).ok_or_else(|| Error::Damaged("a kept answer".to_owned()))
    };
    let verdict =
        part(32, 34)?.try_into().ok().map(i16::from_be_bytes).and_then(Verdict::from_number);
    let record = part(34, 50)?.try_into().ok();
    let revision = part(50, 58)?.try_into().ok().map(i64::from_be_bytes);
    match (verdict, record, revision) {
        (Some(verdict), Some(record), Some(revision)) => {
            Ok(CommandEffect { verdict, record, revision })
        }
        (_, _, _) => Err(Error::Damaged("a kept answer".to_owned()).into()),
    }
}
