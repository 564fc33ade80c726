//! The checks of `thidua doctor`, and of a server that an administrator asks how it is. Each check
//! is a function that returns problems; none changes anything.

use super::backup_locations::{NO_STANDBY, backup_locations};
use super::context::LocalApp;
use super::database_connection;
use super::desk_actions::desk_action_text;
use super::error::{CliError, CliResult};
use super::file_rights::{OpenPlace, find_open_places};
use crate::app::App;
use crate::config::{Config, SecondFactorMode};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::support::clock_fault::ClockFault;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::grpc::{ProblemUrgency, ServerCheck, ServerProblem};
use crate::jobs;
use crate::server::certificate_end::{CertificateEnd, certificate_ends};
use crate::server::tls::ReloadableTlsConfig;
use crate::store::backup::{SUPERSEDED_SETTING, list_backups};
use crate::store::desk_action::list_desk_actions;
use crate::store::{DatabaseLocation, StandbyStatus};

/// A copy older than this is reported; microseconds.
const COPY_AGE_MAX: i64 = 2 * DAY_MICROS;
/// A certificate that ends within this time is reported; microseconds. Public authorities issue for
/// 90 days and less, and programs renew them 30 days before.
const CERTIFICATE_WARNING: i64 = 21 * DAY_MICROS;
/// A nightly job that has not succeeded for this long is reported; microseconds.
const NIGHTLY_AGE_MAX: i64 = 2 * DAY_MICROS;

/// The check that a server with this configuration runs when an administrator asks how it is.
pub(super) fn build_server_check(config: Config, app: App) -> ServerCheck {
    ServerCheck::new(move || {
        let check = || {
            let local_app = LocalApp { app: app.clone(), actor: app.system_actor()? };
            let mut found = check_database(&config, &local_app)?;
            found.extend(check_surroundings(&config, app.store().location(), app.now())?);
            Ok(found)
        };
        check().unwrap_or_else(|failure: CliError| {
            let remedy = message!("doctor-run-doctor-there");
            vec![ServerProblem::new(ProblemUrgency::Now, failure.code, failure.message, remedy)]
        })
    })
}

/// What the database and its copies show.
pub(super) fn check_database(
    config: &Config,
    local_app: &LocalApp,
) -> CliResult<Vec<ServerProblem>> {
    let mut found = Vec::new();
    found.extend(check_clock(local_app)?);
    found.extend(check_history(local_app)?);
    found.extend(check_backups(config, local_app)?);
    found.extend(check_nightly_jobs(local_app)?);
    found.extend(check_launch_days(local_app));
    found.extend(check_second_factor(config, local_app)?);
    Ok(found)
}

/// What connections, certificates and files show.
pub(super) fn check_surroundings(
    config: &Config,
    location: &DatabaseLocation,
    now: Timestamp,
) -> CliResult<Vec<ServerProblem>> {
    let replica = database_connection::replica_location(config)?;
    let mut found = check_connections(location, replica.as_ref());
    found.extend(check_certificates(config, now));
    found.extend(check_file_modes(config));
    Ok(found)
}

fn check_history(local_app: &LocalApp) -> CliResult<Vec<ServerProblem>> {
    let mut found = Vec::new();
    let head = local_app.app.store().read(|tx| tx.head())?;
    if local_app.app.store().is_superseded() {
        // A database that was moved lost nothing: its history continues in the other place.
        let by = local_app.app.store().read(|tx| tx.setting(SUPERSEDED_SETTING))?;
        let moved = by.as_deref() == Some(&head.epoch.to_be_bytes()[..]);
        let alone = if moved {
            Vec::new()
        } else {
            list_desk_actions(local_app.app.store().location(), head.safe_past_seq)?
        };
        let acts: Vec<String> = alone.iter().map(desk_action_text).collect();
        let list = if acts.is_empty() { "-".to_owned() } else { acts.join("; ") };
        found.push(ServerProblem::new(
            ProblemUrgency::Now,
            "SERVER_SUPERSEDED",
            message!("doctor-another-machine-replaced-one", list),
            message!("doctor-end-server-do-these"),
        ));
    }
    Ok(found)
}

fn check_clock(local_app: &LocalApp) -> CliResult<Option<ServerProblem>> {
    let app = &local_app.app;
    let finding =
        |found| Some(ServerProblem::new(ProblemUrgency::Now, "CLOCK", found, ClockFault::remedy()));
    Ok(match app.clock_fault() {
        Some(fault) => finding(fault.message()),
        None if app.is_clock_doubt_recorded()? => finding(message!("doctor-clock-doubt-recorded")),
        None => None,
    })
}

