//! Lists jobs and their past runs, and runs a job on request with progress messages. The table of
//! jobs is passed in by the server.

use super::act::{read_act_request, take_performed};
use super::status::RpcError;
use super::{Services, caller, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::job_run::{JobId, JobRun, JobSlotOutcome};
use crate::app::{App, AppError, JobProgress};
use crate::domain::support::limits::CODE;
use crate::domain::support::message::Message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::job_service_server::JobService;
use crate::trace;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::values;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// How often a caller hears how far a run is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// Runs a job for a slot and returns its outcome.
pub type JobSlotRunner =
    Arc<dyn Fn(&App, Timestamp) -> Result<JobSlotOutcome, AppError> + Send + Sync>;

/// A job of the server.
#[derive(Clone)]
pub struct JobEntry {
    /// Its id.
    pub id: JobId,
    /// Its schedule in the syntax of the scheduler.
    pub schedule: String,
    /// What it does.
    pub description: Message,
    /// When it runs each day, in microseconds after local midnight.
    pub at_micros: i64,
    /// Runs it.
    pub run_slot: JobSlotRunner,
}

impl JobEntry {
    fn next_run_after(&self, now: Timestamp) -> Timestamp {
        let today =
            Timestamp::from_local_midnight(now.local_date()).saturating_add_micros(self.at_micros);
        if today > now { today } else { today.saturating_add_micros(DAY_MICROS) }
    }
}

type RunJobResult = Result<pb::RunJobResponse, Status>;

#[tonic::async_trait]
impl JobService for Services {
    type RunJobStream = ReceiverStream<RunJobResult>;

    async fn list_jobs(
        &self,
        request: Request<pb::ListJobsRequest>,
    ) -> Result<Response<pb::ListJobsResponse>, Status> {
        let lang = caller::read_accept_language(request.metadata());
        super::unary::authenticated(self, request, Services::check_read_jobs).await?;
        let now = self.app.now();
        let jobs = self.jobs.iter().map(|job| pb::Job {
            name: job.id.as_str().to_owned(),
            schedule: job.schedule.clone(),
            next_at: Some(values::timestamp_to_proto(job.next_run_after(now))),
            description: job.description.text(lang),
        });
        Ok(Response::new(pb::ListJobsResponse { jobs: jobs.collect() }))
    }

    async fn run_job(
        &self,
        request: Request<pb::RunJobRequest>,
    ) -> Result<Response<Self::RunJobStream>, Status> {
        let lang = caller::read_accept_language(request.metadata());
        let (job, slot) = super::unary::authenticated(self, request, Services::find_job_to_run)
            .await?
            .into_inner();
        let (sender, receiver) = mpsc::channel(2);
        let services = self.clone();
        tokio::spawn(trace::with_current_span(async move {
            let step = lang.text("jobs-running").to_owned();
            let started = pb::RunJobResponse { step, ..pb::RunJobResponse::default() };
            // The job runs to its end even if the caller disconnects.
            let _ = sender.send(Ok(started)).await;
            let (app, id) = (services.app.clone(), job.id);
            let running = services.blocking_pool.run(move || run_slot(&app, &job, slot, lang));
            let ended = tell_progress(&services.app, (id, lang), &sender, running).await;
            let _ = sender.send(ended.map_err(|failure| failure.into_status(lang))).await;
        }));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn list_job_runs(
        &self,
        request: Request<pb::ListJobRunsRequest>,
    ) -> Result<Response<pb::ListJobRunsResponse>, Status> {
        super::unary::authenticated(self, request, Services::read_job_runs).await
    }

    async fn cancel_job(
        &self,
        request: Request<pb::CancelJobRequest>,
    ) -> Result<Response<pb::CancelJobResponse>, Status> {
        super::unary::authenticated(self, request, Services::cancel_running_job).await
    }
}

/// Waits for a run, and meanwhile sends each progress that the caller has room for.
async fn tell_progress<R>(
    app: &App,
    (job, lang): (JobId, Lang),
    sender: &mpsc::Sender<RunJobResult>,
    running: impl Future<Output = R>,
) -> R {
    let mut running = pin!(running);
    let mut told = None;
    let mut look = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        tokio::select! {
            ended = &mut running => return ended,
            _ = look.tick() => {}
        }
        let progress = app.job_progress(job).filter(|progress| told != Some(*progress));
        if let Some(JobProgress { done, total }) = progress {
            let step = lang.text("jobs-running").to_owned();
            let (done, total) = (done as u64, total as u64);
            // A caller that reads slowly, or is gone, misses this one.
            let _ = sender.try_send(Ok(pb::RunJobResponse { step, done, total, run: None }));
            told = progress;
        }
    }
}

fn run_slot(
    app: &App,
    job: &JobEntry,
    slot: Timestamp,
    lang: Lang,
) -> Result<pb::RunJobResponse, RpcError> {
    let mut done = 1;
    let step = match (job.run_slot)(app, slot)? {
        JobSlotOutcome::Done(summary) => summary,
        JobSlotOutcome::AlreadyDone => lang.text("job-had-run-before").to_owned(),
        JobSlotOutcome::LeasedElsewhere => lang.text("job-another-server-runs").to_owned(),
        JobSlotOutcome::ClockInDoubt(fault) => {
            done = 0;
            format!("CLOCK: {}", fault.message_with_remedy().text(lang))
        }
    };
    let run = app.job_run(job.id, slot)?.map(|run| job_run_to_proto(run, None));
    Ok(pb::RunJobResponse { step, done, total: 1, run })
}

impl Services {
    fn check_read_jobs(
        &self,
        identity: &CallerIdentity,
        _: pb::ListJobsRequest,
    ) -> Result<(), RpcError> {
        Ok(self.app.authorize_job_read(&identity.actor)?)
    }

    fn find_job_to_run(
        &self,
        identity: &CallerIdentity,
        message: pb::RunJobRequest,
    ) -> Result<(JobEntry, Timestamp), RpcError> {
        let pb::RunJobRequest { request_id, name } = message;
        let request = request_id.try_into().map_err(|_| RefusalReason::BadId)?;
        self.app.authorize_job_run(&identity.actor)?;
        let name = FieldViolations::require_text("name", &name, CODE)?;
        let found = self.jobs.iter().find(|job| job.id.as_str() == name).cloned();
        let job = found.ok_or(RpcError::App(RefusalReason::NotFound.into()))?;
        let slot = self
            .app
            .slot_for_request(&identity.actor, request, job.id)?
            .ok_or(RpcError::RequestIdReused)?;
        Ok((job, slot))
    }

    fn read_job_runs(
        &self,
        identity: &CallerIdentity,
        message: pb::ListJobRunsRequest,
    ) -> Result<pb::ListJobRunsResponse, RpcError> {
        let pb::ListJobRunsRequest { name, page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 20, 100)?;
        let skip = pagination::decode_offset_token(&page_token, name.as_bytes())?;
        self.app.authorize_job_read(&identity.actor)?;
        let name = FieldViolations::require_text("name", &name, CODE)?;
        let limit = i64::try_from(skip + size + 1).map_err(|_| RpcError::BadPageToken)?;
        let runs = match (name.as_str(), JobId::parse(&name)) {
            ("", _) => self.app.job_runs(None, limit)?,
            (_, Some(id)) => self.app.job_runs(Some(id), limit)?,
            (_, None) => Vec::new(),
        };
        let next_page_token =
            pagination::next_offset_token(skip + size, runs.len(), name.as_bytes());
        let to_proto = |run: JobRun| {
            let progress = JobId::parse(&run.job).and_then(|job| self.app.job_progress(job));
            job_run_to_proto(run, progress)
        };
        let runs = runs.into_iter().skip(skip).take(size).map(to_proto).collect();
        Ok(pb::ListJobRunsResponse { runs, next_page_token })
    }

    fn cancel_running_job(
        &self,
        identity: &CallerIdentity,
        message: pb::CancelJobRequest,
    ) -> Result<pb::CancelJobResponse, RpcError> {
        let (act, encoded) = ("job.cancel", encode_message(&message));
        let request = read_act_request(act, &message.request_id, message.validate_only, &encoded)?;
        let pb::CancelJobRequest { name, .. } = message;
        self.app.authorize_job_run(&identity.actor)?;
        let name = FieldViolations::require_text("name", &name, CODE)?;
        let job = JobId::parse(&name).ok_or(RefusalReason::NotFound)?;
        let end = self.app.perform_job_cancel(Performer::Caller(identity), &request, job)?;
        Ok(pb::CancelJobResponse {
            run: take_performed(end)?.map(|run| job_run_to_proto(run, None)),
        })
    }
}

/// A run, with how far it is if it is under way.
fn job_run_to_proto(run: JobRun, progress: Option<JobProgress>) -> pb::JobRun {
    let state = match run.state.as_str() {
        "DONE" => pb::JobRunState::Done,
        "FAILED" => pb::JobRunState::Failed,
        "CANCELLED" => pb::JobRunState::Cancelled,
        _ => pb::JobRunState::Running,
    };
    let progress = progress.filter(|_| state == pb::JobRunState::Running);
    pb::JobRun {
        done: progress.map_or(0, |progress| progress.done as u64),
        total: progress.map_or(0, |progress| progress.total as u64),
        name: run.job,
        slot_at: Some(values::timestamp_to_proto(Timestamp(run.slot_at))),
        started_at: Some(values::timestamp_to_proto(Timestamp(run.started_at))),
        ended_at: run.ended_at.map(|at| values::timestamp_to_proto(Timestamp(at))),
        state: state.into(),
        summary: run.message.unwrap_or_default(),
    }
}
