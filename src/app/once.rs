//! Commands that come alone, from callers with a steady line: the same steps as a push, each under a request id instead of a number.
//!
//! Knows no message: the caller gives the hash of what was asked, so that an id used for something else is told apart.

use super::access::{Identity, still_valid};
use super::report::{self, Asking, Effect};
use super::{App, AppError, Result};
use crate::domain::command::{Command, Verdict};
use crate::domain::permission::Actor;
use crate::domain::reason::{Reason, Refusal};
use crate::store::Error;

/// A write that comes alone.
pub struct Once<'a> {
    /// Chosen by the caller.
    pub request: [u8; 16],
    /// The method's name.
    pub method: &'static str,
    /// SHA-256 of what was asked.
    pub asked: [u8; 32],
    /// What is to be done.
    pub command: &'a Command,
}

impl App {
    /// Runs the command, or gives the answer that it had the first time. `None`: the id was used for something else.
    pub fn run_once(&self, identity: &Identity, once: &Once) -> Result<Option<Effect>> {
        self.store().write(once.method, self.now(), |tx| {
            let actor = still_valid(tx, identity)?;
            if let Some((method, answer)) = tx.answered(actor.account, &once.request)? {
                let known = method == once.method && answer.get(..32) == Some(&once.asked[..]);
                return if known { read(&answer).map(Some) } else { Ok(None) };
            }
            let reference = self.reference(tx)?;
            let ask = Asking { actor: &actor, reference: &reference, number: 0, captured: None, sent: None };
            let effect = report::run(tx, &ask, once.command)?;
            tx.keep_answer(actor.account, &once.request, once.method, &bytes(&once.asked, &effect))?;
            Ok(Some(effect))
        })
    }

    /// Runs the commands of one file in one transaction, each by the very step that a phone's runs through; one refusal undoes all of
    /// them. Without `keep` all is undone in any case. Answers command by command; those after a refusal are tried too.
    pub fn run_all(
        &self,
        actor: &Actor,
        commands: &[Command],
        keep: bool,
    ) -> Result<Vec<std::result::Result<Effect, Refusal>>> {
        let mut answers = Vec::new();
        let ran = self.store().write("files.reports", self.now(), |tx| {
            answers.clear();
            let reference = self.reference(tx)?;
            let ask = Asking { actor, reference: &reference, number: 0, captured: None, sent: None };
            for command in commands {
                answers.push(match report::run(tx, &ask, command) {
                    Ok(effect) => Ok(effect),
                    Err(error) => Err(report::refusal(error)?),
                });
            }
            let all_well = answers.iter().all(std::result::Result::is_ok);
            // An error is what undoes the steps; it means only that.
            if keep && all_well { Ok(()) } else { Err(AppError::from(Reason::NothingToDo)) }
        });
        match ran {
            Ok(()) | Err(AppError::Refused(_)) => Ok(answers),
            Err(error) => Err(error),
        }
    }
}

fn bytes(asked: &[u8; 32], effect: &Effect) -> Vec<u8> {
    let Effect { verdict, record, revision } = effect;
    [&asked[..], &verdict.number().to_be_bytes(), &record[..], &revision.to_be_bytes()].concat()
}

fn read(answer: &[u8]) -> Result<Effect> {
    let part = |from: usize, to: usize| answer.get(from..to).ok_or_else(|| Error::Damaged("a kept answer".to_owned()));
    let verdict = part(32, 34)?.try_into().ok().map(i16::from_be_bytes).and_then(Verdict::from_number);
    let record = part(34, 50)?.try_into().ok();
    let revision = part(50, 58)?.try_into().ok().map(i64::from_be_bytes);
    match (verdict, record, revision) {
        (Some(verdict), Some(record), Some(revision)) => Ok(Effect { verdict, record, revision }),
        (_, _, _) => Err(Error::Damaged("a kept answer".to_owned()).into()),
    }
}
