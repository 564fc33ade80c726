//! The command line: one file for each subcommand, with its `Args` and `run`.
//!
//! Must not decide about campaigns. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

mod access;
mod access_key;
mod argument;
mod audit;
mod audit_output;
mod audit_proof;
mod backup;
mod backup_locations;
mod baseline;
mod campaign;
mod campaign_award;
mod campaign_conclusion;
mod campaign_lifecycle;
mod campaign_new;
mod campaign_reference;
mod campaign_schema;
mod card_pdf;
mod cards;
mod completions;
mod context;
mod contract;
mod database_connection;
#[cfg(feature = "demo")]
pub mod demo;
mod desk;
mod desk_actions;
mod doctor;
mod error;
mod export;
mod field;
mod field_fill;
mod field_prompt;
mod file_rights;
mod files;
mod fleet;
mod grant_batch;
mod healthcheck;
mod help;
mod import_commands;
mod import_outcome;
mod init;
mod invite;
mod jobs;
mod live_standings;
mod lookup;
mod lost_commands;
mod morning_report;
mod openapi;
mod org;
mod org_files;
mod org_handover;
mod output;
mod participation;
mod pdf_font;
mod pending_decisions;
mod phone;
mod quality;
mod rehearse;
mod relocate;
mod remind;
mod report;
mod report_import;
mod report_places;
mod report_selection;
mod review;
mod review_batch;
mod runs;
mod score;
mod second_factor;
mod serve;
mod server_check;
mod sign_in;
mod standing_drilldown;
mod standing_format;
mod standings;
pub mod target;
mod telemetry;
#[cfg(feature = "demo")]
mod terminal_qr;
mod tls;
mod web_address;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use context::CliContext;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Offline-first service on which a public authority runs its campaigns.
#[derive(Debug, Parser)]
#[command(name = "thidua", version, about, long_about = None, max_term_width = 120, after_help = examples())]
struct Cli {
    #[command(flatten)]
    common: context::CommonArgs,
    #[command(subcommand)]
    command: CliCommand,
}

/// The examples below the help; `thidua demo` only where it is built in.
fn examples() -> String {
    let demo = if cfg!(feature = "demo") { "\n  thidua demo" } else { "" };
    format!(
        "Examples:{demo}
  thidua init --data thidua-data
  thidua org import examples/tra-vinh/org
  thidua campaign apply -f examples/tra-vinh/elements.toml -f examples/tra-vinh/forms.toml -f examples/tra-vinh/campaign-a.toml
  thidua baseline import -f examples/tra-vinh/baseline.csv --dry-run
  thidua --lang en COMMAND --help"
    )
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// A province runs its campaign through real phones' engines and a real server.
    #[cfg(feature = "demo")]
    Demo(demo::DemoOptions),
    /// Make the data directory, configuration, keys and the first administrator's code.
    Init(init::Args),
    /// Run the server until it is told to end.
    Serve(serve::Args),
    /// Make the private CA and the server's certificate.
    Tls(tls::Args),
    /// Import the organisation, rehearse its changes.
    Org(org::Args),
    /// Apply, check, export and step campaigns; elements and forms.
    Campaign(campaign::Args),
    /// How units take part in campaigns: registrations, launches, pledges, plans.
    Participation(participation::Args),
    /// Import and export the figures of the past.
    Baseline(baseline::Args),
    /// Import and export reports as spreadsheet files.
    Report(report::Args),
    /// Write templates, reports, standings, runs and the organisation as CSV or XLSX.
    Export(export::Args),
    /// How the targets stand, and why.
    Standings(standings::Args),
    /// Write the morning page and its workbook.
    MorningReport(morning_report::Args),
    /// Questions about the quality of figures, and how well the rules do.
    Quality(quality::Args),
    /// Score sheets of units, self, system and cluster side by side; no ranks.
    Score(score::Args),
    /// The audit: verify its chain, show its lines, print checkpoints and proofs, check them.
    Audit(audit::Args),
    /// Published runs: list, show, verify from raw data, compare.
    Runs(runs::Args),
    /// An offline client with plain prompts.
    Field(field::Args),
    /// Review reports at a desk.
    Review(review::Args),
    /// Give roles, hand out enrolment codes, list and revoke devices.
    Access(access::Args),
    /// Printed cards with enrolment codes: make, list, revoke.
    Invite(cards::Args),
    /// Reports that are due or late and not sent, the latest first, for those who remind units.
    Remind(remind::Args),
    /// Every unit, those without a device first: when it was last heard, and what waits at it.
    Fleet(fleet::Args),
    /// List the jobs, run one now, see past runs.
    Jobs(jobs::Args),
    /// Make a verified copy, also in the second place.
    Backup(backup::BackupArgs),
    /// Check a copy from its first row to its last.
    VerifyBackup(backup::VerifyArgs),
    /// Restore a copy; phones send again what was lost.
    Restore(backup::RestoreArgs),
    /// Make this second machine the primary, from the newest copy.
    Promote(backup::PromoteArgs),
    /// Bring the database's schema up to date, a copy first.
    Migrate(backup::MigrateArgs),
    /// Move everything to another database, SQLite or PostgreSQL, and back.
    Move(relocate::Args),
    /// Find what is wrong and say what to do.
    Doctor(doctor::Args),
    /// Begin a session on a server elsewhere, for commands with --server.
    SignIn(sign_in::SignInArgs),
    /// End the session on a server elsewhere.
    #[command(after_help = "Examples:\n  thidua sign-out --server https://10.0.0.2:8443")]
    SignOut,
    /// Ask whether the server serves.
    Healthcheck(healthcheck::Args),
    /// The contract for other tools.
    Contract(contract::Args),
    /// Print completions for a shell.
    Completions(completions::Args),
    /// Evaluate targets exactly, or tell how often one is met by chance.
    Target(target::Args),
}

