//! Prints who may do what as two tables (actions, rpcs) and compares them with
//! `permission_table.txt`, so that a review sees every change of rights.
//! `tests/integration/rpc/authorization.rs` calls every rpc as every role and compares the results
//! with the second table. After an intended change run it with `THIDUA_BLESS=1` and read the
//! difference. The tests of `domain::access::permission` cover rights that change over time (acting
//! units, ends of grants).
#![allow(clippy::unwrap_used, reason = "a test that cannot read its table has failed")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use thidua::domain::access::permission::{Action, Actor, Grant, Role, UnitRelation};
use thidua::domain::access::scope::Scope;
use thidua::domain::access::visible_scopes::compute_visible_scopes;
use thidua::domain::support::ids::{AccountId, CampaignId, UnitId};
use thidua::grpc::rpc_access::{RpcAccess, required_access};
use thidua::pb::Rpc;

/// `o`: on the own unit; `a`: on units below, held above them; `oa`: both; `.`: never.
fn permission_cell(action: Action, role: Role) -> String {
    let may = |relation| action.allowed().contains(&(role, relation));
    let letters =
        [(UnitRelation::Own, "o"), (UnitRelation::Above, "a"), (UnitRelation::Other, "ANYWHERE")];
    let text: String = letters
        .into_iter()
        .filter(|(relation, _)| may(*relation))
        .map(|(_, letter)| letter)
        .collect();
    if text.is_empty() { ".".to_owned() } else { text }
}

fn render_table() -> String {
    let mut text = String::from("o = on the own unit, a = on a unit below, . = never\n\n");
    for (at, role) in Role::ALL.iter().enumerate() {
        writeln!(text, "{:18}{}{}", "", "|   ".repeat(at), role.code()).unwrap();
    }
    for action in Action::ALL {
        let cells: Vec<String> =
            Role::ALL.iter().map(|role| format!("{:4}", permission_cell(*action, *role))).collect();
        writeln!(text, "{:18}{}", action.code(), cells.concat().trim_end()).unwrap();
    }
    text.push_str(
        "\nEvery rpc, in the same columns. x = yes; \
         scopes: r = reference, w = work, d = desk, p = published\n\n",
    );
    for rpc in Rpc::ALL {
        writeln!(text, "{}", render_rpc_row(*rpc)).unwrap();
    }
    text
}

/// Whether the role can read this scope when held on a unit.
fn can_see(role: Role, scope: impl Fn(UnitId, CampaignId) -> Scope) -> bool {
    let (unit, campaign) = (UnitId::from_code("u"), CampaignId::from_code("A"));
    let grants = vec![Grant { role, unit, from: Date::MIN, to: Date::MAX }];
    let actor = Actor { account: AccountId::from_code("a"), device: None, grants };
    compute_visible_scopes(&actor, &[campaign], Date::constant(2024, 9, 1))
        .contains(scope(unit, campaign))
}

/// One row of the rpc table: what every role may do with this rpc.
fn render_rpc_row(rpc: Rpc) -> String {
    let name = rpc.path().trim_start_matches("/thidua.v1.");
    let cells = |cell: &dyn Fn(Role) -> String| {
        let cells: String = Role::ALL.iter().map(|role| format!("{:4}", cell(*role))).collect();
        cells.trim_end().to_owned()
    };
    let any = |actions: &[Action], role| {
        let all: String = actions.iter().map(|action| permission_cell(*action, role)).collect();
        let letters: String =
            ['o', 'a'].into_iter().filter(|letter| all.contains(*letter)).collect();
        if letters.is_empty() { ".".to_owned() } else { letters }
    };
    let body = match required_access(rpc) {
        RpcAccess::Unauthenticated => "without a token".to_owned(),
        RpcAccess::Authenticated => "every caller".to_owned(),
        RpcAccess::OnRecord(actions) => cells(&|role| any(actions, role)),
        RpcAccess::WithinUnits(actions) => {
            cells(&|role| any(actions, role)) + "   of what is in sight"
        }
        RpcAccess::InternalRole => {
            cells(&|role| if can_see(role, |_, _| Scope::REFERENCE) { "x" } else { "." }.to_owned())
        }
        RpcAccess::FromVisibleScopes => cells(&|role| {
            let scopes = [
                ("r", can_see(role, |_, _| Scope::REFERENCE)),
                ("w", can_see(role, |unit, _| Scope::work(unit))),
                ("d", can_see(role, |unit, _| Scope::desk(unit))),
                ("p", can_see(role, |_, campaign| Scope::published(campaign))),
            ];
            let letters: String =
                scopes.into_iter().filter(|(_, sees)| *sees).map(|(letter, _)| letter).collect();
            if letters.is_empty() { ".".to_owned() } else { letters }
        }),
    };
    format!("{name:38} {body}")
}

#[test]
fn the_table_of_rights_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/permission_table.txt");
    if std::env::var_os("THIDUA_BLESS").is_some() {
        fs::write(&path, render_table()).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        render_table(),
        "rights have changed: THIDUA_BLESS=1 accepts it"
    );
}

#[test]
fn nobody_may_do_anything_to_a_unit_without_relation_and_nobody_reviews_the_own_unit() {
    for action in Action::ALL {
        assert!(
            action.allowed().iter().all(|(_, relation)| *relation != UnitRelation::Other),
            "{}",
            action.code()
        );
    }
    for action in [Action::AcceptReport, Action::ReturnReport] {
        assert_eq!(action.allowed(), [(Role::Reviewer, UnitRelation::Above)], "{}", action.code());
    }
}
