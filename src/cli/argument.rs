//! Texts among the arguments: every one is composed, has no control character and a bounded length
//! before a subcommand sees it. Paths keep their bytes, but have no control character either.

use crate::domain::support::limits::{ACCOUNT_LABEL, ARGUMENT, NOTE};
use crate::domain::support::text::{
    TextFault, TextLimit, checked_text, escape_controls, is_control,
};
use crate::i18n::Lang;
use clap::{Arg, Command};
use std::any::TypeId;
use std::ffi::OsString;

/// What the arguments of these names take; every other one takes a word.
const LIMITS: [(&str, TextLimit); 7] = [
    ("account", ACCOUNT_LABEL),
    ("admin", ACCOUNT_LABEL),
    ("basis", NOTE),
    ("note", NOTE),
    ("purpose", NOTE),
    ("reason", NOTE),
    ("text", NOTE),
];

/// The command with a check of every argument that is a text.
pub(super) fn with_checked_texts(command: Command, lang: Lang) -> Command {
    command
        .mut_args(|argument| with_check(argument, lang))
        .mut_subcommands(|subcommand| with_checked_texts(subcommand, lang))
}

fn with_check(argument: Arg, lang: Lang) -> Arg {
    if argument.get_value_parser().type_id() != TypeId::of::<String>() {
        return argument;
    }
    let name = argument.get_id().as_str();
    let limit = LIMITS.iter().find(|(id, _)| *id == name).map_or(ARGUMENT, |(_, limit)| *limit);
    argument.value_parser(move |text: &str| {
        checked_text(text, limit).map_err(|fault| fault_text(fault, lang))
    })
}

/// The line that refuses a control character in an argument or in a variable of the program;
/// `None` if there is none. Line breaks and tabs are left to the checks of the texts.
pub(super) fn find_control(arguments: &[OsString], lang: Lang) -> Option<String> {
    let variables = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("THIDUA_"))
        .map(|(_, value)| value);
    arguments.iter().cloned().chain(variables).find_map(|typed| {
        let text = typed.to_string_lossy();
        let found = text.chars().find(|c| !matches!(c, '\t' | '\n' | '\r') && is_control(*c))?;
        Some(format!("{}: {}", escape_controls(&text), fault_text(TextFault::Control(found), lang)))
    })
}

fn fault_text(fault: TextFault, lang: Lang) -> String {
    let violation = fault.to_violation("");
    format!("{}: {}", violation.code, violation.message.text(lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(arguments: &[&str]) -> Result<clap::ArgMatches, clap::Error> {
        let command = with_checked_texts(crate::cli::Cli::command(), Lang::VI);
        command.try_get_matches_from([&["thidua"], arguments].concat())
    }

    #[test]
    fn a_text_among_the_arguments_is_composed_bounded_and_of_one_line() {
        let grant = ["access", "grant", "--role", "REPORTER", "--unit", "x", "--account"];
        let parsed = parse(&[&grant[..], &["xa\u{303}-1"]].concat()).unwrap();
        let (_, access) = parsed.subcommand().unwrap();
        let (_, grants) = access.subcommand().unwrap();
        assert_eq!(grants.get_one::<String>("account").unwrap(), "xã-1");
        for label in ["a\nb", &"x".repeat(65)] {
            assert!(parse(&[&grant[..], &[label]].concat()).is_err(), "{label:?}");
        }
        let fill = parse(&["field", "fill", "r", "--note", "nhập\nnhầm"]).unwrap();
        let (_, field) = fill.subcommand().unwrap();
        let (_, fill) = field.subcommand().unwrap();
        assert_eq!(fill.get_one::<String>("note").unwrap(), "nhập nhầm");
    }

    #[test]
    fn a_control_character_is_named_and_not_repeated() {
        let refused = find_control(&["a\u{1b}[2J".into()], Lang::VI).unwrap();
        assert!(refused.starts_with("a\\u001b[2J: CONTROL_CHARACTER: "), "{refused}");
        assert_eq!(find_control(&["Xã Hai.csv".into(), "a\tb".into()], Lang::VI), None);
    }
}
