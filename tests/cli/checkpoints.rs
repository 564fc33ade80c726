//! Checkpoints that the nightly job signs and stores in both places of backups: a history that was
//! rewritten or cut off since is found by the next night.

use super::audit::{open_database, rebuild_chain, restore_database};
use super::{CommandOutput, TestMachine};
use diesel::connection::SimpleConnection as _;
use std::path::PathBuf;

/// A machine whose backups have a second place.
struct MachineWithSecondPlace {
    machine: TestMachine,
    second: String,
}

impl MachineWithSecondPlace {
    fn new() -> Self {
        let machine = TestMachine::with_example();
        let second = machine.path("second").display().to_string();
        std::fs::create_dir(&second).unwrap();
        Self { machine, second }
    }

    fn run_night(&self) -> CommandOutput {
        let second = format!("backup.second={}", self.second);
        self.machine.run(&["jobs", "run", "verify-audit", "--set", &second])
    }

    fn run_night_ok(&self) -> String {
        let output = self.run_night();
        assert_eq!(output.code, 0, "{output:?}");
        output.out
    }

    fn assert_night_finds(&self, what: &str) {
        let output = self.run_night();
        assert!(
            output.code == 1
                && output.err.contains("CONTENT_ALTERED")
                && output.err.contains(what)
                && output.err.contains(".checkpoint"),
            "{what}: {output:?}"
        );
    }

    /// The checkpoints in a place, oldest first.
    fn checkpoints(&self, place: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.machine.path(place)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|end| end == "checkpoint")).collect();
        found.sort();
        found
    }
}

#[test]
fn each_night_signs_a_checkpoint_into_both_places_and_another_agency_can_check_it() {
    let night = MachineWithSecondPlace::new();
    assert!(night.run_night_ok().contains("is signed, in two places"));
    let machine = &night.machine;
    machine.grant_role("toa-an", "PARTNER_READER", "prov-84");
    night.run_night_ok();
    night.run_night_ok();
    let [first, second] = ["data/backups", "second"].map(|place| {
        let found = night.checkpoints(place);
        assert_eq!(found.len(), 2, "one for each state of the audit: {found:?}");
        found.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(first, second);
    let key = machine.write("key", &machine.run_ok(&["audit", "key"]));
    let sizes: Vec<&str> = first.iter().map(|text| text.lines().nth(1).unwrap()).collect();
    let joined = machine.run_ok(&["audit", "prove", "--from", sizes[0], "--to", sizes[1]]);
    let joined = machine.write("joined", &joined);
    let files: Vec<String> =
        night.checkpoints("second").iter().map(|path| path.display().to_string()).collect();
    machine.run_ok(&["audit", "check", "--key", &key, &files[0], &joined, &files[1]]);
}

#[test]
fn a_chain_that_was_rewritten_as_a_whole_is_found_by_the_next_night_from_either_place() {
    let night = MachineWithSecondPlace::new();
    night.run_night_ok();
    let mut conn = open_database(&night.machine);
    conn.batch_execute("update audit set action = 'org.changed' where seq = 5").unwrap();
    rebuild_chain(&mut conn);
    drop(conn);
    night.machine.run_ok(&["audit", "verify"]);
    night.assert_night_finds("its lines are not those that were signed");
    // Whoever reaches one place only gains nothing.
    for path in night.checkpoints("data/backups") {
        std::fs::remove_file(path).unwrap();
    }
    night.assert_night_finds("second");
    assert_eq!(night.checkpoints("data/backups"), Vec::<PathBuf>::new(), "nothing is signed");
}

#[test]
fn lines_that_were_cut_off_and_a_checkpoint_of_another_hand_are_found_by_the_next_night() {
    let night = MachineWithSecondPlace::new();
    let machine = &night.machine;
    let whole = std::fs::read(machine.path("data/thidua.db")).unwrap();
    machine.grant_role("toa-an", "PARTNER_READER", "prov-84");
    night.run_night_ok();
    let longer = std::fs::read(machine.path("data/thidua.db")).unwrap();
    restore_database(machine, &whole);
    night.assert_night_finds("lines, fewer than the checkpoint");

    restore_database(machine, &longer);
    night.run_night_ok();
    let newest = night.checkpoints("second").pop().unwrap();
    let text = std::fs::read_to_string(&newest).unwrap();
    let other = TestMachine::with_example().run_ok(&["audit", "checkpoint"]);
    for (forged, what) in [
        (other, "this authority did not sign"),
        (text.replacen('\n', " \n", 1), "no checkpoint can be read from"),
    ] {
        std::fs::write(&newest, forged).unwrap();
        night.assert_night_finds(what);
    }
    std::fs::write(&newest, text).unwrap();
    night.run_night_ok();
}

#[test]
fn a_second_place_that_is_not_there_is_said_and_a_restored_history_begins_its_own_checkpoints() {
    let night = MachineWithSecondPlace::new();
    let machine = &night.machine;
    machine.run_ok(&["backup"]);
    machine.grant_role("toa-an", "PARTNER_READER", "prov-84");
    night.run_night_ok();
    std::fs::rename(machine.path("second"), machine.path("unplugged")).unwrap();
    let output = night.run_night();
    assert!(output.code == 1 && output.err.contains(&night.second), "{output:?}");
    std::fs::rename(machine.path("unplugged"), machine.path("second")).unwrap();
    night.run_night_ok();
    assert!(
        machine.run_ok(&["jobs", "run", "verify-audit"]).contains("NO SECOND PLACE"),
        "without a second place"
    );

    let copies = std::fs::read_dir(machine.path("data/backups")).unwrap();
    let copy = copies.map(|entry| entry.unwrap().path().display().to_string());
    let copy = copy.into_iter().find(|path| path.ends_with(".db")).unwrap();
    machine.run_ok(&["restore", &copy, "--force"]);
    night.run_night_ok();
    let names: Vec<String> = night
        .checkpoints("second")
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy()[..10].to_owned())
        .collect();
    assert_eq!(names, ["audit-0001", "audit-0002"], "one of each history");
}
