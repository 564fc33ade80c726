//! A golden file: compares its content with what the code computes, or rewrites it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// The lines of one golden file as the code computes them now.
pub(crate) struct GoldenPage {
    file: &'static str,
    about: &'static str,
    section: String,
    lines: Vec<String>,
}

impl GoldenPage {
    /// An empty page; `about` is the comment at its head.
    pub(crate) fn new(file: &'static str, about: &'static str) -> Self {
        Self { file, about, section: String::new(), lines: Vec::new() }
    }

    /// Begins a section.
    pub(crate) fn section(&mut self, title: &str) {
        self.section = title.to_owned();
        self.lines.extend([String::new(), format!("[{title}]")]);
    }

    /// Adds an item with a name.
    pub(crate) fn item(&mut self, name: impl Display, value: impl Display) {
        self.line(format!("{name} = {value}"));
    }

    /// Adds an item without a name.
    pub(crate) fn line(&mut self, line: impl Display) {
        let line = line.to_string();
        assert!(!line.contains('\n'), "{}: one line an item: {line:?}", self.section);
        self.lines.push(line);
    }

    fn text(&self) -> String {
        let head: Vec<String> =
            self.about.lines().map(|line| format!("# {line}").trim_end().to_owned()).collect();
        head.into_iter().chain(self.lines.iter().cloned()).map(|line| line + "\n").collect()
    }

    /// Compares the page with its file, or writes the file when `THIDUA_BLESS` is set.
    pub(crate) fn compare_or_bless(&self) {
        if std::env::var_os("THIDUA_BLESS").is_some() {
            fs::write(self.path(), self.text()).unwrap();
        } else {
            self.compare();
        }
    }

    fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(self.file)
    }

    /// Compares the page with its file, which another test writes.
    pub(crate) fn compare(&self) {
        let (stored, now) = (fs::read_to_string(self.path()).unwrap_or_default(), self.text());
        if stored != now && std::env::var_os("THIDUA_BLESS").is_none() {
            let difference = difference(&stored, &now);
            panic!(
                "tests/golden/{} is not what the code makes (- was, + is now):\n\n{difference}\n\
                 What stands in this file is data: rename the code, not the string. \
                 If the change is meant, run\n  \
                 THIDUA_BLESS=1 cargo nextest run --locked --test golden\n\
                 and say in CHANGELOG.md what it breaks.",
                self.file
            );
        }
    }
}

/// Lines with their section, each with its count.
fn count_lines(text: &str) -> BTreeMap<(String, String), i64> {
    let (mut section, mut counts) = (String::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            section = line.to_owned();
        }
        *counts.entry((section.clone(), line.to_owned())).or_default() += 1;
    }
    counts
}

/// Removed and added lines, by section.
fn difference(stored: &str, now: &str) -> String {
    let mut changes = count_lines(now);
    for (line, count) in count_lines(stored) {
        *changes.entry(line).or_default() -= count;
    }
    let (mut text, mut last) = (String::new(), None);
    for ((section, line), count) in changes.into_iter().filter(|(_, count)| *count != 0) {
        if last.as_ref() != Some(&section) {
            text += &format!("{section}\n");
        }
        let mark = if count < 0 { '-' } else { '+' };
        text += &format!("  {mark} {line}\n");
        last = Some(section);
    }
    if text.is_empty() { "the same lines in another order\n".to_owned() } else { text }
}

#[test]
fn a_difference_names_the_section_the_line_that_went_and_the_line_that_came() {
    let (stored, now) = (
        "# head\n\n[a]\nx = 1\ny = 2\n\n[b]\nx = 1\n",
        "# head\n\n[a]\nx = 1\ny = 3\n\n[b]\nx = 1\n",
    );
    assert_eq!(difference(stored, now), "[a]\n  - y = 2\n  + y = 3\n");
    assert_eq!(difference("a\nb\n", "b\na\n"), "the same lines in another order\n");
}
