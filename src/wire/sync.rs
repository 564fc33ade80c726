//! The small words of the sync frames: scopes, verdicts, kinds of record.
//!
//! Knows no stream and no order of frames.

use super::values;
use crate::domain::command::Verdict;
use crate::domain::ids::{CampaignId, UnitId};
use crate::domain::reason::Reason;
use crate::domain::scope::{RecordKind, Scope, ScopeKind};
use crate::pb;

/// A scope under its number in the call.
#[must_use]
pub fn scope(scope: Scope, number: u32) -> pb::Scope {
    let Scope { kind, id } = scope;
    let id = if kind == ScopeKind::Reference { Vec::new() } else { id.to_vec() };
    pb::Scope { kind: i32::from(kind.number()), id, number }
}

/// Reads a scope; its number is not read.
pub fn read_scope(message: &pb::Scope) -> Result<Scope, Reason> {
    let pb::Scope { kind, id, number: _ } = message;
    match pb::ScopeKind::try_from(*kind) {
        Ok(pb::ScopeKind::Reference) if id.is_empty() => Ok(Scope::REFERENCE),
        Ok(pb::ScopeKind::Work) => values::id(id, UnitId::from_slice).map(Scope::work),
        Ok(pb::ScopeKind::Desk) => values::id(id, UnitId::from_slice).map(Scope::desk),
        Ok(pb::ScopeKind::Published) => values::id(id, CampaignId::from_slice).map(Scope::published),
        Ok(pb::ScopeKind::Reference | pb::ScopeKind::Unspecified) | Err(_) => Err(Reason::Malformed),
    }
}

/// What became of a command.
#[must_use]
pub fn outcome(verdict: Verdict) -> pb::Outcome {
    match verdict {
        Verdict::Applied => pb::Outcome::Applied,
        Verdict::Merged => pb::Outcome::Merged,
        Verdict::Conflict => pb::Outcome::Conflict,
        Verdict::Held => pb::Outcome::Held,
        Verdict::Rejected => pb::Outcome::Rejected,
    }
}

/// Reads what became of a command; `None` for DUPLICATE, which names no outcome by itself, and for unknown ones.
#[must_use]
pub fn read_outcome(number: i32) -> Option<Verdict> {
    match pb::Outcome::try_from(number) {
        Ok(pb::Outcome::Applied) => Some(Verdict::Applied),
        Ok(pb::Outcome::Merged) => Some(Verdict::Merged),
        Ok(pb::Outcome::Conflict) => Some(Verdict::Conflict),
        Ok(pb::Outcome::Held) => Some(Verdict::Held),
        Ok(pb::Outcome::Rejected) => Some(Verdict::Rejected),
        Ok(pb::Outcome::Unspecified | pb::Outcome::Duplicate) | Err(_) => None,
    }
}

/// The contract's number of a kind of record; the domain has the same.
#[must_use]
pub fn kind(kind: RecordKind) -> i32 {
    i32::from(kind.number())
}

/// Reads a kind of record; `None` for one of a newer contract, whose bytes are kept all the same.
#[must_use]
pub fn read_kind(number: i32) -> Option<RecordKind> {
    i16::try_from(number).ok().and_then(RecordKind::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_and_the_domain_number_kinds_and_scopes_alike() {
        for one in RecordKind::ALL {
            let named = pb::RecordKind::try_from(kind(one)).unwrap().as_str_name();
            assert_eq!(named, format!("RECORD_KIND_{}", format!("{one:?}").to_uppercase()));
            assert_eq!(read_kind(kind(one)), Some(one));
        }
        for one in [Scope::REFERENCE, Scope::work(UnitId([1; 16])), Scope::published(CampaignId([2; 16]))] {
            assert_eq!(read_scope(&scope(one, 7)), Ok(one));
        }
        for one in ScopeKind::ALL {
            let named = pb::ScopeKind::try_from(i32::from(one.number())).unwrap().as_str_name();
            assert_eq!(named, format!("SCOPE_KIND_{}", one.code().to_uppercase()));
        }
        assert!(read_scope(&pb::Scope { kind: 2, id: vec![1], number: 0 }).is_err());
        assert_eq!(read_outcome(outcome(Verdict::Merged).into()), Some(Verdict::Merged));
    }
}
