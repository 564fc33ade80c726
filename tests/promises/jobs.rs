//! The jobs of the night over both databases: each slot once, whatever runs at the same time, was away or is cancelled.

use crate::stories;
use crate::world::{Phone, TOWN, WARD_3, World, first_week};
use jiff::civil::date;
use std::thread;
use thidua::app::AppError;
use thidua::app::job::{SlotEnd, holds};
use thidua::domain::cell::CellValue;
use thidua::domain::command::Verdict;
use thidua::domain::ids::{CampaignId, ReportId};
use thidua::domain::permission::Role;
use thidua::domain::workflow::State;
use thidua::jobs::{find, run_all_due};

stories! {
    two_schedulers_at_once_publish_once
    a_lease_in_force_holds_against_a_process_of_the_same_name
    nights_that_were_missed_are_caught_up_each_once
    a_run_that_is_cancelled_publishes_nothing_and_is_not_run_again
    an_accepted_report_is_locked_once_its_grace_is_over_and_not_before
    a_phase_is_reviewed_once_the_grace_of_its_last_report_is_over
    a_report_is_named_when_it_is_due_and_no_longer_once_it_is_sent_or_its_grace_is_over
    every_job_of_the_table_ends_well_on_a_province_that_reports
}

pub(crate) fn accepted(world: &World) -> ReportId {
    let mut ward: Phone = world.phone("phuong 3", WARD_3, Role::Reporter);
    let mut town = world.phone("thanh pho", TOWN, Role::Reviewer);
    let key = first_week(WARD_3);
    let cells: Vec<_> = world.elements().into_iter().map(|one| (one, CellValue::Reported(2))).collect();
    let save = ward.save(&key, &cells, &[]);
    let submit = ward.submit(key.id());
    ward.push(world, &[save, submit]);
    let accept = town.accept(&world.report(key.id()).unwrap());
    assert_eq!(town.push(world, &[accept])[0].verdict, Verdict::Applied);
    key.id()
}

pub(crate) fn numbers(world: &World) -> Vec<i64> {
    world.app.runs(CampaignId::named("A"), 100).unwrap().iter().map(|run| run.number).collect()
}

fn slots_done(world: &World, job: &str) -> usize {
    world.app.job_runs(Some(job), 1000).unwrap().iter().filter(|run| run.state == "DONE").count()
}

fn two_schedulers_at_once_publish_once(world: World) {
    accepted(&world);
    let job = find("aggregate").unwrap();
    thread::scope(|scope| {
        for owner in ["one", "other"] {
            let app = world.app.clone();
            scope.spawn(move || job.run_due(&app, owner).unwrap());
        }
    });
    assert_eq!(numbers(&world), [1]);
    assert_eq!(slots_done(&world, "aggregate"), 1);
    assert_eq!(job.run_due(&world.app, "third").unwrap(), SlotEnd::AlreadyDone);
}

fn a_lease_in_force_holds_against_a_process_of_the_same_name(world: World) {
    let (job, slot) = (find("aggregate").unwrap(), world.app.now());
    let ended = world.app.run_slot("serve-1", "aggregate", slot, &|app, _, _| {
        assert_eq!(job.run_at(app, "serve-1", slot).unwrap(), SlotEnd::HeldElsewhere, "process 1 of another machine");
        Ok(String::new())
    });
    assert_eq!(ended.unwrap(), SlotEnd::Done(String::new()));
}

#[test]
fn on_postgresql_no_node_gets_a_newer_token_while_another_publishes_under_its_own() {
    let Some(world) = World::on_postgres() else { return };
    let other = world.node();
    let (job, slot) = (find("aggregate").unwrap(), world.app.now());
    thread::scope(|scope| {
        let ended = world.app.run_slot("slow", "aggregate", slot, &|app, actor, fence| {
            let night = app.aggregate(actor, |tx| {
                let held = holds(tx, "aggregate", fence)?;
                // It stands still in here until its lease is over; the other node, with newer figures, is as quick as it can be.
                world.clock.set(world.app.now().plus_micros(11 * 60 * 1_000_000));
                let taking = scope.spawn(|| {
                    accepted(&other);
                    job.run_at(&other.app, "quick", slot)
                });
                thread::sleep(std::time::Duration::from_millis(1500));
                assert!(!taking.is_finished(), "the other node waits for this transaction");
                Ok(held)
            });
            night.map(|_| String::new())
        });
        ended.unwrap();
    });
    let mut runs = world.app.runs(CampaignId::named("A"), 10).unwrap();
    runs.sort_by_key(|run| run.number);
    assert!(runs.is_sorted_by_key(|run| run.cut), "older figures never follow newer ones: {runs:?}");
}

