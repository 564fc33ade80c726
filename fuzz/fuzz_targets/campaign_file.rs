#![no_main]

#[path = "../../tests/common/fuzz_targets.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzed::campaign_file(bytes));
