#![no_main]

#[path = "../../tests/common/fuzz_targets.rs"]
mod fuzz_targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::fuzz_data_values(bytes));
