//! The help of the command line in one language.
//!
//! English stands at each argument, where clap reads it. Other languages have it under
//! `help-COMMAND` and `help-COMMAND--ARGUMENT` in the catalogue, with `help--ARGUMENT` for the
//! arguments of every command.

use super::context::terminal_lang;
use crate::i18n::Lang;
use clap::{Arg, Command};
use std::ffi::OsString;

/// The heading of examples, as the commands write it.
const EXAMPLES: &str = "Examples:";

/// The language that the arguments or the environment ask for, before they are parsed.
pub(super) fn requested_lang(arguments: &[OsString]) -> Lang {
    let texts: Vec<&str> = arguments.iter().filter_map(|one| one.to_str()).collect();
    let inline = texts.iter().find_map(|text| text.strip_prefix("--lang="));
    let separate = texts.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1]);
    let variable = std::env::var("THIDUA_LANG").ok();
    let named = inline.or(separate).or(variable.as_deref()).and_then(Lang::parse);
    named.unwrap_or_else(terminal_lang)
}

/// The command with its help in a language.
pub(super) fn in_language(mut command: Command, lang: Lang) -> Command {
    if lang == Lang::EN {
        return command;
    }
    // Adds the subcommand and the flags of the help itself, so that they are translated too.
    command.build();
    translate(command, "", lang)
}

fn translate(command: Command, path: &str, lang: Lang) -> Command {
    let find = |id: &str| lang.find_text(&format!("help-{id}"));
    let name = if path.is_empty() { "thidua" } else { path };
    let template = format!(
        "{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}",
        lang.text("help-usage")
    );
    let about = find(name).map_or_else(|| command.get_about().cloned(), |text| Some(text.into()));
    let after = command.get_after_help().map(|text| {
        let text = text.to_string().replacen(EXAMPLES, lang.text("help-examples"), 1);
        find(&format!("{name}-after")).map_or(text.clone(), |more| format!("{text}\n\n{more}"))
    });
    let mut command = command
        .help_template(template)
        .subcommand_help_heading(lang.text("help-commands"))
        .mut_args(|arg| translate_argument(arg, path, lang));
    if let Some(about) = about {
        command = command.about(about).long_about(None::<&str>);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command.mut_subcommands(|sub| {
        let separator = if path.is_empty() { "" } else { "-" };
        let path = format!("{path}{separator}{}", sub.get_name());
        translate(sub, &path, lang)
    })
}

fn translate_argument(arg: Arg, path: &str, lang: Lang) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let heading = if arg.is_positional() { "help-arguments" } else { "help-options" };
    let own = lang.find_text(&format!("help-{path}--{id}"));
    let text = own.or_else(|| lang.find_text(&format!("help--{id}")));
    let arg = arg.help_heading(lang.text(heading));
    match text {
        Some(text) => arg.help(text).long_help(None::<&str>),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn missing(command: &Command, path: &str, lang: Lang, found: &mut Vec<String>) {
        let name = if path.is_empty() { "thidua" } else { path };
        if lang.find_text(&format!("help-{name}")).is_none() {
            found.push(format!("help-{name}"));
        }
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            let ids = [format!("help-{path}--{id}"), format!("help--{id}")];
            if ids.iter().all(|id| lang.find_text(id).is_none()) {
                found.push(ids[0].clone());
            }
        }
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let separator = if path.is_empty() { "" } else { "-" };
            missing(sub, &format!("{path}{separator}{}", sub.get_name()), lang, found);
        }
    }

    #[test]
    fn every_command_and_argument_has_its_help_in_every_language() {
        let mut command = crate::cli::Cli::command();
        command.build();
        for lang in Lang::all().filter(|lang| *lang != Lang::EN) {
            let mut found = Vec::new();
            missing(&command, "", lang, &mut found);
            assert!(found.is_empty(), "{lang}: no help in i18n/{lang}/server-help.ftl: {found:#?}");
        }
    }
}
