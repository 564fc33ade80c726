//! Acts of online callers and of the operator of this machine: one step in one transaction, under a
//! request id where the caller sends one, and rehearsed where it only asks.

use super::access::{CallerIdentity, revalidate_identity};
use super::partner::PartnerIdentity;
use super::{App, AppError, Result};
use crate::domain::access::permission::Actor;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::{Error, WriteTx};
use std::cell::RefCell;

/// Who performs an act.
#[derive(Debug, Clone, Copy)]
pub enum Performer<'a> {
    /// The account of a device or of a desk session.
    Caller(&'a CallerIdentity),
    /// A system of a partner agency.
    Partner(&'a PartnerIdentity),
    /// An actor that this machine's operator stands for.
    Operator(&'a Actor),
}

impl Performer<'_> {
    /// The actor as it was read last.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Caller(identity) => &identity.actor,
            Self::Partner(partner) => partner.actor(),
            Self::Operator(actor) => actor,
        }
    }
}

/// How an act is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ActRequest {
    /// The name of the act, for the log and the request id.
    pub name: &'static str,
    /// Chosen by the caller; `None`: an operator, whose call is not repeated unasked.
    pub request_id: Option<[u8; 16]>,
    /// SHA-256 of the request.
    pub request_hash: [u8; 32],
    /// Nothing is written.
    pub validate_only: bool,
}

impl ActRequest {
    /// The request of an operator.
    #[must_use]
    pub fn of_operator(name: &'static str, validate_only: bool) -> Self {
        Self { name, request_id: None, request_hash: [0; 32], validate_only }
    }
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActEnd<T> {
    /// It was performed, or with `validate_only` would be.
    Performed(T),
    /// The same request was performed before.
    Repeated,
    /// The request id named another request.
    RequestIdReused,
}

impl<T> ActEnd<T> {
    /// The value of an act that was performed now.
    pub fn performed(self) -> Option<T> {
        match self {
            Self::Performed(value) => Some(value),
            Self::Repeated | Self::RequestIdReused => None,
        }
    }

    /// The same end with another value.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> ActEnd<U> {
        match self {
            Self::Performed(value) => ActEnd::Performed(to(value)),
            Self::Repeated => ActEnd::Repeated,
            Self::RequestIdReused => ActEnd::RequestIdReused,
        }
    }
}

/// Why the transaction of an act ended without a commit.
enum Undone<T> {
    /// It was only asked for.
    Rehearsed(T),
    Failed(AppError),
}

impl<T> From<Error> for Undone<T> {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl App {
    /// Performs an act.
    ///
    /// # Errors
    /// What `step` refuses.
    pub fn perform<T>(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        step: impl Fn(&mut WriteTx, &Actor) -> Result<T>,
    ) -> Result<ActEnd<T>> {
        let end = self.store().write(request.name, self.now(), |tx| {
            let end = perform_in(tx, performer, request, &step).map_err(Undone::Failed)?;
            match end {
                ActEnd::Performed(value) if request.validate_only => Err(Undone::Rehearsed(value)),
                end @ (ActEnd::Performed(_) | ActEnd::Repeated | ActEnd::RequestIdReused) => {
                    Ok(end)
                }
            }
        });
        match end {
            Ok(end) => Ok(end),
            Err(Undone::Rehearsed(value)) => Ok(ActEnd::Performed(value)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

/// What became of each row of a file, in order.
pub type RowResults<T> = Vec<std::result::Result<T, Refusal>>;

impl App {
    /// Performs an act of many rows. `step` returns a result for each; it undoes what it refuses.
    /// Unless `partial`, nothing is written if a row is refused.
    pub(super) fn perform_rows<T>(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        partial: bool,
        step: impl Fn(&mut WriteTx, &Actor) -> Result<RowResults<T>>,
    ) -> Result<ActEnd<RowResults<T>>> {
        let undone = RefCell::new(None);
        let end = self.perform(performer, request, |tx, actor| {
            // A batch may run the step again.
            undone.take();
            let results = step(tx, actor)?;
            if !partial && results.iter().any(std::result::Result::is_err) {
                undone.replace(Some(results));
                return Err(AppError::from(RefusalReason::NothingToDo));
            }
            Ok(results)
        });
        match undone.into_inner() {
            Some(results) => Ok(ActEnd::Performed(results)),
            None => end,
        }
    }
}

fn perform_in<T>(
    tx: &mut WriteTx,
    performer: Performer<'_>,
    request: &ActRequest,
    step: impl Fn(&mut WriteTx, &Actor) -> Result<T>,
) -> Result<ActEnd<T>> {
    let actor = match performer {
        Performer::Caller(identity) => revalidate_identity(tx, identity)?,
        Performer::Partner(partner) => partner.revalidate(tx)?,
        Performer::Operator(actor) => actor.clone(),
    };
    let Some(id) = request.request_id else { return step(tx, &actor).map(ActEnd::Performed) };
    if let Some((name, hash)) = tx.find_idempotent_response(actor.account, &id)? {
        let is_same = name == request.name && hash == request.request_hash;
        return Ok(if is_same { ActEnd::Repeated } else { ActEnd::RequestIdReused });
    }
    let value = step(tx, &actor)?;
    tx.insert_idempotent_response(actor.account, &id, request.name, &request.request_hash)?;
    Ok(ActEnd::Performed(value))
}
