//! Runs the inputs in `fuzz/corpus` through the fuzz targets: none panics, and what is decoded
//! survives a round trip.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a corpus that cannot be read has failed")]

#[path = "common/fuzz_targets.rs"]
mod fuzz_targets;

use std::path::Path;

/// Runs every stored input of a fuzzer.
fn run_corpus(name: &str, target: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let inputs: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(inputs.len() >= 5, "{} holds {} inputs", dir.display(), inputs.len());
    for input in inputs {
        target(&std::fs::read(input).unwrap());
    }
}

#[test]
fn no_target_text_of_the_corpus_panics_or_changes_in_print() {
    run_corpus("grammar", fuzz_targets::fuzz_grammar);
}

#[test]
fn no_campaign_file_of_the_corpus_panics_or_changes_in_print() {
    run_corpus("campaign_file", fuzz_targets::fuzz_campaign_file);
}

#[test]
fn no_table_of_the_corpus_panics_or_changes_in_print() {
    run_corpus("table", fuzz_targets::fuzz_table);
}

#[test]
fn no_data_value_set_of_the_corpus_panics_or_names_what_is_unknown() {
    run_corpus("data_values", fuzz_targets::fuzz_data_values);
}

#[test]
fn no_command_of_the_corpus_panics_the_server() {
    run_corpus("command", fuzz_targets::fuzz_command);
}

#[test]
fn no_answer_of_the_corpus_panics_the_phone() {
    run_corpus("frames", fuzz_targets::fuzz_frames);
}
