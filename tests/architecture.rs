//! The map is a test: which room may name which, where each library is at home, how long a file and a function may be.
//! The tables are in `architecture/map.rs`; `architecture/docs.rs` holds the documents to them. Source is read, not
//! compiled: a name made by a macro is not seen.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

#[path = "architecture/docs.rs"]
mod docs;
#[path = "architecture/map.rs"]
mod map;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use map::{
    FORBIDDEN_WORDS, LIBRARIES, LINES_PER_FILE, LINES_PER_FUNCTION, MAY_AWAIT, MAY_USE, ONLY_IN, OUTSIDE,
    OUTSIDE_ALLOWED, WORD_ALLOWED,
};
use source::{Named, Token};

/// One file, read once and asked many questions.
struct Source {
    path: String,
    /// `["domain", "report"]` for `src/domain/report.rs`; empty for `src/lib.rs`.
    module: Vec<String>,
    text: String,
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: &str, text: String) -> Self {
        let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let tokens = source::tokens(&text);
        Self { path: path.to_owned(), module, text, tokens }
    }

    /// The room, or "" for the crate's root.
    fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn names(&self) -> Vec<Named> {
        source::names(&self.tokens, &self.module)
    }

    fn at(&self, line: usize, complaint: &str) -> String {
        format!("{}:{line}: {complaint}", self.path)
    }
}

fn files_below(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn sources(dir: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files_below(&root.join(dir), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Source::new(&name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// Fails with every complaint at once.
fn assert_none(complaints: &[String], what: &str) {
    assert!(complaints.is_empty(), "\n{what}:\n  {}\n", complaints.join("\n  "));
}

fn everywhere(dirs: &[&str], check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    dirs.iter().flat_map(|dir| sources(dir)).flat_map(|source| check(&source)).collect()
}

fn row<'t>(table: &'t [(&str, &'t [&'t str])], key: &str) -> Option<&'t [&'t str]> {
    table.iter().find(|(name, _)| *name == key).map(|(_, row)| *row)
}

fn begins_with(path: &[String], prefix: &str) -> bool {
    let mut segments = path.iter();
    prefix.split("::").all(|wanted| segments.next().is_some_and(|s| s == wanted))
}

fn wrong_rooms(source: &Source) -> Vec<String> {
    let room = source.room();
    if room.is_empty() {
        return Vec::new();
    }
    let Some(allowed) = row(MAY_USE, room) else {
        return vec![source.at(1, &format!("room `{room}` is not on the map (tests/architecture/map.rs)"))];
    };
    let foreign = source.names().into_iter().filter(|n| n.path.len() > 1 && n.path[0] == "crate");
    let wrong = foreign.filter(|n| n.path[1] != room && !allowed.iter().any(|a| begins_with(&n.path[1..], a)));
    wrong.map(|n| source.at(n.line, &format!("`{room}` may not name `{}`", n.path[1..].join("::")))).collect()
}

/// The table's entry that decides about this path: the longest.
fn home(path: &[String]) -> Option<(&'static str, &'static [&'static str])> {
    let entries = LIBRARIES.iter().filter(|(library, _)| begins_with(path, library));
    entries.max_by_key(|(library, _)| library.len()).copied()
}

fn homeless_libraries(source: &Source) -> Vec<String> {
    let room = source.room();
    let outside = source.names().into_iter().filter(|n| n.path.len() > 1 || n.in_use);
    let wrong = outside.filter_map(|n| {
        let (library, rooms) = home(&n.path)?;
        let complaint = format!("library `{library}` is not at home in `{room}`");
        (!rooms.contains(&room)).then(|| source.at(n.line, &complaint))
    });
    wrong.collect()
}

fn misplaced_time_and_world(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for named in source.names() {
        for (end, rooms, reason) in ONLY_IN {
            let ends = named.path.len() >= end.len() && named.path[named.path.len() - end.len()..] == **end;
            if ends && !rooms.contains(&source.room()) {
                complaints.push(source.at(named.line, &format!("`{}`: {reason}", end.join("::"))));
            }
        }
        for (prefix, rooms) in OUTSIDE {
            let allowed = OUTSIDE_ALLOWED.iter().any(|(path, _)| *path == source.path);
            if begins_with(&named.path, &prefix.join("::")) && rooms.contains(&source.room()) && !allowed {
                let complaint = format!("`{}` reaches outside; here everything is an argument", prefix.join("::"));
                complaints.push(source.at(named.line, &complaint));
            }
        }
    }
    complaints
}

fn forbidden_words(source: &Source) -> Vec<String> {
    let room = source.room();
    let mut complaints = Vec::new();
    let tests = source::tests_begin(&source.tokens);
    for (at, token) in source.tokens.iter().enumerate() {
        if matches!(token.text.as_str(), "async" | "await") && !room.is_empty() && !MAY_AWAIT.contains(&room) {
            complaints.push(source.at(token.line, &format!("`{}`: async stops at the door", token.text)));
        }
        for (_, words, reason) in FORBIDDEN_WORDS.iter().filter(|(of, _, _)| *of == room) {
            let allowed = WORD_ALLOWED.iter().any(|(path, _)| *path == source.path);
            if words.contains(&token.text.as_str()) && !allowed && at < tests {
                complaints.push(source.at(token.line, &format!("`{}`: {reason}", token.text)));
            }
        }
    }
    complaints
}

fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let file = (lines > LINES_PER_FILE).then(|| source.at(1, &format!("{lines} lines, at most {LINES_PER_FILE}")));
    let long = source::functions(&source.tokens).into_iter().filter(|f| f.lines > LINES_PER_FUNCTION);
    let complaint = |f: source::Function| {
        source.at(f.line, &format!("fn {} has {} lines, at most {LINES_PER_FUNCTION}", f.name, f.lines))
    };
    file.into_iter().chain(long.map(complaint)).collect()
}

fn without_opening_words(source: &Source) -> Vec<String> {
    let missing = !source.text.starts_with("//!");
    missing.then(|| source.at(1, "must begin with `//!`: what it knows, and what it does not")).into_iter().collect()
}

#[test]
fn a_room_names_only_the_rooms_on_its_row() {
    assert_none(&everywhere(&["src"], wrong_rooms), "the arrows of docs/ARCHITECTURE.md are broken");
}

#[test]
fn a_library_is_used_only_where_it_is_at_home() {
    assert_none(&everywhere(&["src"], homeless_libraries), "a library strays (tests/architecture/map.rs)");
}

#[test]
fn time_and_the_world_come_in_as_arguments() {
    assert_none(&everywhere(&["src"], misplaced_time_and_world), "asked the machine where an argument is due");
}

#[test]
fn async_stops_at_the_door_and_nobody_is_judged_by_floats() {
    assert_none(&everywhere(&["src"], forbidden_words), "a word that this room may not contain");
}

#[test]
fn files_and_functions_stay_short() {
    assert_none(&everywhere(&["src", "tests"], too_long), "too long to read in one sitting; split it");
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    assert_none(&everywhere(&["src", "tests"], without_opening_words), "files without opening words");
}

#[test]
fn every_dependency_has_a_home_and_every_home_a_dependency() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[").find_map(|s| s.strip_prefix("dependencies]")).unwrap();
    let names = section.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('='));
    let declared: Vec<String> = names.map(|(name, _)| name.trim().replace('-', "_")).collect();
    let homeless = declared.iter().filter(|d| row(LIBRARIES, d).is_none());
    let stale = LIBRARIES.iter().filter(|(l, _)| !declared.iter().any(|d| Some(d.as_str()) == l.split("::").next()));
    let complaints: Vec<String> = homeless
        .map(|d| format!("`{d}` has no home in tests/architecture/map.rs"))
        .chain(stale.map(|(l, _)| format!("`{l}` has a home, but is no dependency")))
        .collect();
    assert_none(&complaints, "Cargo.toml and the table of libraries differ");
}

