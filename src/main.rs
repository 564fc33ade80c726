//! The programme `thidua`: arguments to a subcommand, nothing else.

#[cfg(feature = "server")]
fn main() -> std::process::ExitCode {
    thidua::cli::main()
}

/// A build for phones has a library and no programme.
#[cfg(not(feature = "server"))]
fn main() {}
