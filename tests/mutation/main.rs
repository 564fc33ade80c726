//! Every reader of files from outside, fed with files that were changed at random: damaged ones,
//! and good ones in another form.
//!
//! The changes follow from a seed, so a failure is repeated by its seed. A short round runs with
//! the other tests; `scripts/soak --mutations N` runs N changes of every file of the corpus.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a corpus that cannot be read has failed")]

#[path = "../common/health_world.rs"]
mod health_world;
mod mutate;
mod package;
mod readers;
#[path = "../sim/rng.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod rng;

use mutate::FileKind;
use readers::{Reader, Verdict};
use rng::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Changes of each file in a short round.
const ROUNDS: u64 = 25;
/// Longest time for one file, on a busy machine and without optimization.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Most memory of the process.
const MEMORY_MAX_KIB: u64 = 1 << 20;

/// A file of the corpus.
struct CorpusFile {
    path: PathBuf,
    bytes: Vec<u8>,
    kind: FileKind,
}

fn read_corpus(dir: &str) -> Vec<CorpusFile> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(dir);
    let mut paths: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        CorpusFile { kind: FileKind::of(&bytes), path, bytes }
    };
    paths.into_iter().map(read).collect()
}

/// How many changes, and the first seed: of the environment for a long round.
fn rounds() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    (number("MUTATIONS").unwrap_or(ROUNDS), number("MUTATION_SEED").unwrap_or(1))
}

/// Reads a changed file; panics with the seed, and keeps the bytes, when a promise is broken.
fn read_changed(reader: &Reader, file: &CorpusFile, seed: u64, changed: &[u8]) -> Vec<Verdict> {
    let started = Instant::now();
    let read = catch_unwind(AssertUnwindSafe(|| (reader.read)(changed)));
    let took = started.elapsed();
    let mut broken = read.as_ref().map_or(vec!["it panicked".to_owned()], |verdicts| {
        verdicts.iter().filter_map(Verdict::broken_promise).collect()
    });
    if took > TIME_MAX {
        broken.push(format!("it took {took:?}"));
    }
    if !broken.is_empty() {
        fail(reader, file, (seed, changed), &broken.join("; "));
    }
    read.unwrap_or_default()
}

fn fail(reader: &Reader, file: &CorpusFile, (seed, changed): (u64, &[u8]), what: &str) -> ! {
    let kept = std::env::temp_dir().join(format!("thidua-mutation-{}-{seed}", reader.corpus));
    std::fs::write(&kept, changed).unwrap();
    let path = file.path.display();
    let kept = kept.display();
    panic!(
        "{}: {what}\n  {path}, change {seed} (MUTATION_SEED of a random one), kept as {kept}",
        reader.name
    );
}

fn memory_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}

/// Damages every file of the reader's corpus, then gives every file another form.
fn run_reader(reader: &Reader) {
    let (rounds, first_seed) = rounds();
    let (mut read, mut refused, mut same, mut other_form) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut reads = Vec::new();
    for file in read_corpus(reader.corpus) {
        let whole = read_changed(reader, &file, 0, &file.bytes);
        reads.resize(whole.len().max(reads.len()), false);
        for (reads, verdict) in reads.iter_mut().zip(&whole) {
            *reads |= matches!(verdict, Verdict::Read(_));
        }
        for seed in first_seed..first_seed + rounds * reader.weight {
            let mut rng = Rng::new(seed);
            let damaged = mutate::damage(&mut rng, file.kind, &file.bytes);
            let verdicts = read_changed(reader, &file, seed, &damaged);
            let is_read = verdicts.iter().any(|one| matches!(one, Verdict::Read(_)));
            (read, refused) = (read + u64::from(is_read), refused + u64::from(!is_read));

            let reformed = mutate::reform(&mut rng, file.kind, &file.bytes);
            let verdicts = read_changed(reader, &file, seed, &reformed);
            for (before, after) in whole.iter().zip(&verdicts) {
                match (before, after) {
                    (Verdict::Read(before), Verdict::Read(after)) if before != after => {
                        let what = format!("another form means another thing\n{before}\n{after}");
                        fail(reader, &file, (seed, &reformed), &what);
                    }
                    (Verdict::Read(_), Verdict::Read(_)) => same += 1,
                    (Verdict::Read(_), Verdict::Refused(_)) => other_form += 1,
                    (Verdict::Refused(_), _) => {}
                }
            }
        }
    }
    assert!(!reader.reads_with_each || reads.iter().all(|read| *read), "corpus: {reads:?}");
    let peak = memory_peak_kib();
    assert!(peak < MEMORY_MAX_KIB, "{}: {peak} KiB of memory", reader.name);
    assert!(refused > 0 && same > 0, "{}: nothing was refused, or nothing read", reader.name);
    println!(
        "mutation: {}: {read} damaged files read, {refused} refused; in another form {same} the \
         same, {other_form} refused; {peak} KiB",
        reader.name
    );
}

#[test]
fn no_changed_csv_table_panics_or_is_refused_without_its_place() {
    run_reader(&readers::TABLES);
}

#[test]
fn no_changed_workbook_panics_or_is_refused_without_its_place() {
    run_reader(&readers::WORKBOOKS);
}

#[test]
fn no_changed_campaign_file_panics_or_is_refused_without_its_place() {
    run_reader(&readers::CAMPAIGN_FILES);
}

#[test]
fn no_changed_file_of_definitions_panics_or_is_refused_without_its_place() {
    run_reader(&readers::DEFINITIONS);
}

#[test]
fn no_changed_scoring_plan_panics_or_is_refused_without_its_place() {
    run_reader(&readers::SCORE_PLANS);
}

#[test]
fn no_changed_data_value_set_panics_or_is_refused_without_its_place() {
    run_reader(&readers::DATA_VALUES);
}

#[test]
fn a_small_workbook_or_set_whose_elements_have_very_many_attributes_ends_in_time() {
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=\"\"")).collect();
    let crowd = |name: &str| format!("{name}{attributes} ");
    for file in read_corpus("workbook").into_iter().filter(|one| one.path.ends_with("stored.xlsx"))
    {
        let crowded = package::replace_text(&file.bytes, "<row ", &crowd("<row "));
        read_changed(&readers::WORKBOOKS, &file, 0, &crowded);
    }
    for file in read_corpus("data_values").into_iter().filter(|one| one.path.ends_with("dxf.xml")) {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let crowded = text.replacen("<dataValue ", &crowd("<dataValue "), 1);
        read_changed(&readers::DATA_VALUES, &file, 0, crowded.as_bytes());
    }
}

#[test]
fn no_small_file_that_lacks_a_byte_or_two_anywhere_panics_or_is_refused_without_its_place() {
    for reader in [&readers::SCORE_PLANS, &readers::DATA_VALUES] {
        for file in read_corpus(reader.corpus) {
            for (at, length) in (0..file.bytes.len()).flat_map(|at| [(at, 1), (at, 2)]) {
                let mut changed = file.bytes.clone();
                changed.drain(at..(at + length).min(file.bytes.len()));
                read_changed(reader, &file, at as u64, &changed);
            }
        }
    }
}
