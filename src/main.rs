//! The programme `thidua`: arguments to a subcommand, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    thidua::cli::run()
}
