//! Jobs: what runs when, what ran, and one run now.

use super::super::address::page_address;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::outcome::{outcome_address, render_outcome};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::job_service_server::JobService;
use crate::wire::values::timestamp_from_proto;
use axum::extract::Query;
use axum::response::{Html, Redirect};
use maud::{Markup, html};

/// Runs that are shown, the latest first.
const RUNS_SHOWN: i32 = 40;

/// Lists the jobs and their latest runs. While one runs, the page follows it.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = desk.request(pb::ListJobsRequest {});
    let jobs = desk.ask(JobService::list_jobs(desk.services(), request)).await?.jobs;
    let request = pb::ListJobRunsRequest { page_size: RUNS_SHOWN, ..Default::default() };
    let call = JobService::list_job_runs(desk.services(), desk.request(request));
    let runs = desk.ask(call).await?.runs;
    let is_running = |run: &pb::JobRun| run.state() == pb::JobRunState::Running;
    let live = if runs.iter().any(is_running) { Live::Soon } else { Live::Never };
    let content = html! {
        (render_outcome(&fields, lang))
        section { h2 { (lang.text("office-job-runs")) } (render_runs(&desk, &runs)) }
        section { h2 { (lang.text("office-jobs")) } (render_jobs(&desk, &jobs)) }
    };
    let title = lang.text("office-nav-jobs");
    Ok(Page { title, content, live, is_synthetic: false }.render(&desk))
}

fn time_text(at: Option<prost_types::Timestamp>) -> String {
    let at = at.and_then(|at| timestamp_from_proto(at).ok());
    at.map_or_else(String::new, |at| at.local_text())
}

fn render_jobs(desk: &DeskCaller, jobs: &[pb::Job]) -> Markup {
    let lang = desk.lang();
    let may_run = desk.holds(&[pb::Role::Admin, pb::Role::DataSteward]);
    html! {
        div.wide {
            table.plain {
                thead {
                    tr {
                        th scope="col" { (lang.text("office-job")) }
                        th scope="col" { (lang.text("office-job-next")) }
                        th scope="col" { (lang.text("office-job-does")) }
                        @if may_run { th scope="col" { (lang.text("office-job-run")) } }
                    }
                }
                tbody {
                    @for job in jobs {
                        tr {
                            th scope="row" { code { (job.name) } }
                            td { (time_text(job.next_at)) }
                            td { (job.description) }
                            @if may_run {
                                td {
                                    (render_button(desk, "jobs/run", &job.name, "office-job-run"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn render_runs(desk: &DeskCaller, runs: &[pb::JobRun]) -> Markup {
    let lang = desk.lang();
    html! {
        @if runs.is_empty() { p.soft { (lang.text("page-none")) } }
        div.wide {
            table.plain {
                tbody {
                    @for run in runs {
                        tr {
                            th scope="row" { code { (run.name) } }
                            td { (time_text(run.started_at)) }
                            td { (time_text(run.ended_at)) }
                            td { (state_text(run.state(), lang)) (render_progress(run, lang)) }
                            td { (run.summary) }
                            td {
                                @if run.state() == pb::JobRunState::Running {
                                    (render_button(desk, "jobs/cancel", &run.name, "office-job-cancel"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How far a run is, where the server that answers knows.
fn render_progress(run: &pb::JobRun, lang: Lang) -> Markup {
    html! {
        @if run.total > 0 {
            " " progress value=(run.done) max=(run.total) aria-label=(lang.text("office-job-progress")) {}
            " " (lang.count(run.done)) "/" (lang.count(run.total))
        }
    }
}

fn render_button(desk: &DeskCaller, page: &str, job: &str, text: &'static str) -> Markup {
    html! {
        form method="post" action=(page_address(page, &[])) {
            (render_request_proof(desk))
            input type="hidden" name="job" value=(job);
            button type="submit" { (desk.lang().text(text)) }
        }
    }
}

fn state_text(state: pb::JobRunState, lang: Lang) -> &'static str {
    match state {
        pb::JobRunState::Running => lang.text("office-job-running"),
        pb::JobRunState::Done => lang.text("office-job-done"),
        pb::JobRunState::Failed => lang.text("office-job-failed"),
        pb::JobRunState::Cancelled => lang.text("office-job-cancelled"),
        pb::JobRunState::Unspecified => "",
    }
}

/// Starts a job. It runs to its end although nobody waits for it here.
pub(in super::super) async fn run(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request =
        pb::RunJobRequest { request_id: form.request_id()?, name: form.field("job").to_owned() };
    desk.ask(JobService::run_job(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("jobs", &[], "started")))
}

/// Cancels the run of a job that is under way.
pub(in super::super) async fn cancel(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request = pb::CancelJobRequest {
        request_id: form.request_id()?,
        name: form.field("job").to_owned(),
        validate_only: false,
    };
    desk.ask(JobService::cancel_job(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("jobs", &[], "cancelled")))
}