/// Runs the subcommand that the process's arguments name.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// The subcommand that `arguments` name, or the exit code after help or an error was printed.
fn parse_arguments(arguments: Vec<OsString>) -> Result<Cli, ExitCode> {
    let lang = help::requested_lang(&arguments);
    if let Some(refused) = argument::find_control(&arguments, lang) {
        // Before clap, whose errors repeat what was typed.
        let _ = writeln!(io::stderr(), "{refused}");
        return Err(ExitCode::from(2));
    }
    let command = argument::with_checked_texts(Cli::command(), lang);
    let command = help::in_language(command, lang);
    let parsed = command.try_get_matches_from(arguments);
    parsed.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        // Help and version are errors for clap too, and exit with 0. A closed pipe is not an
        // error.
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    })
}

/// Refuses a server elsewhere for what is of the machine itself. What else cannot be done there is
/// refused where it opens the database or the configuration.
fn check_place(ctx: &CliContext, command: &CliCommand) -> error::CliResult {
    let is_of_machine = matches!(
        command,
        CliCommand::Init(_)
            | CliCommand::Serve(_)
            | CliCommand::Tls(_)
            | CliCommand::Backup(_)
            | CliCommand::VerifyBackup(_)
            | CliCommand::Restore(_)
            | CliCommand::Promote(_)
            | CliCommand::Migrate(_)
            | CliCommand::Move(_)
            | CliCommand::Doctor(_)
            | CliCommand::Healthcheck(_)
    );
    if is_of_machine { ctx.require_local() } else { Ok(()) }
}

/// Runs the subcommand that `arguments` name; the first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match parse_arguments(arguments.into_iter().collect()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let ctx = CliContext::new(cli.common);
    if let Err(failure) = check_place(&ctx, &cli.command) {
        return ctx.output.print_error(&failure);
    }
    let ended = match &cli.command {
        CliCommand::Init(args) => init::run(&ctx, args),
        CliCommand::Serve(args) => serve::run(&ctx, args),
        CliCommand::Tls(args) => tls::run(&ctx, args),
        CliCommand::Report(args) => report::run(&ctx, args),
        CliCommand::Export(args) => export::run(&ctx, args),
        CliCommand::Standings(args) => standings::run(&ctx, args),
        CliCommand::MorningReport(args) => morning_report::run(&ctx, args),
        CliCommand::Quality(args) => quality::run(&ctx, args),
        CliCommand::Score(args) => score::run(&ctx, args),
        CliCommand::Audit(args) => audit::run(&ctx, args),
        CliCommand::Runs(args) => runs::run(&ctx, args),
        CliCommand::Field(args) => field::run(&ctx, args),
        CliCommand::Review(args) => review::run(&ctx, args),
        CliCommand::Access(args) => access::run(&ctx, args),
        CliCommand::Invite(args) => cards::run(&ctx, args),
        CliCommand::Jobs(args) => jobs::run(&ctx, args),
        CliCommand::Backup(args) => backup::back_up(&ctx, args),
        CliCommand::VerifyBackup(args) => backup::verify_copy(&ctx, args),
        CliCommand::Restore(args) => backup::restore(&ctx, args),
        CliCommand::Promote(args) => backup::promote(&ctx, args),
        CliCommand::Migrate(args) => backup::migrate(&ctx, args),
        CliCommand::Move(args) => relocate::run(&ctx, args),
        CliCommand::Remind(args) => remind::run(&ctx, args),
        CliCommand::Fleet(args) => fleet::run(&ctx, args),
        CliCommand::Doctor(args) => doctor::run(&ctx, args),
        CliCommand::SignIn(args) => sign_in::sign_in(&ctx, args),
        CliCommand::SignOut => sign_in::sign_out(&ctx),
        CliCommand::Healthcheck(args) => healthcheck::run(&ctx, args),
        CliCommand::Contract(args) => contract::run(&ctx, args),
        CliCommand::Completions(args) => completions::run(args),
        CliCommand::Org(args) => org::run(&ctx, args),
        CliCommand::Campaign(args) => campaign::run(&ctx, args),
        CliCommand::Participation(args) => participation::run(&ctx, args),
        CliCommand::Baseline(args) => baseline::run(&ctx, args),
        #[cfg(feature = "demo")]
        CliCommand::Demo(options) => return demo::main(options, ctx.output.lang),
        CliCommand::Target(args) => {
            return target::run(args, &mut io::stdin().lock(), &mut io::stdout().lock());
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ctx.output.print_error(&failure),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_with_itself() {
        Cli::command().debug_assert();
    }
}
