//! Tests of the crate's structure: which room may name which, where each library may be used, how
//! long files and functions may be. The tables are in `architecture/map.rs`; `architecture/docs.rs`
//! checks the documents, `architecture/texts.rs` the texts for people. Source is read, not
//! compiled: names made by macros are not seen.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

#[path = "architecture/docs.rs"]
mod docs;
#[path = "architecture/map.rs"]
mod map;
#[path = "architecture/names.rs"]
mod names;
#[path = "architecture/prose.rs"]
mod prose;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/texts.rs"]
mod texts;

use std::fs;
use std::path::{Path, PathBuf};

use map::{
    AMBIENT_API_EXCEPTIONS, AMBIENT_APIS, ASYNC_ROOMS, FORBIDDEN_WORD_EXCEPTIONS, FORBIDDEN_WORDS,
    LIBRARY_ROOMS, MAX_LINES_PER_FILE, MAX_LINES_PER_FUNCTION, RESTRICTED_PATHS, ROOM_DEPENDENCIES,
};
use source::{NamedPath, Token};

/// One source file, read and tokenized.
struct SourceFile {
    path: String,
    /// `["domain", "report"]` for `src/domain/report/mod.rs`; empty for `src/lib.rs`.
    module: Vec<String>,
    text: String,
    tokens: Vec<Token>,
}

impl SourceFile {
    fn new(path: &str, text: String) -> Self {
        let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let tokens = source::tokenize(&text);
        Self { path: path.to_owned(), module, text, tokens }
    }

    /// The room, or "" for the crate's root.
    fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn named_paths(&self) -> Vec<NamedPath> {
        source::find_paths(&self.tokens, &self.module)
    }

    fn at_line(&self, line: usize, complaint: &str) -> String {
        format!("{}:{line}: {complaint}", self.path)
    }
}

fn collect_rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn read_sources(dir: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect_rust_files(&root.join(dir), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        SourceFile::new(&name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// Fails with all complaints at once.
fn assert_no_violations(violations: &[String], what: &str) {
    assert!(violations.is_empty(), "\n{what}:\n  {}\n", violations.join("\n  "));
}

fn check_all(dirs: &[&str], check: impl Fn(&SourceFile) -> Vec<String>) -> Vec<String> {
    dirs.iter().flat_map(|dir| read_sources(dir)).flat_map(|source| check(&source)).collect()
}

fn find_row<'t>(table: &'t [(&str, &'t [&'t str])], key: &str) -> Option<&'t [&'t str]> {
    table.iter().find(|(name, _)| *name == key).map(|(_, row)| *row)
}

fn starts_with_path(path: &[String], prefix: &str) -> bool {
    let mut segments = path.iter();
    prefix.split("::").all(|wanted| segments.next().is_some_and(|s| s == wanted))
}

fn find_forbidden_rooms(source: &SourceFile) -> Vec<String> {
    let room = source.room();
    if room.is_empty() {
        return Vec::new();
    }
    let Some(allowed) = find_row(ROOM_DEPENDENCIES, room) else {
        return vec![
            source.at_line(
                1,
                &format!("room `{room}` is not on the map (tests/architecture/map.rs)"),
            ),
        ];
    };
    let crate_paths =
        source.named_paths().into_iter().filter(|n| n.path.len() > 1 && n.path[0] == "crate");
    // Tests may read the texts of what they test.
    let is_test_file = source.module.iter().any(|part| part == "tests");
    let tests = source.tokens.get(source::test_module_start(&source.tokens));
    let first_test_line = tests.map_or(usize::MAX, |token| token.line);
    let is_test = |line: usize| is_test_file || line >= first_test_line;
    let wrong = crate_paths.filter(|n| {
        n.path[1] != room
            && !allowed.iter().any(|a| starts_with_path(&n.path[1..], a))
            && !(n.path[1] == "i18n" && is_test(n.line))
    });
    wrong
        .map(|n| {
            source.at_line(n.line, &format!("`{room}` may not name `{}`", n.path[1..].join("::")))
        })
        .collect()
}

