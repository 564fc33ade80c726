//! A server's clock that is wrong, on both databases: what cannot be undone waits, and no night is
//! lost once the clock is right.

use crate::jobs::{accept_first_report, run_numbers};
use crate::on_both_databases;
use crate::world::World;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use thidua::app::App;
use thidua::app::job_run::{JobId, JobSlotOutcome};
use thidua::domain::support::clock_fault::ClockFault;
use thidua::domain::support::time::{DAY_MICROS, Timestamp};
use thidua::jobs::{SCHEDULED_JOBS, find_job, run_all_due};

on_both_databases! {
    a_clock_that_jumps_a_year_ahead_for_two_seconds_changes_nothing_and_the_nights_go_on
    a_clock_that_jumps_while_a_job_runs_changes_nothing_in_its_result
    a_slot_of_the_future_from_a_clock_that_was_ahead_hinders_no_night_and_runs_again_in_its_own
    a_server_that_was_down_or_suspended_for_two_weeks_catches_up_every_night
    after_a_longer_gap_nothing_runs_until_a_person_says_that_the_clock_is_right
    with_a_clock_before_the_newest_commit_nothing_runs_until_it_is_set_right
    a_doubt_outlives_a_restart_though_phones_wrote_meanwhile
    a_persons_word_ends_the_doubt_of_no_server_whose_clock_differs
    a_quiet_month_with_nights_and_without_commits_is_no_reason_for_doubt
    a_lease_taken_under_a_clock_that_was_ahead_does_not_hold_for_a_year
}

const YEAR_MICROS: i64 = 365 * DAY_MICROS;
const DOWNTIME_DAYS: u16 = 14;

/// A new server process over the world's database.
fn start_server(world: &World) -> App {
    world.second_node().app.with_clock_guard(DOWNTIME_DAYS).unwrap()
}

fn at(day: Date) -> Timestamp {
    Timestamp::from_local_midnight(day).saturating_add_micros(DAY_MICROS / 3)
}

/// The slots of a job that ended well, oldest first, as days.
fn done_days(app: &App, job: JobId) -> Vec<Date> {
    let runs = app.job_runs(Some(job), 1000).unwrap();
    let done = runs.iter().filter(|run| run.state == "DONE");
    done.rev().map(|run| Timestamp(run.slot_at).local_date()).collect()
}

/// The day `after` days after the first night of the world.
fn day(after: i64) -> Date {
    date(2024, 8, 26).saturating_add(after.days())
}

fn a_clock_that_jumps_a_year_ahead_for_two_seconds_changes_nothing_and_the_nights_go_on(
    world: World,
) {
    accept_first_report(&world);
    let server = start_server(&world);
    world.clock.set(at(day(0)));
    assert!(run_all_due(&server, "node").unwrap());
    let before = server.job_runs(None, 1000).unwrap();

    let right = world.clock.now();
    world.clock.jump(right.saturating_add_micros(YEAR_MICROS));
    assert!(!run_all_due(&server, "node").unwrap(), "every job has yet to run");
    assert_eq!(
        find_job("quality").unwrap().run_now(&server, "person").unwrap(),
        JobSlotOutcome::ClockInDoubt(ClockFault::Jumped { by_micros: YEAR_MICROS })
    );
    assert_eq!(server.watch_clock().unwrap(), server.clock_fault());
    assert_eq!(server.job_runs(None, 1000).unwrap(), before, "no run, no question, no lock");

    world.clock.jump(right);
    assert_eq!(server.watch_clock().unwrap(), None, "nobody had to do anything");
    assert_eq!(server.clock_doubt_count(), 1, "the scheduler learns of it though it is over");
    assert!(!server.is_clock_doubt_recorded().unwrap());
    for after in 1..=2 {
        world.clock.set(at(day(after)));
        assert!(run_all_due(&server, "node").unwrap());
    }
    for job in SCHEDULED_JOBS {
        assert_eq!(done_days(&server, job.id), [0, 1, 2].map(day), "{}", job.name());
    }
    assert_eq!(run_numbers(&world).len(), 3);
}

fn a_clock_that_jumps_while_a_job_runs_changes_nothing_in_its_result(world: World) {
    let server = start_server(&world);
    let right = world.clock.now();
    let ended = server.run_slot("node", JobId::Quality, right, &|app, _, _| {
        world.clock.jump(right.saturating_add_micros(YEAR_MICROS));
        Ok(app.now().local_text())
    });
    assert_eq!(ended.unwrap(), JobSlotOutcome::Done(right.local_text()));
}

fn a_slot_of_the_future_from_a_clock_that_was_ahead_hinders_no_night_and_runs_again_in_its_own(
    world: World,
) {
    // As an earlier version left it: a night of three days later is done.
    world.clock.jump(at(day(3)));
    run_all_due(&world.app, "node").unwrap();
    world.clock.jump(at(day(0)));
    world.app.confirm_clock().unwrap();
    let server = start_server(&world);
    for after in 0..=4 {
        world.clock.set(at(day(after)));
        assert!(run_all_due(&server, "node").unwrap());
        let last = server.last_done_slot(JobId::ClosePeriods).unwrap().unwrap();
        assert_eq!(last.local_date(), day(after));
    }
    for job in [JobId::ClosePeriods, JobId::PhaseReview, JobId::Aggregate] {
        assert_eq!(done_days(&server, job), [0, 1, 2, 3, 4].map(day), "{job:?}");
    }
}

