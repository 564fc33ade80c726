//! A type name is defined once in `src` and the bench; the bench names `bench_api` only. Source is
//! read, not compiled.

use crate::source::Token;
use crate::{SourceFile, assert_no_violations, check_all, read_sources};
use std::collections::BTreeMap;

/// Names that several modules define on purpose, with the reason.
const SHARED_NAMES: &[(&str, &str)] = &[
    ("Args", "the arguments of a subcommand: clap derives one struct for each"),
    ("Error", "the error of a room, named with its room: `store::Error`"),
    ("Result", "the result of a room, with that room's error"),
];

/// Each type that the file defines, with its line. Associated types inside `impl` and `trait`
/// blocks are no definitions: they are nested and follow `type`.
fn type_definitions(source: &SourceFile) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (at, token) in source.tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "struct" | "enum" | "trait" | "union" | "type" => {
                let Some(name) = source.tokens.get(at + 1) else { continue };
                let is_type = name.text.starts_with(|c: char| c.is_ascii_uppercase());
                let is_associated = token.text == "type" && depth > 0;
                // `#[uniffi::remote(Enum)] pub enum` repeats a type for the bindings.
                let before = &source.tokens[at.saturating_sub(6)..at];
                let is_remote = before.iter().any(|token| token.text == "remote");
                if is_type && !is_associated && !is_remote {
                    found.push((name.text.clone(), token.line));
                }
            }
            _ => {}
        }
    }
    found
}

fn repeated_type_names(sources: &[SourceFile]) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        for (name, line) in type_definitions(source) {
            places.entry(name).or_default().push(format!("{}:{line}", source.path));
        }
    }
    let is_shared = |name: &str| SHARED_NAMES.iter().any(|(shared, _)| *shared == name);
    places
        .into_iter()
        .filter(|(name, places)| places.len() > 1 && !is_shared(name))
        .map(|(name, places)| format!("`{name}` is defined at {}", places.join(", ")))
        .collect()
}

#[test]
fn a_type_name_stands_for_one_type() {
    let sources: Vec<_> = ["src", "bench/src"].into_iter().flat_map(read_sources).collect();
    let complaints = repeated_type_names(&sources);
    assert_no_violations(
        &complaints,
        "one noun has one meaning: give one of the types a more precise name",
    );
}

#[test]
fn a_type_name_that_occurs_twice_is_found_and_associated_types_are_not() {
    let file = |path: &str, text: &str| SourceFile::new(path, format!("//! Words.\n{text}\n"));
    let one = file("src/app/a.rs", "pub struct Row;\nimpl Iterator for Row { type Item = u8; }");
    let two = file("src/store/b.rs", "enum Row { A }\nstruct Item;\npub struct Args;");
    let three = file("src/cli/c.rs", "struct Args;");
    assert_eq!(
        repeated_type_names(&[one, two, three]),
        ["`Row` is defined at src/app/a.rs:2, src/store/b.rs:2"]
    );
}

/// What a workspace member names of the product, besides `bench_api`.
fn find_product_internals(source: &SourceFile) -> Vec<String> {
    let named = source.tokens.windows(3).filter(|three| {
        three[0].text == "thidua" && three[1].text == "::" && three[2].text != "bench_api"
    });
    let complaint =
        |three: &[Token]| source.at_line(three[0].line, "names more than `thidua::bench_api`");
    named.map(complaint).collect()
}

#[test]
fn the_bench_names_only_bench_api_of_the_product() {
    assert_no_violations(
        &check_all(&["bench/src"], find_product_internals),
        "re-export it in src/bench_api/mod.rs",
    );
    let internals = SourceFile::new("bench/src/x.rs", "//! W.\nuse thidua::store::Tx;".to_owned());
    assert_eq!(find_product_internals(&internals).len(), 1);
}
