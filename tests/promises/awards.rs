//! The decision on an award that rests on a campaign, on both databases.

use crate::evidence::{assert_night_refuses, change_by_hand, night_job};
use crate::jobs::accept_first_report;
use crate::on_both_databases;
use crate::world::World;
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{AwardRequest, Campaign, CampaignStatus};
use thidua::domain::support::ids::CampaignId;

on_both_databases! {
    an_award_changed_or_taken_away_by_hand_is_named_before_the_night_publishes
}

fn an_award_changed_or_taken_away_by_hand_is_named_before_the_night_publishes(world: World) {
    accept_first_report(&world);
    let (app, system) = (&world.app, world.app.system_actor().unwrap());
    let reference = app.store().read(|tx| app.reference(tx)).unwrap();
    let status = CampaignStatus::Concluded;
    let concluded = Campaign { status, ..reference.campaigns[0].clone() };
    app.apply_campaign(&system, &concluded).unwrap();
    let id = CampaignId::from_code("A");
    for (name, role) in [("lan", Role::CampaignHead), ("minh", Role::UnitHead)] {
        let person = world.enrol_device(name, "prov-84", role).load_identity(&world).unwrap();
        let decide = AwardRequest::Decide { reference: "12/QĐ-UBND", day: None };
        app.step_award(&person.actor, id, decide).unwrap();
    }
    night_job(&world, "aggregate").unwrap();
    let place = |number: u8| format!("award_entry campaign {id} number {number}");
    for (change, back) in [
        ("update award_entry set document_day = document_day - 1 where number = 2", "+ 1"),
        ("update award_entry set document_day = document_day + 1 where number = 2", "- 1"),
    ] {
        change_by_hand(&world, change);
        assert_night_refuses(&world, change, &place(2));
        let back = format!("update award_entry set document_day = document_day {back}");
        change_by_hand(&world, &format!("{back} where number = 2"));
        night_job(&world, "verify-audit").unwrap();
    }
    change_by_hand(&world, "delete from award_entry where number = 2");
    assert_night_refuses(&world, "a decision taken away", &place(2));
}
