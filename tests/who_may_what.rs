//! Who may do what, printed as one table and compared with `who_may_what.txt`: a change of rights is seen in review.
//! After a change on purpose run it with `THIDUA_BLESS=1` and read the difference. Rights in motion (acting units, ends of
//! grants) are tested beside `domain::permission`.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its table has failed")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use thidua::domain::permission::{Action, Relation, Role};

/// `o`: on the own unit; `a`: on units below, held above them; `oa`: both; `.`: never.
fn cell(action: Action, role: Role) -> String {
    let may = |relation| action.allowed().contains(&(role, relation));
    let letters = [(Relation::Own, "o"), (Relation::Above, "a"), (Relation::Other, "ANYWHERE")];
    let text: String = letters.into_iter().filter(|(relation, _)| may(*relation)).map(|(_, letter)| letter).collect();
    if text.is_empty() { ".".to_owned() } else { text }
}

fn table() -> String {
    let mut text = String::from("o = on the own unit, a = on a unit below, . = never\n\n");
    for (at, role) in Role::ALL.iter().enumerate() {
        writeln!(text, "{:18}{}{}", "", "|   ".repeat(at), role.code()).unwrap();
    }
    for action in Action::ALL {
        let cells: Vec<String> = Role::ALL.iter().map(|role| format!("{:4}", cell(*action, *role))).collect();
        writeln!(text, "{:18}{}", action.code(), cells.concat().trim_end()).unwrap();
    }
    text
}

#[test]
fn the_table_of_rights_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/who_may_what.txt");
    if std::env::var_os("THIDUA_BLESS").is_some() {
        fs::write(&path, table()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), table(), "rights have changed: THIDUA_BLESS=1 accepts it");
}

#[test]
fn nobody_may_do_anything_to_a_unit_without_relation_and_nobody_reviews_the_own_unit() {
    for action in Action::ALL {
        assert!(action.allowed().iter().all(|(_, relation)| *relation != Relation::Other), "{}", action.code());
    }
    for action in [Action::AcceptReport, Action::ReturnReport] {
        assert_eq!(action.allowed(), [(Role::Reviewer, Relation::Above)], "{}", action.code());
    }
}
