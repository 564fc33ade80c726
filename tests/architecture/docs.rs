//! Tests of the documents: the map in prose equals the test's map, paths in backticks exist, and
//! the front page has the same structure in both languages.

use std::fs;
use std::path::{Path, PathBuf};

use super::map::ROOM_DEPENDENCIES;

/// The folders whose paths in backticks must exist.
const LINKED_FOLDERS: &[&str] = &[
    "src/",
    "bench/",
    "tests/",
    "docs/",
    "scripts/",
    "examples/",
    "proto/",
    "migrations/",
    ".ci/",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn doc_pages() -> Vec<PathBuf> {
    let in_docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let top = ["README.md", "README.vi.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(|name| root().join(name));
    in_docs.filter(|path| path.extension().is_some_and(|e| e == "md")).chain(top).collect()
}

/// Every text between `open` and `close`.
fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(inner, _)| inner))
}

fn links(text: &str) -> Vec<&str> {
    between(text, "](", ")").collect()
}

/// Paths in backticks, without those that are patterns (`src/wire/<noun>.rs`).
fn backtick_paths(text: &str) -> Vec<&str> {
    let words =
        text.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_whitespace().next());
    words
        .filter(|w| {
            LINKED_FOLDERS.iter().any(|place| w.starts_with(place)) && !w.contains(['<', '*', '{'])
        })
        .collect()
}

#[test]
fn what_a_page_points_to_exists() {
    let mut missing = Vec::new();
    for page in doc_pages() {
        let text = fs::read_to_string(&page).unwrap();
        let beside = page.parent().unwrap();
        let local = links(&text)
            .into_iter()
            .filter(|l| !l.contains("://"))
            .filter_map(|l| l.split('#').next());
        let linked = local.filter(|l| !l.is_empty()).map(|l| beside.join(l));
        let named = backtick_paths(&text).into_iter().map(|p| root().join(p));
        let gone = linked.chain(named).filter(|path| !path.exists());
        missing.extend(gone.map(|path| format!("{} points to {}", page.display(), path.display())));
    }
    assert!(missing.is_empty(), "\n  {}\n", missing.join("\n  "));
}

/// The text of all files below a folder.
fn read_all_source(dir: &Path, into: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all_source(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_promise_names_tests_that_exist() {
    let mut source = String::new();
    ["src", "tests"].iter().for_each(|dir| read_all_source(&root().join(dir), &mut source));
    let page = read("docs/SYNC.md");
    let mut promised = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| S") && !line.starts_with("| S-")) {
        let number = line[2..].split(' ').next().unwrap();
        let tests: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{number} names no test");
        for test in tests {
            assert!(
                source.contains(&format!("fn {test}(")),
                "{number} names {test}, which does not exist"
            );
        }
        promised.push(number.to_owned());
    }
    let all: Vec<String> = (1..=30).map(|number| format!("S{number}")).collect();
    assert_eq!(promised, all);
}

#[test]
fn the_map_in_words_is_the_map_of_the_test() {
    let page = read("docs/ARCHITECTURE.md");
    let table = page.split("## Rooms and arrows").nth(1).unwrap().split("```").next().unwrap();
    let mut seen = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<String> =
            line.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect();
        let row = ROOM_DEPENDENCIES.iter().find(|(room, _)| *room == cells[1]);
        let (room, allowed) = row
            .unwrap_or_else(|| panic!("docs/ARCHITECTURE.md has a room of its own: {}", cells[1]));
        let rooms = || {
            ROOM_DEPENDENCIES
                .iter()
                .map(|(r, _)| *r)
                .filter(|r| !["main", "sabotage"].contains(r) && r != room)
        };
        let mut written: Vec<&str> = match cells[2].as_str() {
            "-" => Vec::new(),
            "all" => rooms().collect(),
            list if list.starts_with("all but ") => {
                let left_out: Vec<&str> = list["all but ".len()..].split(", ").collect();
                rooms().filter(|r| !left_out.contains(r)).collect()
            }
            list => list.split(", ").collect(),
        };
        let mut allowed = allowed.to_vec();
        written.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(written, allowed, "the row of `{room}` in docs/ARCHITECTURE.md");
        seen.push(*room);
    }
    let unwritten = ROOM_DEPENDENCIES
        .iter()
        .map(|(room, _)| room)
        .find(|room| !seen.contains(room) && **room != "main");
    assert_eq!(unwritten, None, "a room that docs/ARCHITECTURE.md does not name");
}

/// What must be equal in both languages: levels of headings, commands, links.
fn document_structure(text: &str) -> (Vec<&str>, Vec<String>, Vec<&str>) {
    let headings = text.lines().filter_map(|line| line.split_once("# ").map(|(level, _)| level));
    let headings = headings.filter(|level| level.chars().all(|c| c == '#')).collect();
    let fences = text.split("```").skip(1).step_by(2);
    let command = |line: &str| line.split("  #").next().unwrap_or_default().trim_end().to_owned();
    let commands =
        fences.filter(|f| f.starts_with("sh\n")).flat_map(|f| f.lines().map(command)).collect();
    let links = links(text).into_iter().filter(|link| !link.starts_with("README")).collect();
    (headings, commands, links)
}

#[test]
fn the_two_front_pages_are_in_step() {
    let (english, vietnamese) = (read("README.md"), read("README.vi.md"));
    assert_eq!(
        document_structure(&english),
        document_structure(&vietnamese),
        "README.md and README.vi.md differ"
    );
}
