//! Decisions after a call: delay, token renewal, comparison of digests. Pure functions.

use super::Engine;
use crate::client::protocol::{
    CallError, CallErrorKind, DigestComparison, HaltReason, LocalScopeDigest, NextAction, ScopeKey,
};
use crate::domain::support::scope_digest::ScopeDigest;
use std::time::Duration;

/// First delay after a failure, in milliseconds.
const BACKOFF_FIRST_MS: u64 = 1_000;
/// Longest delay, in milliseconds.
const BACKOFF_MAX_MS: u64 = 300_000;
/// Rebuilds of a scope before its mismatch is reported.
const REBUILDS_MAX: i16 = 1;
/// Renewals in a row before the phone counts as not admitted.
const RENEWALS_MAX: u32 = 2;
/// Servers tried in a row before the phone stops as superseded.
pub(super) const SERVERS_TRIED_MAX: u32 = 8;

/// The delay after `failures` failures in a row: doubles from one second to five minutes. The
/// second half is random, so that the phones of a district do not retry at the same moment.
/// `random` is any number.
pub(crate) fn backoff_delay(failures: u32, random: u64) -> Duration {
    let whole = BACKOFF_FIRST_MS.saturating_mul(1 << failures.min(16)).min(BACKOFF_MAX_MS);
    let half = whole / 2;
    Duration::from_millis(half + random % (half + 1))
}

/// Compares the digests that a checkpoint lists with the local ones. A listed scope that is missing
/// locally counts as empty.
pub(crate) fn compare_digests(
    listed: &[(ScopeKey, ScopeDigest)],
    local: &[LocalScopeDigest],
) -> Vec<DigestComparison> {
    let compare = |(scope, theirs): &(_, _)| {
        let ours = local.iter().find(|one| one.scope == *scope);
        let (digest, rebuilds) =
            ours.map_or_else(Default::default, |one| (one.digest, one.rebuild_count));
        if digest == *theirs {
            DigestComparison::Match(*scope)
        } else if rebuilds < REBUILDS_MAX {
            DigestComparison::Rebuild(*scope)
        } else {
            DigestComparison::StillDiffers(*scope)
        }
    };
    listed.iter().map(compare).collect()
}

/// Decides the next action after a failed call. Commands that may have been applied are sent again
/// with the same numbers; the server detects duplicates by number (S7).
pub(super) fn next_after_failure(
    engine: &mut Engine,
    failure: &CallError,
    random: u64,
) -> NextAction {
    if let Some(halt) = engine.halt_reason {
        return NextAction::Stop(halt);
    }
    if failure.reason == "DEVICE_REVOKED" {
        return NextAction::Stop(HaltReason::Revoked);
    }
    match failure.kind {
        CallErrorKind::MaybeApplied
        | CallErrorKind::Exhausted
        | CallErrorKind::ClockWrong { .. } => engine.next_backoff(failure.retry_after, random),
        CallErrorKind::Unauthenticated => {
            engine.consecutive_renewals += 1;
            if engine.consecutive_renewals > RENEWALS_MAX {
                NextAction::Stop(HaltReason::NotAdmitted)
            } else {
                NextAction::RenewToken
            }
        }
        CallErrorKind::Precondition if failure.reason == "SERVER_SUPERSEDED" => {
            engine.try_next_server(HaltReason::Superseded)
        }
        CallErrorKind::Precondition | CallErrorKind::Other => {
            NextAction::Stop(HaltReason::ProtocolError)
        }
    }
}
