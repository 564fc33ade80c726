//! `thidua doctor`: checks the state of the server, prints each problem and ends with the first
//! actions to take.
//!
//! Changes nothing, unless a person says with `--clock-is-right` that the clock is right. Each
//! check is a function that returns findings; the findings are ordered by urgency.

use super::backup_locations::{NO_STANDBY, backup_locations};
use super::context::{CliContext, LocalApp, existing_database};
use super::database_connection;
use super::desk_actions::desk_action_text;
use super::error::{CliError, CliResult};
use super::file_rights::{OpenPlace, find_open_places};
use super::output::Colour;
use crate::clock::Clock;
use crate::config::{Config, SecondFactorMode};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::support::clock_fault::ClockFault;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::jobs;
use crate::server::certificate_end::{CertificateEnd, certificate_ends};
use crate::server::tls::ReloadableTlsConfig;
use crate::store::backup::{SUPERSEDED_SETTING, list_backups};
use crate::store::desk_action::list_desk_actions;
use crate::store::{DatabaseLocation, StandbyStatus, schema_migration};
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

/// How soon an operator must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// Data is lost or calls are refused now.
    Immediate,
    /// The next failure would lose data.
    Today,
}

impl Urgency {
    /// Stable code in JSON.
    fn code(self) -> &'static str {
        match self {
            Self::Immediate => "NOW",
            Self::Today => "TODAY",
        }
    }
}

/// One problem with its remedy.
struct DoctorFinding {
    urgency: Urgency,
    code: &'static str,
    problem: Message,
    remedy: Message,
}

impl DoctorFinding {
    fn new(urgency: Urgency, code: &'static str, problem: Message, remedy: Message) -> Self {
        Self { urgency, code, problem, remedy }
    }
}

/// Most actions in the summary at the end.
const FIRST_ACTIONS_MAX: usize = 3;
/// A copy older than this is reported; microseconds.
const COPY_AGE_MAX: i64 = 2 * DAY_MICROS;
/// A certificate that ends within this time is reported; microseconds. Public authorities issue for
/// 90 days and less, and programs renew them 30 days before.
const CERTIFICATE_WARNING: i64 = 21 * DAY_MICROS;
/// A nightly job that has not succeeded for this long is reported; microseconds.
const NIGHTLY_AGE_MAX: i64 = 2 * DAY_MICROS;

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let location = existing_database(&config)?;
    let mut found = check_schema(&location)?;
    if found.is_empty() {
        let local_app = ctx.open_local_app_with(&config)?;
        if args.clock_is_right {
            confirm_clock(ctx, &local_app)?;
        }
        found.extend(check_clock(&local_app)?);
        found.extend(check_history(&local_app, &location)?);
        found.extend(check_backups(&config, &local_app)?);
        found.extend(check_nightly_jobs(&local_app)?);
        found.extend(check_launch_days(&local_app));
        found.extend(check_second_factor(&config, &local_app)?);
        if args.full {
            found.extend(check_content(&local_app)?);
        }
    }
    found.extend(check_connections(
        &location,
        database_connection::replica_location(&config)?.as_ref(),
    ));
    found.extend(check_certificates(&config, Clock::System.now()));
    found.extend(check_file_modes(&config));
    found.sort_by_key(|finding| finding.urgency);
    print_findings(ctx, &found);
    if found.iter().any(|finding| finding.urgency == Urgency::Immediate) {
        return Err(CliError::new("UNWELL", message!("doctor-something-must-done-now")));
    }
    Ok(())
}

fn check_schema(location: &DatabaseLocation) -> CliResult<Vec<DoctorFinding>> {
    let mut conn = location.connect(false)?;
    let (pending, used) = schema_migration::pending_migrations(&mut conn)?;
    let todo = message!("doctor-run-thidua-migrate");
    Ok((used && !pending.is_empty())
        .then(|| {
            let list = pending.join(", ");
            DoctorFinding::new(
                Urgency::Immediate,
                "OLDER_SCHEMA",
                message!("doctor-older-schema-missing", list),
                todo,
            )
        })
        .into_iter()
        .collect())
}

