//! The binary `thidua`.

#[cfg(feature = "server")]
fn main() -> std::process::ExitCode {
    thidua::cli::main()
}

/// A build for phones has a library and no binary.
#[cfg(not(feature = "server"))]
fn main() {}
