//! The nightly jobs on both databases: each slot runs once, whether processes compete, were down or
//! are cancelled.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_3, World, first_week_key};
use jiff::ToSpan;
use jiff::civil::date;
use std::thread;
use thidua::app::AppError;
use thidua::app::job_run::{JobId, JobSlotOutcome, verify_job_lease};
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::Verdict;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{CampaignId, ReportId};
use thidua::domain::support::message::Message;
use thidua::jobs::{CatchUpPolicy, ScheduledJob, find_job, run_all_due};

on_both_databases! {
    two_schedulers_at_once_publish_once
    a_lease_in_force_holds_against_a_process_of_the_same_name
    nightly_runs_that_were_missed_are_caught_up_each_once
    a_run_that_is_cancelled_publishes_nothing_and_is_not_run_again
    an_accepted_report_is_locked_once_its_grace_is_over_and_not_before
    a_phase_is_reviewed_once_the_grace_of_its_last_report_is_over
    a_report_is_named_when_it_is_due_and_however_late_until_it_is_sent
    every_job_of_the_table_ends_well_on_a_province_that_reports
    a_job_that_fails_at_its_hour_writes_one_line_with_job_code_and_message
}

pub(crate) fn accept_first_report(world: &World) -> ReportId {
    let mut ward: TestDevice = world.enrol_device("phuong 3", WARD_3, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let key = first_week_key(WARD_3);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|one| (one, CellValue::Reported(2))).collect();
    let save = ward.save_command(&key, &cells, &[]);
    let submit = ward.submit_command(key.id());
    ward.push(world, &[save, submit]);
    let accept = town.accept_command(&world.read_report(key.id()).unwrap());
    assert_eq!(town.push(world, &[accept])[0].verdict, Verdict::Applied);
    key.id()
}

pub(crate) fn run_numbers(world: &World) -> Vec<i64> {
    world
        .app
        .run_manifests(CampaignId::from_code("A"), 100)
        .unwrap()
        .iter()
        .map(|run| run.number)
        .collect()
}

fn count_done_slots(world: &World, job: JobId) -> usize {
    world.app.job_runs(Some(job), 1000).unwrap().iter().filter(|run| run.state == "DONE").count()
}

fn two_schedulers_at_once_publish_once(world: World) {
    accept_first_report(&world);
    let job = find_job("aggregate").unwrap();
    thread::scope(|scope| {
        for owner in ["one", "other"] {
            let app = world.app.clone();
            scope.spawn(move || job.run_due_slots(&app, owner).unwrap());
        }
    });
    assert_eq!(run_numbers(&world), [1]);
    assert_eq!(count_done_slots(&world, JobId::Aggregate), 1);
    assert_eq!(job.run_due_slots(&world.app, "third").unwrap(), JobSlotOutcome::AlreadyDone);
}

fn a_lease_in_force_holds_against_a_process_of_the_same_name(world: World) {
    let (job, slot) = (find_job("aggregate").unwrap(), world.app.now());
    let ended = world.app.run_slot("serve-1", JobId::Aggregate, slot, &|app, _, _| {
        assert_eq!(
            job.run_slot(app, "serve-1", slot).unwrap(),
            JobSlotOutcome::LeasedElsewhere,
            "process 1 of another machine"
        );
        Ok(String::new())
    });
    assert_eq!(ended.unwrap(), JobSlotOutcome::Done(String::new()));
}

