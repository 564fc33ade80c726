//! A nightly run whose process is killed at every step, on both databases: the next start ends with
//! the same figures, published once.

use crate::jobs::{accept_first_report, run_numbers};
use crate::on_both_databases;
use crate::world::World;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thidua::app::App;
use thidua::app::job_run::{JobId, JobSlotOutcome};
use thidua::clock::Clock;
use thidua::domain::org::StructureView;
use thidua::domain::support::ids::CampaignId;
use thidua::domain::support::time::{DAY_MICROS, Timestamp};
use thidua::jobs::find_job;
use thidua::store::{DatabaseLocation, Store};

on_both_databases! {
    a_nightly_run_killed_at_any_step_is_published_once_and_whole_after_the_next_start
}

const DATABASE_ENV: &str = "THIDUA_NIGHT_DATABASE";
const FAULT_ENV: &str = "THIDUA_NIGHT_AT";

/// Not a test of its own: the process of one nightly run, started by the test.
#[test]
fn the_job_process() {
    let (Ok(database), Ok(at)) = (std::env::var(DATABASE_ENV), std::env::var(FAULT_ENV)) else {
        return;
    };
    // A timeout, so that a dead parent leaves no process behind.
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let clock = Clock::manual(Timestamp(at.parse().unwrap()));
    let app = App::new(Store::open(&DatabaseLocation::parse(&database)).unwrap(), clock);
    find_job("aggregate").unwrap().run_due_slots(&app, "killed").unwrap();
}

/// Runs the job in another process; returns whether it was killed at the fault, `false` when it
/// ended first.
fn run_killed_job(world: &World, fault: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let hangs = dir.path().join("hangs");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["job_crash::the_job_process", "--exact"])
        .env(DATABASE_ENV, &world.database)
        .env(FAULT_ENV, world.app.now().0.to_string())
        .env("THIDUA_FAULT", fault)
        .env("THIDUA_FAULT_FILE", &hangs)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let hung = wait_for_hang(&mut child, &hangs);
    let _ = child.kill();
    let _ = child.wait();
    hung
}

fn wait_for_hang(child: &mut Child, hangs: &Path) -> bool {
    for _ in 0..2000 {
        if hangs.exists() {
            return true;
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the night failed by itself");
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the night neither ends nor hangs");
}

fn a_nightly_run_killed_at_any_step_is_published_once_and_whole_after_the_next_start(world: World) {
    accept_first_report(&world);
    let job = find_job("aggregate").unwrap();
    let mut kills = 0;
    for point in ["before_commit", "after_numbering", "after_commit", "night_judged"] {
        for nth in 1.. {
            world.clock.set(world.app.now().saturating_add_micros(DAY_MICROS));
            let (slot, published) = (job.latest_slot(world.app.now()), run_numbers(&world).len());
            let killed = run_killed_job(&world, &format!("{point}:hang:{nth}"));
            kills += usize::from(killed);
            // After the lease of the killed process has expired.
            world.clock.set(world.app.now().saturating_add_micros(11 * 60 * 1_000_000));
            let end = job.run_due_slots(&world.app, "next").unwrap();
            assert_ne!(end, JobSlotOutcome::LeasedElsewhere, "{point} {nth}");
            assert_eq!(
                world.app.job_run(JobId::Aggregate, slot).unwrap().unwrap().state,
                "DONE",
                "{point} {nth}"
            );
            assert_eq!(run_numbers(&world).len(), published + 1, "published once: {point} {nth}");
            let run = world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().remove(0);
            let again = world.app.verify_run(&run).unwrap();
            assert!(again.input_matches && again.output_matches, "{point} {nth}");
            let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
            let recomputed =
                world.app.judge_live(&reference.campaigns[0], StructureView::AsWas).unwrap();
            let published_standings = world
                .app
                .visible_standings(&world.app.system_actor().unwrap(), CampaignId::from_code("A"))
                .unwrap();
            assert_eq!(published_standings.len(), recomputed.standings.len(), "{point} {nth}");
            assert!(
                recomputed.standings.iter().all(|one| published_standings.contains(one)),
                "whole: {point} {nth}"
            );
            if !killed {
                break;
            }
        }
    }
    assert!(kills >= 8, "killed {kills} times");
}
