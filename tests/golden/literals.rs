//! String literals of the source that look like words: audit actions, transaction labels, settings,
//! job names, codes, keys of files and of JSON. Reads text only, so renamed code and moved files
//! change nothing.
//!
//! Left out: tests inside the source, `bench_api`, codes of texts, arguments of `planted!`,
//! generated code.

use crate::page::GoldenPage;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "String literals of src that look like words of ours, sorted; each stands once, however often it
is used. A line that goes or comes is a string that somebody stores, sends, reads or prints: look
before blessing it. A name of a table or column that stands here as a literal may change with its
migration; a word that is only printed in a terminal may change with a line in CHANGELOG.md;
nothing else changes. Made by tests/golden/literals.rs.";

/// A token of the source as far as this test needs it.
#[derive(Debug, PartialEq, Eq, Clone)]
enum SourceToken {
    Word(String),
    Text(String),
    Bytes(String),
}

/// Words, signs and string literals; comments and character literals are skipped.
fn tokenize(text: &str) -> Vec<SourceToken> {
    let (mut rest, mut out) = (text, Vec::new());
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(comment) = rest.strip_prefix("//") {
            2 + comment.find('\n').unwrap_or(comment.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((token, taken)) = parse_literal(rest) {
            out.push(token);
            taken
        } else if first == '\'' {
            quoted_length(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(SourceToken::Word(rest[..end].to_owned()));
            end
        } else {
            if !first.is_whitespace() {
                out.push(SourceToken::Word(first.to_string()));
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    out
}

/// The string literal that begins here, and its length in the source.
fn parse_literal(rest: &str) -> Option<(SourceToken, usize)> {
    let prefix = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
    let after_prefix = &rest[prefix..];
    let kind = if rest[..prefix].contains('b') { SourceToken::Bytes } else { SourceToken::Text };
    if rest[..prefix].contains('r') {
        let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
        let body = after_prefix[hashes..].strip_prefix('"')?;
        let closing = format!("\"{}", "#".repeat(hashes));
        let end = body.find(&closing)?;
        return Some((kind(body[..end].to_owned()), prefix + hashes + 1 + end + closing.len()));
    }
    let body = after_prefix.strip_prefix('"')?;
    let mut escaped = false;
    let end = body.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((kind(body[..end].to_owned()), prefix + 1 + end + 1))
}

/// The length of a character literal, or of a lifetime's quote.
fn quoted_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, c))) => {
            at + c.len_utf8() + rest[at + c.len_utf8()..].find('\'').unwrap_or(0) + 1
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The tokens of a file without tests and planted bugs, and the modules that it declares only for
/// tests.
fn product_tokens(tokens: &[SourceToken]) -> (Vec<SourceToken>, Vec<String>) {
    let word = |at: usize| {
        if let Some(SourceToken::Word(word)) = tokens.get(at) { word.as_str() } else { "" }
    };
    let (mut kept, mut excluded, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let guard =
            ["#", "[", "cfg", "("].iter().enumerate().all(|(n, sign)| word(at + n) == *sign);
        if guard && word(at + 4) == "test" {
            let ends = (at..tokens.len()).find(|i| word(*i) == "]").unwrap_or(at);
            let item = (ends..tokens.len())
                .find(|i| matches!(word(*i), "{" | ";" | ","))
                .unwrap_or(tokens.len());
            if let Some(named) = (ends..item).find(|i| word(*i) == "mod") {
                excluded.push(word(named + 1).to_owned());
            }
            at = if word(item) == "{" { find_closing(tokens, item) } else { item + 1 };
        } else if word(at + 1) == "!" && word(at) == "message" {
            // The code of a text; the catalogue's own test holds it.
            at += 4;
        } else if word(at) == "." && matches!(word(at + 1), "text" | "find_text") {
            at += 4;
        } else if word(at) == "planted" && word(at + 1) == "!" {
            at = (at..tokens.len()).find(|i| word(*i) == ")").unwrap_or(at) + 1;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    (kept, excluded)
}

/// The index after the brace that closes the one at `open`.
fn find_closing(tokens: &[SourceToken], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            SourceToken::Word(word) if word == "{" => depth += 1,
            SourceToken::Word(word) if word == "}" => depth -= 1,
            SourceToken::Word(_) | SourceToken::Text(_) | SourceToken::Bytes(_) => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Collects every Rust file below `dir`.
fn collect_sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The path of a file's child modules: `name.rs`, or the directory `name`.
fn child_dir(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let dir = file.parent().unwrap();
    if matches!(stem, "mod" | "lib" | "main") { dir.to_owned() } else { dir.join(stem) }
}

/// The tokens of all product files.
fn all_product_tokens() -> Vec<SourceToken> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect_sources(&src, &mut files);
    let (mut tokens, mut excluded) = (BTreeMap::new(), BTreeSet::from([src.join("bench_api")]));
    for file in files {
        let (tokenize, modules) = product_tokens(&tokenize(&fs::read_to_string(&file).unwrap()));
        for module in modules {
            let path = child_dir(&file).join(module);
            excluded.insert(path.with_extension("rs"));
            excluded.insert(path);
        }
        tokens.insert(file, tokenize);
    }
    tokens.retain(|file, _| !file.ancestors().any(|part| excluded.contains(part)));
    tokens.into_values().flatten().collect()
}

fn is_word(text: &str, excluded: &[char], letter: fn(&char) -> bool) -> bool {
    let begins = text.chars().next().is_some_and(|c| letter(&c));
    let mut parts = text.split(excluded);
    begins
        && parts
            .all(|part| !part.is_empty() && part.chars().all(|c| letter(&c) || c.is_ascii_digit()))
}

/// The section of a literal; `None` for prose.
fn section_of(text: &str) -> Option<&'static str> {
    let (lower, upper): (fn(&char) -> bool, fn(&char) -> bool) =
        (char::is_ascii_lowercase, char::is_ascii_uppercase);
    if !text.contains(char::is_whitespace)
        && ["thidua", "tdt_", "thd_", "THIDUA_"].iter().any(|own| text.contains(own))
    {
        return Some("names that hold a word of ours: prefixes, files, variables");
    }
    if text.len() > 1 && is_word(text, &['_'], upper) {
        return Some("codes");
    }
    if is_word(text, &['.', '_', '-'], lower) && text.contains('.') {
        return Some("words with dots: actions, labels of transactions, fields, files");
    }
    if text.len() > 1 && is_word(text, &['_', '-'], lower) {
        return Some("words");
    }
    None
}

#[test]
fn string_literals_of_the_source_are_spelled_as_they_were() {
    let mut sections: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for token in all_product_tokens() {
        match token {
            SourceToken::Word(_) => {}
            SourceToken::Bytes(text) => {
                sections.entry("bytes that enter hashes and seals").or_default().insert(text);
            }
            SourceToken::Text(text) => {
                if let Some(section) = section_of(&text) {
                    sections.entry(section).or_default().insert(text);
                }
            }
        }
    }
    let mut page = GoldenPage::new("literals.txt", ABOUT);
    for (section, literals) in sections {
        page.section(section);
        literals.iter().for_each(|parse_literal| page.line(parse_literal));
    }
    page.compare_or_bless();
}

#[test]
fn the_scan_finds_literals_and_passes_over_tests_comments_characters_and_planted_bugs() {
    let text = r##"
        // "comment" and 'x'
        fn f<'a>(c: char) -> &'a str { if c == '"' || c == '\'' { planted!("bug"); } "kept" }
        const RAW: &str = r#"raw "x" end"#; const B: &[u8] = b"by\"tes";
        #[cfg(test)] mod apart;
        #[cfg(test)]
        mod tests { fn g() { let s = "left out {"; } }
        const LAST: &str = "last";
    "##;
    let (tokens, excluded) = product_tokens(&tokenize(text));
    let literals: Vec<_> =
        tokens.into_iter().filter(|token| !matches!(token, SourceToken::Word(_))).collect();
    let [text, bytes] = [SourceToken::Text, SourceToken::Bytes];
    assert_eq!(
        literals,
        [
            text("kept".into()),
            text("raw \"x\" end".into()),
            bytes("by\\\"tes".into()),
            text("last".into())
        ]
    );
    assert_eq!(excluded, ["apart", "tests"]);
}
