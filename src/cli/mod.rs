//! Talks to a person in a terminal: one file a subcommand, each with its `Args` and `run`.
//!
//! Knows every room; decides nothing about campaigns.

pub mod demo;
pub mod target;

use clap::{Parser, Subcommand};
use std::io;
use std::process::ExitCode;

/// Offline-first service on which a public authority runs its campaigns.
#[derive(Debug, Parser)]
#[command(name = "thidua", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Chỉ tiêu: evaluate targets exactly, or tell how often one is met by chance.
    Target(target::Args),
}

/// Reads the arguments of the process and runs the subcommand that they name.
#[must_use]
pub fn run() -> ExitCode {
    match &Cli::parse().command {
        Command::Target(args) => target::run(args, &mut io::stdin().lock(), &mut io::stdout().lock()),
    }
}
