//! Desk work that has to be done again, as text and JSON.

use crate::domain::access::permission::Role;
use crate::store::desk_action::{ActionSubject, DeskAction};
use serde_json::{Value, json};

/// Time, action, and the accounts with their units that it was about.
pub(super) fn desk_action_text(done: &DeskAction) -> String {
    let subject = |one: &ActionSubject| {
        let role = one.role.map_or_else(String::new, |role| format!(" {}", role.code()));
        let unit = one.unit.as_ref();
        let unit = unit.map_or_else(String::new, |(code, name)| format!(" ({name}, {code})"));
        format!("{}{role}{unit}", one.account)
    };
    let subjects: Vec<String> = done.subjects.iter().map(subject).collect();
    let (at, action) = (done.entry.at.local_text(), &done.entry.action);
    if subjects.is_empty() {
        return format!("{at} {action}");
    }
    format!("{at} {action}: {}", subjects.join(", "))
}

/// The same for machines.
pub(super) fn desk_action_json(done: &DeskAction) -> Value {
    let entry = &done.entry;
    let subject = |one: &ActionSubject| {
        json!({ "account": one.account, "role": one.role.map(Role::code), "unit": one.unit.as_ref().map(|(code, _)| code),
            "unit_name": one.unit.as_ref().map(|(_, name)| name) })
    };
    let subjects: Vec<Value> = done.subjects.iter().map(subject).collect();
    json!({ "seq": entry.seq, "at": entry.at.local_text(), "action": entry.action,
        "accounts": subjects })
}
