//! Every sent revision is kept: the newest as the record, each that another replaced beside it.

use crate::evidence::{assert_names_place, change_by_hand, night_job, of_report};
use crate::on_both_databases;
use crate::world::{TOWN, WARD_3, World, first_week_key};
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::Verdict;

on_both_databases! {
    a_sent_revision_deleted_by_hand_is_found
}

fn a_sent_revision_deleted_by_hand_is_found(world: World) {
    // A revision each: the draft, the submission, its correction, the acceptance.
    let mut ward = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let key = first_week_key(WARD_3);
    let cells = |figure| -> Vec<_> {
        let value = CellValue::Reported(figure);
        world.element_numbers().into_iter().map(|one| (one, value)).collect()
    };
    let save = ward.save_command(&key, &cells(2), &[]);
    let submit = ward.submit_command(key.id());
    let correct = ward.save_command(&key, &cells(3), &cells(2));
    ward.push(&world, &[save, submit, correct]);
    let accept = town.accept_command(&world.read_report(key.id()).unwrap());
    assert_eq!(town.push(&world, &[accept])[0].verdict, Verdict::Applied);
    let report = key.id();
    let rows = of_report(&world, "report", report);
    let problem = |revision: i64, place: &str| {
        let copy = format!("create table kept as select * from report_revision where {rows}");
        change_by_hand(&world, &copy);
        change_by_hand(
            &world,
            &format!("delete from report_revision where {rows} and revision = {revision}"),
        );
        let place = format!("report_revision {report}{place}");
        assert_names_place("verify-audit", night_job(&world, "verify-audit"), &place);
        change_by_hand(&world, &format!("delete from report_revision where {rows}"));
        change_by_hand(&world, "insert into report_revision select * from kept");
        change_by_hand(&world, "drop table kept");
        night_job(&world, "verify-audit").unwrap();
    };
    problem(2, " revision 2: it is missing");
    problem(3, ": a revision is missing");
}
