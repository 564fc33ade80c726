//! The reform of Trà Vinh: calendars, expectations, views, re-basing and rehearsals over the
//! example's files.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod expectations;
mod openings;
mod rehearsals;
mod standings;
mod views;

use std::sync::OnceLock;
use thidua::domain::org::Org;
use thidua::domain::support::ids::UnitId;
use thidua::files::org::{OrgCsvTexts, read_org};

/// The example's organisation, read once.
fn tra_vinh_org() -> Org {
    static ORG: OnceLock<Org> = OnceLock::new();
    let texts = OrgCsvTexts {
        units: include_str!("../../examples/tra-vinh/org/units.csv"),
        parents: include_str!("../../examples/tra-vinh/org/parents.csv"),
        lineage: include_str!("../../examples/tra-vinh/org/lineage.csv"),
    };
    ORG.get_or_init(|| read_org(&texts).unwrap()).clone()
}

fn unit_id(uid: &str) -> UnitId {
    UnitId::from_code(uid)
}