/// The table's entry for this path: the longest that matches.
fn allowed_rooms(path: &[String]) -> Option<(&'static str, &'static [&'static str])> {
    let entries = LIBRARY_ROOMS.iter().filter(|(library, _)| starts_with_path(path, library));
    entries.max_by_key(|(library, _)| library.len()).copied()
}

fn find_misplaced_libraries(source: &SourceFile) -> Vec<String> {
    let room = source.room();
    let outside = source.named_paths().into_iter().filter(|n| n.path.len() > 1 || n.in_use);
    let wrong = outside.filter_map(|n| {
        let (library, rooms) = allowed_rooms(&n.path)?;
        let complaint = format!("library `{library}` is not at home in `{room}`");
        (!rooms.contains(&room)).then(|| source.at_line(n.line, &complaint))
    });
    wrong.collect()
}

fn find_ambient_access(source: &SourceFile) -> Vec<String> {
    let mut violations = Vec::new();
    for named in source.named_paths() {
        for (end, rooms, reason) in RESTRICTED_PATHS {
            let ends = named.path.len() >= end.len()
                && named.path[named.path.len() - end.len()..] == **end;
            if ends && !rooms.contains(&source.room()) {
                violations
                    .push(source.at_line(named.line, &format!("`{}`: {reason}", end.join("::"))));
            }
        }
        for (prefix, rooms) in AMBIENT_APIS {
            let allowed = AMBIENT_API_EXCEPTIONS.iter().any(|(path, _)| *path == source.path);
            if starts_with_path(&named.path, &prefix.join("::"))
                && rooms.contains(&source.room())
                && !allowed
            {
                let complaint = format!(
                    "`{}` reaches outside; here everything is an argument",
                    prefix.join("::")
                );
                violations.push(source.at_line(named.line, &complaint));
            }
        }
    }
    violations
}

fn find_forbidden_words(source: &SourceFile) -> Vec<String> {
    let room = source.room();
    let mut violations = Vec::new();
    let tests = source::test_module_start(&source.tokens);
    for (at, token) in source.tokens.iter().enumerate() {
        if matches!(token.text.as_str(), "async" | "await")
            && !room.is_empty()
            && !ASYNC_ROOMS.contains(&room)
        {
            violations.push(
                source.at_line(token.line, &format!("`{}`: async stops at the door", token.text)),
            );
        }
        for (_, words, reason) in FORBIDDEN_WORDS.iter().filter(|(of, _, _)| *of == room) {
            let allowed = FORBIDDEN_WORD_EXCEPTIONS.iter().any(|(path, _)| *path == source.path);
            if words.contains(&token.text.as_str()) && !allowed && at < tests {
                violations.push(source.at_line(token.line, &format!("`{}`: {reason}", token.text)));
            }
        }
    }
    violations
}

fn find_overlong_items(source: &SourceFile) -> Vec<String> {
    let lines = source.text.lines().count();
    let file = (lines > MAX_LINES_PER_FILE)
        .then(|| source.at_line(1, &format!("{lines} lines, at most {MAX_LINES_PER_FILE}")));
    let long = source::find_functions(&source.tokens)
        .into_iter()
        .filter(|f| f.lines > MAX_LINES_PER_FUNCTION);
    let complaint = |f: source::FunctionSpan| {
        source.at_line(
            f.line,
            &format!("fn {} has {} lines, at most {MAX_LINES_PER_FUNCTION}", f.name, f.lines),
        )
    };
    file.into_iter().chain(long.map(complaint)).collect()
}

fn find_missing_module_docs(source: &SourceFile) -> Vec<String> {
    let missing = !source.text.starts_with("//!");
    missing
        .then(|| source.at_line(1, "must begin with `//!`: what it knows, and what it does not"))
        .into_iter()
        .collect()
}

#[test]
fn a_room_names_only_the_rooms_on_its_row() {
    assert_no_violations(
        &check_all(&["src"], find_forbidden_rooms),
        "the arrows of docs/ARCHITECTURE.md are broken",
    );
}

#[test]
fn a_library_is_used_only_where_it_is_at_home() {
    assert_no_violations(
        &check_all(&["src"], find_misplaced_libraries),
        "a library strays (tests/architecture/map.rs)",
    );
}

#[test]
fn time_and_the_world_come_in_as_arguments() {
    assert_no_violations(
        &check_all(&["src"], find_ambient_access),
        "asked the machine where an argument is due",
    );
}

#[test]
fn async_stops_at_the_door_nobody_is_judged_by_floats_and_sync_writes_nothing() {
    assert_no_violations(
        &check_all(&["src"], find_forbidden_words),
        "a word that this room may not contain",
    );
}

#[test]
fn files_and_functions_stay_short() {
    assert_no_violations(
        &check_all(&["src", "tests", "bench/src"], find_overlong_items),
        "too long to read in one sitting; split it",
    );
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    assert_no_violations(
        &check_all(&["src", "tests", "bench/src"], find_missing_module_docs),
        "files without opening words",
    );
}

#[test]
fn every_dependency_has_a_home_and_every_home_a_dependency() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    // Also those of one platform: [target.'cfg(...)'.dependencies].
    let is_section = |header: &str| header == "dependencies" || header.ends_with("'.dependencies");
    let sections = manifest.split("\n[").filter_map(|text| text.split_once("]\n"));
    let lines = sections.filter(|(header, _)| is_section(header)).flat_map(|(_, s)| s.lines());
    let names = lines.filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('='));
    let declared: Vec<String> = names.map(|(name, _)| name.trim().replace('-', "_")).collect();
    let homeless = declared.iter().filter(|d| find_row(LIBRARY_ROOMS, d).is_none());
    let stale = LIBRARY_ROOMS
        .iter()
        .filter(|(l, _)| !declared.iter().any(|d| Some(d.as_str()) == l.split("::").next()));
    let violations: Vec<String> = homeless
        .map(|d| format!("`{d}` has no home in tests/architecture/map.rs"))
        .chain(stale.map(|(l, _)| format!("`{l}` has a home, but is no dependency")))
        .collect();
    assert_no_violations(&violations, "Cargo.toml and the table of libraries differ");
}

