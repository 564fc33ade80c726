//! The columns of the CSV files. Every column must stand in the heading; an optional one may be
//! empty.

use super::{KeyTable, KeyValue, optional, required};
use crate::domain::org::{Hierarchy, LineageKind, UnitKind};
use crate::domain::standing::baseline::BaselineStatus;
use KeyValue::{Day, ElementCode, Number, Text, Word};

/// Every CSV file.
pub static FILES: &[&KeyTable] = &[&UNITS, &PARENTS, &LINEAGE, &BASELINE, &REPORTS];

/// Word of `lineage.csv` for two codes of one unit.
pub(in crate::files) const CONTINUE: &str = "continue";

/// `units.csv`.
pub static UNITS: KeyTable = KeyTable {
    name: "units",
    keys: &[
        required("uid", Text),
        optional("gso_code", Text),
        required("name_vi", Text),
        optional("kind", Text),
        required("level", Word(|| UnitKind::ALL.iter().map(|one| one.as_str()).collect())),
        optional("valid_from", Day),
        optional("valid_to", Day),
        optional("note", Text),
    ],
};

/// `parents.csv`.
pub static PARENTS: KeyTable = KeyTable {
    name: "parents",
    keys: &[
        required("child_uid", Text),
        required("parent_uid", Text),
        required("hierarchy", Word(|| Hierarchy::ALL.iter().map(|one| one.as_str()).collect())),
        optional("valid_from", Day),
        optional("valid_to", Day),
    ],
};

/// `lineage.csv`, which may be absent.
pub static LINEAGE: KeyTable = KeyTable {
    name: "lineage",
    keys: &[
        required("effective", Day),
        required("kind", Word(lineage_kinds)),
        required("from_uid", Text),
        required("to_uid", Text),
        required("weight", Number),
        required("basis", Text),
    ],
};

fn lineage_kinds() -> Vec<&'static str> {
    LineageKind::ALL.iter().map(|one| one.as_str()).chain([CONTINUE]).collect()
}

/// `baseline.csv`.
pub static BASELINE: KeyTable = KeyTable {
    name: "baseline",
    keys: &[
        required("unit", Text),
        required("element", ElementCode),
        required("first_day", Day),
        required("last_day", Day),
        required("value", Number),
        required("source", Text),
        required("status", Word(|| BaselineStatus::ALL.iter().map(|one| one.as_str()).collect())),
    ],
};

/// Reports: these columns, then one for each element of the form, by its code.
pub static REPORTS: KeyTable = KeyTable {
    name: "reports",
    keys: &[
        required("contract", Text),
        required("unit", Text),
        required("first_day", Day),
        required("last_day", Day),
        optional("nil", Text),
        optional("note", Text),
        optional("ELEMENT", Text),
    ],
};

impl KeyTable {
    /// The names of the columns, as many as the caller's array takes.
    pub(in crate::files) const fn column_names<const N: usize>(&self) -> [&'static str; N] {
        let mut names = [""; N];
        let mut at = 0;
        while at < N {
            names[at] = self.keys[at].name;
            at += 1;
        }
        names
    }
}
