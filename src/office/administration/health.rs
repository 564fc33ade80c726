//! How the server is: what an operator has to do, and which backups there are.

use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::frame::Page;
use super::super::live::Live;
use super::super::table::Heading::{Number, Text};
use super::super::table::table_head;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::maintenance_service_server::MaintenanceService;
use crate::wire::values::timestamp_from_proto;
use axum::response::Html;
use maud::{Markup, html};

/// One hour, in microseconds.
const HOUR_MICROS: i64 = 3_600_000_000;

/// Shows the problems of the server that answers, and its backups.
pub(in super::super) async fn show(desk: DeskCaller) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = desk.request(pb::GetServerHealthRequest {});
    let health = desk.ask(MaintenanceService::get_server_health(desk.services(), request)).await?;
    let content = html! {
        section { h2 { (lang.text("office-problems")) } (render_problems(&health.problems, lang)) }
        section {
            h2 { (lang.text("office-backups")) }
            @match &health.replicas {
                Some(replicas) => (render_replicas(replicas, lang)),
                None => (render_backups(&health, lang)),
            }
        }
    };
    let title = lang.text("office-nav-health");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_problems(problems: &[pb::ServerProblem], lang: Lang) -> Markup {
    let urgency = |problem: &pb::ServerProblem| match problem.urgency() {
        pb::ProblemUrgency::Now => lang.text("office-problem-now"),
        pb::ProblemUrgency::Today | pb::ProblemUrgency::Unspecified => {
            lang.text("office-problem-today")
        }
    };
    html! {
        @if problems.is_empty() { p { (lang.text("doctor-everything-well")) } } @else {
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("office-problem-urgency")),
                        Text(lang.text("page-code")),
                        Text(lang.text("office-problem")),
                        Text(lang.text("office-remedy")),
                    ]))
                    tbody {
                        @for problem in problems {
                            tr {
                                td { (urgency(problem)) }
                                th scope="row" { code { (problem.code) } }
                                td { (problem.problem) }
                                td { (problem.remedy) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// PostgreSQL keeps copies with its own tools.
fn render_replicas(replicas: &pb::DatabaseReplicas, lang: Lang) -> Markup {
    let archive =
        if replicas.is_archived { "office-wal-archived" } else { "office-wal-not-archived" };
    html! {
        p {
            (lang.say(message!("office-replicas", connected = lang.count(replicas.connected), synchronous = lang.count(replicas.synchronous))))
            " " (lang.text(archive))
        }
    }
}

fn render_backups(health: &pb::GetServerHealthResponse, lang: Lang) -> Markup {
    let read = |at: Option<prost_types::Timestamp>| at.and_then(|at| timestamp_from_proto(at).ok());
    let checked_at = read(health.checked_at);
    html! {
        @if health.backups.is_empty() { p { (lang.text("page-none")) } } @else {
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("office-backup-file")),
                        Text(lang.text("office-backup-place")),
                        Text(lang.text("office-backup-made")),
                        Text(lang.text("office-backup-age")),
                        Number(lang.text("office-backup-size")),
                    ]))
                    tbody {
                        @for backup in &health.backups {
                            @let made_at = read(backup.made_at);
                            tr {
                                th scope="row" { code { (backup.file_name) } }
                                td { (place_text(backup.place(), lang)) }
                                td { (made_at.map_or_else(String::new, Timestamp::local_text)) }
                                td { (age_text(made_at, checked_at, lang)) }
                                td.n { (lang.count(backup.size_bytes / 1024)) " kB" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn place_text(place: pb::BackupPlace, lang: Lang) -> &'static str {
    match place {
        pb::BackupPlace::Secondary => lang.text("office-backup-secondary"),
        pb::BackupPlace::Primary | pb::BackupPlace::Unspecified => {
            lang.text("office-backup-primary")
        }
    }
}

fn age_text(made_at: Option<Timestamp>, checked_at: Option<Timestamp>, lang: Lang) -> String {
    let (Some(made_at), Some(checked_at)) = (made_at, checked_at) else { return String::new() };
    let hours = (checked_at.0 - made_at.0).max(0) / HOUR_MICROS;
    lang.say(message!("office-backup-hours", count = lang.count(hours)))
}
