//! Jobs and their runs.

use super::super::context::LocalApp;
use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, new_request_id, read, require};
use crate::app::job_run::{JobId, JobRun, JobSlotOutcome};
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use crate::jobs::{self, ScheduledJob};
use crate::pb;
use crate::wire::values;

/// Most runs of one page.
const PAGE_MAX: i32 = 100;

/// A job with its last run.
pub(in crate::cli) struct JobLine {
    pub(in crate::cli) name: String,
    /// As in `01:30`.
    pub(in crate::cli) daily_at: String,
    pub(in crate::cli) last: Option<JobRunLine>,
}

/// A run of a job.
pub(in crate::cli) struct JobRunLine {
    pub(in crate::cli) job: String,
    pub(in crate::cli) slot_at: Timestamp,
    pub(in crate::cli) state: String,
    pub(in crate::cli) started_at: Timestamp,
    pub(in crate::cli) ended_at: Option<Timestamp>,
    pub(in crate::cli) message: String,
}

/// A job that was run now.
pub(in crate::cli) struct PerformedJob {
    /// What it did, in one line.
    pub(in crate::cli) message: String,
    /// Number of campaigns whose totals were computed again from raw reports.
    pub(in crate::cli) agreeing: Option<usize>,
}

impl Desk {
    /// The jobs.
    pub(in crate::cli) fn jobs(&self) -> CliResult<Vec<JobLine>> {
        match self {
            Self::Local(local_app) => {
                let line = |job: &ScheduledJob| {
                    let last = local_app.app.past_job_runs(Some(job.id), 1)?.pop();
                    Ok(JobLine {
                        name: job.name().to_owned(),
                        daily_at: job.daily_at.strftime("%H:%M").to_string(),
                        last: last.map(JobRunLine::from),
                    })
                };
                jobs::SCHEDULED_JOBS.iter().map(line).collect()
            }
            Self::Remote(remote) => remote.jobs(self.now()),
        }
    }

    /// Runs a job now; with `full` its totals are computed from all raw reports too.
    pub(in crate::cli) fn run_job(
        &self,
        name: &str,
        full: bool,
        lang: Lang,
    ) -> CliResult<PerformedJob> {
        match self {
            Self::Local(local_app) => run_locally(local_app, name, full, lang),
            Self::Remote(_) if full => Err(CliError::not_remote()),
            Self::Remote(remote) => remote.run_job(name),
        }
    }

    /// Cancels the run under way.
    pub(in crate::cli) fn cancel_job(&self, name: &str) -> CliResult {
        match self {
            Self::Local(local_app) => {
                if local_app.app.cancel_job(&local_app.actor, find_job(name)?.id)? {
                    return Ok(());
                }
                Err(not_running(name))
            }
            Self::Remote(remote) => {
                let request = pb::CancelJobRequest {
                    request_id: new_request_id()?,
                    name: name.to_owned(),
                    validate_only: false,
                };
                match remote.ask(remote.client.cancel_job(request)) {
                    Err(refused) if refused.code == "WORKFLOW_FORBIDS" => Err(not_running(name)),
                    answer => answer.map(|_| ()),
                }
            }
        }
    }

    /// Past runs, newest first.
    pub(in crate::cli) fn job_runs(
        &self,
        name: Option<&str>,
        limit: u16,
    ) -> CliResult<Vec<JobRunLine>> {
        match self {
            Self::Local(local_app) => {
                let job = name.map(find_job).transpose()?.map(|job| job.id);
                let runs = local_app.app.job_runs(job, i64::from(limit))?;
                Ok(runs.into_iter().map(JobRunLine::from).collect())
            }
            Self::Remote(remote) => remote.job_runs(name.unwrap_or_default(), limit.into()),
        }
    }
}

impl From<JobRun> for JobRunLine {
    fn from(run: JobRun) -> Self {
        Self {
            job: run.job,
            slot_at: Timestamp(run.slot_at),
            state: run.state,
            started_at: Timestamp(run.started_at),
            ended_at: run.ended_at.map(Timestamp),
            message: run.message.unwrap_or_default(),
        }
    }
}

/// The job of this name of this program.
pub(in crate::cli) fn find_job(name: &str) -> CliResult<&'static ScheduledJob> {
    jobs::find_job(name).ok_or_else(|| {
        let names: Vec<&str> = jobs::SCHEDULED_JOBS.iter().map(ScheduledJob::name).collect();
        let names = names.join(", ");
        CliError::usage_error(message!("jobs-there-no-job-there", name, names))
    })
}

