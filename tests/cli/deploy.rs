//! The sample configurations of the package: the binary must accept them unchanged.

use super::TestMachine;
use std::path::Path;

#[test]
fn every_sample_configuration_is_accepted_by_the_program() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy");
    for sample in ["one-machine.toml", "two-machines.toml", "two-nodes/thidua.toml"] {
        let machine = TestMachine::new();
        let file = samples.join(sample).display().to_string();
        // The sample names a database on another machine; this one is local.
        let output =
            machine.run_ok(&["init", "--config", &file, "--set", "database.url=sqlite:thidua.db"]);
        assert!(
            output.contains(".thidua.example.vn:8443")
                || output.contains("//thidua.example.vn:8443"),
            "{sample}: {output}"
        );
    }
}

#[test]
fn the_unit_file_lets_nobody_else_read_what_the_service_writes() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy").join("thidua.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    for line in ["UMask=0077", "StateDirectoryMode=0700"] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
}
