//! A night's process that is killed, at every step of a run, on both databases: the next start ends with the same figures, published once.

use crate::jobs::{accepted, numbers};
use crate::stories;
use crate::world::World;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thidua::app::App;
use thidua::app::job::SlotEnd;
use thidua::clock::Clock;
use thidua::domain::ids::CampaignId;
use thidua::domain::org::View;
use thidua::domain::time::{DAY_MICROS, Instant};
use thidua::jobs::find;
use thidua::store::{Location, Store};

stories! {
    a_night_killed_at_any_step_is_published_once_and_whole_after_the_next_start
}

const DATABASE: &str = "THIDUA_NIGHT_DATABASE";
const AT: &str = "THIDUA_NIGHT_AT";

/// Not a story: the process of one night, when the story starts one.
#[test]
fn the_other_night() {
    let (Ok(database), Ok(at)) = (std::env::var(DATABASE), std::env::var(AT)) else { return };
    // Bounded: a parent that died leaves nobody behind.
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let clock = Clock::manual(Instant(at.parse().unwrap()));
    let app = App::new(Store::open(&Location::parse(&database)).unwrap(), clock);
    find("aggregate").unwrap().run_due(&app, "killed").unwrap();
}

/// Runs a night in a process of its own; true when it was killed at the fault, false when it got to its end first.
fn killed(world: &World, fault: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let hangs = dir.path().join("hangs");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::the_other_night", "--exact"])
        .env(DATABASE, &world.database)
        .env(AT, world.app.now().0.to_string())
        .env("THIDUA_FAULT", fault)
        .env("THIDUA_FAULT_FILE", &hangs)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let hung = hung(&mut child, &hangs);
    let _ = child.kill();
    let _ = child.wait();
    hung
}

fn hung(child: &mut Child, hangs: &Path) -> bool {
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

fn a_night_killed_at_any_step_is_published_once_and_whole_after_the_next_start(world: World) {
    accepted(&world);
    let job = find("aggregate").unwrap();
    let mut kills = 0;
    for point in ["before_commit", "after_numbering", "after_commit", "night_judged"] {
        for nth in 1.. {
            world.clock.set(world.app.now().plus_micros(DAY_MICROS));
            let (slot, published) = (job.slot_before(world.app.now()), numbers(&world).len());
            let killed = killed(&world, &format!("{point}:hang:{nth}"));
            kills += usize::from(killed);
            // Once the lease of the dead is over.
            world.clock.set(world.app.now().plus_micros(11 * 60 * 1_000_000));
            let end = job.run_due(&world.app, "next").unwrap();
            assert_ne!(end, SlotEnd::HeldElsewhere, "{point} {nth}");
            assert_eq!(world.app.job_run("aggregate", slot).unwrap().unwrap().state, "DONE", "{point} {nth}");
            assert_eq!(numbers(&world).len(), published + 1, "published once: {point} {nth}");
            let run = world.app.runs(CampaignId::named("A"), 1).unwrap().remove(0);
            let again = world.app.verify_run(&run).unwrap();
            assert!(again.input_holds && again.output_holds, "{point} {nth}");
            let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
            let anew = world.app.judge_now(&reference.campaigns[0], View::AsWas).unwrap();
            let shown = world.app.standings(&world.app.system().unwrap(), CampaignId::named("A")).unwrap();
            assert_eq!(shown.len(), anew.standings.len(), "{point} {nth}");
            assert!(anew.standings.iter().all(|one| shown.contains(one)), "whole: {point} {nth}");
            if !killed {
                break;
            }
        }
    }
    assert!(kills >= 8, "killed {kills} times");
}
