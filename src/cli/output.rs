//! Prints answers to standard output, errors and remarks to standard error; text, or JSON with
//! `--json`.
//!
//! Keys and JSON are English in every language. Colours are used only on a terminal. No control
//! character of a text from outside reaches it.

use super::error::{CliError, CliFinding};
use crate::domain::support::message::{Message, message};
use crate::domain::support::text::{escape_controls, escape_lines};
use crate::exchange::outcome_json;
use crate::i18n::Lang;
use serde_json::{Value, json};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Prints in one language and format.
pub(super) struct Output {
    /// Language of texts.
    pub(super) lang: Lang,
    /// Prints JSON instead of text.
    pub(super) json: bool,
    use_colours: bool,
}

/// Colours by meaning.
#[derive(Debug, Clone, Copy)]
pub(super) enum Colour {
    /// Success, or a new entry.
    Green,
    /// A refusal, or a removed entry.
    Red,
    /// A warning.
    Yellow,
}

impl Colour {
    const ALL: [Self; 3] = [Self::Green, Self::Red, Self::Yellow];
    /// Ends a colour in a text that is not printed yet, like the marks of the colours. Escaping
    /// leaves these characters, which no text exchange uses (noncharacters of Unicode).
    const END: char = '\u{fdd3}';

    fn mark(self) -> char {
        match self {
            Self::Green => '\u{fdd0}',
            Self::Red => '\u{fdd1}',
            Self::Yellow => '\u{fdd2}',
        }
    }

    fn sequence(self) -> &'static str {
        match self {
            Self::Green => "\u{1b}[32m",
            Self::Red => "\u{1b}[31m",
            Self::Yellow => "\u{1b}[33m",
        }
    }
}

/// A text for a terminal or a pipe: controls escaped, then the program's own colours.
fn terminal_text(text: &str) -> String {
    Colour::ALL
        .into_iter()
        .fold(escape_lines(text).into_owned(), |text, colour| {
            text.replace(colour.mark(), colour.sequence())
        })
        .replace(Colour::END, "\u{1b}[0m")
}

impl Output {
    pub(super) fn new(lang: Lang, json: bool) -> Self {
        let plain = json || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let use_colours =
            !plain && std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        Self { lang, json, use_colours }
    }

    /// The sentence of a code that has no values, in the output's language.
    pub(super) fn text(&self, id: &str) -> &'static str {
        self.lang.text(id)
    }

    /// A message in the output's language.
    pub(super) fn say(&self, message: impl Borrow<Message>) -> String {
        self.lang.say(message)
    }

    /// Prints one line. A closed pipe is not an error.
    pub(super) fn print_line(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stdout().lock(), "{}", terminal_text(text.as_ref()));
    }

    /// Prints the text of a file.
    pub(super) fn print_text(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(escape_lines(text).as_bytes());
    }

    /// Prints a remark to standard error.
    pub(super) fn print_remark(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", terminal_text(text.as_ref()));
    }

    /// Prints the answer: `text`, or with `--json` `value`.
    pub(super) fn print_answer(
        &self,
        text: impl FnOnce() -> String,
        value: impl FnOnce() -> Value,
    ) {
        if self.json { self.print_line(format!("{:#}", value())) } else { self.print_line(text()) }
    }

    /// A text in a colour.
    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.use_colours {
            return text.to_owned();
        }
        format!("{}{text}{}", colour.mark(), Colour::END)
    }

    /// Prints findings that do not stop a step to standard error.
    pub(super) fn print_warnings(&self, findings: &[CliFinding]) {
        for line in group_findings(findings, self.lang) {
            self.print_remark(self.paint(Colour::Yellow, &line));
        }
    }

    /// Prints why the subcommand failed, and returns the exit code.
    pub(super) fn print_error(&self, failure: &CliError) -> ExitCode {
        if self.json {
            self.print_remark(format!(
                "{:#}",
                json!({ "error": failure_json(failure, self.lang) })
            ));
        } else {
            let head = format!(
                "{}: {}: {}",
                self.text("output-error"),
                failure.code,
                self.say(&failure.message)
            );
            self.print_remark(self.paint(Colour::Red, &head));
            for line in group_findings(&failure.findings, self.lang) {
                self.print_remark(format!("  {line}"));
            }
        }
        ExitCode::from(if failure.is_usage_error { 2 } else { 1 })
    }

    /// The word of the language for a code of a state, or several after commas; any other text as
    /// it is.
    pub(super) fn code_text(&self, code: &str) -> String {
        let word = |code: &str| self.lang.find_text(&format!("code-{code}")).map(str::to_owned);
        code.split(", ")
            .map(word)
            .collect::<Option<Vec<_>>>()
            .map_or_else(|| code.to_owned(), |words| words.join(", "))
    }

    /// Prints a list: a table, or with `--json` objects with these keys.
    pub(super) fn print_rows(&self, headings: &[&str], keys: &[&str], rows: &[Vec<String>]) {
        if !self.json {
            let shown = |row: &Vec<String>| row.iter().map(|cell| self.code_text(cell)).collect();
            return self.print_table(headings, &rows.iter().map(shown).collect::<Vec<_>>());
        }
        let object = |row: &Vec<String>| -> Value {
            let pairs = keys.iter().zip(row).map(|(key, cell)| ((*key).to_owned(), json!(cell)));
            Value::Object(pairs.collect())
        };
        let list: Vec<Value> = rows.iter().map(object).collect();
        self.print_line(format!("{:#}", Value::Array(list)));
    }

    /// Prints rows under headings, columns aligned, figures to the right.
    pub(super) fn print_table(&self, headings: &[&str], rows: &[Vec<String>]) {
        let escape = |cell: &String| escape_controls(cell).into_owned();
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(escape).collect()).collect();
        let widths: Vec<usize> = (0..headings.len())
            .map(|column| {
                let cells =
                    rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
                cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
            })
            .collect();
        self.print_line(align_cells(headings.iter().copied(), &widths));
        for row in &rows {
            self.print_line(align_cells(row.iter().map(String::as_str), &widths));
        }
    }
}