fn check_history(
    local_app: &LocalApp,
    location: &DatabaseLocation,
) -> CliResult<Vec<DoctorFinding>> {
    let mut found = Vec::new();
    let head = local_app.app.store().read(|tx| tx.head())?;
    if local_app.app.store().is_superseded() {
        // A database that was moved lost nothing: its history continues in the other place.
        let by = local_app.app.store().read(|tx| tx.setting(SUPERSEDED_SETTING))?;
        let moved = by.as_deref() == Some(&head.epoch.to_be_bytes()[..]);
        let alone =
            if moved { Vec::new() } else { list_desk_actions(location, head.safe_past_seq)? };
        let acts: Vec<String> = alone.iter().map(desk_action_text).collect();
        let list = if acts.is_empty() { "-".to_owned() } else { acts.join("; ") };
        found.push(DoctorFinding::new(
            Urgency::Immediate,
            "SERVER_SUPERSEDED",
            message!("doctor-another-machine-replaced-one", list),
            message!("doctor-end-server-do-these"),
        ));
    }
    Ok(found)
}

/// Records a person's word that the clock is right.
fn confirm_clock(ctx: &CliContext, local_app: &LocalApp) -> CliResult {
    let at = local_app.app.confirm_clock()?.local_text();
    let output = &ctx.output;
    output.print_remark(output.say(message!("doctor-clock-confirmed", at)));
    Ok(())
}

fn check_clock(local_app: &LocalApp) -> CliResult<Option<DoctorFinding>> {
    let app = &local_app.app;
    let finding =
        |found| Some(DoctorFinding::new(Urgency::Immediate, "CLOCK", found, ClockFault::remedy()));
    Ok(match app.clock_fault() {
        Some(fault) => finding(fault.message()),
        None if app.is_clock_doubt_recorded()? => finding(message!("doctor-clock-doubt-recorded")),
        None => None,
    })
}

fn check_backups(config: &Config, local_app: &LocalApp) -> CliResult<Vec<DoctorFinding>> {
    let places = backup_locations(config);
    if let Some(standbys) = local_app.app.store().query_standbys()? {
        return Ok(check_standbys(standbys));
    }
    let Some(second) = places.secondary else {
        let todo = message!("doctor-set-backup-second-then");
        let problem = message!("doctor-no-backup-second-place");
        return Ok(vec![DoctorFinding::new(Urgency::Today, "NO_BACKUP", problem, todo)]);
    };
    let newest = list_backups(&second).ok().and_then(|mut copies| copies.pop());
    let written = newest.as_ref().and_then(|copy| {
        copy.path.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()
    });
    let age =
        written.map(|at| local_app.app.now().0 - i64::try_from(at.as_micros()).unwrap_or(i64::MAX));
    let todo = message!("doctor-run-thidua-backup-see");
    let finding = match age {
        None => {
            let shown = second.display();
            DoctorFinding::new(
                Urgency::Today,
                "NO_BACKUP",
                message!("doctor-no-backup", shown),
                todo,
            )
        }
        Some(age) if age > COPY_AGE_MAX => {
            let days = age / DAY_MICROS;
            DoctorFinding::new(
                Urgency::Today,
                "OLD_BACKUP",
                message!("doctor-newest-copy-days-old", days),
                todo,
            )
        }
        Some(_) => return Ok(Vec::new()),
    };
    Ok(vec![finding])
}

