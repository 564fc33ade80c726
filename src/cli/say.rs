//! How the programme talks: answers on standard output, failures and remarks on standard error; JSON instead when asked.
//!
//! Keys and JSON are English whatever the language. Colours only where a person looks.

use super::failure::{Failure, Finding};
use crate::domain::broken::Grade;
use crate::domain::lang::Lang;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// The voice of the programme.
pub(super) struct Say {
    /// Language of texts.
    pub(super) lang: Lang,
    /// Answer in JSON.
    pub(super) json: bool,
    colours: bool,
}

/// Colours that say something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Colour {
    /// Went well, or is new.
    Green,
    /// Refused, or gone.
    Red,
    /// A warning.
    Yellow,
}

impl Say {
    pub(super) fn new(lang: Lang, json: bool) -> Self {
        let plain = json || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = !plain && std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        Self { lang, json, colours }
    }

    /// The text in the language of the person.
    pub(super) fn pick<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(vi, en)
    }

    /// One line of an answer. Whoever closes the pipe has read enough.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
    }

    /// A whole text as it is.
    pub(super) fn text(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    /// A remark beside the answer.
    pub(super) fn remark(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
    }

    /// The answer: `text` for a person, `value` with `--json`.
    pub(super) fn answer(&self, text: impl FnOnce() -> String, value: impl FnOnce() -> Value) {
        if self.json { self.line(format!("{:#}", value())) } else { self.line(text()) }
    }

    /// A text in a colour.
    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Green => 32,
            Colour::Red => 31,
            Colour::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Findings that do not stop a step, beside the answer.
    pub(super) fn warn(&self, findings: &[Finding]) {
        for finding in findings {
            self.remark(self.paint(Colour::Yellow, &finding.line(self.lang)));
        }
    }

    /// Says why the subcommand failed.
    pub(super) fn failed(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.remark(format!("{:#}", json!({ "error": failure_json(failure, self.lang) })));
        } else {
            let head = format!("{}: {}: {}", self.pick("lỗi", "error"), failure.code, failure.text(self.lang));
            self.remark(self.paint(Colour::Red, &head));
            failure.findings.iter().for_each(|finding| self.remark(format!("  {}", finding.line(self.lang))));
        }
        ExitCode::from(if failure.usage { 2 } else { 1 })
    }

    /// A list: a table for a person, objects with these keys with `--json`.
    pub(super) fn rows(&self, headings: &[&str], keys: &[&str], rows: &[Vec<String>]) {
        if !self.json {
            return self.table(headings, rows);
        }
        let object = |row: &Vec<String>| -> Value {
            let pairs = keys.iter().zip(row).map(|(key, cell)| ((*key).to_owned(), json!(cell)));
            Value::Object(pairs.collect())
        };
        let list: Vec<Value> = rows.iter().map(object).collect();
        self.line(format!("{:#}", Value::Array(list)));
    }

    /// Rows under headings, columns aligned; figures to the right.
    pub(super) fn table(&self, headings: &[&str], rows: &[Vec<String>]) {
        let widths: Vec<usize> = (0..headings.len())
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
                cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
            })
            .collect();
        self.line(aligned(headings.iter().copied(), &widths));
        for row in rows {
            self.line(aligned(row.iter().map(String::as_str), &widths));
        }
    }
}

fn aligned<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.zip(widths) {
        let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
        let figure = cell.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            && cell.chars().all(|one| one.is_ascii_digit() || "-.,%".contains(one));
        line.push_str(&if figure { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
    }
    line.trim_end().to_owned()
}

fn failure_json(failure: &Failure, lang: Lang) -> Value {
    let findings: Vec<Value> = failure.findings.iter().map(|finding| finding_json(finding, lang)).collect();
    json!({ "code": failure.code, "message": failure.text(lang), "findings": findings })
}

/// A finding as JSON.
pub(super) fn finding_json(finding: &Finding, lang: Lang) -> Value {
    let broken = &finding.broken;
    let mut value = json!({
        "code": broken.code,
        "at": broken.at,
        "refuses": broken.grade == Grade::Refuses,
        "message": lang.pick(&broken.vi, &broken.en),
    });
    if let (Some((file, place)), Some(object)) = (&finding.place, value.as_object_mut()) {
        object.insert("file".into(), json!(file));
        object.insert("line".into(), json!(place.line));
        object.insert("column".into(), json!(place.column));
    }
    value
}