/// The complaints of all checks about a text placed at `path`.
fn planted(path: &str, text: &str) -> String {
    let source = SourceFile::new(path, text.to_owned());
    let checks = [
        find_forbidden_rooms,
        find_misplaced_libraries,
        find_ambient_access,
        find_forbidden_words,
        find_overlong_items,
        find_missing_module_docs,
    ];
    checks.iter().flat_map(|check| check(&source)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_planted_arrow_is_caught_however_it_is_written() {
    let caught = [
        "use crate::store::Tx;",
        "use crate::{time::Instant, store};",
        "use crate::{domain::{cell, ids}, app::{App, steps::*}};",
        "use {crate::sync as s};",
        "fn f() -> Option<crate::grpc::Status> { None }",
        "use super::super::store::Tx;",
        "mod tests { use super::super::super::app; }",
        "thidua::server::run();",
        "crate::wire::record::encode(1);",
        "$crate::config::load();",
    ];
    for text in caught {
        let complaint = planted("src/domain/report/mod.rs", &format!("//! Words.\n\n{text}\n"));
        assert!(
            complaint.starts_with("src/domain/report/mod.rs:3: `domain` may not name"),
            "{text}: {complaint:?}"
        );
    }
}

#[test]
fn what_the_map_allows_passes() {
    let fine = [
        (
            "src/domain/report/mod.rs",
            "use super::ids::UnitId; use crate::domain::support::time; mod tests { use super::*; }",
        ),
        (
            "src/domain/report/mod.rs",
            "// use crate::store;\n/* crate::app /* nested */ */ let s = \"crate::store\";",
        ),
        (
            "src/domain/report/mod.rs",
            "let s = r#\"tonic::Status \" crate::app\"#; let c = '\"'; fn f<'a>(x: &'a str) {}",
        ),
        (
            "src/store/write_tx.rs",
            "use crate::wire::record; use diesel::prelude::*; let x = self.tokio.x;",
        ),
        ("src/clock.rs", "let t = std::time::SystemTime::now(); mod tests { use super::Clock; }"),
        ("src/app/command/run.rs", "use jiff::civil::Date;"),
        ("src/domain/x.rs", "#[cfg(test)]\nmod tests { fn f(x: f64) {} }"),
    ];
    for (path, text) in fine {
        assert_eq!(planted(path, &format!("//! Words.\n{text}\n")), "", "{text}");
    }
}

#[test]
fn other_planted_faults_are_caught_with_their_line() {
    let long = format!("//! Words.\nfn long(a: [u8; 2]) {{\n{}}}\n", "    step();\n".repeat(60));
    let caught = [
        (
            "src/store/write_tx.rs",
            "//! W.\nuse crate::wire::Report;",
            "src/store/write_tx.rs:2: `store` may not name `wire::Report`",
        ),
        (
            "src/app/x.rs",
            "//! W.\n\nfn f(c: &mut diesel::PgConnection) {}",
            "src/app/x.rs:3: library `diesel`",
        ),
        ("src/app/x.rs", "//! W.\nuse tonic;", "src/app/x.rs:2: library `tonic`"),
        ("src/app/x.rs", "//! W.\nuse ::tonic::Status;", "src/app/x.rs:2: library `tonic`"),
        (
            "src/app/x.rs",
            "//! W.\nlet n = jiff::Timestamp::now();",
            "src/app/x.rs:2: library `jiff` is not at home",
        ),
        (
            "src/grpc/x.rs",
            "//! W.\nlet n = std::time::SystemTime::now();",
            "src/grpc/x.rs:2: `SystemTime::now`",
        ),
        (
            "src/domain/x.rs",
            "//! W.\nlet n = Instant::now();",
            "src/domain/x.rs:2: `Instant::now`: time is an argument",
        ),
        ("src/domain/x.rs", "//! W.\nuse std::fs;", "src/domain/x.rs:2: `std::fs` reaches outside"),
        ("src/domain/x.rs", "//! W.\nfn f(x: f64) {}", "src/domain/x.rs:2: `f64`"),
        ("src/sync/x.rs", "//! W.\nuse crate::store::WriteTx;", "src/sync/x.rs:2: `WriteTx`"),
        ("src/sync/x.rs", "//! W.\nstore.write(\"x\", now, |tx| tx);", "src/sync/x.rs:2: `write`"),
        (
            "src/store/x.rs",
            "//! W.\nasync fn f() {}",
            "src/store/x.rs:2: `async`: async stops at the door",
        ),
        ("src/attic/x.rs", "//! W.\n", "src/attic/x.rs:1: room `attic` is not on the map"),
        ("src/domain/x.rs", "// Words.\n", "src/domain/x.rs:1: must begin with `//!`"),
        ("src/domain/x.rs", &long, "src/domain/x.rs:2: fn long has 62 lines, at most 60"),
        ("src/domain/x.rs", &"//! W.\n".repeat(501), "src/domain/x.rs:1: 501 lines, at most 500"),
    ];
    for (path, text, expected) in caught {
        let complaint = planted(path, text);
        assert!(complaint.starts_with(expected), "expected {expected:?}, got {complaint:?}");
    }
}
