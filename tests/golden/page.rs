//! A golden file: what it says now against what was committed, and how to write it anew. Knows no
//! item of it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// The lines of one golden file, as the code makes them now.
pub(crate) struct Page {
    file: &'static str,
    about: &'static str,
    section: String,
    lines: Vec<String>,
}

impl Page {
    /// An empty page; `about` is the comment at its head.
    pub(crate) fn new(file: &'static str, about: &'static str) -> Self {
        Self { file, about, section: String::new(), lines: Vec::new() }
    }

    /// Begins a part of the page.
    pub(crate) fn section(&mut self, title: &str) {
        self.section = title.to_owned();
        self.lines.extend([String::new(), format!("[{title}]")]);
    }

    /// One item.
    pub(crate) fn item(&mut self, name: impl Display, value: impl Display) {
        self.line(format!("{name} = {value}"));
    }

    /// One item that needs no name.
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
    pub(crate) fn hold(&self) {
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
        let (kept, now) = (fs::read_to_string(self.path()).unwrap_or_default(), self.text());
        if kept != now && std::env::var_os("THIDUA_BLESS").is_none() {
            let difference = difference(&kept, &now);
            panic!(
                "tests/golden/{} is not what the code makes (- was, + is now):\n\n{difference}\n\
                 What stands in this file is data: rename the code, not the string. If the change is meant, run\n  \
                 THIDUA_BLESS=1 cargo nextest run --locked --test golden\nand say in CHANGELOG.md what it breaks.",
                self.file
            );
        }
    }
}

/// Lines by their section, each with how often it stands there.
fn counted(text: &str) -> BTreeMap<(String, String), i64> {
    let (mut section, mut counts) = (String::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            section = line.to_owned();
        }
        *counts.entry((section.clone(), line.to_owned())).or_default() += 1;
    }
    counts
}

/// Lines that went and lines that came, by section.
fn difference(kept: &str, now: &str) -> String {
    let mut changes = counted(now);
    for (line, count) in counted(kept) {
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
    let (kept, now) = (
        "# head\n\n[a]\nx = 1\ny = 2\n\n[b]\nx = 1\n",
        "# head\n\n[a]\nx = 1\ny = 3\n\n[b]\nx = 1\n",
    );
    assert_eq!(difference(kept, now), "[a]\n  - y = 2\n  + y = 3\n");
    assert_eq!(difference("a\nb\n", "b\na\n"), "the same lines in another order\n");
}
