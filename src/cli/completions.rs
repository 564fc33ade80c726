//! `thidua completions SHELL`: prints the completion script of a shell.

use super::error::CliResult;
use clap::CommandFactory;
use clap_complete::Shell;

/// `thidua completions`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua completions bash > /etc/bash_completion.d/thidua
  thidua completions zsh > ~/.zfunc/_thidua")]
pub(super) struct Args {
    /// Shell.
    shell: Shell,
}

pub(super) fn run(args: &Args) -> CliResult {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "thidua", &mut text);
    // A closed pipe is not an error.
    let _ = std::io::Write::write_all(&mut std::io::stdout().lock(), &text);
    Ok(())
}