/// PostgreSQL makes its copies with its own tools: checks that one exists and that a replica is
/// synchronous.
fn check_standbys(standbys: StandbyStatus) -> Vec<DoctorFinding> {
    let StandbyStatus {
        replica_count: replicas,
        visible_count: seen,
        synchronous_count: in_step,
        is_archived: archived,
    } = standbys;
    if replicas == 0 && !archived {
        let todo = message!("doctor-set-up-synchronous-replica");
        return vec![DoctorFinding::new(Urgency::Today, "NO_BACKUP", NO_STANDBY, todo)];
    }
    if seen > 0 && in_step == 0 {
        return vec![DoctorFinding::new(
            Urgency::Today,
            "NOT_IN_STEP",
            message!("doctor-no-replica-synchronous-failover"),
            message!("doctor-turn-synchronous-mode-patroni"),
        )];
    }
    Vec::new()
}

fn check_nightly_jobs(local_app: &LocalApp) -> CliResult<Vec<DoctorFinding>> {
    let mut found = Vec::new();
    let campaigns =
        !local_app.load_reference().map(|reference| reference.campaigns.is_empty()).unwrap_or(true);
    for job in jobs::SCHEDULED_JOBS.iter().filter(|_| campaigns) {
        let runs = local_app.app.past_job_runs(Some(job.id), 1)?;
        let Some(run) = runs.first() else { continue };
        let old = local_app.app.now().0 - run.ended_at.unwrap_or(run.started_at) > NIGHTLY_AGE_MAX;
        if run.state == "FAILED" || old {
            let (name, at) = (job.name(), Timestamp(run.slot_at).local_text());
            let why = run.message.clone().unwrap_or_default();
            found.push(DoctorFinding::new(
                Urgency::Today,
                "JOB",
                message!(
                    "doctor-job-slot",
                    name,
                    at,
                    state => Message::of_code("code", &run.state),
                    why
                ),
                message!("doctor-see-thidua-jobs-history"),
            ));
        }
    }
    Ok(found)
}

/// Names each approved campaign that no day launches: the nightly run judges it all the same.
fn check_launch_days(local_app: &LocalApp) -> Vec<DoctorFinding> {
    let reference = match local_app.load_reference() {
        Ok(reference) => reference,
        Err(error) => return vec![damaged(message!("doctor-damaged", fault => error.message))],
    };
    let waiting = reference.campaigns.iter().filter(|campaign| {
        campaign.status == CampaignStatus::Approved && campaign.launched_on.is_none()
    });
    let finding = |campaign: &Campaign| {
        let code = &campaign.code;
        DoctorFinding::new(
            Urgency::Today,
            "NO_LAUNCH_DAY",
            message!("doctor-no-launch-day", code),
            message!("doctor-give-launch-day", code),
        )
    };
    waiting.map(finding).collect()
}

/// Names the setting that turns the second factor off, or the accounts that it locks out.
fn check_second_factor(config: &Config, local_app: &LocalApp) -> CliResult<Option<DoctorFinding>> {
    if config.auth.second_factor == SecondFactorMode::Off {
        return Ok(Some(DoctorFinding::new(
            Urgency::Today,
            "SECOND_FACTOR_OFF",
            message!("doctor-second-factor-off"),
            message!("doctor-turn-second-factor-on"),
        )));
    }
    let states = local_app.app.second_factor_states(&local_app.actor)?;
    let labels: Vec<String> =
        states.into_iter().filter(|one| one.is_locked_out()).map(|one| one.label).collect();
    Ok((!labels.is_empty()).then(|| {
        let labels = labels.join(", ");
        DoctorFinding::new(
            Urgency::Today,
            "SECOND_FACTOR_NOT_ENROLLED",
            message!("doctor-second-factor-not-enrolled", labels),
            message!("doctor-enrol-second-factor"),
        )
    }))
}

fn check_content(local_app: &LocalApp) -> CliResult<Vec<DoctorFinding>> {
    let checked = local_app.app.store().check_integrity()?;
    let finding = |fault: String| damaged(message!("doctor-damaged", fault));
    Ok(checked.problems.into_iter().map(finding).collect())
}