/// A finding that stands at more places of one file than this is printed once.
const REPEATS_SHOWN_MAX: usize = 3;
/// Lines named beside such a finding.
const REPEATED_LINES_MAX: usize = 10;

/// The lines of findings; one that many lines of a file have is printed once, with the lines of the
/// others.
fn group_findings(findings: &[CliFinding], lang: Lang) -> Vec<String> {
    let mut groups: Vec<Vec<&CliFinding>> = Vec::new();
    let mut known: HashMap<(&str, &str, String), usize> = HashMap::new();
    for finding in findings {
        let (code, violation) = (finding.code(), &finding.violation);
        let Some((file, _)) = &finding.place else {
            groups.push(vec![finding]);
            continue;
        };
        let key = (file.as_str(), code, violation.message.text(lang));
        let group = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.iter().flat_map(|group| group_lines(group, lang)).collect()
}

fn group_lines(group: &[&CliFinding], lang: Lang) -> Vec<String> {
    if group.len() <= REPEATS_SHOWN_MAX {
        return group.iter().map(|finding| finding.to_line(lang)).collect();
    }
    let others = &group[1..];
    let lines = others.iter().take(REPEATED_LINES_MAX);
    let mut list: Vec<String> = lines
        .filter_map(|finding| finding.place.as_ref().map(|(_, place)| place.line.to_string()))
        .collect();
    if others.len() > REPEATED_LINES_MAX {
        list.push("...".to_owned());
    }
    let (count, list) = (others.len(), list.join(", "));
    let more = lang.say(message!("output-same-in-more-lines", count, list));
    vec![format!("{}; {more}", group[0].to_line(lang))]
}

fn align_cells<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.zip(widths) {
        let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
        let figure = cell.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            && cell.chars().all(|one| one.is_ascii_digit() || "-.,%".contains(one));
        line.push_str(&if figure { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
    }
    line.trim_end().to_owned()
}

fn failure_json(failure: &CliError, lang: Lang) -> Value {
    let findings: Vec<Value> =
        failure.findings.iter().map(|finding| finding_json(finding, lang)).collect();
    json!({ "code": failure.code, "message": failure.message.text(lang), "findings": findings })
}

/// A finding as JSON.
pub(super) fn finding_json(finding: &CliFinding, lang: Lang) -> Value {
    let place = finding.place.as_ref().map(|(file, position)| (file.as_str(), *position));
    let mut value =
        outcome_json::finding_json(place, &finding.violation, finding.cell.as_deref(), lang);
    value["code"] = json!(finding.code());
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_the_programs_colours_and_no_control_of_a_text_from_outside() {
        let output = Output { lang: Lang::EN, json: false, use_colours: true };
        let name = "Xã\u{1b}]0;x\u{7}\u{9b}2J\u{202e}";
        let painted = output.paint(Colour::Red, name);
        assert_eq!(
            terminal_text(&format!("{painted}\n{name}")),
            "\u{1b}[31mXã\\u001b]0;x\\u0007\\u009b2J\\u202e\u{1b}[0m\nXã\\u001b]0;x\\u0007\\u009b2J\\u202e"
        );
        let json = format!("{:#}", json!({ "name": name }));
        let read: Value = serde_json::from_str(&terminal_text(&json)).unwrap();
        assert_eq!(read["name"], name, "the escapes are JSON's");
    }
}