fn check_backups(config: &Config, local_app: &LocalApp) -> CliResult<Vec<ServerProblem>> {
    let places = backup_locations(config);
    if let Some(standbys) = local_app.app.store().query_standbys()? {
        return Ok(check_standbys(standbys));
    }
    let Some(second) = places.secondary else {
        let todo = message!("doctor-set-backup-second-then");
        let problem = message!("doctor-no-backup-second-place");
        return Ok(vec![ServerProblem::new(ProblemUrgency::Today, "NO_BACKUP", problem, todo)]);
    };
    let newest = list_backups(&second).ok().and_then(|mut copies| copies.pop());
    let made_at = newest.and_then(|copy| copy.written_at_and_size().ok()?.0);
    let age = made_at.map(|at| local_app.app.now().0 - at.0);
    let todo = message!("doctor-run-thidua-backup-see");
    let finding = match age {
        None => {
            let shown = second.display();
            ServerProblem::new(
                ProblemUrgency::Today,
                "NO_BACKUP",
                message!("doctor-no-backup", shown),
                todo,
            )
        }
        Some(age) if age > COPY_AGE_MAX => {
            let days = age / DAY_MICROS;
            ServerProblem::new(
                ProblemUrgency::Today,
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
fn check_standbys(standbys: StandbyStatus) -> Vec<ServerProblem> {
    let StandbyStatus {
        replica_count: replicas,
        visible_count: seen,
        synchronous_count: in_step,
        is_archived: archived,
    } = standbys;
    if replicas == 0 && !archived {
        let todo = message!("doctor-set-up-synchronous-replica");
        return vec![ServerProblem::new(ProblemUrgency::Today, "NO_BACKUP", NO_STANDBY, todo)];
    }
    if seen > 0 && in_step == 0 {
        return vec![ServerProblem::new(
            ProblemUrgency::Today,
            "NOT_IN_STEP",
            message!("doctor-no-replica-synchronous-failover"),
            message!("doctor-turn-synchronous-mode-patroni"),
        )];
    }
    Vec::new()
}

fn check_nightly_jobs(local_app: &LocalApp) -> CliResult<Vec<ServerProblem>> {
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
            found.push(ServerProblem::new(
                ProblemUrgency::Today,
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
fn check_launch_days(local_app: &LocalApp) -> Vec<ServerProblem> {
    let reference = match local_app.load_reference() {
        Ok(reference) => reference,
        Err(error) => return vec![damaged(message!("doctor-damaged", fault => error.message))],
    };
    let waiting = reference.campaigns.iter().filter(|campaign| {
        campaign.status == CampaignStatus::Approved && campaign.launched_on.is_none()
    });
    let problem = |campaign: &Campaign| {
        let code = &campaign.code;
        ServerProblem::new(
            ProblemUrgency::Today,
            "NO_LAUNCH_DAY",
            message!("doctor-no-launch-day", code),
            message!("doctor-give-launch-day", code),
        )
    };
    waiting.map(problem).collect()
}

/// Names the setting that turns the second factor off, or the accounts that it locks out.
fn check_second_factor(config: &Config, local_app: &LocalApp) -> CliResult<Option<ServerProblem>> {
    if config.auth.second_factor == SecondFactorMode::Off {
        return Ok(Some(ServerProblem::new(
            ProblemUrgency::Today,
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
        ServerProblem::new(
            ProblemUrgency::Today,
            "SECOND_FACTOR_NOT_ENROLLED",
            message!("doctor-second-factor-not-enrolled", labels),
            message!("doctor-enrol-second-factor"),
        )
    }))
}

/// The problem of a database whose content is not whole.
pub(super) fn damaged(problem: Message) -> ServerProblem {
    let todo = message!("doctor-end-server-restore-whole");
    ServerProblem::new(ProblemUrgency::Now, "DAMAGED", problem, todo)
}

/// Checks the connections to the database and to its replica.
fn check_connections(
    location: &DatabaseLocation,
    replica: Option<&DatabaseLocation>,
) -> Vec<ServerProblem> {
    let mut found = Vec::new();
    if location.is_exposed() || replica.is_some_and(DatabaseLocation::is_exposed) {
        found.push(ServerProblem::new(
            ProblemUrgency::Today,
            "EXPOSED_LINE",
            database_connection::UNVERIFIED_CONNECTION,
            database_connection::VERIFY_CONNECTION_HINT,
        ));
    }
    if let Some(error) = replica.and_then(|replica| replica.connect(false).err()) {
        found.push(ServerProblem::new(
            ProblemUrgency::Today,
            "REPLICA",
            message!("doctor-replica-cannot-reached-primary", error),
            message!("doctor-look-replica-database-replica"),
        ));
    }
    found
}

fn check_certificates(config: &Config, now: Timestamp) -> Vec<ServerProblem> {
    if config.listen.plaintext {
        return Vec::new();
    }
    let loaded = super::serve::tls_sources(config).and_then(|sources| {
        ReloadableTlsConfig::load_sources(sources.clone())?;
        Ok(certificate_ends(&sources)?)
    });
    match loaded {
        Ok(ends) => ends.iter().filter_map(|one| check_certificate_end(one, now)).collect(),
        Err(failure) => vec![ServerProblem::new(
            ProblemUrgency::Now,
            "CERTIFICATE",
            failure.message,
            message!("doctor-look-tls-thidua-toml"),
        )],
    }
}

/// Names a certificate that has ended, or will soon.
fn check_certificate_end(certificate: &CertificateEnd, now: Timestamp) -> Option<ServerProblem> {
    let left = certificate.ends_at.0.saturating_sub(now.0);
    if left > CERTIFICATE_WARNING {
        return None;
    }
    let (file, at) = (certificate.file.display(), certificate.ends_at.local_text());
    let urgency = if left < 0 { ProblemUrgency::Now } else { ProblemUrgency::Today };
    let problem = message!("doctor-certificate-ends", file, at);
    Some(ServerProblem::new(urgency, "CERTIFICATE", problem, message!("doctor-renew-certificate")))
}

/// Names each directory in which keys, figures or copies are open to other users.
fn check_file_modes(config: &Config) -> Vec<ServerProblem> {
    let problem = |place: OpenPlace| {
        let (path, mode) = (place.first.0.display(), format!("{:04o}", place.first.1));
        let (dir, more) = (place.dir.display(), place.count - 1);
        ServerProblem::new(
            ProblemUrgency::Today,
            "OPEN_TO_OTHERS",
            message!("doctor-open-to-others", path, mode, more),
            message!("doctor-take-rights-from-others", dir),
        )
    };
    find_open_places(config).into_iter().map(problem).collect()
}
