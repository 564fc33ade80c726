//! Comments and prose have at most 100 columns. Tables, code blocks, diagrams and lines with one
//! long word (an address, a path) are exempt.

use crate::assert_no_violations;
use std::fs;
use std::path::{Path, PathBuf};

const COLUMNS: usize = 100;
const DIRS: &[&str] = &[
    ".",
    ".cargo",
    ".ci",
    "benches",
    "bench",
    "docs",
    "examples",
    "fuzz/fuzz_targets",
    "migrations",
    "proto/thidua",
    "scripts",
    "src",
    "tests",
    "web/bindgen",
    "web/engine",
];
/// Files written by others or generated.
const SKIPPED: &[&str] = &[
    "docs/soak",
    "src/pb/opentelemetry",
    "tests/golden",
    "proto/vectors",
    "tests/browser/node_modules",
    "tests/connect/node_modules",
];

fn files(root: &Path, dir: &Path, is_deep: bool, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap();
        if SKIPPED.iter().any(|skipped| name.starts_with(skipped)) {
            continue;
        }
        if path.is_dir() && is_deep {
            files(root, &path, true, out);
        } else if path.is_file() {
            out.push(path);
        }
    }
}

/// The comment in a line of code, by the file's kind.
fn comment<'l>(extension: &str, line: &'l str) -> Option<&'l str> {
    let mark = match extension {
        "rs" | "proto" | "c" => "//",
        "sh" | "py" | "toml" | "service" | "" => "#",
        "sql" => "--",
        _ => return None,
    };
    let is_shell = mark == "#";
    let at = line.find(mark)?;
    // rustfmt handles a comment behind code; only whole-line comments are checked.
    let is_whole = line[..at].trim().is_empty();
    (is_whole && !(is_shell && line.starts_with("#!"))).then(|| line.trim_start())
}

fn is_one_long_word(text: &str) -> bool {
    text.split_whitespace().any(|word| word.chars().count() > COLUMNS / 2)
}

fn long_comments(name: &str, text: &str) -> Vec<String> {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
    let width = |line: &str| line.chars().count();
    let lines = text.lines().enumerate();
    let long = lines.filter(|(_, line)| width(line) > COLUMNS);
    long.filter(|(_, line)| comment(extension, line).is_some_and(|text| !is_one_long_word(text)))
        .map(|(at, line)| format!("{name}:{}: comment of {} columns", at + 1, width(line)))
        .collect()
}

fn long_prose(name: &str, text: &str) -> Vec<String> {
    let (mut in_code, mut complaints) = (false, Vec::new());
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        // A table row cannot be wrapped; four blanks begin a code block.
        let is_fixed = line.trim_start().starts_with('|') || line.starts_with("    ");
        let columns = line.chars().count();
        if !in_code && !is_fixed && columns > COLUMNS && !is_one_long_word(line) {
            complaints.push(format!("{name}:{}: prose of {columns} columns", at + 1));
        }
    }
    complaints
}

#[test]
fn comments_and_prose_have_at_most_100_columns() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for dir in DIRS {
        files(root, &root.join(dir), *dir != ".", &mut paths);
    }
    paths.sort();
    let mut complaints = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if name.ends_with(".md") {
            complaints.extend(long_prose(&name, &text));
        } else {
            complaints.extend(long_comments(&name, &text));
        }
    }
    assert_no_violations(&complaints, "wrap at 100 columns");
}

#[test]
fn a_planted_long_line_is_found_and_tables_and_code_are_not() {
    let long = "word ".repeat(30);
    assert_eq!(long_comments("a.rs", &format!("  /// {long}\nlet x = 1; // {long}")).len(), 1);
    assert_eq!(long_comments("a.sql", &format!("-- {long}\nSELECT {long}")).len(), 1);
    assert_eq!(long_prose("a.md", &format!("{long}\n| {long} |\n```\n{long}\n```")).len(), 1);
}
