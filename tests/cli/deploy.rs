//! What is handed to an operator beside the programme: sample configurations, which the real binary must take as they are.

use super::TestMachine;
use std::path::Path;

#[test]
fn every_sample_configuration_is_taken_by_the_programme() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy");
    for sample in ["one-machine.toml", "two-machines.toml", "two-nodes/thidua.toml"] {
        let machine = TestMachine::new();
        let file = samples.join(sample).display().to_string();
        // A database of this machine: the sample's is somewhere else.
        let made =
            machine.run_ok(&["init", "--config", &file, "--set", "database.url=sqlite:thidua.db"]);
        assert!(
            made.contains(".thidua.example.vn:8443") || made.contains("//thidua.example.vn:8443"),
            "{sample}: {made}"
        );
    }
}