fn a_server_that_was_down_or_suspended_for_two_weeks_catches_up_every_night(world: World) {
    world.clock.set(at(day(0)));
    let server = start_server(&world);
    assert!(run_all_due(&server, "node").unwrap());
    // Suspended: the uptime of the machine counts it.
    world.clock.set(at(day(3)));
    assert!(run_all_due(&server, "node").unwrap());
    // Down: a new process knows the newest commit only.
    drop(server);
    world.clock.set(at(day(3 + 14)));
    let server = start_server(&world);
    assert_eq!(server.clock_fault(), None);
    assert!(run_all_due(&server, "node").unwrap());
    let every_night: Vec<Date> = (0..=17).map(day).collect();
    assert_eq!(done_days(&server, JobId::ClosePeriods), every_night);
}

fn after_a_longer_gap_nothing_runs_until_a_person_says_that_the_clock_is_right(world: World) {
    world.clock.set(at(day(0)));
    assert!(run_all_due(&start_server(&world), "node").unwrap());
    world.clock.set(at(day(15)));
    let server = start_server(&world);
    assert_eq!(
        server.watch_clock().unwrap(),
        Some(ClockFault::LongGap { micros: 15 * DAY_MICROS })
    );
    assert!(!run_all_due(&server, "node").unwrap());
    assert_eq!(done_days(&server, JobId::ClosePeriods), [day(0)]);

    // The person speaks to another process, as `thidua doctor` is.
    start_server(&world).confirm_clock().unwrap();
    assert_eq!(server.watch_clock().unwrap(), None);
    assert!(run_all_due(&server, "node").unwrap());
    let every_night: Vec<Date> = (0..=15).map(day).collect();
    assert_eq!(done_days(&server, JobId::ClosePeriods), every_night, "no night is lost");
    let audit = world.app.store().read(|tx| tx.last_commit_time()).unwrap();
    assert_eq!(audit, Some(world.clock.now()), "the word is a commit of its own, in the audit");
}

fn with_a_clock_before_the_newest_commit_nothing_runs_until_it_is_set_right(world: World) {
    world.clock.set(at(day(2)));
    assert!(run_all_due(&start_server(&world), "node").unwrap());
    accept_first_report(&world);
    world.clock.jump(at(day(0)));
    let server = start_server(&world);
    assert_eq!(server.watch_clock().unwrap(), Some(ClockFault::Behind { micros: 2 * DAY_MICROS }));
    assert!(!run_all_due(&server, "node").unwrap());
    assert!(server.is_clock_doubt_recorded().unwrap());
    // As a time service does a minute after the start.
    world.clock.jump(at(day(2)).saturating_add_micros(60_000_000));
    assert_eq!(server.watch_clock().unwrap(), None);
    assert!(!server.is_clock_doubt_recorded().unwrap());
    world.clock.set(at(day(3)));
    assert!(run_all_due(&server, "node").unwrap());
}

fn a_doubt_outlives_a_restart_though_phones_wrote_meanwhile(world: World) {
    let server = start_server(&world);
    for jump in [2 * DAY_MICROS, YEAR_MICROS] {
        let right = world.clock.now();
        world.clock.jump(right.saturating_add_micros(jump));
        assert!(server.watch_clock().unwrap().is_some());
        world.enrol_device(&format!("phone {jump}"), crate::world::WARD_3, ROLE);
        let restarted = start_server(&world);
        assert!(restarted.watch_clock().unwrap().is_some(), "jump of {jump}");
        assert!(!run_all_due(&restarted, "node").unwrap());
        world.clock.jump(right);
        assert_eq!(server.watch_clock().unwrap(), None);
    }
}

const ROLE: thidua::domain::access::permission::Role =
    thidua::domain::access::permission::Role::Reporter;

fn a_persons_word_ends_the_doubt_of_no_server_whose_clock_differs(world: World) {
    let wrong = start_server(&world);
    let right_time = world.clock.now();
    world.clock.jump(right_time.saturating_add_micros(YEAR_MICROS));
    assert!(wrong.watch_clock().unwrap().is_some());
    // Another machine, with a clock of its own that is right.
    world.clock.jump(right_time);
    world.app.confirm_clock().unwrap();
    world.clock.jump(right_time.saturating_add_micros(YEAR_MICROS));
    assert!(wrong.watch_clock().unwrap().is_some());
    assert!(!run_all_due(&wrong, "node").unwrap());
    assert!(wrong.is_clock_doubt_recorded().unwrap(), "doctor goes on to say so");
}

fn a_quiet_month_with_nights_and_without_commits_is_no_reason_for_doubt(world: World) {
    let server = start_server(&world);
    for after in 0..30 {
        world.clock.set(at(day(after)));
        find_job("verify-audit").unwrap().run_due_slots(&server, "node").unwrap();
    }
    let newest = world.app.store().read(|tx| tx.last_commit_time()).unwrap().unwrap();
    assert!(newest < at(day(1)), "nothing was committed");
    assert_eq!(start_server(&world).clock_fault(), None);
}

fn a_lease_taken_under_a_clock_that_was_ahead_does_not_hold_for_a_year(world: World) {
    let right = world.clock.now();
    let job = find_job("aggregate").unwrap();
    world.clock.jump(right.saturating_add_micros(YEAR_MICROS));
    // A process that ends in the middle of its run leaves its lease behind.
    let slot = world.clock.now();
    world
        .app
        .run_slot("ended", JobId::Aggregate, slot, &|_, _, _| {
            world.clock.jump(right);
            let next = job.run_slot(&world.app, "next", right).unwrap();
            assert!(matches!(next, JobSlotOutcome::Done(_)), "{next:?}");
            Ok(String::new())
        })
        .unwrap();
}