#[test]
fn on_postgresql_no_node_gets_a_newer_token_while_another_publishes_under_its_own() {
    let Some(world) = World::on_postgres() else { return };
    let other = world.second_node();
    let (job, slot) = (find_job("aggregate").unwrap(), world.app.now());
    thread::scope(|scope| {
        let ended = world.app.run_slot("slow", JobId::Aggregate, slot, &|app, actor, fence| {
            let aggregation = app.aggregate_campaigns(actor, |tx| {
                let fence_check = verify_job_lease(tx, JobId::Aggregate, fence)?;
                // It blocks here until its lease has expired; the other node, with newer figures,
                // tries to publish at once.
                world.clock.set(world.app.now().saturating_add_micros(11 * 60 * 1_000_000));
                let other_run = scope.spawn(|| {
                    accept_first_report(&other);
                    job.run_slot(&other.app, "quick", slot)
                });
                thread::sleep(std::time::Duration::from_millis(1500));
                assert!(!other_run.is_finished(), "the other node waits for this transaction");
                Ok(fence_check)
            });
            aggregation.map(|_| String::new())
        });
        ended.unwrap();
    });
    let mut runs = world.app.run_manifests(CampaignId::from_code("A"), 10).unwrap();
    runs.sort_by_key(|run| run.number);
    assert!(
        runs.is_sorted_by_key(|run| run.cut_seq),
        "older figures never follow newer ones: {runs:?}"
    );
}

fn nightly_runs_that_were_missed_are_caught_up_each_once(world: World) {
    run_all_due(&world.app, "node").unwrap();
    world.set_day(date(2024, 9, 2));
    for _ in 0..2 {
        run_all_due(&world.app, "node").unwrap();
    }
    assert_eq!(
        count_done_slots(&world, JobId::ClosePeriods),
        9,
        "the nights of 25 August, the newest on the first day, to 2 September"
    );
    assert_eq!(
        count_done_slots(&world, JobId::Aggregate),
        2,
        "the newest alone: it judges everything as it is now"
    );
}

fn a_run_that_is_cancelled_publishes_nothing_and_is_not_run_again(world: World) {
    accept_first_report(&world);
    let slot = world.app.now();
    let ended = world.app.run_slot("node", JobId::Aggregate, slot, &|app, actor, fence| {
        assert!(app.cancel_job(actor, JobId::Aggregate)?, "it is under way");
        app.aggregate_campaigns(actor, |tx| verify_job_lease(tx, JobId::Aggregate, fence))
            .map(|_| String::new())
    });
    assert!(matches!(ended, Err(AppError::LeaseLost)), "{ended:?}");
    assert!(run_numbers(&world).is_empty());
    assert_eq!(world.app.job_run(JobId::Aggregate, slot).unwrap().unwrap().state, "CANCELLED");
    assert_eq!(
        find_job("aggregate").unwrap().run_slot(&world.app, "node", slot).unwrap(),
        JobSlotOutcome::AlreadyDone
    );
    let system = world.app.system_actor().unwrap();
    assert!(!world.app.cancel_job(&system, JobId::Aggregate).unwrap(), "nothing runs now");
}

fn an_accepted_report_is_locked_once_its_grace_is_over_and_not_before(world: World) {
    let id = accept_first_report(&world);
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let grace_end = reference.expectation(&first_week_key(WARD_3)).unwrap().grace_end_day;
    let close = |day| {
        world.set_day(day);
        find_job("close-periods").unwrap().run_due_slots(&world.app, "node").unwrap();
        world.read_report(id).unwrap().state
    };
    assert_eq!(close(grace_end.yesterday().unwrap()), ReportState::Accepted);
    assert_eq!(close(grace_end), ReportState::Locked);
}

