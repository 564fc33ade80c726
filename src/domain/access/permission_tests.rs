//! Tests of the table and its proofs on hand-made paths.

use super::*;
use jiff::civil::date;

fn commune_path() -> UnitPath {
    let [unit, district, province] = ["com", "dist", "prov"].map(UnitId::from_code);
    UnitPath { unit, acting_unit: unit, ancestors: vec![district, province] }
}

fn actor_with_role(role: Role, unit: &str) -> Actor {
    let grant =
        Grant { role, unit: UnitId::from_code(unit), from: date(2024, 1, 1), to: date(2025, 1, 1) };
    Actor { account: AccountId::from_code("a"), device: None, grants: vec![grant] }
}

#[test]
fn a_reporter_may_submit_at_home_and_sees_nothing_elsewhere() {
    let today = date(2024, 8, 19);
    assert!(
        authorize::<action::SubmitReport>(
            &actor_with_role(Role::Reporter, "com"),
            &commune_path(),
            today
        )
        .is_ok()
    );
    let refused = authorize::<action::AcceptReport>(
        &actor_with_role(Role::Reporter, "com"),
        &commune_path(),
        today,
    );
    assert_eq!(refused.err(), Some(AuthorizationError::Forbidden(Action::AcceptReport)));
    let elsewhere = authorize::<action::SubmitReport>(
        &actor_with_role(Role::Reporter, "other"),
        &commune_path(),
        today,
    );
    assert_eq!(elsewhere.err(), Some(AuthorizationError::NotVisible));
}

#[test]
fn what_concerns_several_units_needs_the_right_over_each() {
    let (today, near) = (date(2024, 8, 19), commune_path());
    let far = UnitPath {
        unit: UnitId::from_code("far"),
        acting_unit: UnitId::from_code("far"),
        ancestors: vec![UnitId::from_code("prov")],
    };
    let both = [near, far];
    let enrol = |role, unit, paths: &[UnitPath]| {
        authorize_all::<action::Enrol>(&actor_with_role(role, unit), paths, today)
            .map(|permit| permit.unit())
    };
    assert_eq!(enrol(Role::Admin, "prov", &both), Ok(UnitId::from_code("com")));
    assert_eq!(
        enrol(Role::Admin, "dist", &both),
        Err(AuthorizationError::AllowedElsewhere(Action::Enrol))
    );
    assert_eq!(
        enrol(Role::Reporter, "dist", &both),
        Err(AuthorizationError::Forbidden(Action::Enrol))
    );
    assert_eq!(enrol(Role::Admin, "other", &both), Err(AuthorizationError::NotVisible));
    assert_eq!(enrol(Role::Admin, "prov", &[]), Err(AuthorizationError::NotVisible));
}

#[test]
fn a_grant_ends_on_its_last_day() {
    let reviewer = actor_with_role(Role::Reviewer, "dist");
    assert!(
        authorize::<action::AcceptReport>(&reviewer, &commune_path(), date(2024, 12, 31)).is_ok()
    );
    assert!(
        authorize::<action::AcceptReport>(&reviewer, &commune_path(), date(2025, 1, 1)).is_err()
    );
}
