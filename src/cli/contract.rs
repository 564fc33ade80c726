//! `thidua contract openapi`: prints the contract for tools that read OpenAPI.

use super::context::CliContext;
use super::error::CliResult;
use super::openapi::openapi_document;

/// `thidua contract`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua contract openapi > thidua.openapi.json")]
pub(super) struct Args {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ContractCommand {
    /// Print the unary calls in JSON as OpenAPI 3.1.
    Openapi,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match args.command {
        ContractCommand::Openapi => {
            let document = openapi_document();
            ctx.output.print_text(&format!("{document:#}\n"));
            Ok(())
        }
    }
}