fn a_phase_is_reviewed_once_the_grace_of_its_last_report_is_over(world: World) {
    accept_first_report(&world);
    // Phase 1 ends with 5 January 2025; its last reports are due by the end of the 6th and have two
    // days of grace.
    let [last, over] = [date(2025, 1, 8), date(2025, 1, 9)];
    world.set_day(over.tomorrow().unwrap());
    world.app.aggregate_campaigns(&world.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    assert_eq!(world.app.phase_reviews_due(last).unwrap(), []);
    let review = world.app.phase_reviews_due(over).unwrap().remove(0);
    assert_eq!((review.campaign.as_str(), review.phase), ("A", 1));
    assert_eq!(review.states.values().sum::<usize>(), 7, "every target: {review:?}");
    run_all_due(&world.app, "node").unwrap();
    let message =
        world.app.job_runs(Some(JobId::PhaseReview), 1).unwrap().remove(0).message.unwrap();
    assert!(
        message.starts_with("A phase 1 is in: ")
            && message.ends_with("thidua morning-report --campaign A --phase 1"),
        "{message}"
    );
}

fn a_report_is_named_when_it_is_due_and_however_late_until_it_is_sent(world: World) {
    let system = world.app.system_actor().unwrap();
    let key = first_week_key(WARD_3);
    let expected = thidua::domain::reporting::expectation::Expectation::clone(
        &world.app.store().read(|tx| world.app.reference(tx)).unwrap().expectation(&key).unwrap(),
    );
    let named = |day| {
        world.set_day(day);
        let owed = world.app.due_reports(&system).unwrap();
        owed.iter().any(|one| {
            one.unit == key.unit && one.contract == key.contract && one.period == key.period
        })
    };
    assert!(!named(expected.period.end.yesterday().unwrap()), "the week is not over");
    assert!(named(expected.period.end) && named(expected.due_day), "due, then late");
    let long_after = expected.grace_end_day.saturating_add(40.days());
    assert!(named(expected.grace_end_day) && named(long_after), "late is not over");
    let owed = world.app.due_reports(&system).unwrap();
    let late: Vec<u32> = owed.iter().map(|one| one.days_late(long_after)).collect();
    assert!(late.is_sorted_by(|a, b| a >= b) && late[0] > 40, "the latest first: {late:?}");
    assert!(late.last() < late.first(), "{late:?}");
    world.set_day(expected.period.end);
    let mut ward = world.enrol_device("phuong 3 nil", WARD_3, Role::Reporter);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|one| (one, CellValue::Nil)).collect();
    let (save, submit) = (ward.save_command(&key, &cells, &[]), ward.submit_command(key.id()));
    ward.push(&world, &[save, submit]);
    assert!(!named(expected.period.end), "sent");
    find_job("remind").unwrap().run_now(&world.app, "node").unwrap();
    let message = world.app.job_runs(Some(JobId::Remind), 1).unwrap().remove(0).message.unwrap();
    assert!(message.ends_with("thidua remind"), "{message}");
}

fn every_job_of_the_table_ends_well_on_a_province_that_reports(world: World) {
    accept_first_report(&world);
    world.set_day(date(2024, 9, 20));
    run_all_due(&world.app, "node").unwrap();
    let runs = world.app.job_runs(None, 1000).unwrap();
    let states: Vec<_> = runs
        .iter()
        .map(|run| (run.job.as_str(), run.state.as_str(), run.message.clone()))
        .collect();
    assert_eq!(states.len(), thidua::jobs::SCHEDULED_JOBS.len(), "{states:?}");
    assert!(states.iter().all(|one| one.1 == "DONE"), "{states:?}");
}

/// Collects what is logged, one JSON object a line.
#[derive(Clone, Default)]
struct LogBuffer(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines of level error that `work` logs.
fn logged_errors(work: impl FnOnce()) -> Vec<serde_json::Value> {
    let buffer = LogBuffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["level"] == "ERROR" || line["level"] == "WARN").collect()
}

fn a_job_that_fails_at_its_hour_writes_one_line_with_job_code_and_message(world: World) {
    let failing = |run| ScheduledJob {
        id: JobId::VerifyAudit,
        daily_at: jiff::civil::time(3, 30, 0, 0),
        description: Message::verbatim(""),
        catch_up: CatchUpPolicy::NewestSlot,
        run,
    };
    let broken = failing(|_, _, _| Err(AppError::LeaseLost));
    let lines = logged_errors(|| {
        broken.run_due_slots(&world.app, "one").unwrap_err();
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    let fields = &lines[0]["fields"];
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!((&fields["job"], &fields["code"]), (&"verify-audit".into(), &"LEASE_LOST".into()));
    assert!(fields["message"].as_str().unwrap().contains("another node holds the job"));
    assert!(fields["slot"].as_str().unwrap().contains("03:30"), "{fields}");
    let panicking = failing(|_, _, _| panic!("on purpose"));
    let lines = logged_errors(|| {
        let run = || panicking.run_due_slots(&world.app, "two");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["fields"]["code"], "PANIC");
}
