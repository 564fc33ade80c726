//! What to do after a call: how long to wait, whether to renew, whether digests agree. Pure tables.

use super::Engine;
use crate::client::step::{Agreement, Failure, FailureKind, Halt, Held, Mark, Next};
use std::time::Duration;

/// First wait after a failure, in milliseconds.
const BACKOFF_FIRST_MS: u64 = 1_000;
/// Longest wait, in milliseconds.
const BACKOFF_MAX_MS: u64 = 300_000;
/// Rebuildings of a scope before its mismatch is reported as a loop.
const REBUILDS_MAX: i16 = 1;
/// Renewals in a row before the phone counts as not admitted.
const RENEWALS_MAX: u32 = 2;
/// Servers tried in a row before all count as superseded.
pub(super) const SERVERS_TRIED_MAX: u32 = 8;

/// The wait after `failures` failures in a row: doubling from one second to five minutes, the second half of it by chance, so that a
/// district's phones do not come back in step. `random` is any number.
pub(crate) fn backoff(failures: u32, random: u64) -> Duration {
    let whole = BACKOFF_FIRST_MS.saturating_mul(1 << failures.min(16)).min(BACKOFF_MAX_MS);
    let half = whole / 2;
    Duration::from_millis(half + random % (half + 1))
}

/// Compares the digests of a checkpoint with what is held. A scope that the server lists and the phone does not hold has no records.
pub(crate) fn agreements(mark: &Mark, held: &[Held]) -> Vec<Agreement> {
    let compare = |(scope, theirs): &(_, _)| {
        let ours = held.iter().find(|held| held.scope == *scope);
        let (digest, rebuilds) = ours.map_or_else(Default::default, |held| (held.digest, held.rebuilds));
        if digest == *theirs {
            Agreement::Agrees(*scope)
        } else if rebuilds < REBUILDS_MAX {
            Agreement::Rebuild(*scope)
        } else {
            Agreement::Loops(*scope)
        }
    };
    mark.digests.iter().map(compare).collect()
}

/// What to do after a failed call. Whatever may have been applied is sent again with the same numbers: the server knows them (S7).
pub(super) fn after(engine: &mut Engine, failure: &Failure, random: u64) -> Next {
    if let Some(halt) = engine.halt {
        return Next::Stop(halt);
    }
    if failure.reason == "DEVICE_REVOKED" {
        return Next::Stop(Halt::Revoked);
    }
    match failure.kind {
        FailureKind::PerhapsApplied | FailureKind::Exhausted => engine.wait_longer(failure.retry_after, random),
        FailureKind::Unauthenticated => {
            engine.renewals += 1;
            if engine.renewals > RENEWALS_MAX { Next::Stop(Halt::NotAdmitted) } else { Next::Renew }
        }
        FailureKind::Precondition if failure.reason == "SERVER_SUPERSEDED" => engine.next_server(Halt::Superseded),
        FailureKind::Precondition | FailureKind::Other => Next::Stop(Halt::Refused),
    }
}
