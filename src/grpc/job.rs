//! Jobs: the table as the server hands it in, past runs, and a run at once with its progress.
//!
//! Knows the names of jobs and no work.

use super::status::Failure;
use super::{Services, caller, page};
use crate::app::access::Identity;
use crate::app::job::{JobRun, SlotEnd};
use crate::app::{App, AppError};
use crate::domain::lang::Lang;
use crate::domain::reason::Reason;
use crate::domain::time::{DAY_MICROS, Instant};
use crate::pb;
use crate::pb::job_service_server::JobService;
use crate::trace;
use crate::wire::values;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Runs a job for a slot; gives how it ended.
pub type RunSlot = Arc<dyn Fn(&App, Instant) -> Result<SlotEnd, AppError> + Send + Sync>;

/// A job as callers see it.
#[derive(Clone)]
pub struct JobEntry {
    /// Its name, which never changes.
    pub name: &'static str,
    /// Its schedule in the scheduler's language.
    pub schedule: &'static str,
    /// What it does, in Vietnamese and English.
    pub about: (&'static str, &'static str),
    /// When it runs each day, in microseconds after local midnight.
    pub at_micros: i64,
    /// Runs it.
    pub run: RunSlot,
}

impl JobEntry {
    fn next_after(&self, now: Instant) -> Instant {
        let today = Instant::local_midnight(now.local_date()).plus_micros(self.at_micros);
        if today > now { today } else { today.plus_micros(DAY_MICROS) }
    }
}

type Progress = Result<pb::RunJobResponse, Status>;

#[tonic::async_trait]
impl JobService for Services {
    type RunJobStream = ReceiverStream<Progress>;

    async fn list_jobs(&self, request: Request<pb::ListJobsRequest>) -> Result<Response<pb::ListJobsResponse>, Status> {
        let lang = caller::lang(request.metadata());
        super::call::called(self, request, Services::may_read_jobs).await?;
        let now = self.app.now();
        let jobs = self.jobs.iter().map(|job| pb::Job {
            name: job.name.to_owned(),
            schedule: job.schedule.to_owned(),
            next_at: Some(values::timestamp(job.next_after(now))),
            description: lang.pick(job.about.0, job.about.1).to_owned(),
        });
        Ok(Response::new(pb::ListJobsResponse { jobs: jobs.collect() }))
    }

    async fn run_job(&self, request: Request<pb::RunJobRequest>) -> Result<Response<Self::RunJobStream>, Status> {
        let lang = caller::lang(request.metadata());
        let (job, slot) = super::call::called(self, request, Services::job_to_run).await?.into_inner();
        let (sender, receiver) = mpsc::channel(2);
        let services = self.clone();
        tokio::spawn(trace::along(async move {
            let step = lang.pick("đang chạy", "running").to_owned();
            let started = pb::RunJobResponse { step, ..pb::RunJobResponse::default() };
            // A caller that is gone does not stop the job.
            let _ = sender.send(Ok(started)).await;
            let app = services.app.clone();
            let ended = services.door.run(move || ran(&app, &job, slot, lang)).await;
            let _ = sender.send(ended.map_err(|failure| failure.status(lang))).await;
        }));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn list_job_runs(
        &self,
        request: Request<pb::ListJobRunsRequest>,
    ) -> Result<Response<pb::ListJobRunsResponse>, Status> {
        super::call::called(self, request, Services::job_runs).await
    }
}

fn ran(app: &App, job: &JobEntry, slot: Instant, lang: Lang) -> Result<pb::RunJobResponse, Failure> {
    let step = match (job.run)(app, slot)? {
        SlotEnd::Done(summary) => summary,
        SlotEnd::AlreadyDone => lang.pick("đã chạy trước đó", "it had run before").to_owned(),
        SlotEnd::HeldElsewhere => lang.pick("máy chủ khác đang chạy", "another server runs it").to_owned(),
    };
    let run = app.job_run(job.name, slot)?.map(job_run);
    Ok(pb::RunJobResponse { step, done: 1, total: 1, run })
}

impl Services {
    fn may_read_jobs(&self, who: &Identity, _: pb::ListJobsRequest) -> Result<(), Failure> {
        Ok(self.app.may_read_jobs(&who.actor)?)
    }

    fn job_to_run(&self, who: &Identity, message: pb::RunJobRequest) -> Result<(JobEntry, Instant), Failure> {
        let pb::RunJobRequest { request_id, name } = message;
        let request = request_id.try_into().map_err(|_| Reason::BadId)?;
        self.app.may_run_jobs(&who.actor)?;
        let found = self.jobs.iter().find(|job| job.name == name).cloned();
        let job = found.ok_or(Failure::App(Reason::NotFound.into()))?;
        let slot = self.app.slot_asked(&who.actor, request, job.name)?.ok_or(Failure::RequestIdReused)?;
        Ok((job, slot))
    }

    fn job_runs(&self, who: &Identity, message: pb::ListJobRunsRequest) -> Result<pb::ListJobRunsResponse, Failure> {
        let pb::ListJobRunsRequest { name, page_size, page_token } = message;
        let size = page::size(page_size, 20, 100)?;
        let skip = page::read_offset(&page_token, name.as_bytes())?;
        self.app.may_read_jobs(&who.actor)?;
        let name_filter = (!name.is_empty()).then_some(name.as_str());
        let wanted = i64::try_from(skip + size + 1).map_err(|_| Failure::BadPageToken)?;
        let runs = self.app.job_runs(name_filter, wanted)?;
        let next_page_token = page::next(skip + size, runs.len(), name.as_bytes());
        let runs = runs.into_iter().skip(skip).take(size).map(job_run).collect();
        Ok(pb::ListJobRunsResponse { runs, next_page_token })
    }
}

fn job_run(run: JobRun) -> pb::JobRun {
    let state = match run.state.as_str() {
        "DONE" => pb::JobRunState::Done,
        "FAILED" => pb::JobRunState::Failed,
        "CANCELLED" => pb::JobRunState::Cancelled,
        _ => pb::JobRunState::Running,
    };
    pb::JobRun {
        name: run.job,
        slot_at: Some(values::timestamp(Instant(run.slot))),
        started_at: Some(values::timestamp(Instant(run.started))),
        ended_at: run.finished.map(|at| values::timestamp(Instant(at))),
        state: state.into(),
        summary: run.message.unwrap_or_default(),
    }
}
