//! Who may do what, printed as two tables (actions, rpcs) and compared with `who_may_what.txt`: a change of rights is seen in review.
//! `tests/it/rpc/matrix.rs` calls every rpc as every role and holds it against the second.
//! After a change on purpose run it with `THIDUA_BLESS=1` and read the difference. Rights in motion (acting units, ends of
//! grants) are tested beside `domain::permission`.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its table has failed")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use thidua::domain::ids::{AccountId, CampaignId, UnitId};
use thidua::domain::permission::{Action, Actor, Grant, Relation, Role};
use thidua::domain::scope::Scope;
use thidua::domain::sight::sight;
use thidua::grpc::rights::{Right, right};
use thidua::pb::Rpc;

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
    text.push_str(
        "\nEvery rpc, in the same columns. x = yes; scopes: r = reference, w = work, d = desk, p = published\n\n",
    );
    for rpc in Rpc::ALL {
        writeln!(text, "{}", rpc_line(*rpc)).unwrap();
    }
    text
}

/// Whether the role reads this scope, held on a unit.
fn sees(role: Role, scope: impl Fn(UnitId, CampaignId) -> Scope) -> bool {
    let (unit, campaign) = (UnitId::named("u"), CampaignId::named("A"));
    let grants = vec![Grant { role, unit, from: Date::MIN, to: Date::MAX }];
    let actor = Actor { account: AccountId::named("a"), device: None, grants };
    sight(&actor, &[campaign], Date::constant(2024, 9, 1)).contains(scope(unit, campaign))
}

/// What every role may ask of this rpc, in the columns of the table above.
fn rpc_line(rpc: Rpc) -> String {
    let name = rpc.path().trim_start_matches("/thidua.v1.");
    let cells = |cell: &dyn Fn(Role) -> String| {
        let cells: String = Role::ALL.iter().map(|role| format!("{:4}", cell(*role))).collect();
        cells.trim_end().to_owned()
    };
    let any = |actions: &[Action], role| {
        let all: String = actions.iter().map(|action| cell(*action, role)).collect();
        let letters: String = ['o', 'a'].into_iter().filter(|letter| all.contains(*letter)).collect();
        if letters.is_empty() { ".".to_owned() } else { letters }
    };
    let body = match right(rpc) {
        Right::Open => "without a token".to_owned(),
        Right::Anyone => "every caller".to_owned(),
        Right::On(actions) => cells(&|role| any(actions, role)),
        Right::Within(actions) => cells(&|role| any(actions, role)) + "   of what is in sight",
        Right::Inside => cells(&|role| if sees(role, |_, _| Scope::REFERENCE) { "x" } else { "." }.to_owned()),
        Right::Scopes => cells(&|role| {
            let scopes = [
                ("r", sees(role, |_, _| Scope::REFERENCE)),
                ("w", sees(role, |unit, _| Scope::work(unit))),
                ("d", sees(role, |unit, _| Scope::desk(unit))),
                ("p", sees(role, |_, campaign| Scope::published(campaign))),
            ];
            let letters: String = scopes.into_iter().filter(|(_, sees)| *sees).map(|(letter, _)| letter).collect();
            if letters.is_empty() { ".".to_owned() } else { letters }
        }),
    };
    format!("{name:38} {body}")
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