/// What all checks together say about a text planted in a file.
fn planted(path: &str, text: &str) -> String {
    let source = Source::new(path, text.to_owned());
    let checks =
        [wrong_rooms, homeless_libraries, misplaced_time_and_world, forbidden_words, too_long, without_opening_words];
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
        let complaint = planted("src/domain/report.rs", &format!("//! Words.\n\n{text}\n"));
        assert!(complaint.starts_with("src/domain/report.rs:3: `domain` may not name"), "{text}: {complaint:?}");
    }
}

#[test]
fn what_the_map_allows_passes() {
    let fine = [
        ("src/domain/report.rs", "use super::ids::UnitId; use crate::domain::time; mod tests { use super::*; }"),
        ("src/domain/report.rs", "// use crate::store;\n/* crate::app /* nested */ */ let s = \"crate::store\";"),
        ("src/domain/report.rs", "let s = r#\"tonic::Status \" crate::app\"#; let c = '\"'; fn f<'a>(x: &'a str) {}"),
        ("src/store/tx.rs", "use crate::wire::record; use diesel::prelude::*; let x = self.tokio.x;"),
        ("src/clock.rs", "let t = std::time::SystemTime::now(); mod tests { use super::Clock; }"),
        ("src/app/report.rs", "use jiff::civil::Date;"),
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
            "src/store/tx.rs",
            "//! W.\nuse crate::wire::Report;",
            "src/store/tx.rs:2: `store` may not name `wire::Report`",
        ),
        ("src/app/x.rs", "//! W.\n\nfn f(c: &mut diesel::PgConnection) {}", "src/app/x.rs:3: library `diesel`"),
        ("src/app/x.rs", "//! W.\nuse tonic;", "src/app/x.rs:2: library `tonic`"),
        ("src/app/x.rs", "//! W.\nuse ::tonic::Status;", "src/app/x.rs:2: library `tonic`"),
        ("src/app/x.rs", "//! W.\nlet n = jiff::Timestamp::now();", "src/app/x.rs:2: library `jiff` is not at home"),
        ("src/grpc/x.rs", "//! W.\nlet n = std::time::SystemTime::now();", "src/grpc/x.rs:2: `SystemTime::now`"),
        (
            "src/domain/x.rs",
            "//! W.\nlet n = Instant::now();",
            "src/domain/x.rs:2: `Instant::now`: time is an argument",
        ),
        ("src/domain/x.rs", "//! W.\nuse std::fs;", "src/domain/x.rs:2: `std::fs` reaches outside"),
        ("src/domain/x.rs", "//! W.\nfn f(x: f64) {}", "src/domain/x.rs:2: `f64`"),
        ("src/store/x.rs", "//! W.\nasync fn f() {}", "src/store/x.rs:2: `async`: async stops at the door"),
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
