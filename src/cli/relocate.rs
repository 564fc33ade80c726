//! `thidua move`: moves a whole database to another place, SQLite or PostgreSQL, in both
//! directions. The store copies and verifies it.

use super::context::CliContext;
use super::error::CliResult;
use crate::domain::support::message::message;
use crate::store::DatabaseLocation;
use crate::store::relocate::relocate_database;
use serde_json::json;

/// `thidua move`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua move --from sqlite:/var/lib/thidua/thidua.db --to postgres://thidua@localhost/thidua
  thidua move --from postgres://thidua@localhost/thidua --to sqlite:/var/lib/thidua/back.db

End the server first. The place to move to must be empty. Whatever goes wrong, the place to move from stays as it was.")]
pub(super) struct Args {
    /// Where the data is now: sqlite:PATH or postgres://...
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where it goes, empty: sqlite:PATH or postgres://...
    #[arg(long, value_name = "URL")]
    to: String,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let output = &ctx.output;
    output.print_remark(output.text("relocate-moving-checking-each-table"));
    let moved = relocate_database(
        &DatabaseLocation::parse(&args.from),
        &DatabaseLocation::parse(&args.to),
    )?;
    let (rows, tables, seq) = (moved.row_count, moved.table_count, moved.head.seq);
    output.print_answer(
        || {
            let done = output.say(message!("relocate-moved", rows, tables, seq));
            // The URL may hold a password, so it is not printed.
            let next = output.text("relocate-next-set-database-url");
            format!("{done}\n{next}")
        },
        || json!({ "rows": rows, "tables": tables, "epoch": moved.head.epoch, "seq": seq }),
    );
    Ok(())
}
