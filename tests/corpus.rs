//! The inputs that fuzzing kept, run through the same doors: none panics, and what is read is read back the same.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a corpus that cannot be read has failed")]

#[path = "common/fuzzed.rs"]
mod fuzzed;

use std::path::Path;

/// Runs every kept input of a fuzzer.
fn run(name: &str, door: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let inputs: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(inputs.len() >= 5, "{} holds {} inputs", dir.display(), inputs.len());
    for input in inputs {
        door(&std::fs::read(input).unwrap());
    }
}

#[test]
fn no_target_text_of_the_corpus_panics_or_changes_in_print() {
    run("grammar", fuzzed::grammar);
}

#[test]
fn no_campaign_file_of_the_corpus_panics_or_changes_in_print() {
    run("campaign_file", fuzzed::campaign_file);
}

#[test]
fn no_command_of_the_corpus_panics_the_server() {
    run("command", fuzzed::command);
}

#[test]
fn no_answer_of_the_corpus_panics_the_phone() {
    run("frames", fuzzed::frames);
}
