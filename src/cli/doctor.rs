//! `thidua doctor`: checks the state of the server, prints each problem and ends with the first
//! actions to take.
//!
//! Changes nothing, unless a person says with `--clock-is-right` that the clock is right. The
//! checks are in `server_check`; what they find is ordered by urgency.

use super::context::{CliContext, LocalApp, existing_database};
use super::error::{CliError, CliResult};
use super::output::Colour;
use super::server_check::{check_database, check_surroundings, damaged};
use crate::clock::Clock;
use crate::domain::support::message::message;
use crate::grpc::{ProblemUrgency, ServerProblem};
use crate::store::{DatabaseLocation, schema_migration};
use serde_json::json;

/// `thidua doctor`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua doctor
  thidua doctor --full      # reads every row again
  thidua doctor --clock-is-right    # after a look at the clock
  thidua doctor --json")]
pub(super) struct Args {
    /// Check the whole audit chain and hash all stored content.
    #[arg(long)]
    full: bool,
    /// Say that this machine's clock is right now: jobs that wait because of CLOCK run again.
    #[arg(long)]
    clock_is_right: bool,
}

/// Most actions in the summary at the end.
const FIRST_ACTIONS_MAX: usize = 3;

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let location = existing_database(&config)?;
    let mut found = check_schema(&location)?;
    if found.is_empty() {
        let local_app = ctx.open_local_app_with(&config)?;
        if args.clock_is_right {
            confirm_clock(ctx, &local_app)?;
        }
        found.extend(check_database(&config, &local_app)?);
        if args.full {
            found.extend(check_content(&local_app)?);
        }
    }
    found.extend(check_surroundings(&config, &location, Clock::System.now())?);
    found.sort_by_key(|problem| problem.urgency);
    print_problems(ctx, &found);
    if found.iter().any(|problem| problem.urgency == ProblemUrgency::Now) {
        return Err(CliError::new("UNWELL", message!("doctor-something-must-done-now")));
    }
    Ok(())
}

fn check_schema(location: &DatabaseLocation) -> CliResult<Vec<ServerProblem>> {
    let mut conn = location.connect(false)?;
    let (pending, used) = schema_migration::pending_migrations(&mut conn)?;
    let todo = message!("doctor-run-thidua-migrate");
    Ok((used && !pending.is_empty())
        .then(|| {
            let list = pending.join(", ");
            ServerProblem::new(
                ProblemUrgency::Now,
                "OLDER_SCHEMA",
                message!("doctor-older-schema-missing", list),
                todo,
            )
        })
        .into_iter()
        .collect())
}

/// Records a person's word that the clock is right.
fn confirm_clock(ctx: &CliContext, local_app: &LocalApp) -> CliResult {
    let at = local_app.app.confirm_clock()?.local_text();
    let output = &ctx.output;
    output.print_remark(output.say(message!("doctor-clock-confirmed", at)));
    Ok(())
}

fn check_content(local_app: &LocalApp) -> CliResult<Vec<ServerProblem>> {
    let checked = local_app.app.store().check_integrity()?;
    let problem = |fault: String| damaged(message!("doctor-damaged", fault));
    Ok(checked.problems.into_iter().map(problem).collect())
}

fn print_problems(ctx: &CliContext, found: &[ServerProblem]) {
    let output = &ctx.output;
    if output.json {
        let one = |problem: &ServerProblem| {
            json!({ "urgency": problem.urgency.code(), "code": problem.code, "what": output.say(&problem.problem),
                    "todo": output.say(&problem.remedy) })
        };
        output.print_line(format!(
            "{:#}",
            json!({ "findings": found.iter().map(one).collect::<Vec<_>>() })
        ));
        return;
    }
    if found.is_empty() {
        return output
            .print_line(output.paint(Colour::Green, output.text("doctor-everything-well")));
    }
    for problem in found {
        let colour =
            if problem.urgency == ProblemUrgency::Now { Colour::Red } else { Colour::Yellow };
        output.print_line(
            output.paint(colour, &format!("{}: {}", problem.code, output.say(&problem.problem))),
        );
    }
    output.print_line(output.text("doctor-do-first"));
    for (index, problem) in found.iter().take(FIRST_ACTIONS_MAX).enumerate() {
        output.print_line(format!(" {}. {}", index + 1, output.say(&problem.remedy)));
    }
}
