//! A server whose clock is in doubt, with real processes: everybody who looks is told, no job runs,
//! and a person's word ends it while the server runs.

use super::serve::{fetch_metrics, free_port};
use super::{CliServer, TestMachine};
use std::time::Duration;
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::support::time::DAY_MICROS;
use thidua::store::{DatabaseLocation, Store};

/// Makes a commit dated `days` ago the newest one.
fn age_newest_commit(machine: &TestMachine, days: i64) {
    let path = machine.path("data/thidua.db").display().to_string();
    let then = Clock::System.now().saturating_add_micros(-days * DAY_MICROS);
    let store = Store::open(&DatabaseLocation::parse(&path)).unwrap();
    App::new(store, Clock::manual(then)).confirm_clock().unwrap();
}

fn is_soon(condition: impl Fn() -> bool) -> bool {
    (0..300).any(|_| {
        condition() || {
            std::thread::sleep(Duration::from_millis(100));
            false
        }
    })
}

#[test]
fn a_start_long_after_the_newest_commit_says_clock_everywhere_and_runs_no_job_before_a_person_does()
{
    let machine = TestMachine::with_example();
    age_newest_commit(&machine, 20);
    let diagnosis = machine.run(&["doctor"]);
    assert!(diagnosis.code == 1 && diagnosis.out.contains("CLOCK: "), "{diagnosis:?}");
    assert!(diagnosis.out.contains("run: thidua doctor --clock-is-right"), "{diagnosis:?}");
    let refused = machine.run(&["jobs", "run", "remind"]);
    assert!(refused.code == 1 && refused.err.contains("CLOCK"), "{refused:?}");

    let port = free_port();
    let script = format!(
        "exec {} serve --json --set listen.address=127.0.0.1:0 \
         --set metrics.address=127.0.0.1:{port} 2>log",
        env!("CARGO_BIN_EXE_thidua")
    );
    let serving = CliServer::spawn(machine.shell_command(&script));
    let log = || std::fs::read_to_string(machine.path("log")).unwrap();
    assert!(log().contains("CLOCK: the clock stands after the newest commit, by 20 days"));
    let health = || machine.run_ok(&["healthcheck", "--address", &serving.address]);
    assert!(is_soon(|| health().contains("SERVING, CLOCK: ")), "{}", health());
    assert!(fetch_metrics(port).contains("\nthidua_clock_in_doubt 1\n"));
    assert!(!machine.run_ok(&["jobs", "history"]).contains("DONE"));

    let word = machine.run(&["doctor", "--clock-is-right"]);
    assert!(word.code == 0 && word.err.contains("the clock is taken to be right"), "{word:?}");
    assert!(is_soon(|| machine.run_ok(&["jobs", "history", "apply-day"]).contains("DONE")));
    assert!(fetch_metrics(port).contains("\nthidua_clock_in_doubt 0\n"));
    assert!(is_soon(|| !health().contains("CLOCK")), "{}", health());
    assert!(!machine.run_ok(&["doctor"]).contains("CLOCK"));
}

#[test]
fn a_start_a_week_after_the_newest_commit_is_downtime_and_the_operator_may_allow_less() {
    let machine = TestMachine::with_example();
    age_newest_commit(&machine, 7);
    assert!(!machine.run_ok(&["doctor"]).contains("CLOCK"));
    machine.run_ok(&["jobs", "run", "remind"]);
    let machine = TestMachine::with_example();
    age_newest_commit(&machine, 7);
    let strict = machine.run(&["doctor", "--set", "jobs.downtime_days=3"]);
    assert!(strict.code == 1 && strict.out.contains("CLOCK"), "{strict:?}");
}