fn damaged(problem: Message) -> DoctorFinding {
    let todo = message!("doctor-end-server-restore-whole");
    DoctorFinding::new(Urgency::Immediate, "DAMAGED", problem, todo)
}

/// Checks the connections to the database and to its replica.
fn check_connections(
    location: &DatabaseLocation,
    replica: Option<&DatabaseLocation>,
) -> Vec<DoctorFinding> {
    let mut found = Vec::new();
    if location.is_exposed() || replica.is_some_and(DatabaseLocation::is_exposed) {
        found.push(DoctorFinding::new(
            Urgency::Today,
            "EXPOSED_LINE",
            database_connection::UNVERIFIED_CONNECTION,
            database_connection::VERIFY_CONNECTION_HINT,
        ));
    }
    if let Some(error) = replica.and_then(|replica| replica.connect(false).err()) {
        found.push(DoctorFinding::new(
            Urgency::Today,
            "REPLICA",
            message!("doctor-replica-cannot-reached-primary", error),
            message!("doctor-look-replica-database-replica"),
        ));
    }
    found
}

fn check_certificates(config: &Config, now: Timestamp) -> Vec<DoctorFinding> {
    if config.listen.plaintext {
        return Vec::new();
    }
    let loaded = super::serve::tls_sources(config).and_then(|sources| {
        ReloadableTlsConfig::load_sources(sources.clone())?;
        Ok(certificate_ends(&sources)?)
    });
    match loaded {
        Ok(ends) => ends.iter().filter_map(|one| check_certificate_end(one, now)).collect(),
        Err(failure) => vec![DoctorFinding::new(
            Urgency::Immediate,
            "CERTIFICATE",
            failure.message,
            message!("doctor-look-tls-thidua-toml"),
        )],
    }
}

/// Names a certificate that has ended, or will soon.
fn check_certificate_end(certificate: &CertificateEnd, now: Timestamp) -> Option<DoctorFinding> {
    let left = certificate.ends_at.0.saturating_sub(now.0);
    if left > CERTIFICATE_WARNING {
        return None;
    }
    let (file, at) = (certificate.file.display(), certificate.ends_at.local_text());
    let urgency = if left < 0 { Urgency::Immediate } else { Urgency::Today };
    let problem = message!("doctor-certificate-ends", file, at);
    Some(DoctorFinding::new(urgency, "CERTIFICATE", problem, message!("doctor-renew-certificate")))
}

/// Names each directory in which keys, figures or copies are open to other users.
fn check_file_modes(config: &Config) -> Vec<DoctorFinding> {
    let finding = |place: OpenPlace| {
        let (path, mode) = (place.first.0.display(), format!("{:04o}", place.first.1));
        let (dir, more) = (place.dir.display(), place.count - 1);
        DoctorFinding::new(
            Urgency::Today,
            "OPEN_TO_OTHERS",
            message!("doctor-open-to-others", path, mode, more),
            message!("doctor-take-rights-from-others", dir),
        )
    };
    find_open_places(config).into_iter().map(finding).collect()
}

fn print_findings(ctx: &CliContext, found: &[DoctorFinding]) {
    let output = &ctx.output;
    if output.json {
        let one = |finding: &DoctorFinding| {
            json!({ "urgency": finding.urgency.code(), "code": finding.code, "what": output.say(&finding.problem),
                    "todo": output.say(&finding.remedy) })
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
    for finding in found {
        let colour =
            if finding.urgency == Urgency::Immediate { Colour::Red } else { Colour::Yellow };
        output.print_line(
            output.paint(colour, &format!("{}: {}", finding.code, output.say(&finding.problem))),
        );
    }
    output.print_line(output.text("doctor-do-first"));
    for (index, finding) in found.iter().take(FIRST_ACTIONS_MAX).enumerate() {
        output.print_line(format!(" {}. {}", index + 1, output.say(&finding.remedy)));
    }
}