fn run_locally(
    local_app: &LocalApp,
    name: &str,
    full: bool,
    lang: Lang,
) -> CliResult<PerformedJob> {
    let job = find_job(name)?;
    if full && job.id != JobId::Aggregate {
        return Err(CliError::usage_error(message!("jobs-full-goes-aggregate-only")));
    }
    let agreeing =
        if full { Some(local_app.app.verify_cached_totals(&local_app.actor)?) } else { None };
    let message = match job.run_now(&local_app.app, &format!("cli-{}", std::process::id()))? {
        JobSlotOutcome::ClockInDoubt(fault) => {
            return Err(CliError::new("CLOCK", fault.message_with_remedy()));
        }
        JobSlotOutcome::Done(message) => message,
        JobSlotOutcome::AlreadyDone => lang.text("jobs-slot-done-before").to_owned(),
        JobSlotOutcome::LeasedElsewhere => return Err(held_elsewhere(name)),
    };
    Ok(PerformedJob { message, agreeing })
}

fn not_running(name: &str) -> CliError {
    CliError::new("NOT_RUNNING", message!("jobs-job-not-running-see", name))
}

fn held_elsewhere(name: &str) -> CliError {
    CliError::new("HELD_ELSEWHERE", message!("jobs-another-process-runs-now", name))
}

impl RemoteDesk {
    fn jobs(&self, now: Timestamp) -> CliResult<Vec<JobLine>> {
        let jobs = self.ask(self.client.list_jobs(pb::ListJobsRequest {}))?.jobs;
        let line = |job: pb::Job| {
            // The newest runs may be of slots in the future, for requests of other callers.
            let runs = self.job_runs(&job.name, 20)?;
            let last = runs.into_iter().find(|run| run.slot_at <= now);
            Ok(JobLine { daily_at: daily_time(&job.schedule), name: job.name, last })
        };
        jobs.into_iter().map(line).collect()
    }

    fn run_job(&self, name: &str) -> CliResult<PerformedJob> {
        let request = pb::RunJobRequest { request_id: new_request_id()?, name: name.to_owned() };
        let mut step = String::new();
        let run = self.ask(self.client.run_job(request, |progress| step = progress.step))?;
        let run = run.ok_or_else(|| held_elsewhere(name))?;
        match pb::JobRunState::try_from(run.state) {
            Ok(pb::JobRunState::Done) => Ok(PerformedJob { message: run.summary, agreeing: None }),
            Ok(pb::JobRunState::Running) => Err(held_elsewhere(name)),
            _ => {
                let text = if run.summary.is_empty() { step } else { run.summary };
                Err(CliError::new("JOB_FAILED", message!("desk-job-failed", name, text)))
            }
        }
    }

    fn job_runs(&self, name: &str, limit: usize) -> CliResult<Vec<JobRunLine>> {
        let (mut runs, mut page_token) = (Vec::new(), String::new());
        while runs.len() < limit {
            let page_size = i32::try_from(limit - runs.len()).unwrap_or(PAGE_MAX).min(PAGE_MAX);
            let request = pb::ListJobRunsRequest { name: name.to_owned(), page_size, page_token };
            let answer = self.ask(self.client.list_job_runs(request))?;
            runs.extend(answer.runs.into_iter().map(read_run).collect::<CliResult<Vec<_>>>()?);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(runs)
    }
}

fn read_run(run: pb::JobRun) -> CliResult<JobRunLine> {
    let state = require(pb::JobRunState::try_from(run.state).ok())?.as_str_name();
    Ok(JobRunLine {
        job: run.name,
        slot_at: read(values::required_timestamp_from_proto(run.slot_at))?,
        state: state.strip_prefix("JOB_RUN_STATE_").unwrap_or(state).to_owned(),
        started_at: read(values::required_timestamp_from_proto(run.started_at))?,
        ended_at: read(run.ended_at.map(values::timestamp_from_proto).transpose())?,
        message: run.summary,
    })
}

/// The time of day of a schedule such as `0 30 1 * * *`; another schedule as it is.
fn daily_time(schedule: &str) -> String {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    match fields[..] {
        ["0", minute, hour, "*", "*", "*"] => format!("{hour:0>2}:{minute:0>2}"),
        _ => schedule.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_schedule_is_shown_as_its_time_and_any_other_as_it_is() {
        assert_eq!(daily_time("0 30 1 * * *"), "01:30");
        assert_eq!(daily_time("0 0 */2 * * Mon"), "0 0 */2 * * Mon");
    }
}
