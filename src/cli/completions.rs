//! `thidua completions SHELL`: what a shell needs to complete our commands.

use super::error::CliResult;
use clap::CommandFactory;
use clap_complete::Shell;

/// `thidua completions`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua completions bash > /etc/bash_completion.d/thidua
  thidua completions zsh > ~/.zfunc/_thidua")]
pub(super) struct Args {
    /// Shell.
    shell: Shell,
}

pub(super) fn run(args: &Args) -> CliResult {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "thidua", &mut text);
    // Whoever closes the pipe has read enough.
    let _ = std::io::Write::write_all(&mut std::io::stdout().lock(), &text);
    Ok(())
}
