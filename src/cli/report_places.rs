//! Many rows that an account may not send, as one finding.

use super::error::CliFinding;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use std::collections::BTreeSet;

/// Most units that a joined finding lists.
const UNITS_LISTED: usize = 5;

/// Many rows that the account may not send as one finding, which says how many and of which units;
/// all others as they are; by place.
pub(super) fn join_denied(findings: Vec<CliFinding>, account: &str) -> Vec<CliFinding> {
    let denied = RefusalReason::Denied.code();
    let (mut denied, mut rest): (Vec<CliFinding>, Vec<CliFinding>) =
        findings.into_iter().partition(|one| one.code() == denied);
    denied.dedup_by(|later, first| later.place == first.place);
    if denied.len() < 2 {
        rest.extend(denied);
    } else {
        rest.push(join(denied, account));
    }
    rest.sort_by_key(|finding| finding.place.as_ref().map(|(_, place)| *place));
    rest
}

fn join(mut denied: Vec<CliFinding>, account: &str) -> CliFinding {
    let (lines, first) = (denied.len(), denied.swap_remove(0));
    let paths = denied.into_iter().map(|one| one.violation.path);
    let units: BTreeSet<String> = paths.chain([first.violation.path]).collect();
    let mut listed: Vec<&str> = units.iter().map(String::as_str).take(UNITS_LISTED).collect();
    if units.len() > UNITS_LISTED {
        listed.push("...");
    }
    let (count, units) = (units.len(), listed.join(", "));
    let text = message!("report-import-denied", account, lines, count, units);
    let violation = Violation::error(RefusalReason::Denied.code(), account, text);
    CliFinding::new(first.place, violation)
}