fn nights_that_were_missed_are_caught_up_each_once(world: World) {
    run_all_due(&world.app, "node").unwrap();
    world.at(date(2024, 9, 2));
    for _ in 0..2 {
        run_all_due(&world.app, "node").unwrap();
    }
    assert_eq!(
        slots_done(&world, "close-periods"),
        9,
        "the nights of 25 August, the newest on the first day, to 2 September"
    );
    assert_eq!(slots_done(&world, "aggregate"), 2, "the newest alone: it judges everything as it is now");
}

fn a_run_that_is_cancelled_publishes_nothing_and_is_not_run_again(world: World) {
    accepted(&world);
    let slot = world.app.now();
    let ended = world.app.run_slot("node", "aggregate", slot, &|app, actor, fence| {
        assert!(app.cancel_job(actor, "aggregate")?, "it is under way");
        app.aggregate(actor, |tx| holds(tx, "aggregate", fence)).map(|_| String::new())
    });
    assert!(matches!(ended, Err(AppError::LeaseLost)), "{ended:?}");
    assert!(numbers(&world).is_empty());
    assert_eq!(world.app.job_run("aggregate", slot).unwrap().unwrap().state, "CANCELLED");
    assert_eq!(find("aggregate").unwrap().run_at(&world.app, "node", slot).unwrap(), SlotEnd::AlreadyDone);
    let system = world.app.system().unwrap();
    assert!(!world.app.cancel_job(&system, "aggregate").unwrap(), "nothing runs now");
}

fn an_accepted_report_is_locked_once_its_grace_is_over_and_not_before(world: World) {
    let id = accepted(&world);
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let grace_end = reference.expectation(&first_week(WARD_3)).unwrap().grace_end;
    let close = |day| {
        world.at(day);
        find("close-periods").unwrap().run_due(&world.app, "node").unwrap();
        world.report(id).unwrap().state
    };
    assert_eq!(close(grace_end.yesterday().unwrap()), State::Accepted);
    assert_eq!(close(grace_end), State::Locked);
}

fn a_phase_is_reviewed_once_the_grace_of_its_last_report_is_over(world: World) {
    accepted(&world);
    // Phase 1 ends with 5 January 2025; its last reports are due by the end of the 6th and have two days of grace.
    let [last, over] = [date(2025, 1, 8), date(2025, 1, 9)];
    world.at(over.tomorrow().unwrap());
    world.app.aggregate(&world.app.system().unwrap(), |_| Ok(true)).unwrap();
    assert_eq!(world.app.phases_to_review(last).unwrap(), []);
    let review = world.app.phases_to_review(over).unwrap().remove(0);
    assert_eq!((review.campaign.as_str(), review.phase), ("A", 1));
    assert_eq!(review.states.values().sum::<usize>(), 7, "every target: {review:?}");
    run_all_due(&world.app, "node").unwrap();
    let said = world.app.job_runs(Some("phase-review"), 1).unwrap().remove(0).message.unwrap();
    assert!(said.starts_with("A phase 1 is in: ") && said.ends_with("thidua brief --campaign A --phase 1"), "{said}");
}

fn a_report_is_named_when_it_is_due_and_no_longer_once_it_is_sent_or_its_grace_is_over(world: World) {
    let system = world.app.system().unwrap();
    let key = first_week(WARD_3);
    let expected = thidua::domain::expectation::Expectation::clone(
        &world.app.store().read(|tx| world.app.reference(tx)).unwrap().expectation(&key).unwrap(),
    );
    let named = |day| {
        world.at(day);
        let owed = world.app.owed(&system).unwrap();
        owed.iter().any(|one| one.unit == key.unit && one.contract == key.contract && one.period == key.period)
    };
    assert!(!named(expected.period.end.yesterday().unwrap()), "the week is not over");
    assert!(named(expected.period.end) && named(expected.due), "due, then late");
    assert!(!named(expected.grace_end), "nobody is reminded of what is over");
    world.at(expected.period.end);
    let mut ward = world.phone("phuong 3 nil", WARD_3, Role::Reporter);
    let cells: Vec<_> = world.elements().into_iter().map(|one| (one, CellValue::Nil)).collect();
    let (save, submit) = (ward.save(&key, &cells, &[]), ward.submit(key.id()));
    ward.push(&world, &[save, submit]);
    assert!(!named(expected.period.end), "sent");
    find("remind").unwrap().run_now(&world.app, "node").unwrap();
    let said = world.app.job_runs(Some("remind"), 1).unwrap().remove(0).message.unwrap();
    assert!(said.ends_with("thidua remind"), "{said}");
}

fn every_job_of_the_table_ends_well_on_a_province_that_reports(world: World) {
    accepted(&world);
    world.at(date(2024, 9, 20));
    run_all_due(&world.app, "node").unwrap();
    let runs = world.app.job_runs(None, 1000).unwrap();
    let states: Vec<_> = runs.iter().map(|run| (run.job.as_str(), run.state.as_str(), run.message.clone())).collect();
    assert_eq!(states.len(), thidua::jobs::ALL.len(), "{states:?}");
    assert!(states.iter().all(|one| one.1 == "DONE"), "{states:?}");
}
