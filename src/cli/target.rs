//! `thidua target eval` and `thidua target chance`.
//!
//! Reads JSON objects or arguments, calls `domain::target_rule`, prints. Changes nothing.

mod input;
mod output;

use crate::domain::report::element::ElementCode;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::text::normalize;
use crate::domain::target_rule::{Target, TargetChance};
use crate::i18n::Lang;
use crate::server::escaped_writer::EscapedWriter;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Most bytes read from standard input.
const INPUT_MAX: u64 = 64 << 20;

/// `thidua target ...`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: TargetCommand,
    /// Language of texts: vi or en.
    #[arg(long, global = true, default_value = "vi", value_parser = super::context::parse_lang)]
    lang: Lang,
}

#[derive(Debug, clap::Subcommand)]
enum TargetCommand {
    /// Evaluate targets: JSON objects on standard input, one line of answer for each.
    ///
    /// Changes nothing.
    #[command(after_help = "Examples:
  echo '{\"target\": \"change(count(so_offences)) <= -7%\", \"elements\": {\"so_offences\": 418}, \"baseline\": {\"so_offences\": 450}}' | thidua target eval --json")]
    Eval {
        /// Answer in JSON, keys that do not apply null; else in one sentence.
        #[arg(long)]
        json: bool,
    },
    /// Tell how often a target would be met although nothing changed.
    #[command(after_help = "Examples:
  thidua target chance --base 450 \"change(count(x) vs fixed(450), rel) <= -7%\"")]
    Chance {
        /// Expected count: a number for every element, or ELEMENT=NUMBER, repeated.
        #[arg(long, required = true, value_parser = parse_expected_cases)]
        base: Vec<ExpectedCases>,
        /// The target.
        target: String,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `450` or `so_offences=450`.
#[derive(Debug, Clone)]
struct ExpectedCases {
    element: Option<ElementCode>,
    expected: Ratio,
}

fn parse_expected_cases(text: &str) -> Result<ExpectedCases, String> {
    let (element, number) = match text.split_once('=') {
        Some((code, number)) => {
            (Some(ElementCode::new(code).map_err(|bad| bad.to_string())?), number)
        }
        None => (None, text),
    };
    let expected = Ratio::parse(number).map_err(|bad| bad.to_string())?;
    if expected.is_negative() {
        Err("an expected count is not below zero".to_owned())
    } else {
        Ok(ExpectedCases { element, expected })
    }
}

/// Runs the subcommand; the exit code is 1 if one question could not be answered.
pub fn run(args: &Args, stdin: &mut dyn Read, stdout: &mut dyn Write) -> ExitCode {
    let mut stdout = EscapedWriter::for_lines(stdout);
    let answered = match &args.command {
        TargetCommand::Eval { json } => eval_targets(*json, args.lang, stdin, &mut stdout),
        TargetCommand::Chance { base, target, json } => {
            print_chance(base, target, *json, args.lang, &mut stdout)
        }
    };
    // A closed pipe (`| head`) is not an error.
    if answered.unwrap_or(true) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A question that could not be answered, and why.
pub(super) struct TargetInputError {
    pub(super) code: &'static str,
    /// Column in the target's text.
    pub(super) column: Option<usize>,
    pub(super) text: String,
}

impl TargetInputError {
    fn new(code: &'static str, text: String) -> Self {
        Self { code, column: None, text }
    }

    fn write_to(&self, json: bool, stdout: &mut dyn Write) -> io::Result<()> {
        if json {
            writeln!(
                stdout,
                "{}",
                json!({"error": {"code": self.code, "column": self.column, "text": self.text}})
            )
        } else {
            writeln!(stdout, "{}: {}", self.code, self.text)
        }
    }
}

fn eval_targets(
    json: bool,
    lang: Lang,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
) -> io::Result<bool> {
    let mut bytes = Vec::new();
    stdin.take(INPUT_MAX).read_to_end(&mut bytes)?;
    if let Ok(text) = std::str::from_utf8(&bytes)
        && let Cow::Owned(composed) = normalize(text)
    {
        bytes = composed.into_bytes();
    }
    let mut answered = 0;
    let mut all = true;
    for object in parse_json_values(&bytes) {
        let object = object.map_err(|error| json_error(&error, lang));
        match object.and_then(|object| input::EvalInput::from_json(&object, lang)) {
            Ok(question) => {
                let evaluation = question.target.evaluate(&question.figures, &question.terms);
                let line = if json {
                    output::evaluation_json(&evaluation, lang).to_string()
                } else {
                    evaluation.message().text(lang)
                };
                writeln!(stdout, "{line}")?;
            }
            Err(refusal) => {
                refusal.write_to(json, stdout)?;
                all = false;
            }
        }
        answered += 1;
    }
    if answered == 0 {
        let text = lang.text("target-nothing-given-put-one");
        TargetInputError::new("NO_INPUT", text.to_owned()).write_to(json, stdout)?;
    }
    Ok(all && answered > 0)
}

/// Reads every JSON value in turn; after one that does not parse, continues at the next line. An
/// error carries its line.
fn parse_json_values(
    bytes: &[u8],
) -> impl Iterator<Item = Result<Value, (usize, serde_json::Error)>> {
    let mut read = 0;
    std::iter::from_fn(move || {
        let rest = &bytes[read..];
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let (start, rest) = (read + blank, &rest[blank..]);
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        let value = values.next()?;
        read = start + values.byte_offset().min(rest.len());
        Some(value.map_err(|error| {
            read = start + offset_after_line(rest, error.line());
            let before = bytes[..start].iter().filter(|byte| **byte == b'\n').count();
            (before + error.line(), error)
        }))
    })
}

/// Offset of the line after line `number` (from 1).
fn offset_after_line(bytes: &[u8], number: usize) -> usize {
    let mut ends =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.nth(number.saturating_sub(1)).unwrap_or(bytes.len())
}

fn json_error((line, error): &(usize, serde_json::Error), lang: Lang) -> TargetInputError {
    // serde_json counts lines from the start of the value; replaces them by lines of the input.
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or(&why).to_owned();
    TargetInputError::new("BAD_JSON", lang.say(message!("target-line-not-json", line, why)))
}

fn print_chance(
    bases: &[ExpectedCases],
    text: &str,
    json: bool,
    lang: Lang,
    stdout: &mut dyn Write,
) -> io::Result<bool> {
    let every = bases.iter().find(|base| base.element.is_none()).map(|base| base.expected);
    let named: BTreeMap<ElementCode, Ratio> =
        bases.iter().filter_map(|base| Some((base.element.clone()?, base.expected))).collect();
    let base = |code: &ElementCode| named.get(code).copied().or(every);
    let result = input::parse_target(text, lang).and_then(|target: Target| {
        target
            .compute_chance(&base)
            .map_err(|no| TargetInputError::new("NO_LUCK", no.message().text(lang)))
    });
    match result {
        Ok(chance) if json => writeln!(stdout, "{}", output::chance_json(&chance, lang))?,
        Ok(chance) => print_sentences(&chance, 0, lang, stdout)?,
        Err(refusal) => {
            refusal.write_to(json, stdout)?;
            return Ok(false);
        }
    }
    Ok(true)
}

fn print_sentences(
    chance: &TargetChance,
    depth: usize,
    lang: Lang,
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    writeln!(stdout, "{indent}{}\n{indent}{}", chance.target, chance.message().text(lang))?;
    chance.members.iter().try_for_each(|member| print_sentences(member, depth + 1, lang, stdout))
}

#[cfg(test)]
mod tests;
