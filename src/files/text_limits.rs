//! Which text a column of a CSV file or a key of a TOML file takes.

use crate::domain::support::limits::{CODE, FORMULA, NAME, NOTE, STATEMENT};
use crate::domain::support::text::TextLimit;

/// Columns and keys that take more than a code.
const LONGER_TEXTS: [(&str, TextLimit); 29] = [
    ("name_vi", NAME),
    ("name_en", NAME),
    ("unit_of_count", NAME),
    ("parent_movement", NAME),
    ("sites", NAME),
    ("body", NAME),
    ("signed_role", NAME),
    ("post", NAME),
    ("authority", NAME),
    ("note", NOTE),
    ("formula", FORMULA),
    ("rules", FORMULA),
    ("audience_vi", STATEMENT),
    ("theme", STATEMENT),
    ("motto", STATEMENT),
    ("focus", STATEMENT),
    ("as_published", STATEMENT),
    ("text_vi", STATEMENT),
    ("text_en", STATEMENT),
    ("overlap_waiver", STATEMENT),
    ("gaming_note", STATEMENT),
    ("coercive_override", STATEMENT),
    ("document", STATEMENT),
    ("evidence_vi", STATEMENT),
    ("reason_vi", STATEMENT),
    ("reason", STATEMENT),
    ("decision", STATEMENT),
    ("basis", STATEMENT),
    ("source", STATEMENT),
];

/// The limit of a column or key; any other one holds a code, a word, a day or a figure.
pub(super) fn text_limit(name: &str) -> TextLimit {
    LONGER_TEXTS.iter().find(|(longer, _)| *longer == name).map_or(CODE, |(_, limit)| *limit)
}
